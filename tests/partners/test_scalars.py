"""Durations, days and days' stretches."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from partners import read_duration, write_duration
from partners.days import overlap, within


@given(st.integers(1, 36525 * 86400).map(lambda seconds: timedelta(seconds=seconds)))
@hypothesis_settings(max_examples=200)
def test_a_written_duration_is_read_back(length: timedelta) -> None:
    """Writing loses nothing, and equal lengths have one text."""
    assert read_duration(write_duration(length)) == length
    assert write_duration(read_duration(write_duration(length))) == write_duration(length)


@pytest.mark.parametrize(
    ("text", "seconds", "shortest"),
    [
        ("PT4H", 14400, "PT4H"),
        ("PT24H", 86400, "P1D"),
        ("P1W", 604800, "P7D"),
        ("PT90M", 5400, "PT1H30M"),
        ("P1DT1S", 86401, "P1DT1S"),
        ("PT0H5M", 300, "PT5M"),
        ("P0DT1M", 60, "PT1M"),
        ("P36525D", 36525 * 86400, "P36525D"),
    ],
)
def test_durations(text: str, seconds: int, shortest: str) -> None:
    """The lengths of ISO 8601 texts, and their shortest form."""
    assert read_duration(text) == timedelta(seconds=seconds)
    assert write_duration(timedelta(seconds=seconds)) == shortest


@pytest.mark.parametrize(
    "text",
    [
        *("", "P", "PT", "P1", "T1H", "1D", "P1M", "P1Y", "PT1.5H", "-PT1H", "P-1D", "PT1H ", " PT1H", "pt1h", "P1D1H"),
        *("P1W1D", "PT0S", "P0D", "P36526D", "P9999999D", "PT1H30", "P1H", "PT1D", "PT1M1H", "P\u0661D"),
    ],
)
def test_what_is_no_duration(text: str) -> None:
    """Years, months, fractions, signs, nothing at all and more than a hundred years are refused."""
    with pytest.raises(ValueError, match=r"not (a duration|between)"):
        read_duration(text)


DAYS = st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 9))


@given(DAYS, DAYS, DAYS, DAYS)
@hypothesis_settings(max_examples=300)
def test_stretches_overlap_where_they_share_a_day(
    first: date | None, last: date | None, other_first: date | None, other_last: date | None
) -> None:
    """For stretches that do not end before they begin, ``overlap`` is what counting days would say."""
    if (first and last and last < first) or (other_first and other_last and other_last < other_first):
        return
    days = [date(2025, 12, 31) + timedelta(days=number) for number in range(12)]
    shared = any(within(day, first, last) and within(day, other_first, other_last) for day in days)
    assert overlap(first, last, other_first, other_last) == shared
    assert overlap(other_first, other_last, first, last) == shared
