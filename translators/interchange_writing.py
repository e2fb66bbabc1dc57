"""Puts written messages into one interchange: headers, groups, packages, trailers with their counts, line breaks.

EDIFACT and X12 have the same envelope under different tags, as for reading (:mod:`translators.assembly`). Messages are
written first, each by itself and into bytes of its own; what stands around them follows. So a message's size and faults
are known before there is an interchange or a number for it, and one that fails leaves no trace in the others' counts.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from translators.charset import Charset, suspicion
from translators.dialects import charset_of, dialect_of
from translators.envelope import Envelope, Outgoing, OutgoingGroup, OutgoingPackage, Span, Written
from translators.finding import Finding, Where
from translators.pen import BINARY, Pen
from translators.preparing import Prepared
from translators.syntax import Dialect, MessageKind
from translators.tree import Node, elements_of


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A message's bytes, header to trailer, without an interchange around them yet."""

    kind: MessageKind
    reference: str
    data: bytes
    """With the line break behind it, where there is to be one."""
    length: int
    """Up to the trailer's terminator."""
    findings: list[Finding]
    functional: str = ""
    binary: bool = False
    """Whether some of it is counted, so that it cannot be wrapped."""

    @property
    def sendable(self) -> bool:
        """Whether no finding is an error."""
        return not any(finding.fatal for finding in self.findings)


class RenderedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group's header as asked for, and its messages."""

    group: OutgoingGroup
    """Its ``messages`` are not looked at."""
    messages: list[Rendered]


Part = Rendered | RenderedGroup | OutgoingPackage


