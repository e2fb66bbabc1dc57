"""The names of the files that we send: a pattern in the channel, filled in for each file.

A name is seen by the partner, in a mailbox or in a Content-Disposition header, and is never a path of ours.
"""

from __future__ import annotations

import re
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from partners.model import Model

NAME_PARTS = {"party": 64, "flow": 64, "standard": 7, "type": 70, "number": 14, "date": 8, "time": 6, "id": 24}
"""What an outbound file name can be made of, and the length each part can have.

``date`` is YYYYMMDD and ``time`` HHMMSS, both UTC; ``id`` is ours."""

MAX_NAME = 255
"""Of a file's name on the partner's side: the limit of most file systems."""


def _name_pattern(pattern: str) -> str:
    try:
        fields = [
            (name, spec, conversion) for _, name, spec, conversion in Formatter().parse(pattern) if name is not None
        ]
    except ValueError as error:
        raise ValueError(f"`{pattern}` is not a file name pattern: {error}") from None
    for name, spec, conversion in fields:
        if name not in NAME_PARTS or spec or conversion:
            raise ValueError(f"`{{{name}}}` is not a part of a file name; there are {', '.join(NAME_PARTS)}")
    if not {"number", "id"} & {name for name, _, _ in fields}:
        raise ValueError("a file name needs {number} or {id}, or two files would have one name")
    literal = "".join(text for text, _, _, _ in Formatter().parse(pattern))
    # Slashes would leave the mailbox; a leading dot hides the file from many clients' listings.
    if len(literal) + sum(NAME_PARTS[name] for name, _, _ in fields) > MAX_NAME:
        raise ValueError(f"such a file name could have more than {MAX_NAME} characters")
    if not re.fullmatch(r"[A-Za-z0-9._ +=@-]*", literal) or pattern.startswith("."):
        raise ValueError("a file name has letters, digits, blanks and . _ - + = @ only, and no dot in front")
    if literal.lower().endswith((".part", ".tmp", ".filepart")):
        raise ValueError("a file name does not end like a temporary name")
    return pattern


NamePattern = Annotated[
    str, AfterValidator(_name_pattern), WithJsonSchema({"type": "string", "pattern": r"\{(number|id)\}"})
]


class NamesFiles(Model):
    """A channel whose files have names."""

    file_name: NamePattern = "{type}-{number}.edi"
    """The pattern of the names we give to files; its parts: ``{party}``, ``{flow}``, ``{standard}``, ``{type}``,
    ``{number}``, ``{date}``, ``{time}``, ``{id}``."""

    def name_of(self, **parts: str) -> str:
        """The outbound file name; ``parts`` are those of ``NAME_PARTS``.

        What could leave the folder, or hide the file, becomes ``_``."""
        safe = {part: re.sub(r"^\.|[^A-Za-z0-9._+=@-]", "_", text) for part, text in parts.items()}
        return self.file_name.format(**safe)
