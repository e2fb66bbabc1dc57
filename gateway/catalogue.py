"""What there is as data, found by name and compiled once: guides, maps, templates, examples.

The package ``profiles`` holds files and no code; this is the one place that reads them. Names are those that flows
use: ``edifact/D.96A/IFTSTA`` is at once a guide and a map.

A gateway may have guides of its own, in the folder ``guides`` beside its configuration; it is laid out like the one
that ships and comes before it, message by message::

    guides/edifact/D.96A.json.zst       a version file: a directory and its messages, compressed or plain
    guides/code-names/edifact.json.zst  what the codes of a standard mean, for people
    guides/acme/iftsta.json             everything else is a layer, here ``acme/iftsta``

It may have maps of its own as well, in the folder ``maps`` beside that one: overlays over those that ship, such as
``maps/acme/iftsta.yaml``. Maps are not replaced in this way, for a name is a meaning: an overlay has a name of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from gateway.version_files import COMPRESSED, PLAIN, contents, contents_of, unpacked
from translators.canonical import CANONICAL
from translators.codes import CODES
from translators.dictionary import check_directory, read_directory
from translators.finding import Severity
from translators.guide import Guide, GuideError
from translators.maps import Map, MapError, check_map, read_map
from translators.shelf import CODE_NAMES, Shelf

if TYPE_CHECKING:
    from partners import Known

GUIDES, MAPS, TEMPLATES = "guides", "maps", "templates"
STANDARDS = ("edifact", "x12")
"""The folders in which version files are."""
CONFIGURATION = "sallyport.yaml"
"""What makes a folder a gateway's, so that its guides count."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""A part of a name, which becomes a file's: messages state their versions, and may state anything."""
_CANONICAL = re.compile(rb"^canonical: *([a-z0-9_]+/[0-9]+)", re.MULTILINE)
_EXTENDS = re.compile(rb"^extends: *([A-Za-z0-9._/-]+)", re.MULTILINE)
_MAP_LAYERS = 9
_START = 4096
"""Bytes at the start of a version file in which its contents stand."""

Origin = Literal["shipped", "imported"]


class Catalogue:
    """Guides and maps by name; thread-safe. ``own`` is the folder of a gateway's own guides; its maps are beside it."""

    def __init__(self, own: Path | None = None) -> None:
        self._root = files("profiles")
        self._own = own
        shipped = Shelf(lambda name: _version(self._root / GUIDES, name))
        self._shelf = Shelf(lambda name: _version(own, name), shipped) if own is not None else shipped
        self._own_maps = own.parent / MAPS if own is not None else None
        self._maps: dict[str, Map | None] = {}
        self._lock = Lock()

    @classmethod
    def of(cls, folder: Path) -> Catalogue:
        """The catalogue of the gateway at ``folder``; without a gateway there, of what ships."""
        return cls(folder / GUIDES if (folder / CONFIGURATION).is_file() else None)

    @cached_property
    def guides(self) -> dict[str, Origin]:
        """The names of all guides and where each comes from."""
        found: dict[str, Origin] = dict.fromkeys(_guides(self._root / GUIDES), "shipped")
        if self._own is not None:
            found |= dict.fromkeys(_guides(self._own, faulty={}), "imported")
        return found

    @cached_property
    def own_faults(self) -> dict[str, str]:
        """What is wrong with version files of the gateway's own: file → text. None of their guides is known."""
        faults: dict[str, str] = {}
        if self._own is not None:
            versions = {name.rpartition("/")[0] for name in _guides(self._own, faulty=faults)}
            for version in sorted(versions):
                try:
                    check_directory(version, read_directory(version, _version(self._own, version) or b""))
                except GuideError as error:
                    faults[f"{GUIDES}/{version}"] = str(error)
        return faults

    @cached_property
    def guide_names(self) -> frozenset[str]:
        """The names of all guides."""
        return frozenset(self.guides)

    @cached_property
    def versions(self) -> dict[str, dict[str, frozenset[str]]]:
        """Standard (``edifact``) → version → the types of message that there is a guide for in it."""
        found: dict[str, dict[str, set[str]]] = {}
        for name in self.guides:
            standard, version, kind = name.split("/")
            found.setdefault(standard, {}).setdefault(version, set()).add(kind)
        return {
            standard: {version: frozenset(kinds) for version, kinds in versions.items()}
            for standard, versions in found.items()
        }

    @cached_property
    def layer_names(self) -> frozenset[str]:
        """The names of all layers."""
        folders = [self._root / GUIDES, *([self._own] if self._own is not None else [])]
        return frozenset(name for folder in folders for name in _names(folder, PLAIN) if not _is_version(name))

    @cached_property
    def map_names(self) -> frozenset[str]:
        """The names of all maps."""
        folders = [self._root / MAPS, *([self._own_maps] if self._own_maps is not None else [])]
        return frozenset(name for folder in folders for name in _names(folder, ".yaml"))

    def guide(
        self,
        name: str,
        layers: Sequence[str] = (),
        *,
        on: date | None = None,
        severities: Mapping[str, Severity | Literal["off"]] | None = None,
    ) -> Guide | None:
        """The compiled guide with its layers; ``None`` when there is none of that name.

        ``on`` is the day for dated layers and codes, ``severities`` what a partner's policies say of findings.
        Raises :class:`translators.guide.GuideError` when a file of the gateway's own is faulty.
        """
        found = [(layer, self._layer(layer)) for layer in layers]
        known = [(layer, data) for layer, data in found if data is not None]
        if len(known) < len(layers):
            return None
        with self._lock:
            return self._shelf.guide(name, known, on=on, severities=severities)

    def title(self, name: str) -> str:
        """What the message of this guide is called; ``""`` when there is none of that name."""
        with self._lock:
            return self._shelf.title(name) or ""

    def code_name(self, version: str, element: str, code: str) -> str | None:
        """The short name of a code in ``edifact/D.96A``, for a person; ``None`` when none is known."""
        with self._lock:
            return self._shelf.code_name(version, element, code)

    def map(self, name: str) -> Map | None:
        """The compiled map; ``None`` when there is none of that name.

        Raises :class:`translators.maps.MapError` when a file of the gateway's own is faulty.
        """
        with self._lock:
            if name not in self._maps:
                data = self.map_file(name)
                self._maps[name] = read_map(name, data, self.map_file) if data is not None else None
            return self._maps[name]

    def map_type(self, name: str) -> str | None:
        """The canonical type that a map is for, without compiling it; ``None`` when it does not say so plainly."""
        for _ in range(_MAP_LAYERS):
            data = self.map_file(name) or b""
            if found := _CANONICAL.search(data):
                return found[1].decode()
            if not (below := _EXTENDS.search(data)):
                break
            name = below[1].decode()
        return None

    def map_file(self, name: str) -> bytes | None:
        """The file of a map; the one that ships where there are two of a name."""
        shipped = _bytes(self._root / MAPS, name, ".yaml")
        return shipped if shipped is not None or self._own_maps is None else _bytes(self._own_maps, name, ".yaml")

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
            guides=self.guide_names | self.layer_names,
            guide_fault=self._guide_fault,
            map_fault=self._map_fault,
            finding_codes=frozenset(CODES),
            maps=self.map_names,
            canonical=frozenset(CANONICAL),
            channel_kinds=frozenset({"sftp", "sftp-client", "as2", "directory"}),
            matched_receipts=frozenset({"mdn", "contrl", "ta1", "997", "999", "aperak", "824"}),
            written_receipts=frozenset({"contrl", "ta1", "997", "999", "aperak", "824"}),
            timezones=timezones,
            retention=retention,
        )

    def _guide_fault(self, name: str, layers: Sequence[str]) -> str | None:
        """Why this guide with these layers cannot be used; ``None`` when it can, or when there is none to look at."""
        try:
            self.guide(name, layers)
        except GuideError as error:
            return str(error)
        return None

    def _map_fault(self, name: str, canonical: str, guide: str) -> str | None:
        """Why this map cannot be used for messages of this guide; ``None`` when it can."""
        try:
            map_ = self.map(name)
        except MapError as error:
            return str(error)
        if map_ is None:
            return None
        if map_.canonical != canonical:
            return f"map `{name}` is for {map_.canonical}, not {canonical}"
        found = self.guide(guide)
        faults = check_map(map_, found) if found is not None else []
        return "\n".join(map(str, faults)) or None

    def _layer(self, name: str) -> bytes | None:
        if _is_version(name):
            return None
        own = _bytes(self._own, name, PLAIN) if self._own is not None else None
        return own if own is not None else _bytes(self._root / GUIDES, name, PLAIN)


