"""A compiled map: the rules that both directions run.

The rules stand in the order and nesting of the message, so that writing needs no sorting and a reader can hold the map
beside the implementation guide. Every rule remembers its line: findings and lineage name it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from translators.map_codecs import Codec
from translators.map_context import Direction
from translators.map_paths import CanonicalPath, NodePath, Place
from translators.map_tables import Table

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
    line: int
    column: int

    def goes(self, direction: Direction) -> bool:
        """Whether the rule holds in a direction."""
        return self.only in ("", direction)


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
    line: int
    column: int


class Map(msgspec.Struct, frozen=True, kw_only=True):
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

    @property
    def type(self) -> str:
        """The message type, such as ``IFTSTA``."""
        return self.name.rpartition("/")[2]
