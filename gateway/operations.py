"""What people do: resend, and work on cases. Each takes an actor and a reason, and is itself an event.

These functions run where the ledger is written: in the gateway, on behalf of the command line or the console. The
verbs that work on many messages at once have modules of their own (:mod:`gateway.reprocessing`,
:mod:`gateway.rerunning`, :mod:`gateway.dismissing`); each subject is treated by itself there, so that what is wrong
with one never stops the others, and :class:`Treated` says what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec
from sqlalchemy import Connection

from archive import ArchiveDamaged
from gateway.database import Work
from gateway.exchange import DELIVERY, DeliveryState, ImpossibleStep
from gateway.ids import new_id, noun_of
from gateway.instance import Gateway
from gateway.ledger import NotRecorded, cases, deliveries, messages, transmissions
from gateway.ledger.transmissions import Transmission
from gateway.publishing import DELIVER, order_delivery


class NotPossible(Exception):
    """What was asked for cannot be done; the text says why and what can."""


class Treated(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one subject of an order."""

    subject: str
    outcome: Literal["done", "repeated", "refused"]
    """``repeated``: it had been done before, so nothing new happened."""
    text: str
    """For a person: what was done, or why not and what can."""
    made: Sequence[str] = ()
    """The messages that were made from it."""
    equal: bool | None = None
    """Of a re-run: whether the same came out as when it was first handled."""
    differences: Sequence[str] = ()
    """Of a re-run: the lines in which the two differ, ``-`` as it was, ``+`` as it is."""


def each_by_itself(subjects: Iterable[str], treat: Callable[[str], Treated]) -> list[Treated]:
    """What came of each subject, once each: what keeps one from being treated is told and does not stop the others."""
    return [treat_or_tell(subject, treat) for subject in dict.fromkeys(subjects)]


def treat_or_tell(subject: str, treat: Callable[[str], Treated]) -> Treated:
    """What ``treat`` makes of a subject, or why it cannot."""
    try:
        return treat(subject)
    except NotRecorded as fault:
        return refused(subject, f"{fault}: `sallyport messages search` shows what there is")
    except (NotPossible, ArchiveDamaged) as fault:
        return refused(subject, str(fault))


def refused(subject: str, text: str) -> Treated:
    """That nothing was done about a subject, and why."""
    return Treated(subject=subject, outcome="refused", text=text)


def demand_reason(verb: str, reason: str) -> None:
    """Raises :class:`NotPossible` where no reason is given."""
    if not reason.strip():
        raise NotPossible(f"{verb} needs a reason: say why")


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
    demand_reason("a resend", reason)

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
    order = new_id("a", now)
    try:
        data = {"reason": reason, "order": order}
        deliveries.step(connection, each.id, "resend", at=now, actor=actor, data=data)
    except ImpossibleStep:
        able = ", ".join(state for state, row in DELIVERY.table.items() if "resend" in row)
        raise NotPossible(
            f"{each.name} is {each.delivery or 'not outgoing'}; it can be sent again once it is one of: {able}"
        ) from None
    order_delivery(gateway, connection, each, again=order)
    return Resent(each.id, each.name, each.sha256)


WITHHELD: dict[DeliveryState, Literal["cancel", "leave", "wait"]] = {
    "queued": "cancel",
    "retry-wait": "cancel",
    "parked": "cancel",
    "doubtful": "cancel",
    "delivered": "leave",
    "refused": "leave",
    "cancelled": "leave",
    "sending": "wait",
    "sent": "wait",
}
"""What is done about a delivery whose message is not to be sent any more: what did not arrive is cancelled, and what
may be arriving this very moment has to come to its end first."""


def undelivered(connection: Connection, message_id: str) -> list[Transmission]:
    """The transmissions of a message that did not arrive, and can be kept back.

    Raises :class:`NotPossible` when one is on its way, or carries other messages too.
    """
    found = []
    for each in transmissions.carrying(connection, message_id):
        todo = WITHHELD[each.delivery] if each.delivery is not None else "leave"
        if todo == "wait":
            raise NotPossible(f"{each.name} is on its way ({each.delivery}): wait until that has come to its end")
        if todo == "cancel":
            if len(deliveries.carried(connection, each.id)) > 1:
                raise NotPossible(f"{each.name} carries other messages too, and cannot be kept back for one of them")
            found.append(each)
    return found


def cancel(gateway: Gateway, connection: Connection, each: Transmission, *, actor: str, reason: str) -> None:
    """Cancel the delivery of a transmission that is :func:`undelivered`."""
    try:
        deliveries.step(connection, each.id, "cancel", at=gateway.clock(), actor=actor, data={"reason": reason})
    except ImpossibleStep:
        raise NotPossible(f"{each.name} is being sent this very moment: try again") from None
    gateway.queue.drop_buried(connection, f"{DELIVER}:{each.id}")


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
