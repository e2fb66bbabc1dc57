"""One place of a guide split into variants by a qualifier.

The standard's SG2 is *a party*; a partner's guide is about the buyer, who must be there once, and the carrier, who has
a contact. Each variant becomes a copy of the group with its own quantity, in which later changes find their place. The
split itself keeps what the standard said, counts all variants together, and holds the qualifiers that no variant names.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from translators.changes import Variant, Variants
from translators.dictionary import GuideError
from translators.elements import SegmentSpec
from translators.grammar import Place, Qualifier

OTHER = "other"
"""The variant for all qualifiers that no other names."""

_POSITION = re.compile(r"(?P<element>[1-9]\d*)(?:\.(?P<component>[1-9]\d*))?")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,35}")


def split(place: Place, change: Variants, layer: str) -> None:
    """Splits ``place``, or gives further variants to one that is split by the same value already.

    Raises :class:`GuideError` when a name or value is taken, or the value to split by is not there.
    """
    if place.split is not None:
        raise GuideError(f"{place.path} is a variant itself; change {place.split.path}")
    found = _POSITION.fullmatch(change.by)
    if found is None:
        raise GuideError(f"by names the value of the first segment that decides: 1 or 1.1, and not {change.by!r}")
    element, component = int(found["element"]), int(found["component"] or 1)
    first = _first(place).segment
    if first is None or element > len(first.elements) or component > len(first.elements[element - 1].components):
        raise GuideError(f"{place.tag} has no value at {change.by}")
    if not change.variants:
        raise GuideError("variants lists at least one variant: a name, and the values it stands for")
    for old in place.variants:
        if old.qualifier is not None and (old.qualifier.element, old.qualifier.component) != (element, component):
            at = f"{old.qualifier.element}.{old.qualifier.component}"
            raise GuideError(f"{place.path} is split by {at} already; split it by that value, or change its variants")
    whole = _copy(place, place.parent, "") if not place.variants else place
    for variant in change.variants:
        place.variants = (*place.variants, _variant(place, whole, variant, (element, component), layer))
    listed = frozenset(
        value for each in place.variants if each.qualifier is not None for value in each.qualifier.values
    )
    if not any(variant.variant == OTHER for variant in place.variants):
        _limit(place, element, component, listed, layer)


def _variant(place: Place, whole: Place, given: Variant, at: tuple[int, int], layer: str) -> Place:
    if not _NAME.fullmatch(given.name):
        raise GuideError(f"{given.name!r} is no name for a variant: letters, digits, _ and -")
    values = frozenset(given.values or () if given.name == OTHER else given.values or (given.name,))
    if given.name == OTHER and values:
        raise GuideError(f"the variant {OTHER} is for all values that no other names; it lists none itself")
    for other in place.variants:
        if other.variant == given.name:
            raise GuideError(f"{place.path} has a variant {given.name} already")
        if other.qualifier is not None and (taken := other.qualifier.values & values):
            raise GuideError(f"{sorted(taken)[0]} is a value of variant {other.variant} already")
    new = _copy(whole, place.parent, given.name)
    new.split = place
    new.qualifier = Qualifier(*at, values)
    new.used = given.usage != "unused"
    new.minimum = given.min if given.min is not None else 1 if given.usage == "required" else 0
    new.maximum = given.max if given.max is not None else place.maximum
    new.layers = dict.fromkeys(("usage", "repeat"), layer)
    if not 0 <= new.minimum <= new.maximum or new.maximum < 1:
        raise GuideError(f"variant {given.name} would stand {new.minimum} to {new.maximum} times")
    if new.maximum > place.maximum:
        raise GuideError(
            f"variant {given.name} may stand {new.maximum} times, and {place.path} only {place.maximum} times in all; "
            "raise that first with repeat"
        )
    if values:
        _limit(new, *at, values, layer)
    return new


def _first(place: Place) -> Place:
    return place.children[0] if place.group else place


def _limit(place: Place, element: int, component: int, values: frozenset[str], layer: str) -> None:
    """Lets only ``values`` stand as the qualifier of ``place``."""

    def limited(spec: SegmentSpec) -> SegmentSpec:
        old = spec.elements[element - 1]
        part = old.components[component - 1]
        part = replace(part, codes=values, layers={**part.layers, "codes": layer})
        new = replace(old, components=(*old.components[: component - 1], part, *old.components[component:]))
        return replace(spec, elements=(*spec.elements[: element - 1], new, *spec.elements[element:]))

    first = _first(place)
    if first.segment is not None:
        first.segment = limited(first.segment)
    if first.service is not None:
        first.service = limited(first.service)


def _copy(place: Place, parent: Place | None, variant: str) -> Place:
    """``place`` with all below it, once more; what segments contain is shared, because it never changes in place."""
    new = Place(place.name, place.minimum, place.maximum, parent, place.index, place.group, variant)
    new.title, new.used, new.segment, new.service = place.title, place.used, place.segment, place.service
    new.layers = dict(place.layers)
    new.qualifier = place.qualifier
    new.children = [_copy(child, new, "") for child in place.children]
    variants = []
    if not variant:
        for each in place.variants:
            copied = _copy(each, parent, each.variant)
            copied.split = new
            variants.append(copied)
    new.variants = tuple(variants)
    return new
