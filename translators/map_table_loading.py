"""The code tables of a map, read from its file: rows both ways, dated ones among them, checked for being functions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple, get_args

from translators.map_document import Entries, Items, Text, Yaml
from translators.map_extensions import EXTENSION_TYPES, MAX_LENGTH, Extension
from translators.map_scalars import Faulty
from translators.map_tables import Period, Table, Unmapped

TABLE_KEYS = ("system", "unmapped", "other", "else", "codes", "only_in", "only_out")
_ROW_KEYS = ("is", "from", "to")
_EXTENSION_KEYS = ("type", "meaning", "words", "most")
_ALWAYS = (date.min, date.max)


class _Row(NamedTuple):
    """One meaning, and the days on which it holds, both included."""

    key: str
    value: str
    start: date
    end: date
    at: Text
    """Where its key stands, for whoever is to be told about it."""
    said: Text
    """Where its value stands."""

    def turned(self) -> _Row:
        """The row the other way round."""
        return _Row(self.value, self.key, self.start, self.end, self.said, self.at)


class TableLoader(Faulty):
    """Reads tables and the declarations of extensions."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.tables: dict[str, Table] = {}

    def table(self, key: Text, value: Yaml) -> Table | None:
        """The table of this name; ``None`` when something essential is missing."""
        entries = self.entries(value, TABLE_KEYS, ("system", "unmapped"))
        if entries is None:
            return None
        texts = {
            name: self.text(found) for name in ("system", "unmapped", "other", "else") if (found := entries.get(name))
        }
        unmapped = self.choice(entries.get("unmapped"), get_args(Unmapped))
        both = self._rows(entries.get("codes"))
        read = [*both, *self._rows(entries.get("only_in"))]
        written = [row.turned() for row in both]
        written += self._rows(entries.get("only_out"))
        self._check(read)
        self._check(written)
        if unmapped is None or not texts.get("system"):
            return None
        return Table(
            name=key.value,
            system=texts["system"] or "",
            to_word={row.key: row.value for row in reversed(read)},
            to_code={row.key: row.value for row in reversed(written)},
            unmapped=unmapped,
            other=texts.get("other"),
            fallback=texts.get("else"),
            periods=_periods(read, written),
            places={row.key: (row.at.name or self.name, row.at.line) for row in reversed(read)},
        )

    def _rows(self, value: Yaml | None) -> list[_Row]:
        found = []
        for key, stated in self.pairs(value):
            for each in stated.values if isinstance(stated, Items) and _dated(stated) else [stated]:
                row = self._row(key, each)
                found += [row] if row is not None else []
        return found

    def _row(self, key: Text, value: Yaml) -> _Row | None:
        if not isinstance(value, Entries):
            text = self.text(value)
            if text is None or not isinstance(value, Text):
                return None
            return _Row(key.value, text, *_ALWAYS, key, value)
        entries = self.entries(value, _ROW_KEYS, ("is",))
        meaning = entries.get("is") if entries is not None else None
        text = self.text(meaning)
        if entries is None or text is None or not isinstance(meaning, Text):
            return None
        start, end = self._day(entries.get("from"), date.min), self._day(entries.get("to"), date.max)
        if start > end:
            self.fault(value, f"the row ends on {end}, before it begins on {start}")
        return _Row(key.value, text, start, end, key, meaning)

    def _day(self, at: Yaml | None, otherwise: date) -> date:
        text = self.text(at) if at is not None else None
        if at is None or text is None:
            return otherwise
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.fault(at, f"`{text}` is no day: write 2026-07-01")
            return otherwise

    def _check(self, rows: list[_Row]) -> None:
        """On no day may a code, or a word, have two meanings."""
        seen: dict[str, list[_Row]] = {}
        for row in rows:
            for other in seen.get(row.key, ()):
                if row.value != other.value and row.start <= other.end and other.start <= row.end:
                    text = f"`{row.key}` is `{other.value}` already"
                    self.fault(row.at, f"{text}: put the second meaning into only_in or only_out")
                    break
            seen.setdefault(row.key, []).append(row)

    def extension(self, key: Text, value: Yaml) -> Extension | None:
        """The extension of this name."""
        entries = self.entries(value, _EXTENSION_KEYS, ("type", "meaning"))
        if entries is None:
            return None
        kind = self.choice(entries.get("type"), EXTENSION_TYPES)
        meaning = self.text(entries.get("meaning"))
        listed = entries.get("words")
        words = [self.text(item) or "" for item in listed.values] if isinstance(listed, Items) else None
        if listed is not None and (words is None or kind != "text"):
            self.fault(listed, "`words` is the list of values that a text may have")
        most = self.number(entries.get("most")) or MAX_LENGTH
        if most > MAX_LENGTH:
            self.fault(entries.get("most") or value, f"a text has at most {MAX_LENGTH} characters: this is no document")
        if kind is None or meaning is None:
            return None
        return Extension(
            name=key.value,
            type=kind,
            meaning=meaning,
            words=frozenset(words) if words is not None else None,
            most=most,
        )


def _dated(items: Items) -> bool:
    return all(isinstance(item, Entries) for item in items.values)


def _periods(read: list[_Row], written: list[_Row]) -> tuple[Period, ...]:
    """The tables between the days on which a row begins or ends; none when every row always holds."""
    every = [*read, *written]
    days = {row.start for row in every} | {row.end + timedelta(1) for row in every if row.end < date.max}
    if days <= {date.min}:
        return ()
    return tuple(
        Period(start=day, to_word=_in_force(read, day), to_code=_in_force(written, day))
        for day in sorted(days | {date.min})
    )


def _in_force(rows: list[_Row], day: date) -> dict[str, str]:
    return {row.key: row.value for row in reversed(rows) if row.start <= day <= row.end}
