"""What was told by which rule, what is to be sent, and which rules are muted.

There is one row for each rule and subject, however often the same comes up: that is what keeps anything from being
told twice. Whoever tells takes rows with one statement that asks for their state again, so of two nodes that look at
the same moment one gets them.

``waiting`` (to be told) → ``told`` (a reminder may be due) → ``over`` (that it is over is to be told) → ``quiet``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, literal, null, or_, select, update

from gateway.alerts import AlertRule, Happened, Item, Notice
from gateway.ledger import journal
from gateway.ledger.cases import Case
from gateway.ledger.faults import NotRecorded
from gateway.ledger.schema import alert, alert_mute, alert_notice
from gateway.ledger.schema import case as cases
from gateway.ledger.statements import insert_new

AlertState = Literal["waiting", "told", "over", "quiet"]

_taken_for_open = alert.c.state.in_(("waiting", "told"))


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Alike things of which something is due: of one rule, one partner and one state."""

    rule: str
    party: str
    """Empty where it is the gateway itself."""
    state: AlertState
    since: datetime
    """When the first of them became due."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that is told now."""

    item: Item
    notice: str
    """The first that told it."""


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """A notice on its way to one recipient."""

    notice: Notice
    destination: str
    recipient: str
    sent_at: datetime | None


class Mute(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that tells nothing until a moment."""

    rule: str
    until: datetime
    reason: str
    actor: str
    at: datetime


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """How a rule fares."""

    decided: datetime | None = None
    """When it last had something to tell."""
    sent: datetime | None = None
    """When that last arrived somewhere."""
    unsent: int = 0
    """What of it has not arrived: it waits, is tried again, or was given up."""
    waiting: int = 0
    """Things that it has not told yet: they wait for their time, or it is muted."""
    open: int = 0
    """Things that it told and that are not over."""


def raise_(connection: Connection, rule: AlertRule, happened: Happened) -> bool:
    """Whether there is now something for the rule to tell; not when it was told and is not over."""
    due = happened.at + (rule.after or timedelta(0))
    key = {"rule": rule.id, "subject": happened.subject, "topic": happened.topic}
    values = {"about": happened.about, "party": happened.party or "", "at": happened.at}
    if insert_new(connection, alert, **key, **values, state="waiting", next_at=due, notice=None):
        return True
    of_this = and_(*(alert.c[name] == value for name, value in key.items()))
    # Over and back before anybody was told that it is over: it goes on as if it had never ended.
    again = {"state": "told", "next_at": happened.at + rule.repeat if rule.repeat else None}
    if connection.execute(update(alert).where(of_this, alert.c.state == "over").values(again)).rowcount:
        return False
    # What only happened is never over, so that it is told once.
    lasting = alert.c.topic.not_like("%.%")
    fresh = {**values, "state": "waiting", "next_at": due, "notice": None}
    return (
        connection.execute(update(alert).where(of_this, lasting, alert.c.state == "quiet").values(fresh)).rowcount == 1
    )


def end(connection: Connection, subject: str, resolving: Collection[str], at: datetime) -> bool:
    """A case was closed: what was not told yet never is; that it is over is told by the rules ``resolving``.

    Whether any rule had not known it.
    """
    of_this = alert.c.subject == subject
    told = and_(alert.c.state == "told", alert.c.rule.in_(list(resolving)))
    over = connection.execute(update(alert).where(of_this, told).values(state="over", next_at=at)).rowcount
    left = alert.c.state.in_(("waiting", "told"))
    silenced = connection.execute(update(alert).where(of_this, left).values(state="quiet", next_at=None)).rowcount
    return over + silenced > 0


def drop(connection: Connection, subject: str, rules: Collection[str]) -> bool:
    """These rules are about a case no more, which is open still; whether any of them had something to tell of it."""
    left = and_(alert.c.subject == subject, alert.c.rule.in_(list(rules)), alert.c.state != "quiet")
    return connection.execute(update(alert).where(left).values(state="quiet", next_at=None)).rowcount > 0


def pace(connection: Connection, rule: AlertRule, now: datetime) -> None:
    """Have what the rule told and is not over wait for its next reminder, where the rule reminds now and did not."""
    told = and_(alert.c.rule == rule.id, alert.c.state == "told")
    if rule.repeat:
        connection.execute(update(alert).where(told, alert.c.next_at.is_(None)).values(next_at=now + rule.repeat))
    else:
        connection.execute(update(alert).where(told, alert.c.next_at.is_not(None)).values(next_at=None))


def doubtful(connection: Connection, topics: Collection[str]) -> Sequence[Case]:
    """The cases that rules may see otherwise than their rows say, in an order that is the same everywhere.

    Those that are open and of these causes, and those that a rule takes for open.
    """
    known = select(alert.c.subject).where(_taken_for_open)
    unclosed = and_(cases.c.state != "closed", cases.c.cause.in_(list(topics)))
    rows = connection.execute(select(cases).where(or_(unclosed, cases.c.id.in_(known))).order_by(cases.c.id))
    return [Case(**row) for row in rows.mappings()]


def told_by(connection: Connection) -> dict[str, set[str]]:
    """By case or event, the rules that take it for open: they told it, or are going to."""
    found: dict[str, set[str]] = {}
    for row in connection.execute(select(alert.c.subject, alert.c.rule).where(_taken_for_open)):
        found.setdefault(row.subject, set()).add(row.rule)
    return found


def due(connection: Connection, rules: Collection[str], now: datetime) -> Sequence[Group]:
    """What of these rules is due, in an order that is the same everywhere."""
    columns = (alert.c.rule, alert.c.party, alert.c.state)
    rows = connection.execute(
        select(*columns, func.min(alert.c.next_at).label("since"))
        .where(alert.c.rule.in_(list(rules)), alert.c.next_at <= now)
        .group_by(*columns)
        .order_by(*columns)
    )
    return [Group(**row) for row in rows.mappings()]


def take(connection: Connection, group: Group, rule: AlertRule, notice: str, now: datetime) -> Sequence[Taken]:
    """The things of the group that are due, the oldest first; ``notice`` tells them, and nobody else does."""
    of_group = and_(
        alert.c.rule == group.rule,
        alert.c.party == group.party,
        alert.c.state == group.state,
        alert.c.next_at <= now,
    )
    happened: ColumnElement[bool] = alert.c.topic.like("%.%")
    again = literal(now + rule.repeat if rule.repeat else None, alert.c.next_at.type)
    following: dict[str, object] = {"state": "quiet", "next_at": None}
    if group.state != "over":
        following = {
            "state": case((happened, "quiet"), else_="told"),
            "next_at": case((happened, null()), else_=again),
            "notice": func.coalesce(alert.c.notice, notice),
        }
    wanted = (alert.c.topic, alert.c.subject, alert.c.about, alert.c.at, alert.c.notice)
    rows = connection.execute(update(alert).where(of_group).values(following).returning(*wanted)).all()
    found = [
        Taken(item=Item(topic=row.topic, subject=row.subject, about=row.about, since=row.at), notice=row.notice)
        for row in rows
    ]
    return sorted(found, key=lambda each: (each.item.since, each.item.subject, each.item.topic))


def order(connection: Connection, notice: Notice, destination: str, recipient: str) -> None:
    """Keep what is to be sent to whom."""
    insert_new(
        connection,
        alert_notice,
        id=notice.id,
        destination=destination,
        recipient=recipient,
        rule=notice.rule,
        at=notice.at,
        content=msgspec.to_builtins(notice),
        sent_at=None,
        answer=None,
    )


def sending(connection: Connection, notice: str, destination: str, recipient: str) -> Sending:
    """What is to be sent to whom; raises :class:`NotRecorded`."""
    row = connection.execute(select(alert_notice).where(_sent(notice, destination, recipient))).one_or_none()
    if row is None:
        raise NotRecorded("notice", notice)
    content = msgspec.convert(row.content, Notice)
    return Sending(notice=content, destination=destination, recipient=recipient, sent_at=row.sent_at)


def sent(connection: Connection, of: Sending, answer: str, at: datetime) -> None:
    """It arrived, and the other side said this."""
    key = _sent(of.notice.id, of.destination, of.recipient)
    connection.execute(update(alert_notice).where(key).values(sent_at=at, answer=answer))


def waits(connection: Connection, destination: str, *, after: datetime, before: datetime) -> bool:
    """Whether something that was decided between these moments has not arrived at a destination."""
    columns = alert_notice.c
    unsent = and_(columns.destination == destination, columns.sent_at.is_(None))
    decided = and_(columns.at > after, columns.at < before)
    return connection.execute(select(columns.id).where(unsent, decided).limit(1)).first() is not None


def fired(connection: Connection) -> dict[str, Fired]:
    """How each rule fares that ever had something to tell, also one that is configured no more."""
    found: dict[str, Fired] = {}
    notices = select(
        alert_notice.c.rule,
        func.max(alert_notice.c.at).label("decided"),
        func.max(alert_notice.c.sent_at).label("sent"),
        func.sum(case((alert_notice.c.sent_at.is_(None), 1), else_=0)).label("unsent"),
    ).group_by(alert_notice.c.rule)
    for row in connection.execute(notices):
        found[row.rule] = Fired(decided=row.decided, sent=row.sent, unsent=int(row.unsent))
    states = select(alert.c.rule, alert.c.state, func.count().label("many")).where(alert.c.state != "quiet")
    for row in connection.execute(states.group_by(alert.c.rule, alert.c.state)):
        so_far = found.get(row.rule, Fired())
        if row.state == "waiting":
            found[row.rule] = msgspec.structs.replace(so_far, waiting=row.many)
        elif row.state == "told":
            found[row.rule] = msgspec.structs.replace(so_far, open=row.many)
    return found


def mute(connection: Connection, rule: str, until: datetime, *, actor: str, reason: str, at: datetime) -> None:
    """The rule tells nothing until then; what it would have told and is still open then, it tells then."""
    connection.execute(delete(alert_mute).where(alert_mute.c.rule == rule))
    insert_new(connection, alert_mute, rule=rule, until=until, reason=reason, actor=actor, at=at)
    data = {"until": until.isoformat(), "reason": reason}
    journal.append(connection, at=at, subject=rule, kind="alerts-muted", actor=actor, data=data)


def unmute(connection: Connection, rule: str, *, actor: str, reason: str, at: datetime) -> bool:
    """Whether the rule was muted; it is not any more."""
    if not connection.execute(delete(alert_mute).where(alert_mute.c.rule == rule, alert_mute.c.until > at)).rowcount:
        return False
    journal.append(connection, at=at, subject=rule, kind="alerts-unmuted", actor=actor, data={"reason": reason})
    return True


def muted(connection: Connection, now: datetime) -> dict[str, Mute]:
    """The rules that are muted now."""
    rows = connection.execute(select(alert_mute).where(alert_mute.c.until > now)).mappings()
    return {row["rule"]: Mute(**row) for row in rows}


def forget(connection: Connection, before: datetime) -> int:
    """How many things were forgotten that were quiet and happened before a moment; their notices are too."""
    old = or_(alert_notice.c.sent_at < before, and_(alert_notice.c.sent_at.is_(None), alert_notice.c.at < before))
    connection.execute(delete(alert_notice).where(old))
    return connection.execute(delete(alert).where(alert.c.state == "quiet", alert.c.at < before)).rowcount


def _sent(notice: str, destination: str, recipient: str) -> ColumnElement[bool]:
    columns = alert_notice.c
    return and_(columns.id == notice, columns.destination == destination, columns.recipient == recipient)
