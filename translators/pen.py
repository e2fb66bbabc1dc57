"""Writes segments one behind the other, in one dialect and character set, and notes what cannot be written."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from translators.charset import Charset
from translators.finding import Finding, Layer, Severity, Where
from translators.syntax import Dialect, Elements
from translators.tree import Node

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_COPY = 80


class Pen:
    """The bytes written so far. ``where`` names the interchange and message that findings belong to."""

    def __init__(self, dialect: Dialect, charset: Charset, where: Where, *, newline: bool) -> None:
        self.where = where
        self.findings: list[Finding] = []
        self._dialect = dialect
        self._charset = charset
        self._out = bytearray()
        self._newline = b"\n" if newline and dialect.terminator not in (b"\n", b"\r") else b""
        letters = dialect.delimiters.decode("ascii")
        self._delimiter = re.compile("[" + re.escape(letters) + "]")
        self._release = dialect.release.decode("ascii") if dialect.release else ""
        self._element = dialect.element.decode("ascii")
        self._component = dialect.component.decode("ascii")
        self._repetition = dialect.repetition.decode("ascii") if dialect.repetition else ""

    @property
    def data(self) -> bytes:
        """Everything written."""
        return bytes(self._out)

    @property
    def offset(self) -> int:
        """How many bytes are written."""
        return len(self._out)

    def raw(self, data: bytes) -> None:
        """Writes a segment that is already bytes, up to its terminator."""
        self._out += data + self._dialect.terminator + self._newline

    def verbatim(self, data: bytes) -> None:
        """Writes bytes that no terminator follows: UNA."""
        self._out += data + self._newline

    def segment(self, tag: str, elements: Elements, position: int | None = None) -> int:
        """Writes a segment without trailing empty elements, and returns the offset behind its terminator."""
        texts = [self._text(tag, position, number, element) for number, element in enumerate(elements, start=1)]
        while texts and not texts[-1]:
            texts.pop()
        encoded = self._encode(self._element.join([tag, *texts]))
        self._out += encoded + self._dialect.terminator
        behind = len(self._out)
        self._out += self._newline
        return behind

    def simple(self, tag: str, *values: str | Sequence[str], position: int | None = None) -> int:
        """Writes a segment of simple elements and composites, none of them repeated."""
        elements = tuple(((value,),) if isinstance(value, str) else (tuple(value),) for value in values)
        return self.segment(tag, elements, position)

    def note(
        self,
        code: str,
        text: str,
        *,
        severity: Severity = "error",
        layer: Layer = "envelope",
        segment: str | None = None,
        position: int | None = None,
        element: int | None = None,
        component: int | None = None,
        repetition: int | None = None,
        value: str | None = None,
    ) -> None:
        """Notes what is wrong, with the offset of the segment that is about to be written."""
        where = msgspec.structs.replace(
            self.where,
            segment=segment,
            segment_position=position,
            element=element,
            component=component,
            repetition=repetition,
            offset=len(self._out),
        )
        copy = value[:_COPY] if value is not None else None
        self.findings.append(Finding(code=code, severity=severity, text=text, where=where, layer=layer, value=copy))

    def _text(self, tag: str, position: int | None, number: int, element: tuple[tuple[str, ...], ...]) -> str:
        occurrences = [
            self._occurrence(tag, position, number, repetition, occurrence)
            for repetition, occurrence in enumerate(element, start=1)
        ]
        while occurrences and not occurrences[-1]:
            occurrences.pop()
        if len(occurrences) > 1 and not self._repetition:
            text = f"{tag} repeats its element {number}, and no repetition separator is in force; use syntax version 4"
            self.note("element-repeats", text, layer="syntax", segment=tag, position=position, element=number)
            return occurrences[0]
        return self._repetition.join(occurrences)

    def _occurrence(
        self, tag: str, position: int | None, number: int, repetition: int, occurrence: tuple[str, ...]
    ) -> str:
        texts = []
        for component, value in enumerate(occurrence, start=1):
            if not value:
                texts.append("")
                continue
            problem = self._problem(value)
            if problem:
                self.note(
                    "character-invalid",
                    problem,
                    layer="syntax",
                    segment=tag,
                    position=position,
                    element=number,
                    component=component,
                    repetition=repetition,
                    value=value,
                )
            if self._release:
                value = self._delimiter.sub(lambda found: self._release + found[0], value)
            texts.append(value)
        while texts and not texts[-1]:
            texts.pop()
        return self._component.join(texts)

    def _problem(self, value: str) -> str:
        if found := _CONTROL.search(value):
            return f"the character {found[0]!r} cannot be part of a value; take it out before sending"
        if not self._release and (found := self._delimiter.search(value)):
            return f"the value holds the delimiter {found[0]!r}; choose other delimiters for this partner"
        if self._charset.encode(value) is None:
            return f"{self._charset.first_outside(value)!r} cannot be sent in {self._charset.name}"
        return ""

    def _encode(self, text: str) -> bytes:
        # What cannot be encoded has its finding; a visible substitute keeps the rest of the segment readable.
        return text.encode(self._charset.codec, "replace")


_TAGS = {"edifact": re.compile("[A-Z][A-Z0-9]{2}"), "x12": re.compile("[A-Z][A-Z0-9]{1,2}")}


def write_body(pen: Pen, syntax: str, body: Sequence[Node], service_tags: frozenset[str]) -> int:
    """Writes a message's segments, positions from 2, and returns how many there are."""
    count = 0
    for node in body:
        for segment in node.segments():
            count += 1
            position = count + 1
            if segment.name in service_tags:
                text = f"{segment.name} frames a message; it cannot be part of one"
                pen.note("misplaced-segment", text, segment=segment.name, position=position)
            elif not _TAGS[syntax].fullmatch(segment.name):
                text = f"{segment.name!r} has not the form of a segment tag"
                pen.note("segment-unknown", text, layer="syntax", segment=segment.name, position=position)
            pen.segment(segment.name, elements_of(segment), position)
    return count


def elements_of(node: Node) -> Elements:
    """A segment node's elements, or those of the segment that was read for it."""
    if node.elements or node.segment is None:
        return node.elements
    return node.segment.elements
