"""One gateway with its parts: the ledger's database, the archive, the work queue, the profiles, what ships.

Opening it brings the database's schema up to date and lets the archive repair what a crash left unfinished. The stages
of the pipelines are functions over a ``Gateway``; nothing here listens, sends or runs by itself (:mod:`gateway.serving`
does).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import TracebackType

import msgspec
import structlog

from archive import LARGE, Archive, Locator
from as2.source import Source
from gateway.alert_orders import AlertOrders
from gateway.catalogue import Catalogue
from gateway.clock import Clock, system_clock
from gateway.config import Home
from gateway.database import Database
from gateway.events import chosen
from gateway.ledger import objects
from gateway.ledger.migrating import migrate
from gateway.outbox import Ordering, Outbox, accompanying
from gateway.profiles_folder import ProfilesFolder
from queues import WorkQueue

log = structlog.get_logger()


class Archived(msgspec.Struct, frozen=True):
    """Archived bytes, read anew each time; a :class:`as2.source.Source`."""

    archive: Archive
    locator: Locator

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self.locator.size

    def chunks(self) -> Iterator[bytes]:
        """The bytes from the start; :class:`archive.ArchiveDamaged` at their end at the latest."""
        return self.archive.chunks(self.locator)


class Gateway:
    """An open gateway; a context manager."""

    def __init__(
        self, home: Home, database: Database, archive: Archive, catalogue: Catalogue, clock: Clock | None
    ) -> None:
        self.home = home
        self.database = database
        self.archive = archive
        self.catalogue = catalogue
        self.clock = clock or system_clock
        self.profiles = ProfilesFolder(home.profiles, catalogue)
        # Nodes share the database's clock; a clock that was handed in is that of the whole world.
        self.queue = WorkQueue() if clock is None else WorkQueue(clock=lambda _: clock())
        orderings: list[Ordering] = []
        if home.config.events.enabled:
            orderings.append(Outbox(self.queue, chosen(home.config.events.types)).order)
        if home.config.alerts.rules:
            orderings.append(AlertOrders(self.queue, home.config.alerts.rules).order)
        if orderings:
            database.accompanied = accompanying(orderings)
        self.wake = threading.Event()
        """Set when work was added, so that an idle worker does not wait for its next look."""
        self.refusing: frozenset[str] = frozenset()
        """The channels over which nothing is taken in, as of the last look: what is asked of every upload must not
        wait for the database."""

    @classmethod
    def open(cls, home: Home, clock: Clock | None = None) -> Gateway:
        """The gateway at ``home``, ready to work.

        Raises :class:`gateway.database.WriterBusy` when another process runs it, and
        :class:`gateway.profiles_folder.ProfilesUnusable` when its profiles have faults.
        """
        home.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = Database.open(home.database_url)
        try:
            migrate(database)
            archive = Archive.open(home.archive)
        except BaseException:
            database.close()
            raise
        if archive.recovery is not None:
            log.warning("the archive was left unfinished by a crash; this is what was found", found=archive.recovery)
        try:
            gateway = cls(home, database, archive, Catalogue(home.guides), clock)
            if database.dialect == "sqlite":
                # This process has the database to itself, so whoever held work before is gone.
                for job in database.write(gateway.queue.abandon):
                    log.info("work was in hand when the gateway ended; it is done again", stage=job.kind, **job.payload)
            gateway.look_at_gates()
        except BaseException:
            archive.close()
            database.close()
            raise
        return gateway

    @property
    def failure(self) -> str | None:
        """Why this process can keep nothing any more, so that it has to end; ``None`` while all is well."""
        return self.archive.failure or self.database.failure

    def look_at_gates(self) -> None:
        """See anew which channels take nothing in; another node, or a command, may have paused some."""
        gates = self.database.read(self.queue.gates.all)
        self.refusing = frozenset(gate.name for gate in gates if gate.refuses_in)

    def content(self, sha256: str) -> bytes:
        """The archived bytes with this hash, verified.

        Raises :class:`LookupError` when the ledger knows no such object, and :class:`archive.ArchiveDamaged` when what
        lies there is not what was stored.
        """
        return self.archive.read(self._place_of(sha256))

    def opened(self, sha256: str) -> Archived:
        """The archived bytes with this hash, to be read in pieces; raises :class:`LookupError` as :meth:`content`."""
        return Archived(self.archive, self._place_of(sha256))

    def keep(self, *contents: Source) -> list[Locator]:
        """Where each of these contents lies now, in their order; all are durable when this returns.

        The small ones share one sync, and a large one goes through in pieces: the memory that is needed does not grow
        with it. Raises what the archive raises, and what reading a content raises.
        """
        places: dict[int, Locator] = {}
        group: dict[int, bytes] = {}
        for position, content in enumerate(contents):
            if content.size >= LARGE:
                places[position] = self.archive.append_large(content.size, content.chunks())
                continue
            group[position] = b"".join(content.chunks())
            if sum(map(len, group.values())) >= LARGE:
                self._keep_group(group, places)
        self._keep_group(group, places)
        return [places[position] for position in range(len(contents))]

    def _keep_group(self, group: dict[int, bytes], places: dict[int, Locator]) -> None:
        places.update(zip(group, self.archive.append_all(list(group.values())), strict=True))
        group.clear()

    def _place_of(self, sha256: str) -> Locator:
        locator = self.database.read(lambda connection: objects.find(connection, sha256))
        if locator is None:
            raise LookupError(f"the ledger has no object {sha256}")
        return locator

    def close(self) -> None:
        """Close everything; what is under way has been finished by whoever started it."""
        self.archive.close()
        self.database.close()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
