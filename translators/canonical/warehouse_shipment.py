"""``warehouse_shipment/1``: what a warehouse has sent out on an order. 945 is written from it.

The answer to :mod:`translators.canonical.warehouse_order`. It is one shipment on one order of the depositor's; what is
in which package is said by ``units``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.equipment import Equipment
from translators.canonical.event_time import EventTime
from translators.canonical.goods import Count
from translators.canonical.item import ItemId
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.quantity import Unit, refuse_endless
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.stock_words import ShipmentReport
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import FreightTerms, LineStatus


class WarehouseShipmentLine(Coded, frozen=True, kw_only=True):
    """An article that was ordered, and what was sent of it."""

    number: Text | None = None
    """The line's number in the depositor's order."""
    status: LineStatus
    item_ids: tuple[ItemId, ...] = ()
    """With the batch that was sent."""
    description: Text | None = None
    unit: Unit
    """What ``ordered``, ``shipped`` and ``missing`` count."""
    ordered: Decimal | None = None
    shipped: Decimal | None = None
    """Zero when nothing was sent."""
    missing: Decimal | None = None
    """By how much less was sent than ordered."""
    gross_weight: Measure | None = None
    times: tuple[EventTime, ...] = ()
    references: tuple[DocumentReference, ...] = ()

    def __post_init__(self) -> None:
        refuse_endless(ordered=self.ordered, shipped=self.shipped, missing=self.missing)


class ShippedUnit(Coded, frozen=True, kw_only=True):
    """A package with what is in it, or lines of which no package is named."""

    sscc: Text | None = None
    """Serial shipping container code of GS1: 18 digits, without the application identifier."""
    tracking_number: Text | None = None
    """The carrier's number of the package."""
    references: tuple[DocumentReference, ...] = ()
    lines: Annotated[tuple[WarehouseShipmentLine, ...], msgspec.Meta(min_length=1)]


class WarehouseShipment(Coded, frozen=True, kw_only=True, tag_field="type", tag="warehouse_shipment/1"):
    """What was sent out on one order."""

    order_number: Text
    """The depositor's number of the order."""
    report: ShipmentReport
    number: Text | None = None
    """The shipment's own number: the warehouse's, as a rule that of the bill of lading."""
    shipped: Moment | None = None
    """When the goods left."""
    purchase_order: Text | None = None
    """The number of the purchase order, as the order had it."""
    parties: tuple[Party, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    times: tuple[EventTime, ...] = ()
    remarks: tuple[Remark, ...] = ()
    freight_terms: FreightTerms | None = None
    transport: Transport | None = None
    """The carrier that took the goods."""
    equipment: Equipment | None = None
    """The trailer or container they left in."""
    pallets: Count | None = None
    units: tuple[ShippedUnit, ...] = ()
    gross_weight: Measure | None = None
    """Of the whole shipment."""
    volume: Measure | None = None
