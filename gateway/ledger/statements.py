"""The one statement the two dialects spell apart: insert unless the key is there."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table, **values: object) -> bool:
    """Insert a row unless its key exists; whether it was inserted. A concurrent insert of the same key is waited for."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    result = connection.execute(insert(table).values(**values).on_conflict_do_nothing())
    return result.rowcount == 1
