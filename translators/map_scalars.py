"""The small parts of a map's file, read with their faults: texts, numbers, choices, keys and values.

Loading goes on behind a fault, so each reader notes it, returns nothing, and leaves it to the caller to go on without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import TypeVar

from translators.map_document import Entries, MapFault, Text, Yaml

_T = TypeVar("_T")


class Faulty:
    """Reads parts of the map called ``name``, and collects what is wrong with them in ``faults``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[MapFault] = []

    def fault(self, at: Yaml, text: str) -> None:
        self.faults.append(MapFault(at.name or self.name, at.line, at.column, text))

    def attempt(self, read: Callable[[], _T], at: Yaml) -> _T | None:
        """What ``read`` returns; a ``ValueError`` of it becomes a fault at ``at``."""
        try:
            return read()
        except ValueError as error:
            self.fault(at, str(error))
            return None

    def text(self, at: Yaml | None) -> str | None:
        if isinstance(at, Text) and at.value:
            return at.value
        if at is not None:
            self.fault(at, "a text is expected here")
        return None

    def text_or_nothing(self, at: Yaml | None) -> str:
        return (self.text(at) or "") if at is not None else ""

    def number(self, at: Yaml | None) -> int:
        text = self.text(at) if at is not None else None
        if text is not None and not text.isdecimal() and at is not None:
            self.fault(at, f"`{text}` is no number")
        return int(text) if text is not None and text.isdecimal() else 0

    def choice(self, at: Yaml | None, choices: tuple[_T, ...]) -> _T | None:
        text = self.text(at) if at is not None else None
        for choice in choices:
            if choice == text:
                return choice
        if text is not None and at is not None:
            self.fault(at, f"`{text}` is none of {', '.join(map(str, choices))}")
        return None

    def pairs(self, value: Yaml | None) -> list[tuple[Text, Yaml]]:
        if value is None or isinstance(value, Entries):
            return value.pairs if value is not None else []
        self.fault(value, "keys and values are expected here")
        return []

    def entries(self, value: Yaml, known: tuple[str, ...], needed: tuple[str, ...]) -> Entries | None:
        if not isinstance(value, Entries):
            self.fault(value, f"keys are expected here: {', '.join(known)}")
            return None
        self.check_keys(value, known, places=False)
        for key in needed:
            if value.get(key) is None:
                self.fault(value, f"`{key}` is missing")
        return value

    def check_keys(self, entries: Entries, known: tuple[str, ...], *, places: bool) -> None:
        for key, _ in entries.pairs:
            if key.value not in known and not (places and key.value[:1].isdecimal()):
                self.fault(key, f"`{key.value}` is not known here{near(key.value, known) or ': ' + ', '.join(known)}")


def near(wrong: str, known: Iterable[str] | None) -> str:
    """The words that point at the closest of the known names, if one is close."""
    close = get_close_matches(wrong, list(known or ()), n=1)
    return f": did you mean `{close[0]}`?" if close else ""
