"""The business side as one seam: letters are published to it and consumed from it, durably.

Three exchanges fill it: RabbitMQ, tables in the ledger's database (:mod:`queues.embedded`), and memory. Whatever they
are, the promise is the same. ``publish`` returns when the letter is safe there and can reach a reader. A reader's
handler has the letter until it returns; only then is it gone from the exchange, and if the reader dies first it comes
again. So letters can come twice: a handler remembers the ``message_id`` of what took effect, in the same transaction.

::

    ExchangeFault
    ├── PublishFault     the letter may be there or not: publish it again, with the same message id
    │   └── Unroutable   it is not there, for nothing takes its routing key: mend the bindings, then publish it again
    ├── UnfitLetter      no exchange can carry it: give it up
    ├── Unreachable      nothing can be said yet: connect again later
    └── Mismatch         it was set up otherwise than we need: a person must choose

A handler answers by returning, or by raising one of two declared signals. :class:`Refused` sends the letter to the dead
letters with its reason. :class:`NotNow` keeps it and offers it again after a pause, as long as it takes: it is for
what is no fault of the letter, such as a database that is away. Any other exception is a fault of ours; the letter is
offered a few times more and then goes to the dead letters with that exception as its reason. Nothing is lost, and
nothing goes round for ever.

An exchange may have no queue of its own (:class:`Topology`): it is for whoever binds one, and what nobody has asked for
is gone. Then nothing is unroutable.

Two ends share an exchange: the gateway reads what the business submits, and the business reads what the gateway
publishes. An ERP needs no more than an AMQP client and the names of the topology; the end ``business`` is for trials,
tests and the embedded mode.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

import msgspec

BODY_LIMIT = 16 << 20
"""Bytes of body: what RabbitMQ takes from 4.0 on. What is larger goes by reference."""

NAME_LIMIT = 255
"""Bytes of a routing key, a message id or a type: AMQP writes their length in one byte."""

HEADER_NAME_LIMIT = 128
"""Bytes of a header's name (AMQP 0-9-1, 4.2.5.5); clients cut longer ones off without a word."""

End = Literal["gateway", "business"]


class ExchangeFault(Exception):
    """The exchange cannot do what was asked; the text says what to do."""


class PublishFault(ExchangeFault):
    """The letter is not known to be safe: publish it again with the same message id."""


class Unroutable(PublishFault):
    """The letter is not there, since no queue takes its routing key."""


class UnfitLetter(ExchangeFault):
    """The letter can never be carried: give it up, or make it another."""


class Unreachable(ExchangeFault):
    """The exchange does not answer."""


class Mismatch(ExchangeFault):
    """A queue or exchange of ours exists and was declared otherwise."""


class Refused(Exception):
    """Raised by a handler: this letter is at fault; the text is the reason that goes with it to the dead letters."""


