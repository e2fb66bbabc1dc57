"""Which references occurred before, in little memory.

A big interchange has millions of messages, and nearly all number them one after the other. Consecutive numbers are
kept as a run, whatever stands before the digits; only a reference that continues nothing takes a place of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_NUMBERED = re.compile(r"(.*?)([0-9]{1,14})", re.DOTALL)


class _Runs:
    """Runs of consecutive numbers, which all have the same text before them and the same number of digits."""

    __slots__ = ("ends", "largest", "pattern", "starts")

    def __init__(self, prefix: str, width: int) -> None:
        self.pattern = prefix.replace("%", "%%") + f"%0{width}d"
        self.largest = 10**width - 1
        self.starts: list[int] = []
        self.ends: list[int] = []
        """The last number of each run."""

    def __contains__(self, number: int) -> bool:
        index = bisect_right(self.starts, number) - 1
        return index >= 0 and number <= self.ends[index]


class Repeats:
    """Remembers references."""

    def __init__(self) -> None:
        self._single: set[str] = set()
        self._runs: dict[tuple[str, int], _Runs] = {}
        self._here: _Runs | None = None
        """The kind of the reference before, when that ends in digits."""
        self._number = 0
        """Its number."""
        self._index = -1
        """The run it ends; -1 when it stands alone."""
        self._next: str | None = None
        """The reference that would continue it."""
        self._bound = -1
        """The number at which it would run into the next run."""

    def __contains__(self, reference: str) -> bool:
        if reference in self._single:
            return True
        found = _NUMBERED.fullmatch(reference) if self._runs else None
        runs = self._runs.get((found[1], len(found[2]))) if found else None
        return runs is not None and found is not None and int(found[2]) in runs

    def add(self, reference: str) -> bool:
        """Remembers a reference; whether it is new."""
        runs = self._here
        if reference != self._next or runs is None:
            return self._add_another(reference)
        number = self._number + 1
        if number == self._bound or reference in self._single:
            return False
        if self._index < 0:
            # The one before stood alone until now.
            if number in runs:
                return False
            self._index = bisect_right(runs.starts, number)
            runs.starts.insert(self._index, number - 1)
            runs.ends.insert(self._index, number - 1)
            self._single.discard(runs.pattern % (number - 1))
            following = runs.starts[self._index + 1 : self._index + 2]
            self._bound = following[0] if following else -1
        runs.ends[self._index] = self._number = number
        # A number that grows by a digit is of another kind.
        self._next = runs.pattern % (number + 1) if number < runs.largest else None
        return True

    def _add_another(self, reference: str) -> bool:
        if reference in self:
            return False
        self._single.add(reference)
        self._index = self._bound = -1
        self._here = self._next = None
        found = _NUMBERED.fullmatch(reference)
        if found is not None:
            key = found[1], len(found[2])
            self._here = self._runs.get(key)
            if self._here is None:
                self._here = self._runs[key] = _Runs(*key)
            self._number = int(found[2])
            if self._number < self._here.largest:
                self._next = self._here.pattern % (self._number + 1)
        return True
