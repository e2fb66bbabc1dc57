"""The code words of the canonical form: one vocabulary for what EDIFACT and X12 number and letter differently.

A word is chosen for what the trade calls the thing, and a map's tables say which code of which standard it is. The
lists are closed, so that a consumer can be sure to know every word of a version; ``other`` stands for a code that no
table knows, and the code itself is then kept beside it (see :class:`translators.canonical.coded.Coded`). Where an
international recommendation already is the common vocabulary, its codes are used and there is no list here: places
(UN/LOCODE), countries (ISO 3166), package kinds (UN/ECE Recommendation 21), units (Recommendation 20), container
numbers and size types (ISO 6346).
"""

from __future__ import annotations

from typing import Literal

Purpose = Literal["original", "change", "replacement", "cancellation", "confirmation", "duplicate", "other"]
"""What the message does to what was said before (EDIFACT 1225, X12 353)."""

PartyRole = Literal[
    "consignor",
    "consignee",
    "ultimate_consignee",
    "ship_from",
    "ship_to",
    "carrier",
    "freight_forwarder",
    "customs_broker",
    "notify_party",
    "bill_to",
    "freight_payer",
    "rule_11_payer",
    "payer",
    "payee",
    "invoice_issuer",
    "ordering_party",
    "buyer",
    "seller",
    "supplier",
    "manufacturer",
    "exporter",
    "importer",
    "warehouse",
    "depositor",
    "inventory_reporter",
    "terminal_operator",
    "container_operator",
    "equipment_owner",
    "carrier_agent",
    "verified_mass_party",
    "weighing_party",
    "authorised_official",
    "customs",
    "declarant",
    "declarant_representative",
    "transit_principal",
    "reporting_carrier",
    "surety",
    "message_sender",
    "message_recipient",
    "other",
]
"""Who a party is in the business (EDIFACT 3035, X12 98)."""

PartyIdSystem = Literal[
    "gln", "duns", "scac", "bic", "smdg", "assigned_by_seller", "assigned_by_buyer", "assigned_by_carrier", "other"
]
"""Who issued a party's identification (EDIFACT 3055, X12 66). ``bic`` is the Bureau International des Containers, which
registers owners' codes; ``smdg`` has the list of lines that container messages use."""

ContactFunction = Literal[
    "delivery", "pickup", "shipping", "receiving", "transport", "hazardous_goods", "authorised_person", "other"
]
"""What a contact is for, when it is more than giving information (EDIFACT 3139, X12 366)."""

ChannelKind = Literal["telephone", "email", "fax", "other"]
"""How a contact is reached (EDIFACT 3155, X12 365)."""

LocationRole = Literal[
    "departure",
    "destination",
    "loading",
    "discharge",
    "transhipment",
    "receipt",
    "delivery",
    "border_crossing",
    "customs_office",
    "goods_location",
    "customs_examination",
    "lodgement",
    "port_of_entry",
    "office_of_entry",
    "office_of_exit",
    "office_of_export",
    "office_of_departure",
    "office_of_destination",
    "office_of_transit",
    "country_of_dispatch",
    "country_of_destination",
    "country_of_origin",
    "last_port",
    "next_port",
    "next_discharge",
    "final_discharge",
    "empty_pickup",
    "empty_return",
    "on_hire",
    "off_hire",
    "weighing",
    "warehouse",
    "sale",
    "other",
]
"""What happens at a place (EDIFACT 3227); of an event's place, nothing is said when it is just where the goods are."""

LocationCodeSystem = Literal[
    "un_locode",
    "iata",
    "splc",
    "gln",
    "iso_country",
    "customs",
    "assigned_by_seller",
    "assigned_by_buyer",
    "other",
]
"""Who issued a place's code (EDIFACT 1131 and 3055, X12 309)."""

