"""The report on a file that is read as a stream, message by message, and never held.

The same documents as in :mod:`translators.report`, in the same order, made while the file goes by. Its messages are
judged by :mod:`translators.streamed_judgement` and forgotten but for what :mod:`translators.kept` keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import overload

import msgspec

from translators.finding import Finding, Severity, Where
from translators.judgement import JudgedMessage, Judgement
from translators.kept import MOST_FINDINGS, UNTOLD
from translators.parts import (
    GroupClosed,
    GroupOpened,
    InterchangeClosed,
    InterchangeOpened,
    MessageRead,
    Part,
)
from translators.report import (
    InspectedInterchange,
    InspectedMessage,
    Inspection,
    Report,
    ReportedFinding,
    ReportedInterchange,
    ReportedMessage,
    all_findings,
    inspected_interchange,
    reported_finding,
    reported_interchange,
    reported_message,
)
from translators.roll import Roll
from translators.streamed_judgement import GuideFor, StreamedJudgements
from translators.syntax import Dialect, Interchange, Source, Syntax


class StreamedReport:
    """Takes the parts of a file and judges its messages; :meth:`report` is the report on it then.

    ``guides_of`` gives, for a source, what finds the guide of a message there. ``settle`` is what is to be done with an
    interchange when all is known about it: how far a rejected message reaches.
    """

    def __init__(
        self, guides_of: Callable[[Source], GuideFor], settle: Callable[[Judgement], None] | None = None
    ) -> None:
        self._judging = StreamedJudgements(guides_of)
        self._settle = settle
        self._judgements: list[Judgement] = []
        self._findings: list[Finding] = []
        self._unlisted = 0

    @property
    def dialects(self) -> dict[str, Dialect]:
        """The delimiters of each interchange by its control number, for who shows excerpts."""
        return self._judging.dialects

    def take(self, part: Part) -> None:
        """Takes the next part."""
        judgement = self._judging.take(part)
        if judgement is None:
            return
        if self._settle is not None:
            self._settle(judgement)
        self._judgements.append(judgement)
        for finding in all_findings(judgement):
            # Those that were not kept are counted already.
            if finding.severity == "note" or finding is UNTOLD:
                continue
            if len(self._findings) < MOST_FINDINGS:
                self._findings.append(finding)
            else:
                self._unlisted += 1

    def report(self) -> Report:
        """The report on everything taken. Its messages are made when looked at; :func:`write_document` writes it."""
        findings = [*self._judging.findings, *self._findings]
        unlisted = self._unlisted + self._judging.untold
        if unlisted:
            text = f"{unlisted} findings more are not listed; the verdicts count them"
            findings.append(
                Finding(code="findings-suppressed", severity="warning", text=text, where=Where(), layer="syntax")
            )
        return Report(
            syntax=self._judging.syntax,
            accepted=bool(self._judgements)
            and all(judgement.accepted for judgement in self._judgements)
            and not any(finding.fatal for finding in self._judging.findings),
            interchanges=[
                reported_interchange(judgement, _Reported(judgement.messages)) for judgement in self._judgements
            ],
            findings=[reported_finding(finding) for finding in findings if finding.severity != "note"],
        )


class _Reported(Sequence[ReportedMessage]):
    """The messages of an interchange as reported, each made when it is looked at."""

    def __init__(self, messages: Sequence[JudgedMessage]) -> None:
        self._messages = messages

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[ReportedMessage]:
        return map(reported_message, self._messages)

    @overload
    def __getitem__(self, index: int) -> ReportedMessage: ...

    @overload
    def __getitem__(self, index: slice) -> list[ReportedMessage]: ...

    def __getitem__(self, index: int | slice) -> ReportedMessage | list[ReportedMessage]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        return reported_message(self._messages[index])


class StreamedInspection:
    """Takes the parts of a file; :meth:`inspection` is then what its envelopes say."""

    def __init__(self) -> None:
        self._syntax: Syntax | None = None
        self._file: list[Finding] = []
        self._opened: list[tuple[Interchange, Roll, list[Finding]]] = []
        self._of_messages: list[Finding] = []
        """Of the messages of the open group, whose own findings come before."""
        self._listed = 0
        self._unlisted = 0
        self._unlisted_errors = False
        self.dialects: dict[str, Dialect] = {}
        """The delimiters of each interchange by its control number, for who shows excerpts."""

    def take(self, part: Part) -> None:
        """Takes the next part."""
        if isinstance(part, MessageRead):
            self._opened[-1][1].add(part.message, valid=True)
            self._of_messages.extend(self._room(part.message.findings))
        elif isinstance(part, GroupOpened):
            self._opened[-1][1].begin(part.group)
        elif isinstance(part, GroupClosed):
            self._opened[-1][2].extend([*self._room(part.group.findings), *self._of_messages])
            self._of_messages.clear()
        elif isinstance(part, InterchangeOpened):
            self._syntax = self._syntax or part.interchange.syntax
            self._opened.append((part.interchange, Roll(places=True), []))
            self.dialects.setdefault(part.interchange.control_number, part.interchange.dialect)
        elif isinstance(part, InterchangeClosed):
            self._opened[-1][2][:0] = self._room(part.interchange.findings)
        else:
            self._syntax = self._syntax or part.syntax
            self._file.append(part.finding)

    def inspection(self) -> Inspection:
        """The envelopes of everything taken. Its messages are made when looked at."""
        findings = [*self._file, *(finding for _, _, found in self._opened for finding in found)]
        if self._unlisted:
            text = f"{self._unlisted} findings more are not listed"
            severity: Severity = "error" if self._unlisted_errors else "warning"
            findings.append(
                Finding(code="findings-suppressed", severity=severity, text=text, where=Where(), layer="syntax")
            )
        return Inspection(
            syntax=self._syntax,
            interchanges=[inspected_interchange(each, _Inspected(roll)) for each, roll, _ in self._opened],
            findings=[reported_finding(finding) for finding in findings],
        )

    def _room(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Those that are listed still; the others are counted."""
        listed = findings[: MOST_FINDINGS - self._listed]
        self._listed += len(listed)
        if len(listed) < len(findings):
            self._unlisted += len(findings) - len(listed)
            self._unlisted_errors |= any(finding.fatal for finding in findings[len(listed) :])
        return listed


