"""The AS2 endpoint: HTTP as a bare ASGI application, from the first header field to the one answer.

Most of what can be wrong with a request is known before its body: who sends it, how long it is, whether there is room.
It is said then, so that a partner which asks first (``Expect: 100-continue``) need not send gigabytes in vain, and so
that a stranger never gets a byte onto our disk. Strangers get one answer, whatever they call themselves. Only what may
be a receipt is read before its sender is turned away, for its signature may say who that is (:mod:`~.unnamed`).

The body goes into the spool, hashed on its way, and is complete before anything is done with it. Where the profile lets
a partner go on with a message that broke off, what came of one is kept, and HEAD tells how much. What follows blocks
(RSA, the disk, the database), so it is done in threads, as many as requests may be worked on at a time; that many can
also share one commit.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import structlog
import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from archive import ArchiveFault
from as2.fault import As2Fault
from as2.headers import Headers
from as2.identifiers import bare_message_id
from as2.restart import Refuse, Take, after_body, answer_head, before_body
from gateway.arrival import printable
from gateway.channels.as2 import patience, unnamed
from gateway.channels.as2.listening import QuietServer, tls_of
from gateway.channels.as2.partials import Partials, key_of
from gateway.channels.as2.patience import PatientProtocol
from gateway.channels.as2.posted import Admission, Answer, Posted
from gateway.channels.as2.reception import Reception
from gateway.channels.as2.refusals import Allowance
from gateway.channels.as2.request import BrokenOff, Outcome, Request
from gateway.channels.as2.transfer import Transfer, begin
from gateway.channels.as2.unnamed import Unnamed, may_be_mdn, take_unnamed
from gateway.channels.workplace import Growing, NoRoom, SpoolFolder, Workplace
from gateway.database import NOT_NOW
from gateway.instance import Gateway
from gateway.ledger import cases

log = structlog.get_logger()
T = TypeVar("T")

BATCH = 1 << 18
"""Bytes of a body that are gathered before they go into the spool, in a thread."""
LARGEST_HEAD = 64 << 10
"""Bytes of a request's header."""
STRANGERS, WITHIN = 10, timedelta(minutes=1)
"""How many lines about strangers the log gets in which time."""
STOPPING = 30
"""Seconds in which requests that are under way may end."""
EXPIRING_EVERY = 600.0
"""Seconds between looks at how old the beginnings of messages are that broke off."""
LATER = "30"
"""Seconds after which whoever was not served may come again."""

PAUSED = "300"
"""Seconds after which whoever meets a channel that is paused may come again."""


