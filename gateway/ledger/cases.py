"""Cases: work for a person, one for each subject and cause (:data:`gateway.exchange.CASE`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select, update

from gateway.exchange import CASE, CaseEvent, CaseState
from gateway.exchange.case import RECORDED_AS
from gateway.ids import new_id
from gateway.ledger import journal
from gateway.ledger.faults import NotRecorded
from gateway.ledger.schema import case
from gateway.ledger.statements import chunks, insert_new


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Work for a person: what is wrong with what, what to do next, and whose it is."""

    id: str
    cause: str
    text: str
    party: str | None
    subject: str
    """The transmission, interchange, message or channel it is about."""
    state: CaseState
    owner: str | None
    opened_at: datetime
    """The last time, when it was opened again."""
    closed_at: datetime | None
    reason: str | None
    """Why it was closed."""


def open(
    connection: Connection,
    cause: str,
    text: str,
    subject: str,
    party: str | None,
    at: datetime,
    *,
    actor: str = "gateway",
) -> str:
    """The id of the case for this subject and cause, which is not closed when this returns.

    One that is open stays as it is; one that was closed is opened again, with the new text and without an owner.
    """
    fresh = new_id("c", at)
    data = {"cause": cause, "subject": subject, "text": text}
    if insert_new(
        connection,
        case,
        id=fresh,
        cause=cause,
        text=text,
        party=party,
        subject=subject,
        state=CASE.initial,
        owner=None,
        opened_at=at,
        closed_at=None,
        reason=None,
    ):
        journal.append(connection, at=at, subject=fresh, kind="case-opened", actor=actor, data=data)
        return fresh
    existing = (
        connection.execute(select(case).where(case.c.subject == subject, case.c.cause == cause).with_for_update())
        .mappings()
        .one()
    )
    found = Case(**existing)
    if found.state == "closed":
        values = {"text": text, "owner": None, "opened_at": at, "closed_at": None, "reason": None}
        _move(connection, found, "reopen", values, data, actor, at)
    return found.id


def explain(connection: Connection, case_id: str, text: str, *, actor: str, at: datetime) -> None:
    """Say in other words what a case is about, because more was found out; a closed one stays as it is."""
    found = _locked(connection, case_id)
    if found.state == "closed" or found.text == text:
        return
    connection.execute(update(case).where(case.c.id == case_id).values(text=text))
    journal.append(connection, at=at, subject=case_id, kind="case-explained", actor=actor, data={"text": text})


def assign(connection: Connection, case_id: str, owner: str, *, actor: str, at: datetime) -> None:
    """Give the case to ``owner``; raises :class:`gateway.exchange.ImpossibleStep` when it is closed."""
    _move(connection, _locked(connection, case_id), "assign", {"owner": owner}, {"owner": owner}, actor, at)


def release(connection: Connection, case_id: str, *, actor: str, at: datetime) -> None:
    """Take the case from its owner; raises :class:`gateway.exchange.ImpossibleStep` when it has none."""
    _move(connection, _locked(connection, case_id), "release", {"owner": None}, {}, actor, at)


def close(connection: Connection, case_id: str, reason: str, actor: str, at: datetime) -> None:
    """Close the case for ``reason``; raises :class:`gateway.exchange.ImpossibleStep` when it is closed already."""
    if not reason.strip():
        raise ValueError("A case is closed for a reason: say which")
    values = {"closed_at": at, "reason": reason}
    _move(connection, _locked(connection, case_id), "close", values, {"reason": reason}, actor, at)


def close_about(
    connection: Connection, subjects: Sequence[str], reason: str, actor: str, at: datetime
) -> Sequence[str]:
    """The ids of the cases about these subjects that were open; they are closed for ``reason`` now."""
    closing = [each.id for each in about(connection, subjects) if each.state != "closed"]
    for case_id in sorted(closing):
        close(connection, case_id, reason, actor, at)
    return closing


def close_of(connection: Connection, cause: str, subject: str, reason: str, actor: str, at: datetime) -> None:
    """Close the case of this cause about this subject for ``reason``, where there is one that is not closed."""
    for each in about(connection, [subject]):
        if each.cause == cause and each.state != "closed":
            close(connection, each.id, reason, actor, at)


def get(connection: Connection, case_id: str) -> Case:
    """The case with this id; raises :class:`NotRecorded`."""
    row = connection.execute(select(case).where(case.c.id == case_id)).mappings().one_or_none()
    if row is None:
        raise NotRecorded("case", case_id)
    return Case(**row)


def hold(connection: Connection, case_id: str) -> Case:
    """The case with this id, which nobody else changes until the transaction ends; raises :class:`NotRecorded`."""
    return _locked(connection, case_id)


def about(connection: Connection, subjects: Sequence[str]) -> Sequence[Case]:
    """The cases about these subjects, closed ones too, the oldest first."""
    found = [
        Case(**row)
        for some in chunks(subjects)
        for row in connection.execute(select(case).where(case.c.subject.in_(some))).mappings()
    ]
    return sorted(found, key=lambda each: (each.opened_at, each.id))


def list(
    connection: Connection,
    *,
    states: Sequence[CaseState] = ("open", "assigned"),
    party: str | None = None,
    owner: str | None = None,
    cause: str | None = None,
    limit: int = 100,
) -> Sequence[Case]:
    """Cases in these states, the longest open first."""
    statement = select(case).where(case.c.state.in_(states))
    for column, wanted in ((case.c.party, party), (case.c.owner, owner), (case.c.cause, cause)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    rows = connection.execute(statement.order_by(case.c.opened_at, case.c.id).limit(limit))
    return [Case(**row) for row in rows.mappings()]


def _locked(connection: Connection, case_id: str) -> Case:
    row = connection.execute(select(case).where(case.c.id == case_id).with_for_update()).mappings().one_or_none()
    if row is None:
        raise NotRecorded("case", case_id)
    return Case(**row)


def _move(
    connection: Connection,
    row: Case,
    event: CaseEvent,
    values: Mapping[str, object],
    data: Mapping[str, object],
    actor: str,
    at: datetime,
) -> None:
    following = CASE.step(row.state, event)
    connection.execute(update(case).where(case.c.id == row.id).values(state=following, **values))
    journal.append(connection, at=at, subject=row.id, kind=RECORDED_AS[event], actor=actor, data=data)
