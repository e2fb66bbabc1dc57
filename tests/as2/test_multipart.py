"""A multipart is the same parts however it is cut, and its parts are the bytes that were put in."""

from __future__ import annotations

import email
import email.policy
import subprocess
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from as2.encoding import decoded
from as2.entity import read_headers
from as2.fault import Unreadable, Unwritable
from as2.headers import parse_block, write_content_type
from as2.multipart import Limits, PartReader, boundary_of, split_multipart, write_multipart
from as2.source import BytesSource, ChunkReader
from as2.tolerance import Tolerated

CUTS = st.lists(st.integers(0, 400), max_size=12)
# Text that is nearly a multipart with the boundary "bd".
PIECES = (
    *(b"--bd", b"--bd\r\n", b"\r\n--bd\r\n", b"\n--bd\n", b"\r\n--bd--", b"--bd--\r\n", b"--bd-", b"--b", b"-"),
    *(
        b"\r",
        b"\n",
        b"\r\n",
        b" ",
        b"\t",
        b"A: b",
        b"A: b\r\n\r\n",
        b"Ab:c\n\n",
        b"UNA:+.? '",
        b"x",
        b"\x85",
        b"\0",
        b":",
    ),
)
FRAGMENTS = st.lists(st.sampled_from(PIECES), max_size=20)


def cut_at(data: bytes, cuts: Iterable[int]) -> Iterator[bytes]:
    for start, end in pairwise(sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})):
        yield data[start:end]


def entities(reader: PartReader) -> list[bytes]:
    return [part.header_bytes + b"".join(part.content) for part in reader]


def outcome(chunks: Iterable[bytes], limits: Limits) -> tuple[list[tuple[bytes, bytes]], str, Tolerated]:
    """The parts up to a fault, the fault, and what was tolerated."""
    tolerated: Tolerated = set()
    parts: list[tuple[bytes, bytes]] = []
    try:
        reader = split_multipart(chunks, b"bd", limits=limits, tolerated=tolerated)
        for part in reader:
            parts.append((part.header_bytes, b"".join(part.content)))
    except Unreadable as fault:
        return parts, f"{fault.cause}: {fault}", tolerated
    return parts, f"damaged: {reader.damaged_delimiter}", tolerated


@given(FRAGMENTS, CUTS, st.sampled_from([1, 8, 30, 16384]))
@example([b"\r\n--bd\r\n", b"A: b"], [20], 1)
def test_any_cuts_give_the_same(fragments: list[bytes], cuts: list[int], header_block: int) -> None:
    body = b"--bd\r\n" + b"".join(fragments) + b"\r\n--bd--\r\n"
    limits = Limits(header_block=header_block, parts=3)
    for data in (body, b"".join(fragments)):
        whole = outcome([data], limits)
        assert outcome(cut_at(data, cuts), limits) == whole
        assert outcome((data[at : at + 1] for at in range(len(data))), limits) == whole


@given(
    st.lists(
        st.tuples(st.booleans(), st.lists(st.sampled_from([b"\r", b"\n", b"a", b"--", b"--b", b"\x85"]))), max_size=4
    ),
    CUTS,
)
def test_what_is_written_is_taken_apart_again(drawn: list[tuple[bool, list[bytes]]], cuts: list[int]) -> None:
    parts = [(b"Content-Type: a/b\r\n\r\n" if typed else b"\r\n") + b"".join(content) for typed, content in drawn]
    if not parts:
        return
    written = write_multipart([BytesSource(part) for part in parts], "b-d=1")
    body = b"".join(written.chunks())
    assert written.size == len(body)
    tolerated: Tolerated = set()
    assert entities(split_multipart(cut_at(body, cuts), b"b-d=1", tolerated=tolerated)) == parts
    assert tolerated == set()


