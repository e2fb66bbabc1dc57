"""Where content lies in the archive, and what it must be when it is read again."""

from __future__ import annotations

import msgspec


class Locator(msgspec.Struct, frozen=True):
    """The place of one content: enough to read it with a single seek and to know that it is the right one."""

    sha256: str
    """Of the content, in hex: its name everywhere else."""
    size: int
    """Of the content in bytes, before compression."""
    pack: str
    """Name of the pack file, without folder and suffix."""
    offset: int
    """Of the record in the pack."""
    length: int
    """Of the whole record: header and stored body."""
