"""What a channel hands to the gateway: bytes that are complete, and what the wire knew about them.

Every channel (SFTP, AS2, AMQP) ends here. It keeps the bytes in a spool file, makes an :class:`Arrival` and awaits the
gateway's ``receive``. The promise of the gateway lies in that one call: when ``receive`` returns, the bytes, the ledger
rows and the work that follows are durable, and only then does the channel tell its partner so. When it raises, the
channel tells the partner that nothing was kept. The spool file belongs to the channel, which removes it afterwards.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import msgspec

SHOWN = 160
"""Characters of a partner's text that a log line or a message carries at most."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A complete transmission that waits to be taken: who sent it over which channel, its bytes and its facts."""

    party: str
    channel: str
    protocol: str
    """``sftp``, ``as2`` or ``amqp``."""
    name: str
    """The file name or the transport's message id, exactly as the partner gave it: a fact, never a path of ours."""
    path: Path
    """The spool file that holds the bytes; its name is generated."""
    size: int
    sha256: str
    """Of the bytes, in hexadecimal."""
    at: datetime
    """When the transmission was complete; aware."""
    facts: dict[str, str]
    """What the wire knew: remote address, key fingerprint, client and so on. Evidence, not instructions."""
    staged: int | None = None
    """The mailbox entry the bytes were staged in, whose place this arrival takes; ``None`` when there was none."""

    @property
    def shown(self) -> str:
        """The name as it may be logged or shown to a person."""
        return printable(self.name)


class BrokenUpload(msgspec.Struct, frozen=True, kw_only=True):
    """A transmission that ended before it was complete. Nothing of it was kept; it is reported so that it is seen."""

    party: str
    channel: str
    protocol: str
    name: str
    size: int
    """Bytes that had come."""
    cause: str
    """Why it ended, for a person."""
    at: datetime
    facts: dict[str, str]


class ArrivalRefused(Exception):
    """``receive`` does not take an arrival. ``reason`` is told to the partner: it says what to do next."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Receive = Callable[[Arrival], Awaitable[None]]
"""Takes an arrival: returns when it is durable and, for a channel with mailboxes, stands in the partner's ``in``
mailbox under its name, in place of what had that name and of the ``staged`` entry. Raises when nothing was kept."""

ReportBroken = Callable[[BrokenUpload], Awaitable[None]]
"""Notes a transmission that broke off."""


def printable(text: str, limit: int = SHOWN) -> str:
    """``text`` in one harmless line: what is invisible, breaks lines or turns the reading direction is escaped."""
    shown = "".join(
        character if character == " " or unicodedata.category(character)[0] in "LMNPS" else ascii(character)[1:-1]
        for character in text[: limit + 1]
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
