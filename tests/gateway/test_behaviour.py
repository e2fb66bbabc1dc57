"""The behaviour table: its index is complete, and every file in it is answered as the standards ask.

``tests/vectors/README.md`` is the index, a row for each behaviour. ``tests/vectors/behaviour`` has the answers: what is
sent back for the files there, and for each file that the tests of reading use.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from gateway.catalogue import Catalogue
from gateway.judging import guide_of_standard
from tests.translators.shipped import SHELF
from translators.contrl import contrl
from translators.finding import Finding
from translators.functional import FunctionalKind, functional_acknowledgments
from translators.guide import Guide
from translators.judgement import Judgement, judge
from translators.lookup import Alias
from translators.reading import ReadingTerms, read
from translators.syntax import Group, Interchange, Message
from translators.ta1 import ta1
from translators.terms import USUAL, Terms
from translators.tree import Node

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors"
BEHAVIOUR = VECTORS / "behaviour"
FILES = sorted(BEHAVIOUR.glob("*.edi"))
READ = sorted([*(VECTORS / "edifact").glob("*.edi"), *(VECTORS / "x12").glob("*.edi")])
ON_TERMS = [
    path for folder in ("edifact", "x12") for path in sorted((VECTORS / folder).glob("*.json")) if "." in path.stem
]
"""What reading gives on other terms than the usual ones, which each file states."""
LAYERS = {path.stem: path.read_bytes() for path in (BEHAVIOUR / "layers").glob("*.json")}
CATALOGUE = Catalogue()

ROWS = {"EDIFACT": 48, "X12": 36, "Across": 6}
"""How many behaviours each table of the index has."""


def judgements(data: bytes, layer: str = "", reading_terms: ReadingTerms | None = None) -> list[Judgement]:
    """The verdicts on a file, with a layer over the guides that it was written for."""
    reading = read(data, terms=reading_terms)
    by_standard = guide_of_standard(CATALOGUE, reading.source)

    def guide_for(interchange: Interchange, group: Group, message: Message) -> Guide | Finding | Alias:
        name = f"{interchange.syntax}/{message.kind.version}/{message.kind.type}"
        if layer and f'"guide": "{name}"'.encode() in LAYERS[layer]:
            guide = SHELF.guide(name, [(layer, LAYERS[layer])])
            assert guide is not None
            return guide
        return by_standard(interchange, group, message)

    return [judge(interchange, reading.source, guide_for) for interchange in reading.interchanges]


def line(node: Node, syntax: str) -> str:
    element, component, terminator = ("+", ":", "'") if syntax == "edifact" else ("*", ">", "~")
    return element.join([node.name, *(component.join(one[0]) for one in node.elements)]) + terminator


def answers(verdicts: list[Judgement], terms: Terms = USUAL, kind: FunctionalKind = "997") -> str:
    """Everything that is sent back, one segment a line, with an empty line between answers."""
    texts = []
    for judgement in verdicts:
        syntax = judgement.interchange.syntax
        if syntax == "edifact":
            answer = contrl(judgement, terms=terms)
            blocks = [list(answer.body)] if answer is not None else []
        else:
            envelope = ta1(judgement, terms)
            groups = functional_acknowledgments(judgement, terms=terms, kind=kind)
            blocks = [*([[envelope]] if envelope is not None else []), *(list(group.body) for group in groups)]
        texts += ["".join(line(node, syntax) + "\n" for node in block) for block in blocks]
    return "\n".join(texts)


def index() -> dict[str, dict[int, list[str]]]:
    """Table → row → the paths it names."""
    tables: dict[str, dict[int, list[str]]] = {}
    rows: dict[int, list[str]] = {}
    for text in (VECTORS / "README.md").read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"## (\w+).*", text):
            rows = tables.setdefault(heading[1], {})
        elif row := re.fullmatch(r"\| (\d+) \| [^|]+ \| ([^|]+) \|", text):
            assert int(row[1]) not in rows, text
            rows[int(row[1])] = re.findall(r"`([^`]+)`", row[2])
    return tables


def test_every_behaviour_has_a_vector_and_every_vector_exists() -> None:
    tables = {name: rows for name, rows in index().items() if rows}
    assert {name: sorted(rows) for name, rows in tables.items()} == {
        name: list(range(1, count + 1)) for name, count in ROWS.items()
    }
    for name, rows in tables.items():
        for number, paths in rows.items():
            assert paths, f"{name} {number}"
            for path in paths:
                found = (ROOT / path).is_file() if path.startswith("tests/") else list(VECTORS.glob(f"{path}.*"))
                assert found, f"{name} {number}: there is no {path}"


def test_every_file_for_reading_is_in_the_index() -> None:
    named = {path for rows in index().values() for paths in rows.values() for path in paths}
    files = {f"{path.parent.name}/{path.stem}" for path in [*READ, *ON_TERMS, *FILES]}
    assert files - named == set()


def test_every_answer_belongs_to_a_file() -> None:
    given = {path.relative_to(BEHAVIOUR / "answers").with_suffix("") for path in (BEHAVIOUR / "answers").rglob("*.txt")}
    assert given == {Path(path.parent.name, path.stem) for path in [*READ, *ON_TERMS]}
    assert {path.stem for path in FILES} == {path.stem.partition(".")[0] for path in BEHAVIOUR.glob("*.txt")}


@pytest.mark.parametrize("file", READ, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_files_for_reading_get_their_answer(file: Path) -> None:
    """Their messages are sketches, so that one layer leaves out what IFTSTA demands behind its header."""
    expected = (BEHAVIOUR / "answers" / file.parent.name / f"{file.stem}.txt").read_text(encoding="utf-8")
    assert answers(judgements(file.read_bytes(), "sketch")) == expected


@pytest.mark.parametrize("path", ON_TERMS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_files_that_are_read_on_a_partners_terms_get_their_answer(path: Path) -> None:
    expected = (BEHAVIOUR / "answers" / path.parent.name / f"{path.stem}.txt").read_text(encoding="utf-8")
    file = path.parent / f"{path.stem.partition('.')[0]}.edi"
    terms = msgspec.convert(json.loads(path.read_text(encoding="utf-8"))["terms"], ReadingTerms)
    assert answers(judgements(file.read_bytes(), "sketch", terms)) == expected


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_files_of_whole_behaviours_get_their_answer(file: Path) -> None:
    assert answers(judgements(file.read_bytes())) == file.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "policy", "terms", "kind"),
    [
        ("x12-34-two-groups", "accept", USUAL, "997"),
        ("x12-34-two-groups", "errors", Terms(note_warnings=True), "997"),
        ("x12-30-loop-minimum", "minimum", USUAL, "999"),
    ],
)
def test_files_get_the_answer_that_suits_the_partner(
    name: str, policy: str, terms: Terms, kind: FunctionalKind
) -> None:
    file = BEHAVIOUR / f"{name}.edi"
    expected = file.with_suffix(f".{policy}.txt").read_text(encoding="utf-8")
    assert answers(judgements(file.read_bytes(), policy), terms, kind) == expected
