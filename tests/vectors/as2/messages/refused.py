"""The messages that are never accepted, whatever it costs; made by `make.py`."""

from __future__ import annotations

import base64
import zlib

from tests.vectors.as2.messages.pieces import (
    COMPRESSED,
    CRLF,
    EDI,
    ENTITY,
    ENVELOPED,
    KEYS,
    MULTIPART,
    SIGNATURE,
    TYPE,
    compressed,
    compressed_entity,
    envelope,
    openssl,
    related,
    signature,
    signed_body,
    signed_entity,
    write,
)


def refuse(name: str, note: str, cause: str, code: str, content_type: str, body: bytes, **more: object) -> None:
    write(f"refused-{name}", note, content_type, body, cause=cause, code=code, **more)  # type: ignore[arg-type]


def refused() -> None:
    """What is never accepted, whatever it costs."""
    auth, integrity, closed = "authentication-failed", "integrity-check-failed", "decryption-failed"
    odd, insufficient = "unexpected-processing-error", "insufficient-message-security"
    whole, packed = signed_entity(), compressed_entity()
    both = base64.encodebytes(
        signature(ENTITY, "-signer", str(KEYS / "rsa-4096.pem"), "-inkey", str(KEYS / "rsa-4096.key.pem"))
    )
    stranger = base64.encodebytes(signature(ENTITY, key="rsa-4096"))
    opaque = openssl(
        "-sign",
        "-binary",
        "-nodetach",
        "-outform",
        "DER",
        "-signer",
        str(KEYS / "rsa.pem"),
        "-inkey",
        str(KEYS / "rsa.key.pem"),
        stdin=ENTITY,
    )
    part = CRLF + ENTITY
    bad64 = TYPE + b"Content-Transfer-Encoding: base64\r\n\r\nVU5B=VU5B\r\n"
    foreign = base64.encodebytes(signature(bad64.replace(b"=", b"V")))
    bomb = compressed_entity(TYPE + CRLF + bytes(4 << 20))
    large = b"X-Large: " + b"x" * 17_000 + CRLF
    gcm = bytearray(envelope(whole, cipher="-aes-128-gcm"))
    gcm[-1] ^= 1
    cbc = envelope(whole)
    refuse(
        "changed",
        "one letter",
        "digest-mismatch",
        integrity,
        MULTIPART,
        signed_body(ENTITY, base64.encodebytes(signature(ENTITY.replace(b"ACME", b"ACMF")))),
    )
    refuse(
        "blank-added",
        "nothing is trimmed",
        "digest-mismatch",
        integrity,
        MULTIPART,
        signed_body(ENTITY + b" ", base64.encodebytes(signature(ENTITY))),
    )
    refuse(
        "direct-changed",
        "without signed attributes",
        "digest-mismatch",
        integrity,
        MULTIPART,
        signed_body(ENTITY + b" ", base64.encodebytes(signature(ENTITY, "-noattr"))),
    )
    refuse(
        "stranger",
        "its certificate is inside, and not in the profile",
        "signer-unknown",
        auth,
        MULTIPART,
        signed_body(ENTITY, stranger),
    )
    refuse(
        "partner-b",
        "a good key of somebody else",
        "signer-unknown",
        auth,
        MULTIPART,
        signed_body(ENTITY, stranger),
        pinned=["rsa", "p256"],
    )
    refuse(
        "wrong-key",
        "another key under the name of the signer",
        "signature-wrong",
        auth,
        MULTIPART,
        signed_body(ENTITY, base64.encodebytes(signature(ENTITY, key="rsa-renewed"))),
    )
    refuse("two-signers", "in one SignedData", "several-signers", auth, MULTIPART, signed_body(ENTITY, both))
    refuse(
        "two-signatures",
        "in two parts",
        "content-outside-signature",
        odd,
        MULTIPART,
        signed_body(ENTITY, more=CRLF + SIGNATURE + stranger + b"\r\n--b-1--"),
    )
    refuse(
        "third-part",
        "content that nobody signed",
        "content-outside-signature",
        odd,
        MULTIPART,
        signed_body(ENTITY, more=part + b"\r\n--b-1--"),
    )
    refuse(
        "signature-first",
        "the parts the wrong way round",
        "signature-missing",
        odd,
        MULTIPART,
        signed_body(SIGNATURE + stranger, EDI, head=TYPE + CRLF),
    )
    refuse("signature-stripped", "one part", "part-missing", odd, MULTIPART, b"--b-1\r\n" + ENTITY + b"\r\n--b-1--\r\n")
    refuse(
        "signature-empty", "a signature of nothing", "signature-malformed", auth, MULTIPART, signed_body(ENTITY, b"")
    )
    refuse(
        "signature-text",
        "a signature that is none",
        "signature-malformed",
        auth,
        MULTIPART,
        signed_body(ENTITY, b"YWJj"),
    )
    refuse("unsigned", "though the profile demands it", "not-signed", insufficient, "application/EDIFACT", EDI)
    refuse(
        "unencrypted",
        "though the profile demands it",
        "not-encrypted",
        insufficient,
        MULTIPART,
        signed_body(ENTITY),
        encrypted=True,
    )
    refuse(
        "encrypted-unsigned",
        "somebody encrypted it, anybody can",
        "not-signed",
        closed,
        ENVELOPED,
        envelope(ENTITY),
        encrypted=True,
    )
    refuse(
        "encrypted-unsigned-gcm",
        "the same, and the encryption is sound",
        "not-signed",
        insufficient,
        ENVELOPED,
        envelope(ENTITY, cipher="-aes-256-gcm"),
        encrypted=True,
    )
    refuse(
        "signed-twice",
        "a signature in a signature",
        "signed-twice",
        odd,
        MULTIPART,
        signed_body(whole.replace(b"b-1", b"i-1")),
    )
    refuse(
        "compressed-twice",
        "around and inside the signature",
        "compressed-twice",
        odd,
        COMPRESSED,
        compressed(signed_entity(packed)),
    )
    refuse(
        "compressed-three-times",
        "before it is signed",
        "compressed-twice",
        odd,
        MULTIPART,
        signed_body(compressed_entity(compressed_entity(packed))),
    )
    refuse(
        "encrypted-inside",
        "a signature around the encryption: anybody could have put it there",
        "encrypted-inside",
        odd,
        MULTIPART,
        signed_body(b"Content-Type: " + ENVELOPED.encode() + CRLF * 2 + cbc),
    )
    refuse(
        "encrypted-compressed",
        "encrypted first",
        "encrypted-inside",
        odd,
        COMPRESSED,
        compressed(b"Content-Type: " + ENVELOPED.encode() + CRLF * 2 + cbc),
        signed=False,
    )
    refuse(
        "opaque",
        "the content inside the SignedData",
        "cms-unknown",
        odd,
        "application/pkcs7-mime; smime-type=signed-data",
        opaque,
    )
    refuse(
        "bomb-inside",
        "a thousand to one, signed",
        "inflates-too-much",
        "decompression-failed",
        MULTIPART,
        signed_body(bomb),
    )
    refuse(
        "bomb-outside",
        "before anything is verified",
        "inflates-too-much",
        "decompression-failed",
        COMPRESSED,
        compressed(TYPE + CRLF + bytes(4 << 20)),
    )
    refuse("bomb-encrypted", "nobody is told", "inflates-too-much", closed, ENVELOPED, envelope(bomb), encrypted=True)
    refuse(
        "not-zlib",
        "compressed, and damaged",
        "not-inflated",
        "decompression-failed",
        COMPRESSED,
        compressed(ENTITY).replace(zlib.compress(ENTITY)[-8:], b"\x00" * 8),
    )
    refuse("base64-damaged", "signed like this", "base64-malformed", odd, MULTIPART, signed_body(bad64))
    refuse(
        "base64-damaged-encrypted",
        "the signature is good, so the sender may know",
        "base64-malformed",
        odd,
        ENVELOPED,
        envelope(signed_entity(bad64)),
        encrypted=True,
    )
    refuse(
        "base64-damaged-unproven",
        "before the signature was found good",
        "digest-mismatch",
        integrity,
        ENVELOPED,
        envelope(b"Content-Type: " + MULTIPART.encode() + CRLF * 2 + signed_body(bad64, foreign)),
        encrypted=True,
    )
    refuse("21-parts", "more than twenty", "too-many-parts", odd, MULTIPART, signed_body(related(*[ENTITY] * 21)))
    refuse(
        "21-parts-unsigned",
        "more than twenty",
        "too-many-parts",
        odd,
        "multipart/related; boundary=r-1",
        related(*[ENTITY] * 21).partition(CRLF * 2)[2],
        signed=False,
    )
    refuse(
        "mixed",
        "not multipart/related",
        "multipart-unknown",
        odd,
        MULTIPART,
        signed_body(related(ENTITY).replace(b"related", b"mixed")),
    )
    refuse(
        "17-kb-of-headers", "of the signed part", "header-block-too-large", odd, MULTIPART, signed_body(large + ENTITY)
    )
    refuse(
        "17-kb-of-headers-encrypted",
        "nobody is told",
        "header-block-too-large",
        closed,
        ENVELOPED,
        envelope(large + whole),
        encrypted=True,
    )
    refuse(
        "boundary-long",
        "71 characters",
        "boundary-too-long",
        odd,
        MULTIPART.replace("b-1", "b" * 71),
        signed_body(ENTITY, boundary=b"b" * 71),
    )
    refuse(
        "boundary-missing",
        "not stated",
        "boundary-missing",
        odd,
        "multipart/signed; micalg=sha-256",
        signed_body(ENTITY),
    )
    refuse(
        "boundary-other",
        "of another message",
        "delimiter-missing",
        odd,
        MULTIPART.replace("b-1", "b-2"),
        signed_body(ENTITY),
    )
    refuse(
        "delimiter-damaged",
        "its line end was changed into 0x85",
        "delimiter-damaged",
        odd,
        MULTIPART,
        signed_body(ENTITY).replace(
            b"\r\n--b-1\r\nContent-Type: application/pkcs7", b"\r\x85--b-1\r\nContent-Type: application/pkcs7"
        ),
    )
    refuse("cut", "within the signature", "closing-delimiter-missing", odd, MULTIPART, signed_body(ENTITY)[:-40])
    refuse("content-type-malformed", "no media type", "malformed-content-type", odd, "application", EDI)
    refuse(
        "content-type-twice",
        "two that differ",
        "content-type-repeated",
        odd,
        MULTIPART,
        signed_body(ENTITY),
        raw=b"Content-Type: text/plain\r\n",
    )
    refuse(
        "header-injected",
        "a NUL in a header of the signed part",
        "malformed-header",
        odd,
        MULTIPART,
        signed_body(b"X: a\x00b\r\n" + ENTITY),
    )
    refuse(
        "not-for-us",
        "encrypted for somebody else",
        "not-for-us",
        closed,
        ENVELOPED,
        envelope(whole, to=["rsa-4096"]),
        encrypted=True,
    )
    refuse(
        "key-of-that-name",
        "encrypted for another key with the name of ours",
        "not-decrypted",
        closed,
        ENVELOPED,
        envelope(whole, to=["rsa-renewed"]),
        encrypted=True,
        keys=["rsa"],
    )
    refuse(
        "envelope-cut",
        "half an envelope",
        "envelope-malformed",
        closed,
        ENVELOPED,
        cbc[: len(cbc) // 2],
        encrypted=True,
    )
    refuse("envelope-of-nothing", "no CMS at all", "cms-unknown", odd, "application/pkcs7-mime", EDI, encrypted=True)
    refuse("gcm-tag", "one bit of the tag", "not-decrypted", closed, ENVELOPED, bytes(gcm), encrypted=True)
    refuse(
        "epilogue-encrypted",
        "text after the last delimiter, inside the encryption",
        "text-around-parts",
        closed,
        ENVELOPED,
        envelope(whole + b"more"),
        encrypted=True,
    )
    refuse(
        "noise-in-headers",
        "bytes that are no text, beside the signature",
        "noise-around-signature",
        closed,
        ENVELOPED,
        envelope(whole.replace(b"name=smime.p7s", b"name=\xd3\xc1\x07s.p7s")),
        encrypted=True,
    )
    # What breaks is around the signed part: it counts at once, and is not taken for a fault inside.
    stream = compressed(whole)
    refuse(
        "compressed-cut",
        "the zlib stream ends within the signed part",
        "not-inflated",
        "decompression-failed",
        COMPRESSED,
        compressed(whole, cut=len(zlib.compress(whole)) // 3),
    )
    refuse(
        "compressed-cms-cut",
        "the CMS ends early",
        "compressed-malformed",
        "decompression-failed",
        COMPRESSED,
        stream[:300],
    )
    refuse("compressed-bare", "no MIME entity, and unsigned", "entity-malformed", odd, COMPRESSED, compressed(EDI))
    refuse(
        "micalg-unknown",
        "a receipt with SHA-3 only",
        "receipt-micalg-unsupported",
        "unsupported-mic-algorithms",
        MULTIPART,
        signed_body(ENTITY),
        fields={
            "Disposition-Notification-Options": "signed-receipt-protocol=required, pkcs7-signature;"
            " signed-receipt-micalg=required, sha3-256"
        },
    )
