"""Signatures as other products write them, and those that nobody may believe; put together here piece by piece."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from asn1crypto import cms as asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509 import load_der_x509_certificate

from as2.certificates import Unusable
from as2.cms import der, oids
from as2.cms.algorithms import Permits, digest_algorithm, signature_algorithm
from as2.cms.certificate_ids import issuer_and_serial
from as2.cms.signature import read_signature
from as2.cms.signing import sign
from as2.cms.verifying import Verified, verify
from as2.digests import Canonicalisation, DigestName, EntityDigests
from as2.fault import AuthenticationFailed, Insufficient, IntegrityFailed
from tests.as2.keys import DigestsOf, certificate_of, pair_of

CONTENT = b"Content-Type: application/EDIFACT\r\n\r\nUNB+UNOC:3+US+THEM'\r\n"
DIGEST = hashlib.sha256(CONTENT).digest()
AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
STRICT = Permits()
SHA256 = digest_algorithm("sha256")
RSA = signature_algorithm("rsa-pkcs1", "sha256")
CONTENT_TYPE = der.sequence(der.oid(oids.CONTENT_TYPE), der.set_of([der.oid(oids.DATA)]))
MESSAGE_DIGEST = der.sequence(der.oid(oids.MESSAGE_DIGEST), der.set_of([der.octets(DIGEST)]))


def rsa_over(data: bytes, *, prefix: bytes | None = None) -> bytes:
    """An RSA v1.5 signature by `rsa`, with the raw DigestInfo prefix given or the usual one."""
    key = pair_of("rsa").key
    assert isinstance(key, rsa.RSAPrivateKey)
    digest = hashlib.sha256(data).digest()
    if prefix is None:
        return key.sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
    numbers = key.private_numbers()
    size = key.key_size // 8
    inside = prefix + digest
    padded = b"\x00\x01" + b"\xff" * (size - 3 - len(inside)) + b"\x00" + inside
    return pow(int.from_bytes(padded), numbers.d, numbers.public_numbers.n).to_bytes(size)


def signer_info(
    value: bytes,
    *,
    attributes: bytes = b"",
    named: bytes | None = None,
    digesting: bytes = SHA256,
    signing: bytes = RSA,
) -> bytes:
    """A SignerInfo of these parts."""
    identifier = issuer_and_serial(certificate_of("rsa")) if named is None else named
    return der.sequence(der.integer(1), identifier, digesting, attributes, signing, der.octets(value))


def signed_data(
    *signers: bytes, content: bytes = b"", certificates: Sequence[bytes] = (), kind: bytes = oids.DATA
) -> bytes:
    """A ContentInfo with SignedData of these parts."""
    return der.sequence(
        der.oid(oids.SIGNED_DATA),
        der.explicit(
            0,
            der.sequence(
                der.integer(1),
                der.set_of([SHA256]),
                der.sequence(der.oid(kind), content),
                der.tlv(0xA0, *certificates) if certificates else b"",
                der.set_of(signers),
            ),
        ),
    )


def with_attributes(*attributes: bytes) -> bytes:
    """SignedData over these attributes, in the order given."""
    content = b"".join(attributes)
    return signed_data(signer_info(rsa_over(der.tlv(0x31, content)), attributes=der.tlv(0xA0, content)))


def verified(data: bytes, *, pinned: Sequence[str] = ("rsa",), permits: Permits = STRICT) -> Verified:
    """What comes of it, over `CONTENT`."""
    return verify(
        read_signature(data), DigestsOf(CONTENT), pinned=[certificate_of(name) for name in pinned], permits=permits
    )


def ours(**options: bool) -> bytes:
    """Our own signature over `CONTENT`."""
    return sign(DIGEST, digest_name="sha256", scheme="rsa-pkcs1", signer=pair_of("rsa"), at=AT, **options)  # type: ignore[arg-type]


# What we write


def test_another_library_reads_what_we_sign() -> None:
    """Every field, by asn1crypto; the attributes are sorted, the algorithms carry NULL where their RFC wants it."""
    info = asn1.ContentInfo.load(ours(), strict=True)
    assert info.dump(force=True) == ours()
    signed = info["content"]
    (signer,) = signed["signer_infos"]
    assert (signed["version"].native, signer["version"].native) == ("v1", "v1")
    assert signed["encap_content_info"].native == {"content_type": "data", "content": None}
    assert signer["digest_algorithm"].dump() == SHA256
    assert signer["signature_algorithm"].native == {"algorithm": "rsassa_pkcs1v15", "parameters": None}
    values = {each["type"].native: each["values"].native for each in signer["signed_attrs"]}
    assert values == {"content_type": ["data"], "message_digest": [DIGEST], "signing_time": [AT]}
    assert [each.chosen.dump() for each in signed["certificates"]] == [certificate_of("rsa").der]


def test_signing_again_gives_the_same_bytes() -> None:
    """The same digest, time and RSA key give the same bytes."""
    assert ours() == ours()


def test_we_verify_what_cryptography_signs() -> None:
    """Its own PKCS #7 builder."""
    key = pair_of("rsa").key
    assert isinstance(key, rsa.RSAPrivateKey)
    data = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(CONTENT)
        .add_signer(load_der_x509_certificate(certificate_of("rsa").der), key, hashes.SHA384())
        .sign(
            serialization.Encoding.DER,
            [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary],
        )
    )
    assert verified(data).digest_name == "sha384"


