"""Which guide judges a message: the flow's with its layers and policies, the standard's, one meant, or none."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from gateway.catalogue import Catalogue
from gateway.judging import FlowGuides, GuideFor, guide_of_standard
from gateway.profiles_folder import load_profiles
from partners import Agreement, Outcome, Recognition
from translators.codes import CODES
from translators.judgement import Judgement, judge
from translators.reading import read

ROOT = Path(__file__).parents[2]
BODY = "BGM+77+R1+1'XYZ+1'CNI+1'STS+1+21'"
NORTH = {
    "guide": "edifact/D.96A/IFTSTA",
    "changes": [{"set": "codes", "at": "BGM/3", "only": ["9", {"code": "1", "to": "2026-10-31"}]}],
}


def message(identity: str = "IFTSTA:D:96A:UN", body: str = BODY, day: str = "261103") -> bytes:
    count = body.count("'") + 2
    return f"UNB+UNOC:3+A+B+{day}:0915+77'UNH+1+{identity}'{body}UNT+{count}+1'UNZ+1+77'".encode()


def by_standard(data: bytes, catalogue: Catalogue | None = None) -> Judgement:
    reading = read(data)
    guides: GuideFor = guide_of_standard(catalogue or Catalogue(), reading.source)
    return judge(reading.interchanges[0], reading.source, guides)


@pytest.mark.parametrize(
    "identity", ["IFTSTA:D:96A:UN", "IFTSTA:D:96A:UN:EAN004", "IFTSTA:D:96A:RT", "IFTSTA:D:96A:UN:NORTH"]
)
def test_agency_and_association_do_not_hinder(identity: str) -> None:
    (judged,) = by_standard(message(identity, BODY.replace("XYZ+1'", ""))).messages
    assert judged.guide == "edifact/D.96A/IFTSTA"
    assert judged.accepted


@pytest.mark.parametrize("identity", ["IFTSTA::96A:UN", "IFTSTA:0:96A:UN", "IFTSTA:D:96a:UN", "IFTSTA:96A"])
def test_a_crooked_version_is_understood_and_said(identity: str) -> None:
    (judged,) = by_standard(message(identity, BODY.replace("XYZ+1'", ""))).messages
    assert judged.guide == "edifact/D.96A/IFTSTA"
    finding = next(each for each in judged.findings if each.code == "message-version-form")
    assert (finding.severity, finding.where.segment, finding.where.element) == ("warning", "UNH", 2)
    assert "D.96A" in finding.text


@pytest.mark.parametrize(
    ("identity", "says", "component"),
    [
        ("IFTSTA:D:71A:UN", "the nearest that there is, is D.9", 3),
        ("NOSUCH:D:96A:UN", "D.96A has no message of that name", 1),
        ("NOSUCH:D:71A:UN", "can be looked at, not judged", 1),
    ],
)
def test_without_a_guide_the_message_stays_and_the_finding_helps(identity: str, says: str, component: int) -> None:
    (judged,) = by_standard(message(identity)).messages
    (finding,) = judged.findings
    assert (finding.code, finding.where.element, finding.where.component) == ("message-type-unknown", 2, component)
    assert CODES[finding.code].contrl == "14"
    assert says in finding.text
    assert [segment.tag for segment in judged.message.segments][:3] == ["UNH", "BGM", "XYZ"]
    assert judged.tree is None


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A gateway's folder with one agreement and one layer."""
    (tmp_path / "sallyport.yaml").write_text("")
    layers = tmp_path / "guides" / "north"
    layers.mkdir(parents=True)
    (layers / "iftsta.json").write_text(json.dumps(NORTH))
    (tmp_path / "partners").mkdir()
    vectors = ROOT / "tests" / "vectors" / "profiles"
    for file in sorted((vectors / "base").rglob("*")):
        if file.is_file():
            (tmp_path / "partners" / file.relative_to(vectors / "base")).parent.mkdir(exist_ok=True)
            (tmp_path / "partners" / file.relative_to(vectors / "base")).write_bytes(file.read_bytes())
    return tmp_path


AGREEMENT = """
agreements:
  - id: north
    extends: [pair]
    us: us-co
    party: acme
    status: live
    every_flow: {channel: acme-box}
    flows:
      - id: status-in
        guide_layers: [LAYER]
        policies: {unknown_segments: warn, findings: {element-too-long: note}}
"""


def agreement_in(home: Path, layer: str = "north/iftsta") -> Agreement:
    (home / "partners" / "north.yaml").write_text(AGREEMENT.replace("LAYER", layer))
    loaded = load_profiles(home / "partners", Catalogue.of(home))
    assert [str(each) for each in loaded.faults if each.severity == "error"] == []
    assert loaded.register is not None
    return loaded.register.agreements["north"]


def by_flow(data: bytes, home: Path, received: date | None = None) -> list[tuple[str, str, str | None]]:
    agreement, reading = agreement_in(home), read(data)
    recognition = Recognition(
        outcome=Outcome.RECOGNISED,
        text="",
        party=agreement.party,
        us=agreement.us,
        agreements=(agreement,),
        nearest=agreement,
    )
    guides = FlowGuides(Catalogue.of(home), recognition, reading.source, received)
    (judged,) = judge(reading.interchanges[0], reading.source, guides).messages
    return sorted((each.code, each.severity, each.guide) for each in judged.findings if each.layer != "envelope")


def test_a_flow_judges_by_its_layers_and_policies_on_the_day_of_the_interchange(home: Path) -> None:
    code, segment = ("code-unknown", "error", "north/iftsta"), ("segment-unknown", "warning", "standard")
    assert by_flow(message(day="261103"), home) == [code, segment]
    assert by_flow(message(day="261031"), home) == [segment]
    assert by_flow(message(day="269999"), home, date(2026, 10, 1)) == [segment]
    assert by_flow(message(day="269999"), home, date(2026, 12, 1)) == [code, segment]


def test_a_crooked_version_finds_its_flow(home: Path) -> None:
    assert ("segment-unknown", "warning", "standard") in by_flow(message("IFTSTA::96A:UN"), home)


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ({"guide": "edifact/D.96A/APERAK", "changes": []}, "written for edifact/D.96A/APERAK"),
        (
            {**NORTH, "changes": [{"set": "usage", "at": "XYZ", "usage": "unused"}]},
            "change 1: edifact/D.96A/IFTSTA",
        ),
    ],
)
def test_a_layer_that_does_not_fit_is_a_fault_of_the_profile(home: Path, layer: dict[str, object], says: str) -> None:
    (home / "guides" / "north" / "wrong.json").write_text(json.dumps(layer))
    (home / "partners" / "north.yaml").write_text(AGREEMENT.replace("LAYER", "north/wrong"))
    loaded = load_profiles(home / "partners", Catalogue.of(home))
    assert loaded.register is None
    (fault,) = [str(each) for each in loaded.faults if "north/wrong" in str(each)]
    assert "north.yaml:11:" in fault
    assert says in fault
