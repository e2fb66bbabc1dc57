"""The pack file: its format, as pure functions from bytes to bytes.

A pack is a file header and then records, each self-contained, with no index that could disagree with them::

    file    +0  8  magic  8a "SALLYPK"      record  +0   4  mark  8a "REC"
            +8  2  version, 1                       +4   1  version, 1
           +10  2  zero                             +5   1  flags
           +12 16  salt, random                     +6   2  length of the extension
           +28  4  CRC-32 of the above              +8   8  length of the stored body
           +32 32  the same 32 bytes again          +16  8  size of the content
                                                    +24 32  SHA-256 of the content
                                                    +56  4  CRC-32 of the stored body
                                                    +60  4  CRC-32 of header and extension, begun with the salt's
                                                    +64     extension, then the stored body

Numbers are big-endian. A body is a zstd frame, or the content itself where that is no longer (flag 1). The last record
of a finished pack is its *seal* (flag 128): a JSON object with the number of records before it and the SHA-256 of all
bytes before it, so that a pack that lost its tail is not mistaken for one that is still being written.

*Two checks, two purposes.* The CRCs find where records begin and end without decompressing anything, after a crash and
in a damaged file. The SHA-256 says that content is what it was; only that is asked when content is read.

*The salt.* When a record's header is damaged the next one is searched for by its mark. A document may hold anything,
also a copy of a pack; since the header's CRC begins with the salt of the file it stands in, such a copy is no record.
The header of the file stands twice because all records need it.

*Room to grow.* Unknown versions and flags are refused by name, never guessed at. Encryption with a key per record will
be a flag, with key id and nonce in the extension; the body is then the sealed zstd frame and all lengths stay true.
"""

from __future__ import annotations

import json
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import IO, cast

import msgspec
import zstandard

PACK_VERSION = 1
RECORD_VERSION = 1
SALT_LENGTH = 16

ZSTD = 1
SEAL = 128
KNOWN_FLAGS = ZSTD | SEAL

MAGIC = b"\x8aSALLYPK"
MARK = b"\x8aREC"

_FILE = struct.Struct(">8sHH16s")
_RECORD = struct.Struct(">4sBBHQQ32sI")
_CRC = struct.Struct(">I")

FILE_HEADER_LENGTH = 2 * (_FILE.size + _CRC.size)
HEADER_LENGTH = _RECORD.size + _CRC.size

LEVEL = 3
"""Of zstd: EDI shrinks five times at some hundred MB/s; higher levels cost ten times more for a tenth less."""

SEARCH = 1 << 20
"""Bytes read at a time while searching for the next record behind a damaged one, and of a body that is only checked."""

_FRAME_HEADER = 18
"""Bytes of the largest header of a zstd frame (RFC 8878, 3.1.1)."""

_compressors = threading.local()


class Unreadable(ValueError):
    """These bytes are not what the format says; the text is the reason."""


class Newer(Exception):
    """These bytes are whole, but a newer Sallyport wrote them; never to be taken for damage, let alone cut off."""


class Header(msgspec.Struct, frozen=True):
    """The fixed part of a record."""

    flags: int
    extension: int
    body: int
    size: int
    sha256: bytes
    body_crc: int

    @property
    def length(self) -> int:
        """Of the whole record."""
        return HEADER_LENGTH + self.extension + self.body

    @property
    def seal(self) -> bool:
        """Whether this record closes the pack."""
        return bool(self.flags & SEAL)


class Record(msgspec.Struct, frozen=True):
    """A record ready to be written into the pack whose salt it was given with :meth:`head`."""

    header: Header
    body: bytes

    def head(self, salt: bytes) -> bytes:
        """The header's bytes as they stand in the pack with this salt."""
        header = self.header
        fixed = _RECORD.pack(
            MARK, RECORD_VERSION, header.flags, 0, header.body, header.size, header.sha256, header.body_crc
        )
        return fixed + _CRC.pack(zlib.crc32(fixed, zlib.crc32(salt)))


class Found(msgspec.Struct, frozen=True):
    """A whole record in a pack."""

    offset: int
    header: Header


