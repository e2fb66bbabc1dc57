"""997 and 999: what the sender of X12 functional groups is told about them.

The rendering of a judgement, one set for each group received: AK1 names the group, an AK2 loop each set with its AK5
verdict, AK3 and AK4 the segments and elements that were refused, AK9 the group's verdict and counts. A 999 has IK3, IK4
and IK5 in their place (:mod:`translators.functional_details`), with words for breaking a guide and with contexts; it
exists from 005010 on, and a partner gets one or the other. An acknowledgment (group FA) is never acknowledged.

The counts of AK9 are what senders' systems act on: claimed is GE01 as sent, received is counted, accepted is what will
be processed. They count every set, whether the terms let it be named or not. A set that is in order but falls with its
group or interchange is reported as rejected, without a code of its own, so that AK5, AK9 and the count never disagree.

A 997 has the version of what it answers, the first six characters of GS08, and from 005010 on more to say: the version
in AK1, the guide in AK2, the repetition in AK4, and codes of its own for repetitions and components.

Of an accepted set nothing is looked at but what it is called: in a file of a million sets they are never split.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from translators.codes import CODES
from translators.envelope import Body, Outgoing
from translators.finding import Finding
from translators.functional_details import Details, node
from translators.judgement import JudgedGroup, JudgedMessage, Judgement, level_of
from translators.quoting import VISIBLE, X12Quoting
from translators.syntax import Message, MessageKind
from translators.terms import USUAL, Terms, is_answered, of_guide
from translators.tree import Node

FunctionalKind = Literal["997", "999"]
_Verdict = Literal["A", "E", "R"]

_OLDEST = {"997": "004010", "999": "005010"}
"""The version of the answer where the group's own is none, or has no such set."""
_RELEASE = re.compile(r"00[2-9]0[0-9][0-9]")
"""X12 480, its first six digits: version, release and subrelease."""
_MOST_CODES = 5
"""In AK5 and in AK9."""

_GROUP_CODES = {"1": "1", "6": "6", "8": "2"}
"""X12 716 for a fault in GS01, GS06 and GS08 whose code has no word at group level."""


def functional_acknowledgments(
    judgement: Judgement, first_reference: int = 1, terms: Terms = USUAL, *, kind: FunctionalKind = "997"
) -> list[Outgoing]:
    """The 997s (or 999s) that answer an X12 interchange, one for each group; none for acknowledgments.

    ST02 counts up from ``first_reference``. On terms that note warnings, a set that has nothing but warnings is
    "accepted, errors noted" (E) and they are listed; otherwise it is accepted (A). A version in the terms is one of the
    999: ``005010X231A1`` names the guide that the 999 itself keeps to.
    Source: X12 transaction sets 997 and 999; codes of elements 618, 620, 621, 715 to 718, 720 and 723.
    """
    if judgement.interchange.syntax != "x12":
        return []
    quoted = X12Quoting(judgement.interchange.dialect, terms)
    answered = [group for group in judgement.groups if _is_answered(group, terms)]
    return [
        _Report(judged, kind, terms, quoted).outgoing(f"{first_reference + number:04d}")
        for number, judged in enumerate(answered)
    ]


def _is_answered(judged: JudgedGroup, terms: Terms) -> bool:
    if judged.group.kind == "FA":
        return False
    return not judged.messages or any(is_answered(message.message.kind, terms) for message in judged.messages)


def group_version(version: str, otherwise: str) -> str:
    """The version in which a group of this one (GS08) is answered: its first six characters, if they are a version."""
    return version[:6] if _RELEASE.fullmatch(version[:6]) else otherwise


