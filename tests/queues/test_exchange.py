"""The contract of the business side, the same for RabbitMQ, the database and memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from pathlib import Path

import aio_pika
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.database import Database
from queues import (
    DeadLetter,
    EmbeddedExchange,
    Exchange,
    Letter,
    MemoryBroker,
    MemoryExchange,
    NotNow,
    Patience,
    RabbitExchange,
    Refused,
    Topology,
    UnfitLetter,
    Unroutable,
    metadata,
)
from queues.exchange import matches, reserved
from queues.rabbitmq import FIRST_QUEUE, FIRST_ROUTING_KEY, REASON

QUICK = Patience(tries=3, pause=0.01, longest=0.05)
WITHIN = 60.0


class Ends:
    """Both ends of an exchange, and a look at its dead letters."""

    def __init__(self, gateway: Exchange, business: Exchange, dead: Callable[[], Awaitable[list[DeadLetter]]]) -> None:
        self.gateway = gateway
        self.business = business
        self.dead = dead


Connect = Callable[[], AbstractAsyncContextManager[Ends]]

RABBITMQ = pytest.param("rabbitmq", marks=[pytest.mark.services, pytest.mark.xdist_group("rabbitmq_server")])
POSTGRESQL = pytest.param("postgresql", marks=[pytest.mark.services, pytest.mark.xdist_group("postgresql_server")])


@asynccontextmanager
async def memory() -> AsyncIterator[Ends]:
    broker = MemoryBroker()
    ends = MemoryExchange(broker, "gateway", QUICK), MemoryExchange(broker, "business", QUICK)

    async def dead() -> list[DeadLetter]:
        return broker.dead

    yield Ends(*ends, dead)
    for end in ends:
        await end.close()


@asynccontextmanager
async def embedded(url: str) -> AsyncIterator[Ends]:
    database = Database.open(url)
    database.write(metadata.create_all)
    gateway = EmbeddedExchange(database, end="gateway", patience=QUICK, look=0.01)
    business = EmbeddedExchange(database, end="business", patience=QUICK, look=0.01)
    yield Ends(gateway, business, gateway.dead_letters)
    await gateway.close()
    await business.close()
    database.close()


names = count(1)


@asynccontextmanager
async def rabbitmq(url: str) -> AsyncIterator[Ends]:
    name = f"contract{next(names)}"
    topology = Topology(exchange=name, out=f"{name}.out", inward=f"{name}.in", dead=f"{name}.dead")
    gateway = RabbitExchange(url, topology=topology, end="gateway", patience=QUICK)
    business = RabbitExchange(url, topology=topology, end="business", patience=QUICK)
    found: list[DeadLetter] = []

    async def dead() -> list[DeadLetter]:
        channel = await gateway.open_channel()
        queue = await channel.get_queue(gateway.topology.dead)
        while message := await queue.get(fail=False):
            headers = {name: str(value) for name, value in message.headers.items() if not reserved(name)}
            reason = headers.pop(REASON)
            assert headers.pop(FIRST_QUEUE) in (gateway.topology.out, gateway.topology.inward)
            letter = Letter(
                message_id=str(message.message_id),
                type=str(message.type),
                routing_key=headers.pop(FIRST_ROUTING_KEY),
                body=message.body,
                headers=headers,
            )
            found.append(DeadLetter(letter=letter, reason=reason))
            await message.ack()
        await channel.close()
        return found

    yield Ends(gateway, business, dead)
    await gateway.close()
    await business.close()


@pytest.fixture(params=["memory", "sqlite", POSTGRESQL, RABBITMQ])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Connect:
    match request.param:
        case "memory":
            return memory
        case "sqlite":
            return lambda: embedded(f"sqlite:///{tmp_path}/exchange.db")
        case "postgresql":
            url = request.getfixturevalue("postgresql_url")
            return lambda: embedded(url)
        case _:
            broker = request.getfixturevalue("rabbitmq_server")
            return lambda: rabbitmq(broker.common_url)


def status(number: int, **changes: object) -> Letter:
    letter = Letter(
        message_id=f"m-{number}",
        type="transport_status/1",
        routing_key="canonical.transport_status.acme",
        body=b'{"shipment": "%d"}' % number,
        headers={"partner": "acme", "note": "Größe"},
    )
    return replace(letter, **changes)


class Reader:
    """A handler that keeps what it was offered, and answers as it was told."""

    def __init__(self, answer: Callable[[Letter, int], None] = lambda letter, time: None) -> None:
        self.letters: list[Letter] = []
        self._answer = answer
        self._changed = asyncio.Event()

    async def __call__(self, letter: Letter) -> None:
        self.letters.append(letter)
        self._changed.set()
        self._answer(letter, sum(known.message_id == letter.message_id for known in self.letters))

    async def until(self, count: int) -> list[Letter]:
        async with asyncio.timeout(WITHIN):
            while len(self.letters) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.letters


async def until_dead(ends: Ends, count: int) -> list[DeadLetter]:
    for _ in range(int(WITHIN / 0.02)):
        if len(found := await ends.dead()) >= count:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"{count} dead letters did not come")


def test_both_directions(connect: Connect) -> None:
    async def play() -> None:
        async with connect() as ends:
            erp, gateway = Reader(), Reader()
            await ends.gateway.publish(status(1))
            await ends.business.consume(erp)
            await ends.gateway.consume(gateway)
            order = status(2, type="transport_order/1", routing_key="submit.transport_order", body=b"\x00\xff{}")
            await ends.business.publish(order)
            assert await erp.until(1) == [status(1)]
            assert await gateway.until(1) == [order]

    asyncio.run(play())


def test_everything_published_arrives_once(connect: Connect) -> None:
    async def play() -> None:
        async with connect() as ends:
            erp = Reader()
            consumer = await ends.business.consume(erp)
            await asyncio.gather(*(ends.gateway.publish(status(number)) for number in range(100)))
            letters = await erp.until(100)
            assert sorted(letter.message_id for letter in letters) == sorted(f"m-{number}" for number in range(100))
            assert consumer.trouble is None
            await consumer.stop()
            assert len(erp.letters) == 100 and await ends.dead() == []

    asyncio.run(play())


def test_what_was_published_waits_for_its_reader(connect: Connect) -> None:
    async def play() -> None:
        async with connect() as ends:
            first, second = Reader(), Reader()
            consumer = await ends.business.consume(first)
            await ends.gateway.publish(status(1))
            await first.until(1)
            await consumer.stop()
            await ends.gateway.publish(status(2))
            await asyncio.sleep(0.1)
            assert len(first.letters) == 1, "a stopped consumer takes nothing"
            await ends.business.consume(second)
            assert await second.until(1) == [status(2)]

    asyncio.run(play())


def test_a_letter_is_gone_only_after_its_handler_returned(connect: Connect) -> None:
    async def play() -> None:
        async with connect() as ends:
            reached, go = asyncio.Event(), asyncio.Event()
            done: list[str] = []

            async def slow(letter: Letter) -> None:
                reached.set()
                await go.wait()
                done.append(letter.message_id)

            consumer = await ends.business.consume(slow)
            await ends.gateway.publish(status(1))
            async with asyncio.timeout(WITHIN):
                await reached.wait()
            stopping = asyncio.create_task(consumer.stop())
            await asyncio.sleep(0.1)
            assert not stopping.done(), "stopping waits for the handler at work"
            go.set()
            await stopping
            assert done == ["m-1"]
            after = Reader()
            await ends.business.consume(after)
            await ends.gateway.publish(status(2))
            assert [letter.message_id for letter in await after.until(1)] == ["m-2"]

    asyncio.run(play())


def test_a_refused_letter_is_dead_with_its_reason(connect: Connect) -> None:
    def refuse(letter: Letter, time: int) -> None:
        if letter.message_id == "m-1":
            raise Refused("$.shipment: is not a reference; correct it and submit the document again")

    async def play() -> None:
        async with connect() as ends:
            reader = Reader(refuse)
            await ends.business.consume(reader)
            await ends.gateway.publish(status(1))
            await ends.gateway.publish(status(2))
            await reader.until(2)
            (dead,) = await until_dead(ends, 1)
            assert dead.letter == status(1)
            assert dead.reason == "$.shipment: is not a reference; correct it and submit the document again"
            await asyncio.sleep(0.15)
            assert sorted(letter.message_id for letter in reader.letters) == ["m-1", "m-2"], "it never comes back"

    asyncio.run(play())


def test_a_handler_that_fails_is_tried_again_and_not_for_ever(connect: Connect) -> None:
    def fail(letter: Letter, time: int) -> None:
        if letter.message_id == "m-1" or time < 3:
            raise ZeroDivisionError("a fault of ours")

    async def play() -> None:
        async with connect() as ends:
            reader = Reader(fail)
            await ends.business.consume(reader)
            await ends.gateway.publish(status(1))
            await ends.gateway.publish(status(2))
            (dead,) = await until_dead(ends, 1)
            assert dead.letter == status(1)
            assert dead.reason == "The handler failed: ZeroDivisionError: a fault of ours"
            await reader.until(6)
            await asyncio.sleep(0.15)
            assert sorted(letter.message_id for letter in reader.letters) == ["m-1"] * 3 + ["m-2"] * 3

    asyncio.run(play())


def test_not_now_is_tried_as_long_as_it_takes(connect: Connect) -> None:
    def wait(letter: Letter, time: int) -> None:
        if time < 12:
            raise NotNow("the ledger is away")

    async def play() -> None:
        async with connect() as ends:
            reader = Reader(wait)
            await ends.business.consume(reader)
            await ends.gateway.publish(status(1))
            await reader.until(12)
            await ends.gateway.publish(status(2))
            await reader.until(24)
            assert await ends.dead() == []

    asyncio.run(play())


def test_not_now_is_no_reason_to_hang_when_stopping(connect: Connect) -> None:
    def never(letter: Letter, time: int) -> None:
        raise NotNow("the ledger is away")

    async def play() -> None:
        async with connect() as ends:
            reader = Reader(never)
            consumer = await ends.business.consume(reader)
            await ends.gateway.publish(status(1))
            await reader.until(3)
            async with asyncio.timeout(WITHIN):
                await consumer.stop()
            after = Reader()
            await ends.business.consume(after)
            assert await after.until(1) == [status(1)], "the letter was not lost"

    asyncio.run(play())


def test_nobody_takes_it(connect: Connect) -> None:
    async def play() -> None:
        async with connect() as ends:
            for _ in range(2):
                with pytest.raises(Unroutable, match=r"[Mm]end the binding"):
                    await ends.gateway.publish(status(1, routing_key="canonic.transport_status"))
            await ends.gateway.publish(status(2))
            reader = Reader()
            await ends.business.consume(reader)
            assert [letter.message_id for letter in await reader.until(1)] == ["m-2"]

    asyncio.run(play())


def test_twins_in_flight_are_told_apart(connect: Connect) -> None:
    """Of two publications with one id, one that cannot be routed must not be taken for the one that can."""

    async def play() -> None:
        async with connect() as ends:
            outcomes = await asyncio.gather(
                *(
                    ends.gateway.publish(status(7, routing_key="lost" if number % 2 else "canonical.x"))
                    for number in range(8)
                ),
                return_exceptions=True,
            )
            assert [type(outcome) for outcome in outcomes] == [type(None), Unroutable] * 4

    asyncio.run(play())


@pytest.mark.parametrize(
    "changes",
    [
        {"routing_key": ""},
        {"routing_key": "canonical." + "x" * 250},
        {"routing_key": "canonical." + "ü" * 125},
        {"message_id": ""},
        {"message_id": "x" * 256},
        {"type": "x" * 256},
        {"headers": {"h" * 129: ""}},
        {"headers": {"x-death": ""}},
        {"headers": {"CC": "elsewhere"}},
        {"headers": {"": ""}},
        {"body": bytes((16 << 20) + 1)},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_unfit(connect: Connect, changes: dict[str, object]) -> None:
    async def play() -> None:
        async with connect() as ends:
            with pytest.raises(UnfitLetter, match=r"give the letter up|send a reference"):
                await ends.gateway.publish(status(1, **changes))

    asyncio.run(play())


def test_the_limits_themselves_fit(connect: Connect) -> None:
    letter = status(
        1,
        routing_key="canonical." + "x" * 245,
        message_id="i" * 255,
        type="t" * 120,
        headers={"h" * 128: "v" * 5000},
        body=b"",
    )

    async def play() -> None:
        async with connect() as ends:
            reader = Reader()
            await ends.business.consume(reader)
            await ends.gateway.publish(letter)
            assert await reader.until(1) == [letter]

    asyncio.run(play())


@pytest.mark.parametrize(
    ("binding", "key", "taken"),
    [
        ("canonical.#", "canonical.transport_status.acme", True),
        ("canonical.#", "canonical", True),
        ("canonical.#", "canonicals", False),
        ("canonical.*", "canonical.a", True),
        ("canonical.*", "canonical.a.b", False),
        ("canonical.*", "canonical", False),
        ("#", "", True),
        ("#", "a.b.c", True),
        ("*", "", False),
        ("", "", True),
        ("*", "a.b", False),
        ("a.#.z", "a.z", True),
        ("a.#.z", "a.b.c.z", True),
        ("a.#.z", "a.b.c", False),
        ("#.b.#", "a.b.c", True),
        ("#.b.#", "a.c", False),
        ("*.#", "a", True),
        ("*.*", "a", False),
        ("", "a", False),
    ],
)
def test_topic_bindings(binding: str, key: str, taken: bool) -> None:
    assert matches(binding, key) is taken


WORDS = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(WORDS, WORDS, st.data())
def test_topic_bindings_in_general(key: list[str], other: list[str], data: st.DataObject) -> None:
    assert matches(".".join(key), ".".join(key))
    assert matches(".".join(key), ".".join(other)) is (key == other)
    place = data.draw(st.integers(0, len(key) - 1))
    assert matches(".".join([*key[:place], "*", *key[place + 1 :]]), ".".join(key))
    end = data.draw(st.integers(place, len(key)))
    assert matches(".".join([*key[:place], "#", *key[end:]]), ".".join(key))


@pytest.mark.parametrize("topology", [Topology(), Topology(out="o", inward="i", out_binding="x.*", inward_binding="#")])
def test_routes(topology: Topology) -> None:
    assert topology.read_by("gateway") == topology.inward and topology.read_by("business") == topology.out
    if topology.out == "o":
        assert topology.route("x.y") == ["o", "i"]
    else:
        with pytest.raises(Unroutable):
            topology.route("elsewhere.y")


def test_topic_bindings_as_the_broker_has_them(amqp_url: str) -> None:
    """The table above is ours; here RabbitMQ says the same."""
    cases = [
        ("canonical.#", "canonical"),
        ("canonical.*", "canonical"),
        ("a.#.z", "a.z"),
        ("#.b.#", "a.b.c"),
        ("*", ""),
        ("#", ""),
        ("*.#", "a"),
        ("*.*", "a"),
    ]

    async def play() -> None:
        connection = await aio_pika.connect(amqp_url)
        async with connection:
            channel = await connection.channel(on_return_raises=True)
            for number, (binding, key) in enumerate(cases):
                exchange = await channel.declare_exchange(f"t{number}", aio_pika.ExchangeType.TOPIC, auto_delete=True)
                queue = await channel.declare_queue("", exclusive=True)
                await queue.bind(exchange, binding)
                try:
                    await exchange.publish(aio_pika.Message(b""), key)
                    taken = True
                except aio_pika.exceptions.PublishError:
                    taken = False
                assert matches(binding, key) is taken, (binding, key)

    asyncio.run(play())
