"""The shipped maps: examples with goldens reviewed field by field, vectors, lineage, and one syntax to the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.translators.maps_at_hand import shipped_map
from tests.translators.shipped import SHELF
from translators.canonical import (
    Canonical,
    Reference,
    TransportOrder,
    TransportStatus,
    read_canonical,
    write_canonical,
)
from translators.codes import CODES
from translators.finding import Finding, Where
from translators.functional_groups import FUNCTIONAL_GROUPS
from translators.grammar import Guide
from translators.map_rules import Part
from translators.mapping import ZONE_NAMES, Context, from_canonical, to_canonical
from translators.maps import check_map
from translators.reading import read
from translators.syntax import Message, MessageKind, Source
from translators.tree import Node
from translators.validation import validate, validate_tree

ROOT = Path(__file__).parents[2]
PROFILES = ROOT / "profiles"
EXAMPLES = PROFILES / "examples"
VECTORS = ROOT / "tests" / "vectors" / "maps"
MAPS = sorted(str(path.relative_to(PROFILES / "maps"))[:-5] for path in (PROFILES / "maps").rglob("*.yaml"))
IFTSTA, IFTMIN = "edifact/D.96A/IFTSTA", "edifact/D.96A/IFTMIN"
TENDER, STATUS = "x12/004010/204", "x12/004010/214"
BRUSSELS, CHICAGO = ZoneInfo("Europe/Brussels"), ZoneInfo("America/Chicago")

# An example, its map, the agreement's zone, and the canonical document it stands for.
EXAMPLE_FILES = [
    ("status-container-export.iftsta.edi", IFTSTA, BRUSSELS, "status-container-export.json"),
    ("status-truckload.214.x12", STATUS, CHICAGO, "status-truckload.json"),
    ("order-antwerp-lyon.iftmin.edi", IFTMIN, BRUSSELS, "order-antwerp-lyon.json"),
    ("order-joliet-houston.204.x12", TENDER, CHICAGO, "order-joliet-houston.json"),
]


the_map = shipped_map


def the_guide(name: str) -> Guide:
    guide = SHELF.guide(name)
    assert guide is not None
    return guide


def context(zone: ZoneInfo = BRUSSELS, source: Source | None = None) -> Context:
    return Context(zone=zone, on=date(2026, 10, 1), source=source)


def only_message(data: bytes) -> tuple[Message, Source]:
    reading = read(data)
    (message,) = reading.interchanges[0].messages
    assert [*reading.findings, *reading.interchanges[0].findings, *message.findings] == []
    return message, reading.source


def tree_of(name: str, data: bytes) -> tuple[Node, Source]:
    message, source = only_message(data)
    return validate(message, the_guide(name), source, Where()).tree, source


def without_texts(document: Canonical) -> Canonical:
    """The document without what only a message can tell: a time's text, and that its zone was assumed."""

    def bare(value: object) -> object:
        if isinstance(value, dict):
            return {
                key: bare(inner)
                for key, inner in value.items()
                if key not in ("assumed_zone",) and not (key == "text" and "precision" in value)
            }
        return [bare(inner) for inner in value] if isinstance(value, list) else value

    return read_canonical(msgspec.json.encode(bare(msgspec.json.decode(write_canonical(document)))))


def plain(document: Canonical) -> object:
    """The same as dictionaries: pytest shows where two differ."""
    found: object = msgspec.json.decode(write_canonical(without_texts(document)))
    return found


def body_of(message: Message) -> list[tuple[str, object]]:
    return [(segment.tag, segment.elements) for segment in message.segments[1:-1]]


def segments(body: tuple[Node, ...]) -> list[tuple[str, object]]:
    return [(node.name, node.elements) for root in body for node in root.segments()]


# The maps themselves


def test_there_are_maps() -> None:
    assert {IFTSTA, IFTMIN, TENDER, STATUS} <= set(MAPS)


@pytest.mark.parametrize("name", MAPS)
def test_a_map_fits_its_guide(name: str) -> None:
    assert check_map(the_map(name), the_guide(name)) == []


