"""Deliveries: what moves the transport machine of an outgoing transmission.

Every step locks the transmission, looks the next state up in :data:`gateway.exchange.DELIVERY`, and writes the event
into the journal of the transmission and of each message that it carries. Expectations follow: their clock starts when
the counterpart has the message, they are withdrawn when it will not be sent, and start over when it is sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.exchange import DELIVERY, DeliveryEvent, DeliveryState, EventKind, ImpossibleStep
from gateway.exchange.delivery import RECORDED_AS
from gateway.ledger import expectations, journal
from gateway.ledger.faults import NotRecorded
from gateway.ledger.schema import carriage, transmission

_HEEDED: frozenset[DeliveryEvent] = frozenset({"confirm", "cancel", "resend"})
"""The events that concern what is expected."""

_LOCKED = (
    select(transmission.c.direction, transmission.c.delivery)
    .where(transmission.c.id == bindparam("transmission"))
    .with_for_update()
)
_CARRIED = (
    select(carriage.c.message).where(carriage.c.transmission == bindparam("transmission")).order_by(carriage.c.message)
)
_SET = update(transmission).where(transmission.c.id == bindparam("transmission")).values(delivery=bindparam("state"))


def enqueue(
    connection: Connection,
    transmission_id: str,
    *,
    carries: Sequence[str] = (),
    at: datetime,
    actor: str,
    data: Mapping[str, object] = journal.NOTHING,
) -> DeliveryState:
    """The first state of an outgoing transmission that carries these messages (none, when it is an acknowledgment).

    Raises :class:`ImpossibleStep` when it was queued before; to send the same bytes again, ``step`` with ``resend``.
    """
    state = _locked(connection, transmission_id)
    if state is not None:
        raise ImpossibleStep(DELIVERY.name, state, "enqueue", tuple(DELIVERY.table[state]))
    if carries:
        rows = [{"transmission": transmission_id, "message": each} for each in carries]
        connection.execute(insert(carriage), rows)
    _move(connection, transmission_id, DELIVERY.initial, "delivery-queued", carries, at, actor, data)
    return DELIVERY.initial


def step(
    connection: Connection,
    transmission_id: str,
    event: DeliveryEvent,
    *,
    at: datetime,
    actor: str,
    data: Mapping[str, object] = journal.NOTHING,
) -> DeliveryState:
    """The state after ``event``; raises :class:`ImpossibleStep` when it cannot happen, and then nothing changed."""
    state = _locked(connection, transmission_id)
    if state is None:
        raise ImpossibleStep(DELIVERY.name, None, event, ("enqueue",))
    following = DELIVERY.step(state, event)
    messages = carried(connection, transmission_id)
    # Expectations are locked before messages, here and where receipts settle them: the two never wait in a ring.
    due = expectations.of_carried(connection, transmission_id) if messages and event in _HEEDED else []
    _move(connection, transmission_id, following, RECORDED_AS[event], messages, at, actor, data)
    if event == "confirm":
        expectations.start_clock(connection, due, at=at)
    elif event == "cancel":
        expectations.withdraw(connection, due, at=at, actor=actor)
    elif event == "resend":
        expectations.renew(connection, due, at=at, actor=actor)
    return following


def carried(connection: Connection, transmission_id: str) -> list[str]:
    """The ids of the messages that an outgoing transmission carries, in order."""
    return list(connection.execute(_CARRIED, {"transmission": transmission_id}).scalars())


def _locked(connection: Connection, transmission_id: str) -> DeliveryState | None:
    row = connection.execute(_LOCKED, {"transmission": transmission_id}).one_or_none()
    if row is None or row.direction != "out":
        raise NotRecorded("outgoing transmission", transmission_id)
    state: DeliveryState | None = row.delivery
    return state


def _move(
    connection: Connection,
    transmission_id: str,
    state: DeliveryState,
    kind: EventKind,
    messages: Sequence[str],
    at: datetime,
    actor: str,
    data: Mapping[str, object],
) -> None:
    connection.execute(_SET, {"transmission": transmission_id, "state": state})
    told = {**data, "transmission": transmission_id, "state": state}
    journal.append_all(connection, [transmission_id, *messages], at=at, kind=kind, actor=actor, data=told)
