"""The three statuses of a message, each a view over its events: never one column that says everything.

*Content* says what we think of the message, *delivery* whether it got where it had to go, *receipt* whether who owed an
answer gave it. An accepted message may wait for its delivery; a delivered one may be rejected by a receipt.

:func:`fold` walks through a message's own journal, moves the machines of this package, and sums up. It is total: any
sequence of events has a result, and an event that is impossible where it stands, or that lacks what it should say,
changes nothing. A status column is a cache of this function and can be rebuilt from the journal at any time.

A message may be carried by more than one transmission and owed more than one receipt; the sum is what a person must see
first: trouble before work under way, work under way before success.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

import msgspec

from gateway.exchange import content, delivery
from gateway.exchange.content import CONTENT, ContentEvent, ContentState
from gateway.exchange.delivery import DELIVERY, DeliveryEvent, DeliveryState
from gateway.exchange.event import Event, EventKind
from gateway.exchange.expectation import (
    EXPECTATION,
    LEVELS,
    ExpectationEvent,
    ExpectationState,
    ReceiptKind,
    Verdict,
    heard,
)

ContentStatus = ContentState
DeliveryStatus = Literal[
    "none", "queued", "sending", "sent", "retry-wait", "delivered", "doubtful", "parked", "refused", "cancelled"
]
"""``none``: there is nothing to deliver (yet), as with a rejected message."""
ReceiptStatus = Literal["none-due", "waiting", "partially-met", "met", "met-with-errors", "rejected", "overdue"]


class Statuses(msgspec.Struct, frozen=True, kw_only=True):
    """What a message's events come to. The defaults are what no event at all comes to."""

    content: ContentStatus = "received"
    delivery: DeliveryStatus = "none"
    receipt: ReceiptStatus = "none-due"


_CONTENT_EVENTS: Mapping[EventKind, ContentEvent] = {kind: event for event, kind in content.RECORDED_AS.items()}
_DELIVERY_EVENTS: Mapping[EventKind, DeliveryEvent] = {kind: event for event, kind in delivery.RECORDED_AS.items()}
_EXPECTATION_EVENTS: Mapping[EventKind, ExpectationEvent] = {
    "receipt-overdue": "run-out",
    "receipt-renewed": "renew",
    "receipt-withdrawn": "withdraw",
}
# From what a journal says to the word itself; anything else, whatever its type, is not found.
_KINDS: Mapping[str, ReceiptKind] = {kind: kind for kind in LEVELS}
_VERDICTS: Mapping[str, Verdict] = {verdict: verdict for verdict in get_args(Verdict)}

MOVING: frozenset[EventKind] = frozenset(
    [
        *_CONTENT_EVENTS,
        *_DELIVERY_EVENTS,
        *_EXPECTATION_EVENTS,
        "delivery-queued",
        "receipt-expected",
        "receipt-arrived",
    ]
)
"""The kinds of event that can change a status; the others are told and leave the fold as it is."""

_DELIVERY_ORDER: tuple[DeliveryState, ...] = (
    "refused", "doubtful", "parked", "retry-wait", "sending", "sent", "queued", "delivered", "cancelled"
)  # fmt: skip


Told = tuple[EventKind, Mapping[str, object]]
"""The kind of an event and its data: all that the fold looks at."""


def fold(events: Iterable[Event]) -> Statuses:
    """The statuses that a message's events come to, given in the order of the journal. Total and deterministic."""
    return fold_told((event.kind, event.data) for event in events)


def fold_told(told: Iterable[Told]) -> Statuses:
    """As :func:`fold`, over kinds and data."""
    judged: ContentState = CONTENT.initial
    carried: dict[str, DeliveryState] = {}
    owed: dict[ReceiptKind, ExpectationState] = {}
    for kind, data in told:
        if (judging := _CONTENT_EVENTS.get(kind)) is not None:
            judged = CONTENT.after(judged, judging)
        elif kind.startswith("delivery-"):
            _carry(carried, kind, data)
        elif kind.startswith("receipt-"):
            _owe(owed, kind, data)
    return Statuses(content=judged, delivery=_delivery(carried.values()), receipt=_receipt(owed.values()))


def _carry(carried: dict[str, DeliveryState], told: EventKind, data: Mapping[str, object]) -> None:
    transmission = _word(data, "transmission")
    if not transmission:
        return
    if told == "delivery-queued":
        carried.setdefault(transmission, DELIVERY.initial)
    elif transmission in carried and (moved := _DELIVERY_EVENTS.get(told)) is not None:
        carried[transmission] = DELIVERY.after(carried[transmission], moved)


def _owe(owed: dict[ReceiptKind, ExpectationState], told: EventKind, data: Mapping[str, object]) -> None:
    kind = _KINDS.get(_word(data, "kind"))
    if kind is None:
        return
    if told == "receipt-expected":
        owed.setdefault(kind, EXPECTATION.initial)
    elif kind in owed:
        moved = _EXPECTATION_EVENTS.get(told)
        if told == "receipt-arrived" and (verdict := _VERDICTS.get(_word(data, "verdict"))) is not None:
            moved = heard(kind, verdict)
        if moved is not None:
            owed[kind] = EXPECTATION.after(owed[kind], moved)


def _word(data: Mapping[str, object], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _delivery(states: Iterable[DeliveryState]) -> DeliveryStatus:
    present = set(states)
    return next((state for state in _DELIVERY_ORDER if state in present), "none")


def _receipt(states: Iterable[ExpectationState]) -> ReceiptStatus:
    present = set(states) - {"withdrawn"}
    if not present:
        return "none-due"
    if "rejected" in present:
        return "rejected"
    if "overdue" in present:
        return "overdue"
    if present == {"waiting"}:
        return "waiting"
    if present & {"waiting", "partially-met"}:
        return "partially-met"
    return "met-with-errors" if "met-with-errors" in present else "met"
