"""What the language of maps can say beyond a value at a place: trees, lists in segments, pieces, units, totals, dated
rows, expressions, extensions, segments carried through. Each is run both ways; what is wrong in each is refused."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import msgspec
import pytest

from translators.canonical import (
    Canonical,
    ConsignmentStatus,
    TransportOrder,
    TransportStatus,
    read_canonical,
    write_canonical,
)
from translators.map_context import Context
from translators.map_raw import raw_text, read_raw
from translators.mapping import Built, Mapped, from_canonical, to_canonical
from translators.maps import Map, MapError, read_map
from translators.tree import Node

CONTEXT = Context(zone=ZoneInfo("Europe/Brussels"), on=date(2026, 10, 1))

STATUS_HEAD = """map: m
canonical: transport_status/1
set: {purpose: original}
tables:
  status: {system: x.9, unmapped: keep, other: other, codes: {D1: delivered, AF: departed_pickup}}
  reference: {system: x.1, unmapped: keep, other: other, codes: {PO: purchase_order, BN: booking}}
message:
"""
ORDER_HEAD = """map: m
canonical: transport_order/1
set: {purpose: original}
extensions:
  acme_lane: {type: text, words: [north, south], meaning: the lane of the cross-dock}
  acme_score: {type: decimal, meaning: how well they like us}
  acme_pallets: {type: whole, meaning: pallet places}
  acme_hot: {type: flag, meaning: goods that cannot wait}
tables:
  terms: {system: x.3, unmapped: refuse, codes: {PP: prepaid, CC: collect}}
  reference: {system: x.1, unmapped: keep, other: other, codes: {PO: purchase_order, BN: booking}}
message:
"""
STOPS = {"stops": [{"sequence": 1, "purpose": "pickup"}]}
WHEN = {"at": "2026-10-01T09:40:00+02:00", "precision": "minute"}


def status_map(body: str) -> Map:
    return read_map("m", (STATUS_HEAD + body).encode())


def order_map(body: str) -> Map:
    return read_map(
        "m",
        (ORDER_HEAD + body + "  - S5:\n      each: stops\n      1: sequence\n      set: {purpose: pickup}\n").encode(),
    )


def faults(head: str, body: str) -> list[str]:
    with pytest.raises(MapError) as caught:
        read_map("m", (head + body).encode())
    return [fault.text for fault in caught.value.faults]


def status(*consignments: object, **fields: object) -> Canonical:
    document = {"type": "transport_status/1", "purpose": "original", "consignments": consignments, **fields}
    return read_canonical(msgspec.json.encode(document))


def order(**fields: object) -> Canonical:
    document = {"type": "transport_order/1", "number": "N1", "purpose": "original", **STOPS, **fields}
    return read_canonical(msgspec.json.encode(document))


def lines(built: Built) -> list[str]:
    return [line(node) for root in built.body for node in root.segments()]


def line(node: Node) -> str:
    return "*".join([node.name, *(">".join(element[0]) for element in node.elements)])


def written(document: Canonical, rules: Map, context: Context = CONTEXT) -> list[str]:
    built = from_canonical(document, rules, context)
    assert built.findings == []
    return lines(built)


def node(text: str) -> Node:
    tag, *elements = text.split("*")
    return Node(name=tag, elements=tuple((tuple(element.split(">")),) for element in elements))


def tree(*children: Node | str | tuple[str, ...]) -> Node:
    """A message; a tuple is a group, called as its first segment."""
    made = []
    for child in children:
        if isinstance(child, tuple):
            inner = [node(each) for each in child]
            made.append(Node(name=inner[0].name, group=True, children=inner))
        else:
            made.append(node(child) if isinstance(child, str) else child)
    return Node(name="m", group=True, children=made)


def read(rules: Map, *children: Node | str | tuple[str, ...], context: Context = CONTEXT) -> Mapped:
    return to_canonical(tree(*children), rules, context)


def document(rules: Map, *children: Node | str | tuple[str, ...], context: Context = CONTEXT) -> dict[str, object]:
    mapped = read(rules, *children, context=context)
    assert mapped.findings == []
    assert mapped.document is not None
    found: dict[str, object] = msgspec.json.decode(write_canonical(mapped.document))
    return found


def consignments(mapped: Mapped) -> tuple[ConsignmentStatus, ...]:
    assert isinstance(mapped.document, TransportStatus)
    return mapped.document.consignments


def there_and_back(document: Canonical, rules: Map) -> None:
    built = from_canonical(document, rules, CONTEXT)
    assert built.findings == []
    mapped = to_canonical(Node(name="m", group=True, children=list(built.body)), rules, CONTEXT)
    assert mapped.findings == []
    assert mapped.document == document


# Trees

HL = """  - BSN: {2: number}
  - HL:
      levels:
        S:
          each: consignments
          parts:
            - REF: {2: number}
          levels:
            O:
              each: events
              parts:
                - PRF: {1: {to: status, table: status}}
                - DTM: {"2, 3": {to: occurred, as: x12_moment}}
              levels:
                P:
                  each: equipment
                  parts: [MAN: {2: number}]
                I:
                  each: cargo
                  parts: [SN1: {2: packages}]