ReferenceType = Literal[
    "shipment",
    "consignment",
    "booking",
    "bill_of_lading",
    "master_bill_of_lading",
    "house_bill_of_lading",
    "air_waybill",
    "road_consignment_note",
    "rail_waybill",
    "purchase_order",
    "customer_order",
    "sales_order",
    "invoice",
    "credit_note",
    "debit_note",
    "freight_bill",
    "delivery_note",
    "delivery_order",
    "packing_list",
    "load",
    "carrier_reference",
    "consignor_reference",
    "consignee_reference",
    "customer_reference",
    "forwarder_reference",
    "unique_consignment",
    "customs_declaration",
    "declarant_reference",
    "previous_declaration",
    "customs_entry",
    "customs_guarantee",
    "customs_release",
    "manifest",
    "cargo_control",
    "in_bond",
    "import_licence",
    "export_licence",
    "export_reference",
    "release",
    "pickup",
    "voyage",
    "seal",
    "container",
    "equipment",
    "equipment_sequence",
    "equipment_receipt",
    "acceptance_order",
    "release_order",
    "port_call",
    "mass_verification",
    "contract",
    "order_response",
    "despatch_advice",
    "receiving_advice",
    "batch",
    "serial_number",
    "price_list",
    "promotion",
    "department",
    "previous_message",
    "mutually_defined",
    "other",
]
"""What a business reference identifies (EDIFACT 1153, X12 128)."""

DangerousGoodsRegulation = Literal["adr", "rid", "imdg", "iata", "us_dot", "other"]
"""Whose rules dangerous goods are named by (EDIFACT 8273): road, rail, sea, air, United States."""

PackingGroup = Literal["i", "ii", "iii", "other"]
"""How dangerous the substance is within its class (EDIFACT 8339, X12 254)."""

EquipmentKind = Literal[
    "container",
    "trailer",
    "semi_trailer",
    "chassis",
    "swap_body",
    "rail_car",
    "truck",
    "barge",
    "uld",
    "generator",
    "other",
]
"""The kind of transport equipment (EDIFACT 8053, X12 40). A ``generator`` feeds a reefer that it is clipped to."""

FullOrEmpty = Literal["full", "empty", "other"]
"""Whether equipment is loaded (EDIFACT 8169)."""

EquipmentStatus = Literal[
    "export",
    "import",
    "transhipment",
    "continental",
    "domestic",
    "remain_on_board",
    "shifter",
    "reloader",
    "shortlanded",
    "overlanded",
    "positioning",
    "delivery",
    "redelivery",
    "repair",
    "other",
]
"""On which way equipment is, as seen from the terminal (EDIFACT 8249). A ``shifter`` is moved on board, a ``reloader``
by way of the quay; ``shortlanded`` was to be discharged and was not there, ``overlanded`` the other way round."""

EquipmentSupplier = Literal["shipper", "carrier", "consolidator", "deconsolidator", "third_party", "other"]
"""Whose equipment it is (EDIFACT 8077)."""

ContainerLoad = Literal["breakbulk", "lcl_lcl", "fcl_fcl", "fcl_lcl", "lcl_fcl", "other"]
"""Who packs and who unpacks a container: a full load (FCL) is the shipper's or consignee's own, a part load (LCL) is
packed or unpacked by the carrier (EDIFACT 8335)."""

HaulageBy = Literal["carrier", "merchant", "other"]
"""Who arranges the transport between terminal and door (EDIFACT 8341)."""

SealingParty = Literal["shipper", "carrier", "customs", "terminal_operator", "consolidator", "quarantine", "other"]
"""Who put a seal on (EDIFACT 9303)."""

SealCondition = Literal["intact", "damaged", "missing", "broken", "electronic_fault", "other"]
"""How a seal was found (EDIFACT 4517)."""

DamageCodeSystem = Literal["iso", "mutually_defined", "other"]
"""Whose codes a damage is told in (EDIFACT 3055): ISO 9897, known as CEDEX, or a list of the two sides."""

EquipmentEventKind = Literal[
    "gate_in",
    "gate_out",
    "discharge",
    "loading",
    "shift",
    "stuffing",
    "stripping",
    "pickup",
    "damage",
    "direct_interchange",
    "on_hire",
    "off_hire",
    "status_change",
    "other",
]
"""What a terminal or depot reports to have happened to equipment (EDIFACT 1001)."""

