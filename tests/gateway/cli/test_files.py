"""``inspect``, ``validate`` and ``ack``: what people and machines read of a file, and what becomes of bad ones."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from gateway.cli import places
from tests.gateway.cli.calling import IFTSTA, X214, Call, process

CONTRL = re.compile(
    rb"UNB\+UNOC:3\+5498765000017:14\+5412345000013:14\+\d{6}:\d{4}\+1'UNH\+1\+CONTRL:D:3:UN'"
    rb"UCI\+4711\+5412345000013:14\+5498765000017:14\+7'UCM\+3\+IFTSTA:D:96A:UN\+4'UCS\+5'UCD\+12\+2:2'"
    rb"UNT\+6\+1'UNZ\+1\+1'"
)
COMMANDS = ("inspect", "validate", "translate", "ack")


def test_validate_answers_machines_in_the_documented_shape(sallyport: Call) -> None:
    answer = sallyport("validate", IFTSTA, "--json")
    assert answer.code == 1
    assert answer.err == ""
    assert answer.json() == {
        "syntax": "edifact",
        "accepted": False,
        "interchanges": [
            {
                "sender": "5412345000013",
                "receiver": "5498765000017",
                "control_number": "4711",
                "test": False,
                "accepted": False,
                "messages": [
                    {"reference": "1", "type": "IFTSTA", "version": "D.96A", "accepted": True, "segments": 12},
                    {"reference": "2", "type": "IFTSTA", "version": "D.96A", "accepted": True, "segments": 8},
                    {"reference": "3", "type": "IFTSTA", "version": "D.96A", "accepted": False, "segments": 6},
                ],
                "packages": [],
            }
        ],
        "findings": [
            {
                "code": "date-invalid",
                "severity": "error",
                "text": "DTM element 1 component 2 (C507.2380 Date/time/period): '202613010800' names no date that"
                " exists (MM is 13); format 203 is CCYYMMDDHHMM",
                "value": "202613010800",
                "layer": "guide",
                "where": {
                    "interchange": "4711",
                    "message": "3",
                    "package": None,
                    "segment": "DTM",
                    "segment_position": 5,
                    "element": 1,
                    "component": 2,
                    "repetition": None,
                    "path": "SG4/SG5/DTM",
                    "line": 26,
                    "column": 9,
                    "offset": 600,
                },
            }
        ],
    }


def test_validate_shows_people_the_very_place(sallyport: Call) -> None:
    answer = sallyport("validate", IFTSTA, columns=80)
    assert answer.code == 1
    lines = answer.text.splitlines()
    assert lines[0] == "EDIFACT interchange 4711 from 5412345000013 to 5498765000017: accepted in part"
    at = lines.index("error line 26, column 9 · message 3 · segment 5 DTM  [date-invalid]")
    place = lines.index("      DTM+334:202613010800:203'", at)
    assert lines[place + 1] == "              ^^^^^^^^^^^^"
    assert "not accepted: 1 of 3 messages rejected, 1 error, 0 warnings" in lines
    assert "names no date that exists" in " ".join(answer.text.split())


@pytest.mark.parametrize("command", ["inspect", "validate"])
@pytest.mark.parametrize("columns", [60, 80, 140])
def test_what_is_printed_fits_the_terminal(command: str, columns: int, sallyport: Call) -> None:
    """All but the lines that a terminal may fold anywhere: headings and the next step."""
    answer = sallyport(command, IFTSTA, columns=columns)
    for line in answer.text.splitlines():
        assert len(line) <= columns or line.startswith(("EDIFACT", "  from", "  next:", "error ")), line


def test_a_good_file_is_accepted(sallyport: Call) -> None:
    answer = sallyport("validate", X214, columns=80)
    assert answer.code == 0
    assert answer.text.splitlines()[-1] == "accepted: 0 errors, 0 warnings"
    assert sallyport("validate", X214, "--json").json()["accepted"] is True
    assert sallyport("validate", "-", "--json", stdin=X214.read_bytes()).json()["syntax"] == "x12"


def test_validate_by_an_agreement(sallyport: Call, home: Path) -> None:
    assert sallyport("validate", X214, "--profile", "prairie-freight", "--home", home).code == 0
    answer = sallyport("validate", X214, "--profile", "blue-anchor", "--home", home, "--json")
    assert answer.code == 1
    assert [each["code"] for each in answer.json()["findings"]] == ["message-not-agreed"]
    unknown = sallyport("validate", X214, "--profile", "nobody", "--home", home)
    assert unknown.code == 2
    assert unknown.err == "error: there is no agreement `nobody`\n  next: there are: blue-anchor, prairie-freight\n"


def test_inspect_shows_the_envelopes(sallyport: Call) -> None:
    found = sallyport("inspect", IFTSTA, "--json").json()
    assert found["syntax"] == "edifact"
    (interchange,) = found["interchanges"]
    assert interchange["sender"] == {"id": "5412345000013", "qualifier": "14", "sub": ""}
    assert [(m["reference"], m["offset"], m["length"]) for m in interchange["messages"]] == [
        ("1", 63, 276),
        ("2", 340, 182),
        ("3", 523, 103),
    ]
    answer = sallyport("inspect", IFTSTA, columns=80)
    assert answer.code == 0
    assert "  3        IFTSTA  D.96A    -      6         523     103" in answer.text.splitlines()


def test_ack_prints_the_contrl_and_nothing_else(sallyport: Call) -> None:
    answer = sallyport("ack", IFTSTA)
    assert answer.code == 1, "a message is rejected"
    assert answer.err == ""
    assert CONTRL.fullmatch(answer.out)
    assert CONTRL.fullmatch(sallyport("ack", IFTSTA, "--kind", "contrl").out)


def test_packages_are_shown_judged_and_answered(sallyport: Call) -> None:
    """One that is whole, and one whose UNP has another length; the objects are any bytes."""
    content = (
        b"UNB+UNOC:4+5412345000013:14+5498765000017:14+20261001:0930+4711'UNO+IMG1+1:MT-1+24:TIF+9'\0'UNZ+1'\xff"
        b"UNP+9+IMG1'UNO+IMG2+1:MT-1+24:TIF+3'TIFUNP+4+IMG2'UNZ+2+4711'"
    )
    told = sallyport("validate", "-", "--json", stdin=content)
    assert told.code == 1
    (interchange,) = told.json()["interchanges"]
    assert interchange["messages"] == [] and interchange["packages"] == [
        {"reference": "IMG1", "accepted": True, "octets": 9},
        {"reference": "IMG2", "accepted": False, "octets": 3},
    ]
    (finding,) = told.json()["findings"]
    assert (finding["code"], finding["where"]["package"]) == ("binary-length-invalid", "IMG2")
    shown = sallyport("validate", "-", stdin=content).text
    assert "accepted in part" in shown and "package IMG2" in shown and "1 of 2 packages rejected" in shown
    inspected = sallyport("inspect", "-", "--json", stdin=content).json()["interchanges"][0]["packages"]
    assert [content[one["object_offset"] :][: one["octets"]] for one in inspected] == [b"\0'UNZ+1'\xff", b"TIF"]
    assert "IMG1" in sallyport("inspect", "-", stdin=content).text
    assert b"+7'UCM+++4+29+UNP+2+IMG2+1:MT-1'UNT+" in sallyport("ack", "-", stdin=content).out


def test_ack_prints_the_997(sallyport: Call) -> None:
    answer = sallyport("ack", X214)
    assert answer.code == 0
    assert answer.out.startswith(b"ISA*00*          *00*          *ZZ*MERIDIAN       *02*PRFT           *")
    assert b"~ST*997*0001~AK1*QM*77~AK2*214*0001~AK5*A~AK9*A*1*1*1~SE*6*0001~GE*1*1~IEA*1*" in answer.out
    assert b"TA1" not in answer.out, "nobody asked for one"


def test_ack_prints_a_ta1_where_it_is_wanted(sallyport: Call) -> None:
    told = sallyport("ack", X214, "--kind", "ta1")
    assert told.code == 0
    assert b"~TA1*000000077*261001*0930*A*000~IEA*" in told.out
    asked = X214.read_bytes().replace(b"*00401*000000077*0*P", b"*00401*000000077*1*P")
    both = sallyport("ack", "-", stdin=asked).out
    assert both.index(b"TA1*000000077*") < both.index(b"GS*FA*") < both.index(b"AK9*A*")
    cut = sallyport("ack", "-", stdin=X214.read_bytes()[:300])
    assert cut.code == 1
    assert b"~TA1*000000077*261001*0930*R*" in cut.out
    assert b"GS*" not in cut.out, "a rejected envelope is answered as a whole"


def test_ack_answers_every_interchange_of_a_file(sallyport: Call) -> None:
    two = IFTSTA.read_bytes() + IFTSTA.read_bytes().replace(b"4711", b"4712")
    out = sallyport("ack", "-", stdin=two).out
    assert re.findall(rb"UNZ\+1\+(\d)'", out) == [b"1", b"2"]
    assert b"UCI+4711+" in out and b"UCI+4712+" in out


def test_what_ack_prints_is_itself_good_and_not_answered(sallyport: Call) -> None:
    for file in (IFTSTA, X214):
        answer = sallyport("ack", file).out
        assert sallyport("validate", "-", stdin=answer).code == 0
        again = sallyport("ack", "-", stdin=answer)
        assert (again.code, again.out) == (0, b"")
        assert "is an acknowledgment itself" in again.err


@pytest.mark.parametrize(("file", "kind"), [(IFTSTA, "997"), (IFTSTA, "ta1"), (X214, "contrl")])
def test_an_acknowledgment_of_the_other_syntax(file: Path, kind: str, sallyport: Call) -> None:
    answer = sallyport("ack", file, "--kind", kind)
    assert answer.code == 1
    assert answer.out == b""
    assert f"{kind.upper()} does not answer" in answer.err and "next: leave --kind out" in answer.err


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "the name of the file is empty"),
        ("missing.edi", "there is no file"),
        ("folder", "is a folder"),
        ("good.edi/within", "cannot be read: Not a directory"),
        ("a\x1b[31m.edi", r"there is no file a\x1b[31m.edi"),
        ("n" * 300, "cannot be read: File name too long"),
    ],
)
def test_a_file_that_cannot_be_read_ends_with_2(
    command: str, name: str, told: str, sallyport: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "good.edi").write_bytes(IFTSTA.read_bytes())
    answer = sallyport(command, name)
    assert answer.code == 2
    assert answer.out == b""
    assert told in answer.err and "\n  next: " in answer.err
    assert "\x1b" not in answer.err


BAD = {
    "empty": (b"", "empty-file"),
    "blanks": (b" \r\n\t ", "empty-file"),
    "junk": (random.Random(4711).randbytes(5000), "not-edi"),  # noqa: S311
    "text": (b"Dear partner, please find attached\n", "not-edi"),
    "utf-16": ("UNB+UNOC:3'".encode("utf-16"), "format-unsupported"),
    "zip": (b"PK\x03\x04" + bytes(100), "not-edi"),
    "cut in a message": (IFTSTA.read_bytes()[:400], "truncated"),
    "cut in the header": (IFTSTA.read_bytes()[:30], "terminator-invalid"),
    "cut in ISA": (X214.read_bytes()[:60], "interchange-header-invalid"),
    "without a header": (IFTSTA.read_bytes()[63:], "header-missing"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_bytes_are_a_finding_and_end_with_1(name: str, sallyport: Call) -> None:
    content, code = BAD[name]
    answer = sallyport("validate", "-", "--json", stdin=content)
    assert answer.code == 1
    found = answer.json()
    assert found["accepted"] is False
    codes = [each["code"] for each in found["findings"]]
    assert code in codes, codes
    for command in COMMANDS:
        told = sallyport(command, "-", stdin=content, columns=80)
        assert told.code == 1
        assert "\x1b" not in told.text + told.err
    if not found["interchanges"]:
        assert sallyport("ack", "-", stdin=content).out == b""
        assert sallyport("translate", "-", stdin=content).out == b""


@pytest.mark.parametrize(
    "start",
    [
        b"UNB+UNOC:3+5412345000013:14+5498765000017:14+261001:0915+4711",
        IFTSTA.read_bytes()[:100],
        X214.read_bytes()[:106],
        b"",
    ],
    ids=["in UNB", "in a segment", "behind ISA", "nothing else"],
)
def test_100_megabytes_without_a_terminator_take_seconds(start: bytes, tmp_path: Path) -> None:
    """And hardly more memory than the file itself."""
    file = tmp_path / "long"
    file.write_bytes(start + b"A" * (100_000_000 - len(start)))
    started = process("validate", file, env={"COLUMNS": "80"}, preexec_fn=_with_little_memory)
    # A second or two; work that grows with the square of the length would take hours.
    out, err = started.communicate(timeout=240)
    assert started.returncode == 1, err
    assert b"not accepted" in out
    assert len(out) < 5000


def _with_little_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


def test_more_than_is_read(sallyport: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A device that never ends is not read for ever."""
    monkeypatch.setattr(places, "LARGEST", 1 << 20)
    for name in ("/dev/zero", str(tmp_path / "large")):
        (tmp_path / "large").write_bytes(bytes((1 << 20) + 1))
        answer = sallyport("validate", name)
        assert answer.code == 1
        assert "has more than 1 MiB" in answer.err


