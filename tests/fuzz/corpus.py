"""Where mutations start from: every EDI file among the vectors and examples."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
_FOLDERS = (ROOT / "tests" / "vectors", ROOT / "profiles" / "examples")
_SUFFIXES = frozenset({".edi", ".x12", ".txt", ".edifact"})


def seeds() -> list[bytes]:
    """The files, in the order of their names, without those that are too long to be mutated a thousand times."""
    files = sorted(file for folder in _FOLDERS for file in folder.rglob("*") if file.suffix in _SUFFIXES)
    return [data for file in files if 0 < len(data := file.read_bytes()) <= 20_000]
