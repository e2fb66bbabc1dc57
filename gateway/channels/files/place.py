"""The seam between the gateway and a place where files lie: two folders, one to collect from and one to put into.

A place does one thing at a time for one caller. It promises three things on which everything above it rests:

- What stands under its final name is whole. A file is put under a temporary name, is made durable and measured there,
  and only then gets its name; whoever looks never sees half of it.
- Nothing that is there is replaced. Putting what is there already, byte for byte, is done; putting something else under
  its name is :class:`NameTaken`.
- Nothing is removed that is not what was collected: a file that was written anew meanwhile stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from as2.source import Source

CHUNK = 1 << 20
"""Bytes that are moved at a time."""


class PlaceFault(Exception):
    """The place did not do what it was asked for; the text says why, and what to do about it."""


class Unreachable(PlaceFault):
    """There was no answer, or no folder: nothing is known to have happened, and trying again later may help."""


class Denied(PlaceFault):
    """The place answered, and said no: somebody has to change something on one of the two sides."""


class NameTaken(PlaceFault):
    """Another file stands under the name and has not been collected yet."""


class Changed(PlaceFault):
    """The file is not, or no longer, what was seen: it was written anew, or is gone."""


class Seen(msgspec.Struct, frozen=True):
    """A file as a look found it; the same twice means that nobody wrote to it meanwhile, as far as clocks can tell."""

    name: str
    size: int
    changed: int
    """When it was written last, in the place's own unit: only good for being compared."""


class Place(Protocol):
    """A place that is open. Every method raises :class:`PlaceFault`."""

    def look(self) -> list[Seen]:
        """The finished files that wait to be collected; no folders, no links, no temporary names."""

    def fetch(self, seen: Seen) -> Iterator[bytes]:
        """The content of a file; raises :class:`Changed` at its end at the latest when it is not what was seen."""

    def remove(self, seen: Seen) -> None:
        """Take away what was collected; nothing when it is gone, :class:`Changed` when it is something else by now."""

    def put(self, name: str, content: Source, sha256: str, mark: str) -> bool:
        """Put a file there, under ``name`` and durably as far as the place can say so; whether it was there already.

        ``mark`` tells this file from every other one: it makes the temporary name, so that a try which a crash ended is
        taken up and leaves nothing behind.
        """


class OpenPlace(Protocol):
    """Opens a channel's place; a place is closed by leaving its context. Raises :class:`PlaceFault`."""

    def __call__(self, channel: str) -> AbstractContextManager[Place]: ...
