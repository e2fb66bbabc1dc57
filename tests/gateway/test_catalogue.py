"""The catalogue: what ships is found by name, compiles, and fits together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zstandard

from gateway.catalogue import Catalogue
from gateway.profiles_folder import load_profiles
from gateway.version_files import packed
from partners import load
from translators.canonical import CANONICAL
from translators.maps import check_map

CATALOGUE = Catalogue()


VERSIONS = sorted({name.rpartition("/")[0] for name in CATALOGUE.guide_names})


@pytest.mark.parametrize("version", VERSIONS)
def test_guides_compile(version: str) -> None:
    """All of a version that is written by hand; of a directory every eighth, in each directory others."""
    names = sorted(name for name in CATALOGUE.guide_names if name.startswith(f"{version}/"))
    step = 8 if len(names) > 50 else 1
    for name in names[VERSIONS.index(version) % step :: step]:
        guide = CATALOGUE.guide(name)
        assert guide is not None
        assert (guide.name, f"{guide.standard}/{guide.version}/{guide.type}") == (name, name)
        assert guide.title == CATALOGUE.title(name)


def test_all_that_ships_is_known_and_says_where_it_is_from() -> None:
    assert len(CATALOGUE.guide_names) > 10_000
    assert set(CATALOGUE.guides.values()) == {"shipped"}
    assert {"edifact/D.93A/CUSDEC", "edifact/D.21B/IFTMIN", "edifact/2.2/CONTRL", "x12/004010/214"} <= set(
        CATALOGUE.guides
    )
    assert CATALOGUE.code_name("edifact/D.21B", "3035", "CA") == "Carrier"


# A gateway's own guides.

OWN = (
    b'{"standard": "edifact", "version": "D.96A", "segments": {"BGM": ["1004", "Ours"]},'
    b' "elements": {"1004": ["an..9", ""]},'
    b' "messages": {"IFTSTA": {"name": "Ours", "content": ["UNH!", "BGM!", "UNT!"]},'
    b' "OURMSG": {"name": "New", "content": ["UNH!", "UNT!"]}}}'
)


def own(folder: Path, name: str, content: bytes) -> Catalogue:
    file = folder / "guides" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    (folder / "sallyport.yaml").touch()
    return Catalogue.of(folder)


@pytest.mark.parametrize(("file", "content"), [("D.96A.json", OWN), ("D.96A.json.zst", packed(OWN))])
def test_own_guides_come_before_those_that_ship_message_by_message(tmp_path: Path, file: str, content: bytes) -> None:
    catalogue = own(tmp_path, f"edifact/{file}", content)
    names = ["edifact/D.96A/IFTSTA", "edifact/D.96A/OURMSG", "edifact/D.96A/IFTMIN"]
    assert [catalogue.guides[name] for name in names] == ["imported", "imported", "shipped"]
    assert [catalogue.title(name) for name in names] == ["Ours", "New", "Instruction"]
    guides = [catalogue.guide(name) for name in names]
    assert [len(guide.tags) if guide else 0 for guide in guides[:2]] == [3, 2]
    assert guides[2] is not None
    assert catalogue.own_faults == {}


def test_a_compressed_file_without_its_contents_in_front_is_read_too(tmp_path: Path) -> None:
    catalogue = own(tmp_path, "edifact/D.96A.json.zst", zstandard.ZstdCompressor().compress(OWN))
    assert catalogue.guides["edifact/D.96A/OURMSG"] == "imported"
    assert catalogue.guide("edifact/D.96A/OURMSG") is not None


def test_a_folder_that_is_no_gateway_has_no_guides_of_its_own(tmp_path: Path) -> None:
    own(tmp_path, "edifact/D.96A.json", OWN)
    (tmp_path / "sallyport.yaml").unlink()
    assert set(Catalogue.of(tmp_path).guides.values()) == {"shipped"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "edifact/D.96A: "),
        (packed(OWN)[:-9], "edifact/D.96A is damaged"),
        (packed(OWN)[:5], "edifact/D.96A is damaged"),
        (OWN.replace(b'"an..9"', b'"an"'), "elements.1004"),
        (OWN.replace(b'["1004"', b'["1005"'), "1005 is not defined"),
    ],
)
def test_a_faulty_file_is_told_and_hides_nothing_else(tmp_path: Path, content: bytes, told: str) -> None:
    suffix = ".json" if content[:1] == b"{" else ".json.zst"
    catalogue = own(tmp_path, f"edifact/D.96A{suffix}", content)
    ((file, text),) = catalogue.own_faults.items()
    assert file == "guides/edifact/D.96A"
    assert told in text
    assert catalogue.guide("x12/004010/214") is not None
    loaded = load_profiles(tmp_path, catalogue)
    assert [(fault.file, fault.severity) for fault in loaded.faults if fault.file == file] == [(file, "warning")]


def test_own_layers_have_any_name_but_a_versions(tmp_path: Path) -> None:
    layer = b'{"guide": "edifact/D.96A/IFTSTA", "changes": [{"set": "usage", "at": "TSR", "usage": "unused"}]}'
    catalogue = own(tmp_path, "acme/iftsta.json", layer)
    assert "acme/iftsta" in catalogue.layer_names
    assert "edifact/D.3" not in catalogue.layer_names
    guide = catalogue.guide("edifact/D.96A/IFTSTA", ["acme/iftsta"])
    assert guide is not None and guide.layers == ("acme/iftsta",)
    assert catalogue.guide("edifact/D.96A/IFTSTA", ["edifact/D.3"]) is None


@pytest.mark.parametrize("name", sorted(CATALOGUE.map_names))
def test_every_map_compiles_and_fits_its_guide(name: str) -> None:
    map_, guide = CATALOGUE.map(name), CATALOGUE.guide(name)
    assert map_ is not None and guide is not None
    assert map_.canonical in CANONICAL
    assert check_map(map_, guide) == []


def test_the_templates_that_ship_are_without_fault() -> None:
    loaded = load(CATALOGUE.templates(), CATALOGUE.known(frozenset({"UTC"}), frozenset({"standard"})))
    assert [str(each) for each in loaded.faults] == []
    assert all(name.startswith("shipped/") for name, _ in CATALOGUE.templates())


@pytest.mark.parametrize(
    "name",
    [
        *("", "IFTSTA", "edifact/D.96A", "edifact/D.96A/NOPE", "edifact/D.96A/directory", "edifact/D.96A/IFTSTA.json"),
        "x12/" + "004" * 100 + "/214",
        *("edifact/../edifact/D.96A/IFTSTA", "/etc/passwd", "edifact//IFTSTA", "edifact/D.96A/IFTSTA\0", "./x12"),
    ],
)
def test_what_is_no_name_finds_nothing(name: str) -> None:
    assert CATALOGUE.guide(name) is None
    assert CATALOGUE.map(name) is None


def test_a_layer_that_is_not_there_leaves_no_guide() -> None:
    assert CATALOGUE.guide("edifact/D.96A/IFTSTA", ["partner/none"]) is None


def test_a_guide_is_compiled_once_whoever_asks() -> None:
    catalogue = Catalogue()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: catalogue.guide("x12/004010/214"), range(32)))
    assert len({id(each) for each in found}) == 1
