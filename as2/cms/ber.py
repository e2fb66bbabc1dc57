"""Basic Encoding Rules, read (X.690): small structures in memory, large ones as they come in.

CMS is DER when we write it and BER when others do: lengths may be indefinite, OCTET STRINGs may come in pieces, a
length may be spelt with more octets than needed (RFC 5652 allows all of it outside signed attributes). `Element` is one
encoded value in memory, with its exact bytes, whose parts are looked at on demand. `Fields` takes the parts of an
element one after another. `BerReader` walks through an encoding of any size that arrives in chunks: it enters
constructed elements, takes small parts as an `Element`, and hands out the octets of a string without ever holding them
together.

Nothing here knows what is being read: whatever does not fit is `Malformed`, and the caller turns that into the answer
that its layer owes. Depth and size of what is held are bounded before any of it is believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from as2.source import ChunkReader

INTEGER, BIT_STRING, OCTET_STRING, NULL, OBJECT = 0x02, 0x03, 0x04, 0x05, 0x06
SEQUENCE, SET = 0x30, 0x31
OCTET_STRING_IN_PIECES = 0x24

CONSTRUCTED = 0x20
DEEPEST = 32
"""No structure of CMS or X.509 nests deeper; certificate names are the deepest at about twelve."""
SMALL = 1 << 20
"""What is taken into memory as one element: a certificate chain with revocation lists stays far below."""
MOST_PARTS = 4096
"""Elements inside one: recipients of an envelope are the most there is, and each costs a hundred times its bytes."""
PIECE = 1 << 16
"""How many bytes of a streamed string are handed out together."""


class Malformed(Exception):
    """The bytes are no BER, or not the structure that was looked for."""


class Element(msgspec.Struct, frozen=True):
    """One encoded value: its identifier octets as a number, its contents, and all of its bytes as they came."""

    tag: int
    content: bytes
    raw: bytes

    def children(self) -> list[Element]:
        """The elements inside a constructed one, in order."""
        if not self.tag & CONSTRUCTED:
            raise Malformed(f"element {self.tag:#x} holds a value where a structure is expected")
        parts = list(islice(_elements(self.content), MOST_PARTS + 1))
        if len(parts) > MOST_PARTS:
            raise Malformed("a structure of too many parts")
        return parts

    def octets(self) -> bytes:
        """The octets of an OCTET STRING, or of a value tagged like one, whether in one piece or in several."""
        return self.content if not self.tag & CONSTRUCTED else b"".join(_pieces(self.content, 1))

    def integer(self) -> int:
        """The number of an INTEGER."""
        if self.tag != INTEGER or not self.content:
            raise Malformed("a number is expected")
        return int.from_bytes(self.content, "big", signed=True)

    def oid(self) -> bytes:
        """The content octets of an OBJECT IDENTIFIER, as `as2.cms.oids` names them."""
        if self.tag != OBJECT or not self.content:
            raise Malformed("an object identifier is expected")
        return self.content

    def bits(self) -> bytes:
        """The octets of a BIT STRING that has no unused bits."""
        if self.tag != BIT_STRING or self.content[:1] != b"\x00":
            raise Malformed("a string of whole octets is expected")
        return self.content[1:]


def parse(data: bytes) -> Element:
    """The one element that `data` holds; white space may follow it, nothing else."""
    element, end = _element(data, 0, len(data), 0)
    if data[end:].strip():
        raise Malformed("bytes follow the end of the structure")
    return element


class Fields:
    """The parts of a constructed element, taken one after another."""

    __slots__ = ("_at", "_parts")

    def __init__(self, element: Element, tag: int = SEQUENCE) -> None:
        if element.tag != tag:
            raise Malformed(f"element {element.tag:#x} where {tag:#x} is expected")
        self._parts = element.children()
        self._at = 0

    def take(self, *tags: int) -> Element:
        """The next part, which must have one of `tags`; any part when none is given."""
        part = self.maybe(*tags)
        if part is None:
            raise Malformed(f"no element {'/'.join(f'{tag:#x}' for tag in tags) or 'at all'} where one is expected")
        return part

    def maybe(self, *tags: int) -> Element | None:
        """The next part if it has one of `tags` (any when none is given), else nothing is taken."""
        if self._at == len(self._parts):
            return None
        part = self._parts[self._at]
        if tags and part.tag not in tags:
            return None
        self._at += 1
        return part

    def rest(self) -> list[Element]:
        """Every part that is left."""
        at, self._at = self._at, len(self._parts)
        return self._parts[at:]

    def end(self) -> None:
        """Check that no part is left."""
        if self._at != len(self._parts):
            raise Malformed("more elements than the structure has")


class _Head(msgspec.Struct, frozen=True):
    tag: int
    length: int | None
    raw: bytes


class BerReader:
    """Walks through one encoding of any size; memory is bounded by what the caller asks to hold."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._reader = ChunkReader(chunks)
        self._position = 0
        self._ends: list[int | None] = []
        self._bounds: list[int | None] = [None]
        self._pending: _Head | None = None

    def next_tag(self) -> int | None:
        """The tag of the next element in the structure we are in; ``None`` at its end."""
        end = self._ends[-1] if self._ends else None
        if self._pending is None and end is not None and self._position == end:
            return None
        head = self._head()
        return None if head.tag == 0 and self._ends and end is None else head.tag

    def enter(self, tag: int) -> None:
        """Go into the constructed element that comes next and must have `tag`."""
        head = self._take(tag)
        if not head.tag & CONSTRUCTED:
            raise Malformed("a structure is expected")
        if len(self._ends) >= DEEPEST:
            raise Malformed("nested too deeply")
        end = None if head.length is None else self._position + head.length
        self._ends.append(end)
        # What is inside cannot reach beyond the innermost end that is known; its own is checked when its head is read.
        self._bounds.append(self._bounds[-1] if end is None else end)

    def leave(self) -> None:
        """Go out of the element entered last, at whose end we must be."""
        if self.next_tag() is not None:
            raise Malformed("more elements than the structure has")
        self._pending = None
        self._ends.pop()
        self._bounds.pop()

    def element(self, *tags: int, limit: int = SMALL) -> Element:
        """The next element as a whole, which must have one of `tags` and at most `limit` bytes."""
        head = self._take(*tags)
        if head.tag == 0:
            raise Malformed("an end of contents where an element is expected")
        held = bytearray(head.raw)
        open_ended = 0
        while True:
            if head.length is None:
                open_ended += 1
            else:
                if len(held) + head.length > limit:
                    raise Malformed("an element is too large")
                held += self._read(head.length)
                if head.tag == 0:
                    open_ended -= 1
            if not open_ended:
                return parse(bytes(held))
            if open_ended > DEEPEST or len(held) > limit:
                raise Malformed("an element is too large or nested too deeply")
            head = self._take()
            held += head.raw

    def octets(self, tag: int) -> Iterator[bytes]:
        """The octets of the string that comes next, in pieces; `tag` is that of its primitive form."""
        held: list[bytes] = []
        size = 0
        for piece in self._string(tag):
            held.append(piece)
            size += len(piece)
            if size >= PIECE:
                yield b"".join(held)
                held, size = [], 0
        if size:
            yield b"".join(held)

    def end(self) -> bool:
        """Whether white space follows the encoding; nothing else may."""
        found = False
        for rest in self._reader.rest():
            found = True
            if rest.strip():
                raise Malformed("bytes follow the end of the structure")
        return found

    def _string(self, tag: int) -> Iterator[bytes]:
        if self.next_tag() == tag:
            yield from self._primitive(self._take(tag))
            return
        outer = len(self._ends)
        self.enter(tag | CONSTRUCTED)
        while len(self._ends) > outer:
            if run := self._run():
                yield run
                continue
            match self.next_tag():
                case None:
                    self.leave()
                case 0x04:
                    yield from self._primitive(self._take(OCTET_STRING))
                case _:
                    self.enter(OCTET_STRING_IN_PIECES)

    def _run(self) -> bytes:
        """The small primitive strings that come next and are at hand as a whole, joined: streams consist of them."""
        if self._pending is not None:
            return b""
        held = self._reader.peek(PIECE)
        bound = self._bounds[-1]
        end = len(held) if bound is None else min(len(held), bound - self._position)
        at = 0
        found = []
        while at + 4 <= end and held[at] == OCTET_STRING:
            start, length = at + 2, held[at + 1]
            if length & 0x80:
                count = length & 0x7F
                if not 1 <= count <= 2:
                    break
                length = int.from_bytes(held[start : start + count], "big")
                start += count
            if start + length > end:
                break
            at = start + length
            found.append(held[start:at])
        self._position += at
        self._reader.read_exact(at)
        return b"".join(found)

    def _primitive(self, head: _Head) -> Iterator[bytes]:
        left = head.length or 0
        while left:
            piece = self._read(min(left, PIECE))
            left -= len(piece)
            yield piece

    def _take(self, *tags: int) -> _Head:
        head = self._head()
        if tags and head.tag not in tags:
            raise Malformed(f"element {head.tag:#x} where {'/'.join(f'{tag:#x}' for tag in tags)} is expected")
        self._pending = None
        return head

    def _head(self) -> _Head:
        if self._pending is not None:
            return self._pending
        raw = self._read(2)
        if raw[0] & 0x1F == 0x1F:
            while raw[-1] & 0x80:
                if len(raw) > 4:
                    raise Malformed("a tag is too long")
                raw += self._read(1)
            raw += self._read(1)
            tag = int.from_bytes(raw[:-1], "big")
        else:
            tag = raw[0]
        length: int | None = raw[-1]
        if raw[-1] & 0x80:
            more = self._read(raw[-1] & 0x7F)
            raw += more
            length = _long_length(more, bool(raw[0] & CONSTRUCTED))
        bound = self._bounds[-1]
        if bound is not None and self._position + (length or 0) > bound:
            raise Malformed("an element is longer than what holds it")
        if tag == 0 and length:
            raise Malformed("an end of contents that has contents")
        self._pending = _Head(tag, length, raw)
        return self._pending

    def _read(self, count: int) -> bytes:
        # Looked at first: what is missing here is this layer's fault, and what the chunks themselves raise is not.
        if len(self._reader.peek(count)) < count:
            raise Malformed("the structure ends too early")
        self._position += count
        return self._reader.read_exact(count)


