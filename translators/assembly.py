"""Puts the segments of one interchange into groups and messages, and checks what headers and trailers say of them.

EDIFACT and X12 have the same envelope under different tags: a trailer repeats its header's reference as its second
element and counts what it closes as its first. One state machine serves both; :mod:`translators.edifact_reading` and
:mod:`translators.x12_reading` say what their headers mean.

==================  =====================================================================================
state               what a segment does
==================  =====================================================================================
between             a message, package or group header opens; anything else begins a *stretch* that is reported once
in a group          the same, and the group's trailer closes it
in a message        the message's trailer closes it; headers and outer trailers close it too, as unfinished;
                    everything else belongs to it, whatever its tag
in a package        only one whose end was not found stays open (:mod:`translators.package_reading`): headers and
                    outer trailers close it, everything else belongs to it
==================  =====================================================================================

So damage costs the message or package it is in and no other, and reading always goes on at the next header or trailer.
A header of another interchange ends this one, wherever it stands: the caller goes on there.

Messages, packages and groups are yielded as they are complete and not held, so that what is remembered of an
interchange does not grow with it: counts, and the references that were there.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import ClassVar

from translators.charset import Charset
from translators.detection import family_at, header_at
from translators.finding import Finding
from translators.glance import Glance
from translators.interchange_findings import COPY, InterchangeFindings
from translators.limits import Limits
from translators.parts import GroupClosed, GroupOpened, MessageRead, PackageRead, Part
from translators.reading_terms import ReadingTerms
from translators.repeats import Repeats
from translators.scanner import Scanner
from translators.stamps import count_of
from translators.syntax import Group, Interchange, Message, MessageKind, Package, Segment

_TAG = re.compile(rb"[A-Z][A-Z0-9]{1,2}")


class Assembly(InterchangeFindings, ABC):
    """One interchange while it is being read. ``run`` yields what is in it; its ``end`` is then where to go on."""

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
        limits: Limits,
        charset: Charset,
        terms: ReadingTerms,
    ) -> None:
        super().__init__(interchange, scanner.window, limits, charset, terms)
        self.scanner = scanner
        self.terms = terms
        scanner.spill, scanner.relieve = self.spill, self._relieve
        self.readable = True
        """Whether more than the header can be read."""
        self.passed_over = False
        """Whether something that may stand outside messages was met: the interchange is not empty then."""
        self.groups = 0
        """How many groups there were, explicit or not."""
        self._explicit_groups = 0
        self._messages = self._packages = 0
        self._units = 0
        """The messages and packages of the open group."""
        self._loose_at: int | None = None
        """Where the first message or package outside any group stands."""
        self._done: list[Part] = []
        """What is complete and not yielded yet."""
        self._pieces: list[bytes] = []
        self._kept_from = 0
        """The bytes of the open message: pieces that were put by, and what is held from an offset on."""
        self._left_out = 0
        """Segments of the open message that were left out, because it is too large."""
        self._most_kept: int | None = None
        """How many segments of the open message are held, once it is too large."""
        self._segments: list[Segment] | None = None
        self._stretch: list[Segment] = []
        self._stretch_length = 0
        self._stretch_group: Group | None = None
        self._empty: list[int] = []
        self._oversized_seen = 0
        self._closed = False
        self._complete = 0
        """Messages that their trailers closed."""
        self._group_references = Repeats()
        self._message_references = Repeats()
        self._ungrouped_references = Repeats()
        self._glance = Glance(interchange.dialect, charset, limits)
        self._kinds: dict[bytes, MessageKind] = {}
        """What the headers seen in this group state, by all they say beside the reference: kinds repeat."""
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

    def run(self) -> Iterator[Part]:
        """Reads to the interchange's end, or to where the next one begins, and yields what is complete."""
        if not self.readable:
            # Nothing is guessed. What follows up to the next certain header belongs to this interchange.
            self.interchange.end = self.window.find_header(self.interchange.offset + 3)
            return
        separator, ordinary, dialect, done = self.dialect.element, self._ordinary, self.dialect, self._done
        yield from self._clean_messages()
        segments = self._segments
        for raw, offset in self.scanner:
            head = raw.partition(separator)[0]
            tag = ordinary.get(head)
            if tag is not None and segments is not None:
                segments.append(Segment(tag, raw, offset, len(segments) + self._left_out + 1, dialect))
                continue
            tag = tag or self._tag(head, offset)
            if tag is None:
                # Another interchange begins here. The caller goes on with it.
                self.scanner.at = offset
                break
            self._roles.get(tag, self.stray)(Segment(tag, raw, offset, 0, dialect))
            segments = self._segments
            if done:
                yield from done
                done.clear()
            if self._closed:
                break
            if segments is None:
                yield from self._clean_messages()
        if not self._closed:
            self._end_without_trailer()
        self.interchange.end = self.scanner.at
        self._check_whole()
        yield from done

    def _clean_messages(self) -> Iterator[Part]:
        """The clean messages that come next, as many as there are."""
        glance, scanner, window = self._glance, self.scanner, self.window
        kinds, dialect, interchange = self._kinds, self.dialect, self.interchange
        while True:
            if not glance.able or self._stretch or self._empty or self._oversized_seen < len(scanner.oversized):
                return
            if self.package is not None:
                return
            group = self.group
            if group is None and self.groups_required:
                return
            seen = self._message_references if group is not None and group.explicit else self._ungrouped_references
            text, base, source = window.text, window.base, window.source
            end = min(scanner.end, window.headers.next(scanner.at))
            for reference, header, start, raw, count in glance.sights(text, scanner.next_tag() - base, end - base):
                at = base + start
                kind = kinds.get(header) or self._plain_kind(header, raw, at)
                if kind is None or not seen.add(reference):
                    return
                if group is None:
                    group = self._open_loose(at)
                    yield from self._done
                    self._done.clear()
                scanner.at = close = at + len(raw)
                self._messages += 1
                self._units += 1
                self._complete += 1
                if not self._suspected and not raw.isascii():
                    self._suspect(raw, at)
                message = Message(reference, kind, at, close, dialect, raw, count)
                yield MessageRead(interchange, group, message, source)
            at = scanner.at = scanner.next_tag()
            # A message that is not held whole cannot be taken at a glance; up to a limit more is held first.
            if window.ended or end < window.limit or not glance.cut_off or end - at > self.limits.segment_bytes:
                return
            window.more(at)

    def _open_loose(self, at: int) -> Group:
        """The implicit group of messages that stand in none, which begins at an offset."""
        group = self.group = Group(explicit=False, messages=[])
        self.groups += 1
        self._units = 0
        if self._loose_at is None:
            self._loose_at = at
            self.note_place(at)
        self._done.append(GroupOpened(self.interchange, group, self.window.source))
        return group

    def _plain_kind(self, header: bytes, raw: bytes, at: int) -> MessageKind | None:
        """The kind that a header states, remembered for the next one like it; ``None`` when the header has faults."""
        first = raw.partition(self.dialect.terminator)[0]
        group = self.group if self.group is not None else Group(explicit=False, messages=[])
        _, kind, findings = self.open_message(Segment(self.message_header, first, at, 1, self.dialect), group)
        if findings:
            return None
        self._kinds[header] = kind
        return kind

    def _tag(self, head: bytes, offset: int) -> str | None:
        """The tag that ``head`` names; ``None`` when a new interchange begins at ``offset``."""
        known = self._tags.get(head)
        if known is not None:
            return known
        name = head.partition(self.dialect.component)[0]
        text, at = self.window.text, offset - self.window.base
        # A segment that was too long to be held begins before what is held, and with no header.
        if name == self.header.encode("ascii") or (at >= 0 and header_at(text, at)):
            return None
        if name == b"UNA" and family_at(text, at):
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
        group = self.group if self.group is not None else self._open_loose(segment.offset)
        segment.position = 1
        reference, kind, findings = self.open_message(segment, group)
        self._segments = [segment]
        at = self.scanner.keep = self._kept_from = segment.offset
        self._pieces, self._left_out, self._most_kept = [], 0, None
        if self.scanner.oversized and self.scanner.oversized[-1][0] == at:
            self._pieces = [segment.raw + self.dialect.terminator]
            self.scanner.keep = self._kept_from = self.scanner.at
        self.message = Message(reference, kind, at, at, self.dialect, b"", 0, findings, self._segments)
        self._messages += 1
        self._units += 1
        seen = self._message_references if group.explicit else self._ungrouped_references
        if not seen.add(reference) and reference:
            text = f"a message before this one has the reference {reference!r} too; only the first of them counts"
            self.add("duplicate-message", text, segment, element=self._reference_element, value=reference)

    @property
    def _reference_element(self) -> int:
        return 1 if self.interchange.syntax == "edifact" else 2

    def _on_message_trailer(self, segment: Segment) -> None:
        segments, message = self._segments, self.message
        if segments is None or message is None:
            self.stray(segment)
            return
        segment.position = len(segments) + self._left_out + 1
        segments.append(segment)
        self._end_message(message, self.scanner.at)
        self._complete += 1
        claimed, reference = segment.text(1), segment.text(2)
        if count_of(claimed) != message.count:
            text = f"{self.message_trailer} counts {claimed!r} segments; there are {message.count}, both ends included"
            self.add("message-count-mismatch", text, segment, element=1, value=claimed)
        if reference != message.reference:
            text = f"{self.message_trailer} repeats {reference!r} for {self.message_header}'s {message.reference!r}"
            self.add("message-reference-mismatch", text, segment, element=2, value=reference)
        self._forget_message()

    def _close_message(self, at: int) -> None:
        """Closes the open message or package, if there is one, without its trailer."""
        if self.package is not None:
            self.close_package(at)
        message = self.message
        if message is None:
            return
        self._end_message(message, at)
        text = f"the message ends after {message.count} segments without {self.message_trailer}"
        self.add_at(
            message.findings,
            "message-trailer-missing",
            text,
            at,
            segment=self.message_trailer,
            position=message.count + 1,
        )
        self._forget_message()

    def _end_message(self, message: Message, at: int) -> None:
        """Completes a message that was read by segment, and adds what is wrong with its segments."""
        segments, base = message.segments, self.window.base
        held = self.window.text[max(0, self._kept_from - base) : max(0, at - base)]
        message.end, message.raw = at, b"".join([*self._pieces, held])
        message.count = len(segments) + self._left_out
        self._report_empty(message.findings)
        self._report_oversized(message.findings)
        self.examine(segments, message.offset, message.raw, message.findings)
        self.check_limits(segments, message.raw)
        if message.count > self.limits.message_segments:
            text = f"the message has {message.count} segments; {self.limits.message_segments} are accepted"
            self.add_at(message.findings, "too-large", text, message.offset, segment=self.message_header)
        elif self._most_kept is not None:
            text = f"the message has {at - message.offset} bytes; {self.limits.message_bytes} are accepted"
            self.add_at(message.findings, "too-large", text, message.offset, segment=self.message_header)

    def _forget_message(self) -> None:
        """Yields the open message, of which everything is known now."""
        message, group = self.message, self.group
        if message is not None and group is not None:
            self._done.append(MessageRead(self.interchange, group, message, self.window.source))
        self._segments = self.message = self.scanner.keep = None
        self._pieces = []

    def spill(self, at: int, left: bytes, end: int) -> None:
        """Puts by what is held of the open message before ``at``; of what follows up to ``end`` only ``left`` stays."""
        self.note_place(at)
        if self.message is None:
            return
        base = self.window.base
        self._pieces += (self.window.text[max(0, self._kept_from - base) : max(0, at - base)], left)
        self._kept_from = end
        if end == at:
            # The segment that begins here is dropped as it comes.
            self.scanner.keep = None
        elif self.scanner.keep is None:
            self.scanner.keep = end

    def _relieve(self) -> None:
        """Leaves out what makes the open message larger than is accepted, before more of it is held."""
        segments, limits, at = self._segments, self.limits, self.scanner.at
        if segments is None:
            return
        if self._most_kept is None:
            size = sum(map(len, self._pieces)) + at - self._kept_from
            if len(segments) <= limits.message_segments and size <= limits.message_bytes:
                return
            self.spill(at, b"", at)
            self._most_kept = min(len(segments), limits.message_segments)
        self._left_out += len(segments) - self._most_kept
        del segments[self._most_kept :]
        self._kept_from = self.scanner.keep = at

    # Packages.

    def open_package(self, package: Package) -> None:
        """Opens a package, whose header was read."""
        self._close_message(package.offset)
        self._end_stretch()
        self._report_empty(self.interchange.findings)
        if self.group is None:
            self._open_loose(package.offset)
        self._packages += 1
        self._units += 1
        self.note_place(package.offset)
        self.package = package

    def close_package(self, at: int) -> None:
        """Closes the open package and yields it; it ends at ``at``."""
        package, group = self.package, self.group
        if package is None or group is None:
            return
        package.end = at
        if package.trailer is None:
            package.length = max(0, at - package.start)
        self._report_empty(package.findings)
        self._report_oversized(package.findings)
        self._done.append(PackageRead(self.interchange, group, package, self.window.source))
        self.forget_place(package.offset)
        self.package = None

    # Groups.

    def _on_group_header(self, segment: Segment) -> None:
        self._close_group(segment.offset)
        self._end_stretch()
        group = self.open_group(segment)
        self.group = group
        self.groups += 1
        self._explicit_groups += 1
        self._units = 0
        self._kinds.clear()
        self._message_references = Repeats()
        self._done.append(GroupOpened(self.interchange, group, self.window.source))
        self.examine([segment], segment.offset, segment.raw + self.dialect.terminator, group.findings)
        # X12 compares group numbers as numbers.
        key = group.control_number if self.interchange.syntax == "edifact" else group.control_number.lstrip("0")
        if not self._group_references.add(key) and group.control_number:
            text = f"a group before this one has the reference {group.control_number!r} too; only the first counts"
            element = 5 if self.interchange.syntax == "edifact" else 6
            self.add("duplicate-group", text, segment, element=element, value=group.control_number)

    def _on_group_trailer(self, segment: Segment) -> None:
        self._close_message(segment.offset)
        group = self.group
        if group is None or not group.explicit:
            self.stray(segment)
            return
        self._end_stretch()
        group.trailer = segment
        group.claimed_count = segment.text(1)
        if count_of(group.claimed_count) != self._units:
            text = f"{self.group_trailer} counts {group.claimed_count!r} {self._counted}; there are {self._units}"
            self.add("group-count-mismatch", text, segment, element=1, value=group.claimed_count)
        reference = segment.text(2)
        if not self.same_group_reference(group.control_number, reference):
            text = f"{self.group_trailer} repeats {reference!r} for {self.group_header}'s {group.control_number!r}"
            self.add("group-reference-mismatch", text, segment, element=2, value=reference)
        if not self._units:
            self.add("empty-interchange", "the group has no message inside", segment)
        self._leave_group(group)

    def _close_group(self, at: int) -> None:
        """Closes what is open, without its trailer."""
        self._close_message(at)
        group = self.group
        if group is not None and group.explicit:
            self._end_stretch()
            text = f"the group ends after {self._units} messages without {self.group_trailer}"
            self.add_at(group.findings, "group-trailer-missing", text, at, segment=self.group_trailer)
        if group is not None:
            self._leave_group(group)

    def _leave_group(self, group: Group) -> None:
        self.group = None
        self._done.append(GroupClosed(self.interchange, group, self.window.source))

    # The interchange.

    def _on_trailer(self, segment: Segment) -> None:
        self._close_group(segment.offset)
        self._end_stretch()
        self.interchange.trailer = segment
        self._closed = True
        explicit, inside = self._explicit_groups, self._messages + self._packages
        grouped = explicit > 0 or self.groups_required
        units, name = (explicit, "groups") if grouped else (inside, self._counted)
        claimed = segment.text(1)
        if count_of(claimed) != units:
            text = f"{self.trailer} counts {claimed!r} {name}; there are {units}"
            self.add("interchange-count-mismatch", text, segment, element=1, value=claimed)
        self.check_trailer_reference(segment)
        if not inside and not explicit and not self.passed_over:
            self.add("empty-interchange", "the interchange has no message inside", segment)

    @property
    def _counted(self) -> str:
        """What trailers count beside groups."""
        return "messages and packages" if self._packages else "messages"

    def _end_without_trailer(self) -> None:
        tail = self.scanner.tail
        at = tail.offset if tail is not None else self.scanner.at
        self._close_group(at)
        self._end_stretch()
        if tail is not None and not tail.blank:
            complete = f"{self._complete} complete messages were read"
            text = f"{tail.length} bytes at the end are no whole segment; {complete}"
            head, separator, _ = tail.head.partition(self.dialect.element)
            tag = head.decode("ascii") if separator and _TAG.fullmatch(head) else None
            value = tail.head.decode(self.dialect.charset, "replace")
            self.add_at(self.interchange.findings, "truncated", text, at, segment=tag, value=value)
            if tail.length > self.limits.segment_bytes:
                text = f"{tail.length} bytes without a segment terminator; {self.limits.segment_bytes} are accepted"
                self.add_at(self.interchange.findings, "too-large", text, at, segment=tag)
        text = f"{self.trailer} is missing; {self._complete} complete messages were read"
        self.add_at(self.interchange.findings, "interchange-trailer-missing", text, at, segment=self.trailer)

    def _check_whole(self) -> None:
        self._report_empty(self.interchange.findings)
        self._report_oversized(self.interchange.findings)
        if self._explicit_groups and self._loose_at is not None:
            text = "messages inside and outside groups in one interchange; the standard allows one or the other"
            self.add_at(self.interchange.findings, "groups-mixed", text, self._loose_at)

    # What belongs nowhere.

    def stray(self, segment: Segment) -> None:
        """Notes a segment that may not stand where it does; a stretch of them is one finding."""
        if self._segments is not None:
            self.keep(segment)
            return
        if self.package is not None:
            return
        if not self._stretch:
            self._stretch_group = self.group if self.group is not None and self.group.explicit else None
            self._stretch.append(segment)
            self.note_place(segment.offset)
        else:
            self._stretch[1:] = [segment]
        self._stretch_length += 1

    def keep(self, segment: Segment) -> None:
        """Adds a segment to the open message, as if its tag had no meaning."""
        if self._segments is not None:
            segment.position = len(self._segments) + self._left_out + 1
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
        value = first.raw[:COPY].decode(self.dialect.charset, "replace")
        self.add_at(findings, "misplaced-segment", text, first.offset, segment=first.tag, value=value, group=group)
        self.forget_place(first.offset)
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
            self.note_place(segment.offset)

    def _report_empty(self, findings: list[Finding]) -> None:
        if self._empty:
            offset, count = self._empty
            text = f"{count} segment terminators with nothing before them were skipped, the first of them here"
            self.add_at(findings, "segment-empty-tag", text, offset, severity="note", layer="syntax")
            self.forget_place(offset)
            self._empty = []

    def _report_oversized(self, findings: list[Finding]) -> None:
        for offset, length in self.scanner.oversized[self._oversized_seen :]:
            text = f"a segment of {length} bytes; {self.limits.segment_bytes} are accepted, and the rest was left out"
            self.add_at(findings, "too-large", text, offset, layer="syntax")
            self.forget_place(offset)
        self._oversized_seen = len(self.scanner.oversized)
