"""What an MDN or an HTTP answer does to the message of ours that it is about: one place for both ways it may come.

The pure tables of :mod:`as2.response` say what it means; here that becomes steps of the delivery machine, a receipt
that is kept whatever it says, expectations that are settled, and cases for what a person has to decide. Everything
happens in the caller's transaction, and coming twice changes nothing but one more receipt.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from archive import Locator
from as2.fault import As2Fault
from as2.features import shown
from as2.headers import Headers
from as2.heading import read_features
from as2.identifiers import bare_message_id
from as2.mdn_reading import ReadMdn, is_mdn, oddities, read_mdn
from as2.mic import MicVerdict, compare
from as2.response import Attempt, Outcome, Result, judge_mdn
from gateway.arrival import printable
from gateway.channels.as2 import terms
from gateway.exchange import DELIVERY, DeliveryEvent, DeliveryState, Event, Verdict
from gateway.ids import new_id
from gateway.ledger import cases, deliveries, expectations, journal, objects, receipts, transmissions
from gateway.ledger.as2_sent import SentRow
from gateway.ledger.receipts import Receipt
from gateway.ledger.transmissions import MDN_PROTOCOL, Transmission
from gateway.wiring import ACK_LANE
from partners import As2Channel

STEPS: dict[Result, DeliveryEvent] = {
    "delivered": "confirm",
    "delivered-unverified": "doubt",
    "delivered-unconfirmed": "doubt",
    "awaiting-mdn": "transfer",
    "retry": "fail",
    "parked": "give-up",
    "refused": "refuse",
    "refused-unproven": "doubt",
    "mic-mismatch": "doubt",
    "mdn-unverifiable": "doubt",
}
"""What each result does to the delivery."""
_PROVEN: frozenset[Result] = frozenset(
    {"delivered", "delivered-unverified", "delivered-unconfirmed", "refused", "mic-mismatch"}
)
"""Results that rest on an MDN which counts: one that proves nothing must not stop us when it comes from anywhere."""
_NOT_KEPT = frozenset({b"authorization", b"proxy-authorization", b"cookie", b"set-cookie"})
_CONTRADICTIONS: frozenset[tuple[DeliveryState, Result]] = frozenset(
    {("delivered", "refused"), ("delivered", "mic-mismatch"), ("refused", "delivered")}
)
"""Where a delivery stands, and what a proven MDN says against it."""
_ADVICE = "See with the partner what it has; then resend (`sallyport messages resend`), or close this case"


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """What an MDN says, and whether one of the certificates that it was read with says so."""

    read: ReadMdn | None
    """``None`` when it cannot be read."""
    trouble: str = ""
    """Why not."""
    features: frozenset[str] = frozenset()
    """What its sender announces with it, in lower case."""

    @property
    def original(self) -> str:
        """The id of the message it answers, without brackets; empty when it names none."""
        return bare_message_id(self.read.original_message_id or "") if self.read is not None else ""

    @property
    def proven(self) -> bool:
        """Whether it is signed by one of those certificates."""
        return self.read is not None and self.read.signature.state == "verified"


class Mdn(Understood, frozen=True, kw_only=True):
    """An MDN that came, kept in the archive, and what its MIC says of the message it names."""

    place: Locator
    mic: MicVerdict | None = None
    carrier: str | None = None
    """The transmission that it was recorded as before, when it answered nothing yet."""


def looks_like_mdn(headers: Headers, body: bytes) -> bool:
    """Whether a body is an MDN, by its content."""
    return bool(body) and is_mdn(headers, body[:4096])


def as_it_came(headers: Headers, body: bytes) -> bytes:
    """What is kept of an MDN: its header fields, without which its body says nothing, and its body."""
    fields = (name + b":" + value + b"\r\n" for name, value in headers.fields if name.lower() not in _NOT_KEPT)
    return b"".join(fields) + b"\r\n" + body


def understand(headers: Headers, body: bytes, channel: As2Channel, now: datetime) -> Understood:
    """The MDN as the pinned certificates of a channel make it."""
    pinned, permits = terms.pinned(channel, now), terms.permits(channel, now.date())
    announced = read_features(headers)
    try:
        read = read_mdn(headers, body, pinned=pinned, permits=permits)
    except As2Fault as fault:
        return Understood(read=None, trouble=str(fault), features=announced)
    return Understood(read=read, features=announced)


def kept(understood: Understood, place: Locator) -> Mdn:
    """The MDN whose bytes lie there."""
    return Mdn(read=understood.read, trouble=understood.trouble, features=understood.features, place=place)


def compared(mdn: Mdn, row: SentRow, channel: As2Channel, now: datetime) -> Mdn:
    """The MDN with what its MIC says of a message of ours."""
    if mdn.read is None:
        return mdn
    weak = terms.permits(channel, now.date()).digests
    verdict = compare(mdn.read.mic, row.candidates, requested=row.requested, weaker_allowed=weak)
    return msgspec.structs.replace(mdn, mic=verdict)


def attempt_of(row: SentRow, number: int, *, chunked: bool, part: bool) -> Attempt:
    """What the response tables want to know of an attempt; ``part``: only the end of the message was sent."""
    return Attempt(
        number=number,
        message_id=row.message_id,
        receipt=row.receipt,
        signed_receipt=row.signed,
        chunked=chunked,
        part=part,
    )


def begun(connection: Connection, row: SentRow) -> int:
    """How many attempts were begun under the id of this row, those included that a crash ended."""
    return sum(told.kind == "delivery-started" for told in told_of(connection, row))


def sent_in_part(connection: Connection, row: SentRow) -> bool:
    """Whether the last attempt brought only the end of the message."""
    starts = [told for told in told_of(connection, row) if told.kind == "delivery-started"]
    return bool(starts) and starts[-1].data.get("first", 0) != 0


def was_refused(connection: Connection, row: SentRow) -> bool:
    """Whether the partner proved that it did not take the message of this id."""
    return any(told.kind == "delivery-refused" for told in told_of(connection, row))


def told_of(connection: Connection, row: SentRow) -> list[Event]:
    """What the journal says of the message under the id of this row, the oldest first."""
    events = journal.of(connection, row.transmission)
    return [each for each in events if each.data.get("message_id") == row.message_id]


def settle(
    connection: Connection,
    row: SentRow,
    transmission: Transmission,
    outcome: Outcome,
    mdn: Mdn | None,
    now: datetime,
    *,
    remote: str,
) -> DeliveryEvent | None:
    """Record what came and what follows from it; the step that the delivery made, ``None`` when it made none."""
    receipt = _keep(connection, row, transmission, outcome, mdn, now, remote) if mdn is not None else None
    step = STEPS[outcome.result]
    state = transmissions.get(connection, transmission.id).delivery
    event = step if state is not None and step in DELIVERY.table[state] else None
    if event is not None:
        data = {"reason": outcome.reason, "text": printable(outcome.text, 500), "message_id": row.message_id}
        deliveries.step(connection, transmission.id, event, at=now, actor=transmission.party or "gateway", data=data)
    if receipt is not None and outcome.result in ("delivered", "refused"):
        _meet(connection, transmission, receipt, now)
    if event in ("doubt", "refuse"):
        text = f"{outcome.text} {_ADVICE}"
        cases.open(connection, f"as2-{outcome.reason}", text, transmission.id, transmission.party, now)
    elif state is not None and (state, outcome.result) in _CONTRADICTIONS:
        text = f"The delivery is `{state}`, and another MDN says otherwise: {outcome.text} {_ADVICE}"
        cases.open(connection, "as2-mdn-contradicts", text, transmission.id, transmission.party, now)
    return event


def settle_late(
    connection: Connection,
    row: SentRow,
    transmission: Transmission,
    mdn: Mdn,
    now: datetime,
    *,
    remote: str,
    named: bool,
) -> DeliveryEvent | None:
    """As :func:`settle`, for an MDN that came on a connection of its own, early, late or twice.

    Anybody who knows a Message-ID can post something here. What nothing proves is kept, with a case, and stops nothing.
    A receipt without a signature is proof where the profile asks for no better one, but only if it is ``named``: if its
    AS2 names are those of the message.
    """
    number, part = max(1, begun(connection, row)), sent_in_part(connection, row)
    attempt = attempt_of(row, number, chunked=False, part=part)
    if not named:
        attempt = msgspec.structs.replace(attempt, signed_receipt=True)
    if mdn.read is None:
        raise ValueError("an MDN that cannot be read settles nothing")
    outcome = judge_mdn(attempt, mdn.read, mdn.mic)
    if outcome.result in _PROVEN:
        return settle(connection, row, transmission, outcome, mdn, now, remote=remote)
    _keep(connection, row, transmission, outcome, mdn, now, remote)
    text = f"{outcome.text} It came from {remote} and changed nothing: the message is sent again in its time."
    cases.open(connection, f"as2-{outcome.reason}", text, transmission.id, transmission.party, now)
    return None


def _keep(
    connection: Connection,
    row: SentRow,
    transmission: Transmission,
    outcome: Outcome,
    mdn: Mdn,
    now: datetime,
    remote: str,
) -> Receipt:
    """The MDN's bytes as a transmission that came in, and what it says as a receipt."""
    carrier = came(transmission.party or "", transmission.channel, row.message_id, mdn, now, remote, row)
    if mdn.carrier is not None:
        transmissions.add_facts(connection, mdn.carrier, carrier.facts)
    else:
        objects.record(connection, mdn.place, now)
        transmissions.record(connection, carrier)
    messages = deliveries.carried(connection, transmission.id)
    receipt = Receipt(
        id=new_id("r", now),
        kind="mdn",
        direction="in",
        party=transmission.party,
        transmission=mdn.carrier or carrier.id,
        answers_message=messages[0] if len(messages) == 1 else None,
        verdict=_verdict(outcome),
        codes=[outcome.reason],
        text=printable(outcome.text, 500),
        at=now,
    )
    receipts.record(connection, receipt)
    data = {"receipt": receipt.id, "kind": receipt.kind, "verdict": receipt.verdict, "reason": outcome.reason}
    actor = transmission.party or "gateway"
    journal.append(connection, at=now, subject=transmission.id, kind="receipt-arrived", actor=actor, data=data)
    return receipt


