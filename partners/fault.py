"""What is wrong in a profile file, as a value with its place.

A person edits profiles, so a fault says where to look (file, line, column), which setting it is (path), what is wrong
and, when that can be told, what was probably meant. Loading never stops at the first fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal

import msgspec

Severity = Literal["error", "warning"]


class Place(msgspec.Struct, frozen=True):
    """Where something stands: line and column count from 1, in characters; ``path`` is the way through the YAML."""

    file: str
    line: int
    column: int
    path: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with a profile.

    An ``error`` keeps the whole folder from being used. A ``warning`` does not: what it names is incomplete, and the
    text says what will not work until it is put right.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    suggestion: str | None = None
    severity: Severity = "error"

    def __str__(self) -> str:
        path = f" {self.path}:" if self.path else ""
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{self.file}:{self.line}:{self.column}: {self.severity}:{path} {self.message}{hint}"


# A fault is one line wherever it is shown, whatever it quotes.
_LINE_BREAKS = re.compile("[\n\r\t\x0b\x0c\x85\u2028\u2029]")
_ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}

MAX_MESSAGE = 300
"""Messages quote what was written; a pasted certificate in the wrong place need not be quoted whole."""


def fault(place: Place, message: str, suggestion: str | None = None, severity: Severity = "error") -> Fault:
    """A fault at ``place``."""
    return Fault(
        file=place.file,
        line=place.line,
        column=place.column,
        path=_one_line(place.path),
        message=_one_line(message),
        suggestion=suggestion,
        severity=severity,
    )


def _one_line(text: str) -> str:
    text = _LINE_BREAKS.sub(lambda found: _ESCAPES.get(found[0], " "), text)
    return text if len(text) <= MAX_MESSAGE else f"{text[: MAX_MESSAGE // 2]} … {text[-MAX_MESSAGE // 2 :]}"


def did_you_mean(wrong: str, candidates: Iterable[str], *, told: bool = False) -> str | None:
    """The words that point at the closest candidate; all of them when none is close and they are few.

    ``told``: the message names the candidates already.
    """
    known = sorted(set(candidates))
    folded = {name.casefold(): name for name in known}
    close = get_close_matches(wrong.casefold(), folded, n=1, cutoff=0.6) if len(wrong) < 200 else []
    if close:
        return f"did you mean `{folded[close[0]]}`?"
    if 0 < len(known) <= 16 and not told:
        return "known: " + ", ".join(known)
    return None


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """The faults without repeats, by file and place; a template used ten times reports its fault once."""
    return sorted(set(faults), key=lambda f: (f.file, f.line, f.column, f.path, f.message))
