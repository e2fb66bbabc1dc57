"""Parties: a counterpart, or us, with all the names it has on the wire and the people to write to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from partners.certificate import OwnCertificate
from partners.identity import Identity, WireIdentity
from partners.model import Model
from partners.scalars import Form, Id, Name


class Contact(Model):
    """Somebody to write to or to ring, by role."""

    role: Id
    name: Name | None = None
    email: Annotated[str, Form(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")] | None = None
    phone: Annotated[str, Form(r"\+?[0-9][0-9 ()/-]{4,28}", "a telephone number", True)] | None = None


class Party(Model):
    """One company, or one site of it that exchanges messages under names of its own.

    The first identity of a scheme is the one we write into envelopes.
    """

    id: Id
    name: Name
    identities: Annotated[tuple[Identity, ...], Field(min_length=1)]
    contacts: tuple[Contact, ...] = ()
    certificates: tuple[OwnCertificate, ...] = ()
    """Of our own parties: the certificates we sign and decrypt with in AS2. A counterpart's stand in its channel."""

    def identity(self, scheme: str) -> WireIdentity | None:
        """The first identity of ``scheme``, or ``None``."""
        return next((identity.wire for identity in self.identities if identity.scheme == scheme), None)
