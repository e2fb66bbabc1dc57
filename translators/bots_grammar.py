"""Bots grammars: from the Python files in which Bots keeps its tables to guide data of ours.

A Bots grammar is a module with up to three names. ``structure`` is the message's table, nested dictionaries with
``ID``, ``MIN``, ``MAX`` and ``LEVEL`` (what stands below: a segment with a level begins a group, and the header holds
the whole message). ``recorddefs`` gives the fields of each segment; a release's messages import it from one module.
``syntax`` is about sending and not read here, nor are ``QUERIES`` and ``SUBTRANSLATION``.

A field is ``['C002.1001', 'C', 3, 'AN']``: a name that is unique in its segment (``#2`` tells a second one apart),
``M`` or ``C``, alone or with how often it repeats, its greatest length or least and greatest, and a format. With a list
in place of the length it is a composite.

The files are read as data (:mod:`translators.python_values`) and never run. What a Bots grammar does not have, our
guides do not get: no code lists, no relations, and in X12 no element numbers, so that ``AK301`` is what its element is
called. Everything that could not be read is named with file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from translators.dictionary import UNBOUNDED, Directory, GuideError
from translators.imported import Imported, count, write_version
from translators.python_values import Nothing, Sources, UnreadableSource, Value, module_name
from translators.sef import SERVICE_SEGMENTS

MOST_PLACES = 20_000
"""How many segments one message may have. The longest published one has some five hundred."""

DEEPEST = 24
"""How deep groups may stand in each other."""

_CONSTANTS: dict[str, Value] = {
    name: name for name in ("ID", "MIN", "MAX", "LEVEL", "QUERIES", "SUBTRANSLATION", "BOTSIDNR")
}
"""What ``from bots.botsconfig import *`` brings, as far as tables need it."""

_EDIFACT_NAME = re.compile(r"(?P<type>[A-Z]{6})(?P<letter>[A-Z])(?P<release>\d\d[A-C])UN[A-Z0-9]*")
_X12_NAME = re.compile(r"(?P<type>\d{3})(?P<version>\d{6}[A-Z0-9]*)")
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_X12_FORMATS = {"A": "AN", "AR": "AN", "AN": "AN", "ID": "ID", "D": "DT", "DT": "DT", "T": "TM", "TM": "TM", "B": "B"}
_X12_LEAST = {"DT": 6, "TM": 4}
_NUMBERS = frozenset(("N", "NL", "NR", "R", "RL", "RR", "I"))


class _Unfit(Exception):
    """A part of a grammar that cannot become part of a guide; the text says why."""


def import_bots(files: Mapping[str, bytes]) -> Imported:
    """The guide data of the Bots grammars in ``files`` (name → source), which together are one version.

    Raises :class:`GuideError` when no file has a table of a message, or their names tell several versions.
    """
    sources = Sources(files, _CONSTANTS)
    unread: list[str] = []
    tables: dict[str, tuple[str, dict[str, Value], dict[str, Value]]] = {}
    versions: set[tuple[Literal["edifact", "x12"], str]] = set()
    for file in sorted(name for name in files if name.endswith(".py")):
        module = module_name(file)
        try:
            names = sources.module(module)
        except UnreadableSource as error:
            unread.append(f"{file}: {error}")
            continue
        unread += [f"{file} {fault}" for fault in sources.faults.get(module, [])]
        header = _header(names.get("structure"))
        if header is None:
            if "structure" in names:
                unread.append(f"{file}: its structure is no message from UNH or ST on")
            continue
        named = _named(module, header)
        if named is None:
            unread.append(f"{file}: its name tells no message and version, such as IFTSTAD96AUN or 214004010")
            continue
        kind, standard, version = named
        versions.add((standard, version))
        records = names.get("recorddefs")
        if isinstance(records, dict):
            tables[kind] = (file, header, records)
        else:
            unread.append(f"{file}: its recorddefs are not among the files")
    if not versions:
        raise GuideError("These files hold no Bots grammar of a message: a grammar has a structure from UNH or ST on")
    if len(versions) != 1:
        names_of = ", ".join(" ".join(version) for version in sorted(versions))
        raise GuideError(f"These files are of several versions, {names_of}: import each version by itself")
    standard, version = versions.pop()
    reader = _Reader(standard, version, unread)
    messages: dict[str, dict[str, object]] = {}
    for kind, (file, header, records) in tables.items():
        reader.records(file, records)
        try:
            messages[kind] = {"name": kind, "content": reader.table(header)}
        except _Unfit as reason:
            unread.append(f"{file}: {kind} is left out: {reason}")
    directory = reader.directory()
    return Imported(
        standard=standard,
        version=version,
        data=write_version(directory, messages),
        counts=count(directory, len(messages)),
        unread=unread,
    )


def _header(structure: Value) -> dict[str, Value] | None:
    """The place of UNH or ST in ``structure``, looking below envelopes too; ``None`` when there is none."""
    places = structure
    for _ in range(4):  # UNB, UNG, UNH; ISA, GS, ST.
        first = next((place for place in places if isinstance(place, dict)), None) if isinstance(places, list) else None
        if first is None:
            return None
        if first.get("ID") in ("UNH", "ST"):
            return first if isinstance(first.get("LEVEL"), list) else None
        places = first.get("LEVEL")
    return None


def _named(module: str, header: Mapping[str, Value]) -> tuple[str, Literal["edifact", "x12"], str] | None:
    """(message, family, version) of a grammar by its module's name."""
    if header["ID"] == "UNH" and (found := _EDIFACT_NAME.fullmatch(module)):
        return found["type"], "edifact", f"{found['letter']}.{found['release']}"
    if header["ID"] == "ST" and (found := _X12_NAME.fullmatch(module)):
        return found["type"], "x12", found["version"]
    return None


