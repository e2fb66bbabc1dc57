"""Attempts: every single try to deliver a transmission, and how it ended. A later one never replaces an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Connection, func, insert, select

from gateway.ids import new_id
from gateway.ledger.faults import NotRecorded
from gateway.ledger.schema import attempt, transmission
from gateway.ledger.statements import chunks

Outcome = Literal["delivered", "failed", "refused"]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try; ``number`` counts from 1 for each transmission."""

    id: str
    transmission: str
    number: int
    at: datetime
    outcome: Outcome
    detail: str
    """What the counterpart or the network said."""


def record(connection: Connection, transmission_id: str, at: datetime, outcome: Outcome, detail: str) -> int:
    """The number of the attempt that ended so."""
    locked = select(transmission.c.id).where(transmission.c.id == transmission_id).with_for_update()
    if connection.execute(locked).one_or_none() is None:
        raise NotRecorded("transmission", transmission_id)
    last = connection.execute(select(func.max(attempt.c.number)).where(attempt.c.transmission == transmission_id))
    number = int(last.scalar() or 0) + 1
    connection.execute(
        insert(attempt).values(
            id=new_id("a", at), transmission=transmission_id, number=number, at=at, outcome=outcome, detail=detail
        )
    )
    return number


def of(connection: Connection, transmission_ids: Sequence[str]) -> list[Attempt]:
    """The attempts of these transmissions in the order in which they were made."""
    found = [
        Attempt(**row)
        for some in chunks(transmission_ids)
        for row in connection.execute(select(attempt).where(attempt.c.transmission.in_(some))).mappings()
    ]
    return sorted(found, key=lambda each: (each.at, each.transmission, each.number))
