"""What a file is, where its interchanges begin, and whether it was wrapped on the way.

Everything here works on bytes and looks only at headers. A header is recognised *loosely* where one is due (the start
of the file, behind a trailer), so that a damaged one is still named, and *strictly* where none is due (in the middle of
what could not be read), so that no text is taken for one.

A file may hold several interchanges, each with its own delimiters, of both families. A header at the start of a line is
a hard start: even an interchange whose tail was lost, and with it the terminator before the next header, ends there.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from typing import Literal

import msgspec

from translators.syntax import Source

Family = Literal["edifact", "x12"]

_FILLER = re.compile(rb"(?:[ \t\r\n\0\x1a]|\xef\xbb\xbf)*+")

# UNA, UNB, or UNB alone. Behind UNB stand a separator and the four letters of the syntax identifier (0001).
_UNA_UNB = re.compile(rb"UNA[^\r\n]{5}.[ \t\r\n]{0,400}+UNB", re.DOTALL)
_UNB = re.compile(rb"UNB[^A-Za-z0-9 \t\r\n][A-Z]{4}[^A-Za-z0-9 \t\r\n]")
# The 106 bytes of an ISA up to the component separator: one element separator in sixteen fixed places.
ISA = re.compile(
    rb"ISA([^A-Za-z0-9 \r\n])..\1.{10}\1..\1.{10}\1..\1.{15}\1..\1.{15}\1.{6}\1.{4}\1.\1.{5}\1.{9}\1.\1.\1.", re.DOTALL
)
_STRICT = (_UNA_UNB, _UNB, ISA)

_LOOSE_EDIFACT = re.compile(rb"UN[AB][^A-Za-z0-9 \t\r\n]|UNA.{0,40}?UNB", re.DOTALL)
_LOOSE_X12 = re.compile(rb"ISA[^A-Za-z0-9 \r\n]")

# UNA, UNB and ISA.
_EBCDIC = re.compile(rb"\xe4\xd5[\xc1\xc2]|\xc9\xe2\xc1")
_FOREIGN: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\xff\xfe|\xfe\xff"), "UTF-16 text; ask the sender for a single-byte character set or UTF-8"),
    (_EBCDIC, "EDI in EBCDIC; ask the sender to convert it, or name its code page in the partner's profile"),
    (re.compile(rb"UIB[^A-Za-z0-9]"), "interactive EDIFACT (UIB); only batch interchanges are read"),
    (re.compile(rb"STX="), "TRADACOMS; it is not read"),
    (re.compile(rb"STX[^A-Za-z0-9]"), "TRADACOMS whose tag delimiter is not `=`; it is not read"),
)
_XML = re.compile(rb"<[?!A-Za-z_]")

# The header of a message, or a trailer with one byte behind it, which is its terminator.
_HEADLESS: tuple[tuple[Family, str, re.Pattern[bytes]], ...] = (
    (
        "edifact",
        "UNB",
        re.compile(
            rb"UNH[^A-Za-z0-9 ](?P<reference>[^+:'\r\n]{0,14})\+(?P<type>[A-Z]{6})"
            rb"|UNT[^A-Za-z0-9 ]\d{1,10}\+[^+:'\r\n]{0,14}[^A-Za-z0-9 ]"
        ),
    ),
    (
        "x12",
        "ISA",
        re.compile(
            rb"ST(?P<separator>[^A-Za-z0-9 \r\n])(?P<type>\d{3})(?P=separator)(?P<reference>[A-Za-z0-9]{1,9})"
            rb"|SE(?P<other>[^A-Za-z0-9 \r\n])\d{1,10}(?P=other)[A-Za-z0-9]{1,9}[^A-Za-z0-9 ]"
        ),
    ),
)
_HEADLESS_START = re.compile(rb"(UN[GH]|GS|ST)[^A-Za-z0-9 ]")
OVERLAP = 64
"""More bytes than the header of a message takes, as far as it is looked at here."""
_MOST_NAMES = 20

_SAMPLE_LINES = 50
_NARROWEST = 8
_WIDEST = 4096


def skip_filler(text: bytes, at: int) -> int:
    """The offset of the first byte from ``at`` on that is no blank, line break, NUL, end-of-file or byte order mark."""
    found = _FILLER.match(text, at)
    return found.end() if found else at


def family_at(text: bytes, at: int) -> Family | None:
    """The family of the interchange header that stands at ``at``, damaged or not."""
    if _LOOSE_EDIFACT.match(text, at):
        return "edifact"
    if _LOOSE_X12.match(text, at):
        return "x12"
    return None


def header_at(text: bytes, at: int) -> bool:
    """Whether what stands at ``at`` can be nothing but the header of an interchange."""
    return any(pattern.match(text, at) for pattern in _STRICT)


class Headers:
    """Where in a text the certain headers stand, found once: every search in it costs a look into a list."""

    def __init__(self, text: bytes, base: int = 0) -> None:
        """``base`` is the offset of the text's first byte, which offsets here count from."""
        found = set()
        for pattern in _STRICT:
            # They may overlap.
            match = pattern.search(text)
            while match is not None:
                found.add(match.start())
                match = pattern.search(text, match.start() + 1)
        advised = {match.end() - 3 for at in found if (match := _UNA_UNB.match(text, at))}
        starts = sorted(found - advised)
        self._end = base + len(text)
        self._all = array("q", (base + at for at in starts))
        self._hard = array("q", (base + at for at in starts if base + at == 0 or text[at - 1 : at] in (b"\r", b"\n")))

    def next(self, at: int) -> int:
        """The offset of the first certain header from ``at`` on; the end of the text when there is none."""
        return self._first(self._all, at)

    def next_hard(self, at: int) -> int:
        """The offset of the first certain header that begins a line behind ``at``; else the end of the text."""
        return self._first(self._hard, at + 1)

    def _first(self, starts: array[int], at: int) -> int:
        index = bisect_left(starts, at)
        return starts[index] if index < len(starts) else self._end


