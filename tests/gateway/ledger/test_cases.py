"""Cases: one for each subject and cause, opened again rather than hidden, with a history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from gateway.database import Database
from gateway.exchange import ImpossibleStep
from gateway.ids import new_id
from gateway.ledger import NotRecorded, cases, journal

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)


def opened(connection: Connection, text: str = "Resend it", at: datetime = AT, cause: str = "delivery-parked") -> str:
    return cases.open(connection, cause=cause, text=text, subject="t-1", party="acme", at=at)


def history(database: Database, case: str) -> list[str]:
    return [each.kind for each in database.read(lambda c: journal.of(c, case))]


def test_a_case_is_opened_once_for_each_subject_and_cause(database: Database) -> None:
    first = database.write(opened)
    assert database.write(lambda c: opened(c, "another text", LATER)) == first
    other = database.write(lambda c: opened(c, cause="unreadable"))
    assert other != first
    (one, _) = database.read(lambda c: cases.about(c, ["t-1"]))
    assert (one.state, one.text, one.opened_at, one.owner) == ("open", "Resend it", AT, None)
    assert history(database, first) == ["case-opened"]


def test_the_life_of_a_case(database: Database) -> None:
    case = database.write(opened)
    database.write(lambda c: cases.assign(c, case, "kim", actor="lee", at=AT))
    database.write(lambda c: cases.assign(c, case, "sam", actor="kim", at=AT))
    assert database.read(lambda c: cases.get(c, case)).owner == "sam"
    database.write(lambda c: cases.release(c, case, actor="sam", at=AT))
    assert database.read(lambda c: cases.get(c, case)).state == "open"
    database.write(lambda c: cases.close(c, case, "sent by post", "kim", LATER))
    closed = database.read(lambda c: cases.get(c, case))
    assert (closed.state, closed.reason, closed.closed_at) == ("closed", "sent by post", LATER)
    assert history(database, case) == [
        "case-opened",
        "case-assigned",
        "case-assigned",
        "case-released",
        "case-closed",
    ]
    told = database.read(lambda c: journal.of(c, case))
    assert [each.actor for each in told] == ["gateway", "lee", "kim", "sam", "kim"]
    assert told[-1].data == {"reason": "sent by post"}


def test_the_same_cause_opens_a_closed_case_again(database: Database) -> None:
    case = database.write(opened)
    database.write(lambda c: cases.assign(c, case, "kim", actor="kim", at=AT))
    database.write(lambda c: cases.close(c, case, "resent", "kim", AT))
    assert database.write(lambda c: opened(c, "Parked again", LATER)) == case
    again = database.read(lambda c: cases.get(c, case))
    assert (again.state, again.text, again.opened_at) == ("open", "Parked again", LATER)
    assert (again.owner, again.closed_at, again.reason) == (None, None, None)
    assert history(database, case)[-2:] == ["case-closed", "case-reopened"]


def test_a_case_is_not_closed_without_a_reason_or_twice(database: Database) -> None:
    case = database.write(opened)
    with pytest.raises(ValueError, match="for a reason"):
        database.write(lambda c: cases.close(c, case, "  ", "kim", AT))
    database.write(lambda c: cases.close(c, case, "done", "kim", AT))
    with pytest.raises(ImpossibleStep, match="`close` cannot happen while closed; possible now: reopen"):
        database.write(lambda c: cases.close(c, case, "done", "kim", AT))
    with pytest.raises(ImpossibleStep):
        database.write(lambda c: cases.assign(c, case, "kim", actor="kim", at=AT))
    with pytest.raises(NotRecorded):
        database.write(lambda c: cases.close(c, new_id("c", AT), "done", "kim", AT))
    assert history(database, case) == ["case-opened", "case-closed"]


def test_the_list_begins_with_what_waits_longest(database: Database) -> None:
    def write(connection: Connection) -> list[str]:
        made = [
            cases.open(connection, cause, "…", f"t-{number}", party, AT + timedelta(minutes=10 - number))
            for number, (cause, party) in enumerate([("parked", "acme"), ("parked", "other"), ("overdue", None)])
        ]
        cases.assign(connection, made[1], "kim", actor="kim", at=AT)
        return made

    parked, other, overdue = database.write(write)

    def listed(party: str | None = None, owner: str | None = None, cause: str | None = None) -> list[str]:
        found = database.read(lambda c: cases.list(c, party=party, owner=owner, cause=cause))
        return [each.id for each in found]

    assert listed() == [overdue, other, parked]
    assert listed(cause="parked") == [other, parked]
    assert listed(party="acme") == [parked]
    assert listed(owner="kim") == [other]
    database.write(lambda c: cases.close(c, parked, "done", "kim", AT))
    assert listed() == [overdue, other]
    assert [each.id for each in database.read(lambda c: cases.list(c, states=["closed"]))] == [parked]
    assert len(database.read(lambda c: cases.list(c, limit=1))) == 1
