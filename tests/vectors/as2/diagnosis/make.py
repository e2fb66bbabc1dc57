"""Makes the vectors beside this file: ``python make.py``, with OpenSSL 3 on the path.

Signatures and envelopes are made by ``openssl``, everything around them by hand, byte by byte.
"""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
KEYS = HERE.parent / "keys"
CONTENT = b"UNB+UNOC:3+ACME+US+261201:1030+42'\r\nUNZ+0+42'\r\n"
HEAD = b"Content-Type: application/EDIFACT\r\nContent-Transfer-Encoding: binary\r\n\r\n"
ENTITY = HEAD + CONTENT


def openssl(*arguments: str, stdin: bytes) -> bytes:
    return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=True).stdout


def signature(signed: bytes, *more: str, by: str = "rsa") -> bytes:
    key, certificate = str(KEYS / f"{by}.key.pem"), str(KEYS / f"{by}.pem")
    return openssl(
        *("cms", "-sign", "-binary", "-outform", "DER", "-md", "sha256", "-nosmimecap"),
        *("-signer", certificate, "-inkey", key, *more),
        stdin=signed,
    )


def encrypted(entity: bytes, recipient: str, *more: str) -> bytes:
    return openssl(
        "cms",
        "-encrypt",
        "-binary",
        "-outform",
        "DER",
        *(more or ("-aes256",)),
        str(KEYS / f"{recipient}.pem"),
        stdin=entity,
    )


def multipart(entity: bytes, p7s: bytes) -> bytes:
    """The body of multipart/signed around these exact bytes."""
    text = base64.encodebytes(p7s).replace(b"\n", b"\r\n")
    return (
        b"--limit\r\n"
        + entity
        + b"\r\n--limit\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + text
        + b"--limit--\r\n"
    )


SIGNED = b'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="limit"'
ENVELOPED = b"application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"


def request(media: bytes, body: bytes, *, length: int | None = None, drop: bytes = b"") -> bytes:
    lines = [
        b"POST /as2 HTTP/1.1",
        b"Host: us.example",
        b"AS2-Version: 1.2",
        b"AS2-From: ACME",
        b"AS2-To: US",
        b"Message-ID: <42@acme.example>",
        b"Disposition-Notification-To: as2@acme.example",
        b"Disposition-Notification-Options: signed-receipt-protocol=optional, pkcs7-signature;"
        b" signed-receipt-micalg=optional, sha-256",
        b"MIME-Version: 1.0",
        b"Content-Type: " + media,
        b"Content-Length: %d" % (len(body) if length is None else length),
    ]
    kept = [line for line in lines if not drop or not line.startswith(drop + b":")]
    return b"\r\n".join(kept) + b"\r\n\r\n" + body


def lf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")


