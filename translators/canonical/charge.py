"""Allowances and charges: what is taken off or put on beside the price of the goods."""

from __future__ import annotations

from decimal import Decimal

from translators.canonical.coded import Coded
from translators.canonical.party import Text
from translators.canonical.quantity import refuse_endless
from translators.canonical.tax import Tax
from translators.canonical.vocabulary import ChargeKind, ChargeService


class Charge(Coded, frozen=True, kw_only=True):
    """An allowance or a charge; ``kind`` says which way its amount counts."""

    kind: ChargeKind
    service: ChargeService | None = None
    description: Text | None = None
    percent: Decimal | None = None
    """Percent of ``basis``, or of the price where no basis is given."""
    basis: Decimal | None = None
    """The amount that ``percent`` is of, in the document's currency."""
    amount: Decimal | None = None
    """In the document's currency."""
    taxes: tuple[Tax, ...] = ()

    def __post_init__(self) -> None:
        refuse_endless(percent=self.percent, basis=self.basis, amount=self.amount)
