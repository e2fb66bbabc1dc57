"""The AS2 endpoint: HTTP as a bare ASGI application, from the first header field to the one answer.

Most of what can be wrong with a request is known before its body: who sends it, how long it is, whether there is room.
It is said then, so that a partner which asks first (``Expect: 100-continue``) need not send gigabytes in vain, and so
that a stranger never gets a byte onto our disk. Strangers get one answer, whatever they call themselves. Only what may
be a receipt is read before its sender is turned away, for its signature may say who that is (:mod:`~.unnamed`).

The body goes into the spool, hashed on its way, and is complete before anything is done with it. What follows blocks
(RSA, the disk, the database), so it is done in threads, as many as requests may be worked on at a time; that many can
also share one commit.

The answer to a request whose body was not read is followed by a short wait: a socket that is closed over bytes that
nobody read resets the connection, and the answer may be lost on its way.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Literal, TypeVar

import structlog
import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from archive import ArchiveFault
from as2.fault import As2Fault
from as2.headers import Headers
from gateway.arrival import printable
from gateway.channels.as2 import patience, unnamed
from gateway.channels.as2.patience import PatientProtocol
from gateway.channels.as2.posted import Admission, Answer, Posted
from gateway.channels.as2.posted import Outcome as Received
from gateway.channels.as2.reception import Reception
from gateway.channels.as2.refusals import Allowance
from gateway.channels.as2.spool import Growing, NoRoom, SpoolFolder, Workplace
from gateway.channels.as2.unnamed import Unnamed, may_be_mdn, take_unnamed
from gateway.config import Home
from gateway.database import NOT_NOW
from gateway.instance import Gateway
from gateway.ledger import cases

log = structlog.get_logger()
T = TypeVar("T")

Outcome = Received | Literal["stranger", "malformed", "busy", "too-large", "broken-off", "slow", "not-found"]
"""What became of a request; each is counted."""

BATCH = 1 << 18
"""Bytes of a body that are gathered before they go into the spool, in a thread."""
LARGEST_HEAD = 64 << 10
"""Bytes of a request's header."""
LINGER, LINGERED = 2.0, 1 << 20
"""Seconds and bytes for which a body that nobody wants is read, so that its sender reads our answer."""
STRANGERS, WITHIN = 10, timedelta(minutes=1)
"""How many lines about strangers the log gets in which time."""
STOPPING = 30
"""Seconds in which requests that are under way may end."""
LATER = "30"
"""Seconds after which whoever was not served may come again."""

_TEXTS = {
    400: "This is no AS2 message that can be read.",
    403: "You are not known here, or not by these names: ask the people who run this gateway.",
    404: "There is nothing here.",
    405: "AS2 messages are posted.",
    408: "The message came too slowly.",
    413: "The message is too large.",
    503: "Not now: come again later.",
}


