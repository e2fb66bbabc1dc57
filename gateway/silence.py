"""Silence: the file that did not come.

Nothing arrives to say so, so every flow whose profile states a cadence is asked in turn when something last came in it.
A silence that is longer than usual is a case; the next message closes it.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gateway.exchange.silence import REMEMBERED, counted, usual
from gateway.instance import Gateway
from gateway.ledger import arrivals, cases
from gateway.ledger.cases import Case
from partners import Agreement, Cadence, Flow, write_duration

CAUSE = "silent"
_SHORT = 64


def watch_silence(gateway: Gateway) -> int:
    """Open a case for each flow in which something should have come, and close those of flows that speak again.

    How many flows are silent. A case that a person closed is not opened again before something came.
    """
    now = gateway.clock()
    silent = 0
    for agreement, flow in gateway.profiles.current.flows():
        if flow.cadence is None or agreement.status != "live":
            continue
        zone = ZoneInfo(agreement.terms.timezone)
        if agreement.terms.covers(now.astimezone(zone).date()):
            silent += _watch(gateway, agreement, flow, flow.cadence, zone, now)
    return silent


def subject_of(agreement: Agreement, flow: Flow) -> str:
    """What the case of a silent flow is about: the flow's full name, or its hash where that is too long."""
    name = f"{agreement.id}/{flow.id}"
    return name if len(name) <= _SHORT else hashlib.sha256(name.encode()).hexdigest()


def _watch(gateway: Gateway, agreement: Agreement, flow: Flow, cadence: Cadence, zone: ZoneInfo, now: datetime) -> bool:
    """Whether the flow is silent; the case is opened or closed."""
    subject, party = subject_of(agreement, flow), agreement.party.id

    def look(connection: Connection) -> tuple[list[datetime], Case | None]:
        known = [each for each in cases.about(connection, [subject]) if each.cause == CAUSE]
        return arrivals.latest(connection, party, agreement.id, flow.id, REMEMBERED + 1), known[0] if known else None

    moments, case = gateway.database.read(look)
    allowed = cadence.within or usual(moments, cadence.days, zone)
    since = moments[-1] if moments else _beginning(agreement, zone)
    if since is None or allowed is None:
        return False
    if counted(since, now, cadence.days, zone) <= allowed:
        if case is not None and case.state != "closed":
            reason = f"a message came on {since:%Y-%m-%d %H:%M} UTC"
            gateway.database.write(lambda c: cases.close(c, case.id, reason, "gateway", now))
        return False
    if case is None or case.opened_at <= since:
        text = _told(agreement, flow, moments, allowed, learned=cadence.within is None)
        gateway.database.write(lambda c: cases.open(c, CAUSE, text, subject, party, now))
    return True


def _told(agreement: Agreement, flow: Flow, moments: list[datetime], allowed: timedelta, *, learned: bool) -> str:
    came = f"the last came on {moments[-1]:%Y-%m-%d %H:%M} UTC" if moments else "none ever came"
    gaps = min(len(moments) - 1, REMEMBERED)
    why = f"half as long again as the longest of the last {gaps} pauses" if learned else "as the profile says"
    return (
        f"no {flow.message.type} comes from `{agreement.party.id}` in flow {agreement.id}/{flow.id}: {came}, and a"
        f" silence of {write_duration(timedelta(seconds=round(allowed.total_seconds())))} is usual ({why}). Ask its EDI"
        " desk whether something was sent; the next message closes this case"
    )


def _beginning(agreement: Agreement, zone: ZoneInfo) -> datetime | None:
    """Since when something could have come, as far as the profile says; a flow without a first day is only learned."""
    day = agreement.terms.valid_from
    return datetime.combine(day, time(), zone).astimezone(UTC) if day is not None else None
