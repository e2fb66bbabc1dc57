"""What is kept of the groups of a stream, as :mod:`translators.kept` does of its messages.

A file of a gigabyte may be millions of groups of one small message each. What an answer says of a group (its header and
trailer, its parties, what was found in it) is some kilobytes of objects, and nearly the same for all of them; so it is
put by in pages of rows that are encoded and compressed together, which makes some thirty bytes of each. A group is made
anew when somebody looks at it, by page, for they are looked at one after the other.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import overload

import msgspec

from translators.finding import Finding
from translators.judgement import JudgedGroup, SparseGroups
from translators.kept import Kept, KeptMessages, Noted
from translators.kept_packages import KeptPackages
from translators.syntax import Address, Dialect, Group, Message, Package, Segment

PAGE = 256
"""Groups in a page."""

Change = Callable[[JudgedGroup], JudgedGroup]


class _Line(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A segment of an envelope."""

    tag: str
    raw: bytes
    offset: int
    position: int


class _Row(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What there is to a group beside its messages and packages."""

    explicit: bool
    kind: str
    sender: Address
    receiver: Address
    control_number: str
    version: str
    claimed_count: str
    header: _Line | None
    trailer: _Line | None
    findings: list[Finding]
    own: int
    """How many of the findings are the reader's."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[_Row]).decode


class KeptGroups(SparseGroups):
    """The groups of an interchange. Between :meth:`begin` and :meth:`end` of a group its messages are added."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._messages = KeptMessages()
        self._packages: dict[int, KeptPackages] = {}
        """By the number of the group."""
        self._pages: list[bytes] = []
        self._rows: list[_Row] = []
        """Those of the page that is not full yet."""
        self._ends = array("Q")
        """How many messages there are up to the end of each group."""
        self._noted = array("Q")
        """The numbers of the groups in which something was found or that have packages."""
        self._page: tuple[int, list[_Row]] = (-1, [])
        """The number and the rows of the page looked at last."""
        self._changes: tuple[Change, ...] = ()
        self.fallen = False
        """Whether the interchange is rejected as a whole."""

    def begin(self, group: Group) -> None:
        """Begins a group."""
        self._messages.roll.begin(group)

    def add(self, message: Message, *, valid: bool, beginning: bytes, note: Noted | None) -> None:
        """Adds a message to the open group, with what was found in it."""
        self._messages.add(message, valid=valid, beginning=beginning, note=note)
        if note is not None or not valid:
            self._note()

    def add_package(self, package: Package, group: Group, *, told: bool) -> None:
        """Adds a package to the open group; ``told``: with what was found in it."""
        kept = self._packages.get(len(self))
        if kept is None:
            kept = self._packages[len(self)] = KeptPackages(group, self._dialect)
        kept.add(package, told=told)
        self._note()

    def end(self, group: Group, findings: Sequence[Finding]) -> None:
        """Ends the group, with what was found in it: first of all what its reader found."""
        if findings:
            self._note()
        self._rows.append(
            _Row(
                group.explicit,
                group.kind,
                group.sender,
                group.receiver,
                group.control_number,
                group.version,
                group.claimed_count,
                _line(group.header),
                _line(group.trailer),
                list(findings),
                len(group.findings),
            )
        )
        self._ends.append(len(self._messages))
        if len(self._rows) == PAGE:
            self._pages.append(zlib.compress(_encode(self._rows), 1))
            self._rows = []

    def changed(self, change: Change) -> KeptGroups:
        """The groups as ``change`` makes them, each when it is looked at; it may change what it gets."""
        other = copy(self)
        other._changes = (*self._changes, change)
        return other

    def noted(self) -> Iterator[JudgedGroup]:
        """Those that are not accepted, or in which something was found, or that have packages; maybe others too."""
        if self.fallen or self._changes:
            return iter(self)
        return map(self._group, self._noted)

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[JudgedGroup]:
        return map(self._group, range(len(self)))

    @overload
    def __getitem__(self, index: int) -> JudgedGroup: ...

    @overload
    def __getitem__(self, index: slice) -> list[JudgedGroup]: ...

    def __getitem__(self, index: int | slice) -> JudgedGroup | list[JudgedGroup]:
        at = range(len(self))[index]
        return self._group(at) if isinstance(at, int) else [self._group(each) for each in at]

    def _note(self) -> None:
        if not self._noted or self._noted[-1] != len(self):
            self._noted.append(len(self))

    def _row(self, at: int) -> _Row:
        number, place = divmod(at, PAGE)
        if number == len(self._pages):
            return self._rows[place]
        if number != self._page[0]:
            self._page = number, _decode(zlib.decompress(self._pages[number]))
        return self._page[1][place]

    def _group(self, at: int) -> JudgedGroup:
        row = self._row(at)
        group = Group(
            explicit=row.explicit,
            messages=[],
            kind=row.kind,
            sender=row.sender,
            receiver=row.receiver,
            control_number=row.control_number,
            version=row.version,
            claimed_count=row.claimed_count,
            header=self._segment(row.header),
            trailer=self._segment(row.trailer),
            findings=row.findings[: row.own],
        )
        judged = JudgedGroup(group=group, findings=list(row.findings), messages=(), fallen=self.fallen)
        start = self._ends[at - 1] if at else 0
        judged.messages = Kept(self._messages, start, self._ends[at], group, self._dialect, fallen=judged.rejected)
        packages = self._packages.get(at)
        if packages is not None:
            packages.fallen = judged.rejected
            judged.packages = packages
        for change in self._changes:
            judged = change(judged)
        return judged

    def _segment(self, line: _Line | None) -> Segment | None:
        return Segment(line.tag, line.raw, line.offset, line.position, self._dialect) if line is not None else None


def _line(segment: Segment | None) -> _Line | None:
    return _Line(segment.tag, segment.raw, segment.offset, segment.position) if segment is not None else None


def changed_groups(groups: Sequence[JudgedGroup], change: Change) -> Sequence[JudgedGroup]:
    """The groups as ``change`` makes them; it may change what it gets."""
    return groups.changed(change) if isinstance(groups, KeptGroups) else [change(each) for each in groups]
