"""Expectations: matched by what receipts say, settled in any order, overdue only when somebody could have answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gateway.database import Database
from gateway.exchange import ExpectationState, ReceiptKind, Verdict, fold
from gateway.ids import new_id
from gateway.ledger import NotRecorded, deliveries, expectations, journal, messages, receipts
from gateway.ledger.expectations import Expectation
from gateway.ledger.receipts import Receipt

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOURS = timedelta(hours=1)


class Sent:
    """An interchange that went out with its messages, and what is expected for each of them."""

    def __init__(self, transmission: str, interchange: str, messages: list[str], due: list[str]) -> None:
        self.transmission, self.interchange, self.messages, self.due = transmission, interchange, messages, due


Send = Callable[..., Sent]


@pytest.fixture
def send(
    database: Database,
    new_transmission: Callable[..., str],
    new_interchange: Callable[..., str],
    new_message: Callable[..., str],
) -> Send:
    """Sends an interchange of two messages and queues its delivery, all in one transaction."""

    def make(
        *,
        number: str = "000000042",
        at: datetime = AT,
        kinds: Sequence[ReceiptKind] = ("997",),
        group: str = "42",
        party: str = "acme",
    ) -> Sent:
        def work(connection: Connection) -> Sent:
            transmission = new_transmission(connection, direction="out", name=f"{number}.edi", at=at)
            interchange = new_interchange(connection, transmission, control_number=number, syntax="x12")
            carried, due = [], []
            for reference in ("0001", "0002"):
                message = new_message(connection, direction="out", reference=reference, interchange=interchange, at=at)
                carried.append(message)
                for kind in kinds:
                    row = Expectation(
                        id=new_id("x", at),
                        kind=kind,
                        party=party,
                        interchange=interchange,
                        message=message,
                        control_number=number,
                        group_type="QM",
                        group_number=group,
                        message_reference=reference,
                        recorded_at=at,
                        allowed=4 * HOURS,
                    )
                    expectations.record(connection, row)
                    due.append(row.id)
            deliveries.enqueue(connection, transmission, carries=carried, at=at, actor="gateway")
            return Sent(transmission, interchange, carried, due)

        return database.write(work)

    return make


@pytest.fixture
def answer(database: Database, new_transmission: Callable[..., str]) -> Callable[..., ExpectationState]:
    """Records a receipt that came in and settles one expectation with it; the state after."""

    def settle(due: str, verdict: Verdict, kind: ReceiptKind = "997", at: datetime = AT) -> ExpectationState:
        def work(connection: Connection) -> ExpectationState:
            receipt = Receipt(
                id=new_id("r", at),
                kind=kind,
                direction="in",
                party="acme",
                transmission=new_transmission(connection, name="ack.edi"),
                verdict=verdict,
                at=at,
            )
            receipts.record(connection, receipt)
            return expectations.settle(connection, due, verdict, receipt.id, at, actor="acme")

        return database.write(work)

    return settle


def of(database: Database, message: str) -> Expectation:
    (row,) = database.read(lambda c: expectations.of_message(c, message))
    return row


def status(database: Database, message: str) -> str:
    """The cached receipt status, which must be what the journal folds to."""
    row, events = database.read(lambda c: (messages.get(c, message), journal.of(c, message)))
    assert fold(events).receipt == row.receipt
    return row.receipt


def deliver(database: Database, sent: Sent, at: datetime = AT) -> None:
    database.write(lambda c: deliveries.step(c, sent.transmission, "confirm", at=at, actor="acme"))


def test_what_is_due_is_an_event_of_its_message(database: Database, send: Send) -> None:
    sent = send(kinds=("ta1", "997"))
    assert status(database, sent.messages[0]) == "waiting"
    told = [each for each in database.read(lambda c: journal.of(c, sent.messages[0])) if each.kind[:7] == "receipt"]
    assert [(each.data["kind"], each.data["allowed_seconds"]) for each in told] == [("ta1", 14400), ("997", 14400)]


def test_a_message_is_owed_each_kind_once(database: Database, send: Send) -> None:
    sent = send()
    again = msgspec.structs.replace(of(database, sent.messages[0]), id=new_id("x", AT))
    with pytest.raises(IntegrityError):
        database.write(lambda c: expectations.record(c, again))


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ({"group_number": "42"}, 2),
        ({"group_number": "000000042"}, 2),
        ({"group_number": "42", "group_type": "QM"}, 2),
        ({"group_number": "42", "group_type": "SM"}, 0),
        ({"group_number": "42", "message_reference": "0002"}, 1),
        ({"group_number": "42", "message_reference": "2"}, 0),
        ({"group_number": "42", "message_reference": "0003"}, 0),
        ({"control_number": "42"}, 2),
        ({"control_number": "000000042", "message_reference": "0001"}, 1),
        ({"control_number": "43"}, 0),
        ({"group_number": "42", "party": "somebody else"}, 0),
        ({"group_number": "42", "kind": "999"}, 0),
    ],
)
def test_a_receipt_is_matched_by_the_numbers_it_names(
    database: Database, send: Send, named: dict[str, str], found: int
) -> None:
    sent = send()
    kind: ReceiptKind = "999" if named.get("kind") == "999" else "997"
    party = named.get("party", "acme")
    numbers = {name: value for name, value in named.items() if name not in ("kind", "party")}
    matched = database.read(lambda c: expectations.match(c, kind=kind, party=party, **numbers))
    assert {each.id for each in matched} <= set(sent.due)
    assert len(matched) == found


def test_of_two_interchanges_with_one_number_the_latest_is_meant(database: Database, send: Send) -> None:
    send(at=AT - timedelta(days=400))
    latest = send(at=AT)
    send(number="000000043", group="43", at=AT + HOURS)
    matched = database.read(lambda c: expectations.match(c, kind="997", party="acme", group_number="42"))
    assert {each.interchange for each in matched} == {latest.interchange}
    assert len(matched) == 2


def test_a_receipt_without_a_number_cannot_be_matched(database: Database) -> None:
    with pytest.raises(ValueError, match="by the number"):
        database.read(lambda c: expectations.match(c, kind="997", party="acme", message_reference="0001"))


def test_a_receipt_settles_and_its_repeat_is_kept_and_changes_nothing(
    database: Database, send: Send, answer: Callable[..., ExpectationState]
) -> None:
    sent = send()
    assert answer(sent.due[0], "accepted") == "met"
    first = of(database, sent.messages[0])
    assert (first.state, first.settled_at) == ("met", AT)
    assert answer(sent.due[0], "accepted", at=AT + HOURS) == "met"
    assert of(database, sent.messages[0]) == first
    assert answer(sent.due[0], "rejected", at=AT + 2 * HOURS) == "rejected"
    assert of(database, sent.messages[0]).receipt != first.receipt
    arrived = [each for each in database.read(lambda c: journal.of(c, sent.messages[0])) if "arrived" in each.kind]
    assert [each.data["verdict"] for each in arrived] == ["accepted", "accepted", "rejected"]
    assert status(database, sent.messages[0]) == "rejected"
    assert status(database, sent.messages[1]) == "waiting"


def test_one_receipt_may_settle_a_whole_group(
    database: Database, send: Send, new_transmission: Callable[..., str]
) -> None:
    sent = send()

    def work(connection: Connection) -> dict[str, ExpectationState]:
        receipt = Receipt(
            id=new_id("r", AT),
            kind="997",
            direction="in",
            party="acme",
            transmission=new_transmission(connection),
            verdict="accepted",
            at=AT,
        )
        receipts.record(connection, receipt)
        return expectations.settle_all(connection, sent.due, "accepted", receipt.id, AT, actor="acme")

    assert database.write(work) == dict.fromkeys(sent.due, "met")
    assert {status(database, each) for each in sent.messages} == {"met"}


def test_the_clock_starts_when_the_counterpart_has_the_message(database: Database, send: Send) -> None:
    sent = send()
    much_later = AT + 1000 * HOURS
    assert of(database, sent.messages[0]).due_at is None
    assert database.read(lambda c: expectations.overdue(c, much_later)) == []
    assert not database.write(lambda c: expectations.mark_overdue(c, sent.due[0], much_later))
    deliver(database, sent, AT + 10 * HOURS)
    assert of(database, sent.messages[0]).due_at == AT + 14 * HOURS
    deliver(database, sent, AT + 20 * HOURS)
    assert of(database, sent.messages[0]).due_at == AT + 14 * HOURS, "a second confirmation grants no more time"


def test_overdue_is_said_once_and_a_late_receipt_still_settles(
    database: Database, send: Send, answer: Callable[..., ExpectationState]
) -> None:
    sent = send()
    deliver(database, sent)
    assert answer(sent.due[1], "accepted") == "met"
    due = AT + 4 * HOURS
    assert database.read(lambda c: expectations.overdue(c, due - timedelta(microseconds=1))) == []
    (late,) = database.read(lambda c: expectations.overdue(c, due))
    assert (late.id, late.opens_case) == (sent.due[0], True)
    assert database.write(lambda c: expectations.mark_overdue(c, late.id, due))
    assert not database.write(lambda c: expectations.mark_overdue(c, late.id, due)), "another sweeper was faster"
    assert not database.write(lambda c: expectations.mark_overdue(c, sent.due[1], due)), "a receipt was faster"
    assert database.read(lambda c: expectations.overdue(c, due + HOURS)) == []
    assert status(database, sent.messages[0]) == "overdue"
    assert [each.id for each in database.read(lambda c: expectations.list(c, states=["overdue"]))] == [late.id]
    assert answer(late.id, "partially-accepted") == "overdue"
    assert answer(late.id, "accepted-with-errors") == "met-with-errors"
    assert status(database, sent.messages[0]) == "met-with-errors"
    assert database.read(lambda c: expectations.list(c)) == []


def test_what_is_cancelled_is_awaited_no_more(
    database: Database, send: Send, answer: Callable[..., ExpectationState]
) -> None:
    sent = send()
    database.write(lambda c: deliveries.step(c, sent.transmission, "cancel", at=AT, actor="kim"))
    assert [status(database, each) for each in sent.messages] == ["none-due", "none-due"]
    assert database.read(lambda c: expectations.overdue(c, AT + 1000 * HOURS)) == []
    assert answer(sent.due[0], "accepted") == "met", "it had arrived all the same"
    assert status(database, sent.messages[0]) == "met"


def test_a_resend_awaits_anew_what_was_not_answered_with_yes(
    database: Database, send: Send, answer: Callable[..., ExpectationState]
) -> None:
    sent = send()
    deliver(database, sent)
    answer(sent.due[0], "accepted")
    answer(sent.due[1], "rejected")
    database.write(lambda c: deliveries.step(c, sent.transmission, "resend", at=AT + HOURS, actor="kim"))
    assert [status(database, each) for each in sent.messages] == ["met", "waiting"]
    again = of(database, sent.messages[1])
    assert (again.due_at, again.receipt, again.settled_at) == (None, None, None)
    deliver(database, sent, AT + 2 * HOURS)
    assert of(database, sent.messages[1]).due_at == AT + 6 * HOURS
    assert answer(sent.due[1], "accepted", at=AT + 3 * HOURS) == "met"


def test_a_resend_before_anything_was_heard_only_sets_the_clock_back(database: Database, send: Send) -> None:
    sent = send()
    deliver(database, sent)
    database.write(lambda c: deliveries.step(c, sent.transmission, "resend", at=AT + HOURS, actor="kim"))
    assert of(database, sent.messages[0]).due_at is None
    kinds = [each.kind for each in database.read(lambda c: journal.of(c, sent.messages[0]))]
    assert kinds[-2:] == ["delivery-resent", "receipt-renewed"]
    database.write(lambda c: deliveries.step(c, sent.transmission, "start", at=AT + HOURS, actor="gateway"))
    database.write(lambda c: deliveries.step(c, sent.transmission, "give-up", at=AT + HOURS, actor="gateway"))
    database.write(lambda c: deliveries.step(c, sent.transmission, "resend", at=AT + HOURS, actor="kim"))
    kinds = [each.kind for each in database.read(lambda c: journal.of(c, sent.messages[0]))]
    assert kinds.count("receipt-renewed") == 1, "nothing had changed since"


def test_the_due_come_first_and_those_without_a_clock_last(database: Database, send: Send) -> None:
    waiting = send(number="1", group="1")
    early, late = send(number="2", group="2"), send(number="3", group="3", party="other")
    deliver(database, late, AT + 5 * HOURS)
    deliver(database, early, AT)
    listed = database.read(lambda c: expectations.list(c))
    assert [each.interchange for each in listed[::2]] == [early.interchange, late.interchange, waiting.interchange]
    assert {each.party for each in database.read(lambda c: expectations.list(c, party="other"))} == {"other"}
    assert len(database.read(lambda c: expectations.list(c, limit=3))) == 3


def test_what_does_not_exist_cannot_be_settled(database: Database) -> None:
    unknown = new_id("x", AT)
    with pytest.raises(NotRecorded, match="no expectation"):
        database.write(lambda c: expectations.settle(c, unknown, "accepted", "r-1", AT, actor="acme"))
    with pytest.raises(NotRecorded, match="no expectation"):
        database.write(lambda c: expectations.mark_overdue(c, unknown, AT))
