"""What people do: resend, cancel, dismiss. Each takes an actor and a reason, and is itself an event.

These functions run where the ledger is written: in the gateway, on behalf of the command line or the console.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from gateway.database import Work
from gateway.exchange import DELIVERY, ImpossibleStep
from gateway.ids import new_id, noun_of
from gateway.instance import Gateway
from gateway.ledger import cases, deliveries, messages, transmissions
from gateway.ledger.transmissions import Transmission
from gateway.publishing import order_delivery


class NotPossible(Exception):
    """What was asked for cannot be done; the text says why and what can."""


class Resent(msgspec.Struct, frozen=True):
    """A transmission that will be sent again: the same bytes under the same name."""

    transmission: str
    name: str
    sha256: str


def resend(gateway: Gateway, subject: str, *, actor: str, reason: str) -> list[Resent]:
    """Order the same bytes to be sent again.

    ``subject`` is a transmission, or a message: of one that we sent, the file that carries it; of one that we received,
    its canonical document to the company's systems. Raises :class:`NotPossible` when nothing can be sent again, and
    :class:`gateway.ledger.NotRecorded` for an unknown id.
    """
    if not reason.strip():
        raise NotPossible("a resend needs a reason: say why")

    def commit(connection: Connection) -> list[Resent]:
        chosen = _carriers(connection, subject)
        return [_resend(gateway, connection, each, actor, reason) for each in chosen]

    resent = gateway.database.write(commit)
    gateway.wake.set()
    return resent


def _carriers(connection: Connection, subject: str) -> list[Transmission]:
    if noun_of(subject) != "m":
        return [transmissions.get(connection, subject)]
    message = messages.get(connection, subject)
    carrying = transmissions.carrying(connection, subject)
    if not carrying:
        raise NotPossible(f"message {subject} was {message.content}: nothing was sent for it, so nothing is sent again")
    return carrying


def _resend(gateway: Gateway, connection: Connection, each: Transmission, actor: str, reason: str) -> Resent:
    now = gateway.clock()
    try:
        deliveries.step(connection, each.id, "resend", at=now, actor=actor, data={"reason": reason})
    except ImpossibleStep:
        able = ", ".join(state for state, row in DELIVERY.table.items() if "resend" in row)
        raise NotPossible(
            f"{each.name} is {each.delivery or 'not outgoing'}; it can be sent again once it is one of: {able}"
        ) from None
    order_delivery(gateway, connection, each, again=new_id("a", now))
    return Resent(each.id, each.name, each.sha256)


def close_case(gateway: Gateway, case_id: str, *, actor: str, reason: str) -> None:
    """Close a case. Raises :class:`NotPossible` when it is closed or no reason is given."""
    if not reason.strip():
        raise NotPossible("a case is closed for a reason: say which")
    _on_case(gateway, lambda connection: cases.close(connection, case_id, reason, actor, gateway.clock()))


def assign_case(gateway: Gateway, case_id: str, owner: str, *, actor: str) -> None:
    """Give a case to ``owner``. Raises :class:`NotPossible` when it is closed."""
    _on_case(gateway, lambda connection: cases.assign(connection, case_id, owner, actor=actor, at=gateway.clock()))


def _on_case(gateway: Gateway, work: Work[None]) -> None:
    try:
        gateway.database.write(work)
    except ImpossibleStep as fault:
        raise NotPossible(str(fault)) from None
