"""A place that is two folders of this machine. This file is the only one that touches them.

Names come from a listing or from the profile's pattern, never from a message; each is looked up below an open folder,
so that it cannot lead anywhere else, and links are not followed. A file is linked to its final name, which fails where
something stands already, instead of renamed, which would replace it; where a file system has no links it is looked for
first and then renamed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Literal

from as2.source import Source
from gateway.channels.files.place import CHUNK, Changed, Denied, NameTaken, Seen, Unreachable
from gateway.channels.temporary_names import temporary
from gateway.channels.workplace import put

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS)
_SAID_NO = (errno.EACCES, errno.EPERM, errno.EROFS)

_Which = Literal["from", "to"]
_Found = Literal["same", "other"]
"""What stands under a name: this very file, or another one."""


class FolderPlace:
    """:class:`gateway.channels.files.place.Place` over two folders, which have to be there."""

    def __init__(self, collected_from: Path | None, delivered_to: Path | None) -> None:
        self._paths: dict[_Which, Path | None] = {"from": collected_from, "to": delivered_to}
        self._stack = ExitStack()
        self._open: dict[_Which, int] = {}

    def __enter__(self) -> FolderPlace:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()
        self._open.clear()

    def look(self) -> list[Seen]:
        """See :class:`gateway.channels.files.place.Place`."""
        found = []
        with self._faults("from", "look into"), os.scandir(self._folder("from")) as entries:
            for entry in entries:
                # What goes away in this moment is not there.
                with suppress(FileNotFoundError):
                    if not temporary(entry.name) and entry.is_file(follow_symlinks=False):
                        found.append(_seen(entry.name, entry.stat(follow_symlinks=False)))
        return sorted(found, key=lambda each: (each.changed, each.name))

    def fetch(self, seen: Seen) -> Iterator[bytes]:
        """See :class:`gateway.channels.files.place.Place`."""
        with self._faults("from", f"read {seen.name} in"):
            try:
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
                file = os.open(seen.name, flags, dir_fd=self._folder("from"))
            except FileNotFoundError:
                raise Changed(f"{seen.name} is gone") from None
        try:
            _check(seen, os.fstat(file))
            while True:
                with self._faults("from", f"read {seen.name} in"):
                    chunk = os.read(file, CHUNK)
                if not chunk:
                    break
                yield chunk
            _check(seen, os.fstat(file))
        finally:
            os.close(file)

    def remove(self, seen: Seen) -> None:
        """See :class:`gateway.channels.files.place.Place`."""
        with self._faults("from", f"remove {seen.name} from"):
            folder = self._folder("from")
            try:
                _check(seen, os.stat(seen.name, dir_fd=folder, follow_symlinks=False))
                os.unlink(seen.name, dir_fd=folder)
            except FileNotFoundError:
                return
            os.fsync(folder)

    def put(self, name: str, content: Source, sha256: str, mark: str) -> bool:
        """See :class:`gateway.channels.files.place.Place`."""
        doing, beside = f"put {name} into", f".{mark}.part"
        with self._faults("to", doing):
            folder = self._folder("to")
            there = self._there(folder, name, content.size, sha256)
        before = there is not None
        with ExitStack() as written:
            written.callback(self._clear, folder, beside, doing)
            if there is None:
                self._write(folder, beside, content, doing)
                with self._faults("to", doing):
                    there = self._give_name(folder, beside, name, content.size, sha256)
        if there == "other":
            raise NameTaken(f"{name} is there already and is another file")
        with self._faults("to", doing):
            os.fsync(folder)
        return before

    @staticmethod
    def _there(folder: int, name: str, size: int, sha256: str) -> _Found | None:
        try:
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(found.st_mode) or found.st_size != size:
            return "other"
        digest = hashlib.sha256()
        try:
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        except FileNotFoundError:
            # It was collected in this moment, so it does not stand in the way.
            return None
        with open(file, "rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        return "same" if digest.hexdigest() == sha256 else "other"

    def _write(self, folder: int, beside: str, content: Source, doing: str) -> None:
        with self._faults("to", doing):
            _remove(folder, beside)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            file = os.open(beside, flags, 0o666, dir_fd=folder)
        try:
            # What keeps the content from being read is not the place's fault.
            for chunk in content.chunks():
                with self._faults("to", doing):
                    put(file, chunk)
            with self._faults("to", doing):
                os.fsync(file)
                if os.fstat(file).st_size != content.size:
                    raise OSError(errno.EIO, "the file is shorter than what was written")
        finally:
            os.close(file)

    def _clear(self, folder: int, beside: str, doing: str) -> None:
        with self._faults("to", doing):
            _remove(folder, beside)

    def _give_name(self, folder: int, beside: str, name: str, size: int, sha256: str) -> _Found:
        try:
            os.link(beside, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            return self._there(folder, name, size, sha256) or "other"
        except OSError as fault:
            if fault.errno not in _NO_LINKS:
                raise
            if (there := self._there(folder, name, size, sha256)) is not None:
                return there
            os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        return "same"

    def _folder(self, which: _Which) -> int:
        path = self._paths[which]
        if path is None:
            raise Denied(f"the profile names no folder to {'collect from' if which == 'from' else 'deliver to'}")
        if which not in self._open:
            self._open[which] = descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._stack.callback(os.close, descriptor)
        return self._open[which]

    @contextmanager
    def _faults(self, which: _Which, doing: str) -> Iterator[None]:
        """What the operating system says, as faults of the place."""
        path = self._paths[which]
        try:
            yield
        except FileNotFoundError:
            raise Unreachable(f"there is no folder {path}: make it, or mount its disk") from None
        except NotADirectoryError:
            raise Denied(f"{path} is no folder: make one in its place") from None
        except OSError as fault:
            said = f"could not {doing} {path}: {fault.strerror}"
            if fault.errno in _SAID_NO:
                raise Denied(f"{said}. Let the gateway's user read, write and list there") from None
            raise Unreachable(said) from None


def _seen(name: str, found: os.stat_result) -> Seen:
    return Seen(name, found.st_size, found.st_mtime_ns)


def _check(seen: Seen, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode) or _seen(seen.name, found) != seen:
        raise Changed(f"{seen.name} was written anew")


def _remove(folder: int, name: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
