"""Payments: examples, how their sums agree, one syntax to the other, and what is refused."""

from __future__ import annotations

import warnings
from decimal import Decimal

import msgspec
import pytest
from pydifact.parser import Parser

from tests.services.peers import envelope_errors_by_pyx12
from tests.services.running import Missing, skip_or_fail
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
    CanonicalError,
    FreightInvoice,
    Invoice,
    PaidItem,
    Payment,
    PaymentAdjustment,
    read_canonical,
    search_references,
    write_canonical,
)
from translators.finding import Where
from translators.mapping import from_canonical
from translators.reading import read
from translators.validation import validate

BILLS, REMITTANCE = "payment/freight-bills-chicago.820.x12", "payment/preserves-hasselt.remadv.edi"
MESSAGES = {BILLS: ("x12/004010/820", "America/Chicago"), REMITTANCE: ("edifact/D.96A/REMADV", "Europe/Brussels")}


def document(file: str) -> Payment:
    found = golden(file)
    assert isinstance(found, Payment)
    return found


def items(payment: Payment) -> list[PaidItem]:
    return [item for remittance in payment.remittances for item in remittance.items]


def adjustments(item: PaidItem) -> list[PaymentAdjustment]:
    return [*([item.main_adjustment] if item.main_adjustment is not None else []), *item.adjustments]


def edited(file: str, *changes: tuple[str, str]) -> bytes:
    """The example with each text once replaced; the count of segments in its trailer is put right."""
    text = (EXAMPLES / file).read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    lines = text.split("\n")
    head, trailer = ("ST*", "SE*") if file == BILLS else ("UNH+", "UNT+")
    first, last = (next(i for i, line in enumerate(lines) if line.startswith(tag)) for tag in (head, trailer))
    lines[last] = f"SE*{last - first + 1}*0001~" if file == BILLS else f"UNT+{last - first + 1}+1'"
    return "\n".join(lines).encode()


# Examples


@pytest.mark.parametrize("file", MESSAGES)
def test_an_example_reads_as_its_document(file: str) -> None:
    found = mapped((EXAMPLES / file).read_bytes(), *MESSAGES[file])
    assert found.findings == []
    assert found.document == golden(file)


@pytest.mark.parametrize("file", MESSAGES)
def test_a_document_is_written_as_its_example(file: str) -> None:
    body, left = written(golden(file), *MESSAGES[file])
    assert left == []
    made = [(node.name, node.elements) for root in body for node in root.segments()]
    assert made == [(segment.tag, segment.elements) for segment in segments_of((EXAMPLES / file).read_bytes())]


def test_peers_read_the_examples() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Its published package has no directories, and says so for every segment.
        segments = [each for each in Parser().parse((EXAMPLES / REMITTANCE).read_text()) if each.tag == "MOA"]
    assert [each.elements[0] for each in segments] == [
        list(each.elements[0][0])
        for each in segments_of((EXAMPLES / REMITTANCE).read_bytes())
        if each.tag == "MOA"
    ]  # fmt: skip
    try:
        assert envelope_errors_by_pyx12([EXAMPLES / BILLS]) == [[]]
    except Missing as reason:
        skip_or_fail(reason)


@pytest.mark.parametrize("file", MESSAGES)
def test_the_sums_of_an_example_agree(file: str) -> None:
    """What is paid of the items is the payment; what was asked, less discount and adjustments, is what is paid."""
    payment = document(file)
    assert sum(item.paid or Decimal(0) for item in items(payment)) == payment.total
    for item in items(payment):
        changes = sum((each.amount for each in adjustments(item)), Decimal(0))
        assert item.invoiced is not None
        assert item.invoiced - (item.discount or Decimal(0)) + changes == item.paid


def test_what_is_paid_was_invoiced() -> None:
    """The examples belong together: the freight bill and the invoice that are paid stand beside them."""
    bill, paid = golden("freight_invoice/joliet-houston.210.x12"), items(document(BILLS))[0]
    assert isinstance(bill, FreightInvoice)
    assert (paid.number, paid.invoiced) == (bill.number, bill.total)
    invoice, settled = golden("invoice/preserves-hasselt.invoic.edi"), items(document(REMITTANCE))[0]
    assert isinstance(invoice, Invoice)
    assert (settled.number, settled.invoiced) == (invoice.number, invoice.total)


# From one directory, and one syntax, to the other


def test_a_later_directory_says_the_same() -> None:
    payment = document(REMITTANCE)
    body, left = written(payment, "edifact/D.01B/REMADV")
    assert left == []
    assert again(body, "edifact/D.01B/REMADV") == payment


def test_a_remittance_goes_through_x12() -> None:
    payment = document(REMITTANCE)
    body, left = written(payment, "x12/004010/820", "Europe/Brussels")
    # X12 has no code for the number of a receiving advice.
    assert left == ["remittances[0].items[0].adjustments[0].reference.type"]
    found = again(body, "x12/004010/820", "Europe/Brussels")
    assert isinstance(found, Payment)
    assert (found.number, found.total, found.currency) == (payment.number, payment.total, payment.currency)
    assert found.handling == "remittance_only"
    assert found.payee_account == payment.payee_account
    assert [(item.type, item.number, item.paid, item.invoiced, item.discount) for item in items(found)] == [
        (item.type, item.number, item.paid, item.invoiced, item.discount) for item in items(payment)
    ]
    assert [[(each.reason, each.amount) for each in adjustments(item)] for item in items(found)] == [
        [(each.reason, each.amount) for each in adjustments(item)] for item in items(payment)
    ]


