r"""Patterns of values: a small regular-expression language whose matching takes one step for each character.

A guide's layer may say what a value looks like (``[A-Z]{4}\d{7}``). Layers are written by people in a hurry and values
by partners we do not know, and Python's own engine tries alternatives one after the other: ``(A+)+B`` against thirty
letters A keeps it busy for minutes. So patterns are matched here by walking all alternatives at once (Thompson's
construction, with the states met so far remembered). There is no dangerous pattern in this language; what it cannot
say, it refuses to read.

The language: characters that stand for themselves; ``.`` for any; classes ``[A-Z0-9]``, ``[^ ]``; ``\d`` a digit 0-9,
``\w`` a letter A-Z a-z, a digit or ``_``, ``\s`` a blank, and ``\`` before a sign that would mean something; groups
``(AB|CD)``; and behind any of these ``?``, ``*``, ``+``, ``{3}``, ``{2,5}``, ``{2,}``. A pattern describes the whole
value, so it has no ``^`` and ``$``; look-ahead and back-references do not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

MOST = 2000
"""How many characters a pattern may ask for, repetitions counted out: enough for any element but long texts."""

_SPECIAL = frozenset(r"\.[](){}?*+|^$")
_DIGITS = frozenset("0123456789")
_WORD = _DIGITS | frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": frozenset(" \t")}
_REMEMBERED = 4096

Test = Callable[[str], bool]


class PatternError(ValueError):
    """A pattern that this language cannot read; the text says where, and what to write instead."""


class Pattern:
    """A compiled pattern. :meth:`fits` takes time in proportion to the length of the value, whatever the pattern."""

    def __init__(self, text: str) -> None:
        """Raises :class:`PatternError` when ``text`` is no pattern."""
        self.text = text
        self._tests: list[Test | None] = []
        """What each state asks of the next character; ``None`` for states that only lead on."""
        self._next: list[list[int]] = []
        start, end = _Parser(text, self._tests, self._next).parse()
        self._end = end
        self._start = self._reached({start})
        self._steps: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def fits(self, value: str) -> bool:
        """Whether the whole of ``value`` is what the pattern describes."""
        states = self._start
        for character in value:
            key = (states, character)
            following = self._steps.get(key)
            if following is None:
                following = self._step(states, character)
                if len(self._steps) < _REMEMBERED:
                    self._steps[key] = following
            if not following:
                return False
            states = following
        return self._end in states

    def _step(self, states: frozenset[int], character: str) -> frozenset[int]:
        found: set[int] = set()
        for state in states:
            test = self._tests[state]
            if test is not None and test(character):
                found.update(self._next[state])
        return self._reached(found)

    def _reached(self, states: set[int]) -> frozenset[int]:
        """``states`` and all that they lead on to without a character."""
        waiting, found = list(states), set(states)
        while waiting:
            state = waiting.pop()
            if self._tests[state] is None:
                for following in self._next[state]:
                    if following not in found:
                        found.add(following)
                        waiting.append(following)
        return frozenset(found)


@lru_cache(maxsize=1024)
def read_pattern(text: str) -> Pattern:
    """The pattern that ``text`` is; :class:`PatternError` when it is none."""
    return Pattern(text)


class _Parser:
    """Reads a pattern into states. Every part of it becomes a pair of states: where it begins and where it is done."""

    def __init__(self, text: str, tests: list[Test | None], following: list[list[int]]) -> None:
        self._text = text
        self._at = 0
        self._tests = tests
        self._next = following
        self._depth = 0

    def parse(self) -> tuple[int, int]:
        whole = self._choice()
        if self._at < len(self._text):
            raise self._wrong("a ) that closes nothing")
        return whole

    def _wrong(self, what: str) -> PatternError:
        return PatternError(
            f"pattern {self._text!r}, character {self._at + 1}: {what}; write characters, [classes], \\d, \\w, \\s, "
            "(groups|alternatives) and the repetitions ? * + {n} {n,m}, for the whole value"
        )

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _state(self, test: Test | None = None) -> int:
        if len(self._tests) >= 4 * MOST:
            raise self._wrong(f"the pattern asks for more than {MOST} characters")
        self._tests.append(test)
        self._next.append([])
        return len(self._tests) - 1

    def _choice(self) -> tuple[int, int]:
        self._depth += 1
        if self._depth > 20:
            raise self._wrong("groups are nested more than 20 deep")
        ways = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            ways.append(self._sequence())
        self._depth -= 1
        if len(ways) == 1:
            return ways[0]
        start, end = self._state(), self._state()
        for first, last in ways:
            self._next[start].append(first)
            self._next[last].append(end)
        return start, end

    def _sequence(self) -> tuple[int, int]:
        start = end = self._state()
        while self._peek() not in ("", "|", ")"):
            first, last = self._repeated()
            self._next[end].append(first)
            end = last
        return start, end

    def _repeated(self) -> tuple[int, int]:
        begins = self._at
        part = self._atom()
        sign = self._peek()
        if sign not in ("?", "*", "+", "{"):
            return part
        least, most = self._times()
        if self._peek() in ("?", "*", "+", "{"):
            raise self._wrong("one repetition behind another")
        ends = self._at
        start = end = self._state()
        # Each occurrence has states of its own, made by reading its text again.
        for number in range(max(least, most or 1)):
            first, last = part if number == 0 else self._again(begins)
            done = self._state()  # Not ``last``, from which a repetition inside the part may go on.
            self._next[end].append(first)
            self._next[last].append(done)
            if number >= least:
                self._next[end].append(done)
            if most is None and number == max(least, 1) - 1:
                self._next[last].append(first)
            end = done
        self._at = ends
        return start, end

    def _again(self, begins: int) -> tuple[int, int]:
        self._at = begins
        return self._atom()

    def _times(self) -> tuple[int, int | None]:
        """How often at least and at most; ``None``: without end."""
        sign = self._peek()
        self._at += 1
        if sign != "{":
            return {"?": (0, 1), "*": (0, None), "+": (1, None)}[sign]
        closing = self._text.find("}", self._at)
        least, comma, most = self._text[self._at : closing].partition(",") if closing >= 0 else ("", "", "")
        if not _number(least) or (most and not _number(most)):
            raise self._wrong("{ begins a repetition, {3} or {2,5}")
        self._at = closing + 1
        low, high = int(least), (int(most) if most else None) if comma else int(least)
        if high is not None and (high < low or high == 0):
            raise self._wrong(f"{{{least}{comma}{most}}} asks for {low} to {high} times")
        return low, high

    def _atom(self) -> tuple[int, int]:
        sign = self._peek()
        self._at += 1
        if sign == "(":
            if self._peek() == "?":
                raise self._wrong("(? begins nothing here")
            inner = self._choice()
            if self._peek() != ")":
                raise self._wrong("a ( that is not closed")
            self._at += 1
            return inner
        if sign == ".":
            return self._test(lambda _: True)
        if sign == "[":
            return self._test(self._class())
        if sign == "\\":
            return self._test(self._escaped().__contains__)
        if sign in _SPECIAL:
            self._at -= 1
            raise self._wrong(f"{sign} means nothing here; write \\{sign} for the sign itself")
        return self._test(frozenset(sign).__contains__)

    def _test(self, test: Test) -> tuple[int, int]:
        start, end = self._state(test), self._state()
        self._next[start].append(end)
        return start, end

    def _escaped(self) -> frozenset[str]:
        sign = self._peek()
        self._at += 1
        if sign in _CLASSES:
            return _CLASSES[sign]
        if not sign or sign.isalnum():
            self._at -= 1
            raise self._wrong(f"\\{sign} has no meaning here")
        return frozenset(sign)

    def _class(self) -> Test:
        opposite = self._peek() == "^"
        self._at += opposite
        found: set[str] = set()
        ranges: list[tuple[str, str]] = []
        while (sign := self._peek()) != "]":
            self._at += 1
            if not sign:
                raise self._wrong("a [ that is not closed")
            if sign == "[":
                raise self._wrong("a [ in a class; write \\[")
            if sign == "\\":
                found |= self._escaped()
                continue
            last = self._text[self._at + 1 : self._at + 2]
            if self._peek() == "-" and last not in ("", "]"):
                self._at += 2
                if last == "\\" or last < sign:
                    raise self._wrong(f"{sign}-{last} is no range")
                ranges.append((sign, last))
            else:
                found.add(sign)
        self._at += 1
        if not found and not ranges:
            raise self._wrong("an empty class")
        members = frozenset(found)

        def fits(character: str) -> bool:
            inside = character in members or any(low <= character <= high for low, high in ranges)
            return inside != opposite

        return fits


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5
