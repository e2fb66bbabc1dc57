"""How CMS names a certificate: by issuer and serial number, or by key identifier (RFC 5652 sections 5.3 and 6.2.1).

Signers and recipients are named alike. Writing, the octets of the certificate are repeated exactly, however odd they
are. Reading, a name counts as ours octet for octet, or loosely: some products write the issuer's name anew and choose
other string types than the certificate has.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from as2.certificates import Certificate, Unusable
from as2.cms import der, names
from as2.cms.ber import INTEGER, SEQUENCE, Element, Fields, Malformed, parse

IdForm = Literal["issuer-serial", "key-id"]


class CertificateId(msgspec.Struct, frozen=True):
    """The name of a certificate as it came; either the first two or the last is set."""

    issuer_der: bytes | None = None
    serial_der: bytes | None = None
    key_identifier: bytes | None = None

    def __str__(self) -> str:
        """For the operator, such as ``serial 0a11 of C=DE, CN=CA`` or ``key identifier 5a3f``."""
        if self.issuer_der is None or self.serial_der is None:
            return f"key identifier {(self.key_identifier or b'').hex()}"
        number = f"serial {parse(self.serial_der).content.hex()}"
        try:
            return f"{number} of {names.written(self.issuer_der)}"
        except Malformed:
            return f"{number} of a name that cannot be read"

    def names(self, certificate: Certificate) -> bool:
        """Whether it names a certificate, octet for octet."""
        if self.key_identifier is not None:
            return self.key_identifier == certificate.key_identifier
        return (self.issuer_der, self.serial_der) == (certificate.issuer_der, certificate.serial_der)

    def names_loosely(self, certificate: Certificate) -> bool:
        """Whether it names a certificate when string types, case and white space of the issuer do not count."""
        if self.issuer_der is None or self.serial_der is None:
            return False
        try:
            same_number = parse(self.serial_der).integer() == certificate.serial
            return same_number and names.comparable(self.issuer_der) == names.comparable(certificate.issuer_der)
        except Malformed:
            return False


def read_certificate_id(element: Element) -> CertificateId:
    """A SignerIdentifier or RecipientIdentifier; the name in it is not looked into before it is needed."""
    if element.tag in (0x80, 0xA0):
        return CertificateId(key_identifier=element.octets())
    fields = Fields(element)
    issuer, serial = fields.take(SEQUENCE), fields.take(INTEGER)
    fields.end()
    return CertificateId(issuer.raw, serial.raw)


def issuer_and_serial(certificate: Certificate) -> bytes:
    """The IssuerAndSerialNumber of a certificate, in the very octets that the certificate has."""
    return der.sequence(certificate.issuer_der, certificate.serial_der)


def stated_key_identifier(certificate: Certificate) -> bytes:
    """The SubjectKeyIdentifier of a certificate; `Unusable` if it states none, since nobody would find it then."""
    if certificate.key_identifier is None:
        raise Unusable(f"the certificate of {certificate.subject} has no subject key identifier")
    return certificate.key_identifier
