"""Every vector under ``tests/vectors/profiles`` gives exactly the faults, or the values, that stand beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import yaml

from partners import Known, Loaded, document, load

VECTORS = Path(__file__).parents[1] / "vectors" / "profiles"
ABOUT = (".faults", ".values", ".known")


def files_of(path: Path) -> list[tuple[str, bytes]]:
    if path.is_file():
        return [(path.name, path.read_bytes())]
    return [
        (file.relative_to(path).as_posix(), file.read_bytes())
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name != "faults"
    ]


def vectors(kind: str) -> Iterator[Path]:
    for path in sorted((VECTORS / kind).iterdir()):
        if path.suffix not in ABOUT:
            yield path


def beside(vector: Path, suffix: str) -> str:
    path = vector.with_suffix(suffix) if vector.is_file() else vector / suffix.removeprefix(".")
    return path.read_text() if path.exists() else ""


def loaded(vector: Path) -> Loaded:
    known = None
    if text := beside(vector, ".known"):
        known = msgspec.structs.replace(Known(), **{kind: frozenset(names) for kind, names in json.loads(text).items()})
    return load(files_of(VECTORS / "base") + files_of(vector), known)


def contains(actual: object, wanted: object) -> bool:
    if isinstance(wanted, dict):
        return isinstance(actual, dict) and all(
            key in actual and contains(actual[key], item) for key, item in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(actual, list) and len(actual) == len(wanted) and all(map(contains, actual, wanted))
    return type(actual) is type(wanted) and actual == wanted


def names(kind: str) -> list[str]:
    return [path.name for path in vectors(kind)]


@pytest.mark.parametrize("name", [f"{kind}/{name}" for kind in ("valid", "invalid") for name in names(kind)])
@pytest.mark.parametrize("loader", ["CBaseLoader", "BaseLoader"])
def test_faults(name: str, loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The faults are those written beside the vector, whichever of PyYAML's two parsers is there."""
    monkeypatch.setattr(document, "_Loader", getattr(yaml, loader))
    vector = VECTORS / name
    result = loaded(vector)
    told = [str(fault) for fault in result.faults]
    wanted = beside(vector, ".faults").splitlines()
    if loader == "BaseLoader":
        # The two parsers agree on where a text stops being YAML, and have their own words for it.
        told, wanted = ([line.partition("not readable as YAML")[0] for line in lines] for lines in (told, wanted))
    assert told == wanted
    assert (result.register is not None) == name.startswith("valid/")


@pytest.mark.parametrize("name", names("invalid"))
def test_faults_point_into_the_files(name: str) -> None:
    """A fault names a file that was given, and a line and a column that it has."""
    vector = VECTORS / "invalid" / name
    lines = {file: content.decode("utf-8-sig", "replace").split("\n") for file, content in files_of(vector)}
    lines |= {file: content.decode().split("\n") for file, content in files_of(VECTORS / "base")}
    for fault in loaded(vector).faults:
        assert 1 <= fault.line <= len(lines[fault.file])
        assert 1 <= fault.column <= len(lines[fault.file][fault.line - 1]) + 1


@pytest.mark.parametrize("name", [name for name in names("valid") if beside(VECTORS / "valid" / name, ".values")])
def test_values(name: str) -> None:
    """The resolved agreements hold the values written beside the vector."""
    vector = VECTORS / "valid" / name
    register = loaded(vector).register
    assert register is not None
    for line in beside(vector, ".values").splitlines():
        agreement, path, text = line.split(" ", 2)
        value = json.loads(register.agreements[agreement].resolved)
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        assert contains(value, json.loads(text)), line


def test_invalid_vectors_are_at_least_as_many_as_valid_ones() -> None:
    """What goes wrong is looked at no less than what goes right."""
    assert len(names("invalid")) >= len(names("valid")) > 0
