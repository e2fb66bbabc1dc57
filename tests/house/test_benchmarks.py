"""The benchmarks measure what they say, on small inputs; how fast anything is, no test asks."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.edi import GUIDES, pydifact_parse, read_and_validate
from benchmarks.edi_files import FAULT_EVERY, Family, generated
from benchmarks.measuring import Paired, in_turn
from benchmarks.peer_grammars import bots_grammar, staedi_schema
from gateway.catalogue import Catalogue
from gateway.judging import guide_of_standard
from translators.judgement import judge
from translators.reading import read

README = (Path(__file__).parents[2] / "benchmarks" / "README.md").read_text()


@pytest.mark.parametrize("family", GUIDES)
def test_all_sides_get_the_same_messages(family: Family) -> None:
    """Ours judges them all, and in the good file finds nothing; the others find all segments."""
    data = generated(family, 30_000)
    verdicts = read_and_validate(data, Catalogue())
    headers = sum(data.count(header) for header in (b"UNH+", b"~ST*"))
    assert verdicts == (headers, 0)
    if family == "edifact":
        assert pydifact_parse(data) == data.count(b"'") - data.count(b"?'")


@pytest.mark.parametrize("family", GUIDES)
def test_each_fault_is_found(family: Family) -> None:
    """One message in a hundred has one, of six kinds, and no other message is rejected for it."""
    data = generated(family, 1_800_000, faulty=True)
    reading = read(data)
    judgement = judge(reading.interchanges[0], reading.source, guide_of_standard(Catalogue(), reading.source))
    numbers = [
        number for group in judgement.groups for number, message in enumerate(group.messages, 1) if not message.valid
    ]
    expected = [
        number for group in judgement.groups for number in range(FAULT_EVERY, len(group.messages) + 1, FAULT_EVERY)
    ]
    assert numbers == expected


@pytest.mark.parametrize("wrong", [b"", b"nothing of EDI"])
def test_a_run_over_no_file_ends(wrong: bytes) -> None:
    """Otherwise a reader that gives up early would look fast."""
    with pytest.raises(RuntimeError):
        read_and_validate(wrong, Catalogue())


@pytest.mark.parametrize("family", GUIDES)
def test_peers_get_our_guides(family: Family) -> None:
    """In their own words: Python that Bots can import, and a schema that is well-formed."""
    for name in GUIDES[family]:
        guide = Catalogue().guide(name)
        assert guide is not None
        grammar = ast.parse(bots_grammar(guide))
        assert {"structure", "recorddefs"} <= {
            target.id
            for node in grammar.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        schema = ElementTree.fromstring(staedi_schema(guide))  # noqa: S314 - our own text
        kinds = {child.tag.rpartition("}")[2] for child in schema}
        assert {"transaction", "segmentType", "elementType"} <= kinds


def test_ratios() -> None:
    """Above 1 is faster, by the medians; the spread is that of the rounds."""
    found = Paired(ours=[1.0, 2.0, 4.0], other=[4.0, 4.0, 4.0])
    assert (found.ratio, found.spread) == ("2.00 x", "1.00 to 4.00")
    assert Paired(ours=[50.0], other=[1.0]).ratio == "0.020 x"


def test_rounds_take_turns() -> None:
    """And the first pair does not count."""
    calls: list[str] = []
    found = in_turn(lambda: calls.append("ours"), lambda: calls.append("other"), rounds=2)
    assert calls == ["ours", "other"] * 3
    assert len(found.ours) == len(found.other) == 2


def test_names_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """Each part can be asked for by the name that the page gives."""
    assert main(["nothing"]) == 2
    told = capsys.readouterr().err
    for name in BENCHMARKS:
        assert name in told
        assert re.search(rf"`{name}`|benchmarks {name}`", README), name
