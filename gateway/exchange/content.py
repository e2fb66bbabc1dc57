"""The machine of a message's content: what the gateway thinks of what it holds.

No verdict is ever repaired. A sender's correction is another message, and so is what a person has made again from the
same bytes under a better profile: the old one is ``reprocessed`` then, and the new one counts. That holds for what had
no effect (``rejected``, ``unassigned``, ``quarantined``). An accepted message had its effect and stays accepted,
whatever is made from it later.

``quarantined`` and ``unassigned`` are where a person decides: processed again, or ``dismissed``. A message gets into
quarantine at once (a repeat that a profile wants held), or after it was accepted, when its translation shows what the
guide could not. Somebody may change his mind: what was dismissed can still be processed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gateway.exchange.event import EventKind
from gateway.exchange.machine import Cause, Machine

ContentState = Literal[
    "received", "accepted", "accepted-with-errors", "rejected", "quarantined", "unassigned", "reprocessed", "dismissed"
]
ContentEvent = Literal[
    "accept", "accept-with-errors", "reject", "quarantine", "leave-unassigned", "reprocess", "dismiss"
]

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
        "reprocessed": "made again as a new message, which counts instead",
        "dismissed": "a person decided that nothing is to be done with it",
    },
    events={
        "accept": Cause("gateway", "nothing is wrong that matters"),
        "accept-with-errors": Cause("gateway", "something is wrong that the profile lets pass"),
        "reject": Cause("gateway", "something is wrong that makes it unusable"),
        "quarantine": Cause("gateway", "a person has to decide"),
        "leave-unassigned": Cause("gateway", "sender, receiver or flow are unknown"),
        "reprocess": Cause("person", "somebody has it made again from the same bytes, as the profile is today"),
        "dismiss": Cause("person", "somebody decides that nothing is to be done"),
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
        "rejected": {"reprocess": "reprocessed"},
        "quarantined": {
            "accept": "accepted",
            "accept-with-errors": "accepted-with-errors",
            "reject": "rejected",
            "reprocess": "reprocessed",
            "dismiss": "dismissed",
        },
        "unassigned": {"reprocess": "reprocessed", "dismiss": "dismissed"},
        "reprocessed": {},
        "dismissed": {"reprocess": "reprocessed"},
    },
)

RECORDED_AS: Mapping[ContentEvent, EventKind] = {
    "accept": "message-accepted",
    "accept-with-errors": "message-accepted-with-errors",
    "reject": "message-rejected",
    "quarantine": "message-quarantined",
    "leave-unassigned": "message-unassigned",
    "reprocess": "message-reprocessed",
    "dismiss": "message-dismissed",
}
"""The kind under which the journal keeps each event."""
