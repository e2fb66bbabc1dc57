"""Writes segments one behind the other, in one dialect and character set, and notes what cannot be written.

Text becomes bytes here, value by value, and delimiters are looked for in the bytes: that holds for any delimiter a
partner may have chosen, of several bytes too, and for any character set that keeps ASCII where it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from translators.charset import Charset
from translators.envelope import Layout
from translators.finding import Finding, Layer, Severity, Where
from translators.limits import Limits
from translators.syntax import Dialect, Elements

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_COPY = 80
_LONGEST_SEGMENT = Limits().segment_bytes
BINARY = {"BIN": 1, "BDS": 2}
"""X12 segments with data of any bytes: the element that states its length. The data is the element behind it."""


class Pen:
    """The bytes written so far. ``where`` names the interchange and message that findings belong to."""

    def __init__(self, dialect: Dialect, charset: Charset, where: Where, layout: Layout) -> None:
        self.where = where
        self.findings: list[Finding] = []
        self.dialect = dialect
        self._charset = charset
        self._out = bytearray()
        self._keep_trailing = layout.keep_trailing
        breaks = not layout.wrap and dialect.terminator not in (b"\n", b"\r", b"\r\n")
        self._newline = layout.newline.encode("ascii") if breaks else b""
        self._delimiter = re.compile(b"|".join(re.escape(role) for role in _roles(dialect)))
        self._release = dialect.release

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
        self._out += data + self.dialect.terminator + self._newline

    def advice(self, data: bytes) -> None:
        """Writes a UNA, whose last byte is the terminator that it names."""
        self._out += data + self._newline

    def counted(self, header: tuple[str, Elements], data: bytes, trailer: tuple[str, Elements]) -> None:
        """Writes ``data`` between two segments; it begins right behind the terminator of the first (ISO 9735-8)."""
        self._put(*header, None)
        self._out += data
        self.segment(*trailer)

    def verbatim(self, data: bytes) -> None:
        """Writes bytes that are whole already: their terminator, and what stands behind it, included."""
        self._out += data

    def segment(self, tag: str, elements: Elements, position: int | None = None) -> int:
        """Writes a segment, and returns the offset behind its terminator."""
        behind = self._put(tag, elements, position)
        self._out += self._newline
        return behind

    def simple(self, tag: str, *values: str | Sequence[str], position: int | None = None) -> int:
        """Writes a segment of simple elements and composites, none of them repeated, nor empty at its end."""
        elements = tuple(((value,),) if isinstance(value, str) else (tuple(value),) for value in values)
        return self.segment(tag, trimmed(elements), position)

    def binary(self, tag: str, elements: Elements, position: int) -> int:
        """Writes BIN or BDS with the length computed. The data is text whose characters are its bytes (ISO 8859-1)."""
        at = BINARY[tag]
        value = elements[at][0][0] if len(elements) == at + 1 else ""
        try:
            data = value.encode("latin-1")
        except UnicodeEncodeError:
            data = b""
        stated = elements[at - 1][0][0] if len(elements) >= at else ""
        if not data or stated not in ("", str(len(data))):
            reason = f"{tag}{at:02} states {stated!r} for {len(data)} bytes" if data else f"{tag} has no bytes of data"
            text = f"{reason}; the data is element {at + 1}, its length is computed"
            self.note("binary-length-invalid", text, segment=tag, position=position, element=at, value=stated)
        self._put(tag, (*elements[: at - 1], ((str(len(data)),),)), position)
        del self._out[-len(self.dialect.terminator) :]
        self._out += self.dialect.element + data + self.dialect.terminator
        behind = len(self._out)
        self._out += self._newline
        return behind

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

    def _put(self, tag: str, elements: Elements, position: int | None) -> int:
        if not self._keep_trailing:
            elements = trimmed(elements)
        raw = self._at_once(tag, elements)
        if raw is None:
            parts = [self._element(tag, position, number, element) for number, element in enumerate(elements, start=1)]
            head = tag.encode("ascii", "replace")
            raw = self.dialect.element.join([head, *parts])
        if len(raw) > _LONGEST_SEGMENT:
            text = f"{tag} has {len(raw)} bytes; receivers take {_LONGEST_SEGMENT} at most"
            self.note("too-large", text, layer="syntax", segment=tag, position=position)
        self._out += raw + self.dialect.terminator
        return len(self._out)

    def _at_once(self, tag: str, elements: Elements) -> bytes | None:
        """The segment's bytes, if nothing repeats, every delimiter in them is one and the character set has it all."""
        dialect = self.dialect
        if dialect.letters is None or not tag.isascii():
            return None
        element, component, _ = dialect.letters
        parts, components = [tag], 0
        for occurrences in elements:
            if len(occurrences) != 1:
                return None
            (occurrence,) = occurrences
            parts.append(occurrence[0] if len(occurrence) == 1 else component.join(occurrence))
            components += len(occurrence) - 1
        raw = self._charset.encode(element.join(parts))
        if raw is None or raw.count(dialect.element) != len(elements) or raw.count(dialect.component) != components:
            return None
        if any(role in raw for role in (dialect.terminator, dialect.release, dialect.repetition) if role is not None):
            return None
        return raw

    def _element(self, tag: str, position: int | None, number: int, element: tuple[tuple[str, ...], ...]) -> bytes:
        occurrences = [
            self._occurrence(tag, position, number, repetition, occurrence)
            for repetition, occurrence in enumerate(element, start=1)
        ]
        if len(occurrences) > 1 and self.dialect.repetition is None:
            text = f"{tag} repeats its element {number}, and no repetition separator is in force; use syntax version 4"
            if self.dialect.syntax == "x12":
                text = text.replace("syntax version 4", "control version 00402 or later")
            self.note("element-repeats", text, layer="syntax", segment=tag, position=position, element=number)
            return occurrences[0]
        return (self.dialect.repetition or b"").join(occurrences)

    def _occurrence(
        self, tag: str, position: int | None, number: int, repetition: int, occurrence: tuple[str, ...]
    ) -> bytes:
        parts = []
        for component, value in enumerate(occurrence, start=1):
            encoded = self._charset.encode(value) if value else b""
            if encoded is None or (encoded and self._delimiter.search(encoded)):
                if encoded is not None and self._release is not None:
                    encoded = self._delimiter.sub(self._release.replace(b"\\", b"\\\\") + rb"\g<0>", encoded)
                else:
                    self.note(
                        "character-invalid",
                        self._problem(value),
                        layer="syntax",
                        segment=tag,
                        position=position,
                        element=number,
                        component=component,
                        repetition=repetition,
                        value=value,
                    )
                    # A visible substitute keeps the rest of the segment readable.
                    encoded = value.encode(self._charset.codec, "replace")
            parts.append(encoded)
        return self.dialect.component.join(parts)

    def _problem(self, value: str) -> str:
        if found := _CONTROL.search(value):
            return f"the character {found[0]!r} cannot be part of a value; take it out before sending"
        outside = self._charset.first_outside(value)
        if not outside and (inside := self._delimiter.search(self._charset.encode(value) or b"")):
            letter = inside[0].decode(self._charset.codec, "replace")
            return f"the value holds the delimiter {letter!r}; choose other delimiters for this partner"
        return f"{outside!r} cannot be sent in {self._charset.name}"


