"""Orders to warehouses, shipments, transfers, adjustments, stock and sales reports: examples, faults, both syntaxes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import msgspec
import pytest

from tests.translators.family_examples import EXAMPLES, context, golden, mapped, segments_of, the_guide
from tests.translators.maps_at_hand import shipped_map
from translators.canonical import (
    Canonical,
    WarehouseOrder,
    WarehouseShipment,
    read_canonical,
    search_references,
    write_canonical,
)
from translators.finding import Where
from translators.mapping import from_canonical, to_canonical
from translators.reading import read
from translators.syntax import MessageKind
from translators.tree import Node
from translators.validation import validate, validate_tree

# An example and its map, with the agreement's zone; its canonical document stands beside it.
MESSAGES = {
    "warehouse_order/grocery-columbus.940.x12": ("x12/004010/940", "America/New_York"),
    "warehouse_order/spare-parts-venlo.insdes.edi": ("edifact/D.98A/INSDES", "Europe/Amsterdam"),
    "warehouse_shipment/grocery-columbus.945.x12": ("x12/004010/945", "America/New_York"),
    "stock_transfer/announced-columbus.943.x12": ("x12/004010/943", "America/New_York"),
    "stock_transfer/received-columbus.944.x12": ("x12/004010/944", "America/New_York"),
    "stock_adjustment/damage-columbus.947.x12": ("x12/004010/947", "America/New_York"),
    "inventory_report/stock-columbus.846.x12": ("x12/004010/846", "America/New_York"),
    "inventory_report/stock-venlo.invrpt.edi": ("edifact/D.96A/INVRPT", "Europe/Amsterdam"),
    "sales_report/week-40.slsrpt.edi": ("edifact/D.96A/SLSRPT", "Europe/Amsterdam"),
}
# The documents that a later directory's map says as well.
LATER = {
    "warehouse_order/spare-parts-venlo.insdes.edi": "edifact/D.01B/INSDES",
    "inventory_report/stock-venlo.invrpt.edi": "edifact/D.01B/INVRPT",
    "sales_report/week-40.slsrpt.edi": "edifact/D.01B/SLSRPT",
}
# A document, and another syntax that carries it: what of it is lost there, by canonical path.
ACROSS: dict[str, tuple[str, str, list[str]]] = {
    "inventory_report/stock-columbus.846.x12": ("edifact/D.01B/INVRPT", "America/New_York", []),
    "warehouse_order/grocery-columbus.940.x12": (
        "edifact/D.01B/INSDES",
        "America/New_York",
        [
            "references[1].type",
            "lines[0].gross_weight",
            "lines[0].volume",
            "lines[1].gross_weight",
            "lines[1].volume",
        ],
    ),
    "warehouse_order/spare-parts-venlo.insdes.edi": (
        "x12/004010/940",
        "Europe/Amsterdam",
        [
            "delivery_terms.incoterm",
            "delivery_terms.place",
            "delivery_terms.place_code",
            "transport.carrier_id",
            "transport.carrier_id_system",
        ],
    ),
}


def as_received(name: str, body: tuple[Node, ...]) -> Node:
    kind = MessageKind(type=name.rpartition("/")[2], version=name.split("/")[1])
    assert validate_tree(kind, "1", body, the_guide(name)) == []
    return Node(name=kind.type, group=True, children=list(body))


def instants(document: Canonical) -> object:
    """The document as plain values, its moments without what only the message told: their text and zone."""

    def bare(value: object) -> object:
        if isinstance(value, dict):
            told = ("assumed_zone", "text") if "precision" in value else ()
            return {
                key: datetime.fromisoformat(inner) if key == "at" else bare(inner)
                for key, inner in value.items()
                if key not in told
            }
        return [bare(inner) for inner in value] if isinstance(value, list) else value

    return bare(msgspec.json.decode(write_canonical(document)))


@pytest.mark.parametrize("file", MESSAGES)
def test_an_example_reads_as_its_document(file: str) -> None:
    name, zone = MESSAGES[file]
    result = mapped((EXAMPLES / file).read_bytes(), name, zone)
    assert result.findings == []
    assert result.document == golden(file)


@pytest.mark.parametrize("file", MESSAGES)
def test_a_document_is_written_as_its_example(file: str) -> None:
    name, zone = MESSAGES[file]
    built = from_canonical(golden(file), shipped_map(name), context(zone))
    assert built.findings == []
    as_received(name, built.body)
    written = [(node.name, node.elements) for root in built.body for node in root.segments()]
    assert written == [(segment.tag, segment.elements) for segment in segments_of((EXAMPLES / file).read_bytes())]


@pytest.mark.parametrize("file", LATER)
def test_a_later_directory_says_the_same(file: str) -> None:
    name, (_, zone) = LATER[file], MESSAGES[file]
    document = golden(file)
    if isinstance(document, WarehouseOrder) and document.delivery_terms is not None:
        # The code list of 4053 in D.01B has no Incoterms: they are somebody else's.
        terms = msgspec.structs.replace(document.delivery_terms, incoterm=None)
        document = msgspec.structs.replace(document, delivery_terms=terms)
    built = from_canonical(document, shipped_map(name), context(zone))
    assert built.findings == []
    again = to_canonical(as_received(name, built.body), shipped_map(name), context(zone))
    assert again.findings == []
    assert again.document is not None
    assert instants(again.document) == instants(document)


@pytest.mark.parametrize("file", ACROSS)
def test_a_document_goes_through_the_other_syntax(file: str) -> None:
    """What the other syntax cannot say is reported by its path; all else comes back."""
    name, zone, lost = ACROSS[file]
    document = golden(file)
    built = from_canonical(document, shipped_map(name), context(zone))
    assert [finding.where.path for finding in built.findings] == lost
    assert not any(finding.fatal for finding in built.findings)
    again = to_canonical(as_received(name, built.body), shipped_map(name), context(zone))
    assert again.findings == []
    assert again.document is not None
    second = from_canonical(again.document, shipped_map(name), context(zone))
    assert second.findings == []
    assert second.body == built.body
    assert type(again.document) is type(document)


def test_an_order_keeps_its_lines_in_the_other_syntax() -> None:
    document = golden("warehouse_order/grocery-columbus")
    name = "edifact/D.01B/INSDES"
    built = from_canonical(document, shipped_map(name), context("America/New_York"))
    again = to_canonical(as_received(name, built.body), shipped_map(name), context("America/New_York")).document
    assert isinstance(document, WarehouseOrder)
    assert isinstance(again, WarehouseOrder)
    for before, after in zip(document.lines, again.lines, strict=True):
        assert (after.number, after.item_ids, after.quantity) == (before.number, before.item_ids, before.quantity)
        assert (after.description, after.per_package) == (before.description, before.per_package)
    assert again.times[0].moment.at == document.times[0].moment.at
    assert (again.transport, again.purchase_order) == (document.transport, document.purchase_order)


def test_several_lines_in_one_loop_are_read() -> None:
    """Some depositors count orders, not lines, in LX."""
    data = (EXAMPLES / "warehouse_order/grocery-columbus.940.x12").read_bytes()
    joined = data.replace(b"LX*2~\n", b"").replace(b"LX*3~\n", b"").replace(b"SE*35*", b"SE*33*")
    result = mapped(joined, "x12/004010/940", "America/New_York")
    assert result.findings == []
    assert result.document == golden("warehouse_order/grocery-columbus")


def test_case_codes_and_lots_have_places_of_their_own() -> None:
    data = (EXAMPLES / "warehouse_order/grocery-columbus.940.x12").read_bytes()
    older = data.replace(
        b"W01*60*CA**UP*041555987026*VN*LF-1026~", b"W01*60*CA*041555987026*VN*LF-1026******BK1~"
    ).replace(b"LF-1026******BK1", b"LF-1026********BK1")
    document = mapped(older, "x12/004010/940", "America/New_York").document
    assert isinstance(document, WarehouseOrder)
    found = {(each.type, each.value) for each in document.lines[1].item_ids}
    assert found == {("upc", "041555987026"), ("seller_item", "LF-1026"), ("batch", "BK1")}


def test_an_sscc_has_its_application_identifier_in_the_message_only() -> None:
    data = (EXAMPLES / "warehouse_shipment/grocery-columbus.945.x12").read_bytes()
    bare = data.replace(b"MAN*GM*00004155598700012340", b"MAN*AA*004155598700012340")
    for sent in (data, bare):
        document = mapped(sent, "x12/004010/945", "America/New_York").document
        assert isinstance(document, WarehouseShipment)
        assert document.units[0].sscc == "004155598700012340"


def test_a_receipt_is_no_announcement() -> None:
    """943 and 944 write the same type; what one of them cannot say is never silent."""
    built = from_canonical(golden("stock_transfer/received-columbus"), shipped_map("x12/004010/943"), context())
    assert "stage" in [finding.where.path for finding in built.findings]


FAULTS = {
    "inventory_report/stock-venlo.invrpt.edi": (
        "QTY+170:60:PCE",
        "QTY+170:6O:PCE",
        [("number-invalid", "lines[0].quantities[1].value", 17, 9)],
    ),
    "inventory_report/stock-columbus.846.x12": (
        "DTM*036*20270612",
        "DTM*036*20270632",
        [("date-invalid", "lines[0].times[0].moment", 11, 9)],
    ),
    "sales_report/week-40.slsrpt.edi": (
        "MOA+203:1254.45",
        "MOA+203:1.254.45",
        [("number-invalid", "places[0].lines[0].amount", 17, 9)],
    ),
    "stock_transfer/received-columbus.944.x12": (
        "W07*695*CA",
        "W07*6,95,0*CA",
        [("number-invalid", "lines[1].quantity.value", 17, 5)],
    ),
    "warehouse_order/grocery-columbus.940.x12": (
        "W01*120*CA",
        "W01*120*ZY",
        [("map-unmapped", "lines[0].quantity.unit", 21, 9)],
    ),
    "warehouse_order/spare-parts-venlo.insdes.edi": (
        "DTM+63:202610021200:203",
        "DTM+63:202610321200:203",
        [("date-invalid", "times[1].moment", 6, 8)],
    ),
    "warehouse_shipment/grocery-columbus.945.x12": (
        "W12*CP*60*52*8*CA",
        "W12*CP*60*52*8*HA",
        [("map-unmapped", "units[1].lines[0].unit", 23, 16)],
    ),
    "stock_adjustment/damage-columbus.947.x12": (
        "W19*AA*2*CA",
        "W19*AA*2*HA",
        [("map-unmapped", "lines[2].unit", 15, 10)],
    ),
}


@pytest.mark.parametrize("file", FAULTS)
def test_a_fault_is_found_at_its_place(file: str) -> None:
    right, wrong, expected = FAULTS[file]
    name, zone = MESSAGES[file]
    data = (EXAMPLES / file).read_bytes().replace(right.encode(), wrong.encode())
    reading = read(data)
    (message,) = reading.interchanges[0].messages
    tree = validate(message, the_guide(name), reading.source, Where(message="1")).tree
    result = to_canonical(tree, shipped_map(name), replace(context(zone), source=reading.source))
    assert result.document is None
    found = [(each.code, each.where.path, each.where.line, each.where.column) for each in result.findings]
    assert found == expected


@pytest.mark.parametrize("file", MESSAGES)
def test_a_message_without_one_of_its_segments(file: str) -> None:
    """There is a document that comes back, or a finding that says why there is none."""
    name, zone = MESSAGES[file]
    rules, guide = shipped_map(name), the_guide(name)
    reading = read((EXAMPLES / file).read_bytes())
    (message,) = reading.interchanges[0].messages
    whole = validate(message, guide, reading.source, Where(message="1")).tree
    assert whole is not None
    for left_out in range(len(list(whole.segments()))):
        made = to_canonical(without(whole, left_out)[0], rules, context(zone))
        if made.document is None:
            assert any(finding.fatal for finding in made.findings)
            continue
        built = from_canonical(made.document, rules, context(zone))
        if not built.findings:
            tree = Node(name=whole.name, group=True, children=list(built.body))
            again = to_canonical(tree, rules, context(zone)).document
            assert again is not None
            assert instants(again) == instants(made.document)


def without(node: Node, number: int) -> tuple[Node, int]:
    """The tree without the segment of this number, counted from 0; and how many are still to count."""
    children: list[Node] = []
    for child in node.children:
        if child.group:
            child, number = without(child, number)
            children.extend([child] if child.children else [])
        else:
            children.extend([child] if number else [])
            number -= 1
    return Node(name=node.name, group=True, children=children), number


def test_references_of_a_warehouse_are_found() -> None:
    found = {(each.name, each.raw) for each in search_references(golden("warehouse_shipment/grocery-columbus"))}
    assert {
        ("warehouse_order", "SO-884120"),
        ("shipment", "BKW0099812"),
        ("purchase_order", "4500731906"),
        ("sscc", "004155598700012418"),
        ("carrier_reference", "PRFT4471920"),
        ("equipment", "PRFT 534417"),
    } <= found
    received = {(each.name, each.raw) for each in search_references(golden("stock_transfer/received-columbus"))}
    assert {("warehouse_receipt", "BKR0044107"), ("warehouse_order", "TR-20911")} <= received


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e18"])
def test_endless_quantities_are_refused(amount: str) -> None:
    document = msgspec.json.decode((EXAMPLES / "stock_adjustment/damage-columbus.json").read_bytes())
    document["lines"][0]["change"] = amount
    assert not Decimal(amount).is_finite() or abs(Decimal(amount)) >= 10**18
    with pytest.raises(ValueError, match="change"):
        read_canonical(msgspec.json.encode(document))
