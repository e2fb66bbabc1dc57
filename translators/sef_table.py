"""The bracket notation of SEF: the line of a set, a segment or a composite as a tree of items.

SEF (Standard Exchange Format, versions 1.0 to 1.6, published by Foresight) writes a table in one line::

    214=^[ST,M][B10*1,M][.L11,,300]+5[.MAN,,9999]{:10+9[N1][N2][N3,,2]}[SE,M]

``[B10*1,M]`` is a reference with its *mask* (``*1``), requirement and maximum; a sign before it is what the guideline
says about it (``.``: not used). ``{id:max …}`` is a loop, whose first segment says whether it is mandatory; ``^``
begins a table and ``+5`` is where position numbers jump: neither changes the order. In segments and composites
``{4[718]}`` stands for four uses in a row, a tail ``+P0304C0605`` holds relational rules and ``,..#.`` is a mask.

The parser never goes back and keeps its own stack, so that any line is read in time proportional to its length.
"""

from __future__ import annotations

import re
from typing import NamedTuple

DEEPEST = 24
"""How deep loops may stand in each other. Published tables need seven."""

MOST_ITEMS = 20_000
"""How many items one line may come to, once its repetitions are written out."""


class SefError(ValueError):
    """A line that does not follow the notation; the text says at which character, and what is wrong there."""


class Item(NamedTuple):
    """``[.REF*1,M,9]``: a use of a segment, composite or element."""

    mark: str
    """What the guideline says about its use: ``""`` nothing, ``.`` not used; other signs are kept as they are."""
    ref: str
    mask: int
    """The number of its mask, counted from 1; 0 for none."""
    requirement: str
    maximum: int | None
    """``None`` when it may be repeated without end."""
    lengths: tuple[int | None, int | None]
    """The least and greatest length it has here instead of its own."""


class Loop(NamedTuple):
    """``{id:max …}``."""

    id: str
    maximum: int | None
    children: list[Item | Loop]


class Content(NamedTuple):
    """The line of a segment or composite: its uses in order, its relational rules, and its masks."""

    items: list[Item]
    notes: list[str]
    masks: list[str]


_TOKEN = re.compile(
    r"\s*(?:(?P<table>\^)|(?P<jump>[+-]\d+)|\[(?P<item>[^\[\]]*)\]|\{(?P<head>[^\[\]{}+^-]*)|(?P<end>\}))\s*"
)
_ITEM = re.compile(
    r"(?P<mark>[^A-Za-z0-9\s]?)(?P<ref>[A-Za-z0-9]+)(?:\*(?P<mask>\d{1,4}))?(?:@\d+)?"
    r"(?:;(?P<least>\d{0,9}):(?P<most>\d{0,9}))?(?:,(?P<requirement>[A-Za-z]?))?(?:,(?P<maximum>>?\d{0,9}))?"
)
_HEAD = re.compile(r"(?P<id>[A-Za-z0-9_]*)(?::(?P<maximum>>?\d{0,9}))?")
_NOTE = re.compile(r"[A-Z]\d?\([\d,]+\)|[A-Z]\d+")


def read_set(text: str) -> list[Item | Loop]:
    """The segments and loops of a set, in order; :class:`SefError` when the line is no table."""
    root: list[Item | Loop] = []
    stack = [root]
    at = 0
    while at < len(text):
        token = _token(text, at)
        if token["item"] is not None:
            stack[-1].append(_item(token["item"], at))
        elif token["head"] is not None:
            head = _HEAD.fullmatch(token["head"].strip())
            if not head:
                raise SefError(f"character {at + 1}: {{{token['head']} begins no loop")
            if len(stack) > DEEPEST:
                raise SefError(f"character {at + 1}: loops stand more than {DEEPEST} deep in each other")
            loop = Loop(head["id"], _maximum(head["maximum"]), [])
            stack[-1].append(loop)
            stack.append(loop.children)
        elif token["end"]:
            if len(stack) == 1:
                raise SefError(f"character {at + 1}: a loop ends that never began")
            stack.pop()
        at = token.end()
    if len(stack) > 1:
        raise SefError(f"{len(stack) - 1} loops are left open")
    return root


def read_content(text: str) -> Content:
    """What a segment or composite contains; :class:`SefError` when the line is no content."""
    items: list[Item] = []
    starts: list[tuple[int, int]] = []
    at = 0
    while at < len(text) and (text[at] in "[{}" or text[at].isspace()):
        token = _token(text, at)
        if token["item"] is not None:
            items.append(_item(token["item"], at))
        elif token["head"] is not None:
            times = token["head"].strip() or "1"
            if not times.isdecimal() or not 1 <= len(times) <= 4 or not int(times):
                raise SefError(f"character {at + 1}: {{{token['head']} is no number of repetitions")
            if len(starts) > DEEPEST:
                raise SefError(f"character {at + 1}: repetitions stand more than {DEEPEST} deep in each other")
            starts.append((len(items), int(times)))
        elif not starts:
            raise SefError(f"character {at + 1}: a repetition ends that never began")
        else:
            start, count = starts.pop()
            if len(items) + (count - 1) * (len(items) - start) > MOST_ITEMS:
                raise SefError(f"character {at + 1}: more than {MOST_ITEMS} uses")
            items += items[start:] * (count - 1)
        at = token.end()
    if starts:
        raise SefError(f"{len(starts)} repetitions are left open")
    behind = text[at:].rstrip()
    notes: list[str] = []
    if behind.startswith("+"):
        end = 1
        while note := _NOTE.match(behind, end):
            notes.append(note[0])
            end = note.end()
        at, behind = at + end, behind[end:]
    if behind and not behind.startswith(","):
        raise SefError(f"character {at + 1}: {behind[:20]} is no relational rule")
    return Content(items, notes, behind.split(",")[1:])


def _token(text: str, at: int) -> re.Match[str]:
    token = _TOKEN.match(text, at)
    if not token:
        raise SefError(f"character {at + 1}: {text[at : at + 20]} is no part of the notation")
    return token


def _item(text: str, at: int) -> Item:
    found = _ITEM.fullmatch(text.strip())
    if not found:
        raise SefError(f"character {at + 1}: [{text[:20]}] is no use")
    least, most = (int(found[name]) if found[name] else None for name in ("least", "most"))
    maximum = _maximum(found["maximum"])
    return Item(
        mark=found["mark"] or ("." if maximum == 0 else ""),
        ref=found["ref"],
        mask=int(found["mask"] or 0),
        requirement=(found["requirement"] or "").upper(),
        maximum=1 if maximum == 0 else maximum,
        lengths=(least, most),
    )


def _maximum(text: str | None) -> int | None:
    """1 when nothing is said, ``None`` for ``>1``."""
    return None if text and text.startswith(">") else int(text or 1)
