"""CTX in a 999: what made an element necessary or forbidden, and which business unit a refused segment belongs to.

*A situational trigger* is an element whose presence, or value, asks for another element or segment, or rules it out.
Which it was follows from the relation or condition that is broken, so nothing has to be remembered while a message is
judged.

*A business unit* is what people on the telephone call the thing by: the shipment of a status report, the claim of an
invoice. Each set has one segment that holds its number; a set with many units has many of these segments, and the last
one before the fault is meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from translators.finding import Finding
from translators.guide import Guide
from translators.judgement import JudgedMessage
from translators.syntax import Message, Segment
from translators.tree import Node

SITUATIONAL_TRIGGER = "SITUATIONAL TRIGGER"
"""C998, the name of a context that says what made something necessary, or ruled it out."""
_IN_SEGMENT = frozenset({"element-conditional-missing", "element-excluded"})
_BETWEEN_SEGMENTS = frozenset({"segment-conditional-missing", "segment-excluded"})

UNITS: dict[str, tuple[str, int]] = {
    "204": ("B2", 4),
    "210": ("B3", 2),
    "211": ("BOL", 3),
    "214": ("B10", 2),
    "270": ("TRN", 2),
    "276": ("TRN", 2),
    "300": ("B1", 2),
    "301": ("B1", 2),
    "304": ("B2", 4),
    "309": ("M10", 5),
    "310": ("B3", 2),
    "315": ("B4", 8),
    "350": ("M10", 5),
    "353": ("M10", 5),
    "355": ("M10", 5),
    "358": ("M10", 5),
    "404": ("BX", 4),
    "417": ("BX", 4),
    "810": ("BIG", 2),
    "820": ("TRN", 2),
    "824": ("BGN", 2),
    "830": ("BFR", 2),
    "837": ("CLM", 1),
    "846": ("BIA", 3),
    "850": ("BEG", 3),
    "855": ("BAK", 3),
    "856": ("BSN", 2),
    "860": ("BCH", 3),
    "940": ("W05", 2),
    "943": ("W06", 2),
    "944": ("W17", 3),
    "945": ("W06", 2),
    "947": ("W15", 2),
    "990": ("B1", 2),
}
"""Segment and element that hold the number by which a set's unit is called."""


def triggers(judged: JudgedMessage, finding: Finding, loop: str) -> Iterator[Node]:
    """A CTX for each element there is by which the finding's element or segment is necessary, or excluded."""
    if judged.rules is None:
        return
    for segment, element, component in (
        *_in_segment(judged, finding),
        *_between_segments(judged.rules, judged, finding),
    ):
        number = _element_number(judged.rules, segment.tag, element, component)
        place = (str(element),) if component is None else (str(element), str(component))
        values = ((SITUATIONAL_TRIGGER,), (segment.tag,), (str(segment.position),), (loop,), place, (number,))
        yield Node(name="CTX", elements=tuple((value,) for value in (values if number else values[:-1])))


def _in_segment(judged: JudgedMessage, finding: Finding) -> Iterator[tuple[Segment, int, int | None]]:
    """The elements of the same segment that a relation binds to the finding's."""
    where, rules = finding.where, judged.rules
    if finding.code not in _IN_SEGMENT or rules is None or where.element is None or where.component is not None:
        return
    segment = segment_at(judged.message, where.segment_position or 0)
    places = rules.find(where.path) if where.path else []
    spec = places[0].segment if places else None
    if segment is None or spec is None:
        return
    found: dict[int, None] = {}
    for relation in spec.relations:
        if where.element in relation.positions:
            # In C and L only the first one makes the others necessary.
            makers = relation.positions[:1] if relation.letter in "CL" else relation.positions
            found |= dict.fromkeys(at for at in makers if at != where.element and segment.text(at))
    for at in found:
        yield segment, at, None


def _between_segments(
    rules: Guide, judged: JudgedMessage, finding: Finding
) -> Iterator[tuple[Segment, int, int | None]]:
    """The element in another segment whose value a guide's condition names."""
    where = finding.where
    if finding.code not in _BETWEEN_SEGMENTS:
        return
    for condition in rules.conditions:
        if condition.place.path != where.path:
            continue
        tags = {place.tag for place in condition.trigger}
        met = [
            segment
            for segment in judged.message.segments
            if segment.tag in tags
            and (value := condition.at.value(segment.elements))
            and (not condition.at.values or value in condition.at.values)
        ]
        before = [segment for segment in met if segment.position <= (where.segment_position or 0)]
        for segment in before[-1:] or met[:1]:
            component = condition.at.component if _is_composite(rules, segment.tag, condition.at.element) else None
            yield segment, condition.at.element, component


def _element_number(rules: Guide, tag: str, element: int, component: int | None) -> str:
    """X12 725 of an element, or of a component; empty where the guide has none that is a number."""
    spec = next((place.segment for place in rules.find(f"*/{tag}") if place.segment is not None), None)
    if spec is None or element > len(spec.elements):
        return ""
    found = spec.elements[element - 1]
    number = found.components[component - 1].ref if component is not None else found.ref
    return number if number.isdigit() else ""


def _is_composite(rules: Guide, tag: str, element: int) -> bool:
    spec = next((place.segment for place in rules.find(f"*/{tag}") if place.segment is not None), None)
    return spec is not None and element <= len(spec.elements) and spec.elements[element - 1].composite


def business_unit(message: Message, position: int) -> tuple[str, str] | None:
    """Name and number of the unit that the segment at ``position`` belongs to: ``B1002`` and what B10-02 holds.

    ``None`` when the set has none. The names are written as the 999's guide writes them (``CLM01``).
    """
    unit = unit_of(message, position)
    if unit is None:
        return None
    tag, element = UNITS[message.kind.type]
    return f"{tag}{element:02d}", unit.text(element)


def unit_of(message: Message, position: int) -> Segment | None:
    """The segment that holds the number of the unit that the segment at ``position`` belongs to."""
    tag, element = UNITS.get(message.kind.type, ("", 0))
    units = [segment for segment in message.segments if tag and segment.tag == tag and segment.text(element)]
    before = [segment for segment in units if segment.position <= position]
    return before[-1] if before else units[0] if units else None


def segment_at(message: Message, position: int) -> Segment | None:
    """The segment of a message at a position, header 1."""
    return next((segment for segment in message.segments if segment.position == position), None)