"""


def hl_document() -> Canonical:
    event = {"status": "delivered", "occurred": WHEN, "cargo": [{"packages": 1}, {"packages": 2}]}
    other = {
        "status": "departed_pickup",
        "occurred": WHEN,
        "equipment": [{"number": "TRL1"}],
        "cargo": [{"packages": 3}],
    }
    return status({"number": "B1", "events": [event, other]}, {"number": "B2", "events": [event]}, number="R1")


def test_a_tree_is_written_with_ids_parents_and_whether_there_are_children() -> None:
    found = [each for each in written(hl_document(), status_map(HL)) if each.startswith("HL")]
    assert found == [
        "HL*1**S*1", "HL*2*1*O*1", "HL*3*2*I*0", "HL*4*2*I*0", "HL*5*1*O*1", "HL*6*5*P*0", "HL*7*5*I*0",
        "HL*8**S*1", "HL*9*8*O*1", "HL*10*9*I*0", "HL*11*9*I*0",
    ]  # fmt: skip


def test_a_tree_is_read_by_its_parents_wherever_they_stand() -> None:
    rules = status_map(HL)
    built = from_canonical(hl_document(), rules, CONTEXT)
    head, *groups = built.body
    again = to_canonical(Node(name="m", group=True, children=[head, *groups[5:], *groups[:5]]), rules, CONTEXT)
    plain = to_canonical(Node(name="m", group=True, children=list(built.body)), rules, CONTEXT)
    events = [len(each.cargo) for one in consignments(plain) for each in one.events]
    assert events == [2, 1, 2]
    numbers = [[each.packages for event in one.events for each in event.cargo] for one in consignments(again)]
    assert numbers == [[1, 2], [1, 2, 3]]


def test_a_level_that_is_not_read_is_told() -> None:
    rules = status_map(HL)
    mapped = read(
        rules,
        "BSN**R1",
        ("HL*1**S", "REF*BM*B1"),
        ("HL*2*1*O", "PRF*D1", "DTM*011*20261001*0940"),
        ("HL*3*2*T", "SN1**4"),
    )
    (finding,) = mapped.findings
    assert (finding.code, finding.severity, finding.value) == ("hierarchy-level", "warning", "T")
    assert mapped.document is not None


SUB_LINES = """  - SG3:
      tree: {segment: LIN, id: 1, parent: 4.2}
      levels:
        "*":
          each: consignments
          parts:
            - LIN: {3.1: number}
          levels:
            "*":
              each: events
              parts:
                - LIN: {4.1: {is: 1}, 3.1: {to: status, table: status}}
                - DTM: {"1.2, 1.3": {to: occurred, as: edifact_moment}}
