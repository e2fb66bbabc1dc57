"""A message as somebody saved it: a request or an answer off the wire, a MIME file, or the bare CMS.

What people have at hand when an exchange fails is a file: from a proxy, a debug log, the "raw message" button of a
product, or a save of ours. So the form is told by the content. What was lost on the way to the file is seen where it
can be: a body that is shorter than its Content-Length, line ends that were all made LF, a PEM armour. Nothing here is
judged, and nothing raises: a file of which no header can be read is a body without headers.
"""

from __future__ import annotations

import binascii
import re
from typing import Final, Literal

import msgspec

from as2.fault import Unreadable
from as2.headers import Headers, parse_block
from as2.layers import cms_headers

Form = Literal["request", "answer", "mime", "cms", "unknown"]

_START_LINE = re.compile(
    rb"(?:(?:POST|PUT|GET|HEAD) \S+ HTTP/\d(?:\.\d)?|HTTP/\d(?:\.\d)? [1-9]\d\d(?: [^\r\n]*)?)\r?\n"
)
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_ARMOUR = re.compile(
    rb"\s*-----BEGIN (?:CMS|PKCS7|PKCS #7 SIGNED DATA)-----(.*?)-----END [A-Z0-9 #]+-----\s*", re.DOTALL
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]++={0,2}\s*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\r\n]*)?\r\n")
_LONGEST_BLOCK: Final = 1 << 17


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """What was in the file."""

    form: Form
    start_line: str
    """Of a request or an answer; else empty."""
    headers: Headers
    body: bytes
    """Without the framing of chunks."""
    remarks: tuple[str, ...]
    """What the file shows about the transfer or about itself, in sentences."""

    @property
    def status(self) -> int | None:
        """Of an answer."""
        return int(self.start_line.split()[1]) if self.form == "answer" else None


def read_capture(data: bytes) -> Capture:
    """The message in a file."""
    bare = _bare(data)
    if bare is not None:
        return bare
    start = _START_LINE.match(data)
    at = start.end() if start else 0
    empty = _EMPTY_LINE.search(data, at, at + _LONGEST_BLOCK)
    block = data[at : empty.end()] if empty else data[at:]
    try:
        headers = parse_block(block)
    except Unreadable as fault:
        remark = f"The file has no header block: {fault} Save the header fields of the transfer before the body."
        return Capture(form="unknown", start_line="", headers=Headers(), body=data, remarks=(remark,))
    body = data[at + len(block) :]
    remarks = []
    if b"\n" in block and b"\r\n" not in block:
        remarks.append(
            "The header lines end with LF, not CRLF: the file may have been converted as text, and then no digest fits."
        )
    framed = (headers.get("Transfer-Encoding") or "").lower() == "chunked"
    if framed:
        plain = _without_chunks(body)
        remarks.append(
            "The body was sent in chunks, which were joined."
            if plain is not None
            else "Transfer-Encoding says chunked and the body is not: whatever saved it had joined the chunks."
        )
        body = body if plain is None else plain
    remarks.extend(_lengths(headers, body, framed=framed))
    form: Form = "mime" if headers.fields else "unknown"
    if form == "unknown":
        remarks.append("The file has no header fields. Save those of the transfer before the body.")
    if start:
        form = "answer" if start[0].startswith(b"HTTP/") else "request"
    return Capture(
        form=form,
        start_line=start[0].decode("latin-1").strip() if start else "",
        headers=headers,
        body=body,
        remarks=tuple(remarks),
    )


def _bare(data: bytes) -> Capture | None:
    """CMS without any header: DER, PEM, or base64."""
    remark, plain = "", data
    if armoured := _ARMOUR.fullmatch(data):
        remark, plain = "The CMS was in PEM armour, which was taken off.", armoured[1]
    elif data.lstrip()[:2] == b"MI" and _BASE64.fullmatch(data):
        remark = "The CMS was in base64, which was taken off."
    if remark:
        try:
            plain = binascii.a2b_base64(plain)
        except binascii.Error:
            return None
    headers = cms_headers(plain[:64])
    if headers is None:
        return None
    return Capture(form="cms", start_line="", headers=headers, body=plain, remarks=(remark,) if remark else ())


def _without_chunks(body: bytes) -> bytes | None:
    """The body of RFC 9112 section 7.1 without its framing; ``None`` when it has none or ends within it."""
    pieces: list[bytes] = []
    at = 0
    while (size := _CHUNK.match(body, at)) is not None:
        count = int(size[1], 16)
        if count == 0:
            return b"".join(pieces)
        end = size.end() + count
        if body[end : end + 2] != b"\r\n":
            return None
        pieces.append(body[size.end() : end])
        at = end + 2
    return None


def _lengths(headers: Headers, body: bytes, *, framed: bool) -> list[str]:
    stated = headers.get("Content-Length")
    if stated is None:
        return []
    if framed:
        return [
            "It states both Content-Length and Transfer-Encoding, which is refused with 400: only one of them may be"
            " there (RFC 9112, section 6.2)."
        ]
    if not stated.isdecimal():
        return [f"Content-Length is no number: {stated[:40]!r}."]
    if (size := int(stated)) != len(body):
        found = f"Content-Length says {size} bytes and the file has {len(body)} of a body"
        return [f"{found}: {'it was cut short' if len(body) < size else 'something was added, or it is not all body'}."]
    return []
