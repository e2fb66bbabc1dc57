"""The quick way of a map against the reader: where it answers, its answer is the reader's, who then found nothing."""

from __future__ import annotations

import random
import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.translators.maps_at_hand import NAMES, shipped_map
from tests.translators.shipped import SHELF
from tests.translators.test_maps_laws import CONTEXT, DOCUMENTS
from translators.finding import Where
from translators.map_compiling import compile_reading
from translators.map_quick import Quick, shape_of, take_apart
from translators.mapping import ZONE_NAMES, Context, from_canonical, map_validated, to_canonical
from translators.placing import arrange
from translators.reading import read
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


def agree(one: Validated, name: str, context: Context) -> bool:
    """Whether the quick way answered; if it did, it said what the reader says."""
    rules = shipped_map(name)
    reading = compile_reading(rules)
    assert reading is not None
    quick = Quick(rules, reading).read(one.message, one.guide, context)
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
        agree(one, name, CONTEXT)
    # And with something odd in it, of which nothing may be said that the reader does not say.
    chance = random.Random(seed)  # noqa: S311
    changed = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        changed[chance.randrange(60, len(changed))] = ord(chance.choice(ODD)) & 0xFF
    for one in validated(name, bytes(changed)):
        agree(one, name, CONTEXT)


USUAL = ["status-container-export.iftsta.edi", "order-antwerp-lyon.iftmin.edi", "order-joliet-houston.204.x12"]


@pytest.mark.parametrize("file", USUAL)
def test_usual_messages_take_the_quick_way(file: str) -> None:
    """Else the speed would be lost without a failing test."""
    data = (EXAMPLES / file).read_bytes()
    context = Context(zone=ZoneInfo("Europe/Brussels"), on=date(2026, 10, 1), zones=ZONES)
    name = next(each for each in NAMES if each.endswith(f"/{file.split('.')[-2].upper()}"))
    assert [agree(one, name, context) for one in validated(name, data)] == [True]


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_map_is_written_out(name: str) -> None:
    rules = shipped_map(name)
    interpreted = any(part.tree is not None or part.raw for part in rules.parts)
    assert (compile_reading(rules) is None) == interpreted


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.*[!n]")), ids=lambda file: file.name)
def test_groups_are_those_of_placing(file: Path) -> None:
    if file.suffix not in (".edi", ".x12"):
        return
    kind = file.name.split(".")[-2].upper()
    name = next((each for each in NAMES if each.endswith(f"/{kind}")), None)
    if name is None:
        return
    for one in validated(name, file.read_bytes()):
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
