"""How the command line speaks: columns and lines for people, JSON for machines, errors on standard error.

*Width.* On a terminal nothing is cut and no word is folded into a column three letters wide: a table that does not fit
puts its less important columns below each row. Where the output goes into a file or a pipe, a row is one line however
long, so that ``grep`` and ``awk`` get whole records; ``COLUMNS`` overrides that.

*Data are never markup.* What partners sent is shown as harmless text: it can neither colour the terminal nor move its
cursor. Bytes and JSON that were asked for go out as they are, with nothing beside them on standard output.

*A reader that leaves* (``| head``) ends the command quietly, as it ends any Unix program.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import NoReturn

import msgspec
import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

GAP = 2
"""Blanks between columns."""
INDENT = 2
NARROWEST = 24
"""Columns that a folded text has at least, however narrow the terminal."""
UNBOUNDED = 1 << 20
_AT_ONCE = 1 << 16
_HARD_BLANK = "\ue000"
"""Stands for a blank at which no line is broken."""


class Exit(IntEnum):
    """The exit codes of every command."""

    GOOD = 0
    INPUT = 1
    """The input is at fault."""
    USAGE = 2
    """The call or the environment is at fault."""
    CLOSED = 141
    """Nobody reads the output any more: the shell's number for a program that SIGPIPE ended."""


class _Terminal(Console):
    """A console that ends the command quietly when its reader has left."""

    def on_broken_pipe(self) -> None:
        """Nobody reads any more."""
        _closed()


console = _Terminal()
errors = _Terminal(stderr=True)


def width(on: Console = console) -> int:
    """The columns that a line may have."""
    stated = os.environ.get("COLUMNS", "")
    if stated.isdecimal() and int(stated) > 0:
        return int(stated)
    return on.width if on.is_terminal else UNBOUNDED


def print_bytes(data: bytes) -> None:
    """``data`` on standard output, as it is."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _closed()


def print_pieces(pieces: Iterable[bytes]) -> None:
    """What the pieces make up on standard output, as it is; many are written at once."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        if len(waiting) >= _AT_ONCE:
            print_bytes(bytes(waiting))
            waiting.clear()
    print_bytes(bytes(waiting))


def print_json(value: object) -> None:
    """One JSON document on standard output, indented, and nothing else there."""
    print_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def fail(message: str, next_step: str = "", code: Exit = Exit.USAGE) -> NoReturn:
    """Ends the command: what is wrong, and what to do next, on standard error."""
    line(Text("error: ", style="bold red").append(message, style="default"), on=errors)
    if next_step:
        line(f"  next: {next_step}", on=errors)
    raise typer.Exit(code)


def say(text: str, style: str = "") -> None:
    """A line for a person."""
    line(text, style)


def note(text: str, style: str = "yellow") -> None:
    """A line for a person that is no part of the answer, on standard error."""
    line(text, style, errors)


def line(text: str | Text, style: str = "", on: Console = console) -> None:
    """One line, as it is; a ``str`` is data, never markup."""
    on.print(Text(text, style=style) if isinstance(text, str) else text, highlight=False, soft_wrap=True)


def paragraph(text: str, indent: int = 0, style: str = "", on: Console = console) -> None:
    """A text for a person, folded between words and indented."""
    room = max(NARROWEST, width(on) - indent)
    for part in textwrap.wrap(text, room, break_on_hyphens=False) or [""]:
        line(" " * indent + part, style, on)


def items(texts: Iterable[str], indent: int = 0, style: str = "") -> None:
    """Texts beside each other, folded between them before it is done within one."""
    room = max(NARROWEST, width() - indent)
    whole = " · ".join(text.replace(" ", _HARD_BLANK) if cell_len(text) <= room else text for text in texts)
    for part in textwrap.wrap(whole, room, break_on_hyphens=False):
        line(" " * indent + part.replace(_HARD_BLANK, " "), style)


def one_line(fault: object) -> str:
    """What a library says about a fault, often in several lines, in one."""
    return " ".join(str(fault).split())


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    details: Sequence[str] = (),
    styles: Sequence[str] = (),
) -> None:
    """A table of texts: ``columns`` and then ``details``, which stand below their row where the width does not suffice.

    Each row has a cell for every column and every detail, and may have a style. Without details the last column is
    folded instead. Columns without any name have no line of names.
    """
    names = [*columns, *details]
    natural = [max(cell_len(cell) for cell in cells) for cells in zip(names, *rows, strict=True)]
    beside = sum(natural) + GAP * (len(names) - 1) <= width()
    shown = len(names) if beside or not details else len(columns)
    if any(names):
        _row(names[:shown], natural[:shown], "bold")
    for row, style in zip(rows, styles or [""] * len(rows), strict=True):
        _row(row[:shown], natural[:shown], style)
        told = [(name, cell) for name, cell in zip(names[shown:], row[shown:], strict=True) if cell]
        if told and len(details) == 1:
            paragraph(told[0][1], 2 * INDENT, "dim")
        else:
            items([f"{name} {cell}" for name, cell in told], 2 * INDENT, "dim")


def _row(cells: Sequence[str], widths: Sequence[int], style: str = "") -> None:
    before = "".join(
        cell + " " * (room - cell_len(cell) + GAP) for cell, room in zip(cells[:-1], widths[:-1], strict=True)
    )
    indent = cell_len(before)
    folded = textwrap.wrap(cells[-1], max(NARROWEST, width() - indent), break_on_hyphens=False) or [""]
    for number, part in enumerate(folded):
        line(((before if number == 0 else " " * indent) + part).rstrip(), style)


@contextmanager
def progress(text: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Shows on a terminal's standard error that work goes on; what it gives is called once for each step done."""
    if not errors.is_terminal:
        yield lambda: None
        return
    from rich.progress import Progress  # It takes longer to import than most commands take to run.

    with Progress(console=errors, transient=True) as shown:
        task = shown.add_task(text, total=total)
        yield lambda: shown.advance(task)


def _closed() -> NoReturn:
    # What is still in a buffer must not raise again when the interpreter flushes it at its end.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    raise SystemExit(Exit.CLOSED)
