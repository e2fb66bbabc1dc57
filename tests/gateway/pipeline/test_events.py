"""What the company's systems are told of: from the journal to the letters, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from gateway.config import FILE, Home, open_home
from gateway.control import AssignCase, CloseCase, Resend, obey
from gateway.events import EVENT_TYPES, full_name
from gateway.ledger import cases, expectations, receipts, transmissions
from gateway.ledger.receipts import Receipt
from gateway.outbox import EVENTS
from queues import Letter, PublishFault, UnfitLetter
from tests.gateway.pipeline import customs
from tests.gateway.pipeline.play import START, Play

Example = Callable[[str], bytes]
Switch = Callable[[str], Play]


@pytest.fixture
def playing(make_home: Home) -> Iterator[Switch]:
    """Opens a gateway with this section of its configuration, on the folder that stays the same."""
    opened: list[Play] = []

    def start(events: str) -> Play:
        for each in opened:
            each.gateway.close()
        opened.clear()
        file = make_home.folder / FILE
        lines = [line for line in file.read_text().splitlines() if not line.startswith("events:")]
        file.write_text("\n".join([*lines, f"events: {events}", ""]))
        (make_home.profiles / "be-customs.yaml").write_text(customs.PROFILE)
        opened.append(Play(open_home(make_home.folder, {})))
        return opened[0]

    yield start
    for each in opened:
        each.gateway.close()


@pytest.fixture
def play(playing: Switch) -> Play:
    """The gateway with all of its events."""
    return playing("{enabled: yes}")


def told(play: Play) -> list[dict[str, Any]]:
    """The events that were published since the last look."""
    found = [json.loads(letter.body) for letter in play.events_told]
    play.events_told.clear()
    return found


def names(events: list[dict[str, Any]]) -> list[str]:
    """Their types, without prefix and version."""
    return [each["type"].removeprefix("sallyport.").removesuffix("/1") for each in events]


def jobs(play: Play) -> list[tuple[Any, ...]]:
    """Partner, lane and state of the jobs about events."""
    statement = text("SELECT partner, lane, state FROM job WHERE kind = 'events' ORDER BY id")
    return play.gateway.database.read(lambda c: [tuple(row) for row in c.execute(statement)])


def test_customs_hold_reaches_the_company(play: Play) -> None:
    transmission = play.upload(customs.hold(), "answer.edi", customs.PARTY)
    play.work()
    (message,) = play.messages()
    by_name = {name: (event, letter) for event, letter, name in _all(play)}
    assert set(by_name) == {"message.received", "message.accepted", "customs.accepted", "customs.hold"}
    event, letter = by_name["customs.hold"]
    (line,) = (each for each in play.events(message.id) if each.kind == "message-translated")
    assert event == {
        "specversion": "1.0",
        "id": f"{message.id}.{line.seq}.2",
        "source": "/sallyport",
        "type": "sallyport.customs.hold/1",
        "subject": message.id,
        "time": "2026-10-01T09:30:00Z",
        "dataschema": "urn:sallyport:events:customs:1",
        "datacontenttype": "application/json",
        "data": {
            "severity": "exception",
            "party": "be-customs",
            "agreement": "be-customs",
            "flow": "answers",
            "test": False,
            "message": message.id,
            "interchange": message.interchange,
            "transmission": transmission,
            "references": event["data"]["references"],
            "outcome": "hold",
            "answer": "general",
            "number": "26BE000201443210R4",
            "issued": "2026-10-12T07:14:00Z",
        },
    }
    references = {(each["name"], each["value"], each["raw"]) for each in event["data"]["references"]}
    assert ("declarant_reference", "MTIMP20260877", "MT-IMP-2026-0877") in references
    assert ("container", "HLXU8765430", "HLXU8765430") in references
    assert letter.message_id == event["id"] and letter.type == event["type"]
    assert letter.routing_key == "sallyport.customs.hold.be-customs"
    assert letter.headers == {"severity": "exception", "party": "be-customs", "test": "no"}
    assert b"PRESENTED FOR EXAMINATION" not in letter.body, "an event is no payload"


def _all(play: Play) -> list[tuple[dict[str, Any], Letter, str]]:
    letters = list(play.events_told)
    events = told(play)
    return list(zip(events, letters, names(events), strict=True))


def test_each_bill_has_its_own_event_with_its_own_references(play: Play) -> None:
    play.upload(customs.cargo_answer(), "answer.x12", customs.PARTY)
    play.work()
    said = [event for event in told(play) if ".customs." in event["type"]]
    assert names(said) == ["customs.release", "customs.hold", "customs.transfer"]
    found = [{each["value"] for each in event["data"]["references"]} for event in said]
    assert ["TCLU5562312" in values for values in found] == [False, True, False]
    assert [event["data"]["number"] for event in said] == ["ANR260912345", "ANR260912346", "ANR260912377"]


def test_milestones_and_a_rejection(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"), "status.edi")
    play.work()
    events = told(play)
    found = names(events)
    assert (found.count("message.received"), found.count("message.accepted")) == (3, 2)
    (rejected,) = (each for each in events if each["type"] == "sallyport.message.rejected/1")
    assert rejected["data"]["severity"] == "exception" and rejected["data"]["state"] == "rejected"
    assert rejected["data"]["findings"], "the codes of what is wrong, and no text of the partner's"
    happened = [each["data"] for each in events if ".transport." in each["type"]]
    assert happened and all(each["consignment"] and each["occurred"].endswith("Z") for each in happened)
    # What goes to our own systems, and the CONTRL, are nobody's news.
    assert not [name for name in found if name.startswith("delivery.")]
    assert len({each["id"] for each in events}) == len(events)


def test_an_order_from_taken_to_acknowledged_late(play: Play, example: Example) -> None:
    play.submit(example("order.json"), "blue-anchor/order-out")
    play.work()
    (message,) = play.messages()
    events = told(play)
    assert sorted(names(events)) == ["delivery.delivered", "message.accepted", "message.received"]
    delivered = next(each["data"] for each in events if ".delivery." in each["type"])
    assert (delivered["message"], delivered["state"], delivered["side"]) == (message.id, "delivered", "partner")
    assert "SHP260812" in {each["value"] for each in delivered["references"]}

    play.later(hours=5)
    play.work()
    late = {each["type"]: each for each in told(play)}
    assert set(late) == {"sallyport.receipt.overdue/1", "sallyport.case.opened/1"}
    overdue = late["sallyport.receipt.overdue/1"]["data"]
    assert (overdue["kind"], overdue["level"], overdue["state"]) == ("contrl", "functional", "overdue")
    assert overdue["due"] == "2026-10-01T13:30:00Z" and overdue["control_number"] == "1"
    case = late["sallyport.case.opened/1"]["data"]
    assert (case["cause"], case["about"], case["state"]) == ("receipt-overdue", message.id, "open")
    assert case["references"] == overdue["references"], "a case is known by the shipment that it is about"
    assert "text" not in case

    play.upload(_contrl(), "contrl.edi")
    play.work()
    met = [each["data"] for each in told(play) if ".receipt." in each["type"]]
    assert [(each["state"], each["verdict"]) for each in met] == [("met", "accepted")]
    play.upload(_contrl(901), "contrl.edi")
    play.work()
    assert not [name for name in names(told(play)) if name.startswith("receipt.")], "the same once more is no news"
    play.upload(_contrl(902, "4"), "contrl.edi")
    play.work()
    assert "receipt.rejected" in names(told(play))


def _contrl(number: int = 900, action: str = "7") -> bytes:
    """Blue Anchor's answer to the first interchange that we sent."""
    us, them = "5498765000017:14", "5412345000013:14"
    error = "" if action == "7" else "+12"
    return (
        f"UNB+UNOC:3+{them}+{us}+261001:0940+{number}'UNH+1+CONTRL:D:3:UN'UCI+1+{us}+{them}+{action}{error}'UNT+3+1'"
        f"UNZ+1+{number}'"
    ).encode()


