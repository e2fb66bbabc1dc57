"""The journal, and the statuses that follow from it in the same transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, update

from gateway.database import Database
from gateway.exchange import fold
from gateway.ids import new_id
from gateway.ledger import NotRecorded, journal, messages
from gateway.ledger.schema import message
from gateway.ledger.statements import CHUNK

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def statuses(database: Database, message_id: str) -> tuple[str, str, str]:
    row = database.read(lambda c: messages.get(c, message_id))
    return row.content, row.delivery, row.receipt


def test_events_are_kept_in_order_with_all_that_was_said(database: Database) -> None:
    def write(connection: Connection) -> list[int]:
        return [
            journal.append(
                connection,
                at=AT + timedelta(seconds=second),
                subject=subject,
                kind="transmission-received",
                actor="acme",
                data={"name": "Größe.edi", "nested": {"list": [1, None]}},
            )
            for second, subject in ((5, "t-1"), (1, "t-2"), (3, "t-1"))
        ]

    numbers = database.write(write)
    assert numbers == sorted(set(numbers))
    of_one = database.read(lambda c: journal.of(c, "t-1"))
    assert [each.seq for each in of_one] == [numbers[0], numbers[2]]
    assert of_one[0].data == {"name": "Größe.edi", "nested": {"list": [1, None]}}
    assert (of_one[0].at, of_one[0].actor, of_one[0].profile_sha256) == (AT + timedelta(seconds=5), "acme", None)
    assert [each.seq for each in database.read(lambda c: journal.of_all(c, ["t-2", "t-1", "t-2"]))] == numbers
    assert database.read(lambda c: journal.of(c, "t-3")) == []


def test_what_is_appended_can_be_collected(database: Database) -> None:
    def write(connection: Connection) -> tuple[list[int], list[journal.Line]]:
        journal.append(connection, at=AT, subject="t-1", kind="transmission-received", actor="acme")
        with journal.appended(connection) as lines:
            subjects = ["t-1", "t-2"]
            numbers = journal.append_all(connection, subjects, at=AT, kind="transmission-read", actor="acme")
            with pytest.raises(ZeroDivisionError), journal.appended(connection) as inner:
                journal.append(connection, at=AT, subject="t-3", kind="transmission-read", actor="acme")
                raise ZeroDivisionError
            assert [line.subject for line in inner] == ["t-3"]
        journal.append(connection, at=AT, subject="t-4", kind="transmission-read", actor="acme")
        return numbers, lines

    numbers, lines = database.write(write)
    assert [(line.seq, line.subject) for line in lines] == list(zip(numbers, ["t-1", "t-2"], strict=True))
    found = database.read(lambda c: journal.numbered(c, [*reversed(numbers), 10**9, numbers[0]]))
    assert [each.seq for each in found] == numbers


def test_a_message_has_the_statuses_of_its_journal_at_once(database: Database, new_message: Callable[..., str]) -> None:
    identifier = database.write(new_message)
    assert statuses(database, identifier) == ("received", "none", "none-due")

    def accept(connection: Connection) -> str:
        journal.append(connection, at=AT, subject=identifier, kind="message-accepted", actor="gateway")
        return messages.get(connection, identifier).content

    assert database.write(accept) == "accepted"


def test_what_is_rolled_back_has_not_happened(database: Database, new_message: Callable[..., str]) -> None:
    identifier = database.write(new_message)

    def fails(connection: Connection) -> None:
        journal.append(connection, at=AT, subject=identifier, kind="message-rejected", actor="gateway")
        raise LookupError

    with pytest.raises(LookupError):
        database.write(fails)
    assert statuses(database, identifier)[0] == "received"
    assert database.read(lambda c: journal.of(c, identifier)) == []


def test_a_status_cannot_be_smuggled_in_with_the_row(database: Database, new_message: Callable[..., str]) -> None:
    identifier = database.write(lambda c: new_message(c, content="accepted", delivery="delivered", receipt="met"))
    assert statuses(database, identifier) == ("received", "none", "none-due")


def test_a_message_that_was_never_recorded_has_no_journal(database: Database) -> None:
    unknown = new_id("m", AT)
    with pytest.raises(NotRecorded, match=f"no message '{unknown}'"):
        database.write(lambda c: journal.append(c, at=AT, subject=unknown, kind="message-accepted", actor="x"))
    assert database.read(lambda c: journal.of(c, unknown)) == []


def test_one_event_for_more_messages_than_a_statement_takes(
    database: Database, new_message: Callable[..., str]
) -> None:
    many = CHUNK + 7
    identifiers = database.write(lambda c: [new_message(c) for _ in range(many)])

    def accept(connection: Connection) -> list[int]:
        return journal.append_all(connection, identifiers, at=AT, kind="message-accepted", actor="gateway")

    numbers = database.write(accept)
    assert len(set(numbers)) == many
    assert {statuses(database, each)[0] for each in identifiers[:: many // 5]} == {"accepted"}
    last = database.read(lambda c: journal.of(c, identifiers[-1]))
    assert [each.seq for each in last] == [numbers[-1]], "the numbers are in the order of the subjects"


def test_a_cache_that_went_wrong_is_found_and_put_right(database: Database, new_message: Callable[..., str]) -> None:
    right, wrong = database.write(lambda c: (new_message(c), new_message(c)))

    def spoil(connection: Connection) -> None:
        for each in (right, wrong):
            journal.append(connection, at=AT, subject=each, kind="message-accepted", actor="gateway")
        connection.execute(update(message).where(message.c.id == wrong).values(content="rejected", delivery="parked"))

    database.write(spoil)
    assert database.write(journal.rebuild) == [wrong]
    assert database.write(journal.rebuild) == []
    assert statuses(database, wrong) == ("accepted", "none", "none-due")


def test_two_that_append_at_the_same_moment_come_to_the_same_statuses(
    database: Database, new_message: Callable[..., str]
) -> None:
    """Each alone would fold a journal without the other's event; the lock on the message makes the second wait."""
    identifier = database.write(new_message)
    database.write(
        lambda c: journal.append(
            c, at=AT, subject=identifier, kind="receipt-expected", actor="gateway", data={"kind": "997"}
        )
    )
    appended, together = threading.Event(), threading.Event()

    def first(connection: Connection) -> None:
        journal.append(connection, at=AT, subject=identifier, kind="message-accepted", actor="gateway")
        appended.set()
        together.wait(0.3)

    def second(connection: Connection) -> None:
        data = {"kind": "997", "verdict": "accepted"}
        journal.append(connection, at=AT, subject=identifier, kind="receipt-arrived", actor="acme", data=data)
        together.set()

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(database.write, first)
        assert appended.wait(20)
        two = pool.submit(database.write, second)
        one.result(20)
        two.result(20)
    assert statuses(database, identifier) == ("accepted", "none", "met")
    folded = fold(database.read(lambda c: journal.of(c, identifier)))
    assert (folded.content, folded.delivery, folded.receipt) == ("accepted", "none", "met")
