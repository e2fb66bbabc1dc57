"""What only a broker can do to us: die, refuse, fill up, forget its queues, and let anybody publish."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from hashlib import sha256
from typing import cast
from urllib.parse import urlsplit

import aio_pika
import pytest
from pamqp import commands, constants, frame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from queues import (
    Consumer,
    Letter,
    Mismatch,
    NotNow,
    Patience,
    PublishFault,
    RabbitExchange,
    Topology,
    Unreachable,
)
from tests.services.rabbitmq import RabbitServer

QUICK = Patience(tries=3, pause=0.05, longest=0.5)
WITHIN = 60.0
RETURNS_WITHIN = 240.0
"""Seconds for what a broker does that has just come back: it may take a minute to answer, and the next try as long."""


def letter(number: int, body: bytes = b"{}") -> Letter:
    return Letter(message_id=f"m-{number}", type="transport_status/1", routing_key="canonical.x", body=body)


async def until(true: Callable[[], bool], within: float = WITHIN) -> None:
    for _ in range(int(within / 0.02)):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen in time")


def in_trouble(consumer: Consumer) -> bool:
    return "cannot be used" in str(consumer.trouble)


async def dead_reasons(exchange: RabbitExchange, count: int) -> list[aio_pika.abc.AbstractIncomingMessage]:
    """The next messages among the dead letters, taken out."""
    channel = await exchange.open_channel()
    queue = await channel.get_queue(exchange.topology.dead)
    found: list[aio_pika.abc.AbstractIncomingMessage] = []
    for _ in range(int(WITHIN / 0.02)):
        message = await queue.get(fail=False)
        if message:
            await message.ack()
            found.append(message)
        if len(found) == count:
            await channel.close()
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"{count} dead letters did not come")


@pytest.mark.timeout(900)
def test_the_broker_is_killed_while_letters_are_published(rabbitmq_server: RabbitServer, amqp_url: str) -> None:
    """Every letter whose publication returned arrives; who heard of a fault publishes again; the reader comes back."""
    arrived: list[str] = []
    faults: list[PublishFault] = []
    confirmed: list[str] = []

    async def handler(given: Letter) -> None:
        arrived.append(given.message_id)

    async def publish(exchange: RabbitExchange, number: int) -> None:
        while True:
            try:
                await exchange.publish(letter(number))
            except PublishFault as fault:
                faults.append(fault)
                await asyncio.sleep(0.3)
            else:
                confirmed.append(f"m-{number}")
                return

    async def play() -> None:
        exchange = RabbitExchange(amqp_url, patience=QUICK, confirmed_within=10, answered_within=3)
        # The queues are declared, and not just before the kill: see `settle`.
        await exchange.connect()
        await exchange.close()
        rabbitmq_server.settle()
        reader = RabbitExchange(amqp_url, end="business", patience=QUICK, answered_within=3)
        consumer = await reader.consume(handler)
        await asyncio.gather(*(publish(exchange, number) for number in range(100)))
        under_way = [asyncio.create_task(publish(exchange, number)) for number in range(100, 300)]
        # Some are under way, most not yet confirmed.
        await until(lambda: len(confirmed) > 120)
        await asyncio.to_thread(rabbitmq_server.kill)
        late = [asyncio.create_task(publish(exchange, number)) for number in range(300, 320)]
        await until(lambda: consumer.trouble is not None and bool(faults))
        rabbitmq_server.start()
        async with asyncio.timeout(RETURNS_WITHIN):
            await asyncio.gather(*under_way, *late)
        await until(lambda: len(set(arrived)) == 320, RETURNS_WITHIN)
        await until(lambda: consumer.trouble is None, RETURNS_WITHIN)
        await exchange.close()
        await reader.close()

    asyncio.run(play())
    assert set(confirmed) == set(arrived) == {f"m-{number}" for number in range(320)}
    assert all("with the same id" in str(fault) for fault in faults)


def test_a_broker_that_is_not_there(amqp_url: str) -> None:
    nowhere = "amqp://guest:s3cret@127.0.0.1:1/"
    refused = amqp_url.replace("sallyport:", "sallyport:not-")
    elsewhere = amqp_url.rsplit("/", 1)[0] + "/no-such-host"

    async def handler(_: Letter) -> None:
        raise AssertionError("nothing can come")

    async def play() -> None:
        for url in (nowhere, refused, elsewhere):
            exchange = RabbitExchange(url, patience=QUICK)
            with pytest.raises(Unreachable, match="check that it runs") as connecting:
                await exchange.connect()
            with pytest.raises(PublishFault, match="with the same id") as publishing:
                await exchange.publish(letter(1))
            consumer = await exchange.consume(handler)
            await until(partial(in_trouble, consumer))
            shown = f"{connecting.value} {publishing.value} {consumer.trouble}"
            assert "s3cret" not in shown and "not-" not in shown, "a password is shown to nobody"
            await exchange.close()

    asyncio.run(play())


def test_a_topology_that_was_declared_otherwise(amqp_url: str) -> None:
    async def play() -> None:
        connection = await aio_pika.connect(amqp_url)
        await (await connection.channel()).declare_queue(Topology().out, durable=True)
        exchange = RabbitExchange(amqp_url)
        with pytest.raises(Mismatch, match=r"sallyport\.canonical\.out.*Delete it"):
            await exchange.connect()
        await (await connection.channel()).queue_delete(Topology().out)
        await exchange.connect()
        await exchange.close()
        await connection.close()

    asyncio.run(play())


def test_a_full_queue_refuses(amqp_url: str) -> None:
    async def play() -> None:
        exchange = RabbitExchange(amqp_url, topology=Topology(length_limit=5))
        outcomes = []
        for number in range(40):
            try:
                await exchange.publish(letter(number))
                outcomes.append("taken")
            except PublishFault as fault:
                outcomes.append("refused")
                assert "queue is full" in str(fault)
        # The broker may take some more than the limit, and says what it took.
        assert outcomes[:5] == ["taken"] * 5 and outcomes[-1] == "refused"
        taken = outcomes.count("taken")
        arrived: list[str] = []

        async def handler(given: Letter) -> None:
            arrived.append(given.message_id)

        business = RabbitExchange(amqp_url, topology=Topology(length_limit=5), end="business")
        await business.consume(handler)
        await until(lambda: len(arrived) == taken)
        # The queue takes letters again as soon as it knows that these were acknowledged.
        async with asyncio.timeout(WITHIN):
            while True:
                with suppress(PublishFault):
                    await exchange.publish(letter(99))
                    break
                await asyncio.sleep(0.02)
        await until(lambda: "m-99" in arrived)
        await exchange.close()
        await business.close()

    asyncio.run(play())


def test_a_letter_that_kills_its_readers_is_dead_in_the_end(amqp_url: str) -> None:
    """A reader that vanishes without a word gives the letter back; after the limit the broker gives it up."""

    async def play() -> None:
        topology = Topology(delivery_limit=2)
        exchange = RabbitExchange(amqp_url, topology=topology)
        await exchange.publish(letter(1))
        for _ in range(3):
            connection = await aio_pika.connect(amqp_url)
            queue = await (await connection.channel()).get_queue(topology.out)
            taken = asyncio.Event()

            async def take(_: object, taken: asyncio.Event = taken) -> None:
                taken.set()

            await queue.consume(take)
            async with asyncio.timeout(WITHIN):
                await taken.wait()
            await connection.close()
        (dead,) = await dead_reasons(exchange, 1)
        assert dead.message_id == "m-1" and dead.body == b"{}"
        await exchange.close()

    asyncio.run(play())


def publish_plainly(url: str, queue: str, body: bytes) -> None:
    """Publish as a client does that knows nothing but the protocol: no message id, no other property."""
    parts = urlsplit(url)

    def send(connection: socket.socket, channel: int, *frames: frame.FrameTypes) -> None:
        connection.sendall(b"".join(frame.marshal(each, channel) for each in frames))

    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=WITHIN) as connection:
        connection.sendall(b"AMQP\x00\x00\x09\x01")
        connection.recv(10_000)
        send(connection, 0, commands.Connection.StartOk({}, "PLAIN", f"\0{parts.username}\0{parts.password}", "en_US"))
        connection.recv(10_000)
        send(connection, 0, commands.Connection.TuneOk(1, 131_072, 0), commands.Connection.Open(parts.path[1:]))
        connection.recv(10_000)
        send(connection, 1, commands.Channel.Open())
        connection.recv(10_000)
        content = ContentHeader(body_size=len(body), properties=commands.Basic.Properties())
        send(connection, 1, commands.Basic.Publish(routing_key=queue), content, ContentBody(body))
        send(connection, 0, commands.Connection.Close(200, "done", 0, 0))
        connection.recv(10_000)


def test_letters_from_strangers(amqp_url: str) -> None:
    """An ERP publishes as it likes: no id, no type, numbers among the headers, straight into the queue."""
    seen: list[Letter] = []

    async def handler(given: Letter) -> None:
        seen.append(given)

    async def play() -> None:
        exchange = RabbitExchange(amqp_url)
        await exchange.consume(handler)
        await exchange.connect()
        connection = await aio_pika.connect(amqp_url)
        channel = await connection.channel()
        queue = exchange.topology.inward
        await asyncio.to_thread(publish_plainly, amqp_url, queue, b"first")
        second = aio_pika.Message(b"second", headers={"tries": 3, "urgent": True, "list": [1, 2], "x-own": "no"})
        await channel.default_exchange.publish(second, queue)
        await until(lambda: len(seen) == 2)
        await connection.close()
        await exchange.close()

    asyncio.run(play())
    first, second = sorted(seen, key=lambda given: given.body)
    assert first.message_id == f"sha256:{sha256(b'first').hexdigest()}"
    assert (first.type, first.routing_key, first.headers) == ("", "sallyport.canonical.in", {})
    assert second.headers == {"tries": "3", "urgent": "True", "list": "[1, 2]"}


async def interrupted(url: str, interrupt: Callable[[RabbitExchange, Consumer], Awaitable[None]]) -> list[str]:
    """What a handler did with a letter when its channel was interrupted while it worked."""
    exchange = RabbitExchange(url, patience=QUICK)
    business = RabbitExchange(url, end="business", patience=QUICK)
    events: list[str] = []
    reached, go = asyncio.Event(), asyncio.Event()

    async def handler(given: Letter) -> None:
        events.append("begun")
        reached.set()
        await go.wait()
        events.append("finished")

    consumer = await business.consume(handler)
    await exchange.publish(letter(1))
    async with asyncio.timeout(WITHIN):
        await reached.wait()
    await interrupt(business, consumer)
    go.set()
    await until(lambda: len(events) >= 4)
    await until(lambda: consumer.trouble is None)
    await asyncio.sleep(0.1)
    await exchange.close()
    await business.close()
    return events


def test_a_lost_connection_does_not_cut_a_handler(rabbitmq_server: RabbitServer, amqp_url: str) -> None:
    async def cut(business: RabbitExchange, consumer: Consumer) -> None:
        await asyncio.to_thread(
            rabbitmq_server.control, "close_all_connections", "-p", amqp_url.rsplit("/")[-1], "test"
        )
        # The command orders it; the handler may end only when it has happened.
        await until(lambda: business._connection is None)

    assert asyncio.run(interrupted(amqp_url, cut)) == ["begun", "finished"] * 2, (
        "it came again after the first one ended"
    )


class Swallowing:
    """A relay before the broker that keeps chosen answers of the broker to itself, by class and method of AMQP."""

    CONSUME_OK, CANCEL_OK = (60, 21), (60, 31)

    def __init__(self, url: str, answer: tuple[int, int] = (0, 0), count: int = 0) -> None:
        parts = urlsplit(url)
        self._broker = str(parts.hostname), int(parts.port or 0)
        self._swallow = struct.pack(">HH", *answer)
        self._count = count
        self.swallowed = 0
        self._url = url
        self._clients: list[asyncio.StreamWriter] = []

    def cut(self) -> None:
        """Reset every connection of the client, and forget what was on its way."""
        while self._clients:
            self._clients.pop().transport.abort()

    @asynccontextmanager
    async def url(self) -> AsyncIterator[str]:
        relays: set[asyncio.Task[None]] = set()

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            relays.add(cast("asyncio.Task[None]", asyncio.current_task()))
            self._clients.append(writer)
            answers, requests = await asyncio.open_connection(*self._broker)
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._copy(reader, requests))
                    both.create_task(self._sift(answers, writer))
            except* OSError:
                pass
            finally:
                for each in (writer, requests):
                    each.close()

        async with await asyncio.start_server(relay, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            yield self._url.replace(f"{self._broker[0]}:{self._broker[1]}", f"127.0.0.1:{port}")
            server.close()
            await asyncio.gather(*relays)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def _sift(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A frame is its type, channel and length, the payload, and an end mark.
        with suppress(asyncio.IncompleteReadError):
            while head := await reader.readexactly(7):
                body = await reader.readexactly(int.from_bytes(head[3:7], "big") + 1)
                if head[0] == constants.FRAME_METHOD and body[:4] == self._swallow and self.swallowed < self._count:
                    self.swallowed += 1
                    continue
                writer.write(head + body)
                await writer.drain()
        writer.close()


def test_a_connection_that_is_cut_while_letters_are_acknowledged(amqp_url: str) -> None:
    """More acknowledgments than the client holds for its connection: those without room must not wait for ever."""
    arrived: list[str] = []
    hands_full, go = asyncio.Event(), asyncio.Event()

    async def handler(given: Letter) -> None:
        arrived.append(given.message_id)
        if len(arrived) == 100:
            hands_full.set()
        await go.wait()

    async def play() -> None:
        gateway = RabbitExchange(amqp_url)
        await asyncio.gather(*(gateway.publish(letter(number)) for number in range(200)))
        relay = Swallowing(amqp_url)
        async with relay.url() as url, asyncio.timeout(WITHIN):
            exchange = RabbitExchange(url, end="business", patience=QUICK, answered_within=1, prefetch=100)
            consumer = await exchange.consume(handler)
            await hands_full.wait()
            relay.cut()
            go.set()
            await until(lambda: len(set(arrived)) == 200)
            await until(lambda: consumer.trouble is None)
            await exchange.close()
        await gateway.close()

    asyncio.run(play())


def test_a_broker_that_never_answers_keeps_nobody_from_stopping(amqp_url: str) -> None:
    async def handler(_: Letter) -> None:
        raise AssertionError("nothing was published")

    async def play() -> None:
        silent = Swallowing(amqp_url, Swallowing.CONSUME_OK, 1_000)
        async with silent.url() as url, asyncio.timeout(WITHIN):
            exchange = RabbitExchange(url, patience=QUICK)
            consumer = await exchange.consume(handler)
            await until(lambda: silent.swallowed > 0)
            await consumer.stop()
            await exchange.close()

    asyncio.run(play())


@pytest.mark.parametrize("count", [1, 2])
def test_an_answer_that_never_comes_is_asked_for_again(amqp_url: str, count: int) -> None:
    arrived: list[str] = []

    async def handler(given: Letter) -> None:
        arrived.append(given.message_id)

    async def play() -> None:
        silent = Swallowing(amqp_url, Swallowing.CONSUME_OK, count)
        async with silent.url() as url, asyncio.timeout(WITHIN):
            exchange = RabbitExchange(url, end="business", patience=QUICK, answered_within=1)
            consumer = await exchange.consume(handler)
            await until(lambda: "did not answer within 1 seconds" in (consumer.trouble or ""))
            gateway = RabbitExchange(amqp_url)
            await gateway.publish(letter(1))
            await until(lambda: arrived == ["m-1"])
            await until(lambda: consumer.trouble is None)
            assert silent.swallowed == count
            await exchange.close()
            await gateway.close()

    asyncio.run(play())


def test_a_broker_that_lets_nobody_go_is_left(amqp_url: str) -> None:
    async def handler(_: Letter) -> None:
        raise AssertionError("nothing was published")

    async def play() -> None:
        silent = Swallowing(amqp_url, Swallowing.CANCEL_OK, 1_000)
        async with silent.url() as url, asyncio.timeout(WITHIN):
            exchange = RabbitExchange(url, patience=QUICK, answered_within=1)
            consumer = await exchange.consume(handler)
            await until(lambda: consumer.trouble is None)
            await exchange.close()
            assert silent.swallowed == 1

    asyncio.run(play())


def test_a_deleted_queue_is_made_again(amqp_url: str) -> None:
    arrived: list[str] = []

    async def handler(given: Letter) -> None:
        arrived.append(given.message_id)

    async def play() -> None:
        exchange = RabbitExchange(amqp_url, patience=QUICK)
        business = RabbitExchange(amqp_url, end="business", patience=QUICK)
        consumer = await business.consume(handler)
        await exchange.publish(letter(1))
        await until(lambda: arrived == ["m-1"])
        channel = await exchange.open_channel()
        await channel.queue_delete(exchange.topology.out)
        await until(lambda: consumer.trouble is not None)
        await until(lambda: consumer.trouble is None)
        await exchange.publish(letter(2))
        await until(lambda: arrived == ["m-1", "m-2"])
        await exchange.close()
        await business.close()

    asyncio.run(play())


def test_an_outage_of_ours_costs_no_deliveries(amqp_url: str) -> None:
    """A letter that has to wait is offered more often than the delivery limit allows, and is still alive."""
    offers: list[str] = []

    async def handler(given: Letter) -> None:
        offers.append(given.message_id)
        if len(offers) < 8:
            raise NotNow("the ledger is away")

    async def play() -> None:
        topology = Topology(delivery_limit=2)
        patience = Patience(tries=3, pause=0.01, longest=0.02)
        exchange = RabbitExchange(amqp_url, topology=topology)
        business = RabbitExchange(amqp_url, topology=topology, end="business", patience=patience)
        await business.consume(handler)
        await exchange.publish(letter(1))
        await until(lambda: len(offers) == 8)
        await business.close()
        channel = await exchange.open_channel()
        for name in (topology.out, topology.dead):
            queue = await channel.get_queue(name)
            assert await queue.get(fail=False) is None
        await exchange.close()

    asyncio.run(play())
