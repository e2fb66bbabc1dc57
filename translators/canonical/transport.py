"""Means of transport: which vessel, train or truck, on which voyage, between which places."""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.event_time import EventTime
from translators.canonical.location import Location
from translators.canonical.party import Text
from translators.canonical.reference import DocumentReference
from translators.canonical.vocabulary import MeansIdSystem, PartyIdSystem, TransportMode, TransportStage


class Transport(Coded, frozen=True, kw_only=True):
    """A means of transport and its voyage."""

    stage: TransportStage | None = None
    """Absent for the main carriage."""
    mode: TransportMode | None = None
    conveyance_reference: Text | None = None
    """Voyage, flight, train or trip number."""
    carrier_id: Text | None = None
    """As a rule a SCAC."""
    carrier_id_system: PartyIdSystem | None = None
    carrier_name: Text | None = None
    means_id: Text | None = None
    """IMO or Lloyd's number, call sign, or licence plate."""
    means_id_system: MeansIdSystem | None = None
    means_name: Text | None = None
    """The vessel's name."""
    nationality: Text | None = None
    """The flag: ISO 3166-1, as a rule the two-letter code."""
    locations: tuple[Location, ...] = ()
    """Where this leg begins, ends and calls."""
    times: tuple[EventTime, ...] = ()
    """Dates of this leg, where the message does not say them at a place."""
    references: tuple[DocumentReference, ...] = ()
    """What this leg goes by, such as the number of the ship's call."""
