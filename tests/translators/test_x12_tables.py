"""X12's own tables: all sets of 003060, 004010 and 005010 as guides, and a message of each that must pass or fail."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from tests.translators.shipped import SHELF
from translators.dictionary import UNBOUNDED, Directory, read_use
from translators.finding import Finding, Where
from translators.functional_groups import FUNCTIONAL_GROUPS
from translators.grammar import Guide, Place
from translators.reading import read
from translators.relations import read_relation
from translators.validation import validate

VECTORS = Path(__file__).parents[1] / "vectors" / "x12-sets"
RELEASES = ["003060", "004010", "005010"]


class Counted(msgspec.Struct, forbid_unknown_fields=True):
    segments: int
    sets: dict[str, tuple[int, int, int, int]]


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    replace: str
    with_: str = msgspec.field(name="with")
    code: str = ""
    segment: str = ""
    element: int | None = None


COUNTS = msgspec.json.decode((VECTORS / "counts.json").read_bytes(), type=dict[str, Counted])
FAULTS = msgspec.json.decode((VECTORS / "faults.json").read_bytes(), type=dict[str, Fault])
SETS = [f"{release}/{name}" for release in RELEASES for name in COUNTS[release].sets]


def directory(release: str) -> Directory:
    found = SHELF.directory(f"x12/{release}")
    assert found is not None
    return found


def guide(name: str) -> Guide:
    found = SHELF.guide(f"x12/{name}")
    assert found is not None
    return found


def uses(content: str) -> list[str]:
    return [read_use(text).ref for text in content.split()]


# The tables.


@pytest.mark.parametrize("release", RELEASES)
def test_the_sets_of_a_release(release: str) -> None:
    assert sorted(directory(release).messages) == sorted(COUNTS[release].sets)


@pytest.mark.parametrize("name", SETS)
def test_a_set_has_what_the_published_one_has(name: str) -> None:
    grammar = guide(name)
    places = [place for place in grammar.root.walk() if place is not grammar.root]
    loops = [place for place in places if place.group]
    segments = [place for place in places if not place.group]
    release, _, kind = name.partition("/")
    assert COUNTS[release].sets[kind] == (
        len(segments),
        len(loops),
        sum(place.minimum > 0 for place in segments),
        max(depth(place) for place in segments),
    )
    assert all(place.title for place in places)


def depth(place: Place) -> int:
    return 0 if place.parent is None else depth(place.parent) + 1


@pytest.mark.parametrize("name", SETS)
def test_loops_are_called_by_their_first_segment(name: str) -> None:
    for place in guide(name).root.walk():
        if place.group and place.parent is not None:
            assert place.name == place.tag
            assert place.children[0].maximum == 1
            assert place.maximum <= UNBOUNDED
        if place.group and place.tag == "LS":
            assert place.children[-1].name == "LE"
            assert place.children[-1].minimum == 1


@pytest.mark.parametrize("release", RELEASES)
def test_everything_is_defined_used_and_named(release: str) -> None:
    found = directory(release)
    envelope = {"ISA", "IEA", "GS", "GE", "TA1"}
    standing = {
        place.name for name in found.messages for place in guide(f"{release}/{name}").root.walk() if not place.group
    }
    assert set(found.segments) == standing | envelope
    assert len(standing) == COUNTS[release].segments
    referred = {ref for content, _ in found.segments.values() for ref in uses(content)}
    referred |= {ref for ref in referred & set(found.composites) for ref in uses(found.composites[ref][0])}
    assert referred == set(found.composites) | set(found.elements)
    for table in (found.segments, found.composites, found.elements):
        assert all(re.fullmatch(r"\S.{2,50}", name) for _, name in table.values())


@pytest.mark.parametrize("release", RELEASES)
def test_rules_name_positions_that_exist(release: str) -> None:
    found = directory(release)
    assert set(found.notes) <= set(found.segments) | set(found.composites)
    for key, rules in found.notes.items():
        content = (found.segments.get(key) or found.composites[key])[0]
        assert rules
        assert len(set(rules.split())) == len(rules.split())
        for rule in rules.split():
            assert max(read_relation(rule).positions) <= len(content.split()), (key, rule)


@pytest.mark.parametrize("release", RELEASES)
def test_codes_belong_to_identifiers_and_their_names_to_codes(release: str) -> None:
    found = directory(release)
    for element, codes in found.codes.items():
        assert found.elements[element][0].startswith("ID")
        assert codes.split() == sorted(set(codes.split()))
    for element, names in found.names.items():
        # Packaging (103) is a form and a material in one value: no list to check, but the forms have names.
        assert element == "103" or set(names) <= set(found.codes[element].split())
        assert all(names.values())


@pytest.mark.parametrize("release", RELEASES)
def test_lists_that_others_keep_are_no_check(release: str) -> None:
    """SCAC, states, countries, currencies, equipment types and places: nobody's edition of them is ever complete."""
    assert not {"140", "156", "26", "100", "24", "154", "573", "310", "599", "582"} & set(directory(release).codes)


