"""997: what the sender of X12 functional groups is told about them.

The rendering of a judgement, one 997 for each group received: AK1 names the group, an AK2 loop each set with its AK5
verdict, AK3 and AK4 the segments and elements that were refused, AK9 the group's verdict and counts. An
acknowledgment (group FA) is never acknowledged.

The counts of AK9 are what senders' systems act on: claimed is GE01 as sent, received is counted, accepted is what will
be processed. A set that is in order but falls with its group or interchange is reported as rejected, without a code of
its own, so that AK5, AK9 and the count never disagree.

Positions are X12's and ours: ST is segment 1, the first element after the tag is element 1. Something missing is
reported with the position of the last segment before the gap.

A 997 has the version of what it answers, and from 005010 on more to say: the version in AK1, the guide in AK2, the
repetition in AK4, and codes of its own for repetitions and components.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from translators.answers import is_acknowledgment
from translators.codes import CODES
from translators.envelope import Outgoing
from translators.finding import Finding
from translators.judgement import JudgedGroup, JudgedMessage, Judgement, element_spec, in_message_order, level_of
from translators.syntax import Dialect, MessageKind
from translators.tree import Node

_OLDEST = "004010"
"""The version of the 997 where the group's own is none."""
_RELEASE = re.compile(r"00[2-9]0[0-9][0-9]")
"""X12 480, its first six digits: version, release and subrelease."""
_MOST_SEGMENTS, _MOST_ELEMENTS, _MOST_CODES = 999, 99, 5
"""AK3 in a set (X12 allows 999,999; nobody reads more), AK4 in an AK3, and codes in AK5 and AK9."""
_MOST_COPIED = 99
"""X12 724, the copy of a bad element in AK404."""
_VISIBLE = "?"
"""Stands in what is quoted for what would break the 997 apart: delimiters, line breaks, and whatever is not ASCII."""

_GROUP_CODES = {"1": "1", "6": "6", "8": "2"}
"""X12 716 for a fault in GS01, GS06 and GS08 whose code has no word at group level."""


def functional_acknowledgments(
    judgement: Judgement, first_reference: int = 1, *, note_warnings: bool = False, delimiters: str = ""
) -> list[Outgoing]:
    """The 997s that answer an X12 interchange, one for each group; none for acknowledgments.

    ST02 counts up from ``first_reference``. With ``note_warnings`` a set that has nothing but warnings is "accepted,
    errors noted" (E) and they are listed; otherwise it is accepted (A). ``delimiters`` are those of the envelope the
    997 will travel in, when they are others than X12's usual and the received ones.
    Source: X12 transaction set 997; codes of elements 715 to 718, 720 and 723.
    """
    if judgement.interchange.syntax != "x12":
        return []
    answered = [group for group in judgement.groups if not _is_acknowledgment(group)]
    unsafe = frozenset("*~:^" + delimiters) | _characters(judgement.interchange.dialect)
    return [
        _Report(judged, note_warnings=note_warnings, unsafe=unsafe).outgoing(f"{first_reference + number:04d}")
        for number, judged in enumerate(answered)
    ]


def _is_acknowledgment(judged: JudgedGroup) -> bool:
    kinds = [message.message.kind for message in judged.messages]
    return judged.group.kind == "FA" or (bool(kinds) and all(is_acknowledgment(kind) for kind in kinds))


def _characters(dialect: Dialect) -> frozenset[str]:
    used = (dialect.element, dialect.component, dialect.terminator, dialect.repetition or b"")
    return frozenset(b"".join(used).decode("latin-1"))


