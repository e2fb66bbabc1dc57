"""Keys and certificates as files: made for us, and in the forms that other programs write and read.

A certificate of ours is self-signed. Partners pin it, as we pin theirs, so nobody's signature would make it better. It
says what its key may do (RFC 5280 section 4.2.1.3), because some products look before they sign or encrypt with it,
and not for which protocol, because the same may be shown to an HTTPS server. Its own days begin at midnight, so that a
partner whose clock is late accepts it at once.
"""

from __future__ import annotations

import textwrap
from base64 import b64encode
from datetime import datetime
from typing import Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from as2.certificates import (
    Certificate,
    KeyPair,
    PrivateKey,
    Unusable,
    load_certificates,
    load_pkcs12,
    load_private_key,
    pair,
    read_certificate,
)

KeyType = Literal["rsa-2048", "rsa-3072", "rsa-4096", "p256"]
CertificateForm = Literal["pem", "der", "p7b"]


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Whose certificate it is to be."""

    common_name: str
    organization: str = ""
    country: str = ""
    """Two letters (ISO 3166)."""


class WrongPassword(Exception):
    """The file is encrypted, and the password is missing or another one."""


class Brought(msgspec.Struct, frozen=True):
    """What a file held: a certificate, and the private key that belongs to it where there was one."""

    certificate: Certificate
    key: PrivateKey | None


def make_pair(named: Named, key_type: KeyType, not_before: datetime, not_after: datetime) -> KeyPair:
    """A new key with its self-signed certificate; ``ValueError`` for a name that X.509 does not allow."""
    attributes = [
        (NameOID.COUNTRY_NAME, named.country),
        (NameOID.ORGANIZATION_NAME, named.organization),
        (NameOID.COMMON_NAME, named.common_name),
    ]
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes if value])
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if key_type == "p256"
        else rsa.generate_private_key(public_exponent=65537, key_size=int(key_type.removeprefix("rsa-")))
    )
    elliptic = key_type == "p256"
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not elliptic,
        data_encipherment=False,
        key_agreement=elliptic,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return KeyPair(read_certificate(made.public_bytes(Encoding.DER)), key)


def read_key_file(data: bytes, password: bytes | None, beside: bytes | None = None) -> Brought:
    """What is in a file: PKCS #12, or PEM or DER of a certificate, of a private key, or of both.

    ``beside`` is a file with the certificate, where the key comes alone. :class:`WrongPassword`;
    :class:`~as2.certificates.Unusable` for a file that holds neither, a weak key, or two that do not belong together.
    """
    if b"-----BEGIN" in data and b"PRIVATE KEY-----" in data:
        return _paired(_unlocked(data, password), beside if beside is not None else data)
    try:
        certificates = load_certificates(data)
    except Unusable:
        pass
    else:
        return Brought(_own_of(certificates), None)
    if beside is not None:
        return _paired(_unlocked(data, password), beside)
    if not _is_pkcs12(data):
        raise Unusable("the file holds no certificate, and is no PKCS#12 file")
    try:
        found = load_pkcs12(data, password)
    except Unusable as fault:
        if "cannot be read" in str(fault):
            raise WrongPassword("the PKCS#12 file does not open: the password is missing or wrong") from None
        raise
    return Brought(found.certificate, found.key)


def key_pem(key: PrivateKey) -> bytes:
    """A private key as our key folder has it: PKCS #8, PEM, not encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def certificate_bytes(certificate: Certificate, form: CertificateForm) -> bytes:
    """A certificate as a file: PEM, DER, or a PKCS #7 collection of it (``.p7b``, DER)."""
    match form:
        case "der":
            return certificate.der
        case "p7b":
            return pkcs7.serialize_certificates([x509.load_der_x509_certificate(certificate.der)], Encoding.DER)
        case "pem":
            lines = textwrap.wrap(b64encode(certificate.der).decode("ascii"), 64)
            return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]).encode()


def pkcs12_bytes(both: KeyPair, name: str, password: bytes) -> bytes:
    """A PKCS #12 file of a key and its certificate, encrypted with AES-256 under the password."""
    certificate = x509.load_der_x509_certificate(both.certificate.der)
    key = both.key
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Unusable("only RSA and EC keys go into a PKCS#12 file")
    encryption = BestAvailableEncryption(password)
    return pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, None, encryption)


def _unlocked(data: bytes, password: bytes | None) -> PrivateKey:
    locked = b"ENCRYPTED" in data
    try:
        # A password that is not needed is refused by the library, and was given for the whole file.
        return load_private_key(data, password if locked or b"-----BEGIN" not in data else None)
    except Unusable as fault:
        if locked:
            raise WrongPassword("the private key is encrypted: the password is missing or wrong") from None
        raise fault


def _paired(key: PrivateKey, data: bytes) -> Brought:
    try:
        certificates = load_certificates(data)
    except Unusable as fault:
        raise Unusable(f"{fault}: a private key comes with its certificate, in the same file or in another") from None
    both = pair(certificates, key)
    return Brought(both.certificate, both.key)


def _own_of(certificates: list[Certificate]) -> Certificate:
    """Of a chain the one that signed none of the others."""
    issuers = {each.issuer for each in certificates if each.issuer != each.subject}
    return next((each for each in certificates if each.subject not in issuers), certificates[0])


def _is_pkcs12(data: bytes) -> bool:
    # PFX ::= SEQUENCE { version INTEGER {v3(3)}, ... } (RFC 7292 section 4).
    return data[:1] == b"\x30" and b"\x02\x01\x03\x30" in data[:12]