def test_what_people_do_is_told(play: Play, example: Example) -> None:
    play.upload(b"nothing that anybody could read", "odd.bin")
    play.work()
    (opened,) = told(play)
    case = opened["data"]["case"]
    assert names([opened]) == ["case.opened"] and opened["subject"] == case
    obey(play.gateway, AssignCase(case=case, owner="ines", actor="ines"))
    obey(play.gateway, CloseCase(case=case, actor="ines", reason="the sender was told"))
    play.work()
    (closed,) = told(play)
    assert names([closed]) == ["case.closed"] and closed["data"]["state"] == "closed"
    assert b"the sender was told" not in json.dumps(closed).encode()

    play.submit(example("order.json"), "blue-anchor/order-out")
    play.work()
    told(play)
    (message,) = play.messages()
    obey(play.gateway, Resend(subject=message.id, actor="ines", reason="they lost it"))
    play.work()
    assert names(told(play)) == ["delivery.resent", "delivery.delivered"]


def test_only_what_was_committed_is_told(play: Play) -> None:
    def refused(connection: Connection) -> None:
        cases.open(connection, "unreadable", "text", "t-1", None, START)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        play.gateway.database.write(refused)
    assert jobs(play) == []
    play.gateway.database.write(lambda c: cases.open(c, "unreadable", "text", "channel", "acme", START))
    assert jobs(play) == [("acme", 1, "ready")]


