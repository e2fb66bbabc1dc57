"""``purchase_order/1``: what a buyer orders, or changes in an order. ORDERS, 850 and 860 fill it alike.

Money is in the order's ``currency``, and no number carries a currency of its own. In a change (``purpose`` is
``change``) every line says in ``action`` what becomes of it; lines that are not named stay as they were.
"""

from __future__ import annotations

from decimal import Decimal

from translators.canonical.charge import Charge
from translators.canonical.coded import Coded
from translators.canonical.delivery_terms import DeliveryTerms
from translators.canonical.event_time import EventTime
from translators.canonical.moment import Moment
from translators.canonical.order_line import OrderLine
from translators.canonical.party import Party, Text
from translators.canonical.payment_terms import PaymentTerms
from translators.canonical.price import Currency
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import OrderKind, Purpose


class PurchaseOrder(Coded, frozen=True, kw_only=True, tag_field="type", tag="purchase_order/1"):
    """An order for goods, or a change of one."""

    number: Text
    """The buyer's order number."""
    kind: OrderKind
    purpose: Purpose
    issued: Moment | None = None
    release: Text | None = None
    """The number of the release, where the order calls off from a blanket order."""
    change: Text | None = None
    """The number of the change."""
    currency: Currency | None = None
    times: tuple[EventTime, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()
    parties: tuple[Party, ...] = ()
    delivery_terms: DeliveryTerms | None = None
    payment_terms: PaymentTerms | None = None
    transports: tuple[Transport, ...] = ()
    charges: tuple[Charge, ...] = ()
    lines: tuple[OrderLine, ...] = ()
    """A cancellation may be without."""
    amount: Decimal | None = None
    """What the order comes to."""
