"""Envelopes beyond what openssl knows: CCM, GCM in the wrong place, attributes, odd names."""

from __future__ import annotations

import os

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

from as2.certificates import Unusable, read_certificate
from as2.cms import der, oids
from as2.cms.algorithms import CIPHERS, WEAK_CIPHERS, CipherName, cipher_algorithm
from as2.cms.ccm import ccm_decrypted, ccm_encrypted
from as2.cms.certificate_ids import IdForm, issuer_and_serial
from as2.cms.enveloping import Form, envelope
from as2.cms.opening import open_envelope
from as2.cms.primitives import Refused
from as2.fault import DecryptionFailed
from as2.source import BytesSource
from tests.as2.cms.envelope_parts import (
    CBC,
    CONTENT,
    GCM,
    KEY,
    LEGACY,
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
