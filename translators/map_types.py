"""The canonical types, as a map's loader asks about them: does this path exist, and what kind of value is there?"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import inspect

from translators.canonical import CANONICAL, Moment
from translators.map_codecs import Kind
from translators.map_extensions import Extension
from translators.map_paths import CanonicalPath
from translators.map_scalars import near


class Leaf(msgspec.Struct, frozen=True):
    """What is at the end of a path."""

    kind: Kind
    words: frozenset[str] | None
    """The closed list of values, if there is one."""
    keeps_native: bool
    """Whether the object around it can keep a partner's code."""
    digits: bool = False
    """Whether the text is a number: an extension's decimal."""


_EXTENSIONS = "extensions"
_EXTENSION_KINDS: dict[str, Kind] = {"text": "text", "whole": "whole", "decimal": "text", "flag": "flag"}


class Scope(msgspec.Struct, frozen=True):
    """The object in hand, the document it is part of, and the extensions that the map declares."""

    object: inspect.StructType
    document: inspect.StructType
    extensions: dict[str, Extension] = {}

    def leaf(self, path: CanonicalPath) -> Leaf:
        """What is at ``path``; raises ``ValueError`` when there is nothing or no value."""
        if (extension := self._extension(path)) is not None:
            digits = extension.type == "decimal"
            return Leaf(_EXTENSION_KINDS[extension.type], extension.words, keeps_native=False, digits=digits)
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
            inspect.BoolType: "flag",
        }
        kind = kinds.get(type(found))
        if kind is None:
            raise ValueError(f"`{path.text}` is an object or a list, not a value: go on to a field of it")
        return Leaf(kind, None, keeps)

    def check_pattern(self, text: str) -> bool:
        """``True`` when the document has fields of these names below each other, lists passed through."""
        _below(self.document, text, text)
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
        return Scope(found, self.document, self.extensions)

    def has(self, path: CanonicalPath, name: str) -> bool:
        """Whether the object that holds the value at ``path`` has a field called ``name``."""
        around, _ = self._walk(path)
        return any(field.encode_name == name for field in around.fields)

    def list_of(self, path: CanonicalPath) -> Scope:
        """The scope of the items of the list at ``path``; raises ``ValueError`` when it is none."""
        return self.inside(path, each=True)

    def names(self, text: str) -> tuple[str, ...]:
        """The names in a pattern such as ``lines.quantity.value``, seen from here; raises ``ValueError``."""
        start = self.document if text.startswith("/") else self.object
        return _below(start, text.removeprefix("/"), text)

    def typed(self, path: CanonicalPath) -> CanonicalPath:
        """``path`` with the numbers it compares with as numbers; raises ``ValueError`` when it does not exist."""
        if self._extension(path) is not None:
            return path
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

    def _extension(self, path: CanonicalPath) -> Extension | None:
        """The extension that ``path`` ends in; raises ``ValueError`` when it is not declared or cannot be there."""
        steps = path.steps
        if len(steps) < 2 or steps[-2].name != _EXTENSIONS or steps[-2].pick:
            return None
        self._walk(path._replace(steps=steps[:-1]))
        if (extension := self.extensions.get(steps[-1].name)) is None:
            known = near(steps[-1].name, self.extensions) or ": declare it under `extensions` of the map"
            raise ValueError(f"there is no extension `{steps[-1].name}`{known}")
        return extension

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


def scope_of(canonical: str, extensions: Mapping[str, Extension]) -> Scope:
    """The scope of a whole document; raises ``ValueError`` for an unknown type."""
    if canonical not in CANONICAL:
        raise ValueError(f"there is no canonical type `{canonical}`: there are {', '.join(CANONICAL)}")
    found = inspect.type_info(CANONICAL[canonical])
    if not isinstance(found, inspect.StructType):
        raise TypeError(f"{canonical} is no struct")
    return Scope(found, found, dict(extensions))


def _below(start: inspect.Type, names: str, text: str) -> tuple[str, ...]:
    """The names, when each is a field below the one before, lists passed through."""
    found = start
    for name in names.split("."):
        if not isinstance(found, inspect.StructType):
            raise ValueError(f"`{text}` goes on behind a value")
        found = _field(found, name)
        if isinstance(found, inspect.VarTupleType):
            found = _without_none(found.item_type)
    return tuple(names.split("."))


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
