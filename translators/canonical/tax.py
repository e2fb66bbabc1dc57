"""Taxes on an invoice, a line or a charge."""

from __future__ import annotations

from decimal import Decimal

from translators.canonical.coded import Coded
from translators.canonical.quantity import refuse_endless
from translators.canonical.vocabulary import TaxCategory, TaxType


class Tax(Coded, frozen=True, kw_only=True):
    """A tax: its rate, what it is reckoned on, and what it comes to, as far as the message says so."""

    type: TaxType
    category: TaxCategory | None = None
    rate: Decimal | None = None
    """Percent."""
    basis: Decimal | None = None
    """The amount that is taxed, in the document's currency."""
    amount: Decimal | None = None
    """The tax, in the document's currency."""

    def __post_init__(self) -> None:
        refuse_endless(rate=self.rate, basis=self.basis, amount=self.amount)
