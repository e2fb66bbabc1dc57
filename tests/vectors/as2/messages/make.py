"""Makes the messages of this folder: ``python -m tests.vectors.as2.messages.make``.

Signatures and most envelopes are made by ``openssl cms``, GCM in EnvelopedData and CompressedData by a few lines of
DER, MIME by hand: nothing of it by the code under test. Every run draws new content keys and signing times.
"""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives import hashes

from tests.vectors.as2.messages.pieces import (
    COMPRESSED,
    CRLF,
    EDI,
    ENTITY,
    ENVELOPED,
    HERE,
    LF_EDI,
    MULTIPART,
    TYPE,
    compressed,
    compressed_entity,
    envelope,
    gcm_in_enveloped_data,
    related,
    signature,
    signed_body,
    signed_entity,
    write,
)
from tests.vectors.as2.messages.refused import refused


def stacks() -> None:
    """Every legal stack, and nothing to tolerate (RFC 4130, RFC 5402 section 3)."""
    after, before = "after-signing", "before-signing"
    packed, whole = compressed_entity(), signed_entity()
    write("rfc-plain", "RFC 4130, 4.2: nothing done to it", "application/EDIFACT", EDI, mic=EDI, signed=False)
    write("rfc-signed", "RFC 8551, 3.5", MULTIPART, signed_body(ENTITY), mic=ENTITY)
    write("rfc-compressed", "RFC 5402", COMPRESSED, compressed(ENTITY), mic=ENTITY, signed=False, compression=after)
    write("rfc-compressed-signed", "RFC 5402, 4.1", MULTIPART, signed_body(packed), mic=packed, compression=before)
    write("rfc-signed-compressed", "RFC 5402, 4.1", COMPRESSED, compressed(whole), mic=ENTITY, compression=after)
    for name, inner, mic, more in (
        ("rfc-encrypted", ENTITY, ENTITY, {"signed": False}),
        ("rfc-encrypted-signed", whole, ENTITY, {}),
        ("rfc-encrypted-compressed", packed, ENTITY, {"signed": False, "compression": after}),
        ("rfc-encrypted-compressed-signed", signed_entity(packed), packed, {"compression": before}),
        ("rfc-encrypted-signed-compressed", compressed_entity(whole), ENTITY, {"compression": after}),
    ):
        write(name, "RFC 5402, 3", ENVELOPED, envelope(inner), mic=mic, encrypted=True, **more)
    write(
        "rfc-authenticated",
        "RFC 5083: GCM where it belongs",
        ENVELOPED.replace("env", "authEnv"),
        envelope(whole, cipher="-aes-256-gcm"),
        mic=ENTITY,
        encrypted=True,
    )
    for name, key, options in (
        ("rfc-pss", "rsa", ("-keyopt", "rsa_padding_mode:pss")),
        ("rfc-ecdsa", "p256", ("-md", "sha256")),
        ("rfc-sha512", "rsa", ("-md", "sha512")),
    ):
        data = base64.encodebytes(signature(ENTITY, *options, key=key))
        differs = ["micalg-differs"] if key == "rsa" and "sha512" in options else []
        write(name, "RFC 8551, 2.2", MULTIPART, signed_body(ENTITY, data), mic=ENTITY, pinned=[key], tolerated=differs)


