"""The content of a segment against its specification: presence, quantity, type, length, codes, dates, relations.

Checks never stop at the first fault, and never look at a value other than the one that stands at their position: a
component too many is reported and its neighbours stay where they are.

Positions are X12's (first element 1, first component 1), as in :class:`translators.finding.Where`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from translators.dates import EDIFACT_FORMATS, X12_FORMATS, format_name, unreal, unreal_x12
from translators.dictionary import Representation
from translators.elements import STANDARD, ComponentSpec, ElementSpec, Notation, SegmentSpec
from translators.finding import Layer
from translators.patterns import read_pattern
from translators.relations import Relation, broken
from translators.syntax import Elements

_CONTROLS = re.compile("[\x00-\x1f\x7f�]")


class Fault(NamedTuple):
    """One thing wrong inside a segment, still without the segment's place; ``element`` and below count from 1."""

    code: str
    element: int
    component: int | None
    repetition: int | None
    value: str | None
    text: str
    guide: str | None = STANDARD
    layer: Layer = "guide"


_NOTHING = (("",),)


def check_segment(spec: SegmentSpec, elements: Elements, notation: Notation) -> list[Fault]:
    """Everything wrong with ``elements`` by ``spec``, in order of position."""
    if notation.standard == "edifact" and notation.version < 4:
        spec = spec.flat
    faults: list[Fault] = []
    length, binary = len(elements), spec.binary
    for index, element in enumerate(spec.elements):
        if index >= binary:
            if element.required and index >= length:
                faults.append(_missing(spec, element, index + 1))
            continue
        occurrences = elements[index] if index < length else ()
        if len(occurrences) == 1:
            values = occurrences[0]
            if values != ("",) and element.settles(values):
                continue
        if not occurrences or occurrences == _NOTHING:
            if element.required:
                faults.append(_missing(spec, element, index + 1))
            continue
        faults += _check_element(spec, element, index + 1, occurrences, notation)
    if length > len(spec.elements) and length <= binary:
        faults += _superfluous(spec, elements)
    if length and length <= binary and not any(any(occurrence) for occurrence in elements[-1]):
        first_empty = length
        while first_empty > 1 and not any(any(occurrence) for occurrence in elements[first_empty - 2]):
            first_empty -= 1
        text = f"{spec.tag} ends in element separators with nothing behind them"
        faults.append(Fault("trailing-separator", first_empty, None, None, None, text, None, "syntax"))
    for relation in spec.relations:
        faults += _check_relation(spec, relation, elements, notation)
    if spec.dated and notation.standard == "x12":
        faults += _check_dated_elements(spec, elements)
    return faults


def _superfluous(spec: SegmentSpec, elements: Elements) -> Iterator[Fault]:
    for index in range(len(spec.elements), len(elements)):
        if any(any(occurrence) for occurrence in elements[index]):
            text = f"{spec.tag} has {len(spec.elements)} elements; there is a value at element {index + 1}"
            yield Fault("elements-too-many", index + 1, None, None, _first_value(elements[index]), text)
            return


def _first_value(occurrences: tuple[tuple[str, ...], ...]) -> str:
    return next((value for occurrence in occurrences for value in occurrence if value), "")


def _missing(spec: SegmentSpec, element: ElementSpec, number: int) -> Fault:
    text = f"{spec.tag} {spec.label(number)} is missing"
    return Fault("element-missing", number, None, None, None, text, element.layer("usage"))


def _check_element(
    spec: SegmentSpec,
    element: ElementSpec,
    number: int,
    occurrences: tuple[tuple[str, ...], ...],
    notation: Notation,
) -> Iterator[Fault]:
    filled = [any(value.strip() for value in occurrence) for occurrence in occurrences]
    if not any(filled):
        if element.required:
            yield _missing(spec, element, number)
        elif any(occurrence[0] for occurrence in occurrences) and element.components[0].codes is not None:
            position = 1 if element.composite else None
            yield _unknown_code(spec, element.components[0], occurrences[0][0], number, position, None)
        yield from _trailing_components(spec, number, occurrences)
        return
    if not element.used:
        text = f"{spec.tag} {spec.label(number)} may not be used"
        yield Fault("element-not-used", number, None, None, _first_value(occurrences), text, element.layer("usage"))
        return
    several = len(occurrences) > 1
    count = 0
    for index, occurrence in enumerate(occurrences):
        repetition = index + 1 if several else None
        if several and not filled[index]:
            text = f"{spec.tag} {spec.label(number)} has an empty repetition"
            yield Fault("repetition-empty", number, None, repetition, None, text, None, "syntax")
            continue
        count += 1
        if count > element.maximum:
            most = "once" if element.maximum == 1 else f"{element.maximum} times"
            text = f"{spec.tag} {spec.label(number)} may stand {most}; this is repetition {count}"
            layer = element.layer("repeat")
            yield Fault("element-repeats", number, None, repetition, _first_value((occurrence,)), text, layer)
        if element.composite:
            yield from _check_composite(spec, element, number, repetition, occurrence, notation)
        else:
            component = element.components[0]
            if occurrence[0].strip():
                yield from _check_value(spec, component, occurrence[0], number, None, repetition, notation)
            elif element.required:
                yield _missing(spec, element, number)
        extra = len(element.components)
        if any(occurrence[extra:]):
            at = next(place for place in range(extra, len(occurrence)) if occurrence[place])
            what = f"{extra} components" if element.composite else "no components"
            text = f"{spec.tag} {spec.label(number)} has {what}; there is a value at component {at + 1}"
            yield Fault("components-too-many", number, at + 1, repetition, occurrence[at], text)
    if count < element.least:
        text = f"{spec.tag} {spec.label(number)} stands {count} times; at least {element.least} are asked for"
        yield Fault("element-too-few", number, None, None, None, text, element.layer("repeat"))
    yield from _trailing_components(spec, number, occurrences)


