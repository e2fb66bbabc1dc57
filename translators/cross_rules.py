"""Rules between segments: the tree of HL, bounded stretches that close what they opened, and what values ask for.

Where a segment stands and what is in it is settled before (:mod:`translators.placing`, :mod:`translators.contents`);
these rules look at several of them together. Each fault names the segment it is reported at by its index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from translators.grammar import BORDERS, Condition, Guide, Place
from translators.hierarchy import Hierarchical, Hierarchy, Level, build
from translators.placing import Arrangement
from translators.tree import Node, elements_of


class CrossFault(NamedTuple):
    """A fault between segments. ``place`` is what it is about; ``element`` is ``None`` when that is a whole segment."""

    code: str
    at: int
    place: Place | None
    element: int | None
    value: str | None
    text: str
    layer: str


def cross_faults(nodes: Sequence[Node], arrangement: Arrangement, guide: Guide) -> Iterator[CrossFault]:
    """Everything wrong between the segments of a message."""
    if guide.hierarchy is not None:
        for flaw in hierarchy_of(nodes, guide.hierarchy).flaws:
            segment, place = nodes[flaw.at], arrangement.places[flaw.at]
            text = f"{segment.name} (segment {flaw.at + 1}): {flaw.text}"
            yield CrossFault(flaw.code, flaw.at, place, flaw.element, flaw.value, text, flaw.layer or "standard")
    if guide.bounded:
        yield from _borders(nodes, arrangement.places)
    for condition in guide.conditions:
        yield from _condition(condition, nodes, arrangement)


def hierarchy_of(nodes: Sequence[Node], rules: Hierarchy) -> Hierarchical:
    """The tree of a message's levels, given all its segments in order; ``at`` of each level is its index there."""
    levels = [
        Level(
            at=index,
            id=_value(node, 1),
            parent=_value(node, 2),
            code=_value(node, 3),
            children_stated=_value(node, 4),
        )
        for index, node in enumerate(nodes)
        if node.name == rules.segment
    ]
    return build(levels, rules)


def _value(node: Node, number: int) -> str:
    elements = elements_of(node)
    return elements[number - 1][0][0].strip() if number <= len(elements) else ""


def _borders(nodes: Sequence[Node], places: Sequence[Place | None]) -> Iterator[CrossFault]:
    """Closing segments (LE, UGT) that name another stretch than the one that is open. A missing one is a gap in the
    table, and reported as that."""
    waiting: list[tuple[str, str]] = []
    closing = {last: first for first, last in BORDERS.items()}
    for index, node in enumerate(nodes):
        if node.name in BORDERS:
            waiting.append((node.name, _value(node, 1)))
        elif node.name in closing:
            name = _value(node, 1)
            key = (closing[node.name], name)
            if key in waiting:
                del waiting[len(waiting) - 1 - waiting[::-1].index(key) :]
                continue
            if not waiting:
                continue
            opened, expected = waiting.pop()
            text = f"{node.name} (segment {index + 1}) closes {name!r}; the {opened} that is open says {expected!r}"
            yield CrossFault("border-mismatch", index, places[index], 1, name, text, "standard")


def _condition(condition: Condition, nodes: Sequence[Node], arrangement: Arrangement) -> Iterator[CrossFault]:
    place, places = condition.place, arrangement.places
    stretches = [(0, len(nodes))]
    if condition.scope.parent is not None:
        stretches = [(first, end) for group, first, end in arrangement.groups if group is condition.scope]
    for first, end in stretches:
        met = next((at for at in range(first, end) if _decides(condition, nodes[at], places[at])), None)
        if met is None:
            continue
        value = condition.at.value(elements_of(nodes[met]))
        why = f"{nodes[met].name} (segment {met + 1}) has {value!r}"
        there = [at for at in range(first, end) if _stands(place, places[at])]
        name = (
            f"Group {place.name} ({place.tag} {place.title})" if place.group else f"{place.name} {place.title}".strip()
        )
        if condition.forbids:
            for at in there:
                text = f"{nodes[at].name} (segment {at + 1}) may not stand, because {why}"
                yield CrossFault("segment-excluded", at, place, None, nodes[at].name, text, condition.layer)
        elif not there:
            text = f"{name} is missing; it is required because {why}"
            yield CrossFault("segment-conditional-missing", met, place, None, None, text, condition.layer)


def _decides(condition: Condition, node: Node, place: Place | None) -> bool:
    if place not in condition.trigger:
        return False
    value = condition.at.value(elements_of(node))
    return value in condition.at.values if condition.at.values else bool(value)


def _stands(wanted: Place, place: Place | None) -> bool:
    """Whether a segment at ``place`` is the wanted one, or begins the wanted group, in whichever variant."""
    if place is None:
        return False
    if wanted.group:
        if place.index or place.parent is None:
            return False
        place = place.parent
    return place is wanted or place.split is wanted
