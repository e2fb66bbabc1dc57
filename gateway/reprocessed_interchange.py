"""Interchanges that came in, taken up again: the part of :mod:`gateway.reprocessing` that judges them anew.

One that was taken keeps its row, and those of its messages that are made again join it. One that was not becomes an
interchange of its own, with all its messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from gateway.acknowledging import Answered, acknowledge, as_it_stands
from gateway.arrival import printable
from gateway.inbound import REPLANS, Overtaken, Relation, record_interchange, record_message
from gateway.instance import Gateway
from gateway.ledger import (
    cases,
    idempotency,
    interchanges,
    journal,
    messages,
    profile_versions,
    receipts,
    transmissions,
)
from gateway.ledger.interchanges import InterchangeRow
from gateway.ledger.messages import MessageRow
from gateway.ledger.transmissions import Transmission
from gateway.operations import NotPossible, Treated, cancel, refused, undelivered
from gateway.planning import Plan, message_extent, plan_again
from gateway.wiring import terms_by_parties
from translators.finding import Finding
from translators.judgement import JudgedMessage
from translators.reading import read
from translators.syntax import Reading

TOLD = 3
"""Findings that a refusal names."""


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants something taken up again, why, and whether partners are to be answered again."""

    actor: str
    reason: str
    answer: bool = False


class _File(msgspec.Struct, frozen=True):
    """What is at hand while an interchange is taken up again."""

    transmission: Transmission
    reading: Reading
    plan: Plan
    generations: Sequence[InterchangeRow]
    """The interchange each time that it was taken up, the newest last."""


def interchange_again(
    gateway: Gateway, again: Again, interchange_id: str, named: Sequence[MessageRow]
) -> dict[str, Treated]:
    """What came of each of ``named``, which are messages of this interchange, by their ids.

    Raises :class:`NotPossible` when the interchange cannot be taken up, and nothing was changed.
    """
    for _ in range(REPLANS):
        try:
            return _once(gateway, again, interchange_id, named)
        except Overtaken:
            continue
    raise NotPossible("the same interchange is being worked on elsewhere: try again")


def _once(gateway: Gateway, again: Again, interchange_id: str, named: Sequence[MessageRow]) -> dict[str, Treated]:
    row = gateway.database.read(lambda c: interchanges.get(c, interchange_id))
    if row.direction == "out":
        raise NotPossible(f"interchange {row.id} went out: name the message in it")
    if row.repeats is not None:
        raise NotPossible(f"interchange {row.id} is a copy of {row.repeats}, which had its effect: name that")
    transmission, rows = gateway.database.read(
        lambda c: (transmissions.get(c, row.transmission), interchanges.of_transmission(c, row.transmission))
    )
    generations = [each for each in rows if each.offset == row.offset]
    if generations[-1].id != row.id:
        return gateway.database.read(
            lambda c: {each.id: _repeated_whole(c, each.id, generations[-1]) for each in named}
        )
    content, register = gateway.content(transmission.sha256), gateway.profiles.current
    reading = read(content, terms=terms_by_parties(register, transmission.at.date()))
    wanted = {each.offset for each in named} if row.accepted else None
    plan = plan_again(gateway, register, transmission, content, reading, row.offset, taken=row.accepted, wanted=wanted)
    if plan is None:
        raise NotPossible("as the profile has files read today, there is no interchange at that place")
    if plan.case is not None:
        raise NotPossible(f"{plan.case[0]}: {plan.case[1]}")
    file = _File(transmission, reading, plan, generations)
    return _of_taken(gateway, again, row, named, file) if row.accepted else _of_idle(gateway, again, row, named, file)


def _of_idle(
    gateway: Gateway, again: Again, row: InterchangeRow, named: Sequence[MessageRow], file: _File
) -> dict[str, Treated]:
    """An interchange that had no effect: all of it, as a new one."""
    plan = file.plan
    if plan.repeats is not None:
        when = f"{plan.repeats.at:%Y-%m-%d %H:%M} UTC"
        raise NotPossible(f"it came again on {when} and was taken then, as {plan.repeats.id}: nothing is left to do")
    if row.party is not None and plan.judgement.rejected:
        raise NotPossible(f"it is still rejected: {told(plan.judgement.findings)}")

    def commit(connection: Connection) -> dict[str, Treated]:
        now = gateway.clock()
        answered = receipts.answering_interchanges(connection, [each.id for each in file.generations])
        old = messages.of_interchange(connection, row.id)
        relation = Relation(parents={each.offset: each.id for each in old}, answers=again.answer or not answered)
        new = record_interchange(
            gateway, connection, file.transmission, file.reading, plan, row.position, now, relation
        )
        of_parent = {each.parent: each for each in messages.of_interchange(connection, new.interchange_id)}
        for each in old:
            child = of_parent.get(each.id)
            note_again(connection, again, each.id, child.id if child is not None else None, now)
        journal.append(
            connection,
            at=now,
            subject=row.id,
            kind="interchange-reprocessed",
            actor=again.actor,
            data={"interchange": new.interchange_id, "reason": again.reason, "answered": relation.answers},
        )
        cases.close_about(connection, [row.id], f"reprocessed: {again.reason}", again.actor, now)
        return {each.id: _made(each.id, of_parent.get(each.id)) for each in named}

    return gateway.database.write(commit)


