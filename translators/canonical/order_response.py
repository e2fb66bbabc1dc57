"""``order_response/1``: what a seller answers to an order. ORDRSP and 855 fill it alike.

The answer repeats what was ordered and says of each line what becomes of it: in one go, or in parts with a quantity and
a day of their own.
"""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.delivery_terms import DeliveryTerms
from translators.canonical.event_time import EventTime
from translators.canonical.item import ItemId
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.order_reference import OrderReference
from translators.canonical.party import Party, Text
from translators.canonical.price import Currency, Price
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.status_words import EventTimeType
from translators.canonical.vocabulary import LineStatus, OrderAnswer, Purpose


class LineAnswer(Coded, frozen=True, kw_only=True):
    """What becomes of a line or of a part of it."""

    status: LineStatus | None = None
    quantity: Measure | None = None
    """How much of the line this is about."""
    type: EventTimeType | None = None
    """What happens at the moment."""
    moment: Moment | None = None


class ResponseLine(Coded, frozen=True, kw_only=True):
    """A line of the order, and the answer to it."""

    number: Text | None = None
    """The line's number in the order."""
    item_ids: tuple[ItemId, ...] = ()
    """As the seller delivers it: another article when it is substituted."""
    description: Text | None = None
    ordered: Measure | None = None
    price: Price | None = None
    """As the seller will invoice it."""
    answers: tuple[LineAnswer, ...] = ()
    times: tuple[EventTime, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()


class OrderResponse(Coded, frozen=True, kw_only=True, tag_field="type", tag="order_response/1"):
    """An answer to an order."""

    number: Text | None = None
    """The seller's number: of the answer, or of the order in the seller's books."""
    answer: OrderAnswer
    purpose: Purpose
    issued: Moment | None = None
    order: OrderReference
    """The order that is answered."""
    currency: Currency | None = None
    times: tuple[EventTime, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()
    parties: tuple[Party, ...] = ()
    delivery_terms: DeliveryTerms | None = None
    lines: tuple[ResponseLine, ...] = ()
