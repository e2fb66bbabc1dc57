"""Code lists are functions both ways on every day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from partners import CodeList, CodePair

DAYS = st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 4))
WEEK = [date(2025, 12, 31) + timedelta(days=number) for number in range(7)]


@st.composite
def pairs(draw: st.DrawFn) -> CodePair:
    first, last = draw(DAYS), draw(DAYS)
    if first and last and last < first:
        first, last = last, first
    return CodePair(
        ours=draw(st.sampled_from("ab")),
        theirs=draw(st.sampled_from("xy")),
        direction=draw(st.sampled_from(["both", "in", "out"])),
        valid_from=first,
        valid_to=last,
    )


def answers(entries: list[CodePair], code: str, on: date, direction: Literal["in", "out"]) -> list[str]:
    held = [pair for pair in entries if pair.holds(on, direction)]
    if direction == "in":
        return [pair.ours for pair in held if pair.theirs == code]
    return [pair.theirs for pair in held if pair.ours == code]


@given(st.lists(pairs(), min_size=1, max_size=4))
@hypothesis_settings(max_examples=300)
def test_a_list_is_accepted_exactly_when_no_code_has_two_answers(entries: list[CodePair]) -> None:
    """Refused where some day gives two pairs for one code in one direction, and only there."""
    ambiguous = any(
        any(len(answers(entries, code, on, "in")) > 1 for code in "xy")
        or any(len(answers(entries, code, on, "out")) > 1 for code in "ab")
        for on in WEEK
    )
    if ambiguous:
        with pytest.raises(ValidationError, match="already"):
            CodeList(id="a", entries=tuple(entries))
        return
    made = CodeList(id="a", entries=tuple(entries))
    for on in WEEK:
        for code in "xy":
            assert made.to_ours(code, on) == next(iter(answers(entries, code, on, "in")), None)
        for code in "ab":
            assert made.to_theirs(code, on) == next(iter(answers(entries, code, on, "out")), None)


def test_codes_are_compared_exactly() -> None:
    """Case and blanks inside a code count."""
    made = CodeList(id="a", entries=(CodePair(ours="delivered", theirs="D 1"),))
    assert made.to_ours("D 1", WEEK[0]) == "delivered"
    assert [made.to_ours(code, WEEK[0]) for code in ("d 1", "D1", "D 1 ", "")] == [None] * 4
