"""Every segment to its place: a message's flat segments arranged into the groups of its guide.

A segment that fits goes where the standard's rule puts it: the next place in the table with its tag. That decides
nearly all segments of nearly all messages in one look-up each, and by their tags alone: their elements are asked for
only where a qualifier or a code decides.

Where nothing fits without a fault there are usually several readings: a mandatory segment is missing, or this segment
is out of order, or one too many, or its group lost its first segment. Each reading is played forward over the next
segments, and the one with the fewest faults is taken; between equals, the table's order decides. So one missing
segment is one finding, a misplaced one is one finding, and what follows is read in the right groups again. The search
is bounded (``AHEAD`` segments, ``PATIENCE`` times a message), so a hopeless message costs no more than a fair one.

Where a guide splits a group by a qualifier, the segment's own value says which variant it is; a value that no variant
lists is a fault of that reading, so a later group that takes it is preferred. Variants come in any order, and which of
them are still owed is asked when their group is left.

Nothing is dropped: what has no place stays in the tree where it stood, marked as a stray.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import msgspec

from translators.grammar import BORDERS, Guide, Place, Route, restricts
from translators.tree import Node, elements_of

AHEAD = 6
PATIENCE = 200


class _Frame(msgspec.Struct, frozen=True, gc=False):
    """A group that is open: the index of the child last seen, and how often that was seen, in all and by variant."""

    group: Place
    at: int
    seen: int
    by_variant: tuple[int, ...] = ()


_Frames = list[_Frame]
"""The groups that are open, outermost first."""


class Misfit(NamedTuple):
    """A fault of order or quantity. ``at`` is that of the segment it is reported at; ``place`` what it is about."""

    code: str
    at: int
    place: Place | None
    times: int = 0


class Arrangement:
    """Which way each segment went, and what is wrong, in order of discovery.

    ``groups`` are the occurrences of groups (place, index of the first segment, index behind the last), for guides
    whose conditions ask for them.
    """

    def __init__(
        self,
        segments: Sequence[Node],
        name: str,
        routes: list[Route | None],
        misfits: list[Misfit],
        groups: list[tuple[Place, int, int]],
    ) -> None:
        self._segments = segments
        self._name = name
        self._routes = routes
        self.misfits = misfits
        self.groups = groups

    @cached_property
    def places(self) -> list[Place | None]:
        """For each segment its place, ``None`` for a stray."""
        return [route.chain[-1] if route is not None else None for route in self._routes]

    @cached_property
    def tree(self) -> Node:
        """The segments in their groups; strays are marked in it."""
        tree = Node(name=self._name, group=True, children=[])
        opened = [tree]
        for segment, route in zip(self._segments, self._routes, strict=True):
            if route is None:
                segment.stray = True
            else:
                del opened[len(opened) - route.up :]
                for place in route.chain[:-1]:
                    node = Node(name=place.name, group=True, children=[])
                    opened[-1].children.append(node)
                    opened.append(node)
            opened[-1].children.append(segment)
        return tree


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
        self.frames: _Frames = [_Frame(guide.root, 0, 1)]
        self.routes: list[Route | None] = []
        self.misfits: list[Misfit] = []
        self.groups: list[tuple[Place, int, int]] = []
        self.entered: list[tuple[Place, int]] = []
        self.patience = PATIENCE

    def run(self) -> Arrangement:
        header = self.guide.header
        for index, segment in enumerate(self.segments):
            if index == 0 and segment.name == header.name:
                self.routes.append(Route(0, (header,), (), 0))
                continue
            if self._go_on(index, segment):
                continue
            route = self._choose(index)
            if route is None:
                self._stray(index)
            else:
                self._go(index, route)
        trailer = self.guide.trailer
        last = self.routes[-1] if self.routes else None
        if last is None or last.chain[-1] is not trailer:
            for end in self.guide.routes(self._here(self.frames), trailer.name):
                if end.chain == (trailer,):
                    self._leave(len(self.segments), end)
                    break
        self._close(len(self.entered), len(self.segments))
        return Arrangement(self.segments, self.guide.type, self.routes, self.misfits, self.groups)

    def _go_on(self, index: int, segment: Node) -> bool:
        """Goes the plain way that nearly all segments go, by their tags alone; whether there is one.

        It does what :meth:`_choose` and :meth:`_go` do where those have nothing to weigh.
        """
        frames = self.frames
        inner = frames[-1]
        here = inner.group.children[inner.at]
        route = here.plain.get(segment.name) or self.guide.plain_route(here, segment.name)
        if route is None:
            return False
        up, chain = route.up, route.chain
        outer, target = frames[-1 - up], chain[0]
        seen = outer.seen + 1 if target.index == outer.at else 1
        if seen > target.maximum:
            return False
        if up:
            del frames[-up:]
        if self.guide.conditions:
            self._close(up, index)
            self.entered += [(place, index) for place in chain[:-1]]
        frames[-1] = _Frame(outer.group, target.index, seen)
        for group, child in pairwise(chain):
            frames.append(_Frame(group, child.index, 1))
        self.routes.append(route)
        return True

    @staticmethod
    def _here(frames: _Frames) -> Place:
        frame = frames[-1]
        return frame.group.children[frame.at]

    def _choose(self, index: int) -> Route | None:
        segment = self.segments[index]
        tag = segment.name
        if tag not in self.guide.tags:
            return None
        frame = self.frames[-1]
        here = frame.group.children[frame.at]
        routes = here.routes.get(tag) or self.guide.routes(here, tag)
        if not routes:
            return None
        first = routes[0]
        if first.split is not None:
            first = first.resolved(elements_of(segment))
        least = self._cost(self.frames, first)
        if least == 0 and tag not in self.guide.choosy and tag not in BORDERS:
            return first
        routes = (first, *(route.resolved(elements_of(segment)) for route in routes[1:]))
        costs = [least, *(self._cost(self.frames, route) for route in routes[1:])]
        fitting = [route for route, cost in zip(routes, costs, strict=True) if cost == 0]
        if fitting:
            return self._preferred(index, fitting)
        if tag == self.guide.trailer.name:
            # The end is the end; whatever is missing before it, it is never a stray.
            return first
        ahead = 0
        if self.patience > 0:
            self.patience -= 1
            ahead = AHEAD
        following = self.segments[index + 1 : index + 1 + ahead]
        best: Route | None = None
        # Left where it is, it is one fault; one more when its qualifier says which variant it begins.
        told = any(place.variant for route in routes for place in route.chain[-2:])
        rank = (1 + told + self._future(self.frames, following), 2)
        for route, cost in zip(routes, costs, strict=True):
            own = (cost + self._future(self._moved(self.frames, route), following), route.kind)
            if own < rank:
                best, rank = route, own
        return best

    def _preferred(self, index: int, routes: Sequence[Route]) -> Route:
        """Of several faultless ways, the first; unless it opens another bounded stretch than the one that follows, or
        leads to a place whose guide does not list the segment's code while a later one's does."""
        first, segment = routes[0], self.segments[index]
        if len(routes) == 1:
            return first
        if segment.name in BORDERS:
            following = self.segments[index + 1].name if index + 1 < len(self.segments) else ""
            for route in routes:
                ways = self.guide.routes(route.chain[-1], following) if following in self.guide.tags else ()
                if any(way.up == 0 and not way.missing for way in ways):
                    return route
        elif restricts(first.chain[-1]) and not _lists(first.chain[-1], segment):
            return next(
                (each for each in routes if restricts(each.chain[-1]) and _lists(each.chain[-1], segment)), first
            )
        return first

    def _cost(self, frames: _Frames, route: Route) -> int:
        """How many faults taking ``route`` would make."""
        cost = len(route.missing)
        target = route.chain[0]
        frame = frames[-1 - route.up]
        if (
            not target.used
            or route.split is not None
            or (target.index == frame.at and self._excess(target, frame, 1) is not None)
        ):
            cost += 1
        if self.guide.counted:
            cost += len(self._shortfalls(frames, route))
        return cost

    @staticmethod
    def _excess(target: Place, frame: _Frame, more: int) -> tuple[Place, int] | None:
        """What stands too often when ``target`` is there ``more`` times than ``frame`` says, and how often that is."""
        split = target.split
        if split is None:
            count = frame.seen + more
            return (target, count) if count > target.maximum else None
        count = frame.by_variant[split.variants.index(target)] + more
        if count > target.maximum:
            return target, count
        return (split, frame.seen + more) if frame.seen + more > split.maximum else None

    @staticmethod
    def _shortfalls(frames: _Frames, route: Route) -> list[tuple[Place, int]]:
        """(place, how often it was seen) of what was begun, and is left too early by ``route``."""
        short = []
        for depth in range(route.up + 1):
            frame = frames[-1 - depth]
            child = frame.group.children[frame.at]
            if depth == route.up and route.chain[0].index == child.index:
                continue
            if not child.used:
                continue
            if frame.seen < child.minimum:
                short.append((child, frame.seen))
            for variant, count in zip(child.variants, frame.by_variant, strict=True):
                if variant.used and count < variant.minimum:
                    short.append((variant, count))
        return short

    @staticmethod
    def _moved(frames: _Frames, route: Route) -> _Frames:
        frames = frames[: len(frames) - route.up]
        chain = route.chain
        target, frame = chain[0], frames[-1]
        again = target.index == frame.at
        by_variant: tuple[int, ...] = ()
        split = target.split or target
        if split.variants:
            by_variant = frame.by_variant if again and frame.by_variant else (0,) * len(split.variants)
            if target is not split:
                slot = split.variants.index(target)
                by_variant = (*by_variant[:slot], by_variant[slot] + 1, *by_variant[slot + 1 :])
        frames[-1] = _Frame(frame.group, target.index, frame.seen + 1 if again else 1, by_variant)
        for place in chain[1:]:
            split = place.split or place
            by_variant = tuple(int(variant is place) for variant in split.variants) if split.variants else ()
            if place.parent is not None:
                frames.append(_Frame(place.parent, place.index, 1, by_variant))
        return frames

    def _future(self, frames: _Frames, segments: Sequence[Node]) -> int:
        """The faults that reading ``segments`` from here would make, taking the cheapest way at each."""
        total = 0
        for segment in segments:
            tag = segment.name
            routes = self.guide.routes(self._here(frames), tag) if tag in self.guide.tags else ()
            best, least = None, (len(self.guide.tags) if tag == self.guide.trailer.name else 1)
            for way in routes:
                route = way.resolved(elements_of(segment)) if way.split is not None else way
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
            excess = self._excess(target, self.frames[-len(route.chain)], 0)
            if excess is not None:
                place, count = excess
                self.misfits.append(Misfit("group-repeats" if place.group else "segment-repeats", index, place, count))
        if self.guide.conditions:
            self._close(route.up, index)
            self.entered += [(place, index) for place in route.chain[:-1]]
        self.routes.append(route)

    def _close(self, groups: int, index: int) -> None:
        """Notes that so many groups, the innermost, end before the segment at ``index``."""
        for _ in range(groups):
            place, first = self.entered.pop()
            self.groups.append((place, first, index))

    def _stray(self, index: int) -> None:
        segment = self.segments[index]
        self.routes.append(None)
        if segment.name in self.guide.tags:
            code = "segment-out-of-order"
        elif segment.name in self.guide.directory.known_tags:
            code = "segment-unexpected"
        else:
            code = "segment-unknown"
        self.misfits.append(Misfit(code, index, None))


def _lists(place: Place, segment: Node) -> bool:
    """Whether the segment's first value is among the codes that ``place`` allows there."""
    codes = place.segment.elements[0].components[0].codes if place.segment is not None else None
    elements = elements_of(segment)
    return codes is not None and bool(elements) and elements[0][0][0].rstrip(" ") in codes
