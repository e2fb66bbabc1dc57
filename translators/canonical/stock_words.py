"""Code words of warehousing: receipts, adjustments, stock (see :mod:`translators.canonical.vocabulary`)."""

from __future__ import annotations

from typing import Literal

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

StockState = Literal["available", "damaged", "on_hold", "bonded", "reserved", "in_transit", "other"]
"""Which part of a stock is meant: what can be sold and shipped, or what cannot, and why (EDIFACT 7491, X12 529)."""

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
