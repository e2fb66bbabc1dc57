"""The how-to on writing maps: its overlays are maps, fit their guides, and are found in a gateway's folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.catalogue import Catalogue
from translators.maps import check_map

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "write-a-map.md").read_text()
OVERLAYS: list[str] = [text for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S) if "extends:" in text]


@pytest.mark.parametrize("text", OVERLAYS, ids=lambda text: text.split()[1])
def test_an_overlay_of_the_page(text: str, tmp_path: Path) -> None:
    name = text.split()[1]
    file = tmp_path / "maps" / f"{name}.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    catalogue = Catalogue(tmp_path / "guides")
    assert name in catalogue.map_names
    found = catalogue.map(name)
    assert found is not None
    guide = catalogue.guide(found.guide)
    assert guide is not None
    assert check_map(found, guide) == []
    below = catalogue.map(found.guide)
    assert below is not None
    assert (found.canonical, found.text != below.text) == (below.canonical, True)


def test_both_are_there() -> None:
    assert [text.split()[1] for text in OVERLAYS] == ["acme/iftsta", "acme/iftmin"]
