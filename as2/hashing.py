"""The content of the entity that a digest is over, hashed by the way, while something else reads it.

A fault while it is read may be one of two: what is inside it is faulty, and the rest can still be hashed; or a layer
around it broke, and there is no rest. :attr:`Hashed.broken` tells them apart. The digest of a part of the content is
none: how far it was read depends on how the bytes came, so there is one only when :attr:`Hashed.whole` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from as2.digests import EntityDigests
from as2.fault import As2Fault
from as2.suspects import SuspectDigests


class Hashed:
    """An iterator over ``chunks`` that adds each of them to the digests."""

    def __init__(self, chunks: Iterable[bytes], digests: EntityDigests, suspects: SuspectDigests | None = None) -> None:
        self._chunks = iter(chunks)
        self._digests = digests
        self._suspects = suspects
        self.broken = False
        """Whether it ended with a fault of what is around it."""
        self.whole = False
        """Whether it was read to its end."""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        """The next chunk, hashed; what is raised around it is raised."""
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self.whole = not self.broken
            raise
        except As2Fault:
            self.broken = True
            raise
        self._digests.update(chunk)
        if self._suspects is not None:
            self._suspects.update(chunk)
        return chunk
