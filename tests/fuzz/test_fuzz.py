"""A few hundred damaged files from a fixed seed; the long run is ``python -m tests.fuzz``."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.corpus import seeds
from tests.fuzz.mutations import mutated
from tests.fuzz.oracle import Broken, Oracle, check_finding
from translators.finding import Finding, Where

FOUND = Path(__file__).parent / "found"


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle()


@pytest.fixture(scope="module")
def corpus() -> list[bytes]:
    return seeds()


@pytest.mark.parametrize("seed", range(8))
def test_damaged_files_break_no_law(oracle: Oracle, corpus: list[bytes], seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    for _ in range(60):
        data = mutated(chance, chance.choice(corpus), corpus)
        oracle.signature(data)


@pytest.mark.parametrize("file", sorted(FOUND.iterdir()), ids=lambda file: file.stem)
def test_what_was_found_before(oracle: Oracle, file: Path) -> None:
    oracle.signature(file.read_bytes())


def test_the_corpus_is_there(corpus: list[bytes]) -> None:
    assert len(corpus) > 300


def test_a_finding_outside_the_file_is_noticed() -> None:
    """The oracle itself: it would be of no use if it accepted everything."""
    finding = Finding(code="not-edi", severity="error", text="", where=Where(offset=10), layer="syntax")
    check_finding(finding, b"0123456789")
    with pytest.raises(Broken, match="outside"):
        check_finding(finding, b"012345678")
    with pytest.raises(Broken, match="no list"):
        check_finding(Finding(code="no-such", severity="error", text="", where=Where(), layer="syntax"), b"")
