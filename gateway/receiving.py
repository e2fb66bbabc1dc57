"""Arrival: bytes become durable and known before anybody is told that they arrived.

Promise 1 in three functions. Each archives the raw bytes, which are durable on return, and then commits *one*
transaction: the place of the bytes, the transmission, its event and the job that will read it. Only when they return
may a channel say OK to its peer: the SFTP server to a close, the RabbitMQ consumer to its broker, ``sallyport send`` to
its caller; or remove the file that it has fetched over there. A crash between the two leaves an orphan in a pack, which
nothing refers to; a crash after them is no loss.

An AS2 message brings several documents, a receipt and a row of its own, all of which are one transaction
(:mod:`gateway.channels.as2.reception`); :func:`record_arrival` is the part of it that all channels have in common.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from archive import Locator
from as2.source import Source
from gateway.arrival import Arrival
from gateway.ids import new_id
from gateway.instance import Gateway
from gateway.ledger import idempotency, journal, mailboxes, objects, transmissions
from gateway.ledger.transmissions import Transmission
from gateway.wiring import BUSINESS, LANES

READ, BUILD = "read", "build"
"""The stages that arrivals wait for: a partner's file is read, the company's document is built into a message."""

ARRIVAL_LANE = LANES["urgent"]
"""What came in is read at once: only then is it known how urgent it is, and what waits meanwhile may be a receipt."""


def receive_from_partner(gateway: Gateway, arrival: Arrival) -> str:
    """The id of the new transmission; the file is durable and its reading is ordered when this returns.

    Raises ``OSError`` when the spool does not give back what the channel had written into it.
    """
    # What was staged under a temporary name, or came before, is durable already.
    known = gateway.database.read(lambda connection: objects.find(connection, arrival.sha256))
    locator = known or gateway.archive.append(arrival.path.read_bytes())
    if locator.sha256 != arrival.sha256:
        raise OSError(errno.EIO, "what was read is not what was written: look at the disk of the spool", arrival.path)
    now = gateway.clock()
    transmission = _from_partner(arrival, locator, now)

    def commit(connection: Connection) -> None:
        objects.record(connection, locator, now)
        record_arrival(gateway, connection, transmission, READ)
        # What the partner sees of its own upload; a staged one gives up its place.
        if arrival.staged is not None:
            mailboxes.remove(connection, arrival.staged, now)
        mailboxes.place(
            connection, arrival.party, "in", arrival.name, locator.sha256, locator.size, transmission.id, now
        )

    gateway.database.write(commit)
    gateway.wake.set()
    return transmission.id


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was fetched from a place of others, and still lies there."""

    party: str
    channel: str
    protocol: str
    name: str
    content: Source
    sha256: str
    at: datetime
    facts: dict[str, str]


def receive_collected(gateway: Gateway, file: Collected, *, key: str) -> str | None:
    """The id of the new transmission, or ``None`` when this very file was taken before; it may now be removed.

    ``key`` tells it from other files of the channel. Raises ``OSError`` when the spool does not give back what was
    written into it.
    """
    (locator,) = gateway.keep(file.content)
    if locator.sha256 != file.sha256:
        raise OSError(errno.EIO, "what was read is not what was written: look at the disk of the spool", file.name)
    now = gateway.clock()
    transmission = _from_partner(file, locator, now)

    def commit(connection: Connection) -> str | None:
        earlier = idempotency.claim(
            connection,
            scope="collected",
            key=f"{file.channel}:{key}",
            sha256=file.sha256,
            subject=transmission.id,
            at=now,
        )
        if earlier is not None and earlier.same:
            return None
        objects.record(connection, locator, now)
        record_arrival(gateway, connection, transmission, READ)
        return transmission.id

    received = gateway.database.write(commit)
    gateway.wake.set()
    return received


def _from_partner(file: Arrival | Collected, locator: Locator, now: datetime) -> Transmission:
    """The row of a file that a partner sent, or that was fetched from it."""
    return Transmission(
        id=new_id("t", now),
        direction="in",
        side="partner",
        party=file.party,
        channel=file.channel,
        protocol=file.protocol,
        name=file.name,
        size=locator.size,
        sha256=locator.sha256,
        at=file.at,
        facts=file.facts,
        lane=ARRIVAL_LANE,
    )


class Conflict(Exception):
    """A message id came a second time with other content; the text says what the sender has to do."""


class Accepted(msgspec.Struct, frozen=True):
    """A business document that is durable; ``repeated`` when it had been accepted before and nothing new happened."""

    transmission: str
    repeated: bool


def receive_from_business(
    gateway: Gateway, *, message_id: str, flow: str, content: bytes, protocol: str, facts: Mapping[str, str]
) -> Accepted:
    """The new transmission, or the earlier one when the same document with the same id was accepted before.

    Raises :class:`Conflict` when the id is known with other content: the company's system would lose one of the two.
    """
    locator = gateway.archive.append(content)
    now = gateway.clock()
    transmission = Transmission(
        id=new_id("t", now),
        direction="in",
        side="business",
        party=None,
        channel=BUSINESS,
        protocol=protocol,
        name=message_id,
        size=locator.size,
        sha256=locator.sha256,
        at=now,
        facts={**facts, "flow": flow},
        lane=ARRIVAL_LANE,
    )

    def commit(connection: Connection) -> Accepted:
        earlier = idempotency.claim(
            connection,
            scope="business",
            key=message_id,
            sha256=hashlib.sha256(flow.encode() + b"\0" + content).hexdigest(),
            subject=transmission.id,
            at=now,
        )
        if earlier is not None:
            if not earlier.same:
                raise Conflict(
                    f"message id {message_id} was accepted on {earlier.at:%Y-%m-%d %H:%M:%S} UTC with other content;"
                    " send the new document under an id of its own"
                )
            journal.append(
                connection,
                at=now,
                subject=earlier.subject,
                kind="transmission-repeated",
                actor="gateway",
                data={"name": message_id},
            )
            return Accepted(earlier.subject, True)
        objects.record(connection, locator, now)
        record_arrival(gateway, connection, transmission, BUILD)
        return Accepted(transmission.id, False)

    accepted = gateway.database.write(commit)
    gateway.wake.set()
    return accepted


def record_arrival(gateway: Gateway, connection: Connection, transmission: Transmission, stage: str | None) -> None:
    """Record what came, in the caller's transaction, and order the stage that it waits for; ``None`` if for none.

    Its bytes (``objects.record``) come first.
    """
    transmissions.record(connection, transmission)
    journal.append(
        connection,
        at=transmission.at,
        subject=transmission.id,
        kind="transmission-received",
        actor=transmission.party or "business",
        data={"name": transmission.name, "size": transmission.size, "sha256": transmission.sha256},
    )
    if stage is not None:
        gateway.queue.enqueue(
            connection,
            kind=stage,
            key=f"{stage}:{transmission.id}",
            payload={"transmission": transmission.id},
            partner=transmission.party or BUSINESS,
            lane=transmission.lane,
        )
