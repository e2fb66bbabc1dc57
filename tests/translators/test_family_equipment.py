"""Equipment at terminals and depots: examples both ways, later directories, the trade's dialect, faults, search."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydifact.parser import Parser

from tests.translators.family_examples import EXAMPLES, context, golden, mapped, segments_of, the_guide
from tests.translators.maps_at_hand import map_file, shipped_map
from tests.translators.shipped import SHELF
from translators.canonical import (
    Canonical,
    CanonicalError,
    EquipmentEvent,
    EquipmentOrder,
    TemperatureRange,
    VerifiedGrossMass,
    read_canonical,
    search_references,
    write_canonical,
)
from translators.envelope import Envelope, Outgoing
from translators.finding import Where
from translators.map_coverage import Coverage, Uses
from translators.mapping import from_canonical, to_canonical
from translators.maps import read_map
from translators.reading import read
from translators.syntax import Address, Elements, MessageKind
from translators.tree import Node
from translators.validation import validate, validate_tree
from translators.writing import write

# An example and its map; its canonical document stands beside it.
MESSAGES = {
    "equipment_event/gate-in-antwerp.codeco.edi": "edifact/D.95B/CODECO",
    "equipment_event/gate-out-antwerp.codeco.edi": "edifact/D.01B/CODECO",
    "equipment_event/discharge-antwerp.coarri.edi": "edifact/D.95B/COARRI",
    "equipment_event/loading-antwerp.coarri.edi": "edifact/D.01B/COARRI",
    "equipment_order/empties-antwerp.coparn.edi": "edifact/D.95B/COPARN",
    "equipment_order/full-antwerp.coparn.edi": "edifact/D.01B/COPARN",
    "verified_gross_mass/two-methods.vermas.edi": "edifact/D.16A/VERMAS",
}
# What an older document is in the later directories, and a later one in an earlier.
OTHERS = [
    ("equipment_event/gate-in-antwerp.codeco.edi", "edifact/D.96A/CODECO"),
    ("equipment_event/gate-in-antwerp.codeco.edi", "edifact/D.00B/CODECO"),
    ("equipment_event/gate-in-antwerp.codeco.edi", "edifact/D.01B/CODECO"),
    ("equipment_event/discharge-antwerp.coarri.edi", "edifact/D.00B/COARRI"),
    ("equipment_event/discharge-antwerp.coarri.edi", "edifact/D.01B/COARRI"),
    ("equipment_order/empties-antwerp.coparn.edi", "edifact/D.96A/COPARN"),
    ("equipment_order/empties-antwerp.coparn.edi", "edifact/D.00B/COPARN"),
    ("equipment_order/empties-antwerp.coparn.edi", "edifact/D.01B/COPARN"),
    ("equipment_event/gate-out-antwerp.codeco.edi", "edifact/D.00B/CODECO"),
    ("equipment_event/loading-antwerp.coarri.edi", "edifact/D.00B/COARRI"),
    ("equipment_order/full-antwerp.coparn.edi", "edifact/D.00B/COPARN"),
]


@pytest.mark.parametrize("file", MESSAGES)
def test_an_example_reads_as_its_document(file: str) -> None:
    segments_of((EXAMPLES / file).read_bytes())
    found = mapped((EXAMPLES / file).read_bytes(), MESSAGES[file])
    assert found.findings == []
    assert found.document == golden(file)


@pytest.mark.parametrize("file", MESSAGES)
def test_a_document_is_written_as_its_example(file: str) -> None:
    rules = shipped_map(MESSAGES[file])
    built = from_canonical(golden(file), rules, context())
    assert built.findings == []
    assert validate_tree(kind_of(rules.guide), "1", built.body, the_guide(rules.guide)) == []
    assert flat(built.body) == [
        (segment.tag, segment.elements) for segment in segments_of((EXAMPLES / file).read_bytes())
    ]


@pytest.mark.parametrize("file", MESSAGES)
def test_nothing_of_an_example_stays_unread(file: str) -> None:
    rules, data = shipped_map(MESSAGES[file]), (EXAMPLES / file).read_bytes()
    reading = read(data)
    (message,) = reading.interchanges[0].messages
    tree = validate(message, the_guide(rules.guide), reading.source, Where()).tree
    uses, coverage = Uses(), Coverage()
    to_canonical(tree, rules, context(), coverage=uses)
    coverage.add(tree, uses, rules.guide)
    assert [(row.path, row.element, row.component, row.examples) for row in coverage.rows() if row.unread] == []


@pytest.mark.parametrize("file", MESSAGES)
def test_pydifact_reads_what_is_written(file: str) -> None:
    """A reader that shares no line with ours finds in the bytes what the example has."""
    rules = shipped_map(MESSAGES[file])
    envelope = Envelope(
        syntax="edifact",
        sender=Address(id="5498765120029", qualifier="14"),
        receiver=Address(id="5498765110013", qualifier="14"),
        control_number="1",
        at=datetime(2026, 10, 1, 7, 15, tzinfo=UTC),
    )
    body = from_canonical(golden(file), rules, context()).body
    outgoing = Outgoing(kind=kind_of(rules.guide), reference="1", body=body)
    out = write(envelope, [outgoing], guide_for=lambda _: the_guide(rules.guide))
    assert out.findings == []
    assert theirs(out.data) == theirs((EXAMPLES / file).read_bytes())


def theirs(data: bytes) -> list[list[str | list[str]]]:
    """The segments between UNH and UNT, as pydifact splits them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Its published package has no directories, and says so for every segment.
        found = list(Parser().parse(data.decode("latin-1")))
    tags = [segment.tag for segment in found]
    inside = found[tags.index("UNH") + 1 : tags.index("UNT")]
    return [
        [segment.tag, *(each if isinstance(each, str) else list(each) for each in segment.elements)]
        for segment in inside
    ]


