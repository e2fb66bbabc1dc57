"""Exchanges without queues of ours, and with one way only: for events, which whoever wants them binds a queue to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

import aio_pika
import pytest

from gateway.database import Database
from gateway.event_exchange import topology
from queues import (
    EmbeddedExchange,
    End,
    Letter,
    MemoryBroker,
    MemoryExchange,
    PublishFault,
    RabbitExchange,
    Topology,
    Unroutable,
    metadata,
)

NOBODY = topology(queue=False)
KEPT = topology(queue=True)


def event(number: int = 1, key: str = "sallyport.customs.hold.acme") -> Letter:
    return Letter(message_id=f"m-1.{number}", type="sallyport.customs.hold/1", routing_key=key, body=b"{}")


def test_without_queues_everything_goes_nowhere() -> None:
    assert NOBODY.queues == [] and NOBODY.route("sallyport.customs.hold.acme") == []
    for end in get_args(End):
        with pytest.raises(ValueError, match="bind one to it"):
            NOBODY.read_by(end)


def test_with_a_queue_what_it_does_not_take_is_a_fault() -> None:
    assert KEPT.route("sallyport.customs.hold.acme") == [KEPT.out] and KEPT.read_by("business") == KEPT.out
    with pytest.raises(Unroutable):
        KEPT.route("canonical.x.y")
    with pytest.raises(ValueError, match="has no queue that the gateway reads"):
        KEPT.read_by("gateway")


@asynccontextmanager
async def embedded(url: str, names: Topology) -> AsyncIterator[tuple[EmbeddedExchange, EmbeddedExchange]]:
    database = Database.open(url)
    database.write(metadata.create_all)
    ends = [EmbeddedExchange(database, topology=names, end=end, look=0.01) for end in get_args(End)]
    yield ends[0], ends[1]
    for end in ends:
        await end.close()
    database.close()


POSTGRESQL = pytest.param("postgresql", marks=[pytest.mark.services, pytest.mark.xdist_group("postgresql_server")])


@pytest.fixture(params=["sqlite", POSTGRESQL])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/exchange.db"
    url: str = request.getfixturevalue("postgresql_url")
    return url


def test_nobody_listens_to_an_exchange_in_the_database(database_url: str) -> None:
    async def play() -> None:
        async with embedded(database_url, NOBODY) as (gateway, _):
            await gateway.publish(event())
        async with embedded(database_url, KEPT) as (_, business):
            assert await business.waiting() == []

    asyncio.run(play())


def test_looking_takes_nothing(database_url: str) -> None:
    async def play() -> None:
        async with embedded(database_url, KEPT) as (gateway, business):
            for number in range(1, 6):
                await gateway.publish(event(number))
            first = await business.waiting(limit=2)
            assert [each.letter for each in first] == [event(1), event(2)]
            rest = await business.waiting(first[-1].number)
            assert [each.letter.message_id for each in rest] == ["m-1.3", "m-1.4", "m-1.5"]
            assert len(await business.waiting()) == 5

    asyncio.run(play())


def test_nobody_listens_in_memory() -> None:
    async def play() -> None:
        broker = MemoryBroker(NOBODY)
        exchange = MemoryExchange(broker)
        await exchange.publish(event())
        assert await broker.box("").take() is None
        await exchange.close()

    asyncio.run(play())


@asynccontextmanager
async def rabbitmq(url: str, *, queue: bool) -> AsyncIterator[RabbitExchange]:
    exchange = RabbitExchange(url, topology=topology(queue=queue))
    yield exchange
    await exchange.close()


async def _bound(channel: aio_pika.abc.AbstractChannel, key: str) -> aio_pika.abc.AbstractQueue:
    """A system's own queue."""
    queue = await channel.declare_queue("", exclusive=True)
    await queue.bind(KEPT.exchange, key)
    return queue


def test_rabbitmq_declares_the_exchange_alone_and_a_system_binds_its_own(amqp_url: str) -> None:
    async def play() -> None:
        async with rabbitmq(amqp_url, queue=False) as exchange:
            await exchange.publish(event(1))
            async with await aio_pika.connect(amqp_url) as connection:
                channel = await connection.channel()
                for name in (KEPT.out, KEPT.dead):
                    with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
                        await (await connection.channel()).declare_queue(name, passive=True)
                queue = await _bound(channel, "sallyport.customs.#")
                await exchange.publish(event(2))
                await exchange.publish(event(3, "sallyport.case.opened.acme"))
                message = await queue.get()
                assert message.message_id == "m-1.2", "what nobody had asked for is gone"
                assert message.content_type == "application/cloudevents+json"
                assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
                assert await queue.get(fail=False) is None

    asyncio.run(play())


def test_rabbitmq_keeps_them_where_it_is_asked_to(amqp_url: str) -> None:
    async def play() -> None:
        async with rabbitmq(amqp_url, queue=True) as exchange:
            await exchange.publish(event(1))
            async with await aio_pika.connect(amqp_url) as connection:
                channel = await connection.channel()
                queue = await channel.get_queue(KEPT.out, ensure=True)
                message = await queue.get()
                assert message.message_id == "m-1.1"
                await message.reject(requeue=False)
                dead = await channel.get_queue(KEPT.dead, ensure=True)
                for _ in range(1200):
                    if (buried := await dead.get(fail=False)) is not None:
                        break
                    await asyncio.sleep(0.05)
                assert buried is not None and buried.message_id == "m-1.1"
                await channel.queue_delete(KEPT.out)
            with pytest.raises(Unroutable):
                await exchange.publish(event(2))
            await exchange.publish(event(2))

    asyncio.run(play())


def test_rabbitmq_declares_an_exchange_that_somebody_deleted(amqp_url: str) -> None:
    async def play() -> None:
        async with rabbitmq(amqp_url, queue=False) as exchange:
            await exchange.publish(event(1))
            async with await aio_pika.connect(amqp_url) as connection:
                channel = await connection.channel()
                await channel.exchange_delete(KEPT.exchange)
                for _ in range(20):
                    try:
                        await exchange.publish(event(2))
                    except PublishFault:
                        continue
                    break
                queue = await _bound(channel, "#")
                await exchange.publish(event(3))
                assert (await queue.get()).message_id == "m-1.3"

    asyncio.run(play())