def test_ed25519_signs_the_attributes() -> None:
    """RFC 8419; with SHA-512 only, and never without attributes."""
    digest = hashlib.sha512(CONTENT).digest()
    data = sign(digest, digest_name="sha512", scheme="ed25519", signer=pair_of("ed25519"), at=AT)
    found = verified(data, pinned=["rsa", "ed25519"])
    assert (found.certificate, found.scheme, found.tolerances) == (certificate_of("ed25519"), "ed25519", frozenset())
    with pytest.raises(AuthenticationFailed):
        verified(data, pinned=["rsa", "p256"])
    with pytest.raises(Unusable):
        sign(DIGEST, digest_name="sha256", scheme="ed25519", signer=pair_of("ed25519"), at=AT)
    ed25519 = signature_algorithm("ed25519", "sha512")
    with pytest.raises(AuthenticationFailed):
        verified(signed_data(signer_info(bytes(64), signing=ed25519)))


@pytest.mark.parametrize(
    ("scheme", "key"), [("rsa-pkcs1", "p256"), ("rsa-pss", "p256"), ("ecdsa", "rsa"), ("ed25519", "rsa")]
)
def test_a_key_that_does_not_fit_the_scheme(scheme: str, key: str) -> None:
    """Said at once, in words."""
    with pytest.raises(Unusable, match="needs an"):
        sign(bytes(64), digest_name="sha512", scheme=scheme, signer=pair_of(key), at=AT)  # type: ignore[arg-type]


def test_weak_digests_are_not_signed_without_a_permit() -> None:
    """Nor a digest of the wrong size."""
    sha1 = hashlib.sha1(CONTENT, usedforsecurity=False).digest()
    with pytest.raises(Unusable):
        sign(sha1, digest_name="sha1", scheme="rsa-pkcs1", signer=pair_of("rsa"), at=AT)
    permitted = Permits(digests=frozenset({"sha1"}))
    data = sign(sha1, digest_name="sha1", scheme="rsa-pkcs1", signer=pair_of("rsa"), at=AT, permits=permitted)
    assert verified(data, permits=permitted).digest_name == "sha1"
    with pytest.raises(Unusable):
        sign(sha1, digest_name="sha256", scheme="rsa-pkcs1", signer=pair_of("rsa"), at=AT)


# Forms


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize(
    "form",
    [
        lambda data: data,
        base64.b64encode,
        base64.encodebytes,
        lambda data: base64.encodebytes(data).replace(b"\n", b"\r\n"),
        lambda data: b"-----BEGIN PKCS7-----\n" + base64.encodebytes(data) + b"-----END PKCS7-----",
    ],
    ids=["der", "one line", "LF", "CRLF", "armour"],
)
def test_der_and_base64(form: type[bytes], end: bytes) -> None:
    """A signature part may hold either, whatever its header says."""
    data = form(ours()) + end
    expected = {"trailing-bytes"} if data[:1] == b"\x30" and end else set()
    assert verified(data).tolerances == expected


