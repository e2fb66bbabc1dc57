"""Messages built and received, in every legal stack, and taken apart by ``openssl cms``."""

from __future__ import annotations

import hashlib
import os
from base64 import b64decode
from pathlib import Path

import pytest

from as2.building import Encrypting, Payload, TransferEncoding
from as2.cms.algorithms import CIPHERS, CipherName, Permits, Scheme
from as2.cms.recipients import KeyTransport
from as2.digests import DigestName
from as2.headers import parse_block
from as2.heading import read_heading
from as2.mic import Mic, Packaging, compare
from as2.receiving import Receiving
from as2.source import BytesSource
from tests.as2.keys import certificate_of, key_pem, openssl_cms, pair_of, pem, read_all
from tests.as2.samples import DOCUMENT, STACKS, built, headers_of, received, received_as, signing, stack_name

BINARY = bytes(range(256)) * 40
each_stack = pytest.mark.parametrize("stack", STACKS, ids=stack_name)
SIGNED = Packaging(signed=True, encrypted=False)
BOTH = Packaging(signed=True, encrypted=True)
TRANSPORTS = (KeyTransport(), KeyTransport("rsa-oaep"), KeyTransport("rsa-oaep", "sha1", "sha1"))


@each_stack
@pytest.mark.parametrize("content", [DOCUMENT, b"", b"\n", BINARY, DOCUMENT.replace(b"\r\n", b"\n")])
def test_what_is_sent_is_what_is_received(stack: Packaging, content: bytes) -> None:
    message = built(stack, content)
    outcome = received(message)
    assert outcome.fault is None
    assert outcome.code == "processed"
    assert outcome.packaging == stack
    (document,) = outcome.documents
    assert read_all(document.content) == content
    assert (document.media_type, document.filename) == ("application/edifact", "order 42.edi")
    assert outcome.tolerated == frozenset()


@each_stack
def test_both_sides_make_the_same_mic(stack: Packaging) -> None:
    """RFC 4130, 7.3.1 and RFC 5402, 4: which bytes it is over depends on the packaging."""
    message = built(stack)
    outcome = received(message)
    assert outcome.mic is not None
    name, digest = outcome.mic
    verdict = compare(Mic(digest, name, ""), message.candidates, requested="sha256")
    assert (verdict.outcome, verdict.candidate) == ("match", message.candidates[0])


@pytest.mark.parametrize(
    ("scheme", "key"),
    [
        ("rsa-pkcs1", "rsa"),
        ("rsa-pss", "rsa"),
        ("rsa-pkcs1", "rsa-4096"),
        ("ecdsa", "p256"),
        ("ecdsa", "p384"),
        ("ecdsa", "p521"),
    ],
)
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_every_signature(scheme: Scheme, key: str, digest: DigestName, tmp_path: Path) -> None:
    """Received by us and verified by ``openssl cms`` over the very bytes of the entity."""
    message = built(SIGNED, how=signing(digest, key, scheme))
    outcome = received(message, Receiving(keys=[], pinned=[certificate_of(key)], encrypted=False))
    assert outcome.fault is None
    assert outcome.verified is not None
    assert (outcome.verified.digest_name, outcome.verified.scheme) == (digest, scheme)
    boundary = headers_of(message).content_type().parameters["boundary"].encode()  # type: ignore[union-attr]
    _, entity, signature, _ = read_all(message.body).split(b"--" + boundary)
    (tmp_path / "entity").write_bytes(entity.removeprefix(b"\r\n").removesuffix(b"\r\n"))
    openssl_cms(
        *("-verify", "-binary", "-inform", "DER", "-content", str(tmp_path / "entity")),
        *("-noverify", "-certfile", pem(key), "-out", "/dev/null"),
        stdin=b64decode(signature.partition(b"\r\n\r\n")[2]),
    )