class NotNow(Exception):
    """Raised by a handler: the letter is not at fault, something else is; offer it again later."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is published and consumed."""

    message_id: str
    """The same for every copy of it; a letter that came without one is named by the SHA-256 of its body."""
    type: str
    """What the body is, such as ``transport_status/1``."""
    routing_key: str
    body: bytes
    headers: dict[str, str] = {}


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that was given up, and why."""

    letter: Letter
    reason: str


class Topology(msgspec.Struct, frozen=True, kw_only=True):
    """Names and bindings; the defaults are what an ERP finds in the documentation.

    A queue that is not to be has no name (``""``); without any there are no dead letters either.
    """

    exchange: str = "sallyport.canonical"
    out: str = "sallyport.canonical.out"
    out_binding: str = "canonical.#"
    inward: str = "sallyport.canonical.in"
    inward_binding: str = "submit.#"
    dead: str = "sallyport.canonical.dead"
    content_type: str = "application/json"
    """Of every letter."""
    delivery_limit: int = 20
    """How often a letter whose reader dies is handed out before it counts as dead."""
    length_limit: int = 1_000_000
    """Letters in a queue before publishing is refused; a queue without one hides that nobody reads it."""

    @property
    def queues(self) -> list[tuple[str, str]]:
        """Our queues, each with its binding."""
        both = ((self.out, self.out_binding), (self.inward, self.inward_binding))
        return [(queue, binding) for queue, binding in both if queue]

    def read_by(self, end: End) -> str:
        """The queue that an end reads; ``ValueError`` where it has none."""
        queue = self.inward if end == "gateway" else self.out
        if not queue:
            raise ValueError(f"The exchange {self.exchange} has no queue that the {end} reads: bind one to it")
        return queue

    def route(self, routing_key: str) -> list[str]:
        """The queues that take a routing key, at least one where there are any; else :class:`Unroutable`."""
        queues = [queue for queue, binding in self.queues if matches(binding, routing_key)]
        if self.queues and not queues:
            raise Unroutable(f"No queue takes the routing key {routing_key}: mend the binding, then publish again")
        return queues


Handler = Callable[[Letter], Awaitable[None]]


class Consumer(Protocol):
    """A reader at work."""

    @property
    def trouble(self) -> str | None:
        """Why nothing is read at the moment, for a person; ``None`` when all is well."""

    async def stop(self) -> None:
        """Take no more letters, and return when the handlers at work have returned."""


class Exchange(Protocol):
    """The seam."""

    async def publish(self, letter: Letter) -> None:
        """Return when the letter is safe in a queue. Any number may be under way at a time.

        Raises :class:`PublishFault` (publish again), :class:`Unroutable` and :class:`UnfitLetter`.
        """

    async def consume(self, handler: Handler) -> Consumer:
        """Offer letters to ``handler`` from now on, perhaps several at a time and in any order."""

    async def close(self) -> None:
        """Stop the consumers and leave."""


def matches(binding: str, routing_key: str) -> bool:
    """Whether a topic binding takes a routing key: ``*`` is one word, ``#`` any number (AMQP 0-9-1, 3.1.3.3)."""
    # ``reached`` holds the numbers of pattern words that can be used up by the key's words so far.
    pattern = binding.split(".") if binding else []

    def through_hashes(positions: set[int]) -> set[int]:
        for position in sorted(positions):
            while position < len(pattern) and pattern[position] == "#":
                position += 1
                positions.add(position)
        return positions

    reached = through_hashes({0})
    for word in routing_key.split(".") if routing_key else []:
        following = set()
        for position in reached:
            if position < len(pattern):
                if pattern[position] == "#":
                    following.add(position)
                elif pattern[position] in ("*", word):
                    following.add(position + 1)
        reached = through_hashes(following)
    return len(pattern) in reached


def check_fit(letter: Letter, body_limit: int = BODY_LIMIT) -> None:
    """Return when every exchange can carry the letter; else :class:`UnfitLetter`."""
    for what, text, limit in (
        ("routing key", letter.routing_key, NAME_LIMIT),
        ("message id", letter.message_id, NAME_LIMIT),
        ("type", letter.type, NAME_LIMIT),
        *(("header name", name, HEADER_NAME_LIMIT) for name in letter.headers),
    ):
        if not text or len(text.encode("utf-8")) > limit:
            raise UnfitLetter(f"The {what} {text[:40]!r} is empty or longer than {limit} bytes: give the letter up")
    for name in letter.headers:
        if reserved(name):
            raise UnfitLetter(f"The header {name} has a meaning of its own for brokers: give the letter up")
    if len(letter.body) > body_limit:
        raise UnfitLetter(
            f"Letter {letter.message_id} has {len(letter.body)} bytes and the exchange takes {body_limit}: "
            "send a reference to it"
        )


def reserved(header: str) -> bool:
    """Whether a header is the broker's: its notes on a delivery, or further addressees."""
    return header.lower().startswith("x-") or header.upper() in ("CC", "BCC")
