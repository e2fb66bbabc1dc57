"""Maps that extend another: what a patch can do, what it refuses, and the text and digest of what results."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.translators.maps_at_hand import NAMES, map_file, shipped_map
from tests.translators.shipped import SHELF
from translators.canonical import read_canonical
from translators.map_rules import Field, Map, Part
from translators.mapping import Context, from_canonical, to_canonical
from translators.maps import MapError, check_map, read_map, resolve_map
from translators.tree import Node

CONTEXT = Context(zone=ZoneInfo("Europe/Brussels"), on=date(2026, 10, 1))

BASE = """map: m
canonical: transport_order/1
set: {purpose: original}
complete: [number]
leaves: {issued: the envelope says it}
tables:
  reference:
    {system: x.1, unmapped: keep, other: other, codes: {PO: purchase_order, BN: booking}, only_in: {CO: booking}}
message:
  - BGM:
      2: number
  - SG1:
      each: references
      parts:
        - RFF:
            1.1: {to: type, table: reference, required: yes}
            1.2: {to: value, required: yes}
  - LOC[1=5]: {2.1: "stops[first].site.location_code"}
  - LOC[1=8]: {2.1: "parties[role=carrier].id"}
"""

LAYER = "map: partner\nextends: m\n"


def files(**layers: str) -> Callable[[str], bytes | None]:
    known = {"m": BASE, **layers}
    return lambda name: known[name].encode() if name in known else None


def laid(text: str, name: str = "partner") -> Map:
    return read_map(name, (LAYER + text).encode(), files())


def refused(text: str) -> list[str]:
    with pytest.raises(MapError) as caught:
        laid(text)
    return [str(fault) for fault in caught.value.faults]


def part(rules: Map, *names: str) -> Part:
    parts, found = rules.parts, None
    for name in names:
        found = next(each for each in parts if each.node.name == name)
        parts = found.parts
    assert found is not None
    return found


def field(rules: Map, *names: str, to: str) -> Field:
    return next(each for each in part(rules, *names).fields if each.path.text == to)


def test_a_layer_of_nothing_is_the_map_below() -> None:
    below, rules = read_map("m", BASE.encode()), laid("")
    assert rules.guide == "m"
    assert rules.type == "m"
    assert without_lines(msgspec.structs.replace(rules, name="m", text="", digest="")) == without_lines(
        msgspec.structs.replace(below, text="", digest="")
    )


def test_the_keys_of_a_layer_are_laid_over_those_below() -> None:
    rules = laid("set: {purpose: cancellation}\ncomplete: [number, goods]\nleaves: {goods: they are not told}\n")
    assert [setting.value for setting in rules.settings] == ["cancellation"]
    assert rules.complete == ("number", "goods")
    assert rules.leaves == {"issued": "the envelope says it", "goods": "they are not told"}


def test_rows_of_a_table_are_laid_one_by_one() -> None:
    table = laid("tables:\n  reference: {drop: [PO], codes: {CO: contract, OI: purchase_order}}\n").tables["reference"]
    assert table.to_word == {"BN": "booking", "CO": "contract", "OI": "purchase_order"}
    assert table.to_code == {"booking": "BN", "contract": "CO", "purchase_order": "OI"}
    assert table.places["OI"] == ("partner", 4)
    assert table.places["BN"] == ("m", 8)


SHARING = """map: other
canonical: transport_order/1
tables:
  kind: {from: m, table: reference, drop: [CO], codes: {SI: carrier_reference}}
message:
  - BGM: {2: number}
  - RFF: {each: references, 1.1: {to: type, table: kind}, 1.2: value}
