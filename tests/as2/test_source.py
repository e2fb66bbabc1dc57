"""Sources give the same bytes every time, and a reader gives the same bytes however they are cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from as2.fault import Unreadable
from as2.source import CHUNK, BytesSource, ChunkReader, Joined, MemoryScratch, Section, Source

CHUNKS = st.lists(st.binary(max_size=9), max_size=12)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5])
def test_bytes_are_given_from_the_start_each_time(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    source = BytesSource(data[:size])
    for _ in range(2):
        pieces = list(source.chunks())
        assert b"".join(pieces) == data[:size]
        assert all(0 < len(piece) <= CHUNK for piece in pieces)
    assert source.size == size


def test_joined_sources_follow_one_another() -> None:
    parts: tuple[Source, ...] = (BytesSource(b"a"), BytesSource(b""), Joined((BytesSource(b"b"), BytesSource(b"cd"))))
    joined = Joined(parts)
    assert list(joined.chunks()) == list(joined.chunks()) == [b"a", b"b", b"cd"]
    assert joined.size == 4
    assert list(Joined(()).chunks()) == []


@given(CHUNKS, st.integers(0, 40), st.integers(0, 40))
def test_a_section_is_a_slice(chunks: list[bytes], first: int, size: int) -> None:
    whole = Joined(tuple(BytesSource(chunk) for chunk in chunks))
    data = b"".join(chunks)
    first = min(first, len(data))
    section = Section(whole, first, min(size, len(data) - first))
    for _ in range(2):
        assert b"".join(section.chunks()) == data[first : first + section.size]
        assert all(section.chunks())


def test_a_section_to_the_end_hears_what_the_end_says() -> None:
    """Damage in the archive is noticed when everything was read."""

    class Damaged:
        size = 4

        def chunks(self) -> Iterator[bytes]:
            yield b"abcd"
            raise OSError("damaged")

    with pytest.raises(OSError, match="damaged"):
        list(Section(Damaged(), 2, 2).chunks())
    assert list(Section(Damaged(), 1, 2).chunks()) == [b"bc"]


def test_scratch_keeps_a_layer_and_passes_its_fault_on() -> None:
    kept = MemoryScratch().keep(iter([b"ab", b"c"]))
    assert b"".join(kept.chunks()) == b"abc"

    def broken() -> Iterator[bytes]:
        yield b"a"
        raise Unreadable("cut-short", "")

    with pytest.raises(Unreadable):
        MemoryScratch().keep(broken())


@given(CHUNKS, st.lists(st.tuples(st.sampled_from(["exact", "peek", "take"]), st.integers(0, 20))))
def test_reader_gives_what_one_piece_would_give(chunks: list[bytes], steps: list[tuple[str, int]]) -> None:
    data = b"".join(chunks)
    cut, whole = ChunkReader(chunks), ChunkReader([data])
    at = 0
    for step, count in steps:
        assert cut.position == whole.position == at
        if step == "peek":
            assert cut.peek(count) == whole.peek(count) == data[at : at + count]
        elif at + count > len(data):
            for reader in (cut, whole):
                with pytest.raises(Unreadable) as caught:
                    reader.read_exact(count)
                assert caught.value.cause == "cut-short"
        else:
            expected = data[at : at + count]
            at += count
            if step == "take":
                assert b"".join(cut.take(count)) == b"".join(whole.take(count)) == expected
            else:
                assert cut.read_exact(count) == whole.read_exact(count) == expected
    assert b"".join(cut.rest()) == data[at:]
    assert cut.peek(1) == b""
    assert cut.position == len(data)


def test_take_of_more_than_there_is_gives_what_there_is_and_then_the_fault() -> None:
    taking = ChunkReader([b"ab", b"c"]).take(5)
    assert next(taking) == b"ab"
    assert next(taking) == b"c"
    with pytest.raises(Unreadable):
        next(taking)


def test_reader_never_pulls_further_than_it_must() -> None:
    pulled = 0

    def chunks() -> Iterator[bytes]:
        nonlocal pulled
        for _ in range(10):
            pulled += 1
            yield b"x" * 100

    reader = ChunkReader(chunks())
    reader.read_exact(150)
    reader.peek(50)
    assert pulled == 2
