"""Envelopes beyond what openssl knows: CCM, GCM in the wrong place, attributes, odd names, and what must not open."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest
from asn1crypto import cms as asn1
from cryptography.hazmat.decrepit.ciphers.algorithms import RC2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives import padding as block_padding
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers import Cipher as LibraryCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given, settings
from hypothesis import strategies as st

from as2.certificates import Certificate, KeyPair, Unusable, read_certificate
from as2.cms import der, oids
from as2.cms.algorithms import CIPHERS, WEAK_CIPHERS, CipherName, Permits, cipher_algorithm
from as2.cms.ccm import ccm_decrypted, ccm_encrypted
from as2.cms.certificate_ids import IdForm, issuer_and_serial
from as2.cms.enveloping import Form, envelope
from as2.cms.opening import Opened, open_envelope
from as2.cms.primitives import Refused
from as2.cms.recipients import KeyTransport
from as2.fault import DecryptionFailed
from as2.source import BytesSource
from tests.as2.keys import certificate_of, entropy, pair_of, read_all

CONTENT = b"Content-Type: application/EDIFACT\r\n\r\nUNB+UNOC:3+US+THEM'\r\n"
STRICT = Permits()
LEGACY = Permits(ciphers=WEAK_CIPHERS)
KEY = bytes(range(32))
NONCE = bytes(range(12))


def opened(data: bytes, *keys: str, permits: Permits = STRICT) -> Opened:
    """What comes of it with these keys, or with that of `rsa`."""
    pairs = [pair_of(name) for name in keys or ("rsa",)]
    return open_envelope(BytesSource(data), keys=pairs, permits=permits, entropy=entropy)


def made(cipher: CipherName = "aes256-cbc", *names: str, content: bytes = CONTENT, form: Form = "standard") -> bytes:
    """Our own envelope for these recipients, or for `rsa`."""
    return read_all(
        envelope(
            BytesSource(content),
            cipher=cipher,
            recipients=[certificate_of(name) for name in names or ("rsa",)],
            form=form,
            permits=LEGACY,
            entropy=entropy,
        )
    )


def encrypted_key(key: bytes) -> bytes:
    """A content key for `rsa`, by RSA v1.5."""
    public = certificate_of("rsa").public_key
    assert isinstance(public, rsa.RSAPublicKey)
    return public.encrypt(key, padding.PKCS1v15())


def recipient(
    key: bytes = KEY, *, named: bytes | None = None, algorithm: bytes = b"", data: bytes | None = None
) -> bytes:
    """A KeyTransRecipientInfo of these parts."""
    return der.sequence(
        der.integer(0),
        issuer_and_serial(certificate_of("rsa")) if named is None else named,
        algorithm or der.algorithm(oids.RSA, der.NULL),
        der.octets(encrypted_key(key) if data is None else data),
    )


def enveloped(
    algorithm: bytes,
    string: bytes,
    *,
    recipients: Iterable[bytes] | None = None,
    after: bytes = b"",
    kind: bytes = oids.ENVELOPED_DATA,
    held: bytes = oids.DATA,
    originator: bytes = b"",
) -> bytes:
    """A ContentInfo with an envelope of these parts."""
    infos = der.set_of([recipient()] if recipients is None else recipients)
    body = der.sequence(der.integer(0), originator, infos, der.sequence(der.oid(held), algorithm, string), after)
    return der.sequence(der.oid(kind), der.explicit(0, body))


GCM = cipher_algorithm(CIPHERS["aes256-gcm"], NONCE)
CBC = cipher_algorithm(CIPHERS["aes256-cbc"], bytes(16))


def cbc(content: bytes, key: bytes = KEY) -> bytes:
    """AES-CBC with an initialisation vector of zeros, padded, by the library."""
    padder = block_padding.PKCS7(128).padder()
    context = LibraryCipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return context.update(padder.update(content) + padder.finalize()) + context.finalize()


# What we write and read back


@pytest.mark.parametrize("form", ["standard", "gcm-in-enveloped-data"])
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 100_000])
@pytest.mark.parametrize("cipher", CIPHERS)
def test_every_cipher_in_both_forms(cipher: CipherName, size: int, form: Form) -> None:
    """What went in comes out, with the facts of how."""
    content = os.urandom(size)
    found = opened(made(cipher, content=content, form=form), permits=LEGACY)
    assert read_all(found.content) == content
    assert (found.cipher, found.opened_by, found.key_transport) == (cipher, pair_of("rsa"), "rsa-pkcs1")
    if "cbc" in cipher:
        assert found.form == "enveloped"
        assert found.tolerances == ({"weak-algorithm"} if cipher in WEAK_CIPHERS else frozenset())
    else:
        assert found.form == ("auth-enveloped" if form == "standard" else form)
        assert found.tolerances == (frozenset() if form == "standard" else {form})


def test_another_library_reads_what_we_envelope() -> None:
    """Structure by asn1crypto, which writes the same bytes again; content by `cryptography`."""
    for cipher in ("aes256-cbc", "aes128-gcm"):
        data = made(cipher, "rsa", "p256", "rsa-4096")
        info = asn1.ContentInfo.load(data, strict=True)
        assert info.dump(force=True) == data
    body = asn1.ContentInfo.load(made("aes128-gcm"), strict=True)["content"]
    assert len(body["mac"].native) == 16
    data = made("aes128-cbc")
    key = pair_of("rsa").key
    assert isinstance(key, rsa.RSAPrivateKey)
    certificate = load_der_x509_certificate(certificate_of("rsa").der)
    assert pkcs7.pkcs7_decrypt_der(data, certificate, key, []) == CONTENT


@pytest.mark.parametrize(
    ("cipher", "names", "form", "outer", "inner"),
    [
        ("aes128-cbc", ["rsa"], "issuer-serial", "v0", ["v0"]),
        ("aes128-cbc", ["rsa"], "key-id", "v2", ["v2"]),
        ("aes128-cbc", ["p256"], "issuer-serial", "v2", ["v3"]),
        ("aes128-cbc", ["rsa", "p256"], "issuer-serial", "v2", ["v0", "v3"]),
        ("aes128-gcm", ["rsa", "p256"], "key-id", "v0", ["v2", "v3"]),
    ],
)
def test_versions(cipher: CipherName, names: list[str], form: IdForm, outer: str, inner: list[str]) -> None:
    """RFC 5652 sections 6.1 and 6.2, RFC 5083 section 2.1; strict readers look at them."""
    recipients = [certificate_of(name) for name in names]
    source = envelope(BytesSource(CONTENT), cipher=cipher, recipients=recipients, recipient_id=form, entropy=entropy)
    body = asn1.ContentInfo.load(read_all(source), strict=True)["content"]
    assert body["version"].native == outer
    assert sorted(each.chosen["version"].native for each in body["recipient_infos"]) == inner


def test_we_open_what_cryptography_envelopes() -> None:
    """Its own PKCS #7 builder."""
    data = (
        pkcs7.PKCS7EnvelopeBuilder()
        .set_data(CONTENT)
        .set_content_encryption_algorithm(algorithms.AES256)
        .add_recipient(load_der_x509_certificate(certificate_of("rsa").der))
        .encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    )
    assert read_all(opened(data).content) == CONTENT


