"""The lading of a rail shipment: what it is, how much of it, at which price, and what is dangerous about it."""

from __future__ import annotations

from decimal import Decimal

from translators.canonical.coded import Coded
from translators.canonical.dangerous_goods import DangerousGoods
from translators.canonical.freight_invoice import FreightCharge
from translators.canonical.goods import Count
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.party import Contact, Text
from translators.canonical.quantity import Unit, refuse_endless
from translators.canonical.rail_words import CommodityCodeSystem, RatedAs, WeightKind
from translators.canonical.vocabulary import ReferenceType


class LadingDescription(Coded, frozen=True, kw_only=True):
    """One line of what the goods are."""

    text: Text | None = None
    commodity_code: Text | None = None
    """As a rule the Standard Transportation Commodity Code, of seven digits (``2421184``)."""
    commodity_code_system: CommodityCodeSystem | None = None
    marks: Text | None = None


class PriceAuthority(Coded, frozen=True, kw_only=True):
    """What a price of carriage rests on: a contract, a quotation, a tariff."""

    type: ReferenceType
    value: Text
    issuer: Text | None = None
    """The carrier whose tariff it is."""
    item: Text | None = None
    supplement: Text | None = None
    effective: Moment | None = None
    expires: Moment | None = None


class LadingWeight(Coded, frozen=True, kw_only=True):
    """A weight, and what it is the weight of."""

    kind: WeightKind
    value: Decimal
    unit: Unit | None = None
    """Absent where it is that of the whole document."""

    def __post_init__(self) -> None:
        refuse_endless(value=self.value)


class LadingQuantity(Coded, frozen=True, kw_only=True):
    """How much there is, and what is charged for it."""

    weight: LadingWeight | None = None
    volume: Measure | None = None
    packages: Count | None = None
    package_kind: Text | None = None
    """UN/ECE Recommendation 21 (``CT`` carton, ``PX`` pallet)."""
    rated: Decimal | None = None
    """The quantity that the freight is reckoned on."""
    rated_as: RatedAs | None = None
    charges: tuple[FreightCharge, ...] = ()
    prices: tuple[PriceAuthority, ...] = ()

    def __post_init__(self) -> None:
        refuse_endless(rated=self.rated)


class LadingLine(Coded, frozen=True, kw_only=True):
    """One commodity."""

    descriptions: tuple[LadingDescription, ...]
    """The line with the commodity's code comes first."""
    quantities: tuple[LadingQuantity, ...] = ()


class SubsidiaryHazard(Coded, frozen=True, kw_only=True):
    """A danger beside the one that gives the class."""

    hazard_class: Text


class ShippingName(Coded, frozen=True, kw_only=True):
    """A line of the proper shipping name."""

    text: Text


class RailDangerousGoods(DangerousGoods, frozen=True, kw_only=True):
    """A dangerous substance of the shipment, as a train's crew has to know it."""

    commodity_code: Text | None = None
    """The Standard Transportation Commodity Code for it as dangerous goods, which begins with 48 or 49."""
    packages: Count | None = None
    package_unit: Unit | None = None
    quantity: Measure | None = None
    names: tuple[ShippingName, ...] = ()
    """The proper shipping name, in as many lines as the message has; ``description`` is not used."""
    subsidiary_hazards: tuple[SubsidiaryHazard, ...] = ()
    placard: Text | None = None
    """What the placard on the car says."""
    reportable: bool | None = None
    """Whether a spill has to be reported to the authority (a reportable quantity)."""
    response_plan: Text | None = None
    """The number of the approved emergency response plan."""
    contacts: tuple[Contact, ...] = ()
    """Whom to call in an emergency, at any hour."""
