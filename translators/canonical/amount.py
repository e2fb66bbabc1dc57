"""Amounts of money that say what they are the total of."""

from __future__ import annotations

from decimal import Decimal

from translators.canonical.coded import Coded
from translators.canonical.quantity import refuse_endless
from translators.canonical.vocabulary import AmountType


class Amount(Coded, frozen=True, kw_only=True):
    """An amount in the document's currency; below zero where it is to be paid back."""

    type: AmountType
    value: Decimal

    def __post_init__(self) -> None:
        refuse_endless(value=self.value)
