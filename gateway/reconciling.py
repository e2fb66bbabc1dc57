"""Reconciliation of a gateway: the equation, and what nothing and nobody takes care of.

It asks the ledger and the queue and changes nothing. The nightly one opens a case for each thing it finds, because a
gateway that lost something would otherwise be the last to say so.
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import structlog
from sqlalchemy import Connection

from gateway.exchange import Balance
from gateway.instance import Gateway
from gateway.ledger import balances, cases
from gateway.ledger.balances import Awaited, Unaccounted
from gateway.publishing import DELIVER
from gateway.receiving import BUILD, READ
from queues import WorkQueue

log = structlog.get_logger()

LOOKED_BACK = 3
"""Days before today that the nightly reconciliation looks at; what is undelivered it looks at whatever its age."""


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """How things stand."""

    balances: list[Balance]
    unaccounted: list[Unaccounted]

    @property
    def holds(self) -> bool:
        """Whether the equation holds everywhere, and everything is in somebody's hands."""
        return not self.unaccounted and not any(each.difference for each in self.balances)


def reconcile(connection: Connection, first: date, last: date, *, party: str | None = None) -> Reconciliation:
    """The balances of the days from ``first`` to ``last`` (UTC), and what is unaccounted for; of one partner, if so."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    found = balances.unaccounted(connection, first, last, reading=_awaited(READ, BUILD), sending=_awaited(DELIVER))
    return Reconciliation(
        balances=[each for day in days for each in balances.of_day(connection, day, party=party)],
        unaccounted=[each for each in found if party is None or each.party == party],
    )


def _awaited(*stages: str) -> Awaited:
    """Whether a job of one of these stages will still run for a transmission."""
    queue = WorkQueue()
    return lambda connection, subject: any(
        queue.expects(connection, f"{stage}:{subject}", longer=True) for stage in stages
    )


def reconcile_nightly(gateway: Gateway) -> int:
    """How many things are unaccounted for; each has a case."""
    now = gateway.clock()
    today = now.date()
    found = gateway.database.read(lambda c: reconcile(c, today - timedelta(days=LOOKED_BACK), today))
    for each in found.balances:
        if each.difference:
            log.error("the equation does not hold", **msgspec.structs.asdict(each))

    def note(connection: Connection) -> None:
        for each in found.unaccounted:
            cases.open(connection, "unaccounted", each.text, each.subject, each.party, now)

    if found.unaccounted:
        log.error("something is unaccounted for", subjects=[each.subject for each in found.unaccounted])
        gateway.database.write(note)
    return len(found.unaccounted)
