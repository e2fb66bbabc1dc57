"""What a map needs to know that stands neither in the message nor in the map.

Everything that could differ between two runs comes in here and from nowhere else: the zone that is assumed for times,
the day (which decides the century of a two-digit year), a partner's own codes. The same bytes, map and context give
the same output, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Literal

import msgspec

from translators.canonical import Moment
from translators.finding import Severity, Where
from translators.syntax import Source

Direction = Literal["in", "out"]
"""``in``: from the message to the canonical form. ``out``: the way back."""

CodeLookup = Callable[[str, str, Direction], str | None]
"""A partner's own codes: (name of a map's table, code, direction) to the code on the other side, or ``None``."""

Value = str | int | bool | Decimal | datetime | Moment | list["Value"] | tuple["Value", ...] | dict[str, "Value"]
"""The canonical form while it is being taken apart or put together."""


def no_codes(table: str, code: str, direction: Direction) -> str | None:
    """No partner codes: the map's own tables stand."""
    return None


@dataclass(frozen=True, kw_only=True)
class Context:
    """The circumstances of one translation."""

    zone: tzinfo
    """Assumed where a message states no zone, and the zone in which times are written."""
    on: date
    """The day of the translation."""
    codes: CodeLookup = no_codes
    where: Where = field(default_factory=Where)
    """The interchange, group and message that findings are about."""
    source: Source | None = None
    """Turns offsets into lines and columns; without it, findings carry the segment's position alone."""
    zones: Mapping[str, tzinfo] = field(default_factory=dict)
    """By IANA name, for codes that name a zone with summer time (X12 623 ``ET`` is ``America/New_York``)."""


@dataclass(frozen=True)
class Problem:
    """What a codec or a table has to say about a value; becomes a finding at the value's place."""

    code: str
    text: str
    severity: Severity = "error"
    value: str | None = None


Report = Callable[[Problem], None]


class CodeRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The row of a code table that turned a code into a word, or back."""

    table: str
    code: str
    word: str | None = None
    """``None`` when the code has no word and was only kept."""
    map: str | None = None
    """The file that the row stands in; ``None`` when it is of the partner's own code list, or there is no row."""
    line: int | None = None


class Lineage(msgspec.Struct, frozen=True, kw_only=True):
    """Where one canonical value is in the message, and by which rule."""

    path: str
    """Such as ``consignments[0].events[1].occurred``."""
    text: str
    """What stands in the message; several places are divided by a blank."""
    map: str
    """The file that the rule stands in: the map, or one that it extends."""
    rule: int
    """The rule's line there."""
    table: str | None
    row: CodeRow | None = None
    where: Where
    """Without line and offset when the message is yet to be written."""