class InterchangeWriter(ABC):
    """Writes in one envelope. ``dialect`` and ``charset`` are the envelope's own unless given."""

    trailer: ClassVar[str]
    service_tags: ClassVar[frozenset[str]]
    tag: ClassVar[re.Pattern[str]]

    def __init__(self, envelope: Envelope, dialect: Dialect | None = None, charset: Charset | None = None) -> None:
        self.envelope = envelope
        self.dialect = dialect or dialect_of(envelope)
        named, known = charset_of(envelope)
        self.charset = charset or named
        self.charset_known = known or charset is not None

    # What the two standards say differently.

    @abstractmethod
    def write_header(self, pen: Pen) -> None:
        """Writes everything before the first group or message but ``extra``."""

    @abstractmethod
    def write_message_header(self, pen: Pen, message: Outgoing) -> str:
        """Writes UNH or ST, and returns the reference that went into it."""

    @abstractmethod
    def write_message_trailer(self, pen: Pen, count: int, reference: str) -> int:
        """Writes UNT or SE, and returns the offset behind its terminator."""

    @abstractmethod
    def write_group(self, pen: Pen, group: RenderedGroup) -> None:
        """Writes UNG or GS."""

    @abstractmethod
    def write_group_trailer(self, pen: Pen, group: RenderedGroup) -> None:
        """Writes UNE or GE."""

    @abstractmethod
    def check(self, pen: Pen, parts: Sequence[Part], extra: Sequence[Node]) -> None:
        """Notes what may not stand together in an interchange."""

    @abstractmethod
    def write_package(self, pen: Pen, package: OutgoingPackage) -> None:
        """Writes an object of any bytes."""

    # What is the same.

    def render(self, prepared: Prepared) -> Rendered:
        """The message as bytes, with the findings it had and those made in writing it."""
        message = prepared.message
        pen = Pen(self.dialect, self.charset, Where(message=message.reference), self.envelope.layout)
        pen.findings += prepared.findings
        reference = self.write_message_header(pen, message)
        count, binary = self._write_body(pen, message.body)
        behind = self.write_message_trailer(pen, count + 2, reference)
        return Rendered(
            kind=message.kind,
            reference=reference,
            data=pen.data,
            length=behind,
            findings=pen.findings,
            functional=message.functional,
            binary=binary,
        )

    def assemble(self, parts: Sequence[Part], extra: Sequence[Node] = ()) -> Written:
        """The interchange with ``parts`` in it; ``extra`` are segments before the first group, TA1."""
        number = self.envelope.control_number
        pen = Pen(self.dialect, self.charset, Where(interchange=number), self.envelope.layout)
        if len(set(self.dialect.delimiters)) < len(self.dialect.delimiters):
            pen.note("delimiter-clash", "one character has two delimiter roles", segment=self.trailer)
        self.write_header(pen)
        stretches = [pen.data]
        for node in extra:
            pen.segment(node.name, elements_of(node))
        spans: list[Span] = []
        references: set[str] = set()
        for part in parts:
            pen.where = Where(interchange=number)
            if isinstance(part, Rendered):
                spans.append(self._paste(pen, part, "", references))
            elif isinstance(part, RenderedGroup):
                pen.where = Where(interchange=number, group=part.group.number)
                self.write_group(pen, part)
                inside: set[str] = set()
                spans += [self._paste(pen, each, part.group.number, inside) for each in part.messages]
                self.write_group_trailer(pen, part)
            else:
                self.write_package(pen, part)
        pen.where = Where(interchange=number)
        self.check(pen, parts, extra)
        pen.simple(self.trailer, str(len(parts)), number)
        stretches += [each.data for each in _messages(parts)]
        self._suspect(pen, stretches)
        binary = any(each.binary for each in _messages(parts)) or any(
            isinstance(each, OutgoingPackage) for each in parts
        )
        return self._laid_out(pen, spans, binary)

    def _write_body(self, pen: Pen, body: Sequence[Node]) -> tuple[int, bool]:
        """(how many segments there are, whether one of them is binary); positions count from 2."""
        count, binary = 0, False
        for node in body:
            for segment in node.segments():
                count += 1
                position, tag = count + 1, segment.name
                if tag in self.service_tags:
                    text = f"{tag} frames a message; it cannot be part of one"
                    pen.note("misplaced-segment", text, segment=tag, position=position)
                elif not self.tag.fullmatch(tag):
                    text = f"{tag!r} has not the form of a segment tag"
                    pen.note("segment-unknown", text, layer="syntax", segment=tag, position=position)
                if tag in BINARY and self.dialect.syntax == "x12":
                    pen.binary(tag, elements_of(segment), position)
                    binary = True
                else:
                    pen.segment(tag, elements_of(segment), position)
        return count, binary

    def _paste(self, pen: Pen, message: Rendered, group: str, references: set[str]) -> Span:
        offset = pen.offset
        for finding in message.findings:
            at = offset + finding.where.offset if finding.where.offset is not None else None
            where = msgspec.structs.replace(
                finding.where, interchange=self.envelope.control_number, group=group or None, offset=at
            )
            pen.findings.append(msgspec.structs.replace(finding, where=where))
        if message.reference in references:
            pen.where = msgspec.structs.replace(pen.where, message=message.reference)
            text = f"two messages have the reference {message.reference!r}"
            pen.note("duplicate-message", text, position=1, value=message.reference)
            pen.where = msgspec.structs.replace(pen.where, message=None)
        references.add(message.reference)
        pen.verbatim(message.data)
        return Span(reference=message.reference, offset=offset, length=message.length, group=group)

    def _suspect(self, pen: Pen, stretches: Sequence[bytes]) -> None:
        """Says what a reader will say: that some text looks like another character set than its own."""
        if any(finding.fatal for finding in pen.findings):
            return
        for stretch in stretches:
            found = suspicion(stretch, self.charset) if not stretch.isascii() else None
            if found is not None:
                text = f"some of the text looks like another character set: {found[1]}"
                pen.note("charset-suspect", text, severity="note", layer="syntax")
                return

    def _laid_out(self, pen: Pen, spans: list[Span], binary: bool) -> Written:
        """The interchange with its last line break, or with the line breaks of a wrapped file."""
        layout = self.envelope.layout
        data, line_break = pen.data, layout.line_break.encode("ascii")
        wrapped = layout.wrap > 0 and self._can_be_wrapped(pen, data, layout.wrap, binary)
        if wrapped:
            width, more = layout.wrap, len(line_break)
            data = line_break.join(data[at : at + width] for at in range(0, len(data), width))

            def moved(offset: int) -> int:
                return offset + offset // width * more

            def moved_span(span: Span) -> Span:
                # A break that falls right behind the last byte belongs to what follows.
                last = span.offset + span.length - 1
                offset = moved(span.offset)
                return msgspec.structs.replace(span, offset=offset, length=moved(last) + 1 - offset)

            spans = [moved_span(span) for span in spans]
        if layout.final_newline is not None:
            behind = layout.newline if not wrapped and data.endswith(line_break) else ""
            data = data.removesuffix(behind.encode("ascii")) + layout.final_newline.encode("ascii")
        return Written(data=data, messages=spans, findings=pen.findings)

    def _can_be_wrapped(self, pen: Pen, data: bytes, width: int, binary: bool) -> bool:
        """Whether a receiver can take line breaks at ``width`` out again; else they are left out, and that is said."""
        ends = [data[at - 1 : at] for at in range(width, len(data), width)]
        if not ends:
            return True
        if self.dialect.terminator in (b"\n", b"\r") or binary:
            why = "its segments end with line breaks" if not binary else "it holds counted data of any bytes"
        elif len(ends) < 2 or all(end == self.dialect.terminator for end in ends):
            # Two lines are no pattern, nor are lines that end where segments do.
            why = "it is too short for a receiver to see that it was wrapped"
        else:
            return True
        text = f"the interchange was not wrapped at {width} columns: {why}"
        pen.note("layout-not-possible", text, severity="warning", layer="syntax")
        return False


def _messages(parts: Sequence[Part]) -> Iterator[Rendered]:
    for part in parts:
        if isinstance(part, Rendered):
            yield part
        elif isinstance(part, RenderedGroup):
            yield from part.messages