EquipmentOrderKind = Literal[
    "acceptance",
    "release",
    "impending_arrival",
    "empty_notice",
    "disposition",
    "on_hire_request",
    "on_hire",
    "off_hire_request",
    "off_hire_notice",
    "stuffing",
    "stripping",
    "special_service",
    "other",
]
"""What a terminal or depot is asked to do with equipment, or told of it (EDIFACT 1001): to accept it at the gate, to
release it, to expect it."""

VerifiedMassMethod = Literal["method_1", "method_2", "other"]
"""How a verified gross mass was found (SOLAS VI/2): by weighing the packed container (1), or by adding the masses of
what is in it, and its tare (2)."""

TransportMode = Literal[
    "sea", "rail", "road", "air", "mail", "multimodal", "fixed_installation", "inland_waterway", "other"
]
"""The mode of transport (UN/ECE Recommendation 19)."""

TransportStage = Literal["pre_carriage", "on_carriage", "inland", "other"]
"""Which part of the journey a means of transport serves, when it is not the main carriage (EDIFACT 8051). ``inland`` is
said of what comes to a terminal or leaves it, whichever way the box goes."""

MeansIdSystem = Literal["imo", "call_sign", "registration", "other"]
"""Who issued a vessel's identification (EDIFACT 8213 with 1131 and 3055, X12 897); ``registration`` is the mark of a
truck, wagon or barge in the register of its country."""

StopPurpose = Literal["pickup", "delivery"]
"""What is done at a stop of a transport order."""

Response = Literal["accepted", "conditionally_accepted", "counter_proposal", "declined", "cancelled", "other"]
"""What is answered to an order or a booking (EDIFACT 4343, X12 558)."""

Haulage = Literal["door_to_door", "door_to_pier", "pier_to_door", "pier_to_pier", "other"]
"""From where to where the carrier carries: who brings goods to the ship and who fetches them (EDIFACT 4065, X12 375).
A pier is the carrier's terminal or container yard."""

FreightTerms = Literal["prepaid", "collect", "third_party", "payable_elsewhere", "rule_11", "other"]
"""Who pays the freight, and when (EDIFACT 4237, X12 146); by AAR Accounting Rule 11 each railway of a route asks for
its own."""

RemarkSubject = Literal[
    "goods", "handling", "delivery", "loading", "transport", "customs", "reason", "damage", "error", "other"
]
"""What a remark is about (EDIFACT 4451, X12 363); a remark without a subject is a general one."""

EventTimeType = Literal[
    "estimated_arrival",
    "estimated_departure",
    "estimated_delivery",
    "scheduled_arrival",
    "scheduled_departure",
    "actual_arrival",
    "actual_departure",
    "actual_delivery",
    "pickup",
    "scheduled_pickup",
    "scheduled_delivery",
    "closing",
    # Empty equipment
    "equipment_pickup",
    "equipment_positioning",
    "earliest_pickup",
    "latest_pickup",
    "hire_start",
    "hire_end",
    # Orders and what is delivered on them
    "requested_delivery",
    "earliest_delivery",
    "latest_delivery",
    "promised_delivery",
    "requested_despatch",
    "scheduled_despatch",
    "ship_not_before",
    "ship_not_later",
    "cancel_after",
    "despatched",
    "received",
    "production",
    "best_before",
    "expiry",
    "issued",
    "presentation",
    "acceptance",
    "clearance",
    "customs_release",
    "report_start",
    "report_end",
    "stock_taken",
    # Invoices
    "tax_point",
    "period_start",
    "period_end",
    "other",
]
"""What a further date of an event or place means (EDIFACT 2005, X12 374 and 432)."""

