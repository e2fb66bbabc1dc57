"""A body as the bytes of a message in the most usual dialect: what a fast yes can be asked about before it is written.

What is about to be sent is judged as a tree, and a message in bytes can be judged many times faster
(:mod:`translators.recogniser`). So the body is put into bytes for it, with a header and a trailer that say nothing new.
Whatever would not come out exactly as it stands gives none: then the tree itself is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from translators.pen import BINARY
from translators.syntax import Dialect, MessageKind
from translators.tree import Node

_RELEASED = re.compile(r"[?+:']")


@lru_cache(maxsize=16)
def plain_dialect(standard: str, decimal: str) -> Dialect:
    """The usual delimiters of a standard."""
    mark = decimal.encode("ascii")
    if standard == "x12":
        return Dialect(syntax="x12", element=b"*", component=b">", terminator=b"~", decimal=mark, charset="latin-1")
    return Dialect(
        syntax="edifact", element=b"+", component=b":", terminator=b"'", release=b"?", decimal=mark, charset="latin-1"
    )


def plain_message(kind: MessageKind, segments: Sequence[Node], dialect: Dialect) -> bytes | None:
    """A message with these segments in it, in :func:`plain_dialect`.

    ``None`` where one was read or has binary data, where an element repeats or something empty is at an end, and where
    a character is a delimiter that nothing releases, or no plain one.
    """
    roles = (dialect.element, dialect.component, dialect.terminator)
    element, component, end = (role.decode("ascii") for role in roles)
    texts, elements, components = [], 0, 0
    for segment in segments:
        if segment.segment is not None or segment.name in BINARY:
            return None
        values = [segment.name]
        for occurrences in segment.elements:
            if len(occurrences) != 1:
                return None
            (occurrence,) = occurrences
            values.append(occurrence[0] if len(occurrence) == 1 else component.join(occurrence))
            components += len(occurrence) - 1
        elements += len(values) - 1
        texts.append(element.join(values))
    body = end.join([*texts, ""])
    if not body.isprintable() or f"{element}{end}" in body or f"{component}{end}" in body:
        return None
    if f"{component}{element}" in body:
        return None
    counted = (body.count(element), body.count(component), body.count(end))
    if counted != (elements, components, len(segments)) or (dialect.release is not None and "?" in body):
        if dialect.release is None:
            return None
        body = "".join(_released(segment) for segment in segments)
    try:
        return _framed(kind, dialect, body, len(segments) + 2).encode("latin-1")
    except UnicodeEncodeError:
        return None


def _released(segment: Node) -> str:
    """An EDIFACT segment with whatever is a delimiter in its values released."""
    elements = (":".join(_RELEASED.sub(r"?\g<0>", value) for value in occurrence) for (occurrence,) in segment.elements)
    return "+".join((segment.name, *elements)) + "'"


def _framed(kind: MessageKind, dialect: Dialect, body: str, count: int) -> str:
    if dialect.syntax == "x12":
        return f"ST*{kind.type}*0001~{body}SE*{count}*0001~"
    version, _, release = kind.version.partition(".")
    return f"UNH+1+{kind.type}:{version}:{release}:{kind.agency or 'UN'}'{body}UNT+{count}+1'"
