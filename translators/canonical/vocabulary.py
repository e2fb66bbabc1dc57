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
    "ship_from",
    "ship_to",
    "carrier",
    "freight_forwarder",
    "customs_broker",
    "notify_party",
    "bill_to",
    "freight_payer",
    "ordering_party",
    "buyer",
    "seller",
    "exporter",
    "importer",
    "warehouse",
    "terminal_operator",
    "customs",
    "message_sender",
    "message_recipient",
    "other",
]
"""Who a party is in the business (EDIFACT 3035, X12 98)."""

PartyIdSystem = Literal[
    "gln", "duns", "scac", "assigned_by_seller", "assigned_by_buyer", "assigned_by_carrier", "other"
]
"""Who issued a party's identification (EDIFACT 3055, X12 66)."""

ContactFunction = Literal["delivery", "pickup", "shipping", "receiving", "transport", "hazardous_goods", "other"]
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
    "other",
]
"""What happens at a place (EDIFACT 3227); of an event's place, nothing is said when it is just where the goods are."""

LocationCodeSystem = Literal["un_locode", "iata", "splc", "gln", "iso_country", "other"]
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
    "export_reference",
    "release",
    "pickup",
    "voyage",
    "seal",
    "container",
    "equipment",
    "contract",
    "previous_message",
    "mutually_defined",
    "other",
]
"""What a business reference identifies (EDIFACT 1153, X12 128)."""

EquipmentKind = Literal[
    "container", "trailer", "semi_trailer", "chassis", "swap_body", "rail_car", "truck", "barge", "uld", "other"
]
"""The kind of transport equipment (EDIFACT 8053, X12 40)."""

FullOrEmpty = Literal["full", "empty", "other"]
"""Whether equipment is loaded (EDIFACT 8169)."""

TransportMode = Literal[
    "sea", "rail", "road", "air", "mail", "multimodal", "fixed_installation", "inland_waterway", "other"
]
"""The mode of transport (UN/ECE Recommendation 19)."""

TransportStage = Literal["pre_carriage", "on_carriage", "other"]
"""Which part of the journey a means of transport serves, when it is not the main carriage (EDIFACT 8051)."""

StopPurpose = Literal["pickup", "delivery"]
"""What is done at a stop of a transport order."""

FreightTerms = Literal["prepaid", "collect", "third_party", "payable_elsewhere", "other"]
"""Who pays the freight, and when (EDIFACT 4237, X12 146)."""

RemarkSubject = Literal["goods", "handling", "delivery", "loading", "transport", "customs", "reason", "damage", "other"]
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
    "other",
]
"""What a further date of a status event means (EDIFACT 2005)."""

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
    "rail_departed",
    "rail_arrived",
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
"""What happened to a consignment (EDIFACT 9011; X12 1650 and 1652)."""

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
