"""Files that go to a place of others: one attempt to put a transmission's bytes under their name.

The attempt is recorded as begun, then the file is put, then that is recorded. A crash between the last two makes the
next attempt find the file there, byte for byte, which is a delivery; if the other side has collected it meanwhile it is
put there once more, under the same name. What stands under the name and was not collected is never replaced: the new
file waits. A place that says no, because a key or a folder changed, keeps everything waiting that goes there: one case
tells of it, and what waits goes on when it is mended.
"""

from __future__ import annotations

from sqlalchemy import Connection

from gateway import gates
from gateway.channels.channel import COLLECTED_WITHIN
from gateway.channels.files.place import Denied, NameTaken, OpenPlace, PlaceFault, Unreachable
from gateway.instance import Gateway
from gateway.ledger import attempts, cases, deliveries
from gateway.ledger.transmissions import Transmission
from gateway.publishing import retry_terms
from gateway.working import TryAgain
from queues import Job

CAUSE = "delivering-fails"


class FileSender:
    """Puts files into places; safe to use from several threads."""

    def __init__(self, open_place: OpenPlace) -> None:
        self._open_place = open_place

    def deliver(self, gateway: Gateway, job: Job, transmission: Transmission) -> None:
        """One attempt; the job is at its end unless this raises.

        Raises :class:`TryAgain`, and what the archive and the database raise.
        """
        now = gateway.clock()
        gateway.database.write(lambda c: deliveries.step(c, transmission.id, "start", at=now, actor="gateway"))
        name = transmission.name
        try:
            with self._open_place(transmission.channel) as place:
                there = place.put(name, gateway.opened(transmission.sha256), transmission.sha256, transmission.id)
        except PlaceFault as fault:
            text, refused = str(fault), isinstance(fault, Denied)

            def failed(connection: Connection) -> None:
                at = gateway.clock()
                attempts.record(connection, transmission.id, at, "failed", text)
                deliveries.step(connection, transmission.id, "fail", at=at, actor="gateway", data={"reason": text})
                if refused:
                    told = f"nothing can be delivered over channel `{transmission.channel}`: {text}. It is tried again"
                    cases.open(connection, CAUSE, told, transmission.channel, transmission.party, at)

            gateway.database.write(failed)
            if isinstance(fault, Unreachable):
                gates.unreached(gateway, job, text)
            else:
                gates.reached(gateway, job)
            terms = retry_terms(gateway, transmission)
            cap = min(terms.cap, COLLECTED_WITHIN) if isinstance(fault, NameTaken) else terms.cap
            raise TryAgain(text, min(terms.base, cap), cap, terms.budget) from None
        gates.reached(gateway, job)
        detail = f"found there as {name}, from an attempt before" if there else f"put there as {name}"

        def confirmed(connection: Connection) -> None:
            at = gateway.clock()
            attempts.record(connection, transmission.id, at, "delivered", detail)
            deliveries.step(connection, transmission.id, "confirm", at=at, actor="gateway", data={"name": name})
            cases.close_of(connection, CAUSE, transmission.channel, "a file could be delivered again", "gateway", at)
            gateway.queue.complete(connection, job)

        gateway.database.write(confirmed)
