"""Dates with what they are the dates of."""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.moment import Moment
from translators.canonical.status_words import EventTimeType


class EventTime(Coded, frozen=True, kw_only=True):
    """A date and what it is the date of, such as the estimated arrival at a place."""

    type: EventTimeType
    moment: Moment
