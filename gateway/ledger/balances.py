"""Reconciliation: does the equation hold, and is there anything that nothing and nobody takes care of?

:func:`of_day` counts. :func:`unaccounted` looks for what a count cannot show, each kind by its own evidence: the
journal against the statuses, the ledger against the queue, what waits for a person against the cases. It reads one
consistent view, so work that is under way is no finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, select

from gateway.exchange import Balance, Counted, balance
from gateway.exchange.statuses import Statuses, Told, fold_told
from gateway.ledger.schema import carriage, case, event, expectation, message, transmission
from gateway.ledger.statements import chunks
from gateway.ledger.transmissions import MDN_PROTOCOL, NOT_READ

_ACCEPTED = ("accepted", "accepted-with-errors")
_MOVING = ("queued", "sending", "sent", "retry-wait")
_STOPPED = ("doubtful", "parked", "refused")
_DEALT_WITH = ("transmission-read", "transmission-unreadable", "transmission-reprocessed")

Awaited = Callable[[Connection, str], bool]
"""Whether work on this transmission is still to come."""


class Unaccounted(msgspec.Struct, frozen=True, kw_only=True):
    """Something that would stay as it is for ever."""

    subject: str
    """The transmission, message or expectation."""
    party: str | None
    text: str
    """What is wrong with it and what to do."""


def of_day(connection: Connection, day: date, *, party: str | None = None) -> list[Balance]:
    """The balances of a day (UTC), by partner, direction and type."""
    within = _within(message.c.at, day, day)
    if party is not None:
        within = and_(within, message.c.party == party)
    key = (message.c.party, message.c.direction, message.c.type)
    statuses = (message.c.content, message.c.delivery, message.c.receipt)
    told = select(event.c.seq).where(event.c.subject == message.c.id, event.c.kind == "message-received").exists()
    counted = connection.execute(
        select(*key, *statuses, func.count().label("many")).where(within).group_by(*key, *statuses)
    )
    taken = connection.execute(select(*key, func.count().label("many")).where(within, told).group_by(*key))
    of: dict[tuple[str | None, str, str], list[Counted]] = {}
    for row in counted:
        one = Counted(content=row.content, delivery=row.delivery, receipt=row.receipt, many=row.many)
        of.setdefault((row.party, row.direction, row.type), []).append(one)
    numbers = {(row.party, row.direction, row.type): row.many for row in taken}
    return [
        balance(
            day=day,
            party=name[0] or "",
            direction="in" if name[1] == "in" else "out",
            type=name[2],
            taken=numbers.get(name, 0),
            counted=those,
        )
        for name, those in sorted(of.items(), key=lambda item: (item[0][0] or "", *item[0][1:]))
    ]


def unaccounted(
    connection: Connection, first: date, last: date, *, reading: Awaited, sending: Awaited
) -> list[Unaccounted]:
    """What nothing and nobody takes care of: of the days from ``first`` to ``last``, and what is undelivered of any.

    ``reading`` and ``sending`` say of what came and of what goes out whether the queue still has it.
    """
    return [
        *_files(connection, first, last, reading),
        *_deliveries(connection, first, last, sending),
        *_messages(connection, first, last),
        *_statuses(connection, first, last),
        *_expectations(connection, first, last),
    ]


def _within(moment: ColumnElement[datetime], first: date, last: date) -> ColumnElement[bool]:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    return and_(moment >= start, moment < end)


def _files(connection: Connection, first: date, last: date, reading: Awaited) -> Iterator[Unaccounted]:
    """What came in and was never read."""
    own = transmission.c
    dealt_with = select(event.c.seq).where(event.c.subject == own.id, event.c.kind.in_(_DEALT_WITH)).exists()
    became = select(message.c.id).where(message.c.source == own.id).exists()
    in_hand = select(case.c.id).where(case.c.subject == own.id).exists()
    rows = connection.execute(
        select(own.id, own.party, own.name, own.facts)
        .where(
            own.direction == "in",
            own.protocol != MDN_PROTOCOL,
            _within(own.at, first, last),
            ~dealt_with,
            ~became,
            ~in_hand,
        )
        .order_by(own.id)
    ).all()
    for row in rows:
        if NOT_READ in row.facts or reading(connection, row.id):
            continue
        text = (
            f"{row.name} came and was never read, and nothing will read it: reprocess it, and report this with the log"
        )
        yield Unaccounted(subject=row.id, party=row.party, text=text)


def _deliveries(connection: Connection, first: date, last: date, sending: Awaited) -> Iterator[Unaccounted]:
    """What is to be sent and nobody will, and what stopped without a case."""
    own = transmission.c
    moving = select(own.id, own.party, own.name, own.delivery).where(own.delivery.in_(_MOVING)).order_by(own.id)
    for row in connection.execute(moving).all():
        if not sending(connection, row.id):
            text = f"{row.name} is {row.delivery}, and nothing will send it: resend it, and report this with the log"
            yield Unaccounted(subject=row.id, party=row.party, text=text)
    carried = select(carriage.c.message).where(carriage.c.transmission == own.id)
    in_hand = select(case.c.id).where((case.c.subject == own.id) | case.c.subject.in_(carried)).exists()
    stopped = (
        select(own.id, own.party, own.name, own.delivery)
        .where(own.delivery.in_(_STOPPED), _within(own.at, first, last), ~in_hand)
        .order_by(own.id)
    )
    for row in connection.execute(stopped).all():
        text = f"{row.name} is {row.delivery} and no case says so: resend or dismiss it, and report this with the log"
        yield Unaccounted(subject=row.id, party=row.party, text=text)
    unsent = select(own.id, own.party, own.name).where(
        own.direction == "out", own.delivery.is_(None), own.protocol != MDN_PROTOCOL, _within(own.at, first, last)
    )
    for one in connection.execute(unsent.order_by(own.id)).all():
        text = f"{one.name} was written and never ordered to be sent: report this with the log"
        yield Unaccounted(subject=one.id, party=one.party, text=text)


def _messages(connection: Connection, first: date, last: date) -> Iterator[Unaccounted]:
    """Messages that nobody got, and messages that a person should look at without knowing it."""
    own = message.c
    nowhere = (own.content == "received") | (own.content.in_(_ACCEPTED) & (own.delivery == "none"))
    about = case.c.subject.in_([own.id, own.interchange, own.transmission, own.source])
    waiting = own.content.in_(("quarantined", "unassigned")) & ~select(case.c.id).where(about).exists()
    rows = connection.execute(
        select(own.id, own.party, own.content).where(_within(own.at, first, last), nowhere | waiting).order_by(own.id)
    )
    for row in rows:
        gone = "and no case says so" if row.content in ("quarantined", "unassigned") else "and handed on to nobody"
        text = f"the message is {row.content} {gone}: reprocess it, and report this with the log"
        yield Unaccounted(subject=row.id, party=row.party, text=text)


def _statuses(connection: Connection, first: date, last: date) -> Iterator[Unaccounted]:
    """Messages whose statuses are not what their journal comes to."""
    own = message.c
    rows = connection.execute(
        select(own.id, own.party, own.content, own.delivery, own.receipt)
        .where(_within(own.at, first, last))
        .order_by(own.id)
    ).all()
    for some in chunks(rows):
        told: dict[str, list[Told]] = {row.id: [] for row in some}
        events = select(event.c.subject, event.c.kind, event.c.data).where(event.c.subject.in_(list(told)))
        for one in connection.execute(events.order_by(event.c.seq)):
            told[one.subject].append((one.kind, one.data))
        for row in some:
            kept = Statuses(content=row.content, delivery=row.delivery, receipt=row.receipt)
            if (folded := fold_told(told[row.id])) != kept:
                counts, comes = (
                    f"{each.content}, delivery {each.delivery}, receipt {each.receipt}" for each in (kept, folded)
                )
                text = f"the message counts as {counts}, and its journal comes to {comes}: report this"
                yield Unaccounted(subject=row.id, party=row.party, text=text)


def _expectations(connection: Connection, first: date, last: date) -> Iterator[Unaccounted]:
    """Receipts that are awaited without end: the message was delivered, and no time runs."""
    own = expectation.c
    rows = connection.execute(
        select(own.id, own.party, own.kind, own.message)
        .join(message, message.c.id == own.message)
        .where(
            own.state.in_(("waiting", "partially-met")),
            own.due_at.is_(None),
            message.c.delivery == "delivered",
            _within(own.recorded_at, first, last),
        )
        .order_by(own.id)
    )
    for row in rows:
        text = f"the {row.kind.upper()} for {row.message} is awaited without end: ask the partner, and report this"
        yield Unaccounted(subject=row.message, party=row.party, text=text)
