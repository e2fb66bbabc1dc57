"""Where the header block of a MIME entity ends, and whether it has one at all.

An entity is a header block, an empty line and a content: a part of a multipart, or what a layer held when it is opened.
Products leave out the headers and even the empty line, so what begins with no header field is content from its first
byte. ``UNA:`` looks like a field and is EDIFACT, and ``ISA:`` would be X12. An entity may also end with its headers.

The judgement uses the first bytes only, up to a limit, and always the same ones, however they arrive.
"""

from __future__ import annotations

import re

from as2.fault import Unreadable
from as2.headers import Headers, parse_block
from as2.source import ChunkReader
from as2.tolerance import Tolerated

_FIELD_START = re.compile(rb"(?!UNA:|ISA:)[A-Za-z][A-Za-z0-9._-]*[ \t]*:")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_NO_HEADERS = Headers()


def header_end(held: bytes, start: int, stop: int, *, complete: bool, limit: int) -> int | None:
    """Where the header block of the entity at ``start`` ends, with its empty line; ``start`` when it has none.

    ``held`` has the entity's bytes up to ``stop``, all of them if it is ``complete``. ``None`` when they do not tell.
    :class:`Unreadable` (``header-block-too-large``) for a block of more than ``limit`` bytes.
    """
    judged = min(stop, start + limit)
    field = _FIELD_START.match(held, start, judged)
    large = stop - start >= limit
    if field is None:
        for empty_line in (b"\r\n", b"\n"):
            if held.startswith(empty_line, start, judged):
                return start + len(empty_line)
        return start if complete or large or held.find(b"\n", start, stop) >= 0 else None
    empty = _EMPTY_LINE.search(held, field.end(), judged)
    if empty:
        return empty.end()
    if large:
        raise Unreadable("header-block-too-large", f"A header block of more than {limit} bytes.")
    return stop if complete else None


def read_headers(reader: ChunkReader, limit: int, tolerated: Tolerated | None = None) -> Headers:
    """Take the header block of the entity that ``reader`` is at; what is left there is its content.

    Without a header block, no field and an empty ``raw_block``. :class:`Unreadable` as :func:`header_end`, and for a
    block that is malformed.
    """
    held = reader.peek(limit)
    # What is held is the whole entity, or as much as is judged.
    end = header_end(held, 0, len(held), complete=True, limit=limit)
    return parse_block(reader.read_exact(end), tolerated) if end else _NO_HEADERS
