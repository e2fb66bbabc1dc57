"""What partners answer us: the acknowledgments in a received interchange, as statements about what we sent.

Each statement names its subject in the terms of its standard (UCI: 0020 and the parties; UCM: 0062 or 0800; AK1: GS01
and GS06; AK2: ST01 and ST02; TA1: ISA13, date and time; APERAK: references; 824: group and set number, or references)
and gives a verdict on it. Matching a subject to what was sent is the caller's business, who has the ledger.

The segments are read as they come, without a guide: an acknowledgment that breaks its own grammar still says what it
says, and of a damaged one everything that can be understood counts. What cannot is a finding, never an exception.

A verdict holds for everything below its subject unless something below is named, so the statements go from the most
general to the most particular: whoever applies them in order ends with the right result. Two customs of the trade are
straightened out here: a UCI that accepts and a UCM that rejects make the interchange *partially* accepted, and a set
that is called accepted inside a rejected group was not accepted.
"""

from __future__ import annotations

from translators.advice_answers import AdviceReader
from translators.answer import (
    X12_VERDICTS,
    Answer,
    AnswerKind,
    Named,
    Notes,
    Verdict,
    is_acknowledgment,
    quoted,
    sentence,
)
from translators.aperak_answers import AperakReader
from translators.contrl_answers import ContrlReader
from translators.finding import Finding
from translators.functional_answers import FunctionalReader
from translators.meanings import INTERCHANGE_NOTES, said
from translators.syntax import Interchange, Segment, Source

__all__ = ["Answer", "AnswerKind", "Named", "Verdict", "is_acknowledgment", "read_answers"]

_LEVELS = ("interchange", "group", "message", "package")


def read_answers(interchange: Interchange, source: Source | None = None) -> tuple[list[Answer], list[Finding]]:
    """The statements in an interchange, from the most general to the most particular, and what could not be read.

    Reads every CONTRL, 997, 999, APERAK and 824 among its messages and every TA1; others are passed over. With
    ``source`` the findings have a line and a column.
    """
    answers: list[Answer] = []
    findings: list[Finding] = []
    for segment in interchange.acknowledgments:
        _read_ta1(segment, answers, Notes(interchange, None, source, findings))
    for message in interchange.messages:
        notes = Notes(interchange, message, source, findings)
        if message.kind.type == "CONTRL":
            answers.extend(ContrlReader(message, notes).read())
        elif message.kind.type in ("997", "999"):
            answers.extend(FunctionalReader(message, notes).read())
        elif message.kind.type == "APERAK":
            answers.extend(AperakReader(message, notes).read())
        elif message.kind.type == "824":
            answers.extend(AdviceReader(message, notes).read())
    return sorted(answers, key=lambda answer: _LEVELS.index(answer.level)), findings


def _read_ta1(segment: Segment, answers: list[Answer], notes: Notes) -> None:
    number, date, time, code, note = (segment.text(element) for element in range(1, 6))
    verdict = X12_VERDICTS.get(code) if code in ("A", "E", "R") else None
    if not number:
        notes.unreadable("The TA1 does not say which interchange it answers (TA101).", segment, 1)
        return
    if verdict is None:
        notes.unreadable(f"TA104 is {quoted(code)}, not A, E or R: whether it was accepted is unknown.", segment, 4)
        return
    codes = () if note in ("", "000") else (note,)
    text = sentence(f"Interchange {number}", verdict, [said(code, INTERCHANGE_NOTES) for code in codes])
    answers.append(
        Answer(kind="ta1", verdict=verdict, codes=codes, text=text, control_number=number, date=date, time=time)
    )
