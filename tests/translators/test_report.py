"""The JSON documents of ``validate`` and ``inspect``: their shape is a contract, and their content the judgement's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from translators.finding import Finding, Where
from translators.judgement import Judgement, judge
from translators.reading import read
from translators.report import Inspection, Report, inspection, report
from translators.syntax import Group, Interchange, Message, Reading

VECTORS = Path(__file__).parent.parent / "vectors" / "acks" / "issued"
FINDING_KEYS = ["code", "severity", "text", "value", "layer", "where"]
PLACE_KEYS = [
    "interchange",
    "message",
    "package",
    "segment",
    "segment_position",
    "element",
    "component",
    "repetition",
    "path",
    "line",
    "column",
    "offset",
]

GuideFor = Callable[[Interchange, Group, Message], Finding]


def refusing(*references: str) -> GuideFor:
    """Has no guide for anything, which is an error for these references and a note for all others."""

    def guide_for(interchange: Interchange, group: Group, message: Message) -> Finding:
        return Finding(
            code="message-not-agreed",
            severity="error" if message.reference in references else "note",
            text="there is no agreement about this message",
            where=Where(),
            layer="rule",
        )

    return guide_for


def judged(data: bytes, *references: str) -> tuple[Reading, list[Judgement]]:
    reading = read(data)
    return reading, [judge(one, reading.source, refusing(*references)) for one in reading.interchanges]


def as_json(document: Report | Inspection) -> dict[str, object]:
    decoded: dict[str, object] = json.loads(msgspec.json.encode(document))
    return decoded


EDIFACT = (VECTORS / "edifact-good.edi").read_bytes()
X12 = (VECTORS / "x12-good.edi").read_bytes()


def test_an_accepted_file() -> None:
    assert as_json(report(*judged(EDIFACT))) == {
        "syntax": "edifact",
        "accepted": True,
        "interchanges": [
            {
                "sender": "MERIDIAN",
                "receiver": "ALBATROS",
                "control_number": "M0001",
                "test": False,
                "accepted": True,
                "messages": [
                    {"reference": "1", "type": "IFTSTA", "version": "D.96A", "accepted": True, "segments": 8},
                    {"reference": "2", "type": "IFTSTA", "version": "D.96A", "accepted": True, "segments": 8},
                ],
                "packages": [],
            }
        ],
        "findings": [],
    }


def test_a_rejected_message_rejects_the_file_but_not_its_neighbour() -> None:
    document = as_json(report(*judged(EDIFACT, "2")))
    assert document["accepted"] is False
    (interchange,) = msgspec.convert(document, Report).interchanges
    assert interchange.accepted is False
    assert [message.accepted for message in interchange.messages] == [True, False]
    assert document["findings"] == [
        {
            "code": "message-not-agreed",
            "severity": "error",
            "text": "there is no agreement about this message",
            "value": None,
            "layer": "rule",
            "where": {
                "interchange": "M0001",
                "message": "2",
                "package": None,
                "segment": "UNH",
                "segment_position": 1,
                "element": 2,
                "component": 1,
                "repetition": None,
                "path": None,
                "line": 10,
                "column": 7,
                "offset": EDIFACT.index(b"UNH+2") + 6,
            },
        }
    ]


def test_x12_has_the_same_shape() -> None:
    document = msgspec.convert(as_json(report(*judged(X12, "0002"))), Report)
    (interchange,) = document.interchanges
    assert (document.syntax, interchange.sender, interchange.receiver) == ("x12", "PRFT", "ALBATROS")
    assert [(one.type, one.version, one.accepted) for one in interchange.messages] == [
        ("214", "004010", True),
        ("214", "004010", False),
        ("214", "004010", True),
    ]


def test_a_rejected_interchange_accepts_none_of_its_messages() -> None:
    data = (VECTORS / "bad-edifact-interchange-count.edi").read_bytes()
    document = report(*judged(data))
    assert document.accepted is False
    assert [message.accepted for message in document.interchanges[0].messages] == [False]
    assert [finding.code for finding in document.findings] == ["interchange-count-mismatch"]


def test_a_second_interchange_is_judged_by_itself() -> None:
    document = report(*judged((VECTORS / "bad-edifact-interchange-count.edi").read_bytes() + X12))
    assert document.accepted is False
    assert [one.accepted for one in document.interchanges] == [False, True]


@pytest.mark.parametrize("data", [b"", b"\n \n", b"%PDF-1.7", b"hello world", b"UNH+1+IFTSTA:D:96A:UN'"])
def test_what_is_no_interchange_is_not_accepted(data: bytes) -> None:
    document = report(*judged(data))
    assert document.accepted is False
    assert document.interchanges == []
    assert document.findings


def test_bytes_behind_the_trailer_reject_the_file_and_no_interchange() -> None:
    document = report(*judged(EDIFACT + b"what is this"))
    assert [one.accepted for one in document.interchanges] == [True]
    assert document.accepted is False
    assert "trailing-garbage" in [finding.code for finding in document.findings]


@pytest.mark.parametrize("file", sorted(VECTORS.glob("bad-*.edi")), ids=lambda file: file.stem)
def test_every_finding_has_all_keys_in_order(file: Path) -> None:
    document = as_json(report(*judged(file.read_bytes(), "2", "0001")))
    findings = document["findings"]
    assert isinstance(findings, list)
    for finding in findings:
        assert list(finding) == FINDING_KEYS
        assert list(finding["where"]) == PLACE_KEYS
        assert finding["severity"] in ("error", "warning")
    assert msgspec.convert(document, Report) == report(*judged(file.read_bytes(), "2", "0001"))


def test_judgements_must_be_those_of_the_reading() -> None:
    reading, verdicts = judged(EDIFACT)
    other, _ = judged(EDIFACT)
    with pytest.raises(ValueError, match="one judgement for each interchange"):
        report(reading, [])
    with pytest.raises(ValueError, match="one judgement for each interchange"):
        report(other, verdicts)


def test_an_inspection_shows_envelopes_and_judges_nothing() -> None:
    document = as_json(inspection(read(X12)))
    interchanges = document["interchanges"]
    assert isinstance(interchanges, list)
    (interchange,) = interchanges
    messages = interchange.pop("messages")
    assert interchange == {
        "syntax": "x12",
        "version": "00401",
        "sender": {"id": "PRFT", "qualifier": "02", "sub": ""},
        "receiver": {"id": "ALBATROS", "qualifier": "ZZ", "sub": ""},
        "control_number": "000000905",
        "date": "261103",
        "time": "0915",
        "test": False,
        "acknowledgment_requested": True,
        "packages": [],
    }
    assert [(one["group"], one["reference"], one["type"], one["segments"]) for one in messages] == [
        ("31", "0001", "214", 6),
        ("31", "0002", "214", 6),
        ("32", "0001", "214", 6),
    ]
    first = messages[0]
    assert X12[first["offset"] :].startswith(b"ST*214*0001")
    assert X12[: first["offset"] + first["length"]].endswith(b"SE*6*0001~")


def test_packages_stand_beside_the_messages() -> None:
    data = (VECTORS / "bad-edifact-package-in-group.edi").read_bytes()
    (interchange,) = report(*judged(data)).interchanges
    assert not interchange.accepted and [one.accepted for one in interchange.messages] == [True]
    assert [(one.reference, one.accepted, one.octets) for one in interchange.packages] == [("PHOTO-1", False, 4)]
    (inspected,) = inspection(read(data)).interchanges
    (package,) = inspected.packages
    assert msgspec.structs.asdict(package) == {
        "group": "G1",
        "reference": "PHOTO-1",
        "identification": ["1", "STAT-1"],
        "object_type": ["24", "JPG"],
        "stated": "4",
        "octets": 4,
        "object_offset": data.index(b"JPEG"),
        "offset": data.index(b"UNO+"),
        "length": len(b"UNO+PHOTO-1+1:STAT-1+24:JPG+4'JPEGUNP+5+PHOTO-1'"),
    }


def test_an_inspection_shows_what_the_reader_noticed() -> None:
    document = inspection(read((VECTORS / "bad-x12-set-trailer.edi").read_bytes()))
    assert [finding.code for finding in document.findings] == ["message-count-mismatch", "message-reference-mismatch"]
    nothing = inspection(read(b"%PDF-1.7"))
    assert nothing.interchanges == []
    assert nothing.findings