"""


def test_a_tree_may_be_stated_in_other_places() -> None:
    document_ = status({"number": "B1", "events": [{"status": "delivered", "occurred": WHEN}]})
    rules = status_map(SUB_LINES)
    assert written(document_, rules)[:2] == ["LIN*1**B1", "LIN*2**D1*1>1"]
    there_and_back_without_texts(document_, rules)


def there_and_back_without_texts(document_: Canonical, rules: Map) -> None:
    """The same, for documents with times: a message knows how they were written."""
    built = from_canonical(document_, rules, CONTEXT)
    mapped = to_canonical(Node(name="m", group=True, children=list(built.body)), rules, CONTEXT)
    assert [*built.findings, *mapped.findings] == []
    assert mapped.document is not None
    assert from_canonical(mapped.document, rules, CONTEXT).body == built.body


# Lists in segments, pieces, joins, totals

PAIRS = """  - BGM: {2: number}
  - PIA:
      again: yes
      2.1-2.2, 3.1-3.2: {each: references, 1: {to: value, required: yes}, 2: {to: type, table: reference}}
"""


def test_a_list_lies_in_one_segment_and_goes_on_in_the_next() -> None:
    references = [{"type": "purchase_order", "value": f"P{n}"} for n in range(5)]
    document_ = order(references=references)
    rules = order_map(PAIRS)
    assert written(document_, rules)[1:4] == ["PIA**P0>PO*P1>PO", "PIA**P2>PO*P3>PO", "PIA**P4>PO"]
    there_and_back(document_, rules)


def test_items_without_room_are_reported() -> None:
    rules = order_map(PAIRS.replace("      again: yes\n", ""))
    built = from_canonical(order(references=[{"type": "booking", "value": f"P{n}"} for n in range(3)]), rules, CONTEXT)
    assert [(finding.code, finding.where.path) for finding in built.findings] == [("map-not-carried", "references[2]")]


def test_a_gap_in_a_list_is_no_item() -> None:
    found = document(order_map(PAIRS), "BGM**N1", "PIA***P1>BN", "S5*1")
    assert found["references"] == [{"type": "booking", "value": "P1"}]


def test_places_of_an_item_that_are_not_mapped_are_passed_over() -> None:
    rules = order_map(
        "  - BGM: {2: number}\n  - PIA:\n      2.1-2.3, 3.1-3.3:\n"
        "        {each: references, of: 3, 1: value, 3: {to: type, table: reference}}\n"
    )
    document_ = order(references=[{"type": "booking", "value": "A"}, {"type": "purchase_order", "value": "B"}])
    assert written(document_, rules)[1] == "PIA**A>>BN*B>>PO"
    there_and_back(document_, rules)


PIECES = """  - BGM: {2: {split: /, into: [number, {to: "parties[role=carrier].id"}]}}
  - FTX: {"4.1-4.3": {to: "remarks[only].text", as: joined blank}}
  - CNT: {1.2: {count: goods}, 2.2: {sum: goods.gross_weight.value}}
  - GID:
      each: goods
      1: packages
      2: gross_weight.value
      3: gross_weight.unit
      set: {loaded_at: 1}
"""


def test_pieces_of_a_text_and_texts_of_several_places_and_totals() -> None:
    goods = [
        {"loaded_at": 1, "packages": 1, "gross_weight": {"value": "10.5", "unit": "KGM"}},
        {"loaded_at": 1, "packages": 2, "gross_weight": {"value": "2", "unit": "KGM"}},
    ]
    document_ = order(parties=[{"role": "carrier", "id": "C/7"}], remarks=[{"text": "one two three four"}], goods=goods)
    rules = order_map(PIECES)
    assert written(document_, rules)[:3] == ["BGM**N1/C/7", "FTX****one>two>three four", "CNT*>2*>12.5"]
    there_and_back(document_, rules)


def test_a_piece_that_is_not_there_is_no_value() -> None:
    found = document(order_map(PIECES), "BGM**N1", "S5*1")
    assert "parties" not in found
    assert written(order(), order_map(PIECES))[0] == "BGM**N1"


# Units, flags, bounded loops

UNITS = """  - BGM: {2: number}
  - MEA: {with: "goods[only]", set: {loaded_at: 1}, 1: {to: gross_weight.value, unit: KGM, decimals: 3}}
