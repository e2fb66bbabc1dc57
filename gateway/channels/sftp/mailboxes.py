"""A partner's two mailboxes, as the SFTP server sees them: the seam to the ledger, and its twin in memory.

``out`` holds what waits for the partner. ``in`` shows what the partner sent: staged uploads, which were closed under a
temporary name and have still to be renamed, and uploads that were taken, which stay visible with their size until the
partner or the housekeeping removes them. A taken one is a memory of a transmission, not the transmission: removing or
renaming it changes what is shown and nothing else.
"""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from gateway.arrival import Arrival
from gateway.channels.sftp.tree import Folder


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A file in a mailbox."""

    id: int
    party: str
    folder: Folder
    name: str
    size: int
    sha256: str
    placed_at: datetime
    staged: bool = False
    """In ``in``: closed under a temporary name, and not taken."""
    collected: bool = False
    """In ``out``: the partner has read all of it."""


class Gone(Exception):
    """The entry is no longer there: somebody else removed or renamed it. Look again."""


class Mailboxes(Protocol):
    """The mailboxes of all partners. The methods block, may be called from any thread, and are durable on return."""

    def list(self, party: str, folder: Folder) -> list[Entry]:
        """The entries of a mailbox, by name."""

    def find(self, party: str, folder: Folder, name: str) -> Entry | None:
        """The entry with this name."""

    def read(self, entry: Entry) -> bytes:
        """The entry's bytes."""

    def stage(self, party: str, name: str, path: Path, sha256: str, at: datetime) -> Entry:
        """Keep the upload in the file ``path`` in ``in``, not taken, in place of what has its name."""

    def rename(self, entry: Entry, name: str) -> None:
        """Give the entry another name, in place of what has it; raises :class:`Gone`."""

    def remove(self, entry: Entry) -> None:
        """Take the entry out of its mailbox; raises :class:`Gone`."""

    def collected(self, entry: Entry) -> None:
        """Note that the partner has read all of an entry of ``out``; a second time changes nothing."""


class MemoryMailboxes:
    """:class:`Mailboxes` in memory, for tests and trials; ``put`` and ``arrived`` are the gateway's own side of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[int, Entry] = {}
        self._bytes: dict[int, bytes] = {}
        self._last = 0

    def list(self, party: str, folder: Folder) -> list[Entry]:
        """See :class:`Mailboxes`."""
        with self._lock:
            found = [each for each in self._entries.values() if (each.party, each.folder) == (party, folder)]
        return sorted(found, key=lambda each: each.name)

    def find(self, party: str, folder: Folder, name: str) -> Entry | None:
        """See :class:`Mailboxes`."""
        return next((each for each in self.list(party, folder) if each.name == name), None)

    def read(self, entry: Entry) -> bytes:
        """See :class:`Mailboxes`."""
        return self._bytes[entry.id]

    def stage(self, party: str, name: str, path: Path, sha256: str, at: datetime) -> Entry:
        """See :class:`Mailboxes`."""
        return self._place(party, "in", name, path.read_bytes(), sha256, at, staged=True)

    def rename(self, entry: Entry, name: str) -> None:
        """See :class:`Mailboxes`."""
        with self._lock:
            if self._entries.pop(entry.id, None) is None:
                raise Gone(entry.name)
            self._drop(entry.party, entry.folder, name)
            self._entries[entry.id] = msgspec.structs.replace(entry, name=name)

    def remove(self, entry: Entry) -> None:
        """See :class:`Mailboxes`."""
        with self._lock:
            if self._entries.pop(entry.id, None) is None:
                raise Gone(entry.name)

    def collected(self, entry: Entry) -> None:
        """See :class:`Mailboxes`."""
        with self._lock:
            if entry.id in self._entries:
                self._entries[entry.id] = msgspec.structs.replace(self._entries[entry.id], collected=True)

    def put(self, party: str, name: str, content: bytes, at: datetime) -> Entry:
        """Place something into ``out`` for the partner to collect."""
        return self._place(party, "out", name, content, "", at, staged=False)

    def arrived(self, arrival: Arrival) -> None:
        """Show an arrival in ``in``: what the gateway's ``receive`` has to do in its transaction."""
        with self._lock:
            self._entries.pop(arrival.staged or 0, None)
        content = arrival.path.read_bytes()
        self._place(arrival.party, "in", arrival.name, content, arrival.sha256, arrival.at, staged=False)

    def _place(
        self, party: str, folder: Folder, name: str, content: bytes, sha256: str, at: datetime, *, staged: bool
    ) -> Entry:
        with self._lock:
            self._drop(party, folder, name)
            self._last += 1
            entry = Entry(
                id=self._last,
                party=party,
                folder=folder,
                name=name,
                size=len(content),
                sha256=sha256,
                placed_at=at,
                staged=staged,
            )
            self._entries[entry.id], self._bytes[entry.id] = entry, content
            return entry

    def _drop(self, party: str, folder: Folder, name: str) -> None:
        for each in list(self._entries.values()):
            if (each.party, each.folder, each.name) == (party, folder, name):
                del self._entries[each.id]