class Gap(msgspec.Struct, frozen=True):
    """Bytes in a pack that hold no record."""

    offset: int
    length: int
    text: str
    unfinished: bool
    """Whether it ends with the file before the record it began: what a crash leaves, and a writer at work shows."""


class Seal(msgspec.Struct, frozen=True):
    """What a seal says about the pack before it."""

    records: int
    sha256: str


def file_header(salt: bytes) -> bytes:
    """The first bytes of a pack with this salt of 16 random bytes."""
    fixed = _FILE.pack(MAGIC, PACK_VERSION, 0, salt)
    return (fixed + _CRC.pack(zlib.crc32(fixed))) * 2


def read_file_header(data: bytes) -> bytes:
    """The salt of the pack that begins with ``data``; :class:`Unreadable` when neither copy of the header is whole.

    Raises :class:`Newer` for a version this code does not know.
    """
    half = FILE_HEADER_LENGTH // 2
    for start in (0, half):
        fixed, crc = data[start : start + _FILE.size], data[start + _FILE.size : start + half]
        if len(crc) == _CRC.size and zlib.crc32(fixed) == _CRC.unpack(crc)[0]:
            magic, version, _, salt = _FILE.unpack(fixed)
            if magic != MAGIC:
                continue
            if version != PACK_VERSION:
                raise Newer(f"the pack has version {version}")
            return bytes(salt)
    raise Unreadable("it does not begin as a pack does" if data else "it is empty")


def encode(content: bytes) -> Record:
    """The record for a content."""
    return _encode(content, 0)


def encode_seal(seal: Seal) -> Record:
    """The record that closes a pack."""
    return _encode(json.dumps({"records": seal.records, "sha256": seal.sha256}).encode("ascii"), SEAL)


def _encode(content: bytes, flags: int) -> Record:
    body = content
    if content:
        compressor = getattr(_compressors, "own", None)
        if compressor is None:
            # A compressor serves one thread at a time and is dear to make.
            compressor = _compressors.own = zstandard.ZstdCompressor(level=LEVEL)
        smaller = compressor.compress(content)
        if len(smaller) < len(content):
            body, flags = smaller, flags | ZSTD
    header = Header(flags, 0, len(body), len(content), sha256(content).digest(), zlib.crc32(body))
    return Record(header, body)


def read_header(data: bytes, salt: bytes | None = None) -> Header:
    """The header at the start of ``data``, checked by its CRC when the salt is given.

    Raises :class:`Unreadable`, and :class:`Newer` for a version or a flag this code does not know.
    """
    if len(data) < HEADER_LENGTH:
        raise Unreadable("the header of a record is cut off")
    mark, version, flags, extension, body, size, digest, body_crc = _RECORD.unpack_from(data)
    if mark != MARK:
        raise Unreadable("no record begins here")
    if salt is not None:
        if len(data) < HEADER_LENGTH + extension:
            raise Unreadable("the header of a record is cut off")
        covered = data[: _RECORD.size] + data[HEADER_LENGTH : HEADER_LENGTH + extension]
        if zlib.crc32(covered, zlib.crc32(salt)) != _CRC.unpack_from(data, _RECORD.size)[0]:
            raise Unreadable("the header of a record has a wrong checksum")
    if version != RECORD_VERSION or flags & ~KNOWN_FLAGS or extension:
        raise Newer(f"a record has version {version} and flags {flags:#04x}")
    return Header(flags, extension, body, size, digest, body_crc)


def decode(record: bytes) -> bytes:
    """The content of a whole record, checked against its SHA-256.

    Raises :class:`Unreadable`, and :class:`Newer` for a version or a flag this code does not know.
    """
    header = read_header(record)
    if len(record) != header.length:
        raise Unreadable(f"the record has {header.length} bytes and {len(record)} are there")
    body = memoryview(record)[HEADER_LENGTH + header.extension :]
    content = _expand(body, header.size) if header.flags & ZSTD else bytes(body)
    if len(content) != header.size or sha256(content).digest() != header.sha256:
        raise Unreadable("the content does not have the SHA-256 it was stored with")
    return content


