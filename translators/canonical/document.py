"""Canonical documents as JSON: read strictly, written deterministically, described by a schema.

The name of a document's type and version is in its ``type`` field, so that a letter is readable without its headers.
Within a version a field may be added if it is optional and a word may be added to a vocabulary; everything else is a
new version.
"""

from __future__ import annotations

import re

import msgspec

from translators.canonical.application_advice import ApplicationAdvice
from translators.canonical.booking import Booking
from translators.canonical.booking_confirmation import BookingConfirmation
from translators.canonical.cargo_report import CargoReport
from translators.canonical.coded import misnamed_codes
from translators.canonical.consolidation import Consolidation
from translators.canonical.customs_declaration import CustomsDeclaration
from translators.canonical.customs_response import CustomsResponse
from translators.canonical.delivery_schedule import DeliverySchedule
from translators.canonical.despatch_advice import DespatchAdvice
from translators.canonical.equipment_event import EquipmentEvent
from translators.canonical.equipment_order import EquipmentOrder
from translators.canonical.freight_invoice import FreightInvoice
from translators.canonical.inventory_report import InventoryReport
from translators.canonical.invoice import Invoice
from translators.canonical.order_response import OrderResponse
from translators.canonical.payment import Payment
from translators.canonical.purchase_order import PurchaseOrder
from translators.canonical.rail_waybill import RailWaybill
from translators.canonical.receiving_advice import ReceivingAdvice
from translators.canonical.sales_report import SalesReport
from translators.canonical.stock_adjustment import StockAdjustment
from translators.canonical.stock_transfer import StockTransfer
from translators.canonical.transport_order import TransportOrder
from translators.canonical.transport_response import TransportResponse
from translators.canonical.transport_status import TransportStatus
from translators.canonical.verified_gross_mass import VerifiedGrossMass
from translators.canonical.warehouse_order import WarehouseOrder
from translators.canonical.warehouse_shipment import WarehouseShipment

Canonical = (
    ApplicationAdvice
    | Booking
    | BookingConfirmation
    | CargoReport
    | Consolidation
    | CustomsDeclaration
    | CustomsResponse
    | DeliverySchedule
    | DespatchAdvice
    | EquipmentEvent
    | EquipmentOrder
    | FreightInvoice
    | InventoryReport
    | Invoice
    | OrderResponse
    | Payment
    | PurchaseOrder
    | RailWaybill
    | ReceivingAdvice
    | SalesReport
    | StockAdjustment
    | StockTransfer
    | TransportOrder
    | TransportResponse
    | TransportStatus
    | VerifiedGrossMass
    | WarehouseOrder
    | WarehouseShipment
)  # fmt: skip
Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

CANONICAL: dict[str, type[Canonical]] = {
    "application_advice/1": ApplicationAdvice,
    "booking/1": Booking,
    "booking_confirmation/1": BookingConfirmation,
    "cargo_report/1": CargoReport,
    "consolidation/1": Consolidation,
    "customs_declaration/1": CustomsDeclaration,
    "customs_response/1": CustomsResponse,
    "delivery_schedule/1": DeliverySchedule,
    "despatch_advice/1": DespatchAdvice,
    "equipment_event/1": EquipmentEvent,
    "equipment_order/1": EquipmentOrder,
    "freight_invoice/1": FreightInvoice,
    "inventory_report/1": InventoryReport,
    "invoice/1": Invoice,
    "order_response/1": OrderResponse,
    "payment/1": Payment,
    "purchase_order/1": PurchaseOrder,
    "rail_waybill/1": RailWaybill,
    "receiving_advice/1": ReceivingAdvice,
    "sales_report/1": SalesReport,
    "stock_adjustment/1": StockAdjustment,
    "stock_transfer/1": StockTransfer,
    "transport_order/1": TransportOrder,
    "transport_response/1": TransportResponse,
    "transport_status/1": TransportStatus,
    "verified_gross_mass/1": VerifiedGrossMass,
    "warehouse_order/1": WarehouseOrder,
    "warehouse_shipment/1": WarehouseShipment,
}
"""Every canonical type, by name and version."""

_decoder: msgspec.json.Decoder[Canonical] = msgspec.json.Decoder(Canonical)
_PLACE = re.compile(r"(?P<text>.*?) - at `\$\.?(?P<path>.*)`", re.DOTALL)
_ADVICE = (
    ("Object missing required field", "add the field"),
    ("Object contains unknown field", "remove the field, or check its spelling against the schema"),
    ("Invalid enum value", "use a word of the vocabulary, or `other` with the code in `native`"),
    ("Expected `str` matching regex '^[a-z0-9]+\\\\.", "name the list the code is from, such as x12.1650:X6"),
    ("Expected `datetime`", "write a date and time with its offset, such as 2026-10-01T14:30:00+02:00"),
    ("Expected `decimal`", 'write the number in digits and in quotes, such as "1200.5"'),
    ("Invalid decimal", 'write the number in digits and in quotes, such as "1200.5"'),
)


class CanonicalError(ValueError):
    """Bytes that are no canonical document: what is wrong, at which path, and what to do about it."""

    def __init__(self, path: str, text: str, advice: str) -> None:
        super().__init__(f"{path or 'the document'}: {text}; {advice}")
        self.path = path
        """Such as ``consignments[0].events[2].occurred.at``; empty for the document as a whole."""
        self.text = text
        self.advice = advice


def read_canonical(data: bytes) -> Canonical:
    """The document in ``data`` (UTF-8 JSON); raises :class:`CanonicalError` for anything that is not exactly one.

    Unknown fields are refused: what we do not understand must not be dropped in silence.
    """
    try:
        document = _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise canonical_error(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CanonicalError("", f"not readable as JSON ({error})", "send one JSON object in UTF-8") from None
    # A name may be written with escapes.
    if b"native" in data or b"\\" in data:
        for path, name in misnamed_codes(document):
            text = f"native names `{name}`, which is no field here"
            raise CanonicalError(path, text, "name the field whose code it is")
    return document


def write_canonical(document: Canonical) -> bytes:
    """The document as JSON bytes: equal documents give equal bytes. Fields at their default are left out."""
    return msgspec.json.encode(document, order="deterministic")


def canonical_schema(name: str) -> dict[str, Json]:
    """The JSON Schema (2020-12) of a canonical type such as ``transport_status/1``; raises ``KeyError`` for no type."""
    # By way of its JSON, because a default may be an empty tuple, which is equal to no list.
    schema: dict[str, Json] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(CANONICAL[name])))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name, **schema}


def canonical_error(error: msgspec.ValidationError) -> CanonicalError:
    """What msgspec found wrong, with its path taken out of the sentence and advice put in."""
    match = _PLACE.fullmatch(str(error))
    text, path = (match["text"], match["path"]) if match else (str(error), "")
    # Parts of a document may have a `type` of their own; only at the top it is the document's.
    if path == "type" or (not path and text.endswith("missing required field `type`")):
        return CanonicalError("type", text, f"set `type` to one of: {', '.join(CANONICAL)}")
    return CanonicalError(
        path, text, next((advice for start, advice in _ADVICE if text.startswith(start)), "correct it")
    )
