"""The exchange in the database: readers that die or are slow, and a database that goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError

from gateway.database import Database
from queues import EmbeddedExchange, Letter, Patience, PublishFault, metadata
from queues.schema import letter as letter_table

T = TypeVar("T")

WITHIN = 60.0
QUICK = Patience(tries=3, pause=0.01, longest=0.05)
LETTER = Letter(message_id="m-1", type="transport_status/1", routing_key="canonical.x", body=b"{}")


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self, connection: Connection) -> datetime:
        return self.now


class Moody:
    """A store that can be away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.away = False
        self.ended = False

    def _look(self) -> None:
        if self.away:
            raise OperationalError("SELECT", {}, Exception("disk I/O error"))
        if self.ended:
            raise RuntimeError("The ledger is closed")

    def write(self, work: Callable[[Connection], T]) -> T:
        self._look()
        return self._database.write(work)

    def read(self, work: Callable[[Connection], T]) -> T:
        self._look()
        return self._database.read(work)


async def until(true: Callable[[], bool]) -> None:
    for _ in range(int(WITHIN / 0.01)):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in time")


@pytest.fixture
def store(tmp_path: Path) -> Moody:
    database = Database.open(f"sqlite:///{tmp_path}/exchange.db")
    database.write(metadata.create_all)
    return Moody(database)


def rows(store: Moody) -> int:
    return store.read(lambda c: c.execute(select(func.count()).select_from(letter_table)).scalar_one())


def test_a_reader_that_dies_gives_its_letter_back_and_a_slow_one_takes_no_effect(store: Moody) -> None:
    clock = Clock()
    seen: list[str] = []
    go = asyncio.Event()

    async def slow(letter: Letter) -> None:
        seen.append("slow")
        await go.wait()

    async def quick(letter: Letter) -> None:
        seen.append("quick")

    async def play() -> None:
        exchange = EmbeddedExchange(store, clock=clock, look=0.01)
        await exchange.publish(LETTER)
        one = EmbeddedExchange(store, end="business", clock=clock, look=0.01)
        two = EmbeddedExchange(store, end="business", clock=clock, look=0.01)
        await one.consume(slow)
        await until(lambda: seen == ["slow"])
        await two.consume(quick)
        await asyncio.sleep(0.1)
        assert seen == ["slow"], "it is in a reader's hand"
        clock.now += timedelta(seconds=61)
        await until(lambda: seen == ["slow", "quick"])
        await two.close()
        assert rows(store) == 0
        await exchange.publish(LETTER)
        go.set()
        await until(lambda: seen == ["slow", "quick", "slow"])
        await one.close()
        assert rows(store) == 0

    asyncio.run(play())


def test_settling_late_leaves_the_letter_to_the_other_reader(store: Moody) -> None:
    clock = Clock()
    hands = [asyncio.Event(), asyncio.Event()]
    taken: list[int] = []

    async def handler(letter: Letter) -> None:
        taken.append(len(taken))
        await hands[taken[-1]].wait()

    async def play() -> None:
        first = EmbeddedExchange(store, end="business", clock=clock, look=0.01)
        second = EmbeddedExchange(store, end="business", clock=clock, look=0.01)
        await first.publish(LETTER)
        await first.consume(handler)
        await until(lambda: len(taken) == 1)
        clock.now += timedelta(seconds=61)
        await second.consume(handler)
        await until(lambda: len(taken) == 2)
        hands[0].set()
        await first.close()
        assert rows(store) == 1, "the second reader has it now, and may still fail"
        hands[1].set()
        await second.close()
        assert rows(store) == 0

    asyncio.run(play())


def test_a_database_that_goes_away(store: Moody) -> None:
    seen: list[str] = []

    async def handler(letter: Letter) -> None:
        seen.append(letter.message_id)

    async def play() -> None:
        exchange = EmbeddedExchange(store, end="business", patience=QUICK, look=0.01)
        consumer = await exchange.consume(handler)
        await exchange.publish(LETTER)
        # The letter is gone when its handler has returned and that was noted: else it would come once more.
        await until(lambda: len(seen) == 1 and rows(store) == 0)
        store.away = True
        await until(lambda: "disk I/O error" in str(consumer.trouble))
        with pytest.raises(PublishFault, match="with the same id"):
            await exchange.publish(LETTER)
        store.away = False
        await exchange.publish(LETTER)
        await until(lambda: len(seen) == 2)
        await until(lambda: consumer.trouble is None)
        await exchange.close()

    asyncio.run(play())


def test_a_reader_that_ended_says_so(store: Moody) -> None:
    async def handler(letter: Letter) -> None:
        raise AssertionError("nothing comes")

    async def play() -> None:
        exchange = EmbeddedExchange(store, end="business", patience=QUICK, look=0.01)
        consumer = await exchange.consume(handler)
        store.ended = True
        await until(lambda: "Reading has ended: RuntimeError: The ledger is closed" in str(consumer.trouble))
        with pytest.raises(RuntimeError, match="The ledger is closed"):
            await exchange.close()

    asyncio.run(play())
