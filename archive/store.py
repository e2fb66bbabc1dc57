"""The archive: the order of the disk calls that makes "stored" mean stored.

*Appending.* Callers encode in parallel; then one of those that wait becomes the leader, writes what all of them brought
in one go, syncs once and wakes them: a group commit without a thread of its own. A locator is returned only after
the sync. A pack's file and its name in the folder are durable before the first record goes into it.

*What fails.* No room while writing: the pack is cut back to what was durable and the callers hear
:class:`ArchiveFull`. Any other failure, a failed sync above all, is final: the archive refuses further work with
:class:`ArchiveFailed`, because what the disk says after a failed sync proves nothing; only opening again does.

*Opening.* Only the last pack can have been cut off by a crash. What follows its last whole record is moved into a file
beside it and cut. If whole records lie *behind* an unreadable stretch, nothing is cut, since they may have been
acknowledged: the pack is left as it is and the next append begins a new one. Both are told as a :class:`Recovery`.

*Large contents* come in pieces and get a pack of their own, written aside (:mod:`archive.large`); the archive only
gives it its name, between two groups, after the pack before it is sealed.

*Packs* are named by number and finished with a seal at about ``pack_limit`` bytes. One process writes (a lock file says
so); any number may open the folder for reading meanwhile.

Not a goal: looking content up by its hash. The ledger knows where everything lies; ``scan`` rebuilds that knowledge if
the ledger is lost. Content appended twice is stored twice, and the second copy is an orphan.
"""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Literal

from archive import large, pack
from archive.disk import Disk, LocalDisk, read_exactly, write_all
from archive.fault import ArchiveBusy, ArchiveFailed, ArchiveFault, ArchiveFull, Recovery
from archive.locator import Locator
from archive.reader import Reader, digest_of, pack_name

PACK_LIMIT = 256 << 20
"""Bytes after which a pack is sealed. A content is never split, so a pack may be longer by one content."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class _Ticket:
    """What one caller wants stored, and what became of it."""

    __slots__ = ("done", "fault", "locators", "records")

    def __init__(self, records: list[pack.Record]) -> None:
        self.records = records
        self.locators: list[Locator] = []
        self.fault: ArchiveFault | None = None
        self.done = False


class _Source:
    """The pieces of a caller, whose errors are not the disk's."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.fault: OSError | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._chunks
        except OSError as error:
            self.fault = error
            raise


class _OpenPack:
    """The pack that is being written: up to ``end`` it is durable."""

    __slots__ = ("digest", "end", "file", "name", "records", "salt")

    def __init__(self, name: str, file: int, salt: bytes) -> None:
        self.name = name
        self.file = file
        self.salt = salt
        self.end = pack.FILE_HEADER_LENGTH
        self.records = 0
        self.digest = hashlib.sha256(pack.file_header(salt))


