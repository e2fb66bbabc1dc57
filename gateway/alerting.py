"""Alerting: what happened is judged by the rules, and what is due is told, each in one transaction.

The stage :data:`~gateway.alert_orders.ALERTS` reads lines of the journal and notes, for each rule that is about them,
that there is something to tell: one row for each rule and subject (:mod:`gateway.ledger.alerts`), so the same thing is
told once however often it comes up, by however many nodes, and whatever is killed in between.

:func:`tell_due` then looks, every second, what has waited for its time: what a rule's ``after`` holds back while it may
still end by itself, what its ``digest`` collects, reminders, and what is over. All that is due of one rule and partner
becomes one notice, whose content is settled and whose sending is ordered in the transaction that takes it. A rule that
is muted is passed over: what is still open when it may speak again is told then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from gateway.alert_orders import ALERTS, AT_ONCE, SEND, destination_subject
from gateway.alerts import (
    MOST_ITEMS,
    MOST_PARENTS,
    AlertRule,
    AlertSettings,
    Happened,
    MailDestination,
    Matcher,
    Notice,
    NoticeKind,
)
from gateway.exchange import Event
from gateway.ids import new_id, noun_of
from gateway.instance import Gateway
from gateway.ledger import alerts, cases, journal, messages, transmissions
from gateway.ledger.alerts import AlertState, Group, Taken
from gateway.ledger.cases import Case
from gateway.ledger.faults import NotRecorded
from gateway.ledger.statements import chunks
from gateway.operations import NotPossible, demand_reason
from gateway.outbox import LINES
from gateway.telling import told_of
from gateway.wiring import LANES
from gateway.working import ABOUT, Stage
from queues import Job

_KINDS: dict[AlertState, NoticeKind] = {"waiting": "alert", "told": "reminder", "over": "resolved"}


def judge_with(settings: AlertSettings) -> Stage:
    """The stage :data:`~gateway.alert_orders.ALERTS`, by these rules."""
    matcher = Matcher(settings.rules)
    resolving = [rule.id for rule in settings.rules if rule.resolved]

    def judge(gateway: Gateway, job: Job) -> None:
        numbers = [int(number) for number in job.payload[LINES].split()]
        lines = gateway.database.read(lambda connection: journal.numbered(connection, numbers))
        events = list(_events(gateway, numbers, matcher)) if matcher.events else []

        def commit(connection: Connection) -> None:
            happened = list(events)
            for line in lines:
                # One that is open again is as if it had never ended: jobs may be done in another order than they came.
                if line.kind == "case-closed" and cases.hold(connection, line.subject).state == "closed":
                    alerts.end(connection, line.subject, resolving, line.at)
                elif (
                    line.kind in ("case-opened", "case-reopened")
                    and (case := _case(connection, matcher, line)) is not None
                ):
                    happened.append(case)
            for each in happened:
                for rule in matcher.matching(each):
                    alerts.raise_(connection, rule, each)
            gateway.queue.complete(connection, job)

        gateway.database.write(commit)

    return judge


def catch_up(gateway: Gateway, settings: AlertSettings) -> int:
    """How many cases the rules did not know of as they stand: what no line of the journal will say any more.

    When a gateway starts, cases may have been opened and closed while alerts were switched off, and rules may be new or
    about something else than before. Each open case is judged by the rules of today, and what is over is ended.
    """
    matcher = Matcher(settings.rules)
    configured = frozenset(rule.id for rule in settings.rules)
    resolving = [rule.id for rule in settings.rules if rule.resolved]

    def look(connection: Connection) -> list[str]:
        told_by = alerts.told_by(connection)
        return [
            row.id
            for row in alerts.doubtful(connection, matcher.topics)
            if row.state == "closed"
            or told_by.get(row.id, frozenset()) & configured
            != {rule.id for rule in matcher.matching(_happened(connection, matcher, row, row.opened_at))}
        ]

    def judge(connection: Connection, some: Sequence[str]) -> int:
        found = 0
        for identifier in some:
            row = cases.hold(connection, identifier)
            if row.state == "closed":
                found += alerts.end(connection, row.id, resolving, gateway.clock())
                continue
            happened = _happened(connection, matcher, row, row.opened_at)
            matching = matcher.matching(happened)
            dropped = alerts.drop(connection, row.id, configured - {rule.id for rule in matching})
            found += any([dropped, *(alerts.raise_(connection, rule, happened) for rule in matching)])
        return found

    def pace(connection: Connection) -> None:
        for rule in settings.rules:
            alerts.pace(connection, rule, gateway.clock())

    gateway.database.write(pace)
    differing = gateway.database.read(look)
    return sum(gateway.database.write(partial(judge, some=some)) for some in chunks(differing, AT_ONCE))


def tell_due(gateway: Gateway, settings: AlertSettings) -> int:
    """How many notices were decided: everything that is due, of every rule that is not muted."""
    now = gateway.clock()
    rules = {rule.id: rule for rule in settings.rules}

    def look(connection: Connection) -> list[Group]:
        muted = alerts.muted(connection, now)
        return list(alerts.due(connection, [rule for rule in rules if rule not in muted], now))

    told = 0
    for group in gateway.database.read(look):
        rule = rules[group.rule]
        if group.state == "told" or now - group.since >= rule.digest:
            told += gateway.database.write(partial(_tell, gateway, settings, group, rule))
    return told


def mute(gateway: Gateway, rule: str, until: datetime, *, actor: str, reason: str) -> None:
    """A rule tells nothing until then; raises :class:`~gateway.operations.NotPossible`."""
    demand_reason("muting", reason)
    _must_be_known(gateway, rule)
    now = gateway.clock()
    if until <= now:
        raise NotPossible(f"{until:%Y-%m-%d %H:%M} UTC is over: name a moment to come")
    gateway.database.write(lambda c: alerts.mute(c, rule, until, actor=actor, reason=reason, at=now))


def unmute(gateway: Gateway, rule: str, *, actor: str, reason: str) -> None:
    """A rule tells again, at first what is open; raises :class:`~gateway.operations.NotPossible`."""
    demand_reason("unmuting", reason)
    _must_be_known(gateway, rule)
    if not gateway.database.write(lambda c: alerts.unmute(c, rule, actor=actor, reason=reason, at=gateway.clock())):
        raise NotPossible(f"the rule `{rule}` is not muted: `sallyport alerts list` shows which are")


def _must_be_known(gateway: Gateway, rule: str) -> None:
    known = [each.id for each in gateway.home.config.alerts.rules]
    if rule not in known:
        raise NotPossible(f"there is no rule `{rule}`; there are: {', '.join(known) or 'none'}")


def _case(connection: Connection, matcher: Matcher, line: Event) -> Happened | None:
    """What a line about a case says; ``None`` when the case is closed by now.

    The case is held until the transaction ends: whoever closes it meanwhile waits, and finds that a rule knows of it.
    """
    row = cases.hold(connection, line.subject)
    return _happened(connection, matcher, row, line.at) if row.state != "closed" else None


def _happened(connection: Connection, matcher: Matcher, row: Case, at: datetime) -> Happened:
    flow = _flow(connection, row.subject) if matcher.by_flow else None
    return Happened(topic=row.cause, subject=row.id, about=row.subject, party=row.party, flow=flow, at=at)


def _flow(connection: Connection, subject: str) -> str | None:
    """The full name of the flow that a case's subject belongs to, where it belongs to one."""
    if "/" in subject:
        return subject
    agreement: str | None = None
    flow: str | None = None
    # A channel may bear a name that begins as an id does, such as `t-north`: then the ledger has no such thing.
    with suppress(NotRecorded):
        match noun_of(subject):
            case "m":
                row = messages.get(connection, subject)
                agreement, flow = row.agreement, row.flow
            case "t":
                facts = transmissions.get(connection, subject).facts
                agreement, flow = facts.get("agreement"), facts.get("flow")
    return f"{agreement}/{flow}" if agreement and flow else None


