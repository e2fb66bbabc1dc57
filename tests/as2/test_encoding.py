"""Content-Transfer-Encoding: what the standard library encodes is read back, however it is cut."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from as2.encoding import QUOTED_LINE_LIMIT, Base64Source, decoded, encoded_base64
from as2.fault import Unreadable
from as2.source import BytesSource
from as2.tolerance import Tolerated


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    start = 0
    for cut in sorted({min(cut, len(data)) for cut in cuts}):
        yield data[start:cut]
        start = cut
    yield data[start:]


CUTS = st.lists(st.integers(0, 200), max_size=8)


@pytest.mark.parametrize("encoding", [None, "", "7bit", "8BIT", "binary", " Binary ", '"binary"', "7bit; x=y"])
def test_bytes_as_they_are_stay_so(encoding: str | None) -> None:
    data = bytes(range(256))
    assert list(decoded([data[:100], data[100:]], encoding)) == [data[:100], data[100:]]


@pytest.mark.parametrize("encoding", ["x-uuencode", "base-64", "gzip", "binary base64"])
def test_an_unknown_encoding_is_refused_before_a_byte_is_read(encoding: str) -> None:
    chunks = iter([b"unread"])
    with pytest.raises(Unreadable) as caught:
        decoded(chunks, encoding)
    assert caught.value.cause == "encoding-unknown"
    assert list(chunks) == [b"unread"]


@given(st.binary(max_size=300), CUTS, st.sampled_from([b"\r\n", b"\n", b"\r", b"", b" \t\r\n"]), st.integers(1, 99))
def test_base64_in_any_lines(data: bytes, cuts: list[int], end: bytes, width: int) -> None:
    text = base64.b64encode(data)
    lines = end.join(text[at : at + width] for at in range(0, len(text), width))
    tolerated: Tolerated = set()
    assert b"".join(decoded(pieces(lines, cuts), "Base64", tolerated)) == data
    assert not tolerated


@given(st.binary(max_size=400), CUTS)
def test_written_base64_is_that_of_the_standard_library(data: bytes, cuts: list[int]) -> None:
    written = b"".join(encoded_base64(pieces(data, cuts)))
    assert written == base64.encodebytes(data).replace(b"\n", b"\r\n")
    source = Base64Source(BytesSource(data))
    assert b"".join(source.chunks()) == written
    assert source.size == len(written)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (b"QUJDRA", b"ABCD"),
        (b"QUJDRA=", b"ABCD"),
        (b"QUJDRA===", b"ABCD"),
        (b"QUJD=", b"ABC"),
        (b"QUJD====", b"ABC"),
        (b"QU\x00JD", b"ABC"),
        (b"*QUJD*", b"ABC"),
        (b"QUJD\r\n-\r\n", b"ABC"),
        (b"QUJDRUY", b"ABCEF"),
    ],
)
def test_loose_base64_is_read_and_remarked(text: bytes, data: bytes) -> None:
    for size in (1, 3, 100):
        tolerated: Tolerated = set()
        chunks = [text[at : at + size] for at in range(0, len(text), size)]
        assert b"".join(decoded(chunks, "base64", tolerated)) == data
        assert tolerated == {"encoding-loose"}


@pytest.mark.parametrize("text", [b"Q", b"QUJDR", b"QQ==QUJD", b"QUI=Q", b"=Q", b"QUJD=\r\nQUJD"])
def test_base64_that_has_no_one_reading_is_refused(text: bytes) -> None:
    for size in (1, 3, 100):
        with pytest.raises(Unreadable) as caught:
            list(decoded([text[at : at + size] for at in range(0, len(text), size)], "base64"))
        assert caught.value.cause == "base64-malformed"


@given(st.binary(max_size=300), CUTS, st.booleans())
@example(b"a \t\r\nb=\r\n ", [3, 4, 5], True)
def test_quoted_printable_of_the_standard_library_is_read(data: bytes, cuts: list[int], crlf: bool) -> None:
    data = data.replace(b"\r", b"")
    text = quopri.encodestring(data)
    if crlf:
        text, data = text.replace(b"\n", b"\r\n"), data.replace(b"\n", b"\r\n")
    tolerated: Tolerated = set()
    assert b"".join(decoded(pieces(text, cuts), "quoted-printable", tolerated)) == data
    assert not tolerated


@pytest.mark.parametrize(
    ("text", "data", "loose"),
    [
        (b"a=3db=3D", b"a=b=", False),
        (b"a  \t\r\nb \n c  ", b"a\r\nb\n c", False),
        (b"a=  \r\nb=\nc", b"abc", False),
        (b"a=0D=0A", b"a\r\n", False),
        (b"A=B", b"A=B", True),
        (b"A=4", b"A=4", True),
        (b"A=", b"A=", True),
        (b"A==3D", b"A==", True),
        (b"50% = x\r\n", b"50% = x\r\n", True),
    ],
)
def test_quoted_printable_as_it_is_met(text: bytes, data: bytes, loose: bool) -> None:
    for size in (1, 2, 100):
        tolerated: Tolerated = set()
        chunks = [text[at : at + size] for at in range(0, len(text), size)]
        assert b"".join(decoded(chunks, "quoted-printable", tolerated)) == data
        assert bool(tolerated) == loose


def test_a_line_of_quoted_printable_has_a_limit() -> None:
    with pytest.raises(Unreadable) as caught:
        list(decoded([b"x" * (QUOTED_LINE_LIMIT + 1)], "quoted-printable"))
    assert caught.value.cause == "quoted-printable-malformed"


@given(st.binary(max_size=120), CUTS, st.sampled_from(["base64", "quoted-printable"]))
def test_any_bytes_are_decoded_or_a_fault_whatever_the_cuts(data: bytes, cuts: list[int], encoding: str) -> None:
    results: list[tuple[bytes, Tolerated] | str] = []
    for chunks in ([data], pieces(data, cuts)):
        tolerated: Tolerated = set()
        try:
            results.append((b"".join(decoded(chunks, encoding, tolerated)), tolerated))
        except Unreadable as fault:
            results.append(fault.cause)
    assert results[0] == results[1]