@given(st.lists(st.text("abc \t-=.\xe4", max_size=30).map(lambda text: text.encode("latin-1")), min_size=1, max_size=4))
def test_the_standard_library_takes_clean_text_apart_alike(contents: list[bytes]) -> None:
    parts = [BytesSource(b"Content-Type: text/plain\r\nX-A: b\r\n\r\n" + content) for content in contents]
    body = b"".join(write_multipart(parts, "=_1").chunks())
    head = f"Content-Type: {write_content_type('multipart/mixed', {'boundary': '=_1'})}\r\n\r\n".encode()
    theirs = list(email.message_from_bytes(head + body, policy=email.policy.compat32).walk())[1:]
    ours = [(part.headers.get("X-A"), b"".join(part.content)) for part in split_multipart([body], b"=_1")]
    assert ours == [(part["X-A"], part.get_payload(decode=True)) for part in theirs]


def test_no_boundary_of_a_part_is_read_ahead_of_its_time() -> None:
    """A multipart within a multipart, whose boundary begins with the outer one."""
    inner = b"".join(write_multipart([BytesSource(b"\r\none"), BytesSource(b"\r\ntwo")], "bd.1").chunks())
    entity = b'Content-Type: multipart/mixed; boundary="bd.1"\r\n\r\n' + inner
    body = b"".join(write_multipart([BytesSource(entity), BytesSource(b"\r\nthree")], "bd").chunks())
    outer, last = entities(split_multipart([body], b"bd"))
    assert (outer, last) == (entity, b"\r\nthree")
    assert entities(split_multipart([outer], b"bd.1")) == [b"\r\none", b"\r\ntwo"]


def test_a_part_may_be_left_and_the_next_is_whole() -> None:
    body = b"".join(write_multipart([BytesSource(b"\r\n" + b"x" * 100), BytesSource(b"\r\ny")], "bd").chunks())
    reader = split_multipart((body[at : at + 9] for at in range(0, len(body), 9)), b"bd")
    first = next(reader)
    next(first.content)
    second = next(reader)
    with pytest.raises(RuntimeError):
        next(first.content)
    assert b"".join(second.content) == b"y"
    assert list(second.content) == []
    assert list(reader) == []
    assert list(reader) == []


def test_the_layer_outside_is_read_to_its_end() -> None:
    """There it checks its padding or its tag: a fault of it must not be missed."""
    read = []

    def layer() -> Iterator[bytes]:
        yield b"--bd\r\n\r\nx\r\n--bd--\r\n"
        read.append("end")
        raise Unreadable("layer-broken", "")

    with pytest.raises(Unreadable) as caught:
        entities(split_multipart(layer(), b"bd"))
    assert caught.value.cause == "layer-broken"
    assert read == ["end"]


def test_memory_is_that_of_a_chunk() -> None:
    chunk = (b"UNH+1+IFTSTA:D:96A:UN'\r\n--" * 400)[:8192]

    def layer() -> Iterator[bytes]:
        yield b"preamble" * 99
        yield b"\r\n--bd\r\nA: b\r\n\r\n"
        for _ in range(500):
            yield chunk
        yield b"\r\n--bd--"

    reader = split_multipart(layer(), b"bd")
    size = 0
    for part in reader:
        for piece in part.content:
            size += len(piece)
            assert len(piece) <= len(chunk) + 8
    assert size == 500 * len(chunk)


@pytest.mark.parametrize(("size", "fault"), [(16384, ""), (16385, "header-block-too-large")])
def test_the_limit_of_a_header_block_is_exact(size: int, fault: str) -> None:
    block = b"A: " + b"x" * (size - 7) + b"\r\n\r\n"
    assert len(block) == size
    body = b"--bd\r\n" + block + b"y\r\n--bd--"
    if fault:
        with pytest.raises(Unreadable) as caught:
            entities(split_multipart([body], b"bd"))
        assert caught.value.cause == fault
    else:
        assert entities(split_multipart([body], b"bd")) == [block + b"y"]


