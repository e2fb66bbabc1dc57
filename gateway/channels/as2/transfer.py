"""The body of a message that may break off and be gone on with.

It is what :class:`gateway.channels.workplace.Growing` is for others. It grows at the end of what is held already, in
memory while it is small. Every so often what came is made durable and marked, so that a crash of the gateway does not
cost all of a large message; when the connection ends early, what came is. Nothing here decides whether a message is
whole, or good: what was joined is read like any other body.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import structlog

from archive import ArchiveDamaged
from as2.restart import Refuse, Take, before_body
from as2.source import BytesSource, Joined, Section, Source
from gateway.channels.as2.partials import Mark, Partials, new_name
from gateway.channels.as2.posted import Outcome
from gateway.channels.workplace import IN_MEMORY, FileSource, NoRoom, Workplace, put

log = structlog.get_logger()

SYNC_AFTER = 16 << 20
"""Bytes after which what came is made durable: what a crash costs at most."""


class Transfer:
    """One request's share of a body; whoever began it calls :meth:`leave`, whatever happens."""

    def __init__(
        self, store: Partials, key: str, take: Take, mark: Mark | None, *, party: str, message_id: str, limit: int
    ) -> None:
        self.take = take
        self.size = take.offset
        """Bytes of the joined body so far."""
        self._store, self._key, self._mark = store, key, mark
        self._party, self._message_id, self._limit = party, message_id, limit
        self._total = take.total
        self._hash = hashlib.sha256()
        self._base: Source | None = None
        self._held: list[bytes] = []
        self._name: str | None = None
        self._file: int | None = None
        self._marked = take.offset
        self._worthless = self._settled = False

    @property
    def sha256(self) -> str:
        """Of the joined bytes so far, in hexadecimal."""
        return self._hash.hexdigest()

    def prepare(self) -> bool:
        """Take up what is held; ``False`` when it is not what it was, and then nothing is held any more.

        Raises :class:`NoRoom` for a body that is larger than one may be, ``OSError``, and what the archive raises.
        """
        if self.take.total is not None and self.take.total > self._limit:
            raise NoRoom(f"a message has at most {self._limit} bytes here", too_large=True)
        mark = self._mark
        if mark is None or not self.take.offset:
            self._store.forget(self._key)
            return True
        held = self._as_it_was(mark)
        if held is None:
            log.warning("the beginning of a message is not what it was; it is sent again", party=self._party)
            self._store.forget(self._key)
            return False
        if mark.archived:
            self._base = Section(held, 0, self.take.offset)
        else:
            self._reopen(mark)
        return True

    def write(self, data: bytes) -> None:
        """Add bytes at the end; raises :class:`NoRoom`, or ``OSError`` from the disk."""
        self.size += len(data)
        if self.size > self._limit:
            self._worthless = True
            raise NoRoom(f"a message has at most {self._limit} bytes here", too_large=True)
        self._hash.update(data)
        self._held.append(data)
        if self._name is not None or sum(map(len, self._held)) > IN_MEMORY:
            self._flush()
            if self.size - self._marked >= SYNC_AFTER:
                self._check_room()
                self._sync()

    def finish(self) -> Source:
        """The joined bytes as a source."""
        self.close()
        end: Source
        if self._name is None:
            end = BytesSource(b"".join(self._held))
        else:
            path = self._path(self._name)
            end = FileSource(path, path.stat().st_size)
        return end if self._base is None else Joined((self._base, end))

    def drop(self) -> None:
        """Nothing of it is worth keeping."""
        self._worthless = True

    def settle(self, outcome: Outcome, place: Workplace) -> None:
        """What its answer means for what is held; the bytes remain readable as long as ``place`` is there.

        A message that is taken leaves its mark, if it is large or broke off once; a refused one leaves nothing, for its
        sender has to begin anew; one that is to come again is kept whole.
        """
        if outcome == "not-now":
            return
        self._settled = True
        if self._name is not None:
            place.adopt(self._path(self._name))
        taken = outcome == "accepted" or (outcome == "repeated" and self._archived())
        if not taken:
            self._store.forget(self._key, file=False)
        elif self._base is None and self._name is not None:
            try:
                self._store.put(self._now(self.size, self._name, archived=True))
            except OSError as fault:
                log.warning("that a message is complete could not be marked", party=self._party, error=str(fault))
                self._store.forget(self._key, file=False)

    def leave(self, unwritten: Iterable[bytes] = ()) -> None:
        """Keep what came, ``unwritten`` being its end, unless it was settled, and let others go on with it."""
        try:
            if not self._settled:
                self._keep(unwritten)
        except (OSError, NoRoom) as fault:
            log.warning("the beginning of a message could not be kept", party=self._party, error=str(fault))
            self._discard()
        finally:
            self.close()
            self._store.unlock(self._key)
        self._store.fit()

    def close(self) -> None:
        """Give up the open file; a second time does nothing."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _keep(self, unwritten: Iterable[bytes]) -> None:
        if self._base is not None:
            # The archive has what matters of it.
            if self._name is not None:
                self._path(self._name).unlink(missing_ok=True)
            return
        for piece in () if self._worthless else unwritten:
            self.write(piece)
        if self._worthless:
            self._discard()
        elif self.size > self._marked:
            self._flush()
            self._sync()

    def _discard(self) -> None:
        self._store.forget(self._key)
        if self._name is not None:
            self._path(self._name).unlink(missing_ok=True)

    def _archived(self) -> bool:
        """Whether the archive has these bytes: it has not, when a repetition was encrypted anew."""
        try:
            self._store.opened(self.sha256)
        except LookupError:
            return False
        return True

    def _flush(self) -> None:
        """What is in memory goes into the file."""
        data, self._held = b"".join(self._held), []
        if self._name is None:
            self._check_room()
            self._name = new_name()
        if self._file is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            self._file = os.open(self._path(self._name), flags, 0o600)
        try:
            put(self._file, data)
        except OSError:
            self._worthless = True
            raise

    def _sync(self) -> None:
        if self._base is not None or self._file is None or self._name is None:
            return
        try:
            os.fsync(self._file)
            self._store.put(self._now(self.size, self._name))
        except OSError:
            self._worthless = True
            raise
        self._marked = self.size

    def _reopen(self, mark: Mark) -> None:
        self._name = mark.name
        if self.take.offset < mark.held:
            # First the mark: a file that is longer than its mark says is no harm, one that is shorter is.
            self._store.put(self._now(self.take.offset, mark.name))
        self._file = os.open(self._path(mark.name), os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
        os.ftruncate(self._file, self.take.offset)

    def _as_it_was(self, mark: Mark) -> Source | None:
        """What was marked, if it still is that; its first bytes, up to the offset, are hashed then."""
        whole = hashlib.sha256()
        try:
            if mark.archived:
                held = self._store.opened(mark.sha256)
            else:
                held = Section(FileSource(self._path(mark.name), self._path(mark.name).stat().st_size), 0, mark.held)
            left = self.take.offset
            for chunk in held.chunks():
                whole.update(chunk)
                self._hash.update(chunk[:left])
                left -= min(left, len(chunk))
        except (LookupError, ArchiveDamaged, OSError) as fault:
            # What neither the archive nor the disk gives back, the sender still has.
            log.warning("the beginning of a message cannot be read", party=self._party, error=str(fault))
            return None
        return held if whole.hexdigest() == mark.sha256 else None

    def _now(self, held: int, name: str, *, archived: bool = False) -> Mark:
        return Mark(
            key=self._key,
            party=self._party,
            message_id=self._message_id,
            name=name,
            held=held,
            total=held if archived else self._total,
            sha256=self.sha256,
            archived=archived,
            at=self._store.clock(),
        )

    def _path(self, name: str) -> Path:
        return self._store.folder.folder / name

    def _check_room(self) -> None:
        self._store.make_room()
        try:
            self._store.folder.check_room()
        except NoRoom:
            self._worthless = True
            raise


def begin(
    store: Partials,
    key: str,
    *,
    party: str,
    message_id: str,
    content_range: str | None,
    length: int | None,
    limit: int,
) -> Transfer | Refuse:
    """The body that a request brings, locked for it, or why it cannot bring it; nothing here waits for the disk."""
    partial, mark = store.lock(key, message_id)
    decided = before_body(partial, content_range, length)
    if isinstance(decided, Refuse):
        if partial is None or not partial.locked:
            store.unlock(key)
        return decided
    return Transfer(store, key, decided, mark, party=party, message_id=message_id, limit=limit)