def kind_of(guide: str) -> MessageKind:
    _, version, kind = guide.split("/")
    return MessageKind(type=kind, version=version)


def flat(body: Sequence[Node]) -> list[tuple[str, Elements]]:
    return [(node.name, node.elements) for root in body for node in root.segments()]


# From one directory to another


def bare(value: object) -> object:
    """A document as dictionaries, without what only a message can tell: a time's text, and its assumed zone."""
    if isinstance(value, dict):
        moment = "precision" in value
        return {key: bare(inner) for key, inner in value.items() if not (moment and key in ("text", "assumed_zone"))}
    return [bare(inner) for inner in value] if isinstance(value, list) else value


def plain(document: Canonical | None) -> object:
    assert document is not None
    return bare(msgspec.json.decode(write_canonical(document)))


def through(document: Canonical, name: str, *, lost: set[str]) -> Canonical:
    """The document, written by a map and read again; what the message has no place for is in ``lost``."""
    rules = shipped_map(name)
    built = from_canonical(document, rules, context())
    assert {finding.where.path for finding in built.findings} == lost
    assert [finding for finding in built.findings if finding.fatal] == []
    assert validate_tree(kind_of(rules.guide), "1", built.body, the_guide(rules.guide)) == []
    found = to_canonical(Node(name=rules.type, group=True, children=list(built.body)), rules, context())
    assert found.findings == []
    assert found.document is not None
    return found.document


@pytest.mark.parametrize(("file", "name"), OTHERS)
def test_another_directory_says_the_same(file: str, name: str) -> None:
    document = golden(file)
    assert plain(through(document, name, lost=set())) == plain(document)


def test_an_earlier_directory_has_no_date_of_the_message_and_fewer_words() -> None:
    document = golden("equipment_event/loading-antwerp.coarri.edi")
    assert isinstance(document, EquipmentEvent)
    built = from_canonical(document, shipped_map("edifact/D.95B/COARRI"), context())
    assert {(finding.code, finding.where.path, finding.fatal) for finding in built.findings} == {
        ("map-not-carried", "issued", False),
        ("map-not-carried", "transport.locations[0].times", False),
        ("map-unmapped", "references[0].type", False),
        ("map-unmapped", "equipment[1].seals[1].issuer", True),
        ("map-unmapped", "equipment[0].locations[1].role", True),
        ("map-required", "equipment[0].locations[1].role", True),
        ("map-not-carried", "equipment[1].dangerous_goods[0].description", False),
    }


