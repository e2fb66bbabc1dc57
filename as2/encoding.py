"""Content-Transfer-Encoding: taken off while the content is read, and base64 put on.

Over HTTP the default is binary, not 7bit, and a missing header is no fault: ``7bit``, ``8bit`` and ``binary`` are the
bytes themselves, whatever bytes they are, for converting them would break the signature. Base64 is read as it is found,
in lines of any length and line end or in none, foreign characters ignored as section 6.8 of RFC 2045 has it; padding
may be missing at the end, but nothing may follow it. Quoted-printable loses the blanks at the ends of its lines, as
section 6.7 demands, and an equals sign that escapes nothing stands for itself.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Iterator

import msgspec

from as2.fault import Unreadable
from as2.source import Source
from as2.tolerance import Tolerated

LINE_BYTES = 57
"""Bytes that become one line of 76 characters."""
QUOTED_LINE_LIMIT = 1 << 20
"""Bytes in one line of quoted-printable, which section 6.7 of RFC 2045 limits to 76: a line is held in memory."""

_BLANKS = b" \t\r\n"
_FOREIGN = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_ESCAPE = re.compile(rb"=(?:([0-9A-Fa-f]{2})|[ \t]*\r?\n)|(?<![ \t])[ \t]+(?=\r?\n|\Z)")
_LONE_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r?\n)")


def decoded(chunks: Iterable[bytes], encoding: str | None, tolerated: Tolerated | None = None) -> Iterator[bytes]:
    """The content without its Content-Transfer-Encoding, in pieces; ``None`` is binary.

    :class:`Unreadable` when the encoding is unknown (at once), or when the content is not in it (while reading).
    """
    name = (encoding or "binary").partition(";")[0].strip(' \t\r\n"').lower()
    if name in ("binary", "8bit", "7bit"):
        return iter(chunks)
    seen: Tolerated = set() if tolerated is None else tolerated
    if name == "base64":
        return _from_base64(chunks, seen)
    if name == "quoted-printable":
        return _from_quoted_printable(chunks, seen)
    raise Unreadable("encoding-unknown", f"There is no Content-Transfer-Encoding {encoding!r}; send binary.")


class Base64Source(msgspec.Struct, frozen=True):
    """A content in base64, in lines of 76 characters that end with CRLF."""

    content: Source

    @property
    def size(self) -> int:
        """Bytes of the base64 text, known before it is made."""
        characters = (self.content.size + 2) // 3 * 4
        return characters + (characters + 75) // 76 * 2

    def chunks(self) -> Iterator[bytes]:
        """The lines, a chunk of the content at a time."""
        return encoded_base64(self.content.chunks())


def encoded_base64(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The content in base64: lines of 76 characters, CRLF after each, also after the last (RFC 2045 section 6.8)."""
    held = b""
    for chunk in chunks:
        held += chunk
        whole = len(held) // LINE_BYTES * LINE_BYTES
        if whole:
            yield _lines(held[:whole])
            held = held[whole:]
    if held:
        yield _lines(held)


def _lines(data: bytes) -> bytes:
    text = b2a_base64(data, newline=False)
    return b"\r\n".join([text[at : at + 76] for at in range(0, len(text), 76)]) + b"\r\n"


def _from_base64(chunks: Iterable[bytes], tolerated: Tolerated) -> Iterator[bytes]:
    held = b""
    padding = 0
    for chunk in chunks:
        visible = chunk.translate(None, _BLANKS)
        text = visible.translate(None, _FOREIGN)
        if len(text) != len(visible):
            tolerated.add("encoding-loose")
        if padding:
            text, pads = b"", text
        else:
            text, equals, pads = text.partition(b"=")
            pads = equals + pads
        padding += len(pads)
        text = held + text
        whole = len(text) & ~3
        held = text[whole:]
        if whole:
            yield a2b_base64(text[:whole])
        # After what came before it: which of two faults is found must not depend on how the bytes came.
        if pads.strip(b"="):
            raise Unreadable("base64-malformed", "Base64 goes on after its padding.")
    if len(held) == 1:
        raise Unreadable("base64-malformed", "Base64 ends within a byte.")
    if (len(held) + padding) & 3 or padding > 2:
        tolerated.add("encoding-loose")
    if held:
        yield a2b_base64(held + b"=" * (4 - len(held)))


def _from_quoted_printable(chunks: Iterable[bytes], tolerated: Tolerated) -> Iterator[bytes]:
    line: list[bytes] = []
    size = 0
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if end:
            line.append(chunk[:end])
            if text := _unquoted(b"".join(line), tolerated):
                yield text
            line, size = [], 0
        line.append(chunk[end:])
        size += len(chunk) - end
        if size > QUOTED_LINE_LIMIT:
            raise Unreadable("quoted-printable-malformed", f"A line of more than {QUOTED_LINE_LIMIT} bytes.")
    if text := _unquoted(b"".join(line), tolerated):
        yield text


def _unquoted(lines: bytes, tolerated: Tolerated) -> bytes:
    if _LONE_ESCAPE.search(lines):
        tolerated.add("encoding-loose")
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode("ascii")) if match[1] else b"", lines)
