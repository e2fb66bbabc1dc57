"""The segment table of a UN/EDIFACT message: drawn with lines for a printer, read back into nested groups.

A row names a segment, its status and how often it stands. Groups are drawn: the row that opens one ends in a corner,
from there a line runs down in that column, and the row of the group's last segment has the corner below it::

    0080       ───── Segment group 2  ────────────────── M   5───────────┐
    0090   NAD Name and address                          M   1           │
                                                                         │
    0100       ───── Segment group 3  ────────────────── C   5──────────┐│
    0110   CTA Contact information                       M   1          ││
    0120   COM Communication contact                     C   5──────────┴┘

So a corner closes the group whose line runs in its column. Counting corners would do for all but ten of the ten
thousand tables from D.93A to D.21B; columns do for those too, because they say which group a corner belongs to when
one is missing or too many, and because rows that were deleted (marked ``-``) still carry lines of those that were not.

Each message also says in prose what its groups contain (``Segment group 2:  NAD-SG3``). That is a second source: where
a drawing contradicts itself and the prose can be followed, it decides, and where the two differ it is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from translators.dictionary import GuideError, read_use

MINIMUM = {"M": "!", "C": ""}

# A position, and marks of change, of which a minus sign means deleted; a run of them is a drawn line.
_MARKS = r"(?P<marks>(?:\d{4,5})?(?:[+*#|XS ]|-(?!-))*)"
_GROUP = re.compile(
    rf"{_MARKS}[─-]{{2,}}\s*Segment group\s+(?P<number>\d+)\s*[─-]+\s*"
    r"(?P<status>[MC])\s+(?P<times>\d+)(?P<line>.*)",
    re.IGNORECASE,
)
_SEGMENT = re.compile(rf"{_MARKS}(?P<tag>[A-Z]{{3}})\s+\S.*?\s+(?P<status>[MC])\s+(?P<times>\d+)(?P<line>.*)")
_BROKEN = re.compile(rf"{_MARKS}(?P<tag>[A-Z]{{3}})\s+[^│|]*[a-z)][\s│|]*")
_REST = re.compile(r"\s+\S.*?\s+(?P<status>[MC])\s+(?P<times>\d+)(?P<line>.*)")
_CORNER = re.compile(r"[─-]+([+┐])")
_CORNERS = re.compile(r"[─-]+\s*([+┴┘]+)")
_FURNITURE = re.compile(r"[\s│|]*(?:(?:POS\s+)?TAG\s+NAME\s.*|(?:HEADER|DETAIL|SUMMARY)\s+SECTION[\s│|]*)?", re.I)
_PROSE = re.compile(
    r"Segment\s+group\s+(\d+)\s*:\s*((?:[A-Z]{3}|SG\d+)(?:\s*-\s*(?:[A-Z]{3}\b|SG\d+))*)", re.IGNORECASE
)


class _Row(NamedTuple):
    name: str
    """The segment's tag, or ``SG`` and the group's number."""
    quantity: str
    """As our notation has it behind the name."""
    group: bool
    deleted: bool
    columns: frozenset[int]
    """Where its corners are: of a group the one that opens it, of a segment those that close."""


class Table(NamedTuple):
    """The content as nested lists in the notation of :mod:`translators.dictionary`, and what is odd about it."""

    content: list[object]
    doubts: list[str]


def read_table(text: str) -> Table:
    """The table in a message's published file; :class:`GuideError` says why it cannot be read."""
    doubts: list[str] = []
    rows = list(_rows(re.split(r"Segment table", text, flags=re.IGNORECASE)[-1]))
    start = max((at for at, row in enumerate(rows) if row.name == "UNH" and not row.deleted), default=0)
    if not all(row.deleted for row in rows[:start]):
        doubts.append("the table starts twice; what stands before its second UNH is left out")
    rows = _numbered(rows[start:], doubts)
    prose = _prose(text)
    content, odd = _by_columns(rows)
    if odd:
        told = _by_prose(rows, prose)
        content = told if told is not None else content
        means = "the list of its groups decides" if told is not None else "its lines decide all the same"
        doubts.append(f"the drawn table contradicts itself ({'; '.join(odd)}); {means}")
    _settle_triggers(content, doubts)
    for number, entries in _groups(content):
        listed = prose.get(number, [])
        if listed and entries not in listed:
            doubts.append(f"group {number} holds {'-'.join(entries)}, the text says {'-'.join(listed[-1])}")
    return Table(content, doubts)


def _rows(table: str) -> Iterator[_Row]:
    broken: re.Match[str] | None = None
    for line in table.split("\n"):
        if broken is not None:
            # A name too long for its column goes on in the next line, which has the status and the count.
            rest = _REST.fullmatch(line)
            if rest is None:
                raise GuideError(f"the table says not how often {broken['tag']} stands")
            yield _segment(broken, rest)
            broken = None
        elif group := _GROUP.fullmatch(line):
            corner = _CORNER.search(group["line"])
            columns = frozenset({group.start("line") + corner.start(1)}) if corner else frozenset[int]()
            quantity = f"{MINIMUM[group['status'].upper()]}*{group['times']}"
            yield _Row(f"SG{group['number']}", quantity, True, "-" in group["marks"], columns)
        elif segment := _SEGMENT.fullmatch(line):
            yield (row := _segment(segment, segment))
            # A structure that was replaced is printed with all its rows, the trailer's too, before the one that holds.
            if row.name == "UNT" and not row.deleted:
                return
        elif found := _BROKEN.fullmatch(line):
            broken = found
        elif not _FURNITURE.fullmatch(line):
            raise GuideError(f"the table has a line that is none of its rows: {' '.join(line.split())[:60]!r}")
    raise GuideError("the segment table has no end")


