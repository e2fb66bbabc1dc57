"""``verified_gross_mass/1``: what packed containers weigh, and who answers for it. VERMAS fills it.

SOLAS chapter VI, regulation 2, lets no packed container on board whose gross mass is not verified: by weighing it
packed (method 1), or by adding the masses of all that is in it and its tare (method 2). The shipper answers for the
mass, by the name of an authorised person; whoever weighed may be another.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.equipment import Equipment
from translators.canonical.equipment_words import VerifiedMassMethod
from translators.canonical.location import Location
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import Purpose


class MassVerification(Coded, frozen=True, kw_only=True):
    """The evidence for a verified gross mass."""

    method: VerifiedMassMethod
    number: Text | None = None
    """The number of the weighing certificate, or of whatever document states the mass."""
    issued: Moment | None = None
    """When the document was."""
    determined: Moment | None = None
    """When the mass was, where that is said with the document and not with the mass."""
    parties: tuple[Party, ...] = ()
    """Who answers for the mass (``verified_mass_party``, and the ``authorised_person`` among its contacts), who weighed
    (``weighing_party``), which office authorised them."""


class VerifiedEquipment(Equipment, frozen=True, kw_only=True):
    """A packed container and its verified gross mass."""

    verified_gross_mass: Measure
    """The mass of the container with all that is in it."""
    determined: Moment | None = None
    """When it was weighed, or the sum made."""
    verifications: tuple[MassVerification, ...] = ()
    """Absent where a carrier or terminal passes on the mass alone."""
    locations: tuple[Location, ...] = ()
    transports: tuple[Transport, ...] = ()
    """The ship that it is booked on."""


class VerifiedGrossMass(Coded, frozen=True, kw_only=True, tag_field="type", tag="verified_gross_mass/1"):
    """Verified gross masses of containers."""

    number: Text | None = None
    """The message's own number."""
    purpose: Purpose
    issued: Moment | None = None
    references: tuple[DocumentReference, ...] = ()
    parties: tuple[Party, ...] = ()
    equipment: Annotated[tuple[VerifiedEquipment, ...], msgspec.Meta(min_length=1)]
