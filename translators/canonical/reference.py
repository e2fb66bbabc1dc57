"""Business references: one typed list wherever documents carry identifiers, so that search and receipts find any."""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.party import Text
from translators.canonical.vocabulary import ReferenceType


class DocumentReference(Coded, frozen=True, kw_only=True):
    """An identifier that somebody in the business gave to something."""

    type: ReferenceType
    value: Text
