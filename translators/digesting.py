"""Tells whether two stretches of a text are the same, when the first of them is long gone.

Line breaks do not count: a file that was sent again may have come by another way.
"""

from __future__ import annotations

import hashlib


class Digest:
    """A digest over the text from where it was begun; the text is fed in order, and may be fed more than once."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._at: int | None = None

    def begin(self, at: int) -> None:
        """Begins anew, with the byte at ``at``."""
        self._hash, self._at = hashlib.sha256(), at

    def feed(self, text: bytes, base: int, upto: int) -> None:
        """Takes what stands before ``upto`` in ``text``, which begins at ``base``, as far as it was not taken yet."""
        if self._at is None or upto <= self._at:
            return
        piece = text[self._at - base : upto - base]
        self._at = upto
        self._hash.update(piece.translate(None, b"\r\n") if b"\n" in piece or b"\r" in piece else piece)

    def end(self, text: bytes, base: int, upto: int) -> bytes:
        """The digest of everything up to ``upto``."""
        self.feed(text, base, upto)
        self._at = None
        return self._hash.digest()