"""


def sharing(text: str = SHARING, **layers: str) -> Map:
    return read_map("other", text.encode(), files(**layers))


def test_a_table_of_another_map_is_shared_and_laid_over() -> None:
    table = sharing().tables["kind"]
    assert (table.system, table.unmapped, table.other) == ("x.1", "keep", "other")
    assert table.to_word == {"PO": "purchase_order", "BN": "booking", "SI": "carrier_reference"}
    assert (table.places["BN"], table.places["SI"]) == (("m", 8), ("other", 4))
    assert "from" not in resolve_map("other", SHARING.encode(), files())
    assert sharing().digest != sharing(m=BASE.replace("BN: booking", "BK: booking")).digest


def test_a_layer_shares_tables_and_extends_at_once() -> None:
    base = BASE.replace("map: m", "map: more").replace("BN: booking", "AAO: consignee_reference")
    layered = read_map("partner", (LAYER + "tables: {reference: {from: more}}\n").encode(), files(more=base))
    # What is taken is laid over the table below, as if it stood in the layer.
    words = laid("").tables["reference"].to_word
    assert layered.tables["reference"].to_word == words | {"AAO": "consignee_reference"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("from: m,", "from: mm,", "other:4:16: there is no map `mm` to take a table from"),
        ("table: reference", "table: referense", "that map has no table `referense`: did you mean `reference`?"),
        (", table: reference", "", "that map has no table `kind`"),
        ("drop: [CO]", "drop: [XX]", "the table below has no row `XX`"),
        ("from: m,", "from: other,", "`other` extends this map in turn, or takes a table from it"),
        ("from: m,", "from: [m],", "a text is expected here"),
    ],
)
def test_a_table_that_cannot_be_shared_is_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(MapError, match=re.escape(says)):
        sharing(SHARING.replace(old, new))


def test_tables_taken_in_a_circle_are_refused() -> None:
    with pytest.raises(MapError, match="takes a table from it"):
        sharing(m=BASE.replace("reference:\n    {system: x.1,", "reference:\n    {from: other, table: kind,"))


def test_a_field_is_changed_by_its_place_or_by_what_it_is() -> None:
    for address in ("at: SG1/RFF/1.2", "to: references.value"):
        rules = laid(f"patch:\n  - {address}\n    change: {{required: in}}\n")
        value = field(rules, "SG1", "RFF", to="value")
        assert (value.required, value.map, value.line) == ("in", "m", 17)
    rules = laid("patch:\n  - at: BGM/2\n    change: {required: yes}\n")
    assert field(rules, "BGM", to="number").required == "both"


def test_a_field_is_added_replaced_dropped_and_moved() -> None:
    rules = laid(
        "patch:\n"
        "  - at: BGM\n    change: {1.1: {is: 610}}\n"
        "  - at: BGM/2\n    replace: {to: number, required: in}\n"
        "  - at: SG1/RFF/1.1\n    drop: [required]\n"
        "  - at: SG1/RFF/1.2\n    rename: '1.4'\n"
    )
    bgm = part(rules, "BGM")
    assert [constant.text for constant in bgm.constants] == ["610"]
    assert (bgm.map, field(rules, "BGM", to="number").map) == ("m", "partner")
    assert field(rules, "SG1", "RFF", to="type").required == ""
    assert field(rules, "SG1", "RFF", to="value").places == ((1, 4),)


def test_parts_are_added_beside_and_inside_and_taken_away() -> None:
    rules = laid(
        "patch:\n"
        "  - at: BGM\n    after: [{'DTM[1.1=137]': {'1.2, 1.3': {to: issued, as: edifact_moment}}}]\n"
        "  - at: SG1\n    last: [{'DTM[1.1=171]': {1.2: value}}]\n"
        "  - at: LOC#2\n    remove: yes\n"
        "  - at: LOC\n    before: [{FTX: {each: remarks, 4.1: text}}]\n"
    )
    assert [each.node.name for each in rules.parts] == ["BGM", "DTM", "SG1", "FTX", "LOC"]
    assert [each.node.name for each in part(rules, "SG1").parts] == ["RFF", "DTM"]


def test_groups_change_places_all_at_once() -> None:
    below = BASE + "  - SG2:\n      - NAD: {1: {is: CA}}\n"
    rules = read_map("partner", (LAYER + "rename: {SG1: SG2, SG2: SG1}\n").encode(), files(m=below))
    assert [each.node.name for each in rules.parts] == ["BGM", "SG2", "LOC", "LOC", "SG1"]


def test_layers_lie_on_each_other() -> None:
    middle = "map: middle\nextends: m\npatch:\n  - at: BGM/2\n    change: {required: yes}\n"
    upper = "map: upper\nextends: middle\npatch:\n  - at: BGM/2\n    change: {required: in}\n"
    rules = read_map("upper", upper.encode(), files(middle=middle))
    assert field(rules, "BGM", to="number").required == "in"


REFUSED = {
    "unknown-base": ("map: partner\nextends: n\n", 2, 10, "there is no map `n` to extend"),
    "itself": ("map: partner\nextends: partner\n", 2, 10, "extends this map in turn"),
    "message": (LAYER + "message: []\n", 3, 1, "`message` is not known here"),
    "other-type": (LAYER + "canonical: transport_status/1\n", 3, 12, "the map below is for `transport_order/1`"),
    "no-list": (LAYER + "patch: {}\n", 3, 8, "a list of patches is expected"),
    "no-address": (LAYER + "patch:\n  - remove: yes\n", 4, 5, "with `at` or with `to`"),
    "two-addresses": (LAYER + "patch:\n  - {at: BGM, to: number, remove: yes}\n", 4, 5, "with `at` or with `to`"),
    "no-operation": (LAYER + "patch:\n  - at: BGM\n", 4, 5, "say what becomes of the rule"),
    "unknown-operation": (LAYER + "patch:\n  - {at: BGM, chang: {}}\n", 4, 15, "did you mean `change`?"),
    "nowhere": (LAYER + "patch:\n  - {at: SG1/RFX, remove: yes}\n", 4, 10, "did you mean `RFF`?"),
    "nowhere-to": (
        LAYER + "patch:\n  - {to: references.valu, remove: yes}\n",
        4,
        10,
        "did you mean `references.value`?",
    ),
    "twice": (LAYER + "patch:\n  - {at: LOC, remove: yes}\n", 4, 10, "could be LOC[1=5] (#1), LOC[1=8] (#2)"),
    "behind-a-value": (LAYER + "patch:\n  - {at: BGM/2/1, remove: yes}\n", 4, 10, "goes on behind a value"),
    "no-step": (LAYER + "patch:\n  - {at: SG1//RFF, remove: yes}\n", 4, 10, "is no step of an address"),
    "remove-and": (LAYER + "patch:\n  - {at: BGM, remove: yes, drop: [x]}\n", 4, 15, "`remove` stands alone"),
    "drop-nothing": (LAYER + "patch:\n  - {at: BGM, drop: [always]}\n", 4, 22, "there is no `always` to drop"),
    "change-text": (LAYER + "patch:\n  - {at: BGM, change: yes}\n", 4, 23, "the keys to change are expected"),
    "inside-a-segment": (LAYER + "patch:\n  - {at: BGM, last: [{DTM: {}}]}\n", 4, 21, "into a group, and this is none"),
    "beside-a-field": (
        LAYER + "patch:\n  - {at: BGM/2, after: [{3: number}]}\n",
        4,
        24,
        "fields are added with `change`",
    ),
    "rename-nothing": (LAYER + "rename: {SG9: SG8}\n", 3, 15, "no segment or group SG9"),
    "row-of-nothing": (LAYER + "tables:\n  reference: {drop: [XX]}\n", 4, 22, "no row `XX`"),
    "second-meaning": (LAYER + "tables:\n  reference: {codes: {OI: booking}}\n", 4, 27, "put the second meaning into"),
    "no-such-field": (LAYER + "patch:\n  - {at: BGM/2, replace: nummber}\n", 4, 26, "did you mean `number`?"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_layer_that_does_not_fit_is_refused_at_its_place(name: str) -> None:
    text, line, column, says = REFUSED[name]
    with pytest.raises(MapError) as caught:
        read_map("partner", text.encode(), files(partner=text))
    found = [(fault.name, fault.line, fault.column, fault.text) for fault in caught.value.faults]
    assert any(fault[:3] == ("partner", line, column) and says in fault[3] for fault in found), found


def test_a_fault_below_points_into_the_file_below() -> None:
    with pytest.raises(MapError) as caught:
        read_map("partner", LAYER.encode(), files(m=BASE.replace("to: value", "to: valu")))
    assert [(fault.name, fault.line) for fault in caught.value.faults] == [("m", 17)]


def test_too_many_layers_are_refused() -> None:
    layers = {f"l{n}": f"map: l{n}\nextends: l{n + 1}\n" for n in range(12)}
    with pytest.raises(MapError, match="on each other"):
        read_map("l0", layers["l0"].encode(), files(**layers))


# The resolved map as text


@pytest.mark.parametrize("name", NAMES)
def test_the_canonical_text_is_the_same_map(name: str) -> None:
    rules = shipped_map(name)
    again = read_map(name, rules.text.encode())
    assert again.text == rules.text
    assert again.digest == rules.digest
    assert without_lines(again) == without_lines(rules)


def without_lines(rules: Map) -> object:
    """The map as builtins, without where its rules were written."""

    def bare(value: object) -> object:
        if isinstance(value, msgspec.Struct):
            names = set(value.__struct_fields__) - {"line", "column", "map", "places"} | (
                {"places"} & set(value.__struct_fields__) if isinstance(value, Field) else set()
            )
            return {name: bare(getattr(value, name)) for name in sorted(names)}
        if isinstance(value, tuple | list):
            return [bare(item) for item in value]
        if isinstance(value, dict):
            return {key: bare(inner) for key, inner in sorted(value.items())}
        return value if isinstance(value, str | int | bool | frozenset | None) else type(value).__name__

    return bare(rules)


def test_the_digest_tells_maps_apart_and_not_their_files() -> None:
    plain = laid("patch:\n  - {at: BGM/2, change: {required: yes}}\n")
    written_otherwise = laid("# A note.\npatch:\n  - at: BGM\n    change: {2: {required: yes}}\n")
    assert plain.text == written_otherwise.text
    assert plain.digest == written_otherwise.digest
    assert laid("").digest != plain.digest
    assert resolve_map("partner", LAYER.encode(), files()) == laid("").text


def test_a_partner_s_overlay_translates_both_ways() -> None:
    """A partner who dates its events with 7 alone, calls `delivered` DEL, and needs a reason."""
    overlay = """map: acme/iftsta