def messages() -> dict[str, bytes]:
    good = multipart(ENTITY, signature(ENTITY))
    encoded = HEAD.replace(b"binary", b"base64") + base64.encodebytes(CONTENT).replace(b"\n", b"\r\n")
    folded = HEAD.replace(b"application/EDIFACT", b"application/EDIFACT;\r\n\tname=order.edi")
    inside = b"Content-Type: " + SIGNED + b"\r\n\r\n" + good
    envelope = encrypted(inside, "rsa-other")
    return {
        "good-signed": request(SIGNED, good),
        "good-encrypted": request(ENVELOPED, envelope),
        # Digests
        "lf-body": request(SIGNED, multipart(ENTITY, signature(HEAD + lf(CONTENT)))),
        "lf-body-without-attributes": request(SIGNED, multipart(ENTITY, signature(HEAD + lf(CONTENT), "-noattr"))),
        "lf-all": request(SIGNED, multipart(ENTITY, signature(lf(ENTITY)))),
        "content-only": request(SIGNED, multipart(ENTITY, signature(CONTENT))),
        "content-only-lf": request(SIGNED, multipart(ENTITY, signature(lf(CONTENT)))),
        "content-only-crlf": request(SIGNED, multipart(HEAD + lf(CONTENT), signature(CONTENT))),
        "line-end-added": request(SIGNED, multipart(ENTITY, signature(ENTITY + b"\r\n"))),
        "line-end-removed": request(SIGNED, multipart(ENTITY, signature(ENTITY.removesuffix(b"\r\n")))),
        "before-encoding": request(SIGNED, multipart(encoded, signature(HEAD.replace(b"binary", b"base64") + CONTENT))),
        "folded-on-the-way": request(
            SIGNED, multipart(folded + CONTENT, signature(folded.replace(b"\r\n\t", b" ") + CONTENT))
        ),
        "changed-on-the-way": request(SIGNED, multipart(ENTITY.replace(b"+42'", b"+43'"), signature(ENTITY))),
        "changed-and-signed-by-a-stranger": request(
            SIGNED, multipart(ENTITY.replace(b"+42'", b"+43'"), signature(ENTITY, by="rsa-4096"))
        ),
        "changed-without-attributes": request(
            SIGNED, multipart(ENTITY.replace(b"+42'", b"+43'"), signature(ENTITY, "-noattr"))
        ),
        # Signers
        "signer-embedded": request(SIGNED, multipart(ENTITY, signature(ENTITY, by="rsa-4096"))),
        "signer-unknown": request(SIGNED, multipart(ENTITY, signature(ENTITY, "-nocerts", by="rsa-4096"))),
        "signer-renewed": request(SIGNED, multipart(ENTITY, signature(ENTITY, by="rsa-renewed"))),
        "signer-renewed-not-embedded": request(
            SIGNED, multipart(ENTITY, signature(ENTITY, "-nocerts", by="rsa-renewed"))
        ),
        "signer-known": request(SIGNED, multipart(ENTITY, signature(ENTITY, "-nocerts", by="p256"))),
        "weak-digest": request(SIGNED, multipart(ENTITY, signature(ENTITY, "-md", "sha1"))),
        "several-signers": request(
            SIGNED,
            multipart(
                ENTITY,
                signature(ENTITY, "-signer", str(KEYS / "p256.pem"), "-inkey", str(KEYS / "p256.key.pem")),
            ),
        ),
        "attached-signature": request(
            b"application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", signature(ENTITY, "-nodetach")
        ),
        # Envelopes
        "encrypted-for-another": request(ENVELOPED, encrypted(inside, "rsa-4096")),
        "encrypted-for-an-old-one": request(ENVELOPED, encrypted(inside, "p256")),
        "encrypted-for-its-sender": request(ENVELOPED, encrypted(inside, "rsa")),
        "weak-cipher": request(ENVELOPED, encrypted(inside, "rsa-other", "-des3")),
        "envelope-in-base64": request(ENVELOPED, base64.encodebytes(envelope)),
        "envelope-in-armour": request(
            ENVELOPED, b"-----BEGIN CMS-----\n" + base64.encodebytes(envelope) + b"-----END CMS-----\n"
        ),
        "envelope-cut-short": request(ENVELOPED, envelope[:-300], length=len(envelope)),
        "headers-in-body": request(
            ENVELOPED, b"MIME-Version: 1.0\r\nContent-Type: " + ENVELOPED + b"\r\n\r\n" + envelope
        ),
        # What is no message as it was agreed on
        "clear-as-encrypted": request(ENVELOPED, CONTENT),
        "web-page": request(SIGNED, b"<!DOCTYPE html>\n<html><title>Sign in</title></html>\n"),
        "not-signed": request(b"application/EDIFACT", CONTENT),
        "not-encrypted": request(SIGNED, good),
        "name-missing": request(SIGNED, good, drop=b"AS2-From"),
        "boundary-other": request(SIGNED.replace(b"limit", b"border"), good),
        "third-part": request(
            SIGNED,
            good.replace(b"--limit--\r\n", b"--limit\r\nContent-Type: text/plain\r\n\r\nScanned.\r\n--limit--\r\n"),
        ),
        "signed-around-encrypted": request(
            SIGNED,
            multipart(
                b"Content-Type: " + ENVELOPED + b"\r\n\r\n" + envelope,
                signature(b"Content-Type: " + ENVELOPED + b"\r\n\r\n" + envelope),
            ),
        ),
    }


if __name__ == "__main__":
    for name, data in messages().items():
        (HERE / f"{name}.http").write_bytes(data)
