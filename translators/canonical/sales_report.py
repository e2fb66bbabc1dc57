"""``sales_report/1``: what was sold where, article by article. SLSRPT is written from it.

A retailer or distributor tells its supplier, or the supplier's warehouse, what went over the counter in each of its
places, so that stock can be replenished. What came back is a quantity of its own, not one below zero.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.event_time import EventTime
from translators.canonical.item import ItemId
from translators.canonical.location import Location
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.price import Currency, Price
from translators.canonical.quantity import Quantity, refuse_endless
from translators.canonical.reference import DocumentReference
from translators.canonical.vocabulary import Purpose


class SalesLine(Coded, frozen=True, kw_only=True):
    """An article and how much of it was sold."""

    number: Text | None = None
    """The line's number in this report."""
    item_ids: tuple[ItemId, ...] = ()
    description: Text | None = None
    references: tuple[DocumentReference, ...] = ()
    """Such as the promotion in which it was sold."""
    amount: Decimal | None = None
    """What was taken for it, in the report's currency; below zero when more came back than was sold."""
    prices: tuple[Price, ...] = ()
    quantities: Annotated[tuple[Quantity, ...], msgspec.Meta(min_length=1)]

    def __post_init__(self) -> None:
        refuse_endless(amount=self.amount)


class SalesPlace(Coded, frozen=True, kw_only=True):
    """A shop, warehouse or region, and what was sold there."""

    location: Location
    times: tuple[EventTime, ...] = ()
    """When it was sold, where that is not the report's whole period."""
    references: tuple[DocumentReference, ...] = ()
    lines: tuple[SalesLine, ...] = ()


class SalesReport(Coded, frozen=True, kw_only=True, tag_field="type", tag="sales_report/1"):
    """A report about sales."""

    number: Text
    purpose: Purpose
    issued: Moment | None = None
    times: tuple[EventTime, ...] = ()
    """The period of the report."""
    currency: Currency | None = None
    """Of all amounts and prices."""
    parties: tuple[Party, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    places: Annotated[tuple[SalesPlace, ...], msgspec.Meta(min_length=1)]
