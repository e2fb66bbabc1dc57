"""What a written-out map runs on: a message in texts, its groups as numbers of segments, and small helpers.

A message that validation found faultless is decoded once, split once, and its segments are never objects. Which group a
segment is in depends, in most guides, on the tags alone, so it is worked out once for each sequence of tags and kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, tzinfo
from decimal import Decimal
from typing import NoReturn
from weakref import WeakKeyDictionary

import msgspec

from translators.grammar import BORDERS, Guide, Place
from translators.map_codecs import LOCODE, Codec, plain_number
from translators.map_context import Context, Problem, Value, no_codes
from translators.map_reading import merge, peek, reach
from translators.map_rules import Map
from translators.map_tables import Table
from translators.map_values import computed_value
from translators.syntax import Dialect, Message

Object = dict[str, Value]
Shape = dict[str, list]  # type: ignore[type-arg]
"""A group: by tag the numbers of its segments, by name and ``/`` the groups in it."""

SHAPES = 512
"""Sequences of tags kept for a guide."""
LONGEST = 400
"""Segments of the longest sequence kept."""
MOMENTS = 4096
"""Times kept for a map, zone and day; then they are forgotten all at once."""

_DECIMAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)
_PLAIN = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?", re.ASCII)
_MARK = 0xE000
"""Where in the private use area released delimiters are put while the text is split."""
_MARKS = re.compile("[\ue020-\ue07f]")


class Declined(Exception):
    """The message needs the reader: something is to be said about it."""


class Run(msgspec.Struct, gc=False):
    """A message taken apart, and what the map needs beside it."""

    segments: list[list[str]]
    """Each its elements as text, the tag first."""
    root: Shape
    component: str
    marked: bool
    """Whether released delimiters are in it, as marks."""
    tables: Sequence[Callable[[str], tuple[str | None, str | None] | None]]
    moments: dict[tuple[object, ...], Value]
    context: Context


class Quick:
    """A map's quick way, and what it remembers; one for each map, threads may share it."""

    def __init__(self, rules: Map, read: Callable[[Run], Object]) -> None:
        self._rules = rules
        self._read = read
        self._tables = [_words(table) for table in rules.tables.values()]
        self._dated = any(table.periods for table in rules.tables.values())
        self._moments: tuple[tzinfo | None, date | None, dict[tuple[object, ...], Value]] = (None, None, {})

    def read(self, message: Message, guide: Guide, context: Context) -> Object | None:
        """The document of a message that has no faults, as builtins; ``None`` when the reader has to do it."""
        taken = take_apart(message)
        if taken is None:
            return None
        segments, marked = taken
        root = shape_of(segments, guide)
        if root is None:
            return None
        dialect = message.dialect
        run = Run(
            segments=segments,
            root=root,
            component=dialect.component.decode("ascii"),
            marked=marked,
            tables=self._lookups(context),
            moments=self._moments_of(context),
            context=context,
        )
        try:
            return self._read(run)
        except Declined:
            return None

    def _lookups(self, context: Context) -> Sequence[Callable[[str], tuple[str | None, str | None] | None]]:
        if context.codes is no_codes and not self._dated:
            return self._tables
        return [_asking(table, context) for table in self._rules.tables.values()]

    def _moments_of(self, context: Context) -> dict[tuple[object, ...], Value]:
        zone, day, known = self._moments
        if zone is not context.zone or day != context.on or len(known) > MOMENTS:
            known = {}
            self._moments = (context.zone, context.on, known)
        return known


def _words(table: Table) -> Callable[[str], tuple[str | None, str | None] | None]:
    """What reading a code gives where nothing is to be said about it."""
    known: dict[str, tuple[str | None, str | None]] = {
        code: (word, None if table.to_code.get(word) == code else f"{table.system}:{code}")
        for code, word in table.to_word.items()
    }
    if table.unmapped != "pass":
        return known.get

    def passing(code: str) -> tuple[str | None, str | None] | None:
        return known.get(code) or ((code, None) if not _MARKS.search(code) else None)

    return passing


