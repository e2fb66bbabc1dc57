"""``guides`` and ``profiles``: what ships, and what partners agreed on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.gateway.cli.calling import Call


def test_guides_list_counts_by_version(sallyport: Call) -> None:
    listed = sallyport("guides", "list", "--json").json()
    assert {"guide": "edifact/D.96A/IFTSTA", "map": True, "from": "shipped"} in listed
    assert {"guide": "x12/004010/997", "map": False, "from": "shipped"} in listed
    text = sallyport("guides", "list", columns=80).text
    assert re.search(r"^edifact +D.96A +125 +\d+ +shipped$", text, re.M)
    assert re.search(r"^edifact +D.93A +55 +- +shipped$", text, re.M)
    assert f"{len(listed):,} guides" in text
    versions = [line.split()[1] for line in text.splitlines() if line.startswith("edifact")]
    assert versions.index("D.99B") < versions.index("D.00A")
    assert max(map(len, text.splitlines())) <= 80


def test_guides_list_of_a_message_or_a_version(sallyport: Call) -> None:
    text = sallyport("guides", "list", "iftsta", columns=120).text
    assert re.search(r"^edifact +D.96A +IFTSTA +yes +shipped +International multimodal status report$", text, re.M)
    assert {line.split()[2] for line in text.splitlines()[1:]} == {"IFTSTA"}
    assert len(sallyport("guides", "list", "D.96A", "--json").json()) == 125
    assert (
        sallyport("guides", "list", "edifact/D.96A", "--json").json()
        == sallyport("guides", "list", "D.96A", "--json").json()
    )
    unknown = sallyport("guides", "list", "D.80A")
    assert (unknown.code, unknown.out) == (2, b"")
    assert "no message and no version D.80A" in unknown.err


@pytest.mark.parametrize("named", [("IFTSTA", "D.96A"), ("iftsta", "d.96a"), ("edifact/D.96A/IFTSTA",)])
def test_guides_show_a_tree(named: tuple[str, ...], sallyport: Call) -> None:
    rows = sallyport("guides", "show", *named, "--json").json()
    assert rows[0]["name"] == "UNH" and rows[0]["usage"] == "M" and rows[0]["maximum"] == 1
    lines = sallyport("guides", "show", *named, columns=80).text.splitlines()
    assert lines[:2] == ["IFTSTA D.96A  International multimodal status report", "M mandatory · C conditional"]
    drawn = [line[:17].rstrip() for line in lines[3:]]
    assert drawn[:10] == ["UNH", "BGM", "DTM", "TSR", "SG1 ┐", "├─ NAD", "└─ SG2 ┐", "   ├─ CTA", "   └─ COM", "SG3 ┐"]
    assert "   │     ├─ EQA" in drawn and "      └─ SG12 ┐" in drawn
    assert lines[3 + drawn.index("   ├─ STS")].split() == ["├─", "STS", "M", "1", "Status"]
    assert max(map(len, lines)) <= 80


def test_guides_show_a_segment(sallyport: Call) -> None:
    rows = sallyport("guides", "show", "214", "004010", "--segment", "AT7", "--json").json()
    assert [row["ref"] for row in rows[:3]] == ["1650", "1651", "1652"]
    text = sallyport("guides", "show", "214", "004010", "--segment", "at7", columns=80).text
    assert re.search(r"^05 +373 +O +1 +DT 8/8 +Date$", text, re.M)
    text = sallyport("guides", "show", "IFTSTA", "D.96A", "--segment", "DTM", columns=80).text
    assert re.search(r"^├─ 1 +2005 +M +an\.\.3 +\d+ +Date/time/period qualifier$", text, re.M)
    assert "stands at DTM, SG3/DTM" in text
    assert "CCYYMMDDHHMM" not in text


def test_guides_show_codes_with_their_names(sallyport: Call) -> None:
    text = sallyport("guides", "show", "IFTSTA", "D.96A", "--segment", "SG4/SG5/DTM", "--codes", columns=80).text
    assert re.search(r"^203 +CCYYMMDDHHMM$", text, re.M)
    assert text.index("\n2 ") < text.index("\n101 ")
    rows = sallyport("guides", "show", "IFTSTA", "D.96A", "--segment", "DTM", "--codes", "--json").json()
    assert rows[3]["code_names"]["102"] == "CCYYMMDD"
    assert sallyport("guides", "show", "IFTSTA", "D.96A", "--codes").code == 2


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (("ORDIRS",), "there is no guide for ORDIRS"),
        (("IFTSTA", "D.80A"), "from edifact/D.93A/IFTSTA to edifact/D.21B/IFTSTA; `sallyport guides list IFTSTA`"),
        (("IFTSTA",), "which IFTSTA? there are"),
        (("CONTRL",), "which CONTRL? there are edifact/2.2/CONTRL, edifact/4.1/CONTRL, edifact/D.3/CONTRL"),
        (("214", "004010", "--segment", "XYZ"), "x12/004010/214 has no segment XYZ"),
        (("../../etc/passwd",), "there is no guide for"),
    ],
)
def test_a_guide_that_is_not_there(named: tuple[str, ...], told: str, sallyport: Call) -> None:
    answer = sallyport("guides", "show", *named)
    assert (answer.code, answer.out) == (2, b"")
    assert told in answer.err and "\n  next: " in answer.err


def test_profiles_list(sallyport: Call, home: Path) -> None:
    listed = sallyport("profiles", "list", "--home", home, "--json").json()
    assert [each["agreement"] for each in listed] == ["blue-anchor", "prairie-freight"]
    assert re.fullmatch("[0-9a-f]{64}", listed[0]["sha256"])
    assert listed[1]["flows"][0] == {
        "id": "status-in",
        "direction": "in",
        "message": "214 004010",
        "canonical": "transport_status/1",
    }
    text = sallyport("profiles", "list", "--home", home, columns=80).text
    assert listed[0]["sha256"] in text
    assert re.search(r"^  tender-out +out +204 004010 +transport_order/1 +urgent$", text, re.M)
    assert max(map(len, text.splitlines())) <= 80


def test_profiles_check(sallyport: Call, fresh: Path, home: Path) -> None:
    assert sallyport("profiles", "check", "--home", home).text == "good: 2 agreements, 0 warnings\n"
    answer = sallyport("profiles", "check", fresh / "profiles")
    assert (answer.code, answer.text) == (0, "good: 2 agreements, 2 warnings\n")
    assert "there is no file `keys/blue-anchor.pub`" in answer.err


def test_profile_faults_have_a_place_and_end_with_1(sallyport: Call, home: Path) -> None:
    file = home / "profiles" / "prairie-freight.yaml"
    file.write_text(file.read_text().replace("status: live", "status: lvie", 1))
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if "lvie" in text)
    for command in (("profiles", "check"), ("check",), ("profiles", "list")):
        answer = sallyport(*command, "--home", home)
        assert (answer.code, answer.out) == (1, b"")
        assert f"prairie-freight.yaml:{line}:" in answer.err
        assert "did you mean `live`?" in answer.err
    told = sallyport("profiles", "check", "--home", home, "--json")
    assert told.code == 1
    assert told.json()["good"] is False
    assert (told.json()["faults"][0]["file"], told.json()["faults"][0]["line"]) == ("prairie-freight.yaml", line)


def test_profiles_check_of_no_folder(sallyport: Call, tmp_path: Path) -> None:
    answer = sallyport("profiles", "check", tmp_path / "none")
    assert answer.code == 2
    assert "there is no folder" in answer.err


def test_profiles_diff(sallyport: Call, home: Path) -> None:
    sha256 = sallyport("profiles", "list", "--home", home, "--json").json()[1]["sha256"]
    same = sallyport("profiles", "diff", "prairie-freight", sha256, "--home", home)
    assert (same.code, same.text) == (0, "no difference\n")
    file = home / "profiles" / "prairie-freight.yaml"
    file.write_text(file.read_text().replace("due: PT4H", "due: PT2H"))
    changed = sallyport("profiles", "diff", "prairie-freight", sha256[:12].upper(), "--home", home)
    assert changed.code == 0
    assert changed.text == "~ terms.flows[tender-out].expect[997].due: PT4H -> PT2H\n"
    told = sallyport("profiles", "diff", "prairie-freight", sha256, "--home", home, "--json").json()
    assert told["then"] == sha256 != told["now"]
    assert told["changes"] == changed.text.splitlines()


@pytest.mark.parametrize(
    ("named", "code", "told"),
    [
        (("nobody", "ab"), 2, "there are: blue-anchor, prairie-freight"),
        (("blue-anchor", "zz"), 1, "no version of `blue-anchor`"),
        (("blue-anchor", ""), 1, "there are: "),
    ],
)
def test_profiles_diff_of_what_is_not_there(
    named: tuple[str, str], code: int, told: str, sallyport: Call, home: Path
) -> None:
    answer = sallyport("profiles", "diff", *named, "--home", home)
    assert (answer.code, answer.out) == (code, b"")
    assert told in answer.err
