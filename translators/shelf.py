"""The shelf: guides by name, each read from its version file when first asked for.

A guide is called ``edifact/D.96A/IFTSTA``: the version file ``edifact/D.96A`` holds the message and the directory that
it is written with. Shelves may stand on each other: what a gateway's own folder lacks is on the shelf of what ships.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from translators.changes import period
from translators.code_names import CodeNames, read_code_names
from translators.dictionary import Directory, GuideError, read_directory
from translators.finding import Severity
from translators.grammar import Guide
from translators.guide import read_guide

SERVICES = ("edifact/D.3", "edifact/4.1")
"""Where UNH, UNS and UNT are defined, for syntax 1 to 3 and for syntax 4: the syntax's own, not the message's."""

KEPT = 512
"""Guides kept at once, so that a partner who sends every message there is cannot fill the memory with them."""

CODE_NAMES = "code-names"
"""The folder of the files with the names of codes, one for each standard: ``code-names/edifact``."""

_Key = tuple[str, tuple[tuple[str, bytes], ...], date | None, tuple[tuple[str, str], ...]]


class _Titled(msgspec.Struct):
    name: str


class Shelf:
    """Guides by name, read once. ``load`` gives the bytes of the file called ``edifact/D.96A``, or ``None``."""

    def __init__(self, load: Callable[[str], bytes | None], below: Shelf | None = None) -> None:
        self._load = load
        self._below = below
        """Where guides and versions are looked for that are not here."""
        self._directories: dict[str, Directory] = {}
        self._guides: dict[_Key, Guide] = {}
        self._names: dict[str, CodeNames | None] = {}

    def guide(
        self,
        name: str,
        layers: Sequence[tuple[str, bytes]] = (),
        *,
        on: date | None = None,
        severities: Mapping[str, Severity | Literal["off"]] | None = None,
    ) -> Guide | None:
        """The guide called ``name`` with these layers (name and bytes of each), or ``None`` when there is none.

        ``on`` is the day for dated layers and codes, ``severities`` a partner's policies; see
        :func:`translators.guide.read_guide`. :class:`GuideError` says what is wrong with the version file or a layer.
        """
        on = period(layers, on)
        severities = severities or {}
        key = (name, tuple(layers), on, tuple(sorted(severities.items())))
        guide = self._guides.get(key)
        if guide is None:
            version, _, kind = name.rpartition("/")
            directory = self._own(version)
            if directory is None or kind not in directory.messages:
                return (
                    self._below.guide(name, layers, on=on, severities=severities) if self._below is not None else None
                )
            services = []
            if directory.standard == "edifact" and version not in SERVICES:
                services = [self._needed(service) for service in SERVICES]
            message = bytes(directory.messages[kind])
            guide = read_guide(
                name, message, layers, directory=directory, services=services, on=on, severities=severities
            )
            self._guides[key] = guide
            if len(self._guides) > KEPT:
                del self._guides[next(iter(self._guides))]
        return guide

    def directory(self, name: str) -> Directory | None:
        """The directory called ``edifact/D.96A``, or ``None``; :class:`GuideError` when its file is faulty."""
        own = self._own(name)
        return own if own is not None or self._below is None else self._below.directory(name)

    def title(self, name: str) -> str | None:
        """What the message of the guide called ``name`` is called; ``None`` when there is none. Compiles nothing."""
        version, _, kind = name.rpartition("/")
        directory = self._own(version)
        if directory is None or kind not in directory.messages:
            return self._below.title(name) if self._below is not None else None
        return msgspec.json.decode(directory.messages[kind], type=_Titled).name

    def code_name(self, version: str, element: str, code: str) -> str | None:
        """What ``code`` of ``element`` means in ``edifact/D.96A``: its short name, or ``None`` when none is known.

        A version's own names come first, then those kept for the whole standard, this shelf's before the one below.
        """
        directory = self._own(version)
        if directory is not None and (name := directory.names.get(element, {}).get(code)) is not None:
            return name
        standard, _, release = version.partition("/")
        names = self._code_names(standard)
        if names is not None and (directory is not None or self._below is None):
            name = names.find(release, element, code)
        else:
            name = None
        return name if name is not None or self._below is None else self._below.code_name(version, element, code)

    def _code_names(self, standard: str) -> CodeNames | None:
        if standard not in self._names:
            file = f"{CODE_NAMES}/{standard}"
            data = self._load(file)
            self._names[standard] = read_code_names(file, data) if data is not None else None
        return self._names[standard]

    def _own(self, name: str) -> Directory | None:
        directory = self._directories.get(name)
        if directory is None:
            data = self._load(name)
            if data is None:
                return None
            directory = read_directory(name, data)
            if name != f"{directory.standard}/{directory.version}":
                raise GuideError(f"{name} says that it is {directory.standard}/{directory.version}")
            self._directories[name] = directory
        return directory

    def _needed(self, name: str) -> Directory:
        directory = self.directory(name)
        if directory is None:
            raise GuideError(f"{name} is missing: it defines the service segments of every EDIFACT guide")
        return directory
