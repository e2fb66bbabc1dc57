"""The benchmarks measure what they say, on small inputs; how fast anything is, no test asks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.edi import guide_named, iftsta, pydifact_parse, read_and_validate, split, status_214
from benchmarks.measuring import Paired, in_turn

README = (Path(__file__).parents[2] / "benchmarks" / "README.md").read_text()


def test_both_sides_get_the_same_messages() -> None:
    """Ours finds them all good; the others find all segments, headers and trailers included."""
    assert read_and_validate(iftsta(3), guide_named("edifact/D.96A/IFTSTA")) == 3
    assert pydifact_parse(iftsta(3)) == 3 * 12 + 2
    assert read_and_validate(status_214(3), guide_named("x12/004010/214")) == 3
    assert split(status_214(3)) == 3 * 13 + 4 + 1  # Behind the last terminator is an empty text.


@pytest.mark.parametrize("wrong", [b"", b"nothing of EDI", iftsta(2).replace(b"202610010740", b"202613010740")])
def test_a_run_over_a_bad_file_ends(wrong: bytes) -> None:
    """Otherwise a reader that gives up early would look fast."""
    with pytest.raises(RuntimeError):
        read_and_validate(wrong, guide_named("edifact/D.96A/IFTSTA"))


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
