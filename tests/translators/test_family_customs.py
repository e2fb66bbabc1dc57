"""Cargo reports, declarations and the answers of customs: examples, faults, one syntax to the other."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.translators.family_examples import EXAMPLES, context, golden, segments_of, the_guide
from tests.translators.maps_at_hand import shipped_map
from translators.canonical import (
    Canonical,
    CargoReport,
    CustomsResponse,
    search_references,
)
from translators.finding import Finding, Where
from translators.mapping import Context, Mapped, from_canonical, to_canonical
from translators.reading import read
from translators.syntax import MessageKind
from translators.tree import Node
from translators.validation import validate, validate_tree

# An example and its map, with the zone of the office; its canonical document stands beside it.
MESSAGES = {
    "customs_response/import-brussels.cusres.edi": ("edifact/D.96A/CUSRES", "Europe/Brussels"),
    "customs_response/manifest-rotterdam.cusres.edi": ("edifact/D.01B/CUSRES", "Europe/Amsterdam"),
    "customs_response/hold-long-beach.350.x12": ("x12/004010/350", "America/Los_Angeles"),
    "customs_response/rejected-long-beach.355.x12": ("x12/004010/355", "America/Los_Angeles"),
    "cargo_report/import-rotterdam.cuscar.edi": ("edifact/D.96A/CUSCAR", "Europe/Amsterdam"),
    "cargo_report/import-long-beach.309.x12": ("x12/004010/309", "America/Los_Angeles"),
    "cargo_report/train-laredo.358.x12": ("x12/004010/358", "America/Chicago"),
    "cargo_report/arrival-rotterdam.cusrep.edi": ("edifact/D.96A/CUSREP", "Europe/Amsterdam"),
    "cargo_report/in-bond-salt-lake.353.x12": ("x12/004010/353", "America/Los_Angeles"),
    "customs_declaration/import-antwerp.cusdec.edi": ("edifact/D.96A/CUSDEC", "Europe/Brussels"),
}


def example(file: str) -> bytes:
    return (EXAMPLES / file).read_bytes()


def validated(data: bytes, name: str, zone: str) -> tuple[list[Finding], Mapped]:
    """What the guide and the map say of the one message in ``data``."""
    reading = read(data)
    (message,) = reading.interchanges[0].messages
    found = validate(message, the_guide(name), reading.source, Where(message="1"))
    at = Context(zone=ZoneInfo(zone), on=date(2026, 10, 1), source=reading.source)
    return list(found.findings), to_canonical(found.tree, shipped_map(name), at)


def mapped(data: bytes, name: str, zone: str) -> Mapped:
    """What a map makes of the one message in ``data``, which must be faultless for its guide."""
    findings, result = validated(data, name, zone)
    assert findings == []
    return result


def document_of(file: str) -> Canonical:
    name, zone = MESSAGES[file]
    document = mapped(example(file), name, zone).document
    assert document is not None
    return document


def rewritten(document: Canonical, name: str, zone: str) -> Canonical:
    """The document that a receiver has of what is written with another map."""
    rules = shipped_map(name)
    built = from_canonical(document, rules, context(zone))
    assert not [finding for finding in built.findings if finding.fatal]
    kind = MessageKind(type=rules.type, version=rules.guide.split("/")[1])
    assert validate_tree(kind, "1", built.body, the_guide(rules.guide)) == []
    received = to_canonical(Node(name=rules.type, group=True, children=list(built.body)), rules, context(zone)).document
    assert received is not None
    return received


@pytest.mark.parametrize("file", MESSAGES)
def test_an_example_reads_as_its_document(file: str) -> None:
    name, zone = MESSAGES[file]
    segments_of(example(file))
    found = mapped(example(file), name, zone)
    assert found.findings == []
    assert found.document == golden(file)


@pytest.mark.parametrize("file", MESSAGES)
def test_a_document_is_written_as_its_example(file: str) -> None:
    name, zone = MESSAGES[file]
    rules = shipped_map(name)
    built = from_canonical(golden(file), rules, context(zone))
    assert built.findings == []
    kind = MessageKind(type=rules.type, version=rules.guide.split("/")[1])
    assert validate_tree(kind, "1", built.body, the_guide(rules.guide)) == []
    written = [(node.name, node.elements) for root in built.body for node in root.segments()]
    assert written == [(segment.tag, segment.elements) for segment in segments_of(example(file))]


def test_a_manifest_says_what_the_other_syntax_cannot_carry() -> None:
    """A CUSCAR has no list of containers for each bill: that is an error, not a silent loss."""
    report = document_of("cargo_report/import-long-beach.309.x12")
    built = from_canonical(report, shipped_map("edifact/D.96A/CUSCAR"), context("Europe/Brussels"))
    assert [finding.where.path for finding in built.findings if finding.severity == "error"] == [
        "consignments[0].equipment[0].number",
        "consignments[1].equipment[0].number",
    ]


def test_a_bill_goes_from_one_syntax_to_the_other() -> None:
    report = document_of("cargo_report/import-long-beach.309.x12")
    assert isinstance(report, CargoReport)
    (ours,) = report.consignments[:1]
    other = rewritten(msgspec.structs.replace(report, consignments=(ours,)), "edifact/D.96A/CUSCAR", "America/Chicago")
    assert isinstance(other, CargoReport)
    (theirs,) = other.consignments
    assert [unit.number for unit in other.equipment] == ["HLXU8765430"]
    assert (theirs.number, theirs.port, theirs.parties) == (ours.number, ours.port, ours.parties)
    told = [(line.packages, line.description, line.commodity_code, line.gross_weight) for line in theirs.goods]
    inside = ours.equipment[0].goods
    assert told == [(line.packages, line.description, line.commodity_code, line.gross_weight) for line in inside]


@pytest.mark.parametrize(
    "file",
    [
        "cargo_report/import-rotterdam.cuscar.edi",
        "cargo_report/arrival-rotterdam.cusrep.edi",
        "customs_declaration/import-antwerp.cusdec.edi",
    ],
)
def test_two_versions_of_a_message_say_the_same(file: str) -> None:
    name, zone = MESSAGES[file]
    assert rewritten(document_of(file), name.replace("D.96A", "D.01B"), zone) == golden(file)


def test_a_declaration_and_its_answer_are_found_by_the_same_reference() -> None:
    declaration = search_references(golden("customs_declaration/import-antwerp.cusdec.edi"))
    answer = search_references(golden("customs_response/import-brussels.cusres.edi"))
    shared = {(one.name, one.raw) for one in declaration} & {(one.name, one.raw) for one in answer}
    assert {
        ("declarant_reference", "MT-IMP-2026-0877"),
        ("bill_of_lading", "HLCUHOU260812345"),
        ("container", "HLXU8765430"),
    } <= shared


def test_a_hold_is_a_hold_in_either_syntax() -> None:
    answer = document_of("customs_response/hold-long-beach.350.x12")
    other = rewritten(answer, "edifact/D.01B/CUSRES", "America/Los_Angeles")
    assert isinstance(other, CustomsResponse)
    assert [(one.number, one.number_type, [each.outcome for each in one.outcomes]) for one in other.subjects] == [
        ("ANR260912345", "bill_of_lading", ["released"]),
        ("ANR260912346", "bill_of_lading", ["hold"]),
        ("ANR260912377", "bill_of_lading", ["transfer_authorised"]),
    ]
    assert isinstance(answer, CustomsResponse)
    instants = [
        (one.decided.at, two.decided.at)
        for one, two in zip(answer.subjects, other.subjects, strict=True)
        if one.decided and two.decided
    ]
    assert len(instants) == 3
    assert all(one == two for one, two in instants)
    assert [one.number for subject in other.subjects for one in subject.equipment] == [
        "HLXU8765430",
        "TCLU5562312",
        "CAIU4001223",
    ]


def test_an_answer_is_found_by_all_it_names() -> None:
    found = {(one.name, one.raw) for one in search_references(golden("customs_response/import-brussels.cusres.edi"))}
    assert {
        ("customs_declaration", "26BE000201443210R4"),
        ("declarant_reference", "MT-IMP-2026-0877"),
        ("bill_of_lading", "HLCUHOU260812345"),
        ("container", "HLXU8765430"),
        ("document", "US-4471-88"),
    } <= found
    found = {(one.name, one.raw) for one in search_references(golden("customs_response/hold-long-beach.350.x12"))}
    assert {
        ("customs_entry", "23177788899"),
        ("bill_of_lading", "ANR260912346"),
        ("master_bill_of_lading", "ANR260912300"),
    } <= found


IMPORT, MANIFEST = "customs_response/import-brussels.cusres.edi", "cargo_report/import-long-beach.309.x12"
DECLARATION = "customs_declaration/import-antwerp.cusdec.edi"
HOLD, CARGO = "customs_response/hold-long-beach.350.x12", "cargo_report/import-rotterdam.cuscar.edi"


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "segment", "line", "path"),
    [
        (HOLD, b"0612*1H", b"0612*2Q", "map-unmapped", "X4", 8, "subjects[1].outcomes[0].outcome"),
        (HOLD, b"20261012*0612", b"20261032*0612", "date-invalid", "X4", 8, "subjects[1].decided"),
        (IMPORT, b"GIS+5", b"GIS+19", "map-unmapped", "GIS", 11, "outcomes[1].outcome"),
        (IMPORT, b"202610120914:203'\nDTM+148", b"202610122514:203'\nDTM+148", "time-invalid", "DTM", 8, "issued"),
        (MANIFEST, b"XU*8765430", b"XU*8765431", "check-digit-wrong", "VID", 16, "consignments[0].equipment[0].number"),
        (MANIFEST, b"CTN*18450.5", b"XYZ*18450.5", "map-unmapped", "M11", 7, "consignments[0].cargo.package_kind"),
        (
            CARGO,
            b"CNT+7:18450.5:KGM",
            b"CNT+7:18450.5",
            "map-required",
            "CNT",
            27,
            "consignments[0].cargo.gross_weight.unit",
        ),
    ],
)
def test_a_fault_is_found_at_its_place(
    file: str, old: bytes, new: bytes, code: str, segment: str, line: int, path: str
) -> None:
    data = example(file)
    assert data.count(old) == 1
    name, zone = MESSAGES[file]
    of_guide, result = validated(data.replace(old, new), name, zone)
    places = [(one.code, one.where.segment, one.where.line, one.where.path) for one in [*of_guide, *result.findings]]
    assert (code, segment, line, path) in places