class _Report:
    """One 997 in the making."""

    def __init__(self, judged: JudgedGroup, *, note_warnings: bool, unsafe: frozenset[str]) -> None:
        self.judged = judged
        version = judged.group.version[:6]
        self.version = version if _RELEASE.fullmatch(version) else _OLDEST
        self.severities = ("error", "warning") if note_warnings else ("error",)
        self.unsafe = unsafe

    @property
    def later(self) -> bool:
        return self.version >= "005010"

    def outgoing(self, reference: str) -> Outgoing:
        kind = MessageKind(type="997", version=self.version, agency="X")
        return Outgoing(kind=kind, reference=reference, body=tuple(self.body()))

    def body(self) -> Iterator[Node]:
        group = self.judged.group
        version = self.quoted(group.version, 12) if self.later else ""
        kind = self.quoted(group.kind, 2) or _VISIBLE * 2
        yield _node("AK1", kind, _digits(group.control_number, 9), version)
        verdicts = []
        for message in self.judged.messages:
            verdict = self.verdict(message)
            verdicts.append(verdict)
            yield from self.message(message, verdict)
        yield self.group_verdict(verdicts)

    def verdict(self, judged: JudgedMessage) -> str:
        if not judged.accepted:
            return "R"
        return "E" if any(self.message_codes(judged)) else "A"

    def group_verdict(self, verdicts: Sequence[str]) -> Node:
        group = self.judged.group
        codes = _distinct(self.group_code(finding) for finding in self.judged.findings if self.reported(finding))
        accepted = len(verdicts) - verdicts.count("R")
        if self.judged.rejected or (verdicts and not accepted):
            verdict, accepted = "R", 0
        elif accepted < len(verdicts):
            verdict = "P"
        else:
            verdict = "E" if "E" in verdicts or codes else "A"
        claimed = group.claimed_count if _is_count(group.claimed_count) else str(len(verdicts))
        return _node("AK9", verdict, claimed, str(len(verdicts)), str(accepted), *codes[:_MOST_CODES])

    def group_code(self, finding: Finding) -> str:
        where = finding.where
        at_header = _GROUP_CODES.get(str(where.element), "") if where.segment == "GS" else ""
        return CODES[finding.code].group or at_header

    def message(self, judged: JudgedMessage, verdict: str) -> Iterator[Node]:
        message = judged.message
        header = message.segments[0] if message.segments else None
        guide = self.quoted(header.text(3), 35) if header is not None and self.later else ""
        kind, reference = self.quoted(message.kind.type, 3), self.quoted(message.reference, 9)
        yield _node("AK2", kind or "000", reference or "0000", guide)
        yield from self.segments(judged)
        yield _node("AK5", verdict, *self.message_codes(judged)[:_MOST_CODES])

    def message_codes(self, judged: JudgedMessage) -> list[str]:
        """What AK502 to AK506 say: the set's own faults, and 5 when segments were refused."""
        return _distinct(
            CODES[finding.code].message_code(self.version) or ("5" if level_of(finding) != "message" else "")
            for finding in judged.findings
            if self.reported(finding)
        )

    def reported(self, finding: Finding) -> bool:
        """Whether the 997 speaks of it: errors always, warnings only if X12 has a word for them."""
        if finding.severity == "error":
            return True
        code = CODES[finding.code]
        return finding.severity in self.severities and any((code.group, code.message, code.segment, code.element))

    def segments(self, judged: JudgedMessage) -> Iterator[Node]:
        """AK3 and AK4. Faults of a segment and faults of its elements need an AK3 each, as it has one code."""
        placed = [one for one in judged.findings if self.reported(one) and level_of(one) != "message"]
        count = 0
        for _, found in groupby(in_message_order(placed), lambda finding: finding.where.segment_position):
            elements: list[Finding] = []
            wholes: list[Finding] = []
            for finding in found:
                (elements if level_of(finding) == "element" else wholes).append(finding)
            if elements and count < _MOST_SEGMENTS:
                count += 1
                yield _segment(elements[0], "8")
                nodes = [self.element(judged, finding) for finding in elements]
                yield from [node for node in nodes if node is not None][:_MOST_ELEMENTS]
            for finding in wholes[: _MOST_SEGMENTS - count]:
                count += 1
                yield _segment(finding, CODES[finding.code].segment or "8")

    def element(self, judged: JudgedMessage, finding: Finding) -> Node | None:
        where, code = finding.where, CODES[finding.code].element_code(self.version)
        # X12 722 and 1528 have two digits; a fault further out is told by its AK3 alone.
        if code is None or where.element is None or where.element > 99:
            return None
        component = where.component if where.component is not None and where.component <= 99 else None
        position = [str(where.element), str(component or "")]
        if self.later and where.repetition is not None and where.repetition > 1:
            position.append(str(where.repetition))
        while not position[-1]:
            position.pop()
        copy = self.quoted(finding.value or "", _MOST_COPIED)
        elements = ((tuple(position),), ((_element_number(judged, finding),),), ((code,),), ((copy,),))
        return Node(name="AK4", elements=elements if copy else elements[:3])

    def quoted(self, value: str, most: int) -> str:
        """``value`` as the 997 can carry it: no longer than ``most``, nothing in it that ends an element."""
        return "".join(
            character if " " <= character <= "~" and character not in self.unsafe else _VISIBLE
            for character in value[:most]
        ).rstrip()


def _segment(finding: Finding, code: str) -> Node:
    where = finding.where
    tag = "".join(character for character in where.segment or "" if character.isascii() and character.isalnum())[:3]
    return _node(
        "AK3", tag if len(tag) >= 2 else tag + _VISIBLE * (2 - len(tag)), str(where.segment_position), "", code
    )


def _element_number(judged: JudgedMessage, finding: Finding) -> str:
    """The data element number (X12 725) that stands at the finding's place; empty for composites and the unknown."""
    spec, component = element_spec(judged, finding), finding.where.component
    if spec is None:
        return ""
    number = spec.ref
    if spec.composite and component is not None and component <= len(spec.components):
        number = spec.components[component - 1].ref
    return number if number.isdigit() and len(number) <= 4 else ""


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6


def _digits(text: str, most: int) -> str:
    """``text`` if it is a number X12 can carry, else 0: the group is named by its place then, and rejected anyway."""
    return text if text.isascii() and text.isdigit() and len(text) <= most else "0"


def _distinct(codes: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(code for code in codes if code))


def _node(tag: str, *values: str) -> Node:
    last = max((number for number, value in enumerate(values, start=1) if value), default=0)
    return Node(name=tag, elements=tuple(((value,),) for value in values[:last]))
