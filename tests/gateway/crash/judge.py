"""The verdict on a gateway that was killed and started again, from outside: its database, its archive, the world's log.

:func:`look` says how things came out, in terms that do not depend on when and how often it was killed: a run that
nobody killed gives the yardstick. :func:`faults` compares the two and adds what must hold by itself. Of the gateway's
code only that has a part in it which opens the database and the archive, and which sums up a journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from archive import Archive, ArchiveDamaged, Locator
from gateway.config import open_home
from gateway.database import Database
from gateway.exchange import fold
from gateway.ledger import journal
from tests.gateway.crash.world import PARTIES, Seen, number_of, read_memory

Row = tuple[Any, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How it came out."""

    story: dict[str, Counter[Row]]
    """What happened, by chapter: equal for equal days."""
    broken: list[str]
    """What must not be, whatever the day was like."""


def look(home: Path, memory: Path) -> Outcome:
    """The outcome of all that happened in ``home`` and before the eyes of the world."""
    seen = read_memory(memory)
    place = open_home(home, {})
    database = Database.open(place.database_url, mode="read")
    archive = Archive.open(place.archive, mode="read")
    try:
        return database.read(lambda connection: _look(connection, archive, seen))
    finally:
        database.close()


CHAPTERS = {
    "messages": "SELECT direction, type, reference, content, delivery, receipt FROM message",
    "interchanges": "SELECT direction, syntax, sender, control_number, accepted FROM interchange WHERE repeats IS NULL",
    "receipts": "SELECT direction, kind, verdict, message_reference FROM receipt",
    "expectations": "SELECT kind, state FROM expectation",
    "transmissions": "SELECT side, channel, protocol, delivery FROM transmission WHERE direction = 'out'",
    "mailboxes": "SELECT party, folder, 1 FROM mailbox_entry WHERE removed_at IS NULL",
    "cases": 'SELECT cause, state FROM "case"',
    "counters": "SELECT name, next FROM counter",
}


_NEVER_READ = (
    "SELECT id, name FROM transmission AS t WHERE direction = 'in' AND side = 'partner'"
    " AND NOT EXISTS (SELECT 1 FROM interchange WHERE transmission = t.id)"
)
_NEVER_BUILT = (
    "SELECT id, name FROM transmission AS t WHERE direction = 'in' AND side = 'business'"
    " AND NOT EXISTS (SELECT 1 FROM message WHERE source = t.id)"
)


def _look(connection: Connection, archive: Archive, seen: list[Seen]) -> Outcome:
    def rows(statement: str) -> list[Row]:
        return [tuple(row) for row in connection.execute(text(statement))]

    story = {chapter: Counter(rows(statement)) for chapter, statement in CHAPTERS.items()}
    letters = {(each.name, each.type, each.sha256) for each in seen if each.kind == "published"}
    # As a receiver does that knows a repeat by its message id.
    story["letters"] = Counter((type, sha256) for _, type, sha256 in letters)
    story["answers"] = Counter((each.kind, each.name) for each in seen if each.kind in ("acknowledged", "accepted"))
    events = {(each.name, each.type, each.sha256) for each in seen if each.kind == "told"}
    story["events"] = Counter((type,) for _, type, _ in events)
    broken = list(_broken(rows, archive, letters))
    if len(events) != len({event_id for event_id, _, _ in events}):
        broken.append(f"one event id, two events: {sorted(events)}")
    for message_id, *cached in rows("SELECT id, content, delivery, receipt FROM message"):
        told = fold(journal.of(connection, message_id))
        if [told.content, told.delivery, told.receipt] != cached:
            broken.append(f"{message_id} is {cached}, but its journal says {told}")
    if connection.dialect.name == "sqlite":
        broken += [f"database damaged: {row}" for row in rows("PRAGMA integrity_check") if row != ("ok",)]
        broken += [f"points at nothing: {row}" for row in rows("PRAGMA foreign_key_check")]
    return Outcome(story=story, broken=broken)


def _broken(rows: Any, archive: Archive, letters: set[tuple[str, str, str]]) -> Iterable[str]:  # noqa: ANN401
    yield from (f"job left: {row}" for row in rows("SELECT kind, key, state, reason FROM job"))
    for row in rows("SELECT id, name, delivery FROM transmission WHERE direction = 'out' AND delivery <> 'delivered'"):
        yield f"never delivered: {row}"
    yield from (f"taken, never read: {row}" for row in rows(_NEVER_READ))
    yield from (f"taken, never built: {row}" for row in rows(_NEVER_BUILT))
    objects = {
        row[0]: Locator(*row) for row in rows('SELECT sha256, size, pack, "offset", length FROM object ORDER BY pack')
    }
    yield from (f"ledger names bytes that are not there: {each}" for each in archive.verify(objects.values()))
    yield from (f"archive damaged: {each}" for each in archive.fsck())
    if len(letters) != len({message_id for message_id, _, _ in letters}):
        yield f"one message id, two letters: {sorted(letters)}"
    sent = {sha256 for _, _, sha256 in letters}
    for sha256, name in rows("SELECT sha256, name FROM transmission WHERE direction = 'out' AND side = 'business'"):
        if sha256 not in sent:
            yield f"delivered, but nobody got it: {name}"
    yield from _numbers(rows, archive, objects)


def _numbers(rows: Any, archive: Archive, objects: dict[str, Locator]) -> Iterable[str]:  # noqa: ANN401
    """What is wrong with the control numbers that a partner finds in the files that ever lay in its mailbox."""
    for party in PARTIES:
        files = {
            row for row in rows("SELECT party, name, sha256 FROM mailbox_entry WHERE folder = 'out'") if row[0] == party
        }
        try:
            numbers = sorted(number_of(archive.read(objects[sha256])) for _, _, sha256 in files)
        except ArchiveDamaged:
            continue  # That is told already.
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"control numbers to {party}: {numbers}"


def faults(outcome: Outcome, reference: Outcome) -> list[str]:
    """What is wrong with an outcome; ``reference`` is that of the same day without a kill."""
    found = list(outcome.broken)
    for chapter, expected in reference.story.items():
        had = outcome.story[chapter]
        found += [f"{chapter}: lost {row} x{many}" for row, many in (expected - had).items()]
        found += [f"{chapter}: doubled {row} x{many}" for row, many in (had - expected).items()]
    return found