Status = Literal[
    # Order and booking
    "booked",
    "booking_cancelled",
    "order_acknowledged",
    "shipment_cancelled",
    # Pick-up
    "pickup_appointment",
    "arrived_at_pickup",
    "arrived_at_pickup_dock",
    "loading",
    "loaded",
    "collected",
    "not_collected",
    "departed_pickup",
    "closed_out",
    # On the way
    "gate_in",
    "gate_out",
    "received",
    "received_from_carrier",
    "handed_over",
    "departed",
    "en_route",
    "arrived",
    "transhipped",
    "discharged",
    "offloaded",
    "stuffed",
    "stripped",
    "sealed",
    "stored",
    "border_crossed",
    "delayed",
    "stopped",
    "departure_estimated",
    "arrival_estimated",
    "rail_loaded",
    "rail_departed",
    "rail_arrived",
    "rail_unloaded",
    "empty_dispatched",
    "empty_returned",
    # Customs
    "customs_arrived",
    "customs_hold",
    "customs_refused",
    "customs_cleared",
    "import_cleared",
    "export_cleared",
    "released",
    # Delivery
    "consignee_informed",
    "delivery_appointment",
    "delivery_estimated",
    "arrival_at_delivery_estimated",
    "available_for_delivery",
    "out_for_delivery",
    "arrived_at_delivery",
    "arrived_at_delivery_dock",
    "delivery_attempted",
    "not_delivered",
    "delivery_not_completed",
    "delivered",
    "delivery_completed",
    "departed_delivery",
    # Trouble
    "refused",
    "damaged",
    "lost",
    "found",
    "returned",
    "reconsigned",
    "mechanical_breakdown",
    "other",
]
"""What happened to a consignment (EDIFACT 9011; X12 157, 1650 and 1652)."""

Reason = Literal[
    "accident",
    "address_incorrect",
    "appointment_scheduled",
    "awaiting_instructions",
    "business_closed",
    "carrier_related",
    "civil_event",
    "consignee_related",
    "credit_hold",
    "customer_arrangements",
    "customs",
    "customs_documents",
    "customs_examination",
    "customs_refusal",
    "damaged",
    "delivery_date_requested",
    "derailment",
    "documents_missing",
    "driver_related",
    "equipment_failure",
    "goods_missing",
    "holiday",
    "industrial_dispute",
    "late_previous_stop",
    "load_shifted",
    "lost",
    "mechanical_breakdown",
    "missed_pickup",
    "mis_sorted",
    "package_not_ready",
    "past_cut_off",
    "payment_not_received",
    "refused",
    "shipper_related",
    "transit_delay",
    "unable_to_locate",
    "weather",
    "other",
]
"""Why it happened (EDIFACT 9013, X12 1651)."""

ItemIdType = Literal[
    "gtin",
    "upc",
    "buyer_item",
    "seller_item",
    "manufacturer_item",
    "model",
    "colour",
    "size",
    "batch",
    "serial_number",
    "commodity_code",
    "other",
]
"""Whose number of an article it is, or what about it the number says (EDIFACT 7143, X12 235). A ``gtin`` is any GS1
number in a bar code; ``upc`` is said of the twelve digits of North America where the message says so."""

PriceType = Literal["net", "gross", "contract", "catalogue", "quoted", "per_piece", "other"]
"""What a price is: ``net`` with allowances and charges in it, ``gross`` without; ``per_piece`` is for one piece
whatever the line is counted in (EDIFACT 5125, X12 639)."""

PackageLevel = Literal["outer", "intermediate", "inner"]
"""Where a package stands among those around and in it: ``outer`` is what a fork-lift or driver takes, such as a pallet
(EDIFACT 7075, X12 735 T); ``inner`` is the carton or parcel (X12 735 P)."""

LineStatus = Literal[
    "accepted",
    "accepted_with_changes",
    "quantity_changed",
    "price_changed",
    "date_changed",
    "substituted",
    "backordered",
    "partial_backordered",
    "partial_complete",
    "complete",
    "over_shipped",
    "on_hold",
    "rejected",
    "cancelled",
    "discontinued",
    "out_of_stock",
    "damaged",
    "not_advised",
    "late",
    "other",
]
"""What becomes of an order's line, in the seller's answer and when it is sent (EDIFACT 1229 and 4221, X12 668). Of a
partial despatch the balance follows (``partial_backordered``) or does not (``partial_complete``). A receiver finds
goods ``damaged``, ``late`` or ``not_advised``."""

