"""Names under which files stand that are not finished yet: the one agreement that everybody who moves files knows."""

from __future__ import annotations

TEMPORARY = (".part", ".tmp", ".filepart")
"""Endings that say so; a dot in front says the same."""


def temporary(name: str) -> bool:
    """Whether a name says that the file is not finished."""
    return name.startswith(".") or name.lower().endswith(TEMPORARY)
