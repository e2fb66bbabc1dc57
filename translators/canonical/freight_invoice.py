"""``freight_invoice/1``: what a carrier asks to be paid for a carriage. 210, 310 and IFTFCC fill it.

It repeats what was carried, from where to where, and puts the charges with what they are for: the whole carriage, a
line, the goods or the equipment of a line. An auditor holds it against the order
(:mod:`translators.canonical.transport_order`), which it quotes by its number. A motor carrier's invoice has stops; one
for a carriage by sea has ports and a voyage.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.equipment import Equipment
from translators.canonical.event_time import EventTime
from translators.canonical.goods import Count
from translators.canonical.invoice_party import InvoiceParty
from translators.canonical.location import Location
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.party import Site, Text
from translators.canonical.payment_terms import PaymentTerms
from translators.canonical.price import Currency
from translators.canonical.quantity import refuse_endless
from translators.canonical.rail_words import RatedAs
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.tax import Tax
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import (
    ChargeCodeSystem,
    ChargeService,
    FreightInvoiceKind,
    FreightTerms,
    Purpose,
    RateBasis,
    StopPurpose,
)


class FreightCharge(Coded, frozen=True, kw_only=True):
    """One charge; an allowance is below zero."""

    code: Text | None = None
    """The charge in a list of the trade, where the message names one."""
    code_system: ChargeCodeSystem | None = None
    service: ChargeService | None = None
    description: Text | None = None
    rate: Decimal | None = None
    """In the invoice's currency, for one of what ``rate_basis`` says."""
    rate_basis: RateBasis | None = None
    rated: Decimal | None = None
    """The quantity that the rate is multiplied with."""
    rated_as: RatedAs | None = None
    percent: Decimal | None = None
    amount: Decimal | None = None
    """In the invoice's currency."""
    freight_terms: FreightTerms | None = None
    """Who pays this charge, where the message says so of each."""
    taxes: tuple[Tax, ...] = ()

    def __post_init__(self) -> None:
        refuse_endless(rate=self.rate, rated=self.rated, percent=self.percent, amount=self.amount)


class FreightEquipment(Equipment, frozen=True, kw_only=True):
    """What a line was carried in, and what is charged for that."""

    charges: tuple[FreightCharge, ...] = ()


class FreightGoods(Coded, frozen=True, kw_only=True):
    """Goods of a line, and what is charged for them."""

    description: Text | None = None
    commodity_code: Text | None = None
    """Harmonized System, digits only."""
    packages: Count | None = None
    package_kind: Text | None = None
    """UN/ECE Recommendation 21 (``CT`` carton, ``PX`` pallet)."""
    gross_weight: Measure | None = None
    volume: Measure | None = None
    rated: Decimal | None = None
    """The quantity that the freight is reckoned on."""
    rated_as: RatedAs | None = None
    charges: tuple[FreightCharge, ...] = ()

    def __post_init__(self) -> None:
        refuse_endless(rated=self.rated)


class FreightLine(Coded, frozen=True, kw_only=True):
    """What was carried, and what is charged for it; a line may also be a charge alone."""

    number: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """The line's number in the invoice, by which an ocean carrier's lines are known."""
    description: Text | None = None
    commodity_code: Text | None = None
    """Harmonized System, digits only."""
    packages: Count | None = None
    package_kind: Text | None = None
    """UN/ECE Recommendation 21 (``CT`` carton, ``PX`` pallet)."""
    gross_weight: Measure | None = None
    volume: Measure | None = None
    freight_class: Text | None = None
    """The class of the tariff that the rate is for, as in the national motor freight classification (``70``)."""
    charges: tuple[FreightCharge, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    equipment: tuple[FreightEquipment, ...] = ()
    """Where the message says which line was in which; else it stands with the invoice."""
    goods: tuple[FreightGoods, ...] = ()
    """Where a line is of several goods, each with charges of its own."""


class FreightStop(Coded, frozen=True, kw_only=True):
    """Where the vehicle stopped, and when."""

    sequence: Annotated[int, msgspec.Meta(ge=1)]
    """The stops' order."""
    purpose: StopPurpose
    site: Site | None = None
    times: tuple[EventTime, ...] = ()
    references: tuple[DocumentReference, ...] = ()


class FreightInvoice(Coded, frozen=True, kw_only=True, tag_field="type", tag="freight_invoice/1"):
    """A carrier's invoice."""

    number: Text
    carrier: Text
    """Whose invoice it is: the SCAC."""
    purpose: Purpose | None = None
    kind: FreightInvoiceKind | None = None
    """Absent for an invoice that is sent for the first time."""
    shipment: Text | None = None
    """The number of the transport order, by whoever gave it."""
    freight_terms: FreightTerms | None = None
    issued: Moment | None = None
    delivered: Moment | None = None
    currency: Currency | None = None
    """Of all amounts; absent when the message leaves it to the agreement."""
    total: Decimal
    """What is to be paid."""
    payment_terms: PaymentTerms | None = None
    parties: tuple[InvoiceParty, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    times: tuple[EventTime, ...] = ()
    remarks: tuple[Remark, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    stops: tuple[FreightStop, ...] = ()
    locations: tuple[Location, ...] = ()
    """Ports, and other places that are no stop."""
    transports: tuple[Transport, ...] = ()
    """The ship and voyage, and what carried before and behind it."""
    charges: tuple[FreightCharge, ...] = ()
    """For the carriage as a whole."""
    taxes: tuple[Tax, ...] = ()
    """Totals of the taxes, by type and rate."""
    lines: tuple[FreightLine, ...] = ()
    packages: Count | None = None
    """Of the whole shipment."""
    gross_weight: Measure | None = None
    volume: Measure | None = None

    def __post_init__(self) -> None:
        refuse_endless(total=self.total)
