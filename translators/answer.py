"""A statement of a partner about what we sent, and how one is put together while an acknowledgment is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from translators.finding import Finding, Severity, Where
from translators.syntax import Address, Interchange, Message, MessageKind, Segment, Source

AnswerKind = Literal["contrl", "997", "999", "ta1", "aperak", "824"]
Verdict = Literal["received", "accepted", "accepted-with-errors", "partially-accepted", "rejected"]

_ACKNOWLEDGMENTS = frozenset({"CONTRL", "APERAK", "997", "999", "TA1", "824"})

X12_VERDICTS: dict[str, Verdict] = {
    "A": "accepted",
    "E": "accepted-with-errors",
    "P": "partially-accepted",
    "R": "rejected",
    "M": "rejected",
    "W": "rejected",
    "X": "rejected",
}
"""X12 715 and 717; M, W and X reject for authentication, integrity and encryption."""

SPOKEN: dict[Verdict, str] = {
    "received": "was received",
    "accepted": "was accepted",
    "accepted-with-errors": "was accepted with errors",
    "partially-accepted": "was accepted in part",
    "rejected": "was rejected",
}

_MOST_REASONS = 10
"""How many reasons the one line for a person spells out."""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A reference by which an APERAK or an 824 names what it answers: UN/EDIFACT 1153 and 1154, X12 128 and 127."""

    qualifier: str
    value: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of a partner about an interchange, a group, a message or a package of ours.

    ``control_number`` is the interchange's (empty in a 997, which does not say), ``group_number`` the group's and
    ``message_reference`` the message's; what is empty makes the statement one about the level above. An APERAK and an
    824 may have none of them and name a message by its ``references`` alone. ``sender`` and ``receiver`` are those of
    *our* interchange as CONTRL quotes them. ``codes`` are the standard's, in order and distinct; ``text`` is one line
    in plain words for a person.
    """

    kind: AnswerKind
    verdict: Verdict
    codes: tuple[str, ...]
    text: str
    control_number: str = ""
    sender: Address = Address(id="")
    receiver: Address = Address(id="")
    date: str = ""
    """The date and the time of our interchange as TA1 quotes them (ISA09, ISA10)."""
    time: str = ""
    group_type: str = ""
    """GS01 of our group."""
    group_number: str = ""
    message_type: str = ""
    message_reference: str = ""
    package_reference: str = ""
    """0800 of our package, where the statement is about one (UCM of CONTRL 4:1)."""
    references: tuple[Named, ...] = ()
    """What names the message, the most telling first."""
    reported_by: str = ""
    """The reference (UNH 0062, ST02) of the message that says it; empty for a TA1."""

    @property
    def level(self) -> Literal["interchange", "group", "message", "package"]:
        """What the statement is about."""
        if self.package_reference:
            return "package"
        if self.message_reference or self.references:
            return "message"
        return "group" if self.group_number else "interchange"


def is_acknowledgment(kind: MessageKind) -> bool:
    """Whether a message of this kind answers another one: it is read here, and as a rule not answered itself."""
    return kind.type in _ACKNOWLEDGMENTS


class Notes:
    """Where the findings of one acknowledgment are written down."""

    def __init__(
        self, interchange: Interchange, message: Message | None, source: Source | None, findings: list[Finding]
    ) -> None:
        self.interchange = interchange
        self.message = message
        self.source = source
        self.findings = findings

    def add(self, code: str, severity: Severity, text: str, segment: Segment, element: int | None = None) -> None:
        """Writes down a finding at a segment of the acknowledgment, or at one of its elements."""
        offset, line, column = None, None, None
        if self.source is not None:
            offset, line, column = self.source.place(segment.offset_of(element or 0))
        where = Where(
            interchange=self.interchange.control_number,
            message=self.message.reference if self.message is not None else None,
            segment=segment.tag,
            segment_position=segment.position or None,
            element=element,
            offset=offset,
            line=line,
            column=column,
        )
        value = segment.text(element) or None if element is not None else None
        self.findings.append(Finding(code=code, severity=severity, text=text, where=where, layer="rule", value=value))

    def unreadable(self, text: str, segment: Segment, element: int | None = None) -> None:
        """Writes down that something cannot be understood."""
        self.add("answer-unreadable", "error", text, segment, element)


class Statement:
    """A statement in the making: its subject and what has been read about it so far."""

    def __init__(self, segment: Segment, subject: str, answer: Answer, verdict: Verdict | None = None) -> None:
        self.segment = segment
        self.subject = subject
        self.answer = answer
        self.verdict = verdict
        """``None`` until it is known, and for good when it cannot be read."""
        self.codes: list[str] = []
        self.reasons: list[str] = []
        self.rejects_below = False
        self.doubtful = False
        """Whether something was said about a part of the subject that cannot be read."""

    @property
    def unnamed(self) -> bool:
        """Whether a part was rejected and it is not said which."""
        return self.verdict == "partially-accepted" and not self.rejects_below

    def answers(self) -> list[Answer]:
        """The statement, or none when its verdict is unknown; what remains open is only called received."""
        if self.verdict is None:
            return []
        verdict, reasons = self.verdict, list(self.reasons)
        if verdict != "rejected" and (self.doubtful or self.unnamed):
            verdict = "received"
            reasons.append("it does not say legibly which parts were accepted")
        elif verdict != "rejected" and self.rejects_below:
            verdict = "partially-accepted"
        return [
            msgspec.structs.replace(
                self.answer,
                verdict=verdict,
                codes=tuple(dict.fromkeys(code for code in self.codes if code)),
                text=sentence(self.subject, verdict, reasons),
            )
        ]


def sentence(subject: str, verdict: Verdict, reasons: Sequence[str]) -> str:
    """One line for a person: what happened to the subject and why, as far as ten reasons go."""
    told = [*reasons[:_MOST_REASONS]]
    if len(reasons) > _MOST_REASONS:
        told.append(f"and {len(reasons) - _MOST_REASONS} more")
    if not told:
        told = ["no reason is given"] if verdict == "rejected" else []
    line = f"{subject} {SPOKEN[verdict]}" + (f": {'; '.join(told)}" if told else "") + "."
    return "".join(character if character.isprintable() else "?" for character in line)


def quoted(value: str) -> str:
    """A received value as it stands inside a sentence."""
    return f"`{value}`" if value else "empty"


def lowered(subject: str) -> str:
    """A subject as it stands inside a sentence."""
    return subject[:1].lower() + subject[1:]


def element_place(element: str, component: str, repetition: str) -> str:
    """``, element 2, component 1``: a place in a segment, counted as we count, as the rest of a sentence."""
    place = f", element {element}" if element not in ("", "0") else ""
    if component not in ("", "0"):
        place += f", component {component}"
    if repetition not in ("", "0"):
        place += f", repetition {repetition}"
    return place