class As2Server:
    """The endpoint; ``listen``, then ``stop``."""

    def __init__(self, gateway: Gateway, reception: Reception, spool: SpoolFolder, partials: Partials) -> None:
        """Raises ``OSError`` when the files of the HTTPS certificate cannot be used."""
        self._gateway = gateway
        self._settings = gateway.home.config.as2
        self._reception = reception
        self._spool = spool
        self._partials = partials
        self._pool = ThreadPoolExecutor(self._settings.at_once, "as2")
        self._strangers = Allowance(STRANGERS, WITHIN)
        self._of_partner: Counter[str] = Counter()
        self._server = QuietServer(
            uvicorn.Config(
                self._answer,
                interface="asgi3",
                http=PatientProtocol,
                ws="none",
                lifespan="off",
                # What strangers send that is no HTTP is nothing to fill a log with.
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=STOPPING,
                h11_max_incomplete_event_size=LARGEST_HEAD,
                ssl_context_factory=tls_of(gateway.home),
            )
        )
        self._unnamed_held = 0
        self._proving = asyncio.Semaphore(unnamed.PROVING)
        self._serving: asyncio.Task[None] | None = None
        self._expiring: asyncio.Task[None] | None = None
        self.port = 0
        self.in_flight = 0
        """Requests whose answers are not out."""
        self.outcomes: Counter[str] = Counter()
        """Requests since the start, by what became of them."""

    async def listen(self, address: str, port: int) -> None:
        """Take requests from now on; ``port`` 0 takes a free one. Raises ``OSError`` for a port that is taken."""
        taken = await asyncio.get_running_loop().getaddrinfo(address, port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, name = taken[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(name)
        except OSError as fault:
            listener.close()
            raise OSError(fault.errno, f"no AS2 on {address}, port {port}: {fault.strerror}") from fault
        self.port = listener.getsockname()[1]
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        self._expiring = asyncio.create_task(self._expire())
        listening = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait({listening, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        if self._serving.done():
            listening.cancel()
            await self._serving

    async def stop(self) -> None:
        """Take no more requests, and return when those that were taken are answered; also when never begun."""
        if self._expiring is not None:
            self._expiring.cancel()
            await asyncio.wait([self._expiring])
        if self._serving is not None:
            self._server.should_exit = True
            await self._serving
        await asyncio.to_thread(self._pool.shutdown)

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(EXPIRING_EVERY)
            try:
                await self._in_thread(self._partials.fit)
            except OSError as fault:
                log.error("beginnings of messages could not be removed", error=str(fault))

    # One request

    async def _answer(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            raise ValueError(f"no {scope['type']} here")
        request = Request(Headers(tuple(scope["headers"])), scope["client"], scope["state"], receive, send)
        self.in_flight += 1
        try:
            self.outcomes[await self._take(request, scope["method"], scope["path"])] += 1
        finally:
            self.in_flight -= 1

    async def _take(self, request: Request, method: str, path: str) -> Outcome:
        if path != self._settings.path:
            return await request.refuse(404, "not-found")
        if method == "HEAD":
            return await self._asked(request)
        if method != "POST":
            return await request.refuse(405, "not-found", [("Allow", "POST, HEAD")])
        length = request.headers.get("Content-Length")
        if length is not None and request.headers.get("Transfer-Encoding") is not None:
            # Two readings of where the body ends are how a message is smuggled past a proxy (RFC 9112, 6.3).
            return await request.refuse(400, "malformed")
        if length is not None and int(length) > self._settings.max_body:
            return await request.refuse(413, "too-large")
        try:
            admission = self._reception.admit(request.headers)
        except As2Fault as fault:
            return await self._unnamed(request, 400, "malformed", str(fault))
        if admission is None:
            named = f"{request.headers.get('AS2-From')} to {request.headers.get('AS2-To')}"
            return await self._unnamed(request, 403, "stranger", f"no agreement joins {named}")
        return await self._admitted(request, admission)

    async def _asked(self, request: Request) -> Outcome:
        """Say how much is held of a message, or, to everybody else, that somebody is there."""
        key: str | None = None
        if request.headers.get("ETag") is not None:
            try:
                admission = self._reception.admit(request.headers)
            except As2Fault:
                admission = None
            key = _continued(request, admission) if admission is not None else None
        status, fields = answer_head(self._partials.look(key) if key is not None else None)
        await request.answer(status, fields)
        return "asked" if key is not None else "not-found"

    async def _admitted(self, request: Request, admission: Admission) -> Outcome:
        party = admission.channel.party
        if admission.channel.id in self._gateway.refusing and not may_be_mdn(request.headers):
            # Receipts are taken: what is on its way comes to its end by them.
            return await request.refuse(503, "paused", [("Retry-After", PAUSED)])
        if (
            self._of_partner.total() >= self._settings.at_once
            or self._of_partner[party] >= self._settings.at_once_per_partner
        ):
            return await request.refuse(503, "busy", [("Retry-After", LATER)])
        self._of_partner[party] += 1
        try:
            return await self._work(request, admission)
        finally:
            self._of_partner[party] -= 1
            if not self._of_partner[party]:
                del self._of_partner[party]

    async def _work(self, request: Request, admission: Admission) -> Outcome:
        party = admission.channel.party
        begun = self._begun(request, admission)
        if isinstance(begun, Refuse):
            return await self._out_of_range(request, admission, begun)
        try:
            with Workplace(self._spool) as place:
                answer = await self._taken(request, admission, place, begun)
                if isinstance(answer, Refuse):
                    return await self._out_of_range(request, admission, answer)
                await request.answer(answer.status, answer.headers, answer.body)
                if answer.afterwards is not None:
                    await self._in_thread(answer.afterwards)
                return answer.outcome
        except BrokenOff:
            kept = begun.size if isinstance(begun, Transfer) else 0
            log.info("a message broke off", party=party, remote=request.remote, kept=kept)
            return "broken-off"
        except TimeoutError:
            log.warning("a message came too slowly", party=party, remote=request.remote)
            return await request.refuse(408, "slow")
        except NoRoom as fault:
            if fault.too_large:
                return await request.refuse(413, "too-large")
            log.error("a message was not taken: the disk is full", party=party)
        except (ArchiveFault, *NOT_NOW, OSError) as fault:
            log.error("a message was not taken; it will come again", party=party, error=str(fault))
        return await request.refuse(503, "not-now", [("Retry-After", LATER)])

    def _begun(self, request: Request, admission: Admission) -> Transfer | Take | Refuse:
        """What is to be read: a body that can be gone on with, or any other one, or none."""
        stated, content_range = request.headers.get("Content-Length"), request.headers.get("Content-Range")
        length = int(stated) if stated is not None else None
        key = _continued(request, admission)
        if key is None:
            # Whoever sends us the end of a message must hear that there is no beginning.
            return before_body(None, content_range, length)
        return begin(
            self._partials,
            key,
            party=admission.channel.party,
            message_id=bare_message_id(admission.heading.message_id or ""),
            content_range=content_range,
            length=length,
            limit=self._settings.max_body,
        )

    async def _taken(
        self, request: Request, admission: Admission, place: Workplace, begun: Transfer | Take
    ) -> Answer | Refuse:
        """What a body is answered when it is complete."""
        unwritten: list[bytes] = []
        transfer = begun if isinstance(begun, Transfer) else None
        growing = transfer or place.growing(self._settings.max_body)
        take = begun.take if isinstance(begun, Transfer) else begun
        try:
            if not self._spool.has_room():
                await self._in_thread(self._partials.make_room)
            self._spool.check_room()
            if transfer is not None and not await self._in_thread(transfer.prepare):
                return Refuse(416, (("Content-Range", "bytes */0"),), "what is held is damaged")
            read = await self._body(request, growing, unwritten, can_go_on=transfer is not None)
            _, end = after_body(take, read, ended=True)
            if end != "complete":
                if transfer is not None and end == "too-long":
                    transfer.drop()
                return Refuse(400, (), f"a body of {read} bytes, which its range does not have")
            answer = await self._in_thread(lambda: self._receive(request, admission, place, growing, unwritten))
        finally:
            if transfer is not None:
                await self._in_thread(lambda: transfer.leave(unwritten))
            else:
                growing.close()
        return answer

    async def _out_of_range(self, request: Request, admission: Admission, refused: Refuse) -> Outcome:
        log.info("a part of a message was not taken", party=admission.channel.party, why=printable(refused.why, 300))
        outcomes: dict[int, Outcome] = {400: "malformed", 416: "not-joined", 503: "busy"}
        return await request.refuse(refused.status, outcomes[refused.status], refused.fields)

    async def _body(self, request: Request, growing: Growing | Transfer, held: list[bytes], *, can_go_on: bool) -> int:
        """Read the body; how many bytes it has.

        It goes into the spool but for its end, which is left in ``held``: a small one needs no thread of its own.
        """
        loop = asyncio.get_running_loop()
        start = loop.time()
        size = received = 0
        async with asyncio.timeout_at(start + patience.BODY_GRACE) as limit:
            async for piece in request.body():
                held.append(piece)
                size += len(piece)
                received += len(piece)
                until = start + patience.BODY_GRACE + received / patience.BODY_RATE
                limit.reschedule(min(until, loop.time() + patience.BODY_PAUSE) if can_go_on else until)
                if received > self._settings.max_body:
                    raise NoRoom("the body is larger than one may be", too_large=True)
                if size >= BATCH:
                    batch, size = b"".join(held), 0
                    held.clear()
                    await self._in_thread(lambda batch=batch: growing.write(batch))  # type: ignore[misc]
        return received

    def _receive(
        self,
        request: Request,
        admission: Admission,
        place: Workplace,
        growing: Growing | Transfer,
        unwritten: list[bytes],
    ) -> Answer:
        last = b"".join(unwritten)
        unwritten.clear()
        growing.write(last)
        posted = Posted(
            headers=request.headers,
            admission=admission,
            body=growing.finish(),
            sha256=growing.sha256,
            remote=request.remote,
            at=self._gateway.clock(),
        )
        answer = self._reception.receive(posted, place)
        if isinstance(growing, Transfer):
            growing.settle(answer.outcome, place)
        return answer

    async def _unnamed(self, request: Request, status: int, outcome: Outcome, text: str) -> Outcome:
        """Take an MDN that a partner signed, whatever names it bears; everybody else is a stranger."""
        if self._unnamed_held >= unnamed.HELD or not may_be_mdn(request.headers):
            return await self._stranger(request, status, outcome, text)
        # Until it is done with, for its body is in memory.
        self._unnamed_held += 1
        try:
            found = await self._proved(request)
            if found.outcome == "taken":
                await request.answer(200)
                return "mdn"
            if found.outcome == "not-now":
                return await request.refuse(503, "not-now", [("Retry-After", LATER)])
            outcome = await self._stranger(request, status, outcome, text)
            if found.afterwards is not None:
                async with self._proving:
                    await self._in_thread(found.afterwards)
            return outcome
        except (ArchiveFault, *NOT_NOW, OSError) as fault:
            log.error("an MDN without usable names was not kept", remote=request.remote, error=str(fault))
            return outcome
        finally:
            self._unnamed_held -= 1

    async def _proved(self, request: Request) -> Unnamed:
        body = await self._small_body(request)
        if body is None:
            return Unnamed("stranger")
        try:
            async with self._proving:
                return await self._in_thread(lambda: take_unnamed(self._gateway, request.headers, body, request.remote))
        except (ArchiveFault, *NOT_NOW, OSError) as fault:
            log.error("an MDN was not taken; it will come again", remote=request.remote, error=str(fault))
            return Unnamed("not-now")

    async def _small_body(self, request: Request) -> bytes | None:
        """The body, in memory; ``None`` when it is too large, too slow or cut off."""
        held = bytearray()
        try:
            async with asyncio.timeout(unnamed.WITHIN):
                async for piece in request.body():
                    held += piece
                    if len(held) > unnamed.LARGEST:
                        return None
        except (TimeoutError, BrokenOff):
            return None
        return bytes(held)

    async def _stranger(self, request: Request, status: int, outcome: Outcome, text: str) -> Outcome:
        """Turn somebody away whom nobody knows; a few are told of in the log, and one case says that there are some."""
        await request.refuse(status, outcome)
        now = self._gateway.clock()
        beyond = self._strangers.beyond("", now)
        if beyond:
            return outcome
        told = printable(text)
        log.warning("a stranger was turned away", remote=request.remote, text=told)
        if outcome == "stranger":
            advice = (
                f"Somebody at {request.remote} posted an AS2 message, and {told}. If it is a partner, compare the AS2"
                " names in its profile, letter by letter, with these; if not, close this case. The log names all"
            )
            try:
                await self._in_thread(
                    lambda: self._gateway.database.write(
                        lambda c: cases.open(c, "as2-unknown-sender", advice, "as2", None, now)
                    )
                )
            except NOT_NOW as fault:
                log.error("the case of an unknown sender could not be written", error=str(fault))
        return outcome

    async def _in_thread(self, work: Callable[[], T]) -> T:
        running = asyncio.get_running_loop().run_in_executor(self._pool, work)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # It works with files that whoever was cancelled closes next.
            await asyncio.wait([running])
            raise


def _continued(request: Request, admission: Admission) -> str | None:
    """Under which key what comes of this message is kept; ``None`` where it is not."""
    if not admission.channel.receive.restart:
        return None
    return key_of(admission.heading, request.headers.get("ETag"))