def came(
    party: str, channel: str, name: str, mdn: Mdn, now: datetime, remote: str, row: SentRow | None = None
) -> Transmission:
    """The transmission of an MDN that came, with what shows how it was judged; without ``row`` it was not judged."""
    facts = {"remote": remote, "original_message_id": mdn.original, "features": shown(mdn.features)}
    if (read := mdn.read) is not None:
        facts["disposition"] = printable(" ".join((read.disposition.type, read.disposition.modifier)).strip())
    if read is not None and row is not None:
        facts["signature"] = read.signature.state
        if read.signature.verified is not None:
            facts["signed_by"] = read.signature.verified.certificate.sha256
        if read.mic is not None:
            facts["mic"] = printable(read.mic.stated)
        if mdn.mic is not None:
            facts["mic_verdict"] = mdn.mic.outcome
        odd = oddities(
            read,
            message_id=f"<{row.message_id}>",
            as2_to=row.receiver,
            signed_receipt=row.signed,
            as2_from=row.sender if row.receipt == "async" else None,
        )
        facts["tolerated"] = " ".join(sorted({*read.tolerated, *odd}))
    elif read is None:
        facts["trouble"] = printable(mdn.trouble, 500)
    return Transmission(
        id=new_id("t", now),
        direction="in",
        side="partner",
        party=party,
        channel=channel,
        protocol=MDN_PROTOCOL,
        name=name or "mdn",
        size=mdn.place.size,
        sha256=mdn.place.sha256,
        at=now,
        facts={name: fact for name, fact in facts.items() if fact},
        lane=ACK_LANE,
    )


def _meet(connection: Connection, transmission: Transmission, receipt: Receipt, now: datetime) -> None:
    """Settle what was expected of the partner for the messages in it."""
    due = [each.id for each in expectations.of_carried(connection, transmission.id) if each.kind == "mdn"]
    if due:
        actor = transmission.party or "gateway"
        expectations.settle_all(connection, due, receipt.verdict, receipt.id, now, actor=actor)


def _verdict(outcome: Outcome) -> Verdict:
    if outcome.result == "delivered":
        return "accepted-with-errors" if outcome.flagged else "accepted"
    return "rejected" if outcome.result in ("refused", "refused-unproven") else "received"
