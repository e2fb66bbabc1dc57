"""Dates, times and periods as regular expressions that match only what exists.

The formats of :mod:`translators.dates` are rows of fields, and most begin alike (year, month, day, hour), so those
behind which a code must name the format become one tree of fields. Fewer values are matched here than exist: 29
February only in a leap year from 1970 on, day 366 and week 53 never, quantities only as whole numbers.
What is not matched is looked at by :func:`translators.dates.unreal`, which knows them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from translators.recogniser_codes import NEVER

USUAL = ("102", "203", "204", "101", "201", "D8", "D6")
"""The formats of nearly all dates, by their codes, in the order in which they are tried, before all others."""

_LEAP = "(?:[02468][048]|[13579][26])"
_MONTH_DAY = "(?:(?:0[1-9]|1[0-2])(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])(?:29|30)|(?:0[13578]|1[02])31)"
# Digits one by one: the engine has more to remember about a repetition.
_TWO, _YEAR = "[0-9][0-9]", "(?:[1-9][0-9]|0[1-9]|00(?!00))[0-9][0-9]"
_DAY, _MONTH, _HOUR, _SIXTY = "(?:0[1-9]|1[0-9]|2[0-8])", "(?:0[1-9]|1[0-2])", "(?:[01][0-9]|2[0-3])", "[0-5][0-9]"

_FIELDS: dict[str, tuple[str, int]] = {
    "Y": (_YEAR, 4),
    "y": (_TWO, 2),
    "C": (_TWO, 2),
    "M": (_MONTH, 2),
    "D": (_DAY, 2),
    "J": ("(?:(?!000)[0-2][0-9][0-9]|3[0-5][0-9]|36[0-5])", 3),
    "w": ("(?:0[1-9]|[1-4][0-9]|5[0-2])", 2),
    "u": ("[1-7]", 1),
    "h": (_HOUR, 2),
    "m": (_SIXTY, 2),
    "s": (_SIXTY, 2),
    "f": ("[0-9][0-9][0-9]", 3),
    "n": ("[0-9][0-9][0-9][0-9]", 4),
    "S": ("[12]", 1),
    "q": ("[1-4]", 1),
    "t": ("[1-3]", 1),
    "p": ("[1-3]", 1),
    "b": ("[12]", 1),
    "k": ("[1-6]", 1),
    "i": ("[1-9]", 1),
    "P": (_TWO, 2),
    "1": ("[0-9]", 1),
    "2": (_TWO, 2),
    "M D": (_MONTH_DAY, 4),
    "y M D": (f"(?:{_TWO}{_MONTH_DAY}|{_LEAP}0229)", 6),
    "Y M D": (f"(?:{_YEAR}{_MONTH_DAY}|20{_LEAP}0229)", 8),
}
"""Field, or fields that only make sense together → (pattern, length); what is not here is not matched."""

_VARYING: dict[str, tuple[str, int, int]] = {
    "z": ("(?:[A-Za-z]{1,3}|[0-9]{1,3})", 1, 3),
    "o": ("[0-9][0-9][0-9][0-9]", 4, 4),
    "#": ("[0-9]+", 1, 0),
}
"""Fields that may only stand at the end here, where their length is not in doubt: (pattern, least, greatest length)."""


def format_steps(fields: str, least: int, most: int) -> tuple[str, ...] | None:
    """The patterns of a format, one for each step of its tree, if all its values have ``least`` to ``most`` characters.

    ``None`` when the format is not matched at all.
    """
    names = fields.split()
    steps: list[str] = []
    shortest = longest = 0
    while names:
        for width in (3, 2, 1):
            name = " ".join(names[:width])
            if name in _FIELDS:
                pattern, length = _FIELDS[name]
                shortest, longest = shortest + length, longest + length
                break
        else:
            name, width = names[0], 1
            if name in ("-", "T"):
                pattern, longest = "-?+" if name == "-" else "T?+", longest + 1
            elif name in _VARYING and len(names) == 1:
                pattern, low, high = _VARYING[name]
                if name == "#":
                    pattern, high = f"[0-9]{{{max(least, 1)},{most}}}+", most
                    low = max(least, 1)
                shortest, longest = shortest + low, longest + high
            else:
                return None
        steps.append(pattern)
        names = names[width:]
    if not steps or shortest < least or longest > most:
        return None
    return tuple(steps)


def format_tree(endings: Mapping[tuple[str, ...], str]) -> str:
    """A pattern for one of the formats, given by its steps, with its ending behind it."""
    own = endings.get(())
    ways: list[str] = []
    for first in dict.fromkeys(steps[0] for steps in endings if steps):
        rest = {steps[1:]: ending for steps, ending in endings.items() if steps[:1] == (first,)}
        ways.append(first + format_tree(rest))
    if own is not None:
        ways.insert(0, own)
    if not ways:
        return NEVER
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


def x12_moment(kind: Literal["DT", "TM"], least: int, most: int) -> str:
    """A pattern for an X12 DT (six or eight digits) or TM (HHMM, HHMMSS, HHMMSSD, HHMMSSDD) of such a length."""
    lengths = [length for length in ((8, 6) if kind == "DT" else (4, 6, 7, 8)) if least <= length <= most]
    if not lengths:
        return NEVER
    if kind == "DT":
        ways = [_FIELDS["Y M D" if length == 8 else "y M D"][0] for length in lengths]
        return ways[0] if len(ways) == 1 else f"(?:{ways[0]}(?![0-9])|{ways[1]})"
    minutes, parts = _HOUR + _SIXTY, [length - 6 for length in lengths if length > 4]
    if not parts:
        return minutes
    seconds = f"{_SIXTY}[0-9]{{{parts[0]},{parts[-1]}}}+" if parts != [0] else _SIXTY
    return minutes + (f"(?:{seconds}|)" if 4 in lengths else seconds)