def peers() -> None:
    """What products send."""
    bare = TYPE + CRLF + EDI
    capitals = b"Content-Type: Application/Pkcs7-Signature\r\n\r\n"
    direct = signature(bare, "-noattr")
    write(
        "sterling-direct",
        "no signed attributes, no Content-Transfer-Encoding, a binary signature, capitals",
        MULTIPART.replace("sha-256", "SHA256"),
        signed_body(bare, direct, head=capitals),
        mic=bare,
        tolerated=["signature-part-binary"],
    )
    inside = b"Content-Type: " + MULTIPART.encode() + CRLF * 2 + signed_body(bare, direct, head=capitals)
    write(
        "sterling-encrypted",
        "the same inside an envelope",
        ENVELOPED,
        envelope(inside, cipher="-aes-128-cbc"),
        mic=bare,
        encrypted=True,
        tolerated=["signature-part-binary"],
    )
    lf = bare.replace(CRLF, b"\n")
    write(
        "nsoftware-lf-delimiters",
        "LF everywhere, also where it was signed",
        MULTIPART,
        signed_body(lf).replace(CRLF, b"\n"),
        mic=lf,
        documents=[LF_EDI],
        tolerated=["lf-line-ends"],
    )
    mixed = TYPE + CRLF + LF_EDI
    body = signed_body(mixed)
    write("rssbus-lf-payload", "an LF payload without encoding", MULTIPART, body, mic=mixed, documents=[LF_EDI])
    for name, signed, tolerance in (
        ("rssbus-headers-converted", mixed, "digest-crlf-headers"),
        ("rssbus-all-converted", bare, "digest-crlf-all"),
    ):
        write(
            name,
            "signed with CRLF, sent with LF",
            MULTIPART,
            signed_body(lf, base64.encodebytes(signature(signed))),
            mic=signed,
            documents=[LF_EDI],
            tolerated=["lf-line-ends", tolerance],
        )
    for name, signed in (("axway-lf-body", TYPE + CRLF + LF_EDI), ("axway-lf-all", lf)):
        # They go out with CRLF, and the digest was made before.
        write(
            name,
            "signed with LF, sent with CRLF: by a quirk of the profile",
            MULTIPART,
            signed_body(bare, base64.encodebytes(signature(signed))),
            mic=bare,
            quirks=[name.removeprefix("axway-")],
            tolerated=[name.replace("axway", "digest")],
        )
        write(
            f"{name}-refused",
            "the same without the quirk",
            MULTIPART,
            signed_body(bare, base64.encodebytes(signature(signed))),
            mic=bare,
            cause="digest-mismatch",
            code="integrity-check-failed",
        )
    text = TYPE + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(EDI).replace(b"\n", CRLF)
    folded = b'Content-Type: multipart/signed;\r\n\tboundary="b-1";\r\n\t'
    folded += b'protocol="application/pkcs7-signature";\r\n\tmicalg=SHA256\r\n'
    write(
        "biztalk-oaep",
        "RSA-OAEP without parameters, which is SHA-1; the payload in base64; folds",
        ENVELOPED,
        envelope(folded + CRLF + signed_body(text), "-keyopt", "rsa_padding_mode:oaep"),
        mic=text,
        encrypted=True,
    )
    write(
        "mendelson-oaep-gcm",
        "OAEP with SHA-256 and MGF1 with SHA-256, GCM in EnvelopedData, compressed before signing",
        ENVELOPED,
        gcm_in_enveloped_data(signed_entity(compressed_entity()), hashes.SHA256()),
        mic=compressed_entity(),
        encrypted=True,
        compression="before-signing",
        tolerated=["gcm-in-enveloped-data"],
    )
    write(
        "mendelson-oaep-cbc",
        "OAEP with SHA-256 and MGF1 with SHA-256, CBC",
        ENVELOPED,
        envelope(
            signed_entity(),
            *("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha256"),
        ),
        mic=ENTITY,
        encrypted=True,
    )
    write(
        "phase2-gcm",
        "GCM in EnvelopedData, RSA v1.5",
        ENVELOPED,
        gcm_in_enveloped_data(signed_entity()),
        mic=ENTITY,
        encrypted=True,
        tolerated=["gcm-in-enveloped-data"],
    )
    php = compressed_entity(as_text=True)
    write(
        "php-compressed-text",
        "base64 text of the zlib stream inside CompressedData",
        MULTIPART,
        signed_body(php),
        mic=php,
        compression="before-signing",
        tolerated=["compressed-base64"],
    )
    coded = b"Content-Type: " + COMPRESSED.encode() + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    coded += base64.encodebytes(compressed(ENTITY))
    write(
        "php-compressed-base64",
        "the compressed part in base64",
        MULTIPART,
        signed_body(coded),
        mic=coded,
        compression="before-signing",
    )
    write(
        "openas2-folded",
        "header fields folded with tabulators, the payload in base64",
        None,
        signed_body(text),
        raw=folded,
        fields={
            "Disposition-Notification-Options": "signed-receipt-protocol=optional, pkcs7-signature;\r\n\t"
            "signed-receipt-micalg=optional, sha256, sha1"
        },
        mic=text,
    )
    write(
        "pyas2lib-features",
        "a misspelt feature; the first algorithm of the list is taken",
        ENVELOPED,
        envelope(signed_entity()),
        fields={"ediint-features": "CMS"},
        mic=ENTITY,
        encrypted=True,
    )


