"""What is kept of the messages of a stream, so that answers and reports can be written when their interchange ends.

A message with nothing wrong is kept as a line in the roll (:mod:`translators.roll`) and with the segments that an
answer quotes, which is its header as a rule. One with errors or warnings is kept with its findings, and whole where the
answer tells more of it than them (:class:`Keeping`). Whoever looks at a message gets it made anew as a
:class:`~translators.judgement.JudgedMessage`, so that everything that works on the messages of a whole interchange
works on these. Only: what is looked for in them must have been kept, and a change has to be made by :func:`changed`.

Findings are what grows with bad files. Beyond :data:`MOST_FINDINGS` of them in a file a message is kept with its
verdict alone, and :data:`UNTOLD` stands for what is wrong with it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import NamedTuple, overload

import msgspec

from translators.contexts import unit_of
from translators.finding import Finding, Where
from translators.guide import Guide
from translators.judgement import JudgedMessage, Sparse
from translators.roll import Roll
from translators.syntax import Dialect, Group, Message, Segment

MOST_FINDINGS = 100_000
"""Findings of a file that are kept; beyond that only the verdicts follow what is found."""

UNTOLD = Finding(
    code="findings-suppressed",
    severity="error",
    text="what is wrong with it is not told; there are too many findings before",
    where=Where(),
    layer="envelope",
)
"""Stands for the findings of a rejected message that were not kept."""

Change = Callable[[JudgedMessage], JudgedMessage]


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """How much is kept. The report needs no more than the roll; CONTRL, 997 and TA1 need the headers too."""

    headers: bool = False
    documents: bool = False
    """Also the segments that an APERAK or an 824 names the document by, of every message."""
    whole: bool = False
    """All segments of the messages that something was found in: 999, APERAK and 824 look around a fault."""

    def beginning(self, message: Message) -> bytes:
        """The segments of a message without findings that are kept, as they were sent."""
        if self.documents:
            segments = message.segments[:3]
            unit = unit_of(message, 0)
            if unit is not None and unit not in segments:
                segments = [*segments, unit]
        elif self.headers:
            segments = [message.header] if message.header is not None else []
        else:
            segments = []
        return b"".join(segment.raw + message.dialect.terminator for segment in segments)

    def trimmed(self, message: Message) -> Message:
        """A message with findings, in as few bytes as can be."""
        if not self.whole:
            header = message.header
            kept = [header] if header is not None else []
            return _remade(message, raw=b"", segments=kept)
        # A message that was cut only to be looked at can be cut again.
        again = _remade(message, raw=message.raw)
        alike = len(again.segments) == len(message.segments) and all(map(_same, again.segments, message.segments))
        return _remade(message, raw=message.raw) if alike else message


def _remade(message: Message, *, raw: bytes, segments: list[Segment] | None = None) -> Message:
    return Message(
        reference=message.reference,
        kind=message.kind,
        offset=message.offset,
        end=message.end,
        dialect=message.dialect,
        raw=raw,
        count=message.count,
        _segments=segments,
    )


def _same(one: Segment, other: Segment) -> bool:
    return not other.binary and (one.tag, one.raw, one.offset, one.position) == (
        other.tag,
        other.raw,
        other.offset,
        other.position,
    )


class Noted(NamedTuple):
    """A message that something was found in."""

    message: Message
    rules: Guide | None
    findings: list[Finding]
    own: int
    """How many of the findings were there before it was looked at as an accepted message (mapping comes after)."""


class KeptMessages:
    """The messages of an interchange, in the order of the file."""

    def __init__(self) -> None:
        self.roll = Roll()
        self._notes: dict[int, Noted] = {}
        """By the number in the roll."""
        self._noted = array("Q")
        """The numbers of those that have a note, or are rejected and have none, since it was not kept."""

    def add(self, message: Message, *, valid: bool, beginning: bytes, note: Noted | None) -> None:
        """Adds a message, with what was found in it; without a note nothing was, or it is not kept."""
        if note is not None:
            self._notes[len(self.roll)] = note
        if note is not None or not valid:
            self._noted.append(len(self.roll))
        self.roll.add(message, valid=valid, beginning=beginning)

    def __len__(self) -> int:
        return len(self.roll)

    def note(self, at: int) -> Noted | None:
        """What was found in a message."""
        return self._notes.get(at)

    def noted(self, start: int, end: int) -> Sequence[int]:
        """The numbers of those messages that are rejected or that something was found in, between two numbers."""
        return self._noted[bisect_left(self._noted, start) : bisect_left(self._noted, end)]


class Kept(Sparse):
    """The messages of one group: those of the interchange between two numbers."""

    def __init__(
        self, messages: KeptMessages, start: int, end: int, group: Group, dialect: Dialect, *, fallen: bool
    ) -> None:
        """``fallen``: whether the group or its interchange is rejected as a whole."""
        self._messages = messages
        self._start = start
        self._end = end
        self._group = group
        self._dialect = dialect
        self._fallen = fallen
        self._changes: tuple[Change, ...] = ()

    def changed(self, change: Change) -> Kept:
        """The messages as ``change`` makes them, each when it is looked at; it may change what it gets."""
        other = copy(self)
        other._changes = (*self._changes, change)
        return other

    def noted(self) -> Iterator[JudgedMessage]:
        """The messages that are not accepted or that something was found in; all when all were changed."""
        if self._fallen or self._changes:
            return iter(self)
        return map(self._message, self._messages.noted(self._start, self._end))

    def __len__(self) -> int:
        return self._end - self._start

    def __iter__(self) -> Iterator[JudgedMessage]:
        return map(self._message, range(self._start, self._end))

    @overload
    def __getitem__(self, index: int) -> JudgedMessage: ...

    @overload
    def __getitem__(self, index: slice) -> list[JudgedMessage]: ...

    def __getitem__(self, index: int | slice) -> JudgedMessage | list[JudgedMessage]:
        at = range(self._start, self._end)[index]
        return self._message(at) if isinstance(at, int) else [self._message(each) for each in at]

    def _message(self, at: int) -> JudgedMessage:
        note = self._messages.note(at)
        if note is not None:
            findings = note.findings[: note.own] if self._fallen else list(note.findings)
            made = JudgedMessage(message=note.message, group=self._group, rules=note.rules, findings=findings)
        else:
            entry = self._messages.roll[at]
            message = Message(
                reference=entry.reference,
                kind=entry.kind,
                offset=0,
                end=0,
                dialect=self._dialect,
                raw=entry.beginning,
                count=entry.segments,
            )
            made = JudgedMessage(message=message, group=self._group, findings=[] if entry.valid else [UNTOLD])
        made.fallen = self._fallen
        for change in self._changes:
            made = change(made)
        return made


def changed(messages: Sequence[JudgedMessage], change: Change) -> Sequence[JudgedMessage]:
    """The messages as ``change`` makes them; it may change what it gets."""
    return messages.changed(change) if isinstance(messages, Kept) else [change(each) for each in messages]
