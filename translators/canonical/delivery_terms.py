"""Terms of delivery: who carries cost and risk as far as where."""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.party import Text
from translators.canonical.vocabulary import FreightTerms


class DeliveryTerms(Coded, frozen=True, kw_only=True):
    """What buyer and seller have agreed about the transport."""

    incoterm: Text | None = None
    """The three letters of the Incoterms (``FCA``, ``DAP``)."""
    freight_terms: FreightTerms | None = None
    place: Text | None = None
    """The place that the term names (``DAP Venlo``), in words."""
    place_code: Text | None = None
    """UN/LOCODE of the place."""
