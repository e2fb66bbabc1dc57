"""The form of maps: what loading refuses, with its place; the small grammars; codecs and times, value by value."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.translators.shipped import SHELF
from translators.canonical import Moment, TransportOrder, read_canonical
from translators.map_codecs import read_codec, wrap
from translators.map_context import Context, Problem, Value
from translators.map_document import MAX_BYTES
from translators.map_paths import Place, read_canonical_path, read_node_path, read_places
from translators.mapping import from_canonical, to_canonical
from translators.maps import Map, MapError, check_map, read_map
from translators.tree import Node

PROFILES = Path(__file__).parents[2] / "profiles"
BRUSSELS = ZoneInfo("Europe/Brussels")
CONTEXT = Context(zone=BRUSSELS, on=date(2026, 10, 1))

HEAD = """map: m
canonical: transport_order/1
tables:
  purpose: {system: x.1, unmapped: keep, other: other, codes: {9: original}}
message:
"""


def loaded(body: str, head: str = HEAD) -> Map:
    return read_map("m", (head + body).encode())


def faults(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(MapError) as caught:
        read_map("m", text.encode())
    assert all(str(fault).startswith(f"m:{fault.line}:{fault.column}: ") for fault in caught.value.faults)
    return [(fault.line, fault.column, fault.text) for fault in caught.value.faults]


# Faults of the body: one rule each, in line 6, and what the fault says.
FAULTY = {
    "not-a-list": ("  BGM: {1: number}", 3, "a list of segments and groups is expected"),
    "two-in-one": ("  - {BGM: {1: number}, DTM: {1: number}}", 5, "one segment or group is expected"),
    "no-body": ("  - BGM: number", 10, "fields or parts are expected here"),
    "node": ("  - BGM[: {1: number}", 5, "is no segment or group"),
    "condition": ("  - BGM[x]: {1: number}", 5, "is no condition"),
    "condition-empty": ("  - BGM[1=a|]: {1: number}", 5, "compares with nothing"),
    "unknown-key": ("  - BGM: {eahc: goods, 1: number}", 11, "did you mean `each`?"),
    "unknown-field-key": ("  - BGM: {1: {too: number}}", 15, "did you mean `to`?"),
    "no-target": ("  - BGM: {1: {required: yes}}", 11, "say which canonical field"),
    "no-such-field": ("  - BGM: {1: nummber}", 14, "did you mean `number`?"),
    "not-a-value": ("  - BGM: {1: stops}", 14, "is an object or a list"),
    "list-without-item": ("  - BGM: {1: stops.purpose}", 14, "`stops` has no fields"),
    "item-as-value": ('  - BGM: {1: "stops[only]"}', 14, "go on to a field of it"),
    "bad-path": ("  - BGM: {1: a..b}", 14, "is no path"),
    "bad-pick": ('  - BGM: {1: "stops[2].purpose"}', 14, "picks nothing"),
    "pick-word": ('  - BGM: {1: "stops[purpose=pick_up].sequence"}', 14, "did you mean `pickup`?"),
    "pick-number": ('  - BGM: {1: "stops[sequence=one].purpose"}', 14, "is a number"),
    "pick-of-no-list": ('  - BGM: {1: "issued[only].at"}', 14, "is no list of objects"),
    "pick-reference": ('  - BGM: {1: "goods[loaded_at=@seq].packages"}', 14, "has no field `seq`"),
    "place": ("  - BGM: {0: number}", 11, "is no place"),
    "place-range": ("  - BGM: {1.3-2.1: number}", 11, "is no range"),
    "place-twice": ('  - BGM: {"1, 1": number}', 11, "names a place twice"),
    "place-written-twice": ("  - BGM: {1: number, 1.1: {is: 9}}", 5, "place 1.1 is written by two rules"),
    "place-of-qualifier": ("  - BGM[1=9]: {1: number}", 5, "place 1.1 is written by two rules"),
    "constant-and-more": ("  - BGM: {1: {is: 9, to: number}}", 14, "`is` stands alone"),
    "count-of-what": ("  - BGM: {1: {count: all}}", 22, "has no field `all`"),
    "codec": ("  - BGM: {1: {to: number, as: txt}}", 31, "is no codec: there are text"),
    "codec-number": ("  - BGM: {1: {to: number, as: paragraph}}", 31, "is no codec"),
    "codec-kind": ("  - BGM: {1: {to: number, as: decimal}}", 31, "makes decimal, but the field is text"),
    "codec-places": ('  - BGM: {"1, 2": {to: number, as: text}}', 11, "needs 1 places, and 2 are named"),
    "codec-missing": ("  - BGM: {1: {to: issued}}", 11, "say how the value is written"),
    "table": ("  - BGM: {1: {to: purpose, table: porpose}}", 35, "did you mean `purpose`?"),
    "table-and-codec": ("  - BGM: {1: {to: purpose, table: purpose, as: text}}", 48, "not both"),
    "table-words": (
        "  - BGM: {1: {to: freight_terms, table: purpose}}",
        41,
        "has the word `original`, which the field",
    ),
    "table-native": ('  - BGM: {1: {to: "stops[only].site.address.city", table: purpose}}', 59, "cannot keep codes"),
    "absent-in-table": ("  - BGM: {1: {to: purpose, table: purpose, absent: 9}}", 52, "gives it a meaning"),
    "default-word": ("  - BGM: {1: {to: purpose, table: purpose, default: new}}", 53, "is no word of this field"),
    "one-way-no-reason": ("  - BGM: {1: {to: number, only: in}}", 11, "says why"),
    "reason-not-one-way": ("  - BGM: {1: {to: number, why: so}}", 11, "goes one way says so"),
    "one-way-where": ("  - BGM: {1: {to: number, only: both, why: so}}", 33, "`both` is none of in, out"),
    "or-kind": ("  - BGM: {1: {to: number, or: issued}}", 31, "not the same kind of value"),
    "required": ("  - BGM: {1: {to: number, required: true}}", 37, "`true` is none of yes, in, out"),
    "each-and-with": ("  - BGM: {each: goods, with: issued, 1: packages}", 30, "not both"),
    "each-no-list": ("  - BGM: {each: issued, 1: packages}", 17, "is no list"),
    "with-a-list": ("  - BGM: {with: goods, 1: packages}", 17, "is no object"),
    "when-form": ("  - BGM: {when: number, 1: number}", 17, "is no condition"),
    "when-table": ("  - BGM: {when: purpose in porpose, 1: number}", 17, "there is no table `porpose`"),
    "when-word": ("  - BGM: {when: purpose is new, 1: number}", 17, "is no word of `purpose`"),
    "set-word": ("  - BGM: {set: {purpose: new}, 1: number}", 26, "is no word of this field"),
    "set-kind": ("  - BGM: {set: {issued: now}, 1: number}", 25, "only texts, words and whole numbers"),
    "wrap": ("  - BGM: {each: remarks, wrap: long, 1: text}", 32, "is no number"),
    "group-field": ("  - SG1: {parts: [], 1: number}", 22, "`1` is not known here"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_rule_is_refused_at_its_place(name: str) -> None:
    body, column, text = FAULTY[name]
    found = faults(HEAD + body + "\n")
    assert any(fault[:2] == (6, column) and text in fault[2] for fault in found), found


# Faults of the file around the rules: the text, the line and column, and what the fault says.
BROKEN = {
    "empty": ("", 1, 1, "the map is empty"),
    "not-yaml": ("map: [", 2, 1, "not readable as YAML"),
    "tab": ("map:\n\tx: 1", 2, 1, "not readable as YAML"),
    "a-list": ("- map", 1, 1, "keys are expected here"),
    "anchor": ("map: &m m\ncanonical: *m\nmessage: []", 1, 6, "anchors and aliases are not read"),
    "tag": ("map: !!str m\ncanonical: transport_order/1\nmessage: []", 1, 6, "tags are not read"),
    "twice": ("map: m\nmap: m\ncanonical: transport_order/1\nmessage: []", 2, 1, "`map` stands twice"),
    "list-as-key": ("[a]: m", 1, 1, "a key is text"),
    "other-name": ("map: n\ncanonical: transport_order/1\nmessage: []", 1, 6, "this is the map `n`"),
    "no-canonical": ("map: m\nmessage: []", 1, 1, "`canonical` is missing"),
    "other-canonical": ("map: m\ncanonical: order/1\nmessage: []", 2, 12, "there is no canonical type `order/1`"),
    "unknown-key": ("map: m\ncanonical: transport_order/1\nmesage: []\nmessage: []", 3, 1, "did you mean `message`?"),
    "complete-no-list": (
        HEAD.replace("message", "complete: goods\nmessage") + "  []",
        5,
        11,
        "a list of canonical paths",
    ),
    "complete-path": (HEAD.replace("message", "complete: [good]\nmessage") + "  []", 5, 12, "did you mean `goods`?"),
    "leaves-path": (
        HEAD.replace("message", "leaves: {number.x: so}\nmessage") + "  []",
        5,
        10,
        "goes on behind a value",
    ),
    "table-no-system": (HEAD.replace("system: x.1, ", "") + "  []", 4, 12, "`system` is missing"),
    "table-unmapped": (HEAD.replace("unmapped: keep", "unmapped: drop") + "  []", 4, 36, "none of keep, refuse, pass"),
    "table-no-function": (
        HEAD.replace("{9: original}", "{9: original, 10: original}") + "  []",
        4,
        81,
        "put the second meaning into only_in or only_out",
    ),
    "table-row": (HEAD.replace("{9: original}", "{9: [original]}") + "  []", 4, 67, "a text is expected here"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_at_its_place(name: str) -> None:
    text, line, column, says = BROKEN[name]
    found = faults(text)
    assert any(fault[:2] == (line, column) and says in fault[2] for fault in found), found


def test_all_faults_are_told_at_once_and_in_order() -> None:
    found = faults(HEAD + "  - BGM: {1: nummber, 2: {to: purpose, table: p}}\n  - DTM: {with: isued}\n")
    assert [fault[0] for fault in found] == [6, 6, 7]


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(MapError, match="not UTF-8"):
        read_map("m", b"map: \xff")
    with pytest.raises(MapError, match="bytes; at most"):
        read_map("m", b" " * (MAX_BYTES + 1))
    with pytest.raises(MapError, match="nest"):
        read_map("m", b"[" * 5000)


@given(st.text(max_size=80))
def test_no_text_raises_anything_else(text: str) -> None:
    with pytest.raises(MapError):
        read_map("m", text.encode("utf-8", "surrogatepass"))


def test_scalars_stay_texts() -> None:
    """YAML would make 010 an 8, NO a false and 1.10 a number."""
    rules = loaded("  - BGM: {1: {is: 010}, 2: {is: NO}, 1.10: {is: 1.10}}\n")
    assert [(constant.place, constant.text) for constant in rules.parts[0].constants] == [
        (Place(1, 1), "010"),
        (Place(2, 1), "NO"),
        (Place(1, 10), "1.10"),
    ]


# A map against its guide


MISFITS = {
    "segment": ("  - XYZ: {1: number}", "the guide has no segment XYZ in IFTMIN"),
    "group": ("  - SG99: [BGM: {1: number}]", "the guide has no group SG99"),
    "in-group": ("  - SG1: [BGM: {2: number}]", "the guide has no segment BGM in SG1"),
    "element": ("  - BGM: {9: number}", "BGM has no place 9.1"),
    "component": ("  - BGM: {2.2: number}", "BGM has no place 2.2"),
    "constant": ("  - BGM: {7: {is: X}, 2: number}", "BGM has no place 7.1"),
    "beside": ("  - BGM: {2: {to: number, beside: {1.9: X}}}", "BGM has no place 1.9"),
    "condition": ("  - DTM[4=1]: {1: number}", "DTM has no place 4.1"),
    "condition-segment": ("  - SG1[NAD/1=CN]: [LOC: {2.1: number}]", "the guide has no segment NAD in group SG1"),
    "order": ("  - SG1: [LOC: {2.1: number}]\n  - BGM: {2: number}", "segment BGM stands before SG1 in the guide"),
    "repeat": ("  - BGM: {each: goods, 2: description}", "segment BGM cannot repeat in the guide"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_map_that_does_not_fit_its_guide(name: str) -> None:
    body, says = MISFITS[name]
    guide = SHELF.guide("edifact/D.96A/IFTMIN")
    assert guide is not None
    (fault,) = check_map(loaded(body + "\n"), guide)
    assert says in fault.text
    assert fault.line == (7 if name == "order" else 6)


# Grammars


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("3", [(3, 1)]),
        ("2.1", [(2, 1)]),
        ("4.1-4.3", [(4, 1), (4, 2), (4, 3)]),
        ("1-3", [(1, 1), (2, 1), (3, 1)]),
        ("5, 6,7.2", [(5, 1), (6, 1), (7, 2)]),
    ],
)
def test_places(text: str, places: list[tuple[int, int]]) -> None:
    assert list(read_places(text)) == places


@pytest.mark.parametrize("text", ["", "0", "1.0", "01", "a", "3-1", "2.3-2.1", "1.2-2.3", "1-2.3", "1,,2", "100", "٣"])
def test_no_places(text: str) -> None:
    with pytest.raises(ValueError, match="`"):
        read_places(text)


def test_nodes_and_paths() -> None:
    node = read_node_path("SG1[LOC/1=88|9, 2.1]")
    assert node.name == "SG1"
    assert [(c.tag, c.place, c.values) for c in node.conditions] == [("LOC", (1, 1), ("88", "9")), (None, (2, 1), ())]
    path = read_canonical_path("/goods[loaded_at=@sequence].volume")
    assert path.absolute
    assert [step.name for step in path.steps] == ["goods", "volume"]
    assert path.steps[0].matches == (("loaded_at", "sequence", True),)


@pytest.mark.parametrize("text", ["", "/", "a.", ".a", "A", "a[", "a[]", "a[x=]", "a[only]b", "a b"])
def test_no_path(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no path|picks nothing"):
        read_canonical_path(text)


# Codecs


def read_with(codec: str, *texts: str, context: Context = CONTEXT) -> tuple[Value | None, list[str]]:
    problems: list[Problem] = []
    return read_codec(codec).read(texts, context, problems.append), [problem.code for problem in problems]


def write_with(codec: str, value: Value, places: int = 1, context: Context = CONTEXT) -> tuple[object, list[str]]:
    problems: list[Problem] = []
    written = read_codec(codec).write(value, places, context, problems.append)
    return written if written is None else tuple(written), [problem.code for problem in problems]


@pytest.mark.parametrize(
    ("codec", "texts", "value"),
    [
        ("text", ["AB  "], "AB"),
        ("whole", ["012"], 12),
        ("whole", ["12.000"], 12),
        ("decimal", ["1200,50"], Decimal("1200.5")),
        ("decimal", ["0012.0"], Decimal("12")),
        ("decimal", [".5"], Decimal("0.5")),
        ("decimal", ["-0"], Decimal("0")),
        ("implied 2", ["12550"], Decimal("125.5")),
        ("implied 3", ["7"], Decimal("0.007")),
        ("lines", ["A ", "", "B"], ["A", "B"]),
        ("paragraph 35", ["A ", "", "B"], "A\nB"),
        ("equipment_number", ["MSKU 123456-5"], "MSKU1234565"),
        ("equipment_number", ["PRFT", "534417", ""], "PRFT 534417"),
        ("equipment_number", ["MSKU", "123456", "5"], "MSKU1234565"),
        ("equipment_number", ["", "1-QAB-234", ""], "1QAB234"),
        ("locode_country", ["BEANR", "6"], "BE"),
        ("locode_country", ["BEANR", "9"], None),
        ("locode_country", ["12345", "6"], None),
    ],
)
def test_codecs_read(codec: str, texts: list[str], value: Value | None) -> None:
    assert read_with(codec, *texts) == (value, [])


@pytest.mark.parametrize(
    ("codec", "texts", "code"),
    [
        ("whole", ["12.5"], "number-invalid"),
        ("whole", ["-1"], "number-invalid"),
        ("whole", ["١٢"], "number-invalid"),
        ("decimal", ["1.200,50"], "number-invalid"),
        ("decimal", ["1e3"], "number-invalid"),
        ("decimal", ["NaN"], "number-invalid"),
        ("decimal", ["12 kg"], "number-invalid"),
        ("implied 2", ["1.5"], "number-invalid"),
        ("equipment_number", ["A" * 18], "character-invalid"),
        ("equipment_number", ["MSKU#1"], "character-invalid"),
        ("edifact_moment", ["20261301", "102"], "date-invalid"),
        ("edifact_moment", ["02020101", "102"], "date-invalid"),
        ("edifact_moment", ["20261001", "999"], "date-invalid"),
        ("edifact_moment", ["2026", ""], "date-invalid"),
        ("edifact_moment", ["", "203"], "date-invalid"),
        ("edifact_moment", ["202610012400", "203"], "time-invalid"),
        ("edifact_moment", ["202610011260", "203"], "time-invalid"),
        ("edifact_moment", ["202610011200", "303"], "date-invalid"),
        ("edifact_moment", ["2026100112é0", "203"], "date-invalid"),
        ("x12_moment", ["", "1200"], "date-invalid"),
        ("x12_moment", ["2026-10-01"], "date-invalid"),
        ("x12_moment", ["20261001", "12"], "time-invalid"),
        ("x12_moment", ["20261001", "2500"], "time-invalid"),
        ("x12_moment", ["20261001", "120060"], "time-invalid"),
    ],
)
def test_codecs_refuse(codec: str, texts: list[str], code: str) -> None:
    assert read_with(codec, *texts) == (None, [code])


@pytest.mark.parametrize(
    ("codec", "value", "places", "texts"),
    [
        ("decimal", Decimal("1200.50"), 1, ("1200.5",)),
        ("decimal", Decimal("1E+3"), 1, ("1000",)),
        ("decimal", Decimal("1E-7"), 1, ("0.0000001",)),
        ("decimal", Decimal("-0"), 1, ("0",)),
        ("implied 2", Decimal("125.5"), 1, ("12550",)),
        ("implied 2", Decimal("0.05"), 1, ("5",)),
        ("lines", ["A", "B"], 2, ("A", "B")),
        ("paragraph 5", "AAA BBB CC", 3, ("AAA", "BBB", "CC")),
        ("equipment_number", "MSKU1234565", 1, ("MSKU1234565",)),
        ("equipment_number", "MSKU1234565", 3, ("MSKU", "123456", "5")),
        ("equipment_number", "MSKU1234565", 2, ("MSKU", "1234565")),
        ("equipment_number", "PRFT 534417", 3, ("PRFT", "534417")),
        ("equipment_number", "PRFT534417", 3, ("PRFT", "534417")),
        ("equipment_number", "1QAB234", 3, ("", "1QAB234")),
    ],
)
def test_codecs_write(codec: str, value: Value, places: int, texts: tuple[str, ...]) -> None:
    assert write_with(codec, value, places) == (texts, [])


@pytest.mark.parametrize(
    ("codec", "value", "places", "code"),
    [
        ("implied 2", Decimal("1.255"), 1, "number-invalid"),
        ("lines", ["A", "B", "C"], 2, "too-large"),
        ("paragraph 5", "AAA BBB CC", 2, "too-large"),
    ],
)
def test_codecs_do_not_lose(codec: str, value: Value, places: int, code: str) -> None:
    assert write_with(codec, value, places) == (None, [code])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("codec", "texts", "moment"),
    [
        ("edifact_moment", ["20261001", "102"], ("2026-10-01T00:00:00+02:00", "day", True)),
        ("edifact_moment", ["261001", "101"], ("2026-10-01T00:00:00+02:00", "day", True)),
        ("edifact_moment", ["991231", "101"], ("1999-12-31T00:00:00+01:00", "day", True)),
        ("edifact_moment", ["011026", "2"], ("2026-10-01T00:00:00+02:00", "day", True)),
        ("edifact_moment", ["202612010940", "203"], ("2026-12-01T09:40:00+01:00", "minute", True)),
        ("edifact_moment", ["20261201094059", "204"], ("2026-12-01T09:40:59+01:00", "second", True)),
        ("edifact_moment", ["202612010940UTC", "303"], ("2026-12-01T09:40:00+00:00", "minute", False)),
        ("edifact_moment", ["202612010940-05", "303"], ("2026-12-01T09:40:00-05:00", "minute", False)),
        ("edifact_moment", ["202612010940+0530", "303"], ("2026-12-01T09:40:00+05:30", "minute", False)),
        ("x12_moment", ["20261001"], ("2026-10-01T00:00:00+02:00", "day", True)),
        ("x12_moment", ["20261001", "", "LT"], ("2026-10-01T00:00:00+02:00", "day", True)),
        ("x12_moment", ["20261001", "0940"], ("2026-10-01T09:40:00+02:00", "minute", True)),
        ("x12_moment", ["20261001", "094059", "UT"], ("2026-10-01T09:40:59+00:00", "second", False)),
        ("x12_moment", ["20261001", "09405925", "ES"], ("2026-10-01T09:40:59.250000-05:00", "second", False)),
        ("x12_moment", ["20261001", "0940", "02"], ("2026-10-01T09:40:00+02:00", "minute", False)),
        ("x12_moment", ["20261001", "0940", "24"], ("2026-10-01T09:40:00-01:00", "minute", False)),
        ("x12_moment", ["20261001", "0940", "13"], ("2026-10-01T09:40:00-12:00", "minute", False)),
        ("x12_moment I", ["20261001", "I", "0940", "LT"], ("2026-10-01T09:40:00+02:00", "minute", True)),
    ],
)
def test_moments_read(codec: str, texts: list[str], moment: tuple[str, str, bool]) -> None:
    value, problems = read_with(codec, *texts)
    assert problems == []
    assert isinstance(value, Moment)
    zone = "Europe/Brussels" if moment[2] else None
    assert (value.at.isoformat(), value.precision, value.assumed_zone) == (moment[0], moment[1], zone)
    assert value.text is not None
    assert value.text.startswith(texts[0])


@pytest.mark.parametrize(
    ("codec", "value", "places", "texts"),
    [
        ("edifact_moment", Moment(at=at("2026-10-01T23:00:00Z"), precision="day"), 2, ("20261001", "102")),
        ("edifact_moment", Moment(at=at("2026-10-01T23:00:00Z"), precision="minute"), 2, ("202610020100", "203")),
        ("edifact_moment", Moment(at=at("2026-10-01T23:00:07Z"), precision="second"), 2, ("20261002010007", "204")),
        ("edifact_moment", Moment(at=at("2026-10-25T00:30:00Z"), precision="minute"), 2, ("202610250230", "203")),
        ("edifact_moment", Moment(at=at("2026-10-25T01:30:00Z"), precision="minute"), 2, ("202610250130UTC", "303")),
        ("edifact_moment", Moment(at=at("2026-10-25T01:30:05Z"), precision="second"), 2, ("20261025013005UTC", "304")),
        ("x12_moment", Moment(at=at("2026-10-01T23:00:00Z"), precision="day"), 3, ("20261001",)),
        ("x12_moment", Moment(at=at("2026-10-01T23:00:00Z"), precision="minute"), 3, ("20261002", "0100", "LT")),
        ("x12_moment", Moment(at=at("2026-10-25T01:30:00Z"), precision="minute"), 3, ("20261025", "0130", "UT")),
        ("x12_moment", Moment(at=at("2026-10-01T23:00:00.25Z"), precision="second"), 3, ("20261002", "01000025", "LT")),
        ("x12_moment I", Moment(at=at("2026-10-01T23:00:00Z"), precision="minute"), 4, ("20261002", "I", "0100", "LT")),
        ("x12_moment I", Moment(at=at("2026-10-01T23:00:00Z"), precision="day"), 4, ("20261001",)),
    ],
)
def test_moments_write(codec: str, value: Moment, places: int, texts: tuple[str, ...]) -> None:
    assert write_with(codec, value, places) == (texts, [])


def test_a_time_without_room_is_said_to_be_lost() -> None:
    moment = Moment(at=at("2026-10-01T23:00:00Z"), precision="minute")
    assert write_with("x12_moment", moment, 1) == (("20261002",), ["map-not-carried"])


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001
    st.sampled_from(["edifact_moment", "x12_moment"]),
)
def test_every_instant_comes_back(naive: datetime, codec: str) -> None:
    """Also the hour that the end of summer time repeats; hundredths are the finest that either syntax has."""
    whole = naive.replace(microsecond=0, tzinfo=UTC)
    moment = Moment(at=whole, precision="second")
    texts, problems = write_with(codec, moment, 3 if codec == "x12_moment" else 2)
    assert problems == []
    assert isinstance(texts, tuple)
    back, problems = read_with(codec, *texts)
    assert problems == []
    assert isinstance(back, Moment)
    assert back.at == whole


@given(st.decimals(0, 10**9, places=4, allow_nan=False))
def test_every_decimal_comes_back(number: Decimal) -> None:
    texts, _ = write_with("decimal", number)
    assert isinstance(texts, tuple)
    assert read_with("decimal", *texts) == (number, [])
    texts, _ = write_with("implied 4", number)
    assert isinstance(texts, tuple)
    assert read_with("implied 4", *texts) == (number, [])


@given(st.text("AB \n", max_size=60), st.integers(1, 12))
def test_wrapping_loses_no_character(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert all(0 < len(line) <= width and line == line.strip() for line in lines)


# What rules beside each other and objects in lists do


def test_rules_take_nodes_and_items_once() -> None:
    """A picked item is not written again by the list it is in, and a node that a rule has is not read by the next."""
    rules = loaded(
        """  - RFF[1=CN]: {2: "references[type=carrier_reference].value"}
  - RFF:
      each: references
      1: {to: type, table: kinds, required: yes}
      2: value
