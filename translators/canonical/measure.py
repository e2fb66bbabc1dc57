"""Quantities with their unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

_LARGEST = Decimal(10) ** 18


class Measure(msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """An amount, never rounded and never a float, in a unit of UN/ECE Recommendation 20 (``KGM``, ``LBR``, ``MTQ``)."""

    value: Decimal
    unit: Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{2,3}$")]

    def __post_init__(self) -> None:
        if not self.value.is_finite() or not 0 <= self.value < _LARGEST:
            raise ValueError(f"{self.value} is no amount: give a number from 0 to 10 to the power of 18")
