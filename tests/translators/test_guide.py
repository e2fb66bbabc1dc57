"""Guides as data: the notation, what is refused and how it is said, layers, the tables a person reads."""

from __future__ import annotations

import json

import pytest

from tests.translators.shipped import GUIDES, SHELF, VERSIONS, load
from translators.dictionary import (
    UNBOUNDED,
    Representation,
    Use,
    check_directory,
    read_directory,
    read_representation,
    read_use,
)
from translators.grammar import Guide
from translators.guide import GuideError, read_guide
from translators.guide_table import describe, describe_segment
from translators.relations import Relation, read_relation
from translators.shelf import Shelf

IFTSTA = "edifact/D.96A/IFTSTA"


def shipped(name: str, *layers: tuple[str, bytes]) -> Guide:
    found = Shelf(load).guide(name, layers)
    assert found is not None
    return found


def layer(*changes: dict[str, object], guide: str = IFTSTA) -> tuple[str, bytes]:
    return "northern-lines", json.dumps({"guide": guide, "changes": changes}).encode()


# What ships.


@pytest.mark.parametrize("version", VERSIONS)
def test_every_shipped_version_is_good(version: str) -> None:
    data = load(version)
    assert data is not None
    directory = read_directory(version, data)
    check_directory(version, directory)
    assert version == f"{directory.standard}/{directory.version}"
    assert directory.origin
    assert directory.messages


def test_shipped_files_are_compact() -> None:
    assert sum(path.stat().st_size for path in GUIDES.rglob("*.json*")) < 3_000_000


@pytest.mark.parametrize("version", ["edifact/D.96A", "x12/004010"])
def test_codes_fit_their_elements(version: str) -> None:
    directory = SHELF.directory(version)
    assert directory is not None
    for element, codes in directory.codes.items():
        form = read_representation(directory.elements[element][0])
        for code in codes.split():
            assert form.minimum <= len(code) <= form.maximum, (element, code)
        assert len(set(codes.split())) == len(codes.split())


def test_d96a_is_complete() -> None:
    directory = SHELF.directory("edifact/D.96A")
    assert directory is not None
    # As counted in the published files by a program of another kind.
    assert (len(directory.segments), len(directory.composites), len(directory.elements)) == (127, 161, 462)
    assert sum(len(content.split()) for content, _ in directory.segments.values()) == 465
    assert sum(len(content.split()) for content, _ in directory.composites.values()) == 605
    assert (len(directory.codes), sum(len(codes.split()) for codes in directory.codes.values())) == (207, 6148)


def test_the_service_segments_are_of_the_syntax() -> None:
    guide = shipped(IFTSTA)
    assert [spec.elements[-1].ref for spec in (guide.header.spec(3), guide.header.spec(4)) if spec] == ["S010", "S018"]
    assert guide.trailer.spec(3) is not None


# The notation.


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("DTM", 0, 1),
        ("DTM!", 1, 1),
        ("DTM*9", 0, 9),
        ("DTM!*9", 1, 9),
        ("DTM*2..9", 2, 9),
        ("DTM*..", 0, UNBOUNDED),
        ("DTM!*..", 1, UNBOUNDED),
        ("DTM*2..", 2, UNBOUNDED),
    ],
)
def test_uses(text: str, least: int, most: int) -> None:
    assert read_use(text) == Use("DTM", least, most)


def test_a_use_may_bring_its_own_representation_and_list() -> None:
    use = read_use("3039=an..17@list!*3")
    assert use == Use("3039", 1, 3, Representation("an", 1, 17), "list")


@pytest.mark.parametrize(
    "text", ["", "!", "DTM*", "DTM*0", "DTM*9..2", "DTM*x", "DTM!!", "DTM 9", "*9", "A=zz", "A*-1"]
)
def test_what_is_no_use_is_refused(text: str) -> None:
    with pytest.raises(GuideError):
        read_use(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("an..35", Representation("an", 1, 35)),
        ("a3", Representation("a", 3, 3)),
        ("n..18", Representation("n", 1, 18)),
        ("AN1/30", Representation("AN", 1, 30)),
        ("ID2", Representation("ID", 2, 2)),
        ("N2.1/12", Representation("N", 1, 12, 2)),
        ("R1/10", Representation("R", 1, 10)),
        ("DT8", Representation("DT", 8, 8)),
        ("B1/999", Representation("B", 1, 999)),
    ],
)
def test_representations(text: str, expected: Representation) -> None:
    assert read_representation(text) == expected


@pytest.mark.parametrize("text", ["", "an", "x..3", "N1/9", "AN9/1", "an...3", "an..x", "id2"])
def test_what_is_no_representation_is_refused(text: str) -> None:
    with pytest.raises(GuideError, match="representation"):
        read_representation(text)


