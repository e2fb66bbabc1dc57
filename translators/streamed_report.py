"""The report on a file that is read as a stream, message by message, and never held.

The same documents as in :mod:`translators.report`, in the same order, made while the file goes by. Its messages are
judged by :mod:`translators.streamed_judgement` and forgotten but for what :mod:`translators.kept` keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Generic, NamedTuple, TypeVar, overload

import msgspec

from translators.finding import Finding, Severity, Where
from translators.judgement import Joined, JudgedPackage, Judgement
from translators.kept import MOST_FINDINGS, UNTOLD
from translators.kept_packages import KeptPackages
from translators.parts import (
    GroupClosed,
    GroupOpened,
    InterchangeClosed,
    InterchangeOpened,
    MessageRead,
    PackageRead,
    Part,
)
from translators.report import (
    InspectedInterchange,
    InspectedMessage,
    InspectedPackage,
    Inspection,
    Report,
    ReportedInterchange,
    all_findings,
    inspected_interchange,
    inspected_package,
    reported_finding,
    reported_interchange,
    reported_message,
    reported_package,
)
from translators.roll import Entry, Roll
from translators.streamed_judgement import GuideFor, StreamedJudgements
from translators.syntax import Dialect, Interchange, Source, Syntax

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


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
                reported_interchange(
                    judgement,
                    _Each(judgement.messages, reported_message),
                    _Each(judgement.packages, reported_package),
                )
                for judgement in self._judgements
            ],
            findings=[reported_finding(finding) for finding in findings if finding.severity != "note"],
        )


class _Each(Sequence[_Made], Generic[_Item, _Made]):
    """What is made of each of some items, when it is looked at."""

    def __init__(self, items: Sequence[_Item], make: Callable[[_Item], _Made]) -> None:
        self._items = items
        self._make = make

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[_Made]:
        return map(self._make, self._items)

    @overload
    def __getitem__(self, index: int) -> _Made: ...

    @overload
    def __getitem__(self, index: slice) -> list[_Made]: ...

    def __getitem__(self, index: int | slice) -> _Made | list[_Made]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        return self._make(self._items[index])


class _Opened(NamedTuple):
    """An interchange that was opened, and what was in it so far."""

    interchange: Interchange
    roll: Roll
    packages: list[KeptPackages]
    """Of each group that has any."""
    findings: list[Finding]

    def packages_of(self, part: PackageRead) -> KeptPackages:
        """Those of the group that a package was read in."""
        if not self.packages or self.packages[-1].group is not part.group:
            self.packages.append(KeptPackages(part.group, part.interchange.dialect))
        return self.packages[-1]


class StreamedInspection:
    """Takes the parts of a file; :meth:`inspection` is then what its envelopes say."""

    def __init__(self) -> None:
        self._syntax: Syntax | None = None
        self._file: list[Finding] = []
        self._opened: list[_Opened] = []
        self._of_messages: list[Finding] = []
        """Of the messages of the open group, whose own findings come before."""
        self._of_packages: list[Finding] = []
        self._listed = 0
        self._unlisted = 0
        self._unlisted_errors = False
        self.dialects: dict[str, Dialect] = {}
        """The delimiters of each interchange by its control number, for who shows excerpts."""

    def take(self, part: Part) -> None:
        """Takes the next part."""
        if isinstance(part, MessageRead):
            self._opened[-1].roll.add(part.message, valid=True)
            self._of_messages.extend(self._room(part.message.findings))
        elif isinstance(part, PackageRead):
            self._opened[-1].packages_of(part).add(part.package, told=False)
            self._of_packages.extend(self._room(part.package.findings))
        elif isinstance(part, GroupOpened):
            self._opened[-1].roll.begin(part.group)
        elif isinstance(part, GroupClosed):
            found = [*self._room(part.group.findings), *self._of_messages, *self._of_packages]
            self._opened[-1].findings.extend(found)
            self._of_messages.clear()
            self._of_packages.clear()
        elif isinstance(part, InterchangeOpened):
            self._syntax = self._syntax or part.interchange.syntax
            self._opened.append(_Opened(part.interchange, Roll(places=True), [], []))
            self.dialects.setdefault(part.interchange.control_number, part.interchange.dialect)
        elif isinstance(part, InterchangeClosed):
            self._opened[-1].findings[:0] = self._room(part.interchange.findings)
        else:
            self._syntax = self._syntax or part.syntax
            self._file.append(part.finding)

    def inspection(self) -> Inspection:
        """The envelopes of everything taken. Its messages are made when looked at."""
        findings = [*self._file, *(finding for opened in self._opened for finding in opened.findings)]
        if self._unlisted:
            text = f"{self._unlisted} findings more are not listed"
            severity: Severity = "error" if self._unlisted_errors else "warning"
            findings.append(
                Finding(code="findings-suppressed", severity=severity, text=text, where=Where(), layer="syntax")
            )
        return Inspection(
            syntax=self._syntax,
            interchanges=[
                inspected_interchange(
                    each.interchange,
                    _Each(each.roll, partial(_message, each.roll.groups)),
                    _Each(Joined(partial(iter, each.packages)), _package),
                )
                for each in self._opened
            ],
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


def _message(groups: Sequence[str | None], entry: Entry) -> InspectedMessage:
    kind = entry.kind
    return InspectedMessage(
        group=groups[entry.group],
        reference=entry.reference,
        type=kind.type,
        version=kind.version,
        agency=kind.agency,
        association=kind.association,
        segments=entry.segments,
        offset=entry.offset,
        length=entry.length,
    )


def _package(judged: JudgedPackage) -> InspectedPackage:
    return inspected_package(judged.group, judged.package)


def write_document(document: Report | Inspection) -> Iterator[bytes]:
    """The JSON of a report or an inspection in pieces, a message, package or finding a line: never held whole."""
    yield b"{\n"
    verdict = b'  "accepted": %b,\n' % msgspec.json.encode(document.accepted) if isinstance(document, Report) else b""
    yield b'  "syntax": %b,\n' % msgspec.json.encode(document.syntax) + verdict
    yield b'  "interchanges": ['
    interchanges: Sequence[ReportedInterchange | InspectedInterchange] = document.interchanges
    for number, each in enumerate(interchanges):
        yield b",\n    {" if number else b"\n    {"
        for name in each.__struct_fields__:
            if name not in ("messages", "packages"):
                value = msgspec.json.encode(getattr(each, name))
                yield b'"%b": %b, ' % (name.encode("ascii"), value)
        yield b'"messages": ['
        yield from _lines(each.messages, b"\n      ")
        yield b'], "packages": ['
        yield from _lines(each.packages, b"\n      ")
        yield b"]}"
    yield b'],\n  "findings": ['
    yield from _lines(document.findings, b"\n    ")
    yield b"]\n}\n"


def _lines(items: Iterable[msgspec.Struct], before: bytes) -> Iterator[bytes]:
    separator = before
    for item in items:
        yield separator + msgspec.json.encode(item)
        separator = b"," + before
