"""Code words of customs: declarations, reports, answers, duties (see :mod:`translators.canonical.vocabulary`)."""

from __future__ import annotations

from typing import Literal

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

CustomsRegime = Literal["import", "export", "transit", "transhipment", "other"]
"""What happens with cargo at a border (EDIFACT 7365)."""

DeclarationKind = Literal["import", "export", "transit", "immediate_release", "declaration", "other"]
"""What is declared (EDIFACT 1001); a ``declaration`` says by its type and procedures what it is for."""
