"""Relational rules: which elements of a segment stand together, instead of each other, or only with each other.

X12 calls them syntax notes and writes a letter and two-digit positions. EDIFACT (ISO 9735-1, from syntax version 4)
calls them dependency notes and numbers them. They say the same things, and are written here with X12's letters and two
more for what only EDIFACT says:

======  =========  =============================================
letter  EDIFACT    meaning
======  =========  =============================================
``O``   D1         exactly one
``P``   D2         all or none
``R``   D3         at least one
``E``   D4         at most one
``C``   D5         if the first, then all others
``L``   D6         if the first, then at least one other
``N``   D7         if the first, then none of the others
======  =========  =============================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

NOTES = "OPRECLN"
"""The letters, in the order of EDIFACT's numbers."""


class Relation(NamedTuple):
    """A relational rule: a letter and the positions it binds, elements of a segment or components of a composite."""

    letter: str
    positions: tuple[int, ...]
    layer: str = "standard"
    """The name of the guide layer that set it."""

    def __str__(self) -> str:
        return self.letter + "".join(f"{position:02d}" for position in self.positions)

    def written(self, standard: str) -> str:
        """The rule as its standard writes it: ``P0304``, or ``D2(03,04)``."""
        if standard != "edifact":
            return str(self)
        return f"D{NOTES.index(self.letter) + 1}({','.join(f'{position:02d}' for position in self.positions)})"


def read_relation(text: str, layer: str = "standard") -> Relation:
    """The rule written as ``P0304``; ``ValueError`` when it is none."""
    if not re.fullmatch(rf"[{NOTES}](\d\d){{2,}}", text):
        letters = " ".join(NOTES)
        raise ValueError(f"{text!r} is no relational rule: write a letter of {letters} and two-digit positions")
    positions = tuple(int(text[at : at + 2]) for at in range(1, len(text), 2))
    if 0 in positions or len(set(positions)) != len(positions):
        raise ValueError(f"{text!r} is no relational rule: positions count from 01, and each stands once")
    return Relation(text[0], positions, layer)


def broken(relation: Relation, there: list[bool]) -> Iterator[tuple[str, int, str]]:
    """(finding code, position at fault, reason) for each fault, ``there`` saying which of its positions have a value.

    Missing ones are named each (AK403 2), except where any would do; then the first is. Excess ones are each named but
    the first (AK403 10).
    """
    positions = relation.positions
    names = ", ".join(f"{position:02d}" for position in positions)
    if relation.letter == "P" and any(there) and not all(there):
        for position, is_there in zip(positions, there, strict=True):
            if not is_there:
                yield "element-conditional-missing", position, f"is missing: {names} stand together or not at all"
    elif relation.letter in "RO" and not any(there):
        yield "element-conditional-missing", positions[0], f"is missing: at least one of {names} is needed"
    elif relation.letter in "EO":
        for position in [position for position, is_there in zip(positions, there, strict=True) if is_there][1:]:
            yield "element-excluded", position, f"excludes the others: at most one of {names} may stand"
    elif relation.letter == "N" and there[0]:
        for position, is_there in zip(positions[1:], there[1:], strict=True):
            if is_there:
                yield "element-excluded", position, f"may not stand: {positions[0]:02d} excludes it"
    elif relation.letter == "C" and there[0]:
        for position, is_there in zip(positions[1:], there[1:], strict=True):
            if not is_there:
                yield "element-conditional-missing", position, f"is missing: {positions[0]:02d} needs it"
    elif relation.letter == "L" and there[0] and not any(there[1:]):
        yield "element-conditional-missing", positions[1], f"is missing: {positions[0]:02d} needs one of the others"
