"""``equipment_order/1``: what a carrier orders of a terminal or depot, or announces to it. COPARN fills it.

Empties to be released to a shipper, full containers to be accepted at the gate, units on and off hire: either each by
its number, or so many of a size and type. The terminal answers with ``equipment_event`` when it has happened.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.equipment_words import EquipmentOrderKind, HaulageBy
from translators.canonical.goods import GoodsItem
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.terminal_equipment import TerminalEquipment
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import Haulage, Purpose


class EquipmentOrder(Coded, frozen=True, kw_only=True, tag_field="type", tag="equipment_order/1"):
    """An order or announcement about equipment."""

    kind: EquipmentOrderKind
    number: Text | None = None
    """The order's own number."""
    purpose: Purpose
    issued: Moment | None = None
    haulage: Haulage | None = None
    haulage_by: HaulageBy | None = None
    references: tuple[DocumentReference, ...] = ()
    """The booking is one of them as a rule: what the driver shows at the gate."""
    parties: tuple[Party, ...] = ()
    remarks: tuple[Remark, ...] = ()
    transports: tuple[Transport, ...] = ()
    """The ship that the equipment is for, and what brings it on from or to there."""
    goods: tuple[GoodsItem, ...] = ()
    """What is or will be in the equipment; ``placements`` say in which."""
    equipment: Annotated[tuple[TerminalEquipment, ...], msgspec.Meta(min_length=1)]
    """By number, or with the ``quantity`` that is wanted of a size and type."""
