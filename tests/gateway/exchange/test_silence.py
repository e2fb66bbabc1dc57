"""How long somebody has been silent, and what of that is usual."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.exchange.silence import LEARNED_FROM, LEAST, REMEMBERED, counted, usual
from partners import WEEKDAYS

BRUSSELS = ZoneInfo("Europe/Brussels")
WORKDAYS = WEEKDAYS[:5]
FRIDAY = datetime(2026, 10, 2, 18, 0, tzinfo=BRUSSELS)
YEAR = (datetime(2026, 1, 1), datetime(2027, 1, 1))  # noqa: DTZ001 (Hypothesis puts the zone to them)
MOMENTS = st.datetimes(*YEAR, timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("since", "until", "days", "hours"),
    [
        (FRIDAY, FRIDAY + timedelta(hours=3), WEEKDAYS, 3),
        (FRIDAY, datetime(2026, 10, 5, 8, 0, tzinfo=BRUSSELS), WORKDAYS, 6 + 8),
        (FRIDAY, datetime(2026, 10, 4, 12, 0, tzinfo=BRUSSELS), WORKDAYS, 6),
        (datetime(2026, 10, 3, 9, 0, tzinfo=BRUSSELS), datetime(2026, 10, 4, 9, 0, tzinfo=BRUSSELS), WORKDAYS, 0),
        # The day on which summer time ends has 25 hours.
        (datetime(2026, 10, 25, tzinfo=BRUSSELS), datetime(2026, 10, 26, tzinfo=BRUSSELS), ("sun",), 25),
        (FRIDAY, FRIDAY - timedelta(days=1), WEEKDAYS, 0),
        # Midnight in the partner's zone is not ours.
        (datetime(2026, 10, 2, 21, 0, tzinfo=UTC), datetime(2026, 10, 2, 23, 0, tzinfo=UTC), WORKDAYS, 1),
    ],
)
def test_time_counts_on_the_days_of_the_partner(
    since: datetime, until: datetime, days: tuple[str, ...], hours: int
) -> None:
    assert counted(since.astimezone(UTC), until.astimezone(UTC), days, BRUSSELS) == timedelta(hours=hours)


@given(MOMENTS, MOMENTS, st.sets(st.sampled_from(WEEKDAYS), min_size=1))
def test_every_moment_counts_once(one: datetime, other: datetime, days: set[str]) -> None:
    since, until = sorted((one, other))
    assert counted(since, until, WEEKDAYS, BRUSSELS) == until - since
    rest = set(WEEKDAYS) - days
    assert counted(since, until, days, BRUSSELS) + counted(since, until, rest, BRUSSELS) == until - since


def at(*hours: float) -> list[datetime]:
    """Moments that many hours after Friday evening."""
    return [FRIDAY + timedelta(hours=each) for each in hours]


def test_what_is_usual_is_learned_from_enough() -> None:
    few = at(*range(LEARNED_FROM))
    assert usual(few, WEEKDAYS, BRUSSELS) is None
    assert usual(at(*range(LEARNED_FROM), LEARNED_FROM + 5), WEEKDAYS, BRUSSELS) == timedelta(hours=9)


def test_what_comes_every_minute_may_pause_for_an_hour() -> None:
    assert usual(at(*(each / 60 for each in range(20))), WEEKDAYS, BRUSSELS) == LEAST


def test_what_is_long_past_is_forgotten() -> None:
    long_ago = [FRIDAY - timedelta(days=100), *at(*range(REMEMBERED + 1))]
    assert usual(long_ago, WEEKDAYS, BRUSSELS) == timedelta(hours=1.5)
