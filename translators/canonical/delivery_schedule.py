"""``delivery_schedule/1``: how much of what a buyer will want when, the near future firm and the rest a forecast.

830 fills it. A release replaces the one before it: quantities are not added up over releases, which is what the
cumulative quantities in ``shipped`` are for.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.event_time import EventTime
from translators.canonical.item import ItemId
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.quantity import Unit
from translators.canonical.reference import DocumentReference
from translators.canonical.status_words import EventTimeType
from translators.canonical.vocabulary import Authorisation, Bucket, Commitment, Purpose, ScheduleBasis, ScheduleQuantity


class ScheduledQuantity(Coded, frozen=True, kw_only=True):
    """How much is wanted on a day or in a period, in the line's unit."""

    quantity: Decimal
    commitment: Commitment
    bucket: Bucket
    """What ``starts`` is the beginning of."""
    starts: Moment
    ends: Moment | None = None
    """The last day, where the bucket does not say it."""
    references: tuple[DocumentReference, ...] = ()


class AuthorisedQuantity(Coded, frozen=True, kw_only=True):
    """Up to which cumulative quantity the seller may make or buy at the buyer's risk."""

    resource: Authorisation
    until: Moment | None = None
    """What the schedule asks for until this day."""
    quantity: Decimal | None = None
    """Cumulative, since ``since``."""
    since: Moment | None = None


class ShippedQuantity(Coded, frozen=True, kw_only=True):
    """What the buyer has counted: of the last delivery, or of all since the beginning of the year."""

    counted: ScheduleQuantity
    quantity: Decimal
    event: EventTimeType | None = None
    """Whether ``starts`` is the day of despatch or receipt."""
    starts: Moment | None = None
    ends: Moment | None = None
    references: tuple[DocumentReference, ...] = ()
    """The delivery that it is about."""


class ScheduleLine(Coded, frozen=True, kw_only=True):
    """An article and what is wanted of it."""

    number: Text | None = None
    item_ids: tuple[ItemId, ...] = ()
    """The number that leads comes first."""
    description: Text | None = None
    unit: Unit
    """Of all quantities of the line."""
    times: tuple[EventTime, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    """The order that the schedule calls off from is a ``purchase_order``."""
    authorised: tuple[AuthorisedQuantity, ...] = ()
    parties: tuple[Party, ...] = ()
    """Such as the plant that the line is for."""
    schedule: tuple[ScheduledQuantity, ...] = ()
    shipped: tuple[ShippedQuantity, ...] = ()


class DeliverySchedule(Coded, frozen=True, kw_only=True, tag_field="type", tag="delivery_schedule/1"):
    """A schedule of deliveries."""

    number: Text | None = None
    release: Text | None = None
    """The number of the release; a message has it or its ``number``, or both."""
    purpose: Purpose
    basis: ScheduleBasis
    quantities: ScheduleQuantity
    """Whether the schedule counts each quantity by itself or all since a day."""
    issued: Moment
    starts: Moment
    """The first day of the schedule."""
    ends: Moment | None = None
    """Its last."""
    contract: Text | None = None
    order: Text | None = None
    """The blanket order that is called off from."""
    references: tuple[DocumentReference, ...] = ()
    parties: tuple[Party, ...] = ()
    lines: Annotated[tuple[ScheduleLine, ...], msgspec.Meta(min_length=1)]
