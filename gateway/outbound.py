"""The outbound pipeline: a canonical document of the company's becomes a message in the partner's own terms.

The message is built and checked against its guide before a control number is taken; then *one* transaction takes the
number, writes the envelope around the message, archives the bytes and records everything: interchange, message,
references, the receipts that are due, the delivery, the end of the job. A document that cannot be built costs no
number; it is recorded as a rejected message with its findings, and a case says what to correct.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

import msgspec
from sqlalchemy import Connection

from gateway.ids import new_id
from gateway.instance import Gateway
from gateway.ledger import cases, expectations, journal, messages, profile_versions, references, transmissions
from gateway.ledger.expectations import Expectation
from gateway.ledger.messages import MessageRow
from gateway.ledger.transmissions import Transmission
from gateway.publishing import record_for_partner, send, take_number
from gateway.wiring import FIRST_REFERENCE, content, envelope, indexed, lane, map_context, severities
from gateway.working import GiveUp
from partners import Agreement, Flow
from queues import Job
from translators.canonical import CANONICAL, Canonical, CanonicalError, read_canonical, search_references
from translators.envelope import Envelope, Outgoing, Written
from translators.finding import Finding, Where
from translators.functional_groups import FUNCTIONAL_GROUPS
from translators.mapping import from_canonical
from translators.preparing import prepare
from translators.syntax import MessageKind
from translators.writing import write

AFTERWARDS = "Then reprocess it, or send it anew under a message id of its own: this one is used up"
CORRECTED = "Correct it, and send it anew under a message id of its own: this one is used up"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is ready for its envelope, or the findings that keep it from being sent."""

    outgoing: Outgoing | None
    guide: str
    findings: list[Finding]


class Made(msgspec.Struct, frozen=True):
    """What became of a document, and by whose terms."""

    agreement: Agreement
    flow: Flow
    document: Canonical
    draft: Draft


def build_message(gateway: Gateway, job: Job) -> None:
    """The stage ``build``: everything that follows from one document of the company's, committed at once."""
    source = gateway.database.read(lambda c: transmissions.get(c, job.payload["transmission"]))
    made = draft_document(gateway, source)

    def commit(connection: Connection) -> None:
        record_built(gateway, connection, source, made)
        gateway.queue.complete(connection, job)

    gateway.database.write(commit)
    gateway.wake.set()


def draft_document(gateway: Gateway, source: Transmission) -> Made:
    """What becomes of a document of the company's under the profile of now; nothing is recorded and no number taken.

    Raises :class:`GiveUp` when it is no document for a flow that may send one.
    """
    name = source.facts.get("flow", "")
    pair = gateway.profiles.current.flow(name)
    if pair is None or pair[1].direction != "out":
        known = ", ".join(
            f"{agreement.id}/{flow.id}"
            for agreement, flow in gateway.profiles.current.flows()
            if flow.direction == "out"
        )
        raise GiveUp("flow-unknown", f"there is no outgoing flow `{name}`; there are: {known or 'none'}. {AFTERWARDS}")
    agreement, flow = pair
    if agreement.status not in ("live", "test") or not agreement.terms.covers(source.at.date()):
        text = f"agreement `{agreement.id}` is {agreement.status} and not in force on {source.at:%Y-%m-%d}"
        raise GiveUp("agreement-not-in-force", f"{text}; change its status or its days. {AFTERWARDS}")
    try:
        document = read_canonical(gateway.content(source.sha256))
    except CanonicalError as fault:
        raise GiveUp("document-unreadable", f"{source.name}: {fault}. {CORRECTED}") from None
    if not isinstance(document, CANONICAL[flow.canonical]):
        text = f"{source.name}: flow `{agreement.id}/{flow.id}` takes {flow.canonical}, and this is another document"
        raise GiveUp("document-unreadable", f"{text}. {CORRECTED}")
    return Made(agreement, flow, document, draft_message(gateway, agreement, flow, document, source))


def draft_message(
    gateway: Gateway, agreement: Agreement, flow: Flow, document: Canonical, source: Transmission
) -> Draft:
    """A document as a message of ``flow``, tried out with the lowest number there is."""
    map_ = gateway.catalogue.map(flow.map)
    guide = gateway.catalogue.guide(flow.guide, flow.guide_layers, on=source.at.date(), severities=severities(flow))
    if map_ is None or guide is None:
        raise LookupError(f"agreement `{agreement.id}`, flow `{flow.id}`: there is no map or guide `{flow.map}`")
    reference = FIRST_REFERENCE[flow.message.standard]
    kind = MessageKind(
        type=flow.message.type,
        version=flow.message.version,
        agency="UN" if flow.message.standard == "edifact" else "X",
    )
    context = map_context(agreement, flow, source.at.date(), Where(message=reference), None)
    built = from_canonical(document, map_, context)
    findings = list(built.findings)
    if any(finding.fatal for finding in findings):
        return Draft(outgoing=None, guide=flow.guide, findings=findings)
    # A trial with the lowest number finds whatever keeps the message from being sent, before a number is spent.
    outer = _envelope(agreement, flow, flow.numbers.interchange.min, source.at)
    outgoing = Outgoing(kind=kind, reference=reference, body=built.body)
    (prepared,) = prepare(outer, [outgoing], lambda _: guide).messages
    trial = write(outer, content(flow, outer, [prepared.message]))
    for finding in (*prepared.findings, *trial.findings):
        # It will travel under another number.
        where = msgspec.structs.replace(finding.where, interchange=None)
        findings.append(msgspec.structs.replace(finding, where=where))
    fatal = any(finding.fatal for finding in findings)
    return Draft(outgoing=None if fatal else prepared.message, guide=flow.guide, findings=findings)


