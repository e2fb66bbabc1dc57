"""Files for partners that collect them here: placed in the partner's mailbox, which lies in our own database.

So placing the file and recording that it was placed are one transaction. A name may be taken, since the profile says
how files are called and numbers begin anew. What the partner has not collected is never replaced by something else: the
new file waits until it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from gateway.channels.channel import COLLECTED_WITHIN, Carry
from gateway.instance import Gateway
from gateway.ledger import attempts, deliveries, mailboxes
from gateway.ledger.transmissions import Transmission
from gateway.working import TryAgain
from queues import Job


def place_in_mailbox(gateway: Gateway, job: Job, transmission: Transmission) -> None:
    """See :data:`gateway.channels.channel.Carry`."""
    try:
        gateway.database.write(lambda c: _place(gateway, c, job, transmission))
    except _NameTaken as fault:
        text = str(fault)
        gateway.database.write(lambda c: attempts.record(c, transmission.id, gateway.clock(), "failed", text))
        raise TryAgain(text, cap=COLLECTED_WITHIN) from None


MAILBOXES: Mapping[str, Carry] = {"sftp": place_in_mailbox}


class _NameTaken(Exception):
    """Something else lies in the mailbox under this name."""


def _place(gateway: Gateway, connection: Connection, job: Job, transmission: Transmission) -> None:
    now = gateway.clock()
    if transmission.party is None:
        raise LookupError(f"transmission {transmission.id} has no party")
    there = mailboxes.find(connection, transmission.party, "out", transmission.name)
    if there is not None and there.collected_at is None and there.transmission != transmission.id:
        raise _NameTaken(
            f"`{transmission.party}` has not collected an earlier {transmission.name}; the new one waits for that."
            " Put {number} or {id} into `file_name` of its channel if names are not to repeat"
        )
    mailboxes.place(
        connection,
        transmission.party,
        "out",
        transmission.name,
        transmission.sha256,
        transmission.size,
        transmission.id,
        now,
    )
    attempts.record(connection, transmission.id, now, "delivered", f"placed in the mailbox as {transmission.name}")
    deliveries.step(connection, transmission.id, "confirm", at=now, actor="gateway", data={"name": transmission.name})
    gateway.queue.complete(connection, job)