def test_one_line_for_several_messages_is_told_of_each_of_them(play: Play, example: Example) -> None:
    """As when the 997 of a group answers all that is in it."""
    for number in (1, 2, 3):
        document = example("order.json").replace(b"SHP-260812", b"SHP-26081%d" % number)
        play.submit(document, "blue-anchor/order-out", f"order-{number}")
    play.work()
    told(play)
    messages = [each.id for each in play.messages()]

    def settle(connection: Connection) -> None:
        due = [each for message in messages for each in expectations.of_message(connection, message)]
        facts = {"party": "blue-anchor", "transmission": carrier}
        receipt = Receipt(id="r-1", kind="contrl", direction="in", verdict="accepted", at=START, **facts)
        receipts.record(connection, receipt)
        expectations.settle_all(connection, [each.id for each in due], "accepted", "r-1", START, actor="blue-anchor")

    carrier = play.gateway.database.read(lambda c: transmissions.carrying(c, messages[0]))[0].id
    play.gateway.database.write(settle)
    play.work()
    assert sorted(each["data"]["message"] for each in told(play)) == sorted(messages)


def test_lanes(play: Play, example: Example) -> None:
    play.event_fault = PublishFault("away")
    play.upload(example("iftsta.edi"), "status.edi")
    play.work()
    assert {(partner, lane) for partner, lane, _ in jobs(play)} == {("blue-anchor", 1), ("blue-anchor", 5)}
    play.upload(customs.hold(), "answer.edi", customs.PARTY)
    play.work()
    assert ("be-customs", 1) in {(partner, lane) for partner, lane, _ in jobs(play)}


def test_a_broker_that_is_away_delays_and_makes_no_cases(play: Play, example: Example) -> None:
    play.event_fault = PublishFault("the broker is away: publish again")
    for number in range(4711, 4715):
        play.upload(example("iftsta.edi").replace(b"4711", str(number).encode()), f"{number}.edi")
    play.work()
    for _ in range(5):
        play.later(days=1)
        play.work()
    assert play.cases() == [] and len(jobs(play)) == 8
    play.event_fault = None
    play.later(hours=1)
    play.work()
    events = told(play)
    assert names(events).count("message.received") == 12
    assert len({each["id"] for each in events}) == len(events)


def test_published_again_it_is_the_same_byte_for_byte(play: Play) -> None:
    play.upload(customs.hold(), "answer.edi", customs.PARTY)
    first: list[Letter] = []

    def cut(letter: Letter) -> None:
        first.append(letter)
        if letter.type == "sallyport.customs.hold/1":
            raise PublishFault("the confirmation was lost")

    play.events_told = _Cutting(cut)
    play.work()
    play.events_told = []
    play.later(hours=1)
    play.work()
    again = {letter.message_id: letter for letter in play.events_told}
    assert {letter.type for letter in again.values()} == {"sallyport.customs.accepted/1", "sallyport.customs.hold/1"}
    repeated = [letter for letter in first if letter.message_id in again]
    assert len(repeated) == 2 and all(again[letter.message_id] == letter for letter in repeated)


class _Cutting(list[Letter]):
    """An exchange that is lost in the middle."""

    def __init__(self, take: Callable[[Letter], None]) -> None:
        super().__init__()
        self._take = take

    def append(self, letter: Letter) -> None:
        """Take it, or fail."""
        self._take(letter)


def test_nothing_is_published_about_publishing(play: Play, example: Example) -> None:
    play.event_fault = UnfitLetter("no exchange takes it")
    for number in range(4711, 4714):
        play.upload(example("iftsta.edi").replace(b"4711", str(number).encode()), f"{number}.edi")
    play.work()
    (case,) = play.cases()
    assert (case.cause, case.subject) == ("unfit", EVENTS)
    play.event_fault = None
    obey(play.gateway, CloseCase(case=case.id, actor="ines", reason="mended"))
    play.work()
    assert told(play) == []
    assert {state for _, _, state in jobs(play)} == {"buried"}


def test_chosen_types_and_a_source(playing: Switch, example: Example) -> None:
    play = playing("{enabled: yes, types: [customs, message.rejected], source: /sallyport/antwerp}")
    play.upload(example("iftsta.edi"), "status.edi")
    play.upload(customs.hold(), "answer.edi", customs.PARTY)
    play.work()
    events = told(play)
    assert sorted(names(events)) == ["customs.accepted", "customs.hold", "message.rejected"]
    assert {each["source"] for each in events} == {"/sallyport/antwerp"}


def test_switched_off_nothing_is_ordered_and_what_waits_is_dropped(playing: Switch, example: Example) -> None:
    play = playing("{enabled: yes}")
    play.event_fault = PublishFault("away")
    play.upload(example("iftsta.edi"), "status.edi")
    play.work()
    assert jobs(play)
    play = playing("{enabled: no}")
    play.now = START.replace(hour=12)
    play.upload(customs.hold(), "answer.edi", customs.PARTY)
    play.work()
    assert jobs(play) == [] and play.events_told == []


def test_every_event_is_of_a_known_type(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"), "status.edi")
    play.submit(example("order.json"), "blue-anchor/order-out")
    play.work()
    assert {letter.type for letter in play.events_told} <= {full_name(name) for name in EVENT_TYPES}
