"""The protocol's bytes, without a server."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.sftp import wire
from gateway.channels.sftp.wire import Attributes, Packets, Request, WireFault

# Written down from draft-ietf-secsh-filexfer-02, sections 3 to 6, and OpenSSH's PROTOCOL file, sections 4.1 to 4.8.
INIT = "00000005 01 00000003"
REQUESTS: list[tuple[str, Request]] = [
    (
        "00000019 03 00000007 00000004 2f696e61 0000001a 00000004 000001a4",
        wire.OpenFile(id=7, path=b"/ina", flags=0x1A, attributes=Attributes(permissions=0o644)),
    ),
    ("0000000d 04 00000007 00000004 00000001", wire.Close(id=7, handle=b"\0\0\0\1")),
    (
        "00000015 05 00000007 00000000 0000000000010000 00008000",
        wire.Read(id=7, handle=b"", offset=65536, length=32768),
    ),
    (
        "0000001a 06 00000007 00000001 68 0000000000000003 00000004 554e4127",
        wire.Write(id=7, handle=b"h", offset=3, data=b"UNA'"),
    ),
    ("00000009 07 00000007 00000000", wire.Stat(id=7, path=b"")),
    ("0000000a 11 00000007 00000001 2f", wire.Stat(id=7, path=b"/")),
    ("0000000a 08 00000007 00000001 68", wire.StatHandle(id=7, handle=b"h")),
    (
        "0000002d 09 00000007 00000001 2f 80000002 0000000000000000 00000001"
        " 00000001 61 00000001 62 00000001 63 00000000",
        wire.Set(id=7, path=b"/", attributes=Attributes()),
    ),
    (
        "0000002a 0a 00000007 00000001 68 0000000f 0000000000000005 00000000 00000000 000001a4 6553f100 6553f101",
        wire.SetHandle(id=7, handle=b"h", attributes=Attributes(size=5, permissions=0o644, modified=0x6553F101)),
    ),
    ("0000000a 0b 00000007 00000001 2f", wire.OpenFolder(id=7, path=b"/")),
    ("0000000a 0c 00000007 00000001 68", wire.ReadFolder(id=7, handle=b"h")),
    ("0000000a 0d 00000007 00000001 61", wire.Remove(id=7, path=b"a")),
    ("0000000e 0e 00000007 00000001 61 00000000", wire.ChangeFolders(id=7, path=b"a")),
    ("0000000a 0f 00000007 00000001 61", wire.ChangeFolders(id=7, path=b"a")),
    ("0000000a 10 00000007 00000001 2e", wire.Resolve(id=7, path=b".")),
    ("0000000f 12 00000007 00000001 61 00000001 62", wire.Rename(id=7, old=b"a", new=b"b", replace=False)),
    ("0000000a 13 00000007 00000001 61", wire.Unsupported(id=7, name="links")),
    ("0000000f 14 00000007 00000001 61 00000001 62", wire.Unsupported(id=7, name="links")),
    (
        "0000002b c8 00000007 00000018 706f7369782d72656e616d65406f70656e7373682e636f6d 00000001 61 00000001 62",
        wire.Rename(id=7, old=b"a", new=b"b", replace=True),
    ),
    (
        "00000022 c8 00000007 00000011 6673796e63406f70656e7373682e636f6d 00000004 00000001",
        wire.Sync(id=7, handle=b"\0\0\0\1"),
    ),
    ("0000001b c8 00000007 00000012 6c696d697473406f70656e7373682e636f6d", wire.Limits(id=7)),
    ("00000012 c8 00000007 00000009 636f70792d64617461", wire.Unsupported(id=7, name="copy-data")),
    ("00000005 63 00000007", wire.Unsupported(id=7, name="request type 99")),
]


def _feed(packets: Packets, data: bytes) -> list[Request]:
    return [request for request, _ in packets.feed(data)]


def _greeted() -> Packets:
    packets = Packets()
    assert _feed(packets, bytes.fromhex(INIT)) == [wire.Hello(id=0, version=3)]
    return packets


@pytest.mark.parametrize(("content", "request_"), REQUESTS, ids=[type(each).__name__ for _, each in REQUESTS])
def test_requests_are_read(content: str, request_: Request) -> None:
    data = bytes.fromhex(content)
    assert list(_greeted().feed(data)) == [(request_, len(data))]


@pytest.mark.parametrize(("content", "request_"), REQUESTS, ids=[type(each).__name__ for _, each in REQUESTS])
def test_requests_that_are_cut_short_are_answered(content: str, request_: Request) -> None:
    """Every shorter content under a length that agrees with it is garbled, or still a request; never an exception."""
    body = bytes.fromhex(content)[4:]
    for length in range(5, len(body)):
        packets = _greeted()
        [read] = _feed(packets, length.to_bytes(4, "big") + body[:length])
        assert read.id == 7
        assert isinstance(read, wire.Garbled) or type(read) is type(request_)
        assert packets.waiting == 0


def test_stream_may_be_cut_anywhere() -> None:
    stream = b"".join(bytes.fromhex(content) for content in [INIT, *(content for content, _ in REQUESTS)])
    whole = _feed(Packets(), stream)
    assert len(whole) == len(REQUESTS) + 1
    single = Packets()
    assert [request for byte in stream for request in _feed(single, bytes([byte]))] == whole
    for size in (3, 7, 100):
        pieces = Packets()
        cut = [stream[begin : begin + size] for begin in range(0, len(stream), size)]
        assert [request for piece in cut for request in _feed(pieces, piece)] == whole


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("00000000", "length of 0 bytes"),
        ("00040001 01", "length of 262145 bytes"),
        ("ffffffff", "length of 4294967295 bytes"),
        ("00000004 01 000000", "no room"),
        ("0000000d 04 00000007 00000004 00000001", "has to be INIT"),
        (INIT + INIT, "has to be INIT"),
    ],
)
def test_frames_that_are_wrong_end_it(data: str, said: str) -> None:
    with pytest.raises(WireFault, match=said):
        _feed(Packets(), bytes.fromhex(data))


def test_requests_before_a_wrong_frame_are_read() -> None:
    packets, read = Packets(), []
    with pytest.raises(WireFault):
        for request, _ in packets.feed(bytes.fromhex(INIT + "00000005 63 00000001" + "00000000")):
            read.append(request)
    assert [type(each) for each in read] == [wire.Hello, wire.Unsupported]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=8))
def test_any_content_is_a_request_or_a_fault(contents: list[bytes]) -> None:
    packets = _greeted()
    for content in contents:
        try:
            requests = _feed(packets, len(content).to_bytes(4, "big") + content)
        except WireFault:
            return
        assert len(requests) == 1


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        (wire.status(7, wire.Status.EOF, "é"), "00000015 65 00000007 00000001 00000002 c3a9 00000002 656e"),
        (wire.handle(7, b"h"), "0000000a 66 00000007 00000001 68"),
        (wire.data(7, b"UNA"), "0000000c 67 00000007 00000003 554e41"),
        (
            wire.names(7, [wire.Name(b"a", b"-a", Attributes())]),
            "00000018 68 00000007 00000001 00000001 61 00000002 2d61 00000000",
        ),
        (
            wire.attributes(7, Attributes(size=5, permissions=0o644, modified=1)),
            "00000025 69 00000007 0000000f 0000000000000005 00000000 00000000 000001a4 00000001 00000001",
        ),
        (
            wire.limits(7, 64),
            "00000025 c9 00000007 0000000000040000 000000000003fc00 000000000003fc00 0000000000000040",
        ),
    ],
)
def test_answers_are_written(answer: bytes, content: str) -> None:
    assert answer == bytes.fromhex(content)


def test_version_offers_what_is_served_and_no_more() -> None:
    answer = wire.version()
    assert answer[4:9] == b"\2\0\0\0\3"
    assert answer.count(b"@openssh.com") == 3
    assert int.from_bytes(answer[:4], "big") == len(answer) - 4
