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
    literal: bool = False
    """Whether a release before an ordinary character is data, as the character is."""
    line_breaks: Literal["keep", "strip", "space"] = "keep"
    """What becomes of line breaks in values; raw bytes keep them."""

    @cached_property
    def letters(self) -> tuple[str, str, str | None] | None:
        """Element, component and repetition separator as text, when segments can be split with no more than those.

        ``None`` when one of them is no ASCII character, or values are not what stands between them. Otherwise a segment
        can be decoded whole and split as text, at a third of the cost.
        """
        separators = self.element + self.component + (self.repetition or b"")
        if not separators.isascii() or self.literal or self.line_breaks != "keep":
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

    @cached_property
    def releasable(self) -> bytes:
        """Every byte that a release makes sense before. Below syntax 4 nothing needs a released repetition separator,
        but many release it, and it is harmless."""
        return self.delimiters + b"*"

    @cached_property
    def _released(self) -> re.Pattern[bytes]:
        """A release that is none of the value, with the character it releases."""
        behind = b"([" + re.escape(self.releasable) + b"])" if self.literal else b"(.)"
        return re.compile(re.escape(self.release or b"") + behind, re.DOTALL)

    @cached_property
    def _breaks(self) -> re.Pattern[str]:
        """A line break that is data by mistake: a delimiter is none, even where it is released."""
        plain = "".join(sign for sign in "\r\n" if sign.encode("ascii") not in self.delimiters)
        return re.compile("\r\n|[\r\n]" if len(plain) == 2 else f"[{plain}]" if plain else "(?!)")

    def value(self, raw: bytes) -> str:
        """The text of what stands between two separators."""
        if self.release is not None and self.release in raw:
            raw = self._released.sub(rb"\1", raw)
        text = raw.decode(self.charset, "replace")
        if self.line_breaks == "keep":
            return text
        return self._breaks.sub(" " if self.line_breaks == "space" else "", text)


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
    release = dialect.release
    return tuple(
        tuple(
            tuple(map(dialect.value, _split_at(occurrence, dialect.component, release)))
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


class Message(msgspec.Struct, eq=False, gc=False):
    """One message, header and trailer included, and what is already known to be wrong with it.

    A message the reader found clean was never cut into segments; that happens when somebody asks for them.
    """

    reference: str
    kind: MessageKind
    offset: int
    end: int
    """The offset behind the trailer's terminator."""
    dialect: Dialect
    raw: bytes
    """From the header's first byte to behind the trailer's terminator, as tokenised."""
    count: int
    """How many segments there are, header and trailer included."""
    findings: list[Finding] = []
    _segments: list[Segment] | None = None
    """Set by the reader where it had to cut the message; else on demand."""

    @property
    def segments(self) -> list[Segment]:
        """All segments, header and trailer included; cut once and kept."""
        if self._segments is None:
            self._segments = _cut(self.raw, self.offset, self.dialect)
        return self._segments

    @property
    def header(self) -> Segment | None:
        """The first segment, found without cutting the others; ``None`` in a message without any."""
        if self._segments is None:
            first = self.raw.partition(self.dialect.terminator)[0]
            if self.dialect.release is None or self.dialect.release not in first:
                return Segment(_tag(first, self.dialect), first, self.offset, 1, self.dialect)
        return next(iter(self.segments), None)


def _cut(raw: bytes, offset: int, dialect: Dialect) -> list[Segment]:
    """The segments of a message that holds nothing else: no empty ones, no binary data, no terminator missing."""
    filler = bytes(byte for byte in b" \t\r\n" if byte not in dialect.delimiters)
    width = len(dialect.terminator)
    segments: list[Segment] = []
    for piece in _split_at(raw, dialect.terminator, dialect.release)[:-1]:
        segment = piece.lstrip(filler)
        at = offset + len(piece) - len(segment)
        segments.append(Segment(_tag(segment, dialect), segment, at, len(segments) + 1, dialect))
        offset += len(piece) + width
    return segments


def _tag(raw: bytes, dialect: Dialect) -> str:
    return raw.partition(dialect.element)[0].partition(dialect.component)[0].decode("latin-1")


class Package(msgspec.Struct, eq=False, kw_only=True):
    """An object of any bytes beside the messages, UNO to UNP (ISO 9735-8, syntax 4), and what is wrong with it.

    A package that is found out to be damaged ends where its UNP was found after all, or else where the next message,
    group or package begins; the object then is what stands before that.
    """

    reference: str
    """0800."""
    header: Segment
    trailer: Segment | None = None
    """UNP; ``None`` where there is none."""
    start: int
    """The offset of the object's first byte: behind UNO's terminator, for what looks like filler there is data."""
    length: int = 0
    """How many bytes the object has."""
    end: int
    """The offset behind UNP's terminator."""
    findings: list[Finding] = []
    held: memoryview | None = None
    """The object in the text that was read, of which it is a part."""

    @property
    def offset(self) -> int:
        """The offset of UNO."""
        return self.header.offset

    @property
    def identification(self) -> tuple[str, ...]:
        """S020, the first of them: 0813 (what the identification is) and 0802."""
        return self._first(2)

    @property
    def object_type(self) -> tuple[str, ...]:
        """S021, the first of them: 0805 (what the type is stated as), 0809, 0808, 0051."""
        return self._first(3)

    @property
    def stated(self) -> str:
        """The number of octets that UNO states (S022/0810), as sent."""
        return self.header.text(4)

    @property
    def data(self) -> bytes | None:
        """The object, copied when asked for; ``None`` where it is not held: above a limit, or long gone by."""
        return bytes(self.held) if self.held is not None else None

    def _first(self, element: int) -> tuple[str, ...]:
        elements = self.header.elements
        return elements[element - 1][0] if len(elements) >= element else ()


class Group(msgspec.Struct, kw_only=True):
    """UNG..UNE or GS..GE. EDIFACT messages outside any UNG stand in a group with ``explicit`` false.

    An interchange that mixes both, which it may not, has one such group for each run of ungrouped messages.
    """

    explicit: bool
    messages: list[Message]
    packages: list[Package] = []
    """Offsets say where between the messages each of them stands."""
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

    @property
    def packages(self) -> Iterator[Package]:
        """All packages of all groups, in file order."""
        for group in self.groups:
            yield from group.packages


class Source:
    """Turns offsets of the tokenised text into (offset, line, column) of the file as received.

    Lines are counted when the first place is asked for, per block of 4 KiB, so that one place costs the same in a file
    of one line and in a file of a hundred million. A source may know a part of the file only; a place before that part
    is told as the place where the part begins.
    """

    _BLOCK = 1 << 12

    def __init__(
        self,
        data: bytes,
        *,
        removed: Iterable[int] = (),
        offset: int = 0,
        file_offset: int = 0,
        lines: int = 0,
        last: int = -1,
        newline: bytes | None = None,
    ) -> None:
        """``data`` are bytes of the file, and ``removed`` the ascending file offsets of those taken out of them before
        tokenising: the line breaks of a wrap.

        For a part of a file: the ``offset`` of its first byte in the text and in the file, how many ``lines`` end
        before it, the file's offset of the ``last`` line break there, and which byte is a line break at all.
        """
        self._data = data
        self._offset = offset
        self.file_offset = file_offset
        self._before = lines
        self._last = last
        self._newline = newline
        # After the k-th removed byte, tokenised offsets lag k bytes behind the file's.
        self._lag = array("q", (at - file_offset - number for number, at in enumerate(removed)))

    def place(self, offset: int) -> tuple[int, int, int]:
        """(offset in the file, line, column), line and column from 1, columns counted in bytes."""
        at = self._at(offset)
        lines, last = self._lines_at(at)
        at += self.file_offset
        return at, lines + 1, at - last

    def where(self, where: Where, offset: int) -> Where:
        """``where`` with the line, the column and the file's offset of a tokenised offset filled in."""
        at, line, column = self.place(offset)
        return msgspec.structs.replace(where, line=line, column=column, offset=at)

    def lines_up_to(self, offset: int) -> tuple[int, int]:
        """How many lines end before ``offset``, and the file's offset of the last line break before it (-1: none)."""
        at = self._at(offset)
        newline = self._newline or self._lines[0]
        last = self._data.rfind(newline, 0, at)
        lines = self._before + self._data.count(newline, 0, at)
        return lines, self._last if last < 0 else self.file_offset + last

    def _at(self, offset: int) -> int:
        """Where in ``data`` a tokenised offset is."""
        at = max(0, offset - self._offset)
        return at + bisect_right(self._lag, at) if self._lag else at

    def _lines_at(self, at: int) -> tuple[int, int]:
        newline, before = self._lines
        block = min(at // self._BLOCK, len(before) - 1)
        lines, last = before[block]
        lines += self._data.count(newline, block * self._BLOCK, at)
        found = self._data.rfind(newline, block * self._BLOCK, at)
        return lines, last if found < 0 else self.file_offset + found

    @cached_property
    def _lines(self) -> tuple[bytes, list[tuple[int, int]]]:
        """The line break in use; per block, how many stand before it, and where the last of them is."""
        newline = self._newline or (b"\n" if b"\n" in self._data else b"\r")
        count, last = self._before, self._last
        before = []
        for start in range(0, len(self._data) + 1, self._BLOCK):
            before.append((count, last))
            end = start + self._BLOCK
            count += self._data.count(newline, start, end)
            found = self._data.rfind(newline, start, end)
            last = last if found < 0 else self.file_offset + found
        return newline, before


class Reading(msgspec.Struct, kw_only=True):
    """The result of reading a file: what was found in it, and what is wrong with the file itself.

    ``syntax`` is ``None`` when the bytes are no EDI at all; ``findings`` then says what they look like.
    """

    syntax: Syntax | None
    interchanges: list[Interchange]
    findings: list[Finding]
    source: Source
