"""CompressedData: what reads, what is meant although it is wrong, and bombs that stop at the limit."""

from __future__ import annotations

import base64
import os
import zlib
from collections.abc import Iterator

import pytest
from asn1crypto import cms as asn1
from hypothesis import given, settings
from hypothesis import strategies as st

from as2.cms import der, oids
from as2.cms.compressing import compress, inflate
from as2.fault import DecompressionFailed, Unreadable
from as2.source import BytesSource, MemoryScratch
from as2.tolerance import Tolerated
from tests.as2.keys import read_all

CONTENT = b"Content-Type: application/EDIFACT\r\n\r\n" + b"UNB+UNOC:3+US+THEM'\r\n" * 40
ENOUGH = 1 << 20


def compressed(
    packed: bytes,
    *,
    kind: bytes = oids.COMPRESSED_DATA,
    algorithm: bytes = oids.ZLIB,
    parameters: bytes = b"",
    held: bytes = oids.DATA,
) -> bytes:
    """A ContentInfo with CompressedData of these parts."""
    inner = der.sequence(der.oid(held), der.explicit(0, der.octets(packed)))
    body = der.sequence(der.integer(0), der.algorithm(algorithm, parameters), inner)
    return der.sequence(der.oid(kind), der.explicit(0, body))


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """The same bytes, a few at a time."""
    return (data[start : start + size] for start in range(0, len(data), size))


def inflated(data: bytes, *, limit: int = ENOUGH, size: int = 1000) -> tuple[bytes, Tolerated]:
    """What comes of it, and what was tolerated."""
    tolerated: Tolerated = set()
    return b"".join(inflate(pieces(data, size), limit=limit, tolerated=tolerated)), tolerated


@given(st.binary(max_size=3000), st.integers(1, 400))
@settings(deadline=None)
def test_what_we_compress_is_read_by_others_and_by_us(content: bytes, size: int) -> None:
    """asn1crypto finds the structure in order and writes it the same; zlib finds the content."""
    data = read_all(compress(BytesSource(content), MemoryScratch()))
    info = asn1.ContentInfo.load(data, strict=True)
    assert info.dump(force=True) == data
    assert info["content"]["compression_algorithm"].native == {"algorithm": "zlib", "parameters": None}
    assert info["content"].decompressed == content
    assert inflated(data, size=size) == (content, set())


def test_indefinite_lengths_and_strings_in_pieces() -> None:
    """As BouncyCastle streams it."""
    packed = zlib.compress(CONTENT)
    string = b"\x24\x80" + b"".join(der.octets(piece) for piece in pieces(packed, 20)) + b"\x00\x00"
    inner = b"\x30\x80" + der.oid(oids.DATA) + b"\xa0\x80" + string + b"\x00\x00" * 2
    body = b"\x30\x80" + der.integer(0) + der.algorithm(oids.ZLIB, der.NULL) + inner + b"\x00\x00"
    data = b"\x30\x80" + der.oid(oids.COMPRESSED_DATA) + b"\xa0\x80" + body + b"\x00\x00" * 2
    for size in (1, 7, 5000):
        assert inflated(data, size=size) == (CONTENT, set())
        assert inflated(data + b"\n", size=size) == (CONTENT, {"trailing-bytes"})


@pytest.mark.parametrize("form", [base64.b64encode, base64.encodebytes])
@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("size", [1, 5000])
def test_base64_of_the_stream(form: type[bytes], level: int, size: int) -> None:
    """A PHP implementation does this: read once, and noted; base64 of base64 is not."""
    packed = zlib.compress(CONTENT, level)
    assert inflated(compressed(form(packed)), size=size) == (CONTENT, {"compressed-base64"})
    with pytest.raises(DecompressionFailed):
        inflated(compressed(form(form(packed))), size=size)


