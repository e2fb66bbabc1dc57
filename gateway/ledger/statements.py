"""What several nouns need: inserting unless the key is there, long lists, numbers as partners spell them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TypeVar

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

CHUNK = 500
"""Parameters of one ``IN``: far below the limits of both engines, and few enough shapes to stay in the cache."""


def insert_new(connection: Connection, table: Table, **values: object) -> bool:
    """Whether the row was inserted: not when its key exists. A concurrent insert of the same key is waited for."""
    # SQLAlchemy keeps the count of an INSERT only when it is told to.
    options = {"preserve_rowcount": True}
    statement = insert_unless_there(connection.dialect.name, table)
    return connection.execute(statement, values, execution_options=options).rowcount == 1


@cache
def insert_unless_there(dialect: str, table: Table) -> Insert:
    """The statement that inserts rows but those whose key exists; made once, for that costs more than running it."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


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