def test_a_later_release_knows_the_codes_of_the_earlier_ones() -> None:
    older: dict[str, set[str]] = {}
    for release in RELEASES:
        codes = {element: set(values.split()) for element, values in directory(release).codes.items()}
        assert all(older[element] <= codes[element] for element in older.keys() & codes.keys())
        older |= codes


@pytest.mark.parametrize("release", RELEASES)
def test_every_set_has_its_functional_group(release: str) -> None:
    known = set(directory(release).codes["479"].split())
    for name in directory(release).messages:
        assert FUNCTIONAL_GROUPS[name] in known
    assert set(FUNCTIONAL_GROUPS.values()) <= known


def test_the_despatch_advice_is_a_tree() -> None:
    for name in SETS:
        assert (guide(name).hierarchy is not None) == name.endswith("856")


# A message of each set.


def findings(name: str, data: bytes) -> list[Finding]:
    reading = read(data)
    (message,) = (message for interchange in reading.interchanges for message in interchange.messages)
    return validate(message, guide(name), reading.source, Where(interchange="101", message="0001")).findings


def vector(name: str) -> bytes:
    return (VECTORS / f"{name}.edi").read_bytes()


def test_there_is_a_vector_for_each_set_and_a_fault() -> None:
    there = {f"{path.parent.name}/{path.stem}" for path in VECTORS.glob("*/*.edi")}
    assert there == set(SETS)
    assert {name.rpartition("/")[2] for name in FAULTS} == {name.rpartition("/")[2] for name in SETS}
    assert json.loads((VECTORS / "faults.json").read_text()).keys() == FAULTS.keys()


@pytest.mark.parametrize("name", SETS)
def test_a_good_message_passes(name: str) -> None:
    assert read(vector(name)).findings == []
    assert findings(name, vector(name)) == []


@pytest.mark.parametrize("name", SETS)
def test_a_faulty_message_is_told_apart(name: str) -> None:
    fault = FAULTS.get(name) or FAULTS[name.rpartition("/")[2]]
    text = vector(name).decode()
    assert fault.replace in text
    found = findings(name, text.replace(fault.replace, fault.with_, 1).encode())
    assert (fault.code, fault.segment, fault.element) in [
        (finding.code, finding.where.segment, finding.where.element) for finding in found
    ]
    assert any(finding.severity == "error" for finding in found)


@pytest.mark.parametrize("name", SETS)
def test_a_mandatory_segment_is_missed(name: str) -> None:
    """Each mandatory segment of the top level, taken out, is reported."""
    lines = vector(name).decode().splitlines(keepends=True)
    for place in guide(name).root.children[1:-1]:
        if not place.group and place.minimum:
            rest = [line for line in lines if not line.startswith(f"{place.name}*")]
            assert len(rest) < len(lines)
            found = findings(name, "".join(rest).encode())
            assert ("segment-missing", place.name) in [(finding.code, finding.where.segment) for finding in found]


def test_a_code_dropped_between_releases_is_still_read() -> None:
    """``NS`` left the list of reasons (1651) after 004010; carriers that moved to 005010 go on sending it."""
    assert b"*X1*NS*" in vector("005010/214")
    assert findings("005010/214", vector("005010/214")) == []
    without = vector("005010/214").replace(b"*X1*NS*", b"*X1**")
    assert findings("005010/214", without) == []
    assert [finding.code for finding in findings("004010/214", vector("004010/214").replace(b"*X1*NS*", b"*X1**"))] == [
        "element-conditional-missing"
    ]
