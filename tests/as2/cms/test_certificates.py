"""Certificates and keys: what is read, whatever they look like, and what is refused."""

from __future__ import annotations

import base64
import subprocess
from datetime import UTC, datetime

import pytest
from asn1crypto import cms as asn1
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from as2.certificates import (
    Unusable,
    check_strength,
    load_certificates,
    load_pkcs12,
    load_private_key,
    pair,
    read_certificate,
)
from as2.cms import der, names, oids
from as2.cms.algorithms import Permits
from as2.cms.enveloping import envelope
from as2.cms.opening import open_envelope
from as2.cms.signature import read_signature
from as2.cms.signing import sign
from as2.cms.verifying import verify
from as2.source import BytesSource
from tests.as2.keys import KEYS, DigestsOf, certificate_of, entropy, pair_of, read_all

NAMES = ["ca", "rsa", "rsa-other", "rsa-1024", "rsa-4096", "p256", "p384", "p521", "ed25519", "x25519"]
ODD = {
    "serial-zero": "serial-not-positive",
    "serial-negative": "serial-not-positive",
    "printable-string": "printable-string-characters",
    "country-three-letters": "country-length",
    "explicit-default-version": "explicit-default-version",
    "critical-unknown-extension": None,
}


@pytest.mark.parametrize("name", NAMES)
def test_everything_as_another_library_reads_it(name: str) -> None:
    """Field by field, by `cryptography`."""
    ours = certificate_of(name)
    theirs = x509.load_der_x509_certificate(ours.der)
    assert ours.sha256 == theirs.fingerprint(hashes.SHA256()).hex()
    assert ours.serial == theirs.serial_number
    assert (ours.not_before, ours.not_after) == (theirs.not_valid_before_utc, theirs.not_valid_after_utc)
    stated = theirs.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert ours.key_identifier == stated.value.digest
    assert ours.subject == theirs.subject.rfc4514_string({}).replace(",", ", ") or ours.subject == ", ".join(
        reversed(theirs.subject.rfc4514_string().split(","))
    )
    assert ours.issuer_der == theirs.issuer.public_bytes()
    assert ours.oddities == frozenset()
    spki = theirs.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert ours.spki == spki


@pytest.mark.parametrize("name", ODD)
def test_odd_certificates_are_read_and_named(name: str) -> None:
    """The key works for signatures and envelopes; what is odd is listed."""
    (odd,) = load_certificates((KEYS / f"odd-{name}.der").read_bytes())
    wanted = ODD[name]
    assert odd.oddities == (frozenset() if wanted is None else {wanted})
    assert odd.serial == asn1_x509.Certificate.load(odd.der).serial_number
    ours = pair([odd], pair_of("rsa").key)
    digest = DigestsOf(b"x")("sha256", "raw")
    at = datetime(2026, 11, 30, tzinfo=UTC)
    data = sign(digest, digest_name="sha256", scheme="rsa-pkcs1", signer=ours, at=at)
    found = verify(read_signature(data), DigestsOf(b"x"), pinned=[odd], permits=Permits())
    assert found.tolerances == (frozenset() if wanted is None else {"certificate-malformed"})
    sealed = envelope(BytesSource(b"x"), cipher="aes128-cbc", recipients=[odd], entropy=entropy)
    opened = open_envelope(sealed, keys=[ours], permits=Permits(), entropy=entropy)
    assert (read_all(opened.content), opened.tolerances) == (b"x", frozenset())


def collection() -> bytes:
    """Two certificates in a PKCS #7 file, which is a set: the shorter one comes first."""
    certificates = [x509.load_der_x509_certificate(certificate_of(name).der) for name in ("rsa", "p256")]
    return pkcs7.serialize_certificates(certificates, Encoding.DER)


