"""Equipment as terminals and depots handle it: what they are told of it, and what they find at the gate and the quay.

The shared :class:`Equipment` says which box it is and what it weighs. Here is what the messages between carriers and
terminals add: on which way it is, who brings it, how far its cargo sticks out, what is damaged.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.dangerous_goods import DangerousGoods
from translators.canonical.equipment import Equipment, EquipmentNumber
from translators.canonical.equipment_words import (
    ContainerLoad,
    DamageCodeSystem,
    EquipmentKind,
    EquipmentStatus,
    EquipmentSupplier,
    HaulageBy,
)
from translators.canonical.event_time import EventTime
from translators.canonical.location import Location
from translators.canonical.measure import Measure
from translators.canonical.party import Party, Text
from translators.canonical.remark import Remark
from translators.canonical.transport import Transport


class OverDimensions(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True, omit_defaults=True
):
    """How far cargo sticks out of its equipment, on each side."""

    front: Measure | None = None
    back: Measure | None = None
    right: Measure | None = None
    left: Measure | None = None
    height: Measure | None = None


class TemperatureRange(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True, omit_defaults=True
):
    """Between which temperatures goods are to be kept: degrees in a unit of UN/ECE Recommendation 20."""

    lowest: Decimal | None = None
    highest: Decimal | None = None
    unit: Annotated[str, msgspec.Meta(pattern="^(CEL|FAH|KEL)$")]

    def __post_init__(self) -> None:
        for amount in (self.lowest, self.highest):
            if amount is not None and (not amount.is_finite() or abs(amount) >= 10_000):
                raise ValueError(f"{amount} is no temperature: give the degrees as a number")
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            raise ValueError(f"the lowest temperature, {self.lowest}, is above the highest, {self.highest}")


class AttachedEquipment(Coded, frozen=True, kw_only=True):
    """What is attached to equipment: the chassis under a container, its generator, the other flats of a bundle."""

    kind: EquipmentKind
    number: EquipmentNumber | None = None


class Damage(Coded, frozen=True, kw_only=True):
    """A damage to equipment. Each code may have its name beside it, or be missing where there is only a name."""

    code_system: DamageCodeSystem | None = None
    """Whose list the codes are from."""
    type: Text | None = None
    """What kind of damage, by its code (``DT`` dent)."""
    type_name: Text | None = None
    area: Text | None = None
    """Where on the equipment, by its code (``LB1N``: left side, bottom half, first section)."""
    area_name: Text | None = None
    severity: Text | None = None
    severity_name: Text | None = None
    component: Text | None = None
    """The part that is damaged, by its code (``PAA`` panel)."""
    component_name: Text | None = None
    material: Text | None = None
    """What the part is made of, by its code."""
    material_name: Text | None = None


class TerminalEquipment(Equipment, frozen=True, kw_only=True):
    """Equipment in the hands of a terminal or depot, or on its way there."""

    status: EquipmentStatus | None = None
    supplier: EquipmentSupplier | None = None
    load: ContainerLoad | None = None
    haulage_by: HaulageBy | None = None
    verified_gross_mass: Measure | None = None
    """The gross mass that SOLAS wants verified before loading; ``gross_weight`` is what somebody declared."""
    temperature_range: TemperatureRange | None = None
    over_dimensions: OverDimensions | None = None
    times: tuple[EventTime, ...] = ()
    locations: tuple[Location, ...] = ()
    """Ports and places of its journey."""
    parties: tuple[Party, ...] = ()
    transports: tuple[Transport, ...] = ()
    """What brings it to the terminal or takes it away: truck, train, barge or another ship."""
    dangerous_goods: tuple[DangerousGoods, ...] = ()
    damages: tuple[Damage, ...] = ()
    attached: tuple[AttachedEquipment, ...] = ()
    remarks: tuple[Remark, ...] = ()
