"""The tables themselves: complete, connected, and with the properties their texts promise."""

from __future__ import annotations

from itertools import permutations
from typing import TypeVar, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.exchange import (
    CASE,
    CONTENT,
    DELIVERY,
    EVENT_KINDS,
    EXPECTATION,
    LEVELS,
    CaseEvent,
    CaseState,
    ContentEvent,
    ContentState,
    DeliveryEvent,
    DeliveryState,
    EventKind,
    ExpectationEvent,
    ExpectationState,
    ImpossibleStep,
    Level,
    Machine,
    ReceiptKind,
    Verdict,
    heard,
    mermaid,
)
from gateway.exchange import case as case_machine
from gateway.exchange import content as content_machine
from gateway.exchange import delivery as delivery_machine
from gateway.exchange.expectation import OPEN

S = TypeVar("S", bound=str)
E = TypeVar("E", bound=str)

ANSWERS: tuple[ExpectationEvent, ...] = ("answer-in-part", "accept", "accept-with-errors", "reject")


class Picture:
    """A machine's table as plain words, so that tests need not care which machine it is."""

    def __init__(self, machine: Machine[S, E], states: object, events: object) -> None:
        self.name = machine.name
        self.initial: str = machine.initial
        self.declared_states = set(get_args(states))
        self.declared_events = set(get_args(events))
        self.states: dict[str, str] = dict(machine.states.items())
        self.events: dict[str, str] = {event: cause.meaning for event, cause in machine.events.items()}
        self.movers: dict[str, str] = {event: cause.mover for event, cause in machine.events.items()}
        self.table: dict[str, dict[str, str]] = {state: dict(row.items()) for state, row in machine.table.items()}
        self.terminal: set[str] = set(machine.terminal)
        self.resting: set[str] = set(machine.resting)
        self.drawing = mermaid(machine)


PICTURES = [
    Picture(DELIVERY, DeliveryState, DeliveryEvent),
    Picture(EXPECTATION, ExpectationState, ExpectationEvent),
    Picture(CONTENT, ContentState, ContentEvent),
    Picture(CASE, CaseState, CaseEvent),
]
each_machine = pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)


@each_machine
def test_every_state_and_event_has_its_place_and_its_meaning(picture: Picture) -> None:
    assert set(picture.states) == picture.declared_states == set(picture.table)
    assert set(picture.events) == picture.declared_events
    assert {event for row in picture.table.values() for event in row} == picture.declared_events
    assert all(meaning.strip() for meaning in [*picture.states.values(), *picture.events.values()])


@each_machine
def test_no_state_is_out_of_reach(picture: Picture) -> None:
    reached, fresh = {picture.initial}, [picture.initial]
    while fresh:
        for to in picture.table[fresh.pop()].values():
            if to not in reached:
                reached.add(to)
                fresh.append(to)
    assert reached == picture.declared_states


def test_what_is_final_and_what_only_people_or_counterparts_leave() -> None:
    terminal = {picture.name: picture.terminal for picture in PICTURES}
    assert terminal == {
        "delivery": set(),
        "expectation": set(),
        "content": {"reprocessed"},
        "case": set(),
    }
    resting = {picture.name: picture.resting for picture in PICTURES}
    assert resting["delivery"] == {"delivered", "doubtful", "parked", "refused", "cancelled"}
    assert resting["expectation"] == {"met", "met-with-errors", "rejected", "overdue", "withdrawn"}
    assert resting["content"] == {"rejected", "unassigned", "reprocessed", "dismissed"}
    assert resting["case"] == {"open", "assigned"}


@each_machine
def test_an_impossible_event_is_refused_with_what_is_possible(picture: Picture) -> None:
    machine: Machine[str, str] = Machine(
        name=picture.name, initial=picture.initial, states=picture.states, events={}, table=picture.table
    )
    refused = 0
    for state, row in picture.table.items():
        for event in picture.declared_events - set(row):
            with pytest.raises(ImpossibleStep) as caught:
                machine.step(state, event)
            assert caught.value.possible == tuple(row)
            assert state in str(caught.value)
            assert f"`{event}`" in str(caught.value)
            assert machine.after(state, event) == state
            refused += 1
    assert refused, "every event is possible everywhere: then the table says nothing"


@each_machine
def test_the_drawing_shows_every_arrow_and_nothing_else(picture: Picture) -> None:
    lines = picture.drawing.splitlines()
    assert lines[0] == "stateDiagram-v2"
    drawn = set()
    for line in lines[1:]:
        if "-->" not in line or "[*]" in line:
            continue
        arrow, _, events = line.strip().partition(": ")
        source, _, target = arrow.partition(" --> ")
        assert "-" not in source + target, "a hyphen ends an identifier in Mermaid"
        drawn |= {(source.replace("_", "-"), event, target.replace("_", "-")) for event in events.split(", ")}
    assert drawn == {(state, event, to) for state, row in picture.table.items() for event, to in row.items()}
    assert f"    [*] --> {picture.initial}" in lines
    assert {line.split()[0] for line in lines if line.endswith("--> [*]")} == picture.terminal