PEM = (KEYS / "rsa.pem").read_bytes()
DER = certificate_of("rsa").der
TRUSTED = b"-----BEGIN TRUSTED CERTIFICATE-----\n%s-----END TRUSTED CERTIFICATE-----\n"
FILES = {
    "PEM": (PEM, ["rsa"]),
    "PEM with CRLF": (PEM.replace(b"\n", b"\r\n"), ["rsa"]),
    "PEM in text": (b"subject=/C=DE\nissuer=...\n" + PEM + b"and more text", ["rsa"]),
    "PEM beside a private key": ((KEYS / "rsa.key.pem").read_bytes() + PEM, ["rsa"]),
    "several": (PEM + (KEYS / "p256.pem").read_bytes() + PEM, ["rsa", "p256", "rsa"]),
    "PEM with fields": (PEM.replace(b"CATE-----\n", b"CATE-----\nfriendlyName: a\n\n", 1), ["rsa"]),
    "DER": (DER, ["rsa"]),
    "DER and a line end": (DER + b"\n", ["rsa"]),
    "base64": (base64.encodebytes(DER), ["rsa"]),
    "base64 in one line": (base64.b64encode(DER), ["rsa"]),
    "trusted": (TRUSTED % base64.encodebytes(DER + der.sequence(der.octets(b"aux"))), ["rsa"]),
    "PKCS #7": (collection(), ["p256", "rsa"]),
    "PKCS #7 in base64": (base64.encodebytes(collection()), ["p256", "rsa"]),
    "PKCS #7 in PEM": (
        b"-----BEGIN PKCS7-----\n" + base64.encodebytes(collection()) + b"-----END PKCS7-----\n",
        ["p256", "rsa"],
    ),
}


@pytest.mark.parametrize(("data", "expected"), FILES.values(), ids=FILES.keys())
def test_files(data: bytes, expected: list[str]) -> None:
    """Every form in which certificates travel."""
    assert [each.sha256 for each in load_certificates(data)] == [certificate_of(name).sha256 for name in expected]


NO_CERTIFICATES = {
    "empty": b"",
    "text": b"no certificate, sorry!",
    "a private key": (KEYS / "rsa.key.pem").read_bytes(),
    "a request": PEM.replace(b"CERTIFICATE", b"CERTIFICATE REQUEST"),
    "cut off": DER[:-1],
    "bytes after it": DER + b"x",
    "damaged base64": PEM.replace(b"MII", b"M", 1),
    "an empty collection": der.sequence(
        der.oid(oids.SIGNED_DATA),
        der.explicit(
            0,
            der.sequence(der.integer(1), der.set_of([]), der.sequence(der.oid(oids.DATA)), der.set_of([])),
        ),
    ),
    "another PKCS #7": der.sequence(der.oid(oids.DATA), der.explicit(0, der.octets(b"x"))),
    "an empty structure": b"\x30\x00",
}


@pytest.mark.parametrize("data", NO_CERTIFICATES.values(), ids=NO_CERTIFICATES.keys())
def test_files_without_certificates(data: bytes) -> None:
    """Said in words, as a fault of the configuration."""
    with pytest.raises(Unusable):
        load_certificates(data)


@given(st.binary(max_size=200) | st.tuples(st.integers(0, len(DER) - 1), st.integers(0, 255)))
@settings(deadline=None)
def test_any_bytes_are_a_certificate_or_unusable(found: bytes | tuple[int, int]) -> None:
    """Random, or a certificate with one octet changed; and its key is a key or unusable."""
    data = found if isinstance(found, bytes) else DER[: found[0]] + bytes([found[1]]) + DER[found[0] + 1 :]
    try:
        for certificate in load_certificates(data):
            assert certificate.key_bits
    except Unusable:
        pass


def test_pairs() -> None:
    """A key goes with its own certificate only, and weak ones need a permit."""
    key = pair_of("rsa").key
    assert pair([certificate_of("p256"), certificate_of("rsa")], key).certificate == certificate_of("rsa")
    with pytest.raises(Unusable, match="no certificate belongs"):
        pair([certificate_of("rsa-other")], key)
    with pytest.raises(Unusable, match="1024 bits"):
        pair([certificate_of("rsa-1024")], pair_of("rsa-1024").key)
    with pytest.raises(Unusable, match="1024 bits"):
        check_strength(certificate_of("rsa-1024").public_key)
    check_strength(certificate_of("rsa-1024").public_key, 1024)


