"""How a party is named on the wire, and when two such names are the same.

Partners write the same identity in several ways: ISA ids are padded with blanks to fifteen characters, and a numeric
qualifier is sent as ``2``, ``02`` or `` 2``. Names are therefore compared in a canonical form, and what was sent is
kept beside it, because an acknowledgment repeats the partner's own spelling.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from pydantic import ValidationInfo, field_validator

from partners.model import Model
from partners.scalars import Form

Scheme = Literal["as2", "x12", "unb", "eori", "gln", "scac", "duns"]

_VALUES: dict[str, tuple[str, str]] = {
    # RFC 4130 §6.2: 1 to 128 printable ASCII characters, case kept; quotes and backslashes are escapes there.
    "as2": (r"[\x20-\x7e]{1,128}", "an AS2 name: at most 128 printable ASCII characters"),
    # X12 I06, I07: exactly 15 characters on the wire, padded.
    "x12": (r"[\x21-\x7e](?:[\x20-\x7e]{0,13}[\x21-\x7e])?", "an ISA id: at most 15 printable ASCII characters"),
    # ISO 9735 0004, 0010: an..35.
    "unb": (r"\S(?:[^\r\n]{0,33}\S)?", "a UNB id: at most 35 characters"),
    "eori": ("[A-Z]{2}[A-Za-z0-9]{1,15}", "an EORI number: a country and at most 15 letters and digits"),
    "gln": ("[0-9]{13}", "a GLN: 13 digits"),
    "scac": ("[A-Z]{2,4}", "a SCAC: two to four capital letters"),
    "duns": ("[0-9]{9}", "a DUNS number: nine digits"),
}


def canonical_qualifier(text: str) -> str:
    """The qualifier without blanks around it, a number without leading zeros: ``2``, ``02`` and `` 2`` are one."""
    bare = text.strip()
    if bare.isascii() and bare.isdigit():
        return bare.lstrip("0") or "0"
    return bare


class WireIdentity(msgspec.Struct, frozen=True):
    """A name as a message or a transport sent it; ``key`` is what is compared.

    The scheme says which name space it comes from: ``unb``, ``x12`` or ``as2`` for the three envelopes.
    """

    scheme: str
    value: str
    qualifier: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Scheme, canonical qualifier and stripped value. Letters keep their case, as the standards have it."""
        return self.scheme, canonical_qualifier(self.qualifier), self.value.strip()

    def __str__(self) -> str:
        qualifier = f" qualifier {self.qualifier.strip()}" if self.qualifier.strip() else ""
        return f"{self.scheme.upper()}{qualifier} `{self.value.strip()}`"


class Identity(Model):
    """One identity of a party, as its profile states it."""

    scheme: Scheme
    qualifier: Annotated[str, Form("[A-Za-z0-9]{1,4}", "a qualifier: one to four letters or digits", True)] | None = (
        None
    )
    value: Annotated[str, Form(r"[^\r\n]+", "an identity: one line", True)]

    @field_validator("qualifier")
    @classmethod
    def _qualifier_fits(cls, qualifier: str | None, info: ValidationInfo) -> str | None:
        scheme = info.data.get("scheme")
        if qualifier is not None and scheme not in (None, "x12", "unb"):
            raise ValueError(f"an identity of scheme {scheme} has no qualifier")
        if qualifier is not None and scheme == "x12" and not re.fullmatch("[0-9]|[A-Z0-9]{2}", qualifier):
            raise ValueError(f"`{qualifier}` is not an X12 qualifier such as ZZ or 02 (ISA05, ISA07)")
        return qualifier

    @field_validator("value")
    @classmethod
    def _value_fits(cls, value: str, info: ValidationInfo) -> str:
        scheme = info.data.get("scheme")
        if scheme is None:
            return value
        if scheme == "x12" and "qualifier" in info.data and info.data["qualifier"] is None:
            raise ValueError("an X12 identity needs its qualifier (ISA05, ISA07), such as ZZ")
        pattern, meaning = _VALUES[scheme]
        if not re.fullmatch(pattern, value):
            raise ValueError(f"`{value}` is not {meaning}")
        if scheme == "gln" and not _check_digit_holds(value):
            raise ValueError(f"`{value}` is not a GLN: its check digit is wrong")
        return value

    @property
    def wire(self) -> WireIdentity:
        """The identity as we send it: an X12 qualifier has two characters (I05), so ``2`` goes out as ``02``."""
        qualifier = self.qualifier or ""
        if self.scheme == "x12" and qualifier.isdigit():
            qualifier = qualifier.zfill(2)
        return WireIdentity(self.scheme, self.value, qualifier)


def _check_digit_holds(digits: str) -> bool:
    """GS1 modulo 10: weights 3 and 1 alternate from the digit before the check digit leftwards."""
    weighted = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits[:-1])))
    return (weighted + int(digits[-1])) % 10 == 0
