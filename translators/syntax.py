"""What a reader yields: interchanges, groups, messages and segments, still as they were on the wire.

A segment keeps its raw bytes and its offset; elements are split and decoded when somebody asks. Most segments of most
files are looked at once or not at all, so this is where the speed of routing and of re-emission comes from, and why
positions cost nothing until a finding needs one.

Offsets count bytes of the *text that was tokenised*. When a file had to be unwrapped first (80-column lines), the
reading's :class:`Source` turns them back into offsets, lines and columns of the file as received.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Literal

import msgspec

from translators.finding import Finding, Where

Syntax = Literal["edifact", "x12", "xml"]

Elements = tuple[tuple[tuple[str, ...], ...], ...]
"""Decoded content of a segment without its tag: element > repetition > component, all unreleased text.

``()`` stands for a segment without elements; an empty element is ``(("",),)``-shaped like any other, so that
``elements[i][0][0]`` is always there for an ``i`` in range.
"""


class Dialect(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The delimiters and the character set in force; single bytes, ``None`` where the role is not in use."""

    syntax: Syntax
    element: bytes
    component: bytes
    terminator: bytes
    """One byte, or several in X12 where partners end segments with a multi-byte character."""
    release: bytes | None = None
    repetition: bytes | None = None
    decimal: bytes = b"."
    charset: str = "ascii"
    """A Python codec name. Bytes it cannot decode become U+FFFD, and a finding."""

    @cached_property
    def letters(self) -> tuple[str, str, str | None] | None:
        """Element, component and repetition separator as text, or ``None`` when one of them is no ASCII character.

        With ASCII separators a segment can be decoded whole and split as text, at a third of the cost.
        """
        separators = self.element + self.component + (self.repetition or b"")
        if not separators.isascii():
            return None
        repetition = self.repetition.decode("ascii") if self.repetition else None
        return self.element.decode("ascii"), self.component.decode("ascii"), repetition

    @cached_property
    def separator(self) -> re.Pattern[bytes]:
        """Finds separators in a segment, and released characters, which are none."""
        roles = b"[" + re.escape(self.element + self.component + (self.repetition or b"")) + b"]"
        return re.compile(re.escape(self.release) + b".|" + roles if self.release else roles, re.DOTALL)

    @cached_property
    def delimiters(self) -> bytes:
        """Every byte that has a role, the release character included."""
        roles = (self.element, self.component, self.terminator, self.release or b"", self.repetition or b"")
        return b"".join(roles)


class Segment(msgspec.Struct, eq=False, gc=False):
    """One segment: its tag, its raw bytes without the terminator, where it stood, and on demand its elements.

    ``position`` counts from 1 at the message's header; segments outside any message have 0. Files have hundreds of
    thousands of these, which is why this is a struct that the garbage collector does not follow.
    """

    tag: str
    raw: bytes
    offset: int
    position: int
    dialect: Dialect
    _elements: Elements | None = None
    """Set by the reader where ``raw`` cannot be split: the fixed-length ISA, and byte-counted binary data."""
    binary: bool = False
    """Whether it holds binary data whose length it states: X12 BIN and BDS."""

    def __repr__(self) -> str:
        return f"Segment({self.raw[:80]!r} at {self.offset})"

    @property
    def elements(self) -> Elements:
        """The decoded elements; split once and kept."""
        if self._elements is None:
            self._elements = _split_elements(self.raw, self.dialect)
        return self._elements

    def text(self, element: int, component: int = 1, repetition: int = 1) -> str:
        """The value at 1-based ``element``, ``component``, ``repetition``; ``""`` when there is none."""
        try:
            return self.elements[element - 1][repetition - 1][component - 1]
        except IndexError:
            return ""

    def offset_of(self, element: int, component: int = 1, repetition: int = 1) -> int:
        """The offset of a component's first raw byte; of the nearest place before it when it is absent."""
        at = self.offset
        for start, e, r, c in spans(self.raw, self.dialect):
            if (e, r, c) > (element, repetition, component):
                break
            at = self.offset + start
        return at


