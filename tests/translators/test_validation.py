"""Messages against their guides: every vector, the tree, positions, layers, and what is about to be written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from tests.translators.shipped import SHELF
from translators.dictionary import read_directory
from translators.finding import Finding, Where
from translators.grammar import Guide
from translators.guide import read_guide
from translators.reading import read
from translators.shelf import Shelf
from translators.syntax import Message, MessageKind, Source
from translators.tree import Node
from translators.validation import Validated, validate, validate_tree

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors" / "guides"
GUIDES = ROOT / "profiles" / "guides"
NAMES = sorted(path.stem for path in VECTORS.glob("*.json"))


def guide(name: str, layers: list[tuple[str, bytes]] | None = None) -> Guide:
    found = SHELF.guide(name, layers or [])
    assert found is not None
    return found


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    segment: str
    segment_position: int
    element: int | None = None
    component: int | None = None
    repetition: int | None = None
    path: str | None = None
    value: str | None = None
    severity: str = "error"
    guide: str = "standard"


class Vector(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    guide: str
    findings: list[Expected]
    layer: tuple[str, msgspec.Raw] | None = None
    layers: list[tuple[str, msgspec.Raw]] = []
    version: msgspec.Raw = msgspec.Raw()
    """The version file the guide is in, where it is one made for the vector."""
    on: date | None = None

    def grammar(self) -> Guide:
        """The guide with its layers."""
        given = [self.layer] if self.layer is not None else self.layers
        shelf = SHELF
        if bytes(self.version):
            own, name = bytes(self.version), self.guide.rpartition("/")[0]
            shelf = Shelf(lambda wanted: own if wanted == name else None, SHELF)
        found = shelf.guide(self.guide, [(layer, bytes(data)) for layer, data in given], on=self.on)
        assert found is not None
        return found


def vector(name: str) -> tuple[Vector, bytes]:
    (data,) = (path for path in VECTORS.glob(f"{name}.*") if path.suffix != ".json")
    return msgspec.json.decode((VECTORS / f"{name}.json").read_bytes(), type=Vector), data.read_bytes()


def only_message(data: bytes) -> tuple[Message, Source]:
    reading = read(data)
    (message,) = (message for interchange in reading.interchanges for message in interchange.messages)
    return message, reading.source


def judged(data: bytes, grammar: Guide) -> Validated:
    message, source = only_message(data)
    return validate(message, grammar, source, Where(interchange="77", message="1"))


def summary(finding: Finding, like: Expected | None) -> Expected:
    """The finding as a vector would write it, with path and value only where ``like`` compares them."""
    where = finding.where
    assert where.segment is not None
    assert where.segment_position is not None
    return Expected(
        code=finding.code,
        segment=where.segment,
        segment_position=where.segment_position,
        element=where.element,
        component=where.component,
        repetition=where.repetition,
        path=where.path if like is not None and like.path is not None else None,
        value=finding.value if like is not None and like.value is not None else None,
        severity=finding.severity,
        guide=finding.guide or "standard",
    )


def test_there_are_more_invalid_vectors_than_valid_ones() -> None:
    empty = [name for name in NAMES if not vector(name)[0].findings]
    assert len(NAMES) > 60
    assert len(empty) < len(NAMES) / 2


@pytest.mark.parametrize("name", NAMES)
def test_vector(name: str) -> None:
    case, data = vector(name)
    found = judged(data, case.grammar()).findings
    likes = [case.findings[at] if at < len(case.findings) else None for at in range(len(found))]
    assert [summary(finding, like) for finding, like in zip(found, likes, strict=True)] == case.findings, [
        finding.text for finding in found
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_segment_is_in_the_tree_once_and_in_order(name: str) -> None:
    case, data = vector(name)
    message, source = only_message(data)
    tree = validate(message, case.grammar(), source, Where()).tree
    assert [node.segment for node in tree.segments()] == message.segments
    assert tree.group
    assert tree.name == message.kind.type


@pytest.mark.parametrize("name", NAMES)
def test_findings_point_at_their_bytes(name: str) -> None:
    case, data = vector(name)
    for finding in judged(data, case.grammar()).findings:
        where = finding.where
        assert where.offset is not None
        assert where.line is not None
        assert where.column is not None
        start = sum(len(line) for line in data.splitlines(keepends=True)[: where.line - 1])
        assert start + where.column - 1 == where.offset
        missing = finding.code in ("segment-missing", "group-missing", "segment-conditional-missing")
        if where.element is None and not missing:
            assert data[where.offset :].startswith((where.segment or "").encode())
        if finding.value is not None and where.element is not None and finding.value.isalnum():
            assert data[where.offset :].startswith(finding.value.encode())


def names(node: Node) -> list[object]:
    return [node.name, *([names(child) for child in node.children] if node.group else [])]


def test_the_tree_has_the_groups_of_the_guide() -> None:
    _, data = vector("valid-iftsta")
    tree = judged(data, guide("edifact/D.96A/IFTSTA")).tree
    assert names(tree)[1:7] == [
        ["UNH"],
        ["BGM"],
        ["DTM"],
        ["SG1", ["NAD"], ["SG2", ["CTA"], ["COM"]]],
        ["SG3", ["RFF"]],
        ["LOC"],
    ]
    (consignment,) = tree.named("SG4")
    first, second = consignment.named("SG5")
    assert names(first)[1:] == [["STS"], ["RFF"], ["DTM"], ["SG6", ["TDT"], ["LOC"]], ["SG7", ["EQD"], ["SEL"]]]
    assert names(second) == ["SG5", ["STS"]]


def test_a_stray_stays_where_it_stood_and_hides_nothing() -> None:
    _, data = vector("segment-out-of-order")
    tree = judged(data, guide("edifact/D.96A/IFTSTA")).tree
    assert [(child.name, child.stray) for child in tree.children[:4]] == [
        ("UNH", False),
        ("BGM", False),
        ("EQD", True),
        ("DTM", False),
    ]
    assert tree.named("EQD") == []


def test_a_message_without_trailer_still_says_what_else_is_missing() -> None:
    message, source = only_message(b"UNB+UNOC:3+A+B+261103:0915+1'UNH+1+IFTSTA:D:96A:UN'BGM+77'CNI+1'UNZ+1+1'")
    assert message.segments[-1].tag == "CNI"
    found = validate(message, guide("edifact/D.96A/IFTSTA"), source, Where()).findings
    assert [(finding.code, finding.where.segment_position) for finding in found] == [("group-missing", 3)]


def test_accepted_means_no_error() -> None:
    assert judged(vector("decimal-mark")[1], guide("edifact/D.96A/IFTSTA")).accepted
    assert not judged(vector("dates")[1], guide("edifact/D.96A/IFTSTA")).accepted


def test_the_caller_can_name_the_syntax_version() -> None:
    message, source = only_message(vector("header-syntax-3")[1])
    assert validate(message, guide("edifact/D.96A/IFTSTA"), source, Where(), syntax_version=4).findings == []


REPEATING = b"""{"standard": "edifact", "version": "D.01B",
 "segments": {"UNH": ["1000! C2!", ""], "STS": ["1000 C1*2 1001", ""], "UNT": ["1000! 1000!", ""]},
 "composites": {"C1": ["1001!", ""], "C2": ["1000! 1000! 1000! 1000!", ""]},
 "elements": {"1000": ["an..99", ""], "1001": ["an..3", ""]}}"""


@pytest.mark.parametrize(
    ("syntax", "segment", "codes"),
    [
        ("UNOC:3", "STS+a+b+c+d", []),
        ("UNOC:3", "STS+a+b+c+d+e", ["elements-too-many"]),
        ("UNOC:3", "STS+a+b++d", []),
        ("UNOC:4", "STS+a+b*c+d", []),
        ("UNOC:4", "STS+a+b*c*e+d", ["element-repeats"]),
        ("UNOC:4", "STS+a+b+c+d", ["elements-too-many"]),
    ],
)
def test_repeating_elements_take_positions_before_syntax_4_and_repetitions_from_then_on(
    syntax: str, segment: str, codes: list[str]
) -> None:
    table = b'{"name": "", "content": ["UNH!", "STS!", "UNT!"]}'
    grammar = read_guide("edifact/D.01B/STATUS", table, directory=read_directory("directory", REPEATING))
    date = "20261103" if syntax.endswith("4") else "261103"
    data = f"UNB+{syntax}+A+B+{date}:0915+1'UNH+1+STATUS:D:01B:UN'{segment}'UNT+3+1'UNZ+1+1'"
    assert [finding.code for finding in judged(data.encode(), grammar).findings] == codes


def leaf(tag: str, *elements: str) -> Node:
    return Node(name=tag, elements=tuple(((*element.split(":"),),) for element in elements))


def group(name: str, *children: Node) -> Node:
    return Node(name=name, group=True, children=list(children))


IFTSTA = MessageKind(type="IFTSTA", version="D.96A", agency="UN")


def test_a_tree_to_be_written_is_judged_as_its_receiver_would() -> None:
    grammar = guide("edifact/D.96A/IFTSTA")
    status = group("SG5", leaf("STS", "1", "21"), leaf("DTM", "334:202611030915:203"))
    good = [leaf("BGM", "77", "R1", "9"), group("SG4", leaf("CNI", "1", "AWB1"), status)]
    assert validate_tree(IFTSTA, "5", good, grammar) == []
    flat = [node for each in good for node in each.segments()]
    assert validate_tree(IFTSTA, "5", flat, grammar) == []
    bad = [leaf("BGM", "77", "R1", "9"), group("SG4", leaf("CNI", "1", "AWB1"))]
    (finding,) = validate_tree(IFTSTA, "5", bad, grammar)
    assert (finding.code, finding.where.segment_position, finding.where.message) == ("group-missing", 3, "5")
    assert finding.where.offset is None


def test_a_segment_that_would_be_read_in_another_group_is_a_finding() -> None:
    grammar = guide("edifact/D.96A/IFTSTA")
    status = group("SG5", leaf("STS", "1", "21"), group("SG6", leaf("TDT", "20")), leaf("DTM", "334:202611030915:203"))
    body = [leaf("BGM", "77"), group("SG4", leaf("CNI", "1"), status)]
    (finding,) = validate_tree(IFTSTA, "5", body, grammar)
    assert finding.code == "segment-out-of-order"
    assert "SG4/SG5/DTM" in finding.text
    assert "SG4/SG5/SG6/DTM" in finding.text


def test_a_tree_to_be_written_has_its_characters_looked_at() -> None:
    (finding,) = validate_tree(IFTSTA, "5", [leaf("BGM", "77", "R\n1")], guide("edifact/D.96A/IFTSTA"))
    assert (finding.code, finding.where.element, finding.severity) == ("character-invalid", 2, "error")


def test_judging_a_tree_changes_nothing_in_it() -> None:
    body = [leaf("BGM", "77"), leaf("XYZ", "1")]
    found = validate_tree(IFTSTA, "5", body, guide("edifact/D.96A/IFTSTA"))
    assert [finding.code for finding in found] == ["segment-unknown"]
    assert not any(node.stray for node in body)
