"""What a partner's requests mean: one session's files and listings, and an answer to each request.

Requests are answered one after the other in the order they came, so a CLOSE sees every WRITE before it. What is not
granted is a :class:`Refusal`, which becomes a status with a reason; everything else that is raised is a fault of ours
and the caller's to report.

*What was taken is out of the way.* Files that arrived stay visible in ``/in`` because clients look at what they have
put. They do not hinder the next file of that name: neither an exclusive OPEN nor a plain RENAME fails because of them,
or a partner that always sends ``orders.edi`` would be stopped by our good memory. A staged file is the partner's own
unfinished business, and for it the rules of the protocol hold.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

import structlog

from gateway.arrival import printable
from gateway.channels.sftp import tree, wire
from gateway.channels.sftp.coverage import Coverage, Scattered
from gateway.channels.sftp.intake import Intake, Upload
from gateway.channels.sftp.limits import Limits
from gateway.channels.sftp.mailboxes import Entry, Gone, Mailboxes
from gateway.channels.sftp.threads import Threads
from gateway.channels.sftp.tree import Place, Refusal
from gateway.channels.sftp.visitor import Visitor
from gateway.channels.sftp.wire import Open, Status
from gateway.channels.temporary_names import temporary
from gateway.clock import Clock

H = TypeVar("H", bound="Upload | Download | Listing")

_LINES = 100
"""Names in one answer to READDIR: with names of 255 bytes it is still a quarter of a packet."""


class Listing:
    """A folder being read: its names as they were when it was opened."""

    def __init__(self, lines: list[wire.Name]) -> None:
        self.lines = lines
        self.at = 0


class Download:
    """A file of ``/out`` being read, and which of its bytes have been."""

    def __init__(self, entry: Entry, content: bytes) -> None:
        self.entry = entry
        self.content = content
        self.seen = Coverage()


class Conversation:
    """One SFTP session's state. ``gone`` and ``welcome`` tell whether the client is still there and still known."""

    def __init__(
        self,
        visitor: Visitor,
        intake: Intake,
        mailboxes: Mailboxes,
        threads: Threads,
        limits: Limits,
        clock: Clock,
        *,
        gone: Callable[[], bool],
        welcome: Callable[[], bool],
    ) -> None:
        self._visitor = visitor
        self._intake = intake
        self._mailboxes = mailboxes
        self._threads = threads
        self._limits = limits
        self._clock = clock
        self._gone = gone
        self._welcome = welcome
        self._handles: dict[bytes, Upload | Download | Listing] = {}
        self._last = 0
        self.log = structlog.get_logger().bind(session=visitor.session, party=visitor.party, remote=visitor.remote)

    async def answer(self, request: wire.Request) -> bytes:
        """The packet that answers ``request``. Raises only what is our own fault."""
        try:
            return await self._grant(request)
        except Refusal as refusal:
            # Clients look whether a file is there before they put one: nothing to tell an operator.
            tell = self.log.debug if refusal.code is Status.NO_SUCH_FILE else self.log.info
            path = getattr(request, "path", b"") or getattr(request, "old", b"")
            what = {"request": type(request).__name__, "path": printable(path.decode("utf-8", "replace"))}
            tell("sftp.refused", **what, reason=refusal.reason)
            return wire.status(request.id, refusal.code, refusal.reason)
        except Gone:
            return wire.status(request.id, Status.NO_SUCH_FILE, "The file is no longer there")

    async def end(self, cause: str) -> None:
        """The session is over: what was not closed is broken off."""
        for opened in list(self._handles.values()):
            if isinstance(opened, Upload):
                await self._intake.break_off(opened, cause)
        self._handles.clear()

    async def _grant(self, request: wire.Request) -> bytes:
        match request:
            case wire.Write():
                upload = self._held(request.handle, Upload)
                await self._intake.write(upload, request.offset, request.data)
            case wire.Read():
                return self._read(request)
            case wire.Hello():
                return wire.version()
            case wire.OpenFile():
                return wire.handle(request.id, await self._open(request))
            case wire.Close():
                await self._close(request.handle)
            case wire.Stat():
                return wire.attributes(request.id, await self._stat(tree.locate(request.path)))
            case wire.StatHandle():
                return wire.attributes(request.id, self._stat_handle(request.handle))
            case wire.Set():
                self._set((await self._stat(tree.locate(request.path))).size, request.attributes)
            case wire.SetHandle():
                self._set_handle(request)
            case wire.OpenFolder():
                return wire.handle(request.id, await self._list(tree.locate(request.path)))
            case wire.ReadFolder():
                return self._read_listing(request)
            case wire.Remove():
                await self._remove(tree.locate(request.path))
            case wire.Rename():
                await self._rename(tree.locate(request.old), tree.locate(request.new), replace=request.replace)
            case wire.Resolve():
                path = tree.locate(request.path).path.encode()
                return wire.names(request.id, [wire.Name(path, path, wire.Attributes())])
            case wire.Sync():
                await self._intake.sync(self._held(request.handle, Upload))
            case wire.Limits():
                return wire.limits(request.id, self._limits.handles)
            case wire.ChangeFolders():
                raise Refusal(Status.PERMISSION_DENIED, "There are two folders, /in and /out: none is made or removed")
            case wire.Garbled():
                raise Refusal(Status.BAD_MESSAGE, request.fault)
            case wire.Unsupported():
                raise Refusal(Status.OP_UNSUPPORTED, f"Not offered here: {printable(request.name)}")
            case _:
                raise AssertionError(f"unreachable: {request!r}")
        return wire.status(request.id, Status.OK, "")

    # Handles

    def _hold(self, opened: Upload | Download | Listing) -> bytes:
        self._last += 1
        handle = self._last.to_bytes(4, "big")
        self._handles[handle] = opened
        return handle

    def _check_handles(self) -> None:
        if len(self._handles) >= self._limits.handles:
            raise Refusal(Status.FAILURE, f"{self._limits.handles} files and listings are open: close one first")
        self._check_welcome()

    def _check_welcome(self) -> None:
        if not self._welcome():
            raise Refusal(Status.PERMISSION_DENIED, "This login is no longer valid: ask the gateway's operator")

    def _held(self, handle: bytes, kind: type[H]) -> H:
        opened = self._handles.get(handle)
        if opened is None:
            raise Refusal(Status.FAILURE, "The handle is not open")
        if not isinstance(opened, kind):
            raise Refusal(Status.PERMISSION_DENIED, "The handle was not opened for this")
        return opened

    def _uploading(self, name: str | None) -> Upload | None:
        """This session's own open upload of the name: the client sees its file grow, others see nothing yet."""
        uploads = (each for each in self._handles.values() if isinstance(each, Upload))
        return next((each for each in uploads if each.name == name), None)

    async def _find(self, place: Place) -> Entry | None:
        if place.folder is None or place.name is None:
            raise Refusal(Status.FAILURE, f"{place.path} is a folder: name a file in it")
        return await self._threads(self._mailboxes.find, self._visitor.party, place.folder, place.name)

    async def _existing(self, place: Place) -> Entry:
        entry = await self._find(place)
        if entry is None:
            raise Refusal(Status.NO_SUCH_FILE, f"There is no file {place.path}")
        return entry

    # Files

    async def _open(self, request: wire.OpenFile) -> bytes:
        place, flags = tree.locate(request.path), Open(request.flags & 0x3F)
        self._check_handles()
        if flags & ~Open.READ:
            return await self._open_upload(place, flags, request.attributes)
        if place.folder == "in" and place.name is not None:
            raise Refusal(Status.PERMISSION_DENIED, "What was put into /in cannot be read back")
        if sum(isinstance(each, Download) for each in self._handles.values()) >= self._limits.downloads_per_session:
            reason = f"{self._limits.downloads_per_session} downloads are open: close one first"
            raise Refusal(Status.FAILURE, reason)
        entry = await self._existing(place)
        return self._hold(Download(entry, await self._threads(self._mailboxes.read, entry)))

    async def _open_upload(self, place: Place, flags: Open, stated: wire.Attributes) -> bytes:
        if place.folder is None:
            raise Refusal(Status.PERMISSION_DENIED, "Files are put into /in: change there first")
        if place.folder == "out":
            raise Refusal(Status.PERMISSION_DENIED, "/out is for collecting; files are put into /in")
        if not flags & Open.WRITE:
            raise Refusal(Status.FAILURE, "A new file has to be opened for writing")
        there = await self._find(place)
        if there is None and not flags & Open.CREATE:
            raise Refusal(Status.NO_SUCH_FILE, f"There is no file {place.path}")
        if there is not None and there.staged and flags & Open.EXCLUSIVE:
            raise Refusal(Status.FAILURE, f"{place.path} exists already")
        if flags & Open.APPEND or (there is not None and there.staged and not flags & Open.TRUNCATE):
            raise Refusal(Status.OP_UNSUPPORTED, "An upload cannot be resumed or added to: send the file whole")
        upload = await self._intake.open(self._visitor, place.name or "")
        _note_time(upload, stated)
        handle = self._hold(upload)
        if there is not None:
            # As on a disk, opening ends the old file. If the new one fails, nothing of this name may be left: paramiko
            # swallows the answer to CLOSE and asks for the file's size instead, and the old one's might be the same.
            with suppress(Gone):
                await self._threads(self._mailboxes.remove, there)
        return handle

    async def _close(self, handle: bytes) -> None:
        opened = self._handles.pop(handle, None)
        match opened:
            case Upload():
                await self._intake.close(opened, self._gone)
            case Download():
                if opened.seen.reach >= len(opened.content):
                    await self._threads(self._mailboxes.collected, opened.entry)
                    self.log.info("sftp.download.collected", name=opened.entry.name, size=opened.entry.size)
            case None:
                raise Refusal(Status.FAILURE, "The handle is not open")

    def _read(self, request: wire.Read) -> bytes:
        download = self._held(request.handle, Download)
        content = download.content[request.offset : request.offset + min(request.length, wire.MAX_DATA)]
        if not content:
            return wire.status(request.id, Status.EOF, "")
        try:
            download.seen.add(request.offset, request.offset + len(content))
        except Scattered as fault:
            raise Refusal(Status.FAILURE, f"The file is read in too many pieces: {fault}") from None
        return wire.data(request.id, content)

    async def _remove(self, place: Place) -> None:
        self._check_welcome()
        if place.folder == "in" and self._uploading(place.name):
            raise Refusal(Status.FAILURE, "The file is still open: close it first")
        entry = await self._existing(place)
        await self._threads(self._mailboxes.remove, entry)
        self.log.info("sftp.removed", folder=entry.folder, name=printable(entry.name), collected=entry.collected)

    async def _rename(self, old: Place, new: Place, *, replace: bool) -> None:
        self._check_welcome()
        if "out" in (old.folder, new.folder):
            raise Refusal(Status.PERMISSION_DENIED, "Nothing is renamed in /out: collect the file, then remove it")
        if self._uploading(old.name):
            raise Refusal(Status.FAILURE, "The file is still open: close it before it is renamed")
        entry, there = await self._existing(old), await self._find(new)
        name = new.name or ""
        if there is not None and there.staged and there.id != entry.id and not replace:
            raise Refusal(Status.FAILURE, f"{new.path} exists already")
        if not entry.staged and temporary(name):
            raise Refusal(Status.FAILURE, "The file has been taken already and cannot become unfinished again")
        if entry.staged and not temporary(name):
            await self._intake.take_staged(self._visitor, entry, name, self._gone)
        else:
            await self._threads(self._mailboxes.rename, entry, name)
            self.log.info("sftp.renamed", name=printable(entry.name), to=printable(name))

    # Attributes and listings

    async def _stat(self, place: Place) -> wire.Attributes:
        if place.folder is None or place.name is None:
            return tree.folder_attributes(place, self._clock())
        upload = self._uploading(place.name) if place.folder == "in" else None
        if upload is not None:
            return tree.file_attributes("in", upload.file.size, self._clock())
        return _attributes(await self._existing(place))

    def _stat_handle(self, handle: bytes) -> wire.Attributes:
        opened = self._handles.get(handle)
        if isinstance(opened, Upload):
            return tree.file_attributes("in", opened.file.size, self._clock())
        return _attributes(self._held(handle, Download).entry)

    def _set(self, size: int | None, wanted: wire.Attributes) -> None:
        # Times, modes and owners are set by clients out of habit and mean nothing here. A size would change a file.
        if wanted.size is not None and wanted.size != size:
            raise Refusal(Status.OP_UNSUPPORTED, "A file's size cannot be set: send the file whole")

    def _set_handle(self, request: wire.SetHandle) -> None:
        self._set(self._stat_handle(request.handle).size, request.attributes)
        opened = self._handles[request.handle]
        if isinstance(opened, Upload):
            _note_time(opened, request.attributes)

    async def _list(self, place: Place) -> bytes:
        self._check_handles()
        now, folder = self._clock(), place.folder
        dots = [tree.line(dot, tree.folder_attributes(Place(), now), now) for dot in (".", "..")]
        if folder is None:
            named = [tree.line(each, tree.folder_attributes(Place(each), now), now) for each in tree.FOLDERS]
            return self._hold(Listing(dots + named))
        if place.name is not None:
            raise Refusal(Status.NO_SUCH_FILE, f"There is no folder {place.path}")
        entries = await self._threads(self._mailboxes.list, self._visitor.party, folder)
        lines = {each.name: tree.line(each.name, _attributes(each), now) for each in entries}
        for opened in self._handles.values():
            if isinstance(opened, Upload) and folder == "in":
                growing = tree.file_attributes("in", opened.file.size, now)
                lines[opened.name] = tree.line(opened.name, growing, now)
        return self._hold(Listing(dots + list(lines.values())))

    def _read_listing(self, request: wire.ReadFolder) -> bytes:
        listing = self._held(request.handle, Listing)
        lines = listing.lines[listing.at : listing.at + _LINES]
        listing.at += len(lines)
        return wire.names(request.id, lines) if lines else wire.status(request.id, Status.EOF, "")


def _attributes(entry: Entry) -> wire.Attributes:
    return tree.file_attributes(entry.folder, entry.size, entry.placed_at)


def _note_time(upload: Upload, stated: wire.Attributes) -> None:
    if stated.modified is not None:
        upload.facts["modified"] = datetime.fromtimestamp(stated.modified, UTC).isoformat()
