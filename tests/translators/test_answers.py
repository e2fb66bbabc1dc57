"""What partners answer us, read from whole files: vectors in ``tests/vectors/acks/answers``."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.answers import Answer, is_acknowledgment, read_answers
from translators.codes import CODES
from translators.finding import Finding
from translators.meanings import (
    ADVICE_CODES,
    CONTRL_ERRORS,
    ELEMENT_ERRORS,
    GROUP_ERRORS,
    INTERCHANGE_NOTES,
    SEGMENT_ERRORS,
    SET_ERRORS,
)
from translators.reading import read
from translators.syntax import Address, MessageKind

VECTORS = Path(__file__).parent.parent / "vectors" / "acks" / "answers"
FILES = sorted(VECTORS.glob("*.edi"))


def answers_in(data: bytes) -> tuple[list[Answer], list[Finding]]:
    answers: list[Answer] = []
    findings: list[Finding] = []
    reading = read(data)
    for interchange in reading.interchanges:
        read_here, wrong_here = read_answers(interchange, reading.source)
        answers += read_here
        findings += wrong_here
    return answers, findings


def told(answer: Answer) -> dict[str, object]:
    """What an answer says, without the fields in which it says nothing."""
    said: dict[str, object] = json.loads(msgspec.json.encode(answer))
    nothing: tuple[object, ...] = ("", [], msgspec.to_builtins(Address(id="")))
    return {name: value for name, value in said.items() if value not in nothing}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_vector_says_what_its_json_says(file: Path) -> None:
    expected = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    answers, findings = answers_in(file.read_bytes())
    assert [told(answer) for answer in answers] == expected["answers"]
    assert [
        {
            "code": finding.code,
            "severity": finding.severity,
            "text": finding.text,
            "segment": finding.where.segment,
            "line": finding.where.line,
            "column": finding.where.column,
        }
        for finding in findings
    ] == expected["findings"]


def test_no_vector_is_left_over() -> None:
    assert {file.stem for file in VECTORS.glob("*.json")} == {file.stem for file in FILES}
    bad = sum(file.stem.startswith("bad-") for file in FILES)
    assert bad * 2 >= len(FILES) > 60


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_cut_anywhere_never_accepts_more_than_the_whole(file: Path) -> None:
    """An acceptance that rests on silence must not appear because the rejection was cut off."""
    data = file.read_bytes()

    def accepted(answers: list[Answer]) -> set[tuple[str, str, str]]:
        return {
            (answer.control_number, answer.group_number, answer.message_reference)
            for answer in answers
            if answer.verdict in ("accepted", "accepted-with-errors", "partially-accepted")
        }

    whole = accepted(answers_in(data)[0])
    for cut in range(0, len(data), 7):
        answers, _ = answers_in(data[:cut])
        assert accepted(answers) <= whole, cut


def test_answers_go_from_the_general_to_the_particular() -> None:
    levels = ("interchange", "group", "message", "package")
    for file in FILES:
        order = [levels.index(answer.level) for answer in answers_in(file.read_bytes())[0]]
        assert order == sorted(order), file.stem


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("CONTRL", True),
        ("APERAK", True),
        ("997", True),
        ("999", True),
        ("824", True),
        ("IFTSTA", False),
        ("214", False),
    ],
)
def test_acknowledgments_are_told_from_messages(kind: str, expected: bool) -> None:
    assert is_acknowledgment(MessageKind(type=kind, version="")) is expected


def test_every_code_that_we_write_has_words() -> None:
    for code in CODES.values():
        tables = (
            (CONTRL_ERRORS, (code.contrl, code.contrl_4, code.contrl_guide)),
            (INTERCHANGE_NOTES, (code.ta1,)),
            (GROUP_ERRORS, (code.group,)),
            (SET_ERRORS, (code.message, code.message_5010, code.message_guide)),
            (SEGMENT_ERRORS, (code.segment, code.segment_guide)),
            (ELEMENT_ERRORS, (code.element, code.element_5010, code.element_guide)),
            (ADVICE_CODES, (code.advice_code,)),
        )
        for words, written in tables:
            assert all(value in words for value in written if value is not None), code


def test_findings_without_a_source_have_no_line() -> None:
    (interchange,) = read((VECTORS / "bad-997-without-ak9.edi").read_bytes()).interchanges
    _, (finding,) = read_answers(interchange)
    assert (finding.where.segment, finding.where.line, finding.where.offset) == ("AK1", None, None)


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(["UCI", "UCF", "UCM", "UCS", "UCD", "XYZ"]), max_size=8),
    st.data(),
)
def test_any_contrl_is_read_in_one_line_each(tags: list[str], data: st.DataObject) -> None:
    values = st.sampled_from(["", "7", "4", "8", "13", "A:B", "2:1:3", "caf\u00e9", "\n", "\u2460"])
    segments = [f"{tag}+{'+'.join(data.draw(st.lists(values, max_size=6)))}'" for tag in tags]
    body = "".join(segments)
    wire = f"UNB+UNOW:4+A+B+20261103:1020+1'UNH+1+CONTRL:4:1:UN'{body}UNT+{len(tags) + 2}+1'UNZ+1+1'"
    answers, findings = answers_in(wire.encode())
    assert all(answer.text.isprintable() and answer.text.endswith(".") for answer in answers)
    assert all(finding.text and finding.where.segment for finding in findings)
    assert "UCI" not in tags or answers or findings