class _Report:
    """One 997 or 999 in the making."""

    def __init__(self, judged: JudgedGroup, kind: FunctionalKind, terms: Terms, quoted: X12Quoting) -> None:
        self.judged = judged
        self.kind = kind
        self.terms = terms
        self.quoted = quoted
        oldest = _OLDEST[kind]
        self.version = max(group_version(judged.group.version, oldest), oldest if kind == "999" else "")
        self.association = ""
        if kind == "999" and terms.version:
            self.version, self.association = terms.version[:6], terms.version[6:]
        self.details = Details(kind, self.version, terms, quoted)

    @property
    def later(self) -> bool:
        """Whether there is a place for versions and guides in AK1 and AK2."""
        return self.version >= "005010"

    def outgoing(self, reference: str) -> Outgoing:
        kind = MessageKind(type=self.kind, version=self.version, agency="X", association=self.association)
        return Outgoing(kind=kind, reference=reference, body=Body(self.body))

    def body(self) -> Iterator[Node]:
        group = self.judged.group
        version = self.quoted(group.version, 12) if self.later else ""
        yield node("AK1", self.quoted(group.kind, 2) or VISIBLE * 2, _digits(group.control_number, 9), version)
        verdicts: Counter[_Verdict] = Counter()
        for judged in self.judged.messages:
            codes = self.message_codes(judged)
            verdict: _Verdict = "R" if not judged.accepted else "E" if codes else "A"
            verdicts[verdict] += 1
            if self.named(verdict):
                yield from self.message(judged, verdict, codes)
        yield self.group_verdict(verdicts)

    def named(self, verdict: _Verdict) -> bool:
        """Whether the terms ask for an AK2 loop of a set with this verdict."""
        match self.terms.detail:
            case "rejects":
                return verdict == "R"
            case "faults":
                return verdict != "A"
            case _:
                return True

    def group_verdict(self, verdicts: Counter[_Verdict]) -> Node:
        group = self.judged.group
        codes = _distinct(self.group_code(finding) for finding in self.judged.findings if self.reported(finding))
        received = verdicts.total()
        accepted = received - verdicts["R"]
        if self.judged.rejected or (received and not accepted):
            verdict, accepted = "R", 0
        elif accepted < received:
            verdict = "P"
        else:
            verdict = "E" if verdicts["E"] or codes else "A"
        claimed = group.claimed_count if _is_count(group.claimed_count) else str(received)
        return node("AK9", verdict, claimed, str(received), str(accepted), *codes[:_MOST_CODES])

    def group_code(self, finding: Finding) -> str:
        where = finding.where
        at_header = _GROUP_CODES.get(str(where.element), "") if where.segment == "GS" else ""
        return CODES[finding.code].group or at_header

    def message(self, judged: JudgedMessage, verdict: _Verdict, codes: Sequence[str]) -> Iterator[Node]:
        message = judged.message
        guide = self.quoted(_guide_reference(message), 35) if self.later else ""
        kind, reference = self.quoted(message.kind.type, 3), self.quoted(message.reference, 9)
        yield node("AK2", kind or "000", reference or "0000", guide)
        placed = [one for one in judged.findings if self.reported(one) and level_of(one) != "message"]
        yield from self.details.segments(judged, placed)
        yield node(self.details.set_tag, verdict, *codes[:_MOST_CODES])

    def message_codes(self, judged: JudgedMessage) -> list[str]:
        """What AK502 to AK506 say: the set's own faults, and 5 when segments were refused."""
        return _distinct(code for one in judged.findings if self.reported(one) for code in self.codes_of(one))

    def codes_of(self, finding: Finding) -> Iterator[str]:
        code = CODES[finding.code]
        of_segment = level_of(finding) != "message"
        # The list of the base standard (618) knows no I5; the 999 of a guide does.
        if of_segment and self.kind == "999" and self.association and of_guide(finding):
            yield "I5"
        else:
            yield code.message_code(self.version) or ("5" if of_segment else "")
        if self.kind == "999" and code.message_guide is not None:
            yield code.message_guide

    def reported(self, finding: Finding) -> bool:
        """Whether the answer speaks of it: errors always, warnings on such terms and if X12 has a word for them."""
        if finding.fatal:
            return True
        code = CODES[finding.code]
        noted = self.terms.note_warnings and finding.severity == "warning"
        return noted and any((code.group, code.message, code.segment, code.element))


def _guide_reference(message: Message) -> str:
    """ST03 as it was sent."""
    header = message.header
    return header.text(3) if header is not None else ""


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6


def _digits(text: str, most: int) -> str:
    """``text`` if it is a number X12 can carry, else 0: the group is named by its place then, and rejected anyway."""
    return text if text.isascii() and text.isdigit() and len(text) <= most else "0"


def _distinct(codes: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(code for code in codes if code))
