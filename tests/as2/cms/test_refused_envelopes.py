"""Envelopes that must not open, and what their refusal may tell."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from as2.certificates import Certificate, KeyPair
from as2.cms import der, oids
from as2.cms.enveloping import envelope
from as2.cms.opening import open_envelope
from as2.cms.recipients import KeyTransport
from as2.fault import DecryptionFailed
from as2.source import BytesSource
from tests.as2.cms.envelope_parts import (
    CBC,
    CONTENT,
    GCM,
    KEY,
    NONCE,
    STRICT,
    STRINGS,
    cbc,
    enveloped,
    made,
    opened,
    recipient,
)
from tests.as2.keys import certificate_of, entropy, pair_of, read_all


class Counted:
    """Entropy that counts what is drawn."""

    def __init__(self) -> None:
        self.drawn: list[int] = []

    def __call__(self, count: int) -> bytes:
        """That many bytes."""
        self.drawn.append(count)
        return os.urandom(count)


NOT_DECRYPTED = {
    "RSA padding that is none": recipient(data=b"\x01" * 256),
    "RSA input of the wrong length": recipient(data=b"\x01" * 255),
    "RSA input that is no number below the modulus": recipient(data=b"\xff" * 256),
    "a key that is too short": recipient(KEY[:16]),
    "a key that is too long": recipient(KEY + b"x"),
    "an empty key": recipient(b""),
    "another key": recipient(bytes(32)),
    "OAEP that is none": recipient(algorithm=der.algorithm(oids.RSAES_OAEP, der.sequence())),
}


@pytest.mark.parametrize("mode", STRINGS)
@pytest.mark.parametrize("info", NOT_DECRYPTED.values(), ids=NOT_DECRYPTED.keys())
def test_every_failure_after_the_key_is_the_same(info: bytes, mode: str) -> None:
    """One cause, one text, one way: a substitute is drawn whether it is needed or not."""
    algorithm, string = STRINGS[mode]
    drawn = Counted()
    data = enveloped(algorithm, der.tlv(0x80, string), recipients=[info])
    try:
        garbage = open_envelope(BytesSource(data), keys=[pair_of("rsa")], permits=STRICT, entropy=drawn)
    except DecryptionFailed as fault:
        assert (fault.cause, fault.disposition) == ("not-decrypted", "decryption-failed")
        assert str(fault).startswith("Our key is named as a recipient, but nothing readable comes out")
    else:
        # One random last block in 256 ends like padding; what comes out then is noise, and no MIME entity.
        assert mode == "CBC"
        assert not read_all(garbage.content).startswith(CONTENT[:16])
    assert drawn.drawn == [32]


CHANGED = {
    "GCM: ciphertext": (GCM, b"\x00" + STRINGS["GCM"][1][1:]),
    "GCM: tag": (GCM, STRINGS["GCM"][1][:-1] + b"\x00"),
    "GCM: nothing but a tag": (GCM, bytes(16)),
    "CBC: half a block": (CBC, STRINGS["CBC"][1][:-1]),
    "CBC: nothing": (CBC, b""),
    "CBC: padding of zero": (CBC, cbc(bytes(16))[:16]),
    "CBC: padding longer than a block": (CBC, cbc(b"\x11" * 16)[:16]),
    "CBC: padding of unequal octets": (CBC, cbc(b"\x02" * 14 + b"\x03\x02")[:16]),
}


@pytest.mark.parametrize(("algorithm", "string"), CHANGED.values(), ids=CHANGED.keys())
def test_changed_ciphertext_fails_like_a_wrong_key(algorithm: bytes, string: bytes) -> None:
    """No padding oracle in the cause."""
    with pytest.raises(DecryptionFailed) as refusal:
        opened(enveloped(algorithm, der.tlv(0x80, string)))
    assert refusal.value.cause == "not-decrypted"


AUTHENTICATED = AESGCM(KEY).encrypt(NONCE, CONTENT, None)
MAC = der.octets(AUTHENTICATED[-16:])
BODY = der.tlv(0x80, AUTHENTICATED[:-16])
SHORT_TAG = der.algorithm(oids.AES256_GCM, der.sequence(der.octets(NONCE), der.integer(4)))
MALFORMED = {
    "empty": b"",
    "text": b"MIAGCSqGSIb3DQEHA6CA",
    "another content": der.sequence(der.oid(oids.DATA), der.explicit(0, der.octets(b""))),
    "CBC in AuthEnvelopedData": enveloped(CBC, der.tlv(0x80, cbc(CONTENT)), after=MAC, kind=oids.AUTH_ENVELOPED_DATA),
    "CBC in AuthEnvelopedData with a tag of nothing": enveloped(
        CBC, der.tlv(0x80, cbc(CONTENT)), after=der.octets(b""), kind=oids.AUTH_ENVELOPED_DATA
    ),
    "no tag": enveloped(GCM, BODY, kind=oids.AUTH_ENVELOPED_DATA),
    "a cut tag": enveloped(GCM, BODY, after=der.octets(AUTHENTICATED[-16:-4]), kind=oids.AUTH_ENVELOPED_DATA),
    "a short tag": enveloped(SHORT_TAG, der.tlv(0x80, AUTHENTICATED[:-12])),
    "less than a tag": enveloped(GCM, der.tlv(0x80, bytes(15))),
    "no content": enveloped(CBC, b""),
    "an unknown cipher": enveloped(der.algorithm(oids.ZLIB, der.octets(bytes(16))), der.tlv(0x80, bytes(16))),
    "a cipher without parameters": enveloped(der.algorithm(oids.AES256_CBC), der.tlv(0x80, bytes(16))),
    "a short initialisation vector": enveloped(
        der.algorithm(oids.AES256_CBC, der.octets(bytes(8))), der.tlv(0x80, bytes(16))
    ),
    "cut off": made()[:-1],
    "bytes after it": made() + b"x",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_envelopes(data: bytes) -> None:
    """Seen without a key, and named."""
    with pytest.raises(DecryptionFailed) as refusal:
        opened(data)
    assert refusal.value.cause == "envelope-malformed"


def test_not_for_us() -> None:
    """The operator sees whom it names."""
    with pytest.raises(DecryptionFailed) as refusal:
        opened(made("aes256-cbc", "rsa-other"))
    assert refusal.value.cause == "not-for-us"
    assert "serial 0a01 of C=DE, O=Sallyport test keys, CN=rsa-other" in str(refusal.value)


def test_our_name_a_thousand_times_costs_eight_attempts() -> None:
    """Private key operations are dear, and the sender is a stranger."""
    drawn = Counted()
    wrong = recipient(bytes(32))
    data = enveloped(GCM, der.tlv(0x80, STRINGS["GCM"][1]), recipients=[wrong] * 1000)
    with pytest.raises(DecryptionFailed):
        open_envelope(BytesSource(data), keys=[pair_of("rsa")], permits=STRICT, entropy=drawn)
    assert len(drawn.drawn) == 8


def test_a_point_off_the_curve_gives_nothing() -> None:
    """The invalid curve attack on static keys."""
    data = made("aes256-gcm", "p256")
    start = data.index(b"\x03\x42\x00\x04") + 4
    moved = data[:start] + bytes([data[start] ^ 1]) + data[start + 1 :]
    with pytest.raises(DecryptionFailed) as refusal:
        opened(moved, "p256")
    assert refusal.value.cause == "not-decrypted"


class Changing:
    """A source that breaks its promise: every reading but the first two gives other bytes at the end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.readings = 0

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)

    def chunks(self) -> list[bytes]:
        """The bytes, or others."""
        self.readings += 1
        return [self.data if self.readings < 3 else self.data[:-20] + bytes(20)]


def test_each_reading_is_checked() -> None:
    """A spool that changes between the check and the use is seen at the end of the use."""
    found = open_envelope(
        Changing(made("aes256-gcm")),  # type: ignore[arg-type]
        keys=[pair_of("rsa")],
        permits=STRICT,
        entropy=entropy,
    )
    with pytest.raises(DecryptionFailed):
        list(found.content.chunks())


def test_texts_tell_no_key() -> None:
    """What is logged of a key pair is whose it is, and of an envelope how much is in it."""
    source = envelope(BytesSource(b"x"), cipher="aes128-gcm", recipients=[certificate_of("rsa")], entropy=entropy)
    assert "<1 bytes under aes128-gcm>" in repr(source)
    assert repr(opened(read_all(source)).content) == "<1 bytes under aes128-gcm>"
    pair = KeyPair(certificate_of("rsa"), pair_of("rsa").key)
    assert repr(pair) == f"KeyPair('C=DE, O=Sallyport test keys, CN=rsa', '{certificate_of('rsa').sha256}')"
    assert str(KeyTransport("rsa-oaep")) == "rsa-oaep-sha256-mgf1-sha256"
    assert isinstance(pair.certificate, Certificate)