"""


def test_an_amount_is_converted_to_the_unit_of_its_place() -> None:
    rules = order_map(UNITS)
    weights = {("2", "TNE"): "2000", ("100", "LBR"): "45.359", ("7.25", "KGM"): "7.25"}
    for (value, unit), text in weights.items():
        goods = [{"loaded_at": 1, "gross_weight": {"value": value, "unit": unit}}]
        assert written(order(goods=goods), rules)[1] == f"MEA*{text}"
    assert document(rules, "BGM**N1", "MEA*7.25", "S5*1")["goods"] == [
        {"loaded_at": 1, "gross_weight": {"value": "7.25", "unit": "KGM"}}
    ]


def test_an_amount_of_something_else_is_not_converted() -> None:
    goods = [{"loaded_at": 1, "gross_weight": {"value": "2", "unit": "MTQ"}}]
    built = from_canonical(order(goods=goods), order_map(UNITS), CONTEXT)
    assert [(finding.code, finding.severity, finding.value) for finding in built.findings] == [
        ("map-invalid", "error", "MTQ")
    ]


def test_a_loop_stands_between_ls_and_le() -> None:
    rules = order_map(
        "  - BGM: {2: number}\n  - N9:\n      each: references\n      bounded: '0100'\n"
        "      parts: [N9: {1: {to: type, table: reference}, 2: value}]\n"
    )
    document_ = order(references=[{"type": "booking", "value": "A"}, {"type": "booking", "value": "B"}])
    assert written(document_, rules)[1:5] == ["LS*0100", "N9*BN*A", "N9*BN*B", "LE*0100"]
    assert "LS*0100" not in written(order(), rules)


# Dated rows

DATED = STATUS_HEAD.replace(
    "codes: {D1: delivered, AF: departed_pickup}",
    "codes: {D1: [{is: delivered, to: 2026-06-30}, {is: refused, from: 2026-07-01}], "
    "D9: {is: delivered, from: 2026-07-01}}",
)
EVENTS = """  - LX:
      each: consignments
      parts:
        - LX: {1: number}
        - AT7: {each: events, 1: {to: status, table: status}, "2, 3": {to: occurred, as: x12_moment}}
"""


def on(year: int, month: int, day: int) -> Context:
    return Context(zone=CONTEXT.zone, on=date(year, month, day))


def test_rows_hold_on_their_days() -> None:
    rules = read_map("m", (DATED + EVENTS).encode())
    message = ("LX*B1", "AT7*D1*20260101*0900")
    before = read(rules, message, context=on(2026, 6, 30))
    after = read(rules, message, context=on(2026, 7, 1))
    assert [consignments(each)[0].events[0].status for each in (before, after)] == ["delivered", "refused"]
    delivered = status({"number": "B1", "events": [{"status": "delivered", "occurred": WHEN}]})
    assert written(delivered, rules, on(2026, 6, 30))[1].startswith("AT7*D1")
    assert written(delivered, rules, on(2026, 7, 1))[1].startswith("AT7*D9")


def test_two_meanings_on_one_day_are_refused() -> None:
    (text,) = faults(
        DATED.replace("from: 2026-07-01}, ", "from: 2026-06-30}, ").replace("from: 2026-07-01}]", "from: 2026-06-30}]"),
        EVENTS,
    )
    assert "`D1` is `delivered` already" in text
    assert any("is no day" in each for each in faults(DATED.replace("2026-06-30", "June"), EVENTS))
    assert any(
        "before it begins" in each
        for each in faults(
            DATED.replace("{is: delivered, to: 2026-06-30}", "{is: delivered, from: 2026-07-02, to: 2026-06-30}"),
            EVENTS,
        )
    )


# Expressions in maps

EXPRESSIONS = """  - BGM: {2: {to: number, expr: "upper(trim($1))", inverse: "value"}}
  - GID:
      each: goods
      1: {to: packages, expr: "number($1) * 12", inverse: "text(value / 12)"}
      2: {to: package_kind, expr: "left($1, 2)", only: in, why: the rest says nothing}
      3: {expr: "text(packages) & ' of ' & default(package_kind, '?')", only: out, why: for people}
      set: {loaded_at: 1}
