"""``equipment_event/1``: what happened to equipment at a terminal or depot. CODECO and COARRI fill it alike.

One document stands for one message, and the message says once what happened to all of its equipment: it came in at the
gate, left, was discharged or loaded. When and where is said for each unit, because a report gathers an hour's work.
"""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.equipment_words import EquipmentEventKind
from translators.canonical.goods import GoodsItem
from translators.canonical.location import Location
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.terminal_equipment import TerminalEquipment
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import Purpose


class MovedEquipment(TerminalEquipment, frozen=True, kw_only=True):
    """Equipment with what happened to it."""

    occurred: Moment
    """When it passed the gate, or was lifted."""
    location: Location | None = None
    """Where that was: the terminal or depot, when the report's own transport and parties do not say it."""
    stowage: Text | None = None
    """Its cell on board: bay, row and tier as in ISO 9711-1 (``0140682``)."""


class EquipmentEvent(Coded, frozen=True, kw_only=True, tag_field="type", tag="equipment_event/1"):
    """A report of a terminal or depot about equipment."""

    kind: EquipmentEventKind
    number: Text | None = None
    """The report's own number."""
    purpose: Purpose
    issued: Moment | None = None
    references: tuple[DocumentReference, ...] = ()
    parties: tuple[Party, ...] = ()
    remarks: tuple[Remark, ...] = ()
    transport: Transport | None = None
    """The ship that was loaded or discharged, or that equipment at the gate is for or from."""
    goods: tuple[GoodsItem, ...] = ()
    """Where the message lists cargo by itself; ``placements`` say in which equipment it is."""
    equipment: tuple[MovedEquipment, ...] = ()
    """None when there was nothing to load or discharge, which a terminal reports too."""
