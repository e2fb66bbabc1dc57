"""What goes out: a transmission of its own for each set of bytes, recorded and ordered in the caller's transaction.

Nothing is sent here. The rows say what is to be sent and over which channel; the stage ``deliver`` does it, as often as
it takes, and always the same bytes.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from archive import Locator
from gateway.exchange import DELIVERY
from gateway.ids import new_id
from gateway.instance import Gateway
from gateway.ledger import counters, deliveries, interchanges, journal, objects, profile_versions, transmissions
from gateway.ledger.interchanges import InterchangeRow
from gateway.ledger.messages import MessageRow
from gateway.ledger.transmissions import MDN_PROTOCOL, Transmission
from gateway.wiring import BUSINESS
from partners import Agreement, AmqpChannel, As2Channel, Flow, Retry
from translators.envelope import Envelope

DELIVER = "deliver"
"""The stage that sends a transmission."""


def order_delivery(gateway: Gateway, connection: Connection, transmission: Transmission, *, again: str = "") -> None:
    """Put the delivery of a recorded transmission into the queue; ``again`` names an order after the first."""
    gateway.queue.enqueue(
        connection,
        kind=DELIVER,
        key=f"{DELIVER}:{transmission.id}" + (f":{again}" if again else ""),
        payload={"transmission": transmission.id},
        partner=transmission.party or BUSINESS,
        lane=transmission.lane,
        gate=_gate(gateway, transmission),
    )


def _gate(gateway: Gateway, transmission: Transmission) -> str:
    """What has to be open for a delivery: its channel, but for receipts that go to another server than the channel's.

    Whether that one answers says nothing about this one, and a partner that waits for its receipt may be up.
    """
    channel = gateway.profiles.current.channels.get(transmission.channel)
    if transmission.protocol == MDN_PROTOCOL and isinstance(channel, As2Channel):
        return "" if channel.receive.async_url not in (None, channel.url) else channel.id
    return transmission.channel


def retry_terms(gateway: Gateway, transmission: Transmission) -> Retry:
    """How the delivery of an outgoing transmission is tried again: as its flow says today, else as usual."""
    agreement = gateway.profiles.current.agreements.get(transmission.facts.get("agreement", ""))
    flow = agreement.flow(transmission.facts.get("flow", "")) if agreement else None
    return flow.retry if flow else Retry()


def take_number(connection: Connection, flow: Flow) -> int:
    """The next control number of the flow's range; it is given back when the transaction is rolled back."""
    numbers = flow.numbers.interchange
    return counters.take(connection, numbers.range, minimum=numbers.min, maximum=numbers.max)


def record_for_partner(
    connection: Connection,
    agreement: Agreement,
    flow: Flow,
    outer: Envelope,
    locator: Locator,
    *,
    type: str,
    lane: int,
    now: datetime,
    answers: str | None = None,
) -> tuple[Transmission, InterchangeRow]:
    """The rows of an interchange to a partner, recorded: its file for the flow's channel, and its envelope.

    ``locator`` is of the written interchange; ``type`` is what the file is named by; ``answers`` is the transmission
    that it acknowledges.
    """
    objects.record(connection, locator, now)
    profile_versions.record(connection, agreement.sha256, agreement.id, agreement.resolved.decode(), now)
    channel = agreement.channel(flow.channel)
    if channel is None or isinstance(channel, AmqpChannel):
        raise LookupError(f"agreement `{agreement.id}`: nothing can be sent over channel `{flow.channel}`")
    transmission_id = new_id("t", now)
    transmission = Transmission(
        id=transmission_id,
        direction="out",
        side="partner",
        party=agreement.party.id,
        channel=channel.id,
        protocol=channel.kind,
        name=channel.name_of(
            party=agreement.party.id,
            flow=flow.id,
            standard=flow.message.standard,
            type=type,
            number=outer.control_number,
            date=f"{now:%Y%m%d}",
            time=f"{now:%H%M%S}",
            id=transmission_id,
        ),
        size=locator.size,
        sha256=locator.sha256,
        at=now,
        facts={
            "agreement": agreement.id,
            "flow": flow.id,
            "us": agreement.us.id,
            "standard": flow.message.standard,
        },
        lane=lane,
        answers=answers,
    )
    transmissions.record(connection, transmission)
    carrier = InterchangeRow(
        id=new_id("i", now),
        transmission=transmission_id,
        position=1,
        direction="out",
        syntax=outer.syntax,
        sender_qualifier=outer.sender.qualifier,
        sender=outer.sender.id,
        receiver_qualifier=outer.receiver.qualifier,
        receiver=outer.receiver.id,
        control_number=outer.control_number,
        version=f"{outer.charset}:{outer.syntax_version}" if outer.syntax == "edifact" else outer.control_version,
        test=outer.test,
        offset=0,
        length=locator.size,
        sha256=locator.sha256,
        accepted=True,
        party=agreement.party.id,
        agreement=agreement.id,
        profile_sha256=agreement.sha256,
    )
    interchanges.record(connection, carrier)
    data = {"control_number": outer.control_number}
    journal.append(connection, at=now, subject=carrier.id, kind="interchange-written", actor="gateway", data=data)
    return transmission, carrier


def send(
    gateway: Gateway, connection: Connection, transmission: Transmission, carries: list[str], now: datetime
) -> None:
    """Order the delivery of a recorded transmission, whose bytes are archived, with the messages that it carries."""
    journal.append(
        connection,
        at=now,
        subject=transmission.id,
        kind="transmission-written",
        actor="gateway",
        data={"name": transmission.name, "size": transmission.size, "sha256": transmission.sha256},
    )
    deliveries.enqueue(connection, transmission.id, carries=carries, at=now, actor="gateway")
    order_delivery(gateway, connection, transmission)


def send_again(gateway: Gateway, connection: Connection, transmission_id: str, reason: str, now: datetime) -> None:
    """Order what was sent to go out once more, the same bytes, because its receiver asks again; not while it is on its
    way."""
    transmission = transmissions.get(connection, transmission_id)
    if transmission.delivery is None:
        send(gateway, connection, transmission, [], now)
    elif "resend" in DELIVERY.table[transmission.delivery]:
        order = new_id("a", now)
        data = {"reason": reason, "order": order}
        deliveries.step(connection, transmission_id, "resend", at=now, actor="gateway", data=data)
        order_delivery(gateway, connection, transmission, again=order)


def publish(gateway: Gateway, connection: Connection, message: MessageRow, size: int, now: datetime) -> None:
    """Send an accepted message's canonical document to the company's own systems."""
    if message.canonical_sha256 is None or message.canonical_type is None:
        raise ValueError(f"message {message.id} has no canonical form to publish")
    transmission = Transmission(
        id=new_id("t", now),
        direction="out",
        side="business",
        party=message.party,
        channel=BUSINESS,
        protocol="amqp" if gateway.home.config.business.amqp else "embedded",
        name=message.id,
        size=size,
        sha256=message.canonical_sha256,
        at=now,
        facts={
            "type": message.canonical_type,
            "agreement": message.agreement or "",
            "flow": message.flow or "",
            "test": "yes" if message.test else "no",
            **({"reprocesses": message.parent} if message.parent is not None else {}),
        },
        lane=message.lane,
    )
    transmissions.record(connection, transmission)
    send(gateway, connection, transmission, [message.id], now)