QuantityType = Literal[
    "ordered",
    "despatched",
    "received",
    "delivered",
    "on_hand",
    "available",
    "committed",
    "allocated",
    "in_transit",
    "backordered",
    "on_hold",
    "quality_hold",
    "damaged",
    "unusable",
    "scrapped",
    "destroyed",
    "lost",
    "opening_balance",
    "closing_balance",
    "movement",
    "adjustment",
    "minimum_stock",
    "maximum_stock",
    "reorder_level",
    "sold",
    "returned",
    "free",
    "other",
]
"""What a quantity is of: of an order's goods, of a stock, of what was sold (EDIFACT 6063, X12 673)."""

ShipmentReport = Literal["full", "exceptions_only", "no_exceptions", "original", "other"]
"""How much a warehouse reports: everything, or only where it sent something else than was ordered (X12 514)."""

TransferStage = Literal["shipped", "received"]
"""Whether stock is announced to a warehouse or was received by it."""

ReceiptCondition = Literal[
    "good",
    "damaged",
    "short",
    "over",
    "quality_problem",
    "wrong_item",
    "non_standard_container",
    "rejected",
    "on_hold",
    "scrapped",
    "not_received",
    "other",
]
"""In which condition goods were received, or what is wrong with how many (X12 412)."""

AdjustmentReason = Literal[
    "physical_count",
    "accounting_error",
    "condition_change",
    "damaged_in_facility",
    "damaged_in_transit",
    "destroyed",
    "disaster",
    "donated",
    "expired",
    "hold",
    "hold_released",
    "located",
    "order_shipment_error",
    "ownership_change",
    "product_recall",
    "receipt_error",
    "receipt_greater",
    "receipt_less",
    "rework",
    "shipment_greater",
    "shipment_less",
    "stock_number_change",
    "transfer",
    "book_decrease",
    "book_increase",
    "other",
]
"""Why a warehouse's stock is not what its books said (X12 181)."""

CustomsAnswer = Literal["general", "document", "error", "package", "tax_calculation", "other"]
"""What kind of answer customs gives (EDIFACT 1001): about a declaration, a document, errors, packages, or what is to be
paid."""

CustomsOutcome = Literal[
    "received",
    "registered",
    "accepted",
    "accepted_awaiting_arrival",
    "rejected",
    "documents_required",
    "under_control",
    "hold",
    "hold_removed",
    "released",
    "transfer_authorised",
    "release_refused",
    "action_required",
    "amendment_accepted",
    "amendment_rejected",
    "invalidated",
    "exited",
    "discharged",
    "payment_deferred",
    "other",
]
"""What customs decided, or wants (EDIFACT 7365, X12 35). A declaration is ``registered`` before the goods are there,
``accepted`` in law; ``under_control`` wants to see the goods, ``hold`` detains them, ``transfer_authorised`` lets them
travel on under customs control. That a cargo report is ``accepted`` releases nothing."""

MessageSection = Literal["header", "detail", "several", "summary", "sub_item", "other"]
"""In which section of the message that is answered an error lies (EDIFACT 1049)."""

CustomsAmountType = Literal[
    "duty_or_tax",
    "duty",
    "tax",
    "total",
    "basis",
    "customs_value",
    "statistical_value",
    "invoice",
    "freight",
    "insurance",
    "guarantee",
    "other",
]
"""What an amount of money is to customs (EDIFACT 5025)."""

DutyScope = Literal["item", "item_total", "declaration_type", "declaration_total", "other"]
"""Of what a duty is the sum (EDIFACT 5283): one duty of one item, all of an item, one kind of duty of the whole
declaration, or everything."""

DutyType = Literal[
    "customs_duty", "anti_dumping", "countervailing", "excise", "value_added_tax", "goods_and_services_tax", "other"
]
"""What is to be paid (EDIFACT 5153)."""

CargoReportKind = Literal[
    "cargo_manifest",
    "customs_manifest",
    "container_manifest",
    "cargo_arrival",
    "cargo_departure",
    "impending_arrival",
    "conveyance_arrival",
    "other",
]
"""What is reported to customs (EDIFACT 1001)."""

BillAmendment = Literal["add", "delete", "quantity", "other"]
"""What is done to a bill of lading of a manifest that customs has; ``quantity`` gives it another one (X12 580)."""

