"""The importer of UN/EDIFACT directories, on a small directory of our own in each of the published layouts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from translators.dictionary import GuideError, read_directory
from translators.guide import read_guide
from translators.untdid import Imported, import_directory

VECTORS = Path(__file__).parents[1] / "vectors" / "untdid"
LAYOUTS = ["early", "drawn", "late"]


def files(layout: str) -> dict[str, bytes]:
    """The layout's files as they come out of a zip: CR LF, code page 437."""
    return {
        path.name: path.read_text(encoding="utf-8").replace("\n", "\r\n").encode("cp437")
        for path in (VECTORS / layout).iterdir()
    }


def imported(layout: str) -> Imported:
    return import_directory(files(layout))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_says_the_same(layout: str) -> None:
    found = imported(layout)
    assert found.unread == []
    directory = json.loads(found.directory)
    assert directory["segments"] == {
        "AAA": ["C001! 1001*3 9001", "First of all"] if layout == "late" else ["C001! 1001 9001", "First of all"],
        "BBB": ["9001! C002", "Second"],
    }
    assert directory["composites"] == {
        "C001": ["1001! 9001=an..17 9002", "A pair with a name that takes two lines"],
        "C002": ["9002!", "Single"],
    }
    assert directory["elements"] == {
        "1001": ["an..3", "Word, coded"],
        "9001": ["an..35", "Text"],
        "9002": ["n..6", "Number"],
    }
    content = json.loads(found.messages["TSTMSG"])
    assert content == {
        "name": "Test of all things",
        "content": [
            "UNH!",
            "AAA!",
            ["SG1*9", "AAA!", "BBB*5", ["SG2!*99", "BBB!", ["SG3*1", "AAA!", "BBB"]]],
            ["SG4*9", "BBB!"],
            "AAA*9",
            "UNT!",
        ],
    }


@pytest.mark.parametrize(
    ("layout", "codes"), [("early", {}), ("drawn", {"1001": "1 22 ABC ZZZ"}), ("late", {"1001": "1 22 ABC ZZZ"})]
)
def test_code_lists(layout: str, codes: dict[str, str]) -> None:
    assert json.loads(imported(layout).directory)["codes"] == codes


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_imported_is_a_guide(layout: str) -> None:
    found = imported(layout)
    directory = read_directory("directory", found.directory)
    assert directory.version == found.version
    service = read_directory(
        "service",
        b'{"standard": "edifact", "version": "D.3", "segments": {"UNH": ["1!", ""], "UNT": ["1!", ""]},'
        b' "elements": {"1": ["an..14", ""]}}',
    )
    name = f"edifact/{found.version}/TSTMSG"
    guide = read_guide(name, found.messages["TSTMSG"], directory=directory, services=[service])
    assert [place.path for place in guide.root.walk() if place.group][1:] == ["SG1", "SG1/SG2", "SG1/SG2/SG3", "SG4"]


def test_a_message_that_cannot_be_read_is_named_and_the_others_are_kept() -> None:
    given = files("drawn")
    given["BADONE_D.96Z".replace("Z", "A")] = (
        given["TSTMSG_D.96A"].replace("└".encode("cp437"), b" ").replace("┘".encode("cp437"), "┴┴┴┴┘".encode("cp437"))
    )
    found = import_directory(given)
    assert set(found.messages) == {"TSTMSG"}
    (problem,) = found.unread
    assert problem.startswith("BADONE: ")
    assert "closes more groups" in problem


def test_a_message_without_an_end_is_named() -> None:
    given = files("late")
    given["ENDING_D.21B"] = given["TSTMSG_D.21B"].replace(b"UNT Message trailer", b"")
    assert import_directory(given).unread == ["ENDING: the segment table has no end"]


def test_an_interactive_message_is_passed_over() -> None:
    given = files("late")
    given["INTACT_D.21B"] = given["TSTMSG_D.21B"].replace(b"UNH Message header", b"UIH Message header")
    found = import_directory(given)
    assert set(found.messages) == {"TSTMSG"}
    assert found.unread == []


@pytest.mark.parametrize("without", ["EDSD.21B", "EDCD.21B", "EDED.21B", "TSTMSG_D.21B"])
def test_half_a_directory_is_refused(without: str) -> None:
    given = {name: data for name, data in files("late").items() if name != without}
    with pytest.raises(GuideError, match="EDMD, EDSD, EDCD and EDED"):
        import_directory(given)


def test_two_directories_at_once_are_refused() -> None:
    given = files("late")
    given["TSTMSG_D.21A"] = given["TSTMSG_D.21B"]
    with pytest.raises(GuideError, match=r"D\.21A, D\.21B"):
        import_directory(given)


def test_files_of_other_kinds_are_passed_over() -> None:
    given = {**files("late"), "README.TXT": b"\xff\x00 anything", "EDSDI1.21B": b"index", "IDSD.21B": b"interactive"}
    assert import_directory(given) == imported("late")


def test_the_same_files_give_the_same_bytes() -> None:
    assert imported("drawn") == imported("drawn")
    shuffled = dict(reversed(list(files("drawn").items())))
    assert import_directory(shuffled) == imported("drawn")
