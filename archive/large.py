"""A content that is too large for the memory: a pack of its own, written aside in constant memory.

The file grows under a name that is no pack's. The header of its one record is written last, for it states what only the
last byte tells, and the seal follows; when all of it is durable, the archive gives it the name of a pack. So a crash at
any moment leaves either nothing that counts or a whole, sealed pack, and nobody else's appending waits meanwhile.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import zstandard

from archive import pack
from archive.disk import Disk, read_exactly, write_all
from archive.reader import digest_of

LARGE = 16 << 20
"""Bytes from which a content is better kept this way: below, the group commit is quicker and the memory bears it."""

ASIDE = re.compile(r"large-[0-9a-f]+")
"""The names of packs that are not finished; what a crash left of them holds nothing that anybody was told of."""


def aside(folder: Path, salt: bytes) -> Path:
    """Where such a pack grows."""
    return folder / f"large-{salt.hex()}"


def write_pack(disk: Disk, file: int, salt: bytes, size: int, chunks: Iterable[bytes]) -> pack.Header:
    """Fill a new file with a sealed pack of this one content of ``size`` bytes, durably; the header of its record.

    Raises ``OSError`` from the disk, ``ValueError`` when there are not ``size`` bytes, and what ``chunks`` raises.
    """
    write_all(disk, file, 0, [pack.file_header(salt)])
    digest = hashlib.sha256()
    at = begin = pack.FILE_HEADER_LENGTH + pack.HEADER_LENGTH
    crc = 0
    for piece in _compressed(_counted(chunks, size, digest), size):
        write_all(disk, file, at, [piece])
        crc = zlib.crc32(piece, crc)
        at += len(piece)
    header = pack.Header(pack.ZSTD, 0, at - begin, size, digest.digest(), crc)
    write_all(disk, file, pack.FILE_HEADER_LENGTH, [pack.Record(header, b"").head(salt)])
    seal = pack.encode_seal(pack.Seal(1, digest_of(partial(read_exactly, disk, file), at).hexdigest()))
    write_all(disk, file, at, [seal.head(salt), seal.body])
    disk.sync(file)
    return header


def _counted(chunks: Iterable[bytes], size: int, digest: hashlib._Hash) -> Iterator[bytes]:
    left = size
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            break
        digest.update(chunk)
        yield chunk
    if left:
        raise ValueError(f"A content of {size} bytes was announced, and {'more' if left < 0 else size - left} came")


def _compressed(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    packer = zstandard.ZstdCompressor(level=pack.LEVEL).compressobj(size=size)
    for chunk in chunks:
        if piece := packer.compress(chunk):
            yield piece
    yield packer.flush()
