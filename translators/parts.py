"""What a file is read into, part by part, in the order of the file.

Each part is complete when it comes: a message or a package with its findings, a group when its trailer or its end was
seen, an interchange likewise. In a stream messages, packages and groups do not join the lists of what they belong to,
so that nothing grows with the file; whoever wants the whole joins them (:func:`translators.reading.read` does).
"""

from __future__ import annotations

import msgspec

from translators.finding import Finding
from translators.syntax import Group, Interchange, Message, Package, Source, Syntax


class InterchangeOpened(msgspec.Struct, frozen=True, gc=False):
    """The header of an interchange was read; its findings are those about the header."""

    interchange: Interchange
    source: Source


class GroupOpened(msgspec.Struct, frozen=True, gc=False):
    """A group begins: its header was read, or the first message or package outside any explicit group."""

    interchange: Interchange
    group: Group
    source: Source


class MessageRead(msgspec.Struct, frozen=True, gc=False):
    """A whole message. ``source`` knows its places; it holds a part of the file, so keep it no longer than needed."""

    interchange: Interchange
    group: Group
    message: Message
    source: Source


class PackageRead(msgspec.Struct, frozen=True, gc=False):
    """A whole package. Its object, as far as it is held, holds a part of the file too."""

    interchange: Interchange
    group: Group
    package: Package
    source: Source


class GroupClosed(msgspec.Struct, frozen=True, gc=False):
    """Nothing more comes in this group, and all its findings are there."""

    interchange: Interchange
    group: Group
    source: Source


class InterchangeClosed(msgspec.Struct, frozen=True, gc=False):
    """Nothing more comes in this interchange, and all its findings are there."""

    interchange: Interchange
    source: Source


class Noticed(msgspec.Struct, frozen=True, gc=False):
    """Something about the file itself; ``syntax`` is what the file is known to be so far."""

    finding: Finding
    syntax: Syntax | None


Part = InterchangeOpened | GroupOpened | MessageRead | PackageRead | GroupClosed | InterchangeClosed | Noticed
