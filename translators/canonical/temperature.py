"""Temperatures: unlike other measures they may lie below zero."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec


class Temperature(msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """A temperature in degrees; units of UN/ECE Recommendation 20: ``CEL`` Celsius, ``FAH`` Fahrenheit."""

    value: Decimal
    unit: Annotated[str, msgspec.Meta(pattern="^(CEL|FAH|KEL)$")]

    def __post_init__(self) -> None:
        if not self.value.is_finite() or abs(self.value) >= 10_000:
            raise ValueError(f"{self.value} is no temperature: give the degrees as a number")
