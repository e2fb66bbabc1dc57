"""Digests of an entity, in every form of its line ends that a signer may have had before him.

What was signed are the bytes of the MIME entity, headers and content. Senders disagree about the line ends of those
bytes: some sign what they send, some sign with CRLF in the headers only, some sign the canonical form of RFC 8551
section 3.1.1 (every line end a CRLF) and send another. :class:`EntityDigests` computes all three in one pass, for
several algorithms at once. As long as the canonical bytes are the bytes that arrived, one hasher stands for all three;
at the first line end that is not CRLF it is copied, so a clean message costs one hash for each algorithm. Binary
content parts them at once, and most senders sign what they send: where the entity can be read again, hash the raw form
alone first, and the others only when it does not fit.

In the canonical form a carriage return that stands alone is a line end as a line feed is: that is what JavaMail and
BouncyCastle, under most of the peers, make of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from hashlib import _Hash

DigestName = Literal["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]

Canonicalisation = Literal["raw", "crlf-headers", "crlf-all", "lf-body", "lf-all"]
"""Which bytes were hashed: as received; the header block with CRLF and the content as received; both with CRLF. The two
with LF in the content, or in all of it, are never tried unless the profile of a partner names that quirk."""

CANONICALISATIONS: Final[tuple[Canonicalisation, ...]] = ("raw", "crlf-headers", "crlf-all")
"""In the order in which they are tried."""

MicalgStyle = Literal["rfc5751", "rfc3851", "rfc5751-upper", "rfc3851-upper"]
"""How a digest is spelled to a partner: ``sha-256``, ``sha256``, ``SHA-256``, ``SHA256``."""

_NAMES: Final[dict[str, DigestName]] = {
    "md5": "md5",
    "sha": "sha1",
    "sha1": "sha1",
    "sha224": "sha224",
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
    "sha2224": "sha224",
    "sha2256": "sha256",
    "sha2384": "sha384",
    "sha2512": "sha512",
}
_ORNAMENT = re.compile(r"^rsa(?=[-_ ]?(?:md|sha))|with-?rsa(?:encryption)?$|[-_ ]")


def normalise(micalg: str) -> DigestName | None:
    """The digest that a ``micalg`` value names, in any spelling seen in the field; ``None`` when it names none of ours.

    ``sha``, ``SHA1``, ``sha-1``, ``rsa-sha1``, ``sha2-256``, ``SHA256withRSA``; SHA-3 is not SHA-2 of the same length.
    """
    return _NAMES.get(_ORNAMENT.sub("", micalg.strip(' \t\r\n"').lower()))


def spelled(name: DigestName, style: MicalgStyle = "rfc5751") -> str:
    """The ``micalg`` value for ``name``: with a hyphen after ``sha`` (RFC 5751 3.4.3.2) or without (RFC 3851)."""
    text = name.replace("sha", "sha-") if style.startswith("rfc5751") else name
    return text.upper() if style.endswith("upper") else text


class EntityDigests:
    """Running digests of one MIME entity: its header block first, then its content in any number of pieces."""

    def __init__(self, names: Iterable[DigestName], *, canonical: bool = True) -> None:
        """``canonical=False`` computes the raw form only, without looking at line ends: half the cost and less."""
        self._raw: dict[DigestName, _Hash] = {name: hashlib.new(name, usedforsecurity=False) for name in names}
        self._headers = self._raw
        self._all = self._raw
        self._canonical = canonical
        # A carriage return at the end of a piece waits for the next one: a line feed there makes it a line end.
        self._waiting = b""

    def update_header(self, block: bytes) -> None:
        """Hash the whole header block, with the empty line after it; call it once, before :meth:`update`."""
        if self._canonical and (canonical := _canonical(block)) is not block:
            self._headers = self._all = _copies(self._raw)
            _update(self._headers, canonical)
        _update(self._raw, block)

    def update(self, chunk: bytes) -> None:
        """Hash the next piece of the content."""
        if not self._canonical:
            _update(self._raw, chunk)
            return
        if self._waiting:
            chunk = self._waiting + chunk
        if chunk.endswith(b"\r"):
            self._waiting = b"\r"
            chunk = chunk[:-1]
        else:
            self._waiting = b""
        self._hash(chunk)

    def digest(self, name: DigestName, canonicalisation: Canonicalisation = "raw") -> bytes:
        """The digest of the whole entity, after its last piece.

        :class:`KeyError` for an algorithm, and :class:`ValueError` for a form, that was not asked for.
        """
        if canonicalisation != "raw" and not self._canonical:
            raise ValueError(f"Only the raw form was hashed, not {canonicalisation}.")
        if self._waiting:
            waiting, self._waiting = self._waiting, b""
            self._hash(waiting)
        lines = {"raw": self._raw, "crlf-headers": self._headers, "crlf-all": self._all}[canonicalisation]
        return lines[name].digest()

    def _hash(self, chunk: bytes) -> None:
        canonical = _canonical(chunk)
        if canonical is not chunk and self._all is self._headers:
            self._all = _copies(self._headers)
        _update(self._raw, chunk)
        if self._headers is not self._raw:
            _update(self._headers, chunk)
        if self._all is not self._headers:
            _update(self._all, canonical)


def _canonical(data: bytes) -> bytes:
    """``data`` with every line end made CRLF; the same object when it is so already."""
    ends = data.count(b"\r\n")
    if data.count(b"\n") == ends and data.count(b"\r") == ends:
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def _copies(hashers: dict[DigestName, _Hash]) -> dict[DigestName, _Hash]:
    return {name: hasher.copy() for name, hasher in hashers.items()}


def _update(hashers: dict[DigestName, _Hash], data: bytes) -> None:
    for hasher in hashers.values():
        hasher.update(data)
