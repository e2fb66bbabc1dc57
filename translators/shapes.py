"""The shape of a message: which group each of its segments is in, by the tags alone.

In most guides the tags decide it, so it is worked out once for each sequence of tags and kept. Where a guide looks at
codes to tell its groups apart, or something is amiss, there is no shape, and :mod:`translators.placing` says more.
"""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

from translators.grammar import BORDERS, Guide, Place

Shape = dict[str, list]  # type: ignore[type-arg]
"""A group: by tag the numbers of its segments, by name and ``/`` the groups in it."""

SHAPES = 512
"""Sequences of tags kept for a guide."""
LONGEST = 400
"""Segments of the longest sequence kept."""

_shapes: WeakKeyDictionary[Guide, dict[tuple[str, ...], Shape]] = WeakKeyDictionary()


def shape_of(segments: Sequence[Sequence[str]], guide: Guide) -> Shape | None:
    """Which group each segment is in, for a message without faults; ``None`` where the tags alone do not say."""
    tags = tuple([segment[0] for segment in segments])
    known = _shapes.get(guide)
    if known is None:
        known = _shapes[guide] = {}
    found = known.get(tags)
    if found is None:
        found = _arranged(tags, guide)
        if found is not None and len(tags) <= LONGEST:
            if len(known) >= SHAPES:
                known.clear()
            known[tags] = found
    return found


def paths_of(tags: Sequence[str], guide: Guide) -> list[str] | None:
    """The way through the guide to each segment behind the first, where :func:`shape_of` has a shape."""
    shape = shape_of([(tag,) for tag in tags], guide)
    if shape is None:
        return None
    paths = [""] * len(tags)
    _note_paths(shape, "", paths)
    return paths[1:]


def _note_paths(shape: Shape, above: str, paths: list[str]) -> None:
    for name, inside in shape.items():
        if name.endswith("/"):
            for group in inside:
                _note_paths(group, f"{above}{name}", paths)
        else:
            for number in inside:
                paths[number] = f"{above}{name}"


def _arranged(tags: Sequence[str], guide: Guide) -> Shape | None:
    """The groups as :mod:`translators.placing` makes them: each tag takes the first way that is no fault."""
    if guide.counted or not tags or tags[0] != guide.header.name:
        return None
    root: Shape = {tags[0]: [0]}
    nodes: list[Shape] = [root]
    groups: list[Place] = [guide.root]
    at, seen = [0], [1]
    for number in range(1, len(tags)):
        tag = tags[number]
        if tag in guide.choosy or tag in BORDERS or tag not in guide.tags:
            return None
        for up, chain, missing, _, split in guide.routes(groups[-1].children[at[-1]], tag):
            depth = len(groups) - 1 - up
            target = chain[0]
            again = target.index == at[depth]
            if split is not None or target.split is not None:
                return None
            if missing or not target.used or (again and seen[depth] + 1 > target.maximum):
                continue
            del nodes[depth + 1 :], groups[depth + 1 :], at[depth + 1 :], seen[depth + 1 :]
            seen[depth] = seen[depth] + 1 if again else 1
            at[depth] = target.index
            for place in chain[:-1]:
                node: Shape = {}
                nodes[-1].setdefault(f"{place.name}/", []).append(node)
                nodes.append(node)
                groups.append(place)
                at.append(0)
                seen.append(1)
            nodes[-1].setdefault(tag, []).append(number)
            break
        else:
            return None
    return root
