"""Searching messages: by any number or name somebody may have in hand, newest first, page by page.

A query is looked for in every place where it could stand: business references (in their normalised form), interchange
and group control numbers, message references, file names, identifiers. Each of these has an index, so the time a search
takes does not grow with the ledger. A query that ends with ``*`` means everything that begins with what comes before.

Pages are cut by key, not by count: ``before`` is the last message of the page before, so that what arrives meanwhile
shifts nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import CompoundSelect, Connection, Select, select, tuple_, union
from sqlalchemy.sql import ColumnElement

from gateway.exchange import ContentStatus, DeliveryStatus, ReceiptStatus
from gateway.ledger.messages import MessageRow
from gateway.ledger.references import normalise
from gateway.ledger.schema import carriage, interchange, message, reference, transmission
from gateway.ledger.statements import spellings
from gateway.ledger.transmissions import Direction


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was found, with what its row does not say: its envelope's number and the file it is in."""

    message: MessageRow
    control_number: str | None
    file: str | None


def messages(
    connection: Connection,
    query: str = "",
    *,
    party: str | None = None,
    direction: Direction | None = None,
    type: str | None = None,
    content: Sequence[ContentStatus] = (),
    delivery: Sequence[DeliveryStatus] = (),
    receipt: Sequence[ReceiptStatus] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    before: str | None = None,
) -> list[Hit]:
    """The newest messages that fit, at most ``limit``; an empty query fits all.

    Statuses: any of those given. ``since`` is included, ``until`` is not. ``before`` is the id of the last message of
    the page before.
    """
    table = message.c
    statement = (
        select(message, interchange.c.control_number, transmission.c.name.label("file"))
        .outerjoin(interchange, interchange.c.id == table.interchange)
        .outerjoin(transmission, transmission.c.id == table.transmission)
    )
    if query.strip():
        statement = statement.where(table.id.in_(_candidates(query.strip())))
    for column, wanted in ((table.party, party), (table.direction, direction), (table.type, type)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    for column, any_of in ((table.content, content), (table.delivery, delivery), (table.receipt, receipt)):
        if any_of:
            statement = statement.where(column.in_(any_of))
    if since is not None:
        statement = statement.where(table.at >= since)
    if until is not None:
        statement = statement.where(table.at < until)
    if before is not None:
        last = select(message.c.at).where(message.c.id == before).scalar_subquery()
        statement = statement.where(tuple_(table.at, table.id) < tuple_(last, before))
    rows = connection.execute(statement.order_by(table.at.desc(), table.id.desc()).limit(limit)).mappings()
    return [
        Hit(
            message=MessageRow(**{name: row[name] for name in message.c.keys()}),  # noqa: SIM118 (no mapping)
            control_number=row["control_number"],
            file=row["file"],
        )
        for row in rows
    ]


def _candidates(query: str) -> CompoundSelect[tuple[str]]:
    """The ids of the messages that the query may mean, from one index each."""
    prefix = query.endswith("*")
    text = query.removesuffix("*").strip()
    numbers = [text] if prefix else spellings(text)

    def number(column: ColumnElement[str]) -> ColumnElement[bool]:
        return _is(column, text, True) if prefix else column.in_(numbers)

    # Through the small side first: IN keeps SQLite from walking along all messages to look each one's envelope up.
    envelopes = select(interchange.c.id).where(number(interchange.c.control_number))
    files = select(transmission.c.id).where(_is(transmission.c.name, text, prefix))
    of_message = select(message.c.id)
    found: list[Select[tuple[str]]] = [
        of_message.where(number(message.c.reference)),
        of_message.where(number(message.c.group_number)),
        of_message.where(message.c.interchange.in_(envelopes)),
        of_message.where(message.c.transmission.in_(files)),
        select(carriage.c.message).where(carriage.c.transmission.in_(files)),
    ]
    if normal := normalise(text):
        found.append(select(reference.c.message).where(_is(reference.c.value, normal, prefix)))
    if not prefix:
        found += [
            of_message.where(message.c.id == text),
            of_message.where(message.c.interchange == text),
            of_message.where(message.c.transmission == text),
            of_message.where(message.c.source == text),
            select(carriage.c.message).where(carriage.c.transmission == text),
        ]
    return union(*found)


def _is(column: ColumnElement[str], text: str, prefix: bool) -> ColumnElement[bool]:
    """Equality; or the range of what begins with ``text``, which is a range of a bytewise column's index too."""
    if not prefix:
        return column == text
    # U+10FFFF is the highest character, so it ends the range on any text that PostgreSQL and SQLite can hold.
    return (column >= text) & (column < text + "\U0010ffff")
