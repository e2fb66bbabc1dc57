"""The references under which a document is found again.

Somebody who searches for a container types `MSKU 123456-5`, and the message said `MSKU1234565`. So a value is indexed
without its separators and in capitals, beside the text as it stood. Every identifier counts, wherever in the document
it is: the walk knows the objects that carry them, not the documents.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from translators.canonical.document import Canonical
from translators.canonical.equipment import Equipment
from translators.canonical.reference import DocumentReference
from translators.canonical.transport_order import TransportOrder
from translators.canonical.transport_status import ConsignmentStatus, Transport, TransportStatus


class Reference(msgspec.Struct, frozen=True):
    """A business reference: its kind (``container``, ``purchase_order``), normalised for search, and as it was sent."""

    name: str
    value: str
    raw: str


def normalise_reference(raw: str) -> str:
    """``raw`` in capitals without blanks and separators: only letters and digits tell references apart."""
    return "".join(character for character in raw.upper() if character.isalnum())


def search_references(document: Canonical) -> list[Reference]:
    """Every reference of the document, each once, in document order."""
    found: dict[Reference, None] = {}
    for name, raw in _walk(document):
        if value := normalise_reference(raw):
            found.setdefault(Reference(name, value, raw))
    return list(found)


def _walk(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, tuple):
        for item in value:
            yield from _walk(item)
    elif isinstance(value, msgspec.Struct):
        yield from _own(value)
        for field in value.__struct_fields__:
            inner = getattr(value, field)
            if inner and isinstance(inner, tuple | msgspec.Struct):
                yield from _walk(inner)


def _own(value: msgspec.Struct) -> Iterator[tuple[str, str]]:
    match value:
        case TransportOrder(number=number):
            yield "shipment", number
        case TransportStatus(number=str(number)):
            yield "status_report", number
        case ConsignmentStatus(number=number):
            yield "shipment", number
        case DocumentReference(type=kind, value=raw):
            yield kind, raw
        case Equipment(kind=kind, number=str(number)):
            yield "container" if kind == "container" else "equipment", number
            for seal in value.seals:
                yield "seal", seal.number
        case Transport(conveyance_reference=str(raw)):
            yield "voyage", raw
        case _:
            return
