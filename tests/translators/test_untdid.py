"""The importer of UN/EDIFACT directories, on a small directory of our own in each of the published layouts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from translators.dictionary import Directory, GuideError, check_directory, read_directory
from translators.guide import read_guide
from translators.imported import Imported
from translators.untdid import import_directory, releases

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


def directory_of(found: Imported) -> Directory:
    directory = read_directory(found.version, found.data)
    check_directory(found.version, directory)
    return directory


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_says_the_same(layout: str) -> None:
    found = imported(layout)
    assert (found.standard, found.unread, found.doubts) == ("edifact", [], [])
    directory = json.loads(found.data)
    assert (directory["standard"], directory["version"]) == ("edifact", found.version)
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
    assert directory["messages"]["TSTMSG"] == {
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


@pytest.mark.parametrize("layout", LAYOUTS)
def test_code_lists_and_names(layout: str) -> None:
    found = imported(layout)
    lists = {} if layout == "early" else {"1001": "1 22 ABC ZZZ"}
    assert directory_of(found).codes == lists
    assert set(found.names) == set(lists)
    if lists:
        assert found.names["1001"] == {
            "1": "First",
            "22": "Twenty-second, with a name that takes two lines",
            "ABC": "Alphabet",
            "ZZZ": "Mutually defined",
        }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_was_read_is_counted(layout: str) -> None:
    codes = 0 if layout == "early" else 4
    assert imported(layout).counts == {"messages": 1, "segments": 2, "composites": 2, "elements": 3, "codes": codes}


def test_dependency_notes_become_relational_rules() -> None:
    assert directory_of(imported("late")).notes == {"AAA": "C0302"}
    assert directory_of(imported("drawn")).notes == {}


@pytest.mark.parametrize(
    ("note", "rule"),
    [
        ("D1(010,020)", "O0102"),
        ("D2(020,030)", "P0203"),
        ("D3(010, 030)", "R0103"),
        ("D4(010,020,030)", "E010203"),
        ("D6(030,020,010)", "L030201"),
        ("D7(010,030)", "N0103"),
    ],
)
def test_every_kind_of_dependency_note(note: str, rule: str) -> None:
    given = files("late")
    given["EDSD.21B"] = given["EDSD.21B"].replace(b"D5(030,020)", note.encode())
    assert directory_of(import_directory(given)).notes == {"AAA": rule}


def test_entries_marked_as_deleted_are_left_out_and_their_lines_too() -> None:
    given = files("late")
    gone = b"-      CCC  THIRD\r\n\r\n010    9001 TEXT                                       M    1 an..35\r\n\r\n"
    rule = b"-" * 70 + b"\r\n\r\n"
    line = b"    -  9001 TEXT                                       C    1 an..35\r\n\r\n"
    second = b"*      BBB  SECOND"
    given["EDSD.21B"] = (
        given["EDSD.21B"].replace(second, gone + rule + second).replace(b"020    C002", line + b"020    C002")
    )
    assert directory_of(import_directory(given)).segments == directory_of(imported("late")).segments


def test_an_element_marked_for_deletion_is_still_there() -> None:
    given = files("late")
    assert b"9002  Number" in given["EDED.21B"]
    given["EDED.21B"] = given["EDED.21B"].replace(b"     9002  Number", b"-    9002  Number")
    assert directory_of(import_directory(given)).elements == directory_of(imported("late")).elements


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_imported_is_a_guide(layout: str) -> None:
    found = imported(layout)
    directory = directory_of(found)
    service = read_directory(
        "service",
        b'{"standard": "edifact", "version": "D.3", "segments": {"UNH": ["1!", ""], "UNT": ["1!", ""]},'
        b' "elements": {"1": ["an..14", ""]}}',
    )
    name = f"edifact/{found.version}/TSTMSG"
    message = bytes(directory.messages["TSTMSG"])
    guide = read_guide(name, message, directory=directory, services=[service])
    assert [place.path for place in guide.root.walk() if place.group][1:] == ["SG1", "SG1/SG2", "SG1/SG2/SG3", "SG4"]


def test_a_message_that_cannot_be_read_is_named_and_the_others_are_kept() -> None:
    given = files("drawn")
    given["BADONE_D.96A"] = given["TSTMSG_D.96A"].replace("┴┴┘".encode("cp437"), "┘".encode("cp437"))
    found = import_directory(given)
    assert set(directory_of(found).messages) == {"TSTMSG"}
    assert found.unread == ["BADONE: the table leaves SG2 open"]


def test_a_message_without_an_end_is_named() -> None:
    given = files("late")
    given["ENDING_D.21B"] = given["TSTMSG_D.21B"].partition(b"00140")[0]
    assert import_directory(given).unread == ["ENDING: the segment table has no end"]


def test_an_interactive_message_is_passed_over() -> None:
    given = files("late")
    given["INTACT_D.21B"] = given["TSTMSG_D.21B"].replace(b"UNH Message header", b"UIH Message header")
    found = import_directory(given)
    assert set(directory_of(found).messages) == {"TSTMSG"}
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


def test_files_are_sorted_by_release() -> None:
    mixed = {**files("late"), **files("drawn"), "README.TXT": b""}
    assert releases(mixed) == {"21B": files("late"), "96A": files("drawn")}