"""


def test_expressions_both_ways() -> None:
    rules = order_map(EXPRESSIONS)
    found = document(rules, "BGM**n-1", "GID*3*CTN", "S5*1")
    assert (found["number"], found["goods"]) == ("N-1", [{"loaded_at": 1, "packages": 36, "package_kind": "CT"}])
    assert written(order(goods=[{"loaded_at": 1, "packages": 36, "package_kind": "CT"}]), rules)[1] == "GID*3**36 of CT"


def test_an_expression_without_a_result_is_told() -> None:
    mapped = read(order_map(EXPRESSIONS), "BGM**n-1", "GID*x", "S5*1")
    assert [(finding.code, finding.severity, finding.value) for finding in mapped.findings] == [
        ("map-invalid", "warning", "x")
    ]


FAULTY_EXPRESSIONS = {
    "no-inverse": ("{to: number, expr: $1}", "goes one way"),
    "one-way-with-inverse": ("{to: number, expr: $1, inverse: value, only: in, why: x}", "goes one way"),
    "type": ("{to: number, expr: number($1), only: in, why: x}", "makes a number, but the field is a text"),
    "written-number": ("{to: number, only: out, why: x, inverse: length(value)}", "not a number"),
    "words": ("{to: purpose, expr: $1, only: in, why: x}", "this field is something else"),
    "table-too": ("{to: number, table: terms, expr: $1, only: in, why: x}", "instead of a table"),
    "field": ("{to: number, expr: nummber, only: in, why: x}", "did you mean `number`?"),
}


@pytest.mark.parametrize("name", FAULTY_EXPRESSIONS)
def test_faulty_expressions_are_refused(name: str) -> None:
    rule, says = FAULTY_EXPRESSIONS[name]
    found = faults(ORDER_HEAD, f"  - BGM: {{2: {rule}}}\n")
    assert any(says in text for text in found), found


# Extensions

EXTENDED = """  - BGM: {2: number, 3: extensions.acme_lane, 4: extensions.acme_score}
  - GID: {each: goods, set: {loaded_at: 1}, 1: extensions.acme_pallets, 2: {to: extensions.acme_hot, as: flag Y N}}
"""


def test_extensions_are_carried_with_their_types() -> None:
    goods = [{"loaded_at": 1, "extensions": {"acme_pallets": 4, "acme_hot": False}}]
    document_ = order(extensions={"acme_lane": "north", "acme_score": "7.5"}, goods=goods)
    rules = order_map(EXTENDED)
    assert written(document_, rules)[:2] == ["BGM**N1*north*7.5", "GID*4*N"]
    there_and_back(document_, rules)


def test_a_document_is_held_to_the_declaration() -> None:
    rules = order_map(EXTENDED)
    for extensions, path in (
        ({"acme_lane": "west"}, "extensions.acme_lane"),
        ({"acme_score": "much"}, "extensions.acme_score"),
        ({"acme_lane": 7}, "extensions.acme_lane"),
    ):
        built = from_canonical(order(extensions=extensions), rules, CONTEXT)
        assert [(finding.code, finding.where.path) for finding in built.findings] == [("map-invalid", path)]
    built = from_canonical(order(extensions={"other": "x"}), rules, CONTEXT)
    assert [(finding.code, finding.where.path) for finding in built.findings] == [("map-not-carried", "extensions")]


def test_a_value_that_is_not_as_declared_is_refused_when_read() -> None:
    mapped = read(order_map(EXTENDED), "BGM**N1*west", "S5*1")
    assert [(finding.code, finding.where.path) for finding in mapped.findings] == [
        ("map-invalid", "extensions.acme_lane")
    ]
    assert mapped.document is None


def test_extensions_that_are_not_declared_are_refused() -> None:
    assert "did you mean `acme_lane`?" in faults(ORDER_HEAD, "  - BGM: {2: extensions.acme_lanes}\n")[0]
    assert (
        "no field `extensions`"
        in faults(ORDER_HEAD, '  - BGM: {2: "stops[only].site.address.extensions.acme_lane"}\n')[0]
    )
    assert any("is none of" in text for text in faults(ORDER_HEAD.replace("type: whole", "type: number"), "  []"))
    assert any(
        "this is no document" in text
        for text in faults(ORDER_HEAD.replace("type: text, words: [north, south]", "type: text, most: 5000"), "  []")
    )


# Segments carried through

RAW = """  - BGM: {2: number}
  - GIR: {raw: yes}
  - SG1:
      each: references
      parts:
        - RFF: {1.1: {to: type, table: reference}, 1.2: value}
        - FTX[1=ZZZ]: {raw: yes}