@pytest.mark.parametrize("name", MAPS)
def test_tables_speak_the_guide_s_codes(name: str) -> None:
    """A code that the standard does not list would be refused by every receiver."""
    guide = the_guide(name)
    for part, group in walk(the_map(name).parts, ()):
        in_lists = [field for repeated in part.repeated for slot in repeated.slots for field in slot]
        for field in (*part.fields, *in_lists):
            if field.table is None:
                continue
            place = guide.find("/".join((*group, part.node.name)))[0]
            spec = place.spec(3)
            assert spec is not None
            for number, where in enumerate(field.places):
                codes = spec.flat.elements[where.element - 1].components[where.component - 1].codes
                if len(field.places) == 3 and number == 0:
                    continue  # Its list and who keeps that (1131, 3055) stand behind it: it is not the standard's.
                ours = {code.split(":")[number] if len(field.places) > 1 else code for code in field.table.to_word}
                ours |= {code for code in [field.absent, field.table.fallback] if code and len(field.places) == 1}
                assert codes is None or ours - {""} <= codes, f"{part.node.name} {where}: {ours - codes}"


def walk(parts: tuple[Part, ...], groups: tuple[str, ...]) -> Iterator[tuple[Part, tuple[str, ...]]]:
    for part in parts:
        if part.group:
            yield from walk(part.parts, (*groups, part.node.name))
            yield from walk(part.levels, groups)
        else:
            yield part, groups


# Examples


@pytest.mark.parametrize(("file", "name", "zone", "golden"), EXAMPLE_FILES)
def test_an_example_reads_as_its_document(file: str, name: str, zone: ZoneInfo, golden: str) -> None:
    message, source = only_message((EXAMPLES / file).read_bytes())
    validated = validate(message, the_guide(name), source, Where(message="1"))
    assert validated.findings == []
    mapped = to_canonical(validated.tree, the_map(name), context(zone, source))
    assert mapped.findings == []
    assert mapped.document is not None
    expected = read_canonical((EXAMPLES / golden).read_bytes())
    if golden.startswith("order"):  # A business system's order: nobody has told its times in EDI yet.
        assert without_texts(mapped.document) == expected
    else:
        assert mapped.document == expected


@pytest.mark.parametrize(("file", "name", "zone", "golden"), EXAMPLE_FILES)
def test_a_document_is_written_as_its_example(file: str, name: str, zone: ZoneInfo, golden: str) -> None:
    message, _ = only_message((EXAMPLES / file).read_bytes())
    built = from_canonical(read_canonical((EXAMPLES / golden).read_bytes()), the_map(name), context(zone))
    assert built.findings == []
    assert validate_tree(message.kind, "1", built.body, the_guide(name)) == []
    assert segments(built.body) == body_of(only_message(with_own_dates(file))[0])


def with_own_dates(file: str) -> bytes:
    """The example as we would write it: events are dated 334."""
    return (EXAMPLES / file).read_bytes().replace(b"DTM+178:202610010815:203'", b"DTM+334:202610010815:203'")


def test_references_are_found_normalised_and_raw() -> None:
    name = IFTSTA
    tree, source = tree_of(name, (EXAMPLES / "status-container-export.iftsta.edi").read_bytes())
    mapped = to_canonical(tree, the_map(name), context(source=source))
    assert mapped.references == [
        Reference("status_report", "STA2026088123", "STA-2026-088123"),
        Reference("booking", "ANR4471920", "ANR4471920"),
        Reference("shipment", "HLCUANR260912345", "HLCUANR260912345"),
        Reference("purchase_order", "4500917723", "4500917723"),
        Reference("voyage", "042W", "042W"),
        Reference("container", "HLXU8765430", "HLXU8765430"),
        Reference("seal", "BE448812", "BE448812"),
        Reference("shipment", "HLCUANR260912346", "HLCUANR260912346"),
    ]


# Vectors


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    severity: str
    path: str
    line: int | None = None
    column: int | None = None
    segment: str | None = None
    element: int | None = None
    component: int | None = None
    value: str | None = None


