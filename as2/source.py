"""Bytes that can be read again, and bytes that are pulled once.

Everything in this package works on two shapes. A :class:`Source` can be read any number of times, each time from its
start, and knows its size; a message body in a spool file is one, and so is a ``bytes`` object. An iterator of chunks is
what a layer gives while it is being opened: it can be read once. A layer whose size cannot be known before it is
complete (what a compressor or a decryptor gives) is put into a :class:`Scratch`, which the caller provides, and becomes
a source. So one code path serves a message of one byte and one of two gigabytes, in the same memory.

:class:`ChunkReader` takes an iterator of chunks apart. How the bytes are cut into chunks never changes what it gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import msgspec

from as2.fault import Unreadable

CHUNK = 1 << 18
"""Bytes in the pieces of a source that is in memory: large enough that Python's share of the work does not count."""

Entropy = Callable[[int], bytes]
"""Gives that many unpredictable bytes."""


class Source(Protocol):
    """Bytes that can be read any number of times, each time from the start."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """The bytes from the start, in order, in pieces that are not empty."""
        ...


class BytesSource(msgspec.Struct, frozen=True):
    """Bytes in memory."""

    data: bytes

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.data)

    def chunks(self) -> Iterator[bytes]:
        """The bytes from the start; at most :data:`CHUNK` at a time, so that no step doubles a large payload."""
        if len(self.data) <= CHUNK:
            if self.data:
                yield self.data
            return
        for start in range(0, len(self.data), CHUNK):
            yield self.data[start : start + CHUNK]


class Joined(msgspec.Struct, frozen=True):
    """Several sources, one after another."""

    parts: tuple[Source, ...]

    @property
    def size(self) -> int:
        """How many bytes there are in all of them."""
        return sum(part.size for part in self.parts)

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the first, then those of the second, and so on."""
        for part in self.parts:
            yield from part.chunks()


class Section(msgspec.Struct, frozen=True):
    """The bytes of a source from ``first`` on, ``size`` of them: they have to be there."""

    of: Source
    first: int
    size: int

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the section; what reading the source up to its end raises is raised where the ends agree."""
        skip, left = self.first, self.size
        to_the_end = self.first + self.size == self.of.size
        for chunk in self.of.chunks():
            piece = chunk[skip : skip + left]
            skip = max(0, skip - len(chunk))
            left -= len(piece)
            if piece:
                yield piece
            if not left and not to_the_end:
                return


class Scratch(Protocol):
    """Where a layer is kept whose size is not known before it is complete."""

    def keep(self, chunks: Iterable[bytes]) -> Source:
        """Read ``chunks`` to their end and return them as a source; what reading them raises is raised."""
        ...


class MemoryScratch:
    """A :class:`Scratch` that keeps everything in memory."""

    def keep(self, chunks: Iterable[bytes]) -> Source:
        """Return the bytes of ``chunks`` as one source."""
        return BytesSource(b"".join(chunks))


class ChunkReader:
    """Takes chunks apart in order, holding one chunk and what was asked for; linear in the bytes, however they are cut.

    ``position`` is the number of bytes taken so far.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._held = b""
        self._at = 0
        self._before = 0

    @property
    def position(self) -> int:
        """How many bytes were taken so far."""
        return self._before + self._at

    def peek(self, count: int) -> bytes:
        """The next ``count`` bytes without taking them; fewer when there are no more."""
        self._fill(count)
        return self._held[self._at : self._at + count]

    def read_exact(self, count: int) -> bytes:
        """Take exactly ``count`` bytes; :class:`Unreadable` when there are fewer."""
        if not self._fill(count):
            raise self._cut_short(count)
        start = self._at
        self._at += count
        return self._held[start : self._at]

    def take(self, count: int) -> Iterator[bytes]:
        """Take exactly ``count`` bytes in pieces, in constant memory; :class:`Unreadable` when there are fewer."""
        left = count
        while left:
            if not self._fill(1):
                raise self._cut_short(left)
            start = self._at
            self._at = min(len(self._held), start + left)
            left -= self._at - start
            yield self._held[start : self._at]

    def rest(self) -> Iterator[bytes]:
        """Take everything that is left, in pieces."""
        while self._fill(1):
            start = self._at
            self._at = len(self._held)
            yield self._held[start:]

    def _fill(self, count: int) -> bool:
        """Hold at least ``count`` bytes that were not taken, if there are as many."""
        held = len(self._held) - self._at
        if held >= count:
            return True
        pieces = [self._held[self._at :]]
        for chunk in self._chunks:
            pieces.append(chunk)
            held += len(chunk)
            if held >= count:
                break
        self._before += self._at
        self._at = 0
        self._held = b"".join(pieces)
        return held >= count

    def _cut_short(self, count: int) -> Unreadable:
        return Unreadable("cut-short", f"The bytes end where {count} more were announced.")
