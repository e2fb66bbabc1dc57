"""Code words of payments and remittances (see :mod:`translators.canonical.vocabulary`)."""

from __future__ import annotations

from typing import Literal

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
