"""The JSON Schema of a profile file, for editors: completion, and the plainest faults while typing.

It is made from the same models that validate, and describes what a person writes: an agreement may leave to its
templates what it does not say, so inside agreements only what names a thing is required. Loading stays the judge; a
schema cannot see across files.
"""

from __future__ import annotations

from typing import cast

from pydantic.json_schema import models_json_schema

from partners.agreement import Terms
from partners.channel import KINDS
from partners.code_list import CodeList
from partners.party import Party

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

_NAMES: Json = {"type": "array", "items": {"type": "string"}}


def profile_schema() -> dict[str, Json]:
    """The schema of one profile file (JSON Schema 2020-12)."""
    models = (Party, *KINDS.values(), Terms, CodeList)
    _, made = models_json_schema([(model, "validation") for model in models], ref_template="#/$defs/{model}")
    definitions = cast(dict[str, dict[str, Json]], made["$defs"])
    for name in _below(definitions, "Terms"):
        required = cast(list[str], definitions[name].pop("required", []))
        if "id" in required:
            definitions[name]["required"] = ["id"]
    channels = [kind.__name__ for kind in KINDS.values()]
    for name in channels:
        cast(list[str], definitions[name]["required"]).remove("party")
    for name in ("Certificate", "OwnCertificate"):
        certificate = cast(dict[str, Json], definitions[name]["properties"])
        del certificate["pem"]
    agreement = definitions.pop("Terms")
    properties = cast(dict[str, Json], agreement["properties"])
    flow = definitions["Flow"]
    definitions["FlowDefaults"] = {key: value for key, value in flow.items() if key not in ("required", "title")}
    agreement["properties"] = {
        **properties,
        "extends": _NAMES,
        "without": _NAMES,
        "every_flow": {"$ref": "#/$defs/FlowDefaults"},
    }
    definitions["Agreement"] = {**agreement, "title": "Agreement"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sallyport profile",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "party": {"$ref": "#/$defs/Party"},
            "channels": {
                "type": "array",
                "items": {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in channels]},
            },
            "agreements": {"type": "array", "items": {"$ref": "#/$defs/Agreement"}},
            "template": {"$ref": "#/$defs/Agreement"},
            "code_list": {"$ref": "#/$defs/CodeList"},
        },
        "$defs": cast(Json, definitions),
    }


def _below(definitions: dict[str, dict[str, Json]], name: str) -> set[str]:
    """The names of all definitions that ``name`` leads to, itself included."""
    found: set[str] = set()
    waiting: list[Json] = [{"$ref": f"#/$defs/{name}"}]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            target = value.get("$ref")
            if isinstance(target, str) and (reached := target.removeprefix("#/$defs/")) not in found:
                found.add(reached)
                waiting.append(cast(Json, definitions[reached]))
            waiting.extend(value.values())
    return found
