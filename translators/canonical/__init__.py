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
from translators.canonical.equipment import Equipment, Seal, is_container_number, iso_6346_check_digit
from translators.canonical.equipment_event import EquipmentEvent, MovedEquipment
from translators.canonical.equipment_order import EquipmentOrder
from translators.canonical.event_time import EventTime
from translators.canonical.freight_invoice import (
    FreightCharge,
    FreightEquipment,
    FreightGoods,
    FreightInvoice,
    FreightLine,
    FreightStop,
)
from translators.canonical.goods import Cargo, GoodsItem, Placement
from translators.canonical.inventory_report import InventoryLine, InventoryReport, StockQuantity
from translators.canonical.invoice import Invoice, InvoiceLine
from translators.canonical.invoice_party import BankAccount, InvoiceParty
from translators.canonical.item import ItemId
from translators.canonical.location import Location
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.order_line import OrderLine, Schedule
from translators.canonical.order_reference import OrderReference
from translators.canonical.order_response import LineAnswer, OrderResponse, ResponseLine
from translators.canonical.party import Address, Channel, Contact, Party, Site
from translators.canonical.payment import PaidItem, Payment, PaymentAdjustment, Remittance
from translators.canonical.payment_terms import PaymentTerms
from translators.canonical.price import Price
from translators.canonical.purchase_order import PurchaseOrder
from translators.canonical.quantity import Quantity
from translators.canonical.rail_equipment import CarId, CarWeight, RailEquipment, RelatedEquipment, Scale
from translators.canonical.rail_lading import (
    LadingDescription,
    LadingLine,
    LadingQuantity,
    LadingWeight,
    PriceAuthority,
    RailDangerousGoods,
    ShippingName,
    SubsidiaryHazard,
)
from translators.canonical.rail_route import RouteCarrier
from translators.canonical.rail_station import RailStation
from translators.canonical.rail_waybill import (
    EquipmentRelease,
    RailCorrection,
    RailStop,
    RailWaybill,
    RelatedWaybill,
    SpecialHandling,
)
from translators.canonical.receiving_advice import ReceivedLine, ReceivedPackage, ReceivingAdvice
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.sales_report import SalesLine, SalesPlace, SalesReport
from translators.canonical.search import Reference, normalise_reference, search_references
from translators.canonical.stock_adjustment import StockAdjustment, StockAdjustmentLine
from translators.canonical.stock_transfer import ReceiptException, StockTransfer, StockTransferLine
from translators.canonical.temperature import Temperature
from translators.canonical.terminal_equipment import (
    AttachedEquipment,
    Damage,
    OverDimensions,
    TemperatureRange,
    TerminalEquipment,
)
from translators.canonical.transport import Transport
from translators.canonical.transport_order import Stop, TransportOrder
from translators.canonical.transport_response import TransportResponse
from translators.canonical.transport_status import (
    ConsignmentStatus,
    StatusEvent,
    TransportStatus,
)
from translators.canonical.verified_gross_mass import MassVerification, VerifiedEquipment, VerifiedGrossMass
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
    "AttachedEquipment",
    "AuthorisedQuantity",
    "BankAccount",
    "Batch",
    "BillChange",
    "Booking",
    "BookingConfirmation",
    "Canonical",
    "CanonicalError",
    "CarId",
    "CarWeight",
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
    "Damage",
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
    "EquipmentEvent",
    "EquipmentOrder",
    "EquipmentRelease",
    "ErrorCode",
    "ErrorPoint",
    "EventTime",
    "FreightCharge",
    "FreightEquipment",
    "FreightGoods",
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
    "InvoiceParty",
    "ItemId",
    "LadingDescription",
    "LadingLine",
    "LadingQuantity",
    "LadingWeight",
    "LineAnswer",
    "Location",
    "ManifestEquipment",
    "MassVerification",
    "Measure",
    "Moment",
    "MovedEquipment",
    "OrderLine",
    "OrderReference",
    "OrderResponse",
    "Outcome",
    "OverDimensions",
    "Package",
    "PaidItem",
    "Party",
    "Payment",
    "PaymentAdjustment",
    "PaymentTerms",
    "Placement",
    "Price",
    "PriceAuthority",
    "PurchaseOrder",
    "Quantity",
    "RailCorrection",
    "RailDangerousGoods",
    "RailEquipment",
    "RailStation",
    "RailStop",
    "RailWaybill",
    "ReceiptException",
    "ReceivedLine",
    "ReceivedPackage",
    "ReceivingAdvice",
    "Reference",
    "RelatedEquipment",
    "RelatedWaybill",
    "Remark",
    "Remittance",
    "ReportedConsignment",
    "ReportedGoods",
    "ResponseLine",
    "ResponseSubject",
    "RouteCarrier",
    "SalesLine",
    "SalesPlace",
    "SalesReport",
    "Scale",
    "Schedule",
    "ScheduleLine",
    "ScheduledQuantity",
    "Seal",
    "ShippedQuantity",
    "ShippedUnit",
    "ShippingName",
    "Site",
    "SpecialHandling",
    "StatusEvent",
    "StockAdjustment",
    "StockAdjustmentLine",
    "StockQuantity",
    "StockTransfer",
    "StockTransferLine",
    "Stop",
    "SubsidiaryHazard",
    "Temperature",
    "TemperatureRange",
    "TerminalEquipment",
    "Transport",
    "TransportOrder",
    "TransportResponse",
    "TransportStatus",
    "VerifiedEquipment",
    "VerifiedGrossMass",
    "WarehouseOrder",
    "WarehouseOrderLine",
    "WarehouseShipment",
    "WarehouseShipmentLine",
    "canonical_error",
    "canonical_schema",
    "is_container_number",
    "iso_6346_check_digit",
    "normalise_reference",
    "read_canonical",
    "search_references",
    "write_canonical",
]
