"""Layers: what an industry, a partner or a single message changes in a guide, as typed deltas.

A layer file names the guide it was written for and lists changes; each says where and what::

    {"guide": "edifact/D.96A/IFTSTA", "about": "Status reports from Northern Lines",
     "changes": [{"set": "usage", "at": "TSR", "usage": "unused"},
                 {"set": "repeat", "at": "SG1", "min": 1, "max": 3},
                 {"set": "usage", "at": "SG4/SG5/STS/2.1", "usage": "required"},
                 {"set": "length", "at": "BGM/2", "max": 17},
                 {"set": "codes", "at": "SG1/NAD/1", "only": ["CA", "CZ", "CN"]},
                 {"set": "severity", "of": "segment-unknown", "severity": "warning"}]}

``at`` is a path of group names and a tag, and behind it an element or ``element.component``, counted from 1; ``*/NAD``
is every NAD of the message, and ``LOC:2`` the second LOC among siblings. A layer may tighten and loosen; the last one
that speaks wins, and its name goes with every finding its rule makes.

Kinds still to come have their place here as further members of :data:`Change`: variants of a group told apart by a
qualifier, added segments, patterns and fixed values, levels of HL.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec
from msgspec.structs import replace

from translators.codes import CODES
from translators.dictionary import GuideError
from translators.elements import ComponentSpec, SegmentSpec
from translators.finding import Severity
from translators.grammar import Guide, Place

_ELEMENT = re.compile(r"(?P<path>.+)/(?P<element>\d+)(?:\.(?P<component>\d+))?")


class Usage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="set", tag="usage"):
    """A segment, group, element or component is required, optional, or not used."""

    at: str
    usage: Literal["required", "optional", "unused"]


class Repeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="set", tag="repeat"):
    """How often a segment or group stands, or (``max`` only) how often an element repeats."""

    at: str
    min: int | None = None
    max: int | None = None


class Length(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="set", tag="length"):
    """The least and greatest length of a value."""

    at: str
    min: int | None = None
    max: int | None = None


class Codes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="set", tag="codes"):
    """The codes of a value: ``only`` these, or the list so far with some added and some removed."""

    at: str
    only: list[str] | None = None
    add: list[str] = []
    remove: list[str] = []


class SeverityOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="set", tag="severity"):
    """How bad a finding code is, everywhere or below ``at``; ``off`` leaves it out of the findings."""

    of: str
    severity: Severity | Literal["off"]
    at: str = ""


Change = Usage | Repeat | Length | Codes | SeverityOf


class LayerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A layer as it is written."""

    guide: str
    changes: list[Change]
    about: str = ""


