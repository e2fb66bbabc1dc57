"""Dates and times of messages, to canonical moments and back.

Messages state wall-clock time and, as a rule, no zone; the zone is then the agreement's. What is written is wall-clock
time in that zone again. Only the hour that a change from summer time repeats would not come back as the same instant:
its second pass is written in UTC with the zone stated, which both syntaxes can do.

A bare date stays a date: it is the start of its day where it is read, and written as it stands.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from typing import Literal

import msgspec

from translators.canonical import Moment
from translators.map_context import Context, Problem, Report, Value

_FIRST_YEAR, _LAST_YEAR = 1950, 2999
"""No business date lies outside; a year such as 0202 or 9999 is a typing error or a way to say "never"."""

# UN/EDIFACT 2379, the formats that name one point in time; `z` is the zone behind the digits.
_EDIFACT_FORMATS = {
    "2": "%d%m%y",
    "3": "%m%d%y",
    "101": "%y%m%d",
    "102": "%Y%m%d",
    "201": "%y%m%d%H%M",
    "202": "%y%m%d%H%M%S",
    "203": "%Y%m%d%H%M",
    "204": "%Y%m%d%H%M%S",
    "301": "%y%m%d%H%Mz",
    "302": "%y%m%d%H%M%Sz",
    "303": "%Y%m%d%H%Mz",
    "304": "%Y%m%d%H%M%Sz",
}
_BY_LENGTH = {6: "101", 8: "102", 10: "201", 12: "203", 14: "204"}
_DIGITS = {"%Y": 4, "%y": 2, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}

# Abbreviations with one offset each. Those that name a zone with summer time are not among them.
_ABBREVIATIONS = {
    "UTC": 0, "GMT": 0, "UT": 0, "Z": 0, "WET": 0, "BST": 60, "CET": 60, "MEZ": 60, "EET": 120, "MSK": 180, "SGT": 480,
    "HKT": 480, "JST": 540, "KST": 540, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360,
    "PST": -480, "PDT": -420,
}  # fmt: skip
_OFFSET = re.compile(r"([+-])([0-9]{1,2})(?::?([0-9]{2}))?", re.ASCII)

# X12 623: 01..12 are that many hours ahead of UTC, 13..24 are 12..1 hours behind it; the letters are North American.
_X12_OFFSETS = {
    "UT": 0, "GM": 0, "AS": -240, "AD": -180, "ES": -300, "ED": -240, "CS": -360, "CD": -300, "MS": -420, "MD": -360,
    "PS": -480, "PD": -420, "TS": -540, "TD": -480, "HS": -600, "HD": -540, "NS": -210, "ND": -150,
}  # fmt: skip
_X12_ZONES = {
    "AT": "America/Halifax",
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "TT": "America/Anchorage",
    "HT": "Pacific/Honolulu",
    "NT": "America/St_Johns",
}
ZONE_NAMES = frozenset(_X12_ZONES.values())
"""The IANA names of the zones that X12 time codes may name; a context that has them in ``zones`` understands all."""

_X12_DATE = re.compile(r"[0-9]{8}|[0-9]{6}", re.ASCII)
_X12_TIME = re.compile(r"([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{1,2})?)?", re.ASCII)


class EdifactMoment:
    """A date or time and its format code: elements 2380 and 2379 of composite C507."""

    kind: Literal["moment"] = "moment"
    least = 2
    most = 2

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None:
        text, form = texts[0].strip(), texts[1].strip()
        sent = f"{text} {form}".strip()
        if form == "203" and (usual := _usual(text, context.zone, sent, context)) is not None:
            return usual
        if not form and len(text) in _BY_LENGTH:
            form = _BY_LENGTH[len(text)]
            report(Problem("date-invalid", f"`{text}` has no format code (2379); read as {form}", "warning", text))
        pattern = _EDIFACT_FORMATS.get(form)
        if pattern is None:
            what = f"format {form} (2379) names no single point in time" if form else f"`{text}` has no format code"
            report(Problem("date-invalid", f"{what}: use 102 for a date or 203 for a time", value=sent))
            return None
        parts = _split(text, pattern)
        if parts is None:
            report(Problem("date-invalid", f"`{text}` is not of the form {_described(pattern)} ({form})", value=text))
            return None
        numbers, zone_text = parts
        zone: tzinfo | None = None
        if zone_text and (zone := _zone_of(zone_text)) is None:
            report(Problem("time-invalid", f"zone `{zone_text}` is unknown: {context.zone} assumed", "warning", text))
        return _moment(numbers, zone, context, sent, report)

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None:
        moment = _as_moment(value)
        if moment.precision == "day":
            return (moment.at.strftime("%Y%m%d"), "102")
        local, ambiguous = _local(moment.at, context.zone)
        seconds = moment.precision == "second"
        if ambiguous:
            return (moment.at.astimezone(UTC).strftime("%Y%m%d%H%M%SUTC" if seconds else "%Y%m%d%H%MUTC"),) + (
                ("304",) if seconds else ("303",)
            )
        return (local.strftime("%Y%m%d%H%M%S"), "204") if seconds else (local.strftime("%Y%m%d%H%M"), "203")


class X12Moment:
    """A date (373), and where the segment has them a time (337) and a time code (623).

    With a time qualifier (176), as in G62, the places are date, qualifier, time, code; the qualifier is written with a
    time only (P0304). Where a segment has room for hours and minutes only, as B4-05, ``seconds`` is false. Where it
    wants a time, as BSN, ``timed`` is true: a day is written with four zeros.
    """

    kind: Literal["moment"] = "moment"

    def __init__(self, qualifier: str = "", *, seconds: bool = True, timed: bool = False) -> None:
        self.qualifier = qualifier
        self.seconds = seconds
        self.timed = timed
        self.least, self.most = (4, 4) if qualifier else (1, 3)

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None:
        stripped = [text.strip() for text in texts]
        if self.qualifier:
            del stripped[1]
        day, time, code = (*stripped, "", "")[:3]
        sent = " ".join(filter(None, (day, time, code)))
        if len(time) == 4:
            stated = None if code in ("", "LT") else self._zone(code, context)
            if code in ("", "LT") or stated is not None:
                usual = _usual(day + time, stated or context.zone, sent, None if stated else context)
                if usual is not None:
                    return usual
        if not day:
            report(Problem("date-invalid", f"the time `{time}` has no date", value=time))
            return None
        if not _X12_DATE.fullmatch(day):
            report(Problem("date-invalid", f"`{day}` is not of the form CCYYMMDD", value=day))
            return None
        numbers = {"%m": int(day[-4:-2]), "%d": int(day[-2:])}
        numbers["%Y" if len(day) == 8 else "%y"] = int(day[:-4])
        if time:
            match = _X12_TIME.fullmatch(time)
            if not match:
                report(Problem("time-invalid", f"`{time}` is not of the form HHMM, HHMMSS or HHMMSSDD", value=time))
                return None
            numbers |= {"%H": int(match[1]), "%M": int(match[2])}
            if match[3]:
                numbers |= {"%S": int(match[3]), "hundredths": int((match[4] or "0").ljust(2, "0"))}
        zone: tzinfo | None = None
        if time and code not in ("", "LT"):
            zone = self._zone(code, context)
            if zone is None:
                text = f"time code `{code}` is unknown here: {context.zone} assumed"
                report(Problem("time-invalid", text, "warning", code))
        return _moment(numbers, zone, context, sent, report)

    def _zone(self, code: str, context: Context) -> tzinfo | None:
        if code in _X12_OFFSETS:
            return timezone(timedelta(minutes=_X12_OFFSETS[code]))
        if code in _X12_ZONES:
            name = _X12_ZONES[code]
            return context.zone if str(context.zone) == name else context.zones.get(name)
        if len(code) == 2 and code.isascii() and code.isdecimal() and 1 <= int(code) <= 24:
            hours = int(code)
            return timezone(timedelta(hours=hours if hours <= 12 else hours - 25))
        return None

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None:
        moment = _as_moment(value)
        if moment.precision == "day":
            if self.timed:
                report(
                    Problem("map-not-carried", "the message wants a time and only the day is known: 0000", "warning")
                )
                return (moment.at.strftime("%Y%m%d"), "0000")
            return (moment.at.strftime("%Y%m%d"),)
        places -= bool(self.qualifier)
        if places == 1:
            report(Problem("map-not-carried", "the message has room for the date only, not the time", "warning"))
            return (_local(moment.at, context.zone)[0].strftime("%Y%m%d"),)
        local, ambiguous = _local(moment.at, context.zone)
        code = "LT"
        if ambiguous and places == 3:
            local, code = moment.at.astimezone(UTC), "UT"
        seconds = moment.precision == "second" and self.seconds
        if moment.precision == "second" and not seconds and local.second:
            report(Problem("map-not-carried", "the message has room for hours and minutes only", "warning"))
        time = local.strftime("%H%M%S" if seconds else "%H%M")
        if seconds and local.microsecond:
            time += f"{local.microsecond // 10_000:02}"
        written = (local.strftime("%Y%m%d"), time, code)[:places]
        return (written[0], self.qualifier, *written[1:]) if self.qualifier else written


def _as_moment(value: Value) -> Moment:
    return value if isinstance(value, Moment) else msgspec.convert(value, Moment)


def _moment(numbers: dict[str, int], zone: tzinfo | None, context: Context, sent: str, report: Report) -> Moment | None:
    """The instant these numbers name in ``zone``, or in the context's when the source stated none."""
    year = numbers["%Y"] if "%Y" in numbers else _full_year(numbers["%y"], context.on)
    hour, minute, second = numbers.get("%H", 0), numbers.get("%M", 0), numbers.get("%S", 0)
    month, day = numbers["%m"], numbers["%d"]
    if not (_FIRST_YEAR <= year <= _LAST_YEAR and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        report(Problem("date-invalid", f"there is no such date: {sent}", value=sent))
        return None
    try:
        fraction = numbers.get("hundredths", 0) * 10_000
        at = datetime(year, month, day, hour, minute, second, fraction, zone or context.zone)
    except ValueError:
        report(Problem("time-invalid", f"there is no such time: {sent}", value=sent))
        return None
    # The offset alone goes on: a document does not depend on where the reader's zone data came from.
    return Moment(
        at=at.replace(tzinfo=_offset(at.utcoffset() or timedelta())),
        precision="second" if "%S" in numbers else "minute" if "%H" in numbers else "day",
        assumed_zone=None if zone else str(context.zone),
        text=sent,
    )


def _usual(text: str, zone: tzinfo, sent: str, assumed: Context | None) -> Moment | None:
    """The time CCYYMMDDHHMM in a zone, as nearly all are stated; ``None`` for what needs a closer look.

    ``assumed`` is the context that the zone is from, unless the message stated it.
    """
    # Python reads ISO 8601 in a tenth of the time that taking the digits apart needs; its 24:00 is no time here.
    if len(text) != 12 or not (text.isascii() and text.isdecimal()) or not _FIRST <= text < _LAST or text[8:10] == "24":
        return None
    iso = f"{text[:8]}T{text[8:]}"
    try:
        offset = zone.utcoffset(datetime.fromisoformat(iso))
        at = datetime.fromisoformat(iso + _ISO_OFFSETS[offset or timedelta()])
    except (ValueError, KeyError):
        return None
    return Moment(at=at, precision="minute", assumed_zone=None if assumed is None else str(zone), text=sent)


_FIRST, _LAST = f"{_FIRST_YEAR}", f"{_LAST_YEAR + 1}"
_ISO_OFFSETS = {
    timedelta(minutes=minutes): timezone(timedelta(minutes=minutes)).tzname(None)[3:] or "+00:00"
    for minutes in range(-14 * 60, 14 * 60 + 1, 15)
}
"""The offsets that zones have, as ISO 8601 writes them."""


# There are few offsets, and many times.
_offset = lru_cache(256)(timezone)


def _full_year(short: int, on: date) -> int:
    """The year ending in these two digits that is nearest to ``on``."""
    century = on.year - on.year % 100
    return min((century - 100 + short, century + short, century + 100 + short), key=lambda year: abs(year - on.year))


def _local(at: datetime, zone: tzinfo) -> tuple[datetime, bool]:
    """The wall clock in ``zone``, and whether reading it there again would give another instant."""
    local = at.astimezone(zone)
    return local, local.replace(fold=0).utcoffset() != local.utcoffset()


@cache
def _layout(pattern: str) -> tuple[tuple[tuple[str, int, int], ...], int, bool]:
    """(field, start, end) of each number in a format, their whole length, and whether a zone follows."""
    fields, at = [], 0
    for field in re.findall(r"%.", pattern):
        fields.append((field, at, at + _DIGITS[field]))
        at += _DIGITS[field]
    return tuple(fields), at, pattern.endswith("z")


def _split(text: str, pattern: str) -> tuple[dict[str, int], str] | None:
    fields, length, zoned = _layout(pattern)
    digits, rest = text[:length], text[length:].strip()
    if len(digits) != length or not (digits.isascii() and digits.isdecimal()) or bool(rest) != zoned:
        return None
    return {field: int(digits[start:end]) for field, start, end in fields}, rest


def _described(pattern: str) -> str:
    words = {"%Y": "CCYY", "%y": "YY", "%m": "MM", "%d": "DD", "%H": "HH", "%M": "MM", "%S": "SS", "z": "ZZZ"}
    return "".join(words[field] for field in re.findall(r"%.|z", pattern))


def _zone_of(text: str) -> tzinfo | None:
    if text.upper() in _ABBREVIATIONS:
        return timezone(timedelta(minutes=_ABBREVIATIONS[text.upper()]))
    match = _OFFSET.fullmatch(text)
    if match:
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        if minutes <= 14 * 60:
            return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes))
    return None
