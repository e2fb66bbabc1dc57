"""``guides`` and ``profiles``: what ships, and what partners agreed on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.gateway.cli.calling import Call


def test_guides_list(sallyport: Call) -> None:
    listed = sallyport("guides", "list", "--json").json()
    assert {"guide": "edifact/D.96A/IFTSTA", "map": True} in listed
    assert {"guide": "x12/004010/997", "map": False} in listed
    lines = sallyport("guides", "list", columns=80).text.splitlines()
    assert len(lines) == len(listed) + 1
    assert re.search(r"^x12 +004010 +214 +yes$", "\n".join(lines), re.M)


@pytest.mark.parametrize("named", [("IFTSTA", "D.96A"), ("iftsta", "d.96a"), ("IFTSTA",), ("edifact/D.96A/IFTSTA",)])
def test_guides_show(named: tuple[str, ...], sallyport: Call) -> None:
    rows = sallyport("guides", "show", *named, "--json").json()
    assert rows[0]["name"] == "UNH" and rows[0]["usage"] == "M" and rows[0]["maximum"] == 1
    text = sallyport("guides", "show", *named, columns=80).text
    assert text.startswith("edifact/D.96A/IFTSTA (M mandatory, C conditional")
    assert re.search(r"^    STS +M +1 +Status$", text, re.M)


def test_guides_show_a_segment(sallyport: Call) -> None:
    rows = sallyport("guides", "show", "214", "--segment", "AT7", "--json").json()
    assert [row["ref"] for row in rows[:3]] == ["1650", "1651", "1652"]
    text = sallyport("guides", "show", "214", "--segment", "AT7", columns=80).text
    assert re.search(r"^05 +373 +O +1 +DT 8/8 +- +Date$", text, re.M)


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (("ORDERS",), "there is no guide for ORDERS"),
        (("IFTSTA", "D.01B"), "there are: edifact/D.96A/IFTSTA"),
        (("CONTRL",), "which CONTRL? there are edifact/4.1/CONTRL, edifact/D.3/CONTRL"),
        (("214", "--segment", "XYZ"), "x12/004010/214 has no segment XYZ"),
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