def foreign(text: bytes, at: int) -> str:
    """What stands at ``at`` when it is a format we know by name but do not read; ``""`` otherwise."""
    return next((name for pattern, name in _FOREIGN if pattern.match(text, at)), "")


def is_ebcdic(text: bytes) -> bool:
    """Whether an interchange in EBCDIC begins ``text``."""
    return _EBCDIC.match(text) is not None


def is_xml(text: bytes, at: int) -> bool:
    """Whether an XML document begins at ``at``."""
    return _XML.match(text, at) is not None


class Lost(msgspec.Struct):
    """A message behind no readable header of an interchange."""

    type: str
    reference: str
    place: tuple[int, int, int]
    """Where it begins: offset in the file, line and column."""
    end: int
    """The offset in the file behind it: behind its trailer, or where the next message begins."""

    def __str__(self) -> str:
        return f"{self.type} {self.reference}".strip()


class Headless:
    """Looks for messages without an interchange header in a text that may come in pieces."""

    def __init__(self) -> None:
        self._lost: list[list[Lost]] = [[] for _ in _HEADLESS]
        self._more = [0 for _ in _HEADLESS]
        self._open = [False for _ in _HEADLESS]
        """Whether the end of the latest message has not been seen yet."""
        self._begun: str | None = None
        self._ats = [0 for _ in _HEADLESS]

    def feed(self, text: bytes, base: int, at: int, end: int, source: Source, *, last: bool) -> None:
        """Takes what stands at ``at``..``end`` of ``text``, which begins at ``base``; unless it is the ``last`` part,
        the next one begins :data:`OVERLAP` bytes before ``end``."""
        if self._begun is None:
            begun = _HEADLESS_START.match(text, at - base, end - base)
            self._begun = begun[1].decode("ascii") if begun else ""
        for number, (*_, pattern) in enumerate(_HEADLESS):
            for found in pattern.finditer(text, max(at, self._ats[number]) - base, end - base):
                if not last and base + found.start() >= end - OVERLAP:
                    break
                self._ats[number] = base + found.end()
                if found["type"] is None:
                    self._close(number, source, base + found.end() - 1)
                elif len(self._lost[number]) == _MOST_NAMES:
                    self._close(number, source, base + found.start() - 1)
                    self._more[number] += 1
                else:
                    self._close(number, source, base + found.start() - 1)
                    place = source.place(base + found.start())
                    name, reference = found["type"].decode("latin-1"), found["reference"].decode("latin-1")
                    self._lost[number].append(Lost(name, reference.strip(), place, place[0]))
                    self._open[number] = True
            if last:
                self._close(number, source, end - 1)

    def _close(self, number: int, source: Source, last: int) -> None:
        """Says where the latest message ends: with the byte at ``last``."""
        if self._open[number]:
            self._lost[number][-1].end, self._open[number] = source.place(last)[0] + 1, False

    def found(self) -> tuple[Family, str, list[Lost], int] | None:
        """(family, missing header, the first twenty messages, how many more) when there were such messages."""
        for (family, header, _), lost, more in zip(_HEADLESS, self._lost, self._more, strict=True):
            if lost:
                return family, header, lost, more
        if self._begun:
            return ("edifact", "UNB", [], 0) if self._begun.startswith("UN") else ("x12", "ISA", [], 0)
        return None


