"""The quick way of a map against the reader: where it answers, its answer is the reader's, who then found nothing."""

from __future__ import annotations

import random
import re
from datetime import date
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.translators.map_messages import covered_message
from tests.translators.maps_at_hand import NAMES, map_file, shipped_map
from tests.translators.shipped import SHELF
from tests.translators.test_maps_laws import CONTEXT, DOCUMENTS
from translators.canonical import Canonical, CanonicalError, TransportStatus, read_canonical, write_canonical
from translators.finding import Where
from translators.grammar import BORDERS
from translators.map_compiled_reading import compile_reading
from translators.map_quick_reading import QuickReader, take_apart
from translators.map_rules import Map
from translators.mapping import ZONE_NAMES, Context, from_canonical, map_validated, to_canonical
from translators.maps import read_map
from translators.placing import arrange
from translators.reading import read
from translators.shapes import shape_of
from translators.tree import Node
from translators.validation import Validated, validate

EXAMPLES = Path(__file__).parents[2] / "profiles" / "examples"
ZONES = {name: ZoneInfo(name) for name in ZONE_NAMES}
ODD = "?+:'*~>A1 -.,é\n0"
"""What a partner may send in a place where it does not belong."""


def written(name: str, body: tuple[Node, ...]) -> bytes:
    """An interchange with one message, in the simplest form there is."""
    segments = [leaf for root in body for leaf in root.segments()]
    standard, version, kind = name.split("/")
    if standard == "edifact":
        lines = [f"UNH+1+{kind}:{version[0]}:{version[2:]}:UN", *(edifact(each) for each in segments)]
        lines.append(f"UNT+{len(segments) + 2}+1")
        text = "UNB+UNOC:3+A:14+B:14+261001:1130+1'" + "".join(f"{line}'" for line in lines) + "UNZ+1+1'"
    else:
        lines = [f"ST*{kind}*0001", *(x12(each) for each in segments), f"SE*{len(segments) + 2}*0001"]
        isa = f"ISA*00*{' ' * 10}*00*{' ' * 10}*ZZ*{'A':15}*ZZ*{'B':15}*261001*1130*U*00401*000000001*0*P*>~"
        head = f"GS*QM*A*B*20261001*1130*1*X*{version}~"
        text = isa + head + "".join(f"{line}~" for line in lines) + "GE*1*1~IEA*1*000000001~"
    return text.encode("latin-1", "replace")


def edifact(node: Node) -> str:
    texts = (":".join(re.sub(r"([+:'?])", r"?\1", text) for text in element[0]) for element in node.elements)
    return "+".join((node.name, *texts))


def x12(node: Node) -> str:
    return "*".join((node.name, *(">".join(re.sub("[*~>]", "", text) for text in each[0]) for each in node.elements)))


def validated(name: str, data: bytes) -> list[Validated]:
    guide = SHELF.guide(name)
    assert guide is not None
    reading = read(data)
    return [
        validate(message, guide, reading.source, Where())
        for interchange in reading.interchanges
        for message in interchange.messages
    ]


@cache
def quick_reader(rules: Map) -> QuickReader:
    reading = compile_reading(rules)
    assert reading is not None
    return QuickReader(rules, reading)


def agree(one: Validated, rules: Map, context: Context) -> bool:
    """Whether the quick way answered; if it did, it said what the reader says."""
    quick = quick_reader(rules).read(one.message, one.guide, context)
    exact = to_canonical(one.tree, rules, context)
    assert map_validated(one, rules, context).document == exact.document
    assert map_validated(one, rules, context).findings == exact.findings
    if quick is None or one.findings or one.message.findings:
        return False
    if exact.document is not None:
        assert exact.findings == []
    return True


@pytest.mark.parametrize("name", DOCUMENTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), seed=st.integers(0, 1 << 30))
def test_what_is_written_reads_the_same_both_ways(name: str, data: st.DataObject, seed: int) -> None:
    built = from_canonical(data.draw(DOCUMENTS[name]()), shipped_map(name), CONTEXT)
    content = written(name, built.body)
    for one in validated(name, content):
        agree(one, shipped_map(name), CONTEXT)
    # And with something odd in it, of which nothing may be said that the reader does not say.
    chance = random.Random(seed)  # noqa: S311
    changed = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        changed[chance.randrange(60, len(changed))] = ord(chance.choice(ODD)) & 0xFF
    for one in validated(name, bytes(changed)):
        agree(one, shipped_map(name), CONTEXT)


