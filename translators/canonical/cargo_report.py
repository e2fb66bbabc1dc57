"""``cargo_report/1``: what a carrier reports to customs. CUSCAR, CUSREP, 309, 353 and 358 fill it.

A report is about one conveyance and the transport documents on it, each a consignment. Containers that the report lists
by themselves (CUSCAR) stand at the top, and the goods of a consignment say in which of them they are; where a message
lists the containers of each bill with what is in them (309), they stand with the consignment and have their goods.

It declares nothing: import, export and transit are declared by ``customs_declaration``, and answered apart.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from translators.canonical.bill_change import BillChange
from translators.canonical.coded import Coded
from translators.canonical.customs_words import CargoReportKind, CustomsRegime
from translators.canonical.duty import CustomsAmount
from translators.canonical.equipment import Equipment
from translators.canonical.event_time import EventTime
from translators.canonical.goods import Cargo, GoodsItem
from translators.canonical.location import Location
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import FreightTerms, LocationCodeSystem, Purpose, ReferenceType


class ReportedGoods(GoodsItem, frozen=True, kw_only=True):
    """A line of cargo as customs wants it told."""

    amounts: tuple[CustomsAmount, ...] = ()
    """The value of the goods, and others."""
    origin: Text | None = None
    """The country where they were made: ISO 3166-1."""


class ManifestEquipment(Equipment, frozen=True, kw_only=True):
    """Equipment with what is in it."""

    goods: tuple[ReportedGoods, ...] = ()


class InBondMovement(Coded, frozen=True, kw_only=True):
    """How the goods travel on under customs control, before any duty is paid."""

    entry_type: Text
    """The authority's code for the kind of movement: in the United States ``61`` ends at an inland port, ``62`` and
    ``63`` leave the country."""
    number: Text | None = None
    """The number of the movement's entry; of a bill's own movement there is a ``control_number`` instead."""
    destination: Text | None = None
    """The code of the port where it ends."""
    foreign_destination: Text | None = None
    """The code of the foreign port where the goods go from there."""
    value: Decimal | None = None
    """In US dollars."""
    control_number: Text | None = None
    carrier: Text | None = None
    """Who is bound for the goods, by its SCAC."""
    references: tuple[DocumentReference, ...] = ()
    """The bond, or what else the movement rests on."""


class InBondEvent(Coded, frozen=True, kw_only=True):
    """Arrival, export or hand-over of goods that travel in bond."""

    event: Text
    """The authority's code for what happened: an arrival, an export, a hand-over."""
    number: Text
    """The number of the movement, or of the bill or container in it that the event is about."""
    occurred: Moment
    port: Text | None = None
    """The code of the port where it happened."""
    city: Text | None = None
    """The town, where there is no code."""
    subdivision: Text | None = None
    carrier: Text | None = None
    """Who was bound for the goods, by its SCAC."""
    seal: Text | None = None
    reference: Text | None = None
    next_carrier: Text | None = None
    """Who takes them over."""


class ReportedConsignment(Coded, frozen=True, kw_only=True):
    """A transport document, and the goods under it."""

    number: Text | None = None
    """The document's number, without its issuer where that is told apart. Absent when only a change is reported."""
    number_type: ReferenceType | None = None
    """Which document it is: a bill of lading, a house bill, a waybill."""
    issuer: Text | None = None
    """Who issued it, as a rule by its SCAC, where the number does not begin with that."""
    master_number: Text | None = None
    """The master bill that it is a part of."""
    master_issuer: Text | None = None
    port: Text | None = None
    """The code of the place where it leaves the conveyance, and of customs there."""
    port_system: LocationCodeSystem | None = None
    port_name: Text | None = None
    change: BillChange | None = None
    """What is changed of a report that customs has already."""
    regime: CustomsRegime | None = None
    freight_terms: FreightTerms | None = None
    receipt: Text | None = None
    """Where a carrier before the main carriage took it over, in words."""
    parties: tuple[Party, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    locations: tuple[Location, ...] = ()
    """Where it was loaded, where it comes from and goes to."""
    transports: tuple[Transport, ...] = ()
    """What carries it before or behind the main carriage."""
    carried_on: Equipment | None = None
    """The rail car or trailer that its equipment stands on, in the consist of a train or truck."""
    in_bond: InBondMovement | None = None
    amounts: tuple[CustomsAmount, ...] = ()
    cargo: Cargo | None = None
    """The consignment's totals."""
    equipment: tuple[ManifestEquipment, ...] = ()
    goods: tuple[ReportedGoods, ...] = ()


class CargoReport(Coded, frozen=True, kw_only=True, tag_field="type", tag="cargo_report/1"):
    """A manifest."""

    kind: CargoReportKind | None = None
    number: Text | None = None
    """The number of the manifest, by which customs answers."""
    purpose: Purpose
    issued: Moment | None = None
    times: tuple[EventTime, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    parties: tuple[Party, ...] = ()
    remarks: tuple[Remark, ...] = ()
    transports: Annotated[tuple[Transport, ...], msgspec.Meta(min_length=1)]
    """The conveyance, with the ports where it loads and discharges, and the dates there."""
    locations: tuple[Location, ...] = ()
    """The office, and ports where the message tells them apart from the conveyance."""
    regime: CustomsRegime | None = None
    """What happens with all of the cargo."""
    equipment: tuple[Equipment, ...] = ()
    cargo: Cargo | None = None
    """The totals of the report."""
    consignments: tuple[ReportedConsignment, ...] = ()
    """Absent where only the conveyance is reported, or its movements in bond."""
    in_bond_events: tuple[InBondEvent, ...] = ()
    authentication: Text | None = None
