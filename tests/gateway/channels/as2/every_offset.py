"""``python -m tests.gateway.channels.as2.every_offset``: connections that are cut after each byte, in both roles.

A small message goes over a real connection through a relay (:mod:`~.wire`) that cuts it after so many bytes of the
request or of the answer, as a plain end (FIN) or as a reset (RST). Then whoever sent it sends it again, as it has to.
It is judged from outside, by what the receiver has taken and by what the sender was told:

*lost*: a message that the receiver never took, or one whose sender had its receipt without its receiver having it;
*doubled*: one that took effect more than once.

As a sender we are the gateway, and ACME is not ours: it counts what it has read for each Message-ID. As a receiver we
are the gateway, and ACME posts; what took effect are the documents that wait to be read.
"""

from __future__ import annotations

import argparse
import re
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec
import structlog

from gateway.channels.as2.posting import HttpPoster, Posting, Reply
from tests.as2.samples import DOCUMENT
from tests.gateway.channels.as2 import wire
from tests.gateway.channels.as2.endpoint import PATIENCE, Endpoint, message, store_key, write_home
from tests.gateway.channels.as2.partner import Partner, mdn_for, reply_with
from tests.gateway.channels.as2.sender import Sending, write_sender
from tests.gateway.channels.as2.wire import Cut, Direction, How, Relay

Role = Literal["sender", "receiver"]
ROLES: tuple[Role, ...] = ("sender", "receiver")
WAYS: tuple[How, ...] = ("end", "reset")
Part = tuple[int, int]
"""Which of how many parts of a sweep, so that several processes can share one."""
WHOLE: Part = (1, 1)
_SHORT = "include_certificate: no"
"""A certificate is a thousand bytes of each message, and a cut within it is like any other."""
_COMPLETE = re.compile(rb"HTTP/1\.1 200 [^\r\n]*\r\n(?:[^\r\n]+\r\n)*?content-length: (\d+)\r\n", re.IGNORECASE)


class Figures(msgspec.Struct, kw_only=True):
    """What one sweep came to."""

    role: Role
    how: How
    request: int
    """Bytes of the whole request."""
    answer: int
    points: int = 0
    """Connections that were cut, each at another place."""
    taken: int = 0
    """Of those, messages that were taken although the sender heard nothing."""
    lost: int = 0
    doubled: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        way = {"end": "FIN", "reset": "RST"}[self.how]
        return (
            f"{self.role}, {way}: {self.points} points of {self.request} + {self.answer} bytes, {self.taken} taken"
            f" unheard; lost {self.lost}, doubled {self.doubled}; {self.seconds:.0f} s"
        )


def places(total: int, step: int) -> Iterable[int]:
    """The offsets from none to all, so many bytes apart, the last one always."""
    return sorted({*range(0, total + 1, step), max(0, total - 1), total})


def cuts(request: int, answer: int, how: How, step: int, part: Part = WHOLE) -> list[Cut]:
    """Each place of a whole exchange, or every so-manieth of them; after the last byte of an answer nothing is cut."""
    sides: tuple[tuple[Direction, int], ...] = (("request", request), ("answer", answer - 1))
    found = [Cut(direction, place, how) for direction, total in sides for place in places(total, step)]
    return found[part[0] - 1 :: part[1]]


# We send


def _without_certificate(partner: Partner, posting: Posting, body: bytes) -> Reply:
    return reply_with(mdn_for(posting, partner.read(posting, body), certificate=False))


class _Acme(Partner):
    """Answers with a short receipt."""

    def answer(self, posting: Posting, body: bytes) -> Reply:
        self.script = [_without_certificate]
        return super().answer(posting, body)


@contextmanager
def _relayed(target: int) -> Iterator[Relay]:
    relay = Relay(target)
    try:
        yield relay
    finally:
        relay.close()


