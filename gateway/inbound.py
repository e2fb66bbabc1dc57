"""The inbound pipeline: a partner's file is recognised, judged, translated and answered.

Everything that can be thought out is thought out first (:mod:`gateway.planning`). Then *one* transaction writes all of
it, with the answers: control numbers are taken in it, the acknowledgment's bytes are built with them and
archived, and rows, events, deliveries and the end of the job are committed together. Killed before the commit, the job
runs again and comes to the same; killed after it, everything is there.

What was planned outside the transaction is checked inside it: if the same interchange was committed meanwhile by
another worker, the plan is made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from gateway.acknowledging import Answered, acknowledge, acknowledge_again
from gateway.answering import settle_answers
from gateway.arrival import printable
from gateway.exchange import EventKind
from gateway.ids import new_id
from gateway.instance import Gateway
from gateway.ledger import (
    cases,
    idempotency,
    interchanges,
    journal,
    messages,
    objects,
    profile_versions,
    references,
    transmissions,
)
from gateway.ledger.interchanges import Earlier, InterchangeRow
from gateway.ledger.messages import MessageRow
from gateway.ledger.transmissions import Transmission
from gateway.planning import Plan, extent, plan_file
from gateway.publishing import publish
from gateway.wiring import LANES, lane, terms_by_parties, wire_identity
from queues import Job
from translators.answers import is_acknowledgment
from translators.finding import Finding
from translators.judgement import JudgedMessage
from translators.reading import read
from translators.syntax import Reading

REPLANS = 5
"""How often a plan is made again because a copy of the interchange was committed meanwhile."""


class _Overtaken(Exception):
    """The same interchange was committed by another worker after the plan was made."""


def read_transmission(gateway: Gateway, job: Job) -> None:
    """The stage ``read``: everything that follows from one received file, committed at once."""
    transmission = gateway.database.read(lambda c: transmissions.get(c, job.payload["transmission"]))
    content = gateway.content(transmission.sha256)
    # One state of the profiles for reading and for planning, whatever is activated meanwhile.
    register = gateway.profiles.current
    reading = read(content, terms=terms_by_parties(register, transmission.at.date()))
    for _ in range(REPLANS):
        plans = plan_file(gateway, register, transmission, content, reading)
        try:
            gateway.database.write(partial(_commit, gateway, job, transmission, reading, plans))
        except _Overtaken:
            continue
        gateway.wake.set()
        return
    raise RuntimeError(f"the interchanges of {transmission.id} were committed elsewhere {REPLANS} times over")


def _commit(
    gateway: Gateway,
    job: Job,
    transmission: Transmission,
    reading: Reading,
    plans: list[Plan],
    connection: Connection,
) -> None:
    now = gateway.clock()
    if reading.interchanges:
        journal.append(
            connection,
            at=now,
            subject=transmission.id,
            kind="transmission-read",
            actor="gateway",
            data={"interchanges": len(plans), "findings": _told(reading.findings)},
        )
    fatal = [finding for finding in reading.findings if finding.fatal]
    if fatal or not reading.interchanges:
        _unreadable(connection, transmission, reading, fatal, now)
    for position, plan in enumerate(plans, 1):
        _record(gateway, connection, transmission, reading, plan, position, now)
    gateway.queue.complete(connection, job)


def _unreadable(
    connection: Connection, transmission: Transmission, reading: Reading, fatal: list[Finding], now: datetime
) -> None:
    """Bytes that are no interchange, or that stand beside some: a person has to look, since nobody can be answered."""
    # What each message behind a damaged header was, the journal has; that there are some, the header's finding says.
    told = [finding.text for finding in fatal if finding.code != "message-unaddressed"]
    reason = "; ".join(told) or "no interchange was found in it"
    journal.append(
        connection,
        at=now,
        subject=transmission.id,
        kind="transmission-unreadable",
        actor="gateway",
        data={"findings": _told(reading.findings)},
    )
    cases.open(
        connection,
        cause="unreadable",
        text=f"file {printable(transmission.name)}: {reason}. Ask the sender for a whole file, then close this case",
        subject=transmission.id,
        party=transmission.party,
        at=now,
    )


def _record(
    gateway: Gateway,
    connection: Connection,
    transmission: Transmission,
    reading: Reading,
    plan: Plan,
    position: int,
    now: datetime,
) -> None:
    """One interchange with everything in it and everything that follows from it."""
    interchange_id = new_id("i", now)
    interchange = plan.interchange
    if plan.assigned:
        _claim(connection, plan, interchange_id, now)
    agreement = plan.recognition.agreement if plan.assigned else None
    used = {each.sha256: each for each in (agreement, *(pair[0] for pair in plan.flows.values())) if each is not None}
    for each in used.values():
        profile_versions.record(connection, each.sha256, each.id, each.resolved.decode(), now)
    offset, length = extent(reading, interchange.offset, interchange.end)
    accepted = plan.assigned and plan.repeats is None and not plan.judgement.rejected
    interchanges.record(
        connection,
        InterchangeRow(
            id=interchange_id,
            transmission=transmission.id,
            position=position,
            direction="in",
            syntax=interchange.syntax,
            sender_qualifier=interchange.sender.qualifier,
            sender=interchange.sender.id,
            receiver_qualifier=interchange.receiver.qualifier,
            receiver=interchange.receiver.id,
            control_number=interchange.control_number,
            version=interchange.version,
            test=interchange.test,
            offset=offset,
            length=length,
            sha256=plan.sha256,
            accepted=accepted,
            party=transmission.party if plan.assigned else None,
            agreement=agreement.id if agreement else None,
            profile_sha256=agreement.sha256 if agreement else None,
            repeats=plan.repeats.id if plan.repeats else None,
            findings=plan.judgement.findings,
        ),
    )
    note = partial(journal.append, connection, at=now, actor="gateway")
    note(subject=interchange_id, kind="interchange-received", data={"control_number": interchange.control_number})
    if plan.repeats is not None:
        _repeat(gateway, connection, transmission, plan, plan.repeats, interchange_id, now)
        return
    kind: EventKind = "interchange-accepted" if accepted else "interchange-rejected"
    if plan.assigned:
        note(subject=interchange_id, kind=kind, data={"findings": _told(plan.judgement.findings)})
    recorded = {
        id(judged.message): _record_message(
            gateway, connection, transmission, reading, plan, judged, interchange_id, number, now
        )
        for number, judged in enumerate(plan.judgement.messages, 1)
        # An acknowledgment settles what it answers. An APERAK may have a flow besides, and mean something to the ERP.
        if not is_acknowledgment(judged.message.kind) or id(judged.message) in plan.flows
    }
    if plan.case is not None:
        cause, text = plan.case
        cases.open(connection, cause=cause, text=text, subject=interchange_id, party=transmission.party, at=now)
        return
    answer = Answered(transmission=transmission, interchange_id=interchange_id, messages=recorded)
    settle_answers(connection, plan.judgement, reading.source, answer, now)
    acknowledge(gateway, connection, plan.judgement, plan.recognition.agreements, plan.flows, answer, now)


def _claim(connection: Connection, plan: Plan, interchange_id: str, now: datetime) -> None:
    """Make sure that what was planned still holds: that no other copy was recorded since the plan looked."""
    interchange = plan.interchange
    parts = (
        interchange.syntax,
        *wire_identity(interchange.syntax, interchange.sender).key[1:],
        *wire_identity(interchange.syntax, interchange.receiver).key[1:],
        interchange.control_number,
        plan.base,
    )
    # Hashed, for the parts are a partner's text of any length; what was known before makes it another key each time.
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    if plan.repeats is None and isinstance(
        idempotency.claim(connection, scope="interchange", key=key, sha256=plan.sha256, subject=interchange_id, at=now),
        idempotency.Existing,
    ):
        raise _Overtaken


def _repeat(
    gateway: Gateway,
    connection: Connection,
    transmission: Transmission,
    plan: Plan,
    earlier: Earlier,
    interchange_id: str,
    now: datetime,
) -> None:
    """The same interchange again: it has no effect but that its sender gets the earlier answer once more."""
    data = {"repeats": earlier.id, "interchange": interchange_id}
    for subject in (interchange_id, earlier.id):
        journal.append(connection, at=now, subject=subject, kind="interchange-repeated", actor="gateway", data=data)
    hold = any(
        flow.duplicate.on_duplicate == "hold"
        for agreement in plan.recognition.agreements
        for flow in agreement.flows
        if flow.direction == "in" and flow.message.standard == plan.interchange.syntax
    )
    if hold:
        text = (
            f"interchange {plan.interchange.control_number} came again as it was on {earlier.at:%Y-%m-%d %H:%M} UTC;"
            " it was not processed. If the sender means it anew, have it sent under a new number; then close this case"
        )
        cases.open(connection, cause="repeat-held", text=text, subject=interchange_id, party=transmission.party, at=now)
    acknowledge_again(gateway, connection, earlier, now)


def _record_message(
    gateway: Gateway,
    connection: Connection,
    transmission: Transmission,
    reading: Reading,
    plan: Plan,
    judged: JudgedMessage,
    interchange_id: str,
    position: int,
    now: datetime,
) -> str:
    message_id = new_id("m", now)
    message, group = judged.message, judged.group
    agreement, flow = plan.flows.get(id(message), (None, None))
    translation = plan.translations.get(id(message))
    if translation is not None:
        objects.record(connection, translation.locator, now)
    offset, length = extent(reading, message.offset, message.end)
    row = MessageRow(
        id=message_id,
        direction="in",
        standard=plan.interchange.syntax,
        type=message.kind.type,
        version=message.kind.version,
        reference=message.reference,
        at=now,
        position=position,
        transmission=transmission.id,
        interchange=interchange_id,
        party=transmission.party if plan.assigned else None,
        agreement=agreement.id if agreement else None,
        flow=flow.id if flow else None,
        group_type=group.kind,
        group_number=group.control_number,
        test=plan.interchange.test,
        offset=offset,
        length=length,
        canonical_type=translation.type if translation else None,
        canonical_sha256=translation.locator.sha256 if translation else None,
        profile_sha256=agreement.sha256 if agreement else None,
        guide=judged.guide,
        map=translation.map if translation else None,
        lane=lane(flow) if flow else LANES["normal"],
        findings=judged.findings,
    )
    messages.record(connection, row)
    note = partial(
        journal.append, connection, at=now, subject=message_id, actor="gateway", profile_sha256=row.profile_sha256
    )
    note(kind="message-received", data={"interchange": interchange_id, "reference": message.reference})
    if not plan.assigned:
        note(kind="message-unassigned", data={"reason": plan.case[1] if plan.case else ""})
    elif translation is None:
        note(kind="message-rejected", data={"findings": _told(judged.findings)})
    else:
        note(kind="message-accepted", data={"guide": judged.guide, "findings": _told(judged.findings)})
        references.record_all(connection, message_id, translation.references)
        made = {
            "canonical": translation.type,
            "sha256": translation.locator.sha256,
            "map_sha256": translation.map_sha256,
        }
        note(kind="message-translated", data=made)
        publish(gateway, connection, row, translation.locator.size, now)
    return message_id


def _told(findings: Sequence[Finding]) -> list[str]:
    """The findings as an event keeps them: code and place; the whole stands beside the message."""
    return [f"{each.code} {each.where.segment or ''}:{each.where.line or ''}" for each in findings if each.fatal]
