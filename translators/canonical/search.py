"""The references under which a document is found again.

Somebody who searches for a container types `MSKU 123456-5`, and the message said `MSKU1234565`. So a value is indexed
without its separators and in capitals, beside the text as it stood. Every identifier counts, wherever in the document
it is: the walk knows the objects that carry them, not the documents.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import msgspec
from msgspec import inspect

from translators.canonical.application_advice import AnsweredMessage, ApplicationAdvice
from translators.canonical.booking import Booking
from translators.canonical.booking_confirmation import BookingConfirmation
from translators.canonical.cargo_report import CargoReport, InBondEvent, InBondMovement, ReportedConsignment
from translators.canonical.consolidation import Consignment, Consolidation
from translators.canonical.customs_declaration import CustomsDeclaration
from translators.canonical.customs_response import CustomsResponse, ResponseSubject
from translators.canonical.delivery_schedule import DeliverySchedule
from translators.canonical.despatch_advice import DespatchAdvice, DespatchOrder, Package
from translators.canonical.despatch_line import Batch
from translators.canonical.duty import CustomsDocument
from translators.canonical.equipment import Equipment, iso_6346_check_digit
from translators.canonical.equipment_event import EquipmentEvent
from translators.canonical.equipment_order import EquipmentOrder
from translators.canonical.freight_invoice import FreightInvoice
from translators.canonical.inventory_report import InventoryReport
from translators.canonical.invoice import Invoice
from translators.canonical.order_reference import OrderReference
from translators.canonical.order_response import OrderResponse
from translators.canonical.payment import PaidItem, Payment
from translators.canonical.purchase_order import PurchaseOrder
from translators.canonical.rail_equipment import CarId
from translators.canonical.rail_lading import PriceAuthority
from translators.canonical.rail_waybill import RailCorrection, RailWaybill, RelatedWaybill
from translators.canonical.receiving_advice import ReceivedPackage, ReceivingAdvice
from translators.canonical.reference import DocumentReference
from translators.canonical.sales_report import SalesReport
from translators.canonical.stock_adjustment import StockAdjustment
from translators.canonical.stock_transfer import ReceiptException, StockTransfer
from translators.canonical.terminal_equipment import AttachedEquipment
from translators.canonical.transport import Transport
from translators.canonical.transport_order import TransportOrder
from translators.canonical.transport_response import TransportResponse
from translators.canonical.transport_status import ConsignmentStatus, TransportStatus
from translators.canonical.verified_gross_mass import MassVerification, VerifiedGrossMass
from translators.canonical.warehouse_order import WarehouseOrder
from translators.canonical.warehouse_shipment import ShippedUnit, WarehouseShipment


class Reference(msgspec.Struct, frozen=True):
    """A business reference: its kind (``container``, ``purchase_order``), normalised for search, and as it was sent."""

    name: str
    value: str
    raw: str


def normalise_reference(raw: str) -> str:
    """``raw`` in capitals without blanks and separators: only letters and digits tell references apart."""
    capitals = raw.upper()
    return capitals if capitals.isalnum() else "".join(filter(str.isalnum, capitals))


def search_references(document: msgspec.Struct) -> list[Reference]:
    """Every reference of a canonical document, or of a part of one, each once, in document order."""
    found: dict[tuple[str, str], None] = {}
    _collect(document, found)
    return [Reference(name, value, raw) for (name, raw) in found if (value := normalise_reference(raw))]


def _collect(value: msgspec.Struct, found: dict[tuple[str, str], None]) -> None:
    names, special, inner = _carried(type(value))
    for field, name in names:
        if (raw := getattr(value, field)) is not None:
            found[name, raw] = None
    if special is not None:
        found.update(dict.fromkeys(special(value)))
    for field in inner:
        below = getattr(value, field)
        if isinstance(below, tuple):
            for item in below:
                _collect(item, found)
        elif below is not None:
            _collect(below, found)


_Names = tuple[tuple[str, str], ...]
_Special = Callable[[msgspec.Struct], list[tuple[str, str]]]


@cache
def _carried(kind: type[msgspec.Struct]) -> tuple[_Names, _Special | None, tuple[str, ...]]:
    """What a type of object carries: fields that identify, and fields with objects in them, by their declared types."""
    known = next((_IDENTIFIERS[each] for each in kind.__mro__ if each in _IDENTIFIERS), ())
    special = next((_SPECIAL[each] for each in kind.__mro__ if each in _SPECIAL), None)
    info = inspect.type_info(kind)
    fields = info.fields if isinstance(info, inspect.StructType) else ()
    return known, special, tuple(field.name for field in fields if _has_objects(field.type))


def _has_objects(found: inspect.Type) -> bool:
    if isinstance(found, inspect.UnionType):
        return any(_has_objects(each) for each in found.types)
    if isinstance(found, inspect.VarTupleType):
        return _has_objects(found.item_type)
    return isinstance(found, inspect.StructType)


def _document_reference(value: msgspec.Struct) -> list[tuple[str, str]]:
    return [(value.type, value.value)] if isinstance(value, DocumentReference) else []


def _equipment(value: msgspec.Struct) -> list[tuple[str, str]]:
    if not isinstance(value, Equipment | AttachedEquipment) or value.number is None:
        return []
    # Some messages are about containers only and do not say so; the number does.
    known = value.kind == "container" or (value.kind is None and iso_6346_check_digit(value.number) is not None)
    own = ("container" if known else "equipment", value.number)
    seals = value.seals if isinstance(value, Equipment) else ()
    return [own, *(("seal", seal.number) for seal in seals)]


def _customs_document(value: msgspec.Struct) -> list[tuple[str, str]]:
    if not isinstance(value, ResponseSubject | ReportedConsignment) or value.number is None:
        return []
    return [(value.number_type or "consignment", value.number)]


def _paid_item(value: msgspec.Struct) -> list[tuple[str, str]]:
    return [(value.type, value.number)] if isinstance(value, PaidItem) else []


def _price_authority(value: msgspec.Struct) -> list[tuple[str, str]]:
    return [(value.type, value.value)] if isinstance(value, PriceAuthority) else []


def _car_id(value: msgspec.Struct) -> list[tuple[str, str]]:
    return [("equipment", f"{value.initial} {value.number}")] if isinstance(value, CarId) else []


def _rail_waybill(value: msgspec.Struct) -> list[tuple[str, str]]:
    if not isinstance(value, RailWaybill):
        return []
    return [("rail_waybill" if value.kind == "waybill" else "bill_of_lading", value.number)]


_SPECIAL: dict[type, _Special] = {
    AttachedEquipment: _equipment,
    CarId: _car_id,
    DocumentReference: _document_reference,
    Equipment: _equipment,
    PaidItem: _paid_item,
    PriceAuthority: _price_authority,
    RailWaybill: _rail_waybill,
    ReportedConsignment: _customs_document,
    ResponseSubject: _customs_document,
}
"""Objects whose kind of reference is a field of theirs."""

_IDENTIFIERS: dict[type, _Names] = {
    TransportOrder: (("number", "shipment"),),
    TransportResponse: (("number", "shipment"),),
    Booking: (("number", "booking"),),
    BookingConfirmation: (("number", "booking"),),
    Consolidation: (("number", "consolidation"),),
    Consignment: (("number", "consignment"),),
    CargoReport: (("number", "manifest"),),
    InBondEvent: (("number", "in_bond"), ("seal", "seal")),
    InBondMovement: (("number", "customs_entry"), ("control_number", "in_bond")),
    CustomsDeclaration: (("number", "declarant_reference"),),
    CustomsResponse: (("number", "customs_response"), ("authentication", "customs_release")),
    CustomsDocument: (("number", "document"),),
    ReportedConsignment: (("master_number", "master_bill_of_lading"),),
    ResponseSubject: (("entry_number", "customs_entry"), ("master_number", "master_bill_of_lading")),
    TransportStatus: (("number", "status_report"),),
    EquipmentEvent: (("number", "equipment_report"),),
    EquipmentOrder: (("number", "equipment_order"),),
    VerifiedGrossMass: (("number", "mass_verification"),),
    MassVerification: (("number", "weighing_certificate"),),
    ConsignmentStatus: (("number", "shipment"),),
    OrderReference: (("number", "purchase_order"),),
    Batch: (("number", "batch"),),
    DespatchAdvice: (("number", "despatch_advice"),),
    DespatchOrder: (("number", "purchase_order"),),
    Package: (("sscc", "sscc"), ("tracking_number", "carrier_reference")),
    PurchaseOrder: (("number", "purchase_order"),),
    ReceivedPackage: (("sscc", "sscc"),),
    ReceivingAdvice: (("number", "receiving_advice"),),
    DeliverySchedule: (
        ("number", "delivery_schedule"),
        ("release", "release"),
        ("contract", "contract"),
        ("order", "purchase_order"),
    ),
    OrderResponse: (("number", "order_response"),),
    WarehouseOrder: (("number", "warehouse_order"), ("purchase_order", "purchase_order")),
    WarehouseShipment: (
        ("order_number", "warehouse_order"),
        ("number", "shipment"),
        ("purchase_order", "purchase_order"),
    ),
    ShippedUnit: (("sscc", "sscc"), ("tracking_number", "carrier_reference")),
    InventoryReport: (("number", "inventory_report"),),
    SalesReport: (("number", "sales_report"),),
    StockAdjustment: (("number", "stock_adjustment"), ("depositor_number", "stock_adjustment")),
    StockTransfer: (
        ("order_number", "warehouse_order"),
        ("shipment_number", "shipment"),
        ("receipt_number", "warehouse_receipt"),
        ("purchase_order", "purchase_order"),
    ),
    ReceiptException: (("batch", "batch"),),
    Transport: (("conveyance_reference", "voyage"),),
    Invoice: (("number", "invoice"),),
    FreightInvoice: (("number", "invoice"), ("shipment", "shipment")),
    Payment: (("number", "payment"),),
    RailWaybill: (("shipment", "shipment"),),
    RailCorrection: (("number", "corrected_document"), ("equipment", "equipment")),
    RelatedWaybill: (("number", "rail_waybill"), ("equipment", "equipment")),
    ApplicationAdvice: (("number", "application_advice"),),
    AnsweredMessage: (("document", "answered_document"),),
}
"""By type of object, its fields that identify, each with the kind of reference it is; absent ones count for nothing."""
