"""Interchanges: envelopes that came in or went out, and the question whether one came before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, select

from gateway.ledger.faults import NotRecorded
from gateway.ledger.receipts import Receipt, answering_interchanges
from gateway.ledger.schema import interchange, transmission
from gateway.ledger.statements import spellings
from gateway.ledger.transmissions import Direction
from partners import canonical_qualifier


class InterchangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope. Offset and length are of its bytes in the transmission; ``sha256`` is of just those bytes."""

    id: str
    transmission: str
    position: int
    """1 for the first in its transmission."""
    direction: Direction
    syntax: str
    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    control_number: str
    version: str
    test: bool
    offset: int
    length: int
    sha256: str
    accepted: bool
    party: str | None = None
    agreement: str | None = None
    profile_sha256: str | None = None
    repeats: str | None = None
    """The earlier interchange that this one is a copy of."""
    findings: Sequence[object] = ()
    """At the level of the interchange and its groups; what JSON can hold, Structs included."""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """An interchange that used the same control number between the same two, and the receipts that answered it."""

    id: str
    sha256: str
    """Of its own bytes: equal for a true repeat, different for a number that was used twice."""
    accepted: bool
    at: datetime
    receipts: Sequence[Receipt]
    """The oldest first; each names the transmission whose bytes answer a repeat again."""


def record(connection: Connection, row: InterchangeRow) -> None:
    """Record an interchange; its transmission and its profile version come first."""
    connection.execute(insert(interchange).values(**msgspec.structs.asdict(row)))


def get(connection: Connection, interchange_id: str) -> InterchangeRow:
    """The interchange with this id; raises :class:`NotRecorded`."""
    row = connection.execute(select(interchange).where(interchange.c.id == interchange_id)).mappings().one_or_none()
    if row is None:
        raise NotRecorded("interchange", interchange_id)
    return InterchangeRow(**row)


def of_transmission(connection: Connection, transmission_id: str) -> list[InterchangeRow]:
    """The interchanges found in a transmission, in their order; one that was processed again comes after its first."""
    rows = connection.execute(
        select(interchange)
        .where(interchange.c.transmission == transmission_id)
        .order_by(interchange.c.offset, interchange.c.id)
    )
    return [InterchangeRow(**row) for row in rows.mappings()]


def earlier(
    connection: Connection,
    *,
    syntax: str,
    sender: tuple[str, str],
    receiver: tuple[str, str],
    control_number: str,
    since: datetime,
    direction: Direction = "in",
) -> list[Earlier]:
    """Interchanges that came since ``since`` with this control number, from the same sender to the same receiver.

    The newest first; copies that were recognised as such are left out, so what is listed had its own effect or its own
    rejection. ``sender`` and ``receiver`` are (qualifier, value) as the envelope has them; qualifiers are compared in
    their canonical form. This sees what is committed: take ``idempotency.claim`` as well, in the transaction that
    records the new one, to keep two workers from accepting the same interchange at the same moment.
    """
    rows = connection.execute(
        select(
            interchange.c.id,
            interchange.c.sha256,
            interchange.c.accepted,
            interchange.c.sender_qualifier,
            interchange.c.receiver_qualifier,
            transmission.c.at,
        )
        .join(transmission, transmission.c.id == interchange.c.transmission)
        .where(
            interchange.c.control_number.in_(spellings(control_number)),
            interchange.c.direction == direction,
            interchange.c.syntax == syntax,
            interchange.c.sender == sender[1].strip(),
            interchange.c.receiver == receiver[1].strip(),
            interchange.c.repeats.is_(None),
            transmission.c.at >= since,
        )
        .order_by(transmission.c.at.desc(), interchange.c.id.desc())
    ).all()
    wanted = canonical_qualifier(sender[0]), canonical_qualifier(receiver[0])
    same = [
        row
        for row in rows
        if (canonical_qualifier(row.sender_qualifier), canonical_qualifier(row.receiver_qualifier)) == wanted
    ]
    receipts = answering_interchanges(connection, [row.id for row in same])
    return [
        Earlier(
            id=row.id,
            sha256=row.sha256,
            accepted=row.accepted,
            at=row.at,
            receipts=[each for each in receipts if each.answers_interchange == row.id],
        )
        for row in same
    ]