def test_a_payment_is_told_as_a_remittance() -> None:
    """Money goes one way, the advice another; what the bank alone needs stays behind."""
    payment = document(BILLS)
    body, left = written(payment, "edifact/D.96A/REMADV", "America/Chicago")
    assert {"handling", "originator", "function", "payer_account.bank_system"} <= set(left)
    found = again(body, "edifact/D.96A/REMADV", "America/Chicago")
    assert isinstance(found, Payment)
    assert (found.total, found.currency, found.number) == (payment.total, payment.currency, payment.number)
    assert [(item.number, item.paid) for item in items(found)] == [(item.number, item.paid) for item in items(payment)]
    assert [[(each.reason, each.amount) for each in adjustments(item)] for item in items(found)] == [
        [(each.reason, each.amount) for each in adjustments(item)] for item in items(payment)
    ]


# Edges


def test_what_is_paid_for_several_entities_stays_apart() -> None:
    data = edited(BILLS, ("RMR*CL*PF-C-2291", "ENT*2*PE*92*BRANCH-2~\nADX*-12.5*56~\nRMR*CL*PF-C-2291"))
    found = mapped(data, *MESSAGES[BILLS])
    assert found.findings == []
    assert isinstance(found.document, Payment)
    first, second = found.document.remittances
    assert (len(first.items), len(second.items)) == (2, 1)
    assert (second.role, second.id, second.id_system) == ("payee", "BRANCH-2", "assigned_by_buyer")
    assert [(each.reason, each.amount) for each in second.adjustments] == [("advertising", Decimal("-12.5"))]
    body, left = written(found.document, *MESSAGES[BILLS])
    assert left == []
    assert again(body, *MESSAGES[BILLS]) == found.document


def test_entities_are_not_mixed_up_in_a_remittance_of_one() -> None:
    payment = document(BILLS)
    two = msgspec.structs.replace(payment, remittances=(*payment.remittances, *payment.remittances))
    built = from_canonical(two, shipped_map("edifact/D.96A/REMADV"), context("America/Chicago"))
    assert [finding for finding in built.findings if finding.fatal]


def test_a_cent_is_not_lost() -> None:
    payment = msgspec.structs.replace(document(BILLS), total=Decimal("0.01"))
    for name in ("x12/004010/820", "edifact/D.96A/REMADV"):
        found = again(written(payment, name, "America/Chicago")[0], name, "America/Chicago")
        assert isinstance(found, Payment)
        assert found.total == Decimal("0.01")


# What is wrong

REFUSED = {
    "neither credit nor debit": (BILLS, ("BPR*C*4018*C*", "BPR*C*4018*X*")),
    "an item without its number": (BILLS, ("RMR*FR*PF-88204390*PP", "RMR***PP")),
    "an amount that is none": (BILLS, ("BPR*C*4018*", "BPR*C*4O18*")),
    "no total": (REMITTANCE, ("UNS+S'\nMOA+12:2325.85'", "UNS+S'\nMOA+125:2325.85'")),
    "an item that is not numbered": (REMITTANCE, ("DOC+381+C2026-00112'", "DOC+381'")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_message_is_refused(case: str) -> None:
    """By its guide, or by its map where the guide cannot know."""
    file, change = REFUSED[case]
    name, zone = MESSAGES[file]
    reading = read(edited(file, change))
    (message,) = reading.interchanges[0].messages
    if not validate(message, the_guide(name), reading.source, Where(message="1")).findings:
        found = mapped(edited(file, change), name, zone)
        assert found.document is None
        assert [finding for finding in found.findings if finding.fatal]


@pytest.mark.parametrize(
    ("file", "change", "native"),
    [
        (BILLS, ("ADX*-75*23*", "ADX*-75*36*"), "x12.426:36"),
        (REMITTANCE, ("AJT+4'", "AJT+27'"), "edifact.4465:27"),
    ],
)
def test_a_reason_without_a_word_is_kept(file: str, change: tuple[str, str], native: str) -> None:
    found = mapped(edited(file, change), *MESSAGES[file])
    assert [finding.code for finding in found.findings] == ["map-unmapped"]
    assert isinstance(found.document, Payment)
    (adjustment,) = items(found.document)[0].adjustments
    assert (adjustment.reason, adjustment.native["reason"]) == ("other", native)
    assert again(written(found.document, *MESSAGES[file])[0], *MESSAGES[file]) == found.document


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"total": "Infinity"}, ""),
        ({"total": "4O18"}, "total"),
        ({"currency": "DOLLARS"}, "currency"),
        ({"direction": "both"}, "direction"),
        ({"handling": None}, "handling"),
        ({"remittances": [{"items": [{"type": "invoice"}]}]}, "remittances[0].items[0]"),
        ({"payer_account": {"iban": "BE71096123456769"}}, "payer_account"),
    ],
)
def test_a_document_is_refused(change: dict[str, object], path: str) -> None:
    plain = msgspec.json.decode(write_canonical(document(BILLS)))
    with pytest.raises(CanonicalError) as caught:
        read_canonical(msgspec.json.encode(plain | change))
    assert caught.value.path == path


# Search


def test_a_person_finds_a_payment_by_what_it_pays() -> None:
    found = {(reference.name, reference.raw) for reference in search_references(document(BILLS))}
    assert found >= {
        ("payment", "MT-PAY-20261104-07"),
        ("freight_bill", "PF-88204417"),
        ("credit_note", "PF-C-2291"),
        ("bill_of_lading", "BOL7730192"),
        ("debit_note", "DM-20417"),
    }