def has_nothing_to_say(one: Validated, rules: Map, context: Context) -> bool:
    """Whether the quick way should answer. Where tags alone do not tell the groups apart, it need not."""
    taken = take_apart(one.message)
    if one.findings or one.message.findings or taken is None or shape_of(taken[0], one.guide) is None:
        return False
    return to_canonical(one.tree, rules, context).findings == []


FILES = sorted(file for file in EXAMPLES.rglob("*") if file.suffix in (".edi", ".x12"))


def maps_for(file: Path) -> list[str]:
    kind = file.name.split(".")[-2].upper()
    return [name for name in NAMES if name.endswith(f"/{kind}")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_examples_read_the_same_both_ways(file: Path) -> None:
    """And where the reader is content with a faultless message, the quick way has answered: else speed would be lost
    without a failing test."""
    context = Context(zone=ZoneInfo("Europe/Brussels"), on=date(2026, 10, 1), zones=ZONES)
    for name in maps_for(file):
        data = file.read_bytes()
        for one in validated(name, data):
            assert agree(one, shipped_map(name), context) == has_nothing_to_say(one, shipped_map(name), context)
        chance = random.Random(file.name)  # noqa: S311
        for _ in range(20):
            changed = bytearray(data)
            for _ in range(chance.randint(1, 3)):
                changed[chance.randrange(110, len(changed))] = ord(chance.choice(ODD)) & 0xFF
            for one in validated(name, bytes(changed)):
                agree(one, shipped_map(name), context)


def usual(document: Canonical) -> Canonical:
    """The document without codes that no table knows: of these something is said."""

    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items() if key != "native"}
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    try:
        return read_canonical(msgspec.json.encode(plain(msgspec.json.decode(write_canonical(document)))))
    except CanonicalError:
        return document


@pytest.mark.parametrize("name", NAMES)
def test_messages_made_of_a_map_read_the_same_both_ways(name: str) -> None:
    """Every rule of every map, trees and all: what is written of a document is read again in both ways."""
    rules = shipped_map(name)
    guide = SHELF.guide(rules.guide)
    assert guide is not None
    for seed in range(6):
        chance = random.Random(seed)  # noqa: S311
        read_first = to_canonical(covered_message(chance, rules, guide), rules, CONTEXT)
        if read_first.document is None:
            continue
        content = written(rules.guide, from_canonical(usual(read_first.document), rules, CONTEXT).body)
        for one in validated(rules.guide, content):
            assert agree(one, rules, CONTEXT) == has_nothing_to_say(one, rules, CONTEXT)
        changed = bytearray(content)
        changed[chance.randrange(110, len(changed))] = ord(chance.choice(ODD)) & 0xFF
        for one in validated(rules.guide, bytes(changed)):
            agree(one, rules, CONTEXT)


def test_segments_are_carried_through_as_the_reader_does_it() -> None:
    overlay = b"map: acme/iftsta\nextends: edifact/D.96A/IFTSTA\npatch:\n"
    overlay += b"  - {at: DTM, after: [{DTM: {raw: yes}}]}\n"
    overlay += b"  - {at: SG4/SG5/FTX, before: [{'FTX[1=AAI]': {raw: yes}}]}\n"
    rules = read_map("acme/iftsta", overlay, map_file)
    data = iftsta(
        b"DTM+137:202610010800:203'DTM+9:20261001:102'", b"FTX+AAI+++Caf\xe9 at 7?:30 ?? ?+ * ?'s:second'FTX+AAA+++a'"
    )
    (one,) = validated("edifact/D.96A/IFTSTA", data)
    assert agree(one, rules, CONTEXT)
    document = map_validated(one, rules, CONTEXT).document
    assert isinstance(document, TransportStatus)
    assert [each.text for each in document.raw] == ["DTM+9:20261001:102"]
    assert [each.text for each in document.consignments[0].events[0].raw] == [
        "FTX+AAI+++Caf\xe9 at 7?:30 ?? ?+ ?* 's:second"
    ]


