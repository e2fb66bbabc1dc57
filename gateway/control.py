"""The control socket: how the command line gives orders to the gateway that runs on this machine.

SQLite has one writer, and while a gateway runs it is that gateway. So ``sallyport send`` or ``messages resend`` do not
open the ledger: they ask the process that has it, over a Unix socket in the gateway's own folder, which only its owner
can open. Where no gateway runs, the command opens the ledger itself and gives the same order to itself; either way
:func:`obey` is what happens.

A request is one line of JSON, and so is the answer: ``{"ok": …}`` or ``{"refused": "why and what to do"}``. Only
``take`` is a conversation: each document comes in a line of its own, and is gone from the embedded exchange when the
taker has said, with a line, that it has it.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
import structlog

from archive import ArchiveFault
from gateway import gates
from gateway.alerting import mute, unmute
from gateway.channels.as2.deciding import approve, reject
from gateway.channels.as2.offering import offer
from gateway.database import NOT_NOW
from gateway.dismissing import dismiss
from gateway.instance import Gateway
from gateway.ledger import NotRecorded
from gateway.operations import NotPossible, assign_case, close_case, resend
from gateway.receiving import Conflict, receive_from_business
from gateway.reprocessing import reprocess
from gateway.rerunning import rerun
from gateway.wiring import BUSINESS
from queues import Direction, Exchange, Letter, NotNow

log = structlog.get_logger()

LONGEST = 64 << 20
"""Bytes of one request or answer: a document of the business side travels in it."""
PATIENCE = 60.0
"""Seconds in which a gateway that works has answered, also one whose disk is slow."""


GRACE = 2.0
"""Seconds in which what is being answered may end when the gateway stops."""


class Send(msgspec.Struct, frozen=True, tag_field="order", tag="send"):
    """Take a canonical document for a flow."""

    message_id: str
    flow: str
    content: bytes
    actor: str


class Resend(msgspec.Struct, frozen=True, tag_field="order", tag="resend"):
    """Send the same bytes again."""

    subject: str
    actor: str
    reason: str


class Reprocess(msgspec.Struct, frozen=True, tag_field="order", tag="reprocess"):
    """Make messages again from the same bytes, under the profile of today."""

    subjects: list[str]
    actor: str
    reason: str
    answer: bool = False


class Rerun(msgspec.Struct, frozen=True, tag_field="order", tag="rerun"):
    """Compare what messages became with what their own profile makes of them now."""

    subjects: list[str]
    actor: str
    reason: str


class Dismiss(msgspec.Struct, frozen=True, tag_field="order", tag="dismiss"):
    """Close what is open about messages."""

    subjects: list[str]
    actor: str
    reason: str


class CloseCase(msgspec.Struct, frozen=True, tag_field="order", tag="close-case"):
    """Close a case."""

    case: str
    actor: str
    reason: str


class AssignCase(msgspec.Struct, frozen=True, tag_field="order", tag="assign-case"):
    """Give a case to somebody."""

    case: str
    owner: str
    actor: str


class ApproveCertificates(msgspec.Struct, frozen=True, tag_field="order", tag="approve-certificates"):
    """Accept certificates that a partner offers."""

    exchange: str
    only: list[str]
    actor: str
    reason: str


class RejectCertificates(msgspec.Struct, frozen=True, tag_field="order", tag="reject-certificates"):
    """Reject certificates that a partner offers."""

    exchange: str
    actor: str
    reason: str


class OfferCertificate(msgspec.Struct, frozen=True, tag_field="order", tag="offer-certificate"):
    """Offer a certificate of ours to partners."""

    certificate: str
    respond_by: date
    channels: list[str]
    actor: str
    reason: str


class PauseChannel(msgspec.Struct, frozen=True, tag_field="order", tag="pause-channel"):
    """Hold what goes out over a channel, refuse what comes in, or both."""

    channel: str
    direction: Direction
    actor: str
    reason: str
    draining: bool = False


class ResumeChannel(msgspec.Struct, frozen=True, tag_field="order", tag="resume-channel"):
    """End that."""

    channel: str
    direction: Direction
    actor: str
    reason: str


class MuteAlerts(msgspec.Struct, frozen=True, tag_field="order", tag="mute-alerts"):
    """Have a rule tell nothing until a moment."""

    rule: str
    until: datetime
    actor: str
    reason: str


class UnmuteAlerts(msgspec.Struct, frozen=True, tag_field="order", tag="unmute-alerts"):
    """Have a rule tell again."""

    rule: str
    actor: str
    reason: str


What = Literal["documents", "events"]
"""What the company's system takes out of the embedded exchange."""


class Take(msgspec.Struct, frozen=True, tag_field="order", tag="take"):
    """Take canonical documents, or events, out of the embedded exchange, as the company's system would.

    The last line is ``{"ok": number taken}``: after ``limit`` documents, or when none came for ``patience`` seconds.
    """

    limit: int = 1
    patience: float = 0.5
    what: What = "documents"


class Status(msgspec.Struct, frozen=True, tag_field="order", tag="status"):
    """Say that you run, and where you listen."""