def test_digest_info_without_null() -> None:
    """RSA v1.5 over a DigestInfo that leaves NULL out: read, noted, and nothing looser than that."""
    without = der.sequence(SHA256, der.octets(bytes(32)))[:-32]
    data = signed_data(signer_info(rsa_over(CONTENT, prefix=without)))
    assert verified(data).tolerances == {"digest-info-without-null"}
    usual = der.sequence(digest_algorithm("sha256", null=True), der.octets(bytes(32)))[:-32]
    assert verified(signed_data(signer_info(rsa_over(CONTENT, prefix=usual)))).tolerances == frozenset()
    # An extra octet inside the parameters, a length in another form, no structure at all: old forgeries all.
    for loose in (
        usual.replace(b"\x05\x00", b"\x05\x01\x00").replace(b"\x30\x31\x30\x0d", b"\x30\x32\x30\x0e"),
        usual.replace(b"\x04\x20", b"\x04\x81\x20").replace(b"\x30\x31\x30\x0d", b"\x30\x32\x30\x0d"),
        usual.replace(b"\x05\x00", b"\x04\x00"),
        b"",
    ):
        with pytest.raises((AuthenticationFailed, IntegrityFailed)):
            verified(signed_data(signer_info(rsa_over(CONTENT, prefix=loose))))


def test_unsorted_attributes() -> None:
    """Signed as they stand, or signed sorted and sent otherwise; both occur."""
    backwards = sorted((CONTENT_TYPE, MESSAGE_DIGEST), reverse=True)
    assert verified(with_attributes(*backwards)).tolerances == frozenset()
    proper = rsa_over(der.set_of(backwards))
    data = signed_data(signer_info(proper, attributes=der.tlv(0xA0, *backwards)))
    assert verified(data).tolerances == {"signed-attributes-unsorted"}
    indefinite = b"\xa0\x80" + b"".join(backwards) + b"\x00\x00"
    assert verified(signed_data(signer_info(proper, attributes=indefinite))).direct is False


def test_pss_without_parameters_needs_a_permit() -> None:
    """pyas2lib writes it; it is read only where the profile permits it."""
    key = pair_of("rsa").key
    assert isinstance(key, rsa.RSAPrivateKey)
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    value = key.sign(CONTENT, scheme, hashes.SHA256())
    data = signed_data(signer_info(value, signing=der.algorithm(oids.RSASSA_PSS)))
    with pytest.raises(AuthenticationFailed) as refusal:
        verified(data)
    assert refusal.value.cause == "pss-without-parameters"
    assert verified(data, permits=Permits(pss_without_parameters=True)).tolerances == {"pss-without-parameters"}


def test_pss_with_another_salt_than_it_says() -> None:
    """The parameters are what is verified, not a hint."""
    key = pair_of("rsa").key
    assert isinstance(key, rsa.RSAPrivateKey)
    stated = signature_algorithm("rsa-pss", "sha256")
    for salt in (32, 20):
        value = key.sign(CONTENT, padding.PSS(padding.MGF1(hashes.SHA256()), salt), hashes.SHA256())
        data = signed_data(signer_info(value, signing=stated))
        if salt == 32:
            assert verified(data).scheme == "rsa-pss"
        else:
            with pytest.raises(AuthenticationFailed):
                verified(data)


def test_digest_named_by_its_signature() -> None:
    """``sha256WithRSAEncryption`` in both places."""
    named = der.algorithm(oids.SHA256_WITH_RSA, der.NULL)
    data = signed_data(signer_info(rsa_over(CONTENT), digesting=named, signing=named))
    assert verified(data).tolerances == frozenset()


