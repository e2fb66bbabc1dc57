"""Which lines of the journal are published, and as what.

A line has one name, or none; what a canonical document says becomes as many events as it says things, and is known when
the document is read (:mod:`gateway.events.documents`). Three choices:

*A delivery's line stands in the journal of each message that it carries*, and it is told of those, since systems know
shipments and not transmissions. Only of what carries no message, an acknowledgment, it is told of the transmission.

*Of deliveries to the company's own systems, and of acknowledgments, only trouble is told*: what arrived, the receiver
knows, and how acknowledgments fare otherwise nobody waits for.

*A receipt is told when it changes what is awaited.* A second CONTRL that says the same says nothing new.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.events.taxonomy import EVENT_TYPES, family_of
from gateway.exchange import EventKind

_MESSAGE: Mapping[EventKind, str] = {
    "message-received": "message.received",
    "message-accepted": "message.accepted",
    "message-accepted-with-errors": "message.accepted",
    "message-rejected": "message.rejected",
    "message-quarantined": "message.quarantined",
    "message-unassigned": "message.unassigned",
    "message-reprocessed": "message.reprocessed",
    "message-dismissed": "message.dismissed",
    "receipt-overdue": "receipt.overdue",
}
_TROUBLE: Mapping[EventKind, str] = {
    "delivery-doubtful": "delivery.doubtful",
    "delivery-parked": "delivery.parked",
    "delivery-refused": "delivery.refused",
}
_PROGRESS: Mapping[EventKind, str] = {
    "delivery-confirmed": "delivery.delivered",
    "delivery-cancelled": "delivery.cancelled",
    "delivery-resent": "delivery.resent",
}
_CASE: Mapping[EventKind, str] = {
    "case-opened": "case.opened",
    "case-reopened": "case.opened",
    "case-closed": "case.closed",
}
_RECEIPT: Mapping[str, str] = {"met": "receipt.met", "met-with-errors": "receipt.met", "rejected": "receipt.rejected"}
"""By the state that a receipt has brought the expectation into."""

DERIVING: Mapping[str, frozenset[str]] = {
    type_: frozenset(name for name in EVENT_TYPES if family_of(name) == family)
    for type_, family in (("customs_response/1", "customs"), ("transport_status/1", "transport"))
}
"""The types of canonical document that become events, and which those can be."""


def name_of(kind: EventKind, data: Mapping[str, object], *, noun: str | None, to_partner: bool = True) -> str | None:
    """The type of event that a line becomes by itself; ``None`` when it becomes none.

    ``noun`` is what the line's subject is (:func:`gateway.ids.noun_of`); ``to_partner`` whether its delivery, if it is
    about one, goes to a partner.
    """
    if noun == "c":
        return _CASE.get(kind)
    if kind in _TROUBLE:
        return _TROUBLE[kind]
    if noun != "m":
        return None
    if kind in _PROGRESS:
        return _PROGRESS[kind] if to_partner else None
    if kind == "receipt-arrived":
        state = data.get("state")
        return _RECEIPT.get(state) if isinstance(state, str) else None
    return _MESSAGE.get(kind)


def possible_names(
    kind: EventKind, data: Mapping[str, object], *, noun: str | None, to_partner: bool = True
) -> frozenset[str]:
    """Every type of event that can come of a line, before the document that it may be about is read."""
    if kind == "message-translated":
        type_ = data.get("canonical")
        return DERIVING.get(type_, frozenset()) if noun == "m" and isinstance(type_, str) else frozenset()
    name = name_of(kind, data, noun=noun, to_partner=to_partner)
    return frozenset() if name is None else frozenset((name,))
