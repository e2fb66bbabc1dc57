"""What a layer says: the typed changes by which an industry, a partner or a single message differs from its guide.

A layer file names the guide it was written for and lists changes; each says what it sets, and where::

    {"guide": "edifact/D.96A/IFTSTA", "about": "Status reports from Northern Lines", "level": "partner",
     "valid_from": "2026-07-01",
     "define": {"elements": {"Z001": ["an..12", "Depot code"]}},
     "changes": [
       {"set": "usage", "at": "TSR", "usage": "unused"},
       {"set": "repeat", "at": "SG1", "min": 1, "max": 3},
       {"set": "length", "at": "BGM/2", "max": 17},
       {"set": "type", "at": "SG4/CNI/1", "type": "n..4"},
       {"set": "codes", "at": "SG4/SG5/STS/2.1", "only": ["13", "21", {"code": "48", "to": "2026-12-31"}]},
       {"set": "fixed", "at": "BGM/3", "value": "9"},
       {"set": "pattern", "at": "SG4/SG5/SG7/EQD/2.1", "pattern": "[A-Z]{3}[UJZ]\\\\d{7}"},
       {"set": "variants", "at": "SG1", "by": "1", "variants": [
          {"name": "CA", "usage": "required", "max": 1}, {"name": "SH", "values": ["CZ", "CN"]}]},
       {"set": "add", "after": "SG1[CA]/NAD", "content": ["RFF*3"]},
       {"set": "element", "at": "SG4/CNI", "use": "Z001"},
       {"set": "relation", "at": "SG4/SG5/STS", "rule": "C0302"},
       {"set": "condition", "at": "SG3", "usage": "required", "when": "BGM/1", "values": ["77"]},
       {"set": "levels", "levels": {"S": [""], "O": ["S"]}},
       {"set": "severity", "of": "segment-unknown", "severity": "warning"}]}

``at`` is a path of group names and a tag, and behind it an element or ``element.component``, counted from 1. ``*/NAD``
is every NAD of the message, ``LOC:2`` the second LOC among siblings, ``SG1[CA]/NAD`` the NAD of a variant. A layer may
tighten and loosen; the last one that speaks wins, and its name goes with every finding its rule makes.

Layers have a ``level`` and go from the general to the particular: industry, partner, message. They and the codes in
them may be dated; a day outside leaves them out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

import msgspec
from msgspec.structs import replace

from translators.dictionary import Directory, GuideError, check_directory
from translators.finding import Severity


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="set"):
    """One change; which kind, its ``set`` says."""


class Usage(Change, frozen=True, tag="usage"):
    """A segment, group, element or component is required, optional, or not used."""

    at: str
    usage: Literal["required", "optional", "unused"]


class Repeat(Change, frozen=True, tag="repeat"):
    """How often a segment, group or element stands."""

    at: str
    min: int | None = None
    max: int | None = None


class Length(Change, frozen=True, tag="length"):
    """The least and greatest length of a value."""

    at: str
    min: int | None = None
    max: int | None = None


class Type(Change, frozen=True, tag="type"):
    """The representation of a value as its standard writes it: ``an..14``, ``n6``, ``AN1/30``."""

    at: str
    type: str


class Dated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """A code and the days it is added, or removed, for; both ends belong to them."""

    code: str
    first: date | None = None
    last: date | None = None

    def holds(self, on: date | None) -> bool:
        """Whether it holds on this day; without a day, it may."""
        return on is None or ((self.first is None or self.first <= on) and (self.last is None or on <= self.last))


class Codes(Change, frozen=True, tag="codes"):
    """The codes of a value: ``only`` these, or the list so far with some added and some removed."""

    at: str
    only: list[str | Dated] | None = None
    add: list[str | Dated] = []
    remove: list[str | Dated] = []


class Fixed(Change, frozen=True, tag="fixed"):
    """The one value that may stand there."""

    at: str
    value: str


class PatternOf(Change, frozen=True, tag="pattern"):
    """What a value looks like, in the language of :mod:`translators.patterns`; ``null`` for no such rule."""

    at: str
    pattern: str | None


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One variant of a group or segment: for the qualifiers in ``values``, or for the one it is called by.

    The variant called ``other`` is for all qualifiers that no other variant names.
    """

    name: str
    values: list[str] = []
    usage: Literal["required", "optional", "unused"] = "optional"
    min: int | None = None
    max: int | None = None


class Variants(Change, frozen=True, tag="variants"):
    """A group or segment split by the value ``by`` (``element`` or ``element.component``) of its first segment."""

    at: str
    by: str
    variants: list[Variant]


class Add(Change, frozen=True, tag="add"):
    """Segments and groups that the guide lacks, written as in a message file, behind or in front of a place."""

    content: list[object]
    after: str = ""
    before: str = ""


class AddElement(Change, frozen=True, tag="element"):
    """An element behind the last one of a segment, written as a use: ``C555*3``, ``3039=an..17``."""

    at: str
    use: str