@pytest.mark.parametrize("name", ["rsa", "p256", "p384", "p521", "ed25519", "x25519"])
def test_private_keys(name: str) -> None:
    """PEM and DER, PKCS #8 and traditional, with a password and without."""
    key = pair_of(name).key
    secret = BestAvailableEncryption(b"secret")
    forms = [
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    ]
    if name in ("rsa", "p256"):
        forms.append(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    for data in forms:
        assert pair([certificate_of(name)], load_private_key(data)).certificate == certificate_of(name)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret)
    assert pair([certificate_of(name)], load_private_key(locked, b"secret"))
    for password in (None, b"wrong"):
        with pytest.raises(Unusable):
            load_private_key(locked, password)


def test_pkcs12_of_openssl_and_of_cryptography() -> None:
    """The key and its own certificate, with a chain beside it or not."""
    theirs = subprocess.run(
        [
            *("openssl", "pkcs12", "-export", "-inkey", KEYS / "p256.key.pem", "-in", KEYS / "p256.pem"),
            *("-certfile", KEYS / "ca.pem", "-passout", "pass:secret"),
        ],
        capture_output=True,
        check=True,
    ).stdout
    assert load_pkcs12(theirs, b"secret").certificate == certificate_of("p256")
    certificate, key = x509.load_pem_x509_certificate(PEM), pair_of("rsa").key
    assert isinstance(key, rsa.RSAPrivateKey)
    data = pkcs12.serialize_key_and_certificates(b"as2", key, certificate, None, NoEncryption())
    assert load_pkcs12(data, None).certificate == certificate_of("rsa")
    with pytest.raises(Unusable):
        load_pkcs12(theirs, b"wrong")
    with pytest.raises(Unusable):
        load_pkcs12(b"no store", None)
    without = pkcs12.serialize_key_and_certificates(b"as2", None, certificate, None, NoEncryption())
    with pytest.raises(Unusable, match="no private key"):
        load_pkcs12(without, None)


def test_kinds_of_keys_that_nobody_uses() -> None:
    """Another curve, another scheme: the certificate is read, its key is not usable."""
    ed448_key = ed448.Ed448PrivateKey.generate()
    for key in (ec.generate_private_key(ec.SECP256K1()), ed448_key):
        other = asn1_x509.Certificate.load(DER)
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        other["tbs_certificate"]["subject_public_key_info"] = asn1.PublicKeyInfo.load(public)
        certificate = read_certificate(other.dump(force=True))
        assert certificate.subject == certificate_of("rsa").subject
        with pytest.raises(Unusable):
            certificate.public_key  # noqa: B018
    with pytest.raises(Unusable):
        load_private_key(ed448_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def name_of(*pairs: tuple[str, bytes]) -> bytes:
    """A Name of these types and encoded values."""
    return der.sequence(*(der.set_of([der.sequence(der.oid(oids.encoded(oid)), value)]) for oid, value in pairs))


def test_names_for_people() -> None:
    """Every alphabet; what would break a line or pass for another field is shown harmless."""
    name = name_of(
        ("2.5.4.3", der.tlv(0x0C, "Größe".encode())),
        ("2.5.4.10", der.tlv(0x1E, "Spedition".encode("utf-16-be"))),
        ("2.5.4.11", der.tlv(0x14, "Süd".encode("latin-1"))),
        ("2.5.4.7", der.tlv(0x13, b"a, CN=b\r\n\x1b[31m")),
        ("1.2.3.4", der.tlv(0x0C, b"\xff")),
    )
    assert names.written(name) == (
        "CN=Größe, O=Spedition, OU=Süd, L=a\\, CN\\=b\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
        "\N{REPLACEMENT CHARACTER}[31m, 1.2.3.4=\N{REPLACEMENT CHARACTER}"
    )