StockState = Literal["available", "damaged", "on_hold", "bonded", "reserved", "in_transit", "other"]
"""Which part of a stock is meant: what can be sold and shipped, or what cannot, and why (EDIFACT 7491, X12 529)."""

OrderKind = Literal[
    "standard", "blanket", "call_off", "rush", "consignment", "sample", "drop_shipment", "special", "reorder", "other"
]
"""What kind of order it is (EDIFACT 1001, X12 92)."""

OrderAnswer = Literal["accepted", "accepted_with_changes", "rejected", "acknowledged", "other"]
"""What a seller answers to an order as a whole; ``acknowledged`` says only that it is worked on, or that each line says
for itself (EDIFACT 4343, X12 587)."""

LineAction = Literal["added", "deleted", "changed", "unchanged", "quantity_increased", "quantity_decreased", "other"]
"""What becomes of a line of an order that is changed (EDIFACT 1229, X12 670)."""

Commitment = Literal["firm", "commitment", "planning", "immediate", "other"]
"""How far the buyer is bound by a quantity in a schedule: ``commitment`` is for material and manufacturing (EDIFACT
4017, X12 680)."""

ChargeKind = Literal["allowance", "charge"]
"""In which direction it counts (EDIFACT 5463, X12 248)."""

ChargeService = Literal[
    "freight",
    "freight_surcharge",
    "fuel_surcharge",
    "stop_off",
    "detention",
    "delivery",
    "inside_delivery",
    "pickup",
    "handling",
    "packing",
    "pallet",
    "insurance",
    "demurrage",
    "warehousing",
    "discount",
    "trade_discount",
    "quantity_discount",
    "volume_discount",
    "promotion",
    "other",
]
"""What an allowance or charge is for (EDIFACT 7161, X12 1300)."""

InvoiceKind = Literal[
    "invoice",
    "credit_note",
    "debit_note",
    "corrected",
    "consolidated",
    "prepayment",
    "self_billed",
    "proforma",
    "other",
]
"""What an invoice is (EDIFACT 1001, X12 640); a plain ``invoice`` asks for payment of what was delivered."""

AmountType = Literal[
    "lines_total",
    "charges_total",
    "allowances_total",
    "charges_and_allowances",
    "taxable",
    "tax_total",
    "prepaid",
    "payable",
    "discount_basis",
    "discount",
    "other",
]
"""What a sum is of (EDIFACT 5025, X12 522). ``payable`` is what is left to pay, ``discount_basis`` what a discount for
early payment is reckoned on."""

TaxType = Literal["value_added", "goods_and_services", "sales", "excise", "customs_duty", "other"]
"""The kind of a tax (EDIFACT 5153, X12 963)."""

TaxCategory = Literal["standard", "reduced", "higher", "zero_rated", "exempt", "export", "outside_scope", "other"]
"""How a tax applies (EDIFACT 5305)."""

PaymentTermsType = Literal[
    "end_of_month",
    "fixed_date",
    "deferred",
    "discount_not_applicable",
    "mixed",
    "extended",
    "basic_discount",
    "proximo",
    "instant",
    "elective",
    "ten_days_after_end_of_month",
    "other",
]
"""How the day is found on which payment is due (EDIFACT 4279, X12 336)."""

PaymentStart = Literal[
    "invoice_date",
    "invoice_receipt",
    "invoice_transmission",
    "shipment",
    "delivery",
    "anticipated_delivery",
    "receipt_of_goods",
    "specified_date",
    "effective_date",
    "other",
]
"""From when the period of payment counts (EDIFACT 2475, X12 333)."""

Verdict = Literal[
    "accepted",
    "accepted_with_changes",
    "accepted_with_errors",
    "conditionally_accepted",
    "partly_accepted",
    "rejected",
    "other",
]
"""What an application does with a message it got (EDIFACT 1225 and 4343, X12 110)."""

ErrorCondition = Literal[
    "missing",
    "duplicate",
    "out_of_range",
    "invalid_date",
    "invalid_combination",
    "does_not_match",
    "totals_differ",
    "other",
]
"""What an application finds wrong with a value (X12 647)."""

