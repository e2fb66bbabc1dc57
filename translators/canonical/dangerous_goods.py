"""Dangerous goods, as the regulations of a mode of transport name them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.party import Text
from translators.canonical.temperature import Temperature
from translators.canonical.vocabulary import DangerousGoodsRegulation, PackingGroup

UnNumber = Annotated[str, msgspec.Meta(pattern="^[0-9]{4}$")]


class DangerousGoods(Coded, frozen=True, kw_only=True):
    """One dangerous substance in a line of cargo."""

    regulation: DangerousGoodsRegulation | None = None
    un_number: UnNumber | None = None
    """Four digits (``1263``)."""
    hazard_class: Text | None = None
    """Class or division of the regulation (``3``, ``6.1``)."""
    packing_group: PackingGroup | None = None
    flash_point: Temperature | None = None
    description: Text | None = None
    """The proper shipping name, and whatever the regulation wants said with it."""
