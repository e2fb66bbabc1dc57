"""Quantities with what they are: on hand, reserved, sold, moved."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.vocabulary import QuantityType

_LARGEST = Decimal(10) ** 18

Unit = Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{2,3}$")]
"""A unit of UN/ECE Recommendation 20, such as ``C62`` one, ``XCS`` case, ``KGM`` kilogram."""


class Quantity(Coded, frozen=True, kw_only=True):
    """An amount of an article. Below zero where stock went out or is missing, which no :class:`Measure` can be."""

    type: QuantityType
    value: Decimal
    unit: Unit

    def __post_init__(self) -> None:
        refuse_endless(value=self.value)


def refuse_endless(**amounts: Decimal | None) -> None:
    """Raises ``ValueError`` for an amount, by the name of its field, that is no number or has more than 18 digits."""
    for name, amount in amounts.items():
        if amount is not None and (not amount.is_finite() or abs(amount) >= _LARGEST):
            raise ValueError(f"{name} is {amount}, which is no quantity: give a number below 10 to the power of 18")
