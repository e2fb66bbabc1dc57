"""The story of a message: everything the ledger knows about it, gathered in one place, in the order of time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from archive import Locator
from gateway.exchange import Event
from gateway.ledger import (
    as2_sent,
    attempts,
    cases,
    expectations,
    interchanges,
    journal,
    messages,
    objects,
    receipts,
    references,
    transmissions,
)
from gateway.ledger.as2_sent import SentAs
from gateway.ledger.attempts import Attempt
from gateway.ledger.cases import Case
from gateway.ledger.expectations import Expectation
from gateway.ledger.interchanges import InterchangeRow
from gateway.ledger.messages import MessageRow
from gateway.ledger.receipts import Receipt
from gateway.ledger.references import ReferenceRow
from gateway.ledger.transmissions import Transmission


class MessageStory(msgspec.Struct, frozen=True, kw_only=True):
    """A message and all that belongs to it; lists are in the order of time."""

    message: MessageRow
    references: Sequence[ReferenceRow]
    transmission: Transmission | None
    """The one over the partner's wire; ``None`` while an outgoing message has none."""
    interchange: InterchangeRow | None
    source: Transmission | None
    """Outgoing: what the company's system sent."""
    canonical: Locator | None
    """Where the archive keeps the canonical form."""
    carriers: Sequence[Transmission]
    """The outgoing transmissions that carry it: to the partner, or its canonical form to the company's systems."""
    sent_as: Sequence[SentAs]
    """The Message-IDs of those that go over AS2."""
    answers: Sequence[Transmission]
    """The acknowledgments that we sent for the transmission it came in."""
    expectations: Sequence[Expectation]
    receipts: Sequence[Receipt]
    """Those that answer it, or the whole of its interchange; what we were told and what we told."""
    mdns: Sequence[Transmission]
    """The transmissions of those that are MDNs; their facts say how they were judged."""
    attempts: Sequence[Attempt]
    """Every try to deliver a carrier or an answer."""
    cases: Sequence[Case]
    parent: MessageRow | None
    """The message it was made again from."""
    children: Sequence[MessageRow]
    """The messages that were made again from it."""
    events: Sequence[Event]
    """Of the message and of all of the above but parent and children."""


def of(connection: Connection, message_id: str) -> MessageStory:
    """The story of a message; raises :class:`gateway.ledger.NotRecorded`."""
    message = messages.get(connection, message_id)
    wire = transmissions.get(connection, message.transmission) if message.transmission else None
    envelope = interchanges.get(connection, message.interchange) if message.interchange else None
    source = transmissions.get(connection, message.source) if message.source else None
    carriers = transmissions.carrying(connection, message_id)
    answers = transmissions.answering(connection, wire.id) if wire and wire.direction == "in" else []
    due = expectations.of_message(connection, message_id)
    answered = receipts.answering_message(connection, message_id, message.interchange)
    outgoing = [*carriers, *answers]
    known = [each for each in (message, envelope, wire, source, *outgoing, *due) if each is not None]
    # A receipt's own transmission may carry many other answers, so it is named in the receipt and its events stay out.
    work = cases.about(connection, list(dict.fromkeys(each.id for each in known)))
    return MessageStory(
        message=message,
        references=references.of(connection, message_id),
        transmission=wire,
        interchange=envelope,
        source=source,
        canonical=objects.find(connection, message.canonical_sha256) if message.canonical_sha256 else None,
        carriers=carriers,
        sent_as=as2_sent.ids(connection, [each.id for each in carriers]),
        answers=answers,
        expectations=due,
        receipts=answered,
        mdns=[transmissions.get(connection, each.transmission) for each in answered if each.kind == "mdn"],
        attempts=attempts.of(connection, [each.id for each in outgoing]),
        cases=work,
        parent=messages.get(connection, message.parent) if message.parent else None,
        children=messages.made_from(connection, parent=message_id),
        events=_told_once(journal.of_all(connection, [each.id for each in [*known, *work]]), message_id),
    )


def _told_once(events: Sequence[Event], message_id: str) -> list[Event]:
    """The events without those of a carrier that stand in the message's own journal as well."""
    own = {(event.kind, event.at, event.data.get("transmission")) for event in events if event.subject == message_id}
    return [
        event for event in events if event.subject == message_id or (event.kind, event.at, event.subject) not in own
    ]
