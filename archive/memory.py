"""A disk in memory that can lose its power: the twin of the local disk, for tests and trials.

It keeps two pictures of every file: what a reader sees, and what was synced. After a power cut only synced bytes under
synced names are left, and, since a disk may have written more than it was asked to, a chosen part of the rest.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

Survivor = Callable[[bytes, bytes], bytes]
"""From what was synced of a file, and what was written to it, to what the disk turns out to hold."""


class _File:
    def __init__(self, content: bytes = b"") -> None:
        self.content, self.durable = bytearray(content), bytes(content)


class MemoryDisk:
    """Files in memory; not thread-safe beyond what one archive asks of a disk."""

    def __init__(self) -> None:
        self._files: dict[Path, _File] = {}
        self._durable_names: dict[Path, _File] = {}
        self._open: dict[int, tuple[Path, _File]] = {}
        self._handles = count(3)

    def after_power_cut(self, survivor: Survivor = lambda synced, written: synced) -> MemoryDisk:
        """The disk after a power cut now, with nothing open and no lock held."""
        found = MemoryDisk()
        for path, file in self._durable_names.items():
            found._files[path] = _File(survivor(file.durable, bytes(file.content)))
        found._durable_names = dict(found._files)
        return found

    def content(self, path: Path) -> bytearray:
        """The bytes of a file, open to change: this is how a test damages them."""
        return self._files[path].content

    def make_folder(self, folder: Path) -> None:
        """Folders need no making here."""

    def lock(self, path: Path) -> int | None:
        """Held while any file of that name is open."""
        if any(held == path for held, _ in self._open.values()):
            return None
        return self._handle(path, self._files.setdefault(path, _File()))

    def names(self, folder: Path) -> list[str]:
        """Of the files that a reader sees."""
        return [path.name for path in self._files if path.parent == folder]

    def create(self, path: Path) -> int:
        """The name is not durable before its folder is synced."""
        if path in self._files:
            raise FileExistsError(errno.EEXIST, "The name is taken", str(path))
        return self._handle(path, self._files.setdefault(path, _File()))

    def open(self, path: Path, *, write: bool = False) -> int:
        """Reading and writing are not told apart."""
        if path not in self._files:
            raise FileNotFoundError(errno.ENOENT, "There is no such file", str(path))
        return self._handle(path, self._files[path])

    def _handle(self, path: Path, file: _File) -> int:
        self._open[handle := next(self._handles)] = (path, file)
        return handle

    def close(self, file: int) -> None:
        """Gives up a lock too."""
        del self._open[file]

    def size(self, file: int) -> int:
        """As a reader sees it."""
        return len(self._open[file][1].content)

    def read(self, file: int, offset: int, length: int) -> bytes:
        """Never short but at the end."""
        return bytes(self._open[file][1].content[offset : offset + length])

    def write(self, file: int, offset: int, buffers: Sequence[memoryview]) -> int:
        """Takes everything; a write beyond the end leaves zeros before it, as a file does."""
        content, data = self._open[file][1].content, b"".join(buffers)
        content.extend(bytes(max(0, offset - len(content))))
        content[offset : offset + len(data)] = data
        return len(data)

    def sync(self, file: int) -> None:
        """What a reader sees is now what the disk holds."""
        self._open[file][1].durable = bytes(self._open[file][1].content)

    def sync_folder(self, folder: Path) -> None:
        """Names, not contents."""
        others = {path: file for path, file in self._durable_names.items() if path.parent != folder}
        self._durable_names = others | {path: file for path, file in self._files.items() if path.parent == folder}

    def cut(self, file: int, size: int) -> None:
        """Not durable before the next sync."""
        del self._open[file][1].content[size:]

    def remove(self, path: Path) -> None:
        """Not durable before the folder is synced."""
        del self._files[path]

    def rename(self, path: Path, name: Path) -> None:
        """Not durable before the folder is synced."""
        self._files[name] = self._files.pop(path)
