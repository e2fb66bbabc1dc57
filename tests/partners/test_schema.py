"""The committed JSON Schema is the model's, and does not find fault with what loads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import cast

import jsonschema
import pytest
import yaml

from partners import profile_schema
from partners.schema import Json

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "profiles" / "schemas" / "profile.json"
VALIDATOR = jsonschema.Draft202012Validator(cast(dict[str, object], profile_schema()))
GOOD = sorted(
    [
        *(ROOT / "profiles" / "partners-example").glob("*.yaml"),
        *(ROOT / "profiles" / "templates").glob("*.yaml"),
        *(ROOT / "tests" / "vectors" / "profiles" / "valid").glob("*.yaml"),
        *(ROOT / "tests" / "vectors" / "profiles" / "base").glob("*.yaml"),
    ]
)


def as_an_editor_sees_it(node: yaml.Node | None) -> Json:
    """The value under YAML 1.2's core schema, which editors check with: plain scalars may be numbers and so on."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): as_an_editor_sees_it(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [as_an_editor_sees_it(item) for item in node.value]
    if not isinstance(node, yaml.ScalarNode):
        raise TypeError("there is no document")
    text = str(node.value)
    if node.style is None:
        if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
            return text.lower() == "true"
        if re.fullmatch(r"[-+]?[0-9]+", text):
            return int(text)
        if re.fullmatch(r"0x[0-9a-fA-F]+", text):
            return int(text, 16)
        if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text):
            return float(text)
    return text


def test_the_committed_schema_is_the_models() -> None:
    """After a change of the model: ``python -m tests.house.generate`` writes it."""
    assert json.loads(SCHEMA.read_text()) == profile_schema()


def test_it_is_a_schema() -> None:
    """It holds to its own dialect."""
    jsonschema.Draft202012Validator.check_schema(cast(dict[str, object], profile_schema()))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_loads_is_right_in_an_editor(path: Path) -> None:
    """A false alarm would teach people to ignore the editor."""
    text = path.read_text(encoding="utf-8-sig")
    tree = as_an_editor_sees_it(yaml.compose(text, Loader=yaml.BaseLoader))
    assert [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(tree)] == []


@pytest.mark.parametrize(
    "text",
    [
        "parties: []",
        "party: {id: a, name: A}",
        "party: {id: A, name: A, identities: [{scheme: unb, value: A}]}",
        "party: {id: a, name: A, identities: [{scheme: edi, value: A}]}",
        "agreements: [{us: us-co}]",
        "agreements: [{id: a, flows: [{id: a, priority: high}]}]",
        "agreements: [{id: a, every_flow: {prioritty: high}}]",
        "agreements: [{id: a, flows: [{id: a, expect: [{receipt: 998, due: PT1H}]}]}]",
        "channels: [{id: a, kind: ftp}]",
        "channels: [{id: a, kind: sftp, login: a, authorized_keys: []}]",
        "channels: [{id: a, kind: sftp, login: a, authorized_keys: {file: ../a}}]",
        "channels: [{id: a, kind: as2, url: 'https://a/', certificates: [{file: a.pem, pem: text}]}]",
        "code_list: {id: a, entries: []}",
    ],
)
def test_the_plainest_faults_are_seen(text: str) -> None:
    """Misspelt keys, wrong forms and wrong names are marked while typing."""
    tree = as_an_editor_sees_it(yaml.compose(text, Loader=yaml.BaseLoader))
    assert list(VALIDATOR.iter_errors(tree))
