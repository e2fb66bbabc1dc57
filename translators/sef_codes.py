"""The code lists of SEF: ``355=A:C,EA,01:99%[EA]+850/12///2``.

A line lists the codes of an element, ranges among them, and behind ``%`` the *subsets*: which codes a guideline allows
where, each as ``[codes]`` with the places it holds for.
"""

from __future__ import annotations

import re

MOST_CODES = 50_000
"""How many codes one element may come to. The longest published list has some ten thousand."""

LONGEST = 60
"""How many characters a code or a range may have; also what keeps the patterns below from searching for long."""

_CODE = re.compile(r"[!-9;-~]+")
_RANGE = re.compile(r"([A-Za-z0-9]*?)(\d+|[A-Z]):([A-Za-z0-9]*?)(\d+|[A-Z])")
_SUBSET = re.compile(r"\[[^\[\]]*\]\+[^\[\]]*")


def read_codes(text: str) -> tuple[str, list[str], list[str]]:
    """The codes with blanks between them, the subsets as they are written, and what could not be read.

    No codes at all (``""``) when one of them could not be read: half a list would refuse what is right.
    """
    listed, _, behind = text.partition("%")
    codes, faults = read_list(listed)
    subsets = [found[0] for found in _SUBSET.finditer(behind)]
    if "".join(subsets) != behind.strip():
        faults.append(f"subsets of codes are not read: {behind.strip()[:40]}")
        subsets = []
    return " ".join(codes), subsets, faults


def read_list(text: str) -> tuple[list[str], list[str]]:
    """The codes in ``A:C,EA`` in order, and why there are none."""
    codes: dict[str, None] = {}
    for part in text.split(","):
        written = part.strip()
        if not written:
            continue
        if len(written) > LONGEST:
            return [], [f"{written[:30]}… is too long for a code, so that none are checked"]
        if found := _RANGE.fullmatch(written):
            between = _range(*found.groups())
            if between is None:
                return [], [f"{written[:30]} is no range of codes, so that none are checked"]
            codes |= dict.fromkeys(between)
        elif _CODE.fullmatch(written):
            codes[written] = None
        else:
            return [], [f"{written[:30]!r} is no code, so that none are checked"]
        if len(codes) > MOST_CODES:
            return [], [f"there are more than {MOST_CODES} codes, so that none are checked"]
    return list(codes), []


def _range(stem: str, first: str, last_stem: str, last: str) -> list[str] | None:
    """``D08`` to ``D11``, or ``AB`` to ``AF``: what differs is a number of one width, or one letter."""
    if first.isdecimal() and last.isdecimal():
        # The shortest stem leaves the longest number, so that both numbers have their leading zeros.
        width = len(first) if len(first) == len(last) else 1
        start, end = int(first), int(last)
        padded = width == 1 and "0" in (first[0], last[0]) and start > 0
        if stem != last_stem or padded or not start <= end < start + MOST_CODES:
            return None
        return [f"{stem}{number:0{width}d}" for number in range(start, end + 1)]
    if stem != last_stem or first.isdecimal() or last.isdecimal() or first > last:
        return None
    return [stem + chr(letter) for letter in range(ord(first), ord(last) + 1)]
