"""The messages of an interchange in a line: what a report says of each, in some thirty bytes for each.

An interchange of a gigabyte has millions of messages. An object for each would take more memory than anything else, so
what is to be said of them stands in columns, and an entry is made when somebody looks at it. What repeats, such as the
kind, is held once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple, overload

from translators.syntax import Group, Message, MessageKind


class Entry(NamedTuple):
    """What is known of one message; ``group`` is the number of its group in the interchange, from 0."""

    reference: str
    kind: MessageKind
    group: int
    valid: bool
    segments: int
    offset: int
    length: int
    beginning: bytes = b""
    """The segments that were kept of it."""


class Numbers(Sequence[str | None]):
    """The control numbers of groups, one behind the other; of some there is none."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._ends = array("Q")
        self._there = bytearray()

    def append(self, number: str | None) -> None:
        """Adds one."""
        self._text += (number or "").encode("utf-8", "surrogatepass")
        self._ends.append(len(self._text))
        self._there.append(number is not None)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> str | None: ...

    @overload
    def __getitem__(self, index: slice) -> list[str | None]: ...

    def __getitem__(self, index: int | slice) -> str | list[str | None] | None:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        if not self._there[at]:
            return None
        return self._text[self._ends[at - 1] if at else 0 : self._ends[at]].decode("utf-8", "surrogatepass")


class Roll(Sequence[Entry]):
    """Entries in the order of the file. ``places``: whether to remember where the messages stand (else 0)."""

    def __init__(self, *, places: bool = False) -> None:
        self._references = bytearray()
        self._ends = array("Q")
        self._kinds: list[MessageKind] = []
        self._known: dict[MessageKind, int] = {}
        self._kind_of = array("I")
        self._group_of = array("I")
        self._valid = bytearray()
        self._segments = array("I")
        self._places = places
        self._offsets = array("Q")
        self._lengths = array("Q")
        self._beginnings = bytearray()
        self._beginning_ends = array("Q")
        self.groups = Numbers()
        """The control number of each group; ``None`` for an implicit one."""

    def begin(self, group: Group) -> int:
        """Notes that a group begins; returns its number."""
        self.groups.append(group.control_number if group.explicit else None)
        return len(self.groups) - 1

    def add(self, message: Message, *, valid: bool, beginning: bytes = b"") -> None:
        """Adds a message of the group begun last; ``beginning`` is kept of all messages, or of none."""
        self._references += message.reference.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._references))
        number = self._known.get(message.kind)
        if number is None:
            number = self._known[message.kind] = len(self._kinds)
            self._kinds.append(message.kind)
        self._kind_of.append(number)
        self._group_of.append(len(self.groups) - 1)
        self._valid.append(valid)
        self._segments.append(message.count)
        if self._places:
            self._offsets.append(message.offset)
            self._lengths.append(message.end - message.offset)
        if beginning:
            self._beginnings += beginning
            self._beginning_ends.append(len(self._beginnings))

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...

    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        if isinstance(index, slice):
            return [self._entry(each) for each in range(*index.indices(len(self)))]
        return self._entry(range(len(self))[index])

    def __iter__(self) -> Iterator[Entry]:
        return map(self._entry, range(len(self)))

    def _entry(self, index: int) -> Entry:
        start = self._ends[index - 1] if index else 0
        return Entry(
            reference=self._references[start : self._ends[index]].decode("utf-8", "surrogatepass"),
            kind=self._kinds[self._kind_of[index]],
            group=self._group_of[index],
            valid=bool(self._valid[index]),
            segments=self._segments[index],
            offset=self._offsets[index] if self._places else 0,
            length=self._lengths[index] if self._places else 0,
            beginning=self._beginning(index) if self._beginning_ends else b"",
        )

    def _beginning(self, index: int) -> bytes:
        start = self._beginning_ends[index - 1] if index else 0
        return bytes(self._beginnings[start : self._beginning_ends[index]])
