"""Reads a 997 or a 999: what it says about a group and the sets in it.

The group's AK9 decides. Without it an accepted set is not accepted yet, so only rejections are believed; and a set that
its AK5 calls accepted inside a rejected group is not going to be processed. "Accepted in part" (P) is worth something
only as far as it names the parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from translators.answer import (
    SPOKEN,
    X12_VERDICTS,
    Answer,
    AnswerKind,
    Notes,
    Statement,
    element_place,
    lowered,
    quoted,
)
from translators.contexts import SITUATIONAL_TRIGGER
from translators.meanings import ELEMENT_ERRORS, GROUP_ERRORS, SEGMENT_ERRORS, SET_ERRORS, said
from translators.syntax import Message, Segment


class FunctionalReader:
    """Reads one 997 or 999: AK1, AK2 loops with their AK3/AK4 (IK3/IK4, CTX) and AK5 (IK5), AK9."""

    def __init__(self, message: Message, notes: Notes) -> None:
        self.message = message
        self.notes = notes
        self.kind: AnswerKind = "999" if message.kind.type == "999" else "997"
        self.group: Statement | None = None
        self.sets: list[Statement] = []
        self.current: Statement | None = None
        self.place = ""
        self.pending = ""
        self.answers: list[Answer] = []

    def read(self) -> list[Answer]:
        readers = {
            "AK1": self.ak1,
            "AK2": self.ak2,
            "AK3": self.ak3,
            "IK3": self.ak3,
            "AK4": self.ak4,
            "IK4": self.ak4,
            "CTX": self.ctx,
            "AK5": self.ak5,
            "IK5": self.ak5,
            "AK9": self.ak9,
        }
        for segment in self.message.segments:
            reader = readers.get(segment.tag)
            if reader is not None:
                reader(segment)
        self.close_set()
        if self.group is not None:
            self.notes.unreadable(
                "There is no AK9: the verdict on the group as a whole is unknown.", self.group.segment
            )
            self.answers.extend(_rejections(self.sets))
        elif not any(segment.tag == "AK1" for segment in self.message.segments) and self.message.segments:
            self.notes.unreadable(
                f"The {self.kind} has no AK1: it does not say what it answers.", self.message.segments[0]
            )
        return self.answers

    def ak1(self, segment: Segment) -> None:
        self.close_set()
        self.group, self.sets = None, []
        kind, number = segment.text(1), segment.text(2)
        if not kind or not number:
            self.notes.unreadable("The AK1 does not say which group it answers.", segment, 1 if not kind else 2)
            return
        answer = Answer(
            kind=self.kind,
            verdict="received",
            codes=(),
            text="",
            group_type=kind,
            group_number=number,
            reported_by=self.message.reference,
        )
        self.group = Statement(segment, f"Group {number} ({kind})", answer)

    def ak2(self, segment: Segment) -> None:
        self.close_set()
        kind, reference = segment.text(1), segment.text(2)
        if self.group is None or not reference:
            self.unknown("The AK2 does not say which set of which group it is about.", segment, 2)
            return
        answer = msgspec.structs.replace(self.group.answer, message_type=kind, message_reference=reference)
        subject = f"Set {reference} ({kind})" if kind else f"Set {reference}"
        self.current = Statement(segment, subject, answer)

    def ak3(self, segment: Segment) -> None:
        self.flush()
        tag, position, code = segment.text(1), segment.text(2), segment.text(4)
        self.place = f"segment {position} ({tag})"
        if self.current is None:
            self.notes.unreadable(f"An {segment.tag} without an AK2 that can be read says nothing.", segment)
            return
        if code:
            self.current.codes.append(code)
        self.pending = f"{self.place}: {said(code, SEGMENT_ERRORS) if code else 'in error'}"
        if code not in ("", "8"):
            self.flush()

    def ak4(self, segment: Segment) -> None:
        self.pending = ""
        element, component, repetition = (segment.text(1, part) for part in (1, 2, 3))
        code, copy = segment.text(3), segment.text(4)
        if self.current is None or not code:
            self.notes.unreadable(f"The {segment.tag} does not say what is wrong, or in which set.", segment, 3)
            return
        self.current.codes.append(code)
        place = element_place(element, component, repetition)
        as_sent = f", sent as {quoted(copy)}" if copy else ""
        self.current.reasons.append(f"{self.place}{place}: {said(code, ELEMENT_ERRORS)}{as_sent}")

    def ctx(self, segment: Segment) -> None:
        """What made an element necessary, or which shipment it is about: more words for what stands above."""
        name, value = segment.text(1), segment.text(1, 2)
        if name == SITUATIONAL_TRIGGER:
            place = element_place(*(segment.text(5, part) for part in (1, 2, 3)))
            words = f" because of segment {segment.text(3)} ({segment.text(2)}){place}"
        else:
            words = f", {name} {quoted(value)}"
            if self.pending:
                # What follows are its elements, and they are of the same shipment.
                self.place += words
        if self.pending:
            self.pending += words
        elif self.current is not None and self.current.reasons:
            self.current.reasons[-1] += words

    def ak5(self, segment: Segment) -> None:
        self.flush()
        statement, self.current = self.current, None
        if statement is None:
            self.notes.unreadable(f"The {segment.tag} belongs to no AK2 that can be read.", segment)
            return
        verdict = X12_VERDICTS.get(segment.text(1))
        if verdict is None or verdict == "partially-accepted":
            self.unknown(
                f"{segment.tag}01 is {quoted(segment.text(1))}: whether {lowered(statement.subject)} was accepted is "
                "unknown.",
                segment,
                1,
            )
            return
        codes = [segment.text(element) for element in range(2, 7) if segment.text(element)]
        statement.codes.extend(codes)
        # 5 says no more than the segments listed above it.
        statement.reasons.extend(
            said(code, SET_ERRORS) for code in codes if not (statement.reasons and code in ("5", "I5"))
        )
        statement.verdict = verdict
        self.sets.append(statement)

    def ak9(self, segment: Segment) -> None:
        self.close_set()
        group, self.group = self.group, None
        sets, self.sets = self.sets, []
        if group is None:
            self.notes.unreadable("The AK9 belongs to no AK1 that can be read.", segment)
            return
        verdict = X12_VERDICTS.get(segment.text(1))
        if verdict is None:
            self.notes.unreadable(
                f"AK901 is {quoted(segment.text(1))}: the verdict on {lowered(group.subject)} is unknown.", segment, 1
            )
            self.answers.extend(_rejections(sets))
            return
        received, accepted = segment.text(3), segment.text(4)
        if received.isdecimal() and accepted.isdecimal():
            group.reasons.append(f"{accepted} of {received} sets accepted")
        group.codes.extend(segment.text(element) for element in range(5, 10))
        group.reasons.extend(said(code, GROUP_ERRORS) for code in group.codes if code)
        group.verdict = verdict
        group.doubtful &= verdict == "partially-accepted"
        group.rejects_below = any(one.verdict == "rejected" for one in sets)
        if group.rejects_below and verdict in ("accepted", "accepted-with-errors"):
            self.notes.add(
                "answer-contradictory",
                "warning",
                f"AK9 says that {lowered(group.subject)} {SPOKEN[verdict]}, yet a set in it was rejected; "
                "the set's own verdict counts.",
                segment,
                1,
            )
        if group.unnamed:
            self.notes.unreadable(
                f"AK9 says that {lowered(group.subject)} was accepted in part, and no AK2 says which set was not.",
                segment,
                1,
            )
        self.answers.extend(group.answers())
        for one in sets:
            if verdict == "rejected" and one.verdict != "rejected":
                one.verdict = "rejected"
                one.reasons.append("its whole group was rejected")
            self.answers.extend(one.answers())

    def flush(self) -> None:
        """Puts down a refused segment that turned out to have no refused elements listed."""
        if self.pending and self.current is not None:
            self.current.reasons.append(self.pending)
        self.pending = ""

    def close_set(self) -> None:
        """Ends a set that has no AK5: nothing is known about it."""
        self.flush()
        if self.current is not None:
            self.unknown(f"{self.current.subject} has no verdict: its AK5 is missing.", self.current.segment)
            self.current = None

    def unknown(self, text: str, segment: Segment, element: int | None = None) -> None:
        """Notes that a set was spoken of and that it is unknown which, or with what verdict."""
        self.notes.unreadable(text, segment, element)
        if self.group is not None:
            self.group.doubtful = True


def _rejections(sets: Sequence[Statement]) -> Iterator[Answer]:
    for one in sets:
        if one.verdict == "rejected":
            yield from one.answers()
