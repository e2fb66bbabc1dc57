"""Certificates and keys as AS2 uses them: pinned, so a certificate is a name tag on a public key.

Trust comes from the profile, which names the certificate; nothing in it is asked for permission, and its own signature
is not looked at. So a certificate is read as far as it is needed: who, which number, how long, which key. That reading
is our own and tolerant, because partners use certificates that a validating reader rightly refuses: serial numbers of
zero or below, characters that a PrintableString must not hold, versions spelt out, critical extensions nobody knows.
What is odd is listed in `Certificate.oddities`, for the operator to see and the partner to hear.

Files come as PEM, DER, base64 without its armour, or as a PKCS #7 collection (``.p7b``); private keys as PEM or DER, or
with their certificate as PKCS #12. A file that holds nothing usable is `Unusable`, a `ValueError`: whoever configured
it must hear of it, not a partner.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

import msgspec

from as2.cms import names, oids
from as2.cms.algorithms import SMALLEST_RSA
from as2.cms.ber import BIT_STRING, INTEGER, OBJECT, SEQUENCE, SET, Element, Fields, Malformed, parse
from as2.cms.primitives import (
    KeyKind,
    PrivateKey,
    PublicKey,
    Unusable,
    key_bits,
    kind,
    normal_form,
    public_half,
    read_pkcs12,
    read_private_key,
    read_public_key,
)
from as2.cms.times import read_time

__all__ = [
    "Certificate",
    "KeyPair",
    "PrivateKey",
    "PublicKey",
    "Unusable",
    "check_strength",
    "load_certificates",
    "load_pkcs12",
    "load_private_key",
    "pair",
    "read_certificate",
]

_ARMOUR = re.compile(rb"-----BEGIN ([A-Z0-9# ]+)-----(.*?)-----END \1-----", re.DOTALL)
_CERTIFICATE_LABELS = frozenset({b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"})
_COLLECTION_LABELS = frozenset({b"PKCS7", b"PKCS #7 SIGNED DATA", b"CMS"})
_PRINTABLE = 0x13
_COUNTRY = oids.encoded("2.5.4.6")
_OUTSIDE_PRINTABLE = re.compile(rb"[^A-Za-z0-9 '()+,./:=?-]")


class Certificate(msgspec.Struct, frozen=True):
    """One X.509 certificate, as far as AS2 looks at it."""

    der: bytes
    sha256: str
    """Fingerprint: 64 lower-case hex digits."""
    subject: str
    issuer: str
    serial: int
    not_before: datetime
    not_after: datetime
    """Aware, UTC."""
    key_identifier: bytes | None
    """The SubjectKeyIdentifier that the certificate states, if it does."""
    oddities: frozenset[str]
    """What the certificate should not have: ``serial-not-positive``, ``printable-string-characters``,
    ``country-length``, ``explicit-default-version``."""
    issuer_der: bytes
    serial_der: bytes
    """The issuer and the serial number exactly as encoded here: recipients and signers are named by them."""
    spki: bytes
    """SubjectPublicKeyInfo."""

    @property
    def public_key(self) -> PublicKey:
        """The key; `Unusable` if it is of a kind or on a curve that is not supported."""
        return _public_key(self.spki)

    @property
    def key_kind(self) -> KeyKind:
        """Whether the key is RSA, EC, Ed25519 or X25519."""
        return kind(self.public_key)

    @property
    def key_bits(self) -> int:
        """Bits of the RSA modulus or of the curve."""
        return key_bits(self.public_key)


class KeyPair(msgspec.Struct, frozen=True):
    """A certificate of ours with its private key; `pair` makes one and checks that they belong together."""

    certificate: Certificate
    key: PrivateKey

    def __repr__(self) -> str:
        """Whose key it is; nothing of the key."""
        return f"KeyPair({self.certificate.subject!r}, {self.certificate.sha256!r})"


def load_certificates(data: bytes) -> list[Certificate]:
    """Every certificate in a file, in its order: PEM, DER, bare base64, or PKCS #7 in any of these; never empty."""
    try:
        blocks = [
            (label, binascii.a2b_base64(_without_headers(body)))
            for label, body in _ARMOUR.findall(data)
            if label in _CERTIFICATE_LABELS or label in _COLLECTION_LABELS
        ]
        if not blocks and b"-----BEGIN" not in data:
            blocks = [(b"", data if data[:1] == b"\x30" else binascii.a2b_base64(data))]
        found = [certificate for label, block in blocks for certificate in _in_block(label, block)]
    except (Malformed, binascii.Error) as fault:
        raise Unusable(f"the certificate cannot be read: {fault}") from None
    if not found:
        raise Unusable("the file holds no certificate")
    return found


def read_certificate(der: bytes) -> Certificate:
    """The certificate of exactly these bytes; `Unusable` if they are none."""
    try:
        return _read(parse(der))
    except Malformed as fault:
        raise Unusable(f"the certificate cannot be read: {fault}") from None


