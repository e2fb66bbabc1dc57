"""References: the business keys of a message (container, bill of lading, order), as they are searched for.

People and systems write one reference in several ways: ``MSKU 123456-7``, ``msku1234567``. It is kept in a normalised
form, which is what is compared, and as it was written, which is what is shown.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, select

from gateway.ledger.schema import reference
from gateway.ledger.statements import insert_new


class ReferenceRow(msgspec.Struct, frozen=True):
    """One business key of a message: what it names (``container``), normalised, and as it was written."""

    name: str
    value: str
    raw: str


def normalise(raw: str) -> str:
    """Letters in upper case and digits; separators out. A value of separators alone stays as it is, without blanks."""
    bare = "".join(character for character in raw.upper() if character.isalnum())
    return bare or raw.strip()


def record(connection: Connection, message_id: str, name: str, raw: str) -> bool:
    """Record a reference of a message; whether it was new. An empty one is none."""
    value = normalise(raw)
    if not value:
        return False
    return insert_new(connection, reference, message=message_id, name=name, value=value, raw=raw.strip())


def record_all(connection: Connection, message_id: str, references: Iterable[tuple[str, str]]) -> None:
    """Record several (name, value as written); repeats are recorded once."""
    for name, raw in references:
        record(connection, message_id, name, raw)


def of(connection: Connection, message_id: str) -> list[ReferenceRow]:
    """The references of a message, by name and value."""
    rows = connection.execute(
        select(reference.c.name, reference.c.value, reference.c.raw)
        .where(reference.c.message == message_id)
        .order_by(reference.c.name, reference.c.value)
    )
    return [ReferenceRow(row.name, row.value, row.raw) for row in rows]