def _asking(table: Table, context: Context) -> Callable[[str], tuple[str | None, str | None] | None]:
    return lambda code: table.read(code, context, decline) if not _MARKS.search(code) else None


# Messages in texts


def take_apart(message: Message) -> tuple[list[list[str]], bool] | None:
    """The elements of every segment, tag first, and whether released delimiters are marked in them.

    ``None`` for what is not as plain as nearly every message is.
    """
    dialect, raw = message.dialect, message.raw
    letters = dialect.letters
    if letters is None or not dialect.terminator.isascii() or len(dialect.terminator) != 1:
        return None
    separator, _, repetition = letters
    text = raw.decode(dialect.charset, "replace")
    if "\ufffd" in text or (repetition and repetition in text):
        return None
    end, marked = dialect.terminator.decode("ascii"), False
    if dialect.release is not None and dialect.release in raw:
        if _MARKS.search(text):
            return None
        released = _released(dialect)
        text = released.pattern.sub(released.mark, text)
        if released.unusual in text:
            return None
        marked = True
    if "\n" in text or "\r" in text:
        text = text.replace("\r\n", "\n").replace(f"{end}\n", end)
        if "\n" in text or "\r" in text:
            return None
    pieces = text.split(end)
    if pieces.pop() or len(pieces) != message.count:
        return None
    return [piece.split(separator) for piece in pieces], marked


class _Released(msgspec.Struct, frozen=True):
    pattern: re.Pattern[str]
    unusual: str
    """The release character: one that is left releases something that needs none."""

    @staticmethod
    def mark(match: re.Match[str]) -> str:
        """The mark that stands for a released character."""
        return chr(_MARK + ord(match[1]))


_by_dialect: dict[tuple[bytes, ...], _Released] = {}


def _released(dialect: Dialect) -> _Released:
    release = (dialect.release or b"").decode("ascii")
    delimiters = dialect.delimiters.decode("ascii")
    key = (dialect.release or b"", dialect.delimiters)
    found = _by_dialect.get(key)
    if found is None:
        pattern = re.compile(re.escape(release) + "([" + re.escape(delimiters) + "])")
        if len(_by_dialect) > 64:
            _by_dialect.clear()
        found = _by_dialect[key] = _Released(pattern, release)
    return found


def unmarked(text: str) -> str:
    """``text`` with released characters as themselves."""
    return _MARKS.sub(lambda match: chr(ord(match[0]) - _MARK), text)


# Groups

_shapes: WeakKeyDictionary[Guide, dict[tuple[str, ...], Shape]] = WeakKeyDictionary()


def shape_of(segments: Sequence[Sequence[str]], guide: Guide) -> Shape | None:
    """Which group each segment is in, for a message without faults; ``None`` where the tags alone do not say."""
    tags = tuple([segment[0] for segment in segments])
    known = _shapes.get(guide)
    if known is None:
        known = _shapes[guide] = {}
    found = known.get(tags)
    if found is None:
        found = _arranged(tags, guide)
        if found is not None and len(tags) <= LONGEST:
            if len(known) >= SHAPES:
                known.clear()
            known[tags] = found
    return found


def _arranged(tags: Sequence[str], guide: Guide) -> Shape | None:
    """The groups as :mod:`translators.placing` makes them: each tag takes the first way that is no fault."""
    if guide.counted or not tags or tags[0] != guide.header.name:
        return None
    root: Shape = {tags[0]: [0]}
    nodes: list[Shape] = [root]
    groups: list[Place] = [guide.root]
    at, seen = [0], [1]
    for number in range(1, len(tags)):
        tag = tags[number]
        if tag in guide.choosy or tag in BORDERS or tag not in guide.tags:
            return None
        for up, chain, missing, _, split in guide.routes(groups[-1].children[at[-1]], tag):
            depth = len(groups) - 1 - up
            target = chain[0]
            again = target.index == at[depth]
            if split is not None or target.split is not None:
                return None
            if missing or not target.used or (again and seen[depth] + 1 > target.maximum):
                continue
            del nodes[depth + 1 :], groups[depth + 1 :], at[depth + 1 :], seen[depth + 1 :]
            seen[depth] = seen[depth] + 1 if again else 1
            at[depth] = target.index
            for place in chain[:-1]:
                node: Shape = {}
                nodes[-1].setdefault(f"{place.name}/", []).append(node)
                nodes.append(node)
                groups.append(place)
                at.append(0)
                seen.append(1)
            nodes[-1].setdefault(tag, []).append(number)
            break
        else:
            return None
    return root


