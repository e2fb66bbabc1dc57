"""The catalogue: what ships is found by name, compiles, and fits together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.catalogue import Catalogue
from partners import load
from translators.canonical import CANONICAL
from translators.maps import check_map

CATALOGUE = Catalogue()


@pytest.mark.parametrize("name", sorted(CATALOGUE.guide_names))
def test_every_guide_compiles(name: str) -> None:
    guide = CATALOGUE.guide(name)
    assert guide is not None
    assert (guide.name, f"{guide.standard}/{guide.version}/{guide.type}") == (name, name)


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