extends: edifact/D.96A/IFTSTA
tables:
  status: {codes: {DEL: delivered}, drop: ["21"]}
patch:
  - at: SG4/SG5/DTM[1.1=334|7|178|186|136|35|200|219|204|58|132|133|17|191|232|189]
    rename: DTM[1.1=7]
  - to: consignments.events.reason
    change: {required: yes}
"""
    rules = read_map("acme/iftsta", overlay.encode(), map_file)
    guide = SHELF.guide("edifact/D.96A/IFTSTA")
    assert guide is not None
    assert check_map(rules, guide) == []
    assert (rules.guide, rules.type) == ("edifact/D.96A/IFTSTA", "IFTSTA")
    document = read_canonical(
        b'{"type":"transport_status/1","purpose":"original","consignments":[{"number":"B1","events":'
        b'[{"status":"delivered","reason":"weather","occurred":{"at":"2026-10-01T09:40:00+02:00","precision":"minute"}}]}]}'
    )
    built = from_canonical(document, rules, CONTEXT)
    assert built.findings == []
    written = ["+".join([node.name, *(":".join(each[0]) for each in node.elements)]) for node in leaves(built.body)]
    assert "STS+1+DEL+63" in written
    assert "DTM+7:202610010940:203" in written
    read = to_canonical(Node(name="IFTSTA", group=True, children=list(built.body)), rules, CONTEXT)
    assert read.document is not None
    again = from_canonical(read.document, rules, CONTEXT)
    assert again.body == built.body


def leaves(body: tuple[Node, ...]) -> list[Node]:
    return [leaf for root in body for leaf in root.segments()]