"""


def test_segments_are_carried_through_and_written_where_they_stood() -> None:
    rules = order_map(RAW)
    message = tree(
        "BGM**N1",
        "GIR*3*A>B+C?",
        "GIR*4",
        Node(name="SG1", group=True, children=[node("RFF*BN>A"), node("FTX*ZZZ*x"), node("FTX*AAI*y")]),
        "S5*1",
    )
    mapped = to_canonical(message, rules, CONTEXT)
    assert mapped.document is not None
    assert [(each.path, each.text) for each in mapped.document.raw] == [("GIR", "GIR+3+A:B?+C??"), ("GIR", "GIR+4")]
    assert isinstance(mapped.document, TransportOrder)
    assert [each.text for each in mapped.document.references[0].raw] == ["FTX+ZZZ+x"]
    built = from_canonical(mapped.document, rules, CONTEXT)
    assert built.findings == []
    assert lines(built) == ["BGM**N1", "GIR*3*A>B+C?", "GIR*4", "RFF*BN>A", "FTX*ZZZ*x", "S5*1"]


def test_what_another_message_carried_is_not_written() -> None:
    built = from_canonical(order(raw=[{"guide": "other", "path": "GIR", "text": "GIR+1"}]), order_map(RAW), CONTEXT)
    assert [(finding.code, finding.where.path) for finding in built.findings] == [("map-not-carried", "raw")]


@pytest.mark.parametrize("elements", [(), ((("",),),), ((("a+b", "c:?"), ("*", "")), (("",),), (("e",),))])
def test_raw_text_comes_back(elements: tuple[tuple[tuple[str, ...], ...], ...]) -> None:
    assert read_raw(raw_text("GIR", elements)) == ("GIR", elements)


# What is refused

REFUSED = {
    "again-alone": ("  - BGM: {again: yes, 2: number}\n", "`again` is for a segment with a list inside"),
    "list-of-nothing": ("  - PIA: {1-4: {each: references}}\n", "say where in an item its fields are"),
    "list-undivided": ("  - PIA: {1-3: {each: references, 1: value, 2: type}}\n", "cannot be divided into items of 2"),
    "list-no-list": ("  - PIA: {1-2: {each: number, 1: value}}\n", "is no list"),
    "split-alone": ("  - BGM: {2: {split: /, into: [number]}}\n", "a text is divided so"),
    "unit-unknown": ('  - MEA: {1: {to: "goods[only].gross_weight.value", unit: CT}}\n', "is no unit"),
    "unit-of-text": ("  - MEA: {1: {to: number, unit: KGM}}\n", "`unit` is for the value of a measure"),
    "count-of-nothing": ("  - CNT: {1: {count: god}}\n", "did you mean `goods`?"),
    "tree-unknown": ("  - LIN: {levels: {'*': {parts: []}}}\n", "say how its tree is stated"),
    "tree-no-level": ("  - LIN: {tree: {id: 1, parent: 2}, levels: {S: {parts: []}}}\n", "no place for a level's code"),
    "tree-no-levels": ("  - HL: {levels: {}}\n", "levels are expected here"),
    "raw-and-more": ("  - GIR: {raw: yes, 1: number}\n", "`1` is not known here"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused(name: str) -> None:
    body, says = REFUSED[name]
    found = faults(ORDER_HEAD, body)
    assert any(says in text for text in found), found