def write_message(
    agreement: Agreement, flow: Flow, outgoing: Outgoing, number: int, at: datetime
) -> tuple[Envelope, Written]:
    """The interchange that carries a message which was tried out before: its envelope and its bytes."""
    outer = _envelope(agreement, flow, number, at)
    written = write(outer, content(flow, outer, [outgoing]))
    if any(finding.fatal for finding in written.findings):
        raise ValueError("; ".join(finding.text for finding in written.findings))
    return outer, written


def _envelope(agreement: Agreement, flow: Flow, number: int, at: datetime) -> Envelope:
    asks = flow.envelope.request_acknowledgment
    return envelope(agreement, flow, number, at, asks=asks, test=agreement.sends_test(flow))


def record_built(
    gateway: Gateway, connection: Connection, source: Transmission, made: Made, parent: str | None = None
) -> MessageRow:
    """The new message, recorded with everything that follows from it; ``parent`` is what it was first."""
    agreement, flow, draft = made.agreement, made.flow, made.draft
    now = gateway.clock()
    profile_versions.record(connection, agreement.sha256, agreement.id, agreement.resolved.decode(), now)
    journal.append(
        connection, at=now, subject=source.id, kind="transmission-read", actor="gateway", data={"flow": flow.id}
    )
    message = MessageRow(
        id=new_id("m", now),
        direction="out",
        standard=flow.message.standard,
        type=flow.message.type,
        version=flow.message.version,
        reference=FIRST_REFERENCE[flow.message.standard],
        at=now,
        source=source.id,
        party=agreement.party.id,
        agreement=agreement.id,
        flow=flow.id,
        test=agreement.sends_test(flow),
        canonical_type=flow.canonical,
        canonical_sha256=source.sha256,
        profile_sha256=agreement.sha256,
        guide=draft.guide,
        map=flow.map,
        lane=lane(flow),
        findings=draft.findings,
        parent=parent,
    )
    found = indexed(flow, search_references(made.document))
    if draft.outgoing is None:
        _reject(connection, message, found, draft, now)
    else:
        _send(gateway, connection, message, found, agreement, flow, draft.outgoing, now)
    return message


def _reject(
    connection: Connection, message: MessageRow, found: list[tuple[str, str]], draft: Draft, now: datetime
) -> None:
    messages.record(connection, message)
    references.record_all(connection, message.id, found)
    wrong = [finding for finding in draft.findings if finding.fatal]
    note = partial(
        journal.append,
        connection,
        at=now,
        subject=message.id,
        actor="gateway",
        profile_sha256=message.profile_sha256,
    )
    note(kind="message-received", data={"source": message.source})
    note(kind="message-rejected", data={"findings": [finding.code for finding in wrong]})
    text = (
        f"{message.type} for `{message.party}` cannot be written: {'; '.join(finding.text for finding in wrong)}."
        " Correct the profile and reprocess it, or the document and send that under an id of its own"
    )
    cases.open(connection, cause="cannot-be-written", text=text, subject=message.id, party=message.party, at=now)


def _send(
    gateway: Gateway,
    connection: Connection,
    message: MessageRow,
    found: list[tuple[str, str]],
    agreement: Agreement,
    flow: Flow,
    outgoing: Outgoing,
    now: datetime,
) -> None:
    number = take_number(connection, flow)
    outer, written = write_message(agreement, flow, outgoing, number, now)
    locator = gateway.archive.append(written.data)
    transmission, carrier = record_for_partner(
        connection, agreement, flow, outer, locator, type=flow.message.type, lane=lane(flow), now=now
    )
    span = written.messages[0]
    group_type = FUNCTIONAL_GROUPS[flow.message.type] if outer.syntax == "x12" else ""
    message = msgspec.structs.replace(
        message,
        transmission=transmission.id,
        interchange=carrier.id,
        group_type=group_type,
        group_number=span.group,
        offset=span.offset,
        length=span.length,
    )
    messages.record(connection, message)
    references.record_all(connection, message.id, found)
    note = partial(
        journal.append, connection, at=now, subject=message.id, actor="gateway", profile_sha256=message.profile_sha256
    )
    note(kind="message-received", data={"source": message.source})
    map_ = gateway.catalogue.map(flow.map)
    made = {"map": message.map, "map_sha256": map_.digest if map_ is not None else None}
    note(kind="message-translated", data={**made, "findings": len(message.findings)})
    note(kind="message-accepted", data={"control_number": outer.control_number})
    for due in flow.expect:
        expectations.record(
            connection,
            Expectation(
                id=new_id("x", now),
                kind=due.receipt,
                party=agreement.party.id,
                interchange=carrier.id,
                message=message.id,
                control_number=outer.control_number,
                group_type=group_type,
                group_number=span.group,
                message_reference=message.reference,
                recorded_at=now,
                allowed=due.due,
                opens_case=due.on_overdue == "case",
            ),
        )
    send(gateway, connection, transmission, [message.id], now)
