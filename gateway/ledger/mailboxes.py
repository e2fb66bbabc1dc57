"""Mailboxes: the files that a partner sees over SFTP. A file is a row that names bytes; there is no folder on disk.

An entry lives until it is removed or replaced, and its row stays: what lay where, from when to when, is evidence. At
any time one live entry at most has a name in a folder, which a partial unique index holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ColumnElement

from gateway.exchange import EventKind
from gateway.ledger import journal
from gateway.ledger.faults import LedgerFault, NotRecorded
from gateway.ledger.schema import mailbox_entry

Folder = Literal["in", "out"]
"""``in``: what the partner has uploaded; ``out``: what waits for it."""

_TRIES = 10


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A file in a partner's mailbox, or one that was there."""

    id: int
    party: str
    folder: Folder
    name: str
    transmission: str | None
    sha256: str
    size: int
    placed_at: datetime
    collected_at: datetime | None
    """When the partner first read it to its end."""
    removed_at: datetime | None


def place(
    connection: Connection,
    party: str,
    folder: Folder,
    name: str,
    sha256: str,
    size: int,
    transmission: str | None,
    at: datetime,
) -> int:
    """The id of the new live entry of that name; the one that had the name is removed. The bytes come first."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    fresh = (
        insert(mailbox_entry)
        .values(
            party=party,
            folder=folder,
            name=name,
            transmission=transmission,
            sha256=sha256,
            size=size,
            placed_at=at,
        )
        .on_conflict_do_nothing()
        .returning(mailbox_entry.c.id)
    )
    for _ in range(_TRIES):
        _vacate(connection, party, folder, name, at)
        entry = connection.execute(fresh).scalar_one_or_none()
        if entry is not None:
            return int(entry)
        # Somebody else placed the same name between the two statements and has committed: it is replaced in turn.
    raise LedgerFault(f"{party}/{folder}/{name} is being replaced all the time: try again")


def list(connection: Connection, party: str, folder: Folder) -> Sequence[Entry]:
    """The live entries of a folder, by name."""
    live = _live(party, folder)
    rows = connection.execute(select(mailbox_entry).where(live).order_by(mailbox_entry.c.name))
    return [Entry(**row) for row in rows.mappings()]


def find(connection: Connection, party: str, folder: Folder, name: str) -> Entry | None:
    """The live entry of that name."""
    live = _live(party, folder) & (mailbox_entry.c.name == name)
    row = connection.execute(select(mailbox_entry).where(live)).mappings().one_or_none()
    return None if row is None else Entry(**row)


def get(connection: Connection, entry: int) -> Entry:
    """The entry, live or not; raises :class:`NotRecorded`."""
    row = connection.execute(select(mailbox_entry).where(mailbox_entry.c.id == entry)).mappings().one_or_none()
    if row is None:
        raise NotRecorded("mailbox entry", str(entry))
    return Entry(**row)


def usage(connection: Connection, party: str, folder: Folder) -> tuple[int, int]:
    """How many live entries a folder has, and their bytes."""
    row = connection.execute(
        select(func.count(), func.coalesce(func.sum(mailbox_entry.c.size), 0)).where(_live(party, folder))
    ).one()
    return int(row[0]), int(row[1])


def collected(connection: Connection, entry: int, at: datetime) -> None:
    """The partner has read the entry to its end: an event of its transmission each time, a mark the first time."""
    found = get(connection, entry)
    if found.collected_at is None:
        connection.execute(update(mailbox_entry).where(mailbox_entry.c.id == entry).values(collected_at=at))
    _tell(connection, found, "transmission-collected", at)


def remove(connection: Connection, entry: int, at: datetime) -> bool:
    """Whether the entry was live and is removed now. The bytes and the transmission stay."""
    changed = connection.execute(
        update(mailbox_entry)
        .where(mailbox_entry.c.id == entry, mailbox_entry.c.removed_at.is_(None))
        .values(removed_at=at)
    )
    if changed.rowcount:
        _tell(connection, get(connection, entry), "transmission-removed", at)
    return bool(changed.rowcount)


def rename(connection: Connection, entry: int, name: str, at: datetime, *, replace: bool = True) -> bool:
    """Whether the live entry has the new name now: not when it is gone, or the name is taken and ``replace`` is off."""
    found = get(connection, entry)
    if found.removed_at is not None:
        return False
    if found.name == name:
        return True
    if not replace and find(connection, found.party, found.folder, name) is not None:
        return False
    _vacate(connection, found.party, found.folder, name, at)
    changed = connection.execute(
        update(mailbox_entry).where(mailbox_entry.c.id == entry, mailbox_entry.c.removed_at.is_(None)).values(name=name)
    )
    return bool(changed.rowcount)


def _live(party: str, folder: Folder) -> ColumnElement[bool]:
    table = mailbox_entry.c
    return (table.party == party) & (table.folder == folder) & table.removed_at.is_(None)


def _vacate(connection: Connection, party: str, folder: Folder, name: str, at: datetime) -> None:
    taken = _live(party, folder) & (mailbox_entry.c.name == name)
    connection.execute(update(mailbox_entry).where(taken).values(removed_at=at))


def _tell(connection: Connection, entry: Entry, kind: EventKind, at: datetime) -> None:
    """Note in a transmission's journal what the partner did with the file that brought it."""
    if entry.transmission is not None and entry.folder == "out":
        data = {"name": entry.name, "entry": entry.id}
        journal.append(connection, at=at, subject=entry.transmission, kind=kind, actor=entry.party, data=data)
