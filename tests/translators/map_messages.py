"""Messages of which a map reads everything, made from the map itself: what the laws of any map are tested over.

Every rule of the map gets nodes with values that its guide allows: codes of its tables and codes of the standard that
the tables do not know, dates in several formats, texts of any length. Such a message need not be valid as a whole; what
a map makes of it and writes again must be.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from random import Random

from translators.contents import check_segment
from translators.elements import Notation, SegmentSpec
from translators.grammar import Guide
from translators.map_paths import CanonicalPath, Place
from translators.map_rules import Field, Map, Part, Tree
from translators.syntax import Elements
from translators.tree import Node

_LETTERS = "ABCXYZ019 -/."
_UNITS = ("KGM", "MTQ", "LBR")
_DEGREES = ("CEL", "FAH")
_EDIFACT_MOMENTS = (
    ("202610011430", "203"), ("20261001", "102"), ("20261001143015", "204"), ("202610011430UTC", "303"),
)  # fmt: skip
_X12_MOMENTS = (("20261001", "1430", "LT"), ("20261001", "", ""), ("20261001", "143015", "UT"))
_SPECIAL = {
    "country": ("BE", "US", "NL"),
    "nationality": ("LR", "DE"),
    "currency": ("EUR", "USD"),
    "commodity_code": ("820559", "84137021"),
    "un_number": ("1263", "3480"),
}
"""Fields whose text must be of a form that the guide does not know."""


class _Maker:
    def __init__(self, rng: Random, rules: Map, guide: Guide) -> None:
        self.rng, self.rules, self.guide = rng, rules, guide
        self.standard = guide.standard
        self.notation = Notation(guide.standard)
        self.number = 0
        self.bound = ""
        """The object that the segment in hand is about."""

    def parts(self, parts: Sequence[Part], above: tuple[str, ...], force: str = "") -> list[Node]:
        made: list[Node] = []
        for part in parts:
            if part.only == "out":
                continue
            path = (*above, part.node.name)
            if part.tree is not None:
                self.levels(part.levels, part.tree, path, "", made, 1)
                continue
            place = self.guide.find("/".join(path))[0]
            there = sum(node.name == part.node.name for node in made)
            least = 1 if part.required in ("both", "in") or (place.minimum and not there) else 0
            most = min(2 if part.binding == "each" else 1, place.maximum - there)
            for _ in range(self.rng.randint(min(least, most), most) if most > 0 else 0):
                node = self.group(part, path) if part.group else self.segment(part, path)
                if node is not None:
                    made.append(node)
        return made

    def levels(
        self, parts: Sequence[Part], tree: Tree, path: tuple[str, ...], parent: str, made: list[Node], least: int
    ) -> None:
        """The groups of a tree, each before what hangs on it; there is at least one of the topmost."""
        for part in parts:
            if part.only == "out":
                continue
            for _ in range(self.rng.randint(least, 2 if part.binding == "each" else 1)):
                node = self.group(part, path) or Node(name=path[-1], group=True, children=[Node(name=tree.segment)])
                first = next(child for child in node.children if child.name == tree.segment)
                own = str(len(made) + 1)
                texts = {**_texts(first.elements), tree.id: own, tree.parent: parent}
                if tree.level is not None and part.level != "*":
                    texts[tree.level] = part.level
                first.elements = _elements({place: text for place, text in texts.items() if text})
                made.append(node)
                self.levels(part.levels, tree, path, own, made, 0)

    def group(self, part: Part, path: tuple[str, ...]) -> Node | None:
        children = self.parts(part.parts, path)
        trigger = part.parts[0].node.name
        if children and not any(child.name == trigger for child in children):
            first = self.segment(part.parts[0], (*path, trigger))
            if first is None:
                return None
            children.insert(0, first)
        for condition in part.node.conditions:
            for number, child in enumerate(children):
                if child.name == condition.tag and condition.values:
                    texts = _texts(child.elements)
                    texts[condition.place] = self.rng.choice(condition.values)
                    children[number] = Node(name=child.name, elements=_elements(texts))
        return Node(name=part.node.name, group=True, children=children) if children else None

    def segment(self, part: Part, path: tuple[str, ...]) -> Node | None:
        spec = self.guide.find("/".join(path))[0].spec(3)
        assert spec is not None
        spec = spec.flat if self.standard == "edifact" else spec
        self.bound = part.path.text if part.path is not None else ""
        for attempt in range(40):
            texts = self.content(part, spec, 0.8 / (1 + attempt // 10))
            texts.update((each.place, self.rng.choice([each.text])) for each in part.constants)
            for condition in part.node.conditions:
                if condition.tag is None and condition.values:
                    texts[condition.place] = self.rng.choice(condition.values)
            if texts and not check_segment(spec, _elements(texts), self.notation):
                return Node(name=part.node.name, elements=_elements(texts))
        return None

    def content(self, part: Part, spec: SegmentSpec, share: float) -> dict[Place, str]:
        texts: dict[Place, str] = {place: str(self.rng.randint(1, 9)) for place in part.counters}
        for _, fields in groupby(part.fields, key=lambda field: _holder(field.path)):
            together = self.rng.random() < share
            for field in fields:
                if field.only:
                    continue
                if together or field.required:
                    texts.update(zip(field.places, self.values(field, spec), strict=False))
                    texts.update((each.place, each.text) for each in field.beside)
                elif field.absent is not None and self.rng.random() < 0.5:
                    texts[field.places[0]] = field.absent
        for repeated in part.repeated:
            for slot in repeated.slots[: self.rng.randint(0, len(repeated.slots))]:
                for field in slot:
                    texts.update(zip(field.places, self.values(field, spec), strict=False))
                    texts.update((each.place, each.text) for each in field.beside)
        for number, element in enumerate(spec.elements, 1):
            component = element.components[0]
            if element.required and not texts.get(Place(number, 1)) and not part.node.conditions:
                texts[Place(number, 1)] = (
                    self.rng.choice(sorted(component.codes))
                    if component.codes
                    else self.text(component.representation.minimum, component.representation.maximum)
                )
        return {place: text for place, text in texts.items() if text}

    def values(self, field: Field, spec: SegmentSpec) -> Sequence[str]:
        components = [spec.elements[place.element - 1].components[place.component - 1] for place in field.places]
        name, around = field.path.steps[-1].name, f"{self.bound}.{field.path.text}"
        if field.table is not None:
            listed = components[0].codes
            if len(components) == 1 and listed and field.table.unmapped == "keep" and self.rng.random() < 0.2:
                return [self.rng.choice(sorted(listed - {field.absent or ""}))]
            code = self.rng.choice(sorted(field.table.to_word))
            return [code] if len(components) == 1 else code.split(":")
        kind = type(field.codec).__name__
        longest, shortest = components[0].representation.maximum, components[0].representation.minimum
        match kind:
            case "EdifactMoment":
                return self.rng.choice(_EDIFACT_MOMENTS)
            case "X12Moment":
                day, time, code = self.rng.choice(_X12_MOMENTS)
                qualifier = getattr(field.codec, "qualifier", "")
                return (day, qualifier if time else "", time, code) if qualifier else (day, time, code)
            case "EquipmentNumberCodec":
                if len(components) == 1:
                    return [self.rng.choice(["MSKU1234565", "AB 123456", "9123"])]
                return self.rng.choice([("MSKU", "123456", "5"), ("PRFT", "534417", ""), ("", "9123", "")])
            case "WholeCodec":
                self.number += 1
                return [str(self.number if name == "sequence" else self.rng.randint(1, min(10**longest - 1, 9999)))]
            case "DecimalCodec":
                return [(self.rng.choice(["1", "12.5", "0.125", "990"]) if longest > 4 else "12").zfill(shortest)]
            case "ImpliedDecimalCodec":
                return [str(self.rng.randint(1, 9999))]
        if name in _SPECIAL:
            return [self.rng.choice(_SPECIAL[name])]
        if name == "unit":
            return [self.rng.choice(_DEGREES if "temperature" in around or "flash_point" in around else _UNITS)]
        used = components[: self.rng.randint(1, len(components))]
        return [
            self.rng.choice(sorted(each.codes)) if each.codes else self.text(shortest, each.representation.maximum)
            for each in used
        ]

    def text(self, shortest: int, longest: int) -> str:
        length = self.rng.randint(shortest, max(shortest, min(longest, 30)))
        return "".join(self.rng.choice(_LETTERS) for _ in range(length)).strip(" ").ljust(max(shortest, 1), "A")


def covered_message(rng: Random, rules: Map, guide: Guide) -> Node:
    """The tree of a message that has something for every rule of the map, here and there."""
    maker = _Maker(rng, rules, guide)
    return Node(name=rules.type, group=True, children=maker.parts(rules.parts, ()))


def _holder(path: CanonicalPath) -> str:
    """Fields of one object within the object in hand come together: a unit has no sense without its amount."""
    return path.text.rpartition(".")[0] or path.text


def _texts(elements: Elements) -> dict[Place, str]:
    return {
        Place(number, component): text
        for number, element in enumerate(elements, 1)
        for component, text in enumerate(element[0], 1)
        if text
    }


def _elements(texts: dict[Place, str]) -> Elements:
    last = max(place.element for place in texts)
    made = []
    for element in range(1, last + 1):
        components = {place.component: text for place, text in texts.items() if place.element == element}
        made.append((tuple(components.get(number, "") for number in range(1, max(components, default=1) + 1)),))
    return tuple(made)
