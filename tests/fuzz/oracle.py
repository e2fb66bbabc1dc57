"""What has to hold for any bytes whatever; the first law that does not is raised as :class:`Broken`.

* Reading, judging, reporting and answering end in values, never in an exception.
* Each finding has a code of the list, a place inside the file, and a rendering in JSON.
* A file read in pieces gives what it gives in one, and rewriting it with nothing to change gives the file.
* An acknowledgment we write is without fault by our own guides, but for what it has to repeat as received.
* Time goes with length: a file of 64 KiB takes no more than some seconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from gateway.catalogue import Catalogue
from gateway.judging import guide_of_standard
from gateway.wiring import swapped_envelope
from translators.codes import CODES
from translators.contrl import contrl
from translators.envelope import Outgoing
from translators.finding import Finding
from translators.functional import functional_acknowledgments
from translators.judgement import Judgement, judge
from translators.parts import GroupClosed, InterchangeClosed, MessageRead, Noticed, PackageRead
from translators.reading import read
from translators.report import inspection, report
from translators.rewriting import rewrite
from translators.streaming import read_stream
from translators.syntax import Reading
from translators.ta1 import ta1
from translators.tree import Node
from translators.writing import write

SECONDS_PER_MEGABYTE = 60.0
"""The exact path needs about a second for a megabyte; a file of faults several. Sixty is not slowness but a loop."""
SECONDS_AT_LEAST = 2.0

_AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class Broken(Exception):
    """A law that a file breaks."""


class Oracle:
    """Holds the guides, so that they are compiled once for a whole run."""

    def __init__(self) -> None:
        self._catalogue = Catalogue()

    def signature(self, data: bytes) -> frozenset[tuple[str, str | None, int | None]]:
        """What was found in ``data``, as a set by which a new kind of file is told from a known one.

        Raises :class:`Broken`, and whatever the engine raises.
        """
        start = time.process_time()
        reading = read(data)
        judgements = [
            judge(interchange, reading.source, guide_of_standard(self._catalogue, reading.source))
            for interchange in reading.interchanges
        ]
        made = report(reading, judgements)
        msgspec.json.encode(made)
        msgspec.json.encode(inspection(reading))
        for judgement in judgements:
            self._answer(judgement, data)
        if rewrite(reading, data, {}).data != data:
            raise Broken("rewriting with nothing to change changed something")
        for size in (1, 7, 4096) if len(data) < 2000 else (4096,):
            if _parts(data, size) != _parts(data, len(data) or 1):
                raise Broken(f"read in pieces of {size} bytes it is something else")
        seconds = time.process_time() - start
        if seconds > max(SECONDS_AT_LEAST, SECONDS_PER_MEGABYTE * len(data) / 1e6):
            raise Broken(f"{seconds:.1f} seconds for {len(data)} bytes")
        found = list(_findings(reading, judgements))
        for finding in found:
            check_finding(finding, data)
        _check_places(reading, data)
        return frozenset((finding.code, finding.where.segment, finding.where.element) for finding in found)

    def _answer(self, judgement: Judgement, data: bytes) -> None:
        interchange = judgement.interchange
        messages: list[Outgoing] = []
        extra: list[Node] = []
        if interchange.syntax == "edifact":
            answer = contrl(judgement, "1")
            messages = [answer] if answer is not None else []
        else:
            messages = functional_acknowledgments(judgement)
            envelope_answer = ta1(judgement)
            extra = [envelope_answer] if envelope_answer is not None else []
        if (not messages and not extra) or not interchange.control_number.strip():
            # What has no reference cannot be answered by its reference; UCI 0020 and TA101 then stay as received.
            return
        written = write(swapped_envelope(interchange, 1, _AT), messages, extra)
        if not written.sendable:
            # The names of the parties come from the damaged file and may not fit into an envelope: that is said.
            return
        again = read(written.data)
        for back in again.interchanges:
            verdict = judge(back, again.source, guide_of_standard(self._catalogue, again.source))
            wrong = [
                finding
                for finding in [*again.findings, *verdict.findings, *(f for m in verdict.messages for f in m.findings)]
                if finding.fatal and not _quoted(finding, data)
            ]
            if wrong:
                raise Broken(f"our own answer is at fault: {wrong[0]} in {written.data[:2000]!r}")


def _parts(data: bytes, size: int) -> list[tuple[object, ...]]:
    """What a file read in pieces of ``size`` bytes is, in a form that can be compared."""
    found: list[tuple[object, ...]] = []
    for part in read_stream(data[at : at + size] for at in range(0, len(data), size)):
        match part:
            case MessageRead(message=message):
                segments = tuple((each.tag, each.raw, each.offset, each.position) for each in message.segments)
                found.append(
                    (message.reference, message.kind, message.offset, message.end, segments, *message.findings)
                )
            case PackageRead(package=package):
                place = package.offset, package.start, package.length, package.end
                found.append((package.reference, *place, *package.findings))
            case InterchangeClosed(interchange=interchange):
                found.append((interchange.control_number, interchange.offset, interchange.end, *interchange.findings))
            case GroupClosed(group=group):
                found.append((group.control_number, group.claimed_count, *group.findings))
            case Noticed(finding=finding):
                found.append((finding,))
    return found


def _quoted(finding: Finding, data: bytes) -> bool:
    """Whether a fault of our answer is a value of the damaged file: repeated as received, or with a ``?`` in it."""
    value = finding.value.strip() if finding.value is not None else ""
    return bool(value) and ("?" in value or value.encode("latin-1", "replace") in data)


def _findings(reading: Reading, judgements: list[Judgement]) -> Iterator[Finding]:
    yield from reading.findings
    for judgement in judgements:
        yield from judgement.findings
        for message in judgement.messages:
            yield from message.findings
        for package in judgement.packages:
            yield from package.findings


def check_finding(finding: Finding, data: bytes) -> None:
    """Raises :class:`Broken` for a finding that cannot be one of this file."""
    where = finding.where
    if finding.code not in CODES:
        raise Broken(f"a code that is in no list: {finding.code}")
    if where.offset is not None and not 0 <= where.offset <= len(data):
        raise Broken(f"a place outside the file: {finding}")
    if (where.line is not None and where.line < 1) or (where.column is not None and where.column < 1):
        raise Broken(f"a line or column below 1: {finding}")


def _check_places(reading: Reading, data: bytes) -> None:
    last = 0
    for interchange in reading.interchanges:
        if not last <= interchange.offset <= interchange.end:
            raise Broken(f"interchanges overlap: {interchange.offset} to {interchange.end} behind {last}")
        last = interchange.end
        for message in interchange.messages:
            if not interchange.offset <= message.offset <= message.end <= interchange.end:
                raise Broken(f"a message outside its interchange: {message.offset} to {message.end}")
        for package in interchange.packages:
            places = interchange.offset, package.offset, package.start, package.start + package.length, package.end
            if list(places) != sorted(places) or package.end > interchange.end:
                raise Broken(f"a package outside its interchange: {package.offset} to {package.end}")
    if last > len(data):
        raise Broken("an interchange ends behind the file")
