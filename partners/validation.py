"""From a tree to a model value: pydantic's errors turned into faults at their places.

pydantic reports a location as keys and indexes; walking the tree along them as far as they lead finds the node, and the
node knows its file, line, column and path, also when templates brought it from another file. The words are ours.
"""

from __future__ import annotations

import re
from typing import TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from partners.document import Mapping, Node, Sequence, plain
from partners.fault import Fault, Place, did_you_mean, fault
from partners.model import INNER

M = TypeVar("M", bound=BaseModel)

_KINDS = {
    "model_type": "expected a mapping",
    "model_attributes_type": "expected a mapping",
    "dict_type": "expected a mapping",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "string_type": "expected text",
    "too_short": "the list is empty",
}


def validate(
    model: type[M], node: Node, *, partial: bool = False, directives: tuple[str, ...] = ()
) -> tuple[M | None, list[Fault]]:
    """The model's value and no faults, or ``None`` and all faults of the tree.

    ``partial``: keys that are not there are no fault, as in a template. ``directives``: keys that the caller took out
    of the tree's top level before, so that they can be suggested.
    """
    try:
        return model.model_validate(plain(node)), []
    except ValidationError as error:
        found = [_fault(model, node, detail, directives) for detail in error.errors(include_url=False)]
        return None, [
            one
            for one, detail in zip(found, error.errors(), strict=True)
            if one is not None and not (partial and detail["type"] == "missing")
        ]


def _fault(model: type[BaseModel], node: Node, error: ErrorDetails, directives: tuple[str, ...]) -> Fault | None:
    kind, location, context = error["type"], error["loc"], error.get("ctx", {})
    if kind == "extra_forbidden":
        owner = _walk(node, location[:-1])
        key = str(location[-1])
        place = owner.keys[key] if isinstance(owner, Mapping) else owner.place
        inside = _model_at(model, location[:-1])
        known = [*(inside.model_fields if inside else ()), *(directives if len(location) == 1 else ())]
        return fault(place, f"`{key}` is not a key here", did_you_mean(key, known))
    if location and location[-1] == "[key]":
        owner = _walk(node, location[:-2])
        if isinstance(owner, Mapping):
            return fault(owner.keys[str(location[-2])], str(context["error"]))
    if kind == "missing":
        owner = _walk(node, location[:-1])
        key = str(location[-1])
        if isinstance(owner, Mapping) and key in owner.keys:
            return None  # Its value was not usable, and that was reported.
        return fault(_below(owner.place, key), f"`{key}` is missing")
    if kind == INNER:
        location = (*location, *context["at"])
        return fault(_walk(node, location).place, str(context["message"]))
    place = _walk(node, location).place
    if kind == "too_short" and isinstance(error["input"], list) and error["input"]:
        return None  # pydantic counts only the items that were right; what is wrong with the others is told.
    if kind in ("literal_error", "enum"):
        values = re.findall(r"'([^']*)'", str(context["expected"]))
        if not isinstance(error["input"], str):
            return fault(place, "expected text", did_you_mean("", values))
        return fault(
            place,
            f"`{error['input']}` is not one of {', '.join(values)}",
            did_you_mean(error["input"], values, told=True),
        )
    if kind == "value_error":
        return fault(place, str(context["error"]))
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = f"at least {context['ge']}" if "ge" in context else f"at most {context['le']}"
        return fault(place, f"{error['input']} is not {bound}")
    return fault(place, _KINDS.get(kind, error["msg"]))


def _walk(node: Node, location: tuple[int | str, ...]) -> Node:
    """The node at ``location``, or the last one before it: defaults and dictionary keys have no node of their own."""
    for part in location:
        if isinstance(node, Mapping) and part in node.items:
            node = node.items[str(part)]
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        else:
            break
    return node


def _below(place: Place, key: str) -> Place:
    return Place(place.file, place.line, place.column, f"{place.path}.{key}" if place.path else key)


def _model_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model that governs the mapping at ``location``."""
    current: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, str) and current is not None:
            field = current.model_fields.get(part)
            current = _model_in(field.annotation) if field else None
    return current


def _model_in(annotation: object) -> type[BaseModel] | None:
    if get_origin(annotation) is None and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := _model_in(argument))), None)
