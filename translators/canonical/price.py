"""Prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.measure import Measure
from translators.canonical.vocabulary import PriceType

Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
"""ISO 4217."""


class Price(Coded, frozen=True, kw_only=True):
    """What one unit of the line's quantity costs, or as many as ``per`` says, in the document's currency."""

    type: PriceType | None = None
    """Absent when the message does not say what is in the price."""
    amount: Decimal
    per: Measure | None = None
    """The quantity that the amount is for, when that is not one (12.40 per 100 metres)."""
