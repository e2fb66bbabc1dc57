"""The quick way of a map out against the writer: it answers where the writer finds nothing, and only there, and alike.

The body that comes of it is judged quickly as well, and that is held against the exact judgement here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.translators.map_messages import covered_message
from tests.translators.maps_at_hand import NAMES, map_file, shipped_map
from tests.translators.shipped import SHELF
from translators.canonical import CANONICAL, Canonical, CanonicalError, read_canonical
from translators.grammar import Guide
from translators.map_compiled_writing import compile_writing
from translators.map_quick_writing import QuickWriter
from translators.map_rules import Map
from translators.map_writing import Writer
from translators.mapping import ZONE_NAMES, Context, from_canonical, to_canonical
from translators.maps import read_map
from translators.placing import arrange
from translators.plain_message import plain_dialect, plain_message
from translators.reading import read
from translators.recogniser import Recognisers
from translators.shapes import paths_of
from translators.syntax import MessageKind
from translators.tree import Node
from translators.validation import validate_tree

EXAMPLES = Path(__file__).parents[2] / "profiles" / "examples"
CONTEXT = Context(
    zone=ZoneInfo("Europe/Brussels"), on=date(2026, 10, 1), zones={name: ZoneInfo(name) for name in ZONE_NAMES}
)
CODES = ("other", "BE", "KGM", "X", "2026-10-01T08:00:00+02:00", "20260101", "é", "+", "a\nb", "a" * 80)
"""What a value may become."""


@cache
def quick_writer(rules: Map) -> QuickWriter:
    return QuickWriter(rules, compile_writing(rules))


@cache
def documents() -> list[tuple[str, bytes]]:
    return [(file.name, file.read_bytes()) for file in sorted(EXAMPLES.rglob("*.json"))]


def agree(document: Canonical, rules: Map, context: Context = CONTEXT) -> bool:
    """Whether the quick way answered; it must where, and only where, the writer finds nothing, and say the same."""
    writer = Writer(rules, document, context)
    body = writer.write()
    quick = quick_writer(rules).write(document, context)
    assert (quick is None) == bool(writer.findings), writer.findings
    built = from_canonical(document, rules, context)
    assert built.body == body and built.findings == writer.findings
    if quick is None:
        return False
    assert quick == body
    return True


def changed(document: object, chance: random.Random) -> object:
    """The document with one thing other: left out, said twice, or replaced."""
    places = list(_places(document))
    holder, key = chance.choice(places)
    match chance.randrange(3):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, list):
            holder.insert(key, holder[key])
        case _:
            holder[key] = chance.choice(CODES)
    return document


def _places(value: object) -> Iterator[tuple]:  # type: ignore[type-arg]
    """Every place in the document but its type, as (the object or list, the name or number)."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "type" or len(value) == 1:
                yield value, key
            yield from _places(inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield value, number
            yield from _places(inner)


@pytest.mark.parametrize("name", NAMES)
def test_documents_are_written_the_same_both_ways(name: str) -> None:
    """Examples of every family through every map of it, and each with many things changed."""
    rules, answers = shipped_map(name), set()
    for file, data in documents():
        document = read_canonical(data)
        if not isinstance(document, CANONICAL[rules.canonical]):
            continue
        answers.add(agree(document, rules))
        chance = random.Random(file)  # noqa: S311
        for _ in range(40):
            try:
                other = read_canonical(msgspec.json.encode(changed(msgspec.json.decode(data), chance)))
            except CanonicalError:
                continue
            agree(other, rules)
    assert True in answers


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_map_reads_is_written_the_same_both_ways(name: str) -> None:
    """Every rule of every map, trees and all; and what is written is judged the same both ways."""
    rules = shipped_map(name)
    guide = SHELF.guide(rules.guide)
    assert guide is not None
    for seed in range(10):
        document = to_canonical(covered_message(random.Random(seed), rules, guide), rules, CONTEXT).document  # noqa: S311
        if document is not None:
            assert agree(document, rules)


def test_segments_carried_through_go_out_again() -> None:
    overlay = b"map: acme/iftsta\nextends: edifact/D.96A/IFTSTA\npatch:\n  - {at: DTM, after: [{DTM: {raw: yes}}]}\n"
    rules = read_map("acme/iftsta", overlay, map_file)
    kept = {"guide": "edifact/D.96A/IFTSTA", "path": "DTM", "text": "DTM+9:2?:3:102"}
    document = msgspec.json.decode((EXAMPLES / "status-container-export.json").read_bytes())
    with_one = read_canonical(msgspec.json.encode(document | {"raw": [kept]}))
    assert agree(with_one, rules)
    assert (("9", "2:3", "102"),) in [
        each for node in from_canonical(with_one, rules, CONTEXT).body for each in node.elements
    ]
    assert not agree(read_canonical(msgspec.json.encode(document | {"raw": [kept | {"path": "GIR"}]})), rules)


def test_a_partner_s_codes_are_asked_for_first() -> None:
    def codes(table: str, code: str, direction: str) -> str | None:
        return {("status", "delivered", "out"): "999"}.get((table, code, direction))

    context = Context(zone=CONTEXT.zone, on=CONTEXT.on, zones=CONTEXT.zones, codes=codes)
    rules = shipped_map("edifact/D.96A/IFTSTA")
    document = msgspec.json.decode((EXAMPLES / "status-container-export.json").read_bytes())
    document["consignments"][0]["events"][0] |= {"status": "delivered", "native": {}}
    delivered = read_canonical(msgspec.json.encode(document))
    assert agree(delivered, rules) and agree(delivered, rules, context)
    bodies = [from_canonical(delivered, rules, each).body for each in (CONTEXT, context)]
    assert bodies[0] != bodies[1]
    assert "999" in str(bodies[1])


# The judgement of what is written


def exact(guide: Guide, kind: MessageKind, body: tuple[Node, ...]) -> list[str]:
    guide.recognisers = Recognisers(guide, worth=1 << 60)
    return [finding.code for finding in validate_tree(kind, "1", body, guide)]


def spoilt(body: tuple[Node, ...], chance: random.Random) -> tuple[Node, ...]:
    """The body with one segment changed, taken out, or put into another group."""
    copy = msgspec.structs.replace(Node(name="", group=True), children=[_copied(node) for node in body])
    groups = [node for node in _nodes(copy) if node.group and node.children]
    group = chance.choice(groups)
    at = chance.randrange(len(group.children))
    match chance.randrange(4):
        case 0:
            del group.children[at]
        case 1:
            chance.choice(groups).children.append(group.children.pop(at))
        case 2:
            group.name += "X"
        case _:
            leaf = chance.choice([node for node in _nodes(copy) if not node.group])
            value = chance.choice(["", " ", "A\n", "é", "ł", "+", "?'", "*", "~", "20261301", "9" * 400])
            number = chance.randrange(len(leaf.elements) + 1)
            leaf.elements = (*leaf.elements[:number], ((value,),), *leaf.elements[number + 1 :])
    return tuple(copy.children)


def _copied(node: Node) -> Node:
    return msgspec.structs.replace(node, children=[_copied(child) for child in node.children])


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)