def test_many_findings_are_cut_off_and_told(sallyport: Call, tmp_path: Path) -> None:
    wrong = IFTSTA.read_text().replace("\n", "")
    head, tail = wrong.index("UNH+3"), wrong.index("UNZ")
    message = wrong[head:tail]
    many = "".join(message.replace("UNH+3", f"UNH+{n}").replace("UNT+6+3", f"UNT+6+{n}") for n in range(1, 121))
    file = tmp_path / "wrong.edi"
    file.write_text(wrong[: wrong.index("UNH+1")] + many + "UNZ+120+4711'")
    answer = sallyport("validate", file, columns=80)
    assert answer.text.count("[date-invalid]") == 50
    assert "… and 70 more: --all shows them" in answer.text
    assert "in all 120 messages: 0 accepted, 120 rejected" in answer.text
    assert answer.text.count("rejected\n") < 25
    assert sallyport("validate", file, "--all", columns=80).text.count("[date-invalid]") == 120
    assert len(sallyport("validate", file, "--json").json()["findings"]) == 120


def test_an_excerpt_of_a_file_on_one_line_is_the_segment(sallyport: Call) -> None:
    """Released terminators do not end it, and a long segment is cut around the place."""
    one_line = IFTSTA.read_bytes().replace(b"\n", b"").replace(b"+202613010800", b"+x")
    long = one_line.replace(b"STS+1+1'", b"FTX+AAI+++" + b"a?'b " * 100 + b"'STS+1+99999'")
    answer = sallyport("validate", "-", stdin=long, columns=80)
    assert "      STS+1+99999'" in answer.text.splitlines()
    marked = answer.text.splitlines().index("      STS+1+99999'")
    assert answer.text.splitlines()[marked + 1].strip() == "^^^^^"


