"""The canonical form: what business systems read and write, whatever syntax a partner speaks.

Objects are frozen, typed and self-contained; their words are the trade's, listed in
:mod:`translators.canonical.vocabulary`. Amounts are decimals with a unit, times are aware and remember the source's
text, identifiers are typed lists, and a partner's code survives beside the word wherever the word alone would lose it.
"""

from translators.canonical.coded import Coded
from translators.canonical.document import (
    CANONICAL,
    Canonical,
    CanonicalError,
    canonical_error,
    canonical_schema,
    read_canonical,
    write_canonical,
)
from translators.canonical.equipment import Equipment, Seal, iso_6346_check_digit
from translators.canonical.goods import Cargo, GoodsItem
from translators.canonical.location import Location
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.party import Address, Channel, Contact, Party, Site
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.search import Reference, normalise_reference, search_references
from translators.canonical.transport_order import Stop, TransportOrder
from translators.canonical.transport_status import (
    ConsignmentStatus,
    EventTime,
    StatusEvent,
    Transport,
    TransportStatus,
)

__all__ = [
    "CANONICAL",
    "Address",
    "Canonical",
    "CanonicalError",
    "Cargo",
    "Channel",
    "Coded",
    "ConsignmentStatus",
    "Contact",
    "DocumentReference",
    "Equipment",
    "EventTime",
    "GoodsItem",
    "Location",
    "Measure",
    "Moment",
    "Party",
    "Reference",
    "Remark",
    "Seal",
    "Site",
    "StatusEvent",
    "Stop",
    "Transport",
    "TransportOrder",
    "TransportStatus",
    "canonical_error",
    "canonical_schema",
    "iso_6346_check_digit",
    "normalise_reference",
    "read_canonical",
    "search_references",
    "write_canonical",
]
