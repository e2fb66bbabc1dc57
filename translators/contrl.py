"""CONTRL: what the sender of an EDIFACT interchange is told about it (ISO 9735, syntax and service report).

The rendering of a judgement. An interchange that falls is answered with one UCI and nothing below it. Otherwise UCI
says 7, "accepted unless rejected below", and only what is rejected is named: groups by UCF, messages and packages by
UCM, segments by UCS, elements by UCD. The CONTRL's own reference and envelope are the caller's; the segments between
UNH and UNT are made here. What they quote is in the subject's character set, so the envelope should have that one too.

Two versions exist side by side. An interchange of syntax 1 to 3 is answered with CONTRL D:3, one of syntax 4 with
CONTRL 4:1, which has newer error codes and may leave out what a damaged message does not say. Where D:3 demands a value
that was not received, ``-`` stands in: the answer then still is a valid CONTRL, and nobody's reference.

A package has no segments that could be spoken of, only UNO and UNP: its UCM names it by 0800 and by the reference
identification (S020) that UNO gave, and says all there is to say. Below syntax 4 there are no packages.

Positions are CONTRL's: 0098 counts the tag as 1, so that our element 1 is its 2; 0096 counts UNH as 1. Something
missing is reported with the position of the last segment before the gap, or as the partner's terms say.

UCM has room for one error (0085), UNH and UNT for several. It names the one that stands first in the message, header
before trailer and then by element; of those at one place the one whose code comes first in the alphabet; and a wrong
count (UNT 0074) only where nothing else is wrong, since it mostly follows from that.

Of an accepted message nothing is looked at but what it is called: in a file of a million messages they are never split.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from translators.codes import CODES
from translators.envelope import Body, Outgoing
from translators.finding import Finding
from translators.judgement import (
    JudgedGroup,
    JudgedMessage,
    JudgedPackage,
    Judgement,
    Level,
    foremost,
    in_message_order,
    in_place_order,
    level_of,
    noted,
    service_tags,
    syntax_version,
    usual_place,
)
from translators.syntax import Message, MessageKind, Segment
from translators.terms import USUAL, Terms, is_answered, of_guide, position
from translators.tree import Node

_REJECTED, _ACCEPTED, _RECEIVED = "4", "7", "8"
"""0083: this level and all below it; this level, and below it what is not rejected by name; only received."""
_UNSPECIFIED = "18"
"""0085 of an error for which the list has no word."""
_ABSENT = "-"
_UNREADABLE = "?"
_MOST_SEGMENTS, _MOST_ELEMENTS, _MOST_MESSAGES = 999, 99, 999_999
"""How often UCS stands in a UCM, UCD in a UCS, and UCM or UCF in a CONTRL."""

_WHOLE_SEGMENT = frozenset({"elements-too-many", "trailing-separator"})
"""What 0085 knows as a fault of the segment (16, 45) although we can say at which element it begins."""

_Composite = tuple[str, ...]


def contrl(judgement: Judgement, reference: str = "1", terms: Terms = USUAL) -> Outgoing | None:
    """The CONTRL that answers an EDIFACT interchange; ``None`` when it must not or cannot be answered.

    An acknowledgment is never acknowledged, and without a control reference (0020) there is nothing to answer to.
    Of the terms, ``detail`` says which messages have a UCM (``full``: the accepted ones too), and ``receipt_only`` says
    "received" (UCI 8) and nothing about the content, for senders who ask with 0031 = 2. Source: ISO 9735-4, and CONTRL
    in the service directories.
    """
    interchange = judgement.interchange
    if interchange.syntax != "edifact" or not interchange.control_number:
        return None
    messages = judgement.messages
    if messages and not judgement.packages and not any(is_answered(each.message.kind, terms) for each in messages):
        return None
    return _Report(judgement, terms).outgoing(reference)


class _Report:
    """One CONTRL in the making."""

    def __init__(self, judgement: Judgement, terms: Terms) -> None:
        self.judgement = judgement
        self.syntax = syntax_version(judgement.interchange.version)
        self.terms = terms

    def outgoing(self, reference: str) -> Outgoing:
        version = "4.1" if self.syntax >= 4 else "D.3"
        kind = MessageKind(type="CONTRL", version=version, agency="UN")
        return Outgoing(kind=kind, reference=reference, body=Body(self.body))

    def body(self) -> Iterator[Node]:
        judgement, interchange = self.judgement, self.judgement.interchange
        party = (35, 4, 35, 35) if self.syntax >= 4 else (35, 4, 14)
        subject = [
            (_cut(interchange.control_number, 14),),
            _composite(interchange.header, 2, party, interchange.sender.id),
            _composite(interchange.header, 3, party, interchange.receiver.id),
        ]
        if judgement.rejected:
            yield self.verdict("UCI", subject, judgement.interchange_findings, "interchange")
            return
        yield _node("UCI", [*subject, (_RECEIVED if self.terms.receipt_only else _ACCEPTED,)])
        if self.terms.receipt_only:
            return
        # UCM stands before UCF in the message; one interchange has either groups or loose messages (0085 30).
        for group in sorted(judgement.groups, key=lambda group: group.group.explicit):
            answered = any(is_answered(judged.message.kind, self.terms) for judged in group.messages)
            if group.messages and not group.packages and not answered:
                continue
            if group.group.explicit:
                yield from self.group(group)
            else:
                yield from self.units(group)

    def group(self, judged: JudgedGroup) -> Iterator[Node]:
        group = judged.group
        subject = [
            (_cut(group.control_number, 14) or _ABSENT,),
            _composite(group.header, 2, (35, 4), group.sender.id),
            _composite(group.header, 3, (35, 4), group.receiver.id),
        ]
        if self.syntax >= 4:
            subject[1:] = [value if value != (_ABSENT,) else () for value in subject[1:]]
        if judged.rejected:
            yield self.verdict("UCF", subject, judged.findings, "group")
            return
        yield _node("UCF", [*subject, (_ACCEPTED,)])
        yield from self.units(judged)

    def units(self, group: JudgedGroup) -> Iterator[Node]:
        """UCM of the messages, and then of the packages, that are named."""
        yield from self.messages(group.messages)
        # Below syntax 4 a package rejects what it stands in.
        if self.syntax >= 4:
            yield from self.packages(group.packages)

    def packages(self, packages: Sequence[JudgedPackage]) -> Iterator[Node]:
        named = (judged for judged in packages if not judged.accepted or self.terms.detail == "full")
        for judged in islice(named, _MOST_MESSAGES):
            package = judged.package
            identification = _composite(package.header, 2, (3, 35), "")
            whole = all(package.identification[:2]) and len(identification) > 1
            subject = [(_cut(package.reference, 35) or _ABSENT,), identification if whole else ()]
            if judged.accepted:
                yield _of_package([(), (), (_ACCEPTED,)], subject)
            else:
                errors = [finding for finding in judged.findings if finding.fatal]
                verdict = self.verdict("UCM", [(), ()], errors, "package")
                yield _of_package([element[0] for element in verdict.elements], subject)

    def messages(self, messages: Sequence[JudgedMessage]) -> Iterator[Node]:
        everyone = self.terms.detail == "full"
        count = 0
        for judged in messages if everyone else noted(messages):
            accepted = judged.accepted
            if (accepted and not everyone) or not is_answered(judged.message.kind, self.terms):
                continue
            if count == _MOST_MESSAGES:
                return
            count += 1
            if accepted:
                yield _node("UCM", [*self.called(judged.message), (_ACCEPTED,)])
                continue
            errors = [finding for finding in judged.findings if finding.fatal]
            subject = self.subject(judged)
            yield self.verdict("UCM", subject, in_place_order([e for e in errors if self.at_message(e)]), "message")
            yield from self.segments([e for e in errors if not self.at_message(e)])

    def called(self, message: Message) -> list[_Composite]:
        """0062 and S009 of a message that has both, put together from what the reader made of its header."""
        kind, agency = message.kind, 3 if self.syntax >= 4 else 2
        version, _, release = kind.version.partition(".")
        named = (kind.type, version, release, kind.agency, kind.association)
        values = [_cut(value, width) for value, width in zip(named, (6, 3, 3, agency, 6), strict=True)]
        return [(_cut(message.reference, 14),), _trimmed([*(value or _ABSENT for value in values[:4]), values[4]])]

    def subject(self, judged: JudgedMessage) -> list[_Composite]:
        """0062 and S009 of a message, as received as far as the CONTRL's version can say it."""
        message = judged.message
        header = message.header
        widths = (6, 3, 3, 3, 6) if self.syntax >= 4 else (6, 3, 3, 2, 6)
        identifier = _composite(header, 2, widths, message.kind.type)
        mandatory = (*identifier, *[""] * 4)[:4]
        if self.syntax >= 4:
            return [(_cut(message.reference, 14),), identifier if all(mandatory) else ()]
        return [
            (_cut(message.reference, 14) or _ABSENT,),
            (*(value or _ABSENT for value in mandatory), *identifier[4:]),
        ]

    def verdict(self, tag: str, subject: list[_Composite], findings: Sequence[Finding], level: Level) -> Node:
        """UCI, UCF or UCM that rejects its level, and because of which error, if one stands at this very level."""
        error = foremost(findings)
        if error is None:
            return _node(tag, [*subject, (_REJECTED,)])
        elements: list[_Composite] = [*subject, (_REJECTED,), (self.code(error),)]
        place = usual_place(error, "edifact", level)
        if place is not None:
            service_tag, element, component = place
            elements += [(service_tag,), _position(element, component)]
        return _node(tag, elements)

    def at_message(self, finding: Finding) -> bool:
        """Whether UCM reports it: faults of the message as such, and whatever is wrong inside UNH and UNT."""
        return level_of(finding) == "message" or finding.where.segment in service_tags("edifact", "message")

    def segments(self, errors: Sequence[Finding]) -> Iterator[Node]:
        """UCS and UCD. A fault of the segment and faults of its elements stand in UCS groups of their own."""
        count = 0
        for at, found in groupby(in_message_order(errors), lambda error: position(error, self.terms)):
            elements: list[Finding] = []
            wholes: list[Finding] = []
            for error in found:
                whole = level_of(error) == "segment" or error.code in _WHOLE_SEGMENT
                (wholes if whole else elements).append(error)
            if elements and count < _MOST_SEGMENTS:
                count += 1
                yield _node("UCS", [(str(at),)])
                for error in elements[:_MOST_ELEMENTS]:
                    yield _node("UCD", [(self.code(error),), self.element_position(error)])
            for error in wholes[: _MOST_SEGMENTS - count]:
                count += 1
                yield _node("UCS", [(str(at),), (self.code(error),)])

    def element_position(self, error: Finding) -> _Composite:
        where = error.where
        place = _position(where.element, where.component)
        if self.syntax >= 4 and where.repetition is not None and where.repetition > 1:
            return (*place, *[""] * (2 - len(place)), str(where.repetition))
        return place

    def code(self, error: Finding) -> str:
        return CODES[error.code].contrl_code(self.syntax, of_guide=of_guide(error)) or _UNSPECIFIED


