"""Local extensions: fields that one partner or one country needs and the canonical form does not have.

They are declared, with a name and a type, in the map or the overlay that uses them, and carried under ``extensions`` of
the object that they belong to. What is not declared is not carried: an extension is a field with an owner, never a
place to put things. What a map declares, a document from a business system is held to as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

ExtensionType = Literal["text", "whole", "decimal", "flag"]
EXTENSION_TYPES: tuple[ExtensionType, ...] = ("text", "whole", "decimal", "flag")
MAX_LENGTH = 512
"""Characters of a text whose declaration states no other length."""

_DECIMAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """A field that a map adds. A decimal is carried as text in digits, as amounts of the canonical form are."""

    name: str
    type: ExtensionType
    meaning: str
    words: frozenset[str] | None = None
    """The closed list of values of a text."""
    most: int = MAX_LENGTH
    """The characters of the longest text."""

    def fault(self, value: object) -> str | None:
        """Why ``value`` is none of this field; ``None`` when it is one."""
        match self.type:
            case "flag":
                return None if isinstance(value, bool) else "is not true or false"
            case "whole":
                return None if isinstance(value, int) and not isinstance(value, bool) else "is no whole number"
            case "decimal":
                good = isinstance(value, str) and _DECIMAL.fullmatch(value) is not None
                return None if good else 'is no number in digits and in quotes, such as "12.5"'
        if not isinstance(value, str) or not value:
            return "is no text"
        if self.words is not None and value not in self.words:
            return f"is none of {', '.join(sorted(self.words))}"
        return f"is longer than {self.most} characters" if len(value) > self.most else None


def extension_faults(value: object, declared: Mapping[str, Extension], at: str = "") -> Iterator[tuple[str, str]]:
    """(canonical path, what is wrong) of every extension in a document, as builtins, that is not as declared.

    Names that are not declared are no fault here: whoever writes a message reports them as left behind.
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            here = f"{at}.{key}" if at else str(key)
            if key != "extensions" or not isinstance(inner, dict):
                yield from extension_faults(inner, declared, here)
                continue
            for name, found in inner.items():
                extension = declared.get(name)
                if extension is not None and (fault := extension.fault(found)) is not None:
                    yield f"{here}.{name}", fault
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from extension_faults(inner, declared, f"{at}[{number}]")