class _Inspected(Sequence[InspectedMessage]):
    """The messages of an interchange as inspected, each made when it is looked at."""

    def __init__(self, roll: Roll) -> None:
        self._roll = roll

    def __len__(self) -> int:
        return len(self._roll)

    @overload
    def __getitem__(self, index: int) -> InspectedMessage: ...

    @overload
    def __getitem__(self, index: slice) -> list[InspectedMessage]: ...

    def __getitem__(self, index: int | slice) -> InspectedMessage | list[InspectedMessage]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        entry = self._roll[index]
        kind = entry.kind
        return InspectedMessage(
            group=self._roll.groups[entry.group],
            reference=entry.reference,
            type=kind.type,
            version=kind.version,
            agency=kind.agency,
            association=kind.association,
            segments=entry.segments,
            offset=entry.offset,
            length=entry.length,
        )


def write_document(document: Report | Inspection) -> Iterator[bytes]:
    """The JSON of a report or an inspection in pieces, a message and a finding a line, so that none is held whole."""
    yield b"{\n"
    verdict = b'  "accepted": %b,\n' % msgspec.json.encode(document.accepted) if isinstance(document, Report) else b""
    yield b'  "syntax": %b,\n' % msgspec.json.encode(document.syntax) + verdict
    yield b'  "interchanges": ['
    interchanges: Sequence[ReportedInterchange | InspectedInterchange] = document.interchanges
    for number, each in enumerate(interchanges):
        yield b",\n    {" if number else b"\n    {"
        for name in each.__struct_fields__:
            if name != "messages":
                value = msgspec.json.encode(getattr(each, name))
                yield b'"%b": %b, ' % (name.encode("ascii"), value)
        yield b'"messages": ['
        yield from _lines(each.messages, b"\n      ")
        yield b"]}"
    yield b'],\n  "findings": ['
    yield from _lines(document.findings, b"\n    ")
    yield b"]\n}\n"


def _lines(items: Iterable[ReportedMessage | InspectedMessage | ReportedFinding], before: bytes) -> Iterator[bytes]:
    separator = before
    for item in items:
        yield separator + msgspec.json.encode(item)
        separator = b"," + before
