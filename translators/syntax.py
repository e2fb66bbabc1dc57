"""What a reader yields: interchanges, groups, messages and segments, still as they were on the wire.

A segment keeps its raw bytes and its offset; elements are split and decoded when somebody asks. Most segments of most
files are looked at once or not at all, so this is where the speed of routing and of re-emission comes from, and why
positions cost nothing until a finding needs one.

Offsets count bytes of the *text that was tokenised*. When a file had to be unwrapped first (80-column lines), the
reading's :class:`Source` turns them back into offsets, lines and columns of the file as received.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Literal

import msgspec

from translators.finding import Finding

Syntax = Literal["edifact", "x12", "xml"]

Elements = tuple[tuple[tuple[str, ...], ...], ...]
"""Decoded content of a segment without its tag: element > repetition > component, all unreleased text.

``()`` stands for a segment without elements; an empty element is ``(("",),)``-shaped like any other, so that
``elements[i][0][0]`` is always there for an ``i`` in range.
"""


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
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


class Segment:
    """One segment: its tag, its raw bytes without the terminator, where it stood, and on demand its elements.

    ``position`` counts from 1 at the message's header; service segments outside a message have position 0.
    """

    __slots__ = ("_elements", "dialect", "offset", "position", "raw", "tag")

    def __init__(self, tag: str, raw: bytes, offset: int, position: int, dialect: Dialect) -> None:
        self.tag = tag
        self.raw = raw
        self.offset = offset
        self.position = position
        self.dialect = dialect
        self._elements: Elements | None = None

    def __repr__(self) -> str:
        return f"Segment({self.raw!r} at {self.offset})"

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
        for start, e, r, c in _spans(self.raw, self.dialect):
            if (e, r, c) > (element, repetition, component):
                break
            at = self.offset + start
        return at


def _separators(raw: bytes, dialect: Dialect) -> Iterator[tuple[int, int]]:
    """(index, byte) of each separator in ``raw`` that is not released, in order."""
    wanted = {dialect.element[0], dialect.component[0]}
    if dialect.repetition:
        wanted.add(dialect.repetition[0])
    release = dialect.release[0] if dialect.release else -1
    index, end = 0, len(raw)
    while index < end:
        byte = raw[index]
        if byte == release:
            index += 2
            continue
        if byte in wanted:
            yield index, byte
        index += 1


def _spans(raw: bytes, dialect: Dialect) -> Iterator[tuple[int, int, int, int]]:
    """(start, element, repetition, component) of each component; the tag itself is element 0."""
    element, repetition, component = 0, 1, 1
    yield 0, 0, 1, 1
    for index, byte in _separators(raw, dialect):
        if byte == dialect.element[0]:
            element, repetition, component = element + 1, 1, 1
        elif dialect.repetition and byte == dialect.repetition[0]:
            repetition, component = repetition + 1, 1
        else:
            component += 1
        yield index + 1, element, repetition, component


def _split_elements(raw: bytes, dialect: Dialect) -> Elements:
    if dialect.release and dialect.release in raw:
        return _split_released(raw, dialect)
    charset, component, repetition = dialect.charset, dialect.component, dialect.repetition
    return tuple(
        tuple(
            tuple(value.decode(charset, "replace") for value in occurrence.split(component))
            for occurrence in (element.split(repetition) if repetition else (element,))
        )
        for element in raw.split(dialect.element)[1:]
    )


def _split_released(raw: bytes, dialect: Dialect) -> Elements:
    starts = list(_spans(raw, dialect))
    elements: list[list[list[str]]] = []
    for number, (start, element, repetition, _) in enumerate(starts):
        end = starts[number + 1][0] - 1 if number + 1 < len(starts) else len(raw)
        if element == 0:
            continue
        if len(elements) < element:
            elements.append([])
        if len(elements[-1]) < repetition:
            elements[-1].append([])
        elements[-1][-1].append(_unrelease(raw[start:end], dialect).decode(dialect.charset, "replace"))
    return tuple(tuple(tuple(occurrence) for occurrence in element) for element in elements)


def _unrelease(value: bytes, dialect: Dialect) -> bytes:
    """``value`` without its release characters; what follows one is data, whatever it is (ISO 9735-1, 9)."""
    release = dialect.release
    if not release or release not in value:
        return value
    out, index = bytearray(), 0
    while index < len(value):
        if value[index] == release[0] and index + 1 < len(value):
            index += 1
        out.append(value[index])
        index += 1
    return bytes(out)


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
    """UNG..UNE or GS..GE. EDIFACT messages outside any UNG stand in one group with ``explicit`` false."""

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
    """Turns offsets of the tokenised text into (offset, line, column) of the file as received."""

    def __init__(self, data: bytes, *, removed: tuple[int, ...] = ()) -> None:
        """``removed``: ascending file offsets of bytes taken out before tokenising (the line breaks of a wrap)."""
        self._data = data
        self._newlines: list[int] | None = None
        # After the k-th removed byte, tokenised offsets lag k bytes behind the file's.
        self._lag = [at - number for number, at in enumerate(removed)]

    def place(self, offset: int) -> tuple[int, int, int]:
        """(offset in the file, line, column), line and column from 1, columns counted in bytes."""
        if self._newlines is None:
            self._newlines = _newline_offsets(self._data)
        offset += bisect_right(self._lag, offset)
        line = bisect_right(self._newlines, offset - 1)
        start = self._newlines[line - 1] + 1 if line else 0
        return offset, line + 1, offset - start + 1


def _newline_offsets(data: bytes) -> list[int]:
    newline = b"\n" if b"\n" in data else b"\r"
    offsets, at = [], data.find(newline)
    while at >= 0:
        offsets.append(at)
        at = data.find(newline, at + 1)
    return offsets


class Reading(msgspec.Struct, kw_only=True):
    """The result of reading a file: what was found in it, and what is wrong with the file itself.

    ``syntax`` is ``None`` when the bytes are no EDI at all; ``findings`` then says what they look like.
    """

    syntax: Syntax | None
    interchanges: list[Interchange]
    findings: list[Finding]
    source: Source
