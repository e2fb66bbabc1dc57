"""Cargo: what is carried, in packages and by weight and volume."""

from __future__ import annotations

from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.dangerous_goods import DangerousGoods
from translators.canonical.measure import Measure
from translators.canonical.party import Text
from translators.canonical.remark import Remark
from translators.canonical.temperature import Temperature

Count = Annotated[int, msgspec.Meta(ge=0)]


class Cargo(Coded, frozen=True, kw_only=True):
    """An amount of cargo."""

    packages: Count | None = None
    package_kind: Text | None = None
    """UN/ECE Recommendation 21 (``CT`` carton, ``PX`` pallet)."""
    gross_weight: Measure | None = None
    volume: Measure | None = None


class Placement(msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """How much of a line is in which equipment."""

    equipment_number: Text
    packages: Count | None = None


class GoodsItem(Coded, frozen=True, kw_only=True):
    """A line of cargo."""

    loaded_at: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """In an order with stops, the ``sequence`` of the one where it is loaded."""
    packages: Count | None = None
    package_kind: Text | None = None
    """UN/ECE Recommendation 21 (``CT`` carton, ``PX`` pallet)."""
    description: Text | None = None
    commodity_code: Text | None = None
    """Harmonized System, digits only."""
    marks: tuple[Text, ...] = ()
    """Marks and numbers on the packages, line by line."""
    gross_weight: Measure | None = None
    net_weight: Measure | None = None
    volume: Measure | None = None
    temperature: Temperature | None = None
    """At which these goods are to be kept."""
    dangerous_goods: tuple[DangerousGoods, ...] = ()
    placements: tuple[Placement, ...] = ()
    remarks: tuple[Remark, ...] = ()
