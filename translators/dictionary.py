"""What a guide is written with: one directory's segments, composites, elements and code lists, in a short notation.

A *directory* (UN/EDIFACT D.96A, the service directory of syntax 4, X12 004010) and the messages of its version are one
JSON file, the *version file*. Structure in EDI is nothing but names with a quantity, so the file holds lines that a
person can check against the published table instead of nested objects::

    "segments":   {"DTM": ["C507!", "Date/time/period"]}
    "composites": {"C507": ["2005! 2380 2379", "Date/time/period"]}
    "elements":   {"2379": ["an..3", "Date/time/period format qualifier"]}
    "codes":      {"2379": "101 102 103 …"}
    "messages":   {"IFTSTA": {"name": "International multimodal status report", "content": ["UNH!", "BGM!", …]}}

Such a file is read in a millisecond or two (:func:`read_directory`): lines stay text until a guide needs them, messages
stay JSON. That every line of it is right is asked where a file is made or tested (:func:`check_directory`), not each
time one is used.

A *use* is a reference with a quantity: ``C507`` may stand once, ``C507!`` must, ``C507*5`` may stand five times,
``!*9`` once to nine times, ``*2..9`` two to nine times, ``*..`` as often as wished. A use in a segment or composite may
also give its own representation (``3039=an..17``) or its own code list (``143@997``).

A *representation* is written as its standard writes it: ``an..35``, ``a3``, ``n..18`` in EDIFACT (ISO 9735-1, annex A);
type and lengths in X12: ``AN1/30``, ``ID2``, ``N0 1/9`` as ``N0.1/9``, ``R1/10``, ``DT8``, ``TM4/8``, ``B1/999``.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import Literal

import msgspec

UNBOUNDED = 10**9
"""The maximum of what may be repeated without end."""


class GuideError(ValueError):
    """Guide data that cannot be used; the text names the file, the place in it, and what to write instead."""


ValueType = Literal["a", "n", "an", "AN", "ID", "N", "R", "DT", "TM", "B"]
_TYPES: dict[str, ValueType] = dict(a="a", n="n", an="an", AN="AN", ID="ID", R="R", DT="DT", TM="TM", B="B")


class Representation(msgspec.Struct, frozen=True):
    """What values look like: a type, and the least and greatest length, in characters or, of numbers, in digits."""

    type: ValueType
    minimum: int
    maximum: int
    decimals: int = 0
    """Implied decimal places of X12's N types."""

    def __str__(self) -> str:
        if self.type in ("a", "n", "an"):
            return f"{self.type}{self.maximum}" if self.minimum == self.maximum else f"{self.type}..{self.maximum}"
        kind = f"N{self.decimals}" if self.type == "N" else self.type
        return f"{kind} {self.minimum}/{self.maximum}"


class Use(msgspec.Struct, frozen=True):
    """A reference to a segment, composite or element with the quantity in which it stands there."""

    ref: str
    minimum: int
    maximum: int
    representation: Representation | None = None
    codes: str | None = None


_EDIFACT = re.compile(r"(an|a|n)(\.\.)?(\d+)")
_X12 = re.compile(r"(AN|ID|N(\d)\.|R|DT|TM|B)(\d+)(?:/(\d+))?")
_USE = re.compile(r"(?P<ref>[A-Za-z0-9_]+)(?:=(?P<as>[^@!*]+))?(?:@(?P<codes>[^!*]+))?(?P<must>!)?(?:\*(?P<times>.*))?")
_TIMES = re.compile(r"(?:(?P<least>\d+)?(?P<dots>\.\.))?(?P<most>\d+)?")


@lru_cache(maxsize=4096)
def read_representation(text: str) -> Representation:
    """The representation written as ``text``; :class:`GuideError` when it is none."""
    if found := _EDIFACT.fullmatch(text):
        length = int(found[3])
        return Representation(_TYPES[found[1]], 1 if found[2] else length, length)
    if found := _X12.fullmatch(text):
        least = int(found[3])
        most = int(found[4]) if found[4] else least
        if least <= most:
            if found[2]:
                return Representation("N", least, most, int(found[2]))
            return Representation(_TYPES[found[1]], least, most)
    raise GuideError(f"{text!r} is no representation: write an..35, a3, n..18, or AN1/30, ID2, N0.1/9, DT8")


@lru_cache(maxsize=16384)
def read_use(text: str) -> Use:
    """The use written as ``text``; :class:`GuideError` when it is none."""
    found = _USE.fullmatch(text)
    times = _TIMES.fullmatch(found["times"]) if found and found["times"] is not None else None
    if not found or (found["times"] is not None and (not times or found["times"] == "")):
        raise GuideError(f"{text!r} is no use: write REF, REF!, REF*9, REF!*9, REF*2..9 or REF*..")
    least, most = (1 if found["must"] else 0), 1
    if times:
        most = int(times["most"]) if times["most"] else UNBOUNDED
        least = int(times["least"]) if times["least"] else least
    if least > most or most == 0:
        raise GuideError(f"{text!r} asks for {least} to {most} occurrences")
    representation = read_representation(found["as"]) if found["as"] else None
    return Use(found["ref"], least, most, representation, found["codes"])


class Directory(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, dict=True):
    """One version's shared dictionary, as its file says it; texts are compiled when a guide first needs them."""

    standard: Literal["edifact", "x12"]
    version: str
    origin: str = ""
    segments: dict[str, tuple[str, str]] = {}
    composites: dict[str, tuple[str, str]] = {}
    elements: dict[str, tuple[str, str]] = {}
    codes: dict[str, str] = {}
    names: dict[str, dict[str, str]] = {}
    """Element → code → its short name, where the version's own file gives them."""
    notes: dict[str, str] = {}
    """Relational rules of a segment or composite: ``"P0304 C0605"``."""
    tags: str = ""
    """Further segment tags of the version, whose content is not in this file."""
    messages: dict[str, msgspec.Raw] = {}
    """The messages of the version by type, each as :func:`translators.guide.read_guide` takes it."""

    @cached_property
    def known_tags(self) -> frozenset[str]:
        """Every segment tag of the version, so that a segment *not of this message* is told from an unknown one."""
        return frozenset(self.segments) | frozenset(self.tags.split())

    def element(self, ref: str) -> tuple[str, str]:
        """An element's representation and name; :class:`GuideError` when the version does not define it."""
        try:
            return self.elements[ref]
        except KeyError:
            raise GuideError(f"{ref} is not defined in {self.standard}/{self.version}") from None


def read_directory(name: str, data: bytes) -> Directory:
    """The directory in ``data``, as a version file holds it; :class:`GuideError` when it is not of that form."""
    try:
        return msgspec.json.decode(data, type=Directory)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GuideError(f"{name}: {error}") from error


def check_directory(name: str, directory: Directory) -> None:
    """Checks every line of ``directory``; :class:`GuideError` names the first that is wrong."""
    for kind, table, targets in (
        ("segments", directory.segments, (directory.composites, directory.elements)),
        ("composites", directory.composites, (directory.elements,)),
    ):
        for key, (content, _) in table.items():
            for text in content.split():
                try:
                    use = read_use(text)
                except GuideError as error:
                    raise GuideError(f"{name}: {kind}.{key}: {error}") from error
                if not any(use.ref in target for target in targets):
                    raise GuideError(f"{name}: {kind}.{key}: {use.ref} is not defined in this file")
    for key, (text, _) in directory.elements.items():
        try:
            read_representation(text)
        except GuideError as error:
            raise GuideError(f"{name}: elements.{key}: {error}") from error
