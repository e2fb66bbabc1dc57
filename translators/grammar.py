"""The compiled form of a guide: places, the ways between them, and the rules that hold at each.

A message's table is a tree of :class:`Place`, one for each segment and group. How a segment finds its place is a
question the guide answers and remembers: for a place and the tag of the next segment, the :class:`Route` s that lead
there, in the order the standard would try them: the segment again, what follows it, its group again, what follows the
group. They are worked out when first asked for, so a guide loads in no time and each question is a dictionary look-up
from then on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from translators.dictionary import Directory
from translators.elements import STANDARD, SegmentSpec
from translators.finding import Severity

DEEPEST = 8
"""How many places inside groups whose first segment is missing are considered for a segment. A choice, not a standard:
tags like DTM stand in dozens of groups, and beyond the likeliest few a guess is worth nothing."""


class Place:
    """One segment or group of a message, where it stands in the message's table."""

    __slots__ = (
        "children",
        "group",
        "index",
        "layers",
        "maximum",
        "minimum",
        "name",
        "parent",
        "path",
        "routes",
        "segment",
        "service",
        "title",
        "used",
    )

    def __init__(self, name: str, minimum: int, maximum: int, parent: Place | None, index: int, group: bool) -> None:
        self.name = name
        self.minimum = minimum
        self.maximum = maximum
        self.parent = parent
        self.index = index
        self.group = group
        self.path: str = f"{parent.path}/{name}" if parent is not None and parent.parent is not None else name
        self.title = ""
        self.children: list[Place] = []
        self.used = True
        self.layers: dict[str, str] = {}
        self.segment: SegmentSpec | None = None
        """What the segment contains; ``None`` for groups."""
        self.service: SegmentSpec | None = None
        """The same under syntax 4, where that is another matter: UNH."""
        self.routes: dict[str, tuple[Route, ...]] = {}

    def __repr__(self) -> str:
        return f"Place({self.path})"

    @property
    def tag(self) -> str:
        """The segment's tag; of a group, the tag of its first segment."""
        return self.children[0].tag if self.group else self.name

    @property
    def mandatory(self) -> bool:
        return self.used and self.minimum > 0

    def layer(self, rule: str) -> str:
        """The name of the layer that set ``usage`` or ``repeat`` here."""
        return self.layers.get(rule, STANDARD)

    def walk(self) -> Iterator[Place]:
        """This place and all below it, in the order of the table."""
        yield self
        for child in self.children:
            yield from child.walk()

    def spec(self, syntax_version: int) -> SegmentSpec | None:
        """What the segment contains under this syntax version."""
        return self.service if syntax_version >= 4 and self.service is not None else self.segment


class Route(NamedTuple):
    """One way on from a place: leave ``up`` groups, then enter ``chain``, whose last place is the segment's own.

    ``missing`` are the mandatory places that this way passes over. ``kind`` orders ways that are equally good: the
    table's own (0), into a group whose first segment is missing (1), and into one more occurrence of such a group (3);
    leaving the segment where it is as a stray is 2.
    """

    up: int
    chain: tuple[Place, ...]
    missing: tuple[Place, ...]
    kind: int


class Guide:
    """The compiled grammar of one message; :func:`read_guide` makes it, and nothing changes it afterwards."""

    def __init__(self, name: str, title: str, root: Place, directory: Directory, layers: tuple[str, ...]) -> None:
        self.name = name
        """``edifact/D.96A/IFTSTA``"""
        self.title = title
        self.standard: Literal["edifact", "x12"] = directory.standard
        self.version = directory.version
        self.type = root.name
        self.root = root
        self.directory = directory
        self.layers = layers
        """The names of the layers applied, lowest first, without ``standard``."""
        self.severities: dict[str, list[tuple[str, Severity | Literal["off"], str]]] = {}
        """Finding code → (path it holds for, severity, layer), the later the stronger."""
        self.tags: frozenset[str] = frozenset(place.name for place in root.walk() if not place.group)
        self.counted = any(place.minimum > 1 for place in root.walk())

    def __repr__(self) -> str:
        return f"Guide({self.name!r})"

    @property
    def header(self) -> Place:
        """UNH or ST."""
        return self.root.children[0]

    @property
    def trailer(self) -> Place:
        """UNT or SE."""
        return self.root.children[-1]

    def find(self, path: str) -> list[Place]:
        """The places at ``path``: ``SG4/SG5/DTM``, ``*/DTM`` for wherever, ``LOC:2`` for the second of a name."""
        steps = path.split("/")
        found = [self.root]
        for number, step in enumerate(steps):
            name, _, ordinal = step.partition(":")
            if name == "*" and number == 0:
                found = [place for place in self.root.walk() if place.group]
                continue
            following = []
            for place in found:
                named = [child for child in place.children if child.name == name]
                if ordinal:
                    named = named[int(ordinal) - 1 : int(ordinal)] if ordinal.isdigit() else []
                following += named
            found = following
        return found

    def severity(self, code: str, path: str | None, default: Severity) -> tuple[Severity | Literal["off"], str | None]:
        """How bad a finding of ``code`` is at ``path``, and the layer that says so (``None``: the default holds)."""
        for at, severity, layer in reversed(self.severities.get(code, ())):
            if not at or (path is not None and (path == at or path.startswith(at + "/"))):
                return severity, layer
        return default, None

    def routes(self, place: Place, tag: str) -> tuple[Route, ...]:
        """The ways from ``place`` to the next segment ``tag``, in order of preference; none when it fits nowhere."""
        found = place.routes.get(tag)
        if found is None:
            found = place.routes[tag] = tuple(_routes(place, tag))
        return found


def _routes(place: Place, tag: str) -> list[Route]:
    proper: list[Route] = []
    deep: list[Route] = []
    again: list[Route] = []
    missing: tuple[Place, ...] = ()
    here, up = place, 0
    if place.name == tag and not (place.index == 0 and place.parent is not None and place.parent.parent is not None):
        proper.append(Route(0, (place,), (), 0))
    while here.parent is not None:
        group = here.parent
        for sibling in group.children[here.index + 1 :]:
            if sibling.group:
                if sibling.tag == tag:
                    proper.append(Route(up, (sibling, sibling.children[0]), missing, 0))
                deep += [Route(up, chain, missing + over, 1) for chain, over in _inside(sibling, tag)]
            elif sibling.name == tag:
                proper.append(Route(up, (sibling,), missing, 0))
            if sibling.mandatory:
                missing += (sibling,)
        if group.parent is not None:
            if group.tag == tag:
                proper.append(Route(up + 1, (group, group.children[0]), missing, 0))
            again += [Route(up + 1, chain, missing + over, 3) for chain, over in _inside(group, tag)]
        here, up = group, up + 1
    deep.sort(key=lambda route: len(route.missing))
    again.sort(key=lambda route: len(route.missing))
    return proper + deep[:DEEPEST] + again[:DEEPEST]


def _inside(group: Place, tag: str) -> Iterator[tuple[tuple[Place, ...], tuple[Place, ...]]]:
    """(chain, mandatory places passed over) for each place of ``tag`` in ``group`` behind its first segment."""
    missing: tuple[Place, ...] = ()
    for child in group.children:
        if child.index:
            if child.group:
                if child.tag == tag:
                    yield (group, child, child.children[0]), missing
                for chain, over in _inside(child, tag):
                    yield (group, *chain), missing + over
            elif child.name == tag:
                yield (group, child), missing
        if child.mandatory:
            missing += (child,)
