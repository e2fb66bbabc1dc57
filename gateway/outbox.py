"""The outbox of events: what a transaction writes into the journal, it orders to be published as well.

Every transaction that writes is accompanied (:attr:`gateway.database.Database.accompanied`): the lines that it appends
are collected, and before it ends the work on them is put into the queue on the same connection. So events are published
of all that was committed, and of nothing that was rolled back; no caller has to think of it.

A transaction makes one job for each partner and lane, which names its lines by their numbers. Exceptions travel in the
lane of urgent work, and so does everything that may be said by customs, for what an answer says is known only when the
job reads it. The rest goes no faster than ordinary work: an event is not worth more than the messages of others.

*Nothing is published about publishing.* What cannot be published becomes a case (:mod:`gateway.working`) whose subject
is :data:`EVENTS`, and lines about such a case are left out here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol, TypeVar

import msgspec
from sqlalchemy import Connection, select

from gateway.database import Work
from gateway.events import EVENT_TYPES, family_of, possible_names
from gateway.ids import noun_of
from gateway.ledger import journal
from gateway.ledger.journal import Line
from gateway.ledger.schema import case, message, transmission
from gateway.ledger.statements import chunks
from gateway.wiring import BUSINESS, LANES
from queues import WorkQueue

T = TypeVar("T")

EVENTS = "events"
"""The stage that publishes events, and the subject of a case about that."""
LINES = "lines"
"""The key of a job's payload under which it names its lines: their numbers, with blanks between."""
AT_ONCE = 50
"""Lines in one job: what is published again when a worker ends in the middle."""


class _About(msgspec.Struct, frozen=True):
    """What the outbox has to know of a line's subject."""

    party: str | None
    lane: int = LANES["normal"]
    to_partner: bool = True


class Ordering(Protocol):
    """Orders the work that follows from what a transaction appended to the journal, on the same connection."""

    def __call__(self, connection: Connection, lines: Sequence[Line]) -> None:
        """Put the work on these lines into the queue."""


def accompanying(orderings: Sequence[Ordering]) -> Callable[[Work[T]], Work[T]]:
    """What puts these orderings around a transaction: each is given all that it appended to the journal."""

    def accompany(work: Work[T]) -> Work[T]:
        def accompanied(connection: Connection) -> T:
            with journal.appended(connection) as lines:
                result = work(connection)
            for order in orderings:
                order(connection, lines)
            return result

        return accompanied

    return accompany


class Outbox:
    """Orders the events that are ``wanted`` of what transactions wrote."""

    def __init__(self, queue: WorkQueue, wanted: Collection[str]) -> None:
        self._queue = queue
        self._wanted = frozenset(wanted)

    def order(self, connection: Connection, lines: Sequence[Line]) -> None:
        """Put the publication of these lines into the queue, where any event can come of them."""
        # What befalls a transmission is told of the messages that it carries, where it carries any.
        carried = {(_carrier(line), line.kind) for line in lines if noun_of(line.subject) == "m"}
        told = [
            line for line in lines if (line.subject, line.kind) not in carried and self._names(line, to_partner=True)
        ]
        if not told:
            return
        about = _about(connection, told)
        jobs: dict[tuple[str, int], list[int]] = {}
        for line in told:
            known = about.get(line.subject)
            if known is None:
                continue
            carrier = about.get(_carrier(line), known)
            names = self._names(line, to_partner=carrier.to_partner)
            if names:
                jobs.setdefault((known.party or BUSINESS, _lane(names, known)), []).append(line.seq)
        # In the same order everywhere: two transactions that wake the same lanes do not wait for each other.
        for (partner, lane), numbers in sorted(jobs.items()):
            for some in chunks(numbers, AT_ONCE):
                self._queue.enqueue(
                    connection,
                    kind=EVENTS,
                    key=f"{EVENTS}:{some[0]}",
                    payload={LINES: " ".join(map(str, some))},
                    partner=partner,
                    lane=lane,
                )

    def _names(self, line: Line, *, to_partner: bool) -> frozenset[str]:
        names = possible_names(line.kind, line.data, noun=noun_of(line.subject), to_partner=to_partner)
        return names & self._wanted


def _lane(names: Collection[str], about: _About) -> int:
    if any(family_of(name) == "customs" for name in names):
        return LANES["urgent"]
    # What a report of a partner says is not read yet; it is no more urgent than the report.
    if all(EVENT_TYPES[name].severity == "exception" for name in names):
        return LANES["urgent"]
    return max(about.lane, LANES["normal"])


def _carrier(line: Line) -> str:
    """The transmission that a line about a delivery is about."""
    found = line.data.get("transmission")
    return found if isinstance(found, str) else ""


def _about(connection: Connection, lines: Sequence[Line]) -> dict[str, _About]:
    """By id, what is known of the subjects of lines and of their carriers; a case about events is left out."""
    wanted = dict.fromkeys([*(line.subject for line in lines), *map(_carrier, lines)])
    nouns = {noun: [each for each in wanted if noun_of(each) == noun] for noun in ("m", "t", "c")}
    found: dict[str, _About] = {}
    for some in chunks(nouns["m"]):
        rows = connection.execute(select(message.c.id, message.c.party, message.c.lane).where(message.c.id.in_(some)))
        found |= {row.id: _About(row.party, row.lane) for row in rows}
    for some in chunks(nouns["t"]):
        columns = (transmission.c.id, transmission.c.party, transmission.c.lane, transmission.c.side)
        for row in connection.execute(select(*columns).where(transmission.c.id.in_(some))):
            found[row.id] = _About(row.party, row.lane, row.side == "partner")
    for some in chunks(nouns["c"]):
        columns_of_case = select(case.c.id, case.c.party, case.c.subject).where(case.c.id.in_(some))
        found |= {row.id: _About(row.party) for row in connection.execute(columns_of_case) if row.subject != EVENTS}
    return found