def apply_layer(guide: Guide, name: str, data: bytes) -> None:
    """Applies the layer in ``data`` to ``guide`` under ``name``; only for :func:`translators.guide.read_guide`.

    Raises :class:`GuideError` with the layer, the number of the change and what is wrong with it.
    """
    try:
        layer = msgspec.json.decode(data, type=LayerFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GuideError(f"Layer {name}: {error}") from error
    if layer.guide != guide.name:
        raise GuideError(f"Layer {name} was written for {layer.guide}, not for {guide.name}")
    for number, change in enumerate(layer.changes, 1):
        try:
            _apply(guide, name, change)
        except GuideError as error:
            raise GuideError(f"Layer {name}, change {number}: {error}") from error


def _apply(guide: Guide, layer: str, change: Change) -> None:
    if isinstance(change, SeverityOf):
        if change.of not in CODES:
            raise GuideError(f"{change.of} is no finding code")
        guide.severities.setdefault(change.of, []).append((change.at, change.severity, layer))
        return
    found = _ELEMENT.fullmatch(change.at)
    path = found["path"] if found else change.at
    places = [place for place in guide.find(path) if place is not guide.root]
    if not places:
        raise GuideError(f"{guide.name} has no {path}")
    for place in places:
        if found is None:
            _change_place(place, layer, change)
        else:
            component = int(found["component"]) if found["component"] else None
            _change_element(place, layer, change, int(found["element"]), component)


def _change_place(place: Place, layer: str, change: Usage | Repeat | Length | Codes) -> None:
    if place.index == 0 or (
        place.parent is not None and place.parent.parent is None and place is place.parent.children[-1]
    ):
        raise GuideError(f"{change.at} starts a group or bounds the message, and always stands once; change its group")
    match change:
        case Usage():
            place.used = change.usage != "unused"
            place.minimum = max(1, place.minimum) if change.usage == "required" else 0
            place.layers["usage"] = layer
        case Repeat():
            place.minimum = place.minimum if change.min is None else change.min
            place.maximum = place.maximum if change.max is None else change.max
            place.layers["repeat"] = layer
            if change.min is not None:
                place.layers["usage"] = layer
        case _:
            raise GuideError(f"{change.at} is a segment or group; {type(change).__name__.lower()} needs an element")
    if place.minimum > place.maximum or place.maximum < 1 or place.minimum < 0:
        raise GuideError(f"{change.at} would stand {place.minimum} to {place.maximum} times")


def _change_element(
    place: Place, layer: str, change: Usage | Repeat | Length | Codes, element: int, component: int | None
) -> None:
    if place.segment is None:
        raise GuideError(f"{place.path} is a group, and has no elements")
    place.segment = _changed_segment(place.segment, layer, change, element, component)
    if place.service is not None:
        place.service = _changed_segment(place.service, layer, change, element, component)


def _changed_segment(
    spec: SegmentSpec, layer: str, change: Usage | Repeat | Length | Codes, element: int, component: int | None
) -> SegmentSpec:
    if not 1 <= element <= len(spec.elements):
        raise GuideError(f"{spec.tag} has {len(spec.elements)} elements, and no {element}")
    old = spec.elements[element - 1]
    if component is None and isinstance(change, Usage):
        new = replace(
            old,
            required=change.usage == "required",
            used=change.usage != "unused",
            layers={**old.layers, "usage": layer},
        )
    elif component is None and isinstance(change, Repeat):
        if change.min is not None or change.max is None or change.max < 1:
            raise GuideError("an element's repeat has only a max, of at least 1; use usage to require it")
        new = replace(old, maximum=change.max, layers={**old.layers, "repeat": layer})
    else:
        at = component or 1
        if component is None and old.composite:
            raise GuideError(f"{spec.tag} element {element} is composite: name a component, {element}.1")
        if not 1 <= at <= len(old.components):
            raise GuideError(f"{spec.tag} element {element} has {len(old.components)} components, and no {at}")
        changed = _changed_component(old.components[at - 1], layer, change)
        new = replace(old, components=(*old.components[: at - 1], changed, *old.components[at:]))
    return replace(spec, elements=(*spec.elements[: element - 1], new, *spec.elements[element:]))


def _changed_component(spec: ComponentSpec, layer: str, change: Usage | Repeat | Length | Codes) -> ComponentSpec:
    match change:
        case Usage():
            return replace(
                spec,
                required=change.usage == "required",
                used=change.usage != "unused",
                layers={**spec.layers, "usage": layer},
            )
        case Length():
            form = spec.representation
            least = form.minimum if change.min is None else change.min
            most = form.maximum if change.max is None else change.max
            if not 0 <= least <= most or most < 1:
                raise GuideError(f"{change.at} would have {least} to {most} characters")
            form = replace(form, minimum=least, maximum=most)
            return replace(spec, representation=form, layers={**spec.layers, "length": layer})
        case Codes():
            codes = frozenset(change.only) if change.only is not None else spec.codes
            if codes is None:
                raise GuideError(f"{change.at} has no code list; write one with only")
            codes = (codes | set(change.add)) - set(change.remove)
            return replace(spec, codes=codes, layers={**spec.layers, "codes": layer})
        case Repeat():
            raise GuideError(f"{change.at} is a component, and stands once")