class _Reader:
    """Gathers one version: its segments as soon as a message brings them, and its messages' tables."""

    def __init__(self, standard: Literal["edifact", "x12"], version: str, unread: list[str]) -> None:
        self._standard, self._version, self._unread = standard, version, unread
        self._segments: dict[str, str] = {}
        self._composites: dict[str, str] = {}
        self._elements: dict[str, str] = {}
        self._seen: set[int] = set()
        self._groups = self._places = 0

    def records(self, file: str, records: dict[str, Value]) -> None:
        """Takes the segments of ``records``; of those that differ from an earlier grammar's, the earlier one counts."""
        if id(records) in self._seen:
            return
        self._seen.add(id(records))
        for tag, fields in records.items():
            if self._standard == "edifact" and tag in SERVICE_SEGMENTS:
                continue
            if not _TAG.fullmatch(tag):
                self._unread.append(f"{file}: {tag[:20]!r} is no segment")
                continue
            try:
                content = " ".join(self._fields(file, tag, fields))
            except _Unfit as reason:
                self._unread.append(f"{file}: segment {tag} is left out: {reason}")
                continue
            if self._segments.setdefault(tag, content) != content:
                self._unread.append(f"{file}: segment {tag} differs from an earlier file, which counts")

    def _fields(self, file: str, tag: str, fields: Value) -> Iterator[str]:
        if not isinstance(fields, list):
            raise _Unfit(_reason(fields, "it is no list of fields"))
        for field in fields:
            if not isinstance(field, list | tuple) or len(field) < 3:
                raise _Unfit(_reason(field, "a field has a name, M or C, and a length"))
            name, must, length, *form = field
            if name == "BOTSID":
                continue
            if not isinstance(name, str):
                raise _Unfit(_reason(name, "a field's name is no text"))
            quantity = _quantity(name, must)
            if isinstance(length, list):
                yield self._composite(file, tag, name, length) + quantity
            else:
                yield self._element(file, name, length, form) + quantity

    def _composite(self, file: str, tag: str, name: str, fields: list[Value]) -> str:
        uses = []
        for field in fields:
            if not isinstance(field, list | tuple) or len(field) < 3 or not isinstance(field[0], str):
                raise _Unfit(_reason(field, f"a field of {name} has a name, M or C, and a length"))
            if isinstance(field[2], list):
                raise _Unfit(f"{field[0]} is a composite within a composite")
            must = "!" if _quantity(field[0], field[1]).startswith("!") else ""
            uses.append(self._element(file, field[0], field[2], list(field[3:])) + must)
        if not uses:
            raise _Unfit(f"{name} has nothing in it")
        ref, content = _ref(name, self._standard), " ".join(uses)
        # One release knows one C082; where a grammar narrowed it for one segment, that one gets a name of its own.
        for known in (ref, f"{ref}_{tag}", *(f"{ref}_{tag}_{number}" for number in range(2, 100))):
            if self._composites.setdefault(known, content) == content:
                return known
        raise _Unfit(f"{name} has too many forms")

    def _element(self, file: str, name: str, length: Value, form: list[Value]) -> str:
        least, most, decimals = _lengths(name, length)
        kind = form[0] if form else "AN"
        if not isinstance(kind, str):
            raise _Unfit(_reason(kind, f"the format of {name} is no text"))
        written = self._representation(file, name, kind.upper(), least, most, decimals)
        ref = _ref(name, self._standard)
        known = self._elements.setdefault(ref, written)
        return ref if known == written else f"{ref}={written}"

    def _representation(self, file: str, name: str, kind: str, least: int, most: int, decimals: int) -> str:
        number = re.fullmatch(r"N([0-9])", kind)
        if self._standard == "x12":
            if number or kind == "I":
                return f"N{number[1] if number else decimals}.{max(least, 1)}/{most}"
            written = "R" if kind in _NUMBERS else _X12_FORMATS.get(kind)
            if written is None:
                self._unread.append(f"{file}: {name} is of format {kind[:10]}, which is read as AN")
                written = "AN"
            return f"{written}{min(max(least, _X12_LEAST.get(written, 1)), most)}/{most}"
        if 1 < least < most:
            self._unread.append(f"{file}: {name} has at least {least} characters, which EDIFACT cannot say")
        written = "n" if number or kind in _NUMBERS else "a" if kind == "A" else "an"
        return f"{written}{'' if least == most else '..'}{most}"

    def table(self, header: Mapping[str, Value]) -> list[object]:
        """The message's segments and groups in our notation; :class:`_Unfit` when it cannot be a guide."""
        self._groups = self._places = 0
        level = header["LEVEL"]
        inner = self._level(level if isinstance(level, list) else [], 1)
        trailer = "UNT" if self._standard == "edifact" else "SE"
        tag = "UNH" if self._standard == "edifact" else "ST"
        if not inner or not isinstance(inner[-1], str) or inner[-1].split("!")[0] != trailer:
            raise _Unfit(f"it does not end with {trailer}")
        if not self._known(tag):
            raise _Unfit(f"segment {tag} is not in its recorddefs")
        return [f"{tag}!", *inner[:-1], f"{trailer}!"]

    def _level(self, places: list[Value], depth: int) -> list[object]:
        if depth > DEEPEST:
            raise _Unfit(f"groups stand more than {DEEPEST} deep in each other")
        content: list[object] = []
        for place in places:
            self._places += 1
            if self._places > MOST_PLACES:
                raise _Unfit(f"it has more than {MOST_PLACES} segments")
            if not isinstance(place, dict):
                raise _Unfit(_reason(place, "a place in its structure is no table"))
            tag, least, most = place.get("ID"), place.get("MIN", 0), place.get("MAX", 1)
            if not isinstance(tag, str) or not self._known(tag):
                raise _Unfit(_reason(tag, f"segment {tag} is not in its recorddefs"))
            if not isinstance(least, int) or not isinstance(most, int) or not 0 <= least <= most or most < 1:
                raise _Unfit(f"{tag} stands {least} to {most} times")
            quantity = _times(min(least, UNBOUNDED), min(most, UNBOUNDED))
            level = place.get("LEVEL")
            if isinstance(level, list) and level:
                self._groups += 1
                name = f"SG{self._groups}" if self._standard == "edifact" else tag
                content.append([f"{name}{quantity}", f"{tag}!", *self._level(level, depth + 1)])
            elif "LEVEL" in place and not isinstance(level, list):
                raise _Unfit(_reason(level, f"what stands below {tag} is no list"))
            else:
                content.append(f"{tag}{quantity}")
        return content

    def _known(self, tag: str) -> bool:
        return tag in self._segments or (self._standard == "edifact" and tag in SERVICE_SEGMENTS)

    def directory(self) -> Directory:
        """Everything that was gathered."""
        return Directory(
            standard=self._standard,
            version=self._version,
            origin=f"Imported from Bots grammars of {self._version}",
            segments={tag: (content, "") for tag, content in sorted(self._segments.items())},
            composites={ref: (content, "") for ref, content in sorted(self._composites.items())},
            elements={ref: (written, "") for ref, written in sorted(self._elements.items())},
        )


