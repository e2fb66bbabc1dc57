"""Limits: how much may be free, wait or take, before it is work for a person.

Each is a case that closes itself when all is well again, and opens at once when it is not any more. One that a person
closes comes back after an hour if the limit still does not hold: nobody forgets a full disk, and nobody is told of it
every few seconds. Well is a tenth better than the limit, so that what wavers about it opens no case again and again.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.instance import Gateway
from gateway.ledger import cases, journal, statistics
from gateway.ledger.cases import Case
from partners import write_duration

AGAIN = timedelta(hours=1)
"""After a person closed it, a case stays closed at least that long."""
WELL = 0.9
"""The part of an age's limit below which all is well again."""
_SUBJECT = 64
CAUSES = ("disk-low", "queue-slow", "delivery-late")


def watch_limits(gateway: Gateway) -> int:
    """Open a case for each limit that does not hold, and close those of limits that do again; how many do not."""
    limits, now = gateway.home.config.alerts.limits, gateway.clock()
    broken: dict[tuple[str, str], tuple[str | None, str]] = {}
    kept: set[tuple[str, str]] = set()
    if limits.disk_free is not None:
        key = ("disk-low", f"disk:{socket.gethostname()}"[:_SUBJECT])
        free = shutil.disk_usage(gateway.home.data).free
        if free < limits.disk_free:
            broken[key] = (None, _disk(gateway, free, limits.disk_free))
        elif free < limits.disk_free * 11 // 10:
            kept.add(key)
    if limits.queue_age is not None:
        depths = gateway.database.read(gateway.queue.depth)
        oldest = min((each.oldest for each in depths if each.oldest is not None), default=now)
        if now - oldest > limits.queue_age:
            waiting = sum(each.ready for each in depths)
            broken["queue-slow", "queue"] = (None, _queue(waiting, now - oldest, limits.queue_age))
        elif now - oldest > limits.queue_age * WELL:
            kept.add(("queue-slow", "queue"))
    if (allowed := limits.delivery_age) is not None:
        for each in gateway.database.read(lambda c: statistics.late_deliveries(c, now - allowed)):
            text = _late(each.party, each.count, now - each.oldest, allowed)
            broken["delivery-late", f"party:{each.party}"[:_SUBJECT]] = (each.party, text)
        for each in gateway.database.read(lambda c: statistics.late_deliveries(c, now - allowed * WELL)):
            kept.add(("delivery-late", f"party:{each.party}"[:_SUBJECT]))
    known = gateway.database.read(_open)
    if broken or known:
        gateway.database.write(lambda c: _settle(c, broken, kept, now))
    return len(broken)


def _open(connection: Connection) -> set[tuple[str, str]]:
    found = [each for cause in CAUSES for each in cases.list(connection, cause=cause, limit=1000)]
    return {(each.cause, each.subject) for each in found if not _elsewhere(each.subject)}


def _elsewhere(subject: str) -> bool:
    """Whether it is about the disk of another node, which looks after it itself."""
    return subject.startswith("disk:") and subject != f"disk:{socket.gethostname()}"[:_SUBJECT]


def _settle(
    connection: Connection,
    broken: Mapping[tuple[str, str], tuple[str | None, str]],
    kept: set[tuple[str, str]],
    now: datetime,
) -> None:
    for cause, subject in sorted(_open(connection) - set(broken) - kept):
        cases.close_of(connection, cause, subject, "it is as it should be again", "gateway", now)
    for (cause, subject), (party, text) in sorted(broken.items()):
        earlier = [each for each in cases.about(connection, [subject]) if each.cause == cause]
        if not any(_wanted_closed(connection, each, now) for each in earlier):
            cases.open(connection, cause, text, subject, party, now)


def _wanted_closed(connection: Connection, earlier: Case, now: datetime) -> bool:
    """Whether a person closed the case not long ago."""
    if earlier.closed_at is None or now - earlier.closed_at >= AGAIN:
        return False
    closings = [each for each in journal.of(connection, earlier.id) if each.kind == "case-closed"]
    return closings[-1].actor != "gateway"


def _disk(gateway: Gateway, free: int, limit: int) -> str:
    return (
        f"{free >> 20} MiB are free on the disk of {gateway.home.data}, and {limit >> 20} should be. Make room or "
        "enlarge it: when it is full, nothing is taken from partners any more. This case closes itself"
    )


def _queue(waiting: int, age: timedelta, limit: timedelta) -> str:
    return (
        f"{waiting} jobs wait, the first for {_seconds(age)}, and {write_duration(limit)} is the limit. See with"
        " `sallyport doctor` what keeps the gateway, or give it more workers. This case closes itself"
    )


def _late(party: str, count: int, age: timedelta, limit: timedelta) -> str:
    return (
        f"{count} deliveries to `{party}` have not arrived, the first after {_seconds(age)}, and"
        f" {write_duration(limit)} is the limit. `sallyport messages search --delivery retry-wait` shows messages that"
        " wait; ask the partner whether its server runs. This case closes itself"
    )


def _seconds(age: timedelta) -> str:
    return write_duration(timedelta(seconds=round(age.total_seconds())))