def test_the_drawing_of_a_case() -> None:
    assert mermaid(CASE) == (
        "stateDiagram-v2\n"
        "    [*] --> open\n"
        "    open --> assigned: assign\n"
        "    open --> closed: close\n"
        "    assigned --> assigned: assign\n"
        "    assigned --> open: release\n"
        "    assigned --> closed: close\n"
        "    closed --> open: reopen\n"
    )


def test_every_move_has_a_kind_of_event_of_its_own() -> None:
    recorded: list[EventKind] = [
        *delivery_machine.RECORDED_AS.values(),
        *content_machine.RECORDED_AS.values(),
        *case_machine.RECORDED_AS.values(),
    ]
    assert set(delivery_machine.RECORDED_AS) == set(DELIVERY.events)
    assert set(content_machine.RECORDED_AS) == set(CONTENT.events)
    assert set(case_machine.RECORDED_AS) == set(CASE.events)
    assert len(set(recorded)) == len(recorded)
    assert set(recorded) <= set(EVENT_KINDS)


def test_every_kind_of_event_has_its_meaning() -> None:
    assert set(EVENT_KINDS) == set(get_args(EventKind))
    assert all(meaning.strip() for meaning in EVENT_KINDS.values())
    assert max(map(len, EVENT_KINDS)) <= 40, "the journal's column is that wide"


def test_a_worker_that_died_while_sending_is_followed_by_another() -> None:
    assert DELIVERY.step("sending", "start") == "sending"


@pytest.mark.parametrize("state", sorted(set(get_args(DeliveryState)) - {"refused"}))
def test_a_confirmation_counts_whenever_it_comes(state: DeliveryState) -> None:
    assert DELIVERY.step(state, "confirm") == "delivered"


def test_what_the_counterpart_refused_is_not_confirmed_cancelled_or_tried_again_by_the_gateway() -> None:
    assert set(DELIVERY.table["refused"]) == {"resend"}


def test_what_is_under_way_cannot_be_cancelled() -> None:
    with pytest.raises(ImpossibleStep, match=r"delivery: `cancel` cannot happen while sending; possible now: start"):
        DELIVERY.step("sending", "cancel")


SCALE: tuple[ExpectationState, ...] = ("waiting", "partially-met", "met", "met-with-errors", "rejected")


@given(st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=4), st.data())
def test_receipts_may_come_in_any_order_and_any_number(answers: list[ExpectationEvent], data: st.DataObject) -> None:
    strongest = max(answers, key=ANSWERS.index)
    repeats = data.draw(st.lists(st.sampled_from(answers), max_size=4))
    for order in permutations([*answers, *repeats][:5]):
        state: ExpectationState = "waiting"
        for answer in order:
            following = EXPECTATION.step(state, answer)
            assert SCALE.index(following) >= SCALE.index(state), "a receipt never takes an answer back"
            state = following
        if set(order) >= set(answers):
            assert state == EXPECTATION.step("waiting", strongest)


@given(st.lists(st.sampled_from(ANSWERS), max_size=5), st.integers(0, 5))
def test_a_late_receipt_settles_an_overdue_expectation_unless_it_settles_nothing(
    answers: list[ExpectationEvent], late: int
) -> None:
    in_time: ExpectationState = "waiting"
    for answer in answers:
        in_time = EXPECTATION.step(in_time, answer)
    state: ExpectationState = "waiting"
    for position, answer in enumerate(answers):
        if position == late:
            state = EXPECTATION.after(state, "run-out")
        state = EXPECTATION.step(state, answer)
    if late >= len(answers):
        state = EXPECTATION.after(state, "run-out")
    assert state == ("overdue" if in_time in OPEN else in_time)


def test_time_runs_out_only_where_something_is_missing() -> None:
    assert {state for state, row in EXPECTATION.table.items() if "run-out" in row} == set(OPEN)


def test_a_resend_asks_anew_where_no_was_the_answer_or_none_and_a_yes_stays() -> None:
    after = {state: row["renew"] for state, row in EXPECTATION.table.items()}
    assert after == {
        "waiting": "waiting",
        "partially-met": "waiting",
        "met": "met",
        "met-with-errors": "met-with-errors",
        "rejected": "waiting",
        "overdue": "waiting",
        "withdrawn": "waiting",
    }


@pytest.mark.parametrize("kind", get_args(ReceiptKind))
@pytest.mark.parametrize("verdict", get_args(Verdict))
def test_every_verdict_of_every_receipt_can_be_taken_in_every_state(kind: ReceiptKind, verdict: Verdict) -> None:
    for state in EXPECTATION.states:
        EXPECTATION.step(state, heard(kind, verdict))


@pytest.mark.parametrize(
    ("kind", "verdict", "state"),
    [
        ("ta1", "received", "met"),
        ("mdn", "received", "met"),
        ("contrl", "received", "partially-met"),
        ("997", "partially-accepted", "partially-met"),
        ("997", "accepted-with-errors", "met-with-errors"),
        ("contrl", "accepted", "met"),
        ("aperak", "rejected", "rejected"),
    ],
)
def test_what_a_verdict_means_depends_on_the_level(
    kind: ReceiptKind, verdict: Verdict, state: ExpectationState
) -> None:
    assert EXPECTATION.step("waiting", heard(kind, verdict)) == state


def test_every_receipt_has_its_level() -> None:
    assert set(LEVELS) == set(get_args(ReceiptKind))
    assert set(LEVELS.values()) == set(get_args(Level))
