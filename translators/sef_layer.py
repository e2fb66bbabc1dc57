"""What a SEF guideline takes away from its standard, as a layer of ours.

Three things in a SEF file speak of one place in one set instead of the standard: ``.`` before a segment (not used),
the mask of a segment (one sign for each element: ``.`` as the standard has it, ``#`` not used, and none of what stands
behind its end), and subsets of codes. They become changes of a layer (:mod:`translators.layers`) for the guide that the
set became. Any other sign of a mask or before a segment says how warmly something is recommended, which no reader can
check; it is named as not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from translators.sef_codes import read_list
from translators.sef_table import Content, Item, Loop

_PLACE = re.compile(r"(?P<set>[A-Za-z0-9]+)/(?P<ordinal>\d{1,6})///(?P<element>\d{1,4})")


class _Place(NamedTuple):
    item: Item
    path: str
    group: str
    """The path of the loop that the segment begins, ``""`` when it begins none."""


def loop_name(loop: Loop) -> str:
    """What an X12 loop is called: by the file, unless that is a number (those are elements), else by its segment."""
    trigger = loop.children[0] if loop.children else None
    named = trigger.ref if isinstance(trigger, Item) else ""
    return loop.id if loop.id and not loop.id.isdecimal() else named


def write_layer(
    guide: str,
    title: str,
    table: list[Item | Loop],
    segments: Mapping[str, Content],
    subsets: Mapping[str, list[str]],
) -> tuple[bytes | None, list[str]]:
    """The layer for ``guide`` (``None`` when nothing is taken away), and what of the guideline could not be read."""
    faults: list[str] = []
    changes: list[dict[str, object]] = []
    places = list(_places(table, "", guide.startswith("edifact/"), [0]))
    for place in places:
        if place.item.mark == "." and place in (places[0], places[-1]):
            faults.append(f"{place.path} bounds the message and cannot be unused")
        elif place.item.mark == ".":
            changes.append({"set": "usage", "at": place.group or place.path, "usage": "unused"})
            continue
        elif place.item.mark:
            faults.append(f"the sign {place.item.mark} before {place.path} is not read")
        if place.item.mask and place.item.ref in segments:
            changes += _masked(place, segments[place.item.ref], faults)
    changes += _allowed(guide.rpartition("/")[2], places, segments, subsets, faults)
    if not changes:
        return None, faults
    rows = ",\n  ".join(json.dumps(change) for change in changes)
    head = f'{{"guide": {json.dumps(guide)}, "about": {json.dumps(title, ensure_ascii=False)},\n "changes": ['
    return f"{head}\n  {rows}]}}\n".encode(), faults


def _places(table: list[Item | Loop], parent: str, edifact: bool, groups: list[int]) -> Iterator[_Place]:
    """Every segment in order with its path; ``groups`` counts EDIFACT's segment groups."""
    names = [entry.ref if isinstance(entry, Item) else loop_name(entry) for entry in table]
    for number, entry in enumerate(table):
        name = names[number]
        ordinal = f":{names[: number + 1].count(name)}" if names.count(name) > 1 else ""
        if isinstance(entry, Item):
            yield _Place(entry, f"{parent}{name}{ordinal}", "")
            continue
        groups[0] += 1
        group = f"{parent}SG{groups[0]}" if edifact else f"{parent}{name}{ordinal}"
        inner = list(_places(entry.children, f"{group}/", edifact, groups))
        yield inner[0]._replace(group=group)
        if inner[0].item.mark != ".":
            yield from inner[1:]
        else:  # With its first segment the whole loop goes; its segments keep their numbers and need no change.
            yield from (place._replace(item=place.item._replace(mark="", mask=0)) for place in inner[1:])


def _masked(place: _Place, content: Content, faults: list[str]) -> Iterator[dict[str, object]]:
    if place.item.mask > len(content.masks):
        faults.append(f"{place.path} has mask {place.item.mask}, which {place.item.ref} has not")
        return
    mask = content.masks[place.item.mask - 1]
    if other := sorted(set(mask) - {".", "#"}):
        faults.append(f"mask {place.item.mask} of {place.path} is not read: it has {' '.join(other)}")
        return
    for number in range(1, len(content.items) + 1):
        if mask[number - 1 : number] != ".":
            yield {"set": "usage", "at": f"{place.path}/{number}", "usage": "unused"}


def _allowed(
    message: str,
    places: list[_Place],
    segments: Mapping[str, Content],
    subsets: Mapping[str, list[str]],
    faults: list[str],
) -> Iterator[dict[str, object]]:
    """Changes for subsets of codes, each of which says set, number of the segment in it, and number of the element."""
    for ref, written in subsets.items():
        for subset in written:
            listed, _, where = subset.partition("]+")
            if not re.match(rf"{re.escape(message)}(/|$)", where):
                continue
            found = _PLACE.fullmatch(where.strip())
            ordinal, element = (int(found["ordinal"]), int(found["element"])) if found else (0, 0)
            place = places[ordinal - 1] if 1 <= ordinal <= len(places) else None
            uses = segments[place.item.ref].items if place is not None and place.item.ref in segments else []
            codes, unreadable = read_list(listed[1:])
            fits = 1 <= element <= len(uses) and uses[element - 1].ref == ref
            if place is None or not fits or unreadable or not codes:
                faults.append(f"a subset of the codes of {ref} is not read: {where.strip()[:40]}")
                continue
            yield {"set": "codes", "at": f"{place.path}/{element}", "only": codes}
