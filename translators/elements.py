"""What may stand in the elements of a segment: its specification.

A ``SegmentSpec`` is compiled once per place in a guide and decides most values with one regular expression and one set
look-up; only what these refuse is taken apart to say *why* (:mod:`translators.contents`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Literal, NamedTuple

import msgspec

from translators.dates import EDIFACT_FORMATS, unreal
from translators.dictionary import Representation
from translators.relations import Relation

STANDARD = "standard"
"""The name of the layer that a guide's own data form, below all others."""

_PLAIN = "[^\x00-\x1f\x7f�]"
_NEVER = re.compile(r"(?!)")


class Notation(NamedTuple):
    """What the interchange's syntax says about values: family, syntax version, and decimal mark."""

    standard: Literal["edifact", "x12"]
    version: int = 3
    decimal: str = "."


class ComponentSpec(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What may stand at one place that holds a value: a simple element, or a component of a composite."""

    ref: str
    name: str
    required: bool
    representation: Representation
    codes: frozenset[str] | None = None
    used: bool = True
    pattern: str | None = None
    """What the whole value must look like (:mod:`translators.patterns`), where a layer says so."""
    layers: dict[str, str] = {}
    """Which layer set ``usage``, ``length``, ``type``, ``codes`` or ``pattern``; what is not named here is the
    standard's."""

    def layer(self, rule: str) -> str:
        """The name of the layer that set ``rule``."""
        return self.layers.get(rule, STANDARD)

    @cached_property
    def unlisted(self) -> ComponentSpec:
        """The same without its code list, for values that are of somebody else's."""
        return msgspec.structs.replace(self, codes=None)

    @cached_property
    def fits(self) -> re.Pattern[str]:
        """Matches values that are certainly right by type and length; others may still be right."""
        least, most = self.representation.minimum, self.representation.maximum
        if self.pattern is not None:
            return _NEVER
        match self.representation.type:
            case "an" | "AN" | "ID":
                # Blanks count in different ways; only values that do not end in one are settled here.
                return re.compile(rf"(?!.* \Z){_PLAIN}{{{least},{min(most, 99999)}}}", re.DOTALL)
            case "a":
                return re.compile(rf"(?!.* \Z)[^\x00-\x1f\x7f0-9�]{{{least},{min(most, 99999)}}}", re.DOTALL)
            case "n" | "N" | "R":
                return re.compile(rf"[0-9]{{{max(least, 1)},{min(most, 99999)}}}")
            case _:
                return _NEVER  # Dates and times are always looked at.


class ElementSpec(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What may stand at one position of a segment. A simple element has exactly one component: itself."""

    ref: str
    name: str
    required: bool
    maximum: int
    composite: bool
    components: tuple[ComponentSpec, ...]
    relations: tuple[Relation, ...] = ()
    used: bool = True
    least: int = 1
    """How often it repeats at least when it stands at all, where a layer asks for more than once."""
    layers: dict[str, str] = {}

    def layer(self, rule: str) -> str:
        """The name of the layer that set ``rule``."""
        return self.layers.get(rule, STANDARD)

    @cached_property
    def _quick(self) -> tuple[tuple[Callable[[str], object], frozenset[str] | None, bool], ...]:
        return tuple((each.fits.fullmatch, each.codes, each.required) for each in self.components)

    @cached_property
    def _plain(self) -> bool:
        """Whether its values can be settled one by one: nothing relates them, and nothing in it is excluded."""
        every = all(component.used for component in self.components)
        return self.used and every and not self.relations and self.least == 1

    def settles(self, values: tuple[str, ...]) -> bool:
        """Whether ``values``, one occurrence, are certainly right; ``False`` may still be right."""
        quick = self._quick
        if not self._plain or len(values) > len(quick) or not values[-1]:
            return False
        for value, (fits, codes, required) in zip(values, quick, strict=False):
            if not value:
                if required:
                    return False
            elif not fits(value) or (codes is not None and value not in codes):
                return False
        if self.dated and max(self.dated) < len(values):
            at, form = self.dated
            fields = EDIFACT_FORMATS.get(values[form])
            if fields and unreal(values[at], fields):
                return False
        return not any(required for _, _, required in quick[len(values) :])

    @cached_property
    def dated(self) -> tuple[int, int] | None:
        """The indexes of a date and of the code of its format among the components."""
        return _date_pair([component.ref for component in self.components])

    @cached_property
    def lists(self) -> tuple[tuple[int, int], ...]:
        """For each component with codes, the indexes (0 for none) of the code list and agency that may replace them."""
        refs = [component.ref for component in self.components]
        out = []
        for index in range(len(refs)):
            behind = refs[index + 1 : index + 3]
            own = index + 1 if behind[:1] == ["1131"] else 0
            agency = index + 1 + behind.index("3055") if "3055" in behind else 0
            out.append((own, agency))
        return tuple(out)


class SegmentSpec(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What a segment may contain at one place of a guide."""

    tag: str
    name: str
    elements: tuple[ElementSpec, ...]
    relations: tuple[Relation, ...] = ()

    @cached_property
    def flat(self) -> SegmentSpec:
        """This segment as syntax 1 to 3 writes it: a repeating element takes as many positions as it may repeat."""
        if all(element.maximum == 1 for element in self.elements):
            return self
        elements: list[ElementSpec] = []
        for element in self.elements:
            first = msgspec.structs.replace(element, maximum=1, least=1)
            further = msgspec.structs.replace(first, required=False)
            needed = min(element.least, element.maximum, 999) if element.required else 1
            elements += [first] * needed + [further] * (min(element.maximum, 999) - needed)
        return msgspec.structs.replace(self, elements=tuple(elements))

    @cached_property
    def dated(self) -> tuple[int, int] | None:
        return _date_pair([element.ref for element in self.elements])

    @cached_property
    def binary(self) -> int:
        """The index of the first element that holds bytes; what stands from there on is not looked at."""
        for index, element in enumerate(self.elements):
            if element.components[0].representation.type == "B":
                return index
        return 10**9

    def label(self, element: int, component: int | None = None) -> str:
        """How a person names a position: ``element 1 component 2 (C507.2380 Date/time/period)``."""
        if element > len(self.elements):
            return f"element {element}"
        spec = self.elements[element - 1]
        ref, name = spec.ref, spec.name
        if component and spec.composite and component <= len(spec.components):
            ref, name = f"{ref}.{spec.components[component - 1].ref}", spec.components[component - 1].name
        place = f"element {element}" + (f" component {component}" if component else "")
        return f"{place} ({ref} {name})" if name else f"{place} ({ref})"


def _date_pair(refs: Sequence[str]) -> tuple[int, int] | None:
    for value, form in (("2380", "2379"), ("1251", "1250")):
        if value in refs and form in refs:
            return refs.index(value), refs.index(form)
    return None