def test_what_one_part_has_taken_no_other_has() -> None:
    overlay = b"map: acme/iftsta\nextends: edifact/D.96A/IFTSTA\npatch:\n"
    overlay += b"  - {at: DTM, after: [{'DTM[1.1=137|9]': {raw: yes}}]}\n"
    rules = read_map("acme/iftsta", overlay, map_file)
    data = iftsta(b"DTM+9:20261001:102'DTM+137:202610010800:203'", b"")
    (one,) = validated("edifact/D.96A/IFTSTA", data)
    assert agree(one, rules, CONTEXT)
    document = map_validated(one, rules, CONTEXT).document
    assert isinstance(document, TransportStatus)
    assert [each.text for each in document.raw] == ["DTM+9:20261001:102"]


def test_what_is_said_of_an_object_inside_makes_none() -> None:
    overlay = b"map: acme/iftsta\nextends: edifact/D.96A/IFTSTA\npatch:\n"
    overlay += b"  - {at: SG4/SG5, change: {set: {location.country: BE}}}\n"
    rules = read_map("acme/iftsta", overlay, map_file)
    for event, country in ((b"", None), (b"LOC+5+BEANR'", "BE")):
        (one,) = validated("edifact/D.96A/IFTSTA", iftsta(b"", event))
        assert agree(one, rules, CONTEXT)
        document = map_validated(one, rules, CONTEXT).document
        assert isinstance(document, TransportStatus)
        location = document.consignments[0].events[0].location
        assert (location.country if location is not None else None) == country


def iftsta(head: bytes, event: bytes) -> bytes:
    """One IFTSTA with one event."""
    body = b"BGM+23+1+9'" + head + b"CNI+1+S'STS+1+21'RFF+BN:1'DTM+334:202610010815:203'" + event
    count = body.count(b"'") - body.count(b"?'") + 2
    return b"UNB+UNOC:3+A:14+B:14+261001:1130+1'UNH+1+IFTSTA:D:96A:UN'" + body + b"UNT+%d+1'UNZ+1+1'" % count


def test_a_level_of_which_nothing_is_said_is_the_reader_s() -> None:
    """The tree is read, but for what a map has no part for: then something is said."""
    (file,) = EXAMPLES.rglob("*.856.x12")
    (one,) = validated("x12/004010/856", file.read_bytes())
    overlay = b"map: acme/856\nextends: x12/004010/856\npatch:\n  - {at: HL/levels/S/levels/O/levels/P, remove: yes}\n"
    without = read_map("acme/856", overlay, map_file)
    assert agree(one, shipped_map("x12/004010/856"), CONTEXT)
    assert not agree(one, without, CONTEXT)
    assert "hierarchy-level" in [finding.code for finding in map_validated(one, without, CONTEXT).findings]


def test_a_partner_s_codes_are_asked_for_first() -> None:
    def codes(table: str, code: str, direction: str) -> str | None:
        return {("status", "21", "in"): "departed", ("status", "departed", "out"): "21"}.get((table, code, direction))

    context = Context(zone=ZoneInfo("Europe/Brussels"), on=date(2026, 10, 1), codes=codes)
    (one,) = validated("edifact/D.96A/IFTSTA", iftsta(b"", b""))
    assert agree(one, shipped_map("edifact/D.96A/IFTSTA"), context)
    document = map_validated(one, shipped_map("edifact/D.96A/IFTSTA"), context).document
    assert isinstance(document, TransportStatus)
    assert document.consignments[0].events[0].status == "departed"


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_map_is_written_out(name: str) -> None:
    assert compile_reading(shipped_map(name)) is not None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_groups_are_those_of_placing(file: Path) -> None:
    for name in maps_for(file):
        for one in validated(name, file.read_bytes()):
            same_groups(one)


def same_groups(one: Validated) -> None:
    if one.findings or one.message.findings or {each.tag for each in one.message.segments} & BORDERS.keys():
        return
    taken = take_apart(one.message)
    assert taken is not None
    shape = shape_of(taken[0], one.guide)
    nodes = [Node(name=segment.tag, elements=segment.elements, segment=segment) for segment in one.message.segments]
    assert shape == as_shape(arrange(nodes, one.guide).tree)


def as_shape(tree: Node) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for child in tree.children:
        if child.group:
            found.setdefault(f"{child.name}/", []).append(as_shape(child))
        elif child.segment is not None:
            found.setdefault(child.name, []).append(child.segment.position - 1)
    return found