def _events(gateway: Gateway, numbers: list[int], matcher: Matcher) -> Iterator[Happened]:
    for each in told_of(gateway, numbers, matcher.events):
        data, subject = each.data, each.line.subject
        flow = f"{data.agreement}/{data.flow}" if data.agreement and data.flow else None
        yield Happened(topic=each.name, subject=subject, about=subject, party=data.party, flow=flow, at=each.line.at)


def _tell(gateway: Gateway, settings: AlertSettings, group: Group, rule: AlertRule, connection: Connection) -> bool:
    """Whether there was still something to tell; its sending is ordered."""
    now = gateway.clock()
    identifier = new_id("n", now)
    taken = alerts.take(connection, group, rule, identifier, now)
    if not taken:
        return False
    notice = _notice(identifier, rule, group, taken, now)
    destinations = settings.destinations
    for name in rule.to:
        if all(each.item.about == destination_subject(name) for each in taken):
            # It would not take that either.
            continue
        destination = destinations[name]
        recipients = destination.to if isinstance(destination, MailDestination) else ("",)
        for number, recipient in enumerate(recipients):
            alerts.order(connection, notice, name, recipient)
            gateway.queue.enqueue(
                connection,
                kind=SEND,
                key=f"{SEND}:{identifier}:{name}:{number}",
                payload={
                    "notice": identifier,
                    "destination": name,
                    "recipient": recipient,
                    ABOUT: destination_subject(name),
                },
                partner=f"{ALERTS}/{name}",
                lane=LANES["urgent"],
            )
    return True


def _notice(identifier: str, rule: AlertRule, group: Group, taken: Sequence[Taken], now: datetime) -> Notice:
    parents = dict.fromkeys(each.notice for each in taken if each.notice != identifier)
    return Notice(
        id=identifier,
        kind=_KINDS[group.state],
        rule=rule.id,
        severity=rule.severity,
        party=group.party or None,
        at=now,
        count=len(taken),
        topics=Counter(each.item.topic for each in taken),
        items=tuple(each.item for each in taken[:MOST_ITEMS]),
        parents=tuple(parents)[:MOST_PARENTS],
    )
