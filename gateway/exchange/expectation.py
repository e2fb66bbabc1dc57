"""The machine of an expected receipt: one for each message and kind of receipt that is due.

Receipts answer at four levels, and a later level never replaces an earlier one; each has its own expectation:

========== ================================== ==========================================================
transport  MDN                                the bytes arrived whole and authentic
receipt    TA1                                the interchange was taken
functional CONTRL, 997, 999                   the message is, or is not, what its guide asks for
processing APERAK, 824, customs answers       the business took it, or did not
========== ================================== ==========================================================

One table serves all four; the levels differ in which verdicts can come, and in one reading (:func:`heard`): that it
was ``received`` is all that the first two ask for, while a CONTRL that says no more than that (0083 is 8) has not
judged the message yet.

*Order and number of receipts do not matter.* Counterparts answer group by group and again message by message, repeat
themselves, and contradict themselves. The answers form a scale: ``waiting``, ``partially-met``, ``met``,
``met-with-errors``, ``rejected``, and a receipt can only move an expectation up it. So a rejection is never washed out
by a general acceptance that happens to come later, and a receipt that comes twice says nothing new. Whoever needs the
lower answer sends again: ``renew`` makes the expectation start over.

*Too late is still an answer.* An overdue expectation is settled by what comes after all. An answer in part does not
settle it: the obligation is neither fulfilled nor in time.

*A resend asks anew only where no was the answer, or none.* A counterpart need not acknowledge twice what it accepted.

*What is not sent is not awaited*, nor what a person waits no longer for: ``withdrawn``. Should an answer come all the
same, it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gateway.exchange.machine import Cause, Machine

ReceiptKind = Literal["mdn", "ta1", "contrl", "997", "999", "aperak", "824", "cusres"]
Level = Literal["transport", "receipt", "functional", "processing"]
Verdict = Literal["received", "accepted", "accepted-with-errors", "partially-accepted", "rejected"]

LEVELS: Mapping[ReceiptKind, Level] = {
    "mdn": "transport",
    "ta1": "receipt",
    "contrl": "functional",
    "997": "functional",
    "999": "functional",
    "aperak": "processing",
    "824": "processing",
    "cusres": "processing",
}

ExpectationState = Literal["waiting", "partially-met", "met", "met-with-errors", "rejected", "overdue", "withdrawn"]
ExpectationEvent = Literal["answer-in-part", "accept", "accept-with-errors", "reject", "run-out", "renew", "withdraw"]

EXPECTATION: Machine[ExpectationState, ExpectationEvent] = Machine(
    name="expectation",
    initial="waiting",
    states={
        "waiting": "nothing was heard yet",
        "partially-met": "something was heard that does not settle this message",
        "met": "accepted",
        "met-with-errors": "accepted, with errors noted",
        "rejected": "the counterpart said no",
        "overdue": "the time is over and the answer is not complete",
        "withdrawn": "no answer is awaited: the message is not sent, or a person waits no longer",
    },
    events={
        "answer-in-part": Cause(
            "partner", "a receipt says only that it arrived, or that some of its group was accepted"
        ),
        "accept": Cause("partner", "a receipt accepts the message"),
        "accept-with-errors": Cause("partner", "a receipt accepts the message and notes errors"),
        "reject": Cause("partner", "a receipt rejects the message, or all of its group or interchange"),
        "run-out": Cause("time", "the moment it was due has passed"),
        "renew": Cause("person", "the same message is sent again"),
        "withdraw": Cause("person", "the sending was cancelled, or the message dismissed"),
    },
    table={
        "waiting": {
            "answer-in-part": "partially-met",
            "accept": "met",
            "accept-with-errors": "met-with-errors",
            "reject": "rejected",
            "run-out": "overdue",
            "renew": "waiting",
            "withdraw": "withdrawn",
        },
        "partially-met": {
            "answer-in-part": "partially-met",
            "accept": "met",
            "accept-with-errors": "met-with-errors",
            "reject": "rejected",
            "run-out": "overdue",
            "renew": "waiting",
            "withdraw": "withdrawn",
        },
        "met": {
            "answer-in-part": "met",
            "accept": "met",
            "accept-with-errors": "met-with-errors",
            "reject": "rejected",
            "renew": "met",
        },
        "met-with-errors": {
            "answer-in-part": "met-with-errors",
            "accept": "met-with-errors",
            "accept-with-errors": "met-with-errors",
            "reject": "rejected",
            "renew": "met-with-errors",
        },
        "rejected": {
            "answer-in-part": "rejected",
            "accept": "rejected",
            "accept-with-errors": "rejected",
            "reject": "rejected",
            "renew": "waiting",
        },
        "overdue": {
            "answer-in-part": "overdue",
            "accept": "met",
            "accept-with-errors": "met-with-errors",
            "reject": "rejected",
            "renew": "waiting",
            "withdraw": "withdrawn",
        },
        "withdrawn": {
            "answer-in-part": "withdrawn",
            "accept": "met",
            "accept-with-errors": "met-with-errors",
            "reject": "rejected",
            "renew": "waiting",
        },
    },
)

OPEN: tuple[ExpectationState, ...] = ("waiting", "partially-met")
"""The states in which time can run out."""

_HEARD: Mapping[Verdict, ExpectationEvent] = {
    "received": "answer-in-part",
    "accepted": "accept",
    "accepted-with-errors": "accept-with-errors",
    "partially-accepted": "answer-in-part",
    "rejected": "reject",
}


def heard(kind: ReceiptKind, verdict: Verdict) -> ExpectationEvent:
    """What a receipt's verdict means to the expectation of one message."""
    if verdict == "received" and LEVELS[kind] in ("transport", "receipt"):
        return "accept"
    return _HEARD[verdict]
