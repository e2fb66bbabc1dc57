"""Dates, times and counts as envelopes write them: YYMMDD, CCYYMMDD, HHMM, digits."""

from __future__ import annotations

from datetime import date


def is_date(text: str) -> bool:
    """Whether ``text`` is a date as YYMMDD or CCYYMMDD."""
    if len(text) not in (6, 8) or not (text.isascii() and text.isdigit()):
        return False
    # The century matters for 29 February only: 2000 was a leap year, as were all years of this century that 4 divides.
    year = int(text[:-4]) if len(text) == 8 else 2000 + int(text[:2])
    try:
        date(year, int(text[-4:-2]), int(text[-2:]))
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    """Whether ``text`` is a time as HHMM, HHMMSS, or with decimals of seconds behind."""
    if not 4 <= len(text) <= 8 or len(text) == 5 or not (text.isascii() and text.isdigit()):
        return False
    return int(text[:2]) < 24 and int(text[2:4]) < 60 and int(text[4:6] or "0") < 60


def count_of(text: str) -> int | None:
    """The number a trailer states, or ``None`` when it states none."""
    # 0074 and SE01 have at most ten digits; a number of thousands would only keep int() busy.
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
