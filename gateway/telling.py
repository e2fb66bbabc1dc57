"""The stage ``events``: lines of the journal are published for the company's own systems, as CloudEvents.

What an event says is made here and not when it is ordered: the lines of the journal never change, and neither do the
columns and documents that are read for it. So an event that is published a second time is the same, byte for byte,
under the same id. All of a job's events are published and confirmed, then the job ends; killed in between, all of them
are published again, and whoever reads them drops what it has.

A broker that is away delays them, for as long as it takes: an event is not given up for lack of a broker, and no case
comes of it, since the deliveries that wait for the same broker have theirs. Events that somebody switched off, or types
that are wanted no more, are dropped when their job comes up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from msgspec import convert
from msgspec.structs import asdict, replace
from sqlalchemy import Connection

from gateway.channels.business import Runner
from gateway.config import EventSettings
from gateway.events import (
    EVENT_TYPES,
    CaseTold,
    DeliveryTold,
    MessageTold,
    ReceiptTold,
    Severity,
    Told,
    bounded,
    chosen,
    cloud_event,
    event_id,
    family_of,
    name_of,
    routing_key,
    told_by_document,
    write_event,
)
from gateway.events.data import MOST_CODES
from gateway.exchange import (
    CONTENT,
    LEVELS,
    ContentEvent,
    ContentState,
    DeliveryState,
    Event,
    EventKind,
    ExpectationState,
    ReceiptKind,
    Verdict,
)
from gateway.exchange.content import RECORDED_AS
from gateway.ids import noun_of
from gateway.instance import Gateway
from gateway.ledger import cases, expectations, interchanges, journal, messages, references, transmissions
from gateway.ledger.messages import MessageRow
from gateway.outbox import LINES
from gateway.working import GiveUp, Stage, TryAgain
from queues import ExchangeFault, Job, Letter, UnfitLetter
from translators.canonical import read_canonical

PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=1)
"""Before a job is tried again while the exchange does not take its events, at first and at most."""


def tell_with(publish: Runner, settings: EventSettings) -> Stage:
    """The stage ``events``, over this way to the exchange."""
    wanted = chosen(settings.types) if settings.enabled else frozenset[str]()

    def tell(gateway: Gateway, job: Job) -> None:
        numbers = [int(number) for number in job.payload[LINES].split()]
        try:
            for letter in letters(gateway, numbers, wanted, settings.source):
                publish(letter)
        except UnfitLetter as fault:
            raise GiveUp("unfit", f"an event cannot be published: {fault}") from None
        except ExchangeFault as fault:
            raise TryAgain(str(fault), PAUSE, LONGEST_PAUSE, timedelta.max) from None
        gateway.database.write(lambda connection: gateway.queue.complete(connection, job))

    return tell


def letters(gateway: Gateway, numbers: Collection[int], wanted: Collection[str], source: str) -> Iterator[Letter]:
    """The letters of the events that these lines of the journal become, in their order."""
    for each in told_of(gateway, numbers, wanted):
        yield _letter(each, source)


class ToldOf(NamedTuple):
    """An event that a line of the journal becomes."""

    line: Event
    part: int | None
    """Which of several, counted from 1."""
    name: str
    data: Told


def told_of(gateway: Gateway, numbers: Collection[int], wanted: Collection[str]) -> Iterator[ToldOf]:
    """The events of the types ``wanted`` that these lines become, in their order."""
    lines = gateway.database.read(lambda connection: _read(connection, list(numbers)))
    for line, told in lines:
        # What a document says is a part of its line; what a line says by itself is the whole of it.
        parts: list[tuple[int | None, str, Told]] = [(None, *each) for each in told]
        if line.kind == "message-translated":
            parts = [(part, *each) for part, each in enumerate(_derived(gateway, line, told), 1)]
        for part, name, data in parts:
            if name in wanted:
                yield ToldOf(line, part, name, data)


_Named = tuple[str, Told]
"""The type of an event, and its data."""


def _letter(told: ToldOf, source: str) -> Letter:
    line, part, name, data = told
    identifier = event_id(line.subject, line.seq, part)
    event = cloud_event(name, data, identifier=identifier, source=source, subject=line.subject, time=line.at)
    headers = {"severity": data.severity, "party": data.party or "", "test": "yes" if data.test else "no"}
    return Letter(
        message_id=identifier,
        type=event.type,
        routing_key=routing_key(name, data.party),
        body=write_event(event),
        headers=headers,
    )


def _derived(gateway: Gateway, line: Event, told: Collection[_Named]) -> list[_Named]:
    """What the canonical document says that a message was translated into; ``told`` is what its events share."""
    found: list[_Named] = []
    for _, common in told:
        document = read_canonical(gateway.content(_text(line, "sha256")))
        found += told_by_document(document, common)
    return found


def _read(connection: Connection, numbers: list[int]) -> list[tuple[Event, list[_Named]]]:
    return [(line, list(_told(connection, line))) for line in journal.numbered(connection, numbers)]


def _told(connection: Connection, line: Event) -> Iterator[_Named]:
    """What a line says by itself; of one about a translation, what the events of its document share."""
    noun = noun_of(line.subject)
    name = name_of(line.kind, line.data, noun=noun)
    if noun == "m" and line.kind == "message-translated":
        yield "", _of_message(connection, messages.get(connection, line.subject), "milestone")
    elif name is not None:
        severity = EVENT_TYPES[name].severity
        match family_of(name):
            case "message":
                yield name, _message(connection, line, severity)
            case "delivery":
                yield name, _delivery(connection, line, severity)
            case "receipt":
                yield name, _receipt(connection, line, severity)
            case "case":
                yield name, _case(connection, line, severity)


def _of_message(connection: Connection, row: MessageRow, severity: Severity) -> Told:
    found = references.of(connection, row.id)
    named, left_out = bounded((each.name, each.value, each.raw) for each in found)
    return Told(
        severity=severity,
        party=row.party,
        agreement=row.agreement,
        flow=row.flow,
        test=row.test,
        message=row.id,
        interchange=row.interchange,
        transmission=row.transmission,
        reprocesses=row.parent,
        references=named,
        references_left_out=left_out,
    )


def _message(connection: Connection, line: Event, severity: Severity) -> Told:
    row = messages.get(connection, line.subject)
    findings = line.data.get("findings")
    # A finding is noted as its code, and its place behind a blank.
    codes = dict.fromkeys(str(each).partition(" ")[0] for each in findings) if isinstance(findings, list) else {}
    return MessageTold(
        **asdict(_of_message(connection, row, severity)),
        state=_JUDGED.get(line.kind, CONTENT.initial),
        direction=row.direction,
        standard=row.standard,
        type=row.type,
        version=row.version,
        reference=row.reference,
        canonical=row.canonical_type,
        findings=tuple(codes)[:MOST_CODES],
    )


def _delivery(connection: Connection, line: Event, severity: Severity) -> Told:
    carrier = transmissions.get(connection, _text(line, "transmission"))
    if noun_of(line.subject) == "m":
        common = _of_message(connection, messages.get(connection, line.subject), severity)
        common = replace(common, transmission=carrier.id)
    else:
        common = Told(
            severity=severity,
            party=carrier.party,
            agreement=carrier.facts.get("agreement"),
            flow=carrier.facts.get("flow"),
            test=carrier.facts.get("test") == "yes",
            transmission=carrier.id,
        )
    return DeliveryTold(
        **asdict(common),
        state=convert(line.data["state"], DeliveryState),
        side=carrier.side,
        channel=carrier.channel,
        protocol=carrier.protocol,
        answers=carrier.answers,
    )


def _receipt(connection: Connection, line: Event, severity: Severity) -> Told:
    common = _of_message(connection, messages.get(connection, line.subject), severity)
    kind = convert(line.data["kind"], ReceiptKind)
    (awaited,) = [each for each in expectations.of_message(connection, line.subject) if each.kind == kind]
    due = line.data.get("due")
    return ReceiptTold(
        **asdict(common),
        kind=kind,
        level=LEVELS[kind],
        state=convert(line.data.get("state", "overdue"), ExpectationState),
        verdict=convert(line.data.get("verdict"), Verdict | None),
        receipt=convert(line.data.get("receipt"), str | None),
        control_number=awaited.control_number,
        due=convert(due, datetime).astimezone(UTC) if due is not None else None,
    )


def _case(connection: Connection, line: Event, severity: Severity) -> Told:
    row = cases.get(connection, line.subject)
    common = Told(severity=severity, party=row.party, test=False)
    match noun_of(row.subject):
        case "m":
            common = _of_message(connection, messages.get(connection, row.subject), severity)
        case "i":
            about = interchanges.get(connection, row.subject)
            common = replace(
                common,
                agreement=about.agreement,
                test=about.test,
                interchange=about.id,
                transmission=about.transmission,
            )
        case "t":
            common = replace(common, transmission=row.subject)
    return CaseTold(
        **asdict(common),
        case=row.id,
        cause=row.cause,
        about=row.subject,
        state="closed" if line.kind == "case-closed" else "open",
    )


def _text(line: Event, name: str) -> str:
    return convert(line.data[name], str)


def _after(event: ContentEvent) -> ContentState:
    """The state that an event of the content machine leads to, which is one whatever was before."""
    (state,) = {row[event] for row in CONTENT.table.values() if event in row}
    return state


_JUDGED: Mapping[EventKind, ContentState] = {kind: _after(event) for event, kind in RECORDED_AS.items()}
