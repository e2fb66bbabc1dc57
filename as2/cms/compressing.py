"""CompressedData (RFC 3274), written and read, with a limit that is kept while inflating.

What is inside need not be trusted yet, so nothing is given out beyond the limit, and no more than one piece is ever
inflated beyond it: the stream is asked for a bounded number of bytes at a time. One product family sends the base64
text of the zlib stream where the stream belongs; that is read as meant. Everything else that does not inflate to its
very end is `DecompressionFailed`.
"""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from as2.cms import der, oids
from as2.cms.algorithms import read_algorithm
from as2.cms.ber import INTEGER, OBJECT, OCTET_STRING, PIECE, SEQUENCE, BerReader, Malformed
from as2.fault import DecompressionFailed
from as2.source import BytesSource, Joined, Scratch, Source
from as2.tolerance import Tolerated

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\s]")
_WHITE = re.compile(rb"\s+")


def compress(content: Source, scratch: Scratch) -> Source:
    """A ContentInfo with CompressedData in DER; `scratch` keeps the zlib stream, whose size cannot be known before."""
    packed = scratch.keep(_deflated(content.chunks()))
    string = der.header(OCTET_STRING, packed.size)
    inner = der.begun(SEQUENCE, packed.size, der.oid(oids.DATA), der.begun(0xA0, packed.size, string))
    body = der.begun(SEQUENCE, packed.size, der.integer(0), der.algorithm(oids.ZLIB), inner)
    head = der.begun(SEQUENCE, packed.size, der.oid(oids.COMPRESSED_DATA), der.begun(0xA0, packed.size, body))
    return Joined((BytesSource(head), packed))


def _deflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj()
    for chunk in chunks:
        if out := packer.compress(chunk):
            yield out
    yield packer.flush()


def inflate(chunks: Iterable[bytes], *, limit: int, tolerated: Tolerated) -> Iterator[bytes]:
    """What CompressedData holds, in pieces; at most `limit` bytes, then `DecompressionFailed`.

    Tolerances that were needed are added to `tolerated`.
    """
    try:
        reader = BerReader(chunks)
        _enter(reader)
        yield from _inflated(_plain(reader.octets(OCTET_STRING), tolerated), limit)
        for _ in range(5):
            reader.leave()
        if reader.end():
            tolerated.add("trailing-bytes")
    except Malformed as fault:
        raise DecompressionFailed("compressed-malformed", f"The compressed layer cannot be read: {fault}.") from None
    except (zlib.error, binascii.Error) as fault:
        raise DecompressionFailed("not-inflated", f"The compressed content does not inflate: {fault}.") from None


def _enter(reader: BerReader) -> None:
    reader.enter(SEQUENCE)
    if reader.element(OBJECT).oid() != oids.COMPRESSED_DATA:
        raise Malformed("it is no CompressedData")
    reader.enter(0xA0)
    reader.enter(SEQUENCE)
    reader.element(INTEGER)
    algorithm, parameters = read_algorithm(reader.element(SEQUENCE))
    if algorithm != oids.ZLIB or parameters is not None:
        raise Malformed(f"no known compression: {oids.dotted(algorithm)}")
    reader.enter(SEQUENCE)
    if reader.element(OBJECT).oid() != oids.DATA:
        raise Malformed("what is compressed is not plain data")
    reader.enter(0xA0)


def _plain(pieces: Iterator[bytes], tolerated: Tolerated) -> Iterator[bytes]:
    """The zlib stream itself, also where its base64 text stands in its place."""
    first = next(pieces, b"")
    # RFC 1950 section 2.2: method 8, and the first two octets are a multiple of 31. No base64 text begins so.
    looks_packed = len(first) >= 2 and first[0] & 0x0F == 8 and int.from_bytes(first[:2], "big") % 31 == 0
    if looks_packed or _NOT_BASE64.search(first):
        yield first
        yield from pieces
        return
    tolerated.add("compressed-base64")
    held = b""
    for piece in chain((first,), pieces):
        held += _WHITE.sub(b"", piece)
        whole = len(held) - len(held) % 4
        yield binascii.a2b_base64(held[:whole], strict_mode=True)
        held = held[whole:]
    yield binascii.a2b_base64(held, strict_mode=True)


def _inflated(packed: Iterator[bytes], limit: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    left = limit
    for chunk in packed:
        while chunk:
            out = unpacker.decompress(chunk, PIECE)
            if len(out) > left:
                raise DecompressionFailed("inflates-too-much", f"The content inflates to more than {limit} bytes.")
            left -= len(out)
            if out:
                yield out
            if unpacker.unused_data:
                raise zlib.error("bytes follow the end of the stream")
            chunk = unpacker.unconsumed_tail
    if not unpacker.eof:
        raise zlib.error("the stream ends too early")
