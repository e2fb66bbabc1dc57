"""What the messages of this folder are made of: `openssl cms`, a few lines of DER, and MIME written by hand."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import zlib
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HERE = Path(__file__).parent
KEYS = HERE.parent / "keys"
CRLF = b"\r\n"
EDI = b"UNA:+.? '\r\nUNB+UNOC:3+ACME+US+261201:1030+42'\r\nUNZ+0+42'\r\n"
LF_EDI = EDI.replace(CRLF, b"\n")
TYPE = b"Content-Type: application/EDIFACT\r\n"
BINARY = b"Content-Transfer-Encoding: binary\r\n"
NAMED = b'Content-Disposition: attachment; filename="order 42.edi"\r\n'
ENTITY = TYPE + BINARY + NAMED + CRLF + EDI
MULTIPART = 'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="b-1"'
ENVELOPED = "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"
COMPRESSED = "application/pkcs7-mime; smime-type=compressed-data; name=smime.p7z"
SIGNATURE = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n"
FIELDS = {
    "AS2-Version": "1.2",
    "AS2-From": "ACME",
    "AS2-To": "US",
    "Message-ID": "<42.1@acme.example>",
    "Date": "Tue, 01 Dec 2026 10:30:00 +0000",
    "Disposition-Notification-To": "as2@acme.example",
    "Disposition-Notification-Options": "signed-receipt-protocol=optional, pkcs7-signature;"
    " signed-receipt-micalg=optional, sha-256",
}


# openssl


def openssl(*arguments: str, stdin: bytes) -> bytes:
    return subprocess.run(["openssl", "cms", *arguments], input=stdin, capture_output=True, check=True).stdout


def signature(entity: bytes, *options: str, key: str = "rsa") -> bytes:
    files = ("-signer", str(KEYS / f"{key}.pem"), "-inkey", str(KEYS / f"{key}.key.pem"))
    return openssl("-sign", "-binary", "-nosmimecap", "-outform", "DER", *files, *options, stdin=entity)


def envelope(entity: bytes, *options: str, to: Sequence[str] = ("rsa-other",), cipher: str = "-aes-256-cbc") -> bytes:
    named = [each for name in to for each in ("-recip", str(KEYS / f"{name}.pem"), *options)]
    return openssl("-encrypt", "-binary", cipher, "-outform", "DER", *named, stdin=entity)


# DER


def tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1, "big")
    return bytes((tag,)) + (size if len(body) < 128 else bytes((0x80 | len(size),)) + size) + body


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    out = [40 * first + second]
    for number in rest:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | number & 0x7F)
        out += reversed(digits)
    return tlv(0x06, bytes(out))


DATA = oid("1.2.840.113549.1.7.1")


def compressed(entity: bytes, *, as_text: bool = False, cut: int | None = None) -> bytes:
    stream = zlib.compress(entity)[:cut]
    string = tlv(0x04, base64.encodebytes(stream) if as_text else stream)
    inner = tlv(0x30, DATA, tlv(0xA0, string))
    body = tlv(0x30, tlv(0x02, b"\0"), tlv(0x30, oid("1.2.840.113549.1.9.16.3.8")), inner)
    return tlv(0x30, oid("1.2.840.113549.1.9.16.1.9"), tlv(0xA0, body))


def gcm_in_enveloped_data(entity: bytes, oaep: hashes.HashAlgorithm | None = None) -> bytes:
    """As BouncyCastle writes it for phase2, Camel and mendelson: the tag after the ciphertext, in EnvelopedData."""
    certificate = x509.load_pem_x509_certificate((KEYS / "rsa-other.pem").read_bytes())
    key, nonce = os.urandom(16), os.urandom(12)
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    if oaep is None:
        algorithm = tlv(0x30, oid("1.2.840.113549.1.1.1"), tlv(0x05))
        sealed = public.encrypt(key, padding.PKCS1v15())
    else:
        digest = tlv(0x30, oid("2.16.840.1.101.3.4.2.1"), tlv(0x05))
        mgf = tlv(0x30, oid("1.2.840.113549.1.1.8"), digest)
        algorithm = tlv(0x30, oid("1.2.840.113549.1.1.7"), tlv(0x30, tlv(0xA0, digest), tlv(0xA1, mgf)))
        sealed = public.encrypt(key, padding.OAEP(padding.MGF1(oaep), oaep, None))
    serial = certificate.serial_number.to_bytes(certificate.serial_number.bit_length() // 8 + 1, "big")
    named = tlv(0x30, certificate.issuer.public_bytes(), tlv(0x02, serial))
    recipient = tlv(0x30, tlv(0x02, b"\0"), named, algorithm, tlv(0x04, sealed))
    parameters = tlv(0x30, tlv(0x04, nonce), tlv(0x02, b"\x10"))
    cipher = tlv(0x30, oid("2.16.840.1.101.3.4.1.6"), parameters)
    content = tlv(0x30, DATA, cipher, tlv(0x80, AESGCM(key).encrypt(nonce, entity, None)))
    return tlv(0x30, oid("1.2.840.113549.1.7.3"), tlv(0xA0, tlv(0x30, tlv(0x02, b"\0"), tlv(0x31, recipient), content)))


# MIME


def signed_body(
    entity: bytes,
    data: bytes | None = None,
    *,
    boundary: bytes = b"b-1",
    head: bytes = SIGNATURE,
    more: bytes = b"",
    end: bytes = CRLF,
) -> bytes:
    """multipart/signed: the entity, its signature, and ``more`` before the closing delimiter."""
    data = base64.encodebytes(signature(entity)).strip().replace(b"\n", CRLF) if data is None else data
    line = CRLF + b"--" + boundary
    return (
        line[2:]
        + CRLF
        + entity
        + line
        + CRLF
        + head
        + data
        + line
        + CRLF * bool(more)
        + more
        + b"--" * (not more)
        + end
    )


def signed_entity(entity: bytes = ENTITY) -> bytes:
    return b"Content-Type: " + MULTIPART.encode() + CRLF * 2 + signed_body(entity)


def compressed_entity(entity: bytes = ENTITY, **options: bool) -> bytes:
    return b"Content-Type: " + COMPRESSED.encode() + CRLF + BINARY + CRLF + compressed(entity, **options)


def related(*parts: bytes, extra: str = '; type="application/edifact"', boundary: str = "r-1") -> bytes:
    head = f"Content-Type: multipart/related; boundary={boundary}{extra}\r\n\r\n".encode()
    line = f"--{boundary}".encode()
    return head + CRLF.join(line + CRLF + each for each in parts) + CRLF + line + b"--\r\n"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write(
    name: str,
    note: str,
    content_type: str | None,
    body: bytes,
    *,
    mic: bytes | None = None,
    documents: Sequence[bytes] = (EDI,),
    fields: dict[str, str] | None = None,
    raw: bytes = b"",
    **expected: object,
) -> None:
    """One message and what it must give; ``mic`` is what the MIC is over."""
    head = {**FIELDS, **(fields or {})} | ({"Content-Type": content_type} if content_type else {})
    block = b"".join(f"{key}: {value}\r\n".encode("latin-1") for key, value in head.items()) + raw
    (HERE / f"{name}.msg").write_bytes(block + CRLF + body)
    told = {"note": note, **expected}
    if "cause" not in expected:
        told["documents"] = [sha256(each) for each in documents]
    if mic is not None:
        told["mic"] = sha256(mic)
    (HERE / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n")
