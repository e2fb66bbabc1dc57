"""One changed bit, and any bytes at all: refused as a fault of ours, or harmless for a reason that is stated here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from as2.cms import der
from as2.cms.algorithms import CipherName, Permits
from as2.cms.ber import Element, parse
from as2.cms.compressing import compress, inflate
from as2.cms.enveloping import envelope
from as2.cms.opening import open_envelope
from as2.cms.signature import read_signature
from as2.cms.signing import sign
from as2.cms.verifying import verify
from as2.fault import As2Fault, DecompressionFailed, DecryptionFailed
from as2.source import BytesSource, MemoryScratch
from tests.as2.keys import DigestsOf, certificate_of, entropy, pair_of, read_all

CONTENT = b"UNB+UNOC:3+US+THEM'\r\n"
STRICT = Permits()
LENIENT = Permits(
    digests=frozenset({"md5", "sha1", "sha224"}),
    ciphers=frozenset({"3des-cbc", "rc2-cbc"}),
    smallest_rsa=512,
    pss_without_parameters=True,
)
SIGNATURE = sign(
    hashlib.sha256(CONTENT).digest(),
    digest_name="sha256",
    scheme="ecdsa",
    signer=pair_of("p256"),
    at=datetime(2026, 11, 30, tzinfo=UTC),
    include_certificate=False,
    algorithm_protection=True,
)


def sealed(cipher: CipherName, key: str) -> bytes:
    """Our own envelope."""
    source = envelope(BytesSource(CONTENT), cipher=cipher, recipients=[certificate_of(key)], entropy=entropy)
    return read_all(source)


def flipped(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Every bit of it changed, one at a time, with the offset of its octet."""
    for offset in range(len(data)):
        for bit in range(8):
            yield offset, data[:offset] + bytes([data[offset] ^ 1 << bit]) + data[offset + 1 :]


def spans(data: bytes, *paths: tuple[int, ...]) -> set[int]:
    """The offsets of the elements at these paths of child numbers."""
    found: set[int] = set()
    for path in paths:
        element, start = parse(data), 0
        for number in path:
            children = element.children()
            start += len(element.raw) - len(element.content)
            start += sum(len(child.raw) for child in children[:number])
            element = children[number]
        found.update(range(start, start + len(element.raw)))
    return found


def test_every_bit_of_a_signature() -> None:
    """What is not signed is what nobody relies on: versions, the list of digests, the name of the signer.

    RFC 5652 leaves these outside; the pinned key decides whoever is named. Everything else is refused.
    """
    body = (1, 0)
    unprotected = spans(
        SIGNATURE,
        (*body, 0),  # version of SignedData
        (*body, 1),  # digestAlgorithms, a hint for one-pass readers
        (*body, 3, 0, 0),  # version of SignerInfo
        (*body, 3, 0, 1),  # the signer's identifier
    )
    harmless = set()
    for offset, changed in flipped(SIGNATURE):
        try:
            found = verify(
                read_signature(changed), DigestsOf(CONTENT), pinned=[certificate_of("p256")], permits=LENIENT
            )
        except As2Fault:
            continue
        assert (found.certificate, found.digest_name, found.scheme) == (certificate_of("p256"), "sha256", "ecdsa")
        harmless.add(offset)
    assert harmless <= unprotected, sorted(harmless - unprotected)
    assert harmless


@pytest.mark.parametrize("cipher", ["aes256-gcm", "aes256-ccm"])
def test_every_bit_of_an_authenticated_envelope(cipher: CipherName) -> None:
    """What comes out is what went in, or nothing.

    Versions, the type of the content and the spelling of the issuer's name in the recipient's identifier do not matter.
    """
    data = sealed(cipher, "p256")
    body = (1, 0)
    unprotected = spans(
        data,
        (*body, 0),  # version
        (*body, 1, 0, 0),  # version of the RecipientInfo
        (*body, 1, 0, 1, 0, 0),  # the algorithm of the originator's key, which is that of ours
        (*body, 1, 0, 3, 0, 0, 0),  # issuer of the recipient's certificate: case and string types
        (*body, 2, 0),  # type of the content: what it is, its own header says
    )
    harmless = set()
    for offset, changed in flipped(data):
        try:
            found = open_envelope(BytesSource(changed), keys=[pair_of("p256")], permits=LENIENT, entropy=entropy)
        except As2Fault as fault:
            assert fault.disposition in ("decryption-failed", "insufficient-message-security")
            continue
        assert read_all(found.content) == CONTENT
        harmless.add(offset)
    assert harmless <= unprotected, sorted(harmless - unprotected)
    assert harmless