def test_another_digest_for_the_attributes() -> None:
    """SHA-256 of the content, SHA-512 of the attributes: unusual, and still what the pinned key says."""
    key = pair_of("rsa").key
    assert isinstance(key, rsa.RSAPrivateKey)
    content = b"".join(sorted((CONTENT_TYPE, MESSAGE_DIGEST)))
    value = key.sign(der.tlv(0x31, content), padding.PKCS1v15(), hashes.SHA512())
    signing = der.algorithm(oids.SHA512_WITH_RSA, der.NULL)
    data = signed_data(signer_info(value, attributes=der.tlv(0xA0, content), signing=signing))
    assert verified(data).tolerances == {"signature-digest-differs"}


@pytest.mark.parametrize("weak", ["sha1", "md5"])
def test_a_weak_digest_of_the_attributes_needs_a_permit_too(weak: DigestName) -> None:
    """A strong digest of the content does not help when a weak one was signed."""
    key = pair_of("rsa").key
    assert isinstance(key, rsa.RSAPrivateKey)
    content = b"".join(sorted((CONTENT_TYPE, MESSAGE_DIGEST)))
    digest = hashlib.new(weak, der.tlv(0x31, content), usedforsecurity=False).digest()
    algorithm = Prehashed(hashes.SHA1() if weak == "sha1" else hashes.MD5())  # noqa: S303
    value = key.sign(digest, padding.PKCS1v15(), algorithm)
    signing = der.algorithm(oids.SHA1_WITH_RSA if weak == "sha1" else oids.MD5_WITH_RSA, der.NULL)
    data = signed_data(signer_info(value, attributes=der.tlv(0xA0, content), signing=signing))
    with pytest.raises(Insufficient):
        verified(data)
    permitted = Permits(digests=frozenset({weak}))
    assert verified(data, permits=permitted).tolerances == {"signature-digest-differs", "weak-algorithm"}


def test_a_renewed_certificate_under_the_old_name_and_number() -> None:
    """Both are pinned during a change; the key decides, wherever it stands."""
    data = ours()
    assert verified(data, pinned=["rsa-renewed", "rsa"]).certificate == certificate_of("rsa")
    renewed = sign(DIGEST, digest_name="sha256", scheme="rsa-pkcs1", signer=pair_of("rsa-renewed"), at=AT)
    assert verified(renewed, pinned=["rsa", "rsa-renewed"]).certificate == certificate_of("rsa-renewed")


def test_a_signer_who_names_another_certificate() -> None:
    """The pinned key made it, so it is the partner; the name is noted."""
    named = issuer_and_serial(certificate_of("rsa-4096"))
    assert verified(signed_data(signer_info(rsa_over(CONTENT), named=named))).tolerances == {"signer-named-otherwise"}


def test_the_line_ends_that_fit_are_found_in_order() -> None:
    """The learnt form first, all forms in the end, and which one it was."""
    sent = CONTENT.replace(b"\r\n", b"\n")
    digests = EntityDigests(["sha256"])
    head, _, body = sent.partition(b"\n\n")
    digests.update_header(head + b"\n\n")
    digests.update(body)
    asked: list[Canonicalisation] = []

    def digest_of(name: DigestName, canonicalisation: Canonicalisation) -> bytes:
        asked.append(canonicalisation)
        return digests.digest(name, canonicalisation)

    for data in (ours(), signed_data(signer_info(rsa_over(CONTENT)))):
        asked.clear()
        order: list[Canonicalisation] = ["crlf-headers", "crlf-all", "raw"]
        found = verify(read_signature(data), digest_of, order=order, pinned=[certificate_of("rsa")], permits=STRICT)
        assert found.canonicalisation == "crlf-all"
        assert asked == ["crlf-headers", "crlf-all"]
        with pytest.raises(IntegrityFailed):
            verify(read_signature(data), digest_of, order=["raw"], pinned=[certificate_of("rsa")], permits=STRICT)


# What nobody may believe


def test_the_certificate_inside_is_no_reason_to_believe() -> None:
    """A good signature, its certificate beside it, nobody pinned it."""
    with pytest.raises(AuthenticationFailed) as refusal:
        verified(ours(), pinned=["rsa-other", "p256", "ed25519", "x25519"])
    assert refusal.value.cause == "signer-unknown"
    with pytest.raises(AuthenticationFailed):
        verified(ours(), pinned=[])


