"""``inventory_report/1``: how much of which article is in stock, and what moved. INVRPT and 846 fill it alike.

A line is an article; its quantities say each what they count: what is on hand, reserved, damaged, or what came in and
went out. So a report of stock and one of movements have the same shape, and ``kind`` says which it is.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.event_time import EventTime
from translators.canonical.item import ItemId
from translators.canonical.location import Location
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.quantity import Quantity
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.stock_words import InventoryReportKind, MovementDirection, MovementReason, StockState
from translators.canonical.vocabulary import Purpose


class StockQuantity(Quantity, frozen=True, kw_only=True):
    """How much of an article is in a stock, or moved."""

    state: StockState | None = None
    """Which part of the stock is meant; absent where the message does not tell parts apart."""
    direction: MovementDirection | None = None
    """Of a movement: into the stock or out of it."""
    reason: MovementReason | None = None
    """Of a movement: why."""
    location: Location | None = None
    """Where these goods are, when that is not where all of the line is."""
    times: tuple[EventTime, ...] = ()
    """Such as the day of the movement, or on which the goods expire."""
    references: tuple[DocumentReference, ...] = ()
    """Such as the delivery that the movement belongs to."""


class InventoryLine(Coded, frozen=True, kw_only=True):
    """An article and its stock."""

    number: Text | None = None
    """The line's number in this report."""
    item_ids: tuple[ItemId, ...] = ()
    """With the batch, where the stock is told apart by it."""
    description: Text | None = None
    locations: tuple[Location, ...] = ()
    """Where the article is kept."""
    times: tuple[EventTime, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    quantities: tuple[StockQuantity, ...] = ()


class InventoryReport(Coded, frozen=True, kw_only=True, tag_field="type", tag="inventory_report/1"):
    """A report about stock."""

    number: Text
    kind: InventoryReportKind
    purpose: Purpose
    issued: Moment | None = None
    times: tuple[EventTime, ...] = ()
    """When the stock was as reported, or the period of the movements."""
    parties: tuple[Party, ...] = ()
    """Who keeps the stock, who owns it, and who gets the report."""
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()
    lines: Annotated[tuple[InventoryLine, ...], msgspec.Meta(min_length=1)]
