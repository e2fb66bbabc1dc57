"""A detached signature as it arrived: the SignedData of RFC 5652 section 5, read but not believed.

AS2 has exactly one signer (RFC 4130 and every product), so a second one is a fault, not a choice. The bytes of the
signed attributes are kept as they came, because those are what was signed. Certificates inside are evidence and never
a key to verify with; they are kept as bytes, so that one that cannot be read harms nothing.
"""

from __future__ import annotations

import binascii
import re
from datetime import datetime

import msgspec

from as2.cms import der, oids
from as2.cms.algorithms import (
    Scheme,
    SignatureAlgorithm,
    read_algorithm,
    read_digest,
    read_signature_algorithm,
)
from as2.cms.ber import INTEGER, OCTET_STRING, OCTET_STRING_IN_PIECES, SEQUENCE, SET, SMALL, Element, Fields, Malformed
from as2.cms.ber import parse as parse_ber
from as2.cms.certificate_ids import CertificateId, read_certificate_id
from as2.cms.times import read_time
from as2.digests import DigestName
from as2.fault import AuthenticationFailed
from as2.tolerance import ToleranceId, Tolerated

_ARMOUR = re.compile(rb"-----[A-Z0-9 #]+-----")
_MANY_SIGNERS = "Several signatures in one message; AS2 knows one signer, and one signature must be sent."


class SignedAttributes(msgspec.Struct, frozen=True):
    """The attributes that were signed in place of the content (RFC 5652 section 5.4)."""

    encoded: bytes
    """As they came, but tagged as the SET OF that is hashed."""
    message_digest: bytes
    signing_time: datetime | None
    """What the signer's clock said, if it said anything that can be read."""
    protection: tuple[bytes, bytes] | None
    """The algorithms that the signer protected by RFC 6211, in a form that can be compared, if it did so."""


class Signature(msgspec.Struct, frozen=True):
    """One detached signature."""

    digest_name: DigestName
    algorithm: SignatureAlgorithm
    signer: CertificateId
    attributes: SignedAttributes | None
    """``None`` when the content itself was signed, as IBM Sterling does."""
    value: bytes
    embedded: tuple[bytes, ...]
    """Certificates that came with it, as DER; evidence only."""
    tolerances: frozenset[ToleranceId]

    @property
    def scheme(self) -> Scheme:
        """RSA v1.5, RSA PSS, ECDSA or Ed25519."""
        return self.algorithm.scheme

    @property
    def has_signed_attributes(self) -> bool:
        """Whether attributes were signed, which hold the digest of the content."""
        return self.attributes is not None

    @property
    def message_digest(self) -> bytes | None:
        """The digest that the signer computed, where it is stated."""
        return self.attributes.message_digest if self.attributes else None

    @property
    def signing_time(self) -> datetime | None:
        """When it was signed by the signer's clock, where that is stated."""
        return self.attributes.signing_time if self.attributes else None


def read_signature(data: bytes) -> Signature:
    """The signature in the body of a signature part: DER or BER, or base64 of it with or without armour.

    `AuthenticationFailed` when it is no SignedData of one signer with algorithms that we know.
    """
    if len(data) > SMALL:
        raise AuthenticationFailed("signature-too-large", f"The signature has {len(data)} bytes.")
    try:
        encoded = _unarmoured(data)
        element = parse_ber(encoded)
        return _read(element, {"trailing-bytes"} if len(element.raw) < len(encoded) else set())
    except (Malformed, binascii.Error) as fault:
        raise AuthenticationFailed("signature-malformed", f"The signature cannot be read: {fault}.") from None


def _unarmoured(data: bytes) -> bytes:
    # DER begins with a SEQUENCE, 0x30; base64 of it begins with M.
    stripped = data.lstrip()
    return stripped if stripped[:1] == b"\x30" else binascii.a2b_base64(_ARMOUR.sub(b"", stripped))


