"""A line of an order: what is wanted, how much, at which price and when."""

from __future__ import annotations

from decimal import Decimal

from translators.canonical.charge import Charge
from translators.canonical.coded import Coded
from translators.canonical.event_time import EventTime
from translators.canonical.item import ItemId
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.party import Text
from translators.canonical.price import Price
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.status_words import EventTimeType
from translators.canonical.vocabulary import Commitment, LineAction


class Schedule(Coded, frozen=True, kw_only=True):
    """A part of a line's quantity, for a day or period of its own."""

    quantity: Measure
    commitment: Commitment | None = None
    """Absent in an order, where every quantity is firm."""
    type: EventTimeType | None = None
    """What happens at the time: as a rule the delivery that is asked for."""
    starts: Moment | None = None
    """The time; of a period, its beginning."""
    ends: Moment | None = None
    """The last day of a period; absent where the quantity is for one moment."""


class OrderLine(Coded, frozen=True, kw_only=True):
    """A line of an order or of a change to one."""

    number: Text | None = None
    """The line's number in the order: answers, despatch and invoice quote it."""
    action: LineAction | None = None
    """In a change, what becomes of the line; absent in an order."""
    item_ids: tuple[ItemId, ...] = ()
    """The number that leads comes first."""
    description: Text | None = None
    quantity: Measure | None = None
    """What is ordered; ``C62`` where the message gives no unit."""
    outstanding: Decimal | None = None
    """In a change, how much is still to come, in the unit of ``quantity``; absent when that is all of it."""
    free: Measure | None = None
    """What is to come without charge beside ``quantity``."""
    per_package: Measure | None = None
    """How many are to be in one package."""
    price: Price | None = None
    amount: Decimal | None = None
    """What the line comes to, in the order's currency."""
    times: tuple[EventTime, ...] = ()
    """Of the whole line; parts of it are in ``schedules``."""
    schedules: tuple[Schedule, ...] = ()
    charges: tuple[Charge, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()
