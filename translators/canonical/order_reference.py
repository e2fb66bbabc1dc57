"""What a line says of the order that it is about."""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.moment import Moment
from translators.canonical.party import Text


class OrderReference(Coded, frozen=True, kw_only=True):
    """A purchase order, by the buyer's number, and a line in it."""

    number: Text
    line: Text | None = None
    """The line's number in the order."""
    issued: Moment | None = None
