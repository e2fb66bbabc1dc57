"""Messages: what stands between one ST and SE or UNH and UNT, or will stand there.

The three statuses of a row are a cache of its journal's fold (:mod:`gateway.ledger.journal`); nothing else writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, select, update

from gateway.exchange import ContentStatus, DeliveryStatus, ReceiptStatus, Statuses
from gateway.ledger.faults import NotRecorded
from gateway.ledger.schema import message
from gateway.ledger.transmissions import Direction

_FRESH = Statuses()


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message; what is not known (a flow, a canonical form) is ``None``."""

    id: str
    direction: Direction
    standard: str
    type: str
    version: str
    reference: str
    at: datetime
    position: int = 1
    transmission: str | None = None
    """The one over the partner's wire."""
    interchange: str | None = None
    source: str | None = None
    """Outgoing: the transmission that brought the canonical document it was made from."""
    party: str | None = None
    agreement: str | None = None
    flow: str | None = None
    group_type: str = ""
    group_number: str = ""
    test: bool = False
    offset: int = 0
    """Of its bytes in ``transmission``."""
    length: int = 0
    canonical_type: str | None = None
    canonical_sha256: str | None = None
    profile_sha256: str | None = None
    guide: str | None = None
    map: str | None = None
    lane: int = 5
    findings: Sequence[object] = ()
    """What JSON can hold, Structs included."""
    parent: str | None = None
    """The message that this one was made again from (reprocess)."""
    content: ContentStatus = _FRESH.content
    delivery: DeliveryStatus = _FRESH.delivery
    receipt: ReceiptStatus = _FRESH.receipt


def record(connection: Connection, row: MessageRow) -> None:
    """Record a message, whatever its statuses say as one about which nothing happened yet; events then move it."""
    record_all(connection, [row])


def record_all(connection: Connection, rows: Sequence[MessageRow]) -> None:
    """Record several messages at once."""
    if rows:
        fresh = msgspec.structs.asdict(_FRESH)
        connection.execute(insert(message), [{**msgspec.structs.asdict(row), **fresh} for row in rows])


def get(connection: Connection, message_id: str) -> MessageRow:
    """The message with this id; raises :class:`NotRecorded`."""
    row = connection.execute(select(message).where(message.c.id == message_id)).mappings().one_or_none()
    if row is None:
        raise NotRecorded("message", message_id)
    return MessageRow(**row)


def translated(
    connection: Connection, message_id: str, *, canonical_type: str, canonical_sha256: str, map: str
) -> None:
    """Note the canonical form that an incoming message was turned into; its bytes come first."""
    changed = connection.execute(
        update(message)
        .where(message.c.id == message_id)
        .values(canonical_type=canonical_type, canonical_sha256=canonical_sha256, map=map)
    )
    if not changed.rowcount:
        raise NotRecorded("message", message_id)


def of_interchange(connection: Connection, interchange_id: str) -> list[MessageRow]:
    """The messages of an interchange in their order."""
    rows = connection.execute(
        select(message).where(message.c.interchange == interchange_id).order_by(message.c.position, message.c.id)
    )
    return [MessageRow(**row) for row in rows.mappings()]


def made_from(connection: Connection, *, parent: str | None = None, source: str | None = None) -> list[MessageRow]:
    """The messages made again from another one (``parent``), or from a canonical document (``source``)."""
    condition = message.c.parent == parent if parent is not None else message.c.source == source
    rows = connection.execute(select(message).where(condition).order_by(message.c.id))
    return [MessageRow(**row) for row in rows.mappings()]