class AddComponent(Change, frozen=True, tag="component"):
    """A component behind the last one of a composite."""

    at: str
    use: str


class Rule(Change, frozen=True, tag="relation"):
    """A relational rule between elements of a segment (``at`` a segment) or components of a composite."""

    at: str
    rule: str


class ConditionOf(Change, frozen=True, tag="condition"):
    """A segment or group that is required, or unused, where ``when`` (a segment's element) has one of ``values``."""

    at: str
    usage: Literal["required", "unused"]
    when: str
    values: list[str] = []


class Levels(Change, frozen=True, tag="levels"):
    """The levels of an HL tree, and under which others each may stand; ``""`` for none."""

    levels: dict[str, list[str]]


class SeverityOf(Change, frozen=True, tag="severity"):
    """How bad a finding code is, everywhere or below ``at``; ``off`` leaves it out of the findings."""

    of: str
    severity: Severity | Literal["off"]
    at: str = ""


AnyChange = (
    Usage
    | Repeat
    | Length
    | Type
    | Codes
    | Fixed
    | PatternOf
    | Variants
    | Add
    | AddElement
    | AddComponent
    | Rule
    | ConditionOf
    | Levels
    | SeverityOf
)
KINDS = (
    "usage", "repeat", "length", "type", "codes", "fixed", "pattern", "variants", "add", "element", "component",
    "relation", "condition", "levels", "severity",
)  # fmt: skip
"""What ``set`` may say."""


class Definitions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a layer uses and its version does not define, in the notation of :mod:`translators.dictionary`."""

    segments: dict[str, tuple[str, str]] = {}
    composites: dict[str, tuple[str, str]] = {}
    elements: dict[str, tuple[str, str]] = {}
    codes: dict[str, str] = {}
    notes: dict[str, str] = {}


class _Raw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A layer file before its changes are read, so that each of them can be named when it is wrong."""

    guide: str
    changes: list[msgspec.Raw]
    about: str = ""
    level: Literal["industry", "partner", "message"] = "partner"
    version: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    define: Definitions = Definitions()


class LayerFile(msgspec.Struct, frozen=True):
    """A layer as its file says it."""

    guide: str
    about: str
    level: Literal["industry", "partner", "message"]
    version: str
    """The owner's own mark for this edition of the layer."""
    valid_from: date | None
    valid_to: date | None
    """The last day it holds."""
    define: Definitions
    changes: tuple[AnyChange, ...]

    def in_force(self, on: date | None) -> bool:
        """Whether the layer holds on this day; without a day, it does."""
        return Dated("", self.valid_from, self.valid_to).holds(on)

    def turns(self) -> set[date]:
        """The days on which something begins or ceases to hold."""
        spans = [(self.valid_from, self.valid_to)]
        for change in self.changes:
            if isinstance(change, Codes):
                listed = [*(change.only or ()), *change.add, *change.remove]
                spans += [(each.first, each.last) for each in listed if isinstance(each, Dated)]
        begins = {first for first, _ in spans if first is not None}
        return begins | {last + timedelta(days=1) for _, last in spans if last is not None and last < date.max}

    def extended(self, name: str, directory: Directory) -> Directory:
        """``directory`` with what this layer defines; :class:`GuideError` when a line of that is wrong."""
        if self.define == Definitions():
            return directory
        tables = {table: {**getattr(directory, table), **getattr(self.define, table)} for table in _TABLES}
        whole = replace(directory, **tables)
        check_directory(f"Layer {name}: define", whole)
        return whole


_TABLES = ("segments", "composites", "elements", "codes", "notes")


@lru_cache(maxsize=256)
def read_layer(name: str, data: bytes) -> LayerFile:
    """The layer in ``data``; :class:`GuideError` names the layer, the number of a change that is wrong, and why."""
    try:
        raw = msgspec.json.decode(data, type=_Raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GuideError(f"Layer {name}: {error}") from error
    if raw.valid_from is not None and raw.valid_to is not None and raw.valid_to < raw.valid_from:
        raise GuideError(f"Layer {name}: valid_to is before valid_from")
    changes = []
    for number, each in enumerate(raw.changes, 1):
        try:
            changes.append(msgspec.json.decode(each, type=AnyChange))
        except msgspec.DecodeError as error:
            hint = f"; it sets one of: {', '.join(KINDS)}" if "`set`" in str(error) or "$.set`" in str(error) else ""
            raise GuideError(f"Layer {name}, change {number}: {error}{hint}") from error
    return LayerFile(
        raw.guide, raw.about, raw.level, raw.version, raw.valid_from, raw.valid_to, raw.define, tuple(changes)
    )


def period(layers: Sequence[tuple[str, bytes]], on: date | None) -> date | None:
    """The first day of the stretch of days around ``on`` in which all these layers say the same.

    Two days with one answer have one guide, so it need not be compiled for every day.
    """
    if on is None:
        return None
    turns = sorted({date.min}.union(*(read_layer(name, data).turns() for name, data in layers)))
    return turns[bisect_right(turns, on) - 1]
