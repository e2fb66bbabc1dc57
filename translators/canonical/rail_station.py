"""Freight stations: where a railway takes goods over and hands them over."""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.party import Text


class RailStation(Coded, frozen=True, kw_only=True):
    """A station by the railways' codes, and the town that it is in."""

    fsac: Text | None = None
    """Freight station accounting code: the carrier's own number of the station."""
    splc: Text | None = None
    """Standard Point Location Code, of six or nine digits."""
    city: Text
    subdivision: Text
    """State or province, by the part of ISO 3166-2 behind the hyphen (``IL``)."""
    postal_code: Text | None = None
    country: Text | None = None
    """ISO 3166-1, as a rule the two-letter code."""
