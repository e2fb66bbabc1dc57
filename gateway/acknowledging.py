"""The answers we owe: CONTRL, 997 and TA1, written in the transaction that records what they answer.

Which kinds, and when, the flows say (``issue``). The control number is taken, the bytes are built with it and archived,
and the transmission is ordered, all in the caller's transaction: an answer never leaves for something that is not
committed, and nothing that is committed stays without its answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Literal

import msgspec
from sqlalchemy import Connection

from gateway.exchange import DELIVERY, ImpossibleStep, ReceiptKind, Verdict
from gateway.ids import new_id
from gateway.instance import Gateway
from gateway.ledger import cases, deliveries, journal, receipts, transmissions
from gateway.ledger.interchanges import Earlier, InterchangeRow
from gateway.ledger.receipts import Receipt
from gateway.ledger.transmissions import Transmission
from gateway.publishing import order_delivery, record_for_partner, send, take_number
from gateway.wiring import ACK_LANE, envelope
from partners import Agreement, Flow, IssuedReceipt
from translators.charset import of_identifier
from translators.contrl import contrl
from translators.envelope import Envelope, Outgoing, Written
from translators.functional import functional_acknowledgments
from translators.judgement import JudgedMessage, Judgement, syntax_version
from translators.ta1 import ta1
from translators.tree import Node
from translators.writing import write


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is about, as the ledger knows it."""

    transmission: Transmission
    interchange_id: str
    messages: Mapping[int, str]
    """The ledger's ids by ``id()`` of the messages."""


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One interchange that answers: the kind its file is named by, what goes into it."""

    kind: Literal["contrl", "997", "ta1"]
    messages: Sequence[Outgoing]
    extra: Sequence[Node] = ()


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
    owed = {each.receipt for _, pair_flow in pairs for each in pair_flow.issue if _due(each, judgement)}
    for answer in _answers(judgement, owed, flow):
        _send(gateway, connection, agreement, flow, judgement, answer, about, now)


def acknowledge_again(gateway: Gateway, connection: Connection, earlier: Earlier, now: datetime) -> None:
    """Send the answers to an earlier interchange once more, byte for byte: its sender has not seen them."""
    for transmission_id in dict.fromkeys(receipt.transmission for receipt in earlier.receipts):
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


def _due(issued: IssuedReceipt, judgement: Judgement) -> bool:
    match issued.when:
        case "always":
            return True
        case "on-error":
            return not judgement.accepted
        case "on-request":
            return judgement.interchange.acknowledgment_requested
        case "never":
            return False


def _answers(judgement: Judgement, owed: Collection[str], flow: Flow) -> list[_Answer]:
    answers: list[_Answer] = []
    if "contrl" in owed and (written := contrl(judgement)) is not None:
        answers.append(_Answer(kind="contrl", messages=[written]))
    if "997" in owed:
        ours = flow.envelope.delimiters
        delimiters = "".join(filter(None, (ours.element, ours.component, ours.terminator, ours.repetition)))
        sets = functional_acknowledgments(judgement, delimiters=delimiters)
        # One functional group has one version: sets of different versions travel in envelopes of their own.
        for _, some in groupby(sorted(sets, key=lambda each: each.kind.version), key=lambda each: each.kind.version):
            answers.append(_Answer(kind="997", messages=list(some)))
    if "ta1" in owed and (node := ta1(judgement)) is not None:
        answers.append(_Answer(kind="ta1", messages=(), extra=[node]))
    return answers


def _send(
    gateway: Gateway,
    connection: Connection,
    agreement: Agreement,
    flow: Flow,
    judgement: Judgement,
    answer: _Answer,
    about: Answered,
    now: datetime,
) -> None:
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
        cases.open(
            connection,
            cause="cannot-be-answered",
            text=text,
            subject=about.interchange_id,
            party=agreement.party.id,
            at=now,
        )
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
    _record_receipts(connection, judgement, answer.kind, carrier, about, now)


def _like_the_subject(outer: Envelope, judgement: Judgement) -> Envelope:
    """The answer's envelope in the version and character set of what it answers: a sender reads what it can write."""
    version = judgement.interchange.version
    if outer.syntax == "edifact":
        level = version.partition(":")[0]
        charset = level if of_identifier(level) else outer.charset
        return msgspec.structs.replace(outer, syntax_version=syntax_version(version), charset=charset)
    return msgspec.structs.replace(outer, control_version=version) if len(version) == 5 else outer


def _record_receipts(
    connection: Connection,
    judgement: Judgement,
    kind: ReceiptKind,
    carrier: InterchangeRow,
    about: Answered,
    now: datetime,
) -> None:
    """One receipt for the interchange, and one for each of its messages where the kind speaks of messages."""
    rejected = judgement.rejected
    whole: Verdict = "rejected" if rejected else "accepted" if judgement.accepted else "partially-accepted"
    if kind == "ta1" and not rejected:
        whole = "accepted"
    make = partial(
        Receipt,
        kind=kind,
        direction="out",
        party=carrier.party,
        transmission=carrier.transmission,
        interchange=carrier.id,
        answers_interchange=about.interchange_id,
        control_number=judgement.interchange.control_number,
        at=now,
    )
    codes = [each.code for each in judgement.findings if each.fatal]
    receipts.record(connection, make(id=new_id("r", now), verdict=whole, codes=codes))
    data = {"kind": kind, "verdict": whole, "transmission": carrier.transmission}
    journal.append(connection, at=now, subject=about.interchange_id, kind="receipt-issued", actor="gateway", data=data)
    if kind == "ta1":
        return
    for judged in judgement.messages:
        message_id = about.messages.get(id(judged.message))
        if message_id is not None:
            _record_message_receipt(connection, judged, make, message_id, kind, carrier, now)


def _record_message_receipt(
    connection: Connection,
    judged: JudgedMessage,
    make: partial[Receipt],
    message_id: str,
    kind: ReceiptKind,
    carrier: InterchangeRow,
    now: datetime,
) -> None:
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
    data = {"kind": kind, "verdict": verdict, "transmission": carrier.transmission}
    journal.append(connection, at=now, subject=message_id, kind="receipt-issued", actor="gateway", data=data)
