"""Mailboxes: one live file of a name, and everything that ever lay there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from gateway.database import Database
from gateway.ledger import NotRecorded, journal, mailboxes
from gateway.ledger.mailboxes import Folder

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)

Place = Callable[..., int]


@pytest.fixture
def place(database: Database, stored: Callable[[Connection, str], str]) -> Place:
    """Places a file; its entry."""

    def work(
        name: str,
        *,
        content: str = "bytes",
        party: str = "acme",
        folder: Folder = "out",
        transmission: str | None = None,
        at: datetime = AT,
    ) -> int:
        return database.write(
            lambda c: mailboxes.place(c, party, folder, name, stored(c, content), len(content), transmission, at)
        )

    return work


def names(database: Database, party: str = "acme", folder: Folder = "out") -> list[str]:
    return [each.name for each in database.read(lambda c: mailboxes.list(c, party, folder))]


def test_a_partner_sees_its_own_live_files_by_name(database: Database, place: Place) -> None:
    for name in ("b.edi", "a.edi", "Ä.edi"):
        place(name)
    place("a.edi", party="other")
    place("a.edi", folder="in")
    assert names(database) == ["a.edi", "b.edi", "Ä.edi"]
    assert names(database, "other") == ["a.edi"]
    assert database.read(lambda c: mailboxes.usage(c, "acme", "out")) == (3, 15)
    assert database.read(lambda c: mailboxes.usage(c, "nobody", "out")) == (0, 0)


def test_a_file_of_the_same_name_takes_the_place_and_the_old_row_stays(database: Database, place: Place) -> None:
    old = place("a.edi", content="old")
    new = place("a.edi", content="newer", at=LATER)
    assert new != old
    (live,) = database.read(lambda c: mailboxes.list(c, "acme", "out"))
    assert (live.id, live.size, live.placed_at) == (new, 5, LATER)
    assert database.read(lambda c: mailboxes.get(c, old)).removed_at == LATER
    found = database.read(lambda c: mailboxes.find(c, "acme", "out", "a.edi"))
    assert found is not None
    assert found.id == new
    assert database.read(lambda c: mailboxes.find(c, "acme", "out", "b.edi")) is None
    assert database.read(lambda c: mailboxes.find(c, "acme", "in", "a.edi")) is None


def test_what_the_partner_does_is_told_to_the_transmission(
    database: Database, place: Place, new_transmission: Callable[..., str]
) -> None:
    transmission = database.write(lambda c: new_transmission(c, direction="out"))
    entry = place("a.edi", transmission=transmission)
    database.write(lambda c: mailboxes.collected(c, entry, AT))
    database.write(lambda c: mailboxes.collected(c, entry, LATER))
    assert database.read(lambda c: mailboxes.get(c, entry)).collected_at == AT
    assert database.write(lambda c: mailboxes.remove(c, entry, LATER))
    assert not database.write(lambda c: mailboxes.remove(c, entry, LATER)), "it is gone already"
    told = database.read(lambda c: journal.of(c, transmission))
    assert [(each.kind, each.actor, each.at) for each in told] == [
        ("transmission-collected", "acme", AT),
        ("transmission-collected", "acme", LATER),
        ("transmission-removed", "acme", LATER),
    ]
    assert names(database) == []


def test_staged_uploads_are_nobodys_event(
    database: Database, place: Place, new_transmission: Callable[..., str]
) -> None:
    transmission = database.write(new_transmission)
    entry = place("a.edi", folder="in", transmission=transmission)
    database.write(lambda c: mailboxes.remove(c, entry, AT))
    assert database.read(lambda c: journal.of(c, transmission)) == []


def test_renaming(database: Database, place: Place) -> None:
    first, second = place("a.part"), place("b.edi")
    assert database.write(lambda c: mailboxes.rename(c, first, "a.edi", AT))
    assert names(database) == ["a.edi", "b.edi"]
    assert not database.write(lambda c: mailboxes.rename(c, first, "b.edi", AT, replace=False))
    assert names(database) == ["a.edi", "b.edi"]
    assert database.write(lambda c: mailboxes.rename(c, first, "a.edi", AT)), "its own name is no obstacle"
    assert database.read(lambda c: mailboxes.get(c, first)).removed_at is None
    assert database.write(lambda c: mailboxes.rename(c, first, "b.edi", LATER))
    assert names(database) == ["b.edi"]
    assert database.read(lambda c: mailboxes.get(c, second)).removed_at == LATER
    assert not database.write(lambda c: mailboxes.rename(c, second, "c.edi", LATER)), "it is gone"
    with pytest.raises(NotRecorded):
        database.write(lambda c: mailboxes.rename(c, 999_999, "c.edi", AT))


def test_many_that_place_one_name_leave_one_live_file(database: Database, place: Place) -> None:
    with ThreadPoolExecutor(6) as pool:
        entries = list(pool.map(lambda number: place("same.edi", content=f"copy {number}"), range(18)))
    assert len(set(entries)) == 18
    assert names(database) == ["same.edi"]


def test_a_name_as_long_as_it_likes(database: Database, place: Place) -> None:
    place("x" * 400)
    assert database.read(lambda c: mailboxes.find(c, "acme", "out", "x" * 400)) is not None
