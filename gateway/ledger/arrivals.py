"""When something came in a flow."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from gateway.ledger.schema import message


def latest(connection: Connection, party: str, agreement: str, flow: str, limit: int) -> list[datetime]:
    """The last ``limit`` moments at which messages came in a flow, whatever was thought of them; the oldest first.

    The messages of one file share a moment.
    """
    own = message.c
    rows = connection.execute(
        select(own.at)
        .where(own.party == party, own.agreement == agreement, own.flow == flow, own.direction == "in")
        .distinct()
        .order_by(own.at.desc())
        .limit(limit)
    )
    return sorted(rows.scalars())
