"""The answers we owe, written in the transaction that records what they answer.

Which kinds, when, and on what terms, the flows say (``issue``); what is in them, :mod:`gateway.owed`. The control
number is taken, the bytes are built with it and archived, and the transmission is ordered, all in the caller's
transaction: an answer never leaves for something that is not committed, and nothing that is committed stays without its
answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec
from sqlalchemy import Connection

from gateway.exchange import DELIVERY, ImpossibleStep, Verdict
from gateway.ids import new_id
from gateway.instance import Gateway
from gateway.ledger import cases, deliveries, journal, messages, receipts, transmissions
from gateway.ledger.interchanges import Earlier, InterchangeRow
from gateway.ledger.receipts import Receipt
from gateway.ledger.transmissions import Transmission
from gateway.owed import Answer, answers, dues
from gateway.publishing import order_delivery, record_for_partner, send, take_number
from gateway.wiring import ACK_LANE, envelope
from partners import Agreement, Flow
from translators.charset import of_identifier
from translators.envelope import Envelope, Written
from translators.finding import Finding
from translators.judgement import Judgement, syntax_version
from translators.writing import write


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is about, as the ledger knows it."""

    transmission: Transmission
    interchange_id: str
    messages: Mapping[int, str]
    """The ledger's ids by ``id()`` of the messages."""


def acknowledge(
    gateway: Gateway,
    connection: Connection,
    judgement: Judgement,
    agreements: Sequence[Agreement],
    flows: Mapping[int, tuple[Agreement, Flow]],
    about: Answered,
    now: datetime,
) -> None:
    """Write, record and order every receipt that the flows say is owed for this interchange."""
    pairs = _answering_flows(judgement, agreements, flows)
    if not pairs:
        return
    agreement, flow = pairs[0]
    for answer in answers(judgement, dues(pairs, judgement), now):
        _send(gateway, connection, agreement, flow, answer, about, now)
    owed = {each.receipt for _, pair_flow in pairs for each in pair_flow.issue if each.when != "never"}
    if "contrl" in owed and not judgement.interchange.control_number:
        text = (
            "the interchange has no control number (UNB 0020), so that no CONTRL can name it. Tell the sender's EDI"
            " desk that it was rejected, then close this case"
        )
        _unanswered(connection, text, agreement, about, now)


def acknowledge_again(gateway: Gateway, connection: Connection, earlier: Earlier, now: datetime) -> None:
    """Send the answers to an earlier interchange once more, byte for byte: its sender has not seen them.

    Where a person had it answered a second time, the newer answer is the one that counts.
    """
    newest = {each.kind: each.at for each in sorted(earlier.receipts, key=lambda each: each.at)}
    counting = [each for each in earlier.receipts if each.at == newest[each.kind]]
    for transmission_id in dict.fromkeys(receipt.transmission for receipt in counting):
        transmission = transmissions.get(connection, transmission_id)
        if transmission.delivery is None or "resend" not in DELIVERY.table[transmission.delivery]:
            continue  # It is on its way already.
        try:
            deliveries.step(
                connection, transmission_id, "resend", at=now, actor="gateway", data={"reason": "interchange repeated"}
            )
        except ImpossibleStep:
            continue  # Another copy of the interchange has just had it sent.
        order_delivery(gateway, connection, transmission, again=new_id("a", now))


def as_it_stands(
    connection: Connection, judgement: Judgement, interchange_id: str, made: Mapping[int, str]
) -> dict[int, str]:
    """The ledger's ids by ``id()`` of the messages of an interchange that was recorded before.

    ``made`` are those that were made anew, and stand as they are judged in ``judgement``. Each of the others is given
    there the findings that the ledger has for it, so that an answer says of every message what became of it.
    """
    newest = {row.position: row for row in messages.of_interchange(connection, interchange_id)}
    standing: dict[int, str] = {}
    for position, judged in enumerate(judgement.messages, 1):
        row, key = newest.get(position), id(judged.message)
        if key in made:
            standing[key] = made[key]
        elif row is not None:
            standing[key] = row.id
            judged.findings[:] = msgspec.convert(row.findings, list[Finding])
            # Without an error of its own it fell with its group, which may stand today.
            judged.fallen = row.content == "rejected" and judged.valid
    return standing


