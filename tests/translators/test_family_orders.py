"""Orders, answers to them, despatch and receipt of what was ordered: examples, faults, one syntax to the other."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import cast

import msgspec
import pytest

from tests.translators.family_examples import EXAMPLES, again, context, golden, mapped, segments_of, written
from tests.translators.maps_at_hand import shipped_map
from tests.translators.test_maps_covered import told
from translators.canonical import (
    Charge,
    DespatchAdvice,
    Moment,
    OrderResponse,
    PaymentTerms,
    PurchaseOrder,
    search_references,
)
from translators.canonical.tax import Tax
from translators.mapping import from_canonical

# An example and its map, with the agreement's zone; its canonical document stands beside it.
MESSAGES = {
    "despatch_advice/pallets-venlo.desadv.edi": ("edifact/D.96A/DESADV", "Europe/Brussels"),
    "despatch_advice/stores-columbus.856.x12": ("x12/004010/856", "America/New_York"),
    "purchase_order/preserves-venlo.orders.edi": ("edifact/D.96A/ORDERS", "Europe/Brussels"),
    "purchase_order/housewares-columbus.850.x12": ("x12/004010/850", "America/New_York"),
    "purchase_order/change-columbus.860.x12": ("x12/004010/860", "America/New_York"),
    "order_response/preserves-eeklo.ordrsp.edi": ("edifact/D.96A/ORDRSP", "Europe/Brussels"),
    "order_response/housewares-dayton.855.x12": ("x12/004010/855", "America/New_York"),
    "receiving_advice/pallets-venlo.recadv.edi": ("edifact/D.96A/RECADV", "Europe/Brussels"),
    "delivery_schedule/brackets-greenville.830.x12": ("x12/004010/830", "America/New_York"),
}


@pytest.mark.parametrize("file", MESSAGES)
def test_an_example_reads_as_its_document(file: str) -> None:
    name, zone = MESSAGES[file]
    segments_of((EXAMPLES / file).read_bytes())
    found = mapped((EXAMPLES / file).read_bytes(), name, zone)
    assert found.findings == []
    assert found.document == golden(file)


@pytest.mark.parametrize("file", MESSAGES)
def test_a_document_is_written_as_its_example(file: str) -> None:
    name, zone = MESSAGES[file]
    body, left = written(golden(file), name, zone)
    assert left == []
    made = [(node.name, node.elements) for root in body for node in root.segments()]
    assert made == [(segment.tag, segment.elements) for segment in segments_of((EXAMPLES / file).read_bytes())]


# From one syntax to the other


def test_a_despatch_advice_becomes_a_ship_notice_and_comes_back() -> None:
    """The pallets are tares, the order is a level of its own; what an 856 has no place for is said to be lost."""
    first = golden("despatch_advice/pallets-venlo.desadv.edi")
    body, left = written(first, "x12/004010/856")
    levels = [node.elements[2][0][0] for root in body for node in root.segments() if node.name == "HL"]
    assert levels == ["S", "O", "T", "I", "T", "I", "I"]
    assert "orders[0].packages[1].lines[0].batches[1]" in left
    second = again(body, "x12/004010/856")
    assert isinstance(first, DespatchAdvice)
    assert isinstance(second, DespatchAdvice)
    assert [package.sscc for package in second.orders[0].packages] == [
        package.sscc for package in first.orders[0].packages
    ]
    before, after = first.orders[0].packages[1].lines[0], second.orders[0].packages[1].lines[0]
    assert (after.quantity, after.ordered) == (before.quantity, before.ordered)
    assert [item.value for item in after.item_ids] == [item.value for item in before.item_ids]
    assert after.difference is not None
    assert after.difference.status == "partial_backordered"
    assert second.cargo == first.cargo


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("purchase_order/preserves-venlo.orders.edi", "x12/004010/850"),
        ("purchase_order/housewares-columbus.850.x12", "edifact/D.96A/ORDERS"),
        ("purchase_order/housewares-columbus.850.x12", "edifact/D.01B/ORDERS"),
    ],
)
def test_an_order_crosses_over_with_its_lines(file: str, name: str) -> None:
    first = golden(file)
    zone = MESSAGES[file][1]
    second = again(written(first, name, zone)[0], name, zone)
    assert isinstance(first, PurchaseOrder)
    assert isinstance(second, PurchaseOrder)
    assert (second.number, second.currency, second.amount) == (first.number, first.currency, first.amount)
    assert second.payment_terms == first.payment_terms
    assert [(line.number, line.quantity, line.amount) for line in second.lines] == [
        (line.number, line.quantity, line.amount) for line in first.lines
    ]
    for after, before in zip(second.lines, first.lines, strict=True):
        assert after.price == before.price
        assert [(item.type, item.value) for item in after.item_ids] == [
            (item.type, item.value) for item in before.item_ids
        ]
        assert [(part.quantity, part.type) for part in after.schedules] == [
            (part.quantity, part.type) for part in before.schedules
        ]


TERMS = PaymentTerms(
    type="proximo",
    start="invoice_receipt",
    net_days=45,
    net_due=Moment(at=datetime(2026, 12, 1, tzinfo=UTC), precision="day"),
    discount_percent=Decimal("1.5"),
    discount_amount=Decimal("12.25"),
    discount_days=8,
    discount_due=Moment(at=datetime(2026, 10, 20, tzinfo=UTC), precision="day"),
)
CHARGES = (
    Charge(kind="charge", service="pickup", amount=Decimal("30")),
    Charge(
        kind="allowance", service="volume_discount", description="AUTUMN", percent=Decimal(2), amount=Decimal("8.4")
    ),
    Charge(kind="charge", description="LABELS", amount=Decimal("4.75")),
)
TAXED = Charge(
    kind="charge",
    service="freight",
    percent=Decimal(3),
    basis=Decimal(900),
    amount=Decimal(27),
    taxes=(Tax(type="value_added", category="standard", rate=Decimal(21), amount=Decimal("5.67")),),
)


@pytest.mark.parametrize("name", ["edifact/D.96A/ORDERS", "edifact/D.01B/ORDERS", "x12/004010/850", "x12/004010/860"])
def test_terms_of_payment_and_charges_are_those_of_the_invoice(name: str) -> None:
    """Whatever an invoice can say of them, the order can say as well."""
    order = golden("purchase_order/preserves-venlo.orders.edi")
    assert isinstance(order, PurchaseOrder)
    lines = (msgspec.structs.replace(order.lines[0], charges=CHARGES[1:]), *order.lines[1:])
    charges = (*CHARGES, TAXED) if name.startswith("edifact") else CHARGES
    if name.endswith("860"):
        lines = tuple(msgspec.structs.replace(line, action="changed") for line in lines)
    order = msgspec.structs.replace(order, payment_terms=TERMS, charges=charges, lines=lines)
    found = again(written(order, name, "UTC")[0], name, "UTC")
    assert isinstance(found, PurchaseOrder)
    terms = [cast("dict[str, object]", told(each))["payment_terms"] for each in (found, order)]
    assert terms[0] == terms[1]
    assert found.charges == charges
    assert found.lines[0].charges == CHARGES[1:]


@pytest.mark.parametrize("name", ["x12/004010/850", "x12/004010/860"])
def test_a_charge_that_cannot_be_told_whole_is_not_told_by_halves(name: str) -> None:
    order = golden("purchase_order/housewares-columbus.850.x12")
    assert isinstance(order, PurchaseOrder)
    cents = msgspec.structs.replace(CHARGES[0], amount=Decimal("0.125"))
    for charge, path in ((TAXED, "charges[0].taxes"), (cents, "charges[0].amount")):
        built = from_canonical(msgspec.structs.replace(order, charges=(charge,)), shipped_map(name), context("UTC"))
        assert path in [finding.where.path for finding in built.findings]


def test_a_change_is_not_written_as_an_order() -> None:
    """Without POC-02 nobody would know that a line is deleted."""
    document = golden("purchase_order/change-columbus.860.x12")
    built = from_canonical(document, shipped_map("x12/004010/850"), context("America/New_York"))
    assert "lines[1].action" in [finding.where.path for finding in built.findings if finding.fatal]


def test_an_answer_crosses_over() -> None:
    first = golden("order_response/preserves-eeklo.ordrsp.edi")
    second = again(written(first, "x12/004010/855")[0], "x12/004010/855")
    assert isinstance(first, OrderResponse)
    assert isinstance(second, OrderResponse)
    assert (second.answer, second.order.number, second.number) == (first.answer, first.order.number, first.number)
    assert [[answer.status for answer in line.answers] for line in second.lines] == [
        ["accepted"],
        ["accepted_with_changes"],
        ["rejected"],
    ]


# What is found again


def test_everything_that_identifies_is_found() -> None:
    found = {(each.name, each.raw) for each in search_references(golden("despatch_advice/pallets-venlo.desadv.edi"))}
    assert found >= {
        ("despatch_advice", "DA-2026-104418"),
        ("purchase_order", "PO-774120"),
        ("delivery_note", "LB-2026-55190"),
        ("equipment", "QALB417"),
        ("seal", "NL044812"),
        ("sscc", "340123450000001410"),
        ("sscc", "340123450000001427"),
        ("batch", "L6271A"),
    }
    parcel = {(each.name, each.raw) for each in search_references(golden("despatch_advice/stores-columbus.856.x12"))}
    assert parcel >= {("carrier_reference", "1Z999AA10123456784"), ("purchase_order", "4500794")}
    receipt = {(each.name, each.raw) for each in search_references(golden("receiving_advice/pallets-venlo.recadv.edi"))}
    assert receipt >= {("receiving_advice", "GR-2026-70122"), ("despatch_advice", "DA-2026-104418")}


# Every version


@pytest.mark.parametrize("name", ["DESADV", "ORDERS", "ORDRSP", "RECADV"])
def test_the_later_version_says_the_same(name: str) -> None:
    """The document that D.96A's map makes is written in D.01B and read from it unchanged."""
    file = next(each for each, (mapped_by, _) in MESSAGES.items() if mapped_by == f"edifact/D.96A/{name}")
    document = golden(file)
    body, left = written(document, f"edifact/D.01B/{name}")
    assert left == []
    assert told(again(body, f"edifact/D.01B/{name}")) == told(document)
