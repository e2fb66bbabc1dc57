"""The SFTP protocol, version 3, as bytes: packets become requests, answers become packets. No I/O.

Version 3 is the one every client speaks (draft-ietf-secsh-filexfer-02; ``§`` below refers to it); a client that offers
a later one is answered with 3, as §4 provides. Beside it stand the extensions that change what an upload is:
``posix-rename@openssh.com`` and ``fsync@openssh.com``, and ``limits@openssh.com`` by which clients learn our packet
size (OpenSSH's PROTOCOL file, section 4). Nothing else is offered, so nothing else has to be defended.

A packet whose frame is wrong ends the conversation (:class:`WireFault`): where the next one begins is unknown. One that
is framed well and garbled inside becomes a :class:`Garbled` request, which is answered, and reading goes on.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from enum import IntEnum, IntFlag

import msgspec

VERSION = 3
MAX_PACKET = 256 * 1024
"""Bytes of a packet behind its length field; OpenSSH's own limit, and above the 34,000 that §3 demands."""
MAX_DATA = MAX_PACKET - 1024
"""Bytes of one READ or WRITE; the rest is room for the packet's other fields."""


class Status(IntEnum):
    """The status codes of §7 that a server gives."""

    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    OP_UNSUPPORTED = 8


class Open(IntFlag):
    """The flags of OPEN, §6.3."""

    READ = 0x01
    WRITE = 0x02
    APPEND = 0x04
    CREATE = 0x08
    TRUNCATE = 0x10
    EXCLUSIVE = 0x20


class WireFault(Exception):
    """The bytes are not SFTP packets: the conversation cannot go on."""


class Attributes(msgspec.Struct, frozen=True, kw_only=True):
    """A file's attributes, §5; ``None`` where they are not stated. Owners are of no meaning here and never kept."""

    size: int | None = None
    permissions: int | None = None
    modified: int | None = None
    """Seconds since 1970. The time of access travels with it and is the same."""

    def encode(self) -> bytes:
        """The ATTRS structure."""
        flags, fields = 0, b""
        if self.size is not None:
            flags, fields = flags | 0x01, fields + self.size.to_bytes(8, "big")
        if self.permissions is not None:
            # Some clients print nothing sensible without an owner, so root stands for "the gateway".
            flags, fields = flags | 0x06, fields + bytes(8) + self.permissions.to_bytes(4, "big")
        if self.modified is not None:
            flags, fields = flags | 0x08, fields + self.modified.to_bytes(4, "big") * 2
        return flags.to_bytes(4, "big") + fields


class Name(msgspec.Struct, frozen=True):
    """A line of a listing: the name, the ``ls -l`` form some clients show, and the attributes."""

    name: bytes
    long: bytes
    attributes: Attributes


class Request(msgspec.Struct, kw_only=True):
    """Something a client asks for; the answer carries the same ``id``."""

    id: int


class OpenFile(Request):
    """OPEN: ``flags`` are those of :class:`Open`."""

    path: bytes
    flags: int
    attributes: Attributes


class Close(Request):
    """CLOSE of a file's or a listing's handle."""

    handle: bytes


class Read(Request):
    """READ of at most ``length`` bytes."""

    handle: bytes
    offset: int
    length: int


class Write(Request):
    """WRITE."""

    handle: bytes
    offset: int
    data: bytes


class Stat(Request):
    """STAT or LSTAT: the same here, where there are no links."""

    path: bytes


class StatHandle(Request):
    """FSTAT."""

    handle: bytes


class Set(Request):
    """SETSTAT."""

    path: bytes
    attributes: Attributes


class SetHandle(Request):
    """FSETSTAT."""

    handle: bytes
    attributes: Attributes


class OpenFolder(Request):
    """OPENDIR."""

    path: bytes


class ReadFolder(Request):
    """READDIR: the next names of a listing."""

    handle: bytes


class Remove(Request):
    """REMOVE of a file."""

    path: bytes


class ChangeFolders(Request):
    """MKDIR or RMDIR: never granted, so they are one."""

    path: bytes


class Resolve(Request):
    """REALPATH."""

    path: bytes


class Rename(Request):
    """RENAME, or ``posix-rename@openssh.com``, which replaces what has the new name."""

    old: bytes
    new: bytes
    replace: bool


class Sync(Request):
    """``fsync@openssh.com``."""

    handle: bytes


class Limits(Request):
    """``limits@openssh.com``."""


class Unsupported(Request):
    """A request that is not served: links, locks, unknown extensions."""

    name: str


class Garbled(Request):
    """A packet that is not what its type says."""

    fault: str


class Hello(Request):
    """INIT: the version the client speaks. It has no id on the wire."""

    version: int


class _Fields:
    """Takes fields off a packet's content; raises ``ValueError`` where they are not there."""

    def __init__(self, content: memoryview) -> None:
        self._content = content
        self._at = 0

    def take(self, length: int) -> memoryview:
        end = self._at + length
        if end > len(self._content):
            raise ValueError(f"{length} bytes are expected and {len(self._content) - self._at} are there")
        piece = self._content[self._at : end]
        self._at = end
        return piece

    def number(self, length: int = 4) -> int:
        return int.from_bytes(self.take(length), "big")

    def string(self) -> bytes:
        return bytes(self.take(self.number()))

    def attributes(self) -> Attributes:
        flags = self.number()
        size = self.number(8) if flags & 0x01 else None
        if flags & 0x02:
            self.take(8)
        permissions = self.number() if flags & 0x04 else None
        modified = None
        if flags & 0x08:
            self.take(4)
            modified = self.number()
        if flags & 0x80000000:
            for _ in range(self.number()):
                self.string()
                self.string()
        return Attributes(size=size, permissions=permissions, modified=modified)


