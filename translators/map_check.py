"""A map against its guide: every segment, group and place it names must exist, in the guide's order.

Loading a map cannot check this, because a map may be read where no guide is. Whoever has both checks before the first
message: a path the guide does not have would never match anything, and nobody would notice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from translators.grammar import Guide
from translators.grammar import Place as GuidePlace
from translators.map_document import MapFault
from translators.map_paths import Place
from translators.map_rules import Field, Map, Part

_SYNTAX_VERSION = 3


def check_map(rules: Map, guide: Guide) -> list[MapFault]:
    """What in the map does not fit the guide, with its line; nothing when it fits."""
    return list(_parts(rules.name, rules.parts, guide.root))


def _parts(name: str, parts: Sequence[Part], group: GuidePlace) -> Iterator[MapFault]:
    at = 0
    for part in parts:
        found = next(
            (child for child in group.children if child.name == part.node.name and child.group == part.group), None
        )
        what = f"{'group' if part.group else 'segment'} {part.node.name}"
        if found is None or not found.used:
            yield MapFault(name, part.line, part.column, f"the guide has no {what} in {group.path or group.name}")
            continue
        if found.index < at:
            before = group.children[at].name
            yield MapFault(name, part.line, part.column, f"{what} stands before {before} in the guide: move it there")
        at = max(at, found.index)
        if part.binding == "each" and found.maximum == 1:
            yield MapFault(name, part.line, part.column, f"{what} cannot repeat in the guide, but `each` needs it to")
        for condition in part.node.conditions:
            inside = found if condition.tag is None else _child(found, condition.tag)
            if inside is None:
                yield MapFault(name, part.line, part.column, f"the guide has no segment {condition.tag} in {what}")
            elif not (condition.values and condition.tag is None) and not _exists(inside, condition.place):
                # Without a tag, the condition's value is also a constant of the segment, and checked as that.
                yield MapFault(name, part.line, part.column, f"{inside.name} has no place {_text(condition.place)}")
        if part.group:
            yield from _parts(name, part.parts, found)
        else:
            yield from _places(name, part, found)


def _places(name: str, part: Part, found: GuidePlace) -> Iterator[MapFault]:
    for field in part.fields:
        for place in _of(field):
            if not _exists(found, place):
                yield MapFault(name, field.line, field.column, f"{found.name} has no place {_text(place)}")
    for place in (*(constant.place for constant in part.constants), *part.counters):
        if not _exists(found, place):
            yield MapFault(name, part.line, part.column, f"{found.name} has no place {_text(place)}")


def _of(field: Field) -> Iterator[Place]:
    yield from field.places
    yield from (constant.place for constant in field.beside)


def _child(group: GuidePlace, tag: str) -> GuidePlace | None:
    return next((child for child in group.children if child.name == tag and not child.group), None)


def _exists(found: GuidePlace, place: Place) -> bool:
    spec = found.spec(_SYNTAX_VERSION)
    elements = spec.flat.elements if spec is not None else ()
    return place.element <= len(elements) and place.component <= len(elements[place.element - 1].components)


def _text(place: Place) -> str:
    return f"{place.element}.{place.component}"