def _position(element: int | None, component: int | None) -> _Composite:
    """S011: 0098 counts the tag as 1; 0104 counts components from 1. Both have three digits."""
    if element is None:
        return ()
    place = str(min(element + 1, 999))
    return (place,) if component is None else (place, str(min(component, 999)))


def _composite(segment: Segment | None, element: int, widths: Sequence[int], otherwise: str) -> _Composite:
    """A composite of a received header, cut to what CONTRL can carry; its first component is never empty."""
    received = segment.elements[element - 1][0] if segment is not None and len(segment.elements) >= element else ()
    values = [_cut(value, width) for value, width in zip(received, widths, strict=False)]
    if not values or not values[0]:
        values[:1] = [_cut(otherwise, widths[0]) or _ABSENT]
    return _trimmed(values)


def _cut(value: str, width: int) -> str:
    """``value`` as CONTRL can carry it; what was no character on arrival (U+FFFD) is none in any character set."""
    return "".join(
        character if character.isprintable() and character != "\ufffd" else _UNREADABLE for character in value[:width]
    ).strip()


def _trimmed(values: Sequence[str]) -> _Composite:
    end = len(values)
    while end and not values[end - 1]:
        end -= 1
    return tuple(values[:end])


def _of_package(response: Sequence[_Composite], subject: Sequence[_Composite]) -> Node:
    """UCM with 0800 and S020 behind what is said of the package."""
    return _node("UCM", [*response, *[()] * (6 - len(response)), *subject])


def _node(tag: str, elements: Sequence[_Composite]) -> Node:
    content: list[tuple[_Composite, ...]] = [(element or ("",),) for element in elements]
    while content and content[-1] == (("",),):
        content.pop()
    return Node(name=tag, elements=tuple(content))
