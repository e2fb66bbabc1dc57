"""Whether a date, a time or a period in a message exists: UN/EDIFACT 2379 and X12 1250 as data.

Each format is a row of fields (``Y M D h m``). A value must have the digits the fields ask for, and then name a day and
a time that exist: no month 13, no 30 February, no 24:00. Periods are written with or without the hyphen that the code
list shows, because both are met.

Years of two digits are read in the window 1970 to 2069 (the century only matters for 29 February).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

# Field → (pattern, how the standards write it, least, greatest). No bounds: any digits will do.
_FIELDS: dict[str, tuple[str, str, int, int] | tuple[str, str]] = {
    "Y": (r"\d{4}", "CCYY"),
    "y": (r"\d{2}", "YY"),
    "C": (r"\d{2}", "CC"),
    "M": (r"\d{2}", "MM", 1, 12),
    "D": (r"\d{2}", "DD", 1, 31),
    "J": (r"\d{3}", "DDD", 1, 366),
    "w": (r"\d{2}", "WW", 1, 53),
    "u": (r"\d", "D", 1, 7),
    "h": (r"\d{2}", "HH", 0, 23),
    "m": (r"\d{2}", "MM", 0, 59),
    "s": (r"\d{2}", "SS", 0, 59),
    "f": (r"\d{3}", "FFF"),
    "n": (r"\d{4}", "MMMM"),
    "z": (r"[A-Za-z]{1,3}|[+\-]?\d{1,3}", "ZZZ"),
    "o": (r"[+\-]?\d{4}", "ZHHMM"),
    "S": (r"\d", "S", 1, 2),
    "q": (r"\d", "Q", 1, 4),
    "t": (r"\d", "A", 1, 3),
    "p": (r"\d", "P", 1, 3),
    "b": (r"\d", "B", 1, 2),
    "k": (r"\d", "W", 1, 6),
    "i": (r"\d", "S", 1, 9),
    "P": (r"\d{2}", "PP"),
    "T": (r"T?", "T"),
    "-": (r"-?", "-"),
    "#": (r"\d+(?:[.,]\d+)?", "a quantity"),
    "1": (r"\d", "H"),
    "2": (r"\d{2}", "HH"),
}

EDIFACT_FORMATS: dict[str, str] = {
    "2": "D M y", "3": "M D y", "4": "D M Y", "5": "D M Y h m", "6": "Y M b", "7": "Y M k", "8": "Y M D i",
    "9": "Y M D P", "10": "Y M D T h m", "101": "y M D", "102": "Y M D", "103": "y w u", "104": "M w - M w",
    "105": "y J", "106": "M D", "107": "J", "108": "w", "109": "M", "110": "D", "201": "y M D h m",
    "202": "y M D h m s", "203": "Y M D h m", "204": "Y M D h m s", "205": "Y M D h m o", "206": "y M D h m o",
    "207": "y M D h m s o", "208": "Y M D h m s o", "209": "h m s o", "210": "h m s o - h m s o",
    "301": "y M D h m z", "302": "y M D h m s z", "303": "Y M D h m z", "304": "Y M D h m s z", "305": "M D h m",
    "306": "D h m", "307": "Y M D h m s f", "308": "Y M D h m z - Y M D h m z", "401": "h m", "402": "h m s",
    "404": "h m s z", "405": "n s", "406": "o", "501": "h m - h m", "502": "h m s - h m s", "503": "h m s z - h m s z",
    "600": "C", "601": "y", "602": "Y", "603": "y S", "604": "Y S", "608": "Y q", "609": "y M", "610": "Y M",
    "613": "y M t", "614": "Y M t", "615": "y w", "616": "Y w", "701": "y - y", "702": "Y - Y", "703": "y S - y S",
    "704": "Y S - Y S", "705": "y p - y p", "706": "Y p - Y p", "707": "y q - y q", "708": "Y q - Y q",
    "709": "y M - y M", "710": "Y M - Y M", "711": "Y M D - Y M D", "713": "y M D h m - y M D h m",
    "715": "y w - y w", "716": "Y w - Y w", "717": "y M D - y M D", "718": "Y M D - Y M D",
    "719": "Y M D h m - Y M D h m", "720": "u h m - u h m", "801": "#", "802": "#", "803": "#", "804": "#", "805": "#",
    "806": "#", "807": "#", "808": "#", "809": "#", "810": "#", "811": "#", "812": "#", "813": "u", "814": "#",
}  # fmt: skip
"""UN/EDIFACT 2379 (all directories from D.93A to D.21B) → the fields of 2380."""

X12_FORMATS: dict[str, str] = {
    "D6": "y M D", "D8": "Y M D", "RD6": "y M D - y M D", "RD8": "Y M D - Y M D", "DT": "Y M D h m",
    "RDT": "Y M D h m - Y M D h m", "TM": "h m", "TS": "h m s", "RTM": "h m - h m", "CM": "Y M", "CY": "Y",
    "YY": "y", "MM": "M", "DD": "D", "MD": "M D", "TT": "M D y", "DB": "M D Y", "CQ": "Y q", "TC": "J", "TU": "y J",
    "TQ": "M y", "TR": "D M y h m", "RD2": "y - y", "RD4": "Y - Y", "RD5": "Y M - Y M", "RMD": "M D - M D",
    "RMY": "M y - M y", "RTS": "Y M D h m s - Y M D h m s",
}  # fmt: skip
"""X12 1250 → the fields of 1251, for the formats whose form is not in doubt; others are not checked."""


class Unreal(NamedTuple):
    """Why a value is no date or time: which of the two is at fault, and the sentence that says so."""

    kind: Literal["date", "time"]
    reason: str


def format_name(fields: str) -> str:
    """``Y M D h m`` as the standards write it: ``CCYYMMDDHHMM``."""
    return "".join(_FIELDS[field][1] for field in fields.split())


@lru_cache(maxsize=8192)
def unreal(value: str, fields: str) -> Unreal | None:
    """What is wrong with ``value`` as a date or time of this form, or ``None``."""
    names = fields.split()
    found = _pattern(fields).fullmatch(value)
    if found is None:
        only_time = not set(names) & set("YyCMDJwuSqtpbkiP#")
        return Unreal("time" if only_time else "date", f"does not have the form {format_name(fields)}")
    for half in _halves(names, found.groups()):
        if wrong := _unreal_moment(half):
            return wrong
    return None


def _halves(names: list[str], texts: Sequence[str]) -> list[dict[str, str]]:
    """Field → digits, for a moment or for each end of a period."""
    halves: list[dict[str, str]] = [{}]
    for name, text in zip(names, texts, strict=True):
        if name == "-":
            halves.append({})
        else:
            halves[-1][name] = text
    return halves


def _unreal_moment(moment: Mapping[str, str]) -> Unreal | None:
    for name, text in moment.items():
        field = _FIELDS[name]
        if len(field) == 4 and not field[2] <= int(text) <= field[3]:
            kind: Literal["date", "time"] = "time" if name in "hms" else "date"
            return Unreal(kind, f"names no {kind} that exists ({field[1]} is {text})")
    year = 2000  # A leap year: where no year is given, 29 February may exist.
    if "Y" in moment:
        year = int(moment["Y"])
    elif "y" in moment:
        year = int(moment["y"]) + (2000 if int(moment["y"]) < 70 else 1900)
    if year == 0:
        return Unreal("date", "names the year 0000")
    if "M" in moment and "D" in moment and not _exists(year, int(moment["M"]), int(moment["D"])):
        return Unreal("date", "names a day that does not exist")
    if moment.get("J") == "366" and not _exists(year, 2, 29):
        return Unreal("date", "names day 366 of a year that has 365")
    if moment.get("w") == "53" and ("Y" in moment or "y" in moment) and not _has_week_53(year):
        return Unreal("date", "names week 53 of a year that has 52")
    return None


def unreal_x12(value: str, kind: Literal["DT", "TM"]) -> Unreal | None:
    """What is wrong with the value of an X12 DT (six or eight digits) or TM element (HHMM, SS, D, DD), or ``None``."""
    if kind == "DT":
        return unreal(value, "y M D" if len(value) == 6 else "Y M D")
    return unreal(value, {4: "h m", 6: "h m s", 7: "h m s 1"}.get(len(value), "h m s 2"))


def envelope_day(text: str) -> datetime.date | None:
    """The day an envelope states as YYMMDD or CCYYMMDD, or ``None`` when there is no such day."""
    fields = "y M D" if len(text) == 6 else "Y M D"
    if unreal(text, fields) is not None:
        return None
    year = int(text[:-4])
    if len(text) == 6:
        year += 2000 if year < 70 else 1900
    return datetime.date(year, int(text[-4:-2]), int(text[-2:]))


def _exists(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def _has_week_53(year: int) -> bool:
    """By ISO 8601, which counts the week of 28 December as the year's last."""
    return datetime.date(year, 12, 28).isocalendar().week == 53


@lru_cache(maxsize=256)
def _pattern(fields: str) -> re.Pattern[str]:
    return re.compile("".join(f"({_FIELDS[field][0]})" for field in fields.split()), re.ASCII)