def test_what_is_weighed_need_not_be_ordered_or_moved() -> None:
    """A verified mass goes with every message about the box; where the directory cannot say it, that is told."""
    document = golden("equipment_event/gate-in-antwerp.codeco.edi")
    assert isinstance(document, EquipmentEvent)
    mass = golden("verified_gross_mass/two-methods.vermas.edi")
    assert isinstance(mass, VerifiedGrossMass)
    first = msgspec.structs.replace(document.equipment[0], verified_gross_mass=mass.equipment[0].verified_gross_mass)
    changed = msgspec.structs.replace(document, equipment=(first, *document.equipment[1:]))
    again = through(changed, "edifact/D.95B/CODECO", lost={"equipment[0].verified_gross_mass"})
    assert plain(again) == plain(document)


# What the trade sends beyond the directory: a layer of the guide and an overlay of the map

LAYER = b"""{"guide": "edifact/D.95B/CODECO", "about": "CODECO D.95B as terminals send it", "changes": [
  {"set": "codes", "at": "BGM/1.1", "add": ["36"]},
  {"set": "codes", "at": "SG5/LOC/1", "add": ["165"]},
  {"set": "codes", "at": "SG5/MEA/2.1", "add": ["VGM"]}]}"""
OVERLAY = b"""
map: terminal/codeco
extends: edifact/D.95B/CODECO
tables: {kind: {codes: {36: gate_out}}}
patch:
  - at: SG5/LOC[1=14|165|175]
    rename: LOC[1=165|14]
  - at: SG5/MEA[1=AAE|WT,2.1=VGM]
    drop: [only, why]
"""
SENT = [
    "BGM+36+GO-1+9'", "NAD+CF+5498765110013::9'", "EQD+CN+QQXU2204174+45R1:102:5++2+5'", "DTM+7:202610010805:203'",
    "LOC+165+BEANR:139:6'", "MEA+AAE+VGM+KGM:27162.5'", "CNT+16:1'",
]  # fmt: skip


def test_a_terminal_s_own_codes_go_both_ways() -> None:
    guide = SHELF.guide("edifact/D.95B/CODECO", [("terminal/codeco", LAYER)])
    assert guide is not None
    rules = read_map("terminal/codeco", OVERLAY, map_file)
    text = ["UNB+UNOC:3+A:14+B:14+261001:1130+1'", "UNH+1+CODECO:D:95B:UN'", *SENT, "UNT+9+1'", "UNZ+1+1'"]
    reading = read("\n".join(text).encode())
    (message,) = reading.interchanges[0].messages
    validated = validate(message, guide, reading.source, Where())
    assert validated.findings == []
    found = to_canonical(validated.tree, rules, context())
    assert found.findings == []
    assert isinstance(found.document, EquipmentEvent)
    (box,) = found.document.equipment
    assert (found.document.kind, box.location and box.location.code) == ("gate_out", "BEANR")
    assert box.verified_gross_mass is not None
    assert (box.verified_gross_mass.value, box.verified_gross_mass.unit) == (Decimal("27162.5"), "KGM")
    built = from_canonical(found.document, rules, context())
    assert built.findings == []
    assert validate_tree(kind_of("edifact/D.95B/CODECO"), "1", built.body, guide) == []
    written = [f"{tag}+" + "+".join(":".join(each[0]) for each in elements) + "'" for tag, elements in flat(built.body)]
    assert written == SENT


def test_without_that_layer_the_directory_refuses_them() -> None:
    text = ["UNB+UNOC:3+A:14+B:14+261001:1130+1'", "UNH+1+CODECO:D:95B:UN'", *SENT, "UNT+9+1'", "UNZ+1+1'"]
    reading = read("\n".join(text).encode())
    (message,) = reading.interchanges[0].messages
    found = validate(message, the_guide("edifact/D.95B/CODECO"), reading.source, Where()).findings
    assert [(finding.code, finding.value) for finding in found] == [
        ("code-unknown", "36"),
        ("code-unknown", "165"),
        ("code-unknown", "VGM"),
    ]


# The types themselves

BOX = {
    "kind": "container",
    "number": "QQXU2204174",
    "occurred": {"at": "2026-10-01T08:05:00+02:00", "precision": "minute"},
}
EVENT = {"type": "equipment_event/1", "kind": "gate_in", "purpose": "original", "equipment": [BOX]}
ORDER = {"type": "equipment_order/1", "kind": "release", "purpose": "original", "equipment": [{"quantity": 2}]}
MASS = {"verified_gross_mass": {"value": "27162.5", "unit": "KGM"}, "number": "QQXU2204174"}
WEIGHED = {"type": "verified_gross_mass/1", "purpose": "original", "equipment": [MASS]}


