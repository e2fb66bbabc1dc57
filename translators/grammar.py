"""The compiled form of a guide: places, the ways between them, and the rules that hold at each.

A message's table is a tree of :class:`Place`, one for each segment and group. How a segment finds its place is a
question the guide answers and remembers: for a place and the tag of the next segment, the :class:`Route` s that lead
there, in the order the standard would try them: the segment again, what follows it, its group again, what follows the
group. They are worked out when first asked for, so a guide loads in no time and each question is a dictionary look-up
from then on.

**Variants.** A guide may split one standard group (or segment) by a qualifier: NAD+BY and NAD+SU are then two places
with rules of their own, where the standard has one SG2. The standard's place stays in the table, as the *split*; its
variants hang beside it in :attr:`Place.variants` and may come in any order. Routes lead to the split, and the value of
the qualifier says which variant a segment belongs to. Their paths are ``SG2[BY]/NAD``.

**Borders.** What stands between LS and LE (X12), or UGH and UGT (EDIFACT), is bounded: to get in, one passes the
opening segment, to get out, the closing one, although the tables call both optional. UNS needs no
such care; it is mandatory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from translators.dictionary import Directory
from translators.elements import STANDARD, SegmentSpec
from translators.finding import Finding, Severity
from translators.hierarchy import Hierarchy
from translators.syntax import Elements

if TYPE_CHECKING:
    from translators.recogniser import Recognisers

DEEPEST = 8
"""How many places inside groups whose first segment is missing are considered for a segment. A choice, not a standard:
tags like DTM stand in dozens of groups, and beyond the likeliest few a guess is worth nothing."""

BORDERS = {"LS": "LE", "UGH": "UGT"}
"""The segments that open a bounded stretch of a message, and those that close it."""

_STEP = re.compile(r"(?P<name>[A-Za-z0-9_*]+)(?:\[(?P<variant>[^\[\]]+)\])?(?::(?P<ordinal>\d+))?")
_VARIANT = re.compile(r"\[[^\[\]]*\]")


class Qualifier(NamedTuple):
    """What tells a variant from its siblings: the value at a place of its first segment, counted from 1.

    No ``values`` at all mark the variant for every other value.
    """

    element: int
    component: int
    values: frozenset[str]

    def value(self, elements: Elements) -> str:
        """The value that ``elements`` have there, without blanks at its end; ``""`` when there is none."""
        try:
            return elements[self.element - 1][0][self.component - 1].rstrip(" ")
        except IndexError:
            return ""


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
        "plain",
        "qualifier",
        "routes",
        "segment",
        "service",
        "split",
        "title",
        "used",
        "variant",
        "variants",
    )

    def __init__(
        self,
        name: str,
        minimum: int,
        maximum: int,
        parent: Place | None,
        index: int,
        group: bool,
        variant: str = "",
    ) -> None:
        self.name = name
        self.minimum = minimum
        self.maximum = maximum
        self.parent = parent
        self.index = index
        self.group = group
        step = f"{name}[{variant}]" if variant else name
        self.path: str = f"{parent.path}/{step}" if parent is not None and parent.parent is not None else step
        self.title = ""
        self.children: list[Place] = []
        self.used = True
        self.layers: dict[str, str] = {}
        self.segment: SegmentSpec | None = None
        """What the segment contains; ``None`` for groups."""
        self.service: SegmentSpec | None = None
        """The same under syntax 4, where that is another matter: UNH."""
        self.routes: dict[str, tuple[Route, ...]] = {}
        self.plain: dict[str, Route | None] = {}
        """What :meth:`Guide.plain_route` said."""
        self.variant = variant
        """The variant's name, ``""`` for all other places."""
        self.qualifier: Qualifier | None = None
        """What tells this variant from the others; ``None`` for places that are no variant."""
        self.split: Place | None = None
        """The place that this one is a variant of; it has the same parent and index."""
        self.variants: tuple[Place, ...] = ()
        """The variants this place is split into. Its own minimum and maximum count them all together; its own children
        hold for a qualifier that no variant lists."""

    def __repr__(self) -> str:
        return f"Place({self.path})"

    @property
    def tag(self) -> str:
        """The segment's tag; of a group, the tag of its first segment."""
        return self.children[0].tag if self.group else self.name

    @property
    def mandatory(self) -> bool:
        return self.used and self.minimum > 0

    @property
    def demanded(self) -> tuple[Place, ...]:
        """What is missing when this place is passed over: itself, or those of its variants that are required."""
        required = tuple(variant for variant in self.variants if variant.mandatory) if self.used else ()
        return required or ((self,) if self.mandatory else ())

    def variant_for(self, elements: Elements) -> Place:
        """The variant that a first segment with these ``elements`` belongs to; this place itself when none lists it."""
        other = self
        for variant in self.variants:
            qualifier = variant.qualifier
            if qualifier is None or not qualifier.values:
                other = variant
            elif qualifier.value(elements) in qualifier.values:
                return variant
        return other

    def layer(self, rule: str) -> str:
        """The name of the layer that set ``usage`` or ``repeat`` here."""
        return self.layers.get(rule, STANDARD)

    def walk(self) -> Iterator[Place]:
        """This place and all below it, in the order of the table; variants behind the place they split."""
        yield self
        for child in self.children:
            yield from child.walk()
        for variant in self.variants:
            yield from variant.walk()

    def spec(self, syntax_version: int) -> SegmentSpec | None:
        """What the segment contains under this syntax version."""
        return self.service if syntax_version >= 4 and self.service is not None else self.segment