def test_an_envelope_reads_the_same_each_time() -> None:
    """It is a source: a retry sends the same bytes."""
    source = envelope(BytesSource(CONTENT), cipher="aes256-gcm", recipients=[certificate_of("rsa")], entropy=entropy)
    assert read_all(source) == read_all(source)


def test_keys_and_nonces_are_never_used_twice() -> None:
    """Two envelopes of one content share no block of ciphertext."""
    one, two = made("aes256-gcm"), made("aes256-gcm")
    assert one[-40:] != two[-40:]


@pytest.mark.parametrize("form", ["issuer-serial", "key-id"])
@pytest.mark.parametrize("key", ["rsa", "rsa-4096", "p256", "p384", "p521", "x25519"])
def test_every_kind_of_key(key: str, form: str) -> None:
    """Named in both ways; X25519 by RFC 8418."""
    data = read_all(
        envelope(
            BytesSource(CONTENT),
            cipher="aes192-gcm",
            recipients=[certificate_of("rsa-other"), certificate_of(key)],
            recipient_id=form,  # type: ignore[arg-type]
            entropy=entropy,
        )
    )
    assert read_all(opened(data, "rsa-1024", key).content) == CONTENT


def test_what_cannot_be_enveloped() -> None:
    """No recipient, a key that only signs, a small key, no key identifier to name it by."""
    nameless = read_certificate(
        certificate_of("rsa").der.replace(bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d0f"))
    )
    assert nameless.key_identifier is None
    for recipients, form in (
        ([], "issuer-serial"),
        ([certificate_of("ed25519")], "issuer-serial"),
        ([certificate_of("rsa-1024")], "issuer-serial"),
        ([nameless], "key-id"),
    ):
        with pytest.raises(Unusable):
            envelope(
                BytesSource(CONTENT),
                cipher="aes256-cbc",
                recipients=recipients,
                recipient_id=form,  # type: ignore[arg-type]
                entropy=entropy,
            )


@given(
    st.binary(max_size=200),
    st.binary(max_size=40) | st.integers(0xFEF0, 0xFF10).map(bytes),
    st.integers(7, 13),
    st.sampled_from([12, 14, 16]),
    st.integers(1, 40),
)
@settings(max_examples=150, deadline=None)
def test_ccm_is_that_of_cryptography(content: bytes, associated: bytes, nonce: int, tag: int, cut: int) -> None:
    """In pieces of any size what the library does in one piece; a changed tag is refused."""
    pieces = [content[start : start + cut] for start in range(0, len(content), cut)]
    expected = AESCCM(KEY, tag).encrypt(bytes(nonce), content, associated)
    assert b"".join(ccm_encrypted(KEY, bytes(nonce), associated, len(content), tag, pieces)) == expected
    cipher = [expected[:-tag]] if content else []
    assert b"".join(ccm_decrypted(KEY, bytes(nonce), associated, len(content), expected[-tag:], cipher)) == content
    wrong = bytes([expected[-tag] ^ 1]) + expected[len(expected) - tag + 1 :]
    with pytest.raises(Refused):
        list(ccm_decrypted(KEY, bytes(nonce), associated, len(content), wrong, cipher))


# What others write


def test_gcm_parameters_that_are_the_nonce_alone() -> None:
    """PKI.js and what is built on it; the tag has 16 bytes then."""
    bare = der.algorithm(oids.AES256_GCM, der.octets(NONCE))
    string = der.tlv(0x80, AESGCM(KEY).encrypt(NONCE, CONTENT, None))
    found = opened(enveloped(bare, string))
    assert read_all(found.content) == CONTENT
    assert found.tolerances == {"gcm-parameters-bare", "gcm-in-enveloped-data"}


@pytest.mark.parametrize("size", [12, 13, 14, 15, 16])
def test_shorter_tags(size: int) -> None:
    """RFC 5084 allows tags from 12 bytes; that is also what absent means."""
    whole = AESGCM(KEY).encrypt(NONCE, CONTENT, None)
    cut = whole[: len(CONTENT) + size]
    algorithm = der.algorithm(
        oids.AES256_GCM, der.sequence(der.octets(NONCE), b"" if size == 12 else der.integer(size))
    )
    assert read_all(opened(enveloped(algorithm, der.tlv(0x80, cut))).content) == CONTENT
    after = der.octets(cut[len(CONTENT) :])
    data = enveloped(algorithm, der.tlv(0x80, cut[: len(CONTENT)]), after=after, kind=oids.AUTH_ENVELOPED_DATA)
    assert read_all(opened(data).content) == CONTENT


ATTRIBUTES = [
    der.sequence(der.oid(oids.SIGNING_TIME), der.set_of([bytes.fromhex("170d3236313133303132303030305a")])),
    der.sequence(der.oid(oids.CONTENT_TYPE), der.set_of([der.oid(oids.DATA)])),
]


@pytest.mark.parametrize("cipher", ["aes256-gcm", "aes256-ccm"])
@pytest.mark.parametrize("order", [1, -1])
def test_attributes_that_are_authenticated(cipher: CipherName, order: int) -> None:
    """They come after the content, in any order, and count as the DER of a SET OF."""
    library = AESGCM(KEY) if "gcm" in cipher else AESCCM(KEY)
    algorithm = cipher_algorithm(CIPHERS[cipher], NONCE)
    whole = library.encrypt(NONCE, CONTENT, der.set_of(ATTRIBUTES))
    string, mac = der.tlv(0x80, whole[:-16]), der.octets(whole[-16:])
    unprotected = der.tlv(0xA2, ATTRIBUTES[0])
    data = enveloped(
        algorithm,
        string,
        after=der.tlv(0xA1, *ATTRIBUTES[::order]) + mac + unprotected,
        kind=oids.AUTH_ENVELOPED_DATA,
    )
    assert read_all(opened(data).content) == CONTENT
    for attributes in (b"", der.tlv(0xA1, ATTRIBUTES[0]), der.tlv(0xA1, *ATTRIBUTES, ATTRIBUTES[1])):
        data = enveloped(algorithm, string, after=attributes + mac, kind=oids.AUTH_ENVELOPED_DATA)
        with pytest.raises(DecryptionFailed):
            opened(data)


@pytest.mark.parametrize("material", [None, b"", b"material of the sender"])
@pytest.mark.parametrize("key", ["p256", "x25519"])
def test_key_agreement_put_together_by_hand(key: str, material: bytes | None) -> None:
    """RFC 5753 section 7.2 and RFC 8418 section 2.2, with the derivations and the wrap of the library."""
    wrapping = der.algorithm(oids.AES256_WRAP)
    info = der.sequence(
        wrapping,
        b"" if material is None else der.explicit(0, der.octets(material)),
        der.explicit(2, der.octets(b"\x00\x00\x01\x00")),
    )
    public = certificate_of(key).public_key
    if isinstance(public, x25519.X25519PublicKey):
        drawn = x25519.X25519PrivateKey.generate()
        point, kind, scheme = drawn.public_key().public_bytes_raw(), oids.X25519, oids.STD_DH_HKDF_SHA256
        kek = HKDF(hashes.SHA256(), 32, None, info).derive(drawn.exchange(public))
    else:
        assert isinstance(public, ec.EllipticCurvePublicKey)
        ephemeral = ec.generate_private_key(ec.SECP256R1())
        point = ephemeral.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        kind, scheme = oids.EC_PUBLIC_KEY, oids.STD_DH_SHA256_KDF
        kek = X963KDF(hashes.SHA256(), 32, info).derive(ephemeral.exchange(ec.ECDH(), public))
    named = issuer_and_serial(certificate_of(key))
    agreed = der.tlv(
        0xA1,
        der.integer(3),
        der.explicit(0, der.tlv(0xA1, der.algorithm(kind), der.bits(point))),
        b"" if material is None else der.explicit(1, der.octets(material)),
        der.algorithm(scheme, wrapping),
        der.sequence(der.sequence(named, der.octets(aes_key_wrap(kek, KEY)))),
    )
    found = opened(enveloped(GCM, der.tlv(0x80, STRINGS["GCM"][1]), recipients=[agreed]), key)
    assert read_all(found.content) == CONTENT
    assert found.key_transport == "ecdh-sha256-aes256wrap"


@pytest.mark.parametrize("label", [None, b"", b"label"])
def test_oaep_labels(label: bytes | None) -> None:
    """Absent or empty; another one is for an application that is not AS2."""
    public = certificate_of("rsa").public_key
    assert isinstance(public, rsa.RSAPublicKey)
    scheme = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), label)  # noqa: S303
    source = b"" if label is None else der.explicit(2, der.algorithm(oids.P_SPECIFIED, der.octets(label)))
    info = recipient(algorithm=der.algorithm(oids.RSAES_OAEP, der.sequence(source)), data=public.encrypt(KEY, scheme))
    data = enveloped(CBC, der.tlv(0x80, cbc(CONTENT)), recipients=[info])
    if label:
        with pytest.raises(DecryptionFailed) as refusal:
            opened(data)
        assert refusal.value.cause == "key-management-unknown"
    else:
        assert read_all(opened(data).content) == CONTENT