def _of_taken(
    gateway: Gateway, again: Again, row: InterchangeRow, named: Sequence[MessageRow], file: _File
) -> dict[str, Treated]:
    """Messages of an interchange that was taken: each by itself, in one transaction."""
    plan = file.plan
    judged_at = {message_extent(file.reading, each.message)[0]: each for each in plan.judgement.messages}
    treated: dict[str, Treated] = {}
    able: list[tuple[MessageRow, JudgedMessage]] = []
    for each in named:
        judged = judged_at.get(each.offset)
        if judged is None:
            treated[each.id] = refused(
                each.id, "as the profile has files read today, there is no message at that place"
            )
        elif id(judged.message) not in plan.translations:
            still = "still rejected" if each.content == "rejected" else "rejected under today's profile"
            wrong = told([*judged.findings, *plan.judgement.findings])
            treated[each.id] = refused(each.id, f"it is {still}, so nothing was changed: {wrong}")
        else:
            able.append((each, judged))

    def commit(connection: Connection) -> dict[str, Treated]:
        now = gateway.clock()
        done: dict[str, Treated] = {}
        made: dict[int, str] = {}
        for old, judged in able:
            if (before := repeated(connection, old.id)) is not None:
                done[old.id] = before
                continue
            try:
                held = undelivered(connection, old.id)
            except NotPossible as fault:
                done[old.id] = refused(old.id, str(fault))
                continue
            claim_again(connection, old.id, row.sha256, now)
            for each in held:
                cancel(gateway, connection, each, actor=again.actor, reason=again.reason)
            agreement = plan.flows[id(judged.message)][0]
            text = agreement.resolved.decode()
            profile_versions.record(connection, agreement.sha256, agreement.id, text, now)
            new = record_message(
                gateway,
                connection,
                file.transmission,
                file.reading,
                plan,
                judged,
                row.id,
                old.position,
                now,
                old.id,
            )
            note_again(connection, again, old.id, new, now)
            made[id(judged.message)] = new
            done[old.id] = _made(old.id, messages.get(connection, new))
        if again.answer and made:
            standing = as_it_stands(connection, plan.judgement, row.id, made)
            answer = Answered(transmission=file.transmission, interchange_id=row.id, messages=standing)
            acknowledge(gateway, connection, plan.judgement, plan.recognition.agreements, plan.flows, answer, now)
        return done

    return treated | (gateway.database.write(commit) if able else {})


def claim_again(connection: Connection, subject: str, sha256: str, now: datetime) -> None:
    """See to it that what is named by ``subject`` is taken up again once only; raises :class:`NotPossible`."""
    if idempotency.claim(connection, scope="reprocess", key=subject, sha256=sha256, subject=subject, at=now):
        raise NotPossible(f"{subject} was just taken up again by somebody else")


def repeated(connection: Connection, message_id: str) -> Treated | None:
    """That a message was made again before, and as which; ``None`` when it was not."""
    children = messages.made_from(connection, parent=message_id)
    if not children:
        return None
    (child,) = children
    text = f"it was made again before, as {child.id} ({child.content}): name that to have it made again once more"
    return Treated(subject=message_id, outcome="repeated", made=[child.id], text=text)


def note_again(connection: Connection, again: Again, old: str, new: str | None, now: datetime) -> None:
    """Write into the old message's journal what became of it, and close the cases about it and what carried it."""
    data = {"message": new, "reason": again.reason}
    journal.append(connection, at=now, subject=old, kind="message-reprocessed", actor=again.actor, data=data)
    carriers = [each.id for each in transmissions.carrying(connection, old)]
    cases.close_about(connection, [old, *carriers], f"reprocessed: {again.reason}", again.actor, now)


def told(findings: Sequence[Finding]) -> str:
    """The first errors among ``findings``, in a line for a person."""
    wrong = [each for each in findings if each.fatal]
    texts = [
        (f"line {each.where.line}: " if each.where.line else "") + printable(each.text, 300) for each in wrong[:TOLD]
    ]
    if len(wrong) > TOLD:
        texts.append(f"and {len(wrong) - TOLD} more")
    return "; ".join(texts) or "nothing was found in it"


def _made(old: str, new: MessageRow | None) -> Treated:
    if new is None:
        text = "taken up again with its interchange, in which today's profile reads no such message"
        return Treated(subject=old, outcome="done", text=text)
    return Treated(subject=old, outcome="done", made=[new.id], text=f"made again as {new.id} ({new.content})")


def _repeated_whole(connection: Connection, message_id: str, newest: InterchangeRow) -> Treated:
    """Of a message whose interchange was taken up again as a whole."""
    text = f"its interchange was taken up again before, as {newest.id}: name that to have it done once more"
    return repeated(connection, message_id) or Treated(subject=message_id, outcome="repeated", text=text)
