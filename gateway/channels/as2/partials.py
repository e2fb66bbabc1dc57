"""The beginnings of AS2 messages that broke off, kept until their senders go on with them (:mod:`as2.restart`).

They lie in a folder of their own, which outlives the process: the bytes in a file with a random name, and beside it a
mark, which says whose they are, how many count, and their digest. Bytes are durable before the mark that counts them,
and are hashed again before anything is built on them. So whatever a crash leaves behind is either what was received or
nothing. To lose a beginning costs the time to send it again and never a message, hence every limit here ends with the
oldest one being dropped, and nobody's message is refused for it.

A message that was accepted leaves its mark, without a file: the archive has the bytes. Should the answer have been
lost, its sender goes on with the last byte, and the message, put together once more, is the repetition that gets the
stored receipt.

A beginning belongs to the two AS2 names, the ETag, and the Message-ID. The draft knows nothing of the last one: it is
for products that give an ETag a second time, whose new message must not be joined to an old one.

One connection at a time writes to a transfer; another one hears that it is locked. Nodes know nothing of each other's
beginnings: on another one a message begins anew.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec
import structlog

from as2.heading import Heading
from as2.restart import Partial, parse_etag
from as2.source import Source
from gateway.channels.workplace import SpoolFolder, put
from gateway.clock import Clock
from gateway.config import As2Settings

log = structlog.get_logger()

MOST = 100
"""Marks of one partner: those without a file take room too."""
_MARK = ".json"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What is held of one transfer."""

    key: str
    party: str
    message_id: str
    name: str
    """Of its files."""
    held: int
    """Bytes from the start of the body that count."""
    total: int | None
    """Of the whole body, where somebody said."""
    sha256: str
    """Of the bytes that count."""
    archived: bool = False
    """Whether they are in the archive, and not in a file here."""
    at: datetime


def key_of(heading: Heading, etag: str | None) -> str | None:
    """What a transfer is found by; ``None`` without a strong ETag."""
    transfer = parse_etag(etag) if etag is not None else None
    if transfer is None:
        return None
    return hashlib.sha256("\0".join((heading.sender, heading.receiver, transfer)).encode("latin-1")).hexdigest()


class Partials:
    """All of them; safe to use from several threads. What touches the disk says so."""

    def __init__(self, folder: SpoolFolder, limits: As2Settings, opened: Callable[[str], Source], clock: Clock) -> None:
        """Read what an earlier process left; ``opened`` gives what the archive has under a digest."""
        self.folder = folder
        self.opened = opened
        self.clock = clock
        self._limits = limits
        self._marks: dict[str, Mark] = {}
        self._locked: set[str] = set()
        self._guard = threading.Lock()
        self._read()
        self.fit()

    def look(self, key: str, message_id: str | None = None) -> Partial | None:
        """What is held of a transfer, of this message if one is named."""
        with self._guard:
            return self._look(key, message_id)

    def lock(self, key: str, message_id: str) -> tuple[Partial | None, Mark | None]:
        """What is held, and its mark; it is the caller's to write from now on, unless it was locked before."""
        with self._guard:
            partial = self._look(key, message_id)
            mark = self._marks.get(key)
            if partial is None or not partial.locked:
                self._locked.add(key)
            return partial, mark

    def unlock(self, key: str) -> None:
        """Others may write to it."""
        with self._guard:
            self._locked.discard(key)

    def put(self, mark: Mark) -> None:
        """From now on this is what is held, durably (disk); for whoever locked it, who has synced the bytes."""
        path = self.folder.folder / f"{mark.name}{_MARK}"
        growing = path.with_suffix(".new")
        file = os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            put(file, msgspec.json.encode(mark))
            os.fsync(file)
        finally:
            os.close(file)
        growing.rename(path)
        folder = os.open(self.folder.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        with self._guard:
            self._marks[mark.key] = mark

    def forget(self, key: str, *, file: bool = True) -> None:
        """Nothing is held any more (disk); for whoever locked it, who may need the file still."""
        with self._guard:
            mark = self._marks.pop(key, None)
        if mark is not None:
            self._remove(mark, file=file)

    def fit(self) -> None:
        """Drop what is too old, and what is beyond the limits (disk)."""
        with self._guard:
            doomed = self._beyond()
            for mark in doomed:
                del self._marks[mark.key]
        for mark in doomed:
            self._remove(mark)

    def make_room(self) -> None:
        """Drop the oldest ones while the disk has no more than its reserve (disk)."""
        while not self.folder.has_room():
            with self._guard:
                idle = [mark for mark in self._idle() if not mark.archived]
                if not idle:
                    return
                del self._marks[idle[0].key]
            self._remove(idle[0])
            log.warning("the disk is full: the beginning of a message was dropped", party=idle[0].party)

    def _look(self, key: str, message_id: str | None) -> Partial | None:
        mark = self._marks.get(key)
        if key in self._locked:
            return Partial(mark.held if mark else 0, mark.total if mark else None, locked=True)
        if mark is None or self._old(mark) or message_id not in (None, mark.message_id):
            return None
        return Partial(mark.held, mark.total)

    def _old(self, mark: Mark) -> bool:
        return self.clock() - mark.at >= self._limits.partials_kept

    def _idle(self) -> list[Mark]:
        """Those that nobody writes to, the oldest first."""
        return sorted((mark for mark in self._marks.values() if mark.key not in self._locked), key=lambda each: each.at)

    def _beyond(self) -> list[Mark]:
        doomed: list[Mark] = []
        kept: list[Mark] = []
        for mark in self._idle():
            (doomed if self._old(mark) else kept).append(mark)
        many, held = Counter(mark.party for mark in kept), _bytes(kept)
        for mark in list(kept):
            if many[mark.party] > MOST or held[mark.party] > self._limits.partials_per_partner:
                many[mark.party] -= 1
                held[mark.party] -= _size(mark)
                kept.remove(mark)
                doomed.append(mark)
        while held.total() > self._limits.partials_in_all:
            (most, _), *_rest = held.most_common(1)
            oldest = next(mark for mark in kept if mark.party == most and _size(mark))
            held[most] -= _size(oldest)
            kept.remove(oldest)
            doomed.append(oldest)
        return doomed

    def _remove(self, mark: Mark, *, file: bool = True) -> None:
        (self.folder.folder / f"{mark.name}{_MARK}").unlink(missing_ok=True)
        if file:
            (self.folder.folder / mark.name).unlink(missing_ok=True)

    def _read(self) -> None:
        for path in sorted(self.folder.folder.glob(f"*{_MARK}")):
            try:
                mark = msgspec.json.decode(path.read_bytes(), type=Mark)
            except msgspec.MsgspecError:
                continue
            bytes_ = self.folder.folder / path.stem
            there = mark.archived or (bytes_.exists() and bytes_.stat().st_size >= mark.held)
            other = self._marks.get(mark.key)
            if there and mark.name == path.stem and (other is None or mark.at >= other.at):
                self._marks[mark.key] = mark
        wanted = {f"{mark.name}{_MARK}" for mark in self._marks.values()}
        wanted |= {mark.name for mark in self._marks.values() if not mark.archived}
        for path in self.folder.folder.iterdir():
            if path.name not in wanted:
                path.unlink()


def new_name() -> str:
    """A name for the files of a transfer: nothing a partner says becomes part of a path."""
    return secrets.token_hex(16)


def _size(mark: Mark) -> int:
    return 0 if mark.archived else mark.held


def _bytes(marks: Iterable[Mark]) -> Counter[str]:
    found: Counter[str] = Counter()
    for mark in marks:
        found[mark.party] += _size(mark)
    return found
