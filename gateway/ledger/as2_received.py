"""What came over AS2: one row for each message that was accepted, and for each that was refused and kept.

A message is known by its two AS2 names and its Message-ID, and only one with the same three may be accepted; a unique
index decides that, never a look beforehand. A refused message is no predecessor of anything: its sender may put right
what was wrong and send it again under the same id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.ledger.faults import NotRecorded
from gateway.ledger.schema import as2_received

ReceiptMode = Literal["none", "sync", "async"]


class ReceivedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One message, what became of it, and what was answered."""

    id: str
    sender: str
    """AS2-From, unquoted."""
    receiver: str
    message_id: str
    """Without angle brackets; empty when it had none that can be kept."""
    party: str
    channel: str
    at: datetime
    accepted: bool
    code: str
    """Of the disposition (:data:`as2.fault.DispositionCode`)."""
    cause: str = ""
    """Why it was not accepted; for the house only."""
    headers: Sequence[Sequence[str]]
    """Name and value of each HTTP header field, as they came."""
    body_sha256: str | None
    """The body as it came; ``None`` when it was not kept."""
    mic_algorithm: str | None = None
    mic: str | None = None
    """In hexadecimal."""
    facts: Mapping[str, str]
    transmission: str | None = None
    """The first document; ``None`` when none was taken."""
    receipt: ReceiptMode
    """How an MDN was asked for."""
    mdn_headers: Sequence[Sequence[str]] | None = None
    mdn_sha256: str | None = None
    mdn_transmission: str | None = None
    """The MDN, in the answer to the request or on a way of its own."""


_INSERT = {
    "sqlite": sqlite.insert(as2_received).on_conflict_do_nothing().returning(as2_received.c.id),
    "postgresql": postgresql.insert(as2_received).on_conflict_do_nothing().returning(as2_received.c.id),
}
_ACCEPTED = select(as2_received).where(
    as2_received.c.message_id == bindparam("message_id"),
    as2_received.c.sender == bindparam("sender"),
    as2_received.c.receiver == bindparam("receiver"),
    as2_received.c.accepted,
)


def record(connection: Connection, row: ReceivedRow) -> bool:
    """Whether the row was recorded: not when it is accepted and one with the same names and id was accepted before.

    Transmissions and objects that it names come first. A transaction that is recording such a row is waited for.
    """
    return connection.execute(_INSERT[connection.dialect.name], msgspec.structs.asdict(row)).first() is not None


def accepted(connection: Connection, sender: str, receiver: str, message_id: str) -> ReceivedRow | None:
    """The accepted message with these names and this id."""
    wanted = {"sender": sender, "receiver": receiver, "message_id": message_id}
    row = connection.execute(_ACCEPTED, wanted).mappings().one_or_none()
    return ReceivedRow(**row) if row is not None else None


def get(connection: Connection, received_id: str) -> ReceivedRow:
    """The row with this id; raises :class:`NotRecorded`."""
    row = connection.execute(select(as2_received).where(as2_received.c.id == received_id)).mappings().one_or_none()
    if row is None:
        raise NotRecorded("message received over AS2", received_id)
    return ReceivedRow(**row)
