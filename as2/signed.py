"""multipart/signed, as it is written: an entity, and the detached signature over its exact bytes (RFC 1847, RFC 8551).

One digest pass over the entity, then the signature; the entity is sent as the very bytes that were hashed, and nothing
is ever written a second time. Messages and MDNs are signed alike.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from as2.certificates import KeyPair
from as2.cms.algorithms import Permits, Scheme
from as2.cms.signing import sign
from as2.digests import DigestName
from as2.encoding import encoded_base64
from as2.headers import write_block, write_content_type
from as2.multipart import write_multipart
from as2.source import BytesSource, Entropy, Source

_NO_PERMITS: Final = Permits()


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """How we sign for one partner."""

    signer: KeyPair
    digest_name: DigestName
    micalg: str
    """``digest_name`` as this partner wants it spelled."""
    scheme: Scheme = "rsa-pkcs1"
    include_certificate: bool = True
    algorithm_protection: bool = False
    permits: Permits = _NO_PERMITS
    """For a digest that the profile permits until a date."""


class Signed(msgspec.Struct, frozen=True):
    """A multipart/signed: the value of its Content-Type, and its body."""

    content_type: str
    body: Source


def signed(entity: Source, digest: bytes, signing: Signing, *, at: datetime, boundary: str) -> Signed:
    """The entity with its signature; ``digest`` is that of the entity, made with ``signing.digest_name``."""
    return Signed(
        write_content_type(
            "multipart/signed",
            {"protocol": "application/pkcs7-signature", "micalg": signing.micalg, "boundary": boundary},
        ),
        write_multipart([entity, BytesSource(_signature_part(digest, signing, at))], boundary),
    )


def new_boundary(kind: str, entropy: Entropy) -> str:
    """A boundary that whoever wrote the content could not foresee; no two kinds of multipart share one."""
    return f"{kind}-{entropy(16).hex()}"


def _signature_part(digest: bytes, signing: Signing, at: datetime) -> bytes:
    signature = sign(
        digest,
        digest_name=signing.digest_name,
        scheme=signing.scheme,
        signer=signing.signer,
        at=at,
        include_certificate=signing.include_certificate,
        algorithm_protection=signing.algorithm_protection,
        permits=signing.permits,
    )
    head = write_block(
        [
            ("Content-Type", "application/pkcs7-signature; name=smime.p7s"),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-Disposition", "attachment; filename=smime.p7s"),
        ]
    )
    # The line end after the last line belongs to the delimiter.
    return head + b"".join(encoded_base64([signature])).removesuffix(b"\r\n")
