"""The code words of the canonical form: one vocabulary for what EDIFACT and X12 number and letter differently.

A word is chosen for what the trade calls the thing, and a map's tables say which code of which standard it is. The
lists are closed, so that a consumer can be sure to know every word of a version; ``other`` stands for a code that no
table knows, and the code itself is then kept beside it (see :class:`translators.canonical.coded.Coded`). Where an
international recommendation already is the common vocabulary, its codes are used and there is no list here: places
(UN/LOCODE), countries (ISO 3166), package kinds (UN/ECE Recommendation 21), units (Recommendation 20), container
numbers and size types (ISO 6346).

Here are the words that several kinds of messages share; what belongs to one trade lies in a module of its own:
``equipment_words``, ``status_words``, ``stock_words``, ``customs_words``, ``rail_words`` and ``payment_words``.
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

ScheduleBasis = Literal["delivery", "shipment", "other"]
"""Whether the days of a schedule are those of arrival or of despatch (X12 675)."""

ScheduleQuantity = Literal["discrete", "cumulative", "other"]
"""Whether a quantity counts by itself or is the sum of all since a day (X12 673 and 676)."""

Bucket = Literal["day", "week", "month", "interval", "other"]
"""The period that a scheduled quantity is for; a ``day`` is the very day (X12 681)."""

Authorisation = Literal["finished_goods", "material", "labour", "prior_cumulative", "other"]
"""What a seller may commit to: ``prior_cumulative`` is what was wanted before the schedule begins (X12 672)."""

FreightInvoiceKind = Literal["corrected", "balance_due", "credit_note", "other"]
"""What a carrier's invoice is, when it is not the first for the shipment (EDIFACT 1001, X12 202)."""

RateBasis = Literal["flat", "per_mile", "per_hundredweight", "per_pound", "minimum", "other"]
"""What a rate of carriage is for (X12 122); ``minimum`` is a charge that nothing falls below."""

ChargeCodeSystem = Literal["un_rec_23", "other"]
"""Whose code of a freight charge it is (EDIFACT 1131 and 3055): UN/ECE Recommendation 23, or a carrier's own."""
