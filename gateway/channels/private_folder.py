"""A folder for bytes that need not outlive the process: ours alone, emptied at the start, watched for its free space.

Nothing in it has been acknowledged to anybody and nothing refers to it. A lock keeps a second process from emptying it
under the first one. What would be a pity to lose may be left in it (``empty=False``); to lose it must do no harm.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FolderBusy(Exception):
    """Another process uses the folder; the text says what to do."""


class PrivateFolder:
    """The folder; ``reserve`` is what stays free on its disk, in bytes."""

    def __init__(self, folder: Path, *, reserve: int, empty: bool = True) -> None:
        """Lock the folder, making it if needed, and empty it unless told otherwise; raises :class:`FolderBusy`."""
        self.folder = folder
        self.reserve = reserve
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise FolderBusy(f"{folder} is in use by another gateway: stop it, or give this one its own") from None
        for left in folder.iterdir() if empty else ():
            left.unlink()

    def has_room(self) -> bool:
        """Whether more than the reserve is free."""
        room = os.statvfs(self.folder)
        return room.f_bavail * room.f_frsize >= self.reserve

    def close(self) -> None:
        """Give the folder back; again does nothing."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
