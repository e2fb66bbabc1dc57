"""Bills of lading and waybills for rail: examples, one kind from the other, edges, and what is refused."""

from __future__ import annotations

import msgspec
import pytest

from tests.services.peers import envelope_errors_by_pyx12, split_by_pyx12
from tests.services.running import Missing, skip_or_fail
from tests.translators.family_examples import (
    EXAMPLES,
    again,
    context,
    golden,
    mapped,
    segments_of,
    the_guide,
    written,
)
from tests.translators.maps_at_hand import shipped_map
from translators.canonical import CanonicalError, RailWaybill, read_canonical, search_references, write_canonical
from translators.finding import Where
from translators.mapping import from_canonical
from translators.reading import read
from translators.tree import Node
from translators.validation import validate

BILL, WAYBILL = "rail_waybill/ethanol-decatur.404.x12", "rail_waybill/ethanol-stlouis.417.x12"
MESSAGES = {BILL: "x12/004010/404", WAYBILL: "x12/004010/417"}
ZONE = "America/Chicago"


def document(file: str) -> RailWaybill:
    found = golden(file)
    assert isinstance(found, RailWaybill)
    return found


def texts(body: tuple[Node, ...]) -> list[str]:
    """The segments as they are written, empty elements at the end left out."""
    nodes = [node for root in body for node in root.segments()]
    return ["*".join([node.name, *(element[0][0] for element in node.elements)]) for node in nodes]


def edited(file: str, *changes: tuple[str, str]) -> bytes:
    """The example with each text once replaced; the count of segments in SE is put right."""
    text = (EXAMPLES / file).read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    lines = text.split("\n")
    first, last = (next(i for i, line in enumerate(lines) if line.startswith(tag)) for tag in ("ST*", "SE*"))
    lines[last] = f"SE*{last - first + 1}*0001~"
    return "\n".join(lines).encode()


# Examples


@pytest.mark.parametrize("file", MESSAGES)
def test_an_example_reads_as_its_document(file: str) -> None:
    found = mapped((EXAMPLES / file).read_bytes(), MESSAGES[file], ZONE)
    assert found.findings == []
    assert found.document == golden(file)


@pytest.mark.parametrize("file", MESSAGES)
def test_a_document_is_written_as_its_example(file: str) -> None:
    body, left = written(golden(file), MESSAGES[file], ZONE)
    assert left == []
    made = [(node.name, node.elements) for root in body for node in root.segments()]
    assert made == [(segment.tag, segment.elements) for segment in segments_of((EXAMPLES / file).read_bytes())]


def test_pyx12_reads_the_examples_as_we_do() -> None:
    files = [EXAMPLES / file for file in MESSAGES]
    try:
        assert envelope_errors_by_pyx12(files) == [[], []]
        theirs = split_by_pyx12(files)
    except Missing as reason:
        skip_or_fail(reason)
    for file, split in zip(files, theirs, strict=True):
        assert not isinstance(split, str)
        ours = [[each.tag, *(list(element[0]) for element in each.elements)] for each in segments_of(file.read_bytes())]
        assert split[3:-3] == ours


def test_the_cars_weigh_what_the_lading_weighs() -> None:
    bill = document(BILL)
    cars = [each.weight.value for each in bill.equipment if each.weight is not None and each.weight.value is not None]
    assert bill.weight is not None
    assert sum(cars) == bill.weight.value


# The carrier's waybill is made of the shipper's bill


def test_a_waybill_is_made_of_a_bill_of_lading() -> None:
    bill = document(BILL)
    made = msgspec.structs.replace(bill, kind="waybill", number="318220", release=None, weight=None)
    body, left = written(made, "x12/004010/417", ZONE)
    assert left == []
    found = again(body, "x12/004010/417", ZONE)
    assert isinstance(found, RailWaybill)
    for field in (
        "origin",
        "destination",
        "route",
        "lading",
        "dangerous_goods",
        "parties",
        "freight_terms",
        "equipment",
    ):
        assert getattr(found, field) == getattr(bill, field), field