class As2Server:
    """The endpoint; ``listen``, then ``stop``."""

    def __init__(self, gateway: Gateway, reception: Reception, spool: SpoolFolder) -> None:
        """Raises ``OSError`` when the files of the HTTPS certificate cannot be used."""
        self._gateway = gateway
        self._settings = gateway.home.config.as2
        self._reception = reception
        self._spool = spool
        self._pool = ThreadPoolExecutor(self._settings.at_once, "as2")
        self._strangers = Allowance(STRANGERS, WITHIN)
        self._of_partner: Counter[str] = Counter()
        self._server = _Server(
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
                ssl_context_factory=_tls(gateway.home),
            )
        )
        self._unnamed_held = 0
        self._proving = asyncio.Semaphore(unnamed.PROVING)
        self._serving: asyncio.Task[None] | None = None
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
        listening = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait({listening, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        if self._serving.done():
            listening.cancel()
            await self._serving

    async def stop(self) -> None:
        """Take no more requests, and return when those that were taken are answered; also when never begun."""
        if self._serving is not None:
            self._server.should_exit = True
            await self._serving
        await asyncio.to_thread(self._pool.shutdown)

    # One request

    async def _answer(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            raise ValueError(f"no {scope['type']} here")
        request = _Request(Headers(tuple(scope["headers"])), scope["client"], receive, send)
        self.in_flight += 1
        try:
            self.outcomes[await self._take(request, scope["method"], scope["path"])] += 1
        finally:
            self.in_flight -= 1

    async def _take(self, request: _Request, method: str, path: str) -> Outcome:
        if path != self._settings.path:
            return await request.refuse(404, "not-found")
        if method == "HEAD":
            # How partners, and those who watch over them, ask whether somebody is there.
            await request.answer(200)
            return "not-found"
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

    async def _admitted(self, request: _Request, admission: Admission) -> Outcome:
        party = admission.channel.party
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

    async def _work(self, request: _Request, admission: Admission) -> Outcome:
        party = admission.channel.party
        try:
            self._spool.check_room()
            with Workplace(self._spool) as place:
                growing = place.growing(self._settings.max_body)
                try:
                    last = await self._body(request, growing)
                    answer = await self._in_thread(lambda: self._receive(request, admission, place, growing, last))
                finally:
                    growing.close()
                await request.answer(answer.status, answer.headers, answer.body)
                if answer.afterwards is not None:
                    await self._in_thread(answer.afterwards)
                return answer.outcome
        except _BrokenOff:
            log.info(
                "a message broke off; nothing of it was kept", party=admission.channel.party, remote=request.remote
            )
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

    async def _body(self, request: _Request, growing: Growing) -> bytes:
        """Put the body into the spool but for its end, which is returned: a small one needs no thread of its own."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        held: list[bytes] = []
        size = received = 0
        async with asyncio.timeout_at(start + patience.BODY_GRACE) as limit:
            async for piece in request.body():
                held.append(piece)
                size += len(piece)
                received += len(piece)
                limit.reschedule(start + patience.BODY_GRACE + received / patience.BODY_RATE)
                if received > self._settings.max_body:
                    raise NoRoom("the body is larger than one may be", too_large=True)
                if size >= BATCH:
                    batch, held, size = b"".join(held), [], 0
                    await self._in_thread(lambda batch=batch: growing.write(batch))  # type: ignore[misc]
        return b"".join(held)

    def _receive(
        self, request: _Request, admission: Admission, place: Workplace, growing: Growing, last: bytes
    ) -> Answer:
        growing.write(last)
        posted = Posted(
            headers=request.headers,
            admission=admission,
            body=growing.finish(),
            sha256=growing.sha256,
            remote=request.remote,
            at=self._gateway.clock(),
        )
        return self._reception.receive(posted, place)

    async def _unnamed(self, request: _Request, status: int, outcome: Outcome, text: str) -> Outcome:
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

    async def _proved(self, request: _Request) -> Unnamed:
        body = await self._small_body(request)
        if body is None:
            return Unnamed("stranger")
        try:
            async with self._proving:
                return await self._in_thread(lambda: take_unnamed(self._gateway, request.headers, body, request.remote))
        except (ArchiveFault, *NOT_NOW, OSError) as fault:
            log.error("an MDN was not taken; it will come again", remote=request.remote, error=str(fault))
            return Unnamed("not-now")

    async def _small_body(self, request: _Request) -> bytes | None:
        """The body, in memory; ``None`` when it is too large, too slow or cut off."""
        held = bytearray()
        try:
            async with asyncio.timeout(unnamed.WITHIN):
                async for piece in request.body():
                    held += piece
                    if len(held) > unnamed.LARGEST:
                        return None
        except (TimeoutError, _BrokenOff):
            return None
        return bytes(held)

    async def _stranger(self, request: _Request, status: int, outcome: Outcome, text: str) -> Outcome:
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


class _BrokenOff(Exception):
    """The connection ended before the body did."""


class _Request:
    """One request and its one answer."""

    def __init__(
        self, headers: Headers, client: tuple[str, int] | None, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        self.headers = headers
        self.remote = client[0] if client else ""
        self._receive = receive
        self._send = send
        self._read = False

    async def body(self) -> AsyncIterator[bytes]:
        """The body in pieces, as they come; :class:`_BrokenOff` when it does not come to its end."""
        while not self._read:
            event = await self._receive()
            if event["type"] != "http.request":
                raise _BrokenOff
            self._read = not event["more_body"]
            if event["body"]:
                yield event["body"]

    async def answer(self, status: int, headers: Sequence[Sequence[str]] = (), body: bytes = b"") -> None:
        """Give the answer; its length is always stated, for there are products that wait for the end of another."""
        await self._begin(status, headers, body)
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def refuse(self, status: int, outcome: Outcome, headers: Sequence[Sequence[str]] = ()) -> Outcome:
        """Say why not, and end the connection, whose next bytes are no request."""
        text = _TEXTS[status].encode()
        fields = [("Content-Type", "text/plain; charset=us-ascii"), ("Connection", "close"), *headers]
        await self._begin(status, fields, text)
        await self._linger()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        return outcome

    async def _begin(self, status: int, headers: Sequence[Sequence[str]], body: bytes) -> None:
        fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        if status != 204 and not any(name == b"content-length" for name, _ in fields):
            fields.append((b"content-length", str(len(body)).encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": fields})
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def _linger(self) -> None:
        read = 0
        try:
            async with asyncio.timeout(LINGER):
                async for piece in self.body():
                    read += len(piece)
                    if read > LINGERED:
                        return
        except (TimeoutError, _BrokenOff):
            return


class _Server(uvicorn.Server):
    """uvicorn inside the gateway's event loop: how the process ends is the gateway's to say."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say when it is done."""
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def _tls(home: Home) -> Callable[[uvicorn.Config, Callable[[], ssl.SSLContext]], ssl.SSLContext] | None:
    """Makes the context of an HTTPS server; ``None`` where the endpoint is to speak HTTP."""
    settings = home.config.as2
    if settings.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    key = home.folder / settings.private_key if settings.private_key is not None else None
    try:
        context.load_cert_chain(home.folder / settings.certificate, key)
    except OSError as fault:
        told = f"HTTPS certificate {settings.certificate} and its key cannot be used: {fault.strerror or fault}"
        raise OSError(fault.errno, told) from fault
    return lambda _config, _default: context
