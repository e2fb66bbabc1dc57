"""``booking/1``: space asked of a carrier. IFTMBF and 300 are written from it.

A booking asks for room on a sailing, for containers, or both: ``equipment`` says what containers and how many,
``goods`` what will be in them. Where the journey begins and ends, and in which ports, is in ``locations``, with the
dates wanted or known there.
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
from translators.canonical.vocabulary import FreightTerms, Haulage, Purpose


class Booking(Coded, frozen=True, kw_only=True, tag_field="type", tag="booking/1"):
    """A request for space."""

    number: Text
    """The number of the request: the booking party's own, or the carrier's where one was given before."""
    purpose: Purpose
    issued: Moment | None = None
    times: tuple[EventTime, ...] = ()
    """Dates of the booking as a whole, such as its closing; those of one place stand with the place."""
    haulage: Haulage | None = None
    freight_terms: FreightTerms | None = None
    parties: tuple[Party, ...] = ()
    """The carrier that is asked is one of them."""
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()
    locations: tuple[Location, ...] = ()
    """Places of receipt and delivery, ports of loading and discharge."""
    transports: tuple[Transport, ...] = ()
    """The legs, the main carriage first where there is only one."""
    equipment: tuple[Equipment, ...] = ()
    """What containers are wanted, with their ``quantity``; numbers where the shipper brings its own."""
    goods: tuple[GoodsItem, ...] = ()
