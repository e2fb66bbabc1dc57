"""The machine of a case: work for a person.

There is one case for each subject and cause. When a closed one's cause comes up again, it is opened again rather than
hidden behind the old answer, and its history shows both times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gateway.exchange.event import EventKind
from gateway.exchange.machine import Cause, Machine

CaseState = Literal["open", "assigned", "closed"]
CaseEvent = Literal["assign", "release", "close", "reopen"]

CASE: Machine[CaseState, CaseEvent] = Machine(
    name="case",
    initial="open",
    states={
        "open": "nobody works on it",
        "assigned": "its owner works on it",
        "closed": "done or dismissed, with a reason",
    },
    events={
        "assign": Cause("person", "somebody takes it on, or is given it"),
        "release": Cause("person", "its owner gives it back"),
        "close": Cause("person", "somebody says that it is done, or why nothing is to be done"),
        "reopen": Cause("gateway", "the cause came up again"),
    },
    table={
        "open": {"assign": "assigned", "close": "closed"},
        "assigned": {"assign": "assigned", "release": "open", "close": "closed"},
        "closed": {"reopen": "open"},
    },
)

RECORDED_AS: Mapping[CaseEvent, EventKind] = {
    "assign": "case-assigned",
    "release": "case-released",
    "close": "case-closed",
    "reopen": "case-reopened",
}
"""The kind under which the journal keeps each event; ``case-opened`` is how the machine begins."""