def _is_version(name: str) -> bool:
    standard, _, version = name.partition("/")
    return standard in STANDARDS and "/" not in version


def _version(folder: Traversable, name: str) -> bytes | None:
    if not _is_version(name) and name.partition("/")[0] != CODE_NAMES:
        return None
    for suffix in (PLAIN, COMPRESSED):
        if (data := _bytes(folder, name, suffix)) is not None:
            return unpacked(name, data)
    return None


def _bytes(folder: Traversable, name: str, suffix: str) -> bytes | None:
    *folders, last = name.split("/")
    if not all(_PLAIN.fullmatch(part) for part in (*folders, last)):
        return None
    file = folder.joinpath(*folders, last + suffix)
    return file.read_bytes() if file.is_file() else None


def _guides(root: Traversable, faulty: dict[str, str] | None = None) -> Iterator[str]:
    """The names of the guides in a folder of version files, of which little more than the start is read.

    Files that cannot be read are put into ``faulty``, with the reason; without it :class:`GuideError` is raised.
    """
    for standard in STANDARDS:
        folder = root / standard
        for entry in folder.iterdir() if folder.is_dir() else ():
            for suffix in (PLAIN, COMPRESSED):
                if entry.name.endswith(suffix):
                    name = f"{standard}/{entry.name.removesuffix(suffix)}"
                    try:
                        messages = _contents(name, entry)
                    except GuideError as error:
                        if faulty is None:
                            raise
                        faulty[f"{GUIDES}/{name}"] = str(error)
                        continue
                    yield from (f"{name}/{message}" for message in messages)


def _contents(name: str, file: Traversable) -> list[str]:
    with file.open("rb") as stream:
        start = stream.read(_START)
        found = contents(start)
        return contents_of(name, start + stream.read()) if found is None else found


def _names(folder: Traversable, suffix: str, above: str = "") -> Iterator[str]:
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir():
            yield from _names(entry, suffix, f"{above}{entry.name}/")
        elif entry.name.endswith(suffix):
            yield above + entry.name.removesuffix(suffix)
