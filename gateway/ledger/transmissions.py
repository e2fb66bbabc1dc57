"""Transmissions: bytes that went once over a wire, either way, to or from a partner or the company's own systems."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.sql import ColumnElement

from gateway.exchange import DeliveryState
from gateway.ledger.faults import NotRecorded
from gateway.ledger.schema import carriage, transmission

Direction = Literal["in", "out"]
Side = Literal["partner", "business"]


MDN_PROTOCOL = "as2-mdn"
"""Of receipts of AS2, which are settled in the transaction that records them, or given in an answer."""
NOT_READ = "not_read"
"""The fact of something that came in and holds no interchange: why it is kept and not read."""


class Transmission(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that went, or are to go, once over a wire. ``direction`` is as the gateway sees it."""

    id: str
    direction: Direction
    side: Side
    party: str | None
    channel: str
    protocol: str
    name: str
    """The file name, or the transport's message id."""
    size: int
    sha256: str
    """Names the bytes; they are in the archive."""
    at: datetime
    facts: Mapping[str, str]
    """What the wire knew: remote address, key fingerprint, client. Evidence, not instructions."""
    delivery: DeliveryState | None = None
    """Where an outgoing transmission stands; ``None`` for one that came in or was not queued yet."""
    lane: int = 5
    answers: str | None = None
    """The transmission that this one acknowledges."""


_INSERT = insert(transmission)


def record(connection: Connection, row: Transmission) -> None:
    """Record a transmission; its bytes (``objects.record``) come first. Only ``deliveries`` sets ``delivery``."""
    connection.execute(_INSERT, {**msgspec.structs.asdict(row), "delivery": None})


def get(connection: Connection, transmission_id: str) -> Transmission:
    """The transmission with this id; raises :class:`NotRecorded`."""
    found = _where(connection, transmission.c.id == transmission_id)
    if not found:
        raise NotRecorded("transmission", transmission_id)
    return found[0]


def add_facts(connection: Connection, transmission_id: str, facts: Mapping[str, str]) -> None:
    """Note what was found out about a transmission after it was recorded; what stood there before stays."""
    known = get(connection, transmission_id).facts
    both = {**facts, **known}
    connection.execute(update(transmission).where(transmission.c.id == transmission_id).values(facts=both))


def named(connection: Connection, name: str, protocol: str) -> list[Transmission]:
    """The transmissions of this name and protocol, the oldest first."""
    return _where(connection, (transmission.c.name == name) & (transmission.c.protocol == protocol))


def carrying(connection: Connection, message_id: str) -> list[Transmission]:
    """The outgoing transmissions that carry a message, the oldest first."""
    carriers = select(carriage.c.transmission).where(carriage.c.message == message_id)
    return _where(connection, transmission.c.id.in_(carriers))


def answering(connection: Connection, transmission_id: str) -> list[Transmission]:
    """The transmissions that acknowledge this one, the oldest first."""
    return _where(connection, transmission.c.answers == transmission_id)


def _where(connection: Connection, condition: ColumnElement[bool]) -> list[Transmission]:
    rows = connection.execute(select(transmission).where(condition).order_by(transmission.c.at, transmission.c.id))
    return [Transmission(**row) for row in rows.mappings()]