Rework = Reprocess | Rerun | Dismiss
"""What is done to many messages at once, each by itself; the answer is a list of
:class:`gateway.operations.Treated`."""
Order = (
    Send
    | Resend
    | CloseCase
    | AssignCase
    | Reprocess
    | Rerun
    | Dismiss
    | ApproveCertificates
    | RejectCertificates
    | OfferCertificate
    | PauseChannel
    | ResumeChannel
    | MuteAlerts
    | UnmuteAlerts
)
"""What changes the ledger, and can be obeyed by whoever has it open."""
Request = Order | Take | Status


class Refused(Exception):
    """The order was not carried out; the text says why and what to do."""


class NotRunning(Exception):
    """No gateway listens on this socket."""


class NoAnswer(Exception):
    """A gateway listens and does not answer: it hangs or was stopped. Whether it carried the order out is not known."""


def obey(gateway: Gateway, order: Order) -> object:
    """Carry the order out; what JSON can hold of its result. Raises :class:`Refused`."""
    try:
        match order:
            case Send():
                _must_be_outgoing(gateway, order.flow)
                if BUSINESS in gateway.refusing:
                    ending = f"`sallyport channels resume {BUSINESS} --reason …` ends that"
                    raise Refused(
                        f"nothing is taken from the company's own systems, for somebody paused that: {ending}"
                    )
                return receive_from_business(
                    gateway,
                    message_id=order.message_id,
                    flow=order.flow,
                    content=order.content,
                    protocol="command",
                    facts={"actor": order.actor},
                )
            case Resend():
                return resend(gateway, order.subject, actor=order.actor, reason=order.reason)
            case Reprocess():
                return reprocess(gateway, order.subjects, actor=order.actor, reason=order.reason, answer=order.answer)
            case Rerun():
                return rerun(gateway, order.subjects, actor=order.actor, reason=order.reason)
            case Dismiss():
                return dismiss(gateway, order.subjects, actor=order.actor, reason=order.reason)
            case ApproveCertificates():
                return approve(gateway, order.exchange, only=order.only, actor=order.actor, reason=order.reason)
            case RejectCertificates():
                return reject(gateway, order.exchange, actor=order.actor, reason=order.reason)
            case OfferCertificate():
                return offer(
                    gateway,
                    order.certificate,
                    respond_by=order.respond_by,
                    channels=order.channels,
                    actor=order.actor,
                    reason=order.reason,
                )
            case PauseChannel():
                return gates.pause(
                    gateway,
                    order.channel,
                    order.direction,
                    actor=order.actor,
                    reason=order.reason,
                    draining=order.draining,
                )
            case ResumeChannel():
                return gates.resume(gateway, order.channel, order.direction, actor=order.actor, reason=order.reason)
            case MuteAlerts():
                mute(gateway, order.rule, order.until, actor=order.actor, reason=order.reason)
            case UnmuteAlerts():
                unmute(gateway, order.rule, actor=order.actor, reason=order.reason)
            case CloseCase():
                close_case(gateway, order.case, actor=order.actor, reason=order.reason)
            case AssignCase():
                assign_case(gateway, order.case, order.owner, actor=order.actor)
    except NotRecorded as fault:
        listed = _LISTED.get(fault.noun, "messages search")
        raise Refused(f"{fault}: `sallyport {listed}` shows what there is") from None
    except (NotPossible, Conflict) as fault:
        raise Refused(str(fault)) from None
    return None


_LISTED = {"case": "cases list", "exchange of certificates": "keys requests"}
"""What lists the things that have a noun; messages and files otherwise."""


def _must_be_outgoing(gateway: Gateway, flow: str) -> None:
    """A person who mistypes a flow hears of it now; what came over an exchange would become a case."""
    pair = gateway.profiles.current.flow(flow)
    if pair is None or pair[1].direction != "out":
        flows = gateway.profiles.current.flows()
        known = ", ".join(f"{agreement.id}/{each.id}" for agreement, each in flows if each.direction == "out")
        raise Refused(f"there is no outgoing flow `{flow}`; there are: {known or 'none'}")


