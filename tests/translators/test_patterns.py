"""Patterns: what they mean, against Python's own engine; what is refused; and that no pattern is slow."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.patterns import Pattern, PatternError, read_pattern

atoms = st.sampled_from(["A", "B", "1", "[A-B]", "[^A]", ".", r"\d", r"\w", r"\.", "[1.]", "[B-]"])
repeats = st.sampled_from(["", "?", "*", "+", "{2}", "{1,3}", "{2,}", "{0,2}", "{0,}"])


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})"),
        st.tuples(inner, repeats).map(lambda two: f"({two[0]}){two[1]}"),
    )


@given(
    st.recursive(st.tuples(atoms, repeats).map("".join), combined, max_leaves=8),
    st.lists(st.text(st.sampled_from("AB1.-"), max_size=8), max_size=8),
)
@settings(max_examples=400, deadline=None)
def test_a_pattern_means_what_it_means_elsewhere(text: str, values: list[str]) -> None:
    pattern, oracle = Pattern(text), re.compile(text, re.DOTALL)
    for value in values:
        assert pattern.fits(value) == (oracle.fullmatch(value) is not None), (text, value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("(A", "not closed"),
        ("A)", "closes nothing"),
        ("[A", "not closed"),
        ("[]", "empty class"),
        ("A**", "one repetition behind another"),
        ("A+?", "one repetition behind another"),
        ("(?=A)", "begins nothing here"),
        ("^A$", r"write \^ for the sign itself"),
        (r"(A)\1", r"\1 has no meaning here"),
        (r"\b", r"\b has no meaning here"),
        ("{2}", "means nothing here"),
        ("A{x}", "begins a repetition"),
        ("A{3,2}", "asks for 3 to 2 times"),
        ("A{0}", "asks for 0 to 0 times"),
        ("[Z-A]", "is no range"),
        ("A{5000}", "more than 2000 characters"),
        ("((A{99}){99}){99}", "more than 2000 characters"),
        ("(" * 30 + "A" + ")" * 30, "nested more than 20 deep"),
        ("A\\", r"\ has no meaning here"),
    ],
)
def test_what_is_refused_and_what_to_write_instead(text: str, says: str) -> None:
    with pytest.raises(PatternError) as caught:
        Pattern(text)
    assert says in str(caught.value)
    assert "write characters, [classes]" in str(caught.value)


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_pattern_or_is_refused(text: str) -> None:
    try:
        pattern = Pattern(text)
    except PatternError:
        return
    assert pattern.fits("A1") in (True, False)


@pytest.mark.parametrize("text", ["(A+)+B", "(A|A)*B", "(A?){60}A{60}B", "(.*)*B", "(A*A*A*A*)*B"])
def test_a_pattern_that_ruins_other_engines_takes_one_step_a_character(text: str) -> None:
    # With Python's own engine, most of these would not come back within a lifetime.
    pattern = Pattern(text)
    assert not pattern.fits("A" * 3000)
    assert len(pattern._steps) < 200


def test_patterns_are_read_once() -> None:
    assert read_pattern(r"\d{3}") is read_pattern(r"\d{3}")