@given(FRAGMENTS, CUTS, st.sampled_from([1, 8, 30, 16384]))
def test_an_entity_is_the_same_alone_as_in_a_multipart(fragments: list[bytes], cuts: list[int], limit: int) -> None:
    entity = b"".join(fragments).replace(b"--bd", b"--zz")
    reader = ChunkReader(cut_at(entity, cuts))
    body = b"--bd\r\n" + entity + b"\r\n--bd--"
    try:
        headers = read_headers(reader, limit)
    except Unreadable as fault:
        with pytest.raises(Unreadable) as caught:
            entities(split_multipart([body], b"bd", limits=Limits(header_block=limit)))
        assert caught.value.cause == fault.cause
        return
    [part] = (
        (part.headers, b"".join(part.content))
        for part in split_multipart([body], b"bd", limits=Limits(header_block=limit))
    )
    assert part == (headers, b"".join(reader.rest()))


@pytest.mark.parametrize("blanks", [0, 256, 257])
def test_blanks_after_a_boundary_have_a_limit(blanks: int) -> None:
    body = b"--bd\r\n\r\nx\r\n--bd" + b" " * blanks + b"\r\n\r\ny\r\n--bd--"
    for size in (1, 5, 1000):
        found = entities(split_multipart((body[at : at + size] for at in range(0, len(body), size)), b"bd"))
        assert len(found) == (2 if blanks <= 256 else 1)


def test_twenty_parts_are_read() -> None:
    body = b"".join(write_multipart([BytesSource(b"\r\nx")] * 20, "bd").chunks())
    assert len(entities(split_multipart([body], b"bd"))) == 20
    with pytest.raises(Unreadable):
        entities(split_multipart([body], b"bd", limits=Limits(parts=19)))


@pytest.mark.parametrize("boundary", ["", "a b", "a\r\nb", "a" * 71, "ü", 'a"b', "a;b", "a\0"])
def test_what_is_no_boundary_is_not_written(boundary: str) -> None:
    with pytest.raises(Unwritable):
        write_multipart([BytesSource(b"\r\n")], boundary)


def test_no_part_is_not_written() -> None:
    with pytest.raises(Unwritable):
        write_multipart([], "bd")


def test_how_far_a_layer_may_inflate() -> None:
    assert Limits().inflated_from(0) == 1 << 20
    assert Limits().inflated_from(1000) == 100_000 + (1 << 20)
    assert Limits(inflated=5000).inflated_from(1000) == 5000


def openssl(*arguments: str | Path) -> bytes:
    """What the command prints; the test fails when it fails."""
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate and its key."""
    folder = tmp_path_factory.mktemp("signer")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x")
    openssl("req", "-x509", *kind, "-keyout", key, "-out", certificate)
    return certificate, key


@pytest.mark.parametrize(
    "content", [b"", b"UNA:+.? '\r\nUNB'\r\n", b"a\nb\rc\r\n\r\n", bytes(range(256)), b"\r\n", b"--\r\n--x"]
)
def test_openssl_verifies_its_own_signature_over_our_first_part(
    signer: tuple[Path, Path], tmp_path: Path, content: bytes
) -> None:
    """The bytes that openssl signed are exactly those of the entity as we cut it out."""
    certificate, key = signer
    entity = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n" + content
    (tmp_path / "entity").write_bytes(entity)
    made = openssl("cms", "-sign", "-binary", "-in", tmp_path / "entity", "-signer", certificate, "-inkey", key)
    # openssl ends the lines of its own headers and delimiters with LF.
    head, _, body = made.partition(b"\n\n")
    content_type = parse_block(head + b"\n").content_type()
    assert content_type is not None
    reader = split_multipart([body], boundary_of(content_type))
    first = next(reader)
    ours = first.header_bytes + b"".join(first.content)
    assert ours == entity
    second = next(reader)
    signature = b"".join(decoded(second.content, second.headers.get("Content-Transfer-Encoding")))
    assert list(reader) == []
    (tmp_path / "ours").write_bytes(ours)
    (tmp_path / "signature").write_bytes(signature)
    detached = ("-inform", "DER", "-in", tmp_path / "signature", "-content", tmp_path / "ours")
    assert openssl("cms", "-verify", "-binary", *detached, "-noverify") == entity