def test_relations() -> None:
    assert read_relation("C060305") == Relation("C", (6, 3, 5))
    assert str(Relation("P", (3, 4))) == "P0304"
    for text in ("X0304", "P03", "P034", "p0304"):
        with pytest.raises(ValueError, match="relational rule"):
            read_relation(text)


# What is refused, and how it is said.

SMALL = {
    "standard": "x12",
    "version": "1",
    "segments": {"ST": ["1!", "Start"], "A": ["1 C1*3", "Some"], "SE": ["1", "End"]},
    "composites": {"C1": ["1! 1", "Two"]},
    "elements": {"1": ["AN1/9", "Word"]},
}


def small(**changes: object) -> bytes:
    return json.dumps({**SMALL, **changes}).encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"{", "d: "),
        (b"\xff", "d: "),
        (b'{"standard": "tradacoms", "version": "1"}', "standard"),
        (small(extra=1), "extra"),
        (small(segments={"ST": ["1! 2", ""]}), "segments.ST: 2 is not defined"),
        (small(segments={"ST": ["1!!", ""]}), "segments.ST: '1!!'"),
        (small(composites={"C1": ["C1", ""]}), "composites.C1: C1 is not defined"),
        (small(elements={"1": ["AN", ""]}), "elements.1: 'AN'"),
    ],
)
def test_a_bad_directory_says_where(data: bytes, says: str) -> None:
    with pytest.raises(GuideError) as caught:
        check_directory("d", read_directory("d", data))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ([], "starts with its header"),
        (["ST!"], "starts with its header"),
        (["ST!", ["A*9", "A!"]], "ends with its trailer"),
        (["ST!", "A**", "SE!"], "'A**'"),
        (["ST!", "B", "SE!"], "segment B"),
        (["ST!", 7, "SE!"], "not 7"),
        (["ST!", [], "SE!"], "not []"),
        (["ST!", ["L*9", "A*2"], "SE!"], "L: a group starts with"),
        (["ST!", ["L*9", ["M", "A!"]], "SE!"], "L: a group starts with"),
    ],
)
def test_a_bad_message_file_says_where(content: list[object], says: str) -> None:
    directory = read_directory("d", small())
    with pytest.raises(GuideError) as caught:
        read_guide("x12/1/9", json.dumps({"name": "", "content": content}).encode(), directory=directory)
    assert says in str(caught.value)
    assert "x12/1/9" in str(caught.value)


@pytest.mark.parametrize(
    ("notes", "says"), [({"A": "P01"}, "P01"), ({"A": "P0103"}, "position"), ({"C1": "P0103"}, "position")]
)
def test_a_rule_about_what_is_not_there_is_refused(notes: dict[str, str], says: str) -> None:
    directory = read_directory("d", small(notes=notes))
    with pytest.raises(GuideError, match=says):
        read_guide("x12/1/9", b'{"name": "", "content": ["ST!", "A", "SE!"]}', directory=directory)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"name": "x"}', b'{"name": "x", "content": [], "more": 1}'])
def test_what_is_no_message_file_is_refused(data: bytes) -> None:
    with pytest.raises(GuideError, match="x12/1/9"):
        read_guide("x12/1/9", data, directory=read_directory("d", small()))


# Layers.


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"set": "usage", "at": "XYZ", "usage": "unused"}, "has no XYZ"),
        ({"set": "usage", "at": "SG1/STS", "usage": "unused"}, "has no SG1/STS"),
        ({"set": "usage", "at": "BGM/9", "usage": "unused"}, "BGM has 4 elements"),
        ({"set": "usage", "at": "BGM/1.9", "usage": "unused"}, "4 components"),
        ({"set": "usage", "at": "SG1/1", "usage": "unused"}, "group"),
        ({"set": "usage", "at": "BGM", "usage": "maybe"}, "maybe"),
        ({"set": "repeat", "at": "BGM", "min": 3}, "3 to 1"),
        ({"set": "repeat", "at": "BGM", "max": 0}, "0 times"),
        ({"set": "repeat", "at": "BGM/1.1", "max": 2}, "component"),
        ({"set": "repeat", "at": "BGM/2", "min": 3, "max": 2}, "3 to 2 times"),
        ({"set": "length", "at": "BGM", "max": 3}, "needs an element"),
        ({"set": "length", "at": "BGM/1", "max": 3}, "name a component"),
        ({"set": "length", "at": "BGM/2", "min": 9, "max": 3}, "9 to 3"),
        ({"set": "codes", "at": "BGM/2", "add": ["X"]}, "no code list"),
        ({"set": "severity", "of": "nonsense", "severity": "off"}, "no finding code"),
        ({"set": "usage", "at": "SG1/NAD", "usage": "unused"}, "change its group"),
        ({"set": "repeat", "at": "UNT", "max": 2}, "bounds the message"),
        ({"set": "colour", "at": "BGM"}, "colour"),
        ({"set": "usage", "at": "LOC:2", "usage": "unused"}, "has no LOC:2"),
    ],
)
def test_a_bad_change_says_what_and_where(change: dict[str, object], says: str) -> None:
    good: dict[str, object] = {"set": "usage", "at": "TSR", "usage": "optional"}
    with pytest.raises(GuideError) as caught:
        shipped(IFTSTA, layer(good, change))
    assert says in str(caught.value)
    assert "northern-lines" in str(caught.value)


