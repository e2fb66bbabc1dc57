"""What ships as data, found by name and compiled once: guides, maps, templates, examples.

The package ``profiles`` holds files and no code; this is the one place that reads them. Names are those that flows
use: ``edifact/D.96A/IFTSTA`` is at once a guide and a map.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from threading import Lock
from typing import TYPE_CHECKING

from translators.canonical import CANONICAL
from translators.guide import Guide, Shelf
from translators.maps import Map, read_map

if TYPE_CHECKING:
    from partners import Known

GUIDES, MAPS, TEMPLATES = "guides", "maps", "templates"
DIRECTORY = "directory"
"""The file beside the messages of a version that says what their segments hold; it is no guide itself."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Catalogue:
    """Guides and maps by name; thread-safe."""

    def __init__(self) -> None:
        self._root = files("profiles")
        self._shelf = Shelf(lambda file: self._bytes(GUIDES, file.removesuffix(".json"), ".json"))
        self._maps: dict[str, Map | None] = {}
        self._lock = Lock()

    @cached_property
    def guide_names(self) -> frozenset[str]:
        """The names of all guides."""
        return frozenset(_names(self._root / GUIDES, ".json"))

    @cached_property
    def map_names(self) -> frozenset[str]:
        """The names of all maps."""
        return frozenset(_names(self._root / MAPS, ".yaml"))

    def guide(self, name: str, layers: Sequence[str] = ()) -> Guide | None:
        """The compiled guide with its layers; ``None`` when there is none of that name."""
        found = [(layer, self._bytes(GUIDES, layer, ".json")) for layer in layers]
        known = [(layer, data) for layer, data in found if data is not None]
        if name not in self.guide_names or len(known) < len(layers):
            return None
        with self._lock:
            return self._shelf.guide(name, known)

    def map(self, name: str) -> Map | None:
        """The compiled map; ``None`` when there is none of that name."""
        with self._lock:
            if name not in self._maps:
                data = self._bytes(MAPS, name, ".yaml")
                self._maps[name] = read_map(name, data) if data is not None else None
            return self._maps[name]

    def templates(self) -> list[tuple[str, bytes]]:
        """The shipped templates as profile files, named so that faults in them are told apart from the user's."""
        folder = self._root / TEMPLATES
        return [
            (f"shipped/{entry.name}", entry.read_bytes())
            for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
            if entry.name.endswith(".yaml")
        ]

    def known(self, timezones: frozenset[str], retention: frozenset[str]) -> Known:
        """The names that profiles may refer to."""
        # Whoever has no profiles to check, such as a command over a file at hand, need not wait for their model.
        from partners import Known

        return Known(
            guides=self.guide_names,
            maps=self.map_names,
            canonical=frozenset(CANONICAL),
            channel_kinds=frozenset({"sftp"}),
            matched_receipts=frozenset({"contrl", "ta1", "997", "999"}),
            written_receipts=frozenset({"contrl", "ta1", "997"}),
            timezones=timezones,
            retention=retention,
        )

    def _bytes(self, kind: str, name: str, suffix: str) -> bytes | None:
        *folders, last = name.split("/")
        if not all(_PLAIN.fullmatch(part) for part in (*folders, last)):
            return None
        file = (self._root / kind).joinpath(*folders, last + suffix)
        return file.read_bytes() if file.is_file() else None


def _names(folder: Traversable, suffix: str, above: str = "") -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _names(entry, suffix, f"{above}{entry.name}/")
        elif entry.name.endswith(suffix) and entry.name != DIRECTORY + suffix:
            yield above + entry.name.removesuffix(suffix)
