"""Uploads from their first byte to ``receive``: how many there may be, when one is whole, and what becomes of the rest.

An upload ends in one of three ways. *Taken*: ``receive`` returned, and the bytes are the gateway's. *Staged*: its name
says that it is unfinished, and the mailbox keeps it durably until the partner renames it. *Broken*: it was cut off,
went over a limit or has holes; nothing is kept, and it is reported. (One that ``receive`` refuses is none of the three:
whoever refused it knows of it.)

``receive`` runs in a task of its own, which is waited for and never cancelled: when the client disappears meanwhile the
commit still comes to an end and the spool file is removed after it. The client then has no answer and sends the file
again; that second arrival is for the duplicate check to recognise, and the first one is not lost.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import ParamSpec, TypeVar

import structlog

from gateway.arrival import Arrival, ArrivalRefused, BrokenUpload, Receive, ReportBroken, printable
from gateway.channels.sftp.limits import Limits
from gateway.channels.sftp.mailboxes import Entry, Mailboxes
from gateway.channels.sftp.spool import Spool, SpoolFile, SpoolRefusal
from gateway.channels.sftp.threads import Threads
from gateway.channels.sftp.tree import Refusal
from gateway.channels.sftp.visitor import Visitor
from gateway.channels.sftp.wire import Status
from gateway.channels.temporary_names import temporary
from gateway.clock import Clock

P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger()

NOT_KEPT = "The file could not be recorded here, and nothing of it was kept: send it again later"
PAUSED = "No files are taken here for the time being: keep the file, and send it again later"
GONE = "the connection ended before the file was closed"


class Upload:
    """A file that a client is writing."""

    def __init__(self, visitor: Visitor, name: str, file: SpoolFile) -> None:
        self.visitor = visitor
        self.name = name
        self.file = file
        self.facts = visitor.facts()
        self.fault: str | None = None
        """Why it can no longer become a file; told again at CLOSE, since some clients ignore the answers to WRITE."""


class Intake:
    """Where the uploads of all sessions end."""

    def __init__(
        self,
        spool: Spool,
        mailboxes: Mailboxes,
        receive: Receive,
        report_broken: ReportBroken,
        threads: Threads,
        limits: Limits,
        clock: Clock,
        paused: Callable[[str], bool],
    ) -> None:
        self._paused = paused
        self._spool = spool
        self._mailboxes = mailboxes
        self._receive = receive
        self._report_broken = report_broken
        self._threads = threads
        self._limits = limits
        self._clock = clock
        self._open: Counter[str] = Counter()
        self._settling: set[asyncio.Task[None]] = set()
        self._renaming: set[int] = set()
        self.closing = False
        """Nothing new is begun; what is open may be finished."""

    @property
    def open_uploads(self) -> int:
        """Uploads under way, of all partners."""
        return self._open.total()

    async def open(self, visitor: Visitor, name: str) -> Upload:
        """A new upload; raises :class:`Refusal` when there are too many or there is no room."""
        if self.closing:
            raise Refusal(Status.FAILURE, "The server is being stopped: connect again and send the file then")
        if self._paused(visitor.channel):
            raise Refusal(Status.FAILURE, PAUSED)
        if self._open[visitor.party] >= self._limits.uploads_per_partner:
            reason = f"{self._limits.uploads_per_partner} of your uploads are open: finish one before the next"
            raise Refusal(Status.FAILURE, reason)
        if self.open_uploads >= self._limits.uploads:
            raise Refusal(Status.FAILURE, "Too many uploads are under way: send the file again in a minute")
        self._open[visitor.party] += 1
        try:
            return Upload(visitor, name, await self._disk(visitor, self._spool.create))
        except Refusal:
            self._release(visitor)
            raise

    async def write(self, upload: Upload, offset: int, data: bytes) -> None:
        """Write; a fault spoils the upload for good and raises :class:`Refusal`."""
        if upload.fault is not None:
            raise Refusal(Status.FAILURE, upload.fault)
        try:
            await self._disk(upload.visitor, upload.file.write, offset, data)
        except Refusal as refusal:
            upload.fault = refusal.reason
            upload.file.discard()
            raise

    async def sync(self, upload: Upload) -> None:
        """Return when what was written is on the disk; raises :class:`Refusal`."""
        if upload.fault is not None:
            raise Refusal(Status.FAILURE, upload.fault)
        await self._disk(upload.visitor, upload.file.sync)

    async def close(self, upload: Upload, gone: Callable[[], bool]) -> None:
        """The client has closed the upload: return when it is taken or staged; raises :class:`Refusal` otherwise.

        ``gone`` says whether the client has left: it is asked last thing before the upload is taken.
        """
        try:
            if upload.fault is not None:
                raise Refusal(Status.FAILURE, upload.fault)
            sha256 = await self._disk(upload.visitor, upload.file.seal)
            if gone():
                raise Refusal(Status.FAILURE, GONE)
        except Refusal as refusal:
            await self.break_off(upload, refusal.reason)
            raise
        if temporary(upload.name):
            await self._settle(upload.visitor, self._stage(upload, sha256))
        else:
            await self._settle(upload.visitor, self._take(upload, sha256, upload.name, None))

    async def take_staged(self, visitor: Visitor, entry: Entry, name: str, gone: Callable[[], bool]) -> None:
        """A staged upload gets its final name: return when it is taken; raises :class:`Refusal`."""
        if entry.id in self._renaming:
            raise Refusal(Status.FAILURE, "The file is being renamed already")
        self._renaming.add(entry.id)
        try:
            upload = await self.open(visitor, name)
            upload.facts["staged_as"] = entry.name
            try:
                content = await self._threads(self._mailboxes.read, entry)
                await self.write(upload, 0, content)
                if gone():
                    raise Refusal(Status.FAILURE, GONE)
                taking = self._take(upload, entry.sha256, name, entry.id)
            except BaseException:
                # Nothing of the partner's is lost: the staged entry is still there.
                self._end(upload)
                raise
            await self._settle(visitor, taking)
        finally:
            self._renaming.discard(entry.id)

    async def break_off(self, upload: Upload, cause: str) -> None:
        """Discard an upload that did not become whole, and report it."""
        self._end(upload)
        cause = upload.fault or cause
        name, size = printable(upload.name), upload.file.size
        log.warning("sftp.upload.broken", **_who(upload.visitor), name=name, size=size, cause=cause)
        broken = BrokenUpload(
            party=upload.visitor.party,
            channel=upload.visitor.channel,
            protocol="sftp",
            name=upload.name,
            size=size,
            cause=cause,
            at=self._clock(),
            facts=upload.facts,
        )
        task = asyncio.ensure_future(self._tell(broken))
        await self._wait(task)
        if error := None if task.cancelled() else task.exception():
            log.error("sftp.upload.broken.unreported", **_who(upload.visitor), name=name, exc_info=error)

    async def settle(self, grace: float) -> None:
        """Wait until what is being taken or staged has come to an end, at most ``grace`` seconds."""
        if self._settling:
            await asyncio.wait(set(self._settling), timeout=grace)

    async def _tell(self, broken: BrokenUpload) -> None:
        await self._report_broken(broken)

    async def _take(self, upload: Upload, sha256: str, name: str, staged: int | None) -> None:
        arrival = Arrival(
            party=upload.visitor.party,
            channel=upload.visitor.channel,
            protocol="sftp",
            name=name,
            path=upload.file.path,
            size=upload.file.size,
            sha256=sha256,
            at=self._clock(),
            facts=upload.facts,
            staged=staged,
        )
        try:
            await self._receive(arrival)
        except ArrivalRefused as refused:
            log.warning("sftp.upload.refused", **_who(upload.visitor), name=arrival.shown, reason=refused.reason)
            raise Refusal(Status.FAILURE, refused.reason) from None
        finally:
            self._end(upload)
        log.info("sftp.upload.received", **_who(upload.visitor), name=arrival.shown, size=arrival.size, sha256=sha256)

    async def _stage(self, upload: Upload, sha256: str) -> None:
        try:
            party, path = upload.visitor.party, upload.file.path
            await self._threads(self._mailboxes.stage, party, upload.name, path, sha256, self._clock())
        finally:
            self._end(upload)
        log.info("sftp.upload.staged", **_who(upload.visitor), name=printable(upload.name), size=upload.file.size)

    async def _settle(self, visitor: Visitor, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        await self._wait(task)
        if task.cancelled():
            raise Refusal(Status.FAILURE, NOT_KEPT)
        error = task.exception()
        if error is None:
            return
        if not isinstance(error, Refusal):
            log.error("sftp.upload.failed", **_who(visitor), exc_info=error)
            raise Refusal(Status.FAILURE, NOT_KEPT) from error
        raise error

    async def _wait(self, task: asyncio.Task[None]) -> None:
        # asyncio.wait leaves the task alone when the waiting itself is cancelled.
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        await asyncio.wait({task})

    async def _disk(self, visitor: Visitor, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await self._threads(work, *args, **kwargs)
        except SpoolRefusal as refusal:
            raise Refusal(Status.FAILURE, refusal.reason) from None
        except OSError as error:
            log.error("sftp.spool.failed", **_who(visitor), exc_info=error)
            raise Refusal(Status.FAILURE, NOT_KEPT) from error

    def _end(self, upload: Upload) -> None:
        upload.file.discard()
        self._release(upload.visitor)

    def _release(self, visitor: Visitor) -> None:
        self._open[visitor.party] -= 1
        if not self._open[visitor.party]:
            del self._open[visitor.party]


def _who(visitor: Visitor) -> dict[str, str]:
    return {"session": visitor.session, "party": visitor.party, "channel": visitor.channel, "remote": visitor.remote}
