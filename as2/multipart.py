"""Multiparts taken apart by searching for their delimiters, and put together, byte for byte.

The entity that a part carries, which is what was signed, is every byte between the line end of one delimiter line and
the line end before the next (RFC 2046 section 5.1.1). Those bytes are given on unchanged: the header block first, as it
arrived, then the content in pieces, in constant memory. However the body is cut into chunks, the parts are the same.

What is a delimiter: two hyphens and the boundary at the beginning of a line, then up to 256 blanks, then the end of the
line; two more hyphens after the boundary close the multipart, and the end of the body may take the place of that line's
end. A line ends with CRLF or LF. The boundary anywhere else is content. Where a sender damages the line end before it,
the delimiter is therefore none, and when the multipart then lacks a part or its end, the fault says that this was seen.

Text before the first delimiter and after the last is skipped; it is outside of what anyone signed, and nobody is given
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from as2.entity import header_end
from as2.fault import Unreadable, Unwritable
from as2.headers import ContentType, Headers, parse_block
from as2.source import BytesSource, Joined, Source
from as2.tolerance import Tolerated

_BOUNDARY = re.compile(rb"[ -~]*[!-~]")
_WRITTEN_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=?-]{1,70}")
_LINE_END = re.compile(rb"[ \t]{0,256}\r?\n")
_CLOSING_END = re.compile(rb"--[ \t]{0,256}(?:\r?\n|\r|\Z)")
# What is held ends within the line of what may be a delimiter.
_LINE_CUT = re.compile(rb"(?:-|(?:--)?[ \t]{0,256}\r?)\Z")
_NO_HEADERS = Headers()


class Limits(msgspec.Struct, frozen=True):
    """How much of a message is read before anybody has vouched for it."""

    parts: int = 20
    """Parts of one multipart."""
    header_block: int = 16 * 1024
    """Bytes in the header block of a part."""
    boundary: int = 70
    """Characters (RFC 2046 section 5.1.1)."""
    layers: int = 4
    """Encrypted, compressed, signed and compressed again is the deepest legal stack, and one of the two is illegal."""
    inflated: int = 2**31
    """Bytes that a compressed layer may inflate to, whatever its own size."""

    def inflated_from(self, size: int) -> int:
        """Bytes that a compressed layer of ``size`` bytes may inflate to."""
        return min(self.inflated, 100 * size + 2**20)


class Part:
    """One part of a multipart; ``content`` can be read until the next part is asked for."""

    __slots__ = ("_headers", "content")

    def __init__(self, headers: Headers | Unreadable, content: Iterator[bytes]) -> None:
        self._headers = headers
        self.content = content

    @property
    def headers(self) -> Headers:
        """The header fields; :class:`Unreadable` if they could not be read and the parts are read ``late``."""
        if isinstance(self._headers, Unreadable):
            raise self._headers
        return self._headers

    @property
    def header_bytes(self) -> bytes:
        """The header block as it arrived, with its empty line; with the content after it, the entity on the wire."""
        return self._headers.raw_block if isinstance(self._headers, Headers) else b""


class PartReader:
    """The parts of a multipart, in order; made by :func:`split_multipart`.

    Each can be iterated once. What is not read of a part is passed over. Iterate to the end: what comes after the last
    delimiter must be read too, for there the layer outside checks its padding or its tag.
    """

    def __init__(
        self, chunks: Iterable[bytes], boundary: bytes, limits: Limits, tolerated: Tolerated, *, late: bool = False
    ) -> None:
        self.damaged_delimiter = False
        """Whether the boundary was seen with its line end after it, but not at the beginning of a line."""
        self._late = late
        self._chunks = iter(chunks)
        self._token = b"--" + boundary
        self._limits = limits
        self._tolerated = tolerated
        self._count = 0
        # What is held begins, at _at, with what was not given out. _fresh: nothing of this part was given out, so a
        # delimiter right here follows directly on the line end of the one before.
        self._held = b""
        self._at = 0
        self._fresh = True
        self._ended = False
        # The next delimiter, if it is held: where its line end before begins, where its line ends, whether it closes.
        self._next: tuple[int, int, bool] | None = None
        self._searched = 0
        self._certain = 0
        self._closed = False
        self._inside = True

    def __iter__(self) -> Iterator[Part]:
        return self

    def __next__(self) -> Part:
        if self._inside:
            self._pass_over()
        if self._closed:
            self._pass_epilogue()
            raise StopIteration
        if self._count == self._limits.parts:
            raise Unreadable("too-many-parts", f"A multipart of more than {self._limits.parts} parts.")
        self._count += 1
        self._inside = True
        return Part(self._headers(), self._content(self._count))

    def _headers(self) -> Headers | Unreadable:
        end = self._header_end()
        if isinstance(end, Unreadable):
            return end
        block = self._held[self._at : end]
        if not block:
            self._tolerated.add("part-without-headers")
            return _NO_HEADERS
        try:
            headers = parse_block(block, self._tolerated)
        except Unreadable as fault:
            if not self._late:
                raise
            return fault
        self._at = end
        self._fresh = False
        return headers

    def short(self, expected: str) -> Unreadable:
        """The fault of a multipart that ended without ``expected``."""
        if self.damaged_delimiter:
            return self._damaged()
        return Unreadable("part-missing", f"The multipart has {self._count} parts, without {expected}.")

    def _pass_over(self) -> None:
        if self._count:
            for _ in self._content(self._count):
                pass
            return
        for piece in self._content(0):
            if piece.strip():
                self._tolerated.add("preamble")

    def _pass_epilogue(self) -> None:
        while True:
            if self._held[self._at :].strip():
                self._tolerated.add("epilogue")
            self._at = len(self._held)
            if self._ended:
                return
            self._pull(1)

    def _header_end(self) -> int | Unreadable:
        wanted = 1
        while True:
            complete = self._find() or self._ended
            stop = self._certain if self._next is None else self._next[0]
            try:
                end = header_end(self._held, self._at, stop, complete=complete, limit=self._limits.header_block)
            except Unreadable as fault:
                if not self._late:
                    raise
                return fault
            if end is not None:
                return end
            # Asking for twice as much each time keeps the copying linear when the chunks are single bytes.
            self._pull(wanted)
            wanted = 2 * (len(self._held) - self._at)

    def _content(self, number: int) -> Iterator[bytes]:
        """What is left of the part, and then the delimiter after it is taken."""
        while True:
            if self._count != number:
                raise RuntimeError("The content of a part was asked for after the next part.")
            if not self._inside:
                return
            self._find()
            start = self._at
            stop = self._certain if self._next is None else self._next[0]
            if stop > start:
                self._at = stop
                self._fresh = False
                yield self._held[start:stop]
            elif self._next is not None:
                self._take_delimiter(*self._next)
            elif self._ended:
                raise self._cut_short()
            else:
                self._pull(1)

    def _find(self) -> bool:
        """Whether the next delimiter is held; if not, ``_certain`` is how far there is none."""
        if self._next is not None:
            return True
        held, token = self._held, self._token
        while True:
            at = held.find(token, self._searched)
            if at < 0:
                # What may be the beginning of a delimiter, with the line end before it, stays held.
                self._searched = max(self._searched, len(held) - len(token) + 1)
                self._certain = len(held) if self._ended else max(self._at, len(held) - len(token) - 1)
                return False
            begin = self._line_begin(at)
            after = at + len(token)
            if not self._ended and _LINE_CUT.match(held, after):
                self._searched = at
                self._certain = at if begin is None else begin
                return False
            closing = _CLOSING_END.match(held, after)
            end = closing or _LINE_END.match(held, after)
            if end is not None and begin is not None:
                self._next = (begin, end.end(), closing is not None)
                return True
            if end is not None:
                self.damaged_delimiter = True
            self._searched = after

    def _line_begin(self, at: int) -> int | None:
        """Where the line end before ``at`` begins; ``None`` when ``at`` is not at the beginning of a line."""
        if at == self._at:
            return at if self._fresh else None
        if self._held[at - 1] != 0x0A:
            return None
        return at - 2 if at - 2 >= self._at and self._held[at - 2] == 0x0D else at - 1

    def _take_delimiter(self, begin: int, after: int, closes: bool) -> None:
        held = self._held
        if held.startswith(b"\n", begin) or not (closes or held.endswith(b"\r\n", begin, after)):
            self._tolerated.add("lf-line-ends")
        self._at = self._searched = after
        self._next = None
        self._fresh = True
        self._inside = False
        self._closed = closes

    def _pull(self, wanted: int) -> None:
        """Hold ``wanted`` more bytes, or all that there are."""
        pieces = [self._held[self._at :]] if self._at < len(self._held) else []
        for chunk in self._chunks:
            pieces.append(chunk)
            wanted -= len(chunk)
            if wanted <= 0:
                break
        else:
            self._ended = True
        self._held = b"".join(pieces)
        self._searched = max(0, self._searched - self._at)
        self._at = 0

    def _cut_short(self) -> Unreadable:
        if self.damaged_delimiter:
            return self._damaged()
        if self._count == 0:
            return Unreadable("delimiter-missing", f"No line of the body is its delimiter {self._token!r}.")
        return Unreadable(
            "closing-delimiter-missing", f"The body ends within part {self._count}, without its last line."
        )

    def _damaged(self) -> Unreadable:
        return Unreadable(
            "delimiter-damaged",
            f"The delimiter {self._token!r} is there, but not at the beginning of a line: the sender must put CRLF and "
            "nothing else between a part and the delimiter after it.",
        )


def boundary_of(content_type: ContentType) -> bytes:
    """The boundary that a multipart's Content-Type states; :class:`Unreadable` (``boundary-missing``) without one."""
    boundary = content_type.parameters.get("boundary", "").rstrip(" ")
    if not boundary:
        raise Unreadable("boundary-missing", f"{content_type.media} states no boundary.")
    return boundary.encode("latin-1", "replace")