def _trailing_components(spec: SegmentSpec, number: int, occurrences: tuple[tuple[str, ...], ...]) -> Iterator[Fault]:
    for index, occurrence in enumerate(occurrences):
        if len(occurrence) > 1 and not occurrence[-1]:
            at = len(occurrence)
            while at > 1 and not occurrence[at - 2]:
                at -= 1
            repetition = index + 1 if len(occurrences) > 1 else None
            text = f"{spec.tag} {spec.label(number)} ends in component separators with nothing behind them"
            yield Fault("trailing-separator", number, at, repetition, None, text, None, "syntax")
            return


def _check_composite(
    spec: SegmentSpec,
    element: ElementSpec,
    number: int,
    repetition: int | None,
    values: tuple[str, ...],
    notation: Notation,
) -> Iterator[Fault]:
    for index, component in enumerate(element.components):
        value = values[index] if index < len(values) else ""
        position = index + 1
        if not value.strip():
            if component.required:
                text = f"{spec.tag} {spec.label(number, position)} is missing"
                layer = component.layer("usage")
                yield Fault("element-missing", number, position, repetition, None, text, layer)
            elif value and component.codes is not None:
                yield _unknown_code(spec, component, value, number, position, repetition)
            continue
        if not component.used:
            text = f"{spec.tag} {spec.label(number, position)} may not be used"
            layer = component.layer("usage")
            yield Fault("element-not-used", number, position, repetition, value, text, layer)
            continue
        check = component
        if component.codes is not None and component.layer("codes") == STANDARD:
            own, agency = element.lists[index]
            if _other_list(values, own, agency):
                # 1131 and 3055 name another list, or another keeper of it: UN/EDIFACT's own does not apply.
                check = component.unlisted
        yield from _check_value(spec, check, value, number, position, repetition, notation)
    for relation in element.relations:
        yield from _check_component_relation(spec, relation, number, repetition, values, notation)
    if element.dated and notation.standard == "edifact":
        at, form = element.dated
        value = values[at] if at < len(values) else ""
        code = values[form] if form < len(values) else ""
        fields = EDIFACT_FORMATS.get(code)
        if value and fields and (wrong := unreal(value.rstrip(), fields)):
            text = f"{spec.tag} {spec.label(number, at + 1)}: {value!r} {wrong.reason}; format {code} is "
            code = "date-invalid" if wrong.kind == "date" else "time-invalid"
            yield Fault(code, number, at + 1, repetition, value, text + format_name(fields))


def _other_list(values: tuple[str, ...], own: int, agency: int) -> bool:
    if own and own < len(values) and values[own]:
        return True
    return bool(agency and agency < len(values) and values[agency] not in ("", "6"))


def _unknown_code(
    spec: SegmentSpec, component: ComponentSpec, value: str, number: int, position: int | None, repetition: int | None
) -> Fault:
    what = f"is not in the code list of {component.ref}"
    if component.codes is not None and len(component.codes) == 1:
        what = f"is not {next(iter(component.codes))!r}, which always stands here"
    text = f"{spec.tag} {spec.label(number, position)}: {value!r} {what}"
    return Fault("code-unknown", number, position, repetition, value, text, component.layer("codes"), "code")


def _check_value(
    spec: SegmentSpec,
    component: ComponentSpec,
    value: str,
    number: int,
    position: int | None,
    repetition: int | None,
    notation: Notation,
) -> Iterator[Fault]:
    codes = component.codes
    if not component.fits.fullmatch(value):
        for code, what, rule in _wrong(component.representation, value, notation):
            text = f"{spec.tag} {spec.label(number, position)}: {value!r} {what}"
            layer: Layer = "syntax" if code == "character-invalid" else "guide"
            guide = None if layer == "syntax" else component.layer(rule)
            yield Fault(code, number, position, repetition, value, text, guide, layer)
        if component.pattern is not None and not read_pattern(component.pattern).fits(value.rstrip(" ")):
            text = f"{spec.tag} {spec.label(number, position)}: {value!r} does not look like {component.pattern}"
            layer_name = component.layer("pattern")
            yield Fault("element-pattern", number, position, repetition, value, text, layer_name)
    if codes is not None and value not in codes and value.rstrip(" ") not in codes:
        yield _unknown_code(spec, component, value, number, position, repetition)


