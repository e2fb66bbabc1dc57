"""The bytes that a signer may have hashed by mistake, for the diagnosis of a digest that does not fit.

Where a digest fits one of these and none of the accepted forms, it is known what the partner's software does: it makes
the digest before its line ends are converted, over the content alone, before the transfer encoding, and so on. The two
with LF line ends can be accepted by naming a quirk in the profile; the others are mended at the partner's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Literal

from as2.digests import DigestName

if TYPE_CHECKING:
    from hashlib import _Hash

Suspect = Literal[
    "lf-body", "lf-all", "content", "content-with-crlf", "content-with-lf", "line-end-added", "line-end-removed"
]

SUSPECTS: Final[dict[Suspect, str]] = {
    "lf-body": "a content with LF line ends under headers with CRLF",
    "lf-all": "headers and content with LF line ends",
    "content": "the content without its headers",
    "content-with-crlf": "the content without its headers, with CRLF line ends",
    "content-with-lf": "the content without its headers, with LF line ends",
    "line-end-added": "the entity with one more CRLF at its end",
    "line-end-removed": "the entity without the line end at its end",
}
"""What each is, as the end of the sentence: the signer made the digest over ..."""


class SuspectDigests:
    """Running digests of one MIME entity in every suspect form; as :class:`as2.digests.EntityDigests`, but for these.

    Several hashes over everything: made only when something is wrong, or when a quirk needs it.
    """

    def __init__(self, names: Iterable[DigestName]) -> None:
        self._forms: dict[Suspect, dict[DigestName, _Hash]] = {
            form: {name: hashlib.new(name, usedforsecurity=False) for name in names} for form in SUSPECTS
        }
        # A carriage return at the end of a piece, and the line end that may be the last.
        self._waiting = b""
        self._done = False

    def update_header(self, block: bytes) -> None:
        """Hash the whole header block, with the empty line after it; call it once, before :meth:`update`."""
        plain = _with_lf(block)
        self._add("lf-body", plain.replace(b"\n", b"\r\n"))
        self._add("lf-all", plain)
        self._add("line-end-added", block)
        self._add("line-end-removed", block)

    def update(self, chunk: bytes) -> None:
        """Hash the next piece of the content."""
        data = self._waiting + chunk
        # What may turn out to be the last line end is kept back.
        keep = 2 if data.endswith(b"\r\n") else 1 if data.endswith((b"\n", b"\r")) else 0
        self._waiting = data[len(data) - keep :]
        self._content(data[: len(data) - keep])
        self._add("line-end-removed", data[: len(data) - keep])

    def digest(self, name: DigestName, form: Suspect) -> bytes:
        """The digest of the whole entity in that form, after its last piece."""
        if not self._done:
            self._done = True
            self._content(self._waiting)
            self._add("line-end-added", b"\r\n")
        return self._forms[form][name].digest()

    def _content(self, data: bytes) -> None:
        if not data:
            return
        plain = _with_lf(data)
        self._add("lf-body", plain)
        self._add("lf-all", plain)
        self._add("content", data)
        self._add("content-with-crlf", plain.replace(b"\n", b"\r\n"))
        self._add("content-with-lf", plain)
        self._add("line-end-added", data)

    def _add(self, form: Suspect, data: bytes) -> None:
        for hasher in self._forms[form].values():
            hasher.update(data)


def _with_lf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data
