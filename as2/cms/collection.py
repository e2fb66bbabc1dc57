"""Certificates by themselves: SignedData that nobody signed, "certs-only" (RFC 8551 section 3.8), written.

Reading one is what :func:`as2.certificates.load_certificates` does with a ``.p7b`` file, which is the same thing.
"""

from __future__ import annotations

from collections.abc import Iterable

from as2.certificates import Certificate
from as2.cms import der, oids


def collection(certificates: Iterable[Certificate]) -> bytes:
    """A ContentInfo in DER that holds these certificates and nothing else."""
    held = der.set_of((each.der for each in certificates), 0xA0)
    body = der.sequence(der.integer(1), der.set_of([]), der.sequence(der.oid(oids.DATA)), held, der.set_of([]))
    return der.sequence(der.oid(oids.SIGNED_DATA), der.explicit(0, body))
