"""What every canonical object with code words shares: the code as the partner sent it, where the word is not enough.

Translating codes loses something as soon as two of theirs mean one of our words, or a code has no word at all. A
``native`` entry keeps what would be lost, and only that: it is written when the word alone would not bring the same
code back. So a document from a business system needs no entry, a document from a message needs few, and translating
forth and back is the identity.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

# The last part keeps Python from taking a line end behind the text for nothing.
NativeCode = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]+\\.[A-Za-z0-9_]+:[^\\r\\n]{1,80}$(?!\\n)")]
"""A partner's code with the code list it is from: ``system:code``, such as ``x12.1650:X6``."""

ExtensionName = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]


class RawSegment(msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """A segment as a message had it: for that message type, and only for it, it is written again."""

    guide: Annotated[str, msgspec.Meta(min_length=1)]
    """The guide it was read by, such as ``edifact/D.96A/IFTSTA``."""
    path: Annotated[str, msgspec.Meta(min_length=1)]
    """The way through that guide, such as ``SG4/SG5/GIR``."""
    text: Annotated[str, msgspec.Meta(min_length=1)]
    """The segment without its terminator. Whatever the partner's delimiters are: ``+`` between elements, ``:`` between
    components, ``*`` between repetitions, ``?`` before one of these that is meant as itself."""


class Coded(msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """An object whose code words may stand for a code of a partner's syntax.

    Documents are trees of frozen values that never refer back, so the garbage collector need not watch them.

    ``native`` maps a field of the object to ``system:code`` (``{"status": "x12.1650:X6"}``). It counts only for the
    system it names, and only while it still means the word in the field.
    """

    native: dict[str, NativeCode] = {}
    extensions: dict[ExtensionName, str | int | bool] = {}
    """Fields that one partner or country needs, by name: each is declared, with its type, in the map that uses it. A
    decimal is text in digits."""
    raw: tuple[RawSegment, ...] = ()
    """Segments that a profile has carried through as they came, because nobody here understands them."""


def misnamed_codes(value: object, at: str = "") -> Iterator[tuple[str, str]]:
    """Where in a document ``native`` names a field that its object has not: the object's path, and the name.

    A schema cannot say this. What a map makes is right by its making, so only documents of others are looked through.
    """
    if isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from misnamed_codes(item, f"{at}[{number}]")
    elif isinstance(value, msgspec.Struct):
        if isinstance(value, Coded):
            yield from ((at, name) for name in value.native if name not in value.__struct_fields__ or name == "native")
        for name in value.__struct_fields__:
            yield from misnamed_codes(getattr(value, name), f"{at}.{name}" if at else name)
