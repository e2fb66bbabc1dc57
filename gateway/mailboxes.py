"""The partners' mailboxes on the ledger and the archive: what the SFTP server shows, and where its uploads arrive.

A file in a mailbox is a row; its bytes lie in the archive under their hash. Nothing a partner does here can reach the
disk by a name of its choosing, and removing a file removes the row from its view and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from gateway.channels.sftp.mailboxes import Entry, Gone
from gateway.channels.sftp.tree import Folder
from gateway.instance import Gateway
from gateway.ledger import mailboxes, objects
from gateway.ledger.mailboxes import Entry as Row


class LedgerMailboxes:
    """:class:`gateway.channels.sftp.mailboxes.Mailboxes` over one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def list(self, party: str, folder: Folder) -> list[Entry]:
        """See :class:`gateway.channels.sftp.mailboxes.Mailboxes`."""
        return [_shown(row) for row in self._gateway.database.read(lambda c: mailboxes.list(c, party, folder))]

    def find(self, party: str, folder: Folder, name: str) -> Entry | None:
        """See :class:`gateway.channels.sftp.mailboxes.Mailboxes`."""
        row = self._gateway.database.read(lambda c: mailboxes.find(c, party, folder, name))
        return _shown(row) if row else None

    def read(self, entry: Entry) -> bytes:
        """See :class:`gateway.channels.sftp.mailboxes.Mailboxes`."""
        return self._gateway.content(entry.sha256)

    def stage(self, party: str, name: str, path: Path, sha256: str, at: datetime) -> Entry:
        """See :class:`gateway.channels.sftp.mailboxes.Mailboxes`."""
        locator = self._gateway.archive.append(path.read_bytes())

        def commit(connection: Connection) -> Row:
            objects.record(connection, locator, at)
            entry = mailboxes.place(connection, party, "in", name, sha256, locator.size, None, at)
            return mailboxes.get(connection, entry)

        return _shown(self._gateway.database.write(commit))

    def rename(self, entry: Entry, name: str) -> None:
        """See :class:`gateway.channels.sftp.mailboxes.Mailboxes`."""
        self._change(entry, lambda c: mailboxes.rename(c, entry.id, name, self._gateway.clock()))

    def remove(self, entry: Entry) -> None:
        """See :class:`gateway.channels.sftp.mailboxes.Mailboxes`."""
        self._change(entry, lambda c: mailboxes.remove(c, entry.id, self._gateway.clock()))

    def collected(self, entry: Entry) -> None:
        """See :class:`gateway.channels.sftp.mailboxes.Mailboxes`."""
        self._gateway.database.write(lambda c: mailboxes.collected(c, entry.id, self._gateway.clock()))

    def _change(self, entry: Entry, change: Callable[[Connection], bool]) -> None:
        if not self._gateway.database.write(change):
            raise Gone(entry.name)


def _shown(row: Row) -> Entry:
    return Entry(
        id=row.id,
        party=row.party,
        folder=row.folder,
        name=row.name,
        size=row.size,
        sha256=row.sha256,
        placed_at=row.placed_at,
        staged=row.folder == "in" and row.transmission is None,
        collected=row.collected_at is not None,
    )
