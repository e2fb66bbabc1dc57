"""Places."""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.event_time import EventTime
from translators.canonical.party import Text
from translators.canonical.vocabulary import LocationCodeSystem, LocationRole


class Location(Coded, frozen=True, kw_only=True):
    """A place and what it is to the consignment."""

    role: LocationRole | None = None
    code: Text | None = None
    code_system: LocationCodeSystem | None = None
    name: Text | None = None
    """The place's name as the source has it, when it does not say that this is a city."""
    city: Text | None = None
    facility: Text | None = None
    """The terminal, pier, depot or other premises at the place, by name."""
    facility_code: Text | None = None
    """Its code at that place, as a rule one of the terminal codes that SMDG keeps."""
    subdivision: Text | None = None
    country: Text | None = None
    times: tuple[EventTime, ...] = ()
    """When somebody or something is to be there, or was."""
