"""Rail cars, and what else a rail shipment moves in: what it weighs, and what it belongs with."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from translators.canonical.cargo_report import InBondMovement
from translators.canonical.coded import Coded
from translators.canonical.equipment import Equipment
from translators.canonical.moment import Moment
from translators.canonical.party import Text
from translators.canonical.quantity import Unit, refuse_endless
from translators.canonical.rail_words import EquipmentRelation, TareKind, WeightKind


class CarWeight(Coded, frozen=True, kw_only=True):
    """What a car or its lading weighs, all in one unit."""

    kind: WeightKind | None = None
    """What ``value`` is the weight of, and how it was found."""
    value: Decimal | None = None
    tare: Decimal | None = None
    tare_kind: TareKind | None = None
    allowance: Decimal | None = None
    """What the tariff lets be taken off."""
    dunnage: Decimal | None = None
    """The packing that holds the lading in its place."""
    unit: Unit | None = None
    """Absent where it is that of the whole document."""

    def __post_init__(self) -> None:
        refuse_endless(value=self.value, tare=self.tare, allowance=self.allowance, dunnage=self.dunnage)


class Scale(Coded, frozen=True, kw_only=True):
    """Where and when a car was weighed."""

    city: Text
    subdivision: Text
    name: Text | None = None
    weighed: Moment


class CarId(Coded, frozen=True, kw_only=True):
    """Initial and number of a car, trailer or chassis, where a message cannot do without either."""

    initial: Text
    number: Text


class RailEquipment(Equipment, frozen=True, kw_only=True):
    """A car, trailer or container of the shipment. Its number is initial and number, with a blank between."""

    car_type: Text | None = None
    """The AAR's code of the car's type (``C114``)."""
    position: Text | None = None
    """Where it stands on the car that carries it (``A1``)."""
    weight: CarWeight | None = None
    scale: Scale | None = None
    chassis: CarId | None = None
    """The chassis that a container is handed over on."""
    in_bond: tuple[InBondMovement, ...] = ()


class RelatedEquipment(Coded, frozen=True, kw_only=True):
    """Equipment that belongs with the shipment's: the flat car below a trailer, the other car under a long load."""

    id: CarId
    relation: EquipmentRelation | None = None
    position: Text | None = None
    length: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """Feet and inches as the railways write them: 5306 is 53 feet and 6 inches."""
