"""Every segment to its place: a message's flat segments arranged into the groups of its guide.

A segment that fits goes where the standard's rule puts it: the next place in the table with its tag. That decides
nearly all segments of nearly all messages in one look-up each.

Where nothing fits without a fault there are usually several readings: a mandatory segment is missing, or this segment
is out of order, or one too many, or its group lost its first segment. Each reading is played forward over the next
segments, and the one with the fewest faults is taken; between equals, the table's order decides. So one missing
segment is one finding, a misplaced one is one finding, and what follows is read in the right groups again. The search
is bounded (``AHEAD`` segments, ``PATIENCE`` times a message), so a hopeless message costs no more than a fair one.

Nothing is dropped: what has no place stays in the tree where it stood, marked as a stray.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from translators.grammar import Guide, Place, Route
from translators.tree import Node

AHEAD = 6
PATIENCE = 200

_Frames = list[tuple[Place, int, int]]
"""The groups that are open, outermost first: the group, the index of the child last seen, how often that was seen."""


class Misfit(NamedTuple):
    """A fault of order or quantity. ``at`` is that of the segment it is reported at; ``place`` what it is about."""

    code: str
    at: int
    place: Place | None
    times: int = 0


class Arrangement(NamedTuple):
    """The tree; for each segment its place, ``None`` for a stray; and what is wrong, in order of discovery."""

    tree: Node
    places: list[Place | None]
    misfits: list[Misfit]


def arrange(segments: Sequence[Node], guide: Guide) -> Arrangement:
    """The segments in the groups of ``guide``, and every fault of order, presence and repetition.

    ``segments`` starts with the message's header. A missing trailer is the envelope's matter and not reported here;
    what is missing before it is.
    """
    return _Placer(segments, guide).run()


class _Placer:
    def __init__(self, segments: Sequence[Node], guide: Guide) -> None:
        self.segments = segments
        self.guide = guide
        self.tree = Node(name=guide.type, group=True, children=[])
        self.open: list[Node] = [self.tree]
        self.frames: _Frames = [(guide.root, 0, 1)]
        self.places: list[Place | None] = []
        self.misfits: list[Misfit] = []
        self.patience = PATIENCE

    def run(self) -> Arrangement:
        header = self.guide.header
        for index, segment in enumerate(self.segments):
            if index == 0 and segment.name == header.name:
                self.tree.children.append(segment)
                self.places.append(header)
                continue
            route = self._choose(index)
            if route is None:
                self._stray(index)
            else:
                self._go(index, route)
        trailer = self.guide.trailer
        if not self.places or self.places[-1] is not trailer:
            for end in self.guide.routes(self._here(self.frames), trailer.name):
                if end.chain == (trailer,):
                    self._leave(len(self.segments), end)
                    break
        return Arrangement(self.tree, self.places, self.misfits)

    @staticmethod
    def _here(frames: _Frames) -> Place:
        group, at, _ = frames[-1]
        return group.children[at]

    def _choose(self, index: int) -> Route | None:
        tag = self.segments[index].name
        if tag not in self.guide.tags:
            return None
        routes = self.guide.routes(self._here(self.frames), tag)
        costs = []
        for route in routes:
            cost = self._cost(self.frames, route)
            if cost == 0:
                return route
            costs.append(cost)
        if not routes:
            return None
        if tag == self.guide.trailer.name:
            # The end is the end; whatever is missing before it, it is never a stray.
            return routes[0]
        ahead = 0
        if self.patience > 0:
            self.patience -= 1
            ahead = AHEAD
        following = [segment.name for segment in self.segments[index + 1 : index + 1 + ahead]]
        best: Route | None = None
        least = (1 + self._future(self.frames, following), 2)
        for route, cost in zip(routes, costs, strict=True):
            rank = (cost + self._future(self._moved(self.frames, route), following), route.kind)
            if rank < least:
                best, least = route, rank
        return best

    def _cost(self, frames: _Frames, route: Route) -> int:
        """How many faults taking ``route`` would make."""
        cost = len(route.missing)
        target = route.chain[0]
        _, at, count = frames[-1 - route.up]
        if (target.index == at and count >= target.maximum) or not target.used:
            cost += 1
        if self.guide.counted:
            cost += sum(1 for _ in self._shortfalls(frames, route))
        return cost

    @staticmethod
    def _shortfalls(frames: _Frames, route: Route) -> list[tuple[Place, int]]:
        """(place, how often it was seen) of what was begun, and is left too early by ``route``."""
        short = []
        for depth in range(route.up + 1):
            group, at, count = frames[-1 - depth]
            child = group.children[at]
            if depth == route.up and route.chain[0] is child:
                continue
            if child.used and count < child.minimum:
                short.append((child, count))
        return short

    @staticmethod
    def _moved(frames: _Frames, route: Route) -> _Frames:
        frames = frames[: len(frames) - route.up]
        group, at, count = frames[-1]
        target = route.chain[0]
        frames[-1] = (group, target.index, count + 1 if target.index == at else 1)
        for place in route.chain[1:]:
            if place.parent is not None:
                frames.append((place.parent, place.index, 1))
        return frames

    def _future(self, frames: _Frames, tags: Sequence[str]) -> int:
        """The faults that reading ``tags`` from here would make, taking the cheapest way at each."""
        total = 0
        for tag in tags:
            routes = self.guide.routes(self._here(frames), tag) if tag in self.guide.tags else ()
            best, least = None, (len(self.guide.tags) if tag == self.guide.trailer.name else 1)
            for route in routes:
                cost = self._cost(frames, route)
                if cost < least or (cost == least and best is None and route.kind < 2):
                    best, least = route, cost
                    if cost == 0:
                        break
            total += least
            if best is not None:
                frames = self._moved(frames, best)
        return total

    def _leave(self, index: int, route: Route) -> None:
        """Reports what is missing when ``route`` is taken at ``index``: at the segment before it."""
        last = max(index - 1, 0)
        if self.guide.counted:
            for place, count in self._shortfalls(self.frames, route):
                self.misfits.append(Misfit("group-missing" if place.group else "segment-missing", last, place, count))
        for place in route.missing:
            self.misfits.append(Misfit("group-missing" if place.group else "segment-missing", last, place))

    def _go(self, index: int, route: Route) -> None:
        self._leave(index, route)
        target = route.chain[0]
        self.frames = self._moved(self.frames, route)
        if not target.used:
            self.misfits.append(Misfit("segment-not-used", index, target))
        else:
            count = self.frames[-len(route.chain)][2]
            if count > target.maximum:
                code = "group-repeats" if target.group else "segment-repeats"
                self.misfits.append(Misfit(code, index, target, count))
        del self.open[len(self.open) - route.up :]
        for place in route.chain[:-1]:
            node = Node(name=place.name, group=True, children=[])
            self.open[-1].children.append(node)
            self.open.append(node)
        self.open[-1].children.append(self.segments[index])
        self.places.append(route.chain[-1])

    def _stray(self, index: int) -> None:
        segment = self.segments[index]
        segment.stray = True
        self.open[-1].children.append(segment)
        self.places.append(None)
        if segment.name in self.guide.tags:
            code = "segment-out-of-order"
        elif segment.name in self.guide.directory.known_tags:
            code = "segment-unexpected"
        else:
            code = "segment-unknown"
        self.misfits.append(Misfit(code, index, None))
