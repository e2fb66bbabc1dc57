"""Dates as mail and HTTP write them: RFC 5322 out, every form of RFC 9110 in.

The names of days and months are English whatever the locale is, which rules the library's ``strftime`` out.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = f"({'|'.join(_MONTHS)})"
_CLOCK = r"(\d{2}):(\d{2}):(\d{2})"
# Sun, 06 Nov 1994 08:49:37 GMT · Sunday, 06-Nov-94 08:49:37 GMT · Sun Nov  6 08:49:37 1994
_DATE = re.compile(rf"[a-z]+, (\d{{1,2}})[ -]{_MONTH}[ -](\d{{4}}|\d{{2}}) {_CLOCK} GMT", re.IGNORECASE | re.ASCII)
_C_DATE = re.compile(rf"[a-z]{{3}} {_MONTH} +(\d{{1,2}}) {_CLOCK} (\d{{4}})", re.IGNORECASE | re.ASCII)


def write_date(at: datetime) -> str:
    """The Date field of an aware datetime, in UTC (RFC 5322 §3.3): ``Tue, 01 Dec 2026 09:30:00 +0000``."""
    utc = at.astimezone(UTC)
    return f"{_DAYS[utc.weekday()]}, {utc.day:02} {_MONTHS[utc.month - 1]} {utc.year:04} {utc:%H:%M:%S} +0000"


def parse_http_date(text: str, now: datetime) -> datetime | None:
    """The moment that an HTTP date names, in any of the three forms of RFC 9110 §5.6.7; ``None`` for anything else.

    ``now`` decides the century of a year of two digits: more than 50 years ahead means the past one.
    """
    if match := _DATE.fullmatch(text):
        day, month, year, *clock = match.groups()
    elif match := _C_DATE.fullmatch(text):
        month, day, *clock, year = match.groups()
    else:
        return None
    number = int(year)
    if len(year) == 2:
        number += now.year // 100 * 100
        number -= 100 if number > now.year + 50 else 0
    hour, minute, second = map(int, clock)
    try:
        # A leap second is a second late, not a mistake.
        second = min(second, 59)
        return datetime(number, _MONTHS.index(month.title()) + 1, int(day), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
