"""The shelf: guides by name from version files, one shelf on another, names of codes."""

from __future__ import annotations

import json

import pytest

from tests.translators.shipped import SHELF, load
from translators.code_names import CodeNames, write_code_names
from translators.guide import GuideError
from translators.shelf import KEPT, Shelf

SMALL = {
    "standard": "x12",
    "version": "1",
    "segments": {"ST": ["1!", "Start"], "A": ["1", "Some"], "SE": ["1", "End"]},
    "elements": {"1": ["AN1/9", "Word"]},
    "codes": {"1": "A B"},
    "messages": {"9": {"name": "Nine", "content": ["ST!", "A", "SE!"]}},
}


def version(**changes: object) -> bytes:
    return json.dumps({**SMALL, **changes}).encode()


def test_a_guide_comes_from_its_version_file() -> None:
    guide = Shelf({"x12/1": version()}.get).guide("x12/1/9")
    assert guide is not None
    assert (guide.name, guide.title, guide.version, guide.type) == ("x12/1/9", "Nine", "1", "9")


def test_a_file_is_read_once() -> None:
    asked: list[str] = []

    def counted(name: str) -> bytes | None:
        asked.append(name)
        return version() if name == "x12/1" else None

    shelf = Shelf(counted)
    assert shelf.guide("x12/1/9") is shelf.guide("x12/1/9")
    assert shelf.title("x12/1/9") == "Nine"
    assert asked == ["x12/1"]


@pytest.mark.parametrize("name", ["edifact/D.96A/NOTYET", "edifact/D.80A/IFTSTA", "IFTSTA", "", "x12/1/9/9"])
def test_what_is_not_there_is_none(name: str) -> None:
    assert SHELF.guide(name) is None
    assert SHELF.title(name) is None


def test_a_file_under_a_wrong_name_is_refused() -> None:
    with pytest.raises(GuideError, match="x12/2 says that it is x12/1"):
        Shelf({"x12/2": version()}.get).guide("x12/2/9")


def test_a_faulty_file_says_which_it_is() -> None:
    with pytest.raises(GuideError, match="x12/1: "):
        Shelf({"x12/1": b"{"}.get).guide("x12/1/9")


def test_a_reference_to_nothing_says_where() -> None:
    with pytest.raises(GuideError, match=r"x12/1/9: .*2 is not defined in x12/1"):
        Shelf({"x12/1": version(segments={"ST": ["2", ""], "SE": ["1", ""]})}.get).guide("x12/1/9")


def test_without_the_service_segments_there_is_no_edifact_guide() -> None:
    with pytest.raises(GuideError, match=r"edifact/D\.3 is missing"):
        Shelf(lambda name: load(name) if "D.96A" in name else None).guide("edifact/D.96A/IFTSTA")


def test_a_shelf_stands_on_another_message_by_message() -> None:
    own = version(messages={"8": {"name": "Eight", "content": ["ST!", "SE!"]}}, codes={})
    shelf = Shelf({"x12/1": own}.get, Shelf({"x12/1": version()}.get))
    eight, nine = shelf.guide("x12/1/8"), shelf.guide("x12/1/9")
    assert eight is not None and nine is not None
    assert (eight.title, nine.title) == ("Eight", "Nine")
    assert (eight.directory.codes, nine.directory.codes) == ({}, {"1": "A B"})
    directory = shelf.directory("x12/1")
    assert directory is not None and set(directory.messages) == {"8"}


def test_own_guides_may_rest_on_the_service_segments_that_ship() -> None:
    data = load("edifact/D.96A")
    assert data is not None
    own = data.replace(b'"version": "D.96A"', b'"version": "D.96X"')
    guide = Shelf({"edifact/D.96X": own}.get, SHELF).guide("edifact/D.96X/IFTSTA")
    assert guide is not None
    assert guide.header.spec(4) is not None


def test_not_every_guide_is_kept() -> None:
    messages = {str(n): {"name": "", "content": ["ST!", "SE!"]} for n in range(KEPT + 1)}
    shelf = Shelf({"x12/1": version(messages=messages)}.get)
    first = shelf.guide("x12/1/0")
    last = [shelf.guide(f"x12/1/{n}") for n in range(1, KEPT + 1)][-1]
    assert shelf.guide(f"x12/1/{KEPT}") is last
    assert shelf.guide("x12/1/0") is not first


# What codes mean.


def test_code_names() -> None:
    assert SHELF.code_name("edifact/D.96A", "2379", "203") == "CCYYMMDDHHMM"
    assert SHELF.code_name("edifact/D.3", "0085", "26") == "Duplicate"
    assert SHELF.code_name("edifact/D.96A", "2379", "no such") is None
    assert SHELF.code_name("edifact/D.96A", "9999", "1") is None
    assert SHELF.code_name("x12/none", "1", "A") is None


def test_a_versions_own_names_come_first_then_the_shelfs_then_those_below() -> None:
    names = CodeNames("x12")
    names.add("1", {"1": {"A": "ay", "B": "bee"}})
    files = {"x12/1": version(names={"1": {"A": "own"}}), "code-names/x12": write_code_names(names)}
    below = Shelf(files.get)
    assert [below.code_name("x12/1", "1", code) for code in "ABC"] == ["own", "bee", None]
    above = CodeNames("x12")
    above.add("1", {"1": {"B": "better"}})
    shelf = Shelf({"x12/1": version(), "code-names/x12": write_code_names(above)}.get, below)
    assert [shelf.code_name("x12/1", "1", code) for code in "ABC"] == ["own", "better", None]
