"""``warehouse_order/1``: an order to a warehouse to send goods out. 940 and INSDES fill it alike.

Whoever owns the stock (the depositor) tells the warehouse that keeps it what to send to whom, when, and by which
carrier. Its number is the depositor's; what the warehouse answers (:mod:`translators.canonical.warehouse_shipment`)
quotes it.
"""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.delivery_terms import DeliveryTerms
from translators.canonical.equipment import Equipment
from translators.canonical.event_time import EventTime
from translators.canonical.goods import Count
from translators.canonical.item import ItemId
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import Purpose


class WarehouseOrderLine(Coded, frozen=True, kw_only=True):
    """An article to send, and how much of it."""

    number: Text | None = None
    """The line's number in the depositor's order."""
    item_ids: tuple[ItemId, ...] = ()
    """A batch among them is the one to send, and no other."""
    description: Text | None = None
    quantity: Measure
    """In units of the warehouse's stock; ``C62`` where the message gives no unit."""
    per_package: Count | None = None
    """How many of the next smaller unit are in one such unit: cartons in a case, pieces in a carton."""
    gross_weight: Measure | None = None
    volume: Measure | None = None
    times: tuple[EventTime, ...] = ()
    """What holds for this line alone, such as the day before which the goods may not expire."""
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()


class WarehouseOrder(Coded, frozen=True, kw_only=True, tag_field="type", tag="warehouse_order/1"):
    """An order to a warehouse."""

    number: Text
    """The depositor's number of the order."""
    purpose: Purpose
    issued: Moment | None = None
    purchase_order: Text | None = None
    """The number of the purchase order that the goods are sent on: the consignee's, as a rule."""
    parties: tuple[Party, ...] = ()
    """The depositor, the warehouse, and where the goods go (``ship_to``)."""
    references: tuple[DocumentReference, ...] = ()
    times: tuple[EventTime, ...] = ()
    """When the goods are to leave or to arrive."""
    remarks: tuple[Remark, ...] = ()
    delivery_terms: DeliveryTerms | None = None
    transport: Transport | None = None
    """The carrier that the depositor wants, and by which mode."""
    equipment: tuple[Equipment, ...] = ()
    """What the goods are to be loaded into, and at which temperature."""
    lines: tuple[WarehouseOrderLine, ...] = ()
    """Empty when the order is withdrawn."""
    gross_weight: Measure | None = None
    """Of the whole order."""
    volume: Measure | None = None