# What a written-out map calls


def decline(problem: Problem) -> NoReturn:
    """A report that is made of nothing: the reader has to make it."""
    raise Declined


def text_at(elements: Sequence[str], element: int, component: int, separator: str) -> str:
    """The text at a place of a segment."""
    if element >= len(elements):
        return ""
    text = elements[element]
    if separator not in text:
        return text if component == 1 else ""
    components = text.split(separator)
    return components[component - 1] if component <= len(components) else ""


def rank_below(
    segments: Sequence[Sequence[str]],
    numbers: Sequence[int] | None,
    element: int,
    component: int,
    separator: str,
    values: Mapping[str, int],
) -> int | None:
    """Which of ``values`` a segment of a group has, the first listed counting most; ``None`` when none has any."""
    texts = [
        text for number in numbers or () if (text := text_at(segments[number], element, component, separator).strip())
    ]
    if not values:
        return 0 if texts else None
    return min((values[text] for text in texts if text in values), default=None)


def divided(node: Shape, name: str) -> list[Shape]:
    """A group as the several that it stands for: each has one of the children called ``name`` and all others."""
    segments, groups = node.get(name, []), node.get(f"{name}/", [])
    if len(segments) + len(groups) < 2:
        return [node]
    rest = {key: value for key, value in node.items() if key not in (name, f"{name}/")}
    if segments and groups:
        raise Declined
    key = name if segments else f"{name}/"
    return [{**rest, key: [one]} for one in segments or groups]


def piece(text: str, by: str, number: int, of: int) -> str:
    """One of several values in a text."""
    parts = text.split(by, of - 1)
    return parts[number] if number < len(parts) else ""


def decimal_of(text: str) -> Decimal:
    """The number in digits and a point; everything else is the reader's."""
    if not _DECIMAL.fullmatch(text):
        raise Declined
    # As the codec leaves it: no zeros behind the point that say nothing, none before it, no minus before a zero.
    return Decimal(text) if _PLAIN.fullmatch(text) else Decimal(plain_number(Decimal(text)))


def lines_of(texts: Sequence[str]) -> Value:
    """Texts in a place each, as the codec ``lines`` has them."""
    return [text.rstrip() for text in texts if text.strip()]


def paragraph_of(texts: Sequence[str]) -> Value:
    """Texts in a place each, as the codec ``paragraph`` has them."""
    return "\n".join(filter(None, map(str.strip, texts)))


def country_of(text: str) -> Value | None:
    """The country in a UN/LOCODE, if it is one."""
    return text[:2] if LOCODE.fullmatch(text.strip()) else None


def moment_of(key: tuple[Codec, str], context: Context) -> Value:
    """The time that texts state to a codec, if nothing is to be said about them."""
    codec, *texts = key
    found = codec.read(texts, context, decline)
    if found is None:
        raise Declined
    return found


HELPERS: dict[str, object] = {
    "Declined": Declined,
    "EMPTY": ("",) * 100,
    "computed": computed_value,
    "country_of": country_of,
    "decimal_of": decimal_of,
    "decline": decline,
    "divided": divided,
    "lines_of": lines_of,
    "merge": merge,
    "moment_of": moment_of,
    "paragraph_of": paragraph_of,
    "peek": peek,
    "piece": piece,
    "rank_below": rank_below,
    "reach": reach,
    "text_at": text_at,
    "unmarked": unmarked,
}
"""By the names that :mod:`translators.map_compiling` writes."""
