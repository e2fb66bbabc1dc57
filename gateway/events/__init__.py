"""What the company's own systems are told of: the taxonomy, its types of data, and the form of CloudEvents 1.0.

The journal's lines are events too; here is what of them is published, under names that other systems bind to. Pure:
lines and documents in, published events out. No I/O, no clock; :mod:`gateway.outbox` puts the work into the queue and
:mod:`gateway.telling` does it.
"""

from gateway.events.cloud import MEDIA_TYPE, CloudEvent, cloud_event, data_schema, event_id, routing_key, write_event
from gateway.events.data import (
    DATA,
    CaseTold,
    CustomsTold,
    DeliveryTold,
    MessageTold,
    ReceiptTold,
    Reference,
    Told,
    TransportTold,
    bounded,
)
from gateway.events.documents import told_by_document
from gateway.events.lines import DERIVING, name_of, possible_names
from gateway.events.taxonomy import EVENT_TYPES, VERSIONS, EventType, Family, Severity, chosen, family_of, full_name

__all__ = [
    "DATA",
    "DERIVING",
    "EVENT_TYPES",
    "MEDIA_TYPE",
    "VERSIONS",
    "CaseTold",
    "CloudEvent",
    "CustomsTold",
    "DeliveryTold",
    "EventType",
    "Family",
    "MessageTold",
    "ReceiptTold",
    "Reference",
    "Severity",
    "Told",
    "TransportTold",
    "bounded",
    "chosen",
    "cloud_event",
    "data_schema",
    "event_id",
    "family_of",
    "full_name",
    "name_of",
    "possible_names",
    "routing_key",
    "told_by_document",
    "write_event",
]