def _long_length(more: bytes, constructed: bool) -> int | None:
    if not more:
        if not constructed:
            raise Malformed("a value without a length")
        return None
    return int.from_bytes(more, "big")


def _header(data: bytes, at: int, end: int) -> tuple[int, int, int | None]:
    """Tag, where the contents begin, and how long they are (``None``: until the end-of-contents octets)."""
    start = at + 1
    if end - at < 2:
        raise Malformed("the structure ends too early")
    tag = data[at]
    if tag & 0x1F == 0x1F:
        while start < min(end, at + 5) and data[start] & 0x80:
            start += 1
        start += 1
        if start >= end or data[start - 1] & 0x80:
            raise Malformed("a tag is too long")
        tag = int.from_bytes(data[at:start], "big")
    length: int | None = data[start]
    start += 1
    if data[start - 1] & 0x80:
        count = data[start - 1] & 0x7F
        more = data[start : start + count]
        start += count
        if start > end:
            raise Malformed("the structure ends too early")
        length = _long_length(more, bool(data[at] & CONSTRUCTED))
    if length is not None and start + length > end:
        raise Malformed("an element is longer than what holds it")
    return tag, start, length


def _extent(data: bytes, at: int, end: int, depth: int) -> tuple[int, int, int, int]:
    """Tag, start and end of the contents of the element at `at`, and where the next one begins."""
    if depth > DEEPEST:
        raise Malformed("nested too deeply")
    tag, start, length = _header(data, at, end)
    if tag == 0:
        raise Malformed("an end of contents where an element is expected")
    if length is not None:
        return tag, start, start + length, start + length
    position = start
    while data[position : position + 2] != b"\x00\x00":
        position = _extent(data, position, end, depth + 1)[3]
    if position + 2 > end:
        raise Malformed("the structure ends too early")
    return tag, start, position, position + 2


def _element(data: bytes, at: int, end: int, depth: int) -> tuple[Element, int]:
    tag, start, stop, after = _extent(data, at, end, depth)
    return Element(tag, data[start:stop], data[at:after]), after


def _elements(data: bytes) -> Iterator[Element]:
    at = 0
    while at < len(data):
        element, at = _element(data, at, len(data), 0)
        yield element


def _pieces(content: bytes, depth: int) -> Iterator[bytes]:
    if depth > DEEPEST:
        raise Malformed("nested too deeply")
    for piece in _elements(content):
        if piece.tag == OCTET_STRING:
            yield piece.content
        elif piece.tag == OCTET_STRING_IN_PIECES:
            yield from _pieces(piece.content, depth + 1)
        else:
            raise Malformed("a string holds something else than octets")
