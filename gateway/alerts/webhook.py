"""The webhook of a notice: a body with a versioned schema, signed as the Standard Webhooks specification 1.0 says.

The signature is an HMAC-SHA256 over id, timestamp and body with dots between; with two secrets there are two, so that
the receiver can change from one to the other when it likes. The id is the notice's, the same in each attempt, so that
whoever gets it twice can drop the second. The timestamp is that of the attempt: receivers refuse what is old.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from gateway.alerts.notice import AlertSeverity, Notice, NoticeKind

MEDIA_TYPE = "application/json"
WEBHOOK_TYPE: Literal["sallyport.alert/1"] = "sallyport.alert/1"
SCHEMA_NAME = "urn:sallyport:alerts:1"
PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret: what the specification asks for."""

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
Utc = Annotated[datetime, msgspec.Meta(tz=True)]


class ItemTold(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is told."""

    topic: str
    """The cause of a case, or the type of an event."""
    subject: str
    """The case, ``c-…``; of an event the message or transmission, ``m-…`` or ``t-…``."""
    about: str
    """The transmission, interchange, message, channel, flow or certificate that a case is about."""
    since: Utc


class AlertTold(msgspec.Struct, frozen=True, kw_only=True):
    """What is told."""

    id: str
    """``n-…``, the same in each attempt; also in the header ``webhook-id``."""
    kind: NoticeKind
    gateway: str
    """Which gateway tells it."""
    rule: str
    severity: AlertSeverity
    """How urgent the rule says that it is."""
    party: str | None
    """The partner that all of it is about; null where it is about the gateway."""
    count: int
    """How many things are told."""
    topics: dict[str, int]
    """How many there are of each cause or event."""
    items: tuple[ItemTold, ...]
    """The oldest of them, at most twenty."""
    parents: tuple[str, ...]
    """The ids of the alerts in which the same things were told first."""


class WebhookBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a webhook."""

    type: Literal["sallyport.alert/1"]
    timestamp: Utc
    """When it was decided."""
    data: AlertTold


class UnfitSecret(Exception):
    """The secret is none that the specification allows; the text says what one looks like."""


def webhook_body(notice: Notice, gateway: str) -> bytes:
    """The body as JSON; equal notices give equal bytes."""
    data = AlertTold(
        id=notice.id,
        kind=notice.kind,
        gateway=gateway,
        rule=notice.rule,
        severity=notice.severity,
        party=notice.party,
        count=notice.count,
        topics=dict(sorted(notice.topics.items())),
        items=tuple(ItemTold(**msgspec.structs.asdict(each)) for each in notice.items),
        parents=notice.parents,
    )
    return msgspec.json.encode(WebhookBody(type=WEBHOOK_TYPE, timestamp=notice.at, data=data))


def signed_headers(identifier: str, body: bytes, secrets: Sequence[str], at: datetime) -> Mapping[str, str]:
    """The headers of an attempt at ``at``, with a signature for each secret; raises :class:`UnfitSecret`."""
    seconds = str(int(at.timestamp()))
    signed = b".".join((identifier.encode(), seconds.encode(), body))
    signatures = [
        "v1," + base64.b64encode(hmac.new(_key(each), signed, hashlib.sha256).digest()).decode() for each in secrets
    ]
    return {
        "content-type": MEDIA_TYPE,
        "webhook-id": identifier,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(signatures),
    }


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise UnfitSecret(f"a signing secret is `{PREFIX}` and base64, and this one is not") from None
    if not SHORTEST <= len(key) <= LONGEST:
        raise UnfitSecret(f"a signing secret has {SHORTEST} to {LONGEST} bytes, and this one has {len(key)}")
    return key


def webhook_schema() -> dict[str, Json]:
    """The JSON Schema (2020-12) of the body."""
    schema: dict[str, Json] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(WebhookBody)))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_NAME,
        "title": WEBHOOK_TYPE,
        **schema,
    }