@pytest.mark.parametrize("document", [EVENT, {**EVENT, "equipment": []}, ORDER, WEIGHED])
def test_the_least_that_is_a_document(document: dict[str, object]) -> None:
    assert write_canonical(read_canonical(msgspec.json.encode(document)))


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({**EVENT, "equipment": [{"number": "QQXU2204174"}]}, "equipment[0]"),
        ({**EVENT, "kind": "gate"}, "kind"),
        ({**EVENT, "equipment": [{**BOX, "stowage": ""}]}, "equipment[0].stowage"),
        ({**EVENT, "equipment": [{**BOX, "number": "QQXU 220417-4"}]}, "equipment[0].number"),
        ({**EVENT, "equipment": [{**BOX, "seals": [{"issuer": "carrier"}]}]}, "equipment[0].seals[0]"),
        ({**EVENT, "equipment": [{**BOX, "weight": "27140"}]}, "equipment[0]"),
        ({**ORDER, "equipment": []}, "equipment"),
        ({**ORDER, "equipment": [{"quantity": 0}]}, "equipment[0].quantity"),
        ({**WEIGHED, "equipment": [{"number": "QQXU2204174"}]}, "equipment[0]"),
        ({**WEIGHED, "equipment": [{**MASS, "verified_gross_mass": {"value": "27162.5"}}]},
         "equipment[0].verified_gross_mass"),
        ({**WEIGHED, "equipment": [{**MASS, "verified_gross_mass": {"value": "-1", "unit": "KGM"}}]},
         "equipment[0].verified_gross_mass"),
        ({**WEIGHED, "equipment": [{**MASS, "verifications": [{"number": "1"}]}]}, "equipment[0].verifications[0]"),
        ({**WEIGHED, "equipment": []}, "equipment"),
    ],
)  # fmt: skip
def test_what_is_no_document(document: dict[str, object], path: str) -> None:
    with pytest.raises(CanonicalError) as refused:
        read_canonical(msgspec.json.encode(document))
    assert refused.value.path == path


DEGREES = st.decimals(-300, 300, places=1) | st.none()


@given(DEGREES, DEGREES)
def test_a_range_of_temperatures_goes_upwards(lowest: Decimal | None, highest: Decimal | None) -> None:
    if lowest is not None and highest is not None and lowest > highest:
        with pytest.raises(ValueError, match="is above the highest"):
            TemperatureRange(lowest=lowest, highest=highest, unit="CEL")
    else:
        assert TemperatureRange(lowest=lowest, highest=highest, unit="CEL").highest == highest


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "10000"])
def test_a_temperature_is_a_number_of_degrees(amount: str) -> None:
    with pytest.raises(ValueError, match="is no temperature"):
        TemperatureRange(lowest=Decimal(amount), unit="CEL")


# Search


def test_every_number_is_found() -> None:
    assert found_in("equipment_event/gate-in-antwerp.codeco.edi") >= {
        ("equipment_report", "SKTGI20261001014"),
        ("container", "QQXU2204174"),
        ("seal", "MT004417"),
        ("booking", "ANR4471920"),
        ("voyage", "042W"),
        ("equipment", "GENS4471"),
    }
    assert ("container", "QQXU1188206") in found_in("equipment_event/discharge-antwerp.coarri.edi")
    assert found_in("equipment_event/gate-out-antwerp.codeco.edi") >= {
        ("release_order", "ZWREL30117"),
        ("equipment_receipt", "EIR4402"),
    }
    assert ("equipment_order", "ZWREL30117") in found_in("equipment_order/empties-antwerp.coparn.edi")
    assert found_in("verified_gross_mass/two-methods.vermas.edi") >= {
        ("mass_verification", "VGM265520"),
        ("weighing_certificate", "WB202609931"),
        ("forwarder_reference", "MF778120"),
    }


def found_in(file: str) -> set[tuple[str, str]]:
    return {(reference.name, reference.value) for reference in search_references(golden(file))}


def test_an_order_without_numbers_is_found_by_its_booking_alone() -> None:
    document = golden("equipment_order/empties-antwerp.coparn.edi")
    assert isinstance(document, EquipmentOrder)
    assert [(each.quantity, each.number) for each in document.equipment] == [(2, None), (1, None)]
    assert {reference.name for reference in search_references(document)} == {
        "booking",
        "equipment_order",
        "equipment_sequence",
        "voyage",
    }
