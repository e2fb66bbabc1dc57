"""What the ledger raises when it is asked for something that cannot be."""

from __future__ import annotations


class LedgerFault(Exception):
    """The ledger cannot do what was asked; nothing was changed."""


class NotRecorded(LedgerFault, LookupError):
    """The ledger holds no such thing. Asking again will not help: the identifier is wrong."""

    def __init__(self, noun: str, identifier: str) -> None:
        self.noun, self.identifier = noun, identifier
        super().__init__(f"The ledger has no {noun} {identifier!r}")
