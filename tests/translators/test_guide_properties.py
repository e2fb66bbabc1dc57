"""Messages made from the guides themselves, and broken on purpose: what must hold for every guide that ships."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.translators.shipped import SHELF
from translators.contents import check_segment
from translators.dictionary import UNBOUNDED, Representation
from translators.elements import ComponentSpec, ElementSpec, Notation, SegmentSpec
from translators.finding import Finding, Where
from translators.functional_groups import FUNCTIONAL_GROUPS
from translators.grammar import Guide, Place
from translators.placing import arrange
from translators.reading import read
from translators.syntax import Elements, MessageKind
from translators.tree import Node
from translators.validation import validate, validate_tree

NAMES = [
    *(
        "edifact/D.3/CONTRL",
        "edifact/4.1/CONTRL",
        "edifact/D.96A/APERAK",
        "edifact/D.96A/IFTMIN",
        "edifact/D.96A/IFTSTA",
    ),
    *(
        "edifact/D.96A/IFTSTA",
        "edifact/D.01B/CUSDEC",
        "edifact/D.21B/IFCSUM",
        "x12/004010/204",
        "x12/004010/214",
        "x12/004010/856",
    ),
    *("x12/004010/990", "x12/004010/997", "x12/003060/301", "x12/005010/999"),
]
"""Of the thousands that ship: small and large ones, both families, one that is a tree of HL."""


STRUCTURAL = {
    "segment-missing", "group-missing", "segment-repeats", "group-repeats", "segment-out-of-order",
    "segment-unexpected", "segment-unknown",
}  # fmt: skip

few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.randoms(use_true_random=True)
"""A seeded generator for a whole message: drawing its thousands of choices one by one would take Hypothesis minutes."""


def guide(name: str) -> Guide:
    found = SHELF.guide(name)
    assert found is not None
    return found


# Messages that are right by construction.


def value(rng: Random, spec: ComponentSpec) -> str:
    if spec.codes is not None:
        return rng.choice(sorted(spec.codes))
    return plain(rng, spec.representation)


def plain(rng: Random, form: Representation) -> str:
    length = rng.randint(max(form.minimum, 1), min(form.maximum, max(form.minimum, 1) + 4))
    match form.type:
        case "n" | "N" | "R":
            return rng.choice("123456789") + "".join(rng.choice("0123456789") for _ in range(length - 1))
        case "DT":
            return "20261103" if form.maximum == 8 else "261103"
        case "TM":
            return "0915"
        case "a":
            return "".join(rng.choice("ABCXYZ") for _ in range(length))
        case _:
            return "".join(rng.choice("ABC123") for _ in range(length))


def occurrence(rng: Random, spec: ElementSpec) -> tuple[str, ...]:
    values = [
        value(rng, component) if component.required or rng.random() < 0.5 else "" for component in spec.components
    ]
    if not any(values):
        values[0] = value(rng, spec.components[0])
    if spec.dated:
        at, form = spec.dated
        values[at], values[form] = rng.choice([("20261103", "102"), ("202611030915", "203"), ("", "")])
    while len(values) > 1 and not values[-1]:
        values.pop()
    return tuple(values)


def content(rng: Random, spec: SegmentSpec, notation: Notation) -> Elements:
    elements = [
        occurrence(rng, element) if element.required or rng.random() < 0.5 else ("",) for element in spec.elements
    ]
    for attempt in range(40):
        # Relational rules: fill what is asked for, clear what is excluded, until all are content; from little, if the
        # rules chase each other.
        if attempt == 20:
            elements = [each if spec.elements[at].required else ("",) for at, each in enumerate(elements)]
        faults = [
            fault
            for fault in check_segment(spec, tuple((each,) for each in elements), notation)
            if fault.code in ("element-conditional-missing", "element-excluded")
        ]
        if not faults:
            break
        fault = faults[0]
        if fault.code == "element-excluded":
            elements[fault.element - 1] = ("",)
        elif fault.component:
            whole = elements[fault.element - 1]
            padded = [*whole, *[""] * (fault.component - len(whole))]
            component = spec.elements[fault.element - 1].components[fault.component - 1]
            padded[fault.component - 1] = value(rng, component)
            elements[fault.element - 1] = tuple(padded)
        else:
            elements[fault.element - 1] = occurrence(rng, spec.elements[fault.element - 1])
    if notation.standard == "x12" and spec.dated and any(elements[at] != ("",) for at in spec.dated):
        at, form = spec.dated
        elements[at], elements[form] = ("20261103",), ("D8",)
    while elements and elements[-1] == ("",):
        elements.pop()
    return tuple((each,) for each in elements)


def fill(rng: Random, group: Place, notation: Notation, out: list[Node]) -> None:
    for place in group.children:
        most = min(place.maximum, place.minimum + 2)
        times = rng.randint(place.minimum, most) if rng.random() < 0.5 else place.minimum
        for _ in range(times):
            if place.group:
                fill(rng, place, notation, out)
            else:
                assert place.segment is not None
                out.append(Node(name=place.name, elements=content(rng, place.segment, notation)))


def bodies(rng: Random, grammar: Guide) -> list[Node]:
    """Segments of a valid message, without header and trailer."""
    out: list[Node] = []
    fill(rng, grammar.root, Notation(grammar.standard), out)
    if grammar.hierarchy is not None:
        plant(rng, [node for node in out if node.name == "HL"])
    return out[1:-1]


def plant(rng: Random, levels: list[Node]) -> None:
    """Gives HL segments ids that count up and parents that came before, and says truly who has children."""
    parents = [rng.randint(0, number) for number in range(len(levels))]
    for number, node in enumerate(levels):
        code = node.elements[2] if len(node.elements) > 2 else (("S",),)
        parent = str(parents[number]) if parents[number] else ""
        node.elements = ((((str(number + 1)),),), ((parent,),), code, (("1" if number + 1 in parents else "0",),))


def kind(grammar: Guide) -> MessageKind:
    return MessageKind(
        type=grammar.type, version=grammar.version, agency="UN" if grammar.standard == "edifact" else "X"
    )


def wire(body: Sequence[Node], grammar: Guide) -> bytes:
    if grammar.standard == "edifact":

        def text(word: str) -> str:
            return re.sub(r"([?+:'])", r"?\1", word)

        lines = [
            "+".join([node.name, *(":".join(text(word) for word in element[0]) for element in node.elements)]) + "'"
            for node in body
        ]
        identity = f"{grammar.type}:{grammar.version.replace('.', ':')}:UN"
        date = "20261103" if grammar.version == "4.1" else "261103"
        syntax = "UNOC:4" if grammar.version == "4.1" else "UNOC:3"
        message = f"UNH+1+{identity}'{''.join(lines)}UNT+{len(body) + 2}+1'"
        return f"UNB+{syntax}+A+B+{date}:0915+1'{message}UNZ+1+1'".encode()
    lines = ["*".join([node.name, *(">".join(element[0]) for element in node.elements)]) + "~" for node in body]
    isa = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *261103*0915*U*00401*000000001*0*P*>~"
    message = f"ST*{grammar.type}*0001~{''.join(lines)}SE*{len(body) + 2}*0001~"
    functional, version = FUNCTIONAL_GROUPS[grammar.type], grammar.version
    date = "261103" if version < "004000" else "20261103"
    return f"{isa}GS*{functional}*AA*BB*{date}*0915*1*X*{version}~{message}GE*1*1~IEA*1*000000001~".encode()


def findings(data: bytes, grammar: Guide) -> list[Finding]:
    reading = read(data)
    (message,) = (message for interchange in reading.interchanges for message in interchange.messages)
    return [*message.findings, *validate(message, grammar, reading.source, Where()).findings]


BINARY = {"x12": {"EFI", "BIN", "BDS"}, "edifact": set[str]()}


@pytest.mark.parametrize("name", NAMES)
@few
@given(rng=seeds)
def test_a_message_made_from_its_guide_is_valid(name: str, rng: Random) -> None:
    grammar = guide(name)
    body = bodies(rng, grammar)
    if any(node.name in BINARY[grammar.standard] for node in body):
        # Their content is counted by its length, which random values do not agree with; a vector shows them.
        body = [node for node in body if node.name not in BINARY[grammar.standard]]
    problems = findings(wire(body, grammar), grammar)
    assert problems == [], [(finding.code, finding.text) for finding in problems]
    assert validate_tree(kind(grammar), "1", body, grammar) == []


# The structure, against an oracle of another kind: the table as one regular expression over tags.


def pattern(group: Place) -> str:
    out = ""
    for place in group.children:
        most = "" if place.maximum == UNBOUNDED else str(place.maximum)
        inner = pattern(place) if place.group else place.name + " "
        out += f"(?:{inner}){{{place.minimum},{most}}}"
    return out


ORACLES = {name: re.compile(pattern(guide(name).root)) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
@few
@given(rng=seeds)
def test_structure_agrees_with_the_table_as_a_regular_expression(name: str, rng: Random) -> None:
    grammar = guide(name)
    tags = [node.name for node in bodies(rng, grammar)]
    for _ in range(rng.randint(1, 3)):
        at = rng.randint(0, len(tags))
        match rng.choice(["drop", "repeat", "insert", "swap", "flood"]):
            case "drop":
                del tags[at : at + 1]
            case "repeat":
                tags[at:at] = tags[at : at + 1]
            case "insert":
                tags.insert(at, rng.choice([*sorted(grammar.tags - {"UNH", "UNT", "ST", "SE"}), "QQQ"]))
            case "swap":
                tags[at : at + 2] = tags[at : at + 2][::-1]
            case "flood":
                tags[at:at] = tags[at : at + 1] * 12
    whole = [grammar.header.name, *tags, grammar.trailer.name]
    fits = ORACLES[name].fullmatch("".join(f"{tag} " for tag in whole)) is not None
    arrangement = arrange([Node(name=tag) for tag in whole], grammar)
    assert [node.name for node in arrangement.tree.segments()] == whole
    assert len(arrangement.places) == len(whole)
    assert (arrangement.misfits == []) == fits, (whole, arrangement.misfits)
    assert {misfit.code for misfit in arrangement.misfits} <= STRUCTURAL
    assert all(0 <= misfit.at < len(whole) for misfit in arrangement.misfits)


# One value broken in a way that is known to be wrong.


def broken(rng: Random, grammar: Guide) -> tuple[list[Node], int, int, int]:
    """A valid body with one fault: the segment's index, the element, and the component."""
    body: list[Node] = []
    while not any(node.elements for node in body):
        body = [node for node in bodies(rng, grammar) if node.name not in BINARY[grammar.standard]]
    index = rng.choice([at for at, node in enumerate(body) if node.elements])
    spec = next(each.segment for each in grammar.root.walk() if each.name == body[index].name and each.segment)
    elements = [list(element[0]) for element in body[index].elements]
    filled = [at for at, element in enumerate(elements) if any(element)]
    at = rng.choice(filled)
    element = spec.elements[at]
    part = rng.choice([k for k, word in enumerate(elements[at]) if word])
    component = element.components[part]
    faults = ["too long", "extra component"]
    if component.codes is not None:
        faults.append("other code")
    if component.representation.type in ("n", "N", "R"):
        faults.append("letter")
    if element.required and (component.required or not element.composite):
        faults.append("nothing")
    match rng.choice(faults):
        case "too long":
            digit = "1" if component.representation.type in ("n", "N", "R", "DT", "TM") else "A"
            elements[at][part] = digit * (component.representation.maximum + 1)
        case "extra component":
            elements[at] += [""] * (len(element.components) - len(elements[at])) + ["X"]
            part = len(elements[at]) - 1
        case "other code":
            # Without what may name another list behind it.
            elements[at][part:] = ["?%"]
        case "letter":
            elements[at][part] = "A" * component.representation.minimum
        case "nothing":
            elements[at] = [""]
            part = 0
    body[index] = Node(name=body[index].name, elements=tuple((tuple(each),) for each in elements))
    return body, index, at + 1, part + 1


