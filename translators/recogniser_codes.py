"""Code lists and character classes as regular expressions over bytes.

A list of hundreds of codes as ``10|101|102|…`` would be tried one after the other; here it becomes a tree of its
characters, each looked at once. Branches that go on alike are written once, under the class of the characters that
lead to them, so the many dense lists of numbers in the directories shrink to a line.

A tree never goes back: at each character there is at most one way, and the code ends where the way does. Whoever uses
one has to ask for a delimiter behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

NEVER = "(?!)"
"""Matches nothing."""


_SPECIAL = frozenset(b"\\.^$*+?{}[]|()-&~#\n")


def literal(data: bytes) -> str:
    """A pattern for exactly these bytes, inside a class as well as outside."""
    return "".join(f"\\x{byte:02x}" if byte in _SPECIAL else chr(byte) for byte in data)


def one_of(bytes_: Iterable[int]) -> str:
    """A pattern for one of these bytes; for none, :data:`NEVER`."""
    members = sorted(set(bytes_))
    if len(members) < 2:
        return literal(bytes(members)) if members else NEVER
    ranges = []
    for _, run in groupby(enumerate(members), key=lambda item: item[1] - item[0]):
        found = [byte for _, byte in run]
        first, last = literal(bytes(found[:1])), literal(bytes(found[-1:]))
        ranges.append(first + last if len(found) == 2 else first if len(found) == 1 else f"{first}-{last}")
    return f"[{''.join(ranges)}]"


def code_tree(codes: Iterable[bytes]) -> str:
    """A pattern for one of ``codes``, none of which is empty; for none, :data:`NEVER`."""
    return _branches(sorted(set(codes)))


def _branches(codes: Sequence[bytes]) -> str:
    ends = bool(codes) and not codes[0]
    leading: dict[str, list[int]] = {}
    for first, run in groupby(codes[ends:], key=lambda code: code[0]):
        leading.setdefault(_branches([code[1:] for code in run]), []).append(first)
    ways = [one_of(firsts) + rest for rest, firsts in leading.items()]
    if not ways:
        return "" if ends else NEVER
    if not ends:
        return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
    if len(leading) == 1 and "" in leading:
        # One character or none: the engine has a cheaper way for this than a choice.
        return f"{ways[0]}?+"
    return f"(?:{'|'.join(ways)}|)"


def tag_tree(bodies: Mapping[str, str]) -> str:
    """A pattern for one of the tags with its body behind it, each character of the tag looked at once."""
    own = bodies.get("", None)
    ways = []
    for first in sorted({tag[0] for tag in bodies if tag}):
        rest = {tag[1:]: body for tag, body in bodies.items() if tag[:1] == first}
        ways.append(literal(first.encode("ascii")) + tag_tree(rest))
    if own is not None:
        ways.append(own)
    if not ways:
        return NEVER
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