def field() -> None:
    """Oddities that several products have."""
    edi = base64.encodebytes(EDI)
    write(
        "field-preamble",
        "HTTP headers again inside the body, and line ends after the last delimiter",
        MULTIPART,
        b"Host: us\r\nAS2-From: ACME\r\n\r\n" + signed_body(ENTITY) + CRLF * 3,
        mic=ENTITY,
        tolerated=["preamble"],
    )
    write(
        "field-no-parameters",
        "neither protocol nor micalg",
        "multipart/signed; boundary=b-1",
        signed_body(ENTITY),
        mic=ENTITY,
        tolerated=["micalg-missing", "protocol-missing"],
    )
    write(
        "field-content-type-in-quotes",
        "the whole value in quotes",
        '"' + MULTIPART.replace('"', '\\"') + '"',
        signed_body(ENTITY),
        mic=ENTITY,
        tolerated=["content-type-in-quotes"],
    )
    write(
        "field-boundary-odd",
        "=, / and ' in an unquoted boundary",
        "multipart/signed; micalg=sha-256; BOUNDARY==_a/b'c; Protocol=x",
        signed_body(ENTITY, boundary=b"=_a/b'c"),
        mic=ENTITY,
    )
    write("field-no-line-end", "no CRLF after the last delimiter", MULTIPART, signed_body(ENTITY, end=b""), mic=ENTITY)
    write(
        "field-signature-without-encoding",
        "base64 in one line, and nothing says so",
        MULTIPART,
        signed_body(ENTITY, base64.b64encode(signature(ENTITY)), head=CRLF),
        mic=ENTITY,
    )
    write(
        "field-part-without-headers",
        "the content begins behind the delimiter line",
        MULTIPART,
        signed_body(EDI),
        mic=EDI,
        tolerated=["content-type-missing", "part-without-headers"],
    )
    write(
        "field-old-media-types",
        "x-pkcs7-…",
        ENVELOPED.replace("pkcs7", "x-pkcs7"),
        envelope(signed_entity().replace(b"application/pkcs7-signature; name", b"application/x-pkcs7-signature; name")),
        mic=ENTITY,
        encrypted=True,
        tolerated=["media-type-old"],
    )
    write(
        "field-smime-type-missing",
        "known by its content",
        "application/pkcs7-mime",
        envelope(signed_entity()),
        mic=ENTITY,
        encrypted=True,
    )
    write(
        "field-ber",
        "indefinite lengths and a line feed at the end",
        ENVELOPED,
        envelope(signed_entity(), "-stream") + b"\n",
        mic=ENTITY,
        encrypted=True,
        tolerated=["trailing-bytes"],
    )
    write(
        "field-two-recipients",
        "ours is the second",
        ENVELOPED,
        envelope(signed_entity(), to=["rsa", "rsa-other"]),
        mic=ENTITY,
        encrypted=True,
    )
    write(
        "field-key-identifier",
        "the recipient by its key",
        ENVELOPED,
        envelope(signed_entity(), "-keyid"),
        mic=ENTITY,
        encrypted=True,
    )
    write(
        "field-no-certificate",
        "the signature alone",
        MULTIPART,
        signed_body(ENTITY, base64.encodebytes(signature(ENTITY, "-nocerts"))),
        mic=ENTITY,
    )
    write(
        "field-whole-base64",
        "the body in base64, which RFC 4130 forbids",
        ENVELOPED,
        base64.encodebytes(envelope(signed_entity())),
        mic=ENTITY,
        encrypted=True,
        fields={"Content-Transfer-Encoding": "base64"},
        tolerated=["body-base64"],
    )
    write(
        "field-encrypted-bare",
        "no MIME entity inside",
        ENVELOPED,
        envelope(EDI),
        mic=EDI,
        encrypted=True,
        signed=False,
        tolerated=["content-type-missing", "entity-without-headers"],
    )
    write(
        "field-encrypted-in-base64",
        "a transfer encoding inside the encryption",
        ENVELOPED,
        envelope(TYPE + b"Content-Transfer-Encoding: base64\r\n\r\n" + edi),
        mic=TYPE + b"Content-Transfer-Encoding: base64\r\n\r\n" + edi,
        encrypted=True,
        signed=False,
    )
    write(
        "field-content-type-missing",
        "nobody knows what it is",
        None,
        EDI,
        mic=EDI,
        signed=False,
        tolerated=["content-type-missing"],
    )
    write(
        "field-filename-latin",
        "a file name in ISO 8859-1, signed",
        MULTIPART,
        signed_body(ENTITY.replace(b"order", b"Auftr\xe4ge")),
        mic=ENTITY.replace(b"order", b"Auftr\xe4ge"),
    )
    write(
        "field-receipt-not-wanted",
        "no receipt is asked for, so its options do not matter",
        MULTIPART,
        signed_body(ENTITY),
        mic=ENTITY,
    )
    one, two, root = ENTITY, b"Content-Type: application/pdf\r\n\r\n%PDF", TYPE + b"Content-ID: <root>\r\n\r\n" + EDI
    several = related(one, two)
    write("rfc-attachments", "RFC 6362", MULTIPART, signed_body(several), mic=several, documents=[EDI, b"%PDF"])
    several = related(two, root, extra='; start="<root>"')
    write(
        "field-attachments-root-last",
        "the root is the one that start names; no type",
        MULTIPART,
        signed_body(several),
        mic=several,
        documents=[EDI, b"%PDF"],
        tolerated=["related-without-type"],
    )
    several = related(EDI, b"\r\n" + b"<a/>")
    write(
        "field-attachments-untyped",
        "an attachment without Content-Type, one without headers",
        MULTIPART,
        signed_body(several),
        mic=several,
        documents=[EDI, b"<a/>"],
        tolerated=["content-type-missing", "part-without-headers"],
    )


