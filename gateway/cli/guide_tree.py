"""A guide drawn for a person: the message as a tree with its rules, a segment with its elements and codes."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from gateway.cli.output import line, say, table
from gateway.cli.tree import branches
from translators.elements import STANDARD
from translators.grammar import Guide
from translators.guide_table import ElementRow, Row

_USES = {"M": "mandatory", "C": "conditional", "O": "optional", "X": "not used"}


def show_tree(guide: Guide, rows: Sequence[Row]) -> None:
    """The message with a line for each segment and group, groups with what they hold hanging below them."""
    _title(f"{guide.type} {guide.version}", guide.title or guide.name)
    _legend([row.usage for row in rows])
    layered = any(row.layer != STANDARD for row in rows)
    table(
        ("", "use", "times", *(["layer"] if layered else []), "name"),
        [
            (
                drawn + (row.name if row.kind == "segment" else f"{row.name} ┐"),
                row.usage,
                _times(row.maximum),
                *([_layer(row.layer)] if layered else []),
                row.title,
            )
            for drawn, row in zip(branches([row.depth for row in rows]), rows, strict=True)
        ],
        styles=["bold" if row.kind == "group" else "dim" if row.usage == "X" else "" for row in rows],
    )


def show_segment(guide: Guide, tag: str, title: str, places: Sequence[str], rows: Sequence[ElementRow]) -> None:
    """A segment's elements and components, and where in the message it stands."""
    _title(f"{tag} in {guide.type} {guide.version}", title)
    _legend([row.usage for row in rows])
    layered = any(row.layer != STANDARD for row in rows)
    depths = [0 if row.component is None else 1 for row in rows]
    table(
        ("", "id", "use", "times", "form", "codes", *(["layer"] if layered else []), "name"),
        [
            (
                f"{row.position:02d}" if row.component is None else f"{drawn}{row.component}",
                row.ref,
                row.usage,
                _times(row.maximum) if row.component is None else "",
                row.representation,
                f"{row.codes:,}" if row.codes else "",
                *([_layer(row.layer)] if layered else []),
                row.title,
            )
            for drawn, row in zip(branches(depths), rows, strict=True)
        ],
        styles=["dim" if row.usage == "X" else "bold" if row.component is None else "" for row in rows],
    )
    if len(places) > 1:
        say(f"stands at {', '.join(places)}; shown as at {places[0]}", "dim")


def show_codes(element: str, title: str, codes: Sequence[tuple[str, str]]) -> None:
    """The codes of an element, each with what it means, as far as that is known."""
    say("")
    _title(element, f"{title}, {len(codes):,} codes")
    table(("", ""), codes)


def in_order(codes: frozenset[str]) -> list[str]:
    """Numbers by their value, then the others."""
    return sorted(codes, key=lambda code: (not code.isdecimal(), int(code) if code.isdecimal() else 0, code))


def _title(name: str, text: str) -> None:
    line(Text(name, style="bold cyan").append(f"  {text}", style="bold"))


def _legend(uses: Sequence[str]) -> None:
    say(" · ".join(f"{letter} {_USES[letter]}" for letter in _USES if letter in uses), "dim")


def _times(maximum: int | None) -> str:
    return "any" if maximum is None else str(maximum)


def _layer(name: str) -> str:
    return "" if name == STANDARD else name
