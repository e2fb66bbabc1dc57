"""Interchanges: whether one came before, with what it was answered, and what the ledger gives back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from gateway.database import Database
from gateway.exchange import Verdict
from gateway.ids import new_id
from gateway.ledger import NotRecorded, interchanges, messages, receipts
from gateway.ledger.interchanges import Earlier
from gateway.ledger.receipts import Receipt
from translators.finding import Finding, Where

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def arrive(
    database: Database, new_transmission: Callable[..., str], new_interchange: Callable[..., str]
) -> Callable[..., str]:
    """Takes in an interchange of X12 with control number 000000042; its id."""

    def make(at: datetime = AT, content: str = "ISA one", **given: object) -> str:
        def work(connection: Connection) -> str:
            transmission = new_transmission(connection, content, at=at)
            values = {
                "syntax": "x12",
                "sender_qualifier": "02",
                "sender": "ACML",
                "receiver": "US",
                "control_number": "000000042",
            }
            return new_interchange(connection, transmission, **(values | given))

        return database.write(work)

    return make


def look(
    database: Database,
    *,
    since: datetime = AT - 90 * DAY,
    sender: tuple[str, str] = ("02", "ACML"),
    receiver: tuple[str, str] = ("ZZ", "US"),
    number: str = "000000042",
    syntax: str = "x12",
) -> list[Earlier]:
    return database.read(
        lambda c: interchanges.earlier(
            c,
            syntax=syntax,
            sender=sender,
            receiver=receiver,
            control_number=number,
            since=since,
        )
    )


def test_an_earlier_interchange_is_found_with_the_hash_of_its_own_bytes(
    database: Database, arrive: Callable[..., str]
) -> None:
    old, new = arrive(AT - 80 * DAY), arrive(AT, "ISA other")
    found = look(database)
    assert [each.id for each in found] == [new, old], "the newest first"
    assert found[0].sha256 != found[1].sha256
    assert (found[1].at, found[1].accepted, found[1].receipts) == (AT - 80 * DAY, True, [])
    assert [each.id for each in look(database, since=AT - 10 * DAY)] == [new]
    assert [each.id for each in look(database, since=AT)] == [new], "the window's first moment is inside"


US, ACML = ("ZZ", "US"), ("02", "ACML")


@pytest.mark.parametrize(
    ("same", "sender", "receiver", "number", "syntax"),
    [
        (True, ("2", "ACML"), US, "000000042", "x12"),
        (True, (" 2", "ACML "), US, "000000042", "x12"),
        (True, ACML, US, "42", "x12"),
        (False, ("ZZ", "ACML"), US, "000000042", "x12"),
        (False, ("02", "acml"), US, "000000042", "x12"),
        (False, ACML, ("14", "US"), "000000042", "x12"),
        (False, ACML, ("ZZ", "THEM"), "000000042", "x12"),
        (False, ACML, US, "43", "x12"),
        (False, ACML, US, "000000042", "edifact"),
    ],
)
def test_who_and_which_number_decide(
    database: Database,
    arrive: Callable[..., str],
    same: bool,
    sender: tuple[str, str],
    receiver: tuple[str, str],
    number: str,
    syntax: str,
) -> None:
    arrive()
    assert bool(look(database, sender=sender, receiver=receiver, number=number, syntax=syntax)) is same


def test_copies_are_left_out_and_what_we_send_is_not_what_we_get(
    database: Database, arrive: Callable[..., str]
) -> None:
    first = arrive()
    arrive(AT + DAY, repeats=first)
    arrive(AT + DAY, direction="out")
    arrive(AT + 2 * DAY, accepted=False)
    assert [(each.id == first, each.accepted) for each in look(database)] == [(False, False), (True, True)]


def test_the_receipts_that_answered_it_come_along(
    database: Database, arrive: Callable[..., str], new_transmission: Callable[..., str]
) -> None:
    first, other = arrive(), arrive(number="000000043")

    def answer(connection: Connection) -> list[str]:
        made = []
        verdicts: list[tuple[str, Verdict, int]] = [
            (first, "accepted", 2),
            (first, "received", 1),
            (other, "rejected", 1),
        ]
        for interchange, verdict, hours in verdicts:
            at = AT + timedelta(hours=hours)
            receipt = Receipt(
                id=new_id("r", at),
                kind="ta1",
                direction="out",
                party="acme",
                transmission=new_transmission(connection, direction="out", at=at),
                answers_interchange=interchange,
                verdict=verdict,
                codes=["000", "A"],
                text="Größe",
                at=at,
            )
            receipts.record(connection, receipt)
            made.append(receipt.transmission)
        return made

    later, sooner, _ = database.write(answer)
    (found,) = [each for each in look(database) if each.id == first]
    assert [each.transmission for each in found.receipts] == [sooner, later]
    assert found.receipts[0].codes == ["000", "A"]
    assert found.receipts[0].text == "Größe"


def test_receipts_that_answer_nothing_known_are_listed(
    database: Database, arrive: Callable[..., str], new_transmission: Callable[..., str]
) -> None:
    known = arrive()

    def record(connection: Connection) -> str:
        for answers in (known, None):
            last = Receipt(
                id=new_id("r", AT),
                kind="997",
                direction="in",
                party="acme",
                transmission=new_transmission(connection),
                answers_interchange=answers,
                verdict="accepted",
                at=AT,
            )
            receipts.record(connection, last)
        return last.id

    orphan = database.write(record)
    assert [each.id for each in database.read(receipts.unmatched)] == [orphan]


def test_rows_come_back_as_they_were_recorded(
    database: Database, arrive: Callable[..., str], new_message: Callable[..., str]
) -> None:
    finding = Finding(code="x", severity="error", text="Größe", where=Where(segment="UNT"), layer="syntax")
    interchange = arrive(findings=[finding])
    kept = database.read(lambda c: interchanges.get(c, interchange))
    (read,) = kept.findings
    assert isinstance(read, dict)
    assert (read["text"], read["where"]["segment"]) == ("Größe", "UNT")
    second, first = database.write(
        lambda c: (
            new_message(c, interchange=interchange, position=2, reference="B"),
            new_message(c, interchange=interchange, position=1, reference="A"),
        )
    )
    assert [each.id for each in database.read(lambda c: messages.of_interchange(c, interchange))] == [first, second]


def test_what_does_not_exist_is_said_so(database: Database) -> None:
    with pytest.raises(NotRecorded, match="no interchange 'i-1'"):
        database.read(lambda c: interchanges.get(c, "i-1"))
    with pytest.raises(NotRecorded, match="no message 'm-1'"):
        database.read(lambda c: messages.get(c, "m-1"))
    with pytest.raises(NotRecorded, match="no message 'm-1'"):
        database.write(
            lambda c: messages.translated(c, "m-1", canonical_type="transport_status/1", canonical_sha256="0", map="m")
        )