def test_a_bill_of_lading_is_no_waybill() -> None:
    for file, other in ((BILL, "x12/004010/417"), (WAYBILL, "x12/004010/404")):
        built = from_canonical(golden(file), shipped_map(other), context(ZONE))
        assert "kind" in [finding.where.path for finding in built.findings if finding.fatal]


# Edges


def test_only_dangerous_goods_have_a_bounded_loop() -> None:
    harmless = msgspec.structs.replace(document(BILL), dangerous_goods=())
    lines = texts(written(harmless, "x12/004010/404", ZONE)[0])
    assert [line for line in lines if line.startswith(("LS", "LH", "LE"))] == []
    lines = texts(written(document(BILL), "x12/004010/404", ZONE)[0])
    assert [line for line in lines if line.startswith(("LS", "LE"))] == ["LS*LH1", "LE*LH1"]


def test_a_contact_behind_the_dangerous_goods_is_not_theirs() -> None:
    bill = document(BILL)
    assert [contact.name for contact in bill.contacts] == ["RAIL DESK"]
    assert [contact.name for contact in bill.dangerous_goods[0].contacts] == ["DUTY OFFICER"]


def test_a_long_shipping_name_takes_several_lines() -> None:
    bill = document(BILL)
    (goods,) = bill.dangerous_goods
    name = msgspec.structs.replace(goods.names[0], text="ETHANOL AND GASOLINE MIXTURE, WITH MORE THAN 10% ETHANOL")
    bill = msgspec.structs.replace(bill, dangerous_goods=(msgspec.structs.replace(goods, names=(name,)),))
    lines = texts(written(bill, "x12/004010/404", ZONE)[0])
    assert [line for line in lines if line.startswith("LH3")] == [
        "LH3*ETHANOL AND GASOLINE*D",
        "LH3*MIXTURE, WITH MORE THAN*D",
        "LH3*10% ETHANOL*D",
    ]


def test_the_kind_of_a_car_is_kept() -> None:
    found = mapped(
        edited(BILL, ("210433*183400*N*63400******RR", "210433*183400*N*63400******TN")), MESSAGES[BILL], ZONE
    )
    assert isinstance(found.document, RailWaybill)
    tank = found.document.equipment[1]
    assert (tank.kind, tank.native) == ("rail_car", {"kind": "x12.40:TN"})
    assert "N7*QZCX*210433*183400*N*63400******TN*****M*L*******T108" in texts(
        written(found.document, MESSAGES[BILL], ZONE)[0]
    )


def test_more_seals_than_a_segment_holds() -> None:
    data = edited(BILL, ("M7*884120*884121", "M7*1001*1002*1003*1004~\nM7*1005"))
    found = mapped(data, MESSAGES[BILL], ZONE)
    assert isinstance(found.document, RailWaybill)
    assert [seal.number for seal in found.document.equipment[0].seals] == ["1001", "1002", "1003", "1004", "1005"]
    assert {"M7*1001*1002*1003*1004", "M7*1005"} <= set(texts(written(found.document, MESSAGES[BILL], ZONE)[0]))


def test_a_stop_and_another_carriers_chassis_come_back() -> None:
    data = edited(
        BILL,
        ("R2*QZPR", "S1*1*PRAIRIE COOP*25*PC-2**P~\nS2*1*12 ELEVATOR RD~\nS9*1*384600*TAYLORVILLE*IL*US*PL~\nR2*QZPR"),
        ("F9*4112", "NA***PRFT*534417*T*A1**5306~\nF9*4112"),
    )
    found = mapped(data, MESSAGES[BILL], ZONE)
    assert found.findings == []
    assert isinstance(found.document, RailWaybill)
    (stop,), (trailer,) = found.document.stops, found.document.related_equipment
    assert (stop.reason, stop.accomplished, stop.station.city) == ("load_part", False, "TAYLORVILLE")
    assert (trailer.relation, trailer.position, trailer.length) == ("trailer", "A1", 5306)
    body, left = written(found.document, MESSAGES[BILL], ZONE)
    assert left == []
    assert again(body, MESSAGES[BILL], ZONE) == found.document


# What is wrong

