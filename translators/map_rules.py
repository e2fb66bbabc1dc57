"""A compiled map: the rules that both directions run.

The rules stand in the order and nesting of the message, so that writing needs no sorting and a reader can hold the map
beside the implementation guide. Every rule remembers its line: findings and lineage name it.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from translators.map_codecs import Codec
from translators.map_context import Direction
from translators.map_expressions import Expression
from translators.map_extensions import Extension
from translators.map_paths import CanonicalPath, NodePath, Place
from translators.map_tables import Table

_INDEX = re.compile(r"\[[0-9]+\]")

Extent = Literal["", "in", "out", "both"]
"""The directions in which something holds."""


class Constant(msgspec.Struct, frozen=True):
    """A text that always stands at a place."""

    place: Place
    text: str


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A value that lies in ``places`` of a segment and at ``path`` in the canonical form."""

    places: tuple[Place, ...]
    path: CanonicalPath
    codec: Codec
    table: Table | None = None
    required: Extent = ""
    only: Literal["", "in", "out"] = ""
    """One-way, with the reason in ``why``."""
    why: str = ""
    absent: str | None = None
    """The text that stands for no value: not read, and written when there is none."""
    default: str | None = None
    """What is read when there is nothing."""
    beside: tuple[Constant, ...] = ()
    """Texts that are written with the value, such as the code list it is from."""
    keeps_native: bool = False
    """Whether the object around the value can keep a partner's code."""
    instead: CanonicalPath | None = None
    """Where the value is taken from, on the way out, when ``path`` has none."""
    unit: str = ""
    """The unit that the value is always in at its place; the canonical amount is converted to it."""
    decimals: int = 6
    """To how many decimals a converted amount is rounded when it does not come out even."""
    piece: Piece | None = None
    """The value is one of several in the same text."""
    expression: Expression | None = None
    """Computes the canonical value from the texts, instead of the codec."""
    inverse: Expression | None = None
    """Computes the text from the canonical value."""
    computed: bool = False
    """``inverse`` makes the text of several fields, so that there is no way back; ``path`` is only the first."""
    map: str
    """The file that the rule stands in: the map's own, or that of one it extends."""
    line: int
    column: int
    plain: str = ""
    """The field's name, where the value is that of the object in hand and nothing else could be written instead."""

    def __post_init__(self) -> None:
        """Works out ``plain``, which writing asks for at every segment."""
        path = self.path
        if len(path.steps) == 1 and not path.absolute and self.instead is None and not self.computed:
            msgspec.structs.force_setattr(self, "plain", path.steps[0].name)

    def goes(self, direction: Direction) -> bool:
        """Whether the rule holds in a direction."""
        return self.only in ("", direction)


class Piece(msgspec.Struct, frozen=True):
    """Which piece of a text, divided by ``by`` into at most ``of``; the first is 0."""

    by: str
    number: int
    of: int


class Repeated(msgspec.Struct, frozen=True, kw_only=True):
    """A list whose items lie behind each other in one segment: identifications in pairs, as in PIA and PO1."""

    path: CanonicalPath
    slots: tuple[tuple[Field, ...], ...]
    """The rules for each item there is room for, with their places."""
    map: str
    line: int
    column: int


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """A number of items, or the sum of an amount in all of them, which is written and not read."""

    place: Place
    names: tuple[str, ...]
    """The way through the document, every item of every list on it counted."""
    absolute: bool
    sum: bool


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """How a flat list of groups states the tree that it forms: by the id of each and that of its parent."""

    segment: str
    id: Place
    parent: Place
    level: Place | None = None
    """Where the level's code is."""
    children: Place | None = None
    """Where ``1`` says that there are subordinate levels, and ``0`` that there are none."""


class Setting(msgspec.Struct, frozen=True):
    """A canonical value that the presence of a node, or of the message itself, implies."""

    path: CanonicalPath
    value: str | int


class When(msgspec.Struct, frozen=True):
    """The objects a part is for: whose field has a code in ``table``, or is ``word``; ``negated``: has none, is not.

    A table decides when writing, because reading has the code itself to go by. A word decides in both directions.
    """

    path: CanonicalPath
    table: Table | None
    word: str | None
    negated: bool


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A segment or a group, and what it is in the canonical form."""

    node: NodePath
    group: bool
    binding: Literal["", "with", "each"] = ""
    """``with``: one object; ``each``: the items of a list; neither: the object in hand."""
    path: CanonicalPath | None = None
    """Of the object or list."""
    fields: tuple[Field, ...] = ()
    constants: tuple[Constant, ...] = ()
    counters: tuple[Place, ...] = ()
    """Where the item's number in its list is written."""
    settings: tuple[Setting, ...] = ()
    when: When | None = None
    required: Extent = ""
    only: Literal["", "in", "out"] = ""
    """One-way, with the reason in ``why``."""
    why: str = ""
    always: bool = False
    """Written even when no field has a value."""
    wrap: int = 0
    """A longer text is divided over several nodes."""
    split: str = ""
    """A group in which this child repeats is read as several, each with one of them."""
    shared: bool = False
    """Whether a part beside this one wants nodes of the same name."""
    parts: tuple[Part, ...] = ()
    repeated: tuple[Repeated, ...] = ()
    again: bool = False
    """Written once more as long as lists in it have items left, and every one of its nodes is read."""
    totals: tuple[Total, ...] = ()
    tree: Tree | None = None
    """The groups of this name form a tree; ``levels`` are its topmost."""
    levels: tuple[Part, ...] = ()
    """What may stand under this one in the tree."""
    level: str = ""
    """The code of the level that this part is; ``*`` for any."""
    bounded: str = ""
    """The loop's identifier in the LS and LE written around the part."""
    raw: bool = False
    """Carried through as text."""
    map: str
    line: int
    column: int

    def below(self, above: str) -> str:
        """The way through the guide to the part, from the way to the group it is in."""
        return f"{above}/{self.node.name}" if above else self.node.name


class Map(msgspec.Struct, frozen=True, kw_only=True, eq=False, weakref=True):
    """A map, compiled: one message type of one version and one canonical type."""

    name: str
    canonical: str
    settings: tuple[Setting, ...]
    tables: dict[str, Table]
    parts: tuple[Part, ...]
    complete: tuple[str, ...] = ()
    """Canonical paths of which nothing may be left behind when a message is written."""
    leaves: dict[str, str] = {}
    """Canonical paths that the message has no place for, knowingly, and the reason."""
    guide: str
    """The guide that it is for, such as ``edifact/D.96A/IFTSTA``."""
    extensions: dict[str, Extension] = {}
    """The fields that the map adds to the canonical form, by name."""
    text: str
    """The resolved map, layers and all, in its canonical form."""
    digest: str
    """SHA-256 of ``text``: what a message records of the map that handled it."""

    @property
    def type(self) -> str:
        """The message type, such as ``IFTSTA``."""
        return self.guide.rpartition("/")[2]

    def leaves_behind(self, at: str) -> bool:
        """Whether the message has no place for what is at a canonical path, and the map says that it knows."""
        pattern = _INDEX.sub("", at)
        return any(_within(pattern, path) for path in self.leaves)

    def promises(self, at: str) -> bool:
        """Whether the map promises that nothing at a canonical path stays behind."""
        pattern = _INDEX.sub("", at)
        return any(_within(pattern, path) or _within(path, pattern) for path in self.complete)


def _within(pattern: str, path: str) -> bool:
    return pattern == path or pattern.startswith(f"{path}.")