""",
        HEAD.replace(
            "message:",
            "  kinds:\n    system: x.2\n    unmapped: keep\n    other: other\n"
            "    codes: {PO: purchase_order, CN: carrier_reference}\nmessage:",
        ),
    )

    def segment(*texts: str) -> Node:
        return Node(name="RFF", elements=tuple(((text,),) for text in texts))

    tree = Node(name="M", group=True, children=[segment("PO", "1"), segment("CN", "2"), segment("CN", "3")])
    reading = to_canonical(tree, rules, CONTEXT)
    # The document is no whole order; what matters is what was read of it.
    assert [finding.code for finding in reading.findings] == ["map-required"]
    order = read_canonical(
        b'{"type":"transport_order/1","number":"1","purpose":"original","stops":[{"sequence":1,"purpose":"pickup"}],'
        b'"references":[{"type":"purchase_order","value":"1"},{"type":"carrier_reference","value":"2"},'
        b'{"type":"carrier_reference","value":"3"}]}'
    )
    assert isinstance(order, TransportOrder)
    written = from_canonical(order, rules, CONTEXT)
    assert [node.elements for node in written.body] == [
        ((("CN",),), (("2",),)),
        ((("PO",),), (("1",),)),
        ((("CN",),), (("3",),)),
    ]
    assert {finding.where.path for finding in written.findings} == {"number", "purpose", "stops"}


def test_the_offset_does_not_depend_on_where_a_zone_comes_from() -> None:
    fixed = Context(zone=timezone(timedelta(hours=2), "TWO"), on=date(2026, 10, 1))
    value, _ = read_with("edifact_moment", "202610010940", "203", context=fixed)
    named, _ = read_with("edifact_moment", "202610010940", "203")
    assert isinstance(value, Moment)
    assert isinstance(named, Moment)
    assert value.at == named.at
    assert type(value.at.tzinfo) is type(named.at.tzinfo) is timezone
    assert value.assumed_zone == "TWO"
