"""A few hundred damaged messages from a fixed seed; the long run is ``python -m tests.fuzz.as2``."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.as2.corpus import seeds
from tests.fuzz.as2.laws import LAWS, Broken
from tests.fuzz.as2.mutations import MUTATIONS
from tests.fuzz.mutations import mutated

FOUND = Path(__file__).parent / "found"


@pytest.mark.parametrize("target", LAWS)
def test_damaged_files_break_no_law(target: str) -> None:
    chance = random.Random(target)  # noqa: S311 - repeatable on purpose
    corpus = seeds()[target]
    for _ in range(250):
        LAWS[target](mutated(chance, chance.choice(corpus), corpus, MUTATIONS))


@pytest.mark.parametrize("target", LAWS)
def test_the_seeds_break_no_law_either(target: str) -> None:
    corpus = seeds()[target]
    assert len(corpus) > 40
    assert len({LAWS[target](data) for data in corpus}) > 2


@pytest.mark.parametrize("file", sorted(FOUND.iterdir()), ids=lambda file: file.stem)
def test_what_was_found_before(file: Path) -> None:
    LAWS[file.name.partition("-")[0]](file.read_bytes())


def test_a_forged_document_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The laws themselves: they would be of no use if they accepted everything."""
    monkeypatch.setattr("tests.fuzz.as2.laws._signed_documents", frozenset)
    with pytest.raises(Broken, match="what is accepted is what was signed"):
        for data in seeds()["message"]:
            LAWS["message"](data)


def test_a_forged_receipt_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.as2.laws._signed_receipts", frozenset)
    with pytest.raises(Broken, match="a receipt that verifies is a seed's"):
        for data in seeds()["mdn"]:
            LAWS["mdn"](data)
