"""Python text in the making: what the two ways of a map are written out as.

A map is the same for every message, so most of what an interpreter asks of it each time (which place, which object,
which codec) can be answered once. The answers become functions in source text, and Python compiles that. The text is
made from a map that is loaded and checked, every name and literal in it goes through ``repr``, and nothing of a message
is ever in it. What cannot be a literal is a value with a name of its own beside the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


class Unwritable(Exception):
    """The map says something that is not written out: it has to be interpreted."""


class PythonText:
    """Functions that refer to each other; lines go into the one that was begun last."""

    def __init__(self) -> None:
        self._functions: list[list[str]] = []
        self._lines: list[str] = []
        self._values: dict[str, object] = {}
        self._names: dict[int, str] = {}
        self._depth = 0
        self._number = 0

    def line(self, text: str) -> None:
        """Adds a line to the block in hand."""
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """What is added inside stands under ``head``; nothing at all is ``pass``."""
        self.line(f"{head}:")
        self._depth += 1
        length = len(self._lines)
        yield
        if len(self._lines) == length:
            self.line("pass")
        self._depth -= 1

    @contextmanager
    def function(self, head: str) -> Iterator[None]:
        """What is added inside is the body of a function of its own, wherever the text stood."""
        before, depth = self._lines, self._depth
        self._lines, self._depth = [], 0
        with self.block(f"def {head}"):
            yield
        self._functions.append(self._lines)
        self._lines, self._depth = before, depth

    def name(self, prefix: str) -> str:
        """A name that nothing has yet."""
        self._number += 1
        return f"{prefix}{self._number}"

    def value(self, value: object, prefix: str = "V") -> str:
        """The name under which the text finds ``value``: the same for the same object."""
        name = self._names.get(id(value))
        if name is None:
            name = self._names[id(value)] = self.name(prefix)
            self._values[name] = value
        return name

    def compiled(self, called: str, function: str, given: Mapping[str, object]) -> Callable[..., object]:
        """The function of that name; ``given`` are the names that the text uses and does not make."""
        source = "\n".join(line for lines in self._functions for line in lines) + "\n"
        namespace: dict[str, object] = {**given, **self._values}
        # The text is this package's own work, from a checked map: see the module's docstring.
        exec(compile(source, called, "exec"), namespace)  # noqa: S102
        found = namespace[function]
        if not callable(found):
            raise TypeError("the written map has no function")
        return found