def test_every_octet_of_an_envelope_without_authentication() -> None:
    """CBC protects nothing: the content may come out changed, which is for the signature inside to see.

    It never comes out longer than the ciphertext, and nothing but our faults is raised.
    """
    data = sealed("aes256-cbc", "rsa")
    changed_content = 0
    for offset in range(len(data)):
        changed = data[:offset] + bytes([data[offset] ^ 1 << offset % 8]) + data[offset + 1 :]
        try:
            found = open_envelope(BytesSource(changed), keys=[pair_of("rsa")], permits=LENIENT, entropy=entropy)
        except As2Fault as fault:
            assert fault.disposition in ("decryption-failed", "insufficient-message-security")
            continue
        content = read_all(found.content)
        assert len(content) < 32
        changed_content += content != CONTENT
    assert changed_content


def test_every_bit_of_a_compression() -> None:
    """A checksum is no protection, but it sees one bit.

    What is left is the version, and what fills the last octet of the deflated stream before its checksum of four.
    """
    data = read_all(compress(BytesSource(CONTENT), MemoryScratch()))
    harmless = set()
    for offset, changed in flipped(data):
        try:
            found = b"".join(inflate([changed], limit=1000, tolerated=set()))
        except DecompressionFailed:
            continue
        assert found == CONTENT
        harmless.add(offset)
    assert harmless <= spans(data, (1, 0, 0)) | {len(data) - 5}


# Any bytes

ELEMENTS: st.SearchStrategy[bytes] = st.recursive(
    st.builds(der.tlv, st.sampled_from([0x02, 0x03, 0x04, 0x05, 0x06, 0x17, 0x80, 0x81]), st.binary(max_size=12)),
    lambda inner: st.builds(
        lambda tag, parts: der.tlv(tag, *parts),
        st.sampled_from([0x24, 0x30, 0x31, 0xA0, 0xA1, 0xA2, 0xA3]),
        st.lists(inner, max_size=5),
    ),
    max_leaves=12,
)


def replaced(data: bytes, path: list[int], new: bytes) -> bytes:
    """The structure with one of its elements, wherever the path leads, replaced by other bytes."""

    def within(element: Element, steps: list[int]) -> bytes:
        children = element.children() if element.tag & 0x20 else []
        if not steps or not children:
            return new
        at = steps[0] % len(children)
        parts = [within(child, steps[1:]) if number == at else child.raw for number, child in enumerate(children)]
        return der.tlv(element.tag, *parts)

    return within(parse(data), path)


def cases(data: bytes) -> st.SearchStrategy[bytes]:
    """Random bytes, random structures, and a good structure with one part replaced by either."""
    anything = st.binary(max_size=60) | ELEMENTS
    return anything | st.builds(replaced, st.just(data), st.lists(st.integers(0, 7), max_size=7), anything)


ENVELOPES = {"RSA": sealed("aes128-cbc", "rsa"), "ECDH": sealed("aes128-gcm", "p256")}
COMPRESSED = read_all(compress(BytesSource(CONTENT), MemoryScratch()))


@given(cases(SIGNATURE))
@settings(max_examples=200, deadline=None)
def test_any_bytes_as_a_signature(data: bytes) -> None:
    """Read and verified, or one of our faults; whatever is read can be shown."""
    try:
        signature = read_signature(data)
        assert str(signature.signer)
        verify(signature, DigestsOf(CONTENT), pinned=[certificate_of("p256"), certificate_of("rsa")], permits=LENIENT)
    except As2Fault as fault:
        assert str(fault)


@pytest.mark.parametrize("name", ENVELOPES)
@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_bytes_as_an_envelope(name: str, data: st.DataObject) -> None:
    """Opened, or one of our faults."""
    envelope_bytes = data.draw(cases(ENVELOPES[name]))
    try:
        found = open_envelope(
            BytesSource(envelope_bytes), keys=[pair_of("rsa"), pair_of("p256")], permits=LENIENT, entropy=entropy
        )
        assert len(read_all(found.content)) <= len(envelope_bytes)
    except DecryptionFailed as fault:
        assert str(fault)


@given(cases(COMPRESSED), st.integers(1, 50))
@settings(max_examples=150, deadline=None)
def test_any_bytes_as_a_compression(data: bytes, size: int) -> None:
    """Inflated, or one of our faults; never beyond the limit."""
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    seen = 0
    try:
        for piece in inflate(pieces, limit=100, tolerated=set()):
            seen += len(piece)
    except DecompressionFailed as fault:
        assert str(fault)
    assert seen <= 100
