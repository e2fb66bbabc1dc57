"""Code words of carriage by rail: billing, routes, weights, cars (see :mod:`translators.canonical.vocabulary`)."""

from __future__ import annotations

from typing import Literal

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
