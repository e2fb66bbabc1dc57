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
from translators.map_rules import Field, Map, Part, Tree

_SYNTAX_VERSION = 3


def check_map(rules: Map, guide: Guide) -> list[MapFault]:
    """What in the map does not fit the guide, with its line; nothing when it fits."""
    return list(_parts(rules.parts, guide.root))


def _parts(parts: Sequence[Part], group: GuidePlace) -> Iterator[MapFault]:
    at = 0
    for part in parts:
        file = part.map
        # A name may stand more than once, as UNS does in CUSDEC: the next one is meant.
        named = [child for child in group.children if child.name == part.node.name and child.group == part.group]
        found = next((child for child in named if child.index >= at), named[0] if named else None)
        what = f"{'group' if part.group else 'segment'} {part.node.name}"
        if found is None or not found.used:
            yield MapFault(file, part.line, part.column, f"the guide has no {what} in {group.path or group.name}")
            continue
        if found.index < at:
            before = group.children[at].name
            yield MapFault(file, part.line, part.column, f"{what} stands before {before} in the guide: move it there")
        at = max(at, found.index)
        if (part.binding == "each" or part.again or part.tree is not None) and found.maximum == 1:
            why = "again" if part.again else "levels" if part.tree is not None else "each"
            yield MapFault(file, part.line, part.column, f"{what} cannot repeat in the guide, but `{why}` needs it to")
        for condition in part.node.conditions:
            inside = found if condition.tag is None else _child(found, condition.tag)
            if inside is None:
                yield MapFault(file, part.line, part.column, f"the guide has no segment {condition.tag} in {what}")
            elif not (condition.values and condition.tag is None and not part.raw) and not _exists(
                inside, condition.place
            ):
                # Without a tag, the condition's value is also a constant of the segment, and checked as that.
                yield MapFault(file, part.line, part.column, f"{inside.name} has no place {_text(condition.place)}")
        if part.bounded and _child(group, "LS") is None:
            text = f"the guide has no LS and LE around {what}: `bounded` needs them"
            yield MapFault(file, part.line, part.column, text)
        if part.tree is not None:
            yield from _tree(part, part.tree, found)
        elif part.group:
            yield from _parts(part.parts, found)
        else:
            yield from _places(part, found)


def _tree(part: Part, tree: Tree, found: GuidePlace) -> Iterator[MapFault]:
    first = _child(found, tree.segment)
    for place in (tree.id, tree.parent, tree.level, tree.children):
        if first is None:
            text = f"the guide has no segment {tree.segment} in group {found.name}"
            yield MapFault(part.map, part.line, part.column, text)
            return
        if place is not None and not _exists(first, place):
            yield MapFault(part.map, part.line, part.column, f"{tree.segment} has no place {_text(place)}")
    for level in part.levels:
        yield from _parts(level.parts, found)
        yield from _levels(level, found)


def _levels(level: Part, found: GuidePlace) -> Iterator[MapFault]:
    for below in level.levels:
        yield from _parts(below.parts, found)
        yield from _levels(below, found)


def _places(part: Part, found: GuidePlace) -> Iterator[MapFault]:
    listed = [field for repeated in part.repeated for slot in repeated.slots for field in slot]
    for field in (*part.fields, *listed):
        for place in _of(field):
            if not _exists(found, place):
                yield MapFault(field.map, field.line, field.column, f"{found.name} has no place {_text(place)}")
    others = [*(constant.place for constant in part.constants), *part.counters, *(total.place for total in part.totals)]
    for place in others:
        if not _exists(found, place):
            yield MapFault(part.map, part.line, part.column, f"{found.name} has no place {_text(place)}")


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
