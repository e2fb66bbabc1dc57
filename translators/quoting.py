"""Text of others, as an acknowledgment can carry it: nothing in it ends an element, a segment or a line."""

from __future__ import annotations

from collections.abc import Iterator

from translators.charset import of_identifier
from translators.syntax import Dialect, Interchange
from translators.terms import Terms

VISIBLE = "?"
"""Stands for what would break the answer apart: delimiters, line breaks, and whatever cannot be sent."""


class X12Quoting:
    """Quotes what goes into an X12 answer, which has no release character: ASCII, without anybody's delimiters."""

    def __init__(self, dialect: Dialect, terms: Terms) -> None:
        used = (dialect.element, dialect.component, dialect.terminator, dialect.repetition or b"")
        self._unsafe = frozenset("*~:^" + terms.delimiters + b"".join(used).decode("latin-1"))

    def __call__(self, value: str, most: int) -> str:
        """``value``, no longer than ``most``."""
        return "".join(
            character if " " <= character <= "~" and character not in self._unsafe else VISIBLE
            for character in value[:most]
        ).rstrip()


class EdifactText:
    """Fits sentences of ours, with values of the sender's in them, to the character set that the sender used."""

    def __init__(self, interchange: Interchange) -> None:
        self._charset = of_identifier(interchange.version.partition(":")[0])

    def __call__(self, text: str) -> str:
        """``text`` in characters that can be sent; capitals where there are no small letters (UNOA)."""
        return "".join(map(self._letter, text)).strip()

    def _letter(self, letter: str) -> str:
        # U+FFFD stands for bytes that were no character: no character set has it back.
        if not letter.isprintable() or letter == "\ufffd":
            return VISIBLE
        if self._charset is None:
            return letter if letter.isascii() else VISIBLE
        return next((each for each in (letter, letter.upper()) if self._charset.encode(each) is not None), VISIBLE)


def lines(text: str, width: int, most: int) -> Iterator[str]:
    """``text`` broken at blanks into at most ``most`` lines of ``width`` characters; what is over is left out."""
    for _ in range(most):
        if not text:
            return
        at = len(text) if len(text) <= width else text.rfind(" ", 1, width + 1)
        at = at if at > 0 else width
        yield text[:at].rstrip()
        text = text[at:].lstrip()
