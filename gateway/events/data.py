"""What a published event says: a type of data for each family, with the JSON Schemas that are made from them.

An event tells that something happened, to what, and by which names systems and people know that; never what the message
said. Documents travel on the canonical exchange, and whoever needs one has its ``message``. Texts that quote what a
partner wrote (a case's, a finding's) stay in the ledger for the same reason.

Data are read by other people's programs, so a family keeps the rules of the canonical types within its version
(:mod:`translators.canonical.compatibility`). A reader ignores fields that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from gateway.events.taxonomy import Family, Severity
from gateway.exchange import (
    CaseState,
    ContentState,
    DeliveryState,
    ExpectationState,
    Level,
    ReceiptKind,
    Verdict,
)
from translators.canonical.coded import NativeCode
from translators.canonical.customs_words import CustomsAnswer, CustomsOutcome
from translators.canonical.moment import Precision
from translators.canonical.status_words import Reason, Status
from translators.canonical.vocabulary import LocationCodeSystem, ReferenceType

MOST_REFERENCES = 100
"""References that one event names; a message of thousands has its own list in the ledger."""
MOST_CODES = 20
"""Codes of findings or errors that one event names."""

Utc = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment, written in UTC."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier by which somebody knows the shipment."""

    name: str
    """What it identifies: ``container``, ``bill_of_lading``, ``shipment``, ``customs_declaration`` and so on."""
    value: str
    """In capitals and without separators, as it is searched for."""
    raw: str
    """As it was written."""


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every event says. What does not apply is left out."""

    severity: Severity
    party: str | None = None
    """The partner, by its id in the profiles."""
    agreement: str | None = None
    flow: str | None = None
    test: bool
    """What must not become a real shipment."""
    message: str | None = None
    """The gateway's id, ``m-…``, which is the ``message_id`` of the canonical document too."""
    interchange: str | None = None
    """``i-…``"""
    transmission: str | None = None
    """``t-…``: the bytes over the wire that it is about."""
    reprocesses: str | None = None
    """The message that this one was made again from."""
    references: tuple[Reference, ...] = ()
    references_left_out: int = 0
    """How many more there are; ``sallyport messages show`` lists them."""


class MessageTold(Told, frozen=True, kw_only=True, omit_defaults=True):
    """About a message's content."""

    state: ContentState
    direction: Literal["in", "out"]
    """As the gateway sees it."""
    standard: str
    type: str
    """Such as ``IFTSTA`` or ``214``."""
    version: str
    reference: str
    """UNH 0062 or ST02."""
    canonical: str | None = None
    """The type of its canonical document, if it has one."""
    findings: tuple[str, ...] = ()
    """Codes of what is wrong, where the journal has them; the texts are in the ledger."""


class DeliveryTold(Told, frozen=True, kw_only=True, omit_defaults=True):
    """About the delivery of a message, or of an acknowledgment, which carries none."""

    state: DeliveryState
    side: Literal["partner", "business"]
    """Whom the bytes are for: a partner, or your own systems."""
    channel: str
    protocol: str
    answers: str | None = None
    """Of an acknowledgment: the transmission that it answers."""


class ReceiptTold(Told, frozen=True, kw_only=True, omit_defaults=True):
    """About an acknowledgment that a partner owes for a message."""

    kind: ReceiptKind
    level: Level
    """What it says something about: ``transport``, ``receipt``, ``functional`` or ``processing``."""
    state: ExpectationState
    verdict: Verdict | None = None
    """What the receipt says; absent when none came."""
    receipt: str | None = None
    """``r-…``"""
    control_number: str
    """Of the interchange that is to be acknowledged."""
    due: Utc | None = None
    """When it was due; said of what is overdue."""


class CaseTold(Told, frozen=True, kw_only=True, omit_defaults=True):
    """About work for a person."""

    case: str
    """``c-…``; ``sallyport cases list`` has its text."""
    cause: str
    about: str
    """The transmission, interchange, message, channel or certificate that it is about."""
    state: CaseState


class CustomsTold(Told, frozen=True, kw_only=True, omit_defaults=True):
    """About one thing that customs said of one declaration, document or bill, or of all in its answer."""

    outcome: CustomsOutcome | None = None
    """Absent when customs only lists errors."""
    native: NativeCode | None = None
    """The authority's own code, where the word alone loses something."""
    answer: CustomsAnswer | None = None
    number: str | None = None
    """The declaration, document or bill that it is about."""
    number_type: ReferenceType | None = None
    entry_number: str | None = None
    port: str | None = None
    decided: Utc | None = None
    """Since when it holds, where customs says so of this one."""
    issued: Utc | None = None
    """Of the answer as a whole."""
    errors: tuple[str, ...] = ()
    """The authority's codes of what is wrong."""


class TransportTold(Told, frozen=True, kw_only=True, omit_defaults=True):
    """About one thing that happened to one consignment, is expected or was agreed."""

    status: Status
    native: NativeCode | None = None
    """The partner's own code, where the word alone loses something."""
    reason: Reason | None = None
    """Absent when nothing out of the ordinary happened."""
    consignment: str
    occurred: Utc
    """When it happened; of an estimate or an appointment, the moment estimated or agreed."""
    precision: Precision
    location: str | None = None
    """The place's code."""
    location_system: LocationCodeSystem | None = None


DATA: Mapping[Family, type[Told]] = {
    "message": MessageTold,
    "delivery": DeliveryTold,
    "receipt": ReceiptTold,
    "case": CaseTold,
    "customs": CustomsTold,
    "transport": TransportTold,
}
"""The type of data of each family."""


def bounded(references: Iterable[tuple[str, str, str]]) -> tuple[tuple[Reference, ...], int]:
    """The first references (name, value, raw), and how many more there are."""
    found = [Reference(name=name, value=value, raw=raw) for name, value, raw in dict.fromkeys(references)]
    return tuple(found[:MOST_REFERENCES]), max(0, len(found) - MOST_REFERENCES)
