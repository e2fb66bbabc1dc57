"""The canonical form: what business systems read and write, whatever syntax a partner speaks.

Objects are frozen, typed and self-contained; their words are the trade's, listed in
:mod:`translators.canonical.vocabulary`. Amounts are decimals with a unit, times are aware and remember the source's
text, identifiers are typed lists, and a partner's code survives beside the word wherever the word alone would lose it.
"""

from translators.canonical.application_advice import AnsweredMessage, ApplicationAdvice, ApplicationError
from translators.canonical.bill_change import BillChange
from translators.canonical.booking import Booking
from translators.canonical.booking_confirmation import BookingConfirmation
from translators.canonical.cargo_report import (
    CargoReport,
    InBondEvent,
    InBondMovement,
    ManifestEquipment,
    ReportedConsignment,
    ReportedGoods,
)
from translators.canonical.charge import Charge
from translators.canonical.coded import Coded
from translators.canonical.consolidation import Consignment, Consolidation
from translators.canonical.customs_declaration import (
    CustomsDeclaration,
    CustomsIndicator,
    DeclarationItem,
    DeclaredPackages,
)
from translators.canonical.customs_response import (
    AnsweredParty,
    AnsweredReference,
    CustomsPlace,
    CustomsResponse,
    ErrorCode,
    ErrorPoint,
    ResponseSubject,
)
from translators.canonical.dangerous_goods import DangerousGoods
from translators.canonical.delivery_schedule import (
    AuthorisedQuantity,
    DeliverySchedule,
    ScheduledQuantity,
    ScheduleLine,
    ShippedQuantity,
)
from translators.canonical.delivery_terms import DeliveryTerms
from translators.canonical.despatch_advice import DespatchAdvice, DespatchOrder, Package
from translators.canonical.despatch_line import Batch, DespatchLine, Difference
from translators.canonical.document import (
    CANONICAL,
    Canonical,
    CanonicalError,
    canonical_error,
    canonical_schema,
    read_canonical,
    write_canonical,
)
from translators.canonical.duty import CustomsAmount, CustomsDocument, Duty, Outcome
from translators.canonical.equipment import Equipment, Seal, iso_6346_check_digit
from translators.canonical.event_time import EventTime
from translators.canonical.freight_invoice import FreightCharge, FreightInvoice, FreightLine, FreightStop
from translators.canonical.goods import Cargo, GoodsItem, Placement
from translators.canonical.inventory_report import InventoryLine, InventoryReport, StockQuantity
from translators.canonical.invoice import Invoice, InvoiceLine
from translators.canonical.item import ItemId
from translators.canonical.location import Location
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.order_line import OrderLine, Schedule
from translators.canonical.order_reference import OrderReference
from translators.canonical.order_response import LineAnswer, OrderResponse, ResponseLine
from translators.canonical.party import Address, Channel, Contact, Party, Site
from translators.canonical.payment_terms import PaymentTerms
from translators.canonical.price import Price
from translators.canonical.purchase_order import PurchaseOrder
from translators.canonical.quantity import Quantity
from translators.canonical.receiving_advice import ReceivedLine, ReceivedPackage, ReceivingAdvice
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.sales_report import SalesLine, SalesPlace, SalesReport
from translators.canonical.search import Reference, normalise_reference, search_references
from translators.canonical.stock_adjustment import StockAdjustment, StockAdjustmentLine
from translators.canonical.stock_transfer import ReceiptException, StockTransfer, StockTransferLine
from translators.canonical.temperature import Temperature
from translators.canonical.transport import Transport
from translators.canonical.transport_order import Stop, TransportOrder
from translators.canonical.transport_response import TransportResponse
from translators.canonical.transport_status import (
    ConsignmentStatus,
    StatusEvent,
    TransportStatus,
)
from translators.canonical.warehouse_order import WarehouseOrder, WarehouseOrderLine
from translators.canonical.warehouse_shipment import ShippedUnit, WarehouseShipment, WarehouseShipmentLine

__all__ = [
    "CANONICAL",
    "Address",
    "AnsweredMessage",
    "AnsweredParty",
    "AnsweredReference",
    "ApplicationAdvice",
    "ApplicationError",
    "AuthorisedQuantity",
    "Batch",
    "BillChange",
    "Booking",
    "BookingConfirmation",
    "Canonical",
    "CanonicalError",
    "Cargo",
    "CargoReport",
    "Channel",
    "Charge",
    "Coded",
    "Consignment",
    "ConsignmentStatus",
    "Consolidation",
    "Contact",
    "CustomsAmount",
    "CustomsDeclaration",
    "CustomsDocument",
    "CustomsIndicator",
    "CustomsPlace",
    "CustomsResponse",
    "DangerousGoods",
    "DeclarationItem",
    "DeclaredPackages",
    "DeliverySchedule",
    "DeliveryTerms",
    "DespatchAdvice",
    "DespatchLine",
    "DespatchOrder",
    "Difference",
    "DocumentReference",
    "Duty",
    "Equipment",
    "ErrorCode",
    "ErrorPoint",
    "EventTime",
    "FreightCharge",
    "FreightInvoice",
    "FreightLine",
    "FreightStop",
    "GoodsItem",
    "InBondEvent",
    "InBondMovement",
    "InventoryLine",
    "InventoryReport",
    "Invoice",
    "InvoiceLine",
    "ItemId",
    "LineAnswer",
    "Location",
    "ManifestEquipment",
    "Measure",
    "Moment",
    "OrderLine",
    "OrderReference",
    "OrderResponse",
    "Outcome",
    "Package",
    "Party",
    "PaymentTerms",
    "Placement",
    "Price",
    "PurchaseOrder",
    "Quantity",
    "ReceiptException",
    "ReceivedLine",
    "ReceivedPackage",
    "ReceivingAdvice",
    "Reference",
    "Remark",
    "ReportedConsignment",
    "ReportedGoods",
    "ResponseLine",
    "ResponseSubject",
    "SalesLine",
    "SalesPlace",
    "SalesReport",
    "Schedule",
    "ScheduleLine",
    "ScheduledQuantity",
    "Seal",
    "ShippedQuantity",
    "ShippedUnit",
    "Site",
    "StatusEvent",
    "StockAdjustment",
    "StockAdjustmentLine",
    "StockQuantity",
    "StockTransfer",
    "StockTransferLine",
    "Stop",
    "Temperature",
    "Transport",
    "TransportOrder",
    "TransportResponse",
    "TransportStatus",
    "WarehouseOrder",
    "WarehouseOrderLine",
    "WarehouseShipment",
    "WarehouseShipmentLine",
    "canonical_error",
    "canonical_schema",
    "iso_6346_check_digit",
    "normalise_reference",
    "read_canonical",
    "search_references",
    "write_canonical",
]
