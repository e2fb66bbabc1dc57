"""How long a partner has been silent, and whether that is unusual: time that counts, and what came before.

Time counts on the days on which something can be expected to come, midnight to midnight in the partner's time zone. So
a partner who works from Monday to Friday and is silent from Friday evening to Monday morning has been silent for a
night.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta, tzinfo
from itertools import pairwise

from partners import WEEKDAYS

LEARNED_FROM = 8
"""Gaps between arrivals from which on the longest of them says something."""
REMEMBERED = 30
"""Gaps that are looked at."""
LEAST = timedelta(hours=1)
"""No learned silence is shorter: what comes every minute may also pause for a while."""


def counted(since: datetime, until: datetime, days: Collection[str], zone: tzinfo) -> timedelta:
    """The time between two moments that lies on ``days`` (``mon``, ``tue`` …) in ``zone``; none when it is negative."""
    start, end, passed = since.astimezone(zone), until.astimezone(zone), timedelta(0)
    day = start.date()
    while day <= end.date():
        if WEEKDAYS[day.weekday()] in days:
            # In UTC, since a day on which clocks change is an hour shorter or longer.
            midnight = datetime.combine(day, time(), zone)
            following = datetime.combine(day + timedelta(days=1), time(), zone)
            first = max(since, midnight.astimezone(since.tzinfo))
            last = min(until, following.astimezone(since.tzinfo))
            passed += max(last - first, timedelta(0))
        day += timedelta(days=1)
    return passed


def usual(moments: Sequence[datetime], days: Collection[str], zone: tzinfo) -> timedelta | None:
    """The longest silence that is usual: half as long again as the longest of the newest gaps between ``moments``.

    The moments are in their order, the oldest first. ``None`` while there are too few of them.
    """
    gaps = [counted(earlier, later, days, zone) for earlier, later in pairwise(moments)][-REMEMBERED:]
    return max(max(gaps) * 1.5, LEAST) if len(gaps) >= LEARNED_FROM else None