def _segment(head: re.Match[str], rest: re.Match[str]) -> _Row:
    times = f"*{rest['times']}" if rest["times"] != "1" else ""
    corners = _CORNERS.search(rest["line"])
    start = rest.start("line")
    columns = frozenset(range(start + corners.start(1), start + corners.end(1))) if corners else frozenset[int]()
    return _Row(head["tag"], MINIMUM[rest["status"]] + times, False, "-" in head["marks"], columns)


def _numbered(rows: list[_Row], doubts: list[str]) -> list[_Row]:
    """The rows with groups numbered in order, where the table gives a number twice."""
    given = [row.name for row in rows if row.group and not row.deleted]
    if len(set(given)) == len(given):
        return rows
    doubts.append("the table gives several groups the same number; they are numbered in order")
    number, found = 0, []
    for row in rows:
        if row.group and not row.deleted:
            number += 1
            row = row._replace(name=f"SG{number}")
        found.append(row)
    return found


def _by_columns(rows: list[_Row]) -> tuple[list[object], list[str]]:
    """The groups as the drawing has them, and where it contradicts itself."""
    content: list[object] = []
    open_groups: list[tuple[int | None, list[object], _Row | None]] = [(None, content, None)]
    odd: list[str] = []
    for row in rows:
        into = next(inner for _, inner, group in reversed(open_groups) if group is None or not group.deleted)
        if row.group:
            inner: list[object] = [row.name + row.quantity]
            if not row.deleted:
                into.append(inner)
                if open_groups[-1][2] is not None and open_groups[-1][2].deleted:
                    odd.append(f"{row.name} stands in a deleted group")
            open_groups.append((min(row.columns, default=None), inner, row))
            continue
        if not row.deleted:
            into.append(row.name + row.quantity)
        if row.columns - {column for column, _, _ in open_groups}:
            odd.append(f"{row.name} closes a group that is not open")
        open_groups = [each for each in open_groups if each[0] is None or each[0] not in row.columns]
    left = [group.name for _, _, group in open_groups if group is not None and not group.deleted]
    if left:
        raise GuideError(f"the table leaves {', '.join(left)} open")
    return content, odd


def _by_prose(rows: list[_Row], prose: dict[int, list[list[str]]]) -> list[object] | None:
    """The groups as the message's text lists them; ``None`` when the rows cannot be put so."""
    content: list[object] = []
    stack: list[tuple[list[object], list[str]]] = []
    for row in rows:
        if row.deleted:
            continue
        while stack and not stack[-1][1]:
            stack.pop()
        if stack and stack[-1][1].pop(0) != row.name:
            return None
        entry: object = [row.name + row.quantity] if row.group else row.name + row.quantity
        (stack[-1][0] if stack else content).append(entry)
        if isinstance(entry, list):
            listed = prose.get(int(row.name[2:]))
            if not listed:
                return None
            stack.append((entry, list(listed[-1])))
    return content if not any(rest for _, rest in stack) else None


def _settle_triggers(content: list[object], doubts: list[str]) -> None:
    """Lets the first segment of every group stand exactly once, as a group is told by it (ISO 9735, message design).

    A dozen tables say otherwise. The group then stands as often as the two together may.
    """
    for entry in content:
        if not isinstance(entry, list):
            continue
        group, trigger = read_use(entry[0]), read_use(entry[1])
        if (trigger.minimum, trigger.maximum) != (1, 1):
            entry[0] = f"{group.ref}{'!' if group.minimum else ''}*{group.maximum * trigger.maximum}"
            entry[1] = f"{trigger.ref}!"
            stands = f"{trigger.minimum} to {trigger.maximum} times"
            doubts.append(
                f"{group.ref} starts with a {trigger.ref} that stands {stands}; it is {entry[0]} with one of it"
            )
        _settle_triggers(entry, doubts)


def _prose(text: str) -> dict[int, list[list[str]]]:
    """Group → each list of its content that the message's text gives."""
    found: dict[int, list[list[str]]] = {}
    for match in _PROSE.finditer(text):
        found.setdefault(int(match[1]), []).append(re.split(r"\s*-\s*", match[2].upper()))
    return found


def _groups(content: list[object]) -> Iterator[tuple[int, list[str]]]:
    """(number, what is in it) of every group."""
    for entry in content:
        if isinstance(entry, list):
            head, *inner = entry
            names = [re.split(r"[!*]", each[0] if isinstance(each, list) else each)[0] for each in inner]
            yield int(re.split(r"[!*]", head)[0][2:]), names
            yield from _groups(inner)
