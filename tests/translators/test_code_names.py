"""The names of codes over the versions of a standard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.code_names import CodeNames, order, read_code_names, write_code_names
from translators.dictionary import GuideError

VERSIONS = ["D.93A", "D.96A", "D.99B", "D.00A", "D.01C", "D.21B"]


def test_versions_sort_by_age() -> None:
    assert sorted(reversed([*VERSIONS, "D.3", "004010", "D.96A-acme"]), key=order) == [
        "004010",
        *VERSIONS,
        "D.3",
        "D.96A-acme",
    ]


def test_a_name_that_never_changed_is_kept_once() -> None:
    names = CodeNames("edifact")
    for version in VERSIONS:
        names.add(version, {"1": {"A": "ay"}})
    assert names.names == {"1": {"A": "ay"}}
    assert names.versions.split() == VERSIONS


@given(st.lists(st.tuples(st.sampled_from(VERSIONS), st.dictionaries(st.sampled_from("AB"), st.sampled_from("xyz")))))
def test_every_version_finds_the_name_it_gave_last_whatever_the_order(
    given_names: list[tuple[str, dict[str, str]]],
) -> None:
    names = CodeNames("edifact")
    said: dict[tuple[str, str], str] = {}
    for version, codes in given_names:
        names.add(version, {"1": codes})
        said |= {(version, code): name for code, name in codes.items()}
        for (at, code), name in said.items():
            assert names.find(at, "1", code) == name
    assert read_code_names("n", write_code_names(names)) == names


def test_a_version_between_has_the_name_of_the_one_before() -> None:
    names = CodeNames("edifact")
    names.add("D.96A", {"1": {"A": "old"}})
    names.add("D.01C", {"1": {"A": "new"}})
    found = {version: names.find(version, "1", "A") for version in ("D.93A", "D.00A", "D.21B")}
    assert found == {"D.93A": "old", "D.00A": "old", "D.21B": "new"}


@pytest.mark.parametrize("data", [b"", b"[]", b'{"standard": "x12", "more": 1}', b"\xff"])
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(GuideError, match="n: "):
        read_code_names("n", data)
