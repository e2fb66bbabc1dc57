"""The transport machine: how one outgoing transmission fares, to a partner or to the company's own systems.

The bytes are made once; every attempt sends the same ones. What the table settles:

*Nobody knows whether a broken attempt arrived.* A worker that dies while sending leaves ``sending`` behind, and the
next one simply starts again: same bytes, same identifiers, so that the receiver can tell a repeat. ``start`` is
therefore possible in ``sending``.

*The counterpart's word outweighs ours.* A confirmation may come after we had given up, or after a person had cancelled
what in truth had arrived (a late MDN, a receipt that names our control number). The bytes are there, so ``confirm``
leads to ``delivered`` from everywhere but ``refused``: a counterpart that has said no must be asked, and a person then
resends. A confirmation that comes twice changes nothing.

*Delivery into our own database needs no ``sending``.* A mailbox entry is placed in the very transaction that records
it, so ``confirm`` is possible in ``queued``.

*Giving up is not refusing.* ``parked`` means that the attempts or their time are used up, or that trying again cannot
help; the bytes wait for a person. ``refused`` is the counterpart's own answer. Neither is left by a machine's decision.

*What is on its way cannot be cancelled.* In ``sending`` the bytes may be half across; the attempt ends first.

*Taken is not delivered.* Over AS2 the counterpart's server may take the bytes and say later, in an MDN, what it has:
``sent`` until then. When that time is over the same bytes go out again, so ``start`` is possible there.

*An answer may prove nothing.* An MDN without a digest, with another digest than ours, or with a signature that does not
hold says neither yes nor no: ``doubtful``, which a person resolves, or a better answer that comes late.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gateway.exchange.event import EventKind
from gateway.exchange.machine import Cause, Machine

DeliveryState = Literal[
    "queued", "sending", "retry-wait", "delivered", "parked", "refused", "cancelled", "sent", "doubtful"
]
DeliveryEvent = Literal["start", "transfer", "confirm", "doubt", "fail", "give-up", "refuse", "cancel", "resend"]

DELIVERY: Machine[DeliveryState, DeliveryEvent] = Machine(
    name="delivery",
    initial="queued",
    states={
        "queued": "waits for its first attempt, or for the first after a person had it sent again",
        "sending": "an attempt is under way, or was when its worker died",
        "sent": "the counterpart's server took the bytes; what it has, its receipt will say",
        "retry-wait": "an attempt failed; the next one has its time",
        "delivered": "the counterpart has it, or it lies where the counterpart fetches it",
        "doubtful": "an answer came that proves nothing; a person decides",
        "parked": "given up by the gateway; a person decides",
        "refused": "the counterpart said no",
        "cancelled": "a person decided that it is not to be sent",
    },
    events={
        "start": Cause("gateway", "a worker begins an attempt"),
        "transfer": Cause("partner", "the counterpart's server took the bytes and owes a receipt for them"),
        "confirm": Cause("partner", "the counterpart's side says that the bytes are there"),
        "doubt": Cause("partner", "the counterpart's side answers in a way that shows nothing"),
        "fail": Cause("gateway", "the attempt failed in a way that time may heal"),
        "give-up": Cause("gateway", "the attempts are used up, or the fault is not of the kind that time heals"),
        "refuse": Cause("partner", "the counterpart's side answers that it will not take the bytes"),
        "cancel": Cause("person", "somebody decides against sending"),
        "resend": Cause("person", "somebody, or a counterpart that repeats itself, wants the same bytes again"),
    },
    table={
        "queued": {"start": "sending", "confirm": "delivered", "give-up": "parked", "cancel": "cancelled"},
        "sending": {
            "start": "sending",
            "transfer": "sent",
            "confirm": "delivered",
            "doubt": "doubtful",
            "fail": "retry-wait",
            "give-up": "parked",
            "refuse": "refused",
        },
        "sent": {
            "start": "sending",
            "confirm": "delivered",
            "doubt": "doubtful",
            "give-up": "parked",
            "refuse": "refused",
        },
        "retry-wait": {
            "start": "sending",
            "confirm": "delivered",
            "doubt": "doubtful",
            "give-up": "parked",
            "refuse": "refused",
            "cancel": "cancelled",
        },
        "delivered": {"confirm": "delivered", "resend": "queued"},
        "doubtful": {
            "confirm": "delivered",
            "doubt": "doubtful",
            "refuse": "refused",
            "cancel": "cancelled",
            "resend": "queued",
        },
        "parked": {
            "confirm": "delivered",
            "doubt": "doubtful",
            "refuse": "refused",
            "cancel": "cancelled",
            "resend": "queued",
        },
        "refused": {"resend": "queued"},
        "cancelled": {"confirm": "delivered"},
    },
)

RECORDED_AS: Mapping[DeliveryEvent, EventKind] = {
    "start": "delivery-started",
    "transfer": "delivery-transferred",
    "confirm": "delivery-confirmed",
    "doubt": "delivery-doubtful",
    "fail": "delivery-failed",
    "give-up": "delivery-parked",
    "refuse": "delivery-refused",
    "cancel": "delivery-cancelled",
    "resend": "delivery-resent",
}
"""The kind under which the journal keeps each event; ``delivery-queued`` is how the machine begins."""
