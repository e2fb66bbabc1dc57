"""Searching: every number and name leads to its messages, newest first, page by page, and by way of an index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from gateway.database import Database
from gateway.ledger import deliveries, journal, references, search
from gateway.ledger.references import normalise

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Shelf:
    """Three messages, the newest last: two of ``acme``, one of ``other``."""

    def __init__(self, first: str, second: str, third: str, transmission: str, interchange: str) -> None:
        self.first, self.second, self.third = first, second, third
        self.transmission, self.interchange = transmission, interchange


@pytest.fixture
def shelf(
    database: Database,
    new_transmission: Callable[..., str],
    new_interchange: Callable[..., str],
    new_message: Callable[..., str],
) -> Shelf:
    """What there is to be found."""

    def fill(connection: Connection) -> Shelf:
        transmission = new_transmission(connection, name="status-2026.edi")
        interchange = new_interchange(connection, transmission, control_number="000000042", syntax="x12")
        first = new_message(
            connection, transmission=transmission, interchange=interchange, reference="0001", group_number="77", at=AT
        )
        second = new_message(connection, reference="REF-2", at=AT + MINUTE, type="214", standard="x12")
        third = new_message(connection, reference="REF-3", at=AT + 2 * MINUTE, party="other", direction="out")
        references.record_all(connection, first, [("container", "MSKU 123456-7"), ("order", "PO/4711"), ("none", "")])
        references.record_all(connection, second, [("container", "msku1234567"), ("container", "MSKU-1234567")])
        references.record_all(connection, third, [("order", "PO-4712"), ("remark", "---")])
        journal.append(connection, at=AT, subject=first, kind="message-accepted", actor="gateway")
        journal.append(connection, at=AT, subject=second, kind="message-rejected", actor="gateway")
        return Shelf(first, second, third, transmission, interchange)

    return database.write(fill)


def found(database: Database, query: str) -> list[str]:
    return [hit.message.id for hit in database.read(lambda c: search.messages(c, query))]


def test_references_are_found_however_they_are_written(database: Database, shelf: Shelf) -> None:
    for query in ("MSKU1234567", "msku 123456-7", " MSKU/1234567 "):
        assert found(database, query) == [shelf.second, shelf.first]
    assert found(database, "MSKU123456") == [], "the beginning is not the whole"
    assert found(database, "msku 12*") == [shelf.second, shelf.first]
    assert found(database, "PO471*") == [shelf.third, shelf.first]
    assert found(database, "po-4711") == [shelf.first]
    assert found(database, "---") == [shelf.third]
    assert found(database, "PO4713") == found(database, "%") == found(database, "PO_711") == []


def test_each_number_and_name_leads_to_its_messages(database: Database, shelf: Shelf) -> None:
    for query in (
        "42",
        "000000042",
        "00000004*",
        "0001",
        "77",
        "status-2026.edi",
        "status*",
        shelf.first,
        shelf.transmission,
        shelf.interchange,
    ):
        assert found(database, query) == [shelf.first], query
    assert found(database, "REF-*") == [shelf.third, shelf.second]


def test_what_a_message_is_carried_by_finds_it_too(
    database: Database, shelf: Shelf, new_transmission: Callable[..., str]
) -> None:
    def carry(connection: Connection) -> str:
        carrier = new_transmission(connection, direction="out", name="letter-9")
        deliveries.enqueue(connection, carrier, carries=[shelf.second], at=AT, actor="gateway")
        return carrier

    carrier = database.write(carry)
    assert found(database, "letter-9") == found(database, carrier) == [shelf.second]


def test_a_hit_says_where_the_message_came_in(database: Database, shelf: Shelf) -> None:
    (hit,) = database.read(lambda c: search.messages(c, "PO4711"))
    assert (hit.control_number, hit.file) == ("000000042", "status-2026.edi")
    (hit,) = database.read(lambda c: search.messages(c, "REF-2"))
    assert (hit.control_number, hit.file, hit.message.content) == (None, None, "rejected")
    kept = [(each.name, each.value, each.raw) for each in database.read(lambda c: references.of(c, shelf.first))]
    assert kept == [("container", "MSKU1234567", "MSKU 123456-7"), ("order", "PO4711", "PO/4711")]


def test_filters_narrow(database: Database, shelf: Shelf) -> None:
    everything = [shelf.third, shelf.second, shelf.first]
    assert found(database, "") == found(database, "  ") == everything

    def ids(hits: list[search.Hit]) -> list[str]:
        return [hit.message.id for hit in hits]

    assert ids(database.read(lambda c: search.messages(c, party="acme"))) == everything[1:]
    assert ids(database.read(lambda c: search.messages(c, direction="out"))) == everything[:1]
    assert ids(database.read(lambda c: search.messages(c, type="214"))) == [shelf.second]
    assert ids(database.read(lambda c: search.messages(c, content=["rejected", "accepted"]))) == everything[1:]
    assert ids(database.read(lambda c: search.messages(c, delivery=["delivered"]))) == []
    assert ids(database.read(lambda c: search.messages(c, receipt=["none-due"]))) == everything
    since, until = AT + MINUTE, AT + 2 * MINUTE
    assert ids(database.read(lambda c: search.messages(c, since=since, until=until))) == [shelf.second]
    assert ids(database.read(lambda c: search.messages(c, "msku1234567", party="acme", type="IFTSTA"))) == [shelf.first]


def test_pages_do_not_shift_when_something_arrives(database: Database, new_message: Callable[..., str]) -> None:
    made = database.write(lambda c: [new_message(c, at=AT + (number // 4) * MINUTE) for number in range(25)])
    pages: list[list[str]] = []
    before: str | None = None
    while True:
        page = [hit.message.id for hit in database.read(partial(search.messages, limit=7, before=before))]
        if not page:
            break
        pages.append(page)
        before = page[-1]
        database.write(lambda c: new_message(c, at=AT + 60 * MINUTE))
    walked = [each for page in pages for each in page]
    assert [len(page) for page in pages] == [7, 7, 7, 4]
    assert sorted(walked) == sorted(made)
    assert walked == sorted(made, reverse=True), "ids sort by time, so newest first is this order"


def test_a_search_uses_indexes(
    database: Database,
    new_transmission: Callable[..., str],
    new_interchange: Callable[..., str],
    new_message: Callable[..., str],
) -> None:
    """On tables large enough for it to matter, no part of a search reads all of one."""

    def fill(connection: Connection) -> None:
        for number in range(300):
            at = AT + number * MINUTE
            transmission = new_transmission(connection, name=f"{number}.edi", at=at)
            interchange = new_interchange(connection, transmission, control_number=str(number))
            message = new_message(connection, transmission=transmission, interchange=interchange, at=at)
            references.record(connection, message, "container", f"MSKU{number:07}")
        connection.exec_driver_sql("ANALYZE")

    database.write(fill)

    def plan(connection: Connection) -> str:
        explain = "EXPLAIN QUERY PLAN "
        if connection.dialect.name == "postgresql":
            # It may prefer to read all of a table that is still small; here it shall only if there is no other way.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN "
        candidates = search._candidates("MSKU000012*").compile(
            connection, compile_kwargs={"literal_binds": True, "render_postcompile": True}
        )
        return "\n".join(str(tuple(row)) for row in connection.exec_driver_sql(explain + str(candidates)))

    text = database.read(plan)
    assert "ix_reference_value" in text
    assert "Seq Scan" not in text, text
    scans = [line for line in text.splitlines() if "SCAN" in line]
    assert [line for line in scans if "INDEX" not in line and "CONSTANT" not in line] == [], text


@given(st.text(max_size=40))
def test_normalising_twice_is_normalising_once(raw: str) -> None:
    once = normalise(raw)
    assert normalise(once) == once


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("MSKU 123456-7", "MSKU1234567"),
        ("mrn 26nl/000.1", "MRN26NL0001"),
        ("Straße 5", "STRASSE5"),
        ("  ", ""),
        (" - ", "-"),
        ("", ""),
        ("提单 88", "提单88"),
    ],
)
def test_what_is_compared(raw: str, value: str) -> None:
    assert normalise(raw) == value
