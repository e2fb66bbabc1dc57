"""Cuts the text of one interchange into segments.

The terminator is looked for with the C library's search; a segment is looked at byte by byte only where a release
character stands in it. A terminator is data when an odd run of release characters ends right before it (ISO 9735-1, 9).

What ends a scan without a terminator is no segment: it is kept in ``tail``, and the caller says what was lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from translators.detection import Headers
from translators.syntax import Dialect


class Scanner:
    """The segments from ``at`` to the next hard start, as (raw bytes, offset); blanks and line breaks between skipped.

    Two terminators in a row yield an empty segment. While iterating, ``at`` is the offset behind the segment's
    terminator; :meth:`jump` continues elsewhere, which is how counted binary data is passed over.
    """

    def __init__(self, text: bytes, at: int, dialect: Dialect, headers: Headers, segment_limit: int) -> None:
        self.text = text
        self.at = at
        self.dialect = dialect
        self.end = headers.next_hard(at)
        """Where the interchange ends at the latest: the next header that begins a line, or the end of the text."""
        self.tail: int | None = None
        """The offset of the bytes before ``end`` that no terminator closes."""
        self.oversized: list[tuple[int, int]] = []
        """(offset, length) of segments above the limit; they are yielded cut down to it."""
        self.counted: tuple[bytes, ...] = ()
        """How segments begin that state the length of their data, in which a header at a line's start is data too."""
        self._headers = headers
        self._limit = segment_limit

    def jump(self, at: int) -> None:
        """Go on at another offset."""
        self.at = at
        self.end = self._headers.next_hard(at)

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        text, dialect, limit = self.text, self.dialect, self._limit
        terminator, width = dialect.terminator, len(dialect.terminator)
        find = text.find
        # A delimiter is never filler, not even LF as a terminator or TAB as a separator.
        filler = bytes(byte for byte in b" \t\r\n" if byte not in dialect.delimiters)
        skip = re.compile(b"[" + re.escape(filler) + b"]*+" if filler else b"").match
        release = dialect.release
        next_release = -1
        while self.at < self.end:
            at, end = self.at, self.end
            if text[at] in filler:
                found = skip(text, at, end)
                at = found.end() if found else at
                if at >= end:
                    self.at = end
                    return
            stop = find(terminator, at, end)
            if release is not None:
                if next_release < at:
                    next_release = find(release, at, end)
                    if next_release < 0:
                        # Nothing more to look for, unless a jump moves the end.
                        next_release = end
                if next_release < stop:
                    stop = self._real_stop(at, stop, release)
            if stop < 0 and self.counted and text.startswith(self.counted, at):
                self.at = end
                yield text[at : min(end, at + limit)], at
                continue
            if stop < 0:
                self.tail = at
                self.at = end
                return
            self.at = stop + width
            if stop - at > limit:
                self.oversized.append((at, stop - at))
                yield text[at : at + limit], at
            else:
                yield text[at:stop], at

    def _real_stop(self, at: int, stop: int, release: bytes) -> int:
        """The first terminator from ``stop`` on that is not released; -1 when there is none."""
        text, terminator = self.text, self.dialect.terminator
        start = at
        while stop >= 0:
            piece = text[start:stop]
            if (len(piece) - len(piece.rstrip(release))) % 2 == 0:
                return stop
            # The run of releases before a later terminator cannot reach across this one.
            start = stop + 1
            stop = text.find(terminator, start, self.end)
        return -1
