"""Parties, their addresses and the people to call."""

from __future__ import annotations

from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.vocabulary import ChannelKind, ContactFunction, LocationCodeSystem, PartyIdSystem, PartyRole

Text = Annotated[str, msgspec.Meta(min_length=1)]


class Address(msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """A postal address."""

    lines: tuple[Text, ...] = ()
    """Street, building, post box: what stands above the city."""
    city: Text | None = None
    subdivision: Text | None = None
    """State, province or department, by the part of ISO 3166-2 behind the hyphen (``TX``)."""
    postal_code: Text | None = None
    country: Text | None = None
    """ISO 3166-1, as a rule the two-letter code."""


class Channel(Coded, frozen=True, kw_only=True):
    """A number or address at which somebody is reached."""

    kind: ChannelKind
    address: Text


class Contact(Coded, frozen=True, kw_only=True):
    """A person or department."""

    function: ContactFunction | None = None
    name: Text | None = None
    channels: tuple[Channel, ...] = ()


class Party(Coded, frozen=True, kw_only=True):
    """A party in its role in the business."""

    role: PartyRole
    id: Text | None = None
    id_system: PartyIdSystem | None = None
    name: Text | None = None
    """More than one line where a party's name needs them."""
    name_and_address: tuple[Text, ...] = ()
    """Name and address in lines as the source has them, where it does not tell them apart."""
    address: Address | None = None
    contacts: tuple[Contact, ...] = ()


class Site(Coded, frozen=True, kw_only=True):
    """Where a stop is: a party's premises, with the place's own code when it has one."""

    id: Text | None = None
    id_system: PartyIdSystem | None = None
    name: Text | None = None
    address: Address | None = None
    location_code: Text | None = None
    location_code_system: LocationCodeSystem | None = None
    contacts: tuple[Contact, ...] = ()