InventoryReportKind = Literal["stock", "movements", "status", "other"]
"""What a report about stock is: a count of what is there, a list of what moved, or of its condition (EDIFACT 1001)."""

MovementDirection = Literal["in", "out", "other"]
"""Whether stock came or went (EDIFACT 4501)."""

MovementReason = Literal[
    "reception",
    "delivery",
    "scrapped",
    "difference",
    "transfer",
    "recycling",
    "reversal",
    "technical_defect",
    "commercial",
    "conversion",
    "consumption",
    "other",
]
"""Why stock moved (EDIFACT 4499)."""

CustomsRegime = Literal["import", "export", "transit", "transhipment", "other"]
"""What happens with cargo at a border (EDIFACT 7365)."""

ScheduleBasis = Literal["delivery", "shipment", "other"]
"""Whether the days of a schedule are those of arrival or of despatch (X12 675)."""

ScheduleQuantity = Literal["discrete", "cumulative", "other"]
"""Whether a quantity counts by itself or is the sum of all since a day (X12 673 and 676)."""

Bucket = Literal["day", "week", "month", "interval", "other"]
"""The period that a scheduled quantity is for; a ``day`` is the very day (X12 681)."""

Authorisation = Literal["finished_goods", "material", "labour", "prior_cumulative", "other"]
"""What a seller may commit to: ``prior_cumulative`` is what was wanted before the schedule begins (X12 672)."""

DeclarationKind = Literal["import", "export", "transit", "immediate_release", "declaration", "other"]
"""What is declared (EDIFACT 1001); a ``declaration`` says by its type and procedures what it is for."""

FreightInvoiceKind = Literal["corrected", "balance_due", "credit_note", "other"]
"""What a carrier's invoice is, when it is not the first for the shipment (EDIFACT 1001, X12 202)."""

RateBasis = Literal["flat", "per_mile", "per_hundredweight", "per_pound", "minimum", "other"]
"""What a rate of carriage is for (X12 122); ``minimum`` is a charge that nothing falls below."""

RailWaybillKind = Literal["bill_of_lading", "waybill"]
"""Whether a shipper orders a carriage by rail, or a carrier tells the carriers behind it."""

ReleaseKind = Literal["released_with_billing", "other"]
"""Whether a carrier may take equipment away (X12 132)."""

RailBilling = Literal[
    "single_shipment",
    "multiple_shipment",
    "unit_train",
    "transit",
    "paired_trailers",
    "switch",
    "storage",
    "detention",
    "rule_24",
    "other",
]
"""How a carriage by rail is billed (X12 11): each car by itself or several on one bill; ``rule_24`` is a load on a car
and its trailer."""

WeightAgreement = Literal["shipper", "destination", "other"]
"""Whose weight counts, where shipper and carrier have agreed (X12 460)."""

RoutingSequence = Literal[
    "origin_shipper_route",
    "origin_agent_route",
    "origin_rule_11",
    "origin_and_delivery",
    "origin",
    "origin_switch",
    "after_1",
    "after_2",
    "after_3",
    "after_4",
    "after_5",
    "after_6",
    "after_7",
    "after_8",
    "after_9",
    "intermediate_switch",
    "haulage_rights",
    "haulage",
    "delivery_switch",
    "other",
]
"""Where a carrier stands in a route (X12 133): the one at the origin, with who has chosen the route or with AAR
Accounting Rule 11, by which each carrier asks for its own freight; ``after_1`` is the first behind it."""

WeightKind = Literal[
    "gross",
    "net",
    "estimated_net",
    "tare",
    "billed",
    "consolidated",
    "deficit",
    "legal",
    "minimum",
    "excess",
    "destination_agreement",
    "other",
]
"""What a weight is the weight of, and how it was found (X12 187): ``deficit`` is what is missing to the ``minimum``
that a rate is for, ``excess`` what goes beyond its maximum."""

TareKind = Literal["actual", "marked"]
"""Whether an empty car was weighed, or the weight painted on it is meant (X12 571)."""

EquipmentRelation = Literal["conveying_flat_car", "lead_car", "mated", "trailer", "other"]
"""What a piece of equipment is to another (X12 231)."""

