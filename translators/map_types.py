"""The canonical types, as a map's loader asks about them: does this path exist, and what kind of value is there?"""

from __future__ import annotations

import msgspec
from msgspec import inspect

from translators.canonical import CANONICAL, Moment
from translators.map_codecs import Kind
from translators.map_paths import CanonicalPath
from translators.map_scalars import near


class Leaf(msgspec.Struct, frozen=True):
    """What is at the end of a path."""

    kind: Kind
    words: frozenset[str] | None
    """The closed list of values, if there is one."""
    keeps_native: bool
    """Whether the object around it can keep a partner's code."""


class Scope(msgspec.Struct, frozen=True):
    """The object in hand and the document it is part of."""

    object: inspect.StructType
    document: inspect.StructType

    def leaf(self, path: CanonicalPath) -> Leaf:
        """What is at ``path``; raises ``ValueError`` when there is nothing or no value."""
        around, found = self._walk(path)
        if path.steps[-1].pick:
            raise ValueError(f"`{path.text}` ends in an item of a list: go on to a field of it")
        keeps = any(field.name == "native" for field in around.fields)
        if isinstance(found, inspect.LiteralType):
            return Leaf("text", frozenset(map(str, found.values)), keeps)
        if isinstance(found, inspect.StructType) and found.cls is Moment:
            return Leaf("moment", None, keeps)
        if isinstance(found, inspect.VarTupleType) and isinstance(found.item_type, inspect.StrType):
            return Leaf("lines", None, keeps)
        kinds: dict[type[inspect.Type], Kind] = {
            inspect.StrType: "text",
            inspect.IntType: "whole",
            inspect.DecimalType: "decimal",
        }
        kind = kinds.get(type(found))
        if kind is None:
            raise ValueError(f"`{path.text}` is an object or a list, not a value: go on to a field of it")
        return Leaf(kind, None, keeps)

    def check_pattern(self, text: str) -> bool:
        """``True`` when the document has fields of these names below each other, lists passed through."""
        found: inspect.Type = self.document
        for name in text.split("."):
            if not isinstance(found, inspect.StructType):
                raise ValueError(f"`{text}` goes on behind a value")
            found = _field(found, name)
            if isinstance(found, inspect.VarTupleType):
                found = _without_none(found.item_type)
        return True

    def inside(self, path: CanonicalPath, *, each: bool) -> Scope:
        """The scope of the object at ``path``, or of the list's items; raises ``ValueError`` when it is neither."""
        _, found = self._walk(path, to_list=each)
        if each:
            if not isinstance(found, inspect.VarTupleType) or path.steps[-1].pick not in ("", "match"):
                raise ValueError(f"`{path.text}` is no list")
            found = found.item_type
        if not isinstance(found, inspect.StructType):
            raise ValueError(f"`{path.text}` is no {'list of objects' if each else 'object'}")
        return Scope(found, self.document)

    def typed(self, path: CanonicalPath) -> CanonicalPath:
        """``path`` with the numbers it compares with as numbers; raises ``ValueError`` when it does not exist."""
        self._walk(path)
        steps, found = [], self.document if path.absolute else self.object
        for step in path.steps:
            matches = step.matches
            inner = _field(found, step.name)
            if isinstance(inner, inspect.VarTupleType) and step.pick:
                inner = inner.item_type
            if isinstance(inner, inspect.StructType):
                found = inner
                matches = tuple(
                    match._replace(value=int(match.value))
                    if not match.reference and isinstance(_field(found, match.field), inspect.IntType)
                    else match
                    for match in matches
                )
            steps.append(step._replace(matches=matches))
        return path._replace(steps=tuple(steps))

    def _walk(self, path: CanonicalPath, *, to_list: bool = False) -> tuple[inspect.StructType, inspect.Type]:
        around = self.document if path.absolute else self.object
        found: inspect.Type = around
        for number, step in enumerate(path.steps):
            if not isinstance(found, inspect.StructType):
                raise ValueError(f"`{path.text}`: `{path.steps[number - 1].name}` has no fields")
            around = found
            found = _field(around, step.name)
            if not step.pick:
                continue
            if not isinstance(found, inspect.VarTupleType) or not isinstance(found.item_type, inspect.StructType):
                raise ValueError(f"`{path.text}`: `{step.name}` is no list of objects")
            for match in step.matches:
                self._check_match(found.item_type, match.field, str(match.value), match.reference)
            if not (to_list and number == len(path.steps) - 1):
                found = found.item_type
        return around, found

    def _check_match(self, item: inspect.StructType, field: str, value: str, reference: bool) -> None:
        found = _field(item, field)
        if reference:
            _field(self.object, value)
        elif isinstance(found, inspect.LiteralType) and value not in found.values:
            raise ValueError(f"`{value}` is no word of `{field}`{near(value, map(str, found.values))}")
        elif isinstance(found, inspect.IntType) and not value.isdecimal():
            raise ValueError(f"`{field}` is a number, `{value}` is none")
        elif not isinstance(found, inspect.LiteralType | inspect.StrType | inspect.IntType):
            raise ValueError(f"`{field}` is no text and no number, it cannot be compared")


def scope_of(canonical: str) -> Scope:
    """The scope of a whole document; raises ``ValueError`` for an unknown type."""
    if canonical not in CANONICAL:
        raise ValueError(f"there is no canonical type `{canonical}`: there are {', '.join(CANONICAL)}")
    found = inspect.type_info(CANONICAL[canonical])
    if not isinstance(found, inspect.StructType):
        raise TypeError(f"{canonical} is no struct")
    return Scope(found, found)


def _field(around: inspect.StructType, name: str) -> inspect.Type:
    for field in around.fields:
        if field.encode_name == name:
            return _without_none(field.type)
    names = [field.encode_name for field in around.fields]
    raise ValueError(f"{around.cls.__name__} has no field `{name}`{near(name, names)}")


def _without_none(found: inspect.Type) -> inspect.Type:
    if isinstance(found, inspect.UnionType):
        rest = [kind for kind in found.types if not isinstance(kind, inspect.NoneType)]
        if len(rest) == 1:
            return rest[0]
    return found
