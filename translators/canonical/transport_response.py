"""``transport_response/1``: what a carrier answers to a transport order. 990 says it.

The number is the order's own, so that the answer finds what it answers. A carrier that accepts may say when it will be
at which stop; one that declines says why in a remark.
"""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.equipment import Equipment
from translators.canonical.event_time import EventTime
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.transport_order import Stop
from translators.canonical.vocabulary import Response


class TransportResponse(Coded, frozen=True, kw_only=True, tag_field="type", tag="transport_response/1"):
    """An answer to one transport order."""

    number: Text
    """The number of the order that is answered."""
    response: Response
    issued: Moment | None = None
    parties: tuple[Party, ...] = ()
    """The carrier that answers is one of them."""
    references: tuple[DocumentReference, ...] = ()
    """The carrier's own number for the shipment (its pro number) is a ``carrier_reference``."""
    times: tuple[EventTime, ...] = ()
    """When the carrier will collect and deliver, where it says so of the shipment and not of a stop."""
    remarks: tuple[Remark, ...] = ()
    equipment: Equipment | None = None
    """What the carrier sends."""
    stops: tuple[Stop, ...] = ()
    """The order's stops, by their sequence, with what the carrier says of each."""
