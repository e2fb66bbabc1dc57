"""What a written-out map reads: a message in texts, its groups as numbers of segments, and the words of its language.

A message that validation found faultless is decoded once, split once, and its segments are never objects. Which group a
segment is in :mod:`translators.shapes` says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import NoReturn

import msgspec

from translators.canonical import is_container_number
from translators.grammar import Guide
from translators.hierarchy import Hierarchy, Level, build
from translators.map_codecs import Codec, country_in, plain_number
from translators.map_context import Context, Problem, Value, no_codes
from translators.map_raw import raw_text
from translators.map_reading import merge, peek, reach
from translators.map_rules import Map, Tree
from translators.map_tables import Table
from translators.map_values import computed_value
from translators.shapes import Shape, shape_of
from translators.syntax import Message

Object = dict[str, Value]
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
    tables: Sequence[Words]
    moments: dict[tuple[object, ...], Value]
    context: Context


class QuickReader:
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

    def _lookups(self, context: Context) -> Sequence[Words]:
        if context.codes is no_codes and not self._dated:
            return self._tables
        return [_AskedWords(table, context) for table in self._rules.tables.values()]

    def _moments_of(self, context: Context) -> dict[tuple[object, ...], Value]:
        zone, day, known = self._moments
        if zone is not context.zone or day != context.on or len(known) > MOMENTS:
            known = {}
            self._moments = (context.zone, context.on, known)
        return known


class Words(dict[str, tuple[str | None, str | None]]):
    """By code, the word and the code to keep beside it; a code of which something is to be said is the reader's."""

    def __missing__(self, code: str) -> tuple[str | None, str | None]:
        raise Declined


class _PassedWords(Words):
    """A code without a word is one. What has a released delimiter in it is the reader's, here and below."""

    def __missing__(self, code: str) -> tuple[str | None, str | None]:
        if _MARKS.search(code):
            raise Declined
        return code, None


class _AskedWords(Words):
    """The partner's own codes come first, and the day counts."""

    def __init__(self, table: Table, context: Context) -> None:
        super().__init__()
        self._table, self._context = table, context

    def __missing__(self, code: str) -> tuple[str | None, str | None]:
        if _MARKS.search(code):
            raise Declined
        return self._table.read(code, self._context, decline)


def _words(table: Table) -> Words:
    known = {
        code: (word, None if table.to_code.get(word) == code else f"{table.system}:{code}")
        for code, word in table.to_word.items()
    }
    return _PassedWords(known) if table.unmapped == "pass" else Words(known)


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
    try:
        text = raw.decode(dialect.charset)
    except UnicodeDecodeError:
        return None
    if repetition and repetition in text:
        return None
    end, marked = dialect.terminator.decode("ascii"), False
    if dialect.release is not None and dialect.release in raw:
        if not text.isascii() and _MARKS.search(text):
            return None
        release, pairs = _released(dialect.release, dialect.delimiters)
        for pair, mark in pairs:
            text = text.replace(pair, mark)
        if release in text:
            # It releases something that needs none.
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


@lru_cache(maxsize=64)
def _released(release: bytes, delimiters: bytes) -> tuple[str, list[tuple[str, str]]]:
    """The release character, and each pair of it and a delimiter with the mark that stands for it; its own pair first,
    since every other release character is then one."""
    sign = release.decode("ascii")
    letters = sign + delimiters.decode("ascii").replace(sign, "")
    return sign, [(sign + letter, chr(_MARK + ord(letter))) for letter in letters]


def unmarked(text: str) -> str:
    """``text`` with released characters as themselves. No text in ASCII has a mark in it."""
    return text if text.isascii() else _MARKS.sub(lambda match: chr(ord(match[0]) - _MARK), text)


# What a written-out map calls


def decline(problem: Problem) -> NoReturn:
    """A report that is made of nothing: the reader has to make it."""
    raise Declined


def by_code(
    segments: Sequence[Sequence[str]], numbers: Sequence[int], element: int, component: int, separator: str
) -> dict[str, list[int]]:
    """The numbers of segments, in their order, by the text that each has at a place."""
    found: dict[str, list[int]] = {}
    for number in numbers:
        text = text_at(segments[number], element, component, separator).strip()
        if text in found:
            found[text].append(number)
        else:
            found[text] = [number]
    return found


def in_order(index: Mapping[str, Sequence[int]], codes: Sequence[str]) -> list[int]:
    """The numbers of segments that have one of several codes, in the order of the message."""
    return sorted(number for code in codes for number in index.get(code, ()))


def text_of(segment: Sequence[str], separator: str) -> str:
    """A segment as the text that is carried through."""
    tag, *elements = segment
    return raw_text(tag, tuple((tuple(map(unmarked, element.split(separator))),) for element in elements))


def roots_of(segments: Sequence[Sequence[str]], nodes: Sequence[Shape], separator: str, tree: Tree) -> Sequence[Level]:
    """The topmost levels of the tree that groups form, as the reader has them."""
    levels = []
    for at, node in enumerate(nodes):
        numbers = node.get(tree.segment)
        elements = segments[numbers[0]] if numbers else ()
        own, parent, code = (
            unmarked(text_at(elements, place.element, place.component, separator)).strip() if place is not None else ""
            for place in (tree.id, tree.parent, tree.level)
        )
        levels.append(Level(at=at, id=own, parent=parent, code=code, children_stated=""))
    return build(levels, Hierarchy(segment=tree.segment)).roots


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


def lines_of(texts: Sequence[str]) -> list[str]:
    """Texts in a place each, as the codec ``lines`` has them; none when all are blank."""
    return [text.rstrip() for text in texts if text.strip()]


def lines_in(element: str, separator: str, places: int) -> list[str]:
    """The same of the first components of an element."""
    return lines_of(element.split(separator, places)[:places])


def paragraph_of(texts: Sequence[str]) -> str:
    """Texts in a place each, as the codec ``paragraph`` has them; empty when all are blank."""
    return "\n".join(filter(None, map(str.strip, texts)))


def paragraph_in(element: str, separator: str, places: int) -> str:
    """The same of the first components of an element."""
    if separator not in element:
        return element.strip()
    return paragraph_of(element.split(separator, places)[:places])


def moment_of(key: tuple[Codec, str], context: Context) -> Value:
    """The time that texts state to a codec, if nothing is to be said about them."""
    codec, *texts = key
    found = codec.read(texts, context, decline)
    if found is None:
        raise Declined
    return found


GIVEN: dict[str, object] = {
    "Declined": Declined,
    "EMPTY": ("",) * 100,
    "NONE": {},
    "by_code": by_code,
    "computed": computed_value,
    "country_in": country_in,
    "decimal_of": decimal_of,
    "decline": decline,
    "divided": divided,
    "in_order": in_order,
    "is_container_number": is_container_number,
    "lines_in": lines_in,
    "lines_of": lines_of,
    "merge": merge,
    "moment_of": moment_of,
    "paragraph_in": paragraph_in,
    "paragraph_of": paragraph_of,
    "peek": peek,
    "piece": piece,
    "rank_below": rank_below,
    "reach": reach,
    "roots_of": roots_of,
    "text_at": text_at,
    "text_of": text_of,
    "unmarked": unmarked,
}
"""By the names that :mod:`translators.map_compiled_reading` writes."""