def _read(element: Element, tolerated: Tolerated) -> Signature:
    outer = Fields(element)
    if outer.take().oid() != oids.SIGNED_DATA:
        raise Malformed("it is no SignedData")
    content = Fields(outer.take(0xA0), 0xA0)
    outer.end()
    fields = Fields(content.take(SEQUENCE))
    content.end()
    fields.take(INTEGER)
    fields.take(SET)
    encapsulated = Fields(fields.take(SEQUENCE))
    if encapsulated.take().oid() != oids.DATA:
        raise Malformed("what it signs is not plain data")
    if encapsulated.maybe() is not None:
        tolerated.add("content-beside-signature")
    certificates = fields.maybe(0xA0)
    fields.maybe(0xA1)
    signers = fields.take(SET).children()
    fields.end()
    if len(signers) > 1:
        raise AuthenticationFailed("several-signers", _MANY_SIGNERS)
    if not signers:
        raise Malformed("nobody signed it")
    embedded = tuple(each.raw for each in certificates.children() if each.tag == SEQUENCE) if certificates else ()
    return _read_signer(Fields(signers[0]), embedded, tolerated)


def _read_signer(fields: Fields, embedded: tuple[bytes, ...], tolerated: Tolerated) -> Signature:
    fields.take(INTEGER)
    signer = read_certificate_id(fields.take())
    digest = fields.take(SEQUENCE)
    attributes = fields.maybe(0xA0)
    algorithm = fields.take(SEQUENCE)
    value = fields.take(OCTET_STRING, OCTET_STRING_IN_PIECES)
    fields.maybe(0xA1)
    fields.end()
    found = _read_attributes(attributes) if attributes else None
    if found and found.protection not in (None, (_comparable(digest), _comparable(algorithm))):
        raise AuthenticationFailed(
            "algorithms-changed", "The algorithms of the signature are not those that its signer protected (RFC 6211)."
        )
    return Signature(
        digest_name=read_digest(digest),
        algorithm=read_signature_algorithm(algorithm),
        signer=signer,
        attributes=found,
        value=value.octets(),
        embedded=embedded,
        tolerances=frozenset(tolerated),
    )


def _read_attributes(element: Element) -> SignedAttributes:
    found: dict[bytes, list[Element]] = {}
    for each in element.children():
        fields = Fields(each)
        found.setdefault(fields.take().oid(), []).extend(fields.take(SET).children())
        fields.end()
    # RFC 5652 section 11: both attributes must be there, each with exactly one value.
    if _only(found, oids.CONTENT_TYPE).oid() != oids.DATA:
        raise Malformed("the signed content type is not plain data")
    protected = oids.ALGORITHM_PROTECTION in found
    return SignedAttributes(
        encoded=bytes((SET,)) + element.raw[1:],
        message_digest=_only(found, oids.MESSAGE_DIGEST).octets(),
        signing_time=_time(found.get(oids.SIGNING_TIME, [])),
        protection=_read_protection(_only(found, oids.ALGORITHM_PROTECTION)) if protected else None,
    )


def _read_protection(element: Element) -> tuple[bytes, bytes]:
    """CMSAlgorithmProtection (RFC 6211 section 2), whose signature algorithm has the implicit tag 1."""
    fields = Fields(element)
    digest, algorithm = fields.take(SEQUENCE), fields.take(0xA1)
    fields.end()
    return _comparable(digest), _comparable(Element(SEQUENCE, algorithm.content, algorithm.raw))


def _comparable(algorithm: Element) -> bytes:
    """An AlgorithmIdentifier in a form in which NULL parameters and absent ones are the same."""
    oid, parameters = read_algorithm(algorithm)
    return der.algorithm(oid, der.canonical(parameters) if parameters else b"")


def _only(found: dict[bytes, list[Element]], kind: bytes) -> Element:
    match found.get(kind):
        case [value]:
            return value
        case _:
            raise Malformed(f"not exactly one value of the signed attribute {oids.dotted(kind)}")


def _time(values: list[Element]) -> datetime | None:
    """The time is shown and never decided upon: one that cannot be read is no reason to refuse the signature."""
    try:
        return read_time(values[0]) if values else None
    except Malformed:
        return None
