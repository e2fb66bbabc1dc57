"""``guides import``: other people's tables become guides of the gateway's own."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from gateway.catalogue import Catalogue
from gateway.version_files import unpacked
from tests.gateway.cli.calling import Call

OTHERS = Path(__file__).parents[2] / "vectors"
VECTORS = OTHERS / "untdid"


def files(layout: str) -> dict[str, bytes]:
    return {
        path.name: path.read_text(encoding="utf-8").replace("\n", "\r\n").encode("cp437")
        for path in (VECTORS / layout).iterdir()
    }


def zipped(content: dict[str, bytes], within: str = "") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(within + name, data)
    return made.getvalue()


def published(layout: str) -> bytes:
    """A directory as UNECE packs it: a zip for each part, in a zip."""
    parts = files(layout)
    messages = {name: data for name, data in parts.items() if "_D." in name}
    rest = {
        f"{name.partition('.')[0].lower()}.zip": zipped({name: parts[name]}) for name in parts.keys() - messages.keys()
    }
    extra = {"README.TXT": b"hello", "__MACOSX/._edmd.zip": b"\x00\x05\x16\x07"}
    return zipped({"edmd.zip": zipped(messages, "edmd/"), **rest, **extra}, "d/")


@pytest.mark.parametrize(("layout", "version"), [("early", "D.93A"), ("drawn", "D.96A"), ("late", "D.21B")])
def test_a_published_directory(layout: str, version: str, sallyport: Call, home: Path, tmp_path: Path) -> None:
    source = tmp_path / "d.zip"
    source.write_bytes(published(layout))
    answer = sallyport("guides", "import", source, "--home", home, "--json").json()
    (found,) = answer["versions"]
    assert answer["not_opened"] == []
    assert found["guide"] == f"edifact/{version}"
    assert found["counts"] == {
        "messages": 1, "segments": 2, "composites": 2, "elements": 3, "codes": 0 if layout == "early" else 4
    }  # fmt: skip
    assert (found["unread"], found["doubts"], found["fault"]) == ([], [], "")
    assert found["written"] == [f"edifact/{version}.json.zst"]
    listed = sallyport("guides", "list", "TSTMSG", "--home", home, "--json").json()
    assert listed == [{"guide": f"edifact/{version}/TSTMSG", "map": False, "from": "imported"}]
    text = sallyport("guides", "show", "TSTMSG", "--home", home, columns=80).text
    assert text.startswith(f"TSTMSG {version}  Test of all things\n")
    if layout != "early":
        shown = sallyport("guides", "show", "TSTMSG", "--home", home, "--segment", "AAA", "--codes", columns=80).text
        assert "22   Twenty-second, with a name that takes two lines" in shown


def test_what_it_says_to_a_person(sallyport: Call, home: Path, tmp_path: Path) -> None:
    parts = files("drawn")
    parts["BADONE_D.96A"] = parts["TSTMSG_D.96A"].replace("┴┴┘".encode("cp437"), "┘".encode("cp437"))
    source = tmp_path / "d.zip"
    source.write_bytes(zipped({**parts, "more.zip": b"no zip"}))
    answer = sallyport("guides", "import", source, "--home", home, columns=80)
    assert answer.code == 0
    assert answer.text == (
        "edifact/D.96A: 1 messages, 2 segments, 2 composites, 3 elements, 4 codes\n"
        "  not read: BADONE: the table leaves SG2 open\n"
    )
    assert answer.err == "not opened: more.zip: File is not a zip file\n"


def test_a_folder_of_directories_and_a_folder_with_one_in_parts(sallyport: Call, home: Path, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    (many / "d96a.zip").write_bytes(published("drawn"))
    (many / "d21b.zip").write_bytes(published("late"))
    (many / "notes.txt").write_text("nothing")
    single = tmp_path / "single"
    single.mkdir()
    for name, data in files("early").items():
        (single / f"{name}.zip").write_bytes(zipped({name: data}))
    found = sallyport("guides", "import", many, "--home", home, "--json").json()["versions"]
    assert [each["guide"] for each in found] == ["edifact/D.21B", "edifact/D.96A"]
    (one,) = sallyport("guides", "import", single, "--home", home, "--json").json()["versions"]
    assert (one["guide"], one["counts"]["messages"]) == ("edifact/D.93A", 1)


def test_nothing_is_replaced_unless_it_is_said(sallyport: Call, home: Path, tmp_path: Path) -> None:
    source = tmp_path / "d.zip"
    source.write_bytes(published("drawn"))
    assert sallyport("guides", "import", source, "--home", home).code == 0
    file = home / "guides" / "edifact" / "D.96A.json.zst"
    before = file.stat().st_mtime_ns
    again = sallyport("guides", "import", source, "--home", home)
    assert again.code == 1
    assert "edifact/D.96A.json.zst is there already" in again.err and "--replace" in again.err
    assert file.stat().st_mtime_ns == before
    assert sallyport("guides", "import", source, "--home", home, "--replace").code == 0
    assert file.stat().st_mtime_ns != before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_plain_file_that_is_replaced_does_not_stay_beside_it(sallyport: Call, home: Path, tmp_path: Path) -> None:
    plain = home / "guides" / "edifact" / "D.96A.json"
    plain.parent.mkdir(parents=True)
    plain.write_text("{}")
    source = tmp_path / "d.zip"
    source.write_bytes(published("drawn"))
    assert sallyport("guides", "import", source, "--home", home).code == 1
    assert sallyport("guides", "import", source, "--home", home, "--replace").code == 0
    assert not plain.exists()
    assert "edifact/D.96A/TSTMSG" in Catalogue.of(home).guides


def test_another_name(sallyport: Call, home: Path, tmp_path: Path) -> None:
    source = tmp_path / "d.zip"
    source.write_bytes(published("drawn"))
    assert sallyport("guides", "import", source, "--home", home, "--name", "D.96A-acme").code == 0
    file = home / "guides" / "edifact" / "D.96A-acme.json.zst"
    assert json.loads(unpacked("f", file.read_bytes()))["version"] == "D.96A-acme"
    assert Catalogue.of(home).guide("edifact/D.96A-acme/TSTMSG") is not None
    for name in ("../x", "a/b", "", ".x"):
        answer = sallyport("guides", "import", source, "--home", home, "--name", name, "--into", tmp_path / "g")
        assert answer.code == (0 if name == "" else 2)


def test_a_flow_may_use_what_was_imported(sallyport: Call, home: Path, tmp_path: Path) -> None:
    profile = home / "profiles" / "blue-anchor.yaml"
    text = profile.read_text()
    message = "message: {standard: edifact, version: D.93A, type: TSTMSG}"
    flow = ["- id: tests-in", "  direction: in", f"  {message}", "  canonical: transport_status/1"]
    profile.write_text(text.rstrip("\n") + "\n" + "".join(f"      {line}\n" for line in flow))
    told = [f["message"] for f in sallyport("profiles", "check", "--home", home, "--json").json()["faults"]]
    assert any("edifact/D.93A/TSTMSG" in each and "guide" in each for each in told)
    source = tmp_path / "d.zip"
    source.write_bytes(published("early"))
    assert sallyport("guides", "import", source, "--home", home).code == 0
    told = [f["message"] for f in sallyport("profiles", "check", "--home", home, "--json").json()["faults"]]
    assert any("map" in each and "edifact/D.93A/TSTMSG" in each for each in told)
    assert not any("guide" in each and "edifact/D.93A/TSTMSG" in each for each in told)


def test_where_there_is_no_gateway_or_nothing_to_read(sallyport: Call, home: Path, tmp_path: Path) -> None:
    source = tmp_path / "d.zip"
    source.write_bytes(zipped({"README.TXT": b"hello"}))
    answer = sallyport("guides", "import", source, "--home", home)
    assert (answer.code, answer.out) == (1, b"")
    assert "is a table that can be read" in answer.err and "UN/EDIFACT directory" in answer.err
    assert sallyport("guides", "import", source, "--home", tmp_path).code == 2
    missing = sallyport("guides", "import", tmp_path / "none.zip", "--home", home)
    assert missing.code == 2 and "No such file" in missing.err


def test_half_a_directory_says_what_is_missing(sallyport: Call, home: Path, tmp_path: Path) -> None:
    source = tmp_path / "d.zip"
    source.write_bytes(zipped({name: data for name, data in files("late").items() if not name.startswith("EDSD")}))
    answer = sallyport("guides", "import", source, "--home", home)
    assert answer.code == 1
    assert "give the zip's EDMD, EDSD, EDCD and EDED files" in answer.err
    assert not (home / "guides").exists()


def test_a_damaged_member_is_named_and_the_rest_is_read(sallyport: Call, home: Path, tmp_path: Path) -> None:
    whole = zipped({**files("late"), "EXTRA.TXT": b"abcdefgh" * 400})
    at = whole.index(b"EXTRA.TXT") + len("EXTRA.TXT") + 2
    source = tmp_path / "d.zip"
    source.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
    answer = sallyport("guides", "import", source, "--home", home, "--json").json()
    assert [each["guide"] for each in answer["versions"]] == ["edifact/D.21B"]
    (passed,) = answer["not_opened"]
    assert passed.startswith("EXTRA.TXT: ")


@pytest.mark.parametrize(
    ("source", "guide", "form"),
    [
        ("sef/x12.sef", "x12/009990", "SEF"),
        ("sef/edifact.sef", "edifact/D.99C", "SEF"),
        ("bots-grammar/x12", "x12/009990", "Bots grammar"),
        ("bots-grammar/edifact", "edifact/D.99C", "Bots grammar"),
    ],
)
def test_other_forms_are_known_by_their_content(
    source: str, guide: str, form: str, sallyport: Call, home: Path, tmp_path: Path
) -> None:
    given = OTHERS / source
    if given.is_dir():
        for path in given.iterdir():
            (tmp_path / path.name.removesuffix(".txt")).write_bytes(path.read_bytes())
        given = tmp_path
    (found,) = sallyport("guides", "import", given, "--home", home, "--json").json()["versions"]
    assert (found["guide"], found["form"]) == (guide, form)
    names = [name for name, origin in Catalogue.of(home).guides.items() if origin == "imported"]
    assert len(names) == found["counts"]["messages"] > 0
    assert all(Catalogue.of(home).guide(name) for name in names)


def test_what_a_guideline_changes_becomes_a_layer(sallyport: Call, home: Path) -> None:
    source = OTHERS / "sef" / "guideline.sef"
    (found,) = sallyport("guides", "import", source, "--home", home, "--name", "acme", "--json").json()["versions"]
    version, layer = found["written"]
    assert version == "x12/acme.json.zst"
    catalogue = Catalogue.of(home)
    name = layer.removesuffix(".json")
    assert name.startswith("layers/x12/acme/")
    guide = catalogue.guide(f"x12/acme/{name.rpartition('/')[2]}", [name])
    assert guide is not None and guide.layers == (name,)
