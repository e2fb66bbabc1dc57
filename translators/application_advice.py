"""824: what the application thinks of X12 transaction sets, one for each functional group that it speaks of.

An OTI loop names each set: accepted (TA), accepted with errors noted (TE) or rejected (TR), its reference, and group
and set number, by which the other side finds it again. A TED stands for each finding: code, text, place, and a copy of
the faulty value. Text that is longer than the 60 characters of TED02 goes on in NTE.

The 824 is older than the versions that matter and grew little: TED05 and TED06 are simple elements up to 004010 and
composites from 005010 on, and a date has six digits before 004000.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

from translators.application import ApplicationVerdict, words
from translators.codes import CODES
from translators.contexts import business_unit
from translators.envelope import Outgoing
from translators.finding import Finding
from translators.functional import group_version
from translators.functional_details import element_number, node
from translators.judgement import JudgedMessage, Judgement
from translators.quoting import X12Quoting, lines
from translators.syntax import Group, Interchange, MessageKind
from translators.terms import USUAL, Terms, copied, position
from translators.tree import Node

_OLDEST = "004010"
_EIGHT_DIGIT_DATES_SINCE = "004000"
_COMPOSITES_SINCE = "005010"
_TEXT, _NOTE, _MOST_NOTES = 60, 80, 5
"""TED02 and NTE02 in characters; lines of a note, of which there may be a hundred."""
_SET_NUMBER, _ORIGINAL = "TN", "00"
"""X12 128: a transaction's reference number; X12 353: sent for the first time."""


def application_advices(
    judgement: Judgement,
    verdicts: Sequence[ApplicationVerdict],
    at: datetime,
    first_reference: int = 1,
    terms: Terms = USUAL,
) -> list[Outgoing]:
    """The 824s that say these verdicts on an X12 interchange, dated ``at``; ST02 counts up.

    They are written in the version of the group they answer, the first six characters of its GS08.
    Source: X12 transaction set 824, 003060 to 005010; codes of elements 110, 128, 353 and 647.
    """
    if judgement.interchange.syntax != "x12":
        return []
    reports: list[Outgoing] = []
    for _, some in groupby(verdicts, key=lambda verdict: id(verdict.judged.group)):
        reference = f"{first_reference + len(reports):04d}"
        reports.append(_Report(judgement.interchange, list(some), at, terms).outgoing(reference))
    return reports


class _Report:
    """One 824 in the making."""

    def __init__(
        self, interchange: Interchange, verdicts: Sequence[ApplicationVerdict], at: datetime, terms: Terms
    ) -> None:
        self.interchange = interchange
        self.verdicts = verdicts
        self.group: Group = verdicts[0].judged.group
        self.at = at.astimezone(UTC)
        self.terms = terms
        self.quoted = X12Quoting(interchange.dialect, terms)
        self.version = group_version(terms.version or self.group.version, _OLDEST)

    def outgoing(self, reference: str) -> Outgoing:
        kind = MessageKind(type="824", version=self.version, agency="X")
        return Outgoing(kind=kind, reference=reference, body=tuple(self.body()))

    def body(self) -> Iterator[Node]:
        number = self.quoted(f"{self.interchange.control_number.strip()}-{self.group.control_number}", 30)
        day = "%Y%m%d" if self.version >= _EIGHT_DIGIT_DATES_SINCE else "%y%m%d"
        yield node("BGN", _ORIGINAL, number, self.at.strftime(day), f"{self.at:%H%M}")
        for verdict in self.verdicts:
            yield self.set_verdict(verdict)
            for finding in verdict.findings:
                yield from self.error(verdict.judged, finding)

    def set_verdict(self, verdict: ApplicationVerdict) -> Node:
        message, group = verdict.judged.message, self.group
        result = "TR" if not verdict.accepted else "TE" if verdict.findings else "TA"
        unit = business_unit(message, 0)
        number = group.control_number if group.control_number.isdigit() and len(group.control_number) <= 9 else ""
        reference = self.quoted(message.reference, 9)
        return node(
            "OTI",
            result,
            _SET_NUMBER,
            self.quoted(unit[1] if unit is not None else "", 30) or reference or "0",
            self.party(group.sender.id),
            self.party(group.receiver.id),
            "",
            "",
            number,
            # A set can only be named inside a group that is (C0908).
            reference if number else "",
            self.quoted(message.kind.type, 3),
            self.quoted(group.version, 12),
        )

    def party(self, code: str) -> str:
        """GS02 or GS03 as sent, unless it is shorter than X12 lets it be."""
        return self.quoted(code, 15) if len(code) >= 2 else ""

    def error(self, judged: JudgedMessage, finding: Finding) -> Iterator[Node]:
        where = finding.where
        # The colon, which most envelopes have as a delimiter, would become a question mark.
        said = self.quoted(words(finding, self.terms).replace(": ", " - "), _TEXT + _MOST_NOTES * _NOTE)
        first = next(lines(said, _TEXT, 1), "")
        tag = where.segment if where.segment is not None and 2 <= len(where.segment) <= 3 else ""
        at = position(finding, self.terms)
        yield Node(
            name="TED",
            elements=_trimmed(
                (CODES[finding.code].advice_code,),
                (first,),
                (self.quoted(tag, 3) if at else "",),
                (str(at) if at else "",),
                *self.place(judged, finding),
                (self.quoted(copied(finding, self.terms), 99),),
            ),
        )
        for line in lines(said[len(first) :].lstrip(), _NOTE, _MOST_NOTES):
            yield node("NTE", "", line)

    def place(self, judged: JudgedMessage, finding: Finding) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """TED05 and TED06: the element's position and number."""
        where, number = finding.where, element_number(judged, finding)
        if where.element is None or where.element > 99 or where.segment_position is None:
            return ("",), ("",)
        if self.version < _COMPOSITES_SINCE:
            return (str(where.element),), (number,)
        component = str(where.component) if where.component is not None and where.component <= 99 else ""
        repetition = str(where.repetition) if where.repetition is not None and where.repetition > 1 else ""
        place = (str(where.element), component, repetition)
        return place[: 3 if repetition else 2 if component else 1], (number,)


def _trimmed(*elements: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], ...], ...]:
    end = len(elements)
    while end and not any(elements[end - 1]):
        end -= 1
    return tuple((element,) for element in elements[:end])