_NUMBER = re.compile(r"-?\d+(?:([.,])\d+)?", re.ASCII)
_EXPONENT = re.compile(r"-?\d+(?:[.,]\d+)?E-?\d+", re.ASCII)
_X12_WHOLE = re.compile(r"-?\d+", re.ASCII)
# X12.6 lets a decimal number have an exponent; HIPAA's guides forbid it, which is for a layer's pattern to say.
_X12_DECIMAL = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:E-?\d+)?", re.ASCII)
_NO_DIGIT = re.compile(r"[^0-9.,+\- ]")


def _wrong(form: Representation, value: str, notation: Notation) -> Iterator[tuple[str, str, str]]:
    """(code, what is wrong, the rule it breaks) for a value by its representation."""
    kind, length = form.type, len(value)
    if _CONTROLS.search(value):
        what = "has a line break or control character" if "�" not in value else "has bytes outside its character set"
        yield "character-invalid", what, "type"
    elif kind in ("n", "N", "R"):
        yield from _wrong_number(kind, value, notation)
    elif kind == "a" and re.search("[0-9]", value):
        yield "element-type", "has a digit, but may only have letters", "type"
    if kind in ("n", "N", "R"):
        length = sum(character.isdigit() for character in value)
    elif kind in ("AN", "ID"):
        # X12: trailing blanks do not count, except towards the minimum.
        length = max(len(value.rstrip(" ")), min(length, form.minimum))
    unit = "digits" if kind in ("n", "N", "R") else "characters"
    if length > form.maximum:
        yield "element-too-long", f"has {length} {unit}; {form} allows {form.maximum}", "length"
    elif length < form.minimum and (length or kind not in ("n", "N", "R")):
        yield "element-too-short", f"has {length} {unit}; {form} asks for {form.minimum}", "length"
    elif kind in ("DT", "TM") and (wrong := unreal_x12(value, "DT" if kind == "DT" else "TM")):
        yield f"{'date' if kind == 'DT' else 'time'}-invalid", wrong.reason, "type"


def _wrong_number(kind: str, value: str, notation: Notation) -> Iterator[tuple[str, str, str]]:
    if kind == "n":
        found = _NUMBER.fullmatch(value)
        if found:
            if notation.version < 4 and found[1] and found[1] != notation.decimal:
                yield (
                    "decimal-mark",
                    f"has the decimal mark {found[1]!r}; this interchange's is {notation.decimal!r}",
                    "type",
                )
            return
        if notation.version >= 4 and _EXPONENT.fullmatch(value):
            return
    elif (_X12_WHOLE if kind == "N" else _X12_DECIMAL).fullmatch(value):
        return
    if _NO_DIGIT.search(value):
        yield "element-type", "is no number", "type"
    elif kind == "N":
        yield "number-invalid", "is no whole number (its decimal places are implied)", "type"
    else:
        yield "number-invalid", "is no number: digits, with one decimal mark between digits, and '-' in front", "type"


def _check_relation(spec: SegmentSpec, relation: Relation, elements: Elements, notation: Notation) -> Iterator[Fault]:
    def present(position: int) -> bool:
        return position <= len(elements) and any(v.strip() for o in elements[position - 1] for v in o)

    for code, position, reason in broken(relation, [present(position) for position in relation.positions]):
        value = _first_value(elements[position - 1]) if position <= len(elements) else None
        text = f"{spec.tag} {spec.label(position)} {reason} (rule {relation.written(notation.standard)})"
        yield Fault(code, position, None, None, value or None, text, relation.layer)


def _check_component_relation(
    spec: SegmentSpec,
    relation: Relation,
    number: int,
    repetition: int | None,
    values: tuple[str, ...],
    notation: Notation,
) -> Iterator[Fault]:
    there = [position <= len(values) and bool(values[position - 1].strip()) for position in relation.positions]
    for code, position, reason in broken(relation, there):
        value = values[position - 1] if position <= len(values) else None
        text = f"{spec.tag} {spec.label(number, position)} {reason} (rule {relation.written(notation.standard)})"
        yield Fault(code, number, position, repetition, value or None, text, relation.layer)


def _check_dated_elements(spec: SegmentSpec, elements: Elements) -> Iterator[Fault]:
    if spec.dated is None:
        return
    at, form = spec.dated
    value = elements[at][0][0] if at < len(elements) else ""
    fields = X12_FORMATS.get(elements[form][0][0]) if form < len(elements) else None
    if value and fields and (wrong := unreal(value.rstrip(), fields)):
        text = f"{spec.tag} {spec.label(at + 1)}: {value!r} {wrong.reason}"
        yield Fault("date-invalid" if wrong.kind == "date" else "time-invalid", at + 1, None, None, value, text)
