"""Puts the segments of one interchange into groups and messages, and checks what headers and trailers say of them.

EDIFACT and X12 have the same envelope under different tags: a trailer repeats its header's reference as its second
element and counts what it closes as its first. One state machine serves both; :mod:`translators.edifact_reading` and
:mod:`translators.x12_reading` say what their headers mean.

==================  =====================================================================================
state               what a segment does
==================  =====================================================================================
between             a message or group header opens; anything else begins a *stretch* that is reported once
in a group          the same, and the group's trailer closes it
in a message        the message's trailer closes it; headers and outer trailers close it too, as unfinished;
                    everything else belongs to it, whatever its tag
==================  =====================================================================================

So damage costs the message it is in and no other, and reading always goes on at the next header or trailer. A header
of another interchange ends this one, wherever it stands: the caller goes on there.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from translators.blemishes import Examiner
from translators.charset import Charset, suspicion
from translators.detection import Headers, family_at, header_at
from translators.finding import Finding, Layer, Severity, Where
from translators.limits import Limits
from translators.scanner import Scanner
from translators.stamps import count_of
from translators.syntax import Group, Interchange, Message, MessageKind, Segment, Source

_TAG = re.compile(rb"[A-Z][A-Z0-9]{1,2}")
_BLANK = b" \t\r\n\0\x1a"
_COPY = 80
"""How much of a value a finding copies."""


class Assembly(ABC):
    """One interchange while it is being read. ``run`` fills it; its ``end`` is then where to go on."""

    header: ClassVar[str]
    trailer: ClassVar[str]
    group_header: ClassVar[str]
    group_trailer: ClassVar[str]
    message_header: ClassVar[str]
    message_trailer: ClassVar[str]
    groups_required: ClassVar[bool]

    def __init__(
        self,
        interchange: Interchange,
        scanner: Scanner,
        headers: Headers,
        source: Source,
        limits: Limits,
        charset: Charset,
    ) -> None:
        self.interchange = interchange
        self.scanner = scanner
        self.source = source
        self.limits = limits
        self.charset = charset
        self.headers = headers
        self.dialect = interchange.dialect
        self.group: Group | None = None
        """The open group; for EDIFACT also the implicit one that holds ungrouped messages."""
        self.other_units = 0
        """What the interchange's trailer counts beside messages: packages."""
        self.passed_over = False
        """Whether something that may stand outside messages was met: the interchange is not empty then."""
        self._text = scanner.text
        self._examiner = Examiner(interchange.dialect, charset)
        self._segments: list[Segment] | None = None
        self._message: Message | None = None
        self._stretch: list[Segment] = []
        self._stretch_length = 0
        self._stretch_group: Group | None = None
        self._empty: list[int] = []
        self._oversized_seen = 0
        self._closed = False
        self._suspected = False
        self._group_references: set[str] = set()
        self._message_references: set[str] = set()
        self._ungrouped_references: set[str] = set()
        self._tags: dict[bytes, str] = {}
        self._ordinary: dict[bytes, str] = {}
        """The tags known so far that mean nothing to an envelope, which nearly all segments have."""
        self._roles: dict[str, Callable[[Segment], None]] = {
            "": self._on_empty,
            self.message_header: self._on_message_header,
            self.message_trailer: self._on_message_trailer,
            self.group_header: self._on_group_header,
            self.group_trailer: self._on_group_trailer,
            self.trailer: self._on_trailer,
            **self.special(),
        }

    # What the two standards say differently.

    def special(self) -> dict[str, Callable[[Segment], None]]:
        """What to do with further tags that have a meaning outside messages."""
        return {}

    @abstractmethod
    def open_group(self, segment: Segment) -> Group:
        """The group that a group header opens; faults of the header are added to its findings."""

    @abstractmethod
    def open_message(self, segment: Segment, group: Group) -> tuple[str, MessageKind, list[Finding]]:
        """The reference and the kind that a message header states, and what is wrong with it."""

    def same_group_reference(self, header: str, trailer: str) -> bool:
        """Whether a group's trailer repeats its header's reference."""
        return header == trailer

    def check_trailer_reference(self, segment: Segment) -> None:
        """Compares the reference of the interchange's trailer."""
        stated = segment.text(2)
        if stated != self.interchange.control_number:
            text = f"{self.trailer} repeats {stated!r} for {self.header}'s {self.interchange.control_number!r}"
            self.add("interchange-reference-mismatch", text, segment, element=2, value=stated)

    # Running.

    def run(self) -> None:
        """Reads to the interchange's end, or to where the next one begins."""
        separator, ordinary, dialect = self.dialect.element, self._ordinary, self.dialect
        segments = self._segments
        for raw, offset in self.scanner:
            head = raw.partition(separator)[0]
            tag = ordinary.get(head)
            if tag is not None and segments is not None:
                segments.append(Segment(tag, raw, offset, len(segments) + 1, dialect))
                continue
            tag = tag or self._tag(head, offset)
            if tag is None:
                # Another interchange begins here. The caller goes on with it.
                self.scanner.at = offset
                break
            self._roles.get(tag, self.stray)(Segment(tag, raw, offset, 0, dialect))
            if self._closed:
                break
            segments = self._segments
        if not self._closed:
            self._end_without_trailer()
        self.interchange.end = self.scanner.at
        self._check_whole()

    def _tag(self, head: bytes, offset: int) -> str | None:
        """The tag that ``head`` names; ``None`` when a new interchange begins at ``offset``."""
        known = self._tags.get(head)
        if known is not None:
            return known
        name = head.partition(self.dialect.component)[0]
        if name == self.header.encode("ascii") or header_at(self._text, offset):
            return None
        if name == b"UNA" and family_at(self._text, offset):
            return None
        tag = name.decode("latin-1")
        # Only what has the form of a tag is remembered, so that junk cannot fill the memory.
        if _TAG.fullmatch(name) or not name:
            self._tags[head] = tag
            if tag not in self._roles:
                self._ordinary[head] = tag
        return tag

    # Messages.

    def _on_message_header(self, segment: Segment) -> None:
        self._close_message(segment.offset)
        if self.groups_required and self.group is None:
            self.stray(segment)
            return
        self._end_stretch()
        self._report_empty(self.interchange.findings)
        self._report_oversized(self.interchange.findings)
        group = self.group
        if group is None:
            group = self.group = Group(explicit=False, messages=[])
            self.interchange.groups.append(group)
        segment.position = 1
        reference, kind, findings = self.open_message(segment, group)
        self._message = Message(reference, kind, [segment], segment.offset, segment.offset, findings)
        self._segments = self._message.segments
        group.messages.append(self._message)
        seen = self._message_references if group.explicit else self._ungrouped_references
        if reference and reference in seen:
            text = f"a message before this one has the reference {reference!r} too; only the first of them counts"
            self.add("duplicate-message", text, segment, element=self._reference_element, value=reference)
        seen.add(reference)

    @property
    def _reference_element(self) -> int:
        return 1 if self.interchange.syntax == "edifact" else 2

    def _on_message_trailer(self, segment: Segment) -> None:
        segments, message = self._segments, self._message
        if segments is None or message is None:
            self.stray(segment)
            return
        segment.position = len(segments) + 1
        segments.append(segment)
        message.end = self.scanner.at
        self._check_segments(message)
        claimed, reference = segment.text(1), segment.text(2)
        if count_of(claimed) != len(segments):
            text = f"{self.message_trailer} counts {claimed!r} segments; there are {len(segments)}, both ends included"
            self.add("message-count-mismatch", text, segment, element=1, value=claimed)
        if reference != message.reference:
            text = f"{self.message_trailer} repeats {reference!r} for {self.message_header}'s {message.reference!r}"
            self.add("message-reference-mismatch", text, segment, element=2, value=reference)
        self._segments = self._message = None

    def _close_message(self, at: int) -> None:
        """Closes the open message, if there is one, without its trailer."""
        message = self._message
        if message is None:
            return
        message.end = at
        self._check_segments(message)
        text = f"the message ends after {len(message.segments)} segments without {self.message_trailer}"
        self.add_at(
            message.findings,
            "message-trailer-missing",
            text,
            at,
            segment=self.message_trailer,
            position=len(message.segments) + 1,
        )
        self._segments = self._message = None

    def _check_segments(self, message: Message) -> None:
        self._report_empty(message.findings)
        self._report_oversized(message.findings)
        self.examine(message.segments, message.offset, message.end, message.findings)
        if len(message.segments) > self.limits.message_segments:
            text = f"the message has {len(message.segments)} segments; {self.limits.message_segments} are accepted"
            self.add_at(message.findings, "too-large", text, message.offset, segment=message.segments[0].tag)

    # Groups.

    def _on_group_header(self, segment: Segment) -> None:
        self._close_group(segment.offset)
        self._end_stretch()
        group = self.open_group(segment)
        self.group = group
        self.interchange.groups.append(group)
        self._message_references = set()
        self.examine([segment], segment.offset, self.scanner.at, group.findings)
        # X12 compares group numbers as numbers.
        key = group.control_number if self.interchange.syntax == "edifact" else group.control_number.lstrip("0")
        if group.control_number and key in self._group_references:
            text = f"a group before this one has the reference {group.control_number!r} too; only the first counts"
            element = 5 if self.interchange.syntax == "edifact" else 6
            self.add("duplicate-group", text, segment, element=element, value=group.control_number)
        self._group_references.add(key)

    def _on_group_trailer(self, segment: Segment) -> None:
        self._close_message(segment.offset)
        group = self.group
        if group is None or not group.explicit:
            self.stray(segment)
            return
        self._end_stretch()
        group.trailer = segment
        group.claimed_count = segment.text(1)
        units = len(group.messages)
        if count_of(group.claimed_count) != units:
            text = f"{self.group_trailer} counts {group.claimed_count!r} messages; there are {units}"
            self.add("group-count-mismatch", text, segment, element=1, value=group.claimed_count)
        reference = segment.text(2)
        if not self.same_group_reference(group.control_number, reference):
            text = f"{self.group_trailer} repeats {reference!r} for {self.group_header}'s {group.control_number!r}"
            self.add("group-reference-mismatch", text, segment, element=2, value=reference)
        if not group.messages:
            self.add("empty-interchange", "the group has no message inside", segment)
        self.group = None

    def _close_group(self, at: int) -> None:
        """Closes what is open, without its trailer."""
        self._close_message(at)
        group = self.group
        if group is not None and group.explicit:
            self._end_stretch()
            text = f"the group ends after {len(group.messages)} messages without {self.group_trailer}"
            self.add_at(group.findings, "group-trailer-missing", text, at, segment=self.group_trailer)
        self.group = None

    # The interchange.

    def _on_trailer(self, segment: Segment) -> None:
        self._close_group(segment.offset)
        self._end_stretch()
        self.interchange.trailer = segment
        self._closed = True
        explicit = sum(group.explicit for group in self.interchange.groups)
        messages = sum(len(group.messages) for group in self.interchange.groups)
        grouped = explicit > 0 or self.groups_required
        units, name = (explicit, "groups") if grouped else (messages + self.other_units, "messages")
        claimed = segment.text(1)
        if count_of(claimed) != units:
            text = f"{self.trailer} counts {claimed!r} {name}; there are {units}"
            self.add("interchange-count-mismatch", text, segment, element=1, value=claimed)
        self.check_trailer_reference(segment)
        if not messages and not explicit and not self.other_units and not self.passed_over:
            self.add("empty-interchange", "the interchange has no message inside", segment)

    def _end_without_trailer(self) -> None:
        scanner = self.scanner
        at = scanner.tail if scanner.tail is not None else scanner.at
        self._close_group(at)
        self._end_stretch()
        complete = sum(
            bool(message.segments) and message.segments[-1].tag == self.message_trailer
            for message in self.interchange.messages
        )
        if scanner.tail is not None:
            rest = self._text[scanner.tail : scanner.end]
            if rest.strip(_BLANK):
                text = f"{len(rest)} bytes at the end are no whole segment; {complete} complete messages were read"
                head, separator, _ = rest[:_COPY].partition(self.dialect.element)
                tag = head.decode("ascii") if separator and _TAG.fullmatch(head) else None
                value = rest[:_COPY].decode(self.dialect.charset, "replace")
                self.add_at(self.interchange.findings, "truncated", text, scanner.tail, segment=tag, value=value)
                if len(rest) > self.limits.segment_bytes:
                    text = f"{len(rest)} bytes without a segment terminator; {self.limits.segment_bytes} are accepted"
                    self.add_at(self.interchange.findings, "too-large", text, scanner.tail, segment=tag)
        text = f"{self.trailer} is missing; {complete} complete messages were read"
        self.add_at(self.interchange.findings, "interchange-trailer-missing", text, at, segment=self.trailer)

    def _check_whole(self) -> None:
        self._report_empty(self.interchange.findings)
        self._report_oversized(self.interchange.findings)
        groups = self.interchange.groups
        if any(group.explicit for group in groups) and not all(group.explicit for group in groups):
            text = "messages inside and outside groups in one interchange; the standard allows one or the other"
            first = next(group for group in groups if not group.explicit)
            self.add_at(self.interchange.findings, "groups-mixed", text, first.messages[0].offset)

    # What belongs nowhere.

    def stray(self, segment: Segment) -> None:
        """Notes a segment that may not stand where it does; a stretch of them is one finding."""
        if self._segments is not None:
            self.keep(segment)
            return
        if not self._stretch:
            self._stretch_group = self.group if self.group is not None and self.group.explicit else None
            self._stretch.append(segment)
        else:
            self._stretch[1:] = [segment]
        self._stretch_length += 1

    def keep(self, segment: Segment) -> None:
        """Adds a segment to the open message, as if its tag had no meaning."""
        if self._segments is not None:
            segment.position = len(self._segments) + 1
            self._segments.append(segment)

    @property
    def in_message(self) -> bool:
        """Whether a message is open."""
        return self._segments is not None

    def _end_stretch(self) -> None:
        if not self._stretch:
            return
        first, last = self._stretch[0], self._stretch[-1]
        group = self._stretch_group
        findings = group.findings if group is not None else self.interchange.findings
        wanted = f"{self.message_header} or {self.group_trailer}" if group is not None else self._wanted
        if self._stretch_length == 1:
            text = f"{first.tag or 'a segment'} stands where only {wanted} may stand"
        else:
            text = f"{self._stretch_length} segments, {first.tag} to {last.tag}, stand where only {wanted} may stand"
        value = first.raw[:_COPY].decode(self.dialect.charset, "replace")
        self.add_at(findings, "misplaced-segment", text, first.offset, segment=first.tag, value=value, group=group)
        self._stretch = []
        self._stretch_length = 0

    @property
    def _wanted(self) -> str:
        if self.groups_required:
            return f"{self.group_header} or {self.trailer}"
        return f"{self.message_header}, {self.group_header} or {self.trailer}"

    def _on_empty(self, segment: Segment) -> None:
        # Not counted and not kept (a terminator alone is no segment), but said.
        if self._empty:
            self._empty[1] += 1
        else:
            self._empty = [segment.offset, 1]

    def _report_empty(self, findings: list[Finding]) -> None:
        if self._empty:
            offset, count = self._empty
            text = f"{count} segment terminators with nothing before them were skipped, the first of them here"
            self.add_at(findings, "segment-empty-tag", text, offset, severity="note", layer="syntax")
            self._empty = []

    def _report_oversized(self, findings: list[Finding]) -> None:
        for offset, length in self.scanner.oversized[self._oversized_seen :]:
            text = f"a segment of {length} bytes; {self.limits.segment_bytes} are accepted, and the rest was left out"
            self.add_at(findings, "too-large", text, offset, layer="syntax")
        self._oversized_seen = len(self.scanner.oversized)

    # Characters.

    def examine(self, segments: list[Segment], start: int, end: int, findings: list[Finding]) -> None:
        """Adds what is wrong with characters and separators in ``segments``, which stand at ``start``..``end``."""
        stretch = self._text[start:end]
        for blemish in self._examiner.examine(segments, stretch):
            if len(findings) > 2 * self.limits.findings + 1:
                break
            segment = blemish.segment
            self.add_at(
                findings,
                blemish.code,
                blemish.text,
                segment.offset + blemish.index,
                severity=blemish.severity,
                layer="syntax",
                segment=segment.tag,
                position=segment.position or None,
                element=blemish.element or None,
                component=blemish.component if blemish.element else None,
                repetition=blemish.repetition if blemish.element else None,
                value=blemish.value[:_COPY],
            )
        if not self._suspected and not stretch.isascii():
            self._suspect(stretch, start)

    def _suspect(self, stretch: bytes, start: int) -> None:
        """Says once for each interchange that its bytes look like another character set than it states."""
        if not self.dialect.terminator.isascii():
            stretch = stretch.replace(self.dialect.terminator, b" " * len(self.dialect.terminator))
        suspected = suspicion(stretch, self.charset)
        if suspected is None:
            return
        self._suspected = True
        index, text = suspected
        self.add_at(
            self.interchange.findings,
            "charset-suspect",
            text,
            start + index,
            severity="note",
            layer="syntax",
            value=stretch[index : index + 8].decode(self.dialect.charset, "replace"),
        )

    # Findings.

    def add(
        self,
        code: str,
        text: str,
        segment: Segment,
        *,
        severity: Severity = "error",
        element: int | None = None,
        component: int | None = None,
        value: str | None = None,
    ) -> None:
        """Adds a finding about a segment, or an element of it, to the innermost level that is open."""
        if self._message is not None:
            findings = self._message.findings
        elif self.group is not None and self.group.explicit:
            findings = self.group.findings
        else:
            findings = self.interchange.findings
        offset = segment.offset if element is None else segment.offset_of(element, component or 1)
        self.add_at(
            findings,
            code,
            text,
            offset,
            severity=severity,
            segment=segment.tag,
            position=segment.position or None,
            element=element,
            component=component,
            value=value,
        )

    def add_at(
        self,
        findings: list[Finding],
        code: str,
        text: str,
        offset: int,
        *,
        severity: Severity = "error",
        layer: Layer = "envelope",
        segment: str | None = None,
        position: int | None = None,
        element: int | None = None,
        component: int | None = None,
        repetition: int | None = None,
        value: str | None = None,
        group: Group | None = None,
    ) -> None:
        """Adds a finding at an offset; beyond the limit, one that says that there are more.

        An error is left out only behind as many errors: the limit never turns a rejection into an acceptance.
        """
        excess = len(findings) - self.limits.findings
        if excess > self.limits.findings or (excess >= 0 and severity != "error"):
            if any(finding.code == "findings-suppressed" for finding in findings[self.limits.findings :]):
                return
            code, text, severity = "findings-suppressed", "there are more findings here than are listed", "note"
        group = group if group is not None else self.group
        at_interchange = findings is self.interchange.findings
        message = None if at_interchange else self._message
        where = Where(
            interchange=self.interchange.control_number or None,
            group=group.control_number if group is not None and group.explicit and not at_interchange else None,
            message=message.reference if message is not None else None,
            segment=segment,
            segment_position=position,
            element=element,
            component=component,
            repetition=repetition,
        )
        where = self.source.where(where, offset)
        findings.append(Finding(code=code, severity=severity, text=text, where=where, layer=layer, value=value))
