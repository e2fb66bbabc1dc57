"""The exchange in the database of the ledger: for a gateway that runs alone, without a broker.

A letter is a row of ``letter``; a box is the name of the queue that RabbitMQ would have. Publishing is one durable
transaction. A reader hands out the first visible letter and makes it invisible for a minute; a reader that dies so
gives its letter back, and one that was slower than that finds on settling that another has it and leaves it to that
one. The rows of dead letters stay until a person deals with them.

Business systems reach these boxes through ``sallyport send`` and the API. For many readers or much traffic there is
RabbitMQ.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection, Row, UpdateBase
from sqlalchemy.exc import SQLAlchemyError

from queues import letter_statements, statements
from queues.consumer import BoxReader, Held, Patience
from queues.exchange import (
    DeadLetter,
    End,
    Handler,
    Letter,
    PublishFault,
    Topology,
    check_fit,
)
from queues.gates import Clock

T = TypeVar("T")

HELD = timedelta(seconds=60)
"""How long a reader has a letter before it is offered to another."""

LOOK = 0.1
"""Seconds between looks into an empty box: one read of an index."""


class WaitingLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that waits in a box."""

    number: int
    """Larger for later ones; a letter keeps it."""
    letter: Letter


class Store(Protocol):
    """A database: functions over a connection, run in a transaction each. Called from other threads."""

    def write(self, work: Callable[[Connection], T]) -> T:
        """The result of ``work``, durable when this returns."""

    def read(self, work: Callable[[Connection], T]) -> T:
        """The result of ``work`` on a consistent view."""


class EmbeddedExchange:
    """One end of the exchange in a database."""

    def __init__(
        self,
        store: Store,
        *,
        topology: Topology | None = None,
        end: End = "gateway",
        patience: Patience | None = None,
        clock: Clock = statements.database_now,
        look: float = LOOK,
    ) -> None:
        self._store = store
        self._topology = topology or Topology()
        self._end: End = end
        self._patience = patience or Patience()
        self._clock = clock
        self._look = look
        self._readers: list[BoxReader] = []

    async def publish(self, letter: Letter) -> None:
        """As the seam says; the letter is in the database when this returns."""
        check_fit(letter)
        queues = self._topology.route(letter.routing_key)
        if not queues:
            return

        def put(connection: Connection) -> None:
            letter_statements.insert_letter(connection, letter, queues, self._clock(connection))

        try:
            await asyncio.to_thread(self._store.write, put)
        except SQLAlchemyError as error:
            raise PublishFault(
                f"The database did not take letter {letter.message_id}: {error}. Publish it again with the same id"
            ) from error

    async def consume(self, handler: Handler) -> BoxReader:
        """As the seam says, letter by letter."""
        box = _Box(self._store, self._topology.read_by(self._end), self._topology.dead, self._clock, self._look)
        self._readers.append(BoxReader(box, handler, self._patience, faults=(SQLAlchemyError,)))
        return self._readers[-1]

    async def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        """The dead letters, oldest first; they stay."""

        def look(connection: Connection) -> list[DeadLetter]:
            return [
                DeadLetter(letter=_letter(row), reason=row.reason or "")
                for row in connection.execute(letter_statements.letters_in(self._topology.dead, limit))
            ]

        return await asyncio.to_thread(self._store.read, look)

    async def waiting(self, after: int = 0, limit: int = 100) -> list[WaitingLetter]:
        """The letters that this end has not read, oldest first, from those numbered above ``after``; they stay."""
        box = self._topology.read_by(self._end)

        def look(connection: Connection) -> list[WaitingLetter]:
            return [
                WaitingLetter(number=row.id, letter=_letter(row))
                for row in connection.execute(letter_statements.letters_in(box, limit, after))
            ]

        return await asyncio.to_thread(self._store.read, look)

    async def close(self) -> None:
        """The letters stay in the database, which stays open."""
        for reader in self._readers:
            await reader.stop()


class _Box:
    """A queue's rows, as a reader sees them."""

    def __init__(self, store: Store, name: str, dead: str, clock: Clock, look: float) -> None:
        self._store = store
        self._name = name
        self._dead = dead
        self._clock = clock
        self._look = look

    async def take(self) -> Held | None:
        """The first visible letter. An empty box is only looked into: reading disturbs no writer."""

        def peek(connection: Connection) -> bool:
            now = self._clock(connection)
            return connection.execute(letter_statements.visible_letter(self._name, now)).first() is not None

        def take(connection: Connection) -> Held | None:
            now = self._clock(connection)
            row = connection.execute(letter_statements.take_letter(self._name, now, now + HELD)).one_or_none()
            if row is None:
                return None
            return Held(id=row.id, letter=_letter(row), delivery=row.deliveries, failures=row.failures)

        if not await asyncio.to_thread(self._store.read, peek):
            return None
        return await asyncio.to_thread(self._store.write, take)

    async def wait(self) -> None:
        await asyncio.sleep(self._look)

    async def done(self, held: Held) -> None:
        await self._settle(lambda now: letter_statements.delete_letter(held.id, held.delivery))

    async def dead(self, held: Held, reason: str) -> None:
        await self._settle(lambda now: letter_statements.move_letter(held.id, held.delivery, self._dead, reason, now))

    async def later(self, held: Held, seconds: float, failures: int) -> None:
        pause = timedelta(seconds=seconds)
        await self._settle(lambda now: letter_statements.postpone_letter(held.id, held.delivery, now + pause, failures))

    async def _settle(self, statement: Callable[[datetime], UpdateBase]) -> None:
        """Nothing happens when another reader has the letter by now: what becomes of it is that reader's affair."""
        await asyncio.to_thread(
            self._store.write, lambda connection: _run(connection, statement(self._clock(connection)))
        )


def _run(connection: Connection, statement: UpdateBase) -> None:
    connection.execute(statement)


def _letter(row: Row[*tuple[Any, ...]]) -> Letter:
    return Letter(
        message_id=row.message_id, type=row.type, routing_key=row.routing_key, body=row.body, headers=row.headers
    )