def split_multipart(
    chunks: Iterable[bytes],
    boundary: bytes,
    *,
    limits: Limits | None = None,
    tolerated: Tolerated | None = None,
    late: bool = False,
) -> PartReader:
    """The parts of a multipart body, pulled from ``chunks``.

    Reading raises :class:`Unreadable` when the delimiters or the headers of a part cannot be made out or go over the
    limits, and whatever ``chunks`` raises. ``boundary`` is without the hyphens of the delimiter. With ``late``, headers
    that cannot be made out are a fault only for whoever asks for them; all bytes of such a part are its content.
    """
    bounds = limits or Limits()
    if len(boundary) > bounds.boundary:
        raise Unreadable("boundary-too-long", f"A boundary of more than {bounds.boundary} characters.")
    if not _BOUNDARY.fullmatch(boundary):
        raise Unreadable("boundary-malformed", f"{boundary!r} cannot be a boundary (RFC 2046 section 5.1.1).")
    return PartReader(chunks, boundary, bounds, set() if tolerated is None else tolerated, late=late)


def write_multipart(parts: Sequence[Source], boundary: str) -> Source:
    """The body of a multipart with these entities, each with its own header block; no preamble and no epilogue.

    The boundary must be unpredictable to whoever wrote the content. :class:`Unwritable` when it is none.
    """
    if not parts or not _WRITTEN_BOUNDARY.fullmatch(boundary):
        raise Unwritable("boundary-unwritable", f"{boundary[:100]!r} cannot separate {len(parts)} parts.")
    pieces: list[Source] = []
    before = f"--{boundary}\r\n".encode()
    for part in parts:
        pieces += (BytesSource(before), part)
        before = f"\r\n--{boundary}\r\n".encode()
    pieces.append(BytesSource(f"\r\n--{boundary}--\r\n".encode()))
    return Joined(tuple(pieces))
