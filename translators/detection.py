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

Family = Literal["edifact", "x12"]

_FILLER = re.compile(rb"(?:[ \t\r\n\0\x1a]|\xef\xbb\xbf)*+")

# UNA, UNB, or UNB alone. Behind UNB stand a separator and the four letters of the syntax identifier (0001).
_UNA_UNB = re.compile(rb"UNA[^\r\n]{5}.[ \t\r\n]*+UNB", re.DOTALL)
_UNB = re.compile(rb"UNB[^A-Za-z0-9 \t\r\n][A-Z]{4}[^A-Za-z0-9 \t\r\n]")
# The 106 bytes of an ISA up to the component separator: one element separator in sixteen fixed places.
ISA = re.compile(
    rb"ISA([^A-Za-z0-9 \r\n])..\1.{10}\1..\1.{10}\1..\1.{15}\1..\1.{15}\1.{6}\1.{4}\1.\1.{5}\1.{9}\1.\1.\1.", re.DOTALL
)
_STRICT = ((b"UNA", _UNA_UNB), (b"UNB", _UNB), (b"ISA", ISA))

_LOOSE_EDIFACT = re.compile(rb"UN[AB][^A-Za-z0-9 \t\r\n]|UNA.{0,40}?UNB", re.DOTALL)
_LOOSE_X12 = re.compile(rb"ISA[^A-Za-z0-9 \r\n]")

_FOREIGN: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\xff\xfe|\xfe\xff"), "UTF-16 text; ask the sender for a single-byte character set or UTF-8"),
    (re.compile(rb"\xe4\xd5[\xc1\xc2]|\xc9\xe2\xc1"), "EDI in EBCDIC; ask the sender to convert it to ASCII"),
    (re.compile(rb"UIB[^A-Za-z0-9]"), "interactive EDIFACT (UIB); only batch interchanges are read"),
    (re.compile(rb"STX="), "TRADACOMS; it is not read"),
    (re.compile(rb"STX[^A-Za-z0-9]"), "TRADACOMS whose tag delimiter is not `=`; it is not read"),
)
_XML = re.compile(rb"<[?!A-Za-z_]")

_HEADLESS: tuple[tuple[Family, str, re.Pattern[bytes]], ...] = (
    ("edifact", "UNB", re.compile(rb"UNH[^A-Za-z0-9 ]([^+:'\r\n]{0,14})\+([A-Z]{6})")),
    ("x12", "ISA", re.compile(rb"ST([^A-Za-z0-9 \r\n])(\d{3})\1([A-Za-z0-9]{1,9})")),
)
_HEADLESS_START = re.compile(rb"(UN[GH]|GS|ST)[^A-Za-z0-9 ]")

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
    return any(pattern.match(text, at) for _, pattern in _STRICT)


class Headers:
    """Where in a text the certain headers stand, found once: every search in it costs a look into a list."""

    def __init__(self, text: bytes) -> None:
        found = set()
        for mark, pattern in _STRICT:
            at = text.find(mark)
            while at >= 0:
                if pattern.match(text, at):
                    found.add(at)
                at = text.find(mark, at + 1)
        advised = {match.end() - 3 for at in found if (match := _UNA_UNB.match(text, at))}
        self._length = len(text)
        self._all = array("q", sorted(found - advised))
        self._hard = array("q", (at for at in self._all if at == 0 or text[at - 1] in b"\r\n"))

    def next(self, at: int) -> int:
        """The offset of the first certain header from ``at`` on; the length of the text when there is none."""
        return self._first(self._all, at)

    def next_hard(self, at: int) -> int:
        """The offset of the first certain header that begins a line behind ``at``; else the length of the text."""
        return self._first(self._hard, at + 1)

    def _first(self, starts: array[int], at: int) -> int:
        index = bisect_left(starts, at)
        return starts[index] if index < len(starts) else self._length


def foreign(text: bytes, at: int) -> str:
    """What stands at ``at`` when it is a format we know by name but do not read; ``""`` otherwise."""
    return next((name for pattern, name in _FOREIGN if pattern.match(text, at)), "")


def is_xml(text: bytes, at: int) -> bool:
    """Whether an XML document begins at ``at``."""
    return _XML.match(text, at) is not None


def headless(text: bytes, at: int, end: int) -> tuple[Family, str, list[str]] | None:
    """(family, missing header, what is there) when ``at``..``end`` holds messages without an interchange header.

    At most twenty messages are named, as ``IFTSTA 1``.
    """
    for family, header, pattern in _HEADLESS:
        names = []
        for found in pattern.finditer(text, at, end):
            first, second = (2, 1) if family == "edifact" else (2, 3)
            names.append(f"{found[first].decode('latin-1')} {found[second].decode('latin-1')}".strip())
            if len(names) == 20:
                break
        if names:
            return family, header, names
    if start := _HEADLESS_START.match(text, at, end):
        family = "edifact" if start[1].startswith(b"UN") else "x12"
        return family, "UNB" if family == "edifact" else "ISA", []
    return None


def unwrap(data: bytes, at: int) -> tuple[bytes, array[int], int] | None:
    """(text, offsets of the bytes taken out, width) when ``data`` was wrapped at a fixed width, else ``None``.

    Some transports cut a file into lines of one length, anywhere, even inside a tag or the ISA. That is certain when
    every line of a sample but the last has one length and one of them ends without a terminator: lines that a writer
    made for people end with one. Two lines are not a pattern.
    """
    lines = _sample(data, at)
    if len(lines) < 3 or not _NARROWEST <= len(lines[0]) <= _WIDEST:
        return None
    width = len(lines[0])
    if any(len(line) != width for line in lines[:-1]) or len(lines[-1]) > width:
        return None
    joined = b"".join(lines)
    terminator, element = _delimiters(joined, data, at)
    if not terminator or all(line.endswith(terminator) for line in lines[:-1]):
        return None
    text = data[:at] + data[at:].translate(None, b"\r\n")
    for tag in (b"BIN", b"BDS", b"UNO"):
        # Line breaks inside counted binary data are data: taking them out would destroy it.
        if terminator + tag + element in text:
            return None
    removed = array("q", (found.start() for found in re.finditer(rb"[\r\n]", data[at:])))
    return text, array("q", (at + offset for offset in removed)), width


def _sample(data: bytes, at: int) -> list[bytes]:
    """The first lines without their breaks; the last may be shorter only where the file ends."""
    newline = b"\n" if b"\n" in data[at : at + _WIDEST] else b"\r"
    ends = len(data)
    while ends > at and data[ends - 1] in b"\r\n\0\x1a \t":
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
