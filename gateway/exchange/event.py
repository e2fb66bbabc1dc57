"""Events: what happened, in words that never change their meaning, because a journal of years is made of them.

An event belongs to one subject: a transmission, interchange, message, expectation, case, exchange of certificates or
rule for alerts. What befalls a transmission
befalls the messages in it, so an event of a delivery stands in the journal of each message that it carries too: a
message's own journal is all that is needed to tell its three statuses.

A new kind may be added; one that exists is never renamed and never means something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

EventKind = Literal[
    "transmission-received",
    "transmission-repeated",
    "transmission-read",
    "transmission-unreadable",
    "transmission-reprocessed",
    "transmission-written",
    "transmission-collected",
    "transmission-removed",
    "stage-given-up",
    "delivery-queued",
    "delivery-started",
    "delivery-transferred",
    "delivery-confirmed",
    "delivery-doubtful",
    "delivery-failed",
    "delivery-parked",
    "delivery-refused",
    "delivery-cancelled",
    "delivery-resent",
    "interchange-received",
    "interchange-accepted",
    "interchange-rejected",
    "interchange-repeated",
    "interchange-reprocessed",
    "interchange-written",
    "message-received",
    "message-accepted",
    "message-accepted-with-errors",
    "message-rejected",
    "message-quarantined",
    "message-unassigned",
    "message-translated",
    "message-reprocessed",
    "message-rerun",
    "message-dismissed",
    "receipt-expected",
    "receipt-arrived",
    "receipt-overdue",
    "receipt-renewed",
    "receipt-withdrawn",
    "receipt-issued",
    "receipt-unmatched",
    "case-opened",
    "case-explained",
    "case-assigned",
    "case-released",
    "case-closed",
    "case-reopened",
    "certificates-offered",
    "certificates-offered-again",
    "certificates-accepted",
    "certificates-rejected",
    "certificates-overdue",
    "channel-unreachable",
    "channel-reached",
    "channel-paused",
    "channel-resumed",
    "alerts-muted",
    "alerts-unmuted",
    "payload-viewed",
]

EVENT_KINDS: Mapping[EventKind, str] = {
    "transmission-received": "Bytes came in over a channel and are durable",
    "transmission-repeated": "The same bytes came under the same name again; they had no effect",
    "transmission-read": "The bytes were read, and interchanges found in them",
    "transmission-unreadable": "The bytes are no interchange; a person has to look",
    "transmission-reprocessed": "A person had the bytes, of which nothing had come, taken up again",
    "transmission-written": "Bytes to be sent were made and are durable",
    "transmission-collected": "The counterpart took the file out of its mailbox",
    "transmission-removed": "The counterpart removed the file from its mailbox",
    "stage-given-up": "A stage of the gateway's own work could not be done and will not be tried again by itself",
    "delivery-queued": "The bytes wait to be sent",
    "delivery-started": "An attempt to send them began",
    "delivery-transferred": "The counterpart's server took the bytes; its receipt for them is due",
    "delivery-confirmed": "The counterpart has the bytes",
    "delivery-doubtful": "The counterpart answered in a way that does not show what it has; a person decides",
    "delivery-failed": "An attempt failed and will be made again",
    "delivery-parked": "No more attempts are made until a person decides; the bytes are kept",
    "delivery-refused": "The counterpart refused the bytes",
    "delivery-cancelled": "A person decided that they are not to be sent",
    "delivery-resent": "A person had the same bytes sent again",
    "interchange-received": "An interchange was found in what came in",
    "interchange-accepted": "The interchange was accepted, perhaps without some of its messages",
    "interchange-rejected": "The interchange was rejected as a whole",
    "interchange-repeated": "The interchange was received before; this copy had no effect",
    "interchange-reprocessed": "A person had the interchange judged again under today's profile, as a new one",
    "interchange-written": "An interchange was written and took its control number",
    "message-received": "A message was found in an interchange, or came from the business side to be sent",
    "message-accepted": "The message is what its guide asks for",
    "message-accepted-with-errors": "The message was taken although something in it is wrong",
    "message-rejected": "The message is not usable, and its sender was told",
    "message-quarantined": "The message is held until a person decides",
    "message-unassigned": "No agreement or flow is known for the message",
    "message-translated": "The message was turned into its canonical form, or made from it",
    "message-reprocessed": "A new message was made from the same input under today's profile",
    "message-rerun": "The message was translated again under its own profile and compared; nothing else was done",
    "message-dismissed": "A person decided that nothing more is to be done about the message",
    "receipt-expected": "The counterpart owes a receipt for this message",
    "receipt-arrived": "A receipt for this message came",
    "receipt-overdue": "The receipt did not come in time",
    "receipt-renewed": "The message was sent again, so its receipt is awaited anew",
    "receipt-withdrawn": "No receipt is awaited any more: the message will not be sent, or a person waits no longer",
    "receipt-issued": "A receipt for what came in was written to its sender",
    "receipt-unmatched": "A receipt came that answers nothing we know",
    "case-opened": "Work for a person came up",
    "case-explained": "More was found out about what the case is about",
    "case-assigned": "Somebody took the case on, or was given it",
    "case-released": "Its owner gave the case back",
    "case-closed": "The case was closed, for a stated reason",
    "case-reopened": "The same cause came up again after the case was closed",
    "certificates-offered": "Certificates were offered by message, by a partner or by us",
    "certificates-offered-again": "The same offer came again; it had no effect but the earlier answer",
    "certificates-accepted": "Certificates that were offered are trusted from now on by whoever they were offered to",
    "certificates-rejected": "Certificates that were offered are not going to be used",
    "certificates-overdue": "A partner did not answer an offer of ours in time",
    "channel-unreachable": "Nobody was reached over a channel several times in a row; what goes there waits",
    "channel-reached": "Somebody answered over a channel again, for the first time since nobody was reached",
    "channel-paused": "Somebody holds what goes out over a channel, has what comes in refused, or both",
    "channel-resumed": "Somebody ended that",
    "alerts-muted": "A person had a rule tell nothing until a moment",
    "alerts-unmuted": "A person had a rule tell again what it has to",
    "payload-viewed": "Somebody looked at the bytes, or took a copy",
}
"""Every kind of event with its meaning. The events of the three machines say what their ``data`` must hold:
``delivery-…`` the ``transmission``; ``receipt-expected``, ``-arrived``, ``-overdue``, ``-renewed`` and ``-withdrawn``
the receipt's ``kind``, and ``receipt-arrived`` its ``verdict`` as well."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the journal. ``seq`` orders all events of one subject as they were recorded."""

    seq: int
    at: datetime
    subject: str
    kind: EventKind
    actor: str
    """Who did it: ``gateway``, a partner's id, or a person's name."""
    data: Mapping[str, object]
    profile_sha256: str | None = None
