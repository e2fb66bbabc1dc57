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
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec
from sqlalchemy import Connection

from gateway.acknowledging import Answered, acknowledge, acknowledge_again, as_it_stands
from gateway.answering import settle_answers
from gateway.arrival import printable
from gateway.config import FILE
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
from gateway.planning import Plan, extent, message_extent, plan_file
from gateway.publishing import publish
from gateway.wiring import LANES, lane, terms_by_parties, wire_identity
from gateway.working import GiveUp
from queues import Job
from translators.answers import is_acknowledgment
from translators.finding import Finding
from translators.judgement import JudgedMessage
from translators.reading import read
from translators.syntax import Reading

NAMED = 20
"""Packages that the case about them names."""
REPLANS = 5
"""How often a plan is made again because a copy of the interchange was committed meanwhile."""


class Overtaken(Exception):
    """The same interchange was committed by another worker after the plan was made."""


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """That an interchange is recorded a second time, since somebody had it processed again."""

    parents: Mapping[int, str]
    """The messages that it was first, by where they begin in the file as received."""
    answers: bool
    """Whether its sender is to be answered."""


def read_transmission(gateway: Gateway, job: Job) -> None:
    """The stage ``read``: everything that follows from one received file, committed at once."""
    transmission = gateway.database.read(lambda c: transmissions.get(c, job.payload["transmission"]))
    read_and_record(gateway, transmission, lambda connection, _: gateway.queue.complete(connection, job))
    gateway.wake.set()


def read_and_record(
    gateway: Gateway, transmission: Transmission, besides: Callable[[Connection, Reading], None]
) -> None:
    """Everything that follows from a received file, committed at once with what ``besides`` writes.

    Raises :class:`gateway.working.GiveUp` for a file that is too large to be read.
    """
    largest = gateway.home.config.largest_document
    if transmission.size > largest:
        text = (
            f"file {printable(transmission.name)} has {transmission.size:,} bytes, and one of more than {largest:,} is"
            f" not read; it is kept as it came. Raise `largest_document` in {FILE} if the machine has the memory, start"
            " the gateway again and reprocess it, or ask the sender to divide it"
        )
        raise GiveUp("too-large-to-read", text)
    content = gateway.content(transmission.sha256)
    # One state of the profiles for reading and for planning, whatever is activated meanwhile.
    register = gateway.profiles.current
    reading = read(content, terms=terms_by_parties(register, transmission.at.date()))
    for _ in range(REPLANS):
        plans = plan_file(gateway, register, transmission, content, reading)
        try:
            gateway.database.write(partial(_commit, gateway, transmission, reading, plans, besides))
        except Overtaken:
            continue
        return
    raise RuntimeError(f"the interchanges of {transmission.id} were committed elsewhere {REPLANS} times over")


def _commit(
    gateway: Gateway,
    transmission: Transmission,
    reading: Reading,
    plans: list[Plan],
    besides: Callable[[Connection, Reading], None],
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
        record_interchange(gateway, connection, transmission, reading, plan, position, now)
    besides(connection, reading)


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


def record_interchange(
    gateway: Gateway,
    connection: Connection,
    transmission: Transmission,
    reading: Reading,
    plan: Plan,
    position: int,
    now: datetime,
    relation: Relation | None = None,
) -> Answered:
    """One interchange, recorded with everything in it and everything that follows from it.

    Raises :class:`Overtaken` when the plan does not hold any more.
    """
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
            findings=[*plan.judgement.findings, *(one for each in plan.judgement.packages for one in each.findings)],
        ),
    )
    note = partial(journal.append, connection, at=now, actor="gateway")
    note(subject=interchange_id, kind="interchange-received", data={"control_number": interchange.control_number})
    if plan.repeats is not None:
        _repeat(gateway, connection, transmission, plan, plan.repeats, interchange_id, now)
        return Answered(transmission=transmission, interchange_id=interchange_id, messages={})
    kind: EventKind = "interchange-accepted" if accepted else "interchange-rejected"
    if plan.assigned:
        note(subject=interchange_id, kind=kind, data={"findings": _told(plan.judgement.findings)})
    recorded = {
        id(judged.message): record_message(
            gateway,
            connection,
            transmission,
            reading,
            plan,
            judged,
            interchange_id,
            number,
            now,
            relation.parents.get(message_extent(reading, judged.message)[0]) if relation is not None else None,
        )
        for number, judged in enumerate(plan.judgement.messages, 1)
        # An acknowledgment settles what it answers. An APERAK may have a flow besides, and mean something to the ERP.
        if not is_acknowledgment(judged.message.kind) or id(judged.message) in plan.flows
    }
    answer = Answered(transmission=transmission, interchange_id=interchange_id, messages=recorded)
    if plan.case is not None:
        cause, text = plan.case
        cases.open(connection, cause=cause, text=text, subject=interchange_id, party=transmission.party, at=now)
        return answer
    settle_answers(connection, plan.judgement, reading.source, answer, now)
    if relation is None or relation.answers:
        acknowledge(gateway, connection, plan.judgement, plan.recognition.agreements, plan.flows, answer, now)
    _leave_packages(connection, transmission, plan, interchange_id, now)
    return answer


def _leave_packages(
    connection: Connection, transmission: Transmission, plan: Plan, interchange_id: str, now: datetime
) -> None:
    """Leave the packages that were accepted to a person: no flow takes them, and the archive has their bytes."""
    whole = [printable(each.package.reference) for each in plan.judgement.packages if each.accepted]
    if not whole:
        return
    more = f" and {len(whole) - NAMED} more" if len(whole) > NAMED else ""
    text = (
        f"interchange {plan.interchange.control_number} holds packages that no flow takes:"
        f" {', '.join(whole[:NAMED])}{more}. Hand them to whom they are meant for, from the file as it was received;"
        " then close this case"
    )
    cases.open(
        connection, cause="package-unassigned", text=text, subject=interchange_id, party=transmission.party, at=now
    )


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
        raise Overtaken


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
    if earlier.receipts:
        acknowledge_again(gateway, connection, earlier, now)
        return
    # Nobody was told how it stands: it came without a wish to hear, or was taken when somebody had it processed again.
    answer = Answered(
        transmission=transmission,
        interchange_id=earlier.id,
        messages=as_it_stands(connection, plan.judgement, earlier.id, {}),
    )
    acknowledge(gateway, connection, plan.judgement, plan.recognition.agreements, plan.flows, answer, now)


def record_message(
    gateway: Gateway,
    connection: Connection,
    transmission: Transmission,
    reading: Reading,
    plan: Plan,
    judged: JudgedMessage,
    interchange_id: str,
    position: int,
    now: datetime,
    parent: str | None = None,
) -> str:
    """One message with everything that follows from it but the answers; its id."""
    message_id = new_id("m", now)
    message, group = judged.message, judged.group
    agreement, flow = plan.flows.get(id(message), (None, None))
    translation = plan.translations.get(id(message))
    if translation is not None:
        objects.record(connection, translation.locator, now)
    offset, length = message_extent(reading, message)
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
        parent=parent,
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
