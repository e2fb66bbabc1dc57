"""Invoices of sellers and carriers, and the answers of applications: examples, faults, one syntax to the other."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from tests.translators.family_examples import (
    EXAMPLES,
    again,
    context,
    golden,
    mapped,
    segments_of,
    the_guide,
    written,
)
from tests.translators.maps_at_hand import shipped_map
from translators.canonical import (
    ApplicationAdvice,
    FreightInvoice,
    Invoice,
    search_references,
)
from translators.finding import Where
from translators.mapping import from_canonical
from translators.reading import read
from translators.tree import Node
from translators.validation import validate

# An example and its map, with the agreement's zone; its canonical document stands beside it.
MESSAGES = {
    "invoice/preserves-hasselt.invoic.edi": ("edifact/D.96A/INVOIC", "Europe/Brussels"),
    "invoice/housewares-columbus.810.x12": ("x12/004010/810", "America/New_York"),
    "freight_invoice/joliet-houston.210.x12": ("x12/004010/210", "America/Chicago"),
    "freight_invoice/savannah-rotterdam.310.x12": ("x12/004010/310", "America/New_York"),
    "freight_invoice/antwerp-houston.iftfcc.edi": ("edifact/D.96A/IFTFCC", "Europe/Brussels"),
    "application_advice/order-refused.aperak.edi": ("edifact/D.96A/APERAK", "Europe/Amsterdam"),
    "application_advice/tenders-answered.824.x12": ("x12/004010/824", "America/Chicago"),
}
PRESERVES, HOUSEWARES, FREIGHT, OCEAN, COSTS, REFUSED, ANSWERED = MESSAGES


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


def freight(file: str) -> FreightInvoice:
    document = golden(file)
    assert isinstance(document, FreightInvoice)
    return document


def charges_of(document: FreightInvoice) -> list[Decimal]:
    """Whatever is charged, for what it may be."""
    lines = document.lines
    lists = (
        document.charges,
        *(line.charges for line in lines),
        *(goods.charges for line in lines for goods in line.goods),
        *(equipment.charges for line in lines for equipment in line.equipment),
    )
    return [charge.amount or Decimal(0) for charges in lists for charge in charges]


@pytest.mark.parametrize("file", [FREIGHT, OCEAN, COSTS])
def test_the_charges_of_a_freight_invoice_make_its_total(file: str) -> None:
    document = freight(file)
    assert sum(charges_of(document), Decimal(0)) == document.total
    assert len({*charges_of(document)}) > 1


@pytest.mark.parametrize("file", [FREIGHT, OCEAN])
def test_the_lines_of_a_freight_invoice_weigh_its_weight(file: str) -> None:
    document = freight(file)
    cargo = [each for line in document.lines for each in (line.goods or (line,))]
    weights = [each.gross_weight.value for each in cargo if each.gross_weight is not None]
    assert document.gross_weight is not None
    assert sum(weights, Decimal(0)) == document.gross_weight.value


@pytest.mark.parametrize(
    ("file", "name", "path"),
    [
        (OCEAN, "x12/004010/210", "charges"),
        (OCEAN, "edifact/D.96A/IFTFCC", "lines[0].goods"),
        (FREIGHT, "edifact/D.96A/IFTFCC", "lines[0].charges"),
    ],
)
def test_a_charge_is_never_left_behind_in_silence(file: str, name: str, path: str) -> None:
    """Their charges have other places: the message is not written, rather than without them."""
    built = from_canonical(golden(file), shipped_map(name), context(MESSAGES[file][1]))
    assert path in [finding.where.path for finding in built.findings if finding.fatal]


def test_charges_for_the_whole_carriage_go_through_x12() -> None:
    document = freight(COSTS)
    # X12 has a rate only together with what it is for.
    charges = tuple(msgspec.structs.replace(charge, rate=None) for charge in document.charges)
    document = msgspec.structs.replace(document, charges=charges)
    body, left = written(document, "x12/004010/310")
    assert {"payment_terms", "taxes", "equipment"} <= set(left)
    found = again(body, "x12/004010/310")
    assert isinstance(found, FreightInvoice)
    for field in ("number", "carrier", "total", "currency", "shipment", "freight_terms", "purpose"):
        assert getattr(found, field) == getattr(document, field), field
    assert [(charge.description, charge.amount, charge.freight_terms) for charge in found.charges] == [
        (charge.description, charge.amount, charge.freight_terms) for charge in document.charges
    ]
    assert [transport.means_name for transport in found.transports] == ["QUARTZ PIONEER"]
    assert [goods.description for line in found.lines for goods in line.goods] == [
        line.description for line in document.lines
    ]


def test_goods_of_one_line_keep_their_own_charges() -> None:
    """Two L0 under one LX: the containers are those of the line, and no charge is counted twice."""
    text = (EXAMPLES / OCEAN).read_text()
    second = text.index("LX*2~"), text.index("L0*1***1640")
    joined = text[: second[0]] + text[second[1] :]
    joined = joined.replace("L0*1***1640", "L0*2***1640").replace("L5*1*PAINT", "L5*2*PAINT").replace("SE*40", "SE*38")
    found = mapped(joined.encode(), *MESSAGES[OCEAN])
    assert isinstance(found.document, FreightInvoice)
    (line,) = found.document.lines
    assert (len(line.equipment), len(line.goods)) == (2, 2)
    assert sum(charges_of(found.document), Decimal(0)) == found.document.total


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        (OCEAN, "B3**QZ-INV-260188*MT", "B3***MT", "element-missing"),
        (OCEAN, "*598500****QZOL", "*5985OO****QZOL", "element-type"),
        (OCEAN, "V1*9999993*QUARTZ PIONEER*DE*042E*QZOL***L*O~\n", "", "segment-missing"),
        (COSTS, "MOA+39:4217.5'", "MOA+39:42I7.5'", "element-type"),
        (COSTS, "BGM+780", "BGM+7800", "element-too-long"),
    ],
)
def test_a_freight_invoice_is_not_valid(file: str, old: str, new: str, code: str) -> None:
    text = (EXAMPLES / file).read_text()
    assert text.count(old) == 1
    reading = read(text.replace(old, new).encode())
    (message,) = reading.interchanges[0].messages
    found = validate(message, the_guide(MESSAGES[file][0]), reading.source, Where(message="1")).findings
    assert code in [finding.code for finding in found]


@pytest.mark.parametrize(
    ("file", "old", "new", "path"),
    [
        (COSTS, "NAD+CA+QZOL:172:182++QUARTZ", "NAD+CA+++QUARTZ", "carrier"),
        (COSTS, "MOA+39:4217.5'", "MOA+113:4217.5'", "SG3"),
        (OCEAN, "38040*G***598500****118.4*X*1468*K", "38040*G***598500****118.4*X*1468*M", "gross_weight.unit"),
    ],
)
def test_a_freight_invoice_is_refused(file: str, old: str, new: str, path: str) -> None:
    text = (EXAMPLES / file).read_text()
    assert text.count(old) == 1
    found = mapped(text.replace(old, new).encode(), *MESSAGES[file])
    assert found.document is None
    assert path in " ".join(f"{finding.where.path} {finding.text}" for finding in found.findings if finding.fatal)


def test_a_later_directory_says_the_same() -> None:
    body, left = written(golden(PRESERVES), "edifact/D.01B/INVOIC")
    assert left == []
    assert again(body, "edifact/D.01B/INVOIC") == again(*_own(PRESERVES))
    body, left = written(golden(REFUSED), "edifact/D.01B/APERAK", "Europe/Amsterdam")
    assert left == []
    assert again(body, "edifact/D.01B/APERAK", "Europe/Amsterdam") == golden(REFUSED)
    body, left = written(golden(COSTS), "edifact/D.01B/IFTFCC")
    assert left == []
    assert again(body, "edifact/D.01B/IFTFCC") == golden(COSTS)


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
    ocean = {(reference.name, reference.raw) for reference in search_references(golden(OCEAN))}
    assert {("invoice", "QZ-INV-260188"), ("booking", "QZB4471208"), ("voyage", "042E"), ("seal", "QZ771204")} <= ocean
    answered = {(reference.name, reference.raw) for reference in search_references(golden(ANSWERED))}
    assert {("application_advice", "PRFT-731-1"), ("answered_document", "MS-448127")} <= answered


def test_an_endless_amount_is_refused() -> None:
    for amount in ("NaN", "Infinity", "1e18"):
        with pytest.raises(ValueError, match="total"):
            msgspec.structs.replace(invoice(HOUSEWARES), total=Decimal(amount))
