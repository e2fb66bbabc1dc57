"""A line of what is despatched."""

from __future__ import annotations

from decimal import Decimal

from translators.canonical.coded import Coded
from translators.canonical.dangerous_goods import DangerousGoods
from translators.canonical.event_time import EventTime
from translators.canonical.item import ItemId
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.order_reference import OrderReference
from translators.canonical.party import Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.vocabulary import LineStatus


class Batch(Coded, frozen=True, kw_only=True):
    """A production batch (lot) in a line."""

    number: Text | None = None
    quantity: Measure | None = None
    """How much of the line is of this batch; absent when all of it is."""
    produced: Moment | None = None
    best_before: Moment | None = None
    expires: Moment | None = None


class Difference(Coded, frozen=True, kw_only=True):
    """Why a line is not what was ordered or advised."""

    status: LineStatus | None = None
    amount: Decimal | None = None
    """What there is, less what there should be, in the line's unit: negative when something is missing."""

    def __post_init__(self) -> None:
        if self.amount is not None and not self.amount.is_finite():
            raise ValueError(f"{self.amount} is no amount: give a number")


class DespatchLine(Coded, frozen=True, kw_only=True):
    """A line of what is despatched: an article and how much of it, where the line stands among the packages."""

    number: Text | None = None
    """The line's number in this advice."""
    item_ids: tuple[ItemId, ...] = ()
    """The number that leads comes first."""
    description: Text | None = None
    quantity: Measure | None = None
    """What is despatched; ``C62`` where the message gives no unit."""
    ordered: Measure | None = None
    """What the order asked for."""
    free: Measure | None = None
    """What comes without charge beside ``quantity``."""
    per_package: Measure | None = None
    """How many are in one package."""
    order: OrderReference | None = None
    """The order, where it is not that of the ``orders`` entry around the line, and the line in it."""
    difference: Difference | None = None
    gross_weight: Measure | None = None
    net_weight: Measure | None = None
    volume: Measure | None = None
    country_of_origin: Text | None = None
    """ISO 3166-1, as a rule the two-letter code."""
    batches: tuple[Batch, ...] = ()
    times: tuple[EventTime, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()
    dangerous_goods: tuple[DangerousGoods, ...] = ()