def _roles(dialect: Dialect) -> list[bytes]:
    roles = (dialect.element, dialect.component, dialect.terminator, dialect.release, dialect.repetition)
    return [role for role in roles if role is not None]


def trimmed(elements: Elements) -> Elements:
    """``elements`` without the empty components, occurrences and elements at their ends."""
    if is_neat(elements):
        return elements
    whole = [_without_empty_ends(element) for element in elements]
    while whole and whole[-1] == (("",),):
        whole.pop()
    return tuple(whole)


def is_neat(elements: Elements) -> bool:
    """Whether no element occurs more than once, and nothing at an end is empty."""
    for occurrences in elements:
        if len(occurrences) != 1:
            return False
        (occurrence,) = occurrences
        if len(occurrence) != 1 and not (occurrence and occurrence[-1]):
            return False
    return not elements or elements[-1] != (("",),)


def _without_empty_ends(element: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    if element and element[-1] and element[-1][-1] and all(occurrence and occurrence[-1] for occurrence in element):
        return element
    occurrences = []
    for occurrence in element:
        last = len(occurrence)
        while last > 1 and not occurrence[last - 1]:
            last -= 1
        occurrences.append(occurrence[:last] or ("",))
    while len(occurrences) > 1 and occurrences[-1] == ("",):
        occurrences.pop()
    return tuple(occurrences) or (("",),)
