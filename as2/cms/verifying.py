"""Whether a pinned certificate signed what arrived.

Two questions, in this order, because their answers have different authors. First: is the digest that was signed the
digest of what arrived, in one of the accepted forms of its line ends? If not, the bytes were changed on the way, and no
key matters (`IntegrityFailed`). Second: did a pinned key make the signature? If not, it is somebody else's
(`AuthenticationFailed`). Without signed attributes there is only the second question; an RSA v1.5 signature still tells
them apart, since the digest can be taken out of it.

The signer's identifier only decides which pinned key is tried first. A partner that renews a self-signed certificate
under the same serial number, or whose software writes the issuer's name in another alphabet, is still the partner if
its pinned key fits. Certificates inside the message are never looked at here.

Without signed attributes a signature over attributes could pass for one over content that is their encoding. Such
content begins with the octet 0x31 and has no header; `Verified.direct` tells the caller to look for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import msgspec

from as2.certificates import Certificate
from as2.cms import der
from as2.cms.algorithms import DIGEST_SIZES, SMALLEST_RSA, STRONG_DIGESTS, Permits, Scheme, digest_infos
from as2.cms.ber import Malformed, parse
from as2.cms.certificate_ids import CertificateId
from as2.cms.primitives import (
    PublicKey,
    Unusable,
    key_bits,
    kind,
    recovered,
    verified_ecdsa,
    verified_ed25519,
    verified_pss,
)
from as2.cms.signature import Signature, SignedAttributes
from as2.digests import CANONICALISATIONS, Canonicalisation, DigestName
from as2.fault import AuthenticationFailed, Insufficient, IntegrityFailed
from as2.tolerance import ToleranceId, Tolerated

DigestOf = Callable[[DigestName, Canonicalisation], bytes]


class Verified(msgspec.Struct, frozen=True):
    """A signature that holds."""

    certificate: Certificate
    """The pinned one whose key fits."""
    canonicalisation: Canonicalisation
    scheme: Scheme
    digest_name: DigestName
    direct: bool
    """Whether the content itself was signed, without attributes."""
    tolerances: frozenset[ToleranceId]


def verify(
    signature: Signature,
    digest_of: DigestOf,
    *,
    order: Sequence[Canonicalisation] = CANONICALISATIONS,
    pinned: Sequence[Certificate],
    permits: Permits,
) -> Verified:
    """Which pinned certificate made the signature over which form of the content.

    `digest_of` is asked for `permits.readable_digests` only. `Insufficient` for a digest without a permit, else
    `IntegrityFailed` or `AuthenticationFailed` as above.
    """
    signing = signature.algorithm.digest or signature.digest_name
    for name in (signature.digest_name, signing):
        if name not in permits.readable_digests:
            raise Insufficient("weak-digest", f"The signature uses {name}, which the profile does not permit.")
    if signature.scheme == "rsa-pss" and signature.algorithm.mgf is None and not permits.pss_without_parameters:
        raise AuthenticationFailed(
            "pss-without-parameters", "The PSS signature does not say its parameters, as RFC 4056 demands."
        )
    keys = _usable(signature.signer, pinned, permits)
    tolerated: Tolerated = set(signature.tolerances)
    if signature.attributes is None:
        certificate, canonicalisation = _verify_direct(signature, signing, digest_of, order, keys, tolerated)
    else:
        canonicalisation = _matching(signature, signature.attributes, digest_of, order)
        certificate = _verify_attributes(signature, signature.attributes, signing, keys, tolerated)
    tolerated.update(_noted(signature, signing, certificate))
    return Verified(
        certificate=certificate,
        canonicalisation=canonicalisation,
        scheme=signature.scheme,
        digest_name=signature.digest_name,
        direct=signature.attributes is None,
        tolerances=frozenset(tolerated),
    )


def _noted(signature: Signature, signing: DigestName, certificate: Certificate) -> Iterable[ToleranceId]:
    """What was let pass in a signature that holds."""
    weak = {signature.digest_name, signing} - STRONG_DIGESTS
    if weak or (certificate.key_kind == "rsa" and certificate.key_bits < SMALLEST_RSA):
        yield "weak-algorithm"
    if signing != signature.digest_name:
        yield "signature-digest-differs"
    if signature.scheme == "rsa-pss" and signature.algorithm.mgf is None:
        yield "pss-without-parameters"
    if not signature.signer.names(certificate):
        yield "signer-named-otherwise"
    if certificate.oddities:
        yield "certificate-malformed"


def _usable(
    signer: CertificateId, pinned: Iterable[Certificate], permits: Permits
) -> list[tuple[Certificate, PublicKey]]:
    """The pinned certificates with their keys, those that the signer named first."""
    found = []
    for certificate in sorted(pinned, key=lambda each: not signer.names(each)):
        try:
            key = certificate.public_key
        except Unusable:
            continue
        if kind(key) != "rsa" or key_bits(key) >= permits.smallest_rsa:
            found.append((certificate, key))
    return found


def _matching(
    signature: Signature, attributes: SignedAttributes, digest_of: DigestOf, order: Sequence[Canonicalisation]
) -> Canonicalisation:
    for canonicalisation in order:
        if digest_of(signature.digest_name, canonicalisation) == attributes.message_digest:
            return canonicalisation
    raise IntegrityFailed(
        "digest-mismatch", f"The signed {signature.digest_name} digest is not the digest of what arrived."
    )


def _verify_attributes(
    signature: Signature,
    attributes: SignedAttributes,
    signing: DigestName,
    keys: list[tuple[Certificate, PublicKey]],
    tolerated: Tolerated,
) -> Certificate:
    # RFC 5652 section 5.4 signs the DER of the attributes; what came may be other BER, and some sign that.
    forms = [attributes.encoded]
    with suppress(Malformed):
        forms.append(der.canonical(parse(attributes.encoded)))
    for message in dict.fromkeys(forms):
        digest = hashlib.new(signing, message, usedforsecurity=False).digest()
        for certificate, key in keys:
            held = (
                verified_ed25519(key, signature.value, message)
                if signature.scheme == "ed25519"
                else _holds(signature, key, signing, digest, tolerated)
            )
            if held:
                if message != attributes.encoded:
                    tolerated.add("signed-attributes-unsorted")
                return certificate
    raise _not_authentic(signature, keys)


def _verify_direct(
    signature: Signature,
    signing: DigestName,
    digest_of: DigestOf,
    order: Sequence[Canonicalisation],
    keys: list[tuple[Certificate, PublicKey]],
    tolerated: Tolerated,
) -> tuple[Certificate, Canonicalisation]:
    if signature.scheme == "ed25519":
        raise AuthenticationFailed("ed25519-without-attributes", "An Ed25519 signature needs signed attributes.")
    for certificate, key in keys:
        for canonicalisation in order:
            if _holds(signature, key, signing, digest_of(signing, canonicalisation), tolerated):
                return certificate, canonicalisation
    if any(_holds_another_digest(signature, key, signing) for _, key in keys):
        raise IntegrityFailed("digest-mismatch", f"The signed {signing} digest is not the digest of what arrived.")
    raise _not_authentic(signature, keys)


def _holds(signature: Signature, key: PublicKey, signing: DigestName, digest: bytes, tolerated: Tolerated) -> bool:
    algorithm = signature.algorithm
    match algorithm.scheme:
        case "rsa-pkcs1":
            # Two exact encodings and nothing looser: reading the DigestInfo would allow forgeries (RFC 8017, 8.2.2).
            inside = recovered(key, signature.value)
            with_null, without = digest_infos(signing, digest)
            if inside == without:
                tolerated.add("digest-info-without-null")
            return inside in (with_null, without)
        case "rsa-pss":
            return verified_pss(key, signature.value, signing, digest, algorithm.mgf or signing, algorithm.salt)
        case "ecdsa":
            return verified_ecdsa(key, signature.value, signing, digest)
        case "ed25519":
            return False


def _holds_another_digest(signature: Signature, key: PublicKey, signing: DigestName) -> bool:
    if signature.scheme != "rsa-pkcs1":
        return False
    inside = recovered(key, signature.value) or b""
    return inside in digest_infos(signing, inside[-DIGEST_SIZES[signing] :])


def _not_authentic(signature: Signature, keys: list[tuple[Certificate, PublicKey]]) -> AuthenticationFailed:
    if any(signature.signer.names(certificate) for certificate, _ in keys):
        return AuthenticationFailed(
            "signature-wrong", f"The signature was not made by the key it names: {signature.signer}."
        )
    return AuthenticationFailed(
        "signer-unknown", f"No certificate of the profile made the signature; it names {signature.signer}."
    )
