"""MDNs that came and answer nothing we know yet: they wait, are tried again, and end matched or expired.

One row for each, beside the transmission that carried it; the bytes are in the archive. A row that has ended stays, as
what became of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Connection, exists, func, insert, select, update
from sqlalchemy.sql import ColumnElement

from gateway.ledger.schema import as2_sent, as2_waiting

End = Literal["matched", "expired"]


class WaitingMdn(msgspec.Struct, frozen=True, kw_only=True):
    """One MDN that waits, or waited."""

    transmission: str
    """It as it came."""
    message_id: str
    """The id that it names, without angle brackets; empty when it names none."""
    party: str
    channel: str
    proven: bool
    """Whether the partner signed it; without that its names are all that says whose it is."""
    said: str
    """What it says, in one line for a person."""
    at: datetime
    told_at: datetime | None = None
    """Since when there is a case."""
    ended_at: datetime | None = None
    ended: End | None = None


_WAITS = as2_waiting.c.ended_at.is_(None)


def record(connection: Connection, row: WaitingMdn) -> None:
    """Record an MDN that waits; its transmission comes first."""
    connection.execute(insert(as2_waiting).values(**msgspec.structs.asdict(row)))


def count(connection: Connection, channel: str, *, proven: bool) -> int:
    """How many of a channel wait, of those that are proven or of the others."""
    condition = _WAITS & (as2_waiting.c.channel == channel) & (as2_waiting.c.proven == proven)
    return connection.execute(select(func.count()).select_from(as2_waiting).where(condition)).scalar_one()


def matching(connection: Connection, limit: int) -> Sequence[WaitingMdn]:
    """Those whose message is in the ledger now, the oldest first."""
    sent = exists().where(as2_sent.c.message_id == as2_waiting.c.message_id)
    return _where(connection, _WAITS & (as2_waiting.c.message_id != "") & sent, limit)


def untold(connection: Connection, before: datetime, limit: int) -> Sequence[WaitingMdn]:
    """Those that came before a moment and have no case, the oldest first."""
    return _where(connection, _WAITS & as2_waiting.c.told_at.is_(None) & (as2_waiting.c.at <= before), limit)


def outdated(connection: Connection, before: datetime, limit: int) -> Sequence[WaitingMdn]:
    """Those that came before a moment, the oldest first."""
    return _where(connection, _WAITS & (as2_waiting.c.at <= before), limit)


def list(connection: Connection, *, party: str | None = None, limit: int = 100) -> Sequence[WaitingMdn]:
    """Those that wait, the oldest first."""
    return _where(connection, _WAITS if party is None else _WAITS & (as2_waiting.c.party == party), limit)


def tell(connection: Connection, transmission: str, at: datetime) -> bool:
    """Whether it waits and nobody was told before; somebody is from now on."""
    still = (as2_waiting.c.transmission == transmission) & _WAITS & as2_waiting.c.told_at.is_(None)
    return connection.execute(update(as2_waiting).where(still).values(told_at=at)).rowcount == 1


def end(connection: Connection, transmission: str, how: End, at: datetime) -> bool:
    """Whether it waited; from now on it does not."""
    still = (as2_waiting.c.transmission == transmission) & _WAITS
    return connection.execute(update(as2_waiting).where(still).values(ended=how, ended_at=at)).rowcount == 1


def _where(connection: Connection, condition: ColumnElement[bool], limit: int) -> Sequence[WaitingMdn]:
    statement = select(as2_waiting).where(condition).order_by(as2_waiting.c.at, as2_waiting.c.transmission)
    return [WaitingMdn(**row) for row in connection.execute(statement.limit(limit)).mappings()]
