"""What several nouns need: inserting unless the key is there, long lists, numbers as partners spell them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

CHUNK = 500
"""Parameters of one ``IN``: far below the limits of both engines, and few enough shapes to stay in the cache."""


def insert_new(connection: Connection, table: Table, **values: object) -> bool:
    """Whether the row was inserted: not when its key exists. A concurrent insert of the same key is waited for."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    result = connection.execute(
        insert(table).values(**values).on_conflict_do_nothing(),
        # SQLAlchemy keeps the count of an INSERT only when it is told to.
        execution_options={"preserve_rowcount": True},
    )
    return result.rowcount == 1


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """The values in lists of at most ``size``, in order."""
    rest = list(values)
    for start in range(0, len(rest), size):
        yield rest[start : start + size]


def spellings(number: str) -> list[str]:
    """The ways partners write one control number: as given, without leading zeros, and padded to X12's nine digits.

    ISA13 is padded and AK102 is not (X12 I12 is N0 9/9, element 28 is N0 1/9), and an answer need not repeat zeros.
    """
    if not (number.isascii() and number.isdigit()):
        return [number]
    bare = number.lstrip("0") or "0"
    return sorted({number, bare, bare.zfill(9)})
