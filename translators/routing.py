"""Who sent a file to whom, and what it is: enough to route it by, from its first few kilobytes.

Nothing is judged and nothing counted. A file whose beginning cannot be read has no routing; reading the whole says why.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from translators.parts import GroupOpened, InterchangeOpened, MessageRead
from translators.reading_terms import ReadingTerms, TermsFor
from translators.streaming import Reader
from translators.syntax import Address, Group, MessageKind, Syntax

_ENOUGH = 1 << 14
"""Bytes in which the headers of an interchange, a group and a message stand, with much room."""


class Routing(msgspec.Struct, frozen=True, kw_only=True):
    """What the first headers of a file say."""

    syntax: Syntax
    version: str
    """``UNOC:3``, or ISA12."""
    sender: Address
    receiver: Address
    control_number: str
    date: str
    time: str
    test: bool
    acknowledgment_requested: bool
    group_kind: str = ""
    group_number: str = ""
    """Of the first group, where there is one."""
    message: MessageKind | None = None
    """The first message's kind and reference, where one was found."""
    reference: str = ""


def read_envelope(data: bytes | Iterable[bytes], *, terms: ReadingTerms | TermsFor | None = None) -> Routing | None:
    """What the first headers of a file say, or ``None`` where it has none that can be read.

    Of ``data`` no more than the first 16 KiB are looked at, and of chunks no more are asked for; ``terms`` as in
    :func:`translators.reading.read`. Never raises for content.
    """
    chunks = (data[:_ENOUGH],) if isinstance(data, bytes) else (_beginning(data),)
    opened: InterchangeOpened | None = None
    group: Group | None = None
    message: MessageRead | None = None
    for part in Reader(chunks, terms).parts():
        if isinstance(part, InterchangeOpened):
            if opened is not None:
                break
            opened = part
        elif isinstance(part, GroupOpened) and group is None:
            group = part.group
        elif isinstance(part, MessageRead):
            message = part
            break
    if opened is None:
        return None
    interchange = opened.interchange
    return Routing(
        syntax=interchange.syntax,
        version=interchange.version,
        sender=interchange.sender,
        receiver=interchange.receiver,
        control_number=interchange.control_number,
        date=interchange.date,
        time=interchange.time,
        test=interchange.test,
        acknowledgment_requested=interchange.acknowledgment_requested,
        group_kind=group.kind if group is not None else "",
        group_number=group.control_number if group is not None else "",
        message=message.message.kind if message is not None else None,
        reference=message.message.reference if message is not None else "",
    )


def _beginning(chunks: Iterable[bytes]) -> bytes:
    beginning = bytearray()
    for chunk in chunks:
        beginning += chunk[: _ENOUGH - len(beginning)]
        if len(beginning) >= _ENOUGH:
            break
    return bytes(beginning)
