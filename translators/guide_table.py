"""A guide as a table that a person can read: the rows of a message, and of a segment. Plain values, no markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from translators.dictionary import UNBOUNDED
from translators.elements import STANDARD
from translators.grammar import Guide, Place


class Row(NamedTuple):
    """One line of a message's table, for a person: see :func:`describe`."""

    depth: int
    kind: Literal["segment", "group"]
    name: str
    title: str
    usage: Literal["M", "C", "O", "X"]
    maximum: int | None
    """``None`` when there is no end to it."""
    layer: str
    path: str


class ElementRow(NamedTuple):
    """One line of a segment's content, for a person: see :func:`describe_segment`."""

    position: int
    component: int | None
    ref: str
    title: str
    usage: Literal["M", "C", "O", "X"]
    maximum: int
    representation: str
    """``""`` for a composite."""
    codes: int
    """How many codes are allowed; 0 when there is no list."""
    layer: str


def describe(guide: Guide) -> list[Row]:
    """The message's table, a row for each group and segment in order, groups before what is in them."""
    optional: Literal["C", "O"] = "C" if guide.standard == "edifact" else "O"

    def rows(place: Place, depth: int) -> Iterator[Row]:
        for child in (each for one in place.children for each in (one, *one.variants)):
            yield Row(
                depth=depth,
                kind="group" if child.group else "segment",
                name=f"{child.name}[{child.variant}]" if child.variant else child.name,
                title=child.title,
                usage="X" if not child.used else "M" if child.minimum else optional,
                maximum=child.maximum if child.maximum < UNBOUNDED else None,
                layer=child.layer("usage") if "usage" in child.layers else child.layer("repeat"),
                path=child.path,
            )
            if not child.variants:  # What a split itself holds is only for qualifiers that it does not list.
                yield from rows(child, depth + 1)

    return list(rows(guide.root, 0))


def describe_segment(guide: Guide, path: str) -> list[ElementRow]:
    """The content of the segment at ``path``, a row for each element and component; empty when there is none."""
    optional: Literal["C", "O"] = "C" if guide.standard == "edifact" else "O"
    places = [place for place in guide.find(path) if place.segment is not None]
    if not places or places[0].segment is None:
        return []
    rows = []
    for number, element in enumerate(places[0].segment.elements, 1):
        single = element.components[0]
        rows.append(
            ElementRow(
                position=number,
                component=None,
                ref=element.ref,
                title=element.name,
                usage="X" if not element.used else "M" if element.required else optional,
                maximum=element.maximum,
                representation="" if element.composite else str(single.representation),
                codes=0 if element.composite else len(single.codes or ()),
                layer=_last(element.layers if element.composite else {**element.layers, **single.layers}),
            )
        )
        for at, component in enumerate(element.components if element.composite else (), 1):
            rows.append(
                ElementRow(
                    position=number,
                    component=at,
                    ref=component.ref,
                    title=component.name,
                    usage="X" if not component.used else "M" if component.required else optional,
                    maximum=1,
                    representation=str(component.representation),
                    codes=len(component.codes or ()),
                    layer=_last(component.layers),
                )
            )
    return rows


def _last(layers: Mapping[str, str]) -> str:
    return list(layers.values())[-1] if layers else STANDARD