REFUSED = {
    "no bill of lading": (BILL, ("N9*BM*BL-90412**20261002~\n", ""), "map-required"),
    "no number of the waybill": (WAYBILL, ("N9*WY*318220**20261002~\n", ""), "map-required"),
    "a weight in an unknown unit": (BILL, ("63200******RR*****M*L*", "63200******RR*****M*M*"), "map-unmapped"),
    "an unknown equipment number": (BILL, ("N7*QZCX*210417*", "N7*QZCX*210?17*"), "character-invalid"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_message_is_refused(case: str) -> None:
    file, change, code = REFUSED[case]
    found = mapped(edited(file, change), MESSAGES[file], ZONE)
    assert code in [finding.code for finding in found.findings if finding.fatal]
    assert found.document is None


KEPT = {
    "an unknown release": (("M3*R*", "M3*H*"), "release", "kind", "x12.132:H"),
    "an unknown billing": (("BNX*A**M", "BNX*A**Q"), "", "billing", "x12.11:Q"),
    "an unknown weight agreement": (("BNX*A**M", "BNX*C**M"), "", "weight_agreement", "x12.460:C"),
}


@pytest.mark.parametrize("case", KEPT)
def test_a_code_without_a_word_is_kept(case: str) -> None:
    change, holder, field, native = KEPT[case]
    found = mapped(edited(BILL, change), MESSAGES[BILL], ZONE)
    assert [finding.code for finding in found.findings] == ["map-unmapped"]
    assert found.document is not None
    around = getattr(found.document, holder) if holder else found.document
    assert (getattr(around, field), around.native[field]) == ("other", native)
    assert again(written(found.document, MESSAGES[BILL], ZONE)[0], MESSAGES[BILL], ZONE) == found.document


INVALID = {
    "a station without its state": (BILL, ("F9*4112*DECATUR*IL*US", "F9*4112*DECATUR**US"), "element-missing"),
    "no route": (WAYBILL, ("R2*QZPR*R*STLOU*490000**R~\nR2*XVLR*1~\n", ""), "segment-missing"),
    "lading that is not described": (BILL, ("L5*1*ETHANOL, FOR FUEL*4909146*T~\n", ""), "segment-missing"),
    "a loop that is not closed": (BILL, ("LE*LH1~\n", ""), "segment-missing"),
    "a tare of unknown kind": (BILL, ("63200******RR*****M", "63200******RR*****"), "element-conditional-missing"),
    "a waybill number with letters": (WAYBILL, ("N8*311906", "N8*31A906"), "element-type"),
}


@pytest.mark.parametrize("case", INVALID)
def test_a_message_is_not_valid(case: str) -> None:
    file, change, code = INVALID[case]
    reading = read(edited(file, change))
    (message,) = reading.interchanges[0].messages
    found = validate(message, the_guide(MESSAGES[file]), reading.source, Where(message="1")).findings
    assert code in [finding.code for finding in found]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"equipment": []}, "equipment"),
        ({"parties": []}, "parties"),
        ({"lading": []}, "lading"),
        ({"kind": "consignment_note"}, "kind"),
        ({"section_seven": "N"}, "section_seven"),
        ({"origin": {"city": "DECATUR"}}, "origin"),
        ({"weight": {"kind": "net", "value": "NaN"}}, "weight"),
        ({"route": [{"carrier": "QZPR", "sequence": "first"}]}, "route[0].sequence"),
    ],
)
def test_a_document_is_refused(change: dict[str, object], path: str) -> None:
    plain = msgspec.json.decode(write_canonical(document(BILL)))
    with pytest.raises(CanonicalError) as caught:
        read_canonical(msgspec.json.encode(plain | change))
    assert caught.value.path == path


# Search


def test_a_person_finds_a_waybill_by_its_numbers() -> None:
    found = {(reference.name, reference.raw) for reference in search_references(document(WAYBILL))}
    assert found >= {
        ("rail_waybill", "318220"),
        ("bill_of_lading", "BL-90412"),
        ("shipment", "PA-2026-3310"),
        ("equipment", "QZCX 210417"),
        ("seal", "884123"),
        ("contract", "QZPR-C-5530"),
        ("rail_waybill", "311906"),
    }
    assert ("bill_of_lading", "BL-90412") in {(each.name, each.raw) for each in search_references(document(BILL))}
