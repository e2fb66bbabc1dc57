"""``rail_waybill/1``: goods by rail, from one station to another over several carriers. 404 and 417 fill it.

A shipper orders the carriage by a bill of lading (404); the carrier that takes the goods over makes its waybill of
that, and sends it to the carriers behind it (417). Both say the same, so both are one type, and ``kind`` tells them
apart. Cars are known by initial and number, stations and junctions by the railways' own codes, carriers by their SCAC.

What is to become of the empty car, and the transit of goods that were carried before, are not told.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.equipment import EquipmentNumber
from translators.canonical.event_time import EventTime
from translators.canonical.moment import Moment
from translators.canonical.party import Contact, Party, Text
from translators.canonical.quantity import Unit
from translators.canonical.rail_equipment import RailEquipment, RelatedEquipment
from translators.canonical.rail_lading import LadingLine, LadingWeight, RailDangerousGoods
from translators.canonical.rail_route import RouteCarrier
from translators.canonical.rail_station import RailStation
from translators.canonical.rail_words import (
    EquipmentRelation,
    RailBilling,
    RailStopReason,
    RailWaybillKind,
    ReleaseKind,
    WeightAgreement,
)
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.vocabulary import FreightTerms, PartyIdSystem, Purpose


class EquipmentRelease(Coded, frozen=True, kw_only=True):
    """Whether the carrier may take the equipment away, and since when."""

    kind: ReleaseKind
    moment: Moment | None = None


class RailCorrection(Coded, frozen=True, kw_only=True):
    """The document that this one corrects."""

    number: Text
    dated: Moment
    carrier: Text
    """Whose document it was, by the SCAC."""
    equipment: EquipmentNumber


class RelatedWaybill(Coded, frozen=True, kw_only=True):
    """Another waybill that this one has to do with, such as that of the carriage before."""

    number: Text
    dated: Moment
    relation: EquipmentRelation | None = None
    """What its equipment is to that of this waybill."""
    equipment: EquipmentNumber | None = None
    carrier: Text | None = None
    fsac: Text | None = None
    """The station where it was made, by the carrier's number."""
    city: Text | None = None
    subdivision: Text | None = None


class RailStop(Coded, frozen=True, kw_only=True):
    """Where a car stops on its way, to be loaded or unloaded in part."""

    reason: RailStopReason
    accomplished: bool
    """Whether it has been done."""
    name: Text
    id: Text | None = None
    id_system: PartyIdSystem | None = None
    address_lines: tuple[Text, ...] = ()
    station: RailStation


class SpecialHandling(Coded, frozen=True, kw_only=True):
    """How the shipment is to be treated on its way."""

    code: Text | None = None
    """The AAR's special handling code (X12 152)."""
    text: Text | None = None
    """In words, where there is no code."""
    protective_service: Text | None = None
    """The AAR's code of the protection against heat and cold (X12 241)."""


class RailWaybill(Coded, frozen=True, kw_only=True, tag_field="type", tag="rail_waybill/1"):
    """A shipper's bill of lading for rail, or a rail carrier's waybill."""

    kind: RailWaybillKind
    number: Text
    """Of the bill of lading, or of the waybill."""
    dated: Moment | None = None
    """The day of the bill of lading or waybill, by which waybills of the same number are told apart."""
    purpose: Purpose
    shipment: Text | None = None
    """The shipment's number, by whoever gave it."""
    carrier: Text | None = None
    """Who takes the goods over first, by the SCAC."""
    freight_terms: FreightTerms
    correction: RailCorrection | None = None
    weight_unit: Unit | None = None
    """Of all weights that do not state one."""
    billing: RailBilling | None = None
    weight_agreement: WeightAgreement | None = None
    """By whose weight the freight is reckoned, where that is agreed."""
    section_seven: bool | None = None
    """Whether the shipper is free of the freight that a consignee leaves unpaid (section 7 of the bill of lading)."""
    pattern: Text | None = None
    """The stored pattern of a shipment that repeats, which fills in what is not said."""
    release: EquipmentRelease | None = None
    references: tuple[DocumentReference, ...] = ()
    times: tuple[EventTime, ...] = ()
    equipment: Annotated[tuple[RailEquipment, ...], msgspec.Meta(min_length=1)]
    related_equipment: tuple[RelatedEquipment, ...] = ()
    related_waybills: tuple[RelatedWaybill, ...] = ()
    origin: RailStation
    destination: RailStation
    parties: Annotated[tuple[Party, ...], msgspec.Meta(min_length=1)]
    stops: tuple[RailStop, ...] = ()
    """In the order of the journey."""
    route: tuple[RouteCarrier, ...] = ()
    """The carriers, the first one first."""
    route_code: Text | None = None
    """The carriers' name for the route, which may stand for the list."""
    handling: tuple[SpecialHandling, ...] = ()
    lading: Annotated[tuple[LadingLine, ...], msgspec.Meta(min_length=1)]
    weight: LadingWeight | None = None
    """Of all lading."""
    dangerous_goods: tuple[RailDangerousGoods, ...] = ()
    contacts: tuple[Contact, ...] = ()
    remarks: tuple[Remark, ...] = ()
