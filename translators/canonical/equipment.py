"""Containers, trailers and what else is moved with goods in it."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.equipment_words import EquipmentKind, FullOrEmpty, SealCondition, SealingParty
from translators.canonical.measure import Measure
from translators.canonical.party import Text
from translators.canonical.reference import DocumentReference
from translators.canonical.temperature import Temperature

_ISO_6346 = re.compile(r"[A-Z]{3}[UJZ][0-9]{6}", re.ASCII)
_ISO_6346_WHOLE = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}", re.ASCII)

EquipmentNumber = Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]+( [A-Z0-9]+)?$", max_length=17)]


class Seal(Coded, frozen=True, kw_only=True):
    """A seal on equipment."""

    number: Text
    issuer: SealingParty | None = None
    """Who put it on."""
    condition: SealCondition | None = None


class Equipment(Coded, frozen=True, kw_only=True):
    """Transport equipment: one unit with its number, or as many of a kind as ``quantity`` says."""

    kind: EquipmentKind | None = None
    quantity: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """How many are meant, where they have no numbers yet."""
    number: EquipmentNumber | None = None
    """A container's number as in ISO 6346 (``MSKU1234565``). Others as they are painted on, without separators, but
    with a blank behind the owner's letters where the source tells them apart (``PRFT 534417``)."""
    size_type: Text | None = None
    """ISO 6346 size and type (``45G1``)."""
    full_or_empty: FullOrEmpty | None = None
    seals: tuple[Seal, ...] = ()
    gross_weight: Measure | None = None
    tare_weight: Measure | None = None
    temperature: Temperature | None = None
    """At which the equipment is to keep its goods."""
    references: tuple[DocumentReference, ...] = ()
    """Under which this equipment is known, such as its booking, where others of the message have others."""


# ISO 6346 counts letters from 10 and skips the multiples of 11: a character's value is its place in this text.
_VALUES = "0123456789A_BCDEFGHIJK_LMNOPQRSTU_VWXYZ"


def _check_digit(number: str) -> int:
    """The check digit of what is known to begin with four letters and six digits; each place weighs twice the one
    before."""
    return sum(_VALUES.index(character) << place for place, character in enumerate(number[:10])) % 11 % 10


def iso_6346_check_digit(number: str) -> int | None:
    """The check digit ISO 6346 gives to an owner code, category and serial number (``MSKU123456`` -> 5).

    ``None`` when the text does not begin with four capital letters, the last of them U, J or Z, and six digits.
    """
    return _check_digit(number) if _ISO_6346.match(number) else None


def is_container_number(number: str) -> bool:
    """Whether a text is a container number as in ISO 6346, its check digit right (``MSKU1234565``)."""
    return _ISO_6346_WHOLE.fullmatch(number) is not None and _check_digit(number) == int(number[10])
