"""The part of a file that is being looked at: its bytes come in pieces, and go when nobody needs them any more.

Offsets are those of the whole text, whatever part of it is held: byte ``offset`` stands at ``offset - base`` in
``text``. Whoever reads says up to where it is done when it asks for more; what stands before that is dropped. So memory
is bounded by what a reader has to hold at once, not by the length of the file, and a file handed over in one piece is
read by the very same steps as one that comes from a socket.

What is decided must not depend on where the pieces were cut. So the last bytes of what is held are not looked at for
as long as more may follow (``limit``): a header that begins before ``limit`` is held whole.

A text in EBCDIC is converted byte by byte, which leaves every offset where it is. When the text was wrapped at a fixed
width, the line breaks are taken out of each piece as it comes, and the source of the window knows where they stood.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable

from translators.detection import Headers
from translators.digesting import Digest
from translators.syntax import Source

SAMPLE = 1 << 18
"""Bytes that are held before anything is decided about the file as a whole: its line breaks, whether it is wrapped."""
PIECE = 1 << 18
"""Bytes that are added at once."""
_MARGIN = 512
"""More than any header has that must be recognised: an ISA, or a UNA with the UNB behind it."""
_BREAKS = re.compile(rb"[\r\n]")


class Window:
    """A window over the text that ``chunks`` make up, from its beginning."""

    def __init__(self, chunks: Iterable[bytes], most: int) -> None:
        """``most``: how many bytes are accepted; of a longer file the rest is left out, and ``exceeded`` is set."""
        self._chunks = iter(chunks)
        self._most = most
        self._received = 0
        self._waiting: bytes | None = b""
        self._file = b""
        self._wrapped = False
        self._table: bytes | None = None
        self.text = b""
        self.base = 0
        self.ended = False
        """Whether the text reaches to the end of the file."""
        self.exceeded = False
        self.digest = Digest()
        """Of the bytes passed over since it was begun."""
        self.headers = Headers(b"", 0)
        self._fill(b"", SAMPLE)
        self._newline = b"\n" if self.text.find(b"\n", 0, SAMPLE) >= 0 or b"\r" not in self.text[:SAMPLE] else b"\r"
        self.source = Source(self.text, newline=self._newline)
        self._survey()

    @property
    def end(self) -> int:
        """The offset behind what is held."""
        return self.base + len(self.text)

    @property
    def size(self) -> int:
        """How many bytes have been received so far."""
        return self._received

    def unwrap(self, at: int) -> None:
        """Takes the line breaks out of everything from ``at`` on. To be called before anything was dropped."""
        self._wrapped = True
        self._file = self.text
        removed = array("q", (found.start() for found in _BREAKS.finditer(self.text, at)))
        self.text = self.text[:at] + self.text[at:].translate(None, b"\r\n")
        self.source = Source(self._file, removed=removed, newline=self._newline)
        self._survey()

    def recode(self, table: bytes) -> None:
        """Replaces every byte by the one that ``table`` has for it. To be called before anything was dropped."""
        self._table = table
        self.text = self.text.translate(table)
        self._newline = b"\n" if b"\n" in self.text or b"\r" not in self.text else b"\r"
        self.source = Source(self.text, newline=self._newline)
        self._survey()

    def more(self, keep: int) -> bool:
        """Adds about as much as is held from ``keep`` on, and drops what stands before; whether there was more."""
        if self.ended:
            return False
        # One byte before what is kept stays, because a header is told by the line break before it.
        drop = max(0, min(keep if self._wrapped else keep - 1, self.end) - self.base)
        self.digest.feed(self.text, self.base, self.base + drop)
        kept = self.text[drop:]
        if self._wrapped:
            self._refill_wrapped(drop, kept)
        else:
            lines, last = self.source.lines_up_to(self.base + drop)
            self.base += drop
            self._fill(kept, max(PIECE, len(kept)))
            self.source = Source(
                self.text, offset=self.base, file_offset=self.base, lines=lines, last=last, newline=self._newline
            )
        self._survey()
        return True

    def need(self, upto: int, keep: int) -> bool:
        """Holds the text up to ``upto``, and from ``keep`` on; whether the file is that long."""
        while self.end < upto and self.more(keep):
            pass
        return self.end >= upto

    def skip(self, to: int) -> bool:
        """Drops everything before ``to``, however far away that is; whether the file is that long."""
        while self.end < to and self.more(self.end):
            pass
        return self.end >= to

    def find_header(self, at: int) -> int:
        """The offset of the first certain header from ``at`` on, or of the end of the file; drops what is before."""
        while True:
            found = self.headers.next(at)
            if found < self.limit or self.ended:
                return found
            at = max(at, self.limit)
            self.more(at)

    def _refill_wrapped(self, drop: int, kept: bytes) -> None:
        """As :meth:`more` does, with the file's bytes beside the text without its line breaks."""
        at = self.source.place(self.base + drop)[0]
        file_base = self.source.file_offset
        lines, last = self.source.lines_up_to(self.base + drop)
        file_kept = self._file[at - file_base :]
        self.base += drop
        self._fill(b"", max(PIECE, len(kept)))
        self._file = file_kept + self.text
        removed = array("q", (at + found.start() for found in _BREAKS.finditer(self._file)))
        self.text = self._file.translate(None, b"\r\n")
        self.source = Source(
            self._file,
            removed=removed,
            offset=self.base,
            file_offset=at,
            lines=lines,
            last=last,
            newline=self._newline,
        )

    def _fill(self, kept: bytes, wanted: int) -> None:
        """Makes ``text`` of what is kept and at least as many bytes as are wanted, as far as there are any."""
        pieces, length = [kept], 0
        while length < wanted and self._waiting is not None:
            piece = self._waiting
            # One chunk is asked for ahead, so that the last one is known to be it.
            self._waiting = next(self._chunks, None)
            self._received += len(piece)
            if self._received > self._most:
                piece = piece[: len(piece) - (self._received - self._most)]
                self.exceeded, self._waiting = True, None
            pieces.append(piece if self._table is None else piece.translate(self._table))
            length += len(piece)
        self.ended = self._waiting is None
        self.text = b"".join(pieces)

    def _survey(self) -> None:
        self.limit = self.end if self.ended else max(self.base, self.end - _MARGIN)
        """Up to where the text may be looked at."""
        self.headers = Headers(self.text, self.base)
