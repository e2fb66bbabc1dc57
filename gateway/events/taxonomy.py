"""The types of event that are published, as data: their names, how urgent each is, what it means.

A name is a family and what happened: ``customs.hold``. Published it is ``sallyport.customs.hold/1``, with the version
of the family's data (:mod:`gateway.events.data`). Names follow what the ledger journals and what canonical documents
say; a line of the journal that nobody outside can act upon (an attempt began, a file was collected) has none.

A type may be added; one that exists is never renamed and never means something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

import msgspec

PREFIX = "sallyport"

Severity = Literal["milestone", "exception"]
"""``milestone``: it goes on as it should. ``exception``: something stands still or somebody has to act."""

Family = Literal["message", "delivery", "receipt", "case", "customs", "transport"]
"""What it is about; the types of a family have data of the same type."""

FAMILIES: tuple[Family, ...] = get_args(Family)

VERSIONS: Mapping[Family, int] = dict.fromkeys(FAMILIES, 1)
"""The version of each family's data."""


class EventType(msgspec.Struct, frozen=True):
    """How urgent a type is, and what it means in one line."""

    severity: Severity
    meaning: str


EVENT_TYPES: Mapping[str, EventType] = {
    "message.received": EventType(
        "milestone", "A partner's message was found in what came in, or a document was taken"
    ),
    "message.accepted": EventType("milestone", "The message is what its guide asks for, or is taken all the same"),
    "message.rejected": EventType("exception", "The message is not usable; who sent it was told, or has to be told"),
    "message.quarantined": EventType("exception", "The message is held until a person decides"),
    "message.unassigned": EventType("exception", "No agreement or flow is known for the message"),
    "message.reprocessed": EventType("milestone", "A person had the message made again; the new one counts"),
    "message.dismissed": EventType("milestone", "A person decided that nothing more is to be done about the message"),
    "delivery.delivered": EventType(
        "milestone", "The partner has the message, or it lies where the partner fetches it"
    ),
    "delivery.doubtful": EventType("exception", "The counterpart answered in a way that does not show what it has"),
    "delivery.parked": EventType("exception", "The gateway has given up sending; the bytes wait for a person"),
    "delivery.refused": EventType("exception", "The counterpart refused the bytes"),
    "delivery.cancelled": EventType("milestone", "A person decided that the message is not to be sent"),
    "delivery.resent": EventType("milestone", "The same bytes are sent to the partner again"),
    "receipt.met": EventType("milestone", "The partner's acknowledgment accepts the message, perhaps noting errors"),
    "receipt.rejected": EventType("exception", "The partner's acknowledgment rejects the message"),
    "receipt.overdue": EventType("exception", "An acknowledgment that the partner owes did not come in time"),
    "case.opened": EventType("exception", "Work for a person came up, or came up again"),
    "case.closed": EventType("milestone", "The case was closed"),
    "customs.hold": EventType("exception", "Customs detains the goods"),
    "customs.control": EventType("exception", "Customs wants to see the goods or their papers before they move"),
    "customs.action-required": EventType("exception", "Customs wants documents, or something else done"),
    "customs.rejected": EventType(
        "exception", "Customs rejects a declaration, report or amendment, or refuses a release"
    ),
    "customs.invalidated": EventType(
        "exception", "A declaration counts no more: somebody cancelled it, or customs did"
    ),
    "customs.errors": EventType("exception", "Customs lists errors and decides nothing"),
    "customs.hold-removed": EventType("milestone", "A hold is lifted; that alone releases nothing"),
    "customs.release": EventType("milestone", "Customs releases the goods"),
    "customs.transfer": EventType("milestone", "The goods may travel on under customs control"),
    "customs.accepted": EventType("milestone", "Customs has what was sent, or accepts it; that alone releases nothing"),
    "customs.ended": EventType("milestone", "The goods have left, or the procedure is discharged"),
    "customs.other": EventType("milestone", "Customs says something for which there is no word here"),
    "transport.milestone": EventType("milestone", "A partner reports what happened to a consignment"),
    "transport.exception": EventType(
        "exception", "A partner reports trouble with a consignment, or a reason for delay"
    ),
}
"""Every type, by its name without prefix and version."""


def family_of(name: str) -> Family:
    """The family of a type; raises ``KeyError`` for what is no type."""
    return _FAMILY[name]


def full_name(name: str) -> str:
    """The type as it is published: ``sallyport.customs.hold/1``."""
    return f"{PREFIX}.{name}/{VERSIONS[family_of(name)]}"


def chosen(choices: Iterable[str]) -> frozenset[str]:
    """The types that a configuration's list means: each entry a type, or a family for all of its types."""
    wanted = set(choices)
    return frozenset(name for name in EVENT_TYPES if name in wanted or _FAMILY[name] in wanted)


_FAMILY: Mapping[str, Family] = {
    name: family for name in EVENT_TYPES for family in FAMILIES if name.partition(".")[0] == family
}