def test_control_characters_of_partners_never_reach_the_terminal(sallyport: Call) -> None:
    evil = IFTSTA.read_bytes().replace(b"ST-90019", b"\x1b]0;owned\x07\x1b[2J").replace(b"4711", b"47\x1b[1m")
    for command in COMMANDS:
        answer = sallyport(command, "-", stdin=evil, columns=80)
        assert "\x1b" not in answer.text + answer.err, command
    assert r"\x1b" in sallyport("validate", "-", stdin=evil, columns=80).text


@pytest.mark.parametrize("command", COMMANDS)
def test_a_profile_says_how_a_file_is_read(sallyport: Call, fresh: Path, command: str) -> None:
    """An ISA of another length is refused; with a partner who writes such ones it is agreed to be read."""
    file = fresh / "short.x12"
    file.write_bytes(X214.read_bytes().replace(b"*00*          *00*          *", b"*00**00**", 1))
    profile = fresh / "profiles" / "prairie-freight.yaml"
    asked = ("--profile", "prairie-freight", "--home", fresh)
    assert sallyport(command, file, *asked).code == 1
    lenient = "    reading: {x12: {lenient_header: yes}}\n    flows:\n"
    profile.write_text(profile.read_text().replace("    flows:\n", lenient, 1))
    assert sallyport(command, file).code == 1
    assert sallyport(command, file, *asked).code == 0
