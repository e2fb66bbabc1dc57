"""Counts for metrics and the first page of a console: what is under way, what waits for whom and since when.

Everything that is counted over the whole ledger has an index that holds little more than what is counted; messages are
counted by status from a given moment on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import msgspec
from sqlalchemy import Column, Connection, func, select, text

from gateway.exchange import CaseState, ContentStatus, DeliveryState, DeliveryStatus, ExpectationState, ReceiptStatus
from gateway.ledger.schema import UNDELIVERED, case, expectation, message, transmission
from gateway.ledger.transmissions import Direction

S = TypeVar("S", bound=str)


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """How things stand. What has no member is not in a mapping; an ``oldest`` is ``None`` when there is none."""

    content: Mapping[tuple[Direction, ContentStatus], int]
    """Messages since the given moment, by direction and status; the two below likewise."""
    delivery: Mapping[tuple[Direction, DeliveryStatus], int]
    receipt: Mapping[tuple[Direction, ReceiptStatus], int]
    undelivered: Mapping[DeliveryState, int]
    """Transmissions that wait, are on their way, or are parked."""
    oldest_undelivered: datetime | None
    """When the oldest of those that are not parked was made."""
    expectations: Mapping[ExpectationState, int]
    """Receipts that are due and not complete: waiting, partially met, overdue."""
    next_due: datetime | None
    """When the first of those whose time runs is, or was, due and not yet marked overdue."""
    cases: Mapping[tuple[CaseState, str], int]
    """Cases that are not closed, by state and cause."""
    oldest_case: datetime | None


class Late(msgspec.Struct, frozen=True, kw_only=True):
    """What has not arrived at a partner in time."""

    party: str
    count: int
    oldest: datetime
    """When the first of it was made."""


def late_deliveries(connection: Connection, before: datetime) -> list[Late]:
    """By partner, what was made before a moment and has not arrived; not what was parked, which has a case."""
    rows = connection.execute(
        select(transmission.c.party, func.count().label("count"), func.min(transmission.c.at).label("oldest"))
        .where(
            text(UNDELIVERED),
            transmission.c.delivery.not_in(("parked", "doubtful")),
            transmission.c.at < before,
            transmission.c.side == "partner",
            transmission.c.party.is_not(None),
        )
        .group_by(transmission.c.party)
        .order_by(transmission.c.party)
    )
    return [Late(**row) for row in rows.mappings()]


def gather(connection: Connection, *, since: datetime) -> Statistics:
    """The statistics as of now, with messages counted from ``since`` on."""
    undelivered = text(UNDELIVERED)
    moving = select(func.min(transmission.c.at)).where(undelivered, transmission.c.delivery != "parked")
    due = expectation.c
    incomplete = due.state.in_(("waiting", "partially-met", "overdue"))
    running = due.state.in_(("waiting", "partially-met"))
    unclosed = case.c.state.in_(("open", "assigned"))
    return Statistics(
        content=_messages(connection, message.c.content, since),
        delivery=_messages(connection, message.c.delivery, since),
        receipt=_messages(connection, message.c.receipt, since),
        undelivered={
            row.delivery: row.many
            for row in connection.execute(
                select(transmission.c.delivery, func.count().label("many"))
                .where(undelivered)
                .group_by(transmission.c.delivery)
            )
        },
        oldest_undelivered=connection.execute(moving).scalar(),
        expectations={
            row.state: row.many
            for row in connection.execute(
                select(due.state, func.count().label("many")).where(incomplete).group_by(due.state)
            )
        },
        next_due=connection.execute(select(func.min(due.due_at)).where(running)).scalar(),
        cases={
            (row.state, row.cause): row.many
            for row in connection.execute(
                select(case.c.state, case.c.cause, func.count().label("many"))
                .where(unclosed)
                .group_by(case.c.state, case.c.cause)
            )
        },
        oldest_case=connection.execute(select(func.min(case.c.opened_at)).where(unclosed)).scalar(),
    )


def _messages(connection: Connection, column: Column[S], since: datetime) -> dict[tuple[Direction, S], int]:
    rows = connection.execute(
        select(message.c.direction, column.label("status"), func.count().label("many"))
        .where(message.c.at >= since)
        .group_by(message.c.direction, column)
    )
    return {(row.direction, row.status): row.many for row in rows}
