"""The private folder in which uploads grow until they are complete; the only code that touches the disk for them.

A file's name is 128 random bits: nothing a partner says becomes part of a path. Files are made with ``O_EXCL`` and
``O_NOFOLLOW`` and are readable by us alone. What lies here has not been acknowledged to anybody, so the spool need not
outlive the process: nothing is synced, and what a crash left behind is removed at the next start.

Bytes are hashed as they are written. A client whose WRITEs come out of order, or that writes a place twice, costs one
more reading at the end instead.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from gateway.channels.private_folder import PrivateFolder
from gateway.channels.sftp.coverage import Coverage, Scattered

_LOOK_AFTER = 4 << 20
"""Bytes written between two looks at the free space."""


class SpoolRefusal(Exception):
    """An upload cannot go on. ``reason`` is for the partner."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Spool(PrivateFolder):
    """The folder; ``limit`` is the size of one upload, ``reserve`` what stays free on the disk, both in bytes."""

    def __init__(self, folder: Path, *, limit: int, reserve: int) -> None:
        super().__init__(folder, reserve=reserve)
        self.limit = limit

    def create(self) -> SpoolFile:
        """A new, empty file; raises :class:`SpoolRefusal` when the disk has no room to spare."""
        self.check_room()
        path = self.folder / secrets.token_hex(16)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return SpoolFile(self, path, os.open(path, flags, 0o600))

    def check_room(self) -> None:
        """Nothing while more than the reserve is free; otherwise :class:`SpoolRefusal`."""
        if not self.has_room():
            raise SpoolRefusal("There is no room for uploads at the moment: send the file again later")


class SpoolFile:
    """An upload's bytes. Not for two threads at once."""

    def __init__(self, spool: Spool, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = 0
        self._spool = spool
        self._descriptor = descriptor
        self._coverage = Coverage()
        self._hash = hashlib.sha256()
        self._in_order = True
        self._unlooked = 0

    def write(self, offset: int, data: bytes) -> None:
        """Write ``data`` at ``offset``; raises :class:`SpoolRefusal`, or ``OSError`` from the disk."""
        end = offset + len(data)
        if end > self._spool.limit:
            raise SpoolRefusal(f"The file is larger than {self._spool.limit} bytes, which is the most one may have")
        self._unlooked += len(data)
        if self._unlooked >= _LOOK_AFTER:
            self._spool.check_room()
            self._unlooked = 0
        if offset == self.size and self._in_order:
            self._hash.update(data)
        else:
            self._in_order = False
        view, at = memoryview(data), offset
        while view:
            written = os.pwrite(self._descriptor, view, at)
            view, at = view[written:], at + written
        try:
            self._coverage.add(offset, end)
        except Scattered as fault:
            raise SpoolRefusal(f"The file cannot be put together: {fault}") from None
        self.size = max(self.size, end)

    def sync(self) -> None:
        """Return when the bytes written so far are on the disk."""
        os.fdatasync(self._descriptor)

    def seal(self) -> str:
        """The SHA-256 of the whole file, in hexadecimal; raises :class:`SpoolRefusal` when a part was never written."""
        gap = self._coverage.gap()
        if gap is not None:
            raise SpoolRefusal(
                f"Bytes {gap[0]} to {gap[1] - 1} of the file were not sent: an upload cannot be resumed, send it whole"
            )
        if not self._in_order:
            self._hash = hashlib.sha256()
            for begin in range(0, self.size, 1 << 20):
                self._hash.update(os.pread(self._descriptor, 1 << 20, begin))
        return self._hash.hexdigest()

    def discard(self) -> None:
        """Close and remove the file; a second time does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self.path.unlink(missing_ok=True)
