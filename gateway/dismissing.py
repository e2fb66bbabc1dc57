"""Dismiss: a person decides that nothing more is to be done about a message, and says why.

Nothing is deleted and no verdict is changed that was an answer to somebody. What is *open* about the message is closed:

=================================== ===============================================================================
its cases                           closed, with the reason. A case about the interchange it came in is closed when the
                                    last message that waited there for a person is dismissed
a receipt that is awaited           withdrawn, as far as it has not come; should it come all the same, it counts
a delivery that did not arrive      cancelled (:data:`gateway.operations.WITHHELD`)
content ``unassigned``,             ``dismissed``: it leaves the tray of what waits for a person
``quarantined``
=================================== ===============================================================================

It is not possible while the bytes are on their way, since nobody knows then what is being decided; nor where nothing
is open. A message that was made again has handed its open matters on to the new one.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from gateway.exchange import CONTENT, EXPECTATION
from gateway.instance import Gateway
from gateway.ledger import cases, expectations, journal, messages, transmissions
from gateway.ledger.messages import MessageRow
from gateway.operations import NotPossible, Treated, cancel, demand_reason, each_by_itself, undelivered


def dismiss(gateway: Gateway, subjects: Sequence[str], *, actor: str, reason: str) -> list[Treated]:
    """What came of each of ``subjects``, which are messages; each in a transaction of its own.

    Raises :class:`NotPossible` without a reason; whatever else is wrong is told of the message that it is wrong with.
    """
    demand_reason("a dismissal", reason)
    return each_by_itself(
        subjects, lambda subject: gateway.database.write(lambda c: _dismiss(gateway, c, subject, actor, reason))
    )


def _dismiss(gateway: Gateway, connection: Connection, subject: str, actor: str, reason: str) -> Treated:
    row = messages.get(connection, subject)
    if row.content == "reprocessed":
        newer = ", ".join(each.id for each in messages.made_from(connection, parent=subject))
        raise NotPossible(f"it was made again as {newer or 'nothing'}: what is open is open about that")
    now = gateway.clock()
    held = undelivered(connection, subject)
    for each in held:
        cancel(gateway, connection, each, actor=actor, reason=reason)
    # Cancelling withdrew what was expected of these; what was delivered and never answered is left.
    awaited = [
        each
        for each in expectations.of_message(connection, subject, locking=True)
        if "withdraw" in EXPECTATION.table[each.state]
    ]
    expectations.withdraw(connection, awaited, at=now, actor=actor)
    decided = "dismiss" in CONTENT.table[row.content]
    about = [subject, *(each.id for each in transmissions.carrying(connection, subject))]
    if decided and row.interchange is not None and not _others_wait(connection, row):
        about.append(row.interchange)
    closed = cases.close_about(connection, about, reason, actor, now)
    if not (held or awaited or decided or closed):
        if any(event.kind == "message-dismissed" for event in journal.of(connection, subject)):
            return Treated(subject=subject, outcome="repeated", text="it was dismissed before, and nothing new is open")
        raise NotPossible(
            f"nothing is open about it: content {row.content}, delivery {row.delivery}, receipt {row.receipt}, no case"
        )
    data = {
        "reason": reason,
        "cancelled": [each.id for each in held],
        "withdrawn": [each.kind for each in awaited],
        "cases": list(closed),
    }
    journal.append(connection, at=now, subject=subject, kind="message-dismissed", actor=actor, data=data)
    return Treated(subject=subject, outcome="done", text=_told(len(held), len(awaited), len(closed), decided))


def _others_wait(connection: Connection, row: MessageRow) -> bool:
    """Whether other messages of the same interchange wait for a person."""
    siblings = messages.of_interchange(connection, row.interchange or "")
    return any(each.id != row.id and "dismiss" in CONTENT.table[each.content] for each in siblings)


def _told(cancelled: int, withdrawn: int, closed: int, decided: bool) -> str:
    parts = [
        f"{many} {one if many == 1 else several}"
        for many, one, several in (
            (cancelled, "delivery cancelled", "deliveries cancelled"),
            (withdrawn, "receipt awaited no longer", "receipts awaited no longer"),
            (closed, "case closed", "cases closed"),
        )
        if many
    ]
    if decided:
        parts.append("it waits for nobody any more")
    return "dismissed: " + ", ".join(parts)
