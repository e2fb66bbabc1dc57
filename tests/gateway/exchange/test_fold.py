"""The fold from a message's journal to its three statuses: what it says, and that it always says something."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.exchange import (
    EVENT_KINDS,
    ContentStatus,
    DeliveryStatus,
    Event,
    EventKind,
    ReceiptStatus,
    Statuses,
    fold,
)

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
Told = tuple[EventKind, dict[str, object]]


def journal(*told: Told | EventKind) -> list[Event]:
    pairs = [(each, {}) if isinstance(each, str) else each for each in told]
    return [
        Event(seq=number, at=AT, subject="m-1", kind=kind, actor="test", data=data)
        for number, (kind, data) in enumerate(pairs, start=1)
    ]


def sent(transmission: str, *kinds: str) -> list[Told]:
    named: dict[str, EventKind] = {kind: kind for kind in EVENT_KINDS}
    return [(named[f"delivery-{kind}"], {"transmission": transmission}) for kind in ("queued", *kinds)]


def expected(kind: str) -> Told:
    return "receipt-expected", {"kind": kind}


def arrived(kind: str, verdict: str) -> Told:
    return "receipt-arrived", {"kind": kind, "verdict": verdict}


def test_a_message_about_which_nothing_happened() -> None:
    assert fold([]) == Statuses(content="received", delivery="none", receipt="none-due")


def test_the_life_of_an_outgoing_message() -> None:
    events = journal(
        "message-received",
        "message-accepted",
        expected("contrl"),
        *sent("t-1", "started", "failed", "started", "confirmed"),
        arrived("contrl", "accepted-with-errors"),
    )
    seen = [fold(events[:length]) for length in range(len(events) + 1)]
    assert [each.content for each in seen] == ["received"] * 2 + ["accepted"] * 8
    assert [each.delivery for each in seen] == (
        ["none"] * 4 + ["queued", "sending", "retry-wait", "sending", "delivered", "delivered"]
    )
    assert [each.receipt for each in seen] == ["none-due"] * 3 + ["waiting"] * 6 + ["met-with-errors"]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ([*sent("t-1", "started", "confirmed"), *sent("t-2", "started", "failed")], "retry-wait"),
        ([*sent("t-1", "started", "confirmed"), *sent("t-2")], "queued"),
        ([*sent("t-1", "cancelled"), *sent("t-2", "started", "confirmed")], "delivered"),
        ([*sent("t-1", "parked"), *sent("t-2", "started", "confirmed")], "parked"),
        ([*sent("t-1", "parked"), *sent("t-2", "started", "refused")], "refused"),
        ([*sent("t-1", "cancelled"), *sent("t-2", "cancelled")], "cancelled"),
        (sent("t-1", "started", "confirmed", "resent"), "queued"),
        (sent("t-1", "cancelled", "confirmed"), "delivered"),
    ],
)
def test_delivery_says_what_a_person_must_see_first(told: list[Told], status: DeliveryStatus) -> None:
    assert fold(journal(*told)).delivery == status


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ([expected("ta1"), expected("997")], "waiting"),
        ([expected("ta1"), expected("997"), arrived("ta1", "received")], "partially-met"),
        ([expected("contrl"), arrived("contrl", "received")], "partially-met"),
        ([expected("ta1"), expected("997"), arrived("ta1", "received"), arrived("997", "accepted")], "met"),
        ([expected("ta1"), expected("997"), arrived("997", "rejected")], "rejected"),
        ([expected("ta1"), expected("997"), ("receipt-overdue", {"kind": "997"})], "overdue"),
        ([expected("997"), ("receipt-overdue", {"kind": "997"}), arrived("997", "accepted")], "met"),
        ([expected("997"), arrived("997", "rejected"), arrived("997", "accepted")], "rejected"),
        ([expected("997"), arrived("997", "rejected"), ("receipt-renewed", {"kind": "997"})], "waiting"),
        ([expected("997"), ("receipt-withdrawn", {"kind": "997"})], "none-due"),
        ([arrived("997", "accepted")], "none-due"),
    ],
)
def test_receipt_sums_up_every_level(told: list[Told], status: ReceiptStatus) -> None:
    assert fold(journal(*told)).receipt == status


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (["message-unassigned", "message-accepted"], "unassigned"),
        (["message-rejected", "message-accepted"], "rejected"),
        (["message-accepted", "message-quarantined"], "quarantined"),
        (["message-quarantined", "message-accepted-with-errors"], "accepted-with-errors"),
        (["message-accepted", "message-rejected"], "accepted"),
    ],
)
def test_content_keeps_what_is_final(told: list[EventKind], status: ContentStatus) -> None:
    assert fold(journal(*told)).content == status


@pytest.mark.parametrize(
    "told",
    [
        ("delivery-queued", {}),
        ("delivery-queued", {"transmission": 7}),
        ("delivery-confirmed", {"transmission": "t-unknown"}),
        ("receipt-expected", {}),
        ("receipt-expected", {"kind": "telegram"}),
        ("receipt-expected", {"kind": ["997"]}),
        ("receipt-arrived", {"kind": "997"}),
        ("receipt-arrived", {"kind": "997", "verdict": "perhaps"}),
        ("receipt-overdue", {"kind": None}),
    ],
)
def test_an_event_that_does_not_say_what_it_should_changes_nothing(told: Told) -> None:
    assert fold(journal(told)) == Statuses()
    before = journal(expected("997"), *sent("t-1"), "message-accepted")
    assert fold([*before, *journal(told)]) == fold(before)


_words = st.sampled_from(
    ["t-1", "t-2", "", "997", "contrl", "ta1", "mdn", "received", "accepted", "rejected", "partially-accepted", "x"]
)
_events = st.builds(
    Event,
    seq=st.just(1),
    at=st.just(AT),
    subject=st.just("m-1"),
    kind=st.sampled_from(sorted(EVENT_KINDS)),
    actor=st.just("test"),
    data=st.dictionaries(
        st.sampled_from(["transmission", "kind", "verdict", "other"]), st.one_of(_words, st.none(), st.integers())
    ),
)


@settings(max_examples=300)
@given(st.lists(_events, max_size=25))
def test_any_journal_has_statuses_and_always_the_same(events: list[Event]) -> None:
    first = fold(events)
    assert first.content in get_args(ContentStatus)
    assert first.delivery in get_args(DeliveryStatus)
    assert first.receipt in get_args(ReceiptStatus)
    assert fold(iter(events)) == first
    # A journal that was written out and read back says the same.
    kept = msgspec.json.decode(msgspec.json.encode(events), type=list[Event])
    assert fold(kept) == first


@settings(max_examples=100)
@given(st.lists(_events, max_size=15), st.randoms(use_true_random=False))
def test_the_three_statuses_do_not_depend_on_each_other(events: list[Event], chance: random.Random) -> None:
    """Only the order within content, one transmission and one kind of receipt matters."""

    def strand(event: Event) -> tuple[str, object]:
        family = event.kind.partition("-")[0]
        return family, event.data.get({"delivery": "transmission", "receipt": "kind"}.get(family, ""))

    strands: dict[str, list[Event]] = {}
    for event in events:
        strands.setdefault(repr(strand(event)), []).append(event)
    order = [key for key, members in strands.items() for _ in members]
    chance.shuffle(order)
    woven = [strands[key].pop(0) for key in order]
    assert fold(woven) == fold(events)


def test_receipts_may_be_told_in_any_order() -> None:
    told = [arrived("997", "partially-accepted"), arrived("997", "accepted"), arrived("997", "accepted-with-errors")]
    for order in (told, told[::-1], [told[1], told[2], told[0], told[1]]):
        assert fold(journal(expected("997"), *order)).receipt == "met-with-errors"
