"""The tree that X12's HL segments form: built by parent id, with everything that is wrong with it.

The standard's HL loop is flat: shipment, order, pack and item follow each other in one list. What they form is said by
HL01 (own id), HL02 (the parent's id), HL03 (the level: S, O, P, I …) and HL04 (whether there are children), and only by
these: an item whose parent was sent earlier belongs there, whatever stands between. :func:`build` makes that tree.

A message keeps its flat order, because it is written so again; maps that want the tree ask for it here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

ROOT = ""
"""What a level that needs no parent stands under."""


class Hierarchy(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of a message's tree: which segment forms it, and under which levels each level may stand.

    ``levels`` is ``None`` in the bare standard, which allows any order. A guide's layer lists every level it uses with
    the levels it may stand under; ``""`` stands for none, so ``{"S": [""], "O": ["S"], "I": ["O", "P"], "P": ["O"]}``.
    """

    segment: str = "HL"
    levels: Mapping[str, frozenset[str]] | None = None
    layer: str = "standard"
    """The layer that set ``levels``."""


class Level(msgspec.Struct, kw_only=True):
    """One HL with what hangs on it. ``at`` is the caller's own number for the segment: its index in the message."""

    at: int
    id: str
    parent: str
    code: str
    children_stated: str
    """HL04 as sent: ``1`` there are children, ``0`` there are none, ``""`` not said."""
    children: list[Level] = []


class Flaw(NamedTuple):
    """A fault of the tree: a finding code, the ``at`` of its level, the element of HL, its value, and a text."""

    code: str
    at: int
    element: int
    value: str
    text: str
    layer: str | None = None


class Hierarchical(NamedTuple):
    """The levels that stand under no other, each with what hangs on it, and what is wrong, in message order."""

    roots: list[Level]
    flaws: list[Flaw]


def build(levels: Sequence[Level], rules: Hierarchy) -> Hierarchical:
    """The tree of ``levels``, given in message order. Nothing is lost: a level without a parent to hang on is a root.

    Of several levels with one id, the first is the parent of those that name it.
    """
    flaws: list[Flaw] = []
    by_id: dict[str, Level] = {}
    parents: dict[int, Level] = {}
    for number, level in enumerate(levels):
        flaws += _own_flaws(level, levels[number - 1] if number else None, by_id, rules)
        by_id.setdefault(level.id, level)
    for number, level in enumerate(levels):
        if not level.parent:
            continue
        parent = by_id.get(level.parent)
        if number == 0:
            text = f"the first {rules.segment} names the parent {level.parent!r}; it stands under no other"
            flaws.append(Flaw("hierarchy-root", level.at, 2, level.parent, text))
        elif parent is None:
            text = f"no {rules.segment} has the id {level.parent!r} that this one names as its parent"
            flaws.append(Flaw("hierarchy-parent-unknown", level.at, 2, level.parent, text))
        else:
            parents[level.at] = parent
    flaws += _cut_cycles(levels, parents, rules)
    roots: list[Level] = []
    for level in levels:
        parent = parents.get(level.at)
        (parent.children if parent is not None else roots).append(level)
    for level in levels:
        flaws += _family_flaws(level, parents.get(level.at), rules)
    return Hierarchical(roots, sorted(flaws, key=lambda flaw: (flaw.at, flaw.element)))


def _own_flaws(level: Level, before: Level | None, by_id: Mapping[str, Level], rules: Hierarchy) -> list[Flaw]:
    if level.id and level.id in by_id:
        text = f"the id {level.id!r} is that of an earlier {rules.segment}; each has its own"
        return [Flaw("hierarchy-duplicate", level.at, 1, level.id, text)]
    expected = 1
    if before is not None:
        if not _counts(before.id):
            return []
        expected = int(before.id) + 1
    if _counts(level.id) and int(level.id) != expected:
        text = f"the id {level.id!r} does not count up by one; {expected} was to be expected"
        return [Flaw("hierarchy-count", level.at, 1, level.id, text)]
    return []


def _counts(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _cut_cycles(levels: Sequence[Level], parents: dict[int, Level], rules: Hierarchy) -> list[Flaw]:
    """Finds levels that are their own ancestors, and takes the parent from the first of each ring."""
    flaws = []
    by_at = {level.at: level for level in levels}
    settled: set[int] = set()
    for level in levels:
        walked: dict[int, None] = {}
        here: Level | None = level
        while here is not None and here.at not in settled and here.at not in walked:
            walked[here.at] = None
            here = parents.get(here.at)
        if here is not None and here.at in walked:
            way = list(walked)
            first = by_at[min(way[way.index(here.at) :])]
            text = f"{rules.segment} {first.id!r} is its own ancestor by way of its parent {first.parent!r}"
            flaws.append(Flaw("hierarchy-cycle", first.at, 2, first.parent, text))
            del parents[first.at]
        settled.update(walked)
    return flaws


def _family_flaws(level: Level, parent: Level | None, rules: Hierarchy) -> list[Flaw]:
    flaws = []
    if rules.levels is not None and level.code:
        under = parent.code if parent is not None else ROOT
        allowed = rules.levels.get(level.code)
        if allowed is None:
            text = f"level {level.code!r} is not used; there are {', '.join(rules.levels)}"
            flaws.append(Flaw("hierarchy-level", level.at, 3, level.code, text, rules.layer))
        elif under not in allowed:
            where = f"under level {under!r}" if under else "without a parent"
            names = " or ".join(repr(each) if each else "no other" for each in sorted(allowed))
            text = f"level {level.code!r} may not stand {where}; it stands under {names}"
            flaws.append(Flaw("hierarchy-level", level.at, 3, level.code, text, rules.layer))
    if level.children_stated in ("0", "1") and (level.children_stated == "1") != bool(level.children):
        there = f"{len(level.children)} subordinate levels follow" if level.children else "no subordinate level follows"
        text = f"the code {level.children_stated} contradicts what follows: {there}"
        flaws.append(Flaw("hierarchy-children", level.at, 4, level.children_stated, text))
    return flaws
