"""Deliveries and attempts: every move in the journal of the transmission and of what it carries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection

from gateway.database import Database
from gateway.exchange import DeliveryEvent, ImpossibleStep
from gateway.ids import new_id
from gateway.ledger import NotRecorded, attempts, deliveries, journal, messages, transmissions

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def outgoing(
    database: Database, new_transmission: Callable[..., str], new_message: Callable[..., str]
) -> tuple[str, list[str]]:
    """A transmission on its way out that carries two messages."""

    def make(connection: Connection) -> tuple[str, list[str]]:
        transmission = new_transmission(connection, direction="out", name="out.edi")
        carried = [new_message(connection, direction="out", transmission=transmission) for _ in range(2)]
        deliveries.enqueue(connection, transmission, carries=carried, at=AT, actor="gateway")
        return transmission, carried

    return database.write(make)


def step(database: Database, transmission: str, event: DeliveryEvent, **data: object) -> str:
    return database.write(lambda c: deliveries.step(c, transmission, event, at=AT, actor="gateway", data=data))


def test_every_step_is_told_to_the_transmission_and_to_each_message(
    database: Database, outgoing: tuple[str, list[str]]
) -> None:
    transmission, carried = outgoing
    assert step(database, transmission, "start") == "sending"
    assert step(database, transmission, "fail", why="connection refused") == "retry-wait"
    assert step(database, transmission, "start") == "sending"
    assert step(database, transmission, "confirm") == "delivered"
    assert database.read(lambda c: transmissions.get(c, transmission)).delivery == "delivered"
    kinds = ["queued", "started", "failed", "started", "confirmed"]
    for subject in (transmission, *carried):
        events = database.read(partial(journal.of, subject=subject))
        assert [each.kind for each in events] == [f"delivery-{kind}" for kind in kinds]
        assert events[2].data == {"transmission": transmission, "state": "retry-wait", "why": "connection refused"}
    assert {database.read(partial(messages.get, message_id=each)).delivery for each in carried} == {"delivered"}
    assert database.read(lambda c: deliveries.carried(c, transmission)) == sorted(carried)


def test_an_impossible_step_changes_nothing(database: Database, outgoing: tuple[str, list[str]]) -> None:
    transmission, carried = outgoing
    with pytest.raises(ImpossibleStep, match=r"`fail` cannot happen while queued; possible now: start, confirm"):
        step(database, transmission, "fail")
    with pytest.raises(ImpossibleStep, match="`enqueue` cannot happen while queued"):
        database.write(lambda c: deliveries.enqueue(c, transmission, at=AT, actor="gateway"))
    for subject in (transmission, *carried):
        assert len(database.read(partial(journal.of, subject=subject))) == 1


def test_a_transmission_that_was_not_queued_or_came_in_is_not_delivered(
    database: Database, new_transmission: Callable[..., str]
) -> None:
    fresh = database.write(lambda c: new_transmission(c, direction="out"))
    with pytest.raises(ImpossibleStep, match="`start` cannot happen while not begun; possible now: enqueue"):
        step(database, fresh, "start")
    arrived = database.write(new_transmission)
    for identifier in (arrived, new_id("t", AT)):
        with pytest.raises(NotRecorded, match="no outgoing transmission"):
            step(database, identifier, "start")
        with pytest.raises(NotRecorded, match="no outgoing transmission"):
            database.write(partial(deliveries.enqueue, transmission_id=identifier, at=AT, actor="gateway"))


def test_an_acknowledgment_carries_no_message_and_names_what_it_answers(
    database: Database, new_transmission: Callable[..., str]
) -> None:
    arrived = database.write(new_transmission)
    answer = database.write(lambda c: new_transmission(c, direction="out", name="contrl.edi", answers=arrived))
    assert database.write(lambda c: deliveries.enqueue(c, answer, at=AT, actor="gateway")) == "queued"
    assert step(database, answer, "confirm") == "delivered"
    assert [each.id for each in database.read(lambda c: transmissions.answering(c, arrived))] == [answer]


def test_a_message_with_two_carriers_shows_the_one_that_needs_care(
    database: Database, outgoing: tuple[str, list[str]], new_transmission: Callable[..., str]
) -> None:
    first, carried = outgoing

    def second(connection: Connection) -> str:
        other = new_transmission(connection, direction="out", side="business", at=AT + timedelta(seconds=1))
        deliveries.enqueue(connection, other, carries=carried[:1], at=AT, actor="gateway")
        return other

    other = database.write(second)
    step(database, first, "confirm")
    step(database, other, "give-up")
    delivery = [database.read(partial(messages.get, message_id=each)).delivery for each in carried]
    assert delivery == ["parked", "delivered"]
    assert [each.id for each in database.read(lambda c: transmissions.carrying(c, carried[0]))] == [first, other]
    assert step(database, other, "resend") == "queued"
    assert step(database, other, "confirm") == "delivered"
    assert database.read(lambda c: messages.get(c, carried[0])).delivery == "delivered"


def test_attempts_are_numbered_and_all_kept(database: Database, outgoing: tuple[str, list[str]]) -> None:
    transmission, _ = outgoing
    ends: list[tuple[attempts.Outcome, str]] = [("failed", "time\0out"), ("failed", "refused"), ("delivered", "")]
    for number, (outcome, detail) in enumerate(ends, 1):
        ended = partial(
            attempts.record,
            transmission_id=transmission,
            at=AT + timedelta(minutes=number),
            outcome=outcome,
            detail=detail,
        )
        assert database.write(ended) == number
    kept = database.read(lambda c: attempts.of(c, [transmission]))
    assert [(each.number, each.outcome, each.detail) for each in kept] == [
        (1, "failed", "time\ufffdout"),
        (2, "failed", "refused"),
        (3, "delivered", ""),
    ]
    with pytest.raises(NotRecorded):
        database.write(lambda c: attempts.record(c, new_id("t", AT), AT, "failed", ""))
