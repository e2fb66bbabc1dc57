"""What time brings: receipts that fall due, MDNs that find their message, leases that run out, certificates that end,
offers without an answer.

One pass does each of these in transactions of its own, and any number of nodes may sweep at the same time: every
change asks again, under a lock, whether it still has to be made.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from gateway.channels.as2.agreed import outside_profiles
from gateway.channels.as2.inventory import Listed, inventory
from gateway.channels.as2.keys import As2Keys
from gateway.channels.as2.offering import watch_offers
from gateway.channels.as2.waiting import look_again
from gateway.channels.files.collecting import order_collections
from gateway.instance import Gateway
from gateway.ledger import alerts, cases, expectations
from gateway.ledger.expectations import Expectation

log = structlog.get_logger()

ALERTS = (60, 30, 7, 1)
"""Days before the end of a certificate at which somebody is told: partners take weeks to change one."""
AT_ONCE = 100
"""Receipts marked overdue in one transaction."""
KEYS_KEPT = timedelta(days=30)
"""How long the keys of finished jobs are remembered."""
ALERTS_KEPT = timedelta(days=90)
"""How long it is remembered what people were told that is over."""


def sweep(gateway: Gateway) -> int:
    """One pass; how many receipts were found overdue."""
    found = 0
    while some := gateway.database.write(lambda connection: _overdue(gateway, connection)):
        found += some
    look_again(gateway)
    order_collections(gateway)
    watch_offers(gateway)
    reaped = gateway.database.write(gateway.queue.reap)
    if reaped:
        log.warning("leases ran out; the jobs will be claimed again", jobs=[job.id for job in reaped])
    if stranded := gateway.database.write(gateway.queue.stranded):
        log.error("lanes slept although work was ready; they are awake now", lanes=stranded)
    if found or reaped or stranded:
        gateway.wake.set()
    return found


def watch_certificates(gateway: Gateway) -> int:
    """Open a case for each certificate of AS2 that ends soon, once for each of :data:`ALERTS`; how many were opened.

    A case that somebody closed is not opened again: the next one comes when the next of those days is there.
    """
    now, register = gateway.clock(), gateway.profiles.current
    more = gateway.database.read(lambda c: outside_profiles(c, register))
    listed = [each for each in inventory(register, As2Keys(gateway.home.keys), now, more) if _ends(each, now)]
    parties = {each.owner: each.owner if each.ours else register.channels[each.owner].party for each in listed}
    return gateway.database.write(lambda c: sum(_alert(c, each, parties[each.owner], now) for each in listed))


def tidy(gateway: Gateway) -> None:
    """What once a day is enough for."""
    now = gateway.clock()
    gateway.database.write(lambda connection: gateway.queue.forget(connection, now - KEYS_KEPT))
    gateway.database.write(lambda connection: alerts.forget(connection, now - ALERTS_KEPT))


def _ends(each: Listed, now: datetime) -> bool:
    """Whether it will stop working before the profile stops using it."""
    if each.not_after is None or each.not_after - now > timedelta(days=max(ALERTS)):
        return False
    return each.valid_to is None or each.valid_to >= max(each.not_after.date(), now.date())


def _alert(connection: Connection, each: Listed, party: str, now: datetime) -> bool:
    """Whether a case was opened."""
    if each.not_after is None or each.fingerprint is None:
        return False
    left = each.not_after - now
    reached = [days for days in ALERTS if left <= timedelta(days=days)]
    cause = "certificate-expired" if left <= timedelta(0) else f"certificate-expires-{min(reached)}"
    if any(known.cause == cause for known in cases.about(connection, [each.fingerprint])):
        return False
    whose = "our" if each.ours else "the partner's"
    whom = "every partner that has it" if each.ours else "the partner"
    text = (
        f"{whose} certificate {each.file} of `{each.owner}` ({each.subject}, used to {', '.join(each.use)})"
        f" {'expired' if left <= timedelta(0) else 'ends'} on {each.not_after:%Y-%m-%d}. Agree with {whom} on its"
        " successor and the day of the change, and name both in the profile: they may overlap"
    )
    cases.open(connection, cause, text, each.fingerprint, party, now)
    return True


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
