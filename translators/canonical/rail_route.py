"""The route of a rail shipment: which carriers have it, one after the other, and where they hand it over."""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.party import Text
from translators.canonical.rail_words import RoutingSequence
from translators.canonical.vocabulary import TransportMode


class RouteCarrier(Coded, frozen=True, kw_only=True):
    """A carrier of the route."""

    carrier: Text
    """Its SCAC."""
    sequence: RoutingSequence
    junction: Text | None = None
    """Where it hands over to the next carrier: the junction's abbreviation by AAR Accounting Rule 260 (``CHGO``)."""
    junction_splc: Text | None = None
    """Standard Point Location Code of the junction."""
    switching: tuple[Text, ...] = ()
    """Carriers that only switch the cars at the junction, by their SCAC."""
    mode: TransportMode | None = None
    """Absent for rail, or where the message does not say."""
    intermodal_service: Text | None = None
    """The plan of carriage for trailers and containers on flat cars, as the railways number it (``25``)."""