def spans(raw: bytes, dialect: Dialect) -> Iterator[tuple[int, int, int, int]]:
    """(start, element, repetition, component) of each component in ``raw``, in order; the tag itself is element 0."""
    element, repetition, component = 0, 1, 1
    yield 0, 0, 1, 1
    for found in dialect.separator.finditer(raw):
        separator = found[0]
        if separator == dialect.element:
            element, repetition, component = element + 1, 1, 1
        elif separator == dialect.component:
            component += 1
        elif separator == dialect.repetition:
            repetition, component = repetition + 1, 1
        else:
            # A release character and what it released.
            continue
        yield found.end(), element, repetition, component


def _split_elements(raw: bytes, dialect: Dialect) -> Elements:
    letters = dialect.letters
    if letters is None or (dialect.release and dialect.release in raw):
        return _split_released(raw, dialect)
    separator, component, repetition = letters
    elements: list[tuple[tuple[str, ...], ...]] = []
    for element in raw.decode(dialect.charset, "replace").split(separator)[1:]:
        if repetition and repetition in element:
            elements.append(tuple(tuple(occurrence.split(component)) for occurrence in element.split(repetition)))
        elif component in element:
            elements.append((tuple(element.split(component)),))
        else:
            elements.append(((element,),))
    return tuple(elements)


def _split_released(raw: bytes, dialect: Dialect) -> Elements:
    release, charset = dialect.release, dialect.charset
    return tuple(
        tuple(
            tuple(
                unrelease(value, release).decode(charset, "replace")
                for value in _split_at(occurrence, dialect.component, release)
            )
            for occurrence in (_split_at(element, dialect.repetition, release) if dialect.repetition else (element,))
        )
        for element in _split_at(raw, dialect.element, release)[1:]
    )


def _split_at(raw: bytes, separator: bytes, release: bytes | None) -> list[bytes]:
    """``raw`` split at the separators that are not released, releases kept.

    Split first and join again what a released separator held together: a separator is released when the run of release
    characters before it is odd, and no run reaches across a separator.
    """
    parts = raw.split(separator)
    if release is None or release not in raw:
        return parts
    whole: list[bytes] = []
    held: list[bytes] = []
    for part in parts:
        held.append(part)
        if (len(part) - len(part.rstrip(release))) % 2 == 0:
            whole.append(separator.join(held))
            held = []
    if held:
        whole.append(separator.join(held))
    return whole


def unrelease(value: bytes, release: bytes | None) -> bytes:
    """``value`` without its release characters; what follows one is data, whatever it is (ISO 9735-1, 9)."""
    if release is None or release not in value:
        return value
    return re.sub(re.escape(release) + b"(.)", rb"\1", value, flags=re.DOTALL)


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A sender or receiver as the envelope names it, blanks stripped.

    ``sub`` is the address for internal routing (0008, 0014), which X12 does not have.
    """

    id: str
    qualifier: str = ""
    sub: str = ""


class MessageKind(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says it is: ``IFTSTA`` ``D.96A`` agency ``UN``, or ``214`` ``004010`` agency ``X``.

    ``version`` is release-style for EDIFACT (``D.96A``) and GS08, or ST03, as sent for X12 (``004010``).
    ``association`` is UNH S009/0057, or the part of GS08 behind its first six characters.
    """

    type: str
    version: str
    agency: str = ""
    association: str = ""


class Message:
    """One message with all its segments, header and trailer included, and what is already known to be wrong."""

    __slots__ = ("end", "findings", "kind", "offset", "reference", "segments")

    def __init__(
        self,
        reference: str,
        kind: MessageKind,
        segments: list[Segment],
        offset: int,
        end: int,
        findings: list[Finding] | None = None,
    ) -> None:
        self.reference = reference
        self.kind = kind
        self.segments = segments
        self.offset = offset
        self.end = end
        """The offset behind the trailer's terminator."""
        self.findings = findings if findings is not None else []


