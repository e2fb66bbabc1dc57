"""The maps that ship, read once, and those of a test beside them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from translators.maps import Map, read_map

MAPS = Path(__file__).parents[2] / "profiles" / "maps"
NAMES = sorted(str(path.relative_to(MAPS))[:-5] for path in MAPS.rglob("*.yaml"))
"""The names of all maps that ship."""


def map_file(name: str) -> bytes | None:
    """The file of a shipped map, as :func:`read_map` asks for what a map extends."""
    file = MAPS / f"{name}.yaml"
    return file.read_bytes() if file.is_file() else None


@cache
def shipped_map(name: str) -> Map:
    """A shipped map; raises ``LookupError`` when there is none of that name."""
    data = map_file(name)
    if data is None:
        raise LookupError(f"there is no map {name}")
    return read_map(name, data, map_file)
