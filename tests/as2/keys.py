"""The test keys of `tests/vectors/as2/keys`, and `openssl cms` as the other side."""

from __future__ import annotations

import hashlib
import os
import subprocess
from functools import cache
from pathlib import Path

from as2.certificates import Certificate, KeyPair, load_certificates, load_private_key, pair
from as2.digests import Canonicalisation, DigestName
from as2.source import Source

KEYS = Path(__file__).parents[1] / "vectors" / "as2" / "keys"
ANYTHING = 1
"""A smallest RSA key that forbids none."""

entropy = os.urandom


@cache
def certificate_of(name: str) -> Certificate:
    """The certificate in ``NAME.pem``."""
    (found,) = load_certificates((KEYS / f"{name}.pem").read_bytes())
    return found


@cache
def pair_of(name: str) -> KeyPair:
    """The key in ``NAME.key.pem`` with its certificate."""
    key = load_private_key((KEYS / f"{name}.key.pem").read_bytes())
    return pair([certificate_of(name)], key, smallest_rsa=ANYTHING)


def pem(name: str) -> str:
    """The path of a certificate, for openssl."""
    return str(KEYS / f"{name}.pem")


def key_pem(name: str) -> str:
    """The path of a private key, for openssl."""
    return str(KEYS / f"{name}.key.pem")


def openssl_cms(*arguments: str, stdin: bytes = b"") -> bytes:
    """What ``openssl cms`` writes; it must succeed."""
    run = subprocess.run(["openssl", "cms", *arguments], input=stdin, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    return run.stdout


def refused_by_openssl_cms(*arguments: str, stdin: bytes = b"") -> bool:
    """Whether ``openssl cms`` fails on it."""
    return subprocess.run(["openssl", "cms", *arguments], input=stdin, capture_output=True, check=False).returncode != 0


class DigestsOf:
    """The digests of some content, the same in every canonical form."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __call__(self, name: DigestName, canonicalisation: Canonicalisation) -> bytes:
        """The digest by that name."""
        return hashlib.new(name, self.content, usedforsecurity=False).digest()


def read_all(source: Source) -> bytes:
    """All bytes of a source, which must be as many as it says."""
    data = b"".join(source.chunks())
    assert len(data) == source.size
    return data
