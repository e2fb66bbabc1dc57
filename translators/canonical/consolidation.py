"""``consolidation/1``: the consignments that travel together on one transport. IFCSUM is written from it.

A forwarder tells its agent at the other end, or a carrier, what one vessel, truck or container has in it, consignment
by consignment. What holds for all of them stands at the top and is not repeated below.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.equipment import Equipment
from translators.canonical.goods import Cargo, GoodsItem
from translators.canonical.location import Location
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import FreightTerms, Haulage, Purpose


class Consignment(Coded, frozen=True, kw_only=True):
    """One consignment of a consolidation."""

    number: Text
    """The number under which both sides know it: as a rule the house bill of lading or waybill."""
    issued: Moment | None = None
    """The day of the transport document."""
    haulage: Haulage | None = None
    freight_terms: FreightTerms | None = None
    parties: tuple[Party, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()
    locations: tuple[Location, ...] = ()
    cargo: Cargo | None = None
    """The consignment's totals."""
    goods: tuple[GoodsItem, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    """What this consignment alone travels in."""


class Consolidation(Coded, frozen=True, kw_only=True, tag_field="type", tag="consolidation/1"):
    """Consignments on one transport."""

    number: Text
    """The number of the consolidation or of the message."""
    purpose: Purpose
    issued: Moment | None = None
    references: tuple[DocumentReference, ...] = ()
    """The master bill of lading is one of them."""
    remarks: tuple[Remark, ...] = ()
    parties: tuple[Party, ...] = ()
    """Who sends and who receives, and the carrier: the message names them with the transport."""
    transports: tuple[Transport, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    """What the consignments share, such as a groupage container."""
    cargo: Cargo | None = None
    """The totals of all consignments."""
    consignments: Annotated[tuple[Consignment, ...], msgspec.Meta(min_length=1)]