def pieces(read: Callable[[int, int], bytes], offset: int, header: Header) -> Iterator[bytes]:
    """The content of the record at ``offset`` in constant memory; as :func:`decode`, but the check comes at the end."""
    body = _Body(read, offset + HEADER_LENGTH + header.extension, header.body)
    digest, size = sha256(), 0
    try:
        if header.flags & ZSTD:
            _check_size(read(offset + HEADER_LENGTH + header.extension, min(_FRAME_HEADER, header.body)), header.size)
            stream = zstandard.ZstdDecompressor().stream_reader(cast("IO[bytes]", body), read_size=SEARCH)
            take: Callable[[int], bytes] = stream.read
        else:
            take = body.read
        while piece := take(min(SEARCH, header.size - size + 1)):
            size += len(piece)
            digest.update(piece)
            if size > header.size:
                break
            yield piece
    except zstandard.ZstdError as error:
        raise Unreadable(f"the body does not decompress: {error}") from error
    if size != header.size or digest.digest() != header.sha256:
        raise Unreadable("the content does not have the SHA-256 it was stored with")


class _Body:
    """The body of a record as a file that is read once, from its beginning."""

    def __init__(self, read: Callable[[int, int], bytes], at: int, left: int) -> None:
        self._read = read
        self._at = at
        self._left = left

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; none at the end."""
        if not self._left:
            return b""
        data = self._read(self._at, min(size, self._left))
        self._at += len(data)
        self._left -= len(data)
        return data


def _expand(body: memoryview, size: int) -> bytes:
    """The content of a zstd frame, never larger than ``size``: a changed frame must not be able to fill the memory."""
    try:
        _check_size(body, size)
        return zstandard.ZstdDecompressor().decompress(body, max_output_size=size)
    except zstandard.ZstdError as error:
        raise Unreadable(f"the body does not decompress: {error}") from error


def _check_size(body: bytes | memoryview, size: int) -> None:
    stated = zstandard.frame_content_size(body)
    if stated != size:
        raise Unreadable(f"the compressed body says {stated} bytes and the header {size}")


def read_seal(record: bytes) -> Seal:
    """What a seal record says."""
    try:
        return msgspec.json.decode(decode(record), type=Seal)
    except msgspec.DecodeError as error:
        raise Unreadable(f"the seal is not one: {error}") from error


def walk(read: Callable[[int, int], bytes], size: int, salt: bytes) -> Iterator[Found | Gap]:
    """Every record of a pack of ``size`` bytes in its order, and every stretch between them that holds none.

    ``read(offset, length)`` gives the pack's bytes. Bodies are checked by their CRC, contents not.
    """
    offset = FILE_HEADER_LENGTH
    while offset < size:
        found = _record_at(read, offset, size, salt)
        if isinstance(found, Found):
            yield found
            offset += found.header.length
            continue
        following = _search(read, offset + 1, size, salt)
        yield Gap(offset, following - offset, found.text, found.unfinished and following == size)
        offset = following


def _record_at(read: Callable[[int, int], bytes], offset: int, size: int, salt: bytes) -> Found | Gap:
    data = read(offset, HEADER_LENGTH)
    if len(data) == HEADER_LENGTH and (extension := _RECORD.unpack_from(data)[3]):
        data += read(offset + HEADER_LENGTH, extension)
    try:
        header = read_header(data, salt)
    except Unreadable as error:
        return Gap(offset, 0, str(error), offset + HEADER_LENGTH > size)
    if offset + header.length > size:
        return Gap(offset, 0, f"a record of {header.length} bytes is cut off", True)
    body, crc = _Body(read, offset + HEADER_LENGTH + header.extension, header.body), 0
    while piece := body.read(SEARCH):
        crc = zlib.crc32(piece, crc)
    if crc != header.body_crc:
        return Gap(offset, 0, "the body of a record has a wrong checksum", False)
    return Found(offset, header)


def _search(read: Callable[[int, int], bytes], start: int, size: int, salt: bytes) -> int:
    """Where the next whole record begins, or ``size``."""
    while start < size:
        data = read(start, SEARCH + len(MARK) - 1)
        at = data.find(MARK)
        while at >= 0:
            if isinstance(_record_at(read, start + at, size, salt), Found):
                return start + at
            at = data.find(MARK, at + 1)
        start += SEARCH
    return size
