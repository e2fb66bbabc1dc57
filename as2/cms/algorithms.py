"""Which algorithms there are, how CMS names them and their parameters, and which of them need a permit.

Digests of RFC 5754, signatures of RFC 8017, RFC 5480 and RFC 8410, content encryption of RFC 3565, RFC 5084 and RFC
3370. What is broken or too short is known too, because partners still send it, but it is read or written only with
`Permits`, each of which a profile has to grant by name.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from as2.cms import der, oids
from as2.cms.ber import INTEGER, NULL, OCTET_STRING, OCTET_STRING_IN_PIECES, SEQUENCE, Element, Fields, Malformed
from as2.cms.primitives import BlockCipher
from as2.digests import DigestName

Scheme = Literal["rsa-pkcs1", "rsa-pss", "ecdsa", "ed25519"]
CipherName = Literal[
    "aes128-cbc",
    "aes192-cbc",
    "aes256-cbc",
    "aes128-gcm",
    "aes192-gcm",
    "aes256-gcm",
    "aes128-ccm",
    "aes192-ccm",
    "aes256-ccm",
    "3des-cbc",
    "rc2-cbc",
]
Mode = Literal["cbc", "gcm", "ccm"]

STRONG_DIGESTS: Final[frozenset[DigestName]] = frozenset({"sha256", "sha384", "sha512"})
WEAK_CIPHERS: Final[frozenset[CipherName]] = frozenset({"3des-cbc", "rc2-cbc"})
SMALLEST_RSA: Final = 2048
"""Bits of an RSA modulus (RFC 8551 section 2.2, draft-ietf-ediint-rfc4130bis)."""
TAG_SIZE: Final = 16
"""Bytes of the tags that we write; RFC 5084 allows 12 to 16."""


class Permits(msgspec.Struct, frozen=True):
    """What a profile lets a partner use although it is weak or wrong; nothing by itself."""

    digests: frozenset[DigestName] = frozenset()
    """Digests of signatures beside SHA-256, SHA-384 and SHA-512."""
    ciphers: frozenset[CipherName] = frozenset()
    """3DES, RC2."""
    smallest_rsa: int = SMALLEST_RSA
    """Bits of the smallest RSA modulus."""
    pss_without_parameters: bool = False
    """Read a PSS signature that does not say its parameters, as pyas2lib writes it (RFC 4056 forbids it)."""

    @property
    def readable_digests(self) -> frozenset[DigestName]:
        """The digests that a signature may use: one pass over the content has to compute these."""
        return STRONG_DIGESTS | self.digests

    @property
    def usable_ciphers(self) -> frozenset[CipherName]:
        """The content encryption that may be read and written."""
        return frozenset(CIPHERS) - WEAK_CIPHERS | self.ciphers


class Cipher(msgspec.Struct, frozen=True):
    """A content encryption algorithm."""

    name: CipherName
    oid: bytes
    block: BlockCipher
    mode: Mode
    key_size: int
    """Bytes."""

    @property
    def block_size(self) -> int:
        """Bytes of a block, which is also the size of a CBC initialisation vector."""
        return 16 if self.block == "aes" else 8


class CipherParameters(msgspec.Struct, frozen=True):
    """What an algorithm identifier says beside the algorithm."""

    nonce: bytes
    """The initialisation vector of CBC, the nonce of GCM and CCM."""
    tag_size: int = 0
    """Bytes; none for CBC."""
    bare: bool = False
    """Whether GCM came with the nonce alone, as PKI.js writes it, instead of GCMParameters."""


CIPHERS: Final[dict[CipherName, Cipher]] = {
    cipher.name: cipher
    for cipher in (
        Cipher("aes128-cbc", oids.AES128_CBC, "aes", "cbc", 16),
        Cipher("aes192-cbc", oids.AES192_CBC, "aes", "cbc", 24),
        Cipher("aes256-cbc", oids.AES256_CBC, "aes", "cbc", 32),
        Cipher("aes128-gcm", oids.AES128_GCM, "aes", "gcm", 16),
        Cipher("aes192-gcm", oids.AES192_GCM, "aes", "gcm", 24),
        Cipher("aes256-gcm", oids.AES256_GCM, "aes", "gcm", 32),
        Cipher("aes128-ccm", oids.AES128_CCM, "aes", "ccm", 16),
        Cipher("aes192-ccm", oids.AES192_CCM, "aes", "ccm", 24),
        Cipher("aes256-ccm", oids.AES256_CCM, "aes", "ccm", 32),
        Cipher("3des-cbc", oids.DES_EDE3_CBC, "3des", "cbc", 24),
        Cipher("rc2-cbc", oids.RC2_CBC, "rc2", "cbc", 16),
    )
}
_CIPHERS_BY_OID: Final = {cipher.oid: cipher for cipher in CIPHERS.values()}
_RC2_128_BITS: Final = 58
"""How RC2 says that 128 bits of its key count (RFC 3370 section 5.2); the only strength that is read."""

DIGEST_OIDS: Final[dict[DigestName, bytes]] = {
    "md5": oids.MD5,
    "sha1": oids.SHA1,
    "sha224": oids.SHA224,
    "sha256": oids.SHA256,
    "sha384": oids.SHA384,
    "sha512": oids.SHA512,
}
DIGEST_SIZES: Final[dict[DigestName, int]] = {
    "md5": 16,
    "sha1": 20,
    "sha224": 28,
    "sha256": 32,
    "sha384": 48,
    "sha512": 64,
}
_RSA_OIDS: Final[dict[bytes, DigestName]] = {
    oids.MD5_WITH_RSA: "md5",
    oids.SHA1_WITH_RSA: "sha1",
    oids.SHA1_WITH_RSA_OIW: "sha1",
    oids.SHA224_WITH_RSA: "sha224",
    oids.SHA256_WITH_RSA: "sha256",
    oids.SHA384_WITH_RSA: "sha384",
    oids.SHA512_WITH_RSA: "sha512",
}
_ECDSA_OIDS: Final[dict[DigestName, bytes]] = {
    "sha1": oids.ECDSA_WITH_SHA1,
    "sha224": oids.ECDSA_WITH_SHA224,
    "sha256": oids.ECDSA_WITH_SHA256,
    "sha384": oids.ECDSA_WITH_SHA384,
    "sha512": oids.ECDSA_WITH_SHA512,
}
_DIGESTS_BY_OID: Final = {oid: name for name, oid in DIGEST_OIDS.items()} | _RSA_OIDS
"""Some products name the digest of a SignerInfo by the signature it is used in."""
_ECDSA_BY_OID: Final = {oid: name for name, oid in _ECDSA_OIDS.items()}


def read_algorithm(element: Element) -> tuple[bytes, Element | None]:
    """The object identifier of an AlgorithmIdentifier and its parameters; NULL counts as none."""
    fields = Fields(element)
    oid = fields.take().oid()
    parameters = fields.maybe()
    fields.end()
    return oid, None if parameters is not None and parameters.tag == NULL else parameters


# Digests


def read_digest(element: Element) -> DigestName:
    """The digest that an AlgorithmIdentifier names, with NULL parameters or without any (RFC 5754 section 2)."""
    oid, parameters = read_algorithm(element)
    name = _DIGESTS_BY_OID.get(oid)
    if name is None or parameters is not None:
        raise Malformed(f"no known digest: {oids.dotted(oid)}")
    return name


def digest_algorithm(name: DigestName, *, null: bool = False) -> bytes:
    """The AlgorithmIdentifier of a digest: without parameters, as RFC 5754 wants it, or with NULL, as RFC 8017 does."""
    return der.algorithm(DIGEST_OIDS[name], der.NULL if null else b"")


def digest_infos(name: DigestName, digest: bytes) -> tuple[bytes, bytes]:
    """The two encodings of a DigestInfo that an RSA v1.5 signature may hold (RFC 8017 section 9.2, appendix B.1)."""
    with_null, without = (der.sequence(digest_algorithm(name, null=null), der.octets(digest)) for null in (True, False))
    return with_null, without


# Signatures


class SignatureAlgorithm(msgspec.Struct, frozen=True):
    """A signature algorithm with its parameters."""

    scheme: Scheme
    digest: DigestName | None
    """``None`` where the identifier leaves it to the digest algorithm of the signer."""
    mgf: DigestName | None = None
    salt: int | None = None
    """PSS only; ``None`` when no parameters were given."""


def read_signature_algorithm(element: Element) -> SignatureAlgorithm:
    """The signature algorithm that an AlgorithmIdentifier names; :class:`Malformed` for one we do not know."""
    oid, parameters = read_algorithm(element)
    if oid == oids.RSASSA_PSS:
        return _read_pss(parameters)
    if oid == oids.RSA or oid in _RSA_OIDS:
        found = SignatureAlgorithm("rsa-pkcs1", _RSA_OIDS.get(oid))
    elif oid == oids.EC_PUBLIC_KEY or oid in _ECDSA_BY_OID:
        found = SignatureAlgorithm("ecdsa", _ECDSA_BY_OID.get(oid))
    elif oid == oids.ED25519:
        found = SignatureAlgorithm("ed25519", None)
    else:
        raise Malformed(f"no known signature algorithm: {oids.dotted(oid)}")
    if parameters is not None and oid != oids.EC_PUBLIC_KEY:
        raise Malformed("parameters where a signature algorithm has none")
    return found


def signature_algorithm(scheme: Scheme, digest: DigestName) -> bytes:
    """The AlgorithmIdentifier of a signature (RFC 3370 section 3.2, RFC 4056, RFC 5754 section 3.3, RFC 8419)."""
    match scheme:
        case "rsa-pkcs1":
            return der.algorithm(oids.RSA, der.NULL)
        case "ecdsa":
            return der.algorithm(_ECDSA_OIDS[digest])
        case "ed25519":
            return der.algorithm(oids.ED25519)
        case "rsa-pss":
            parts = (der.explicit(0, digest_algorithm(digest, null=True)), der.explicit(1, _mgf1(digest)))
            salt = der.explicit(2, der.integer(DIGEST_SIZES[digest]))
            return der.algorithm(oids.RSASSA_PSS, der.sequence(*parts, salt))


def _read_pss(parameters: Element | None) -> SignatureAlgorithm:
    """RSASSA-PSS-params of RFC 8017 appendix A.2.3, whose defaults are those of SHA-1."""
    if parameters is None:
        return SignatureAlgorithm("rsa-pss", None)
    fields = Fields(parameters)
    digest, mgf = _read_hash_and_mgf(fields)
    salt = _tagged(fields, 2)
    trailer = _tagged(fields, 3)
    fields.end()
    length = 20 if salt is None else salt.integer()
    if not 0 <= length <= 512 or (trailer is not None and trailer.integer() != 1):
        raise Malformed("PSS parameters that no signature can have")
    return SignatureAlgorithm("rsa-pss", digest, mgf, length)


def read_oaep(parameters: Element | None) -> tuple[DigestName, DigestName]:
    """Digest and MGF1 digest of RSAES-OAEP-params (RFC 8017 appendix A.2.1); what is absent is SHA-1."""
    if parameters is None:
        return "sha1", "sha1"
    fields = Fields(parameters)
    found = _read_hash_and_mgf(fields)
    source = _tagged(fields, 2)
    fields.end()
    if source is not None:
        oid, label = read_algorithm(source)
        if oid != oids.P_SPECIFIED or label is None or label.octets():
            raise Malformed("an OAEP label that is not empty")
    return found


def oaep_algorithm(digest: DigestName, mgf: DigestName) -> bytes:
    """The AlgorithmIdentifier of OAEP; defaults are left out as DER wants it."""
    parts = (
        der.explicit(0, digest_algorithm(digest, null=True)) if digest != "sha1" else b"",
        der.explicit(1, _mgf1(mgf)) if mgf != "sha1" else b"",
    )
    return der.algorithm(oids.RSAES_OAEP, der.sequence(*parts))


def _mgf1(name: DigestName) -> bytes:
    return der.algorithm(oids.MGF1, digest_algorithm(name, null=True))


def _read_hash_and_mgf(fields: Fields) -> tuple[DigestName, DigestName]:
    digest, mgf = _tagged(fields, 0), _tagged(fields, 1)
    inner: DigestName = "sha1"
    if mgf is not None:
        oid, parameters = read_algorithm(mgf)
        if oid != oids.MGF1 or parameters is None:
            raise Malformed("no known mask generation function")
        inner = read_digest(parameters)
    return "sha1" if digest is None else read_digest(digest), inner


def _tagged(fields: Fields, number: int) -> Element | None:
    outer = fields.maybe(0xA0 | number)
    if outer is None:
        return None
    inner = Fields(outer, outer.tag)
    found = inner.take()
    inner.end()
    return found


# Content encryption


def read_cipher(element: Element) -> tuple[Cipher, CipherParameters]:
    """The content encryption that an AlgorithmIdentifier names; :class:`Malformed` for one we do not know."""
    oid, parameters = read_algorithm(element)
    cipher = _CIPHERS_BY_OID.get(oid)
    if cipher is None or parameters is None:
        raise Malformed(f"no known content encryption: {oids.dotted(oid)}")
    if cipher.mode == "cbc":
        found = _read_rc2(parameters) if cipher.block == "rc2" else CipherParameters(_octets(parameters))
        if len(found.nonce) != cipher.block_size:
            raise Malformed("an initialisation vector of the wrong size")
        return cipher, found
    if cipher.mode == "gcm" and parameters.tag == OCTET_STRING:
        found = CipherParameters(parameters.content, TAG_SIZE, bare=True)
    else:
        fields = Fields(parameters)
        nonce = _octets(fields.take(OCTET_STRING, OCTET_STRING_IN_PIECES))
        size = fields.maybe(INTEGER)
        fields.end()
        found = CipherParameters(nonce, 12 if size is None else size.integer())
    # RFC 5084: tags of 12 to 16 bytes for GCM, even sizes from 4 for CCM, of which we read none below 12 either.
    allowed = range(12, 17) if cipher.mode == "gcm" else range(12, 17, 2)
    nonces = range(8, 129) if cipher.mode == "gcm" else range(7, 14)
    if found.tag_size not in allowed or len(found.nonce) not in nonces:
        raise Malformed("a nonce or a tag of a size that is not allowed")
    return cipher, found


def cipher_algorithm(cipher: Cipher, nonce: bytes) -> bytes:
    """The AlgorithmIdentifier of a content encryption; tags have `TAG_SIZE` bytes."""
    iv = der.octets(nonce)
    if cipher.mode != "cbc":
        return der.algorithm(cipher.oid, der.sequence(iv, der.integer(TAG_SIZE)))
    return der.algorithm(cipher.oid, der.sequence(der.integer(_RC2_128_BITS), iv) if cipher.block == "rc2" else iv)


def _read_rc2(parameters: Element) -> CipherParameters:
    if parameters.tag != SEQUENCE:
        raise Malformed("RC2 that does not say its strength is RC2 of 32 bits")
    fields = Fields(parameters)
    if fields.take(INTEGER).integer() != _RC2_128_BITS:
        raise Malformed("RC2 of less than 128 bits")
    found = CipherParameters(_octets(fields.take()))
    fields.end()
    return found


def _octets(element: Element) -> bytes:
    if element.tag not in (OCTET_STRING, OCTET_STRING_IN_PIECES):
        raise Malformed("a string of octets is expected")
    return element.octets()
