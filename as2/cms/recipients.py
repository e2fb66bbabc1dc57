"""Who can open an envelope: RecipientInfos, written and read (RFC 5652 section 6.2).

An envelope may be for several recipients in any order, some of them named in ways or with algorithms that we do not
know. Those are kept by name only: they are no reason to refuse what is also for us.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from as2.certificates import Certificate, KeyPair, Unusable
from as2.cms import der, oids
from as2.cms.algorithms import oaep_algorithm, read_algorithm, read_oaep
from as2.cms.ber import INTEGER, OCTET_STRING, OCTET_STRING_IN_PIECES, SEQUENCE, SET, Element, Fields, Malformed
from as2.cms.certificate_ids import (
    CertificateId,
    IdForm,
    issuer_and_serial,
    read_certificate_id,
    stated_key_identifier,
)
from as2.cms.key_agreement import Agreement, read_agreement, unwrap, wrap
from as2.cms.primitives import rsa_decrypted, rsa_encrypted
from as2.digests import DigestName

_KEY_AGREEMENT = 0xA1
_STRINGS = (OCTET_STRING, OCTET_STRING_IN_PIECES)


class KeyTransport(msgspec.Struct, frozen=True):
    """How the content key is encrypted for an RSA key."""

    name: Literal["rsa-pkcs1", "rsa-oaep"] = "rsa-pkcs1"
    digest: DigestName = "sha256"
    """OAEP only."""
    mgf_digest: DigestName = "sha256"
    """The digest in MGF1; OAEP only."""

    def __str__(self) -> str:
        """Such as ``rsa-pkcs1`` or ``rsa-oaep-sha256-mgf1-sha1``."""
        return self.name if self.name == "rsa-pkcs1" else f"{self.name}-{self.digest}-mgf1-{self.mgf_digest}"

    @property
    def oaep(self) -> tuple[DigestName, DigestName] | None:
        """Digest and MGF1 digest of OAEP; ``None`` for v1.5."""
        return None if self.name == "rsa-pkcs1" else (self.digest, self.mgf_digest)


class Recipient(msgspec.Struct, frozen=True):
    """One way to the content key."""

    identifier: CertificateId
    encrypted_key: bytes
    method: KeyTransport | Agreement | None
    """``None`` when the algorithm is not known."""

    def content_key(self, pair: KeyPair) -> bytes | None:
        """What comes out with a key of ours: the content key, nothing, or with RSA v1.5 anything at all."""
        match self.method:
            case KeyTransport() as transport:
                return rsa_decrypted(pair.key, self.encrypted_key, transport.oaep)
            case Agreement() as agreement:
                return unwrap(agreement, pair.key, self.encrypted_key)
            case None:
                return None


def recipient_info(certificate: Certificate, content_key: bytes, transport: KeyTransport, form: IdForm) -> bytes:
    """The RecipientInfo for the holder of a certificate: key transport for RSA, key agreement for EC and X25519.

    `Unusable` for a certificate whose key encrypts nothing, or that has no key identifier where that should name it.
    """
    match certificate.key_kind:
        case "rsa":
            return _key_transport(certificate, content_key, transport, form)
        case "ed25519":
            raise Unusable(f"nothing can be encrypted for the Ed25519 key of {certificate.subject}")
        case _:
            return _key_agreement(certificate, content_key, form)


def _key_transport(certificate: Certificate, content_key: bytes, transport: KeyTransport, form: IdForm) -> bytes:
    oaep = transport.oaep
    named = (
        der.integer(0) + issuer_and_serial(certificate)
        if form == "issuer-serial"
        else der.integer(2) + der.tlv(0x80, stated_key_identifier(certificate))
    )
    return der.sequence(
        named,
        oaep_algorithm(*oaep) if oaep else der.algorithm(oids.RSA, der.NULL),
        der.octets(rsa_encrypted(certificate.public_key, content_key, oaep)),
    )


def _key_agreement(certificate: Certificate, content_key: bytes, form: IdForm) -> bytes:
    originator, algorithm, encrypted = wrap(certificate.public_key, content_key)
    named = (
        issuer_and_serial(certificate)
        if form == "issuer-serial"
        else der.tlv(0xA0, der.octets(stated_key_identifier(certificate)))
    )
    return der.tlv(
        _KEY_AGREEMENT,
        der.integer(3),
        der.explicit(0, originator),
        algorithm,
        der.sequence(der.sequence(named, der.octets(encrypted))),
    )


def read_recipients(element: Element) -> list[Recipient]:
    """Every recipient that is named by a certificate, in the order of the message."""
    return [recipient for each in Fields(element, SET).rest() for recipient in _read(each)]


def _read(element: Element) -> Iterable[Recipient]:
    if element.tag == SEQUENCE:
        fields = Fields(element)
        fields.take(INTEGER)
        identifier = read_certificate_id(fields.take())
        algorithm = fields.take(SEQUENCE)
        encrypted = fields.take(*_STRINGS).octets()
        fields.end()
        yield Recipient(identifier, encrypted, _read_transport(algorithm))
    elif element.tag == _KEY_AGREEMENT:
        yield from _read_agreement(Fields(element, _KEY_AGREEMENT))


def _read_transport(algorithm: Element) -> KeyTransport | None:
    oid, parameters = read_algorithm(algorithm)
    if oid == oids.RSA:
        return KeyTransport()
    try:
        return KeyTransport("rsa-oaep", *read_oaep(parameters)) if oid == oids.RSAES_OAEP else None
    except Malformed:
        return None


def _read_agreement(fields: Fields) -> Iterable[Recipient]:
    fields.take(INTEGER)
    originator = Fields(fields.take(0xA0), 0xA0).take()
    material = fields.maybe(0xA1)
    keying_material = Fields(material, 0xA1).take(*_STRINGS).octets() if material else None
    algorithm = fields.take(SEQUENCE)
    keys = fields.take(SEQUENCE).children()
    fields.end()
    try:
        # An originator named by a certificate is static-static agreement, which nobody uses in AS2.
        key = Fields(originator, 0xA1)
        key.take(SEQUENCE)
        method = read_agreement(key.take().bits(), algorithm, keying_material)
    except Malformed:
        method = None
    for each in keys:
        pair = Fields(each)
        named = pair.take(SEQUENCE, 0xA0)
        encrypted = pair.take(*_STRINGS).octets()
        pair.end()
        if named.tag == SEQUENCE:
            yield Recipient(read_certificate_id(named), encrypted, method)
        else:
            identifier = Fields(named, 0xA0).take(*_STRINGS).octets()
            yield Recipient(CertificateId(key_identifier=identifier), encrypted, method)
