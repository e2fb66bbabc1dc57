"""``receiving_advice/1``: what a receiver got of what was advised, and how it differs. RECADV is written from it.

It has the tree of the despatch advice: the delivery, its packages, their lines. What is not said to differ arrived as
it was advised.
"""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.despatch_line import Difference
from translators.canonical.event_time import EventTime
from translators.canonical.goods import Cargo, Count
from translators.canonical.item import ItemId
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.order_reference import OrderReference
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.vocabulary import PackageLevel, Purpose


class ReceivedLine(Coded, frozen=True, kw_only=True):
    """A line of what arrived."""

    number: Text | None = None
    """The line's number in this advice."""
    item_ids: tuple[ItemId, ...] = ()
    """The number that leads comes first."""
    description: Text | None = None
    despatched: Measure | None = None
    """What was advised."""
    received: Measure | None = None
    """What arrived, in whatever condition."""
    accepted: Measure | None = None
    """What of it is taken over."""
    returned: Measure | None = None
    """What of it goes back to the sender."""
    destroyed: Measure | None = None
    """What of it is destroyed here."""
    differences: tuple[Difference, ...] = ()
    order: OrderReference | None = None
    times: tuple[EventTime, ...] = ()
    references: tuple[DocumentReference, ...] = ()


class ReceivedPackage(Coded, frozen=True, kw_only=True):
    """A package that arrived, or should have, with what is in it."""

    level: PackageLevel
    quantity: Count | None = None
    kind: Text | None = None
    """UN/ECE Recommendation 21 (``CT`` carton, ``PX`` pallet)."""
    difference: Difference | None = None
    """Of the number of packages."""
    sscc: Text | None = None
    """Serial shipping container code of GS1: 18 digits, without the application identifier."""
    packages: tuple[ReceivedPackage, ...] = ()
    lines: tuple[ReceivedLine, ...] = ()


class ReceivingAdvice(Coded, frozen=True, kw_only=True, tag_field="type", tag="receiving_advice/1"):
    """An advice of goods that arrived."""

    number: Text
    """The receiver's number: of the goods receipt."""
    purpose: Purpose
    issued: Moment | None = None
    times: tuple[EventTime, ...] = ()
    """When the goods were ``received``."""
    references: tuple[DocumentReference, ...] = ()
    """The despatch advice and the order are among them."""
    parties: tuple[Party, ...] = ()
    cargo: tuple[Cargo, ...] = ()
    """How many packages arrived, by kind."""
    packages: tuple[ReceivedPackage, ...] = ()
    lines: tuple[ReceivedLine, ...] = ()
    """What is in no package, or of which it is not said."""
