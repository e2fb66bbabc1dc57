"""``booking_confirmation/1``: what a carrier answers to a booking. IFTMBC and 301 are written from it.

It repeats what was booked as the carrier understands it, which may differ from what was asked: the confirmation counts.
"""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.equipment import Equipment
from translators.canonical.event_time import EventTime
from translators.canonical.goods import GoodsItem
from translators.canonical.location import Location
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import Haulage, Purpose, Response


class BookingConfirmation(Coded, frozen=True, kw_only=True, tag_field="type", tag="booking_confirmation/1"):
    """An answer to a request for space."""

    number: Text
    """The carrier's booking number."""
    response: Response
    purpose: Purpose
    """Whether this is the first answer or changes or withdraws an earlier one."""
    issued: Moment | None = None
    times: tuple[EventTime, ...] = ()
    """Dates of the booking as a whole, such as its closing; those of one place stand with the place."""
    haulage: Haulage | None = None
    parties: tuple[Party, ...] = ()
    """The carrier that answers is one of them."""
    references: tuple[DocumentReference, ...] = ()
    """The booking party's own number of the request is one of them."""
    remarks: tuple[Remark, ...] = ()
    locations: tuple[Location, ...] = ()
    """Places of receipt and delivery, ports of loading and discharge, with their dates: closing, departure, arrival."""
    transports: tuple[Transport, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    """What containers are released, with their ``quantity``."""
    goods: tuple[GoodsItem, ...] = ()
