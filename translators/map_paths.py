"""The small grammars inside a map: places in a message, nodes picked by a qualifier, paths into the canonical form.

Places count as the standards count, the first element after the tag as 1: ``3`` is an element, ``2.1`` the first
component of the second. ``4.1-4.5`` and ``5, 6, 7`` are several places that one value lies in.

A node is a tag or a group's name, with conditions where the name alone does not say which: ``DTM[1.1=334]``,
``LOC[1=5|7]`` (any of them; the first is written), ``AT7[3]`` (has a value there), and for a group
``SG1[LOC/1=88]`` (a segment in it has).

A canonical path starts at the object in hand, or with ``/`` at the document. A list needs to say which item:

- ``consignments[only].number``: there can be one, more are an error
- ``channels[first].address``: the others are left behind, with a finding, unless a later ``each`` takes them
- ``consignments[single].references``: of the one there is; of none when there are more
- ``parties[role=carrier,id_system=scac].id``: the item with these values; reading makes it when it is not there
- ``/goods[loaded_at=@sequence]``: ``@`` takes the value from the object in hand
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

_PLACE = re.compile(r"([1-9][0-9]?)(?:\.([1-9][0-9]?))?")
_NODE = re.compile(r"([A-Za-z0-9_]+)(?:\[([^\[\]]+)\])?")
_CONDITION = re.compile(r"(?:([A-Za-z0-9_]+)/)?([0-9.]+)(?:=([^=]*))?")
_STEP = re.compile(r"([a-z][a-z0-9_]*)(?:\[([^\[\]]+)\])?(?:\.|$)")
_PICKS: dict[str, Literal["only", "first", "single"]] = {"only": "only", "first": "first", "single": "single"}
_MATCH = re.compile(r"([a-z][a-z0-9_]*)=(@?)([A-Za-z0-9_]+)")


class Place(NamedTuple):
    """An element and a component of a segment, both counted from 1."""

    element: int
    component: int


class Condition(NamedTuple):
    """What a node has to have: one of ``values`` at ``place``, or any value there when none are named."""

    tag: str | None
    """In a group, the segment that is looked at."""
    place: Place
    values: tuple[str, ...]


class NodePath(NamedTuple):
    """A tag or group name, and what picks among nodes of this name."""

    name: str
    conditions: tuple[Condition, ...]


class Match(NamedTuple):
    """A value that an item of a list has; ``reference`` when it is that of a field of the object in hand."""

    field: str
    value: str | int
    reference: bool


class Step(NamedTuple):
    """A field, and which item of it when it is a list."""

    name: str
    pick: Literal["", "only", "first", "single", "match"] = ""
    matches: tuple[Match, ...] = ()


class CanonicalPath(NamedTuple):
    """A way from the object in hand, or from the document, to a value."""

    text: str
    steps: tuple[Step, ...]
    absolute: bool


def read_places(text: str) -> tuple[Place, ...]:
    """The places that ``text`` names; raises ``ValueError`` with what is wrong."""
    places: list[Place] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        start = _place(first)
        if not dash:
            places.append(start)
            continue
        end = _place(last)
        if "." in first and start.element == end.element and start.component < end.component:
            places += [Place(start.element, number) for number in range(start.component, end.component + 1)]
        elif "." not in first and "." not in last and start.element < end.element:
            places += [Place(number, 1) for number in range(start.element, end.element + 1)]
        else:
            raise ValueError(f"`{part.strip()}` is no range: write 3-5 for elements or 4.1-4.5 for components")
    if len(set(places)) != len(places):
        raise ValueError(f"`{text}` names a place twice")
    return tuple(places)


def _place(text: str) -> Place:
    match = _PLACE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"`{text.strip()}` is no place: write an element, 3, or a component, 2.1")
    return Place(int(match[1]), int(match[2] or 1))


def read_node_path(text: str) -> NodePath:
    """The node that ``text`` names; raises ``ValueError`` with what is wrong."""
    match = _NODE.fullmatch(text)
    if not match:
        raise ValueError(f"`{text}` is no segment or group: write BGM, DTM[1.1=334] or SG1[LOC/1=88]")
    conditions = []
    for part in match[2].split(",") if match[2] else ():
        condition = _CONDITION.fullmatch(part.strip())
        if not condition:
            raise ValueError(f"`{part.strip()}` is no condition: write 1.1=334, 1=5|7 or 3")
        values = tuple(condition[3].split("|")) if condition[3] is not None else ()
        if "" in values:
            raise ValueError(f"`{part.strip()}` compares with nothing: write the values, or only the place")
        conditions.append(Condition(condition[1], _place(condition[2]), values))
    return NodePath(match[1], tuple(conditions))


def read_canonical_path(text: str) -> CanonicalPath:
    """The path that ``text`` is; raises ``ValueError`` with what is wrong."""
    absolute = text.startswith("/")
    rest = text[1:] if absolute else text
    steps: list[Step] = []
    at = 0
    while at < len(rest) or not steps:
        match = _STEP.match(rest, at)
        if not match or (match.end() == len(rest) and rest.endswith(".")):
            raise ValueError(f"`{text}` is no path: write fields with dots between, such as address.city")
        steps.append(_step(match[1], match[2]))
        at = match.end()
    return CanonicalPath(text, tuple(steps), absolute)


def _step(name: str, pick: str | None) -> Step:
    if pick is None:
        return Step(name)
    if word := _PICKS.get(pick):
        return Step(name, word)
    matches = []
    for part in pick.split(","):
        match = _MATCH.fullmatch(part.strip())
        if not match:
            raise ValueError(f"`{name}[{pick}]` picks nothing: write [only], [first] or [field=value]")
        matches.append(Match(match[1], match[3], bool(match[2])))
    return Step(name, "match", tuple(matches))
