"""Messages laid open: the layers of every legal stack, what is illegal too, and the digests that a MIC may be."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from as2.building import Encrypting
from as2.capture import read_capture
from as2.certificates import KeyPair
from as2.cms.recipients import KeyTransport
from as2.headers import Headers, parse_block
from as2.layers import Layer, laid_open, measured
from as2.mic import Packaging
from as2.source import BytesSource, MemoryScratch
from tests.as2.keys import KEYS, certificate_of, entropy, openssl_cms, pair_of, pem, read_all
from tests.as2.samples import DOCUMENT, STACKS, built, headers_of, stack_name

each_stack = pytest.mark.parametrize("stack", STACKS, ids=stack_name)
VECTORS = KEYS.parent / "diagnosis"
OUR_KEYS = [pair_of("rsa-other")]
ENVELOPED = parse_block(b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\n")


def opened(headers: Headers, body: bytes, keys: Sequence[KeyPair] = OUR_KEYS) -> Layer:
    return laid_open(headers, BytesSource(body), keys=keys, entropy=entropy, scratch=MemoryScratch())


def kinds(stack: Packaging) -> list[str]:
    """What lies in what, from outside in."""
    found = ["encrypted"] if stack.encrypted else []
    found += ["compressed"] if stack.compression == "after-signing" else []
    found += ["signed"] if stack.signed else []
    found += ["compressed"] if stack.compression == "before-signing" else []
    return [*found, "content", *(["signature"] if stack.signed else [])]


@each_stack
def test_every_legal_stack(stack: Packaging) -> None:
    message = built(stack)
    top = opened(headers_of(message), read_all(message.body))
    assert [layer.kind for layer in top.walk()] == kinds(stack)
    assert [layer.fault for layer in top.walk() if layer.fault] == []
    content = next(layer for layer in top.walk() if layer.kind == "content")
    assert read_all(content.content) == DOCUMENT
    assert content.media == "application/edifact"


@each_stack
def test_the_digests_are_those_that_the_sender_keeps(stack: Packaging) -> None:
    message = built(stack)
    top = opened(headers_of(message), read_all(message.body))
    found = measured(top, ("sha256", "sha1", "sha384", "sha512"))
    assert [(each.range, each.canonicalisation) for each in found] == [
        (each.range, each.canonicalisation) for each in message.candidates
    ]
    assert found[0].digests == message.candidates[0].digests
    assert [each.digests["sha256"] for each in found] == [each.digests["sha256"] for each in message.candidates]


def test_the_digests_by_hand() -> None:
    headers = parse_block(b"AS2-From: A\r\nContent-Type: text/plain\r\nX: y\r\nContent-Length: 3\r\n\r\n")
    content, entity = measured(opened(headers, b"a\r\n"), ("sha256",))
    assert content.digests["sha256"] == hashlib.sha256(b"a\r\n").digest()
    block = b"Content-Type: text/plain\r\nContent-Length: 3\r\n\r\n"
    assert entity.digests["sha256"] == hashlib.sha256(block + b"a\r\n").digest()


def test_without_a_key_it_ends_at_the_encryption() -> None:
    message = built(Packaging(signed=True, encrypted=True))
    top = opened(headers_of(message), read_all(message.body), keys=[])
    assert (top.kind, top.inside) == ("encrypted", ())
    assert top.fault is not None
    assert top.fault.cause == "key-missing"
    assert top.envelope is not None
    assert top.envelope.cipher == "aes256-cbc"
    assert [str(each.identifier) for each in top.envelope.recipients] == [
        "serial 0a01 of C=DE, O=Sallyport test keys, CN=rsa-other"
    ]
    assert measured(top, ("sha256",)) == ()


def test_a_key_of_somebody_else() -> None:
    message = built(Packaging(signed=True, encrypted=True))
    top = opened(headers_of(message), read_all(message.body), keys=[pair_of("rsa")])
    assert top.fault is not None
    assert top.fault.cause == "not-for-us"


@pytest.mark.parametrize(
    ("arguments", "form", "cipher", "method"),
    [
        (("-aes128",), "enveloped", "aes128-cbc", "rsa-pkcs1"),
        (("-des3",), "enveloped", "3des-cbc", "rsa-pkcs1"),
        (("-aes-256-gcm",), "auth-enveloped", "aes256-gcm", "rsa-pkcs1"),
    ],
)
def test_envelopes_of_openssl(arguments: tuple[str, ...], form: str, cipher: str, method: str) -> None:
    """Weak ones too: this looks, and judges nothing."""
    entity = b"Content-Type: text/plain\r\n\r\nHello"
    body = openssl_cms(
        "-encrypt", "-binary", "-outform", "DER", *arguments, pem("rsa-other"), pem("rsa-4096"), stdin=entity
    )
    top = opened(ENVELOPED, body)
    assert top.envelope is not None
    assert (top.envelope.form, top.envelope.cipher) == (form, cipher)
    assert [str(each.method) for each in top.envelope.recipients] == [method, method]
    assert read_all(top.inside[0].content) == b"Hello"


def test_the_transport_of_the_key_is_named() -> None:
    how = Encrypting(recipients=[certificate_of("rsa-other")], key_transport=KeyTransport("rsa-oaep", "sha256", "sha1"))
    message = built(Packaging(signed=False, encrypted=True), encrypting=how)
    top = opened(headers_of(message), read_all(message.body), keys=[])
    assert top.envelope is not None
    assert str(top.envelope.recipients[0].method) == "rsa-oaep-sha256-mgf1-sha1"


def test_base64_that_is_not_stated() -> None:
    text = openssl_cms("-encrypt", "-binary", "-outform", "PEM", pem("rsa-other"), stdin=b"Content-Type: a/b\r\n\r\n.")
    body = b"".join(text.splitlines(keepends=True)[1:-1])
    top = opened(ENVELOPED, body)
    assert (top.unstated_base64, top.inside[0].media) == (True, "a/b")
    stated = ENVELOPED.with_field("Content-Transfer-Encoding", "base64")
    assert not opened(stated, body).unstated_base64


def test_what_is_illegal_is_shown_all_the_same() -> None:
    """Two compressions, as no receiver takes them."""
    inner = built(Packaging(signed=False, encrypted=False, compression="after-signing"))
    outer = built(Packaging(signed=True, encrypted=False, compression="before-signing"), read_all(inner.body))
    body = read_all(outer.body)
    top = opened(headers_of(outer), body)
    assert [layer.kind for layer in top.walk()] == ["signed", "compressed", "content", "signature"]


def test_layers_have_an_end() -> None:
    headers, body = parse_block(b"Content-Type: text/plain\r\n\r\n"), b"."
    for number in range(12):
        media = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n" % number
        body = b"--b%d\r\n" % number + headers.raw_block + body + b"\r\n--b%d--\r\n" % number
        headers = parse_block(media)
    found = list(opened(headers, body).walk())
    assert len(found) == 9
    assert found[-1].fault is not None
    assert found[-1].fault.cause == "too-deep"


@pytest.mark.parametrize(
    ("media", "body", "cause"),
    [
        (b"multipart/signed", b"", "boundary-missing"),
        (b"multipart/signed; boundary=a", b"", "delimiter-missing"),
        (b"multipart/signed; boundary=a", b"--a\r\n\r\nx\r\n--a--", "part-missing"),
        (b"application/pkcs7-mime; smime-type=enveloped-data", b"\x30\x80", "cms-unknown"),
        (b"application/pkcs7-mime; smime-type=enveloped-data", b"hello", "cms-unknown"),
        (b"application/pkcs7-mime", b"MIIB", "cms-unknown"),
        (b'"x', b"", "malformed-content-type"),
    ],
)
def test_what_cannot_be_read_says_why(media: bytes, body: bytes, cause: str) -> None:
    top = opened(parse_block(b"Content-Type: " + media + b"\r\n\r\n"), body)
    assert top.fault is not None
    assert top.fault.cause == cause


@given(st.sampled_from(["good-encrypted", "good-signed", "attached-signature"]), st.data())
def test_whatever_it_holds(name: str, data: st.DataObject) -> None:
    capture = read_capture((VECTORS / f"{name}.http").read_bytes())
    body = bytearray(capture.body)
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    top = opened(capture.headers, bytes(body[: data.draw(st.integers(0, len(body)))]))
    measured(top, ("sha256",))
    assert list(top.walk())
