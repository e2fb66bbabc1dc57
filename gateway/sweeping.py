"""What time brings: receipts that fall due, leases that run out, uploads that have been shown long enough.

One pass does each of these in transactions of its own, and any number of nodes may sweep at the same time: every
change asks again, under a lock, whether it still has to be made.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import Connection

from gateway.instance import Gateway
from gateway.ledger import cases, expectations
from gateway.ledger.expectations import Expectation

log = structlog.get_logger()

AT_ONCE = 100
"""Receipts marked overdue in one transaction."""
KEYS_KEPT = timedelta(days=30)
"""How long the keys of finished jobs are remembered."""


def sweep(gateway: Gateway) -> int:
    """One pass; how many receipts were found overdue."""
    found = 0
    while some := gateway.database.write(lambda connection: _overdue(gateway, connection)):
        found += some
    reaped = gateway.database.write(gateway.queue.reap)
    if reaped:
        log.warning("leases ran out; the jobs will be claimed again", jobs=[job.id for job in reaped])
    if stranded := gateway.database.write(gateway.queue.stranded):
        log.error("lanes slept although work was ready; they are awake now", lanes=stranded)
    if found or reaped or stranded:
        gateway.wake.set()
    return found


def tidy(gateway: Gateway) -> None:
    """What once a day is enough for."""
    gateway.database.write(lambda connection: gateway.queue.forget(connection, gateway.clock() - KEYS_KEPT))


def _overdue(gateway: Gateway, connection: Connection) -> int:
    now = gateway.clock()
    due = expectations.overdue(connection, now, AT_ONCE)
    for each in due:
        if expectations.mark_overdue(connection, each.id, now) and each.opens_case:
            cases.open(
                connection, cause="receipt-overdue", text=_told(each), subject=each.message, party=each.party, at=now
            )
    return len(due)


def _told(each: Expectation) -> str:
    return (
        f"`{each.party}` has not answered interchange {each.control_number} with a {each.kind.upper()}, due"
        f" {each.due_at:%Y-%m-%d %H:%M} UTC. Ask its EDI desk whether it arrived; `sallyport messages resend"
        f" {each.message}` sends the same bytes again"
    )
