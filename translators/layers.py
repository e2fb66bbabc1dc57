"""Layers applied: the changes of an industry, a partner or a single message made to a compiled guide, one by one.

:mod:`translators.changes` says which changes there are and how they are written. Each is checked against the guide as
the layers before it left it, and what it changes remembers the layer's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from itertools import takewhile

from msgspec.structs import replace

from translators.changes import (
    Add,
    AddComponent,
    AddElement,
    AnyChange,
    Codes,
    ConditionOf,
    Dated,
    Fixed,
    LayerFile,
    Length,
    Levels,
    PatternOf,
    Repeat,
    Rule,
    SeverityOf,
    Type,
    Usage,
    Variants,
)
from translators.codes import CODES
from translators.compiling import Compiler, compile_component, compile_element
from translators.dictionary import GuideError, read_representation, read_use
from translators.elements import ComponentSpec, ElementSpec, SegmentSpec
from translators.grammar import Condition, Guide, Place, Qualifier, unvaried
from translators.hierarchy import Hierarchy
from translators.patterns import PatternError, read_pattern
from translators.relations import Relation, read_relation
from translators.variants import split

_ELEMENT = re.compile(r"(?P<path>.+)/(?P<element>\d+)(?:\.(?P<component>\d+))?")

_OfComponent = Usage | Length | Type | Codes | Fixed | PatternOf | Repeat


def apply_layer(guide: Guide, name: str, layer: LayerFile, compiler: Compiler, on: date | None = None) -> None:
    """Applies the changes of ``layer`` to ``guide``; only for :func:`translators.guide.read_guide`.

    Raises :class:`GuideError` with the layer, the number of the change, what is wrong with it and what would be right.
    """
    if layer.guide != guide.name:
        raise GuideError(f"Layer {name} was written for {layer.guide}, not for {guide.name}")
    applying = _Applying(guide, name, compiler, on)
    for number, change in enumerate(layer.changes, 1):
        try:
            applying.apply(change)
        except (GuideError, PatternError) as error:
            raise GuideError(f"Layer {name}, change {number}: {error}") from error


class _Applying:
    """One layer on its way into one guide."""

    def __init__(self, guide: Guide, layer: str, compiler: Compiler, on: date | None) -> None:
        self._guide = guide
        self._layer = layer
        self._compiler = compiler
        self._on = on
        self._own = dict.fromkeys(("usage", "repeat", "length", "type", "codes"), layer)
        """The layers of what this one adds: every rule is its own."""

    def apply(self, change: AnyChange) -> None:
        match change:
            case SeverityOf():
                if change.of not in CODES:
                    raise GuideError(f"{change.of} is no finding code; the reference of finding codes lists them")
                if change.at:
                    self._places(change.at)
                self._guide.severities.setdefault(change.of, []).append((change.at, change.severity, self._layer))
            case Levels():
                self._set_levels(change)
            case Variants():
                for place in self._places(change.at):
                    self._bounds_nothing(place, change.at)
                    split(place, change, self._layer)
            case Add():
                self._add(change)
            case ConditionOf():
                self._add_condition(change)
            case AddElement() | Rule() if not _ELEMENT.fullmatch(change.at):
                self._change_segments(change.at, lambda spec: self._changed_segment(spec, change))
            case _:
                self._change(change)

    # Places

    def _places(self, path: str) -> list[Place]:
        places = [place for place in self._guide.find(path) if place is not self._guide.root]
        if not places:
            raise GuideError(f"{self._guide.name} has no {path}{self._near(path)}")
        return places

    def _near(self, path: str) -> str:
        """Where the last name of a path that is not there does stand, as a hint."""
        last = re.split(r"[\[:]", path.rpartition("/")[2])[0]
        found = [unvaried(place.path) for place in self._guide.root.walk() if place.name == last]
        if found:
            return f"; {last} stands at {', '.join(list(dict.fromkeys(found))[:6])}"
        above = self._guide.find(path.rpartition("/")[0]) if "/" in path else [self._guide.root]
        names = dict.fromkeys(child.name for place in above for child in place.children)
        return f"; there stand {', '.join(names)}" if names else ""

    @staticmethod
    def _bounds_nothing(place: Place, at: str) -> None:
        top = place.parent is not None and place.parent.parent is None
        if place.index == 0 or (top and place.parent is not None and place is place.parent.children[-1]):
            raise GuideError(
                f"{at} starts a group or bounds the message, and always stands once; change its group instead"
            )

    def _change(self, change: _OfComponent | AddElement | AddComponent | Rule) -> None:
        found = _ELEMENT.fullmatch(change.at)
        if found is None:
            for place in self._places(change.at):
                self._change_place(place, change)
            return
        element, component = int(found["element"]), int(found["component"]) if found["component"] else None
        if isinstance(change, Codes | Fixed):
            for place in self._places(found["path"]):
                _is_no_qualifier(place, element, component or 1, change.at)

        def changed(spec: SegmentSpec) -> SegmentSpec:
            if not 1 <= element <= len(spec.elements):
                raise GuideError(f"{spec.tag} has {len(spec.elements)} elements, and no {element}")
            new = self._changed_element(spec, spec.elements[element - 1], change, element, component)
            return replace(spec, elements=(*spec.elements[: element - 1], new, *spec.elements[element:]))

        self._change_segments(found["path"], changed)

    def _change_segments(self, path: str, changed: Callable[[SegmentSpec], SegmentSpec]) -> None:
        for place in self._places(path):
            if place.segment is None:
                raise GuideError(f"{place.path} is a group, and has no elements; name its segment: {path}/{place.tag}")
            for each in (place, *place.variants):
                if each.segment is not None:
                    each.segment = changed(each.segment)
                if each.service is not None:
                    each.service = changed(each.service)

    def _change_place(self, place: Place, change: _OfComponent | AddElement | AddComponent | Rule) -> None:
        self._bounds_nothing(place, change.at)
        match change:
            case Usage():
                for each in (place, *place.variants) if change.usage == "unused" else (place,):
                    each.used = change.usage != "unused"
                    each.minimum = max(1, each.minimum) if change.usage == "required" else 0
                    each.layers["usage"] = self._layer
            case Repeat():
                place.minimum = place.minimum if change.min is None else change.min
                place.maximum = place.maximum if change.max is None else change.max
                place.layers["repeat"] = self._layer
                if change.min is not None:
                    place.layers["usage"] = self._layer
            case _:
                kind = type(change).__struct_config__.tag
                raise GuideError(f"{change.at} is a segment or group; {kind} needs an element, {change.at}/1")
        if place.minimum > place.maximum or place.maximum < 1 or place.minimum < 0:
            raise GuideError(f"{change.at} would stand {place.minimum} to {place.maximum} times")

    # Elements

    def _changed_segment(self, spec: SegmentSpec, change: AddElement | Rule) -> SegmentSpec:
        if isinstance(change, AddElement):
            use = read_use(change.use)
            directory = self._guide.directory
            if use.ref not in directory.composites and use.ref not in directory.elements:
                raise GuideError(f"{use.ref} is not defined; define it in the layer, or name one of the version's")
            element = compile_element(use, directory)
            components = tuple(replace(each, layers=self._own) for each in element.components)
            added = replace(element, components=components, layers=self._own)
            return replace(spec, elements=(*spec.elements, added))
        relation = self._relation(change.rule, len(spec.elements), spec.tag)
        return replace(spec, relations=(*spec.relations, relation))

    def _relation(self, text: str, length: int, owner: str) -> Relation:
        try:
            relation = read_relation(text, self._layer)
        except ValueError as error:
            raise GuideError(str(error)) from error
        if max(relation.positions) > length:
            raise GuideError(f"{text} names a position that {owner} does not have; it has {length}")
        return relation

    def _changed_element(
        self,
        spec: SegmentSpec,
        old: ElementSpec,
        change: _OfComponent | AddElement | AddComponent | Rule,
        element: int,
        component: int | None,
    ) -> ElementSpec:
        match change:
            case Usage() if component is None:
                usage = {**old.layers, "usage": self._layer}
                return replace(old, required=change.usage == "required", used=change.usage != "unused", layers=usage)
            case Repeat() if component is None:
                return self._repeated(old, change)
            case Rule() | AddComponent() if not old.composite or component is not None:
                raise GuideError(f"{change.at} is no composite; it has no components to change")
            case Rule():
                relation = self._relation(change.rule, len(old.components), old.ref)
                return replace(old, relations=(*old.relations, relation))
            case AddComponent():
                use = read_use(change.use)
                if use.ref not in self._guide.directory.elements:
                    raise GuideError(f"{use.ref} is no element; define it in the layer, or name one of the version's")
                new = compile_component(use, self._guide.directory)
                return replace(old, components=(*old.components, replace(new, layers=self._own)))
            case AddElement():
                raise GuideError(f"an element is added to a segment; write {spec.tag} and not {change.at}")
        at = component or 1
        if component is None and old.composite:
            raise GuideError(f"{spec.tag} element {element} is composite: name a component, {element}.1")
        if not 1 <= at <= len(old.components):
            raise GuideError(f"{spec.tag} element {element} has {len(old.components)} components, and no {at}")
        changed = self._changed_component(old.components[at - 1], change)
        return replace(old, components=(*old.components[: at - 1], changed, *old.components[at:]))

    def _repeated(self, old: ElementSpec, change: Repeat) -> ElementSpec:
        least = old.least if change.min is None else max(change.min, 1)
        most = old.maximum if change.max is None else change.max
        if most < 1 or least > most or (change.min is not None and change.min < 0):
            raise GuideError(f"{change.at} would stand {change.min or 0} to {most} times")
        required = old.required if change.min is None else change.min > 0
        layers = {**old.layers, "repeat": self._layer}
        if change.min is not None:
            layers["usage"] = self._layer
        return replace(old, least=least, maximum=most, required=required, layers=layers)

    def _changed_component(self, spec: ComponentSpec, change: _OfComponent) -> ComponentSpec:
        def layers(*rules: str) -> dict[str, str]:
            return {**spec.layers, **dict.fromkeys(rules, self._layer)}

        match change:
            case Usage():
                required, used = change.usage == "required", change.usage != "unused"
                return replace(spec, required=required, used=used, layers=layers("usage"))
            case Length():
                form = spec.representation
                least = form.minimum if change.min is None else change.min
                most = form.maximum if change.max is None else change.max
                if not 0 <= least <= most or most < 1:
                    raise GuideError(f"{change.at} would have {least} to {most} characters")
                return replace(spec, representation=replace(form, minimum=least, maximum=most), layers=layers("length"))
            case Type():
                form = read_representation(change.type)
                if (form.type in ("a", "n", "an")) != (self._guide.standard == "edifact"):
                    example = "an..14 or n6" if self._guide.standard == "edifact" else "AN1/30 or N0.1/6"
                    raise GuideError(f"{change.type} is not of {self._guide.standard}; write {example}")
                return replace(spec, representation=form, layers=layers("type", "length"))
            case Codes():
                only = None if change.only is None else self._in_force(change.only)
                codes = spec.codes if only is None else only
                if codes is None:
                    raise GuideError(f"{change.at} has no code list; write one with only")
                codes = (codes | self._in_force(change.add)) - self._in_force(change.remove, certainly=True)
                return replace(spec, codes=codes, layers=layers("codes"))
            case Fixed():
                return replace(spec, codes=frozenset({change.value}), layers=layers("codes"))
            case PatternOf():
                if change.pattern is not None:
                    read_pattern(change.pattern)
                return replace(spec, pattern=change.pattern, layers=layers("pattern"))
            case Repeat():
                raise GuideError(f"{change.at} is a component, and stands once; repeat its element")

    def _in_force(self, codes: list[str | Dated], *, certainly: bool = False) -> frozenset[str]:
        """The codes that hold on the guide's day; without a day all of them, or ``certainly`` only undated ones."""
        found = set()
        for code in codes:
            if isinstance(code, str):
                found.add(code)
            elif code.holds(self._on) and not (certainly and self._on is None):
                found.add(code.code)
        return frozenset(found)

    # The table

    def _add(self, change: Add) -> None:
        if bool(change.after) == bool(change.before):
            raise GuideError("add says where: after, or before, a segment or group, and one of them only")
        for beside in self._places(change.after or change.before):
            parent = beside.parent
            if parent is None or (change.before and beside.index == 0):
                raise GuideError(f"nothing can stand before {beside.path}; it starts its group or the message")
            if change.after and parent.parent is None and beside is parent.children[-1]:
                raise GuideError(f"nothing can stand behind {beside.path}; it ends the message")
            if beside.split is not None:
                raise GuideError(f"{beside.path} is a variant; name the place that is split, {beside.split.path}")
            old, at = parent.children, beside.index + bool(change.after)
            parent.children = []
            self._compiler.fill(parent, change.content)
            added, parent.children = parent.children, [*old[:at], *parent.children, *old[at:]]
            for place in (each for one in added for each in one.walk()):
                place.layers = dict.fromkeys(("usage", "repeat"), self._layer)
            for index, child in enumerate(parent.children):
                for each in (child, *child.variants):
                    each.index = index

    def _set_levels(self, change: Levels) -> None:
        old = self._guide.hierarchy
        if old is None and "HL" not in {place.name for place in self._guide.root.walk()}:
            raise GuideError(f"{self._guide.name} has no HL segments, and so no levels")
        unknown = {under for all_under in change.levels.values() for under in all_under} - {"", *change.levels}
        if unknown:
            raise GuideError(f"level {sorted(unknown)[0]} is stood under and is not itself among the levels")
        levels = {level: frozenset(under) for level, under in change.levels.items()}
        segment = old.segment if old is not None else "HL"
        self._guide.hierarchy = Hierarchy(segment=segment, levels=levels, layer=self._layer)

    def _add_condition(self, change: ConditionOf) -> None:
        found = _ELEMENT.fullmatch(change.when)
        if found is None:
            raise GuideError(
                f"when names a segment's element whose value decides, such as BGM/1, and not {change.when}"
            )
        triggers = [place for place in self._places(found["path"]) if not place.group]
        (place, *others) = self._places(change.at)
        if others or not triggers:
            raise GuideError(f"{change.at if others else change.when} has to name one place, and does not")
        self._bounds_nothing(place, change.at)
        ways = [_above(each) for each in (place, *triggers)]
        scope = list(takewhile(lambda level: len(set(level)) == 1, zip(*ways, strict=False)))[-1][0]
        condition = Condition(
            place=place,
            scope=scope,
            trigger=tuple(triggers),
            at=Qualifier(int(found["element"]), int(found["component"] or 1), frozenset(change.values)),
            forbids=change.usage == "unused",
            layer=self._layer,
        )
        self._guide.conditions.append(condition)


def _above(place: Place) -> list[Place]:
    """The groups a place stands in, outermost first."""
    found: list[Place] = []
    while place.parent is not None:
        place = place.parent
        found.insert(0, place)
    return found


def _is_no_qualifier(place: Place, element: int, component: int, at: str) -> None:
    """Raises when the value tells variants apart; then it is the variants that say which values there are."""
    for each in (place, place.parent if place.index == 0 else None):
        owner = each.split or each if each is not None else None
        if owner is None:
            continue
        for variant in owner.variants:
            qualifier = variant.qualifier
            if qualifier is not None and (qualifier.element, qualifier.component) == (element, component):
                raise GuideError(f"{at} tells the variants of {owner.path} apart; change those with variants")