class Archive(Reader):
    """Content, write-once. Thread-safe; opened with :meth:`open`, closed with :meth:`close`."""

    def __init__(self, folder: Path, disk: Disk, pack_limit: int, salt: Callable[[int], bytes]) -> None:
        super().__init__(folder, disk)
        self._pack_limit = pack_limit
        self._new_salt = salt
        self._lock_path = folder / "writer.lock"
        self._lock_file: int | None = None
        self._pack: _OpenPack | None = None
        self._last_number = 0
        self._closed = True
        self._failure: str | None = None
        self._changed = threading.Condition()
        self._waiting: list[_Ticket] = []
        self._led = False
        self.recovery: Recovery | None = None
        """What opening found after a crash; ``None`` when the archive had been left in order."""

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        mode: Literal["write", "read"] = "write",
        disk: Disk | None = None,
        pack_limit: int = PACK_LIMIT,
        salt: Callable[[int], bytes] = os.urandom,
    ) -> Archive:
        """The archive in ``folder``, made there if there is none and ``mode`` is ``write``.

        Raises :class:`ArchiveBusy` when another process writes it, and :class:`ArchiveFault` when the folder cannot be
        used or a newer Sallyport wrote there. ``salt`` gives as many random bytes as it is asked for.
        """
        self = cls(folder, disk or LocalDisk(), pack_limit, salt)
        if mode == "write":
            try:
                self._open_for_writing()
            except OSError as error:
                self._give_up_files()
                raise ArchiveFault(f"The archive in {folder} cannot be opened: {error}. Mend that and retry") from error
            except pack.Newer as error:
                self._give_up_files()
                raise ArchiveFault(f"The archive in {folder} needs a newer Sallyport: {error}") from error
        return self

    def _open_for_writing(self) -> None:
        self._disk.make_folder(self._folder)
        self._lock_file = self._disk.lock(self._lock_path)
        if self._lock_file is None:
            raise ArchiveBusy(f"Another process writes the archive in {self._folder}: ask it, or stop it first")
        self._closed = False
        for left in self._disk.names(self._folder):
            if large.ASIDE.fullmatch(left):
                self._disk.remove(self._folder / left)
        names = self.packs()
        if names:
            self._last_number = int(names[-1])
            self._take_up(names[-1])

    @property
    def failure(self) -> str | None:
        """Why the archive takes nothing any more until it is opened again; ``None`` while all is well."""
        return self._failure

    def append(self, content: bytes) -> Locator:
        """Where the content lies; it is durable when this returns.

        Raises :class:`ArchiveFull` (make room, call again) and :class:`ArchiveFailed` (restart the program).
        """
        return self.append_all([content])[0]

    def append_all(self, contents: Sequence[bytes]) -> list[Locator]:
        """Where each content lies, in their order; all durable, with one sync, when this returns. Errors as append."""
        if not contents:
            return []
        ticket = _Ticket([pack.encode(content) for content in contents])
        with self._changed:
            self._waiting.append(ticket)
            while not ticket.done and self._led:
                self._changed.wait()
            group: list[_Ticket] = []
            if not ticket.done:
                group, self._waiting, self._led = self._waiting, [], True
        if group:
            self._lead(group)
        if ticket.fault:
            raise type(ticket.fault)(str(ticket.fault)) from ticket.fault
        return ticket.locators

    def append_large(self, size: int, chunks: Iterable[bytes]) -> Locator:
        """Where a content of ``size`` bytes lies that comes in pieces, in constant memory; durable on return.

        Errors as :meth:`append`; whatever ``chunks`` raises is raised, and ``ValueError`` when there are not ``size``
        bytes: then nothing was stored.
        """
        if self._closed:
            raise ArchiveFault("The archive is closed or was opened for reading only")
        if self._failure:
            raise ArchiveFailed(self._failure)
        salt = self._new_salt(pack.SALT_LENGTH)
        path = large.aside(self._folder, salt)
        try:
            file = self._disk.create(path)
        except OSError as error:
            raise self._full(error) if error.errno in NO_ROOM else self._finally("created", error) from error
        source = _Source(chunks)
        header: pack.Header | None = None
        try:
            header = large.write_pack(self._disk, file, salt, size, source)
        except OSError as error:
            if error is source.fault:
                raise
            raise self._full(error) if error.errno in NO_ROOM else self._finally("written", error) from error
        finally:
            self._close_file(file)
            if header is None:
                # What cannot be removed now is removed when the archive is opened.
                with suppress(OSError):
                    self._disk.remove(path)
        with self._alone():
            return self._name_large(path, header)

    def _name_large(self, path: Path, header: pack.Header) -> Locator:
        """Make a finished pack count; the one before it is sealed first, since only the last may have no seal."""
        if self._failure:
            raise ArchiveFailed(self._failure)
        if self._pack:
            self._seal(self._pack)
        name = pack_name(self._last_number + 1)
        try:
            self._disk.rename(path, self._path(name))
            self._disk.sync_folder(self._folder)
        except OSError as error:
            raise self._failed("named", error) from error
        self._last_number += 1
        return Locator(
            sha256=header.sha256.hex(),
            size=header.size,
            pack=name,
            offset=pack.FILE_HEADER_LENGTH,
            length=header.length,
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No group is stored meanwhile; a failure in here is final, as it is for a group."""
        with self._changed:
            while self._led:
                self._changed.wait()
            self._led = True
        try:
            yield
        except ArchiveFailed as error:
            self._failure = self._failure or str(error)
            raise
        finally:
            with self._changed:
                self._led = False
                self._changed.notify_all()

    def _finally(self, what: str, error: OSError) -> ArchiveFailed:
        """The fault of a disk that cannot be trusted any more; remembered."""
        fault = self._failed(what, error)
        self._failure = self._failure or str(fault)
        return fault

    def _lead(self, group: list[_Ticket]) -> None:
        """Store the group and wake everybody: the members to go, one of the others to lead the next group."""
        fault: ArchiveFault | None = ArchiveFailed("The archive was interrupted while it stored this: start again")
        try:
            self._store(group)
            fault = None
        except ArchiveFault as error:
            fault = error
        finally:
            if isinstance(fault, ArchiveFailed):
                self._failure = self._failure or str(fault)
            with self._changed:
                for ticket in group:
                    ticket.fault, ticket.done = fault, True
                self._led = False
                self._changed.notify_all()

    def _store(self, group: list[_Ticket]) -> None:
        if self._closed:
            raise ArchiveFault("The archive is closed or was opened for reading only")
        if self._failure:
            raise ArchiveFailed(self._failure)
        buffers: list[bytes] = []
        length = records = 0
        for ticket in group:
            for record in ticket.records:
                current = self._pack
                if current and current.end + length + record.header.length > self._pack_limit:
                    self._write(current, buffers, length, records)
                    buffers, length, records = [], 0, 0
                    if current.records:
                        self._seal(current)
                        current = None
                if current is None:
                    current = self._begin()
                ticket.locators.append(
                    Locator(
                        sha256=record.header.sha256.hex(),
                        size=record.header.size,
                        pack=current.name,
                        offset=current.end + length,
                        length=record.header.length,
                    )
                )
                buffers += [record.head(current.salt), record.body]
                length += record.header.length
                records += 1
        if self._pack:
            self._write(self._pack, buffers, length, records)

    def _write(self, current: _OpenPack, buffers: list[bytes], length: int, records: int) -> None:
        """Append to the pack, durably; afterwards ``current`` says so."""
        if not length:
            return
        try:
            write_all(self._disk, current.file, current.end, buffers)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise self._failed("written", error) from error
            try:
                self._disk.cut(current.file, current.end)
            except OSError as second:
                raise self._failed("cut back", second) from second
            raise self._full(error) from error
        try:
            self._disk.sync(current.file)
        except OSError as error:
            raise self._failed("synced", error) from error
        current.end += length
        current.records += records
        for buffer in buffers:
            current.digest.update(buffer)

    def _seal(self, current: _OpenPack) -> None:
        record = pack.encode_seal(pack.Seal(current.records, current.digest.hexdigest()))
        self._write(current, [record.head(current.salt), record.body], record.header.length, 0)
        self._pack = None
        self._close_file(current.file)

    def _begin(self) -> _OpenPack:
        """A new pack, whose header and name are durable."""
        name = pack_name(self._last_number + 1)
        path, salt = self._path(name), self._new_salt(pack.SALT_LENGTH)
        try:
            file = self._disk.create(path)
        except OSError as error:
            # Nothing was written and nothing promised: where there was no room, this may be tried again.
            raise self._full(error) if error.errno in NO_ROOM else self._failed("created", error) from error
        try:
            write_all(self._disk, file, 0, [pack.file_header(salt)])
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise self._failed("written", error) from error
            try:
                self._disk.close(file)
                self._disk.remove(path)
            except OSError as second:
                raise self._failed("removed", second) from second
            raise self._full(error) from error
        try:
            self._disk.sync(file)
            self._disk.sync_folder(self._folder)
        except OSError as error:
            raise self._failed("synced", error) from error
        self._last_number += 1
        self._pack = _OpenPack(name, file, salt)
        return self._pack

    def _failed(self, what: str, error: OSError) -> ArchiveFailed:
        return ArchiveFailed(
            f"A pack in {self._folder} could not be {what}: {error}. Nothing more is stored until the program starts "
            "again and finds out what is durable; look at the disk first"
        )

    def _full(self, error: OSError) -> ArchiveFull:
        return ArchiveFull(f"There is no room for the archive in {self._folder}: {error}. Make room, then try again")

    def _take_up(self, name: str) -> None:
        """Go on with the last pack where its readable records end, or leave it to a successor."""
        file = self._disk.open(self._path(name), write=True)
        try:
            self._pack = self._recovered(name, file)
        finally:
            if self._pack is None:
                self._disk.close(file)

    def _recovered(self, name: str, file: int) -> _OpenPack | None:
        size = self._disk.size(file)
        read = partial(read_exactly, self._disk, file)
        if size <= pack.FILE_HEADER_LENGTH:
            # Perhaps its creation was interrupted. Nothing can stand in it, so it is begun again.
            salt = self._new_salt(pack.SALT_LENGTH)
            write_all(self._disk, file, 0, [pack.file_header(salt)])
        else:
            try:
                salt = pack.read_file_header(read(0, pack.FILE_HEADER_LENGTH))
            except pack.Unreadable as error:
                self.recovery = _left(name, 0, size, str(error))
                return None
        current = _OpenPack(name, file, salt)
        gap: pack.Gap | None = None
        sealed = False
        for item in pack.walk(read, self._disk.size(file), salt):
            if sealed or (gap and isinstance(item, pack.Found)):
                damaged = gap or item
                reason = gap.text if gap else "something follows its seal"
                self.recovery = _left(name, damaged.offset, size - damaged.offset, reason)
                return None
            if isinstance(item, pack.Gap):
                gap = item
            elif item.header.seal:
                sealed = True
            else:
                current.end = item.offset + item.header.length
                current.records += 1
        if gap:
            self.recovery = self._cut_tail(current, gap, read(gap.offset, gap.length))
        # What is readable may never have been synced, the seal too; nothing may come to lie behind what can vanish.
        self._disk.sync(file)
        self._disk.sync_folder(self._folder)
        if sealed:
            return None
        current.digest = digest_of(read, current.end)
        return current

    def _cut_tail(self, current: _OpenPack, gap: pack.Gap, tail: bytes) -> Recovery:
        """Keep what is cut off in a file of its own, durably, and only then cut."""
        taken = set(self._disk.names(self._folder))
        stem = f"{current.name}.torn-{gap.offset}"
        name = next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)
        file = self._disk.create(self._folder / name)
        try:
            write_all(self._disk, file, 0, [tail])
            self._disk.sync(file)
            self._disk.sync_folder(self._folder)
        finally:
            self._disk.close(file)
        self._disk.cut(current.file, gap.offset)
        return Recovery(
            pack=current.name,
            offset=gap.offset,
            length=gap.length,
            kept_as=name,
            text=f"The last {gap.length} bytes of pack {current.name} held no whole record ({gap.text}): a write was "
            f"interrupted before anybody was told that it is stored. They are kept in {name}",
        )

    def close(self) -> None:
        """Finish what was begun and give up files and lock. Everything acknowledged is durable already."""
        with self._changed:
            while self._led:
                self._changed.wait()
            self._closed = True
        self._give_up_files()

    def _give_up_files(self) -> None:
        if self._pack:
            self._close_file(self._pack.file)
            self._pack = None
        if self._lock_file is not None:
            self._close_file(self._lock_file)
            self._lock_file = None

    def _close_file(self, file: int) -> None:
        """Nothing depends on a close: what was promised was synced, and the descriptor is gone in any case."""
        with suppress(OSError):
            self._disk.close(file)


def _left(name: str, offset: int, length: int, reason: str) -> Recovery:
    return Recovery(
        pack=name,
        offset=offset,
        length=length,
        kept_as=None,
        text=f"Pack {name} is damaged from {offset} on: {reason}. It is left as it is, since what follows may have "
        "been acknowledged, and a new pack begins. Run the check to see which contents are concerned",
    )
