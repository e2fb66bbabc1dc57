"""``despatch_advice/1``: what was sent on which orders, and how it is packed. DESADV and 856 fill it alike.

The advice is a tree: the shipment, the orders in it, the packages that hold each order's goods, in them other packages
or lines. Goods that are not packed, or of which the message does not say how, are lines of the order itself. An 856 has
all of this; a DESADV has no level for orders, so it is of one order, or its lines name theirs.
"""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.delivery_terms import DeliveryTerms
from translators.canonical.despatch_line import DespatchLine
from translators.canonical.equipment import Equipment
from translators.canonical.event_time import EventTime
from translators.canonical.goods import Cargo, Count
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import PackageLevel, Purpose


class Package(Coded, frozen=True, kw_only=True):
    """A package, or several alike, with what is in it."""

    level: PackageLevel
    quantity: Count | None = None
    """How many packages of this kind the entry stands for; one that has an SSCC is one."""
    kind: Text | None = None
    """UN/ECE Recommendation 21 (``CT`` carton, ``PX`` pallet)."""
    sscc: Text | None = None
    """Serial shipping container code of GS1: 18 digits, without the application identifier."""
    marks: tuple[Text, ...] = ()
    tracking_number: Text | None = None
    """The number under which the carrier tracks the package."""
    gross_weight: Measure | None = None
    net_weight: Measure | None = None
    volume: Measure | None = None
    length: Measure | None = None
    width: Measure | None = None
    height: Measure | None = None
    packages: tuple[Package, ...] = ()
    lines: tuple[DespatchLine, ...] = ()


class DespatchOrder(Coded, frozen=True, kw_only=True):
    """What is sent on one order."""

    number: Text | None = None
    """The buyer's order number; absent when the message names none, or one for each line."""
    release: Text | None = None
    """The number of the release, where the order is a blanket order."""
    issued: Moment | None = None
    """The day of the order."""
    references: tuple[DocumentReference, ...] = ()
    parties: tuple[Party, ...] = ()
    """Such as the store that the order is for."""
    cargo: tuple[Cargo, ...] = ()
    packages: tuple[Package, ...] = ()
    lines: tuple[DespatchLine, ...] = ()


class DespatchAdvice(Coded, frozen=True, kw_only=True, tag_field="type", tag="despatch_advice/1"):
    """An advice of goods that are on their way."""

    number: Text
    """The advice's number: of the shipment or the delivery note."""
    purpose: Purpose
    issued: Moment | None = None
    times: tuple[EventTime, ...] = ()
    """When the goods left and when they are expected."""
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()
    parties: tuple[Party, ...] = ()
    delivery_terms: DeliveryTerms | None = None
    transports: tuple[Transport, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    cargo: tuple[Cargo, ...] = ()
    """The totals, by kind of package."""
    orders: tuple[DespatchOrder, ...] = ()