def _reason(value: Value, otherwise: str) -> str:
    return f"line {value.line}: {value.reason}" if isinstance(value, Nothing) else otherwise


def _ref(name: str, standard: str) -> str:
    """``1001`` for ``C002.1001#2``; in X12 the whole name, ``AK401_02`` for ``AK401.02``."""
    if standard == "edifact":
        name = name.rpartition(".")[2].partition("#")[0]
    ref = re.sub(r"[^A-Za-z0-9_]", "", name.replace(".", "_"))[:30]
    if not ref:
        raise _Unfit(f"{name[:20]!r} is no name of a field")
    return ref


def _quantity(name: str, must: Value) -> str:
    times: Value = 1
    if isinstance(must, list | tuple) and len(must) == 2:
        must, times = must
    if must not in ("M", "C"):
        raise _Unfit(_reason(must, f"{name} is neither M nor C"))
    if not isinstance(times, int) or not 1 <= times < 10**9:
        raise _Unfit(_reason(times, f"{name} repeats {times} times"))
    return ("!" if must == "M" else "") + (f"*{times}" if times > 1 else "")


def _times(least: int, most: int) -> str:
    if least > 1:
        return f"*{least}..{most}"
    return ("!" if least else "") + (f"*{most}" if most > 1 else "")


def _lengths(name: str, length: Value) -> tuple[int, int, int]:
    """Least and greatest length, and decimals: ``9`` · ``(3, 9)`` · ``8.3``."""
    least: Value = 1
    if isinstance(length, list | tuple) and len(length) == 2:
        least, length = length
    decimals = 0
    if isinstance(length, float) and 1 <= length < 10**6:
        whole, _, places = str(length).partition(".")
        length, decimals = int(whole), int(places[:1] or 0)
    if isinstance(least, float) and 0 <= least < 10**6:
        least = int(least)
    if isinstance(least, int) and isinstance(length, int) and 0 <= least <= length and 1 <= length < 10**16:
        return max(least, 1), length, decimals
    raise _Unfit(_reason(length, f"{name} has no length"))
