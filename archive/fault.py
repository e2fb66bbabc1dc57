"""What can go wrong with the archive, and what to do next.

::

    ArchiveFault
    ├── ArchiveBusy      another process writes this archive: ask that one
    ├── ArchiveFull      nothing was stored; make room, then append the same content again
    ├── ArchiveFailed    the disk failed where it cannot be trusted to say so twice: stop and start the program again
    └── ArchiveDamaged   what lies there is not what was stored: restore it from a copy

:class:`Damage` and :class:`Recovery` are findings, not errors: the check goes on after the first, and an archive that
was cut off by a crash opens again and says what it found.
"""

from __future__ import annotations

import msgspec


class ArchiveFault(Exception):
    """The archive cannot do what was asked; the text says what to do."""


class ArchiveBusy(ArchiveFault):
    """Another process has this archive open for writing."""


class ArchiveFull(ArchiveFault):
    """There was no room; nothing of this call was stored, and the same call may be made again."""


class ArchiveFailed(ArchiveFault):
    """A write or a sync failed in a way that leaves the durable state unknown; final until the program starts again.

    After a failed fsync the kernel may have thrown the unwritten pages away and report success the next time, so
    asking again proves nothing. Opening the archive again reads what is really there.
    """


class ArchiveDamaged(ArchiveFault):
    """Stored content is missing, cut or changed."""


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """One place in the archive that is not as it was written."""

    pack: str
    offset: int
    length: int
    text: str
    """What is wrong there, for a person."""
    sha256: str = ""
    """The content that is concerned, where that is known."""


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What opening the archive found after a crash, and what it did about it."""

    pack: str
    offset: int
    """Where the readable records end."""
    length: int
    """How many bytes after that hold no readable record."""
    kept_as: str | None
    """Name of the file in which the bytes that were cut off are kept; ``None`` when nothing was cut."""
    text: str