class Route(NamedTuple):
    """One way on from a place: leave ``up`` groups, then enter ``chain``, whose last place is the segment's own.

    ``missing`` are the mandatory places that this way passes over. ``kind`` orders ways that are equally good: the
    table's own (0), into a group whose first segment is missing (1), and into one more occurrence of such a group (3);
    leaving the segment where it is as a stray is 2. ``split`` is the place in the chain whose variant the segment's
    own qualifier decides: the last but one when it is a group, the last when it is a segment.
    """

    up: int
    chain: tuple[Place, ...]
    missing: tuple[Place, ...]
    kind: int
    split: Place | None = None

    def resolved(self, elements: Elements) -> Route:
        """This way with the variant that ``elements``, those of the segment to be placed, belong to."""
        split = self.split
        if split is None:
            return self
        variant = split.variant_for(elements)
        if variant is split:
            return self
        tail = (variant, variant.children[0]) if variant.group else (variant,)
        return self._replace(chain=(*self.chain[: -len(tail)], *tail), split=None)


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
        self.hierarchy: Hierarchy | None = None
        """The rules of the HL tree, for messages that are one."""
        self.conditions: list[Condition] = []
        """Segments and groups that other values require or forbid."""
        self.recognisers: Recognisers | None = None
        """What says quickly that a message is faultless; made when first asked (:mod:`translators.recogniser`)."""
        self.settle()

    def settle(self) -> None:
        """Works out what depends on the whole table; :func:`read_guide` calls it when all layers are applied."""
        places = list(self.root.walk())
        self.first: dict[str, Place] = {place.name: place for place in reversed(places) if not place.group}
        """The first segment of each tag in the table."""
        self.tags: frozenset[str] = frozenset(self.first)
        self.counted = any(place.minimum > 1 or place.variants for place in places)
        """Whether something may stand too seldom although it was begun: a minimum above 1, or a required variant."""
        self.bounded = not self.tags.isdisjoint(BORDERS)
        """Whether the table has stretches with an opening and a closing segment."""
        self.choosy: frozenset[str] = frozenset(place.name for place in places if restricts(place))
        """Tags whose first code a layer restricts somewhere, so that it may tell equally good places apart."""

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
        """The places at ``path``: ``SG4/SG5/DTM``, ``*/DTM`` for wherever, ``LOC:2`` for the second of a name.

        ``SG2[BY]/NAD`` is the NAD of one variant; below a split without a variant's name, ``SG2/NAD``, it is the NAD
        of each of them and of the split itself.
        """
        found = [self.root]
        for number, text in enumerate(path.split("/")):
            step = _STEP.fullmatch(text)
            if step is None:
                return []
            if step["name"] == "*":
                found = [place for place in self.root.walk() if place.group] if number == 0 else []
                continue
            if number:
                found = [each for place in found for each in (place, *place.variants)]
            following = []
            for place in found:
                named = [child for child in place.children if child.name == step["name"]]
                if step["ordinal"]:
                    named = named[int(step["ordinal"]) - 1 : int(step["ordinal"])]
                if step["variant"]:
                    named = [each for child in named for each in child.variants if each.variant == step["variant"]]
                following += named
            found = list(dict.fromkeys(following))
        return found

    def severity(self, code: str, path: str | None, default: Severity) -> tuple[Severity | Literal["off"], str | None]:
        """How bad a finding of ``code`` is at ``path``, and the layer that says so (``None``: the default holds).

        A rule for ``SG2`` holds in all its variants, one for ``SG2[BY]`` in that one.
        """
        rules = self.severities.get(code)
        if not rules:
            return default, None
        paths = (path or "", unvaried(path or ""))
        for at, severity, layer in reversed(rules):
            if not at or any(each == at or each.startswith(at + "/") for each in paths):
                return severity, layer
        return default, None

    def weighed(self, findings: Sequence[Finding]) -> list[Finding]:
        """``findings``, made without this guide, as severe as its layers find them; what they leave out is gone."""
        weighed = []
        for finding in findings:
            severity, layer = self.severity(finding.code, finding.where.path, finding.severity)
            if severity != "off":
                weighed.append(msgspec.structs.replace(finding, severity=severity, guide=layer or finding.guide))
        return weighed

    def routes(self, place: Place, tag: str) -> tuple[Route, ...]:
        """The ways from ``place`` to the next segment ``tag``, in order of preference; none when it fits nowhere."""
        found = place.routes.get(tag)
        if found is None:
            found = place.routes[tag] = tuple(_routes(place, tag))
        return found

    def plain_route(self, place: Place, tag: str) -> Route | None:
        """The first way from ``place`` to the next segment ``tag``, when no other may be better whatever is in the
        segment, and only the number of repetitions can be wrong with it; else ``None``."""
        if tag in place.plain or tag not in self.tags:
            return place.plain.get(tag)
        plain = None
        if not self.counted and tag not in self.choosy and tag not in BORDERS:
            routes = self.routes(place, tag)
            if routes and not routes[0].missing and routes[0].chain[0].used:
                plain = routes[0]
        place.plain[tag] = plain
        return plain


