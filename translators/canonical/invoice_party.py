"""Parties of an invoice or a payment: who they are to the tax office and to the bank."""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.party import Party, Text
from translators.canonical.payment_words import AccountKind, BankIdSystem


class BankAccount(Coded, frozen=True, kw_only=True):
    """An account at a bank."""

    number: Text | None = None
    """IBAN, or the bank's own number."""
    holder: Text | None = None
    """Absent when it is the party itself."""
    bank: Text | None = None
    """BIC, unless ``bank_system`` says otherwise."""
    bank_system: BankIdSystem | None = None
    kind: AccountKind | None = None
    bank_name: Text | None = None
    country: Text | None = None
    """ISO 3166-1 of the bank, as a rule the two-letter code."""


class InvoiceParty(Party, frozen=True, kw_only=True):
    """A party in its role in an invoice."""

    tax_id: Text | None = None
    """Its registration for value added tax, with the letters of the country."""
    account: BankAccount | None = None
    """Where it is to be paid."""
