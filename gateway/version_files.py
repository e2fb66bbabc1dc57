"""Version files on disk: guides of one version, as JSON or, what imports make, compressed with Zstandard.

``guides/edifact/D.96A.json.zst`` holds the two hundred messages of a directory. What guides there are must be known
without decompressing sixty such files, so a compressed one starts with its contents: a *skippable frame* (RFC 8878,
3.1.2), which every Zstandard tool passes over, with the types of the messages in it. ``zstd -d`` gives the plain JSON;
a file that was compressed by hand has no such frame, and is read whole to learn its contents.
"""

from __future__ import annotations

import struct

import msgspec
import zstandard

from translators.dictionary import GuideError

PLAIN, COMPRESSED = ".json", ".json.zst"

LARGEST = 64 << 20
"""Bytes of a version file once decompressed; the largest directory of UNECE has less than one per cent of it."""

_SKIPPABLE = struct.Struct("<II")
_START = (0x184D2A5A).to_bytes(4, "little")
"""One of the sixteen that start a skippable frame; behind it its length and the contents, in little-endian order."""
_FRAME = b"\x28\xb5\x2f\xfd"


class _Contents(msgspec.Struct):
    messages: dict[str, msgspec.Raw] = {}


def packed(data: bytes) -> bytes:
    """The compressed form of the version file ``data``, with its contents in front."""
    messages = " ".join(contents_of("the version file", data)).encode()
    return _START + len(messages).to_bytes(4, "little") + messages + compressed(data)


def compressed(data: bytes) -> bytes:
    """``data`` as one Zstandard frame."""
    # The length in the frame lets it be decompressed in one go; a damaged file must not pass for another one.
    return zstandard.ZstdCompressor(level=22, write_content_size=True, write_checksum=True).compress(data)


def unpacked(name: str, data: bytes) -> bytes:
    """The JSON in the version file ``name``; :class:`GuideError` when it is damaged or too large."""
    if data.startswith(_START):
        data = data[_end(data) :]
    elif not data.startswith(_FRAME):
        return data
    try:
        if zstandard.frame_content_size(data) > LARGEST:
            raise GuideError(f"{name} is too large: more than {LARGEST >> 20} MiB once decompressed")
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=LARGEST)
    except zstandard.ZstdError as error:
        raise GuideError(f"{name} is damaged: {error}") from error


def contents(start: bytes) -> list[str] | None:
    """The messages in a version file, by its first bytes; ``None`` when they do not tell and all of it is needed."""
    if not start.startswith(_START) or len(start) < _end(start):
        return None
    return start[_SKIPPABLE.size : _end(start)].decode("ascii", "replace").split()


def contents_of(name: str, data: bytes) -> list[str]:
    """The messages in the version file ``name``, whatever its form; :class:`GuideError` as above."""
    try:
        return list(msgspec.json.decode(unpacked(name, data), type=_Contents).messages)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GuideError(f"{name}: {error}") from error


def _end(data: bytes) -> int:
    """Where the contents in front end; behind what there is when the file was cut off before its length."""
    return _SKIPPABLE.size + (_SKIPPABLE.unpack_from(data)[1] if len(data) >= _SKIPPABLE.size else 0)
