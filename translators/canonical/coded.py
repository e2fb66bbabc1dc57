"""What every canonical object with code words shares: the code as the partner sent it, where the word is not enough.

Translating codes loses something as soon as two of theirs mean one of our words, or a code has no word at all. A
``native`` entry keeps what would be lost, and only that: it is written when the word alone would not bring the same
code back. So a document from a business system needs no entry, a document from a message needs few, and translating
forth and back is the identity.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

_NATIVE = re.compile(r"[a-z0-9]+\.[A-Za-z0-9_]+:[^\r\n]{1,80}")

ExtensionName = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]


class RawSegment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A segment as a message had it: for that message type, and only for it, it is written again."""

    guide: Annotated[str, msgspec.Meta(min_length=1)]
    """The guide it was read by, such as ``edifact/D.96A/IFTSTA``."""
    path: Annotated[str, msgspec.Meta(min_length=1)]
    """The way through that guide, such as ``SG4/SG5/GIR``."""
    text: Annotated[str, msgspec.Meta(min_length=1)]
    """The segment without its terminator. Whatever the partner's delimiters are: ``+`` between elements, ``:`` between
    components, ``*`` between repetitions, ``?`` before one of these that is meant as itself."""


class Coded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An object whose code words may stand for a code of a partner's syntax.

    ``native`` maps a field of the object to ``system:code`` (``{"status": "x12.1650:X6"}``). It counts only for the
    system it names, and only while it still means the word in the field.
    """

    native: dict[str, str] = {}
    extensions: dict[ExtensionName, str | int | bool] = {}
    """Fields that one partner or country needs, by name: each is declared, with its type, in the map that uses it. A
    decimal is text in digits."""
    raw: tuple[RawSegment, ...] = ()
    """Segments that a profile has carried through as they came, because nobody here understands them."""

    def __post_init__(self) -> None:
        for field, code in self.native.items():
            if field not in self.__struct_fields__ or field == "native":
                raise ValueError(f"native names `{field}`, which is no field here: name the field whose code it is")
            if not _NATIVE.fullmatch(code):
                raise ValueError(f"native code `{code}` is not of the form system:code, such as x12.1650:X6")
