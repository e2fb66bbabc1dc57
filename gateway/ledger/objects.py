"""Where the archive keeps the bytes that a SHA-256 names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from archive import Locator
from gateway.ledger.schema import object_
from gateway.ledger.statements import insert_unless_there


def record(connection: Connection, locator: Locator, at: datetime) -> None:
    """Note where content lies. Content that is already known keeps its first place; the new copy is an orphan."""
    record_all(connection, [locator], at)


def record_all(connection: Connection, locators: Iterable[Locator], at: datetime) -> None:
    """Note where each of several contents lies, as :func:`record` does for one."""
    rows = [{**msgspec.structs.asdict(each), "stored_at": at} for each in locators]
    if rows:
        connection.execute(insert_unless_there(connection.dialect.name, object_), rows)


def find(connection: Connection, sha256: str) -> Locator | None:
    """The place of the content with this SHA-256; ``None`` when the ledger does not know it."""
    row = connection.execute(select(object_).where(object_.c.sha256 == sha256)).one_or_none()
    if row is None:
        return None
    return Locator(sha256=row.sha256, size=row.size, pack=row.pack, offset=row.offset, length=row.length)


def all_locators(connection: Connection) -> list[Locator]:
    """Every object the ledger refers to, for the archive's check."""
    return [
        Locator(sha256=row.sha256, size=row.size, pack=row.pack, offset=row.offset, length=row.length)
        for row in connection.execute(select(object_).order_by(object_.c.pack, object_.c.offset))
    ]
