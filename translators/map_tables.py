"""Code tables: a code of a syntax and a word of the canonical vocabulary, both ways.

Rows are written once and hold in both directions; ``only_in`` and ``only_out`` hold what one direction alone may do. A
row may hold from one day or until another: code lists change on a date, and a message is read by the list of its day.
In each direction and on each day a table is a function, which loading checks. A partner's own codes (``Context.codes``)
stand before the rows.

The code itself is kept beside the word when the word alone would not bring it back, and comes back from there as long
as it still means that word. What happens to a code without a word is the table's to say, in ``unmapped``:

``keep``
    the word is ``other`` (or the field stays absent when its values are no closed list), the code is kept, a warning.
``refuse``
    an error: the message cannot be translated.
``pass``
    the code is the value, and nothing is said: for lists that both sides use as they are.

and on the way out to a word without a code: ``else`` names the code to write, with a warning; without it, an error.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from typing import Literal

import msgspec

from translators.map_context import CodeRow, Context, Problem, Report

Unmapped = Literal["keep", "refuse", "pass"]


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """The rows in force from ``start`` until the next period; the first one's start is the first day there is."""

    start: date
    to_word: dict[str, str]
    to_code: dict[str, str]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One code list of a syntax and what its codes mean."""

    name: str
    system: str
    """What a kept code is marked with, such as ``edifact.9011``."""
    to_word: dict[str, str]
    to_code: dict[str, str]
    unmapped: Unmapped
    other: str | None
    """The word for a code that has none."""
    fallback: str | None = None
    """The code for a word that has none."""
    periods: tuple[Period, ...] = ()
    """The rows in force from each day on which they change; empty when they never do, and ``to_word`` and ``to_code``
    are all there is. Otherwise those have every row of any day."""
    places: dict[str, tuple[str, int]] = {}
    """Where the row of a code stands: file and line."""

    def word(self, code: str, context: Context) -> str | None:
        """The word for a code; ``None`` when there is none."""
        return context.codes(self.name, code, "in") or (
            self.to_word.get(code) if not self.periods else self._on(context.on).to_word.get(code)
        )

    def code(self, word: str, context: Context) -> str | None:
        """The code for a word; ``None`` when there is none."""
        return context.codes(self.name, word, "out") or (
            self.to_code.get(word) if not self.periods else self._on(context.on).to_code.get(word)
        )

    def row(self, code: str, context: Context) -> CodeRow:
        """The row that a code was read or written by."""
        word = self.word(code, context)
        own = context.codes(self.name, code, "in") is None and word is not None
        name, line = self.places.get(code, (None, None)) if own else (None, None)
        return CodeRow(table=self.name, code=code, word=word, map=name, line=line)

    def _on(self, day: date) -> Period:
        return self.periods[bisect_right(self.periods, day, key=lambda period: period.start) - 1]

    def read(self, code: str, context: Context, report: Report) -> tuple[str | None, str | None]:
        """(the word, the code to keep beside it) for a code as sent; either may be ``None``."""
        word = self.word(code, context)
        if word is not None:
            return word, None if self.code(word, context) == code else f"{self.system}:{code}"
        if self.unmapped == "pass":
            return code, None
        if self.unmapped == "keep":
            text = f"code `{code}` has no meaning in table {self.name}: kept as sent; add it to the partner's code list"
            report(Problem("map-unmapped", text, "warning", code))
            return self.other, f"{self.system}:{code}"
        text = f"code `{code}` has no meaning in table {self.name}: correct it, or add it to the partner's code list"
        report(Problem("map-unmapped", text, value=code))
        return None, None

    def carries(self, word: str | None, native: str | None, context: Context) -> bool:
        """Whether there is a code to write, the fallback not counted."""
        return self._native(word, native, context) is not None or (
            word is not None and (self.code(word, context) is not None or self.unmapped == "pass")
        )

    def write(self, word: str | None, native: str | None, context: Context, report: Report) -> str | None:
        """The code to send for a word and the code kept beside it; ``None`` when there is nothing to send."""
        kept = self._native(word, native, context)
        if kept is not None or word is None:
            return kept
        code = self.code(word, context)
        if code is not None or self.unmapped == "pass":
            return code or word
        if self.fallback is not None:
            text = f"`{word}` has no code in table {self.name}: sent as {self.fallback}"
            report(Problem("map-unmapped", text, "warning", word))
            return self.fallback
        text = f"`{word}` has no code in table {self.name}: use another word, or add a code to the partner's code list"
        report(Problem("map-unmapped", text, value=word))
        return None

    def _native(self, word: str | None, native: str | None, context: Context) -> str | None:
        """The kept code, if it is of this system and still means the word beside it."""
        if native is None or not native.startswith(f"{self.system}:"):
            return None
        code = native[len(self.system) + 1 :]
        meaning = self.word(code, context)
        return code if word == (self.other if meaning is None else meaning) else None
