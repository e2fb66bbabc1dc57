"""AK3 and AK4, IK3 and IK4: which segments and elements of a set were refused, and why.

One AK3 has room for one code. The faults of a segment as a whole and those of its elements therefore stand in AK3 loops
of their own, the latter under code 8. Positions are X12's and ours: ST is segment 1, the first element after the tag is
element 1. Something missing is reported with the position of the last segment before the gap, or as the terms say.

A 999 says more than a 997: with an I before the code that a guide's rule was broken and not the standard's, and by CTX
(:mod:`translators.contexts`) which element made another one necessary, and which shipment or claim it is all about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from translators.codes import CODES
from translators.contexts import business_unit, triggers
from translators.finding import Finding
from translators.grammar import unvaried
from translators.judgement import JudgedMessage, element_spec, in_message_order, level_of
from translators.quoting import VISIBLE, X12Quoting
from translators.terms import Terms, copied, of_guide, position
from translators.tree import Node

_MOST_SEGMENTS, _MOST_ELEMENTS = 999, 99
"""AK3 in a set (X12 allows 999,999; nobody reads more) and AK4 in an AK3."""
_MOST_TRIGGERS = 9
"""CTX before an IK3's business unit."""
_LOOP = re.compile("[A-Z0-9]{1,4}")
"""X12 447 with the four characters that it has in every version."""
_OF_LOOPS = frozenset({"group-missing", "group-repeats"})
"""Findings whose path is that of the loop itself."""


class Details:
    """Writes the segments and elements of the sets of one 997 or 999."""

    def __init__(self, kind: Literal["997", "999"], version: str, terms: Terms, quoted: X12Quoting) -> None:
        self.version = version
        self.terms = terms
        self.quoted = quoted
        self.of_guides = kind == "999"
        self.segment_tag, self.element_tag, self.set_tag = (
            ("IK3", "IK4", "IK5") if self.of_guides else ("AK3", "AK4", "AK5")
        )

    def segments(self, judged: JudgedMessage, placed: Sequence[Finding]) -> Iterator[Node]:
        """The loops of all refused segments, in the order of the set."""
        count = 0
        for _, found in groupby(in_message_order(placed), lambda finding: finding.where.segment_position):
            elements: list[Finding] = []
            wholes: list[Finding] = []
            for finding in found:
                (elements if level_of(finding) == "element" else wholes).append(finding)
            if elements and count < _MOST_SEGMENTS:
                count += 1
                yield self.segment(judged, elements[0], "8")
                yield from self.unit(judged, elements[0])
                yield from self.elements(judged, elements)
            for finding in wholes[: _MOST_SEGMENTS - count]:
                count += 1
                code = CODES[finding.code].segment_code(of_guide=self.of_guides and of_guide(finding))
                yield self.segment(judged, finding, code or "8")
                yield from self.triggers(judged, finding)
                yield from self.unit(judged, finding)

    def segment(self, judged: JudgedMessage, finding: Finding, code: str) -> Node:
        tag = "".join(letter for letter in finding.where.segment or "" if letter.isascii() and letter.isalnum())[:3]
        loop = loop_of(judged, finding)
        return node(
            self.segment_tag, tag.ljust(2, VISIBLE), str(position(finding, self.terms)), self.quoted(loop, 4), code
        )

    def elements(self, judged: JudgedMessage, findings: Sequence[Finding]) -> Iterator[Node]:
        count = 0
        for finding in findings:
            made = self.element(judged, finding)
            if made is not None and count < _MOST_ELEMENTS:
                count += 1
                yield made
                yield from self.triggers(judged, finding)

    def element(self, judged: JudgedMessage, finding: Finding) -> Node | None:
        where = finding.where
        code = CODES[finding.code].element_code(self.version, of_guide=self.of_guides and of_guide(finding))
        # X12 722 and 1528 have two digits; a fault further out is told by its AK3 alone.
        if code is None or where.element is None or where.element > 99:
            return None
        component = where.component if where.component is not None and where.component <= 99 else None
        place = [str(where.element), str(component or "")]
        if self.version >= "005010" and where.repetition is not None and where.repetition > 1:
            place.append(str(where.repetition))
        while not place[-1]:
            place.pop()
        copy = self.quoted(copied(finding, self.terms), 99)
        elements = ((tuple(place),), ((element_number(judged, finding),),), ((code,),), ((copy,),))
        return Node(name=self.element_tag, elements=elements if copy else elements[:3])

    def triggers(self, judged: JudgedMessage, finding: Finding) -> list[Node]:
        """The CTXs that say because of what something is missing, or too much."""
        return list(triggers(judged, finding, loop_of(judged, finding)))[:_MOST_TRIGGERS] if self.of_guides else []

    def unit(self, judged: JudgedMessage, finding: Finding) -> Iterator[Node]:
        """The CTX that says which shipment, order or claim a refused segment belongs to."""
        found = business_unit(judged.message, finding.where.segment_position or 0) if self.of_guides else None
        if found is not None:
            name, value = found
            yield Node(name="CTX", elements=(((name, self.quoted(value, 35)),),))


def loop_of(judged: JudgedMessage, finding: Finding) -> str:
    """The loop (X12 447) in which the finding stands: that of the LS around it, else the guide's name; empty outside.

    A loop that is called as its first segment has no other name here. The standard's diagram may have one for it, a
    number for instance, and what we call it would not be that; so it stays unnamed, as loops in AK303 mostly are.
    """
    where, rules = finding.where, judged.rules
    bounded = ""
    for segment in judged.message.segments[: where.segment_position or 0]:
        if segment.tag in ("LS", "LE"):
            bounded = segment.text(1) if segment.tag == "LS" else ""
    if bounded or rules is None or where.path is None:
        return bounded
    above = where.path if finding.code in _OF_LOOPS else where.path.rpartition("/")[0]
    places = rules.find(above) if above else []
    name = unvaried(places[0].name) if places else ""
    return name if _LOOP.fullmatch(name) and name != places[0].tag else ""


def element_number(judged: JudgedMessage, finding: Finding) -> str:
    """The data element number (X12 725) that stands at the finding's place; empty for composites and the unknown."""
    spec, component = element_spec(judged, finding), finding.where.component
    if spec is None:
        return ""
    number = spec.ref
    if spec.composite and component is not None and component <= len(spec.components):
        number = spec.components[component - 1].ref
    return number if number.isdigit() and len(number) <= 4 else ""


def node(tag: str, *values: str) -> Node:
    """A segment of simple elements, without empty ones behind the last."""
    last = max((number for number, value in enumerate(values, start=1) if value), default=0)
    return Node(name=tag, elements=tuple(((value,),) for value in values[:last]))
