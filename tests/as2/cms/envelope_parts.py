"""Envelopes made of any parts, for the tests that open them."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.hazmat.primitives import padding as block_padding
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher as LibraryCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from as2.cms import der, oids
from as2.cms.algorithms import CIPHERS, WEAK_CIPHERS, CipherName, Permits, cipher_algorithm
from as2.cms.certificate_ids import issuer_and_serial
from as2.cms.enveloping import Form, envelope
from as2.cms.opening import Opened, open_envelope
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


STRINGS = {
    "GCM": (GCM, AESGCM(KEY).encrypt(NONCE, CONTENT, None)),
    "CBC": (CBC, cbc(CONTENT)),
}
"""The content under the key of these parts: the algorithm, and the bytes."""
