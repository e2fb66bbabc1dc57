"""The company's own systems, over an exchange (:mod:`queues`): documents come in, canonical messages go out.

The exchange is another system than our database: an attempt is recorded as begun, then the letter is published and
confirmed, then that is recorded. Between the last two a crash makes the letter go out again, under the same id, by
which the receiver knows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

import structlog
from sqlalchemy import Connection

from archive import ArchiveFault
from gateway import gates
from gateway.channels.channel import Carry
from gateway.database import NOT_NOW
from gateway.instance import Gateway
from gateway.ledger import attempts, deliveries
from gateway.ledger.transmissions import Transmission
from gateway.publishing import retry_terms
from gateway.receiving import Conflict, receive_from_business
from gateway.wiring import BUSINESS
from gateway.working import GiveUp, TryAgain
from queues import Consumer, Exchange, ExchangeFault, Job, Letter, NotNow, PublishFault, UnfitLetter, Unroutable
from queues import Refused as RefusedLetter

log = structlog.get_logger()

PUBLISH_PATIENCE = 30.0
"""Seconds to wait for the exchange's confirmation before the attempt counts as failed."""

Runner = Callable[[Letter], None]
"""Publishes a letter from a worker's thread; returns when it is safe with the exchange."""


def runner(exchange: Exchange, loop: asyncio.AbstractEventLoop) -> Runner:
    """Publishes through an exchange that lives in another thread's event loop."""

    def publish(letter: Letter) -> None:
        future = asyncio.run_coroutine_threadsafe(exchange.publish(letter), loop)
        try:
            future.result(PUBLISH_PATIENCE)
        except TimeoutError:
            future.cancel()
            raise PublishFault(f"the exchange did not confirm within {PUBLISH_PATIENCE:.0f} seconds") from None

    return publish


class BusinessChannel:
    """:class:`gateway.channels.channel.Channel` over an exchange, which somebody else opens and closes."""

    def __init__(self, gateway: Gateway, exchange: Exchange, loop: asyncio.AbstractEventLoop) -> None:
        self._gateway = gateway
        self._exchange = exchange
        self._consumer: Consumer | None = None
        self.carries: Mapping[str, Carry] = published_with(runner(exchange, loop))

    @property
    def trouble(self) -> str | None:
        """Why nothing can be read from the company's systems at the moment."""
        return self._consumer.trouble if self._consumer is not None else None

    async def start(self) -> None:
        """See :class:`gateway.channels.channel.Channel`."""
        self._consumer = await self._exchange.consume(partial(_take, self._gateway))

    async def stop(self) -> None:
        """See :class:`gateway.channels.channel.Channel`."""
        if self._consumer is not None:
            await self._consumer.stop()


def published_with(publish: Runner) -> Mapping[str, Carry]:
    """How canonical documents go out, over this way to the company's systems."""

    def carry(gateway: Gateway, job: Job, transmission: Transmission) -> None:
        _publish(gateway, job, transmission, publish)

    return {"amqp": carry, "embedded": carry}


async def _take(gateway: Gateway, letter: Letter) -> None:
    """A document from the company's systems; it is durable when this returns, and only then acknowledged."""
    if BUSINESS in gateway.refusing:
        raise NotNow("nothing is taken from the company's own systems: somebody paused that")
    flow = letter.headers.get("flow") or letter.routing_key.partition(".")[2].replace(".", "/", 1)
    try:
        accepted = await asyncio.to_thread(
            receive_from_business,
            gateway,
            message_id=letter.message_id,
            flow=flow,
            content=letter.body,
            protocol="amqp" if gateway.home.config.business.amqp else "embedded",
            facts={"type": letter.type, "routing_key": letter.routing_key},
        )
    except Conflict as fault:
        raise RefusedLetter(str(fault)) from None
    except (ArchiveFault, *NOT_NOW) as fault:
        raise NotNow(str(fault)) from fault
    log.info("document taken", transmission=accepted.transmission, flow=flow, repeated=accepted.repeated)


def _publish(gateway: Gateway, job: Job, transmission: Transmission, publish: Runner) -> None:
    gateway.database.write(lambda c: deliveries.step(c, transmission.id, "start", at=gateway.clock(), actor="gateway"))
    letter = Letter(
        message_id=transmission.name,
        type=transmission.facts["type"],
        routing_key=f"canonical.{transmission.facts['type'].partition('/')[0]}.{transmission.party or 'none'}",
        body=gateway.content(transmission.sha256),
        headers={
            "party": transmission.party or "",
            "agreement": transmission.facts["agreement"],
            "flow": transmission.facts["flow"],
            "test": transmission.facts["test"],
            **{name: fact for name, fact in transmission.facts.items() if name == "reprocesses"},
        },
    )
    try:
        publish(letter)
    except UnfitLetter as fault:
        # Known before the exchange was asked.
        gateway.database.write(partial(_attempted, gateway, transmission, str(fault)))
        raise GiveUp("unfit", str(fault)) from None
    except Unroutable as fault:
        gates.reached(gateway, job)
        gateway.database.write(partial(_attempted, gateway, transmission, str(fault)))
        raise GiveUp("unroutable", f"{fault}. Bind a queue to the exchange, then resend") from None
    except ExchangeFault as fault:
        gateway.database.write(partial(_failed, gateway, transmission, str(fault)))
        gates.unreached(gateway, job, str(fault))
        terms = retry_terms(gateway, transmission)
        raise TryAgain(str(fault), terms.base, terms.cap, terms.budget) from None
    gates.reached(gateway, job)
    gateway.database.write(lambda c: _published(gateway, c, job, transmission))


def _published(gateway: Gateway, connection: Connection, job: Job, transmission: Transmission) -> None:
    now = gateway.clock()
    attempts.record(connection, transmission.id, now, "delivered", "the exchange confirmed it")
    deliveries.step(connection, transmission.id, "confirm", at=now, actor="business")
    gateway.queue.complete(connection, job)


def _attempted(gateway: Gateway, transmission: Transmission, reason: str, connection: Connection) -> None:
    attempts.record(connection, transmission.id, gateway.clock(), "failed", reason)


def _failed(gateway: Gateway, transmission: Transmission, reason: str, connection: Connection) -> None:
    _attempted(gateway, transmission, reason, connection)
    deliveries.step(connection, transmission.id, "fail", at=gateway.clock(), actor="gateway", data={"reason": reason})
