"""``transport_status/1``: what happened to consignments. IFTSTA and 214 fill it alike.

One document stands for one message. An IFTSTA may report several consignments (its CNI groups), a 214 reports one, so
consignments are a list; each has its events in the order of the message. What a message says once for all of its
consignments stands at the top and is not repeated below.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.equipment import Equipment
from translators.canonical.event_time import EventTime
from translators.canonical.goods import Cargo
from translators.canonical.location import Location
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.status_words import Reason, Status
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import Purpose, ReferenceType


class StatusEvent(Coded, frozen=True, kw_only=True):
    """One thing that happened, is expected or was agreed."""

    status: Status
    reason: Reason | None = None
    """Absent when nothing out of the ordinary happened."""
    occurred: Moment
    """When it happened; of an estimate or an appointment, the moment estimated or agreed."""
    times: tuple[EventTime, ...] = ()
    location: Location | None = None
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()
    transport: Transport | None = None
    equipment: tuple[Equipment, ...] = ()
    cargo: tuple[Cargo, ...] = ()


class ConsignmentStatus(Coded, frozen=True, kw_only=True):
    """A consignment and what happened to it."""

    number: Text
    """The number under which the sender and the receiver know the consignment: a shipment or bill of lading number."""
    number_type: ReferenceType | None = None
    """Which number it is, where the message says so and it is not the one that shipments go by."""
    references: tuple[DocumentReference, ...] = ()
    locations: tuple[Location, ...] = ()
    cargo: Cargo | None = None
    """The consignment's totals."""
    events: Annotated[tuple[StatusEvent, ...], msgspec.Meta(min_length=1)]


class TransportStatus(Coded, frozen=True, kw_only=True, tag_field="type", tag="transport_status/1"):
    """A status report about one or more consignments."""

    number: Text | None = None
    """The report's own number."""
    purpose: Purpose
    issued: Moment | None = None
    parties: tuple[Party, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    locations: tuple[Location, ...] = ()
    """Origin and destination, where the message states them for all consignments."""
    remarks: tuple[Remark, ...] = ()
    consignments: Annotated[tuple[ConsignmentStatus, ...], msgspec.Meta(min_length=1)]
