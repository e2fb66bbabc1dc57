"""Reads an APERAK: whether the business took a message of ours, and why not.

Nothing in it is certain but that it has a BGM. The verdict is taken from the first place that gives one: the function
(1225: 27 not accepted, 29 accepted, 34 accepted with amendment, 12 not processed), the response (4343: AP, CA, RE), the
kind of document (1001: 312, 313), and last the mere presence of errors. Places that contradict each other are noted;
then the worse of the two counts, for an acceptance that is none would be acted on. Errors beside an acceptance are
what the sender is to know, and make it an acceptance with errors.

It names what it answers by references before the errors (RFF; from D.99A on also DOC), and which of them is the
document, the message or the interchange differs from guide to guide. All are handed on, those in front that by name
refer to an earlier message (ACW, AGO).
"""

from __future__ import annotations

from translators.answer import Answer, Named, Notes, Statement, Verdict
from translators.meanings import APPLICATION_CODES, said
from translators.syntax import Message, Segment

_FUNCTIONS: dict[str, Verdict] = {
    "12": "received",
    "27": "rejected",
    "29": "accepted",
    "34": "accepted-with-errors",
    "44": "accepted",
}
"""UN/EDIFACT 1225."""
_RESPONSES: dict[str, Verdict] = {"AP": "accepted", "CA": "accepted-with-errors", "RE": "rejected"}
"""UN/EDIFACT 4343."""
_KINDS: dict[str, Verdict] = {"312": "accepted", "313": "rejected"}
"""UN/EDIFACT 1001."""
_FIRST = ("ACW", "AGO", "DM", "ACE")
"""UN/EDIFACT 1153: the previous message, the sender's reference to the original message, the document."""
_DOCUMENT = "DM"


class AperakReader:
    """Reads one APERAK: BGM, DOC and RFF, then ERC groups with FTX and RFF."""

    def __init__(self, message: Message, notes: Notes) -> None:
        self.message = message
        self.notes = notes
        self.references: list[Named] = []
        self.codes: list[str] = []
        self.reasons: list[str] = []
        self.in_words = False
        """Whether the error being read was put into words."""

    def read(self) -> list[Answer]:
        """The one statement it makes; none when it names nothing, or has no verdict."""
        segments = self.message.segments
        beginning = next((segment for segment in segments if segment.tag == "BGM"), None)
        if beginning is None:
            if segments:
                self.notes.unreadable("The APERAK has no BGM: it does not say what it is.", segments[0])
            return []
        for segment in segments:
            match segment.tag:
                case "ERC":
                    self.error(segment)
                case "FTX" if self.codes:
                    self.text(segment)
                case "RFF" if not self.codes:
                    self.name(segment.text(1, 1), segment.text(1, 2))
                case "DOC" if not self.codes:
                    self.name(_DOCUMENT, segment.text(2, 1))
        if segments[-1].tag != "UNT":
            self.notes.unreadable("The APERAK is cut off: errors may be missing. Ask the partner for it.", segments[-1])
        if not self.references:
            self.notes.unreadable("The APERAK names no message that it answers (RFF).", beginning)
            return []
        return self.statement(beginning, cut_off=segments[-1].tag != "UNT").answers()

    def statement(self, beginning: Segment, *, cut_off: bool) -> Statement:
        references = sorted(
            dict.fromkeys(self.references),
            key=lambda one: _FIRST.index(one.qualifier) if one.qualifier in _FIRST else len(_FIRST),
        )
        verdict = self.verdict(beginning)
        answer = Answer(
            kind="aperak",
            verdict="received",
            codes=(),
            text="",
            references=tuple(references),
            reported_by=self.message.reference,
        )
        statement = Statement(beginning, f"Message {references[0].value}", answer, verdict)
        statement.codes = self.codes
        statement.reasons = self.reasons
        # What is cut off may have been the errors.
        statement.doubtful = cut_off
        return statement

    def verdict(self, beginning: Segment) -> Verdict:
        told = [
            table[value]
            for table, value in (
                (_FUNCTIONS, beginning.text(3)),
                (_RESPONSES, beginning.text(4)),
                (_KINDS, beginning.text(1)),
            )
            if value in table
        ]
        if not told:
            return "rejected" if self.codes else "accepted"
        verdict = told[0]
        if "rejected" in told and any(one != "rejected" for one in told):
            self.notes.add(
                "answer-contradictory",
                "warning",
                "The BGM accepts and rejects (1225, 4343, 1001); the rejection counts.",
                beginning,
                3,
            )
            verdict = "rejected"
        if verdict == "accepted" and (self.codes or "accepted-with-errors" in told):
            verdict = "accepted-with-errors"
        return verdict

    def name(self, qualifier: str, value: str) -> None:
        if value.strip():
            self.references.append(Named(qualifier=qualifier, value=value.strip()))

    def error(self, segment: Segment) -> None:
        code = segment.text(1)
        if not code:
            self.notes.unreadable("The ERC does not say which error it is about (9321).", segment, 1)
        self.codes.append(code)
        self.in_words = False
        self.reasons.append(said(code, APPLICATION_CODES) if code else "an error")

    def text(self, segment: Segment) -> None:
        """FTX in an ERC group: the partner's own words are worth more than the code's usual meaning."""
        lines = [segment.text(4, component).strip() for component in range(1, 6)]
        words = " ".join(filter(None, lines))
        if words and self.in_words:
            self.reasons[-1] += f", {words}"
        elif words:
            code = self.codes[-1]
            self.reasons[-1] = f"{words} ({code})" if code else words
            self.in_words = True