def _extension(id: int, fields: _Fields) -> Request:
    match fields.string():
        case b"posix-rename@openssh.com":
            return Rename(id=id, old=fields.string(), new=fields.string(), replace=True)
        case b"fsync@openssh.com":
            return Sync(id=id, handle=fields.string())
        case b"limits@openssh.com":
            return Limits(id=id)
        case other:
            return Unsupported(id=id, name=other[:64].decode("ascii", "replace"))


def _request(kind: int, id: int, fields: _Fields) -> Request:
    match kind:
        case 3:
            path, flags = fields.string(), fields.number()
            return OpenFile(id=id, path=path, flags=flags, attributes=fields.attributes())
        case 4:
            return Close(id=id, handle=fields.string())
        case 5:
            return Read(id=id, handle=fields.string(), offset=fields.number(8), length=fields.number())
        case 6:
            return Write(id=id, handle=fields.string(), offset=fields.number(8), data=fields.string())
        case 7 | 17:
            return Stat(id=id, path=fields.string())
        case 8:
            return StatHandle(id=id, handle=fields.string())
        case 9:
            return Set(id=id, path=fields.string(), attributes=fields.attributes())
        case 10:
            return SetHandle(id=id, handle=fields.string(), attributes=fields.attributes())
        case 11:
            return OpenFolder(id=id, path=fields.string())
        case 12:
            return ReadFolder(id=id, handle=fields.string())
        case 13:
            return Remove(id=id, path=fields.string())
        case 14 | 15:
            return ChangeFolders(id=id, path=fields.string())
        case 16:
            return Resolve(id=id, path=fields.string())
        case 18:
            return Rename(id=id, old=fields.string(), new=fields.string(), replace=False)
        case 19 | 20:
            return Unsupported(id=id, name="links")
        case 200:
            return _extension(id, fields)
        case _:
            return Unsupported(id=id, name=f"request type {kind}")


class Packets:
    """Cuts a stream into requests, however it is cut into pieces on its way."""

    def __init__(self) -> None:
        self._tail = bytearray()
        self._greeted = False

    @property
    def waiting(self) -> int:
        """Bytes of a packet that has begun and is not complete."""
        return len(self._tail)

    def feed(self, data: bytes) -> Iterator[tuple[Request, int]]:
        """The requests that ``data`` completes, each with the bytes it took; raises :class:`WireFault`."""
        self._tail += data
        begin = 0
        try:
            while len(self._tail) - begin >= 4:
                length = int.from_bytes(self._tail[begin : begin + 4], "big")
                if not 1 <= length <= MAX_PACKET:
                    raise WireFault(f"a packet states a length of {length} bytes; 1 to {MAX_PACKET} are possible")
                end = begin + 4 + length
                if len(self._tail) < end:
                    break
                content = bytes(memoryview(self._tail)[begin + 4 : end])
                begin = end
                yield self._parse(memoryview(content)), 4 + length
        finally:
            del self._tail[:begin]

    def _parse(self, content: memoryview) -> Request:
        kind = content[0]
        if len(content) < 5:
            raise WireFault(f"a packet of type {kind} has no room for an id or a version")
        number = int.from_bytes(content[1:5], "big")
        # §4: the first packet is INIT, and there is only one.
        if (kind == 1) == self._greeted:
            raise WireFault("the first packet, and no other, has to be INIT")
        self._greeted = True
        if kind == 1:
            return Hello(id=0, version=number)
        try:
            return _request(kind, number, _Fields(content[5:]))
        except ValueError as fault:
            return Garbled(id=number, fault=f"request type {kind}: {fault}")


def _packet(kind: int, content: bytes) -> bytes:
    return struct.pack(">IB", len(content) + 1, kind) + content


def _string(text: bytes) -> bytes:
    return len(text).to_bytes(4, "big") + text


def version() -> bytes:
    """VERSION, with the extensions we offer."""
    offered = (b"posix-rename@openssh.com", b"fsync@openssh.com", b"limits@openssh.com")
    return _packet(2, VERSION.to_bytes(4, "big") + b"".join(_string(name) + _string(b"1") for name in offered))


def status(id: int, code: Status, text: str) -> bytes:
    """STATUS: the end of a request, with a sentence for the person at the other end."""
    return _packet(101, struct.pack(">II", id, code) + _string(text.encode()) + _string(b"en"))


def handle(id: int, handle: bytes) -> bytes:
    """HANDLE."""
    return _packet(102, id.to_bytes(4, "big") + _string(handle))


def data(id: int, content: bytes) -> bytes:
    """DATA."""
    return _packet(103, id.to_bytes(4, "big") + _string(content))


def names(id: int, listed: Sequence[Name]) -> bytes:
    """NAME: some lines of a listing, or the one answer to REALPATH."""
    lines = (_string(each.name) + _string(each.long) + each.attributes.encode() for each in listed)
    return _packet(104, struct.pack(">II", id, len(listed)) + b"".join(lines))


def attributes(id: int, stated: Attributes) -> bytes:
    """ATTRS."""
    return _packet(105, id.to_bytes(4, "big") + stated.encode())


def limits(id: int, handles: int) -> bytes:
    """EXTENDED_REPLY to ``limits@openssh.com``."""
    return _packet(201, struct.pack(">IQQQQ", id, MAX_PACKET, MAX_DATA, MAX_DATA, handles))
