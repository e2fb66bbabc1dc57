"""Segments carried through as text: what a profile does not understand and does not want to lose.

The text has delimiters of its own, so that a document does not depend on a partner's: ``+`` between elements, ``:``
between components, ``*`` between repetitions, and ``?`` before one of these that stands for itself.
"""

from __future__ import annotations

import re

from translators.syntax import Elements

_ROLES = re.compile(r"[+:*?]")
_PIECES = re.compile(r"\?(.)|([+:*])|([^?+:*]+)", re.DOTALL)


def raw_text(tag: str, elements: Elements) -> str:
    """A segment as text, without terminator."""
    written = (
        "*".join(":".join(_ROLES.sub(r"?\g<0>", component) for component in repetition) for repetition in element)
        for element in elements
    )
    return "+".join((tag, *written))


def read_raw(text: str) -> tuple[str, Elements]:
    """(tag, elements) of a segment that :func:`raw_text` wrote; any text is read as something."""
    elements: list[list[list[str]]] = [[[""]]]
    for released, role, data in _PIECES.findall(text):
        match role:
            case "+":
                elements.append([[""]])
            case "*":
                elements[-1].append([""])
            case ":":
                elements[-1][-1].append("")
            case _:
                elements[-1][-1][-1] += released or data
    tag = elements[0][0][0]
    return tag, tuple(tuple(tuple(repetition) for repetition in element) for element in elements[1:])
