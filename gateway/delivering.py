"""Delivery: one outgoing transmission is brought to where it has to go, as often as it takes, always the same bytes.

*A partner's mailbox* lies in our own database, so placing the file and recording that it was placed are one
transaction. *The company's systems* are reached over an exchange (:mod:`queues`), which is another system: the attempt
is recorded as begun, then the letter is published and confirmed, then that is recorded. Between the last two a crash
makes the letter go out again, under the same id, by which the receiver knows it.

A name in a mailbox may be taken, since the profile says how files are called and numbers begin anew. What the partner
has not collected is never replaced by something else: the new file waits until it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection

from gateway.channels.as2.evidence import MDN_PROTOCOL, PROTOCOL
from gateway.channels.as2.sending import As2Sender
from gateway.instance import Gateway
from gateway.ledger import attempts, deliveries, mailboxes, transmissions
from gateway.ledger.transmissions import Transmission
from gateway.publishing import retry_terms
from gateway.working import GiveUp, Stage, TryAgain
from queues import Exchange, ExchangeFault, Job, Letter, PublishFault, UnfitLetter, Unroutable

PUBLISH_PATIENCE = 30.0
"""Seconds to wait for the exchange's confirmation before the attempt counts as failed."""

COLLECTED_WITHIN = timedelta(minutes=5)
"""The longest pause before it is looked again whether a partner has collected the file that has a name."""

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


def deliver_with(publish: Runner, as2: As2Sender | None = None) -> Stage:
    """The stage ``deliver``, over these ways to the company's systems and to partners."""

    def deliver(gateway: Gateway, job: Job) -> None:
        transmission = gateway.database.read(lambda c: transmissions.get(c, job.payload["transmission"]))
        if transmission.delivery in (None, "delivered", "doubtful", "cancelled", "refused"):
            # Done before, or decided otherwise meanwhile: nothing is left to do but to end the job.
            gateway.database.write(lambda c: gateway.queue.complete(c, job))
        elif transmission.protocol in (PROTOCOL, MDN_PROTOCOL) and transmission.side == "partner":
            if as2 is None:
                raise LookupError(f"transmission {transmission.id} goes over AS2, and nothing here sends that")
            as2.deliver(gateway, job, transmission)
        elif transmission.side == "partner":
            try:
                gateway.database.write(lambda c: _place(gateway, c, job, transmission))
            except _NameTaken as fault:
                gateway.database.write(partial(_attempted, gateway, transmission, str(fault)))
                raise TryAgain(str(fault), cap=COLLECTED_WITHIN) from None
        else:
            _publish(gateway, job, transmission, publish)

    return deliver


class _NameTaken(Exception):
    """Something else lies in the mailbox under this name."""


def _place(gateway: Gateway, connection: Connection, job: Job, transmission: Transmission) -> None:
    now = gateway.clock()
    if transmission.party is None:
        raise LookupError(f"transmission {transmission.id} has no party")
    there = mailboxes.find(connection, transmission.party, "out", transmission.name)
    if there is not None and there.collected_at is None and there.transmission != transmission.id:
        raise _NameTaken(
            f"`{transmission.party}` has not collected an earlier {transmission.name}; the new one waits for that."
            " Put {number} or {id} into `file_name` of its channel if names are not to repeat"
        )
    mailboxes.place(
        connection,
        transmission.party,
        "out",
        transmission.name,
        transmission.sha256,
        transmission.size,
        transmission.id,
        now,
    )
    attempts.record(connection, transmission.id, now, "delivered", f"placed in the mailbox as {transmission.name}")
    deliveries.step(connection, transmission.id, "confirm", at=now, actor="gateway", data={"name": transmission.name})
    gateway.queue.complete(connection, job)


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
        gateway.database.write(partial(_attempted, gateway, transmission, str(fault)))
        raise GiveUp("unfit", str(fault)) from None
    except Unroutable as fault:
        gateway.database.write(partial(_attempted, gateway, transmission, str(fault)))
        raise GiveUp("unroutable", f"{fault}. Bind a queue to the exchange, then resend") from None
    except ExchangeFault as fault:
        gateway.database.write(partial(_failed, gateway, transmission, str(fault)))
        terms = retry_terms(gateway, transmission)
        raise TryAgain(str(fault), terms.base, terms.cap, terms.budget) from None
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
