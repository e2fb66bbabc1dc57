"""The disk, and nothing else that touches it: fourteen calls, each one that can fail.

The archive asks for no more than this, so a test can fail every call once, shorten every write, or let the power go
between any two of them (:class:`archive.memory.MemoryDisk`), and another kind of disk has a short list to fill in.
The calls are as thin as the kernel's: ``read`` and ``write`` may do less than they were asked, and
:func:`read_exactly` and :func:`write_all` above them know that.

Files are written at explicit offsets and never through a shared file position, so threads need no lock for reading.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections import deque
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

BUFFERS = 1024
"""Buffers in one gathering write at most (IOV_MAX of Linux)."""


class Disk(Protocol):
    """The calls an archive makes. Each raises :class:`OSError` as the system does; files are small integers."""

    def make_folder(self, folder: Path) -> None:
        """Create the folder and those above it, durably; nothing happens where it exists."""

    def lock(self, path: Path) -> int | None:
        """An open file that excludes other lockers until it is closed; ``None`` when another holds it."""

    def names(self, folder: Path) -> list[str]:
        """The names in a folder, in any order."""

    def create(self, path: Path) -> int:
        """A new file, open for writing; :class:`FileExistsError` when the name is taken."""

    def open(self, path: Path, *, write: bool = False) -> int:
        """An existing file."""

    def close(self, file: int) -> None:
        """Give the file back. Says nothing about durability."""

    def size(self, file: int) -> int:
        """Length of the file in bytes."""

    def read(self, file: int, offset: int, length: int) -> bytes:
        """At most ``length`` bytes; fewer at the end or when the system gives fewer, none only at the end."""

    def write(self, file: int, offset: int, buffers: Sequence[memoryview]) -> int:
        """How many bytes were taken, from the first buffers on; perhaps not all."""

    def sync(self, file: int) -> None:
        """Make what was written to the file durable, and its length."""

    def sync_folder(self, folder: Path) -> None:
        """Make the names in the folder durable."""

    def cut(self, file: int, size: int) -> None:
        """Shorten the file."""

    def remove(self, path: Path) -> None:
        """Take the name out of its folder."""

    def rename(self, path: Path, name: Path) -> None:
        """Give a file another name in its folder, which must be free."""


class LocalDisk:
    """The disk of this machine."""

    def make_folder(self, folder: Path) -> None:
        """A folder's own entry is durable only after its parent was synced, hence top down."""
        if folder.is_dir():
            return
        self.make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        self.sync_folder(folder.parent)

    def lock(self, path: Path) -> int | None:
        """An advisory lock: it goes with the process that held it, however that ended."""
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        return file

    def names(self, folder: Path) -> list[str]:
        """As the system lists them."""
        return os.listdir(folder)

    def create(self, path: Path) -> int:
        """For its owner only: the archive holds business documents."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def open(self, path: Path, *, write: bool = False) -> int:
        """Never follows a link: nothing in the archive is one."""
        return os.open(path, (os.O_RDWR if write else os.O_RDONLY) | os.O_NOFOLLOW | os.O_CLOEXEC)

    def close(self, file: int) -> None:
        """The descriptor is gone even when this raises."""
        os.close(file)

    def size(self, file: int) -> int:
        """From the inode."""
        return os.fstat(file).st_size

    def read(self, file: int, offset: int, length: int) -> bytes:
        """One pread."""
        return os.pread(file, length, offset)

    def write(self, file: int, offset: int, buffers: Sequence[memoryview]) -> int:
        """One pwritev."""
        return os.pwritev(file, buffers, offset)

    def sync(self, file: int) -> None:
        """fdatasync: the length is synced too, the times are not needed."""
        os.fdatasync(file)

    def sync_folder(self, folder: Path) -> None:
        """fsync of the directory, without which a new file may be gone after a power cut."""
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def cut(self, file: int, size: int) -> None:
        """One ftruncate."""
        os.ftruncate(file, size)

    def remove(self, path: Path) -> None:
        """One unlink."""
        os.unlink(path)

    def rename(self, path: Path, name: Path) -> None:
        """One rename; that the name is free is for the one writer to know."""
        os.rename(path, name)


def write_all(disk: Disk, file: int, offset: int, buffers: Sequence[bytes]) -> None:
    """Write every byte of the buffers one after the other; :class:`OSError` when the disk takes no more."""
    left = deque(memoryview(buffer) for buffer in buffers if buffer)
    while left:
        written = disk.write(file, offset, list(islice(left, BUFFERS)))
        if written <= 0:
            raise OSError(errno.EIO, "The disk took nothing and gave no reason")
        offset += written
        while left and written >= len(left[0]):
            written -= len(left.popleft())
        if written:
            left[0] = left[0][written:]


def read_exactly(disk: Disk, file: int, offset: int, length: int) -> bytes:
    """The bytes at ``offset``: ``length`` of them, fewer only where the file ends."""
    first = disk.read(file, offset, length)
    if len(first) in (0, length):
        return first
    parts = [first]
    done = len(first)
    while done < length and (part := disk.read(file, offset + done, length - done)):
        parts.append(part)
        done += len(part)
    return b"".join(parts)