class ControlSocket:
    """The gateway's end."""

    def __init__(
        self,
        path: Path,
        answer: Callable[[Order | Status], Awaitable[object]],
        business_end: Callable[[What], Exchange | None],
    ) -> None:
        """``business_end`` gives the company's end of an embedded exchange, if that is what the gateway uses."""
        self._path = path
        self._answer = answer
        self._business_end = business_end
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def listen(self) -> None:
        """Answer requests from now on; a socket that a killed gateway left behind is replaced."""
        self._path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX)
        mask = os.umask(0o177)
        try:
            with address_of(self._path) as address:
                listening.bind(address)
        except OSError:
            listening.close()
            raise
        finally:
            os.umask(mask)
        self._server = await asyncio.start_unix_server(self._serve, sock=listening, limit=LONGEST)

    async def stop(self) -> None:
        """Answer nothing more; what is being answered has a moment to end."""
        if self._server is not None:
            self._server.close()
            if self._open:
                await asyncio.wait(set(self._open), timeout=GRACE)
            for writer in self._open.values():
                writer.close()
            await self._server.wait_closed()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served by a task")
        self._open[task] = writer
        try:
            line = await reader.readline()
            try:
                request = _requests.decode(line)
                if isinstance(request, Take):
                    reply: dict[str, object] = {"ok": await self._hand_out(request, reader, writer)}
                else:
                    reply = {"ok": await self._answer(request)}
            except msgspec.MsgspecError as fault:
                reply = {"refused": f"the gateway does not understand the order ({fault}): is it of another version?"}
            except Refused as fault:
                reply = {"refused": str(fault)}
            except (ArchiveFault, *NOT_NOW) as fault:
                log.error("an order could not be carried out", error=str(fault))
                reply = {"refused": f"not possible now: {fault}"}
            writer.write(msgspec.json.encode(reply) + b"\n")
            await writer.drain()
        except (ConnectionError, ValueError):
            pass  # Whoever asked is gone, or sent a line beyond the limit; nothing was changed for it.
        finally:
            del self._open[task]
            writer.close()

    async def _hand_out(self, take: Take, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        exchange = self._business_end(take.what)
        if exchange is None:
            raise Refused("this gateway publishes on RabbitMQ: read its queue there")
        taken, busy, moved = 0, asyncio.Lock(), asyncio.Event()

        async def hand_out(letter: Letter) -> None:
            nonlocal taken
            async with busy:
                if taken >= take.limit or writer.is_closing():
                    raise NotNow("whoever took letters has enough")
                writer.write(msgspec.json.encode(letter) + b"\n")
                await writer.drain()
                if not await reader.readline():
                    writer.close()
                    raise NotNow("whoever took the letter did not say that it has it")
                taken += 1
                moved.set()

        consumer = await exchange.consume(hand_out)
        try:
            while taken < take.limit and not writer.is_closing():
                moved.clear()
                await asyncio.wait_for(moved.wait(), take.patience)
        except TimeoutError:
            pass  # Nothing more came.
        finally:
            await consumer.stop()
            await exchange.close()
        return taken


def take_letters(path: Path, take: Take, keep: Callable[[Letter], None], *, patience: float | None = None) -> int:
    """How many letters were handed to ``keep``, which has each when it returns. Raises as :func:`ask`."""
    with _connected(path, patience) as (connection, stream):
        connection.sendall(_encoder.encode(take) + b"\n")
        while line := stream.readline(LONGEST):
            answer = msgspec.json.decode(line, type=dict[str, object])
            if "refused" in answer:
                raise Refused(str(answer["refused"]))
            if "ok" in answer:
                return msgspec.convert(answer["ok"], int)
            keep(msgspec.json.decode(line, type=Letter))
            connection.sendall(b"taken\n")
    raise NotRunning("the gateway stopped while documents were taken; what was not kept comes again")


def ask(path: Path, request: Order | Status, *, patience: float | None = None) -> object:
    """The answer of the gateway that listens at ``path``.

    Raises :class:`NotRunning`, :class:`Refused`, and :class:`NoAnswer` after ``patience`` seconds (:data:`PATIENCE`
    where not given, and one more for each of several subjects) without a sign of life.
    """
    if patience is None and isinstance(request, Rework):
        patience = PATIENCE + len(request.subjects)
    with _connected(path, patience) as (connection, stream):
        connection.sendall(_encoder.encode(request) + b"\n")
        line = stream.readline(LONGEST)
    if not line:
        raise NotRunning("the gateway stopped before it answered")
    answer = msgspec.json.decode(line, type=dict[str, object])
    if "refused" in answer:
        raise Refused(str(answer["refused"]))
    return answer.get("ok")


@contextmanager
def _connected(path: Path, patience: float | None) -> Iterator[tuple[socket.socket, BinaryIO]]:
    patience = PATIENCE if patience is None else patience
    try:
        with socket.socket(socket.AF_UNIX) as connection, address_of(path) as address:
            connection.settimeout(patience)
            connection.connect(address)
            with connection.makefile("rb") as stream:
                yield connection, stream
    except (FileNotFoundError, NotADirectoryError, ConnectionError) as fault:
        raise NotRunning(f"no gateway runs here ({fault.strerror})") from None
    except PermissionError:
        raise NoAnswer(f"you may not talk to the gateway at {path}: it takes orders from its own user") from None
    except TimeoutError:
        told = f"the gateway at {path} has not answered for {patience:.0f} seconds: it hangs, or it was stopped"
        raise NoAnswer(told) from None
    except BlockingIOError:
        # Its queue of callers is full: nobody has been let in for a long time.
        raise NoAnswer(f"the gateway at {path} lets nobody in: it hangs, or it was stopped") from None


@contextmanager
def address_of(path: Path) -> Iterator[str]:
    """A name of at most 107 bytes for a socket, which is all that the kernel takes, however deep the folder lies."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    descriptor = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{path.name}"
    finally:
        os.close(descriptor)


_LONGEST_ADDRESS = 107
_encoder = msgspec.json.Encoder()
_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
