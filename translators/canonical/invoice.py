"""``invoice/1``: what a seller asks to be paid for goods or services, and what it gives back. INVOIC and 810 fill it.

A credit note is an invoice of that kind: its amounts are positive, and ``kind`` says which way they count. The amount
of each line is before tax; taxes stand with the line where the message has them there, and once more as totals by
rate.
"""

from __future__ import annotations

from decimal import Decimal

from translators.canonical.amount import Amount
from translators.canonical.charge import Charge
from translators.canonical.coded import Coded
from translators.canonical.delivery_terms import DeliveryTerms
from translators.canonical.event_time import EventTime
from translators.canonical.invoice_party import InvoiceParty
from translators.canonical.item import ItemId
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.order_reference import OrderReference
from translators.canonical.party import Party, Text
from translators.canonical.payment_terms import PaymentTerms
from translators.canonical.price import Currency, Price
from translators.canonical.quantity import refuse_endless
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.tax import Tax
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import InvoiceKind, Purpose


class InvoiceLine(Coded, frozen=True, kw_only=True):
    """An article or service, and what is asked for it."""

    number: Text | None = None
    """The line's number in the invoice."""
    item_ids: tuple[ItemId, ...] = ()
    """The number that leads comes first."""
    description: Text | None = None
    quantity: Measure | None = None
    """What is invoiced; ``C62`` where the message gives no unit."""
    free: Measure | None = None
    """What comes without charge beside ``quantity``."""
    prices: tuple[Price, ...] = ()
    """The price that the amount is reckoned with comes first."""
    amount: Decimal | None = None
    """Of the line without tax, with the line's own allowances and charges, in the invoice's currency."""
    taxes: tuple[Tax, ...] = ()
    charges: tuple[Charge, ...] = ()
    """Allowances and charges of this line alone."""
    order: OrderReference | None = None
    """The order, where it is not that of the whole invoice, and the line in it."""
    references: tuple[DocumentReference, ...] = ()
    times: tuple[EventTime, ...] = ()
    parties: tuple[Party, ...] = ()
    """Such as where the goods of this line went."""
    gross_weight: Measure | None = None
    net_weight: Measure | None = None
    country_of_origin: Text | None = None
    """ISO 3166-1, as a rule the two-letter code."""
    remarks: tuple[Remark, ...] = ()

    def __post_init__(self) -> None:
        refuse_endless(amount=self.amount)


class Invoice(Coded, frozen=True, kw_only=True, tag_field="type", tag="invoice/1"):
    """An invoice, credit note or debit note."""

    number: Text
    kind: InvoiceKind
    purpose: Purpose
    issued: Moment | None = None
    currency: Currency | None = None
    """Of all amounts; absent when the message leaves it to the agreement."""
    order: OrderReference | None = None
    """The buyer's order; where lines are of several orders, each line names its own."""
    references: tuple[DocumentReference, ...] = ()
    """Despatch advices, delivery notes, and the invoice that a credit note is about."""
    times: tuple[EventTime, ...] = ()
    """Such as the day of delivery, and the day on which the tax falls due."""
    parties: tuple[InvoiceParty, ...] = ()
    payment_terms: PaymentTerms | None = None
    delivery_terms: DeliveryTerms | None = None
    transports: tuple[Transport, ...] = ()
    charges: tuple[Charge, ...] = ()
    """Allowances and charges of the whole invoice."""
    remarks: tuple[Remark, ...] = ()
    lines: tuple[InvoiceLine, ...] = ()
    total: Decimal
    """The amount of the invoice with taxes, allowances and charges, before any discount for early payment."""
    totals: tuple[Amount, ...] = ()
    """Other sums that the message states."""
    taxes: tuple[Tax, ...] = ()
    """Totals of the taxes, by type and rate."""
    gross_weight: Measure | None = None
    """Of all that is invoiced."""
    volume: Measure | None = None

    def __post_init__(self) -> None:
        refuse_endless(total=self.total)
