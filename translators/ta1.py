"""TA1: what the sender of an X12 interchange is told about its envelope.

TA1 speaks of ISA and IEA only; what is inside is the business of the 997. It travels between ISA and GS of an
interchange in the other direction and answers an interchange by control number, date and time as sent. It is asked for
with ISA14 = 1 or agreed on; the caller knows which.
"""

from __future__ import annotations

import re

from translators.codes import CODES
from translators.finding import Finding
from translators.judgement import Judgement, foremost, usual_place
from translators.terms import USUAL, Terms, is_answered
from translators.tree import Node

_NO_ERROR, _CONTENT, _STRUCTURE, _VERSION = "000", "024", "022", "017"

_HEADER_NOTES = {
    1: "010",
    2: "011",
    3: "012",
    4: "013",
    5: "005",
    6: "006",
    7: "007",
    8: "008",
    9: "014",
    10: "015",
    11: "016",
    12: "017",
    13: "018",
    14: "019",
    15: "020",
    16: "027",
}
"""X12 I18 by the ISA element that is not valid."""
_TRAILER_NOTES = {1: "021", 2: "018"}
"""X12 I18 by the IEA element that is not valid."""
_SAY_MORE = frozenset(
    {
        "syntax-version-unsupported",
        "sender-unknown",
        "receiver-unknown",
        "duplicate-interchange",
        "interchange-reference-mismatch",
        "interchange-count-mismatch",
        "interchange-trailer-missing",
        "truncated",
        "test-indicator-conflict",
    }
)
"""Codes whose note says more than that the field they stand at is not valid."""
_QUALIFIERS = (5, 7)
_CONTROL_SEGMENTS = frozenset({"ISA", "IEA", "GS", "GE", "ST", "SE", "TA1"})


def ta1(judgement: Judgement, terms: Terms = USUAL) -> Node | None:
    """The TA1 that answers an X12 interchange; ``None`` when it carries nothing but acknowledgments.

    TA104 is A, or R with the note code of the first error. On terms that note warnings an envelope that has only
    warnings is "accepted with errors" (E) with the first one's code. Source: X12 segment TA1, elements I12, I08, I09,
    I17, I18.
    """
    interchange = judgement.interchange
    if interchange.syntax != "x12" or _only_acknowledgments(judgement, terms):
        return None
    error = foremost(judgement.interchange_findings)
    warnings = [
        finding
        for finding in judgement.interchange_findings
        if terms.note_warnings and finding.severity == "warning" and CODES[finding.code].ta1
    ]
    verdict = "R" if error is not None else "E" if warnings else "A"
    note = next(map(_note, [error] if error is not None else warnings), _NO_ERROR)
    values = (
        _digits(interchange.control_number, 9),
        _digits(interchange.date, 6),
        _digits(interchange.time, 4),
        verdict,
        note,
    )
    return Node(name="TA1", elements=tuple(((value,),) for value in values))


def _only_acknowledgments(judgement: Judgement, terms: Terms) -> bool:
    messages = judgement.messages
    if messages:
        return not any(is_answered(judged.message.kind, terms) for judged in messages)
    return bool(judgement.interchange.acknowledgments) and not judgement.groups


def _note(finding: Finding) -> str:
    """The I18 value: what the fault is called, or else what the field it stands at is called."""
    known, where = CODES[finding.code].ta1, finding.where
    tag, element, _ = usual_place(finding, "x12", "interchange") or ("", None, None)
    field = {"ISA": _HEADER_NOTES, "IEA": _TRAILER_NOTES}.get(tag, {}).get(element or 0)
    match finding.code:
        case "syntax-version-unsupported" if finding.value is not None and not re.fullmatch("[0-9]{5}", finding.value):
            return _VERSION
        case "sender-unknown" | "receiver-unknown" if where.element in _QUALIFIERS and field is not None:
            return field
        case "misplaced-segment" if where.segment in _CONTROL_SEGMENTS:
            return _STRUCTURE
    if known is not None and (finding.code in _SAY_MORE or field is None):
        return known
    return field or _CONTENT


def _digits(value: str, width: int) -> str:
    """``value`` as many digits as X12 demands: padded when it is shorter, zeros when it is no number."""
    digits = value.strip()
    return digits.zfill(width) if digits.isascii() and digits.isdigit() and len(digits) <= width else "0" * width