def test_base64_is_checked_to_its_end() -> None:
    """A character that is none, far behind where the form was decided, is not passed over."""
    noise = os.urandom(200_000)
    text = base64.b64encode(zlib.compress(noise))
    assert inflated(compressed(text)) == (noise, {"compressed-base64"})
    for damaged in (text[:150_000] + b"!" + text[150_000:], text[:150_000] + b"====" + text[150_000:]):
        with pytest.raises(DecompressionFailed):
            inflated(compressed(damaged))


REFUSED = {
    "empty": b"",
    "text": b"no structure",
    "another content": compressed(zlib.compress(CONTENT), kind=oids.DATA),
    "another compression": compressed(zlib.compress(CONTENT), algorithm=oids.SHA256),
    "parameters": compressed(zlib.compress(CONTENT), parameters=der.integer(1)),
    "another type inside": compressed(zlib.compress(CONTENT), held=oids.SIGNED_DATA),
    "nothing compressed": compressed(b""),
    "not compressed": compressed(CONTENT),
    "text where the stream belongs": compressed(b"VGhpcyBpcyBubyBzdHJlYW0="),
    "base64 cut off": compressed(base64.b64encode(zlib.compress(CONTENT))[:-3]),
    "stream cut off": compressed(zlib.compress(CONTENT)[:-1]),
    "stream damaged": compressed(zlib.compress(CONTENT)[:-4] + bytes(4)),
    "bytes after the stream": compressed(zlib.compress(CONTENT) + b"x"),
    "two streams": compressed(zlib.compress(CONTENT) * 2),
    "raw deflate": compressed(zlib.compress(CONTENT)[2:-4]),
    "structure cut off": compressed(zlib.compress(CONTENT))[:-1],
    "bytes after the structure": compressed(zlib.compress(CONTENT)) + b"x",
}


@pytest.mark.parametrize("size", [1, 5000])
@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_refused(data: bytes, size: int) -> None:
    """One disposition for all of them."""
    with pytest.raises(DecompressionFailed):
        inflated(data, size=size)


@pytest.mark.parametrize("size", [1, 5000])
def test_the_limit_is_exact(size: int) -> None:
    """What fits passes, one byte more does not."""
    data = compressed(zlib.compress(CONTENT))
    assert inflated(data, limit=len(CONTENT), size=size)[0] == CONTENT
    with pytest.raises(DecompressionFailed) as refusal:
        inflated(data, limit=len(CONTENT) - 1, size=size)
    assert refusal.value.cause == "inflates-too-much"
    assert inflated(compressed(zlib.compress(b"")), limit=0, size=size)[0] == b""
    with pytest.raises(DecompressionFailed):
        inflated(compressed(zlib.compress(b"x")), limit=0, size=size)


def test_a_bomb_stops_at_the_limit() -> None:
    """Sixty-four megabytes in as many kilobytes: what fits is given out in small pieces, and nothing more."""
    packer = zlib.compressobj(9)
    million = bytes(1 << 20)
    packed = b"".join(packer.compress(million) for _ in range(64)) + packer.flush()
    seen = 0
    with pytest.raises(DecompressionFailed) as refusal:
        for piece in inflate([compressed(packed)], limit=3_000_000, tolerated=set()):
            assert len(piece) <= 1 << 16
            seen += len(piece)
    assert refusal.value.cause == "inflates-too-much"
    assert 2_900_000 < seen <= 3_000_000


def test_what_the_chunks_raise_is_not_taken_for_ours() -> None:
    """A fault of the layer outside keeps its name."""

    def broken() -> Iterator[bytes]:
        yield compressed(zlib.compress(CONTENT))[:40]
        raise Unreadable("cut-short", "The body ends early.")

    with pytest.raises(Unreadable):
        list(inflate(broken(), limit=ENOUGH, tolerated=set()))


def test_what_cannot_be_compressed_grows_little() -> None:
    """Noise, in a source of its own size."""
    noise = os.urandom(100_000)
    source = compress(BytesSource(noise), MemoryScratch())
    assert source.size < 100_200
    assert inflated(read_all(source))[0] == noise
