"""The code lists of a UN/EDIFACT directory (UNCL): the values of each element, and their short names.

Until D.98 codes stand in columns 3 to 9, numbers flush right and letters flush left, and names from column 11; since
D.99 codes stand from column 6 and names from column 12. Descriptions are indented further and are not taken over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_NARROW = re.compile(r"^ {8}\S \S", re.MULTILINE)
_CODE = re.compile(r"[A-Za-z0-9]+")


class CodeList(NamedTuple):
    """The codes of one element and the name of each."""

    element: str
    names: dict[str, str]


class _Layout(NamedTuple):
    code: slice
    name: int
    """The column in which names start, and go on in the lines below."""


_OLD, _NEW = _Layout(slice(2, 9), 10), _Layout(slice(5, 11), 11)


def layout_of(texts: Sequence[str]) -> _Layout:
    """The layout of a directory's code lists."""
    return _OLD if any(_NARROW.search(text) for text in texts) else _NEW


def read_code_list(element: str, rows: Iterable[str], layout: _Layout) -> CodeList:
    """The list in the ``rows`` below an element's representation; codes marked as deleted are left out."""
    names: dict[str, str] = {}
    last: str | None = None
    for row in rows:
        code = _code(row, layout)
        if code is not None:
            last = code if "-" not in row[: layout.code.start] and code not in names else None
            if last is not None:
                names[last] = row[layout.name :].strip()
        elif last is not None and row[: layout.name].strip() == "" and row[layout.name : layout.name + 1].strip():
            names[last] = f"{names[last]} {row.strip()}"
        else:
            last = None
    return CodeList(element, names)


def _code(row: str, layout: _Layout) -> str | None:
    column = row[layout.code]
    code = column.strip()
    if not _CODE.fullmatch(code) or not row[layout.name : layout.name + 1].strip():
        return None
    if layout is _OLD:
        flush = column[-1] != " " or column[1] != " "
        return code if row[9] == " " and flush and code.upper() == code else None
    return code if row[4] == " " and column[0] != " " and row[10] == " " else None
