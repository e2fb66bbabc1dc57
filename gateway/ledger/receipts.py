"""Receipts: what answers an interchange or a message. Every one is kept, also the repeating and the contradicting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, or_, select
from sqlalchemy.sql import ColumnElement

from gateway.exchange import ReceiptKind, Verdict
from gateway.ledger.schema import receipt
from gateway.ledger.statements import chunks
from gateway.ledger.transmissions import Direction


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. ``direction`` is ``in`` for what a counterpart told us, ``out`` for what we told it."""

    id: str
    kind: ReceiptKind
    direction: Direction
    party: str | None
    transmission: str
    """The bytes that carried it."""
    interchange: str | None = None
    """The interchange that carried it."""
    answers_interchange: str | None = None
    answers_message: str | None = None
    control_number: str = ""
    """Of the interchange that it says it answers; what follows, of the group and message."""
    group_type: str = ""
    group_number: str = ""
    message_reference: str = ""
    verdict: Verdict
    codes: Sequence[str] = ()
    text: str = ""
    """What it says, in one line for a person."""
    at: datetime


_INSERT = insert(receipt)


def record(connection: Connection, row: Receipt) -> None:
    """Record a receipt; the transmission that carried it comes first."""
    connection.execute(_INSERT, msgspec.structs.asdict(row))


def answering_interchanges(connection: Connection, interchange_ids: Sequence[str]) -> list[Receipt]:
    """The receipts that answer these interchanges or messages in them, the oldest first."""
    return [
        row for some in chunks(interchange_ids) for row in _where(connection, receipt.c.answers_interchange.in_(some))
    ]


def answering_message(connection: Connection, message_id: str, interchange_id: str | None) -> list[Receipt]:
    """The receipts that answer a message, or the whole of its interchange; the oldest first."""
    whole = (receipt.c.answers_interchange == interchange_id) & receipt.c.answers_message.is_(None)
    return _where(connection, or_(receipt.c.answers_message == message_id, whole))


def unmatched(connection: Connection, limit: int = 100) -> list[Receipt]:
    """Receipts that came and answer nothing we know, the oldest first."""
    nothing = receipt.c.answers_interchange.is_(None) & receipt.c.answers_message.is_(None)
    return _where(connection, nothing & (receipt.c.direction == "in"), limit)


def _where(connection: Connection, condition: ColumnElement[bool], limit: int | None = None) -> list[Receipt]:
    rows = connection.execute(select(receipt).where(condition).order_by(receipt.c.at, receipt.c.id).limit(limit))
    return [Receipt(**row) for row in rows.mappings()]
