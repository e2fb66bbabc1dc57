"""Every structure that `openssl cms` can make or read, in both directions: it is the independent judge of ours."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from as2.certificates import Unusable
from as2.cms.algorithms import WEAK_CIPHERS, CipherName, Permits, Scheme
from as2.cms.certificate_ids import IdForm
from as2.cms.enveloping import envelope
from as2.cms.opening import open_envelope
from as2.cms.recipients import KeyTransport
from as2.cms.signature import read_signature
from as2.cms.signing import sign
from as2.cms.verifying import verify
from as2.digests import DigestName
from as2.fault import AuthenticationFailed, Insufficient, IntegrityFailed
from as2.source import BytesSource
from tests.as2.keys import (
    ANYTHING,
    DigestsOf,
    certificate_of,
    entropy,
    key_pem,
    openssl_cms,
    pair_of,
    pem,
    read_all,
    refused_by_openssl_cms,
)

CONTENT = b"Content-Type: application/EDIFACT\r\n\r\nUNB+UNOC:3+US+THEM'\r\n"
LARGE = bytes(range(256)) * 1200
AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
STRICT = Permits()
LEGACY = Permits(digests=frozenset({"sha1", "md5", "sha224"}), ciphers=WEAK_CIPHERS, smallest_rsa=ANYTHING)

SIGNERS: list[tuple[str, Scheme]] = [
    ("rsa", "rsa-pkcs1"),
    ("rsa", "rsa-pss"),
    ("p256", "ecdsa"),
    ("p384", "ecdsa"),
    ("p521", "ecdsa"),
]
DIGESTS: list[DigestName] = ["sha256", "sha384", "sha512"]


def verified_by_openssl(signature: bytes, content: bytes, tmp_path: Path) -> bytes:
    """What `openssl cms -verify` gives for a detached signature."""
    file = tmp_path / "content"
    file.write_bytes(content)
    return openssl_cms(
        *("-verify", "-inform", "DER", "-binary", "-content", str(file), "-CAfile", pem("ca"), "-noverify"),
        *("-certfile", pem("rsa")),
        stdin=signature,
    )


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize(("key", "scheme"), SIGNERS)
def test_openssl_verifies_what_we_sign(key: str, scheme: Scheme, digest: DigestName, tmp_path: Path) -> None:
    """Every scheme with every digest; the content comes back from openssl only if the signature holds."""
    signature = sign(DigestsOf(CONTENT)(digest, "raw"), digest_name=digest, scheme=scheme, signer=pair_of(key), at=AT)
    assert verified_by_openssl(signature, CONTENT, tmp_path) == CONTENT


def test_openssl_refuses_our_signature_over_other_content(tmp_path: Path) -> None:
    """The judge can say no."""
    signature = sign(
        DigestsOf(CONTENT)("sha256", "raw"), digest_name="sha256", scheme="rsa-pkcs1", signer=pair_of("rsa"), at=AT
    )
    file = tmp_path / "content"
    file.write_bytes(CONTENT + b" ")
    assert refused_by_openssl_cms(
        *("-verify", "-inform", "DER", "-binary", "-content", str(file), "-noverify"), stdin=signature
    )


@pytest.mark.parametrize("protection", [False, True])
@pytest.mark.parametrize("certificate", [False, True])
def test_openssl_verifies_without_our_certificate_and_with_protected_algorithms(
    protection: bool, certificate: bool, tmp_path: Path
) -> None:
    """The two switches of a signature."""
    signature = sign(
        DigestsOf(CONTENT)("sha256", "raw"),
        digest_name="sha256",
        scheme="rsa-pkcs1",
        signer=pair_of("rsa"),
        at=AT,
        include_certificate=certificate,
        algorithm_protection=protection,
    )
    assert verified_by_openssl(signature, CONTENT, tmp_path) == CONTENT
    assert (certificate_of("rsa").der in signature) == certificate
    found = verify(read_signature(signature), DigestsOf(CONTENT), pinned=[certificate_of("rsa")], permits=STRICT)
    assert found.tolerances == frozenset()


SIGNING_OPTIONS = ["", "-noattr", "-keyid", "-nocerts", "-nosmimecap", "-indef", "-cades", "-noattr -keyid"]
SIGNED = [
    (key, scheme, digest, options)
    for key, scheme in SIGNERS
    for digest in DIGESTS
    for options in SIGNING_OPTIONS
    # openssl 3.0 fails to write this one: "illegal zero content".
    if (scheme, options) != ("rsa-pss", "-indef")
]


@pytest.mark.parametrize(("key", "scheme", "digest", "options"), SIGNED)
def test_we_verify_what_openssl_signs(key: str, scheme: Scheme, digest: DigestName, options: str) -> None:
    """With and without attributes, certificates, capabilities; by number or key identifier; definite or not."""
    pss = ("-keyopt", "rsa_padding_mode:pss") if scheme == "rsa-pss" else ()
    data = openssl_cms(
        *("-sign", "-binary", "-outform", "DER", "-md", digest, *options.split()),
        *("-signer", pem(key), "-inkey", key_pem(key), *pss),
        stdin=CONTENT,
    )
    signature = read_signature(data)
    pinned = [certificate_of("rsa-other"), certificate_of(key)]
    found = verify(signature, DigestsOf(CONTENT), pinned=pinned, permits=STRICT)
    assert (found.certificate, found.scheme, found.digest_name) == (certificate_of(key), scheme, digest)
    assert found.direct == (not signature.has_signed_attributes) == ("-noattr" in options)
    # What openssl streams it does not detach.
    assert found.tolerances == ({"content-beside-signature"} if "-indef" in options else frozenset())
    assert (signature.signing_time is None) == found.direct
    assert (signature.embedded == ()) == ("-nocerts" in options)
    with pytest.raises((IntegrityFailed, AuthenticationFailed)) as refusal:
        verify(signature, DigestsOf(CONTENT + b" "), pinned=pinned, permits=STRICT)
    # An ECDSA or PSS signature without attributes does not tell which of the two it is.
    told = not found.direct or scheme == "rsa-pkcs1"
    assert refusal.type is (IntegrityFailed if told else AuthenticationFailed)
    with pytest.raises(AuthenticationFailed):
        verify(signature, DigestsOf(CONTENT), pinned=[certificate_of("rsa-4096")], permits=STRICT)


@pytest.mark.parametrize(
    "options",
    [
        ("rsa_pss_saltlen:max",),
        ("rsa_pss_saltlen:0",),
        ("rsa_mgf1_md:sha1",),
        ("rsa_mgf1_md:sha512", "rsa_pss_saltlen:20"),
    ],
    ids=" ".join,
)
def test_we_verify_any_parameters_of_pss(options: tuple[str, ...]) -> None:
    """Salt and MGF1 digest are what the parameters say."""
    arguments = [argument for option in ("rsa_padding_mode:pss", *options) for argument in ("-keyopt", option)]
    data = openssl_cms(
        *("-sign", "-binary", "-outform", "DER", "-md", "sha256"),
        *("-signer", pem("rsa"), "-inkey", key_pem("rsa"), *arguments),
        stdin=CONTENT,
    )
    found = verify(read_signature(data), DigestsOf(CONTENT), pinned=[certificate_of("rsa")], permits=STRICT)
    assert found.scheme == "rsa-pss"


@pytest.mark.parametrize("digest", ["sha1", "sha224", "md5"])
@pytest.mark.parametrize("options", [(), ("-noattr",)], ids=" ".join)
def test_weak_digests_need_a_permit(digest: str, options: tuple[str, ...]) -> None:
    """Read with it and recorded; without it, that is what the partner hears."""
    data = openssl_cms(
        *("-sign", "-binary", "-outform", "DER", "-md", digest, *options),
        *("-signer", pem("rsa"), "-inkey", key_pem("rsa")),
        stdin=CONTENT,
    )
    signature = read_signature(data)
    found = verify(signature, DigestsOf(CONTENT), pinned=[certificate_of("rsa")], permits=LEGACY)
    assert found.tolerances == {"weak-algorithm"}
    with pytest.raises(Insufficient) as refusal:
        verify(signature, DigestsOf(CONTENT), pinned=[certificate_of("rsa")], permits=STRICT)
    assert refusal.value.cause == "weak-digest"


def test_small_keys_need_a_permit() -> None:
    """RSA of 1024 bits verifies only where the profile says so."""
    data = openssl_cms(
        *("-sign", "-binary", "-outform", "DER", "-signer", pem("rsa-1024"), "-inkey", key_pem("rsa-1024")),
        stdin=CONTENT,
    )
    signature = read_signature(data)
    pinned = [certificate_of("rsa-1024")]
    permitted = Permits(smallest_rsa=1024)
    assert verify(signature, DigestsOf(CONTENT), pinned=pinned, permits=permitted).tolerances == {"weak-algorithm"}
    with pytest.raises(AuthenticationFailed):
        verify(signature, DigestsOf(CONTENT), pinned=pinned, permits=STRICT)


# Envelopes

OPENSSL_CIPHERS: list[tuple[CipherName, str]] = [
    ("aes128-cbc", "-aes-128-cbc"),
    ("aes192-cbc", "-aes-192-cbc"),
    ("aes256-cbc", "-aes-256-cbc"),
    ("aes128-gcm", "-aes-128-gcm"),
    ("aes192-gcm", "-aes-192-gcm"),
    ("aes256-gcm", "-aes-256-gcm"),
    ("3des-cbc", "-des3"),
]
ENVELOPED = [
    (cipher, flag, key, content, options)
    for cipher, flag in OPENSSL_CIPHERS
    for key in ("rsa", "p256")
    for content in (CONTENT, LARGE, b"")
    for options in ("", "-keyid", "-stream", "-stream -keyid")
    # openssl 3.0 fails to stream an empty AuthEnvelopedData, and wraps 3DES keys under 3DES, as nobody else does.
    if not ("gcm" in cipher and not content and "-stream" in options) and (cipher, key) != ("3des-cbc", "p256")
]


def decrypted_by_openssl(data: bytes, key: str) -> bytes:
    """What `openssl cms -decrypt` gives."""
    return openssl_cms(
        *("-decrypt", "-binary", "-inform", "DER", "-recip", pem(key), "-inkey", key_pem(key)), stdin=data
    )


@pytest.mark.parametrize("recipient_id", ["issuer-serial", "key-id"])
@pytest.mark.parametrize("key", ["rsa", "p256", "p384", "p521"])
@pytest.mark.parametrize("cipher", [name for name, _ in OPENSSL_CIPHERS])
def test_openssl_opens_what_we_envelope(cipher: CipherName, key: str, recipient_id: IdForm) -> None:
    """Every cipher that openssl has in CMS, by key transport and by key agreement, named in both ways."""
    data = read_all(
        envelope(
            BytesSource(CONTENT),
            cipher=cipher,
            recipients=[certificate_of(key)],
            recipient_id=recipient_id,
            permits=LEGACY,
            entropy=entropy,
        )
    )
    assert decrypted_by_openssl(data, key) == CONTENT


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 112, 113, 240, 65535, 300_000])
@pytest.mark.parametrize("cipher", ["aes128-cbc", "aes256-gcm"])
def test_openssl_opens_every_size(size: int, cipher: CipherName) -> None:
    """Around a block and around the sizes at which a length takes another octet."""
    content = (LARGE * 2)[:size]
    data = read_all(envelope(BytesSource(content), cipher=cipher, recipients=[certificate_of("rsa")], entropy=entropy))
    assert decrypted_by_openssl(data, "rsa") == content


@pytest.mark.parametrize("mgf", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
def test_oaep_with_any_digests_both_ways(digest: DigestName, mgf: DigestName) -> None:
    """RSA-OAEP, also with another digest in MGF1; what is SHA-1 is left out of the parameters."""
    ours = read_all(
        envelope(
            BytesSource(CONTENT),
            cipher="aes128-cbc",
            recipients=[certificate_of("rsa")],
            key_transport=KeyTransport("rsa-oaep", digest, mgf),
            entropy=entropy,
        )
    )
    assert decrypted_by_openssl(ours, "rsa") == CONTENT
    theirs = openssl_cms(
        *("-encrypt", "-binary", "-outform", "DER", "-aes128", "-recip", pem("rsa")),
        *("-keyopt", "rsa_padding_mode:oaep", "-keyopt", f"rsa_oaep_md:{digest}", "-keyopt", f"rsa_mgf1_md:{mgf}"),
        stdin=CONTENT,
    )
    opened = open_envelope(BytesSource(theirs), keys=[pair_of("rsa")], permits=STRICT, entropy=entropy)
    assert read_all(opened.content) == CONTENT
    assert opened.key_transport == f"rsa-oaep-{digest}-mgf1-{mgf}"


@pytest.mark.parametrize(
    ("cipher", "flag", "key", "content", "options"),
    ENVELOPED,
    ids=[f"{cipher}-{key}-{len(content)}-{options}" for cipher, _, key, content, options in ENVELOPED],
)
def test_we_open_what_openssl_envelopes(cipher: CipherName, flag: str, key: str, content: bytes, options: str) -> None:
    """Definite and indefinite lengths, strings in pieces, AuthEnvelopedData, both ways to name the recipient."""
    data = openssl_cms(
        "-encrypt", "-binary", "-outform", "DER", flag, *options.split(), "-recip", pem(key), stdin=content
    )
    opened = open_envelope(BytesSource(data), keys=[pair_of("rsa"), pair_of("p256")], permits=LEGACY, entropy=entropy)
    assert read_all(opened.content) == content
    assert (opened.cipher, opened.opened_by) == (cipher, pair_of(key))
    assert opened.form == ("auth-enveloped" if "gcm" in cipher else "enveloped")
    assert opened.tolerances == ({"weak-algorithm"} if cipher in WEAK_CIPHERS else frozenset())


@pytest.mark.parametrize("wrap", ["-aes128-wrap", "-aes192-wrap", "-aes256-wrap"])
@pytest.mark.parametrize("kdf", ["sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("key", ["p256", "p384", "p521"])
def test_we_agree_on_keys_as_openssl_does(key: str, kdf: str, wrap: str) -> None:
    """Every key derivation and key wrap of RFC 5753 that openssl knows, with user keying material or not."""
    data = openssl_cms(
        *("-encrypt", "-binary", "-outform", "DER", "-aes256", wrap, "-recip", pem(key)),
        *("-keyopt", f"ecdh_kdf_md:{kdf}"),
        stdin=CONTENT,
    )
    opened = open_envelope(BytesSource(data), keys=[pair_of(key)], permits=STRICT, entropy=entropy)
    assert read_all(opened.content) == CONTENT
    assert opened.key_transport == f"ecdh-{kdf}-aes{wrap[4:7]}wrap"


@pytest.mark.parametrize("ours", ["rsa", "rsa-other", "p256", "rsa-4096"])
def test_any_recipient_of_many_opens_it(ours: str) -> None:
    """In any place, from either side."""
    names = ["rsa", "p256", "rsa-other", "p384", "rsa-4096"]
    recipients = [argument for name in names for argument in ("-recip", pem(name))]
    theirs = openssl_cms("-encrypt", "-binary", "-outform", "DER", "-aes256", *recipients, stdin=CONTENT)
    opened = open_envelope(BytesSource(theirs), keys=[pair_of(ours)], permits=STRICT, entropy=entropy)
    assert (read_all(opened.content), opened.recipients) == (CONTENT, 5)
    made = envelope(
        BytesSource(CONTENT), cipher="aes256-cbc", recipients=[certificate_of(name) for name in names], entropy=entropy
    )
    assert decrypted_by_openssl(read_all(made), ours) == CONTENT


def test_weak_ciphers_need_a_permit() -> None:
    """3DES is read by permit only, and not written without one either."""
    data = openssl_cms("-encrypt", "-binary", "-outform", "DER", "-des3", "-recip", pem("rsa"), stdin=CONTENT)
    with pytest.raises(Insufficient) as refusal:
        open_envelope(BytesSource(data), keys=[pair_of("rsa")], permits=STRICT, entropy=entropy)
    assert refusal.value.cause == "weak-cipher"
    with pytest.raises(Unusable):
        envelope(BytesSource(CONTENT), cipher="3des-cbc", recipients=[certificate_of("rsa")], entropy=entropy)
