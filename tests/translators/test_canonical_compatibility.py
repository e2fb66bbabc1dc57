"""What may change within a version of a canonical type, and that nothing else has."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.house.compatible import changes
from translators.canonical import CANONICAL, canonical_schema
from translators.canonical.compatibility import schema_changes

Schema = dict[str, Any]

OLD: Schema = {
    "$ref": "#/$defs/Doc",
    "$defs": {
        "Doc": {
            "type": "object",
            "description": "A document.",
            "properties": {
                "type": {"enum": ["doc/1"]},
                "number": {"type": "string", "minLength": 1, "maxLength": 35},
                "status": {"enum": ["held", "released"]},
                "weight": {"anyOf": [{"$ref": "#/$defs/Weight"}, {"type": "null"}], "default": None},
                "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}, "default": []},
            },
            "required": ["type", "number", "status"],
            "additionalProperties": False,
        },
        "Line": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
        "Weight": {"type": "object", "properties": {"unit": {"type": "string", "pattern": "^[A-Z]{3}$"}}},
    },
}


def doc(schema: Schema) -> Schema:
    found: Schema = schema["$defs"]["Doc"]
    return found


def fields(schema: Schema, name: str = "Doc") -> Schema:
    found: Schema = schema["$defs"][name]["properties"]
    return found


# A change of the schema, the path it is told at, and whether it may be made.
CHANGES: dict[str, tuple[Callable[[Schema], object], str, bool]] = {
    "word-added": (lambda s: fields(s)["status"]["enum"].append("seized"), "status", True),
    "word-removed": (lambda s: fields(s)["status"]["enum"].remove("held"), "status", False),
    "optional-added": (lambda s: fields(s).update(note={"type": "string"}), "note", True),
    "required-added": (lambda s: (fields(s).update(note={}), doc(s)["required"].append("note")), "note", False),
    "removed": (lambda s: fields(s).pop("lines"), "lines", False),
    "required-now": (lambda s: doc(s)["required"].append("lines"), "lines", False),
    "optional-now": (lambda s: doc(s)["required"].remove("number"), "number", False),
    "type": (lambda s: fields(s)["number"].update(type="integer"), "number", False),
    "longer": (lambda s: fields(s)["number"].update(maxLength=70), "number", True),
    "unbounded": (lambda s: fields(s)["number"].pop("maxLength"), "number", True),
    "shorter": (lambda s: fields(s)["number"].update(maxLength=17), "number", False),
    "bounded": (lambda s: fields(s)["status"].update(maxLength=17), "status", False),
    "default": (lambda s: fields(s)["lines"].update(default=None), "lines", False),
    "pattern-below": (lambda s: fields(s, "Weight")["unit"].update(pattern="^.*$"), "weight.unit", False),
    "field-below": (lambda s: fields(s, "Line").update(text={"type": "string"}), "lines[].text", True),
    "other-kinds": (lambda s: fields(s)["weight"]["anyOf"].pop(), "weight", False),
    "open": (lambda s: doc(s).update(additionalProperties=True), "", False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_allowed_or_not(name: str) -> None:
    change, path, allowed = CHANGES[name]
    new = copy.deepcopy(OLD)
    change(new)
    (found,) = schema_changes(OLD, new)
    assert (found.path, found.allowed) == (path, allowed)
    assert ("needs a new version" in str(found)) != allowed


def test_descriptions_are_free() -> None:
    new = copy.deepcopy(OLD)
    doc(new)["description"] = "Another text."
    assert schema_changes(OLD, new) == []


@pytest.mark.parametrize("name", CANONICAL)
def test_a_schema_is_compatible_with_itself(name: str) -> None:
    assert schema_changes(canonical_schema(name), canonical_schema(name)) == []


def test_the_code_keeps_to_the_committed_versions() -> None:
    broken = {name: [str(each) for each in found if not each.allowed] for name, found in changes().items()}
    assert {name: texts for name, texts in broken.items() if texts} == {}
