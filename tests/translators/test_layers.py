"""Layers: each kind of change that is wrong says so with its number and what to write instead; dates; policies."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.shipped import SHELF
from translators.changes import KINDS, period, read_layer
from translators.codes import CODES
from translators.dictionary import GuideError
from translators.finding import Finding
from translators.grammar import Guide
from translators.guide_table import describe
from translators.judgement import judge
from translators.reading import read
from translators.syntax import MessageKind
from translators.tree import Node
from translators.validation import validate_tree

IFTSTA = "edifact/D.96A/IFTSTA"
SPLIT: dict[str, object] = {
    "set": "variants",
    "at": "SG1",
    "by": "1",
    "variants": [{"name": "CA"}, {"name": "SH", "values": ["CZ"]}],
}


def layer(*changes: dict[str, object], name: str = "northern-lines", **head: object) -> tuple[str, bytes]:
    return name, json.dumps({"guide": IFTSTA, **head, "changes": changes}).encode()


def guide(*layers: tuple[str, bytes], on: date | None = None) -> Guide:
    found = SHELF.guide(IFTSTA, layers, on=on)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"set": "colour"}, "it sets one of: usage, repeat, length"),
        ({"at": "BGM"}, "it sets one of: usage, repeat, length"),
        ({"set": "usage", "at": "BGM", "usage": "unused", "note": 1}, "unknown field `note`"),
        ({"set": "usage", "at": "NAD", "usage": "unused"}, "NAD stands at SG1/NAD"),
        ({"set": "usage", "at": "SG1/XYZ", "usage": "unused"}, "there stand NAD, SG2"),
        ({"set": "usage", "at": "SG1[ZZ]/NAD", "usage": "unused"}, "has no SG1[ZZ]/NAD"),
        ({"set": "usage", "at": "SG1//NAD", "usage": "unused"}, "has no SG1//NAD"),
        ({"set": "type", "at": "BGM/2", "type": "AN1/30"}, "write an..14 or n6"),
        ({"set": "type", "at": "BGM/2", "type": "text"}, "is no representation"),
        ({"set": "pattern", "at": "BGM/2", "pattern": "(A"}, "a ( that is not closed"),
        ({"set": "pattern", "at": "BGM", "pattern": "A"}, "pattern needs an element, BGM/1"),
        ({"set": "fixed", "at": "SG1", "value": "A"}, "fixed needs an element, SG1/1"),
        ({"set": "fixed", "at": "SG1/1", "value": "A"}, "name its segment: SG1/NAD"),
        ({"set": "variants", "at": "SG1", "by": "x", "variants": [{"name": "A"}]}, "by names the value"),
        ({"set": "variants", "at": "SG1", "by": "99", "variants": [{"name": "A"}]}, "NAD has no value at 99"),
        ({"set": "variants", "at": "SG1", "by": "1", "variants": []}, "at least one variant"),
        ({"set": "variants", "at": "BGM", "by": "1.1", "variants": [{"name": "a b"}]}, "no name for a variant"),
        ({"set": "variants", "at": "UNH", "by": "1", "variants": [{"name": "A"}]}, "bounds the message"),
        (
            {"set": "variants", "at": "SG1", "by": "1", "variants": [{"name": "A"}, {"name": "A", "values": ["B"]}]},
            "has a variant A already",
        ),
        (
            {"set": "variants", "at": "SG1", "by": "1", "variants": [{"name": "A"}, {"name": "B", "values": ["A"]}]},
            "A is a value of variant A already",
        ),
        (
            {"set": "variants", "at": "SG1", "by": "1", "variants": [{"name": "other", "values": ["A"]}]},
            "it lists none itself",
        ),
        (
            {"set": "variants", "at": "SG1", "by": "1", "variants": [{"name": "A", "max": 99}]},
            "only 9 times in all",
        ),
        ({"set": "variants", "at": "SG1", "by": "1", "variants": [{"name": "A", "min": 3, "max": 2}]}, "3 to 2 times"),
        ({"set": "add", "content": ["FTX"]}, "after, or before"),
        ({"set": "add", "after": "BGM", "before": "BGM", "content": ["FTX"]}, "one of them only"),
        ({"set": "add", "before": "SG1/NAD", "content": ["FTX"]}, "nothing can stand before SG1/NAD"),
        ({"set": "add", "after": "UNT", "content": ["FTX"]}, "nothing can stand behind UNT"),
        ({"set": "add", "after": "BGM", "content": ["Q1Q"]}, "segment Q1Q is in none of its directories"),
        ({"set": "add", "after": "BGM", "content": [["SG90", "FTX*5"]]}, "a group starts with"),
        ({"set": "element", "at": "BGM", "use": "Z999"}, "Z999 is not defined"),
        ({"set": "element", "at": "BGM/1", "use": "1004"}, "write BGM and not BGM/1"),
        ({"set": "component", "at": "BGM/2", "use": "1004"}, "is no composite"),
        ({"set": "component", "at": "BGM/1", "use": "C507"}, "C507 is no element"),
        ({"set": "relation", "at": "BGM", "rule": "P1"}, "is no relational rule"),
        ({"set": "relation", "at": "BGM", "rule": "P0109"}, "it has 4"),
        ({"set": "relation", "at": "BGM/1", "rule": "P0109"}, "C002 does not have"),
        ({"set": "condition", "at": "SG3", "usage": "required", "when": "BGM"}, "such as BGM/1"),
        ({"set": "condition", "at": "*/DTM", "usage": "required", "when": "BGM/1"}, "has to name one place"),
        ({"set": "levels", "levels": {"S": [""]}}, "no HL segments"),
        ({"set": "codes", "at": "BGM/3", "add": [{"code": "9", "until": "2026-01-01"}]}, "unknown field `until`"),
        ({"set": "codes", "at": "BGM/3", "add": [{"code": "9", "to": "soon"}]}, "Invalid RFC3339"),
        ({"set": "severity", "of": "code-unknown", "at": "SG77", "severity": "note"}, "has no SG77"),
    ],
)
def test_a_wrong_change_says_which_and_what_to_write(change: dict[str, object], says: str) -> None:
    good: dict[str, object] = {"set": "usage", "at": "TSR", "usage": "optional"}
    with pytest.raises(GuideError) as caught:
        guide(layer(good, change))
    assert str(caught.value).startswith("Layer northern-lines, change 2: ")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (SPLIT, "has a variant CA already"),
        ({**SPLIT, "by": "2.1"}, "split by 1.1 already"),
        ({**SPLIT, "at": "SG1[CA]"}, "is a variant itself"),
        ({"set": "codes", "at": "SG1/NAD/1", "only": ["CA"]}, "tells the variants of SG1 apart"),
        ({"set": "fixed", "at": "SG1[SH]/NAD/1", "value": "CN"}, "tells the variants of SG1 apart"),
        ({"set": "add", "after": "SG1[CA]", "content": ["FTX"]}, "name the place that is split, SG1"),
    ],
)
def test_a_split_guards_its_qualifier(change: dict[str, object], says: str) -> None:
    with pytest.raises(GuideError) as caught:
        guide(layer(SPLIT, change))
    assert str(caught.value).startswith("Layer northern-lines, change 2: ")
    assert says in str(caught.value)


def test_every_kind_of_change_is_named() -> None:
    text = json.dumps({"guide": IFTSTA, "changes": [{"set": "nothing"}]}).encode()
    with pytest.raises(GuideError) as caught:
        read_layer("x", text)
    assert all(kind in str(caught.value) for kind in KINDS)


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ({"guide": "edifact/D.96A/APERAK"}, "written for edifact/D.96A/APERAK"),
        ({"level": "country"}, "Invalid enum value 'country'"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "valid_to is before valid_from"),
        ({"define": {"elements": {"Z001": ["text", ""]}}}, "define: elements.Z001"),
        ({"define": {"composites": {"C999": ["Z001", ""]}}}, "Z001 is not defined"),
        ({"extra": 1}, "unknown field `extra`"),
    ],
)
def test_a_wrong_layer_says_so(head: dict[str, object], says: str) -> None:
    with pytest.raises(GuideError) as caught:
        guide(layer(**head))  # type: ignore[arg-type]
    assert "northern-lines" in str(caught.value)
    assert says in str(caught.value)


def test_layers_go_from_the_general_to_the_particular() -> None:
    industry, partner = layer(name="carriers", level="industry"), layer(level="partner")
    assert guide(industry, partner).layers == ("carriers", "northern-lines")
    with pytest.raises(GuideError, match="in the order industry, partner, message"):
        guide(partner, industry)


# Variants.


@given(st.permutations(["CA", "CZ", "CN", "CZ", "FW"]), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_the_order_of_variants_never_matters(qualifiers: list[str], kept: int) -> None:
    """Which findings there are follows from which variants stand how often, not from their order."""
    variants = [{"name": "CA", "usage": "required", "max": 1}, {"name": "cargo", "values": ["CZ", "CN"], "max": 2}]
    grammar = guide(layer({**SPLIT, "variants": variants}))
    some = qualifiers[:kept]

    def judged(order: list[str]) -> list[str]:
        parties = [Node(name="NAD", elements=(((each,),),)) for each in order]
        rest = [Node(name="CNI", elements=((("1",),),)), Node(name="STS", elements=((("1",),), (("21",),)))]
        bgm = Node(name="BGM", elements=((("77",),),))
        kind = MessageKind(type="IFTSTA", version="D.96A")
        return sorted(each.code for each in validate_tree(kind, "1", [bgm, *parties, *rest], grammar))

    expected = ["code-unknown"] * some.count("FW")
    expected += ["group-missing"] * ("CA" not in some)
    expected += ["group-repeats"] * max(0, sum(each in ("CZ", "CN") for each in some) - 2)
    assert judged(some) == judged(sorted(some)) == sorted(expected)


# Dates.

DATED = layer(
    {"set": "codes", "at": "BGM/3", "only": ["9", {"code": "1", "to": "2026-06-30"}]},
    {"set": "codes", "at": "BGM/3", "add": [{"code": "5", "from": "2026-07-01", "to": "2026-12-31"}]},
    {"set": "codes", "at": "BGM/3", "remove": [{"code": "9", "from": "2027-01-01"}]},
    valid_from="2026-01-01",
)


@pytest.mark.parametrize(
    ("on", "codes"),
    [
        (date(2026, 1, 1), {"9", "1"}),
        (date(2026, 6, 30), {"9", "1"}),
        (date(2026, 7, 1), {"9", "5"}),
        (date(2026, 12, 31), {"9", "5"}),
        (date(2027, 1, 1), set()),
        (None, {"9", "1", "5"}),
    ],
)
def test_codes_of_a_day(on: date | None, codes: set[str]) -> None:
    spec = guide(DATED, on=on).find("BGM")[0].segment
    assert spec is not None
    assert set(spec.elements[2].components[0].codes or ()) == codes


def test_days_with_one_answer_share_a_guide() -> None:
    assert guide(DATED, on=date(2026, 3, 1)) is guide(DATED, on=date(2026, 6, 30))
    assert guide(DATED, on=date(2026, 6, 30)) is not guide(DATED, on=date(2026, 7, 1))
    assert guide(DATED, on=date(2025, 1, 1)).layers == ()
    assert period([DATED], date(2026, 8, 8)) == date(2026, 7, 1)
    assert period([DATED], None) is None
    assert period([], date(2026, 8, 8)) == date.min


# For a person.


def test_the_table_shows_variants() -> None:
    rows = describe(guide(layer({**SPLIT, "variants": [{"name": "CA", "usage": "required", "max": 1}]})))
    shown = [(row.name, row.usage, row.maximum, row.path, row.layer) for row in rows if row.name in ("SG1", "SG1[CA]")]
    assert shown == [
        ("SG1", "C", 9, "SG1", "standard"),
        ("SG1[CA]", "M", 1, "SG1[CA]", "northern-lines"),
    ]
    assert "SG1[CA]/SG2/COM" in [row.path for row in rows]


# Policies.

MESSAGE = b"UNB+UNOC:3+A+B+261103:0915+1'UNH+1+IFTSTA:D:96A:UN'BGM+7?7+R1+9+'XYZ+1'CNI+1'STS+1+21'UNT+6+1'UNZ+1+1'"


def found(severities: dict[str, str]) -> list[tuple[str, str]]:
    reading = read(MESSAGE)
    grammar = SHELF.guide(IFTSTA, severities=severities)  # type: ignore[arg-type]
    assert grammar is not None
    (interchange,) = reading.interchanges
    judgement = judge(interchange, reading.source, lambda *_: grammar)
    (message,) = judgement.messages
    return sorted((each.code, each.severity) for each in message.findings)


def test_policies_have_the_last_word_on_guide_and_reader() -> None:
    assert found({}) == [("release-needless", "note"), ("segment-unknown", "error"), ("trailing-separator", "warning")]
    assert found({"segment-unknown": "note", "trailing-separator": "error", "release-needless": "off"}) == [
        ("segment-unknown", "note"),
        ("trailing-separator", "error"),
    ]


def test_a_policy_does_not_make_a_rule_its_own() -> None:
    reading = read(MESSAGE)
    grammar = SHELF.guide(IFTSTA, severities={"segment-unknown": "warning"})
    assert grammar is not None
    judgement = judge(reading.interchanges[0], reading.source, lambda *_: grammar)
    guides: dict[str, Finding] = {each.code: each for each in judgement.messages[0].findings}
    assert guides["segment-unknown"].guide == "standard"
    assert judgement.accepted


def test_policies_name_finding_codes() -> None:
    assert "trailing-separator" in CODES
    with pytest.raises(GuideError, match="nonsense is no finding code"):
        SHELF.guide(IFTSTA, severities={"nonsense": "off"})
