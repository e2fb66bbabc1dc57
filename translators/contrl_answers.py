"""Reads a CONTRL: what it says about an interchange, its groups and its messages, in any version since 2:2.

CONTRL accepts by silence: UCI 7 means that every message is accepted that no UCM rejects. Silence is worth nothing when
part of the CONTRL cannot be read, for the part may be the rejection. An acceptance is therefore believed only if the
CONTRL is whole; otherwise it becomes "received", and what is owed stays owed until somebody has looked. A rejection is
believed wherever it can be read.
"""

from __future__ import annotations

import msgspec

from translators.answer import Answer, Notes, Statement, Verdict, element_place, lowered, quoted
from translators.meanings import CONTRL_ERRORS, said
from translators.syntax import Address, Message, Segment

_CONTRL_ACTIONS: dict[str, Verdict] = {
    "1": "accepted",
    "2": "accepted-with-errors",
    "3": "partially-accepted",
    "4": "rejected",
    "5": "received",
    "6": "rejected",
    "7": "accepted",
    "8": "received",
}
"""UN/EDIFACT 0083; 1, 2, 3, 5 and 6 are of withdrawn CONTRL versions and still met."""


_TRAILER = "UNT"


class ContrlReader:
    """Reads one CONTRL: UCI, then UCM groups, or UCF groups with UCM groups in them."""

    def __init__(self, message: Message, notes: Notes) -> None:
        self.message = message
        self.notes = notes
        self.statements: list[Statement] = []
        self.interchange: Statement | None = None
        self.group: Statement | None = None
        self.current: Statement | None = None
        self.segment_position = ""

    def read(self) -> list[Answer]:
        readers = {"UCI": self.uci, "UCF": self.ucf, "UCM": self.ucm, "UCS": self.ucs, "UCD": self.ucd}
        segments = self.message.segments
        for segment in segments:
            reader = readers.get(segment.tag)
            if reader is not None:
                reader(segment)
        if segments and not any(segment.tag == "UCI" for segment in segments):
            self.notes.unreadable("The CONTRL has no UCI: it does not say what it answers.", segments[0])
        if segments and segments[-1].tag != _TRAILER:
            self.notes.unreadable(
                "The CONTRL is cut off: only the rejections in it are believed. Ask the partner for all of it.",
                segments[-1],
            )
            for statement in self.above():
                statement.doubtful = True
        for statement in self.statements:
            if statement.unnamed:
                self.notes.unreadable(
                    f"{statement.subject} was accepted in part, and nothing says which part was not.", statement.segment
                )
        return [answer for statement in self.statements for answer in statement.answers()]

    def uci(self, segment: Segment) -> None:
        self.interchange = self.group = self.current = None
        number = segment.text(1)
        if not number:
            self.notes.unreadable("The UCI does not say which interchange it answers (0020).", segment, 1)
            return
        answer = Answer(
            kind="contrl",
            verdict="received",
            codes=(),
            text="",
            control_number=number,
            sender=_address(segment, 2),
            receiver=_address(segment, 3),
            reported_by=self.message.reference,
        )
        self.interchange = self.current = self.statement(segment, f"Interchange {number}", answer, 4)

    def ucf(self, segment: Segment) -> None:
        self.group = self.current = None
        number = segment.text(1)
        if self.interchange is None or not number:
            self.unnamed("The UCF does not say which group of which interchange it is about.", segment)
            return
        answer = msgspec.structs.replace(self.interchange.answer, group_number=number)
        self.group = self.current = self.statement(segment, f"Group {number}", answer, 4)

    def ucm(self, segment: Segment) -> None:
        self.current = None
        reference, kind, package = segment.text(1), segment.text(2), segment.text(7)
        above = self.group or self.interchange
        if above is not None and package and not reference:
            answer = msgspec.structs.replace(above.answer, package_reference=package)
            named = segment.text(8, 2)
            subject = f"Package {package} ({named})" if named else f"Package {package}"
            self.current = self.statement(segment, subject, answer, 3)
            return
        if above is None or not reference:
            self.unnamed("The UCM does not say which message or package of which interchange it is about.", segment)
            return
        version = ".".join(filter(None, (segment.text(2, 2), segment.text(2, 3))))
        name = " ".join(filter(None, (kind, version)))
        answer = msgspec.structs.replace(above.answer, message_reference=reference, message_type=kind)
        subject = f"Message {reference} ({name})" if name else f"Message {reference}"
        self.current = self.statement(segment, subject, answer, 3)

    def ucs(self, segment: Segment) -> None:
        self.segment_position = segment.text(1)
        code = segment.text(2)
        if self.current is None:
            self.notes.unreadable("A UCS without a UCM that can be read says nothing about a message.", segment)
        elif code:
            self.current.codes.append(code)
            behind = "behind it " if code == "13" else ""
            self.current.reasons.append(f"segment {self.segment_position}: {behind}{said(code, CONTRL_ERRORS)}")

    def ucd(self, segment: Segment) -> None:
        code = segment.text(1)
        if self.current is None or not code:
            self.notes.unreadable("The UCD does not say what is wrong, or in which message.", segment, 1)
            return
        self.current.codes.append(code)
        place = _contrl_place(segment, 2)
        self.current.reasons.append(f"segment {self.segment_position}{place}: {said(code, CONTRL_ERRORS)}")

    def above(self) -> list[Statement]:
        """The statements that the segment being read belongs below."""
        return [statement for statement in (self.interchange, self.group) if statement is not None]

    def unnamed(self, text: str, segment: Segment) -> None:
        """Notes that somebody below was spoken of and that it is unknown who."""
        self.notes.unreadable(text, segment, 1)
        for statement in self.above():
            statement.doubtful = True

    def statement(self, segment: Segment, subject: str, answer: Answer, action: int) -> Statement:
        """The statement whose 0083 stands at element ``action``, with 0085, 0013 and S011 behind it."""
        verdict = _CONTRL_ACTIONS.get(segment.text(action))
        statement = Statement(segment, subject, answer, verdict)
        if verdict is None:
            self.notes.unreadable(
                f"0083 is {quoted(segment.text(action))}, which is no action of CONTRL: "
                f"whether {lowered(subject)} was accepted is unknown.",
                segment,
                action,
            )
        code, tag = segment.text(action + 1), segment.text(action + 2)
        if code:
            statement.codes.append(code)
            place = f"{tag}{_contrl_place(segment, action + 3)}: " if tag else ""
            statement.reasons.append(place + said(code, CONTRL_ERRORS))
        for one in self.above():
            one.rejects_below |= verdict == "rejected"
            one.doubtful |= verdict is None
            if one.verdict == "rejected" and verdict not in (None, "rejected"):
                statement.verdict = "rejected"
                statement.reasons.append(f"all of {lowered(one.subject)} was rejected")
        self.statements.append(statement)
        return statement


def _contrl_place(segment: Segment, element: int) -> str:
    """S011 in words; 0098 counts the tag as 1."""
    position, component, repetition = (segment.text(element, part) for part in (1, 2, 3))
    if not position.isdecimal():
        return ""
    return element_place(str(int(position) - 1), component, repetition)


def _address(segment: Segment, element: int) -> Address:
    return Address(
        id=segment.text(element, 1).strip(),
        qualifier=segment.text(element, 2).strip(),
        sub=segment.text(element, 3).strip(),
    )
