"""Our private keys for AS2, found by the certificates that profiles name.

A profile is text in version control and holds the certificate; the private key that belongs to it lies in the
gateway's key folder, in ``as2/FINGERPRINT.pem``, readable by its owner only. The fingerprint is the SHA-256 of the
certificate, so a key can neither be confused with another nor be used under a certificate nobody named.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from as2.certificates import Certificate, KeyPair, Unusable, load_certificates, load_private_key, pair
from gateway.durable_file import write_durably


class KeyMissing(Exception):
    """A private key is not there or cannot be used; the text says what to do."""


class As2Keys:
    """The folder ``as2`` below the gateway's key folder; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "as2"
        self._known: dict[str, tuple[int, KeyPair]] = {}
        self._guard = threading.Lock()

    def path_of(self, certificate: Certificate) -> Path:
        """Where the key of a certificate lies, or would lie."""
        return self.folder / f"{certificate.sha256}.pem"

    def pair_of(self, certificate: Certificate) -> KeyPair:
        """The certificate with its private key; raises :class:`KeyMissing`."""
        path = self.path_of(certificate)
        try:
            status = path.stat()
        except FileNotFoundError:
            raise KeyMissing(
                f"the private key of our certificate {certificate.subject} ({certificate.sha256[:16]}…) is not there:"
                " make it with `sallyport keys make`, or bring it with `sallyport keys import`"
            ) from None
        if status.st_mode & 0o077:
            raise KeyMissing(f"others can read {path}: run `chmod 600` on it, and replace the key if they may have")
        with self._guard:
            known = self._known.get(certificate.sha256)
            if known is not None and known[0] == status.st_mtime_ns:
                return known[1]
        try:
            found = pair([certificate], load_private_key(path.read_bytes()))
        except Unusable as fault:
            raise KeyMissing(f"{path} cannot be used: {fault}. Restore it, or import the key again") from None
        with self._guard:
            self._known[certificate.sha256] = (status.st_mtime_ns, found)
        return found

    def store(self, certificate: Certificate, key_pem: bytes) -> Path:
        """Put the key of a certificate in its place, durably; raises :class:`KeyMissing` when they do not fit."""
        try:
            pair([certificate], load_private_key(key_pem))
        except Unusable as fault:
            raise KeyMissing(f"the key does not belong to the certificate: {fault}") from None
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.path_of(certificate)
        write_durably(path, key_pem, private=True)
        return path

    def fingerprints(self) -> Sequence[str]:
        """Of all certificates that have a key here, sorted."""
        if not self.folder.is_dir():
            return []
        return sorted(path.stem for path in self.folder.iterdir() if path.suffix == ".pem" and len(path.stem) == 64)


def certificates_in(pem: str) -> list[Certificate]:
    """The certificates of a profile's file, which was checked to hold some; raises :class:`KeyMissing`."""
    try:
        return list(_read(pem))
    except Unusable as fault:
        raise KeyMissing(f"a certificate of the profile cannot be used: {fault}") from None


@lru_cache(maxsize=1024)
def _read(pem: str) -> tuple[Certificate, ...]:
    """Remembered, because every message asks for the same few."""
    return tuple(load_certificates(pem.encode()))
