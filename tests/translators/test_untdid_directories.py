"""The directories that ship: counted against what UNECE printed, and plausible in themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.translators.shipped import SHELF, VERSIONS
from translators.dictionary import Directory, read_use

COUNTS = json.loads((Path(__file__).parents[1] / "vectors" / "untdid" / "counts.json").read_text())
DIRECTORIES = [name.partition("/")[2] for name in VERSIONS if re.fullmatch(r"edifact/D\.\d\d[A-C]", name)]


@cache
def directory(version: str) -> Directory:
    found = SHELF.directory(f"edifact/{version}")
    assert found is not None
    return found


def content(version: str, message: str) -> list[object]:
    found: list[object] = json.loads(bytes(directory(version).messages[message]))["content"]
    return found


def walk(entries: list[object]) -> Iterator[str | list[object]]:
    """Every segment and every group, in the order of the table."""
    for entry in entries:
        assert isinstance(entry, str | list)
        yield entry
        if isinstance(entry, list):
            yield from walk(entry[1:])


def test_every_directory_from_d93a_to_d21b_ships() -> None:
    assert set(DIRECTORIES) == set(COUNTS)
    assert len(DIRECTORIES) == 58


@pytest.mark.parametrize("version", DIRECTORIES)
def test_counts_are_those_of_the_published_directory(version: str) -> None:
    found = directory(version)
    rows = [entry for message in found.messages for entry in walk(content(version, message))]
    ours = {
        "messages": len(found.messages),
        "rows": sum(isinstance(row, str) for row in rows),
        "groups": sum(isinstance(row, list) for row in rows),
        "segments": len(found.segments),
        "in_segments": sum(len(text.split()) for text, _ in found.segments.values()),
        "composites": len(found.composites),
        "in_composites": sum(len(text.split()) for text, _ in found.composites.values()),
        "elements": len(found.elements),
        "codes": sum(len(codes.split()) for codes in found.codes.values()),
    }
    assert ours == COUNTS[version]["printed"]
    index = COUNTS[version]["index"]
    assert {kind: ours[kind] for kind in index} == index


@pytest.mark.parametrize("version", DIRECTORIES)
def test_every_message_is_plausible(version: str) -> None:
    known = {*directory(version).segments, "UNH", "UNS", "UNT", "UGH", "UGT"}
    for message in directory(version).messages:
        table = content(version, message)
        rows = list(walk(table))
        tags = [re.split("[!*]", row)[0] for row in rows if isinstance(row, str)]
        groups = [str(row[0]) for row in rows if isinstance(row, list)]
        assert (table[0], table[-1]) == ("UNH!", "UNT!"), message
        assert tags.count("UNH") == tags.count("UNT") == 1, message
        assert set(tags) <= known, (message, set(tags) - known)
        assert tags.count("UGH") == tags.count("UGT"), message
        numbers = [int(re.split("[!*]", name)[0].removeprefix("SG")) for name in groups]
        assert numbers == list(range(1, len(numbers) + 1)), message
        for row in rows:
            if isinstance(row, list):
                first = row[1]
                assert isinstance(first, str), (message, row[0])
                use = read_use(first)
                assert (use.minimum, use.maximum) == (1, 1), (message, row[0])


@pytest.mark.parametrize("version", DIRECTORIES)
def test_codes_have_names_and_fit_their_elements(version: str) -> None:
    found = directory(version)
    # D.96B prints the lists of some elements that it does not define yet.
    assert version == "D.96B" or set(found.codes) <= set(found.elements)
    for element, codes in found.codes.items():
        for code in codes.split():
            assert SHELF.code_name(f"edifact/{version}", element, code), (element, code)


def test_dependency_notes() -> None:
    """TDT has the only one: from D.02B on, the carrier goes with the transport means."""
    noted = {version: directory(version).notes for version in DIRECTORIES if directory(version).notes}
    assert {json.dumps(notes) for notes in noted.values()} == {'{"TDT": "C0403"}'}
    assert len(noted) == 39 and "D.02A" not in noted and {"D.02B", "D.13A", "D.21B"} <= set(noted)