def sent(folder: Path, how: How, step: int, part: Part = WHOLE) -> Figures:
    """We are the sender."""
    began = time.monotonic()
    partner = _Acme()
    with ExitStack() as stack:
        target = urlsplit(stack.enter_context(wire.listening(partner, []))).port
        relay = stack.enter_context(_relayed(target or 0))
        poster = HttpPoster()
        stack.callback(poster.close)
        write_sender(folder, url=f"http://127.0.0.1:{relay.port}/as2", channel=_SHORT)
        sending = Sending(folder, poster)
        stack.callback(sending.close)
        sending.place(0)
        relay.settle()
        figures = Figures(role="sender", how=how, request=relay.passed["request"], answer=relay.passed["answer"])
        for number, cut in enumerate(cuts(figures.request, figures.answer, how, step, part), 1):
            before = len(partner.taken)
            relay.cut = cut
            sending.place(number)
            relay.settle()
            figures.points += 1
            figures.taken += len(partner.taken) - before
            sending.later(hours=2)
        states = sending.rows("SELECT delivery, sha256 FROM transmission WHERE direction = 'out' AND protocol = 'as2'")
        orders = Counter(sending.gateway.content(str(sha256)) for _, sha256 in states)
        figures.lost = (orders - Counter(partner.taken.values())).total()
        figures.lost += sum(state != "delivered" for state, _ in states) + (figures.points + 1 - len(states))
        figures.doubled = (Counter(partner.taken.values()) - orders).total()
        # What came under one id came as the same bytes: so a receiver that notices ids takes it once.
        requests = {(headers.get("Message-ID"), body) for headers, body in partner.requests}
        figures.doubled += len(requests) - len(partner.taken)
    figures.seconds = time.monotonic() - began
    return figures


# We receive


def _post(port: int, request: bytes) -> bytes:
    """All that is answered to a request, until the connection ends or the answer does; whatever breaks."""
    told = b""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE) as link:
        with suppress(OSError):
            link.sendall(request)
        while not _receipt(told) and (piece := link.recv(65536)):
            told += piece
    return told


def _receipt(told: bytes) -> bytes | None:
    """The receipt in an answer that is complete."""
    head, empty_line, body = told.partition(b"\r\n\r\n")
    found = _COMPLETE.match(head + b"\r\n") if empty_line else None
    return body if found is not None and len(body) == int(found[1]) else None


def received(folder: Path, how: How, step: int, part: Part = WHOLE) -> Figures:
    """We are the receiver."""
    began = time.monotonic()
    write_home(folder, channel=_SHORT)
    store_key(folder)
    with ExitStack() as stack:
        endpoint = Endpoint(folder)
        stack.callback(endpoint.close)
        relay = stack.enter_context(_relayed(endpoint.server.port))

        def request(number: int) -> tuple[str, bytes]:
            name = f"{number}.cut@acme.example"
            made = message(DOCUMENT, id=f"<{name}>")
            body = b"".join(made.body.chunks())
            return name, endpoint.head(made, f"Content-Length: {len(body):05d}", "Connection: close") + body

        # The numbers have so many digits that every request is as long as the first.
        figures = Figures(role="receiver", how=how, request=len(request(100_000)[1]), answer=0)
        whole = _post(relay.port, request(100_000)[1])
        figures.answer = len(whole)
        unheard_of = _receipt(whole) is None
        for number, cut in enumerate(cuts(figures.request, figures.answer, how, step, part), 100_001):
            name, content = request(number)
            relay.cut = cut
            first = _receipt(_post(relay.port, content))
            relay.settle()
            endpoint.close_requests()
            stored = endpoint.accepted(name)
            figures.points += 1
            figures.taken += stored is not None and first is None
            figures.lost += stored is None and first is not None
            second = _receipt(_post(endpoint.server.port, content))
            stored = endpoint.accepted(name)
            kept = stored is not None and stored.mdn_sha256 is not None
            figures.lost += not kept or second != endpoint.gateway.content(str(stored and stored.mdn_sha256))
        figures.lost += unheard_of
        ((documents,),) = endpoint.rows("SELECT count(*) FROM transmission WHERE protocol = 'as2' AND direction = 'in'")
        for effects in (endpoint.orders(), documents):
            assert isinstance(effects, int)
            figures.doubled += max(0, effects - figures.points - 1)
            figures.lost += max(0, figures.points + 1 - effects)
    figures.seconds = time.monotonic() - began
    return figures


SWEEPS = {"sender": sent, "receiver": received}


def _part(text: str) -> Part:
    number, _, of = text.partition("/")
    return int(number), int(of)


def main() -> int:
    """Sweep; 1 when anything was lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m tests.gateway.channels.as2.every_offset")
    parser.add_argument("--role", choices=ROLES, action="append")
    parser.add_argument("--how", choices=WAYS, action="append")
    parser.add_argument("--step", type=int, default=1, help="bytes from one cut to the next")
    parser.add_argument("--part", type=_part, default=WHOLE, help="such as 2/3: the second of three processes")
    chosen = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    wrong = 0
    for role in chosen.role or ROLES:
        for how in chosen.how or WAYS:
            with tempfile.TemporaryDirectory(prefix="sallyport-cuts-") as folder:
                figures = SWEEPS[role](Path(folder) / "home", how, chosen.step, chosen.part)
            sys.stdout.write(f"{figures}\n")
            sys.stdout.flush()
            wrong += figures.lost + figures.doubled
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
