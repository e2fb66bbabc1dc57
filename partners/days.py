"""Stretches of whole days, both ends included, ``None`` being an open end."""

from __future__ import annotations

from datetime import date


def within(on: date, first: date | None, last: date | None) -> bool:
    """Whether a day lies in a stretch."""
    return (first is None or first <= on) and (last is None or on <= last)


def overlap(first: date | None, last: date | None, other_first: date | None, other_last: date | None) -> bool:
    """Whether two stretches have a day in common."""
    return (last is None or other_first is None or other_first <= last) and (
        other_last is None or first is None or first <= other_last
    )


def not_before(last: date | None, first: date | None) -> date | None:
    """``last``; raises ``ValueError`` when it lies before ``first``."""
    if last is not None and first is not None and last < first:
        raise ValueError(f"{last} lies before valid_from, {first}")
    return last
