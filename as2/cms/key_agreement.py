"""How a content key is agreed on with the holder of an EC or X25519 key (RFC 5753, RFC 8418).

The sender makes a key for this one message (ephemeral-static), derives a key encryption key from the shared secret and
wraps the content key under it. What is hashed beside the secret, ECC-CMS-SharedInfo, holds the algorithm identifier of
the wrap exactly as it stands in the message.
"""

from __future__ import annotations

from typing import Final

import msgspec

from as2.cms import der, oids
from as2.cms.algorithms import read_algorithm
from as2.cms.ber import Element, Malformed, parse
from as2.cms.primitives import (
    PrivateKey,
    PublicKey,
    agreed_by_recipient,
    agreed_by_sender,
    derived,
    key_bits,
    kind,
    unwrapped,
    wrapped,
)
from as2.digests import DigestName

_KDFS: Final[dict[bytes, tuple[DigestName, bool]]] = {
    oids.STD_DH_SHA1_KDF: ("sha1", False),
    oids.STD_DH_SHA224_KDF: ("sha224", False),
    oids.STD_DH_SHA256_KDF: ("sha256", False),
    oids.STD_DH_SHA384_KDF: ("sha384", False),
    oids.STD_DH_SHA512_KDF: ("sha512", False),
    oids.STD_DH_HKDF_SHA256: ("sha256", True),
    oids.STD_DH_HKDF_SHA384: ("sha384", True),
    oids.STD_DH_HKDF_SHA512: ("sha512", True),
}
"""Digest of the key derivation, and whether it is HKDF rather than that of X9.63."""
_WRAPS: Final = {oids.AES128_WRAP: 16, oids.AES192_WRAP: 24, oids.AES256_WRAP: 32}
_WRAPS_BY_SIZE: Final = {size: oid for oid, size in _WRAPS.items()}
_KDF_BY_BITS: Final = {256: oids.STD_DH_SHA256_KDF, 384: oids.STD_DH_SHA384_KDF, 521: oids.STD_DH_SHA512_KDF}


class Agreement(msgspec.Struct, frozen=True):
    """What a KeyAgreeRecipientInfo says about the way to its keys."""

    point: bytes
    """The sender's public point, or the octets of its X25519 key."""
    scheme: bytes
    wrap: bytes
    """AlgorithmIdentifier of the key wrap, as it came."""
    wrap_size: int
    """Bytes of the key encryption key."""
    keying_material: bytes | None

    def __str__(self) -> str:
        """Such as ``ecdh-sha256-aes256wrap``."""
        return f"ecdh-{_KDFS[self.scheme][0]}-aes{8 * self.wrap_size}wrap"

    def key(self, secret: bytes) -> bytes:
        """The key encryption key that follows from a shared secret."""
        name, hkdf = _KDFS[self.scheme]
        info = _shared_info(self.wrap, self.keying_material, self.wrap_size)
        return derived(name, secret, info, self.wrap_size, hkdf=hkdf)


def read_agreement(point: bytes, algorithm: Element, keying_material: bytes | None) -> Agreement:
    """The way to the keys of a KeyAgreeRecipientInfo; :class:`Malformed` when a part of it is not known."""
    scheme, wrap = read_algorithm(algorithm)
    if scheme not in _KDFS or wrap is None:
        raise Malformed(f"no known key agreement: {oids.dotted(scheme)}")
    size = _WRAPS.get(read_algorithm(wrap)[0])
    if size is None:
        raise Malformed("no known key wrap")
    return Agreement(point, scheme, wrap.raw, size, keying_material)


def unwrap(agreement: Agreement, key: PrivateKey, encrypted: bytes) -> bytes | None:
    """The content key for the holder of `key`, or ``None``."""
    secret = agreed_by_recipient(key, agreement.point)
    return None if secret is None else unwrapped(agreement.key(secret), encrypted)


def wrap(recipient: PublicKey, content_key: bytes) -> tuple[bytes, bytes, bytes]:
    """For the holder of `recipient`: originator key, key encryption algorithm (both encoded) and the wrapped key."""
    x25519 = kind(recipient) == "x25519"
    scheme = oids.STD_DH_HKDF_SHA256 if x25519 else _KDF_BY_BITS[key_bits(recipient)]
    size = len(content_key) if len(content_key) in _WRAPS_BY_SIZE else 32
    wrapping = der.algorithm(_WRAPS_BY_SIZE[size])
    point, secret = agreed_by_sender(recipient)
    kek = read_agreement(point, parse(der.algorithm(scheme, wrapping)), None).key(secret)
    kind_of_key = der.algorithm(oids.X25519 if x25519 else oids.EC_PUBLIC_KEY)
    # OriginatorIdentifierOrKey: the choice originatorKey has the implicit tag 1 (RFC 5652 section 6.2.2).
    originator = der.tlv(0xA1, kind_of_key, der.bits(point))
    return originator, der.algorithm(scheme, wrapping), wrapped(kek, content_key)


def _shared_info(wrapping: bytes, keying_material: bytes | None, size: int) -> bytes:
    """ECC-CMS-SharedInfo of RFC 5753 section 7.2."""
    return der.sequence(
        wrapping,
        b"" if keying_material is None else der.explicit(0, der.octets(keying_material)),
        der.explicit(2, der.octets((8 * size).to_bytes(4, "big"))),
    )
