"""What is wrong with an interchange while it is read: found, given its place, and put where it belongs.

A finding goes to the innermost level that is open: the message or package, an explicit group, the interchange. Its line
and column are told at once, because what it stands in may not be held any more when somebody asks; places that are told
later are noted as long as they are held.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from translators.blemishes import Examiner
from translators.charset import Charset, suspicion
from translators.finding import Finding, Layer, Severity, Where
from translators.limits import Limits
from translators.reading_terms import ReadingTerms
from translators.syntax import Group, Interchange, Message, Package, Segment
from translators.window import Window

COPY = 80
"""How much of a value a finding copies."""


class InterchangeFindings:
    """Adds findings to the levels of one interchange; ``group``, ``message``, ``package``: what is open."""

    def __init__(
        self, interchange: Interchange, window: Window, limits: Limits, charset: Charset, terms: ReadingTerms
    ) -> None:
        self.interchange = interchange
        self.window = window
        self.limits = limits
        self.charset = charset
        self.dialect = interchange.dialect
        self.group: Group | None = None
        """The open group; for EDIFACT also the implicit one that holds ungrouped messages."""
        self.message: Message | None = None
        self.package: Package | None = None
        self._places: dict[int, tuple[int, int, int]] = {}
        """Places that will be needed when they are no longer held."""
        self._examiner = Examiner(interchange.dialect, charset, terms)
        self._suspected = False

    # Places.

    def note_place(self, offset: int) -> None:
        """Remembers a place that may be needed when it is no longer held."""
        self._places[offset] = self.window.source.place(offset)

    def forget_place(self, offset: int) -> None:
        """Forgets a place that was told."""
        self._places.pop(offset, None)

    # Characters.

    def examine(self, segments: list[Segment], start: int, stretch: bytes, findings: list[Finding]) -> None:
        """Adds what is wrong with characters and separators in ``segments``: ``stretch``, which begins at ``start``."""
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
                value=blemish.value[:COPY],
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

    # Limits.

    def check_limits(self, segments: Sequence[Segment], stretch: bytes) -> None:
        """Adds segments with too many elements, and elements with too many repetitions."""
        dialect, limits = self.dialect, self.limits
        many = stretch.count(dialect.element) > limits.segment_elements
        repeated = dialect.repetition is not None and stretch.count(dialect.repetition) >= limits.repetitions
        if not many and not repeated:
            return
        for segment in segments:
            if segment.binary:
                continue
            if segment.raw.count(dialect.element) > limits.segment_elements:
                number = len(segment.elements)
                if number > limits.segment_elements:
                    text = f"a segment of {number} elements; {limits.segment_elements} are accepted"
                    self.add("too-large", text, segment, element=limits.segment_elements + 1)
            if dialect.repetition is not None and segment.raw.count(dialect.repetition) >= limits.repetitions:
                for element, occurrences in enumerate(segment.elements, 1):
                    if len(occurrences) > limits.repetitions:
                        text = f"an element of {len(occurrences)} repetitions; {limits.repetitions} are accepted"
                        self.add("too-large", text, segment, element=element)

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
        if self.message is not None:
            findings = self.message.findings
        elif self.package is not None:
            findings = self.package.findings
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
        message = None if at_interchange else self.message
        package = None if at_interchange else self.package
        where = Where(
            interchange=self.interchange.control_number or None,
            group=group.control_number if group is not None and group.explicit and not at_interchange else None,
            message=message.reference if message is not None else None,
            package=package.reference if package is not None else None,
            segment=segment,
            segment_position=position,
            element=element,
            component=component,
            repetition=repetition,
        )
        at, line, column = self._places.get(offset) or self.window.source.place(offset)
        where = msgspec.structs.replace(where, line=line, column=column, offset=at)
        findings.append(Finding(code=code, severity=severity, text=text, where=where, layer=layer, value=value))
