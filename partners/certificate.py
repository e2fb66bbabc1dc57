"""Certificates that profiles name: a counterpart's and our own, each for a purpose and for the days it is used on.

The days are those of *use*, which both sides agree upon, and not the dates inside the certificate. Two certificates for
one purpose may overlap: while a partner changes over, what either of them verifies counts. Trust is the profile: a
certificate is trusted because its file is named here, and for no other reason.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from partners.days import not_before, within
from partners.model import Model
from partners.scalars import Day, Form

FILE = Form(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*){0,7}", "a file of the profiles folder")

PartnerUse = Literal["verify", "encrypt", "tls"]
OwnUse = Literal["sign", "decrypt", "tls-client"]


def _pem(text: str) -> str:
    # What the file holds is not quoted: it may be the wrong file.
    if not re.fullmatch(r"(?s)\s*-----BEGIN CERTIFICATE-----\s.*-----END CERTIFICATE-----\s*", text):
        raise ValueError("the file does not hold a PEM certificate")
    return text


class _Dated(Model):
    file: Annotated[str, FILE]
    pem: Annotated[str, AfterValidator(_pem)] | None = None
    """The file's content: filled in when the profiles are loaded."""
    valid_from: Day | None = None
    """The first day of use."""
    valid_to: Day | None = None
    """The last day of use."""

    @field_validator("valid_to")
    @classmethod
    def _ends_after_it_begins(cls, valid_to: date | None, info: ValidationInfo) -> date | None:
        return not_before(valid_to, info.data.get("valid_from"))

    def in_use(self, on: date) -> bool:
        """Whether it is used on a day."""
        return within(on, self.valid_from, self.valid_to)


class Certificate(_Dated):
    """A certificate of the partner's, with the days it is used on; two may overlap while one replaces the other."""

    use: Annotated[tuple[PartnerUse, ...], Field(min_length=1)] = ("verify", "encrypt")
    """``verify``: signatures of the partner's; ``encrypt``: what we send; ``tls``: its HTTPS server is this one."""


class OwnCertificate(_Dated):
    """A certificate of our own; its private key lies in the gateway's key folder and is found by the certificate."""

    use: Annotated[tuple[OwnUse, ...], Field(min_length=1)] = ("sign", "decrypt")
    """``sign``: what we send; ``decrypt``: what partners encrypted for us; ``tls-client``: shown to HTTPS servers."""
