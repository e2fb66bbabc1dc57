"""Bytes on the disk while they are worked on: AS2 messages with their layers, and files that are being collected.

They may be larger than the memory and are read several times, so each lies in a file of a private folder. Names are
random: nothing a partner says becomes part of a path. What lies here has not been acknowledged to anybody and nothing
refers to it, so it need not outlive the process; what a crash left is removed at the next start. Small things stay in
memory. The sources and the scratch have the shapes of the package ``as2``.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import msgspec

from as2.source import BytesSource, Source
from gateway.channels.private_folder import PrivateFolder

IN_MEMORY = 1 << 20
"""Bytes that are kept in memory rather than in a file."""
CHUNK = 1 << 18
_LOOK_AFTER = 16 << 20


class NoRoom(Exception):
    """The disk has no room to spare, or the message is larger than one may be."""

    def __init__(self, text: str, *, too_large: bool = False) -> None:
        super().__init__(text)
        self.too_large = too_large


class FileSource(msgspec.Struct, frozen=True):
    """The bytes of a file, which does not change any more."""

    path: Path
    size: int

    def chunks(self) -> Iterator[bytes]:
        """The bytes from the start."""
        with self.path.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK):
                yield chunk


class SpoolFolder(PrivateFolder):
    """The folder of all messages."""

    def check_room(self) -> None:
        """Nothing while more than the reserve is free; otherwise :class:`NoRoom`."""
        if not self.has_room():
            raise NoRoom("there is no room for messages at the moment")


class Workplace:
    """The files of one message, removed together; a :class:`as2.source.Scratch` and a context manager."""

    def __init__(self, spool: SpoolFolder) -> None:
        self._spool = spool
        self._paths: list[Path] = []

    def __enter__(self) -> Workplace:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for path in self._paths:
            path.unlink(missing_ok=True)

    def keep(self, chunks: Iterable[bytes]) -> Source:
        """The bytes as a source, in memory while they are few; raises :class:`NoRoom` and ``OSError``."""
        growing = self.growing()
        try:
            for chunk in chunks:
                growing.write(chunk)
            return growing.finish()
        finally:
            growing.close()

    def growing(self, limit: int | None = None) -> Growing:
        """A new body that grows; beyond ``limit`` bytes it raises :class:`NoRoom`."""
        return Growing(self, limit)

    def adopt(self, path: Path) -> None:
        """Remove this file with the others."""
        self._paths.append(path)

    def _create(self) -> tuple[Path, int]:
        self._spool.check_room()
        path = self._spool.folder / secrets.token_hex(16)
        self._paths.append(path)
        return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


class Growing:
    """Bytes as they come, hashed on their way; a file once they are many."""

    def __init__(self, place: Workplace, limit: int | None) -> None:
        self._place = place
        self._limit = limit
        self._held: list[bytes] = []
        self._file: int | None = None
        self._path: Path | None = None
        self._unlooked = 0
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        """Of the bytes so far, in hexadecimal."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Add bytes at the end; raises :class:`NoRoom`, or ``OSError`` from the disk."""
        self.size += len(data)
        if self._limit is not None and self.size > self._limit:
            raise NoRoom(f"a message has at most {self._limit} bytes here", too_large=True)
        self._hash.update(data)
        if self._file is None and self.size <= IN_MEMORY:
            self._held.append(data)
            return
        if self._file is None:
            self._path, self._file = self._place._create()
            held, self._held = self._held, []
            put(self._file, b"".join(held))
        self._unlooked += len(data)
        if self._unlooked >= _LOOK_AFTER:
            self._place._spool.check_room()
            self._unlooked = 0
        put(self._file, data)

    def finish(self) -> Source:
        """Everything that was written, as a source."""
        self.close()
        return FileSource(self._path, self.size) if self._path is not None else BytesSource(b"".join(self._held))

    def close(self) -> None:
        """Give up the open file; a second time does nothing."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def put(file: int, data: bytes) -> None:
    """Write all of it."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