class Condition(NamedTuple):
    """A place that other values in the same group require, or forbid.

    In each occurrence of ``scope``: when a segment that stands at one of ``trigger`` has one of the values of
    ``at``, or any value there where none are named, ``place`` must stand, or may not.
    """

    place: Place
    scope: Place
    trigger: tuple[Place, ...]
    at: Qualifier
    forbids: bool
    layer: str


def unvaried(path: str) -> str:
    """``path`` without the names of variants: the standard's own, by which maps and loop names go."""
    return _VARIANT.sub("", path) if "[" in path else path


def restricts(place: Place) -> bool:
    """Whether a layer restricts the first code of this segment, so that a value speaks for or against it."""
    if place.segment is None or not place.segment.elements:
        return False
    first = place.segment.elements[0].components[0]
    return first.codes is not None and first.layer("codes") != STANDARD


def _routes(place: Place, tag: str) -> list[Route]:
    proper: list[Route] = []
    deep: list[Route] = []
    again: list[Route] = []
    missing: tuple[Place, ...] = ()
    here, up = place, 0
    if place.name == tag and not (place.index == 0 and place.parent is not None and place.parent.parent is not None):
        proper.append(_to(0, (), place, ()))
    while here.parent is not None:
        group = here.parent
        for sibling in group.children[here.index + 1 :]:
            over = missing + _passed(group, here.index, sibling.index)
            if sibling.group:
                if sibling.tag == tag:
                    proper.append(_to(up, (), sibling, over))
                deep += [Route(up, chain, over + more, 1, split) for chain, more, split in _inside(sibling, tag)]
            elif sibling.name == tag:
                proper.append(_to(up, (), sibling, over))
        missing += _passed(group, here.index, len(group.children))
        if group.parent is not None:
            again_in = group.split or group
            if group.tag == tag:
                proper.append(_to(up + 1, (), again_in, missing))
            again += [Route(up + 1, chain, missing + more, 3, split) for chain, more, split in _inside(again_in, tag)]
        here, up = group, up + 1
    deep.sort(key=lambda route: len(route.missing))
    again.sort(key=lambda route: len(route.missing))
    return proper + deep[:DEEPEST] + again[:DEEPEST]


def _to(up: int, chain: tuple[Place, ...], target: Place, missing: tuple[Place, ...]) -> Route:
    """The table's own way to ``target``, a segment, or a group by its first segment."""
    end = (target, target.children[0]) if target.group else (target,)
    return Route(up, (*chain, *end), missing, 0, target if target.variants else None)


def _passed(group: Place, start: int, end: int) -> tuple[Place, ...]:
    """What is missing in ``group`` on the way from its child ``start`` to its child ``end``, both left out."""
    found: list[Place] = []
    bounds = _bounds(group)
    for child in group.children[start + 1 : end]:
        # Left through its end, or entered through its beginning, a bounded stretch needs the segment passed over.
        leaves = bounds.get(child.index, end) <= start
        enters = any(opening == child.index and end <= closing for closing, opening in bounds.items())
        if leaves or enters:
            found.append(child)
        else:
            found += child.demanded
    return tuple(found)


def _bounds(group: Place) -> dict[int, int]:
    """The index of each closing segment among the children of ``group`` → that of its opening one."""
    found: dict[int, int] = {}
    waiting: list[Place] = []
    for child in group.children:
        if child.group:
            continue
        if child.name in BORDERS:
            waiting.append(child)
        elif waiting and child.name == BORDERS[waiting[-1].name]:
            found[child.index] = waiting.pop().index
    return found


def _inside(group: Place, tag: str) -> Iterator[tuple[tuple[Place, ...], tuple[Place, ...], Place | None]]:
    """(chain, mandatory places passed over, split) for each place of ``tag`` in ``group`` behind its first segment.

    Whose first segment is missing tells no variant; it is read as the first that has the rest.
    """
    if group.variants:
        for variant in group.variants:
            yield from _inside(variant, tag)
        return
    for child in group.children:
        if not child.index:
            continue
        missing = group.children[0].demanded + _passed(group, 0, child.index)
        if child.group:
            if child.tag == tag:
                route = _to(0, (group,), child, missing)
                yield route.chain, missing, route.split
            for chain, over, split in _inside(child, tag):
                yield (group, *chain), missing + over, split
        elif child.name == tag:
            yield (group, child), missing, child if child.variants else None
