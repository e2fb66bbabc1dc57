"""Segments that a map makes of texts at places, and what stands in them beside values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from translators.map_codecs import plain_number
from translators.map_context import Value
from translators.map_coverage import text_at
from translators.map_paths import Place
from translators.map_rules import Part, Piece, Total
from translators.syntax import Elements
from translators.tree import Node

_EMPTY: tuple[tuple[str, ...], ...] = (("",),)


def elements_at(texts: Mapping[Place, str]) -> Elements:
    """The texts at their places; what lies between is empty, what lies behind the last is not there."""
    made: list[tuple[tuple[str, ...], ...]] = []
    for (element, component), text in texts.items():
        if not text:
            continue
        if element > len(made):
            made += [_EMPTY] * (element - len(made))
        if component == 1 and made[element - 1] is _EMPTY:
            made[element - 1] = ((text,),)
        else:
            components = list(made[element - 1][0])
            components += [""] * (component - len(components))
            components[component - 1] = text
            made[element - 1] = (tuple(components),)
    return tuple(made)


def with_texts(elements: Elements, texts: Mapping[Place, str]) -> Elements:
    """The elements, with texts put where nothing is yet."""
    found = {
        Place(number, component): text
        for number, element in enumerate(elements, 1)
        for component, text in enumerate(element[0], 1)
    }
    return elements_at({**texts, **{place: text for place, text in found.items() if text}})


def bound(tag: str, code: str) -> Node:
    """X12 LS or LE, around a loop."""
    return Node(name=tag, elements=(((code,),),))


def fits(part: Part, elements: Elements) -> bool:
    """Whether a segment that was carried through is of the kind that the part's conditions pick."""
    for condition in part.node.conditions:
        text = text_at(elements, condition.place)
        if not text or (condition.values and text not in condition.values):
            return False
    return True


def pieced(there: str, text: str, piece: Piece) -> str:
    """``there`` with its next piece behind it."""
    parts = there.split(piece.by, piece.of - 1) if there else []
    parts += [""] * (piece.number - len(parts))
    return piece.by.join([*parts[: piece.number], text])


def divided(code: str, places: int) -> Sequence[str]:
    """A code that lies in several places, as a table has it, in these."""
    return (code,) if places == 1 else code.split(":")[:places]


def total_text(total: Total, root: Value, obj: Value) -> str:
    """The number of items, or their sum; ``obj`` is the object in hand."""
    found = list(below(root if total.absolute else obj, total.names))
    if not total.sum:
        return str(len(found))
    return plain_number(sum((Decimal(each) for each in found if isinstance(each, int | Decimal)), Decimal(0)))


def below(value: Value | None, names: Sequence[str]) -> Iterator[Value]:
    """What is at the end of the names, in every item of every list on the way."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from below(item, names)
    elif not names:
        if value is not None:
            yield value
    elif isinstance(value, dict):
        yield from below(value.get(names[0]), names[1:])
