"""What is wrong with the characters and separators inside segments, before anybody asks what they mean.

Line breaks and control characters inside data, characters outside the repertoire, bytes that do not decode, releases of
ordinary characters, separators behind the last value. A clean stretch of segments, and nearly all are, is recognised
by a handful of searches over the whole of it; only a stretch with something in it is looked at by segment.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from translators.charset import Charset
from translators.finding import Severity
from translators.reading_terms import USUAL, ReadingTerms
from translators.syntax import Dialect, Segment, spans

_CONTROL = {0x09: "a tab", 0x0A: "a line break", 0x0D: "a line break"}


class Blemish(msgspec.Struct, frozen=True, kw_only=True):
    """One fault: ``index`` is the byte in the segment's raw bytes, the rest as in a finding."""

    code: str
    severity: Severity
    text: str
    segment: Segment
    index: int
    element: int
    repetition: int
    component: int
    value: str


class Examiner:
    """Examines segments in one dialect and character set."""

    def __init__(self, dialect: Dialect, charset: Charset, terms: ReadingTerms = USUAL) -> None:
        self._dialect = dialect
        self._charset = charset
        self._needless_severity: Severity = "error" if terms.release == "strict" else "note"
        self._plain = charset.plain + dialect.delimiters + (b"\r\n" if terms.line_breaks == "off" else b"")
        self._odd = re.compile(b"[^" + re.escape(self._plain) + b"]", re.DOTALL)
        controls = bytes(byte for byte in (*range(0x20), 0x7F) if byte not in dialect.delimiters)
        tolerated = b"" if terms.line_breaks == "error" else b"\r\n"
        self._control = re.compile(b"[" + re.escape(controls.translate(None, tolerated)) + b"]")
        told = bytes(byte for byte in b"\r\n" if byte in controls) if terms.line_breaks == "warning" else b""
        self._break = re.compile(b"[" + told + b"]" if told else b"(?!)")
        release = dialect.release
        self._needless = re.compile(
            re.escape(release) + b"([^" + re.escape(dialect.releasable) + b"])|" + re.escape(release) + b"."
            if release and terms.release != "literal"
            else b"(?!)()",
            re.DOTALL,
        )
        self._empties = empty_pairs(dialect)

    def examine(self, segments: Sequence[Segment], stretch: bytes) -> Iterator[Blemish]:
        """What is wrong in ``segments``, which ``stretch`` holds with their terminators, in order."""
        release = self._dialect.release
        odd = bool(stretch.translate(None, self._plain)) or not stretch.isascii()
        released = release is not None and release in stretch
        empty = any(pair in stretch for pair in self._empties)
        if not (odd or released or empty):
            return
        for segment in segments:
            raw = segment.raw
            if segment.binary:
                continue
            if odd and (not raw.isascii() or raw.translate(None, self._plain)):
                yield from self._odd_characters(segment)
            if released and release is not None and release in raw:
                yield from self._needless_releases(segment)
            if empty and any(pair in raw + self._dialect.terminator for pair in self._empties):
                yield from self._empty_tails(segment)

    def _odd_characters(self, segment: Segment) -> Iterator[Blemish]:
        """One finding for each component with a character that should not be there: the first such character."""
        raw, charset = segment.raw, self._charset
        starts = list(spans(raw, self._dialect))
        offsets = [start for start, *_ in starts]
        seen = -1
        for found in self._odd.finditer(raw):
            number = bisect_right(offsets, found.start()) - 1
            if number == seen:
                continue
            seen = number
            start, element, repetition, component = starts[number]
            end = offsets[number + 1] - 1 if number + 1 < len(offsets) else len(raw)
            problem = self._problem(raw[start:end], found.start() - start)
            if problem is None:
                continue
            index, severity, text = problem
            yield Blemish(
                code="character-invalid",
                severity=severity,
                text=text,
                segment=segment,
                index=start + index,
                element=element,
                repetition=repetition,
                component=component,
                value=raw[start:end].decode(charset.codec, "replace"),
            )

    def _problem(self, value: bytes, index: int) -> tuple[int, Severity, str] | None:
        """(place, severity, text) of the worst fault in a component whose byte at ``index`` is the first odd one."""
        charset = self._charset
        if found := self._control.search(value):
            byte = value[found.start()]
            name = _CONTROL.get(byte, f"the control character {byte:02X}")
            return found.start(), "error", f"{name} inside data; the sender must leave it out or send it otherwise"
        if not charset.repertoire:
            try:
                value.decode(charset.codec)
            except UnicodeDecodeError as error:
                return error.start, "error", f"the byte {value[error.start]:02X} does not exist in {charset.name}"
        if found := self._break.search(value):
            return found.start(), "warning", "a line break inside data"
        if charset.repertoire:
            # What is not ASCII is read as ISO 8859-1, so nothing is lost by going on.
            return index, "warning", f"`{chr(value[index])}` is not in the repertoire of {charset.repertoire}"
        # A character of several bytes, or a control character above ASCII, which is the caller's suspicion.
        return None

    def _needless_releases(self, segment: Segment) -> Iterator[Blemish]:
        starts: list[tuple[int, int, int, int]] = []
        offsets: list[int] = []
        for found in self._needless.finditer(segment.raw):
            if found[1] is None:
                continue
            if not starts:
                starts = list(spans(segment.raw, segment.dialect))
                offsets = [start for start, *_ in starts]
            _, element, repetition, component = starts[bisect_right(offsets, found.start()) - 1]
            yield Blemish(
                code="release-needless",
                severity=self._needless_severity,
                text="the character behind the release character is no delimiter; the release was dropped",
                segment=segment,
                index=found.start(),
                element=element,
                repetition=repetition,
                component=component,
                value=found[0].decode(self._charset.codec, "replace"),
            )

    def _empty_tails(self, segment: Segment) -> Iterator[Blemish]:
        """Separators behind the last value of a segment, of an element or of an occurrence, and empty occurrences."""
        raw = segment.raw
        places = [*spans(raw, self._dialect), (len(raw) + 1, 0, 1, 1)]
        trailing = False
        for place, following in pairwise(places):
            start, element, repetition, component = place
            if element == 0 or following[0] - 1 > start:
                continue
            ends_occurrence = following[1:3] != (element, repetition)
            alone = component == 1 and (repetition > 1 or following[1] == element) and ends_occurrence
            if alone:
                code, text = "repetition-empty", "an empty occurrence between repetition separators"
            elif not trailing and ends_occurrence and (component > 1 or following[1] == 0):
                code, text, trailing = "trailing-separator", "separators behind the last value", True
            else:
                continue
            yield Blemish(
                code=code,
                severity="warning",
                text=text,
                segment=segment,
                index=start,
                element=element,
                repetition=repetition,
                component=component,
                value="",
            )


def empty_pairs(dialect: Dialect) -> tuple[bytes, ...]:
    """Every two delimiters between which a value is missing that should not have been separated at all."""
    return tuple(
        first + second
        for first in (dialect.element, dialect.component, dialect.repetition)
        for second in (dialect.terminator, dialect.element, dialect.repetition)
        if first is not None and second is not None and (first, second) != (dialect.element, dialect.element)
    )
