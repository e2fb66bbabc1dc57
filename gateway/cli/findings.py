"""Findings for a person: where, what is wrong, and the very place in the file with a mark under it.

Made for the EDI coordinator of a partner who has the file and not the standard: the text says what is expected, the
excerpt shows the segment as it was sent, and the mark shows which part of it is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from gateway.arrival import printable
from gateway.cli.output import NARROWEST, console, line, paragraph, width
from translators.finding import Finding, Where
from translators.report import ReportedFinding, ReportedPlace
from translators.syntax import Dialect, Reading

AT_MOST = 50
"""Findings shown when not all are asked for."""
_LOOK = 2000
"""Bytes on either side of a place in which the ends of its segment are looked for."""
_INDENT = 2
_COLOURS = {"error": "bold red", "warning": "bold yellow", "note": "bold blue"}


class Excerpts(NamedTuple):
    """Where excerpts of a file come from: what stands between two offsets, and the delimiters by control number."""

    piece: Callable[[int, int], bytes]
    dialects: Mapping[str, Dialect]


def excerpts_of(content: bytes, reading: Reading) -> Excerpts:
    """Excerpts of a file that was read as a whole."""
    dialects: dict[str, Dialect] = {}
    for each in reading.interchanges:
        dialects.setdefault(each.control_number, each.dialect)
    return Excerpts(lambda start, end: content[start:end], dialects)


def show(
    findings: Sequence[Finding | ReportedFinding],
    excerpts: Excerpts | None,
    *,
    everything: bool = False,
    more: str = "--all shows them",
    on: Console = console,
) -> None:
    """Prints the findings about a file, with excerpts where there are any.

    Of very many only the first are shown, and ``more`` says how to see the others.
    """
    shown = findings if everything else findings[:AT_MOST]
    before: int | None = None
    for each in shown:
        head = Text().append(each.severity, style=_COLOURS[each.severity])
        place = _place(each.where)
        head.append(f" {place}" if place else "", style="bold")
        head.append(f"  [{each.code}]", style="dim")
        line(head, on=on)
        paragraph(printable(each.text, 2000), _INDENT, on=on)
        if excerpts is not None and excerpts.dialects and each.where.offset not in (None, before):
            _excerpt(each, excerpts, on)
        before = each.where.offset
    if len(shown) < len(findings):
        line(f"… and {len(findings) - len(shown):,} more: {more}", "bold", on)


def counted(many: int, noun: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{many:,} {noun}{'' if many == 1 else 's'}"


def _place(where: Where | ReportedPlace) -> str:
    parts = [f"line {where.line}, column {where.column}"] if where.line else []
    if where.message:
        parts.append(f"message {printable(where.message, 20)}")
    if where.package:
        parts.append(f"package {printable(where.package, 20)}")
    if where.segment:
        position = f"segment {where.segment_position} " if where.segment_position else ""
        parts.append(position + printable(where.segment, 20))
    if where.path and not parts:
        parts.append(where.path)
    return " · ".join(parts)


def _excerpt(finding: Finding | ReportedFinding, excerpts: Excerpts, on: Console) -> None:
    """The segment around the place, on one line, with a mark under the value that is meant."""
    where = finding.where
    offset = where.offset or 0
    at = min(offset, 2 * _LOOK)
    content = excerpts.piece(offset - at, offset + 2 * _LOOK)
    if at >= len(content):
        return
    dialect = excerpts.dialects.get(where.interchange or "", next(iter(excerpts.dialects.values())))
    start, end = _segment(content, at, dialect)
    codec = dialect.charset if dialect is not None else "latin-1"
    value = finding.value.encode(codec, "replace") if finding.value else b""
    marked = len(value) if value and content[at : at + len(value)] == value else 1
    before, what, behind = (
        printable(part.decode(codec, "replace"), _LOOK * 6)
        for part in (content[start:at], content[at : min(at + marked, end)], content[at + marked : end])
    )
    room = max(NARROWEST, min(width(on), 200) - 3 * _INDENT)
    if cell_len(before) > room // 2:
        before = "…" + before[-(room // 2) + 1 :]
    left = room - cell_len(before)
    what = what if cell_len(what) <= left else what[: left - 1] + "…"
    left -= cell_len(what)
    behind = behind if cell_len(behind) <= left else behind[: max(0, left - 1)] + "…" * (left > 0)
    line(Text(" " * 3 * _INDENT + before + what + behind, style="cyan"), on=on)
    line(" " * (3 * _INDENT + cell_len(before)) + "^" * max(1, cell_len(what)), "bold red", on)


def _segment(content: bytes, at: int, dialect: Dialect | None) -> tuple[int, int]:
    """Start and end of the segment around ``at``; of its line, where line breaks divide it."""
    ends = (dialect.terminator if dialect is not None else b"'~") + b"\r\n"
    release = dialect.release if dialect is not None else None

    def is_end(place: int) -> bool:
        if content[place] not in ends:
            return False
        run = place
        while release and place - run < _LOOK and content[run - 1 : run] == release:
            run -= 1
        return (place - run) % 2 == 0

    start = at
    while start > 0 and at - start < _LOOK and not is_end(start - 1):
        start -= 1
    end = at
    while end < len(content) and end - at < _LOOK and not is_end(end):
        end += 1
    # The terminator belongs to what is shown, a line break does not.
    return start, end + (end < len(content) and content[end] not in b"\r\n")
