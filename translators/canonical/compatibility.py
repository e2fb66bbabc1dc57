"""What may change within a version of a canonical type, checked on its JSON Schemas.

Business systems hold documents, and code that was written for them. So within ``transport_status/1`` a field may be
added if it is optional, a word may be added to a vocabulary, and a bound may be widened: whoever wrote a document of
the older schema has written one of the newer. Everything else is a new version: a field that goes, is renamed or
becomes required; one that becomes optional, for readers rely on it; a word that goes; another type, pattern or default.
Texts that describe are free.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from translators.canonical.document import Json

_WIDER = {"minLength": -1, "minItems": -1, "minimum": -1, "maxLength": 1, "maxItems": 1, "maximum": 1}
"""Bounds, and in which direction they may move."""
_FREE = frozenset({"$schema", "$defs", "$ref", "title", "description", "examples", "discriminator"})
_OWN = frozenset({"properties", "required", "enum", "anyOf", "items", "const", "additionalProperties", *_WIDER})

Schema = dict[str, Json]


class Change(msgspec.Struct, frozen=True):
    """One difference between two schemas of a type."""

    path: str
    """Such as ``consignments[].events[].status``; empty for the document."""
    text: str
    allowed: bool
    """Whether it may be made within the version."""

    def __str__(self) -> str:
        return f"{self.path or 'the document'}: {self.text}{'' if self.allowed else ' (this needs a new version)'}"


def schema_changes(old: Schema, new: Schema) -> list[Change]:
    """Every difference between the schemas of one type, in the order of the older one's fields."""
    return list(_Comparison(old, new).changes(old, new, ""))


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = _definitions(old), _definitions(new)
        self._seen: set[tuple[str, str]] = set()

    def changes(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        # Types are compared once, wherever they are used.
        names = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if any(names):
            if names in self._seen:
                return
            self._seen.add(names)
        old, new = self._resolved(old, self._old), self._resolved(new, self._new)
        yield from self._values(old, new, path)
        yield from self._words(old, new, path)
        yield from self._fields(old, new, path)
        yield from self._choices(old, new, path)
        if isinstance(before := old.get("items"), dict) and isinstance(after := new.get("items"), dict):
            yield from self.changes(before, after, f"{path}[]")
        inner, later = old.get("additionalProperties"), new.get("additionalProperties")
        if isinstance(inner, dict) and isinstance(later, dict):
            yield from self.changes(inner, later, f"{path}.*")
        elif inner != later:
            yield Change(path, f"additionalProperties was {inner}, is {later}", allowed=False)

    def _values(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        for key in sorted((old.keys() | new.keys()) - _FREE - _OWN):
            if old.get(key) != new.get(key):
                yield Change(path, f"{key} was {old.get(key)}, is {new.get(key)}", allowed=False)
        if old.get("const") != new.get("const"):
            yield Change(path, f"const was {old.get('const')}, is {new.get('const')}", allowed=False)
        for key, direction in _WIDER.items():
            before, after = old.get(key), new.get(key)
            if before != after:
                bounds = isinstance(before, int | float) and isinstance(after, int | float)
                wider = after is None or (bounds and (float(str(after)) - float(str(before))) * direction > 0)
                yield Change(path, f"{key} was {before}, is {after}", allowed=wider)

    def _words(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        before, after = old.get("enum"), new.get("enum")
        if isinstance(before, list) and isinstance(after, list):
            for word in (each for each in before if each not in after):
                yield Change(path, f"the word `{word}` is gone", allowed=False)
            for word in (each for each in after if each not in before):
                yield Change(path, f"the word `{word}` is new", allowed=True)
        elif before != after:
            yield Change(path, "the list of words is another matter now", allowed=False)

    def _fields(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        before, after = _fields_of(old), _fields_of(new)
        needed, needs = _required(old), _required(new)
        for name, schema in before.items():
            here = f"{path}.{name}" if path else name
            if name not in after:
                yield Change(here, "the field is gone", allowed=False)
                continue
            if (name in needed) != (name in needs):
                yield Change(here, f"the field is {'required' if name in needs else 'optional'} now", allowed=False)
            yield from self.changes(schema, after[name], here)
        for name in (each for each in after if each not in before):
            here = f"{path}.{name}" if path else name
            how = "and required" if name in needs else "and optional"
            yield Change(here, f"the field is new {how}", allowed=name not in needs)

    def _choices(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        before, after = (_objects(schema.get("anyOf")) for schema in (old, new))
        if len(before) != len(after):
            yield Change(path, "it may be something of other kinds now", allowed=False)
        for one, other in zip(before, after, strict=False):
            yield from self.changes(one, other, path)

    @staticmethod
    def _resolved(schema: Schema, definitions: dict[str, Schema]) -> Schema:
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema
        named = definitions[reference.rpartition("/")[2]]
        return {**named, **{key: value for key, value in schema.items() if key != "$ref"}}


def _definitions(schema: Schema) -> dict[str, Schema]:
    found = schema.get("$defs")
    return {name: each for name, each in found.items() if isinstance(each, dict)} if isinstance(found, dict) else {}


def _fields_of(schema: Schema) -> dict[str, Schema]:
    found = schema.get("properties")
    return {name: each for name, each in found.items() if isinstance(each, dict)} if isinstance(found, dict) else {}


def _required(schema: Schema) -> set[str]:
    found = schema.get("required")
    return {str(name) for name in found} if isinstance(found, list) else set()


def _objects(found: Json) -> list[Schema]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
