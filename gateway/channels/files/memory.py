"""A place in memory: the twin of the real ones, held to the same contract."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from types import TracebackType

from as2.source import Source
from gateway.channels.files.place import Changed, NameTaken, Seen, Unreachable
from gateway.channels.temporary_names import temporary


class MemoryPlace:
    """:class:`gateway.channels.files.place.Place` in memory; it can be left and opened again, and keeps its files."""

    def __init__(self) -> None:
        self.inbound: dict[str, tuple[bytes, int]] = {}
        """What waits to be collected: content and time, by name."""
        self.outbound: dict[str, bytes] = {}
        """What was put there."""
        self.away = False
        """Whether nothing answers."""

    def __enter__(self) -> MemoryPlace:
        self._answer()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return None

    def look(self) -> list[Seen]:
        """See :class:`gateway.channels.files.place.Place`."""
        self._answer()
        found = [Seen(name, len(content), at) for name, (content, at) in self.inbound.items() if not temporary(name)]
        return sorted(found, key=lambda each: (each.changed, each.name))

    def fetch(self, seen: Seen) -> Iterator[bytes]:
        """See :class:`gateway.channels.files.place.Place`."""
        self._answer()
        content, at = self.inbound.get(seen.name, (b"", -1))
        if Seen(seen.name, len(content), at) != seen:
            raise Changed(f"{seen.name} was written anew, or is gone")
        yield content
        if self.inbound.get(seen.name) != (content, at):
            raise Changed(f"{seen.name} was written anew, or is gone")

    def remove(self, seen: Seen) -> None:
        """See :class:`gateway.channels.files.place.Place`."""
        self._answer()
        if seen.name not in self.inbound:
            return
        content, at = self.inbound[seen.name]
        if Seen(seen.name, len(content), at) != seen:
            raise Changed(f"{seen.name} was written anew")
        del self.inbound[seen.name]

    def put(self, name: str, content: Source, sha256: str, mark: str) -> bool:
        """See :class:`gateway.channels.files.place.Place`."""
        self._answer()
        there = self.outbound.get(name)
        if there is None:
            self.outbound[name] = b"".join(content.chunks())
        elif hashlib.sha256(there).hexdigest() != sha256:
            raise NameTaken(f"{name} is there already and is another file")
        return there is not None

    def _answer(self) -> None:
        if self.away:
            raise Unreachable("nothing answers")
