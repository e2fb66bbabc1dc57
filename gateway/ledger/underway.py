"""What came in over a channel and is not worked off yet."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from gateway.ledger.schema import transmission
from queues.schema import job

_ID = 22
"""Characters of a transmission's id."""
_STAGES = ("read", "build")
"""The stages that arrivals wait for (:mod:`gateway.receiving`); their jobs are called by the transmission."""


def taken_in(connection: Connection) -> dict[str, int]:
    """By channel, how many transmissions came in and still wait to be read, or are being read."""
    arrived = func.substr(job.c.key, func.length(job.c.kind) + 2, _ID)
    counted = (
        select(transmission.c.channel, func.count())
        .join(job, transmission.c.id == arrived)
        .where(job.c.kind.in_(_STAGES), job.c.state != "buried")
        .group_by(transmission.c.channel)
    )
    return {channel: many for channel, many in connection.execute(counted)}