def test_the_issuer_in_another_spelling() -> None:
    """The name written anew with other string types, case and spaces; the number must be the same."""
    wanted = certificate_of("rsa")
    respelt = wanted.issuer_der.replace(b"\x0c\x13Sallyport test keys", b"\x13\x13SALLYPORT Test Keys")
    assert respelt != wanted.issuer_der
    data = enveloped(
        CBC, der.tlv(0x80, cbc(CONTENT)), recipients=[recipient(named=der.sequence(respelt, wanted.serial_der))]
    )
    found = opened(data)
    assert read_all(found.content) == CONTENT
    assert found.tolerances == {"recipient-named-otherwise"}
    for named in (
        der.sequence(respelt, der.integer(wanted.serial + 1)),
        der.sequence(respelt.replace(b"SALLYPORT", b"SALLYPAUL"), wanted.serial_der),
    ):
        with pytest.raises(DecryptionFailed) as refusal:
            opened(enveloped(CBC, der.tlv(0x80, cbc(CONTENT)), recipients=[recipient(named=named)]))
        assert refusal.value.cause == "not-for-us"


def test_recipients_of_other_kinds_are_passed_over() -> None:
    """Passwords, key encryption keys, algorithms and names from elsewhere, all before ours."""
    unknown_hash = der.sequence(der.explicit(0, der.algorithm(oids.ZLIB)))
    others = [
        der.tlv(0xA2, der.integer(4), der.sequence(der.octets(b"kek"))),
        der.tlv(0xA3, der.integer(0)),
        der.tlv(0xA4, der.oid(oids.ZLIB)),
        recipient(algorithm=der.algorithm(oids.ZLIB), data=b"?"),
        recipient(algorithm=der.algorithm(oids.RSAES_OAEP, unknown_hash), data=b"?"),
        recipient(named=der.sequence(certificate_of("p256").issuer_der, der.integer(77)), data=b"?"),
        recipient(named=der.tlv(0x80, b"another key")),
    ]
    string = der.tlv(0x80, cbc(CONTENT))
    found = opened(enveloped(CBC, string, recipients=[*others, recipient()]))
    assert (read_all(found.content), found.recipients) == (CONTENT, 5)
    with pytest.raises(DecryptionFailed) as refusal:
        opened(enveloped(CBC, string, recipients=others))
    assert refusal.value.cause == "key-management-unknown"


