"""Our signatures: detached SignedData with one signer, in DER, over a digest that was computed while streaming.

What is signed are the attributes contentType, messageDigest and signingTime (RFC 5652 section 11). There are no S/MIME
capabilities, and no CMSAlgorithmProtection unless it is asked for, because IBM Sterling refuses signatures that have
it. Algorithm identifiers carry NULL exactly where their RFC wants it (RFC 3370, RFC 5754).
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from as2.certificates import KeyPair, Unusable
from as2.cms import der, oids
from as2.cms.algorithms import DIGEST_SIZES, Permits, Scheme, digest_algorithm, signature_algorithm
from as2.cms.certificate_ids import issuer_and_serial
from as2.cms.primitives import sign_ecdsa, sign_ed25519, sign_rsa
from as2.cms.times import written_time
from as2.digests import DigestName

_NO_PERMITS = Permits()


def sign(
    digest: bytes,
    *,
    digest_name: DigestName,
    scheme: Scheme,
    signer: KeyPair,
    at: datetime,
    include_certificate: bool = True,
    algorithm_protection: bool = False,
    permits: Permits = _NO_PERMITS,
) -> bytes:
    """The DER of a ContentInfo with a detached signature over content whose digest is `digest`.

    `at` becomes the signing time. `Unusable` when the key does not fit the scheme, or for a digest that needs a permit
    and has none; Ed25519 goes with SHA-512 only (RFC 8419 section 3).
    """
    if digest_name not in permits.readable_digests:
        raise Unusable(f"{digest_name} is too weak to sign with")
    if len(digest) != DIGEST_SIZES[digest_name]:
        raise Unusable(f"no {digest_name} digest has {len(digest)} bytes")
    if scheme == "ed25519" and digest_name != "sha512":
        raise Unusable("Ed25519 signatures in CMS use SHA-512")
    digesting = digest_algorithm(digest_name)
    signing = signature_algorithm(scheme, digest_name)
    attributes = [
        _attribute(oids.CONTENT_TYPE, der.oid(oids.DATA)),
        _attribute(oids.MESSAGE_DIGEST, der.octets(digest)),
        _attribute(oids.SIGNING_TIME, written_time(at)),
    ]
    if algorithm_protection:
        # CMSAlgorithmProtection of RFC 6211, whose signature algorithm has the implicit tag 1.
        attributes.append(_attribute(oids.ALGORITHM_PROTECTION, der.sequence(digesting, b"\xa1" + signing[1:])))
    signed = der.set_of(attributes)
    signer_info = der.sequence(
        der.integer(1),
        issuer_and_serial(signer.certificate),
        digesting,
        b"\xa0" + signed[1:],
        signing,
        der.octets(_value(signer, scheme, digest_name, signed)),
    )
    return der.sequence(
        der.oid(oids.SIGNED_DATA),
        der.explicit(
            0,
            der.sequence(
                der.integer(1),
                der.set_of([digesting]),
                der.sequence(der.oid(oids.DATA)),
                der.tlv(0xA0, signer.certificate.der) if include_certificate else b"",
                der.set_of([signer_info]),
            ),
        ),
    )


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of([value]))


def _value(signer: KeyPair, scheme: Scheme, digest_name: DigestName, signed: bytes) -> bytes:
    if scheme == "ed25519":
        return sign_ed25519(signer.key, signed)
    digest = hashlib.new(digest_name, signed, usedforsecurity=False).digest()
    if scheme == "ecdsa":
        return sign_ecdsa(signer.key, digest_name, digest)
    return sign_rsa(signer.key, digest_name, digest, pss=scheme == "rsa-pss")
