"""Segment tables as they are printed, and those that contradict themselves: what is read, and what is said about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from translators.dictionary import GuideError
from translators.untdid_table import read_table

VECTORS = sorted((Path(__file__).parents[1] / "vectors" / "untdid" / "tables").glob("*.txt"))


@pytest.mark.parametrize("path", VECTORS, ids=[path.stem for path in VECTORS])
def test_tables(path: Path) -> None:
    published, _, wanted = path.read_text(encoding="utf-8").partition("--- content\n")
    content, _, doubts = wanted.partition("--- doubts\n")
    table = read_table(published)
    assert table.content == json.loads(content)
    assert table.doubts == doubts.splitlines()


HEAD = "Segment table\n\n0010   UNH Message header                            M   1     \n"
END = "0090   UNT Message trailer                           M   1     \n"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("0020   AAA First                     sometimes\n", "says not how often AAA stands"),
        ("0020   an odd line\n", "a line that is none of its rows: '0020 an odd line'"),
        (
            "0020       ----- Segment group 1  ------------------ C   9-----------+\n0030   AAA First    M   1\n",
            "SG1 open",
        ),
    ],
)
def test_what_cannot_be_read_says_why(rows: str, says: str) -> None:
    with pytest.raises(GuideError) as caught:
        read_table(HEAD + rows + END)
    assert says in str(caught.value)


def test_a_table_without_its_end() -> None:
    with pytest.raises(GuideError, match="no end"):
        read_table(HEAD)
    assert read_table(HEAD + END).content == ["UNH!", "UNT!"]
