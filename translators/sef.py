"""SEF files: from the tables that a licensed user has in the Standard Exchange Format to guide data of ours.

SEF is a text file of sections, each begun by a line with a dot (``.SETS``, ``.SEGS``, ``.COMS``, ``.ELMS``,
``.CODES``), in which each line defines one thing: :mod:`translators.sef_table` reads the notation that sets, segments
and composites are written in. Together they are a directory in our sense, for X12 or for EDIFACT.

A SEF file is often more than a standard: it is somebody's guideline over it. What the guideline takes away (segments
and elements marked as not used, codes struck out at a place) belongs to no directory; it becomes a layer
(:mod:`translators.sef_layer`), so that the standard stays the standard and a finding can name the guideline.

Prose (``.TEXT``) and what a program wrote for itself (between ``.PRIVATE`` and ``.PUBLIC``) are left behind. Everything
else that cannot be read is named with its file and line: a line of unknown form, a sign whose meaning the format leaves
to its users, conditions between segments (``.SEMREFS``). Where an element is used and nowhere defined, any text passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from translators.dictionary import Directory, GuideError
from translators.imported import Imported, count, write_version
from translators.relations import NOTES, read_relation
from translators.sef_codes import read_codes
from translators.sef_layer import loop_name, write_layer
from translators.sef_table import Content, Item, Loop, SefError, read_content, read_set

SERVICE_SEGMENTS = frozenset(("UNA", "UNB", "UNE", "UNG", "UNH", "UNO", "UNP", "UNS", "UNT", "UNZ", "UGH", "UGT"))
"""EDIFACT segments that the syntax defines and not the directory; the guides of the service directories have them."""

_SECTION = re.compile(r"\.([A-Za-z]+)(?:[,\s]\s*(.*))?")
_DEFINITION = re.compile(r"\s*([A-Za-z0-9]{1,12})\s*=(.*)")
_DEFINING = ("SETS", "SEGS", "COMS", "ELMS", "CODES")
_LEFT_BEHIND = frozenset(("VER", "INI", "PRIVATE", "PUBLIC", "STD", "TEXT"))
_ELEMENT = re.compile(r"\s*([A-Za-z]+)([0-9]?)\s*,\s*(\d{1,15})\s*,\s*(\d{1,15})\s*")
_EDIFACT_VERSION = re.compile(r"([A-Z])[. ]?(\d\d[A-C])")
_X12_TYPES = {"AN": "AN", "ID": "ID", "R": "R", "DT": "DT", "TM": "TM", "B": "B"}
_EDIFACT_TYPES = {"AN": "an", "A": "a", "N": "n", "ID": "an"}
_ANY_TEXT: dict[str, str] = {"x12": "AN1/99999", "edifact": "an..99999"}


class _Line(NamedTuple):
    name: str
    text: str
    place: str


class _Sections(NamedTuple):
    """What one file says: its lines by section, and its ``.INI`` line."""

    name: str
    title: list[str]
    lines: dict[str, list[_Line]]


def import_sef(files: Mapping[str, bytes]) -> Imported:
    """The guide data of the SEF files in ``files`` (name → its bytes), which together are one version.

    Where several files define the same thing, the first one counts, and a later one that says otherwise is named.
    Raises :class:`GuideError` when there is no SEF in them, or SEF of several versions or of neither family.
    """
    unread: list[str] = []
    found = [
        sections for name, data in sorted(files.items()) if (sections := _sections(name, data, unread)) is not None
    ]
    if not found:
        raise GuideError("These files hold no SEF: a SEF file has sections .SETS and .SEGS")
    versions = {_version(sections, unread) for sections in found}
    if len(versions) != 1:
        names = ", ".join(" ".join(version) for version in sorted(versions))
        raise GuideError(f"These files are of several versions, {names}: import each version by itself")
    standard, version = versions.pop()
    reader = _Reader(standard, version, unread)
    for sections in found:
        reader.read(sections)
    directory = reader.directory(", ".join(_title(sections) for sections in found))
    return Imported(
        standard=standard,
        version=version,
        data=write_version(directory, reader.messages),
        counts=count(directory, len(reader.messages)),
        unread=unread,
        layers=reader.layers,
    )


def _sections(name: str, data: bytes, unread: list[str]) -> _Sections | None:
    """The lines of a SEF file by section; ``None`` when it has no sets and no segments."""
    sections = _Sections(name, [], {})
    section, private = "", False
    passed: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").decode("latin-1").splitlines(), 1):
        if heading := _SECTION.fullmatch(line.strip()):
            section = heading[1].upper()
            private = section == "PRIVATE" or (private and section != "PUBLIC")
            continue
        if private or not line.strip():
            continue
        place = f"{name} line {number}"
        if section == "INI" and not sections.title:
            sections.title.extend(part.strip() for part in line.split(",", 5))
        elif section in _DEFINING:
            definition = _DEFINITION.fullmatch(line)
            if definition:
                entry = _Line(definition[1].upper(), definition[2], place)
                sections.lines.setdefault(section, []).append(entry)
            else:
                unread.append(f"{place}: .{section} has lines of the form NAME=…, not {line.strip()[:30]!r}")
        elif section and section not in _LEFT_BEHIND:
            first, lines = passed.get(section, (place, 0))
            passed[section] = (first, lines + 1)
    if not {"SETS", "SEGS"} & sections.lines.keys():
        return None
    for section, (place, lines) in passed.items():
        unread.append(f"{place}: section .{section} is not read ({lines} lines)")
    return sections


def _title(sections: _Sections) -> str:
    return sections.title[5] if len(sections.title) > 5 and sections.title[5] else sections.name


def _version(sections: _Sections, unread: list[str]) -> tuple[Literal["edifact", "x12"], str]:
    """Family and version by the ``.INI`` line: ``NAME,,004 010,X,X12-4010,Title``."""
    fields = [*sections.title, *[""] * 6]
    joined, agency = "".join(fields[2].split()).upper(), fields[3].upper()
    tags = {item.ref for line in sections.lines.get("SETS", []) for item in _first_items(line)}
    if agency in ("TD", "GC"):
        raise GuideError(f"{sections.name}: agency {agency} is neither X12 nor EDIFACT; those two are read")
    standard: Literal["edifact", "x12"] = "edifact" if agency == "UN" or (not agency and "UNH" in tags) else "x12"
    if standard == "edifact" and (written := _EDIFACT_VERSION.search(joined)):
        return standard, f"{written[1]}.{written[2]}"
    if standard == "x12" and re.fullmatch(r"\d{6}[A-Z0-9]*", joined):
        return standard, joined
    name = re.sub(r"[^A-Za-z0-9.]", "", joined or fields[4] or fields[0])[:40].strip(".") or "unnamed"
    unread.append(f"{sections.name}: .INI names no version that is known, so it is called {name}")
    return standard, name


def _first_items(line: _Line) -> Iterator[Item]:
    try:
        yield from (entry for entry in read_set(line.text)[:1] if isinstance(entry, Item))
    except SefError:
        return


class _Reader:
    """Gathers one version from the sections of its files, and says what it could not read."""

    def __init__(self, standard: Literal["edifact", "x12"], version: str, unread: list[str]) -> None:
        self._standard, self._version, self._unread = standard, version, unread
        self._segments: dict[str, tuple[Content, str]] = {}
        self._composites: dict[str, tuple[Content, str]] = {}
        self._elements: dict[str, str] = {}
        self._codes: dict[str, str] = {}
        self._undefined: set[str] = set()
        self.messages: dict[str, dict[str, object]] = {}
        self.layers: dict[str, bytes] = {}

    def read(self, sections: _Sections) -> None:
        """Everything in one file; what an earlier file defined stays."""
        lines = {kind: self._first(sections.lines.get(kind, [])) for kind in _DEFINING}
        for line in lines["ELMS"]:
            self._keep(self._elements, line, self._element(line))
        subsets: dict[str, list[str]] = {}
        for line in lines["CODES"]:
            codes, subset, faults = read_codes(line.text)
            for fault in faults:
                self._say(line, f"{line.name}: {fault}")
            self._keep(self._codes, line, codes)
            subsets.setdefault(line.name, subset)
        for kind, table in (("COMS", self._composites), ("SEGS", self._segments)):
            for line in lines[kind]:
                self._content(table, line)
        for line in lines["SETS"]:
            self._set(line, subsets, _title(sections))

    def _first(self, lines: list[_Line]) -> list[_Line]:
        """The lines without those that define again what one before them defines."""
        first: dict[str, _Line] = {}
        for line in lines:
            if first.setdefault(line.name, line).text != line.text:
                self._say(line, f"{line.name} is defined twice; the first one counts")
        return list(first.values())

    def _say(self, line: _Line, text: str) -> None:
        self._unread.append(f"{line.place}: {text}")

    def _keep(self, table: dict[str, str], line: _Line, value: str | None) -> None:
        if value and table.setdefault(line.name, value) != value:
            self._say(line, f"{line.name} differs from an earlier file, which counts")

    def _element(self, line: _Line) -> str | None:
        """``an..35`` or ``AN1/35`` for ``AN,1,35``."""
        found = _ELEMENT.fullmatch(line.text)
        if not found:
            self._say(line, f"{line.name} is no element of the form TYPE,least,greatest: any text passes")
            return _ANY_TEXT[self._standard]
        kind, decimals, least, most = found[1].upper(), found[2], max(int(found[3]), 1), int(found[4])
        if least > most:
            self._say(line, f"{line.name} has no length between {least} and {most}: any text passes")
            return _ANY_TEXT[self._standard]
        if self._standard == "x12":
            if kind == "N":
                return f"N{decimals or 0}.{least}/{most}"
            if kind not in _X12_TYPES or decimals:
                self._say(line, f"{line.name} is of type {kind}{decimals}, which is read as AN")
            return f"{_X12_TYPES.get(kind, 'AN')}{least}/{most}"
        if kind not in _EDIFACT_TYPES:
            self._say(line, f"{line.name} is of type {kind}, which is read as an")
        if 1 < least < most:
            self._say(line, f"{line.name} has at least {least} characters, which EDIFACT cannot say: read as ..{most}")
        return f"{_EDIFACT_TYPES.get(kind, 'an')}{'' if least == most else '..'}{most}"

    def _content(self, table: dict[str, tuple[Content, str]], line: _Line) -> None:
        if self._standard == "edifact" and line.name in SERVICE_SEGMENTS:
            return
        try:
            content = read_content(line.text)
        except SefError as error:
            self._say(line, f"{line.name}: {error}")
            return
        known = table.get(line.name)
        if known is not None:
            if known[0][:2] != content[:2]:
                self._say(line, f"{line.name} differs from an earlier file, which counts")
            return
        notes = []
        for note in map(_note, content.notes):
            try:
                if max(read_relation(note).positions) > len(content.items):
                    self._say(line, f"{line.name}: {note} names a position that it does not have")
                    continue
            except ValueError as error:
                self._say(line, f"{line.name}: {error}")
                continue
            notes.append(note)
        table[line.name] = (content._replace(notes=notes), line.place)

    def _set(self, line: _Line, subsets: Mapping[str, list[str]], title: str) -> None:
        if line.name in self.messages:
            self._say(line, f"{line.name} is in an earlier file, which counts")
            return
        try:
            table = read_set(line.text)
            ends = [entry for entry in (*table[:1], *table[-1:]) if isinstance(entry, Item)]
            if [end.ref for end in ends] not in (["UNH", "UNT"], ["ST", "SE"]):
                raise SefError("it does not run from ST to SE, or from UNH to UNT")
            table[0], table[-1] = (end._replace(requirement="M", maximum=1) for end in ends)
            content = self._places(table, line, 0)[0]
        except SefError as error:
            self._say(line, f"{line.name} is left out: {error}")
            return
        self.messages[line.name] = {"name": title, "content": content}
        guide = f"{self._standard}/{self._version}/{line.name}"
        segments = {tag: content for tag, (content, _) in self._segments.items()}
        layer, faults = write_layer(guide, title, table, segments, subsets)
        for fault in faults:
            self._say(line, f"{line.name}: {fault}")
        if layer is not None:
            self.layers[guide] = layer

    def _places(self, table: list[Item | Loop], line: _Line, groups: int) -> tuple[list[object], int]:
        """A table's segments and groups in our notation, and how many groups there are up to its end."""
        content: list[object] = []
        for entry in table:
            if isinstance(entry, Item):
                if not self._known(entry.ref):
                    raise SefError(f"segment {entry.ref} is not in .SEGS")
                content.append(entry.ref + _quantity(self._required(entry, line), entry.maximum))
                continue
            trigger = entry.children[0] if entry.children else None
            if not isinstance(trigger, Item):
                raise SefError("a loop begins with a loop, or has nothing in it")
            if trigger.maximum != 1:
                self._say(line, f"{line.name}: {trigger.ref} begins a loop, and so stands once in it")
            groups += 1
            name = f"SG{groups}" if self._standard == "edifact" else loop_name(entry)
            head = name + _quantity(self._required(trigger, line), entry.maximum)
            once = trigger._replace(requirement="M", maximum=1)
            inner, groups = self._places([once, *entry.children[1:]], line, groups)
            content.append([head, *inner])
        return content, groups

    def _known(self, tag: str) -> bool:
        return tag in self._segments or (self._standard == "edifact" and tag in SERVICE_SEGMENTS)

    def _required(self, item: Item, line: _Line) -> bool:
        if item.requirement not in ("M", "O", "C", "X", ""):
            self._say(line, f"{line.name}: requirement {item.requirement} of {item.ref} is read as optional")
        return item.requirement == "M"

    def directory(self, origin: str) -> Directory:
        """Everything that was gathered; elements that are used and not defined take any text."""
        composites = {ref: self._uses(ref, *entry, inner=True) for ref, entry in sorted(self._composites.items())}
        segments = {ref: self._uses(ref, *entry, inner=False) for ref, entry in sorted(self._segments.items())}
        notes = {
            ref: " ".join(content.notes)
            for ref, (content, _) in [*self._composites.items(), *self._segments.items()]
            if content.notes
        }
        for ref in sorted(self._undefined):
            self._elements[ref] = _ANY_TEXT[self._standard]
        return Directory(
            standard=self._standard,
            version=self._version,
            origin=f"Imported from SEF: {origin}",
            segments={ref: (text, "") for ref, text in segments.items()},
            composites={ref: (text, "") for ref, text in composites.items()},
            elements={ref: (text, "") for ref, text in sorted(self._elements.items())},
            codes=dict(sorted(self._codes.items())),
            notes=notes,
        )

    def _uses(self, ref: str, content: Content, place: str, *, inner: bool) -> str:
        uses = []
        line = _Line(ref, "", place)
        for item in content.items:
            if item.ref not in self._elements and (inner or item.ref not in self._composites):
                self._undefined.add(item.ref)
                self._say(line, f"{ref}: {item.ref} is defined nowhere, so any text passes for it")
            if item.mark:
                self._say(line, f"{ref}: the sign {item.mark} before {item.ref} is not read")
            if item.mask:
                self._say(line, f"{ref}: mask {item.mask} of {item.ref} is not read")
            own = ""
            if item.lengths != (None, None):
                own = self._own_lengths(line, item)
            quantity = _quantity(self._required(item, line), 1 if inner else item.maximum)
            uses.append(item.ref + own + quantity)
        return " ".join(uses)

    def _own_lengths(self, line: _Line, item: Item) -> str:
        """``=AN2/5`` where an element has other lengths at its place."""
        found = re.fullmatch(r"([A-Za-z]+(?:\d\.)?)(?:(\.\.)?)(\d+)(?:/(\d+))?", self._elements.get(item.ref, ""))
        if not found:
            return ""
        most = item.lengths[1] or int(found[4] or found[3])
        if self._standard == "edifact":
            least = item.lengths[0] or 1
            return f"={found[1]}{'' if least == most else '..'}{most}"
        least = item.lengths[0] or int(found[3])
        if not 1 <= least <= most:
            self._say(line, f"{line.name}: {item.ref} has no length between {least} and {most}")
            return ""
        return f"={found[1]}{least}/{most}"


def _note(written: str) -> str:
    """A relational rule as :mod:`translators.relations` writes it: ``C0102`` for EDIFACT's ``D5(010,020)`` too."""
    found = re.fullmatch(r"D([1-7])\((\d{2,3}(?:,\d{2,3})*)\)", written)
    if not found:
        return written
    # The directories number positions in tens, 010, 020, 030.
    positions = [int(position[:2]) if len(position) == 3 else int(position) for position in found[2].split(",")]
    return NOTES[int(found[1]) - 1] + "".join(f"{position:02d}" for position in positions)


def _quantity(required: bool, maximum: int | None) -> str:
    times = "*.." if maximum is None else "" if maximum == 1 else f"*{maximum}"
    return ("!" if required else "") + times
