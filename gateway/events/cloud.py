"""Published events in the form of CloudEvents 1.0, structured mode: one JSON object holds attributes and data.

``id`` is made of what does not change: the subject, and the number of the journal's line; with a number behind it where
one line becomes several events. So whoever publishes an event again publishes it under the same id, and a consumer that
remembers ids drops the repetition (CloudEvents 1.0, 3.1: producers must ensure that source and id are unique for each
distinct event; consumers may assume that events with identical source and id are duplicates). The subject has
randomness in it, so that numbers which are given once more, after the database was restored, do not make ids equal.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

import msgspec

from gateway.events.data import DATA, Told
from gateway.events.taxonomy import PREFIX, VERSIONS, Family, family_of, full_name
from translators.canonical.document import Json

MEDIA_TYPE = "application/cloudevents+json"
"""Of a CloudEvent in structured mode (CloudEvents AMQP binding 1.0.2, 3.2.1)."""

_UNBINDABLE = re.compile(r"[^A-Za-z0-9_-]")


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One published event; all attributes are always there."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    """Which gateway: a URI reference."""
    type: str
    subject: str
    """The id of the message, transmission or case that it is about."""
    time: datetime
    """When it was recorded, in UTC."""
    dataschema: str
    datacontenttype: Literal["application/json"] = "application/json"
    data: Told


def event_id(subject: str, seq: int, part: int | None = None) -> str:
    """The id of the event that a line of the journal becomes; ``part`` counts from 1 where it becomes several."""
    return f"{subject}.{seq}" if part is None else f"{subject}.{seq}.{part}"


def schema_name(family: Family) -> str:
    """The name of the schema of a family's data."""
    return f"urn:sallyport:events:{family}:{VERSIONS[family]}"


def cloud_event(name: str, data: Told, *, identifier: str, source: str, subject: str, time: datetime) -> CloudEvent:
    """The event of this type, complete."""
    return CloudEvent(
        id=identifier,
        source=source,
        type=full_name(name),
        subject=subject,
        time=time,
        dataschema=schema_name(family_of(name)),
        data=data,
    )


def write_event(event: CloudEvent) -> bytes:
    """The event as JSON bytes: equal events give equal bytes."""
    return msgspec.json.encode(event)


def routing_key(name: str, party: str | None) -> str:
    """The routing key of an event: prefix, type without its version, partner (``none`` where there is none).

    A partner's id is one word of the key, whatever is in it, so that ``sallyport.customs.*.*`` takes what it should.
    """
    return f"{PREFIX}.{name}.{_UNBINDABLE.sub('-', party) if party else 'none'}"


def data_schema(family: Family) -> dict[str, Json]:
    """The JSON Schema (2020-12) of a family's data."""
    schema: dict[str, Json] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(DATA[family])))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_name(family),
        "title": f"{PREFIX}.{family}/{VERSIONS[family]}",
        **schema,
    }
