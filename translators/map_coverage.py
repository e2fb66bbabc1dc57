"""Coverage: what of a message a map has used, what it carries through as text, and what nobody reads.

A partner sends more than the standard map expects, or something else, and the message is valid all the same. Whoever
sets the partner up wants to see that before going live: by segment and element, over all messages of a file. Each value
that is there counts once, as

``mapped``   it became a canonical value, or stands for none knowingly;
``implied``  it says what the map's rule says already: a qualifier, a constant, a count;
``raw``      it is carried through in a segment kept as text;
``unread``   nobody here looks at it. A constant that differs from the map's counts here too: what it says is lost.

A run that is not asked for coverage pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from translators.grammar import Guide
from translators.map_paths import Place
from translators.map_rules import Part, Tree
from translators.syntax import Elements
from translators.tree import Node

Use = Literal["mapped", "implied", "raw", "unread"]
USES: tuple[Use, ...] = ("mapped", "implied", "raw", "unread")
EXAMPLES = 3
"""Different values that are shown of each place."""

_ENVELOPE = frozenset({"UNH", "UNT", "ST", "SE"})


class Uses:
    """What one run of a map has made of the segments of a message."""

    def __init__(self) -> None:
        self._nodes: dict[int, dict[Place, Use]] = {}
        self._raw: set[int] = set()
        self._kept: list[Node] = []
        """Nodes are known by ``id()``, so each must outlive this."""

    def mapped(self, node: Node, places: Sequence[Place]) -> None:
        """Values that were read."""
        self._of(node).update(dict.fromkeys(places, "mapped"))

    def implied(self, node: Node, part: Part) -> None:
        """Whatever in the segment says no more than the rule does."""
        elements = node.segment.elements if node.segment is not None else node.elements
        own = self._of(node)
        for condition in part.node.conditions:
            if condition.tag is None and condition.values and text_at(elements, condition.place) in condition.values:
                own.setdefault(condition.place, "implied")
        beside = [constant for field in part.fields for constant in field.beside]
        for constant in (*part.constants, *beside):
            if text_at(elements, constant.place) == constant.text:
                own.setdefault(constant.place, "implied")
        for place in (*part.counters, *(total.place for total in part.totals)):
            own.setdefault(place, "implied")

    def stated(self, node: Node, tree: Tree) -> None:
        """The places by which groups form a tree."""
        places = (tree.id, tree.parent, tree.level, tree.children)
        self._of(node).update({place: "implied" for place in places if place is not None})

    def carried(self, node: Node) -> None:
        """A segment that is kept as text."""
        self._raw.add(id(node))
        self._kept.append(node)

    def of(self, node: Node, place: Place) -> Use:
        """What became of the value at ``place``."""
        if id(node) in self._raw:
            return "raw"
        return self._nodes.get(id(node), {}).get(place, "unread")

    def _of(self, node: Node) -> dict[Place, Use]:
        if id(node) not in self._nodes:
            self._kept.append(node)
        return self._nodes.setdefault(id(node), {})


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the values at one place of one kind of segment."""

    message: str
    """The guide, such as ``edifact/D.96A/IFTSTA``."""
    path: str
    """The way through the guide, such as ``SG4/SG5/STS``."""
    element: int
    component: int
    name: str
    """What the guide calls the element; empty where it has none there."""
    mapped: int = 0
    implied: int = 0
    raw: int = 0
    unread: int = 0
    examples: tuple[str, ...] = ()
    """Some of the values, unread ones first of all when there are any."""

    @property
    def values(self) -> int:
        """How many there were."""
        return self.mapped + self.implied + self.raw + self.unread


class Coverage:
    """Adds up what became of the values of many messages."""

    def __init__(self) -> None:
        self.messages = 0
        self._order: dict[tuple[str, str], int] = {}
        self._counts: dict[tuple[str, str, Place], dict[Use, int]] = {}
        self._examples: dict[tuple[str, str, Place, Use], dict[str, None]] = {}
        self._names: dict[str, Guide | None] = {}

    def add(self, tree: Node, uses: Uses, message: str, guide: Guide | None = None) -> None:
        """One message: its tree, what its map has used of it, its name, and the guide for names of elements."""
        self.messages += 1
        self._names.setdefault(message, guide)
        for node, path in _segments(tree.children, ""):
            if node.name in _ENVELOPE:
                continue
            self._order.setdefault((message, path), len(self._order))
            elements = node.segment.elements if node.segment is not None else node.elements
            for place, text in _values(elements):
                use = uses.of(node, place)
                counts = self._counts.setdefault((message, path, place), dict.fromkeys(USES, 0))
                counts[use] += 1
                examples = self._examples.setdefault((message, path, place, use), {})
                if len(examples) < EXAMPLES:
                    examples.setdefault(text)

    def rows(self) -> list[Covered]:
        """A row for each place that had a value, in the order of the messages."""
        keys = sorted(self._counts, key=lambda key: (key[0], self._order[key[:2]], key[2]))
        return [self._row(*key, self._counts[key]) for key in keys]

    def _row(self, message: str, path: str, place: Place, counts: Mapping[Use, int]) -> Covered:
        uses: Iterable[Use] = ("unread", "raw", "mapped", "implied")
        shown = next(found for use in uses if (found := self._examples.get((message, path, place, use))))
        return Covered(
            message=message,
            path=path,
            element=place.element,
            component=place.component,
            name=_name(self._names[message], path, place),
            mapped=counts["mapped"],
            implied=counts["implied"],
            raw=counts["raw"],
            unread=counts["unread"],
            examples=tuple(shown),
        )


def text_at(elements: Elements, place: Place) -> str:
    """The value at a place, blanks around it left out."""
    if place.element > len(elements):
        return ""
    components = elements[place.element - 1][0]
    return components[place.component - 1].strip() if place.component <= len(components) else ""


def _values(elements: Elements) -> Iterator[tuple[Place, str]]:
    for number, element in enumerate(elements, 1):
        for repetition in element:
            for component, text in enumerate(repetition, 1):
                if text.strip():
                    yield Place(number, component), text.strip()


def _segments(nodes: Iterable[Node], above: str) -> Iterator[tuple[Node, str]]:
    for node in nodes:
        here = f"{above}/{node.name}" if above else node.name
        if node.group:
            yield from _segments(node.children, here)
        else:
            yield node, here


def _name(guide: Guide | None, path: str, place: Place) -> str:
    found = guide.find(path) if guide is not None else ()
    spec = found[0].spec(3) if found else None
    if spec is None or place.element > len(spec.flat.elements):
        return ""
    element = spec.flat.elements[place.element - 1]
    if len(element.components) > 1 and place.component <= len(element.components):
        return element.components[place.component - 1].name
    return element.name