class VectorIn(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    map: str
    segments: list[str]
    findings: list[Expected]
    part: dict[str, msgspec.Raw] | None = None


class VectorOut(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    map: str
    document: msgspec.Raw
    findings: list[Expected]
    segments: list[str] | None = None


def interchange(name: str, body: list[str]) -> bytes:
    kind = name.rpartition("/")[2]
    if name.startswith("edifact"):
        lines = ["UNB+UNOC:3+A:14+B:14+261001:1130+1'", f"UNH+1+{kind}:D:96A:UN'", *body]
        lines += [f"UNT+{len(body) + 2}+1'", "UNZ+1+1'"]
    else:
        isa = f"ISA*00*{' ' * 10}*00*{' ' * 10}*ZZ*{'A':15}*ZZ*{'B':15}*261001*1130*U*00401*000000001*0*P*>~"
        lines = [isa, f"GS*{FUNCTIONAL_GROUPS[kind]}*A*B*20261001*1130*1*X*004010~", f"ST*{kind}*0001~", *body]
        lines += [f"SE*{len(body) + 2}*0001~", "GE*1*1~", "IEA*1*000000001~"]
    return "\n".join(lines).encode()


def compared(findings: list[Finding], expected: list[Expected]) -> list[Expected]:
    """The findings, reduced to what the vector says of each."""
    made = []
    for number, finding in enumerate(findings):
        where, wanted = finding.where, expected[number] if number < len(expected) else None
        assert finding.text.strip()
        assert finding.code in CODES
        made.append(
            Expected(
                code=finding.code,
                severity=finding.severity,
                path=where.path or "",
                line=where.line,
                column=where.column,
                segment=where.segment if wanted is None or wanted.segment else None,
                element=where.element if wanted is None or wanted.segment else None,
                component=where.component if wanted is None or wanted.segment else None,
                value=finding.value if wanted is None or wanted.value else None,
            )
        )
    return made


@pytest.mark.parametrize("file", sorted(path.stem for path in (VECTORS / "in").glob("*.json")))
def test_reading_vectors(file: str) -> None:
    vector = msgspec.json.decode((VECTORS / "in" / f"{file}.json").read_bytes(), type=VectorIn)
    tree, source = tree_of(vector.map, interchange(vector.map, vector.segments))
    mapped = to_canonical(tree, the_map(vector.map), context(source=source))
    assert compared(mapped.findings, vector.findings) == vector.findings, vector.about
    if any(finding.severity == "error" for finding in vector.findings):
        assert mapped.document is None
        assert mapped.references == []
        return
    assert mapped.document is not None
    document = msgspec.json.decode(write_canonical(mapped.document))
    for path, value in (vector.part or {}).items():
        found = document
        for step in path.split("."):
            found = found[int(step) if isinstance(found, list) else step]
        wanted = msgspec.json.decode(value)
        # A moment's own fields are compared as far as the vector names them.
        assert found == wanted, path


@pytest.mark.parametrize("file", sorted(path.stem for path in (VECTORS / "out").glob("*.json")))
def test_writing_vectors(file: str) -> None:
    vector = msgspec.json.decode((VECTORS / "out" / f"{file}.json").read_bytes(), type=VectorOut)
    built = from_canonical(read_canonical(bytes(vector.document)), the_map(vector.map), context())
    assert compared(built.findings, vector.findings) == vector.findings, vector.about
    if vector.segments is not None:
        element, component = ("+", ":") if vector.map.startswith("edifact") else ("*", ">")
        written = [
            element.join([node.name, *(component.join(text[0]) for text in node.elements)])
            for root in built.body
            for node in root.segments()
        ]
        assert written == vector.segments


# Lineage


def test_lineage_knows_the_place_of_every_value() -> None:
    tree, source = tree_of(IFTSTA, (EXAMPLES / "status-container-export.iftsta.edi").read_bytes())
    rules = the_map(IFTSTA)
    plain = to_canonical(tree, rules, context(source=source))
    traced = to_canonical(tree, rules, context(source=source), lineage=True)
    assert plain.lineage == []
    assert traced.document == plain.document
    by_path = {entry.path: entry for entry in traced.lineage}
    number = by_path["consignments[0].events[0].equipment[0].number"]
    assert (number.text, number.where.segment, number.where.element, number.where.component) == (
        "HLXU8765430",
        "EQD",
        2,
        1,
    )
    lines = (EXAMPLES / "status-container-export.iftsta.edi").read_bytes().split(b"\n")
    assert number.where.line is not None
    assert number.where.column is not None
    assert lines[number.where.line - 1][number.where.column - 1 :].startswith(b"HLXU8765430")
    rule = (PROFILES / "maps" / f"{IFTSTA}.yaml").read_text().split("\n")[number.rule - 1]
    assert "equipment_number" in rule
    status = by_path["consignments[0].events[0].status"]
    assert (status.table, status.text) == ("status", "48")
    # Every value of the document has its place, but for what the message only implies.
    assert traced.document is not None
    assert leaves(msgspec.json.decode(write_canonical(traced.document))) <= set(by_path)


def leaves(value: object, at: str = "") -> set[str]:
    if isinstance(value, dict) and "precision" not in value:
        return {
            path
            for key, inner in value.items()
            if (at or key != "type") and key != "native"
            for path in leaves(inner, f"{at}.{key}" if at else key)
        }
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {path for number, inner in enumerate(value) for path in leaves(inner, f"{at}[{number}]")}
    return {at}


def test_lineage_of_what_is_written() -> None:
    document = read_canonical((EXAMPLES / "order-joliet-houston.json").read_bytes())
    built = from_canonical(document, the_map(TENDER), context(CHICAGO), lineage=True)
    entry = next(entry for entry in built.lineage if entry.text == "RIVER CITY SUPPLY")
    assert entry.path == "stops[1].site.name"
    assert (entry.where.segment, entry.where.element, entry.where.line) == ("N1", 2, None)
    assert from_canonical(document, the_map(TENDER), context(CHICAGO)).lineage == []
    # Every path is one of the document's own, goods that stand in a stop's loop included.
    known = leaves(msgspec.json.decode(write_canonical(document)))
    paths = {entry.path for entry in built.lineage}
    assert paths <= known
    assert "goods[1].description" in paths


# From one syntax to the other


def test_an_iftsta_becomes_a_214_and_comes_back() -> None:
    """What both can say survives; what the 214 cannot is said to be lost."""
    body = ["BGM+23+S1+9'", "NAD+CA+PRFT:172:182'", "RFF+ON:4711'", "CNI+1+B1'", "STS+1+21+63'",
            "DTM+334:202610010940:203'", "LOC+14+USHOU:139:6:HOUSTON'", "EQD+CN+HLXU8765430'"]  # fmt: skip
    tree, source = tree_of(IFTSTA, interchange(IFTSTA, body))
    first = to_canonical(tree, the_map(IFTSTA), context(source=source))
    assert isinstance(first.document, TransportStatus)
    built = from_canonical(first.document, the_map(STATUS), context())
    assert segments(built.body) == [
        ("B10", ((("B1",),), (("B1",),), (("PRFT",),))),
        ("L11", ((("4711",),), (("PO",),))),
        ("LX", ((("1",),),)),
        ("AT7", tuple(((text,),) for text in ("D1", "AO", "", "", "20261001", "0940", "LT"))),
        ("MS1", ((("HOUSTON",),), (("",),), (("US",),))),
        ("MS2", tuple(((text,),) for text in ("HLXU", "876543", "CN", "0"))),
    ]
    kind = MessageKind(type="214", version="004010")
    assert validate_tree(kind, "1", built.body, the_guide(STATUS)) == []
    assert [(finding.severity, finding.where.path) for finding in built.findings] == [
        ("warning", "consignments[0].events[0].location.code"),
        ("warning", "consignments[0].events[0].location.code_system"),
    ]
    second = to_canonical(Node(name="214", group=True, children=list(built.body)), the_map(STATUS), context())
    assert isinstance(second.document, TransportStatus)
    before, after = first.document.consignments[0].events[0], second.document.consignments[0].events[0]
    assert (after.status, after.reason, after.occurred.at) == ("delivered", "weather", before.occurred.at)
    assert after.equipment == before.equipment
    assert after.location is not None
    assert (after.location.city, after.location.country) == ("HOUSTON", "US")
    again = from_canonical(second.document, the_map(IFTSTA), context())
    assert validate_tree(MessageKind(type="IFTSTA", version="D.96A"), "1", again.body, the_guide(IFTSTA)) == []
    assert ("RFF", ((("ON", "4711"),),)) in segments(again.body)


@pytest.mark.parametrize("name", [IFTMIN, TENDER])
def test_one_order_makes_both_messages(name: str) -> None:
    document = read_canonical((EXAMPLES / "order-antwerp-lyon.json").read_bytes())
    assert isinstance(document, TransportOrder)
    carrier = msgspec.structs.replace(document.parties[1], id="PRFT", id_system="scac", name=None)
    both = msgspec.structs.replace(document, parties=(carrier, document.parties[2]))
    built = from_canonical(both, the_map(name), context())
    assert [finding for finding in built.findings if finding.fatal] == []
    kind = MessageKind(type=name.rpartition("/")[2], version=name.split("/")[1])
    assert validate_tree(kind, "1", built.body, the_guide(name)) == []


# Partners' own codes, zones, and the wrong type


def test_a_partner_s_codes_stand_before_the_table() -> None:
    def codes(table: str, code: str, direction: str) -> str | None:
        known = {("status", "DLV", "in"): "delivered", ("status", "delivered", "out"): "DLV"}
        return known.get((table, code, direction))

    own = Context(zone=BRUSSELS, on=date(2026, 10, 1), codes=codes)
    body = ["BGM+23+S1+9'", "CNI+1+B1'", "STS+1+DLV'", "DTM+334:202610010940:203'"]
    tree, _ = tree_of(IFTSTA, interchange(IFTSTA, body))
    mapped = to_canonical(tree, the_map(IFTSTA), own)
    assert isinstance(mapped.document, TransportStatus)
    event = mapped.document.consignments[0].events[0]
    assert (mapped.findings, event.status, event.native) == ([], "delivered", {})
    built = from_canonical(mapped.document, the_map(IFTSTA), own)
    assert ("STS", ((("1",),), (("DLV",),))) in segments(built.body)


def test_zones_with_summer_time_come_from_the_context() -> None:
    body = ["B10*P*S*PRFT~", "LX*1~", "AT7*D1*NS***20261002*0610*ET~"]
    tree, _ = tree_of(STATUS, interchange(STATUS, body))
    unknown = to_canonical(tree, the_map(STATUS), context())
    assert [finding.code for finding in unknown.findings] == ["time-invalid"]
    zones = {name: ZoneInfo(name) for name in ZONE_NAMES}
    known = to_canonical(tree, the_map(STATUS), Context(zone=BRUSSELS, on=date(2026, 10, 1), zones=zones))
    assert known.findings == []
    assert isinstance(known.document, TransportStatus)
    moment = known.document.consignments[0].events[0].occurred
    assert (moment.at.isoformat(), moment.assumed_zone) == ("2026-10-02T06:10:00-04:00", None)


def test_a_map_writes_its_own_type_only() -> None:
    document = read_canonical((EXAMPLES / "order-antwerp-lyon.json").read_bytes())
    with pytest.raises(ValueError, match="writes transport_status/1, not a TransportOrder"):
        from_canonical(document, the_map(STATUS), context())


# Whatever a partner sends


@st.composite
def spoiled(draw: st.DrawFn, node: Node, texts: st.SearchStrategy[str]) -> Node | None:
    """The tree with segments left out and strange texts in others."""
    if node.group:
        children = [made for child in node.children if (made := draw(spoiled(child, texts))) is not None]
        return Node(name=node.name, group=True, children=children)
    fate = draw(st.integers(0, 19))
    if fate == 0:
        return None
    if fate > 3 or not node.elements:
        return Node(name=node.name, elements=node.elements)
    elements = [[list(occurrence) for occurrence in element] for element in node.elements]
    components = draw(st.sampled_from(elements))[0]
    components[draw(st.integers(0, len(components) - 1))] = draw(texts)
    return Node(
        name=node.name,
        elements=tuple(tuple(tuple(occurrence) for occurrence in element) for element in elements),
    )


@pytest.mark.parametrize(("file", "name", "zone", "golden"), EXAMPLE_FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_spoiled_message_never_raises_and_what_is_read_of_it_comes_back(
    data: st.DataObject, file: str, name: str, zone: ZoneInfo, golden: str
) -> None:
    tree, _ = tree_of(name, (EXAMPLES / file).read_bytes())
    # Longer texts than the guide allows are wrapped when written, and so are texts with line feeds.
    strange = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30) | st.sampled_from(
        ["", " ", "ZZZ", "999999999999", "20261301", "-1", "1.5", "9"]
    )
    made = data.draw(spoiled(tree, strange))
    assert made is not None
    first = to_canonical(made, the_map(name), context(zone), lineage=data.draw(st.booleans()))
    if first.document is None:
        assert any(finding.fatal for finding in first.findings)
        return
    assert read_canonical(write_canonical(first.document)) == first.document
    built = from_canonical(first.document, the_map(name), context(zone))
    if built.findings:
        return
    second = to_canonical(Node(name=tree.name, group=True, children=list(built.body)), the_map(name), context(zone))
    assert second.document is not None
    assert plain(second.document) == plain(first.document)
