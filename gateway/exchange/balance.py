"""The equation of an exchange: what was taken is delivered, on its way, turned away, or in somebody's hands.

Each message is in exactly one place, which its statuses say. What was taken is counted from the journal and where it is
from the messages, so that a message which one of them lacks shows as a difference. ``nowhere`` is no place: an accepted
message with nothing to deliver would have been forgotten, since whatever is accepted is handed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

import msgspec

from gateway.exchange.content import ContentState
from gateway.exchange.statuses import DeliveryStatus, ReceiptStatus

Place = Literal["delivered", "in_flight", "held", "rejected", "cancelled", "made_again", "nowhere"]

_BY_CONTENT: Mapping[ContentState, Place] = {
    "received": "nowhere",
    "rejected": "rejected",
    "quarantined": "held",
    "unassigned": "held",
    "reprocessed": "made_again",
    "dismissed": "cancelled",
}
_BY_DELIVERY: Mapping[DeliveryStatus, Place] = {
    "none": "nowhere",
    "queued": "in_flight",
    "sending": "in_flight",
    "sent": "in_flight",
    "retry-wait": "in_flight",
    "delivered": "delivered",
    "doubtful": "held",
    "parked": "held",
    "refused": "held",
    "cancelled": "cancelled",
}


def place_of(content: ContentState, delivery: DeliveryStatus) -> Place:
    """Where a message is. What was accepted is where its delivery is; ``held`` waits for a person."""
    return _BY_CONTENT.get(content) or _BY_DELIVERY[delivery]


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Messages that are alike in all of this."""

    content: ContentState
    delivery: DeliveryStatus
    receipt: ReceiptStatus
    many: int


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """The messages of one day (UTC), partner, direction and type, and where they are."""

    day: date
    party: str
    """Empty for messages of which no agreement is known."""
    direction: Literal["in", "out"]
    type: str
    taken: int
    """How many the journal says were found in an interchange, or came from the business side to be sent."""
    delivered: int
    in_flight: int
    held: int
    """Wait for a person: quarantined, unassigned, parked, doubtful, refused."""
    rejected: int
    cancelled: int
    """Cancelled or dismissed by a person."""
    made_again: int
    """Reprocessed: the message that was made from it counts instead, among those of its own day."""
    nowhere: int
    """Accepted, or not even judged, and handed on to nobody."""
    answered: int
    """Of those that a receipt was owed for: it came, and says that all is well."""
    answered_with_errors: int
    refused: int
    """The receipt says that the message was rejected."""
    awaited: int
    overdue: int

    @property
    def difference(self) -> int:
        """How many were taken that are in none of the places; 0 when the equation holds."""
        places = (self.delivered, self.in_flight, self.held, self.rejected, self.cancelled, self.made_again)
        return self.taken - sum(places)


def balance(
    *, day: date, party: str, direction: Literal["in", "out"], type: str, taken: int, counted: Iterable[Counted]
) -> Balance:
    """The balance of messages that were counted by their statuses."""
    places: dict[Place, int] = {}
    receipts: dict[ReceiptStatus, int] = {}
    for each in counted:
        place = place_of(each.content, each.delivery)
        places[place] = places.get(place, 0) + each.many
        receipts[each.receipt] = receipts.get(each.receipt, 0) + each.many
    return Balance(
        day=day,
        party=party,
        direction=direction,
        type=type,
        taken=taken,
        delivered=places.get("delivered", 0),
        in_flight=places.get("in_flight", 0),
        held=places.get("held", 0),
        rejected=places.get("rejected", 0),
        cancelled=places.get("cancelled", 0),
        made_again=places.get("made_again", 0),
        nowhere=places.get("nowhere", 0),
        answered=receipts.get("met", 0),
        answered_with_errors=receipts.get("met-with-errors", 0),
        refused=receipts.get("rejected", 0),
        awaited=receipts.get("waiting", 0) + receipts.get("partially-met", 0),
        overdue=receipts.get("overdue", 0),
    )
