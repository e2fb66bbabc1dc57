"""The machine of a message's content: what the gateway thinks of what it holds.

``rejected`` and ``unassigned`` are final. A sender's correction is another message, and a message that comes to be
assigned later is processed again as a new one that is linked to it: history is not repaired. ``quarantined`` is where
a person decides. A message gets there at once (a repeat that a profile wants held), or after it was accepted, when its
translation shows what the guide could not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gateway.exchange.event import EventKind
from gateway.exchange.machine import Cause, Machine

ContentState = Literal["received", "accepted", "accepted-with-errors", "rejected", "quarantined", "unassigned"]
ContentEvent = Literal["accept", "accept-with-errors", "reject", "quarantine", "leave-unassigned"]

CONTENT: Machine[ContentState, ContentEvent] = Machine(
    name="content",
    initial="received",
    states={
        "received": "not judged yet",
        "accepted": "as its guide asks",
        "accepted-with-errors": "taken although something is wrong",
        "rejected": "not usable; the sender was told",
        "quarantined": "held for a person",
        "unassigned": "no agreement or flow is known for it",
    },
    events={
        "accept": Cause("gateway", "nothing is wrong that matters"),
        "accept-with-errors": Cause("gateway", "something is wrong that the profile lets pass"),
        "reject": Cause("gateway", "something is wrong that makes it unusable"),
        "quarantine": Cause("gateway", "a person has to decide"),
        "leave-unassigned": Cause("gateway", "sender, receiver or flow are unknown"),
    },
    table={
        "received": {
            "accept": "accepted",
            "accept-with-errors": "accepted-with-errors",
            "reject": "rejected",
            "quarantine": "quarantined",
            "leave-unassigned": "unassigned",
        },
        "accepted": {"quarantine": "quarantined"},
        "accepted-with-errors": {"quarantine": "quarantined"},
        "rejected": {},
        "quarantined": {"accept": "accepted", "accept-with-errors": "accepted-with-errors", "reject": "rejected"},
        "unassigned": {},
    },
)

RECORDED_AS: Mapping[ContentEvent, EventKind] = {
    "accept": "message-accepted",
    "accept-with-errors": "message-accepted-with-errors",
    "reject": "message-rejected",
    "quarantine": "message-quarantined",
    "leave-unassigned": "message-unassigned",
}
"""The kind under which the journal keeps each event."""
