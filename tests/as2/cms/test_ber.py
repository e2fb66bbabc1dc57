"""The encoding: what reads, what does not, and that neither depends on how the bytes arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st

from as2.cms import der, oids
from as2.cms.ber import DEEPEST, MOST_PARTS, OCTET_STRING, SEQUENCE, SET, BerReader, Element, Fields, Malformed, parse
from as2.cms.times import read_time, written_time

# An outer SEQUENCE of a number, a string in pieces within pieces, and a set; every length indefinite.
INDEFINITE = bytes.fromhex("3080 0201 05 2480 0402 6162 2480 0401 63 0400 0000 2403 0401 64 0000 3180 0500 0000 0000")
DEFINITE = bytes.fromhex("300d 0201 05 0404 61626364 3102 0500")


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """The same bytes, a few at a time."""
    return (data[start : start + size] for start in range(0, len(data), size))


def walked(data: bytes, size: int) -> tuple[int, bytes, Element]:
    """What `BerReader` finds in the two encodings above."""
    reader = BerReader(pieces(data, size))
    reader.enter(SEQUENCE)
    number = reader.element(0x02).integer()
    string = b"".join(reader.octets(OCTET_STRING))
    last = reader.element(SET)
    assert reader.next_tag() is None
    reader.leave()
    assert reader.end() is False
    return number, string, last


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("data", [INDEFINITE, DEFINITE], ids=["indefinite", "definite"])
def test_both_encodings_are_walked_alike(data: bytes, size: int) -> None:
    """However the lengths are given and the bytes are cut."""
    number, string, last = walked(data, size)
    assert (number, string, [child.raw for child in last.children()]) == (5, b"abcd", [b"\x05\x00"])


@pytest.mark.parametrize("data", [INDEFINITE, DEFINITE], ids=["indefinite", "definite"])
def test_both_encodings_have_one_canonical_form(data: bytes) -> None:
    """DER is what was written definite above."""
    assert der.canonical(parse(data)) == DEFINITE


def test_canonical_sorts_sets_and_shortens_lengths() -> None:
    """X.690 sections 10.1 and 11.6."""
    assert der.canonical(parse(bytes.fromhex("3181 06 020107 020103"))) == bytes.fromhex("3106 020103 020107")


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n\r\n", b" \t"])
def test_white_space_may_follow(end: bytes) -> None:
    """A stray line end after the end of contents; it is reported."""
    reader = BerReader([INDEFINITE + end])
    reader.element(SEQUENCE)
    assert reader.end() == bool(end)
    assert parse(INDEFINITE + end).raw == INDEFINITE


MALFORMED = {
    "nothing": "",
    "half a header": "30",
    "length missing": "3081",
    "length cut": "308201",
    "contents cut": "3005 0201",
    "no end of contents": "3080 020105",
    "half an end of contents": "3080 020105 00",
    "child longer than parent": "3003 020205",
    "primitive without length": "0480 6162 0000",
    "length of more than eight octets": "3089 010000000000000000",
    "tag without end": "1fffffffffffff",
    "bytes follow": "0500 01",
    "string of something else": "2403 020105",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_in_memory(text: str) -> None:
    """Refused as a whole element."""
    with pytest.raises(Malformed):
        element = parse(bytes.fromhex(text))
        element.octets() if element.tag == 0x24 else element.children()


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_while_streaming(text: str, size: int) -> None:
    """Refused as it comes."""
    reader = BerReader(pieces(bytes.fromhex(text), size))
    with pytest.raises(Malformed):
        if text.startswith("24"):
            list(reader.octets(OCTET_STRING))
        else:
            reader.element()
            reader.end()
            parse(bytes.fromhex(text)).children()


def test_depth_is_bounded_in_memory_and_while_streaming() -> None:
    """Indefinite lengths cost two bytes a level; no recursion follows them down."""
    deep = b"\x30\x80" * 5000 + b"\x00\x00" * 5000
    with pytest.raises(Malformed):
        parse(deep)
    with pytest.raises(Malformed):
        BerReader([deep]).element(SEQUENCE)
    strings = b"\x24\x80" * (DEEPEST + 2) + b"\x00\x00" * (DEEPEST + 2)
    with pytest.raises(Malformed):
        list(BerReader([strings]).octets(OCTET_STRING))
    with pytest.raises(Malformed):
        parse(strings)


def test_the_number_of_parts_is_bounded() -> None:
    """Two bytes a part would become hundreds in memory."""
    assert len(parse(der.sequence(der.NULL * MOST_PARTS)).children()) == MOST_PARTS
    with pytest.raises(Malformed):
        parse(der.sequence(der.NULL * (MOST_PARTS + 1))).children()


def test_a_whole_element_is_bounded() -> None:
    """A header that announces gigabytes costs nothing."""
    with pytest.raises(Malformed):
        BerReader([b"\x30\x84\x7f\xff\xff\xff"]).element(SEQUENCE)
    reader = BerReader([b"\x30\x80" + b"\x04\x82\x10\x00" + bytes(4096)] + [b"\x04\x82\x10\x00" + bytes(4096)] * 300)
    with pytest.raises(Malformed):
        reader.element(SEQUENCE)


def test_an_element_ends_where_what_holds_it_ends() -> None:
    """Inside a definite length nothing reaches beyond it, even through an indefinite one."""
    reader = BerReader([bytes.fromhex("3006 3080 040461626364 0000")])
    reader.enter(SEQUENCE)
    reader.enter(SEQUENCE)
    with pytest.raises(Malformed):
        list(reader.octets(OCTET_STRING))


@pytest.mark.parametrize(
    "text",
    [
        "3004 0405 6162 636465",  # a string that goes on behind its parent
        "3001 04 02 6162",  # a header cut by the end of its parent
        "3004 2403 0402 61 62",  # a piece that goes on behind its string
        "3006 2404 0403 6162 63",  # the same, with something else behind it in the parent
        "3006 2480 0404 6162 6364 0000",  # and within an indefinite length
    ],
)
@pytest.mark.parametrize("size", [1, 100])
def test_strings_end_where_what_holds_them_ends(text: str, size: int) -> None:
    """Whatever bytes come next: they are somebody else's."""
    reader = BerReader(pieces(bytes.fromhex(text + "0000" * 8), size))
    reader.enter(SEQUENCE)
    with pytest.raises(Malformed):
        list(reader.octets(OCTET_STRING))