def test_digests_are_compared_before_keys() -> None:
    """Changed content by a stranger is changed content."""
    with pytest.raises(IntegrityFailed):
        verify(read_signature(ours()), DigestsOf(b"other"), pinned=[], permits=STRICT)


def test_a_direct_rsa_signature_tells_changed_content_from_another_signer() -> None:
    """Its digest can be taken out of it."""
    data = signed_data(signer_info(rsa_over(b"other content")))
    with pytest.raises(IntegrityFailed):
        verified(data)
    with pytest.raises(AuthenticationFailed):
        verified(data, pinned=["rsa-other"])


def test_changed_algorithms_are_seen_where_the_signer_protected_them() -> None:
    """RFC 6211."""
    data = ours(algorithm_protection=True)
    assert verified(data).tolerances == frozenset()
    protected = der.sequence(
        der.oid(oids.ALGORITHM_PROTECTION), der.set_of([der.sequence(digest_algorithm("sha512"), b"\xa1" + RSA[1:])])
    )
    with pytest.raises(AuthenticationFailed) as refusal:
        verified(with_attributes(*sorted((CONTENT_TYPE, MESSAGE_DIGEST, protected))))
    assert refusal.value.cause == "algorithms-changed"


ONE = signer_info(rsa_over(CONTENT))
OTHER_TYPE = der.sequence(der.oid(oids.CONTENT_TYPE), der.set_of([der.oid(oids.SIGNED_DATA)]))
TWO_VALUES = der.sequence(der.oid(oids.MESSAGE_DIGEST), der.set_of([der.octets(DIGEST), der.octets(bytes(32))]))
REFUSED = {
    "empty": b"",
    "text": b"this is no signature",
    "nobody signed": signed_data(),
    "two signers": signed_data(ONE, signer_info(rsa_over(b"x"))),
    "the same signer twice": signed_data(ONE, ONE),
    "no message digest": with_attributes(CONTENT_TYPE),
    "no content type": with_attributes(MESSAGE_DIGEST),
    "no attributes at all, but a place for them": with_attributes(),
    "another content type": with_attributes(OTHER_TYPE, MESSAGE_DIGEST),
    "two message digests": with_attributes(CONTENT_TYPE, MESSAGE_DIGEST, MESSAGE_DIGEST),
    "two values of one": with_attributes(CONTENT_TYPE, TWO_VALUES),
    "another type inside": signed_data(ONE, kind=oids.SIGNED_DATA),
    "unknown digest": signed_data(signer_info(rsa_over(CONTENT), digesting=der.algorithm(oids.ZLIB))),
    "unknown signature": signed_data(signer_info(rsa_over(CONTENT), signing=der.algorithm(oids.ZLIB))),
    "parameters for a digest": signed_data(
        signer_info(rsa_over(CONTENT), digesting=der.algorithm(oids.SHA256, der.octets(b"")))
    ),
    "no SignedData": der.sequence(der.oid(oids.DATA), der.explicit(0, der.octets(CONTENT))),
    "bytes after it": ours() + b"x",
    "too large": ours() + b" " * (1 << 20),
    "ECDSA by an RSA key": signed_data(signer_info(rsa_over(CONTENT), signing=signature_algorithm("ecdsa", "sha256"))),
    "an empty value": signed_data(signer_info(b"")),
    "a value of ones": signed_data(signer_info(b"\xff" * 256)),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_refused(data: bytes) -> None:
    """Each for a reason of its own, all as no signature of the partner."""
    with pytest.raises(AuthenticationFailed):
        verified(data)


def test_content_beside_the_signature_counts_for_nothing() -> None:
    """The digest is that of what arrived, whatever the signature brought along."""
    data = signed_data(ONE, content=der.explicit(0, der.octets(b"something else")))
    assert verified(data).tolerances == {"content-beside-signature"}
    other = signed_data(signer_info(rsa_over(b"x")), content=der.explicit(0, der.octets(b"x")))
    with pytest.raises(IntegrityFailed):
        verified(other)