RailStopReason = Literal[
    "load",
    "unload",
    "complete_loading",
    "complete_unloading",
    "load_part",
    "unload_part",
    "inspection",
    "heat",
    "other",
]
"""What is done where a car stops on its way (X12 163)."""

RatedAs = Literal[
    "car",
    "trailer",
    "container",
    "train",
    "load",
    "piece",
    "pound",
    "hundredweight",
    "kilogram",
    "cubic_metre",
    "mile",
    "flat",
    "other",
]
"""What the freight is reckoned by (EDIFACT 6063, X12 221)."""

CommodityCodeSystem = Literal["stcc", "last_contents_stcc", "nmfc", "schedule_b", "other"]
"""Whose code of a commodity it is (X12 23): ``stcc`` is the Standard Transportation Commodity Code of the railways, the
second that of what was last in an empty tank; ``nmfc`` the motor carriers' classification."""

PaymentHandling = Literal[
    "payment_and_remittance",
    "payment_only",
    "remittance_only",
    "split",
    "handler_chooses",
    "prenotification",
    "notification",
    "other",
]
"""What the bank, or whoever gets a payment, is to do with it (X12 305). With ``remittance_only`` the money goes another
way; ``split`` sends money and remittance apart; a ``prenotification`` tries an account without paying."""

PaymentDirection = Literal["credit", "debit"]
"""Whether the payer sends the money or the payee fetches it (X12 478)."""

PaymentMethod = Literal[
    "clearing_house",
    "cheque",
    "credit_transfer",
    "direct_debit",
    "fedwire",
    "swift",
    "chips",
    "bank_chooses",
    "cash",
    "none",
    "other",
]
"""By which way money goes (EDIFACT 4461, X12 591); ``none`` of what pays nothing, such as a remittance alone."""

PaymentFunction = Literal["vendor", "tax", "payroll", "pension", "other"]
"""What is paid for (X12 1048)."""

PaymentAction = Literal[
    "item",
    "partial",
    "on_account",
    "advance",
    "progress",
    "final",
    "evaluated_receipt",
    "adjustment",
    "not_stated",
    "other",
]
"""What is done about an open item (X12 482)."""

PaymentAdjustmentReason = Literal[
    "pricing_error",
    "charge_error",
    "extension_error",
    "damaged",
    "quality",
    "quantity",
    "wrong_item",
    "substituted",
    "terms_of_sale",
    "pallet_charge",
    "returned",
    "returned_damaged",
    "returned_quality",
    "returned_date",
    "returned_promotion",
    "returned_recall",
    "allowance",
    "data_missing",
    "not_ours",
    "duplicate",
    "balance_declined",
    "freight_terms",
    "weight",
    "charge_not_authorised",
    "discount",
    "not_accepted",
    "invoice_cancelled",
    "delivery_charge",
    "pickup_charge",
    "exchange_rate",
    "declared_value",
    "commodity_code",
    "dimensions",
    "service",
    "late_delivery",
    "lost",
    "discount_missing",
    "documents_missing",
    "too_old",
    "transport_charge",
    "advance_charge",
    "late_charge",
    "interest",
    "overpaid_before",
    "underpaid_before",
    "freight_deducted",
    "tax_deducted",
    "advertising",
    "volume_discount",
    "not_received",
    "bank_charges",
    "counter_claim",
    "other",
]
"""Why a payment is not what was asked (EDIFACT 4465, X12 426): what the payer finds wrong with an invoice, or takes off
or adds on another ground."""

BankIdSystem = Literal["bic", "aba_routing", "chips", "canadian_routing", "other"]
"""Whose code of a bank it is (X12 506): BIC of ISO 9362, the routing number of the American Bankers Association with
its check digit, the participant number of CHIPS, institution and branch in Canada."""

AccountKind = Literal["demand_deposit", "savings", "other"]
"""What kind of account it is (X12 569)."""

ChargeCodeSystem = Literal["un_rec_23", "other"]
"""Whose code of a freight charge it is (EDIFACT 1131 and 3055): UN/ECE Recommendation 23, or a carrier's own."""
