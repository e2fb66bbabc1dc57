"""Relational rules: which elements of a segment stand together, instead of each other, or only with each other.

X12 writes them as a letter and two-digit positions. P: all or none. R: at least one. E: at most one. C: if the first,
then all others. L: if the first, then at least one other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Relation(NamedTuple):
    """An X12 relational rule: a letter (P R E C L) and the positions it binds."""

    letter: str
    positions: tuple[int, ...]

    def __str__(self) -> str:
        return self.letter + "".join(f"{position:02d}" for position in self.positions)


def read_relation(text: str) -> Relation:
    """The rule written as ``P0304``; ``ValueError`` when it is none."""
    if not re.fullmatch(r"[PRECL](\d\d){2,}", text):
        raise ValueError(f"{text!r} is no relational rule: write a letter of P R E C L and two-digit positions")
    return Relation(text[0], tuple(int(text[at : at + 2]) for at in range(1, len(text), 2)))


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
    elif relation.letter == "R" and not any(there):
        yield "element-conditional-missing", positions[0], f"is missing: at least one of {names} is needed"
    elif relation.letter == "E":
        for position in [position for position, is_there in zip(positions, there, strict=True) if is_there][1:]:
            yield "element-excluded", position, f"excludes the others: at most one of {names} may stand"
    elif relation.letter == "C" and there[0]:
        for position, is_there in zip(positions[1:], there[1:], strict=True):
            if not is_there:
                yield "element-conditional-missing", position, f"is missing: {positions[0]:02d} needs it"
    elif relation.letter == "L" and there[0] and not any(there[1:]):
        yield "element-conditional-missing", positions[1], f"is missing: {positions[0]:02d} needs one of the others"