@pytest.mark.parametrize("name", NAMES)
@few
@given(rng=seeds)
def test_a_broken_value_is_found_where_it_is(name: str, rng: Random) -> None:
    grammar = guide(name)
    body, index, element, component = broken(rng, grammar)
    found = validate_tree(kind(grammar), "1", body, grammar)
    here = [f for f in found if f.where.segment_position == index + 2 and f.where.element == element]
    assert here, (body[index], element, component)
    assert any(finding.where.component in (None, component) for finding in here)
    # A fault of one segment says nothing about another.
    assert {finding.where.segment_position for finding in found} == {index + 2}


@pytest.mark.parametrize("name", NAMES)
@few
@given(data=st.data())
def test_nothing_that_can_be_read_raises(name: str, data: st.DataObject) -> None:
    grammar = guide(name)
    tags = st.sampled_from([*sorted(grammar.tags), "QQQ", "A", "UNS"])
    words = st.text(st.sampled_from("AZ019.,-+:*? \n\x00é€_"), max_size=9)
    element = st.lists(st.lists(words, min_size=1, max_size=4).map(tuple), min_size=1, max_size=3).map(tuple)
    segments = st.builds(Node, name=tags, elements=st.lists(element, max_size=8).map(tuple))
    body = data.draw(st.lists(segments, max_size=12))
    assert isinstance(validate_tree(kind(grammar), "1", body, grammar), list)
    raw = data.draw(st.lists(st.binary(max_size=40), max_size=6))
    separator = b"'" if grammar.standard == "edifact" else b"~"
    middle = b"".join(each.replace(separator, b"") + separator for each in raw)
    message = wire([], grammar)
    head = message.index(b"UNT+" if grammar.standard == "edifact" else b"SE*")
    reading = read(message[:head] + middle + message[head:])
    for interchange in reading.interchanges:
        for each in interchange.messages:
            judged = validate(each, grammar, reading.source, Where())
            assert [node.segment for node in judged.tree.segments()] == each.segments
