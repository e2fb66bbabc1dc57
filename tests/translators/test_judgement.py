"""Verdicts on whole files, and what is answered to them: vectors in ``tests/vectors/acks/issued``."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.shipped import SHELF
from translators.answers import Answer, is_acknowledgment, read_answers
from translators.codes import CODES
from translators.contrl import contrl
from translators.envelope import Envelope, Outgoing
from translators.finding import Finding, Severity, Where
from translators.functional import functional_acknowledgments
from translators.guide import Guide
from translators.judgement import JudgedMessage, Judgement, Level, foremost, judge, service_tags, usual_place
from translators.reading import read
from translators.syntax import Address, Group, Interchange, Message
from translators.ta1 import ta1
from translators.tree import Node
from translators.validation import validate_tree
from translators.writing import write

ROOT = Path(__file__).parent.parent.parent
VECTORS = ROOT / "tests" / "vectors" / "acks" / "issued"
FILES = sorted(VECTORS.glob("*.edi"))
QUOTED = {("AK2", "element-too-short"), ("AK1", "code-unknown"), ("AK2", "code-unknown")}


def guide_for(interchange: Interchange, group: Group, message: Message) -> Guide | Finding:
    guide = SHELF.guide(f"{interchange.syntax}/{message.kind.version}/{message.kind.type}")
    kind = message.kind
    # As the gateway does: the value is what nobody has a guide for, the type in any version, or this version of it.
    value = kind.version if kind.type in ("214", "IFTSTA") else kind.type
    return guide or found("message-type-unknown", text=f"there is no guide for {kind.type}", value=value)


def found(
    code: str, severity: Severity = "error", text: str = "", where: Where | None = None, value: str | None = None
) -> Finding:
    return Finding(code=code, severity=severity, text=text, where=where or Where(), layer="envelope", value=value)


def judgements(data: bytes, *known: Finding) -> list[Judgement]:
    reading = read(data)
    return [judge(interchange, reading.source, guide_for, known) for interchange in reading.interchanges]


def answered(judgement: Judgement) -> tuple[list[Node], list[Outgoing]]:
    """The TA1, and the messages that answer."""
    if judgement.interchange.syntax == "edifact":
        answer = contrl(judgement)
        return [], [answer] if answer is not None else []
    envelope = ta1(judgement)
    return [envelope] if envelope is not None else [], functional_acknowledgments(judgement)


def line(node: Node, syntax: str) -> str:
    element, component, terminator = ("+", ":", "'") if syntax == "edifact" else ("*", ">", "~")
    return element.join([node.name, *(component.join(one[0]) for one in node.elements)]) + terminator


def rendered(judgement: Judgement) -> str:
    envelope, messages = answered(judgement)
    blocks = [[node] for node in envelope] + [list(message.body) for message in messages]
    syntax = judgement.interchange.syntax
    return "\n\n".join("\n".join(line(node, syntax) for node in block) for block in blocks)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_vector_gets_its_answer(file: Path) -> None:
    answers = "\n\n".join(filter(None, (rendered(judgement) for judgement in judgements(file.read_bytes()))))
    assert answers == file.with_suffix(".txt").read_text(encoding="utf-8").strip("\n")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_only_bad_vectors_are_rejected(file: Path) -> None:
    verdicts = judgements(file.read_bytes())
    assert verdicts
    assert all(judgement.accepted for judgement in verdicts) == (not file.stem.startswith("bad-"))


def test_no_vector_is_left_over() -> None:
    assert {file.stem for file in VECTORS.glob("*.txt")} == {file.stem for file in FILES}
    assert sum(file.stem.startswith("bad-") for file in FILES) * 2 >= len(FILES) > 40


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_we_answer_satisfies_our_own_guides(file: Path) -> None:
    for judgement in judgements(file.read_bytes()):
        envelope, messages = answered(judgement)
        for message in messages:
            kind = message.kind
            guide = SHELF.guide(f"{judgement.interchange.syntax}/{kind.version}/{kind.type}")
            assert guide is not None
            wrong = validate_tree(kind, message.reference, message.body, guide)
            # What is no group, no set or too short a number is quoted as it is, or its sender would not know it again.
            quoted = [one for one in wrong if (one.where.segment, one.code) in QUOTED]
            assert [one for one in wrong if one not in quoted] == []
            assert not quoted or file.stem in ("bad-x12-set-number", "bad-x12-group-unsupported")
        for node in envelope:
            # X12 TA1: I12 N0 9/9, I08 DT 6/6, I09 TM 4/4, I17 ID 1/1, I18 ID 3/3.
            assert re.fullmatch(r"TA1\*\d{9}\*\d{6}\*\d{4}\*[AER]\*\d{3}~", line(node, "x12"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_our_answers_say_what_we_judged(file: Path) -> None:
    """Written, read and applied from the general to the particular, an answer gives the verdicts it was made from."""
    for judgement in judgements(file.read_bytes()):
        answers = sent_and_read(judgement)
        references = [reference_of(judged) for judged in judgement.messages]
        for judged, reference in zip(judgement.messages, references, strict=True):
            group, message = reference
            # Answers name messages by reference; one that is repeated, missing or no text names nobody.
            nameless = references.count(reference) > 1 or not message or "\ufffd" in message
            if nameless or is_acknowledgment(judged.message.kind):
                continue
            verdicts = [
                answer.verdict
                for answer in answers
                if answer.kind != "ta1"
                and answer.level != "package"
                and answer.group_number in ("", group)
                and answer.message_reference in ("", message)
            ]
            assert (verdicts[-1] != "rejected") == judged.accepted, reference


def reference_of(judged: JudgedMessage) -> tuple[str, str]:
    return judged.group.control_number if judged.group.explicit else "", judged.message.reference


def sent_and_read(judgement: Judgement) -> list[Answer]:
    """Our answer as it comes out of the writer and the reader again."""
    envelope, messages = answered(judgement)
    interchange = judgement.interchange
    if not messages:
        return []
    written = write(
        Envelope(
            syntax="edifact" if interchange.syntax == "edifact" else "x12",
            sender=Address(id="ALBATROS", qualifier="ZZ"),
            receiver=Address(id="PARTNER", qualifier="ZZ"),
            control_number="000000077",
            at=datetime(2026, 11, 3, 9, 20, tzinfo=UTC),
            # What is quoted from a message needs a character set that has it; this one has them all.
            charset="UNOW" if interchange.syntax == "edifact" else "UNOC",
        ),
        messages,
        envelope,
    )
    assert [finding for finding in written.findings if finding.fatal] == []
    reading = read(written.data)
    (back,) = reading.interchanges
    assert not any(finding.fatal for finding in [*reading.findings, *back.findings])
    answers, findings = read_answers(back)
    assert findings == []
    return answers


GOOD = (VECTORS / "edifact-good.edi").read_bytes()
GROUPED = (VECTORS / "edifact-good-groups.edi").read_bytes()
X12 = (VECTORS / "x12-good.edi").read_bytes()


def test_each_message_is_judged_by_itself() -> None:
    (judgement,) = judgements((VECTORS / "bad-edifact-elements.edi").read_bytes().replace(b"+AB+X+Y", b""))
    assert [judged.accepted for judged in judgement.messages] == [False, True, False]
    assert not judgement.rejected
    assert not judgement.accepted
    assert judgement.messages[0].guide == "edifact/D.96A/IFTSTA"
    tree = judgement.messages[0].tree
    assert tree is not None
    assert tree.name == "IFTSTA"


def test_a_finding_of_the_interchange_rejects_everything() -> None:
    (judgement,) = judgements(GOOD, found("duplicate-interchange"))
    assert judgement.rejected
    assert [(judged.valid, judged.accepted) for judged in judgement.messages] == [(True, False), (True, False)]
    (finding,) = judgement.findings
    assert (finding.where.interchange, finding.where.segment, finding.where.element) == ("M0001", "UNB", 5)
    assert GOOD[finding.where.offset or 0 :].startswith(b"M0001")
    assert (finding.where.line, finding.where.column) == (1, 48)


def test_a_finding_of_a_group_rejects_its_group() -> None:
    (judgement,) = judgements(X12, found("group-version-unsupported", where=Where(group="31")))
    assert [group.rejected for group in judgement.groups] == [True, False]
    assert [judged.accepted for judged in judgement.messages] == [False, False, True]
    assert [(one.where.group, one.where.segment, one.where.element) for one in judgement.findings] == [("31", "GS", 8)]
    assert not judgement.rejected


def test_a_finding_of_a_message_rejects_that_message() -> None:
    (judgement,) = judgements(GROUPED, found("message-not-agreed", where=Where(group="G1", message="2")))
    assert [judged.accepted for judged in judgement.messages] == [True, False]
    (finding,) = judgement.messages[1].findings
    where = finding.where
    assert (where.interchange, where.group, where.message) == ("M0001", "G1", "2")
    assert (where.segment, where.segment_position, where.element, where.component) == ("UNH", 1, 2, 1)
    assert GROUPED[where.offset or 0 :].startswith(b"IFTSTA:D:96A:UN'")


def test_a_finding_about_nobody_here_concerns_the_interchange() -> None:
    (judgement,) = judgements(GOOD, found("message-not-agreed", where=Where(message="77")))
    assert judgement.rejected
    (grouped,) = judgements(GROUPED, found("duplicate-group", where=Where(group="G7")))
    assert grouped.rejected


def test_a_known_place_is_kept() -> None:
    where = Where(interchange="M0001", segment="UNB", element=2, component=2, line=7, column=3, offset=99)
    (judgement,) = judgements(GOOD, found("sender-unknown", where=where))
    assert judgement.interchange_findings[-1].where == where


def test_warnings_and_notes_reject_nothing() -> None:
    (judgement,) = judgements(
        GOOD, found("duplicate-interchange", "warning"), found("duplicate-message", "note", where=Where(message="1"))
    )
    assert judgement.accepted
    assert len(judgement.findings) == 1
    assert len(judgement.messages[0].findings) == 1


def test_what_mapping_finds_later_changes_the_verdict() -> None:
    (judgement,) = judgements(GOOD)
    assert judgement.accepted
    judgement.messages[1].findings.append(found("map-required", where=Where(message="2")))
    assert [judged.accepted for judged in judgement.messages] == [True, False]
    assert not judgement.accepted


def test_without_a_guide_the_message_is_rejected_and_still_there() -> None:
    (judgement,) = judgements((VECTORS / "bad-edifact-unknown-type.edi").read_bytes())
    first, _, third = judgement.messages
    assert (first.guide, first.tree, first.accepted) == (None, None, False)
    assert len(first.message.segments) == 8
    assert third.accepted


def test_a_consequence_never_hides_its_cause() -> None:
    count, mixed = found("interchange-count-mismatch"), found("groups-mixed")
    assert foremost([count, mixed]) is mixed
    assert foremost([count]) is count
    assert foremost([found("groups-mixed", "warning")]) is None


def test_every_place_of_an_envelope_is_in_its_envelope() -> None:
    levels: list[Level] = ["interchange", "group", "message"]
    for code in CODES:
        for level in levels:
            place = usual_place(found(code), "edifact", level)
            assert place is None or place[0] in service_tags("edifact", level)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FILES), st.integers(0, 1200), st.binary(max_size=3))
def test_whatever_is_damaged_there_is_an_answer_that_can_be_sent(file: Path, at: int, junk: bytes) -> None:
    data = file.read_bytes()
    for judgement in judgements(data[:at] + junk + data[at + 1 :]):
        envelope, messages = answered(judgement)
        answers = sent_and_read(judgement)
        if judgement.rejected:
            assert all(node.elements[3] == (("R",),) for node in envelope)
            assert all(answer.verdict == "rejected" for answer in answers)
        elif judgement.accepted:
            assert all(answer.verdict == "accepted" for answer in answers)
        # A group of acknowledgments (FA) stays unanswered, also where what its sets are can no longer be read.
        acknowledged = [
            judged
            for judged in judgement.messages
            if not is_acknowledgment(judged.message.kind) and judged.group.kind != "FA"
        ]
        assert messages or not acknowledged or not judgement.interchange.control_number
