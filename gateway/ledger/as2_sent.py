"""AS2 messages of ours: what every attempt sends, and what a receipt for one is judged by.

The row is written, with its bytes in the archive, before the first attempt. So whatever is killed, the next attempt
sends the same bytes under the same Message-ID and Date; and an MDN that overtakes our own note of the sending finds
what it answers. A later ``generation`` is the same document built anew under an id of its own, for partners that refuse
a Message-ID they have seen before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Connection, RowMapping, insert, select

from as2.digests import DigestName
from as2.mic import Candidate
from gateway.ledger.schema import as2_sent
from gateway.ledger.statements import chunks


class SentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it is sent."""

    transmission: str
    generation: int
    sender: str
    receiver: str
    """AS2 names, unquoted."""
    message_id: str
    """Without angle brackets."""
    headers: Sequence[tuple[str, str]]
    body_sha256: str
    receipt: Literal["none", "sync", "async"]
    signed: bool
    """Whether a signed MDN is asked for."""
    requested: DigestName
    """The weakest digest that is asked for."""
    candidates: Sequence[Candidate]
    """What a MIC may be the digest of, the expected one first."""
    at: datetime


class SentAs(msgspec.Struct, frozen=True, kw_only=True):
    """Under which id a transmission went out over AS2, and since when."""

    transmission: str
    message_id: str
    """Without angle brackets."""
    at: datetime


def record(connection: Connection, row: SentRow) -> None:
    """Record a message that was built; its transmission and its bytes (``objects.record``) come first."""
    values = msgspec.structs.asdict(row)
    values["headers"] = [list(each) for each in row.headers]
    values["candidates"] = msgspec.to_builtins(row.candidates)
    connection.execute(insert(as2_sent).values(**values))


def latest(connection: Connection, transmission_id: str) -> SentRow | None:
    """How a transmission is sent now; ``None`` when it was not built yet."""
    statement = (
        select(as2_sent)
        .where(as2_sent.c.transmission == transmission_id)
        .order_by(as2_sent.c.generation.desc())
        .limit(1)
    )
    found = connection.execute(statement).mappings().one_or_none()
    return _row(found) if found is not None else None


def ids(connection: Connection, transmission_ids: Sequence[str]) -> list[SentAs]:
    """The Message-IDs of these transmissions, the oldest first."""
    found = [
        SentAs(transmission=row.transmission, message_id=row.message_id, at=row.at)
        for some in chunks(transmission_ids)
        for row in connection.execute(_IDS.where(as2_sent.c.transmission.in_(some)))
    ]
    return sorted(found, key=lambda each: (each.at, each.transmission))


def by_message_id(connection: Connection, message_id: str) -> SentRow | None:
    """The message of this id, without brackets; ids are random, so no two have the same."""
    statement = select(as2_sent).where(as2_sent.c.message_id == message_id).order_by(as2_sent.c.at.desc())
    found = connection.execute(statement).mappings().first()
    return _row(found) if found is not None else None


_IDS = select(as2_sent.c.transmission, as2_sent.c.message_id, as2_sent.c.at).order_by(as2_sent.c.generation)


def _row(found: RowMapping) -> SentRow:
    return SentRow(
        **{
            **found,
            "headers": [(name, value) for name, value in found["headers"]],
            "candidates": msgspec.convert(found["candidates"], list[Candidate]),
        }
    )
