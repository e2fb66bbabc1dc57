"""``stock_adjustment/1``: what changed in a warehouse's stock without anything coming or going. 947 is written from it.

Goods were counted, found, damaged, put on hold. A change of condition is two lines, as the trade writes it: so many
less of what could be sold, so many more of what cannot.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.event_time import EventTime
from translators.canonical.item import ItemId
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.quantity import Unit, refuse_endless
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.stock_words import AdjustmentReason, StockState
from translators.canonical.vocabulary import Purpose


class StockAdjustmentLine(Coded, frozen=True, kw_only=True):
    """A change of the stock of one article."""

    number: Text | None = None
    """The line's number in the order or count that the adjustment is about."""
    reason: AdjustmentReason
    state: StockState | None = None
    """Which part of the stock changes; absent where the message does not tell parts apart."""
    change: Decimal
    """By how much: below zero when there is less."""
    unit: Unit
    item_ids: tuple[ItemId, ...] = ()
    """With the batch."""
    description: Text | None = None
    gross_weight: Measure | None = None
    times: tuple[EventTime, ...] = ()
    references: tuple[DocumentReference, ...] = ()

    def __post_init__(self) -> None:
        refuse_endless(change=self.change)


class StockAdjustment(Coded, frozen=True, kw_only=True, tag_field="type", tag="stock_adjustment/1"):
    """An advice that stock was adjusted."""

    number: Text | None = None
    """The warehouse's number of the adjustment."""
    depositor_number: Text | None = None
    """The depositor's number, where the adjustment was its own wish."""
    purpose: Purpose | None = None
    adjusted: Moment
    """When the stock changed."""
    parties: tuple[Party, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()
    lines: Annotated[tuple[StockAdjustmentLine, ...], msgspec.Meta(min_length=1)]
