"""Coverage as an onboarding engineer reads it: a line for each place of a message, what nobody reads set off."""

from __future__ import annotations

from itertools import groupby

from gateway.cli.output import print_json, say, table
from translators.map_coverage import USES, Coverage, Covered, Use

_WIDTH = 40


def print_coverage(coverage: Coverage, as_json: bool) -> None:
    """What became of the values of all messages, as a table, or as JSON."""
    rows = coverage.rows()
    if as_json:
        print_json({"messages": coverage.messages, "values": {use: _sum(rows, use) for use in USES}, "places": rows})
        return
    for message, own in groupby(rows, key=lambda row: row.message):
        _print(message, list(own))


def _print(message: str, rows: list[Covered]) -> None:
    total, unread = sum(row.values for row in rows), _sum(rows, "unread")
    say(f"{message}: {100 * (total - unread) / total:.0f} % of {total} values are used, {unread} are unread", "bold")
    table(
        ("where", *USES, "element"),
        [(_where(row), *(str(_count(row, use) or "-") for use in USES), row.name, _values(row)) for row in rows],
        details=("values",),
        styles=["yellow" if row.unread else "" for row in rows],
    )


def _where(row: Covered) -> str:
    return f"{row.path} {row.element}.{row.component}"


def _count(row: Covered, use: Use) -> int:
    return {"mapped": row.mapped, "implied": row.implied, "raw": row.raw, "unread": row.unread}[use]


def _sum(rows: list[Covered], use: Use) -> int:
    return sum(_count(row, use) for row in rows)


def _values(row: Covered) -> str:
    shown = ", ".join(row.examples)
    return shown if len(shown) <= _WIDTH else f"{shown[: _WIDTH - 1]}…"