def wrapped_at(data: bytes, at: int, *, whole: bool = True) -> int | None:
    """The width that ``data`` was wrapped at from ``at`` on, or ``None`` when it was not.

    Some transports cut a file into lines of one length, anywhere, even inside a tag or the ISA. That is certain when
    every line of a sample but the last has one length and one of them ends without a terminator: lines that a writer
    made for people end with one. Two lines are not a pattern. ``whole`` says that nothing follows ``data``.
    """
    lines = _sample(data, at, whole)
    if len(lines) < 3 or not _NARROWEST <= len(lines[0]) <= _WIDEST:
        return None
    width = len(lines[0])
    if any(len(line) != width for line in lines[:-1]) or len(lines[-1]) > width:
        return None
    joined = b"".join(lines)
    terminator, element = _delimiters(joined, data, at)
    if not terminator or all(line.endswith(terminator) for line in lines[:-1]):
        return None
    text = data[at:].translate(None, b"\r\n")
    # Line breaks inside counted binary data are data: taking them out would destroy it.
    return None if any(terminator + tag + element in text for tag in (b"BIN", b"BDS", b"UNO")) else width


def _sample(data: bytes, at: int, whole: bool) -> list[bytes]:
    """The first lines without their breaks; the last may be shorter only where the file ends."""
    newline = b"\n" if b"\n" in data[at : at + _WIDEST] else b"\r"
    ends = len(data)
    while whole and ends > at and data[ends - 1] in b"\r\n\0\x1a \t":
        ends -= 1
    lines: list[bytes] = []
    while at < ends and len(lines) < _SAMPLE_LINES:
        stop = data.find(newline, at, min(ends, at + _WIDEST + 2))
        if stop < 0:
            if ends - at <= _WIDEST:
                lines.append(data[at:ends])
                return lines
            return []
        lines.append(data[at:stop].rstrip(b"\r"))
        at = stop + 1
    # The sample stopped before the end of the file: its last line must be as long as the others.
    return [*lines, b""]


def _delimiters(joined: bytes, data: bytes, at: int) -> tuple[bytes, bytes]:
    """(terminator, element separator) of a file whose lines were ``joined``; empty when that cannot be told."""
    if joined.startswith(b"UNA"):
        return joined[8:9], joined[4:5]
    if joined.startswith(b"UNB"):
        return b"'", joined[3:4]
    if ISA.match(joined):
        whole = ISA.match(data, at)
        breaks = whole is not None and data[whole.end() : whole.end() + 1] in (b"\r", b"\n")
        return (b"", b"") if breaks else (joined[105:106], joined[3:4])
    return b"", b""