def _answering_flows(
    judgement: Judgement, agreements: Sequence[Agreement], flows: Mapping[int, tuple[Agreement, Flow]]
) -> list[tuple[Agreement, Flow]]:
    """The flows whose terms decide: those of the messages, or, where no message has one, any in the same syntax."""
    used = [flows[id(each.message)] for each in judgement.messages if id(each.message) in flows]
    if used:
        return used
    return [
        (agreement, flow)
        for agreement in agreements
        for flow in agreement.flows
        if flow.direction == "in" and flow.message.standard == judgement.interchange.syntax
    ]


def _send(
    gateway: Gateway,
    connection: Connection,
    agreement: Agreement,
    flow: Flow,
    answer: Answer,
    about: Answered,
    now: datetime,
) -> None:
    judgement = answer.judgement
    test = judgement.interchange.test

    def written_with(number: int) -> tuple[Envelope, Written]:
        outer = _like_the_subject(envelope(agreement, flow, number, now, asks=False, test=test), judgement)
        return outer, write(outer, answer.messages, answer.extra)

    # A trial with the lowest number: what cannot be written must not cost one, nor keep the messages from being taken.
    wrong = [each for each in written_with(flow.numbers.interchange.min)[1].findings if each.fatal]
    if wrong:
        text = (
            f"the {answer.kind.upper()} for interchange {judgement.interchange.control_number} cannot be written:"
            f" {'; '.join(each.text for each in wrong)}. Tell the partner's EDI desk how its interchange was judged"
        )
        _unanswered(connection, text, agreement, about, now)
        return
    outer, written = written_with(take_number(connection, flow))
    locator = gateway.archive.append(written.data)
    transmission, carrier = record_for_partner(
        connection,
        agreement,
        flow,
        outer,
        locator,
        type=answer.kind.upper(),
        lane=ACK_LANE,
        now=now,
        answers=about.transmission.id,
    )
    # Its delivery carries no message of ours: what it answers stays where it is.
    send(gateway, connection, transmission, [], now)
    _record_receipts(connection, answer, carrier, about, now)


def _unanswered(connection: Connection, text: str, agreement: Agreement, about: Answered, now: datetime) -> None:
    cases.open(
        connection,
        cause="cannot-be-answered",
        text=text,
        subject=about.interchange_id,
        party=agreement.party.id,
        at=now,
    )


def _like_the_subject(outer: Envelope, judgement: Judgement) -> Envelope:
    """The answer's envelope in the version and character set of what it answers: a sender reads what it can write."""
    version = judgement.interchange.version
    if outer.syntax == "edifact":
        level = version.partition(":")[0]
        charset = level if of_identifier(level) else outer.charset
        return msgspec.structs.replace(outer, syntax_version=syntax_version(version), charset=charset)
    return msgspec.structs.replace(outer, control_version=version) if len(version) == 5 else outer


def _record_receipts(
    connection: Connection, answer: Answer, carrier: InterchangeRow, about: Answered, now: datetime
) -> None:
    """One receipt for the interchange, and one for each of its messages, as far as the answer speaks of them."""
    make = partial(
        Receipt,
        kind=answer.kind,
        direction="out",
        party=carrier.party,
        transmission=carrier.transmission,
        interchange=carrier.id,
        answers_interchange=about.interchange_id,
        control_number=answer.judgement.interchange.control_number,
        at=now,
    )
    data = {"kind": answer.kind, "transmission": carrier.transmission}
    issued = partial(journal.append, connection, at=now, kind="receipt-issued", actor="gateway")
    if answer.whole is not None:
        codes = [each.code for each in answer.judgement.findings if each.fatal]
        receipts.record(connection, make(id=new_id("r", now), verdict=answer.whole, codes=codes))
        issued(subject=about.interchange_id, data={**data, "verdict": answer.whole})
    for judged in answer.about:
        message_id = about.messages.get(id(judged.message))
        if message_id is None:
            continue
        verdict: Verdict = "accepted" if judged.accepted else "rejected"
        receipts.record(
            connection,
            make(
                id=new_id("r", now),
                answers_message=message_id,
                group_type=judged.group.kind,
                group_number=judged.group.control_number,
                message_reference=judged.message.reference,
                verdict=verdict,
                codes=[each.code for each in judged.findings if each.fatal],
            ),
        )
        issued(subject=message_id, data={**data, "verdict": verdict})
