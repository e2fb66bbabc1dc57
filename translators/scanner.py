"""Cuts the text of one interchange into segments.

The terminator is looked for with the C library's search; a segment is looked at byte by byte only where a release
character stands in it. A terminator is data when an odd run of release characters ends right before it (ISO 9735-1, 9).

The scanner asks the window for more when a segment does not end in what is held. What has to stay is said by ``keep``:
the beginning of the open message, or else of the segment at hand. A segment above the limit is passed over without
being held; its beginning is yielded, cut down to the limit. What ends a scan without a terminator is no segment: it is
kept in ``tail``, and the caller says what was lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from translators.syntax import Dialect, Elements
from translators.window import Window

_COPY = 80
_BLANK = b" \t\r\n\0\x1a"


class Tail(msgspec.Struct):
    """Bytes at the end of an interchange that no terminator closes."""

    offset: int
    length: int
    head: bytes
    """The first of them."""
    blank: bool
    """Whether there is nothing but filler among them."""


class Measured(msgspec.Struct, frozen=True):
    """A segment of binary data, cut by the length it states: up to ``end``, its terminator included."""

    raw: bytes
    """Without the terminator; without the data, where that is too large to be held."""
    elements: Elements
    end: int
    wrong: bool = False
    """Whether no terminator follows there, and it was too late to cut it otherwise."""


class Scanner:
    """The segments from ``at`` to the next hard start, as (raw bytes, offset); blanks and line breaks between skipped.

    Two terminators in a row yield an empty segment. While iterating, ``at`` is the offset behind the segment's
    terminator; :meth:`jump` continues elsewhere, which is how counted binary data is passed over.
    """

    def __init__(self, window: Window, at: int, dialect: Dialect, segment_limit: int) -> None:
        self.window = window
        self.at = at
        self.dialect = dialect
        self.keep: int | None = None
        """The offset from which on the text is still needed, when that is before the segment at hand."""
        self.tail: Tail | None = None
        self.oversized: list[tuple[int, int]] = []
        """(offset, length) of segments above the limit; they are yielded cut down to it."""
        self.counted: tuple[bytes, ...] = ()
        """How segments begin that state the length of their data."""
        self.measure: Callable[[int], Measured | None] = lambda at: None
        """Cuts such a segment, which begins at an offset; ``None`` when its length is wrong."""
        self.measured: Measured | None = None
        """What the segment yielded last was cut by, when it was cut by its length."""
        self.spill: Callable[[int, bytes, int], None] = lambda at, raw, end: None
        """Told of a segment that is not held: its offset, what is left of it, and where it ends."""
        self.relieve: Callable[[], None] = lambda: None
        """Called before more is held."""
        self._limit = segment_limit
        self._from = at
        # A delimiter is never filler, not even LF as a terminator or TAB as a separator.
        self._filler = bytes(byte for byte in b" \t\r\n" if byte not in dialect.delimiters)
        self._skip = re.compile(b"[" + re.escape(self._filler) + b"]*+" if self._filler else b"").match

    def jump(self, at: int) -> None:
        """Go on at another offset."""
        self.at = self._from = at

    @property
    def end(self) -> int:
        """Where the interchange ends at the latest, as far as that can be told from what is held."""
        return min(self.window.headers.next_hard(self._from), self.window.limit)

    @property
    def final(self) -> bool:
        """Whether the interchange really ends there: with the file, or because the next header begins a line."""
        return self.window.ended or self.window.headers.next_hard(self._from) < self.window.limit

    def more(self) -> bool:
        """Holds more of the text; whether there is more."""
        self.relieve()
        return self.window.more(self.at if self.keep is None else min(self.keep, self.at))

    def next_tag(self) -> int:
        """The offset of the next segment: behind what may stand between segments."""
        base = self.window.base
        found = self._skip(self.window.text, self.at - base, self.end - base)
        return base + found.end() if found else self.at

    def stop_in(self, text: bytes, at: int, end: int, odd: bool = False) -> tuple[int, bool]:
        """(the first terminator from ``at`` on that is not released, or -1; whether a run of releases of odd length
        stands at ``end``). ``odd`` says so of what was before ``at``."""
        release, terminator = self.dialect.release, self.dialect.terminator
        if release is None:
            return text.find(terminator, at, end), False
        start = at
        while True:
            stop = text.find(terminator, start, end)
            piece = text[start : end if stop < 0 else stop]
            run = len(piece) - len(piece.rstrip(release))
            released = (run + (odd and run == len(piece))) % 2 == 1
            if stop < 0 or not released:
                return stop, released
            start, odd = stop + 1, False

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        window, dialect, limit = self.window, self.dialect, self._limit
        terminator, width, release = dialect.terminator, len(dialect.terminator), dialect.release
        filler, skip, counted = self._filler, self._skip, self.counted
        # Where the next release character is, in what was held when it was looked for: a jump leaves that standing.
        held, next_release = b"", -1
        while True:
            text, base, start, final = window.text, window.base, self._from, self.final
            find, end = text.find, self.end - base
            if text is not held:
                held, next_release = text, -1
            unclosed = False
            # Until somebody moves on: the window by holding more, or a jump.
            while window.text is text and self._from == start:
                at = self.at - base
                if at < end and text[at] in filler:
                    found = skip(text, at, end)
                    at = found.end() if found else at
                    self.at = base + at
                if at >= end:
                    break
                if counted and text.startswith(counted, at):
                    self.measured = self.measure(base + at)
                    if self.measured is not None:
                        self.jump(self.measured.end)
                        yield self.measured.raw, base + at
                        self.measured = None
                        continue
                    if window.text is not text:
                        text, base, final = window.text, window.base, self.final
                        find, end, next_release = text.find, self.end - base, -1
                        at = self.at - base
                stop = find(terminator, at, end)
                if release is not None:
                    if next_release < at:
                        next_release = find(release, at, end)
                        if next_release < 0:
                            # Nothing more to look for in what is held.
                            next_release = end
                    if next_release < stop:
                        stop, _ = self.stop_in(text, at, end)
                if stop < 0:
                    unclosed = True
                    break
                self.at = base + stop + width
                if stop - at > limit:
                    yield self._cut_down(base + at, text[at : at + limit], stop - at)
                else:
                    yield text[at:stop], base + at
            else:
                continue
            if final and not unclosed:
                return
            if not final and (not unclosed or end - at <= limit):
                self.more()
            elif final and counted and text.startswith(counted, at):
                # Binary data of a wrong length, with what looks like a header in it.
                self.at = base + end
                yield text[at : min(end, at + limit)], base + at
            else:
                segment = self._long(base + at)
                if segment is None:
                    return
                yield segment

    def _long(self, at: int) -> tuple[bytes, int] | None:
        """The segment at ``at``, which does not end in what is held, cut down to the limit; ``None`` for a tail."""
        window, width = self.window, len(self.dialect.terminator)
        head = window.text[at - window.base : min(at - window.base + self._limit, self.end - window.base)]
        blank = not head.strip(_BLANK)
        # Looked through from here on; whether an odd run of releases ends right before.
        start, odd = at, False
        spilled = False
        while True:
            text, base, end = window.text, window.base, self.end - window.base
            stop, odd_at_end = self.stop_in(text, start - base, end, odd)
            if stop >= 0:
                length = base + stop - at
                self.at = base + stop + width
                return self._cut_down(at, head, length)
            blank = blank and not text[max(start, at) - base : end].strip(_BLANK)
            if self.final:
                self.tail = Tail(at, base + end - at, head[:_COPY], blank)
                self.at = base + end
                if spilled:
                    self.spill(at, b"", self.at)
                return None
            if not spilled:
                # What was read of the open message is put by, and the rest of this segment is dropped as it comes.
                self.spill(at, b"", at)
                spilled = True
            # A terminator of several bytes may begin in what is dropped.
            start, odd = base + end - (width - 1), odd_at_end
            self.at = start
            self.more()

    def _cut_down(self, at: int, head: bytes, length: int) -> tuple[bytes, int]:
        if length > self._limit:
            self.oversized.append((at, length))
            self.spill(at, head + self.dialect.terminator, self.at)
        return head, at


def find_segment(
    window: Window, at: int, dialect: Dialect, end: int, segment_limit: int
) -> tuple[bytes, int, int] | None:
    """(raw bytes, offset, offset behind its terminator) of the first segment from ``at`` on that ends before ``end``.

    ``None`` when there is none, or only an empty one. The window holds the text up to ``end`` already.
    """
    scanner = Scanner(window, at, dialect, segment_limit)
    start = scanner.next_tag() - window.base
    stop, _ = scanner.stop_in(window.text, start, min(end, scanner.end) - window.base)
    if stop <= start:
        return None
    raw = window.text[start:stop][:segment_limit]
    return raw, window.base + start, window.base + stop + len(dialect.terminator)