class Group(msgspec.Struct, kw_only=True):
    """UNG..UNE or GS..GE. EDIFACT messages outside any UNG stand in a group with ``explicit`` false.

    An interchange that mixes both, which it may not, has one such group for each run of ungrouped messages.
    """

    explicit: bool
    messages: list[Message]
    kind: str = ""
    """UNG 0038, or GS01."""
    sender: Address = Address(id="")
    receiver: Address = Address(id="")
    control_number: str = ""
    version: str = ""
    """GS08, or UNG S008 as ``D.96A``."""
    claimed_count: str = ""
    """The count its trailer states, as sent: AK9 repeats it."""
    header: Segment | None = None
    trailer: Segment | None = None
    findings: list[Finding] = []


class Interchange(msgspec.Struct, kw_only=True):
    """UNB..UNZ or ISA..IEA."""

    syntax: Syntax
    dialect: Dialect
    sender: Address
    receiver: Address
    control_number: str
    version: str
    """``UNOC:3``, or ISA12."""
    date: str
    time: str
    """As sent: YYMMDD or CCYYMMDD, and HHMM."""
    test: bool
    acknowledgment_requested: bool
    groups: list[Group]
    offset: int
    end: int
    header: Segment
    trailer: Segment | None = None
    acknowledgments: list[Segment] = []
    """TA1 segments found between ISA and GS."""
    findings: list[Finding] = []
    """What is wrong at the level of the interchange itself."""

    @property
    def messages(self) -> Iterator[Message]:
        """All messages of all groups, in file order."""
        for group in self.groups:
            yield from group.messages


class Source:
    """Turns offsets of the tokenised text into (offset, line, column) of the file as received.

    Lines are counted when the first place is asked for, per block of 4 KiB, so that one place costs the same in a file
    of one line and in a file of a hundred million.
    """

    _BLOCK = 1 << 12

    def __init__(self, data: bytes, *, removed: Iterable[int] = ()) -> None:
        """``removed``: ascending file offsets of bytes taken out before tokenising (the line breaks of a wrap)."""
        self._data = data
        # After the k-th removed byte, tokenised offsets lag k bytes behind the file's.
        self._lag = array("q", (at - number for number, at in enumerate(removed)))

    def place(self, offset: int) -> tuple[int, int, int]:
        """(offset in the file, line, column), line and column from 1, columns counted in bytes."""
        newline, before = self._lines
        offset += bisect_right(self._lag, offset)
        block = min(offset // self._BLOCK, len(before) - 1)
        lines, last = before[block]
        lines += self._data.count(newline, block * self._BLOCK, offset)
        last = max(last, self._data.rfind(newline, block * self._BLOCK, offset))
        return offset, lines + 1, offset - last

    def where(self, where: Where, offset: int) -> Where:
        """``where`` with the line, the column and the file's offset of a tokenised offset filled in."""
        at, line, column = self.place(offset)
        return msgspec.structs.replace(where, line=line, column=column, offset=at)

    @cached_property
    def _lines(self) -> tuple[bytes, list[tuple[int, int]]]:
        """The line break in use; per block, how many stand before it, and where the last of them is (-1: none)."""
        newline = b"\n" if b"\n" in self._data else b"\r"
        count, last = 0, -1
        before = []
        for start in range(0, len(self._data) + 1, self._BLOCK):
            before.append((count, last))
            end = start + self._BLOCK
            count += self._data.count(newline, start, end)
            last = max(last, self._data.rfind(newline, start, end))
        return newline, before


class Reading(msgspec.Struct, kw_only=True):
    """The result of reading a file: what was found in it, and what is wrong with the file itself.

    ``syntax`` is ``None`` when the bytes are no EDI at all; ``findings`` then says what they look like.
    """

    syntax: Syntax | None
    interchanges: list[Interchange]
    findings: list[Finding]
    source: Source
