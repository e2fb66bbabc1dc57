"""Reads an 824: which sets of ours the application took, and why not the others.

The first element of an OTI says level and result in two letters: B batch, G group, T set, I item; A accepted, C
accepted with changed data, E accepted with errors, P accepted in part, R rejected, H on hold. It names a set by group
and set number (OTI08, OTI09), where it has them, and by a reference in any case.

Several OTIs may speak of one set, of it as a whole or of its items, and they make one statement: the worst of what is
said counts. Of an item that is accepted nothing follows for the rest; one that is rejected makes the set accepted in
part.
"""

from __future__ import annotations

from translators.answer import Answer, Named, Notes, Statement, Verdict, quoted
from translators.meanings import ADVICE_CODES, said
from translators.syntax import Message, Segment

_RESULTS: dict[str, Verdict] = {
    "A": "accepted",
    "C": "accepted-with-errors",
    "E": "accepted-with-errors",
    "P": "partially-accepted",
    "R": "rejected",
    "H": "received",
}
_ITEM_RESULTS: dict[Verdict, Verdict] = {"rejected": "partially-accepted", "partially-accepted": "partially-accepted"}
_LEVELS = {"B": "Batch", "G": "Group", "T": "Set", "I": "Set"}
"""X12 110, its second and its first letter."""
_SEVERITY: tuple[Verdict, ...] = ("received", "accepted", "accepted-with-errors", "partially-accepted", "rejected")


class AdviceReader:
    """Reads one 824: BGN, then OTI loops with REF, TED, NTE and RED."""

    def __init__(self, message: Message, notes: Notes) -> None:
        self.message = message
        self.notes = notes
        self.statements: dict[tuple[bool, str, str, str], Statement] = {}
        self.current: Statement | None = None

    def read(self) -> list[Answer]:
        """The statements, in their order."""
        segments = self.message.segments
        for segment in segments:
            match segment.tag:
                case "OTI":
                    self.subject(segment)
                case "TED":
                    self.error(segment)
                case "NTE" | "RED":
                    self.note(segment.text(2 if segment.tag == "NTE" else 1))
        if segments and not any(segment.tag == "OTI" for segment in segments):
            self.notes.unreadable("The 824 has no OTI: it does not say what it answers.", segments[0])
        if segments and segments[-1].tag != "SE":
            self.notes.unreadable("The 824 is cut off: more may have been said. Ask the partner for it.", segments[-1])
            for statement in self.statements.values():
                statement.doubtful = True
        return [answer for statement in self.statements.values() for answer in statement.answers()]

    def subject(self, segment: Segment) -> None:
        self.current = None
        code, qualifier, reference = (segment.text(element).strip() for element in (1, 2, 3))
        group, number, kind = (segment.text(element).strip() for element in (8, 9, 10))
        level, verdict = _LEVELS.get(code[:1]), _RESULTS.get(code[1:])
        if level is None or verdict is None:
            self.notes.unreadable(
                f"OTI01 is {quoted(code)}: whether what it speaks of was accepted is unknown.", segment, 1
            )
            return
        if not (group or reference):
            self.notes.unreadable("The OTI does not say what it answers (OTI03, OTI08, OTI09).", segment, 3)
            return
        of_set = code[:1] in "TI"
        key = (of_set, group, number if of_set else "", "" if number else reference)
        self.current = self.statements.get(key)
        if code[:1] == "I":
            verdict = _ITEM_RESULTS.get(verdict, "received")
        if self.current is None:
            named = (Named(qualifier=qualifier, value=reference),)
            answer = Answer(
                kind="824",
                verdict="received",
                codes=(),
                text="",
                group_number=group,
                message_type=kind if of_set else "",
                message_reference=number if of_set and group else "",
                # An item's reference is no name of the set, unless there is no other.
                references=named if reference and (code[0] == "T" or (code[0] == "I" and not number)) else (),
                reported_by=self.message.reference,
            )
            subject = f"{level} {(number or reference) if of_set else (group or reference)}" + (
                f" ({kind})" if kind and of_set else ""
            )
            self.current = self.statements[key] = Statement(segment, subject, answer, verdict)
        statement = self.current
        statement.verdict = max(statement.verdict or verdict, verdict, key=_SEVERITY.index)
        statement.codes.append(code)
        # That a part was not accepted is said; which one, the reasons say.
        statement.rejects_below = statement.verdict == "partially-accepted"

    def error(self, segment: Segment) -> None:
        code, text, tag, at = (segment.text(element).strip() for element in range(1, 5))
        if self.current is None or not code:
            self.notes.unreadable("The TED does not say what is wrong, or in which set.", segment, 1)
            return
        self.current.codes.append(code)
        place = f"segment {at} ({tag})" if at and tag else f"segment {at or tag}" if at or tag else ""
        element = segment.text(5).strip()
        place += f", element {element}" if place and element else ""
        reason = f"{text} ({code})" if text else said(code, ADVICE_CODES)
        copy = segment.text(7)
        self.current.reasons.append(
            (f"{place}: " if place else "") + reason + (f", sent as {quoted(copy)}" if copy else "")
        )

    def note(self, text: str) -> None:
        """NTE or RED: more words about the error before it."""
        if self.current is not None and text.strip():
            if self.current.reasons:
                self.current.reasons[-1] += f" {text.strip()}"
            else:
                self.current.reasons.append(text.strip())
