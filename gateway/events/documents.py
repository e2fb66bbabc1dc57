"""What canonical documents become: events for what customs decided and for what befell consignments.

A document says things of several shipments at once, and a system looks for its own: so each event names the references
of the part that it is about, with those that the document states for all, and not those of the neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from gateway.events.data import MOST_CODES, CustomsTold, Told, TransportTold, bounded
from gateway.events.taxonomy import EVENT_TYPES
from translators.canonical import (
    Canonical,
    ConsignmentStatus,
    CustomsResponse,
    ErrorPoint,
    Moment,
    Outcome,
    ResponseSubject,
    StatusEvent,
    TransportStatus,
    search_references,
)
from translators.canonical.customs_words import CustomsOutcome
from translators.canonical.status_words import Status

OUTCOMES: Mapping[CustomsOutcome, str] = {
    "received": "customs.accepted",
    "registered": "customs.accepted",
    "accepted": "customs.accepted",
    "accepted_awaiting_arrival": "customs.accepted",
    "amendment_accepted": "customs.accepted",
    "rejected": "customs.rejected",
    "release_refused": "customs.rejected",
    "amendment_rejected": "customs.rejected",
    "documents_required": "customs.action-required",
    "action_required": "customs.action-required",
    "under_control": "customs.control",
    "hold": "customs.hold",
    "hold_removed": "customs.hold-removed",
    "released": "customs.release",
    "transfer_authorised": "customs.transfer",
    "invalidated": "customs.invalidated",
    "exited": "customs.ended",
    "discharged": "customs.ended",
    "payment_deferred": "customs.other",
    "other": "customs.other",
}
"""The type of event for each word of what customs decides."""

TROUBLE: frozenset[Status] = frozenset(
    {
        "booking_cancelled",
        "shipment_cancelled",
        "not_collected",
        "delayed",
        "stopped",
        "customs_hold",
        "customs_refused",
        "delivery_attempted",
        "not_delivered",
        "delivery_not_completed",
        "refused",
        "damaged",
        "lost",
        "returned",
        "mechanical_breakdown",
    }
)
"""The statuses that are trouble by themselves; any other one is when the partner gives a reason for it."""


def told_by_document(document: Canonical, common: Told) -> list[tuple[str, Told]]:
    """Type and data of each event that a document becomes, in its order; ``common`` is what all of them share."""
    if isinstance(document, CustomsResponse):
        return list(_customs(document, common))
    if isinstance(document, TransportStatus):
        return list(_transport(document, common))
    return []


def _customs(document: CustomsResponse, common: Told) -> Iterator[tuple[str, Told]]:
    # What is said of the whole holds for everything in it; what is said of one part, for that.
    (only,) = document.subjects if len(document.subjects) == 1 else (None,)
    shared = msgspec.structs.replace(document, subjects=())
    yield from _decided(document, only, document.outcomes, document.errors, common, [document])
    for subject in document.subjects:
        yield from _decided(document, subject, subject.outcomes, subject.errors, common, [subject, shared])


def _decided(
    document: CustomsResponse,
    subject: ResponseSubject | None,
    outcomes: Sequence[Outcome],
    errors: Sequence[ErrorPoint],
    common: Told,
    parts: Sequence[msgspec.Struct],
) -> Iterator[tuple[str, Told]]:
    """An event for each outcome, said once; and one for errors of which nothing is decided."""
    said = dict.fromkeys((each.outcome, each.native.get("outcome")) for each in outcomes)
    codes = dict.fromkeys(code.code for point in errors for code in point.codes)
    names: list[tuple[str, CustomsOutcome | None, str | None]] = [
        (OUTCOMES[outcome], outcome, native) for outcome, native in said
    ]
    if errors and not names:
        names = [("customs.errors", None, None)]
    for name, outcome, native in names:
        yield (
            name,
            CustomsTold(
                **msgspec.structs.asdict(_of_part(common, name, parts)),
                outcome=outcome,
                native=native,
                answer=document.answer,
                number=subject.number if subject else document.number,
                number_type=subject.number_type if subject else None,
                entry_number=subject.entry_number if subject else None,
                port=subject.port if subject else None,
                decided=_utc(subject.decided if subject else None),
                issued=_utc(document.issued),
                errors=tuple(codes)[:MOST_CODES],
            ),
        )


def _transport(document: TransportStatus, common: Told) -> Iterator[tuple[str, Told]]:
    shared = msgspec.structs.replace(document, consignments=())
    for consignment in document.consignments:
        itself = msgspec.structs.replace(consignment, events=())
        for each in consignment.events:
            yield _happened(consignment, each, common, [itself, each, shared])


def _happened(
    consignment: ConsignmentStatus, each: StatusEvent, common: Told, parts: Sequence[msgspec.Struct]
) -> tuple[str, Told]:
    trouble = each.status in TROUBLE or each.reason is not None
    name = "transport.exception" if trouble else "transport.milestone"
    return name, TransportTold(
        **msgspec.structs.asdict(_of_part(common, name, parts)),
        status=each.status,
        native=each.native.get("status"),
        reason=each.reason,
        consignment=consignment.number,
        occurred=each.occurred.at.astimezone(UTC),
        precision=each.occurred.precision,
        location=each.location.code if each.location else None,
        location_system=each.location.code_system if each.location and each.location.code else None,
    )


def _of_part(common: Told, name: str, parts: Sequence[msgspec.Struct]) -> Told:
    """What all events share, for an event of this type about these parts of the document."""
    found = [reference for part in parts for reference in search_references(part)]
    references, left_out = bounded((each.name, each.value, each.raw) for each in found)
    return msgspec.structs.replace(
        common, severity=EVENT_TYPES[name].severity, references=references, references_left_out=left_out
    )


def _utc(moment: Moment | None) -> datetime | None:
    return moment.at.astimezone(UTC) if moment else None
