"""The journal: events are appended, never changed, and the statuses of messages follow from them.

When an event's subject is a message and its kind can change a status, the three cached statuses are folded anew from
the whole journal in the same transaction. The message's row is locked first, so that of two transactions which append
at the same moment the second sees what the first appended, and its fold is right.

Whoever has to act on what a transaction appends (:mod:`gateway.outbox`) collects it with :func:`appended`: the lines
are handed over with the connection that they were appended on, so that no caller of this module needs to know who
listens, and none can forget to tell.

Nearly all events have one subject, so the statements for one are made once, here; making one anew costs more than
running it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from types import MappingProxyType

import msgspec
from sqlalchemy import Connection, Row, RowMapping, bindparam, insert, select, update

from gateway.exchange import Event, EventKind, Statuses
from gateway.exchange.statuses import MOVING, fold_told
from gateway.ids import noun_of
from gateway.ledger.faults import NotRecorded
from gateway.ledger.schema import event, message
from gateway.ledger.statements import chunks

NOTHING: Mapping[str, object] = MappingProxyType({})

_APPENDED = "sallyport.appended"

_CACHED = select(message.c.id, message.c.content, message.c.delivery, message.c.receipt).with_for_update()
_CACHED_OF_ONE = _CACHED.where(message.c.id == bindparam("subject"))
_TOLD = select(event.c.subject, event.c.kind, event.c.data)
_TOLD_OF_ONE = _TOLD.where(event.c.subject == bindparam("subject")).order_by(event.c.seq)
_APPEND_ONE = insert(event)
_APPEND_MANY = insert(event).returning(event.c.seq, sort_by_parameter_order=True)
_SET_ONE = (
    update(message)
    .where(message.c.id == bindparam("subject"))
    .values(content=bindparam("content"), delivery=bindparam("delivery"), receipt=bindparam("receipt"))
)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was appended."""

    seq: int
    subject: str
    kind: EventKind
    data: Mapping[str, object]


@contextmanager
def appended(connection: Connection) -> Iterator[list[Line]]:
    """What is appended on this connection within; complete when it is left. One inside another takes its part away."""
    earlier = connection.info.get(_APPENDED)
    lines: list[Line] = []
    connection.info[_APPENDED] = lines
    try:
        yield lines
    finally:
        connection.info[_APPENDED] = earlier


def append(
    connection: Connection,
    *,
    at: datetime,
    subject: str,
    kind: EventKind,
    actor: str,
    data: Mapping[str, object] = NOTHING,
    profile_sha256: str | None = None,
) -> int:
    """The sequence number of the new event.

    Raises :class:`NotRecorded` when the event would change the statuses of a message that was not recorded before.
    """
    return append_all(connection, [subject], at=at, kind=kind, actor=actor, data=data, profile_sha256=profile_sha256)[0]


def append_all(
    connection: Connection,
    subjects: Sequence[str],
    *,
    at: datetime,
    kind: EventKind,
    actor: str,
    data: Mapping[str, object] = NOTHING,
    profile_sha256: str | None = None,
) -> list[int]:
    """The sequence numbers of the same event for each of ``subjects``, in their order; as :func:`append` for each."""
    messages = [subject for subject in subjects if noun_of(subject) == "m"] if kind in MOVING else []
    cached = _lock(connection, messages)
    fixed = {"at": at, "kind": kind, "actor": actor, "data": dict(data), "profile_sha256": profile_sha256}
    numbers: list[int] = []
    if len(subjects) == 1:
        inserted = connection.execute(_APPEND_ONE, {"subject": subjects[0], **fixed}).inserted_primary_key
        numbers = [int(number) for number in inserted or ()]
    else:
        for some in chunks(subjects):
            rows = [{"subject": subject, **fixed} for subject in some]
            numbers += connection.execute(_APPEND_MANY, rows).scalars()
    _refold(connection, cached)
    lines: list[Line] | None = connection.info.get(_APPENDED)
    if lines is not None:
        lines += [
            Line(seq=seq, subject=subject, kind=kind, data=data) for seq, subject in zip(numbers, subjects, strict=True)
        ]
    return numbers


def of(connection: Connection, subject: str) -> list[Event]:
    """The events of one subject in the order in which they were recorded."""
    return of_all(connection, [subject])


def numbered(connection: Connection, numbers: Sequence[int]) -> list[Event]:
    """The events with these sequence numbers, in their order; those that do not exist are left out."""
    events: list[Event] = []
    for some in chunks(sorted(set(numbers))):
        rows = connection.execute(select(event).where(event.c.seq.in_(some)).order_by(event.c.seq))
        events += [_event(row) for row in rows.mappings()]
    return events


def of_all(connection: Connection, subjects: Iterable[str]) -> list[Event]:
    """The events of several subjects in one order, that of their recording."""
    events: list[Event] = []
    for some in chunks(dict.fromkeys(subjects)):
        rows = connection.execute(select(event).where(event.c.subject.in_(some)).order_by(event.c.seq))
        events += [_event(row) for row in rows.mappings()]
    return sorted(events, key=lambda each: each.seq)


def rebuild(connection: Connection) -> list[str]:
    """The ids of the messages whose cached statuses did not agree with their journal; they do now."""
    identifiers = connection.execute(select(message.c.id).order_by(message.c.id)).scalars().all()
    changed: list[str] = []
    for some in chunks(identifiers):
        changed += _refold(connection, _lock(connection, some))
    return changed


def _event(row: RowMapping) -> Event:
    return Event(**row)


def _lock(connection: Connection, messages: Sequence[str]) -> dict[str, Statuses]:
    """The cached statuses of these messages, which nobody else changes until the transaction ends."""
    cached: dict[str, Statuses] = {}
    if len(messages) == 1:
        cached = _statuses(connection.execute(_CACHED_OF_ONE, {"subject": messages[0]}))
    else:
        # In the order of ids, so that two transactions which lock several never wait for each other.
        for some in chunks(sorted(set(messages))):
            statement = _CACHED.where(message.c.id.in_(some)).order_by(message.c.id)
            cached |= _statuses(connection.execute(statement))
    for identifier in messages:
        if identifier not in cached:
            raise NotRecorded("message", identifier)
    return cached


def _statuses(rows: Iterable[Row[str, str, str, str]]) -> dict[str, Statuses]:
    return {row.id: Statuses(content=row.content, delivery=row.delivery, receipt=row.receipt) for row in rows}


def _refold(connection: Connection, cached: Mapping[str, Statuses]) -> list[str]:
    """Bring the caches up to date; the ids of those that changed."""
    changed: list[str] = []
    for some in chunks(cached):
        if len(some) == 1:
            rows = connection.execute(_TOLD_OF_ONE, {"subject": some[0]})
        else:
            rows = connection.execute(_TOLD.where(event.c.subject.in_(some)).order_by(event.c.subject, event.c.seq))
        folded = {
            subject: fold_told((row.kind, row.data) for row in of_one)
            for subject, of_one in groupby(rows, lambda row: row.subject)
        }
        new = {each: folded.get(each, Statuses()) for each in some}
        differing = [each for each in some if new[each] != cached[each]]
        if differing:
            connection.execute(_SET_ONE, [{"subject": each, **msgspec.structs.asdict(new[each])} for each in differing])
        changed += differing
    return changed
