"""Money as customs counts it: values of goods, duties and taxes, what was requested beside them."""

from __future__ import annotations

from decimal import Decimal

from translators.canonical.coded import Coded
from translators.canonical.customs_words import CustomsAmountType, CustomsOutcome, DutyScope, DutyType
from translators.canonical.event_time import EventTime
from translators.canonical.location import Location
from translators.canonical.party import Text
from translators.canonical.price import Currency


class CustomsAmount(Coded, frozen=True, kw_only=True):
    """An amount of money and what it is."""

    type: CustomsAmountType
    amount: Decimal
    currency: Currency | None = None
    """Absent where customs counts in its own currency and does not say so."""


class Outcome(Coded, frozen=True, kw_only=True):
    """What customs decided. A message may state several: accepted, and goods to be examined."""

    outcome: CustomsOutcome


class Duty(Coded, frozen=True, kw_only=True):
    """A duty, tax or fee, or a sum of them."""

    scope: DutyScope
    type: DutyType | None = None
    name: Text | None = None
    """In words, where the source gives them."""
    basis: Text | None = None
    """What the rate is applied to, as the authority writes it: an amount or a quantity."""
    rate: Text | None = None
    """As the authority writes it, mostly in percent."""
    amounts: tuple[CustomsAmount, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    """How it is secured or paid."""


class CustomsDocument(Coded, frozen=True, kw_only=True):
    """A document that a declaration is accompanied by, or that customs asks for or has made."""

    kind: Text
    """The document's code: EDIFACT 1001 (``380`` commercial invoice, ``954`` certificate EUR.1), or the authority's own
    (``N380``, ``Y929``)."""
    number: Text | None = None
    times: tuple[EventTime, ...] = ()
    location: Location | None = None
    """Where it was issued or is to be presented."""