def test_fields_take_in_order_and_all() -> None:
    """What is missing, of another kind or too much is malformed."""
    element = parse(bytes.fromhex("3005 020105 0500"))
    fields = Fields(element)
    assert fields.maybe(0x04) is None
    assert fields.take(0x02).integer() == 5
    with pytest.raises(Malformed):
        fields.end()
    with pytest.raises(Malformed):
        fields.take(0x02)
    assert fields.maybe() is not None
    fields.end()
    with pytest.raises(Malformed):
        fields.take()
    with pytest.raises(Malformed):
        Fields(element, SET)
    with pytest.raises(Malformed):
        parse(b"\x05\x00").children()


@pytest.mark.parametrize("text", ["0200", "0401 61", "0500"])
def test_values_of_another_kind(text: str) -> None:
    """A number is asked for."""
    with pytest.raises(Malformed):
        parse(bytes.fromhex(text)).integer()


@given(st.integers())
@settings(deadline=None)
def test_integers_are_those_of_asn1crypto(value: int) -> None:
    """Written as another library does, and read back."""
    written = der.integer(value)
    assert written == core.Integer(value).dump()
    assert parse(written).integer() == value


@given(st.lists(st.integers(0, 2**70), min_size=1, max_size=12), st.integers(0, 1), st.integers(0, 39))
@settings(deadline=None)
def test_identifiers_are_those_of_asn1crypto(arcs: list[int], root: int, second: int) -> None:
    """Both ways."""
    text = ".".join(map(str, (root, second, *arcs)))
    written = der.oid(oids.encoded(text))
    assert written == core.ObjectIdentifier(text).dump()
    assert oids.dotted(parse(written).oid()) == text


@given(st.binary(max_size=60))
@settings(deadline=None)
def test_any_identifier_has_a_text(data: bytes) -> None:
    """Texts of faults name identifiers that nobody checked."""
    assert oids.dotted(data)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_strings_of_any_length(data: bytes) -> None:
    """Lengths of one octet and of several."""
    assert parse(der.octets(data)).octets() == data
    assert der.octets(data) == core.OctetString(data).dump()
    assert parse(der.bits(data)).bits() == data


@given(st.binary(max_size=80), st.integers(1, 9))
@settings(deadline=None)
def test_any_bytes_stream_as_they_parse(data: bytes, size: int) -> None:
    """In memory and streamed, the same bytes are an element or are malformed."""
    try:
        expected = parse(data)
    except Malformed:
        expected = None
    try:
        reader = BerReader(pieces(data, size))
        found = reader.element()
        reader.end()
    except Malformed:
        assert expected is None
    else:
        assert found == expected


TIMES = {
    "170d3530303130313030303030305a": datetime(1950, 1, 1, tzinfo=UTC),
    "170d3439313233313233353935395a": datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC),
    "180f32303530303130313030303030305a": datetime(2050, 1, 1, tzinfo=UTC),
}
OLD_TIMES = {
    "170b32363131333031323030 5a": datetime(2026, 11, 30, 12, 0, tzinfo=UTC),
    "1711 323631313330313230303030 2b30313030": datetime(2026, 11, 30, 11, 0, tzinfo=UTC),
    "1711 323631313330313230303030 2d30323330": datetime(2026, 11, 30, 14, 30, tzinfo=UTC),
    "1812 3230323631313330313230303030 2e3132 5a": datetime(2026, 11, 30, 12, 0, tzinfo=UTC),
}


@pytest.mark.parametrize("text", TIMES)
def test_times_are_written_and_read(text: str) -> None:
    """UTCTime until 2049, then GeneralizedTime."""
    assert written_time(TIMES[text]) == bytes.fromhex(text)
    assert read_time(parse(bytes.fromhex(text))) == TIMES[text]
    elsewhere = TIMES[text].astimezone(timezone(timedelta(hours=-5)))
    assert written_time(elsewhere) == bytes.fromhex(text)


@pytest.mark.parametrize("text", OLD_TIMES)
def test_old_times_are_read(text: str) -> None:
    """Without seconds, with a zone, with a fraction."""
    assert read_time(parse(bytes.fromhex(text))) == OLD_TIMES[text]


@pytest.mark.parametrize(
    "text", ["1700", "170d3236313333303132303030305a", "180d3236313133303132303030305a", "0201 05", "1701 5a"]
)
def test_times_that_are_none(text: str) -> None:
    """A thirteenth month, a year of two digits where four belong, no time at all."""
    with pytest.raises(Malformed):
        read_time(parse(bytes.fromhex(text)))