def test_a_layer_is_for_one_guide() -> None:
    with pytest.raises(GuideError, match="written for x12/004010/214"):
        shipped(IFTSTA, layer(guide="x12/004010/214"))


def test_layers_apply_in_order_and_leave_the_standard_alone() -> None:
    shelf = Shelf(load)
    first = (
        "industry",
        layer({"set": "repeat", "at": "SG1", "max": 3}, {"set": "length", "at": "BGM/2", "max": 20})[1],
    )
    second = ("partner", layer({"set": "repeat", "at": "SG1", "max": 5})[1])
    plain, both = shelf.guide(IFTSTA), shelf.guide(IFTSTA, [first, second])
    assert plain is not None
    assert both is not None
    assert both.layers == ("industry", "partner")
    (place,) = both.find("SG1")
    assert (place.maximum, place.layer("repeat")) == (5, "partner")
    (bgm,) = both.find("BGM")
    assert bgm.segment is not None
    assert str(bgm.segment.elements[1].components[0].representation) == "an..20"
    assert plain.find("SG1")[0].maximum == 9
    assert shelf.guide(IFTSTA) is plain
    assert shelf.guide(IFTSTA, [first, second]) is both


def test_a_star_changes_every_place_of_a_segment() -> None:
    guide = shipped(IFTSTA, layer({"set": "codes", "at": "*/NAD/1", "only": ["CA"]}))
    specs = [place.segment for place in guide.root.walk() if place.name == "NAD"]
    assert len(specs) == 2
    assert all(spec is not None and spec.elements[0].components[0].codes == frozenset({"CA"}) for spec in specs)


def test_codes_are_added_and_removed() -> None:
    guide = shipped(IFTSTA, layer({"set": "codes", "at": "BGM/3", "add": ["Z1"], "remove": ["9"]}))
    spec = guide.find("BGM")[0].segment
    assert spec is not None
    codes = spec.elements[2].components[0].codes
    assert codes is not None
    assert "Z1" in codes
    assert "9" not in codes
    assert "1" in codes


# For a person.


def test_the_table_of_a_message() -> None:
    rows = describe(shipped(IFTSTA))
    assert [(row.depth, row.kind, row.name, row.usage, row.maximum) for row in rows[:8]] == [
        (0, "segment", "UNH", "M", 1),
        (0, "segment", "BGM", "M", 1),
        (0, "segment", "DTM", "C", 9),
        (0, "segment", "TSR", "C", 1),
        (0, "group", "SG1", "C", 9),
        (1, "segment", "NAD", "M", 1),
        (1, "group", "SG2", "C", 9),
        (2, "segment", "CTA", "M", 1),
    ]
    assert rows[2].title == "Date/time/period"
    assert len(rows) == 55 - 1
    assert {row.layer for row in rows} == {"standard"}


def test_the_table_shows_layers_and_what_has_no_end() -> None:
    rows = describe(shipped(IFTSTA, layer({"set": "usage", "at": "TSR", "usage": "unused"})))
    assert [(row.usage, row.layer) for row in rows if row.name == "TSR"] == [("X", "northern-lines")]
    rows = describe(shipped("x12/004010/214"))
    assert [row.maximum for row in rows if row.path == "LX/EFI"] == [None]
    assert {row.usage for row in rows} == {"M", "O"}


def test_the_table_of_a_segment() -> None:
    rows = describe_segment(shipped(IFTSTA), "SG1/NAD")
    assert [(row.position, row.component, row.ref, row.usage, row.representation) for row in rows[:4]] == [
        (1, None, "3035", "M", "an..3"),
        (2, None, "C082", "C", ""),
        (2, 1, "3039", "M", "an..35"),
        (2, 2, "1131", "C", "an..3"),
    ]
    assert rows[0].codes > 100
    assert describe_segment(shipped(IFTSTA), "SG1") == []
    assert describe_segment(shipped(IFTSTA), "NOPE") == []
