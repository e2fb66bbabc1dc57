"""The story of a message and the statistics over all of them, told over one small world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from gateway.database import Database
from gateway.ids import new_id
from gateway.ledger import (
    NotRecorded,
    attempts,
    cases,
    deliveries,
    expectations,
    journal,
    messages,
    receipts,
    references,
    statistics,
    story,
)
from gateway.ledger.expectations import Expectation
from gateway.ledger.receipts import Receipt
from gateway.ledger.schema import UNDELIVERED

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

New = Callable[..., str]


class World:
    """The ids of an incoming message that was answered and published, and of an outgoing one that is overdue."""

    def __init__(self) -> None:
        self.inbound = self.inbound_file = self.inbound_interchange = ""
        self.contrl = self.published = self.again = ""
        self.outbound = self.outbound_file = self.outbound_interchange = ""
        self.document = self.due = self.case = self.neighbour = ""


@pytest.fixture
def world(
    database: Database,
    stored: Callable[[Connection, str], str],
    new_transmission: New,
    new_interchange: New,
    new_message: New,
) -> World:
    """Made in the order in which the pipelines make it."""
    made = World()

    def inbound(c: Connection) -> None:
        made.inbound_file = new_transmission(c, "UNB…", name="in.edi", at=AT)
        journal.append(c, at=AT, subject=made.inbound_file, kind="transmission-received", actor="acme")
        made.inbound_interchange = new_interchange(c, made.inbound_file)
        made.inbound = new_message(c, transmission=made.inbound_file, interchange=made.inbound_interchange, at=AT)
        made.neighbour = new_message(c, transmission=made.inbound_file, interchange=made.inbound_interchange, at=AT)
        references.record(c, made.inbound, "container", "MSKU 123456-7")
        journal.append(c, at=AT + MINUTE, subject=made.inbound, kind="message-accepted", actor="gateway")
        canonical = stored(c, "{}")
        messages.translated(
            c, made.inbound, canonical_type="transport_status/1", canonical_sha256=canonical, map="edifact/x"
        )
        made.contrl = new_transmission(c, "CONTRL", direction="out", name="c.edi", answers=made.inbound_file, at=AT)
        row = Receipt(
            id=new_id("r", AT),
            kind="contrl",
            direction="out",
            party="acme",
            transmission=made.contrl,
            answers_interchange=made.inbound_interchange,
            verdict="accepted",
            at=AT,
        )
        receipts.record(c, row)
        deliveries.enqueue(c, made.contrl, at=AT + MINUTE, actor="gateway")
        made.published = new_transmission(c, "{}", direction="out", side="business", party=None, at=AT + MINUTE)
        deliveries.enqueue(c, made.published, carries=[made.inbound], at=AT + 2 * MINUTE, actor="gateway")
        deliveries.step(c, made.published, "start", at=AT + 3 * MINUTE, actor="gateway")
        attempts.record(c, made.published, AT + 3 * MINUTE, "delivered", "confirmed")
        deliveries.step(c, made.published, "confirm", at=AT + 4 * MINUTE, actor="business")
        made.again = new_message(c, transmission=made.inbound_file, parent=made.inbound, at=AT + 5 * MINUTE)

    def outbound(c: Connection) -> None:
        made.document = new_transmission(c, "{1}", side="business", party=None, at=AT)
        made.outbound_file = new_transmission(c, "ISA…", direction="out", name="out.edi", at=AT)
        made.outbound_interchange = new_interchange(c, made.outbound_file)
        made.outbound = new_message(
            c,
            direction="out",
            transmission=made.outbound_file,
            interchange=made.outbound_interchange,
            source=made.document,
            at=AT,
        )
        due = Expectation(
            id=new_id("x", AT),
            kind="997",
            party="acme",
            interchange=made.outbound_interchange,
            message=made.outbound,
            control_number="42",
            group_number="42",
            message_reference="1",
            recorded_at=AT,
            allowed=60 * MINUTE,
        )
        made.due = due.id
        expectations.record(c, due)
        deliveries.enqueue(c, made.outbound_file, carries=[made.outbound], at=AT, actor="gateway")
        deliveries.step(c, made.outbound_file, "confirm", at=AT, actor="gateway")
        expectations.mark_overdue(c, due.id, AT + 90 * MINUTE)
        made.case = cases.open(c, "receipt-overdue", "Ask", due.id, "acme", AT + 90 * MINUTE)

    database.write(inbound)
    database.write(outbound)
    return made


def test_the_story_of_an_incoming_message(database: Database, world: World) -> None:
    told = database.read(lambda c: story.of(c, world.inbound))
    assert (told.message.content, told.message.delivery, told.message.receipt) == ("accepted", "delivered", "none-due")
    assert told.transmission is not None
    assert told.transmission.id == world.inbound_file
    assert told.interchange is not None
    assert told.interchange.id == world.inbound_interchange
    assert told.source is None
    assert [each.raw for each in told.references] == ["MSKU 123456-7"]
    assert told.canonical is not None
    assert told.canonical.sha256 == told.message.canonical_sha256
    assert [each.id for each in told.carriers] == [world.published]
    assert [each.id for each in told.answers] == [world.contrl]
    assert [(each.kind, each.transmission) for each in told.receipts] == [("contrl", world.contrl)]
    assert [each.detail for each in told.attempts] == ["confirmed"]
    assert told.parent is None
    assert [each.id for each in told.children] == [world.again]
    assert (told.expectations, told.cases) == ([], [])
    assert [(each.kind, each.subject) for each in told.events] == [
        ("transmission-received", world.inbound_file),
        ("message-accepted", world.inbound),
        ("delivery-queued", world.contrl),
        ("delivery-queued", world.inbound),
        ("delivery-started", world.inbound),
        ("delivery-confirmed", world.inbound),
    ], "in the order of time, and what befell a carrier is told once"


def test_the_story_of_an_outgoing_message(database: Database, world: World) -> None:
    told = database.read(lambda c: story.of(c, world.outbound))
    assert (told.message.delivery, told.message.receipt) == ("delivered", "overdue")
    assert told.source is not None
    assert told.source.id == world.document
    assert [each.id for each in told.carriers] == [world.outbound_file]
    assert told.answers == []
    assert [(each.id, each.state) for each in told.expectations] == [(world.due, "overdue")]
    assert [each.id for each in told.cases] == [world.case]
    assert [each.kind for each in told.events] == [
        "receipt-expected",
        "delivery-queued",
        "delivery-confirmed",
        "receipt-overdue",
        "case-opened",
    ]


def test_the_story_of_one_made_again_names_its_parent(database: Database, world: World) -> None:
    told = database.read(lambda c: story.of(c, world.again))
    assert told.parent is not None
    assert told.parent.id == world.inbound
    assert told.carriers == []


def test_a_message_that_does_not_exist_has_no_story(database: Database, world: World) -> None:
    with pytest.raises(NotRecorded, match="no message"):
        database.read(lambda c: story.of(c, world.inbound_file))


def test_the_statistics(database: Database, world: World) -> None:
    figures = database.read(lambda c: statistics.gather(c, since=AT))
    assert figures.content == {("in", "accepted"): 1, ("in", "received"): 2, ("out", "received"): 1}
    assert figures.delivery == {("in", "delivered"): 1, ("in", "none"): 2, ("out", "delivered"): 1}
    assert figures.receipt == {("in", "none-due"): 3, ("out", "overdue"): 1}
    assert figures.undelivered == {"queued": 1}
    assert figures.oldest_undelivered == AT
    assert figures.expectations == {"overdue": 1}
    assert figures.next_due is None
    assert figures.cases == {("open", "receipt-overdue"): 1}
    assert figures.oldest_case == AT + 90 * MINUTE
    later = database.read(lambda c: statistics.gather(c, since=AT + MINUTE))
    assert later.content == {("in", "received"): 1}
    assert later.undelivered == {"queued": 1}, "work under way is counted whenever it began"


def test_the_statistics_of_nothing(database: Database) -> None:
    figures = database.read(lambda c: statistics.gather(c, since=AT))
    assert (figures.content, figures.undelivered, figures.expectations, figures.cases) == ({}, {}, {}, {})
    assert (figures.oldest_undelivered, figures.next_due, figures.oldest_case) == (None, None, None)


def test_what_is_parked_is_counted_but_is_not_what_waits(database: Database, world: World) -> None:
    database.write(lambda c: deliveries.step(c, world.contrl, "give-up", at=AT, actor="gateway"))
    figures = database.read(lambda c: statistics.gather(c, since=AT))
    assert (figures.undelivered, figures.oldest_undelivered) == ({"parked": 1}, None)


def test_counting_what_is_under_way_reads_only_that(database: Database, world: World) -> None:
    """SQLite uses a partial index only when the query repeats its condition word for word."""
    if database.dialect == "sqlite":
        plan = database.read(
            lambda c: str(
                c.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN SELECT delivery, count(*) FROM transmission WHERE {UNDELIVERED} "  # noqa: S608
                    "GROUP BY delivery"
                ).all()
            )
        )
        assert "ix_transmission_undelivered" in plan