@pytest.mark.parametrize("cipher", [name for name in CIPHERS if name != "rc2-cbc"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_cipher(cipher: CipherName, transport: KeyTransport) -> None:
    permits = Permits(ciphers=frozenset({"3des-cbc"}))
    encrypting = Encrypting(
        recipients=[certificate_of("rsa"), certificate_of("rsa-other")],
        cipher=cipher,
        key_transport=transport,
        permits=permits,
    )
    message = built(BOTH, BINARY, encrypting=encrypting)
    kind = dict(message.headers)["Content-Type"]
    assert ("authEnveloped-data" in kind) == (CIPHERS[cipher].mode != "cbc")
    terms = Receiving(keys=[pair_of("rsa-other")], pinned=[certificate_of("rsa")], permits=permits)
    outcome = received(message, terms)
    assert outcome.fault is None
    assert outcome.opened is not None
    assert outcome.opened.cipher == cipher
    assert read_all(outcome.documents[0].content) == BINARY


@pytest.mark.parametrize("cipher", ["aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-gcm", "aes256-gcm"])
def test_openssl_opens_what_we_encrypt(cipher: CipherName) -> None:
    stack = Packaging(signed=False, encrypted=True)
    message = built(stack, encrypting=Encrypting(recipients=[certificate_of("rsa-other")], cipher=cipher))
    opened = openssl_cms(
        "-decrypt",
        "-binary",
        "-inform",
        "DER",
        "-inkey",
        key_pem("rsa-other"),
        "-recip",
        pem("rsa-other"),
        stdin=read_all(message.body),
    )
    assert opened.startswith(b"Content-Type: application/EDIFACT\r\n")
    assert opened.endswith(b"\r\n\r\n" + DOCUMENT)


@pytest.mark.parametrize("options", [(), ("-keyopt", "rsa_padding_mode:oaep"), ("-keyid",)])
@pytest.mark.parametrize("cipher", ["-aes-128-cbc", "-aes-192-cbc", "-aes-256-cbc", "-aes-128-gcm", "-aes-256-gcm"])
def test_we_open_what_openssl_encrypts(cipher: str, options: tuple[str, ...]) -> None:
    entity = b"Content-Type: application/EDIFACT\r\n\r\n" + DOCUMENT
    keyid = [each for each in options if each == "-keyid"]
    keyopt = [each for each in options if each != "-keyid"]
    body = openssl_cms(
        "-encrypt", "-binary", cipher, "-outform", "DER", *keyid, "-recip", pem("rsa-other"), *keyopt, stdin=entity
    )
    stack = Packaging(signed=False, encrypted=True)
    outcome = received(built(stack), body=BytesSource(body))
    assert outcome.fault is None
    assert read_all(outcome.documents[0].content) == DOCUMENT
    assert outcome.mic == ("sha256", hashlib.sha256(entity).digest())


@pytest.mark.parametrize("options", [(), ("-noattr",), ("-keyid",), ("-nocerts",), ("-md", "sha512")])
def test_we_verify_what_openssl_signs(options: tuple[str, ...]) -> None:
    """Without signed attributes, as IBM Sterling signs; with a key identifier; without the certificate."""
    entity = b"Content-Type: application/EDIFACT\r\n\r\n" + DOCUMENT
    signature = openssl_cms(
        "-sign", "-binary", "-outform", "DER", "-signer", pem("rsa"), "-inkey", key_pem("rsa"), *options, stdin=entity
    )
    body = (
        b"--b\r\n" + entity + b"\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\n" + signature + b"\r\n--b--\r\n"
    )
    head = b"AS2-From: ACME\r\nAS2-To: us\r\nMessage-ID: <1@a>\r\n"

    headers = parse_block(
        head
        + b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha1; boundary=b\r\n\r\n'
    )
    terms = Receiving(keys=[], pinned=[certificate_of("rsa")], encrypted=False)
    outcome = received_as(headers, BytesSource(body), terms)
    assert outcome.fault is None
    assert outcome.verified is not None
    assert outcome.verified.direct == ("-noattr" in options)
    assert "micalg-differs" in outcome.tolerated


@pytest.mark.parametrize("encoding", ["binary", "8bit", "7bit", "base64"])
@each_stack
def test_every_transfer_encoding(stack: Packaging, encoding: TransferEncoding) -> None:
    message = built(stack, transfer_encoding=encoding)
    outcome = received(message)
    assert outcome.fault is None
    assert read_all(outcome.documents[0].content) == DOCUMENT
    if stack == Packaging(signed=False, encrypted=False):
        assert dict(message.headers)["Content-Transfer-Encoding"] == "binary", "over HTTP the body is what it is"


@each_stack
def test_several_documents_travel_together(stack: Packaging) -> None:
    """RFC 6362: the root first, accepted or refused as one."""
    payloads = [
        Payload(content=BytesSource(DOCUMENT), media_type="application/EDIFACT", filename="a.edi"),
        Payload(content=BytesSource(BINARY), media_type="application/pdf", filename="b.pdf"),
        Payload(content=BytesSource(b"<a/>"), media_type="application/xml"),
    ]
    outcome = received(built(stack, payloads=payloads))
    assert outcome.fault is None
    assert [read_all(each.content) for each in outcome.documents] == [DOCUMENT, BINARY, b"<a/>"]
    assert [each.filename for each in outcome.documents] == ["a.edi", "b.pdf", None]
    assert [each.media_type for each in outcome.documents] == [
        "application/edifact",
        "application/pdf",
        "application/xml",
    ]


def test_the_heading_is_what_was_addressed() -> None:
    heading = read_heading(headers_of(built(BOTH)))
    assert (heading.sender, heading.receiver, heading.receiver_wire) == ("ACME", "Us & Co", '"Us & Co"')
    assert (heading.message_id, heading.version, heading.subject) == ("<42.1@acme.example>", (1, 2), "An order")
    assert heading.receipt.signed


def test_what_breaks_around_the_signed_part_is_no_fault_inside_it() -> None:
    """The stream breaks while the signed part is read: there is no rest to hash, and its delimiters are no cause."""
    stack = Packaging(signed=True, encrypted=False, compression="after-signing")
    message = built(stack, os.urandom(300_000))
    body = bytearray(read_all(message.body))
    body[200_000:] = bytes(len(body) - 200_000)
    outcome = received(message, body=BytesSource(bytes(body)))
    assert outcome.fault is not None
    assert outcome.code == "decompression-failed"
