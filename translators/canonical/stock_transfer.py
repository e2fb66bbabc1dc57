"""``stock_transfer/1``: stock that is moved into a warehouse. 943 announces it, 944 reports what arrived.

The depositor, or whoever sends the goods for it, tells the warehouse what is on its way; the warehouse answers with
what it has received, and in which condition. Both are about the same goods and quote the same numbers, so both are one
type, and ``stage`` says which of the two a document is.
"""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.equipment import Equipment
from translators.canonical.event_time import EventTime
from translators.canonical.goods import Count
from translators.canonical.item import ItemId
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.stock_words import ReceiptCondition, ShipmentReport, TransferStage
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import FreightTerms


class ReceiptException(Coded, frozen=True, kw_only=True):
    """A part of a line that did not arrive as it was announced."""

    condition: ReceiptCondition
    quantity: Measure
    batch: Text | None = None
    """The lot that it is about, when not all of the line is."""
    references: tuple[DocumentReference, ...] = ()


class StockTransferLine(Coded, frozen=True, kw_only=True):
    """An article that is moved."""

    number: Text | None = None
    """The line's number in the depositor's order."""
    item_ids: tuple[ItemId, ...] = ()
    """With the batch."""
    description: Text | None = None
    quantity: Measure
    """What was sent; at stage ``received``, what was received, whatever its condition."""
    per_package: Count | None = None
    """How many of the next smaller unit are in one such unit."""
    gross_weight: Measure | None = None
    volume: Measure | None = None
    references: tuple[DocumentReference, ...] = ()
    exceptions: tuple[ReceiptException, ...] = ()


class StockTransfer(Coded, frozen=True, kw_only=True, tag_field="type", tag="stock_transfer/1"):
    """An announcement or a report of goods that come into a warehouse's stock."""

    stage: TransferStage
    report: ShipmentReport
    order_number: Text | None = None
    """The depositor's number of the transfer."""
    shipment_number: Text | None = None
    """The sender's number of the shipment, as a rule that of the bill of lading."""
    receipt_number: Text | None = None
    """The warehouse's number of the receipt."""
    purchase_order: Text | None = None
    """The number of the purchase order on which the goods come."""
    moved: Moment | None = None
    """The day on which the goods left, or were received."""
    parties: tuple[Party, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    times: tuple[EventTime, ...] = ()
    remarks: tuple[Remark, ...] = ()
    freight_terms: FreightTerms | None = None
    transport: Transport | None = None
    equipment: Equipment | None = None
    """The trailer or container the goods come in."""
    pallets: Count | None = None
    lines: tuple[StockTransferLine, ...] = ()
    gross_weight: Measure | None = None
    """Of the whole shipment."""
    volume: Measure | None = None
