"""What of a message a map has used: value by value, and that nobody pays who has not asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.translators.maps_at_hand import map_file, shipped_map
from tests.translators.shipped import SHELF
from translators.finding import Where
from translators.map_coverage import Coverage, Covered, Uses
from translators.mapping import Context, from_canonical, to_canonical
from translators.maps import Map, read_map
from translators.reading import read
from translators.validation import validate

IFTSTA = "edifact/D.96A/IFTSTA"
PROFILES = Path(__file__).parents[2] / "profiles"
CONTEXT = Context(zone=ZoneInfo("Europe/Brussels"), on=date(2026, 10, 1))
MESSAGE = b"""UNB+UNOC:3+A:14+B:14+261001:1130+1'
UNH+1+IFTSTA:D:96A:UN'
BGM+77+STA-1+9'
DTM+137:202610011128:203'
DTM+200:202610011128:203'
RFF+BN:B1'
CNI+1+SHP-1'
STS+1+21::ZZZ'
DTM+334:202610010940:203'
FTX+AAI+++text'
GIR+1+A:BN'
EQD+CN+MSKU7081329'
UNT+11+1'
UNZ+1+1'
""".replace(b"GIR+1+A:BN'\n", b"")


def covered(rules: Map, *messages: bytes) -> list[Covered]:
    guide = SHELF.guide(rules.guide)
    assert guide is not None
    coverage = Coverage()
    for data in messages:
        reading = read(data)
        (message,) = reading.interchanges[0].messages
        tree = validate(message, guide, reading.source, Where()).tree
        uses = Uses()
        to_canonical(tree, rules, CONTEXT, coverage=uses)
        coverage.add(tree, uses, rules.guide, guide)
    assert coverage.messages == len(messages)
    return coverage.rows()


def by_place(rows: list[Covered]) -> dict[str, tuple[int, int, int, int]]:
    return {f"{row.path} {row.element}.{row.component}": (row.mapped, row.implied, row.raw, row.unread) for row in rows}


def test_each_value_is_mapped_implied_or_unread() -> None:
    found = by_place(covered(shipped_map(IFTSTA), MESSAGE))
    assert found["BGM 2.1"] == (1, 0, 0, 0)
    # The map's rule says 23: what 77 would mean is lost.
    assert found["BGM 1.1"] == (0, 0, 0, 1)
    # One DTM is dated 137; the other nobody asks for.
    assert found["DTM 1.1"] == (0, 1, 0, 1)
    assert found["DTM 1.2"] == (1, 0, 0, 1)
    assert found["SG4/SG5/STS 2.1"] == (1, 0, 0, 0)
    assert found["SG4/SG5/STS 2.3"] == (0, 0, 0, 1)
    # AAI stands for no subject, knowingly.
    assert found["SG4/SG5/FTX 1.1"] == (1, 0, 0, 0)
    assert found["SG4/CNI 1.1"] == (0, 1, 0, 0)
    assert not any(place.startswith(("UNH", "UNT")) for place in found)


def test_messages_are_added_up_with_examples_of_what_is_unread() -> None:
    rows = covered(shipped_map(IFTSTA), MESSAGE, MESSAGE.replace(b"21::ZZZ", b"21::9"))
    status = next(row for row in rows if (row.path, row.element, row.component) == ("SG4/SG5/STS", 2, 3))
    assert (status.unread, status.values, status.examples) == (2, 2, ("ZZZ", "9"))
    assert status.name == "Code list responsible agency, coded"
    assert [row.path for row in rows] == sorted([row.path for row in rows], key=[row.path for row in rows].index)


def test_what_is_carried_through_counts_as_raw() -> None:
    overlay = b"map: acme/iftsta\nextends: edifact/D.96A/IFTSTA\npatch:\n  - at: DTM\n    after: [{DTM: {raw: yes}}]\n"
    found = by_place(covered(read_map("acme/iftsta", overlay, map_file), MESSAGE))
    assert found["DTM 1.2"] == (1, 0, 1, 0)


def test_a_run_that_is_not_asked_notes_nothing() -> None:
    rules = shipped_map(IFTSTA)
    guide = SHELF.guide(IFTSTA)
    assert guide is not None
    reading = read(MESSAGE)
    tree = validate(next(iter(reading.interchanges[0].messages)), guide, reading.source, Where()).tree
    plain, traced = (to_canonical(tree, rules, CONTEXT, lineage=lineage) for lineage in (False, True))
    assert plain.document == traced.document
    assert plain.lineage == []


def test_lineage_names_the_rule_s_file_and_the_code_s_row() -> None:
    overlay = b"map: acme/iftsta\nextends: edifact/D.96A/IFTSTA\ntables:\n  status:\n    codes: {'21': delivered}\n"
    rules = read_map("acme/iftsta", overlay, map_file)
    guide = SHELF.guide(IFTSTA)
    assert guide is not None
    reading = read(MESSAGE)
    tree = validate(next(iter(reading.interchanges[0].messages)), guide, reading.source, Where()).tree
    mapped = to_canonical(tree, rules, CONTEXT, lineage=True)
    status = next(each for each in mapped.lineage if each.path == "consignments[0].events[0].status")
    assert status.map == IFTSTA
    assert status.row is not None
    assert (status.row.code, status.row.word, status.row.map, status.row.line) == ("21", "delivered", "acme/iftsta", 5)


def test_lineage_of_what_is_written_names_its_segment() -> None:
    rules = shipped_map(IFTSTA)
    guide = SHELF.guide(IFTSTA)
    assert guide is not None
    reading = read(MESSAGE)
    tree = validate(next(iter(reading.interchanges[0].messages)), guide, reading.source, Where()).tree
    document = to_canonical(tree, rules, CONTEXT).document
    assert document is not None
    built = from_canonical(document, rules, CONTEXT, lineage=True)
    segments = [leaf for root in built.body for leaf in root.segments()]
    assert built.lineage
    for entry in built.lineage:
        # The header, which is not among them, is number 1.
        assert entry.where.segment_position is not None
        segment = segments[entry.where.segment_position - 2]
        assert segment.name == entry.where.segment
        assert entry.where.element is not None
        assert entry.where.component is not None
        text = segment.elements[entry.where.element - 1][0][entry.where.component - 1]
        assert entry.text.startswith(text)
