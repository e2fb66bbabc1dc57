"""The exchange on RabbitMQ, from 3.10 on.

*Topology.* One durable topic exchange; a quorum queue for each direction and one for dead letters. Both directions say
their delivery limit (from 4.0 on the default is 20, before there is none), refuse to publish when full, and hand what
they give up to the dead letters at-least-once, which needs that refusal. The queue of dead letters has a limit too high
to be met, for a limit that is met there would drop letters.

An exchange without queues of ours (:class:`Topology`) is declared alone: whoever wants its letters binds a queue.

*Publishing* is persistent, mandatory and confirmed, any number at a time on one channel. Where no queue is ours it is
not mandatory, for a letter that nobody has asked for is no fault. The broker acknowledges an
unroutable letter like any other; only ``mandatory`` makes it come back first, and the channel then raises it. The
client finds out which of the letters under way came back by their message id, hence two with the same id go one after
the other.

*Consuming* acknowledges a letter after its handler returned. A letter whose handler says :class:`NotNow` stays in hand
and is offered again here: giving it back would count towards its delivery limit, and an outage of ours would kill it. A
refused letter is published to the dead letters together with its reason, confirmed, and acknowledged only then; the
broker's own way cannot carry a reason. A crash in between makes two of it, never none.

*Connections.* The client's own reconnecting is not used: it restores channels behind our back, and a publication that
was under way needs an answer now. Instead a fault ends the channel for whoever used it; a publisher hears of it as
:class:`PublishFault` and a consumer begins again from nothing, topology included, after a pause. Both share one
connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from urllib.parse import urlsplit

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import (
    CONNECTION_EXCEPTIONS,
    ChannelPreconditionFailed,
    DeliveryError,
    PublishError,
)

from queues.consumer import Patience, ended_by, offer, unless
from queues.exchange import (
    BODY_LIMIT,
    Consumer,
    End,
    ExchangeFault,
    Handler,
    Letter,
    Mismatch,
    PublishFault,
    Topology,
    Unreachable,
    Unroutable,
    check_fit,
    reserved,
)

PREFETCH = 100
"""Letters in hand at a time; larger gains little, smaller costs throughput."""

CONFIRMED_WITHIN = 30.0
"""Seconds until a publication without an answer counts as failed."""

ANSWERED_WITHIN = 10.0
"""Seconds until a request to the broker without an answer counts as failed; one that has just started may lose some."""

HEARTBEAT = 20
"""Seconds; a broker that fell silent is noticed after about three of them."""

CONNECTING_PAUSE = 0.25
"""Seconds after a connection failed in which nobody tries another."""

REASON = "sallyport-reason"
FIRST_QUEUE = "sallyport-queue"
FIRST_ROUTING_KEY = "sallyport-routing-key"

_FAULTS = (*CONNECTION_EXCEPTIONS, TimeoutError)

_log = logging.getLogger(__name__)


class RabbitExchange:
    """One end of the exchange on a broker. Connects when it is first needed, and again whenever it is needed."""

    def __init__(
        self,
        url: str,
        *,
        topology: Topology | None = None,
        end: End = "gateway",
        patience: Patience | None = None,
        prefetch: int = PREFETCH,
        body_limit: int = BODY_LIMIT,
        confirmed_within: float = CONFIRMED_WITHIN,
        answered_within: float = ANSWERED_WITHIN,
    ) -> None:
        """``url`` is ``amqp://user:password@host:port/vhost`` or ``amqps://…``; it is never shown."""
        self.topology = topology or Topology()
        self.patience = patience or Patience()
        self.prefetch = prefetch
        self.end: End = end
        parts = urlsplit(url)
        self._url = url if "heartbeat=" in parts.query else f"{url}{'&' if parts.query else '?'}heartbeat={HEARTBEAT}"
        port = parts.port or (5671 if parts.scheme == "amqps" else 5672)
        self._shown = f"RabbitMQ at {parts.hostname}:{port}, virtual host {parts.path[1:] or '/'}"
        self._name = f"sallyport {end}"
        self._body_limit = body_limit
        self._confirmed_within = confirmed_within
        self._answered_within = answered_within
        self._lock = asyncio.Lock()
        self._publishing_lock = asyncio.Lock()
        self._declared = False
        self._unreachable: tuple[float, str] = (0.0, "")
        self._connection: AbstractConnection | None = None
        self._publishing: AbstractChannel | None = None
        self._under_way: dict[str, asyncio.Event] = {}
        self._consumers: list[_RabbitConsumer] = []

    async def connect(self) -> None:
        """Return when the broker answers and has the topology; else :class:`Unreachable` or :class:`Mismatch`."""
        await (await self.open_channel()).close()

    async def publish(self, letter: Letter) -> None:
        """As the seam says."""
        check_fit(letter, self._body_limit)
        await self._send(letter, self.topology.exchange, letter.routing_key, letter.headers)

    async def consume(self, handler: Handler) -> Consumer:
        """As the seam says, ``prefetch`` letters at a time. Returns also while the broker is away: see ``trouble``."""
        consumer = _RabbitConsumer(self, handler)
        self._consumers.append(consumer)
        return consumer

    async def close(self) -> None:
        """Stop the consumers and leave."""
        for consumer in self._consumers:
            await consumer.stop()
        async with self._lock:
            await self._leave()

    async def bury(self, letter: Letter, reason: str) -> None:
        """Return when the letter is among the dead letters, with its reason. Errors as ``publish``."""
        # A header table may not grow without bound: the broker's largest frame is 128 kB.
        headers = letter.headers | {
            REASON: reason[:2000],
            FIRST_QUEUE: self.topology.read_by(self.end),
            FIRST_ROUTING_KEY: letter.routing_key,
        }
        await self._send(letter, "", self.topology.dead, headers)

    async def open_channel(self, *, declare: bool = False) -> AbstractChannel:
        """A fresh channel on the shared connection, which is made now if there is none. Errors as ``connect``.

        The topology is declared once per connection, and with ``declare`` in any case: somebody may have deleted it.
        """
        async with self._lock:
            until, reason = self._unreachable
            if asyncio.get_running_loop().time() < until:
                raise Unreachable(reason)
            try:
                async with asyncio.timeout(self._answered_within):
                    if self._connection is None:
                        self._connection, declare = await self._connect(), True
                    if declare or not self._declared:
                        await self._declare(self._connection)
                        self._declared = True
                    return await self._connection.channel(on_return_raises=True)
            except ChannelPreconditionFailed as error:
                await self._leave()
                raise Mismatch(
                    f"{self._shown}: a queue or exchange of ours was declared otherwise ({error}). Delete it when it "
                    "is empty, or choose another name"
                ) from error
            except _FAULTS as error:
                # Whoever comes next begins with a fresh connection; a crowd of publishers does not try one each.
                await self._leave()
                reason = (
                    f"{self._shown} cannot be used: {type(error).__name__} {error}. It is tried again; check that it "
                    "runs, the address, user, password and virtual host"
                )
                self._unreachable = (asyncio.get_running_loop().time() + CONNECTING_PAUSE, reason)
                raise Unreachable(reason) from error

    @asynccontextmanager
    async def answered(self) -> AsyncIterator[None]:
        """What is awaited within has to be answered in time: the client itself waits for a silent broker for ever.

        Raises ``TimeoutError`` with a text for a person.
        """
        try:
            async with asyncio.timeout(self._answered_within):
                yield
        except TimeoutError as error:
            text = f"{self._shown} did not answer within {self._answered_within:g} seconds. It is tried again"
            raise TimeoutError(text) from error

    async def _connect(self) -> AbstractConnection:
        connection = await aio_pika.connect(self._url, client_properties={"connection_name": self._name})

        def lost(*_: object) -> None:
            # The connection does not say later that the other side is gone; it says so once, here.
            if self._connection is connection:
                self._connection = None

        connection.close_callbacks.add(lost)
        return connection

    async def _leave(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            with suppress(*_FAULTS):
                async with self.answered():
                    await connection.close()

    async def _declare(self, connection: AbstractConnection) -> None:
        topology = self.topology
        async with connection.channel() as channel:
            exchange = await channel.declare_exchange(topology.exchange, aio_pika.ExchangeType.TOPIC, durable=True)
            if not topology.queues:
                return
            await channel.declare_queue(
                topology.dead,
                durable=True,
                arguments={"x-queue-type": "quorum", "x-delivery-limit": 1_000_000},
            )
            for name, binding in topology.queues:
                queue = await channel.declare_queue(
                    name,
                    durable=True,
                    arguments={
                        "x-queue-type": "quorum",
                        "x-delivery-limit": topology.delivery_limit,
                        "x-max-length": topology.length_limit,
                        "x-overflow": "reject-publish",
                        "x-dead-letter-exchange": "",
                        "x-dead-letter-routing-key": topology.dead,
                        "x-dead-letter-strategy": "at-least-once",
                    },
                )
                await queue.bind(exchange, binding)

    async def _send(self, letter: Letter, exchange: str, routing_key: str, headers: dict[str, str]) -> None:
        message = aio_pika.Message(
            letter.body,
            message_id=letter.message_id,
            type=letter.type,
            headers=dict(headers),
            content_type=self.topology.content_type,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            app_id="sallyport",
        )
        again = f"Publish letter {letter.message_id} again with the same id"
        try:
            async with self._alone(letter.message_id), asyncio.timeout(self._confirmed_within):
                channel = await self._publishing_channel()
                target = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
                await target.publish(message, routing_key, mandatory=bool(self.topology.queues))
        except PublishError as error:
            # Perhaps a queue was deleted: the next publication declares what is missing.
            self._declared = False
            raise Unroutable(
                f"{self._shown}: no queue takes the routing key {routing_key}. Mend the binding. {again}"
            ) from error
        except DeliveryError as error:
            raise PublishFault(
                f"{self._shown} refused the letter, most likely since a queue is full: let it be read. {again}"
            ) from error
        except TimeoutError as error:
            raise PublishFault(
                f"{self._shown} did not confirm within {self._confirmed_within:g} seconds. {again}"
            ) from error
        except (*_FAULTS, ExchangeFault) as error:
            # Perhaps the exchange was deleted, which ends the channel and not the connection.
            self._declared = False
            raise PublishFault(f"{self._shown} was lost or cannot be used: {error}. {again}") from error
        except asyncio.CancelledError as error:
            # A channel that closes cancels what waits for its confirms; that is no wish of our caller's.
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            raise PublishFault(f"{self._shown} closed the channel. {again}") from error

    async def _publishing_channel(self) -> AbstractChannel:
        async with self._publishing_lock:
            if self._publishing is None or self._publishing.is_closed:
                self._publishing = await self.open_channel()
            elif not self._declared:
                await (await self.open_channel()).close()
            return self._publishing

    @asynccontextmanager
    async def _alone(self, message_id: str) -> AsyncIterator[None]:
        """Only one publication of a message id at a time."""
        while under_way := self._under_way.get(message_id):
            await under_way.wait()
        mine = self._under_way[message_id] = asyncio.Event()
        try:
            yield
        finally:
            del self._under_way[message_id]
            mine.set()


class _RabbitConsumer:
    """Reads until it is stopped, over any number of connections."""

    def __init__(self, exchange: RabbitExchange, handler: Handler) -> None:
        self._exchange = exchange
        self._queue = exchange.topology.read_by(exchange.end)
        self._handler = handler
        self._stopping = asyncio.Event()
        self._trouble: str | None = "Not connected yet"
        self._task = asyncio.create_task(self._run())

    @property
    def trouble(self) -> str | None:
        """Why nothing is read at the moment."""
        return ended_by(self._task) or self._trouble

    async def stop(self) -> None:
        """Return when the handlers at work have returned; what else was in hand goes back to the queue."""
        self._stopping.set()
        await self._task

    async def _run(self) -> None:
        rounds = 0
        while not self._stopping.is_set():
            try:
                await self._read()
                rounds = 0
                self._trouble = f"The channel to {self._queue} was closed"
            except (*_FAULTS, ExchangeFault) as error:
                rounds += 1
                self._trouble = str(error)
            if not self._stopping.is_set():
                _log.warning("Letters cannot be read: %s", self._trouble)
                await unless(self._stopping, asyncio.sleep(self._exchange.patience.seconds(rounds + 1)))

    async def _read(self) -> None:
        """Read over one channel, until it ends or the consumer is stopped."""
        ended = asyncio.Event()
        at_work: set[asyncio.Task[None]] = set()

        async def take(message: AbstractIncomingMessage) -> None:
            # In a task of ours: the client would cancel its own when the channel closes, and a handler may not be cut.
            task = asyncio.create_task(self._deal(message, ended))
            at_work.add(task)
            task.add_done_callback(at_work.discard)

        channel = await unless(self._stopping, self._exchange.open_channel(declare=True))
        if channel is None:
            return
        try:
            channel.close_callbacks.add(lambda *_: ended.set())
            if (begun := await unless(self._stopping, self._begin(channel, take, ended))) is None:
                return
            queue, tag = begun
            self._trouble = None
            await unless(self._stopping, ended.wait())
            if not ended.is_set():
                async with self._exchange.answered():
                    await queue.cancel(tag)
        finally:
            ended.set()
            await asyncio.gather(*at_work)
            with suppress(*_FAULTS):
                async with self._exchange.answered():
                    await channel.close()

    async def _begin(
        self, channel: AbstractChannel, take: Callable[[AbstractIncomingMessage], Awaitable[None]], ended: asyncio.Event
    ) -> tuple[AbstractQueue, str]:
        """The queue that is read from now on, and the name of the reading; a fault when the broker does not answer.

        A broker that has just come back may never answer: it took the request before its queue had a leader.
        """
        async with self._exchange.answered():
            # When the queue is deleted the broker cancels the consumer and leaves the channel open.
            (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(lambda _: ended.set())
            await channel.set_qos(prefetch_count=self._exchange.prefetch)
            queue = await channel.get_queue(self._queue, ensure=False)
            return queue, await queue.consume(take)

    async def _deal(self, message: AbstractIncomingMessage, ended: asyncio.Event) -> None:
        """Offer the letter until something is decided about it, or until it has to go back to the queue."""
        letter = _letter(message)
        failures = rounds = 0
        reason: str | None = None
        while True:
            if reason is None:
                verdict = await offer(self._handler, letter)
                failures += verdict.kind == "failed"
                if verdict.kind == "refused" or failures >= self._exchange.patience.tries:
                    reason = verdict.reason
            if reason is not None:
                try:
                    await self._exchange.bury(letter, reason)
                except ExchangeFault as error:
                    _log.warning("Letter %s cannot be moved to the dead letters yet: %s", letter.message_id, error)
                else:
                    break
            elif verdict.kind == "done":
                break
            rounds += 1
            await unless(ended, asyncio.sleep(self._exchange.patience.seconds(rounds)))
            if ended.is_set():
                return
        # A channel that closed meanwhile makes the letter come again, which its handler has to expect anyhow. Without
        # the limit a lost connection holds this for ever: nobody writes any more what the client has put in its queue.
        with suppress(*_FAULTS):
            async with self._exchange.answered():
                await message.ack()


def _letter(message: AbstractIncomingMessage) -> Letter:
    """The letter in a message that anybody may have sent: what is missing is filled in."""
    return Letter(
        message_id=message.message_id or f"sha256:{sha256(message.body).hexdigest()}",
        type=message.type or "",
        routing_key=message.routing_key or "",
        body=message.body,
        headers={name: str(value) for name, value in message.headers.items() if not reserved(name)},
    )