def load_private_key(data: bytes, password: bytes | None = None) -> PrivateKey:
    """The private key in a PEM or DER file, PKCS #8 or traditional; `Unusable` if none comes out of it."""
    return read_private_key(data, password)


def load_pkcs12(data: bytes, password: bytes | None = None, *, smallest_rsa: int = SMALLEST_RSA) -> KeyPair:
    """The key of a PKCS #12 file with the certificate that belongs to it; a chain beside it is not needed."""
    key, certificates = read_pkcs12(data, password)
    return pair((read_certificate(der) for der in certificates), key, smallest_rsa=smallest_rsa)


def pair(certificates: Iterable[Certificate], key: PrivateKey, *, smallest_rsa: int = SMALLEST_RSA) -> KeyPair:
    """The key with the first of the certificates that belongs to it; `Unusable` if none does or the key is weak."""
    check_strength(key, smallest_rsa)
    own = public_half(key)
    for certificate in certificates:
        if normal_form(certificate.public_key) == own:
            return KeyPair(certificate, key)
    raise Unusable("no certificate belongs to this private key")


def check_strength(key: PublicKey | PrivateKey, smallest_rsa: int = SMALLEST_RSA) -> None:
    """`Unusable` for an RSA key below `smallest_rsa` bits; the curves that are read at all are strong."""
    if kind(key) == "rsa" and key_bits(key) < smallest_rsa:
        raise Unusable(f"an RSA key of {key_bits(key)} bits; {smallest_rsa} are needed")


@lru_cache(maxsize=1024)
def _public_key(spki: bytes) -> PublicKey:
    return read_public_key(spki)


def _without_headers(body: bytes) -> bytes:
    """The base64 of a PEM block, after fields such as ``Bag Attributes`` that older tools write into it."""
    head, gap, rest = body.replace(b"\r\n", b"\n").partition(b"\n\n")
    return rest if gap and b":" in head else body


def _in_block(label: bytes, data: bytes) -> list[Certificate]:
    # OpenSSL's trusted certificates carry its own settings after the certificate itself.
    element = parse(data) if label != b"TRUSTED CERTIFICATE" else parse(_first(data))
    first = element.children()[:1]
    if not first or first[0].tag != OBJECT:
        return [_read(element)]
    content = Fields(element)
    if content.take(OBJECT).oid() != oids.SIGNED_DATA:
        raise Malformed("a PKCS #7 file that is no collection of certificates")
    collection = Fields(Fields(content.take(0xA0), 0xA0).take())
    collection.take(INTEGER)
    collection.take(SET)
    collection.take(SEQUENCE)
    held = collection.maybe(0xA0)
    return [_read(each) for each in held.children() if each.tag == SEQUENCE] if held else []


def _first(data: bytes) -> bytes:
    """The first of several elements that follow each other."""
    return Element(SEQUENCE, data, b"").children()[0].raw


def _read(element: Element) -> Certificate:
    """The Certificate of RFC 5280 section 4.1."""
    fields = Fields(element)
    body = Fields(fields.take(SEQUENCE))
    fields.take(SEQUENCE)
    fields.take(BIT_STRING)
    fields.end()
    version = body.maybe(0xA0)
    serial = body.take(INTEGER)
    body.take(SEQUENCE)
    issuer = body.take(SEQUENCE)
    validity = Fields(body.take(SEQUENCE))
    subject = body.take(SEQUENCE)
    spki = body.take(SEQUENCE)
    body.maybe(0x81, 0xA1)
    body.maybe(0x82, 0xA2)
    extensions = body.maybe(0xA3)
    return Certificate(
        der=element.raw,
        sha256=hashlib.sha256(element.raw).hexdigest(),
        subject=names.written(subject.raw),
        issuer=names.written(issuer.raw),
        serial=serial.integer(),
        not_before=read_time(validity.take()),
        not_after=read_time(validity.take()),
        key_identifier=_key_identifier(extensions) if extensions else None,
        oddities=frozenset(_odd(version, serial, issuer, subject)),
        issuer_der=issuer.raw,
        serial_der=serial.raw,
        spki=spki.raw,
    )


def _key_identifier(extensions: Element) -> bytes | None:
    for each in Fields(Fields(extensions, 0xA3).take()).rest():
        parts = each.children()
        if parts and parts[0].oid() == oids.SUBJECT_KEY_IDENTIFIER:
            return parse(parts[-1].octets()).octets()
    return None


def _odd(version: Element | None, serial: Element, *both: Element) -> Iterable[str]:
    if version is not None and version.content == b"\x02\x01\x00":
        yield "explicit-default-version"
    if serial.integer() <= 0:
        yield "serial-not-positive"
    for name in both:
        for group in name.children():
            for pair_of in group.children():
                kind_of, value = pair_of.children()
                if value.tag == _PRINTABLE and _OUTSIDE_PRINTABLE.search(value.content):
                    yield "printable-string-characters"
                if kind_of.oid() == _COUNTRY and len(value.content) != 2:
                    yield "country-length"
