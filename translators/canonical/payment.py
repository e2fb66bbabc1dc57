"""``payment/1``: what is paid, by which way, and for which invoices and freight bills. 820 and REMADV fill it.

A payment has one sum, and says how the sum comes about: item by item what was asked, what is paid of it, and why it is
less. Amounts are as they count: a credit note that is taken off the sum is below zero, and so is an adjustment that
lowers it. The items of a payment may belong to several entities, such as the branches of a payee; mostly there is one.
"""

from __future__ import annotations

from decimal import Decimal

from translators.canonical.coded import Coded
from translators.canonical.event_time import EventTime
from translators.canonical.invoice_party import BankAccount, InvoiceParty
from translators.canonical.moment import Moment
from translators.canonical.party import Text
from translators.canonical.payment_words import (
    PaymentAction,
    PaymentAdjustmentReason,
    PaymentDirection,
    PaymentFunction,
    PaymentHandling,
    PaymentMethod,
)
from translators.canonical.price import Currency
from translators.canonical.quantity import refuse_endless
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.vocabulary import PartyIdSystem, PartyRole, ReferenceType


class PaymentAdjustment(Coded, frozen=True, kw_only=True):
    """What makes a payment differ from what was asked."""

    reason: PaymentAdjustmentReason
    amount: Decimal
    """In the payment's currency; below zero where it lowers what is paid."""
    reference: DocumentReference | None = None
    """What it rests on, such as a debit note or a claim."""
    remarks: tuple[Remark, ...] = ()

    def __post_init__(self) -> None:
        refuse_endless(amount=self.amount)


class PaidItem(Coded, frozen=True, kw_only=True):
    """An invoice, freight bill or credit note, and what is paid of it."""

    type: ReferenceType
    number: Text
    action: PaymentAction | None = None
    issued: Moment | None = None
    """The day of the invoice."""
    paid: Decimal | None = None
    """In the payment's currency; below zero for a credit note."""
    invoiced: Decimal | None = None
    """The whole amount of the invoice, before discount and adjustments."""
    discount: Decimal | None = None
    """What was taken off for paying early."""
    main_adjustment: PaymentAdjustment | None = None
    """The one that stands beside the item's amounts, where a message has a place for it there."""
    adjustments: tuple[PaymentAdjustment, ...] = ()
    """All others."""
    references: tuple[DocumentReference, ...] = ()
    """What else the item goes by, such as its order or bill of lading."""
    times: tuple[EventTime, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def __post_init__(self) -> None:
        refuse_endless(paid=self.paid, invoiced=self.invoiced, discount=self.discount)


class Remittance(Coded, frozen=True, kw_only=True):
    """What is paid for one entity."""

    role: PartyRole | None = None
    id: Text | None = None
    id_system: PartyIdSystem | None = None
    adjustments: tuple[PaymentAdjustment, ...] = ()
    """Those that belong to no item."""
    items: tuple[PaidItem, ...] = ()


class Payment(Coded, frozen=True, kw_only=True, tag_field="type", tag="payment/1"):
    """A payment order, a remittance advice, or both in one."""

    number: Text | None = None
    """The payer's number, under which the payment can be traced through the banks."""
    handling: PaymentHandling
    direction: PaymentDirection
    method: PaymentMethod | None = None
    format: Text | None = None
    """The form of the payment in the clearing house, as that calls it (``CTX``)."""
    function: PaymentFunction | None = None
    issued: Moment | None = None
    value_date: Moment | None = None
    """The day on which the money is to be the payee's."""
    currency: Currency | None = None
    """Of all amounts; absent when the message leaves it to the agreement."""
    total: Decimal
    """What is paid."""
    originator: Text | None = None
    """The payer's number at its bank, as an originator of payments."""
    originator_supplement: Text | None = None
    payer_account: BankAccount | None = None
    payee_account: BankAccount | None = None
    return_account: BankAccount | None = None
    """Where the money goes if it cannot be paid."""
    parties: tuple[InvoiceParty, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    times: tuple[EventTime, ...] = ()
    remarks: tuple[Remark, ...] = ()
    remittances: tuple[Remittance, ...] = ()
    """What the sum is made of; absent in an order to pay that leaves it to another message."""

    def __post_init__(self) -> None:
        refuse_endless(total=self.total)