def test_a_second_envelope_for_the_same_name() -> None:
    """A renewed certificate kept name and number: both keys are tried on it."""
    data = made("aes256-gcm", "rsa-renewed")
    assert read_all(opened(data, "rsa", "rsa-renewed").content) == CONTENT
    with pytest.raises(DecryptionFailed) as refusal:
        opened(data, "rsa")
    assert refusal.value.cause == "not-decrypted"


def test_a_substitute_never_takes_the_turn_of_a_key() -> None:
    """A random key that happens to make padding must not open what the other key of that name opens."""
    data = BytesSource(made("aes256-cbc", "rsa-renewed"))

    def lucky(number: int) -> bytes | None:
        chosen = number.to_bytes(32, "big")
        try:
            open_envelope(data, keys=[pair_of("rsa")], permits=STRICT, entropy=lambda _: chosen)
        except DecryptionFailed:
            return None
        return chosen

    chosen = next(key for number in range(10_000) if (key := lucky(number)))
    pairs = [pair_of("rsa"), pair_of("rsa-renewed")]
    found = open_envelope(data, keys=pairs, permits=STRICT, entropy=lambda _: chosen)
    assert read_all(found.content) == CONTENT


def test_other_forms_around_the_content() -> None:
    """Originator information, attributes that nobody protects, another content type, white space at the end."""
    originator = der.tlv(0xA0, der.tlv(0xA0, certificate_of("rsa-other").der))
    string = der.tlv(0x80, cbc(CONTENT))
    after = der.tlv(0xA1, ATTRIBUTES[0])
    data = enveloped(CBC, string, originator=originator, after=after, held=oids.SIGNED_DATA) + b"\r\n"
    found = opened(data)
    assert read_all(found.content) == CONTENT
    assert found.tolerances == {"encrypted-type-other", "trailing-bytes"}


def test_rc2_of_128_bits_is_that_of_the_library() -> None:
    """Written and read by permit; weaker RC2 is not read at all."""
    context = LibraryCipher(RC2(KEY[:16]), modes.CBC(bytes(8))).encryptor()
    padder = block_padding.PKCS7(64).padder()
    string = context.update(padder.update(CONTENT) + padder.finalize()) + context.finalize()
    for strength, expected in ((58, CONTENT), (160, None)):
        algorithm = der.algorithm(oids.RC2_CBC, der.sequence(der.integer(strength), der.octets(bytes(8))))
        data = enveloped(algorithm, der.tlv(0x80, string), recipients=[recipient(KEY[:16])])
        if expected is not None:
            assert read_all(opened(data, permits=LEGACY).content) == expected
        else:
            with pytest.raises(DecryptionFailed):
                opened(data, permits=LEGACY)


# What must not open


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
STRINGS = {
    "GCM": (GCM, AESGCM(KEY).encrypt(NONCE, CONTENT, None)),
    "CBC": (CBC, cbc(CONTENT)),
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