USED = ["edifact/D.96A/IFTSTA", "edifact/D.96A/IFTMIN", "edifact/D.96A/DESADV", "x12/004010/214", "x12/004010/856"]


@pytest.mark.parametrize("name", USED)
def test_what_is_written_is_judged_the_same_both_ways(name: str) -> None:
    rules = shipped_map(name)
    guide = SHELF.guide(name)
    assert guide is not None
    kind = MessageKind(type=rules.type, version=name.split("/")[1])
    bodies = [
        from_canonical(document, rules, CONTEXT).body
        for _, data in documents()
        if isinstance(document := read_canonical(data), CANONICAL[rules.canonical])
    ]
    recognised, before = 0, guide.recognisers
    try:
        for body in bodies:
            chance = random.Random(name)  # noqa: S311
            others = [spoilt(body, chance) for _ in range(60)]
            judged = [exact(guide, kind, each) for each in (body, *others)]
            guide.recognisers = fresh = Recognisers(guide, worth=1)
            for each, said in zip((body, *others), judged, strict=True):
                guide.recognisers = fresh
                assert [finding.code for finding in validate_tree(kind, "1", each, guide)] == said
                recognised += is_recognised(guide, kind, each)
    finally:
        guide.recognisers = before
    assert recognised


def is_recognised(guide: Guide, kind: MessageKind, body: tuple[Node, ...]) -> bool:
    leaves = [leaf for node in body for leaf in node.segments()]
    dialect = plain_dialect(guide.standard, ".")
    raw = plain_message(kind, leaves, dialect)
    recogniser = guide.recognisers.get(dialect, 3, raw) if raw is not None and guide.recognisers is not None else None
    return recogniser is not None and raw is not None and recogniser.accepts(raw)


@pytest.mark.parametrize("name", USED)
def test_a_plain_message_has_the_segments_that_it_was_made_of(name: str) -> None:
    rules = shipped_map(name)
    kind = MessageKind(type=rules.type, version=name.split("/")[1])
    edifact = name.startswith("edifact")
    seen = 0
    for seed in range(10):
        guide = SHELF.guide(name)
        assert guide is not None
        document = to_canonical(covered_message(random.Random(seed), rules, guide), rules, CONTEXT).document  # noqa: S311
        if document is None:
            continue
        body = from_canonical(document, rules, CONTEXT).body
        leaves = [leaf for node in body for leaf in node.segments()]
        raw = plain_message(kind, leaves, plain_dialect(guide.standard, "."))
        if raw is None:
            continue
        seen += 1
        isa = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'A':15}*ZZ*{'B':15}*261001*1130*U*00401*000000001*0*P*>~"
        head = (
            "UNB+UNOC:3+A+B+261001:1130+1'"
            if edifact
            else f"{isa}GS*{'QM' if rules.type == '214' else 'SH'}*A*B*20261001*1130*1*X*004010~"
        )
        tail = "UNZ+1+1'" if edifact else "GE*1*1~IEA*1*000000001~"
        (message,) = read(head.encode() + raw + tail.encode()).interchanges[0].messages
        assert message.findings == []
        assert [(each.tag, each.elements) for each in message.segments[1:-1]] == [
            (leaf.name, leaf.elements) for leaf in leaves
        ]
        tags = [guide.header.name, *(leaf.name for leaf in leaves)]
        paths = paths_of(tags, guide)
        places = arrange([Node(name=tags[0]), *leaves], guide).places[1:]
        assert paths is None or paths == [place.path for place in places if place is not None]
    assert seen
