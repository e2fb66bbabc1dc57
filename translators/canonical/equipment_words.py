"""Code words of equipment, its seals and its events (see :mod:`translators.canonical.vocabulary`)."""

from __future__ import annotations

from typing import Literal

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