def weak() -> None:
    """By permission of the profile, and only then."""
    auth, insufficient = "authentication-failed", "insufficient-message-security"
    for name, options, permit in (("sha1", ("-md", "sha1"), "sha1"), ("md5", ("-md", "md5"), "md5")):
        body = signed_body(ENTITY, base64.encodebytes(signature(ENTITY, *options)))
        content_type = MULTIPART.replace("sha-256", name)
        write(
            f"weak-{name}-permitted",
            "while the permission lasts",
            content_type,
            body,
            mic=ENTITY,
            permits=[permit],
            tolerated=["weak-algorithm"],
        )
        write(
            f"weak-{name}", "when it has ended", content_type, body, mic=ENTITY, cause="weak-digest", code=insufficient
        )
    body = envelope(signed_entity(), cipher="-des3")
    write(
        "weak-3des-permitted",
        "while the permission lasts",
        ENVELOPED,
        body,
        mic=ENTITY,
        encrypted=True,
        permits=["3des"],
        tolerated=["weak-algorithm"],
    )
    write("weak-3des", "when it has ended", ENVELOPED, body, encrypted=True, cause="weak-cipher", code=insufficient)
    body = signed_body(ENTITY, base64.encodebytes(signature(ENTITY, key="rsa-1024")))
    write(
        "weak-rsa-1024-permitted",
        "a short key",
        MULTIPART,
        body,
        mic=ENTITY,
        pinned=["rsa-1024"],
        permits=["rsa-1024"],
        tolerated=["weak-algorithm"],
    )
    write(
        "weak-rsa-1024",
        "a short key",
        MULTIPART,
        body,
        mic=ENTITY,
        pinned=["rsa-1024"],
        cause="signer-unknown",
        code=auth,
    )


if __name__ == "__main__":
    for old in (*HERE.glob("*.msg"), *HERE.glob("*.json")):
        old.unlink()
    for make in (stacks, peers, field, weak, refused):
        make()
