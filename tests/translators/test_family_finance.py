"""Invoices of sellers and carriers, and the answers of applications: examples, faults, one syntax to the other."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from tests.translators.family_examples import EXAMPLES, again, golden, mapped, segments_of, written
from translators.canonical import (
    ApplicationAdvice,
    FreightInvoice,
    Invoice,
    search_references,
)
from translators.tree import Node

# An example and its map, with the agreement's zone; its canonical document stands beside it.
MESSAGES = {
    "invoice/preserves-hasselt.invoic.edi": ("edifact/D.96A/INVOIC", "Europe/Brussels"),
    "invoice/housewares-columbus.810.x12": ("x12/004010/810", "America/New_York"),
    "freight_invoice/joliet-houston.210.x12": ("x12/004010/210", "America/Chicago"),
    "application_advice/order-refused.aperak.edi": ("edifact/D.96A/APERAK", "Europe/Amsterdam"),
    "application_advice/tenders-answered.824.x12": ("x12/004010/824", "America/Chicago"),
}
PRESERVES, HOUSEWARES, FREIGHT, REFUSED, ANSWERED = MESSAGES


def invoice(file: str) -> Invoice:
    document = golden(file)
    assert isinstance(document, Invoice)
    return document


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


@pytest.mark.parametrize("file", [PRESERVES, HOUSEWARES])
def test_the_sums_of_an_example_agree(file: str) -> None:
    """A reader of the example may reckon: the lines, the charges and the taxes make the total."""
    document = invoice(file)
    lines = sum((line.amount or Decimal(0) for line in document.lines), Decimal(0))
    charges = sum(
        ((each.amount or Decimal(0)) * (1 if each.kind == "charge" else -1) for each in document.charges), Decimal(0)
    )
    taxes = sum((tax.amount or Decimal(0) for tax in document.taxes), Decimal(0))
    assert lines + charges + taxes == document.total
    assert lines in [sum_.value for sum_ in document.totals if sum_.type == "lines_total"]


def test_the_charges_of_a_freight_invoice_make_its_total() -> None:
    document = golden(FREIGHT)
    assert isinstance(document, FreightInvoice)
    charges = [charge.amount or Decimal(0) for line in document.lines for charge in line.charges]
    assert sum(charges, Decimal(0)) == document.total
    weights = [line.gross_weight.value for line in document.lines if line.gross_weight is not None]
    assert document.gross_weight is not None
    assert sum(weights, Decimal(0)) == document.gross_weight.value


def test_a_later_directory_says_the_same() -> None:
    body, left = written(golden(PRESERVES), "edifact/D.01B/INVOIC")
    assert left == []
    assert again(body, "edifact/D.01B/INVOIC") == again(*_own(PRESERVES))
    body, left = written(golden(REFUSED), "edifact/D.01B/APERAK", "Europe/Amsterdam")
    assert left == []
    assert again(body, "edifact/D.01B/APERAK", "Europe/Amsterdam") == golden(REFUSED)


def _own(file: str) -> tuple[tuple[Node, ...], str]:
    name, zone = MESSAGES[file]
    return written(golden(file), name, zone)[0], name


def test_an_american_invoice_goes_through_edifact() -> None:
    document = invoice(HOUSEWARES)
    body, left = written(document, "edifact/D.96A/INVOIC", "America/New_York")
    assert left == []
    found = again(body, "edifact/D.96A/INVOIC", "America/New_York")
    assert isinstance(found, Invoice)
    assert (found.total, found.currency, found.order) == (document.total, document.currency, found.order)
    assert [line.amount for line in found.lines] == [line.amount for line in document.lines]
    assert [line.item_ids for line in found.lines] == [line.item_ids for line in document.lines]
    assert found.charges == document.charges
    assert found.payment_terms == document.payment_terms


def test_a_european_invoice_goes_through_x12() -> None:
    document = invoice(PRESERVES)
    body, left = written(document, "x12/004010/810")
    assert {"parties[0].account", "transports", "lines[2].free"} <= set(left)
    found = again(body, "x12/004010/810")
    assert isinstance(found, Invoice)
    assert (found.number, found.total, found.currency) == (document.number, document.total, document.currency)
    assert [line.quantity for line in found.lines] == [line.quantity for line in document.lines]
    assert [line.amount for line in found.lines] == [line.amount for line in document.lines]
    assert [tax.amount for tax in found.taxes] == [tax.amount for tax in document.taxes]
    assert [party.tax_id for party in found.parties] == [party.tax_id for party in document.parties]
    terms, sent = found.payment_terms, document.payment_terms
    assert terms is not None
    assert sent is not None
    assert (terms.net_days, terms.discount_percent, terms.discount_days) == (30, Decimal(2), 8)
    assert terms.net_due is not None
    assert sent.net_due is not None
    assert terms.net_due.at == sent.net_due.at


def test_an_advice_goes_from_one_syntax_to_the_other() -> None:
    document = golden(ANSWERED)
    assert isinstance(document, ApplicationAdvice)
    refusal = msgspec.structs.replace(document, answers=document.answers[1:])
    body, _ = written(refusal, "edifact/D.96A/APERAK", "America/Chicago")
    found = again(body, "edifact/D.96A/APERAK", "America/Chicago")
    assert isinstance(found, ApplicationAdvice)
    (answer,), (sent,) = found.answers, refusal.answers
    assert (answer.verdict, answer.document, answer.message) == (sent.verdict, sent.document, sent.message)
    assert [error.text for error in answer.errors] == [error.text for error in sent.errors]
    assert answer.references == sent.references


def test_a_person_finds_an_invoice_by_its_numbers() -> None:
    found = {(reference.name, reference.raw) for reference in search_references(golden(PRESERVES))}
    assert {
        ("invoice", "F2026-08841"),
        ("purchase_order", "PO-774120"),
        ("despatch_advice", "DA-2026-104418"),
        ("delivery_note", "LB-2026-55190"),
    } <= found
    freight = {(reference.name, reference.raw) for reference in search_references(golden(FREIGHT))}
    assert {("invoice", "PF-88204417"), ("shipment", "MT-2026-10441"), ("bill_of_lading", "BOL7730192")} <= freight
    answered = {(reference.name, reference.raw) for reference in search_references(golden(ANSWERED))}
    assert {("application_advice", "PRFT-731-1"), ("answered_document", "MS-448127")} <= answered


def test_an_endless_amount_is_refused() -> None:
    for amount in ("NaN", "Infinity", "1e18"):
        with pytest.raises(ValueError, match="total"):
            msgspec.structs.replace(invoice(HOUSEWARES), total=Decimal(amount))
