"""Reading, against vectors: every file under tests/vectors/edifact and tests/vectors/x12, whole and with a tail.

``NAME.json`` is what reading ``NAME.edi`` gives; ``NAME.TERMS.json`` what it gives on the terms that it states.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from translators.finding import Finding
from translators.reading import ReadingTerms, read
from translators.syntax import Elements, Group, Interchange, Message, Package

_VECTORS = Path(__file__).parents[1] / "vectors"
_FILES = sorted([*(_VECTORS / "edifact").glob("*.edi"), *(_VECTORS / "x12").glob("*.edi")])
_EXPECTED = sorted([*(_VECTORS / "edifact").glob("*.json"), *(_VECTORS / "x12").glob("*.json")])
_PLACE = ("segment", "segment_position", "element", "component", "repetition", "line", "column", "offset")

Json = dict[str, object]


def _finding(finding: Finding, data: bytes) -> Json:
    where = finding.where
    described: Json = {"code": finding.code, "severity": finding.severity}
    described |= {name: value for name in _PLACE if (value := getattr(where, name)) is not None}
    offset = where.offset or 0
    return described | {"bytes": data[offset : offset + 8].decode("latin-1")}


def _elements(elements: Elements) -> list[object]:
    """A simple element as its text, any other as occurrences of components."""
    return [
        element[0][0] if len(element) == len(element[0]) == 1 else [list(occurrence) for occurrence in element]
        for element in elements
    ]


def _message(message: Message, data: bytes) -> Json:
    return {
        "reference": message.reference,
        "type": message.kind.type,
        "version": message.kind.version,
        "findings": [_finding(finding, data) for finding in message.findings],
        "segments": [[segment.tag, *_elements(segment.elements)] for segment in message.segments],
    }


def _package(package: Package, data: bytes) -> Json:
    return {
        "reference": package.reference,
        "identification": list(package.identification),
        "object_type": list(package.object_type),
        "stated": package.stated,
        "offset": package.offset,
        "start": package.start,
        "length": package.length,
        "end": package.end,
        "trailer": package.trailer is not None,
        "object": data[package.start : package.start + package.length].decode("latin-1"),
        "findings": [_finding(finding, data) for finding in package.findings],
    }


def _group(group: Group, data: bytes) -> Json:
    return {
        "explicit": group.explicit,
        "control_number": group.control_number,
        "kind": group.kind,
        "sender": group.sender.id,
        "receiver": group.receiver.id,
        "claimed_count": group.claimed_count,
        "findings": [_finding(finding, data) for finding in group.findings],
        "messages": [_message(message, data) for message in group.messages],
    } | ({"packages": [_package(package, data) for package in group.packages]} if group.packages else {})


def _interchange(interchange: Interchange, data: bytes) -> Json:
    return {
        "sender": interchange.sender.id,
        "receiver": interchange.receiver.id,
        "control_number": interchange.control_number,
        "version": interchange.version,
        "test": interchange.test,
        "acknowledgment_requested": interchange.acknowledgment_requested,
        "acknowledgments": len(interchange.acknowledgments),
        "findings": [_finding(finding, data) for finding in interchange.findings],
        "groups": [_group(group, data) for group in interchange.groups],
    }


def _reading(data: bytes, terms: ReadingTerms) -> Json:
    reading = read(data, terms=terms)
    return {
        "syntax": reading.syntax,
        "findings": [_finding(finding, data) for finding in reading.findings],
        "interchanges": [_interchange(interchange, data) for interchange in reading.interchanges],
    }


def _file(expected: Path) -> Path:
    """The file that an expectation is about."""
    return expected.parent / f"{expected.name.partition('.')[0]}.edi"


def test_every_vector_has_its_expectation_and_every_expectation_its_vector() -> None:
    assert {path.with_suffix(".json") for path in _FILES} <= set(_EXPECTED)
    assert {_file(path) for path in _EXPECTED} == set(_FILES)
    assert len(_FILES) > 100


@pytest.mark.parametrize("path", _EXPECTED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_vector(path: Path) -> None:
    expected: Json = json.loads(path.read_text(encoding="utf-8"))
    assert expected.pop("behaviour")
    terms = msgspec.convert(expected.pop("terms", {}), ReadingTerms)
    assert _reading(_file(path).read_bytes(), terms) == expected


def test_findings_name_the_interchange_the_group_and_the_message_they_are_about() -> None:
    data = (_VECTORS / "x12" / "35-good-and-bad.edi").read_bytes()
    (interchange,) = read(data).interchanges
    (finding,) = (finding for message in interchange.messages for finding in message.findings)
    assert (finding.where.interchange, finding.where.group, finding.where.message) == ("000000001", "1", "0002")
    assert finding.value == "9"
    data = (_VECTORS / "x12" / "03-group-reference-and-count.edi").read_bytes()
    (interchange,) = read(data).interchanges
    assert {(each.where.group, each.where.message) for each in interchange.groups[0].findings} == {("1", None)}
    data = (_VECTORS / "edifact" / "15-interchange-count.edi").read_bytes()
    (interchange,) = read(data).interchanges
    assert [(each.where.interchange, each.where.group) for each in interchange.findings] == [("77", None)]


@pytest.mark.parametrize(
    "name", ["edifact/01-minimal", "edifact/07-several-groups", "x12/01-minimal", "x12/12-several", "x12/18-binary"]
)
def test_a_whole_interchange_reads_the_same_with_anything_behind_it(name: str) -> None:
    """What follows an interchange changes nothing in it, and what precedes the next is said and passed over."""
    data = (_VECTORS / f"{name}.edi").read_bytes()
    alone = read(data)
    for tail in (b"\r\n", b"\0", b"garbage", b"UNB+", b"ISA*00", b"\nUNH+1+X'"):
        both = read(data + tail + data)
        count = len(alone.interchanges)
        first = [_interchange(each, data) for each in both.interchanges[:count]]
        assert first == [_interchange(each, data) for each in alone.interchanges]
        again = both.interchanges[-count:]
        assert [each.control_number for each in again] == [each.control_number for each in alone.interchanges]
        assert all("duplicate-interchange" in {finding.code for finding in each.findings} for each in again)


@pytest.mark.parametrize(
    "name", ["edifact/01-minimal", "edifact/07-several-groups", "x12/01-minimal", "x12/12-several"]
)
def test_every_cut_is_reported_and_keeps_what_was_whole(name: str) -> None:
    data = (_VECTORS / f"{name}.edi").read_bytes()
    whole = [message for interchange in read(data).interchanges for message in interchange.messages]
    for length in range(len(data) - 1):
        reading = read(data[:length])
        said = [*reading.findings, *(finding for each in reading.interchanges for finding in each.findings)]
        ends = {each.end for each in read(data).interchanges}
        if length not in ends:
            assert any(finding.fatal for finding in said), length
        complete = [
            message
            for each in reading.interchanges
            for message in each.messages
            if message.segments[-1].tag in ("UNT", "SE")
        ]
        expected = [message for message in whole if message.end <= length]
        assert [message.reference for message in complete] == [message.reference for message in expected], length
