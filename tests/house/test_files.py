"""Nothing in the project leans on the machine it was written on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_OURS = {".git", ".venv", "__pycache__", "dist", "build", "demo-data"}

# Written in pieces, or this file would find itself.
OUTSIDE = re.compile(
    "|".join((r"(?<![\w.])/wor" + "k/", r"(?<![\w.])/hom" + r"e/\w", "/Use" + "rs/", "/pl" + "an/PLAN"))
)
REGISTRIES = re.compile("|".join(("pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.", "index" + "-url [^-]")))


def texts() -> Iterator[tuple[str, str]]:
    """Every text file of the project: name and content."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if NOT_OURS & set(parts) or any(part.startswith(".") and part.endswith("_cache") for part in parts):
            continue
        if ".hypothesis" in parts or not path.is_file():
            continue
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # Vectors may be any bytes.


def test_no_file_names_a_path_outside_the_project() -> None:
    """A path that exists on one machine only works on one machine only."""
    found = {name: match[0] for name, text in texts() if (match := OUTSIDE.search(text))}
    assert found == {}


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is for whoever installs to say."""
    found = {name: match[0] for name, text in texts() if (match := REGISTRIES.search(text))}
    assert found == {}


@pytest.mark.parametrize(
    "text", ["see /wor" + "k/notes", "cd /hom" + "e/ann", "C /Use" + "rs/ann", "--index" + "-url https://mirror"]
)
def test_the_patterns_match(text: str) -> None:
    """The checks above can fail."""
    assert OUTSIDE.search(text) or REGISTRIES.search(text)


def test_text_files_end_with_a_line_break_and_use_unix_ones() -> None:
    """Vectors apart, whose bytes are their point."""
    code = (".py", ".md", ".toml", ".yml", ".yaml", ".json", ".lock")
    wrong = [
        name
        for name, text in texts()
        if name.endswith(code)
        and not name.startswith("tests/vectors/")
        and text
        and (not text.endswith("\n") or "\r" in text)
    ]
    assert wrong == []
