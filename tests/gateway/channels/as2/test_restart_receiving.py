"""A partner's message that broke off is gone on with, and arrives whole and once; what is kept has its limits."""

from __future__ import annotations

import os
from datetime import timedelta

import msgspec
import pytest

from archive import ArchiveFault
from as2.source import BytesSource
from gateway.channels.as2 import patience, transfer
from gateway.channels.workplace import SpoolFolder
from tests.gateway.channels.as2.conftest import MakeEndpoint
from tests.gateway.channels.as2.endpoint import Endpoint, message
from tests.gateway.channels.as2.parts import (
    RESTART,
    ask,
    break_off,
    bytes_of,
    fields,
    files,
    go_on,
    held,
    marks,
    open_request,
    until,
)

ETAG = "transfer-1"
LARGE = os.urandom(2 << 20)
"""A document that does not stay in memory."""


@pytest.fixture
def endpoint(make_endpoint: MakeEndpoint) -> Endpoint:
    """An endpoint where ACME may go on."""
    return make_endpoint(channel=RESTART)


# The way it is meant


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("upto", [1, 1500, -1])
def test_only_the_rest_is_sent_again(endpoint: Endpoint, upto: int, chunked: bool) -> None:
    sent = message()
    upto %= len(bytes_of(sent))
    break_off(endpoint, sent, ETAG, upto, chunked=chunked)
    assert held(endpoint, sent, ETAG) == upto
    assert endpoint.orders() == 0
    assert go_on(endpoint, sent, ETAG, upto, chunked=chunked).mic(sent).outcome == "match"
    assert endpoint.orders() == 1
    endpoint.close_requests()
    assert endpoint.server.outcomes == {"broken-off": 1, "asked": 1, "accepted": 1}
    # The archive has it now.
    assert files(endpoint) == []


def test_in_many_parts(endpoint: Endpoint) -> None:
    sent = message()
    total = len(bytes_of(sent))
    break_off(endpoint, sent, ETAG, 100)
    for at in range(100, total, 400):
        assert held(endpoint, sent, ETAG) == at
        break_off(endpoint, sent, ETAG, min(at + 400, total - 1), first=at)
    assert go_on(endpoint, sent, ETAG, total - 1).mic(sent).outcome == "match"
    assert endpoint.orders() == 1


def test_a_range_may_begin_before_the_end_of_what_is_held(endpoint: Endpoint) -> None:
    sent = message()
    break_off(endpoint, sent, ETAG, 1500)
    break_off(endpoint, sent, ETAG, 700, first=600)
    assert held(endpoint, sent, ETAG) == 700
    assert go_on(endpoint, sent, ETAG, 0).mic(sent).outcome == "match"


def test_nothing_new_came(endpoint: Endpoint) -> None:
    sent = message()
    break_off(endpoint, sent, ETAG, 1500)
    break_off(endpoint, sent, ETAG, 1500, first=1500)
    assert held(endpoint, sent, ETAG) == 1500


def test_a_large_one_is_durable_while_it_comes(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "SYNC_AFTER", 1 << 19)
    sent = message(LARGE)
    with open_request(endpoint, sent, ETAG, 1_900_000):
        until(lambda: bool(marks(endpoint)) and marks(endpoint)[0].held > 1_000_000)
    until(lambda: endpoint.server.outcomes["broken-off"] == 1)
    assert held(endpoint, sent, ETAG) == 1_900_000
    assert files(endpoint) == [1_900_000]
    assert go_on(endpoint, sent, ETAG, 1_900_000).mic(sent).outcome == "match"
    assert files(endpoint) == []


# The answer was lost


@pytest.mark.parametrize("content", [b"UNA:+.? '", LARGE], ids=["small", "large"])
def test_the_last_byte_gets_the_stored_receipt(endpoint: Endpoint, content: bytes) -> None:
    sent = message(content)
    total = len(bytes_of(sent))
    break_off(endpoint, sent, ETAG, total // 2)
    first = go_on(endpoint, sent, ETAG, total // 2)
    assert held(endpoint, sent, ETAG) == total
    for _ in range(2):
        again = go_on(endpoint, sent, ETAG, total - 1)
        assert (again.status, again.body) == (200, first.body)
    assert endpoint.orders() == 1
    endpoint.close_requests()
    assert endpoint.server.outcomes["repeated"] == 2
    assert files(endpoint) == []


def test_a_large_one_that_came_at_once_is_not_sent_again(endpoint: Endpoint) -> None:
    sent = message(LARGE)
    first = endpoint.post_raw(fields(sent, ETAG), bytes_of(sent))
    total = len(bytes_of(sent))
    assert held(endpoint, sent, ETAG) == total
    assert go_on(endpoint, sent, ETAG, total - 1).body == first.body
    # From anywhere, also by whoever does not care and sends it all.
    assert go_on(endpoint, sent, ETAG, 1000).body == first.body
    assert endpoint.post_raw(fields(sent, ETAG), bytes_of(sent)).body == first.body
    assert endpoint.orders() == 1


def test_a_small_one_that_came_at_once_leaves_nothing(endpoint: Endpoint) -> None:
    sent = message()
    assert endpoint.post_raw(fields(sent, ETAG), bytes_of(sent)).status == 200
    assert held(endpoint, sent, ETAG) == 0
    assert list(endpoint.gateway.home.as2_partials.iterdir()) == []


def test_the_end_of_another_message_is_no_repetition(endpoint: Endpoint) -> None:
    """Another last byte under the ETag and the Message-ID of an accepted message."""
    sent = message()
    total = len(bytes_of(sent))
    break_off(endpoint, sent, ETAG, 100)
    go_on(endpoint, sent, ETAG, 100)
    other = bytes([bytes_of(sent)[-1] ^ 1])
    assert endpoint.post_raw(fields(sent, ETAG, total - 1), other).mdn.disposition.verdict == "error"
    assert endpoint.orders() == 1
    assert held(endpoint, sent, ETAG) == 0


# Joined is not believed


def test_joined_bytes_are_verified(endpoint: Endpoint) -> None:
    sent = message()
    changed = bytearray(bytes_of(sent))
    changed[900] ^= 1
    broken = msgspec.structs.replace(sent, body=BytesSource(bytes(changed)))
    break_off(endpoint, broken, ETAG, 1000)
    assert go_on(endpoint, sent, ETAG, 1000).mdn.disposition.verdict == "error"
    assert endpoint.orders() == 0
    # A refused one leaves nothing, so that its sender begins anew.
    assert held(endpoint, sent, ETAG) == 0
    assert files(endpoint) == []
    assert endpoint.post_raw(fields(sent, ETAG), bytes_of(sent)).mic(sent).outcome == "match"


def test_an_etag_that_is_given_twice_joins_nothing(endpoint: Endpoint) -> None:
    first, second = message(), message()
    break_off(endpoint, first, ETAG, 1000)
    reply = go_on(endpoint, second, ETAG, 1000)
    assert (reply.status, reply.headers.get("Content-Range")) == (416, "bytes */0")
    assert held(endpoint, first, ETAG) == 1000
    assert endpoint.post_raw(fields(second, ETAG), bytes_of(second)).mic(second).outcome == "match"


@pytest.mark.parametrize("damage", ["changed", "shorter", "gone"])
def test_what_the_disk_damaged_is_sent_again(endpoint: Endpoint, damage: str) -> None:
    sent = message()
    break_off(endpoint, sent, ETAG, 1000)
    (path,) = (each for each in endpoint.gateway.home.as2_partials.iterdir() if not each.suffix)
    if damage == "changed":
        path.write_bytes(b"x" + path.read_bytes()[1:])
    elif damage == "shorter":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        path.unlink()
    reply = go_on(endpoint, sent, ETAG, 1000)
    assert (reply.status, reply.headers.get("Content-Range")) == (416, "bytes */0")
    assert held(endpoint, sent, ETAG) == 0
    assert list(endpoint.gateway.home.as2_partials.iterdir()) == []
    assert endpoint.post_raw(fields(sent, ETAG), bytes_of(sent)).mic(sent).outcome == "match"


# Ranges


@pytest.mark.parametrize(
    ("stated", "status", "fits"),
    [
        ("bytes 1001-{last}/{total}", 416, "bytes */1000"),
        ("bytes 1000-1100/{total}", 416, "bytes */1000"),
        ("bytes 1000-{last}/*", 400, None),
        ("the rest", 400, None),
        ("bytes 1000-{total}/{total}", 400, None),
    ],
)
def test_ranges_that_do_not_fit(endpoint: Endpoint, stated: str, status: int, fits: str | None) -> None:
    sent = message()
    total = len(bytes_of(sent))
    break_off(endpoint, sent, ETAG, 1000)
    first = 1001 if "1001" in stated else 1000
    body = bytes_of(sent)[first : 1101 if "1100" in stated else None]
    range_ = ("Content-Range", stated.format(last=total - 1, total=total))
    reply = endpoint.post_raw([*fields(sent, ETAG), range_], body)
    assert (reply.status, reply.headers.get("Content-Range")) == (status, fits)
    assert held(endpoint, sent, ETAG) == 1000
    assert go_on(endpoint, sent, ETAG, 1000).mic(sent).outcome == "match"


def test_another_total_is_another_message(endpoint: Endpoint) -> None:
    sent = message()
    total = len(bytes_of(sent))
    break_off(endpoint, sent, ETAG, 1000)
    body = bytes_of(sent)[1000:] + b"more"
    reply = endpoint.post_raw(fields(sent, ETAG, 1000, total + 4), body)
    assert (reply.status, reply.headers.get("Content-Range")) == (416, "bytes */0")


def test_chunks_with_more_bytes_than_their_range(endpoint: Endpoint) -> None:
    sent = message()
    break_off(endpoint, sent, ETAG, 1000)
    reply = endpoint.post_raw(fields(sent, ETAG, 1000), bytes_of(sent)[1000:] + b"x", chunked=True)
    assert reply.status == 400
    assert held(endpoint, sent, ETAG) == 0
    assert files(endpoint) == []


def test_chunks_with_fewer_bytes_than_their_range(endpoint: Endpoint) -> None:
    sent = message()
    break_off(endpoint, sent, ETAG, 1000)
    reply = endpoint.post_raw(fields(sent, ETAG, 1000), bytes_of(sent)[1000:-1], chunked=True)
    assert reply.status == 400
    assert held(endpoint, sent, ETAG) == len(bytes_of(sent)) - 1


def test_larger_than_one_may_be_in_all(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=RESTART, as2="{enabled: yes, port: 0, max_body: 5000}")
    sent = message(b"x" * 10_000)
    break_off(endpoint, sent, ETAG, 1000, chunked=True)
    reply = go_on(endpoint, sent, ETAG, 1000, chunked=True)
    assert reply.status == 413


# One connection at a time


def test_two_connections_for_one_transfer(endpoint: Endpoint) -> None:
    sent = message()
    with open_request(endpoint, sent, ETAG, 1000):
        asked = ask(endpoint, sent, ETAG)
        assert (asked.status, asked.headers.get("Retry-After")) == (503, "10")
        for reply in (go_on(endpoint, sent, ETAG, 500), endpoint.post_raw(fields(sent, ETAG), bytes_of(sent))):
            assert (reply.status, reply.headers.get("Retry-After")) == (503, "10")
        # Another transfer is not held up.
        assert held(endpoint, sent, "transfer-2") == 0
        other = message()
        assert endpoint.post_raw(fields(other, "transfer-2"), bytes_of(other)).status == 200
    until(lambda: endpoint.server.outcomes["broken-off"] == 1)
    assert held(endpoint, sent, ETAG) == 1000
    assert go_on(endpoint, sent, ETAG, 1000).mic(sent).outcome == "match"
    assert endpoint.orders() == 2


def test_a_connection_that_hangs_is_given_up_soon(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many bytes came before: as long as it is open, its sender cannot go on."""
    monkeypatch.setattr(patience, "BODY_PAUSE", 0.1)
    sent = message()
    with open_request(endpoint, sent, ETAG, 1000):
        until(lambda: endpoint.server.outcomes["slow"] == 1)
        assert held(endpoint, sent, ETAG) == 1000
    assert go_on(endpoint, sent, ETAG, 1000).mic(sent).outcome == "match"


# Not now


def test_what_cannot_be_taken_now_need_not_be_sent_again(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ArchiveFault("the disk is full")

    sent = message()
    total = len(bytes_of(sent))
    monkeypatch.setattr(endpoint.gateway.archive, "append_all", fails)
    assert endpoint.post_raw(fields(sent, ETAG), bytes_of(sent)).status == 503
    assert held(endpoint, sent, ETAG) == total
    monkeypatch.undo()
    assert go_on(endpoint, sent, ETAG, total - 1).mic(sent).outcome == "match"
    assert endpoint.orders() == 1


def test_a_full_disk_costs_the_beginning_and_no_message(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent, other = message(), message()
    break_off(endpoint, sent, ETAG, 1000)
    folder = endpoint.gateway.home.as2_partials
    monkeypatch.setattr(SpoolFolder, "has_room", lambda _: not any(not path.suffix for path in folder.iterdir()))
    assert endpoint.post(other).mic(other).outcome == "match"
    assert held(endpoint, sent, ETAG) == 0
    assert "the disk is full" in capsys.readouterr().out
    assert go_on(endpoint, sent, ETAG, 1000).status == 416


def test_a_disk_that_cannot_keep_it(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    sent = message()
    monkeypatch.setattr(transfer, "put", fails)
    break_off(endpoint, sent, ETAG, 1000)
    assert held(endpoint, sent, ETAG) == 0
    monkeypatch.undo()
    assert list(endpoint.gateway.home.as2_partials.iterdir()) == []
    assert endpoint.post_raw(fields(sent, ETAG), bytes_of(sent)).mic(sent).outcome == "match"


# Limits


def test_it_is_not_kept_for_ever(endpoint: Endpoint) -> None:
    sent = message()
    break_off(endpoint, sent, ETAG, 1000)
    endpoint.now += timedelta(hours=47)
    assert held(endpoint, sent, ETAG) == 1000
    endpoint.now += timedelta(hours=2)
    assert held(endpoint, sent, ETAG) == 0
    reply = go_on(endpoint, sent, ETAG, 1000)
    assert (reply.status, reply.headers.get("Content-Range")) == (416, "bytes */0")
    endpoint.partials.fit()
    assert list(endpoint.gateway.home.as2_partials.iterdir()) == []


def test_time_alone_removes_it(make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.channels.as2.server.EXPIRING_EVERY", 0.02)
    endpoint = make_endpoint(channel=RESTART)
    break_off(endpoint, message(), ETAG, 1000)
    assert files(endpoint) == [1000]
    endpoint.now += timedelta(days=3)
    until(lambda: list(endpoint.gateway.home.as2_partials.iterdir()) == [])


def test_a_partner_does_not_fill_the_disk(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=RESTART, as2="{enabled: yes, port: 0, partials_per_partner: 2500}")
    sent = [message() for _ in range(4)]
    for number, each in enumerate(sent):
        break_off(endpoint, each, f"transfer-{number}", 1000)
        endpoint.now += timedelta(seconds=1)
    # The oldest ones went, and are sent from their beginning.
    assert [held(endpoint, each, f"transfer-{number}") for number, each in enumerate(sent)] == [0, 0, 1000, 1000]
    assert files(endpoint) == [1000, 1000]
    assert endpoint.post_raw(fields(sent[0], "transfer-0"), bytes_of(sent[0])).mic(sent[0]).outcome == "match"


def test_one_that_is_larger_than_all_may_be_is_taken_and_not_kept(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=RESTART, as2="{enabled: yes, port: 0, partials_per_partner: 500}")
    sent = message()
    break_off(endpoint, sent, ETAG, 1000)
    assert held(endpoint, sent, ETAG) == 0
    assert files(endpoint) == []
    assert endpoint.post_raw(fields(sent, ETAG), bytes_of(sent)).mic(sent).outcome == "match"


# Whom it is for


@pytest.mark.parametrize("channel", ["", "receive: {restart: no}"])
def test_a_partner_whose_profile_does_not_say_so_leaves_nothing(make_endpoint: MakeEndpoint, channel: str) -> None:
    endpoint = make_endpoint(channel=channel)
    sent = message()
    break_off(endpoint, sent, ETAG, 1000)
    assert held(endpoint, sent, ETAG) == 0
    assert list(endpoint.gateway.home.as2_partials.iterdir()) == []
    # The end of a message is never taken for the whole.
    reply = go_on(endpoint, sent, ETAG, 1000)
    assert (reply.status, reply.headers.get("Content-Range")) == (416, "bytes */0")
    assert endpoint.refused() == []
    assert endpoint.post_raw(fields(sent, ETAG, 0), bytes_of(sent)).mic(sent).outcome == "match"


@pytest.mark.parametrize("etag", ['W/"weak"', '""', '"a b"', None])
def test_without_a_strong_etag_nothing_is_kept(endpoint: Endpoint, etag: str | None) -> None:
    sent = message()
    body = bytes_of(sent)
    lines = [f"ETag: {etag}"] if etag is not None else []
    with endpoint.connection() as link:
        link.sendall(endpoint.head(sent, *lines, f"Content-Length: {len(body)}") + body[:1000])
        until(lambda: endpoint.server.in_flight == 1)
    until(lambda: endpoint.server.outcomes["broken-off"] == 1)
    assert list(endpoint.gateway.home.as2_partials.iterdir()) == []
    more = [("ETag", etag)] if etag is not None else []
    part = [*sent.headers, *more, ("Content-Range", f"bytes 1000-{len(body) - 1}/{len(body)}")]
    assert endpoint.post_raw(part, body[1000:]).status == 416


def test_a_stranger_leaves_nothing_and_learns_nothing(endpoint: Endpoint) -> None:
    sent = message()
    break_off(endpoint, sent, ETAG, 1000)
    for name, value in (("AS2-From", "NOBODY"), ("AS2-To", "NOBODY"), ("AS2-From", "A" * 129)):
        renamed = [(each, value if each == name else old) for each, old in fields(sent, ETAG)]
        reply = endpoint.post_raw(renamed, b"", method="HEAD")
        assert (reply.status, reply.headers.get("Content-Length")) == (200, "0")
        assert endpoint.post_raw(renamed, bytes_of(sent)).status in (400, 403)
    assert held(endpoint, sent, ETAG) == 1000
    assert files(endpoint) == [1000]


def test_after_the_gateway_began_anew(make_endpoint: MakeEndpoint) -> None:
    first = make_endpoint(channel=RESTART)
    sent = message()
    break_off(first, sent, ETAG, 1000)
    first.close()
    (first.gateway.home.as2_partials / "half-a-mark.new").write_bytes(b"{")
    (first.gateway.home.as2_partials / "no-mark.json").write_bytes(b"{}")
    (first.gateway.home.as2_partials / "bytes-without-one").write_bytes(b"x")
    again = Endpoint(first.gateway.home.folder)
    try:
        assert held(again, sent, ETAG) == 1000
        # What nobody marked is gone.
        assert files(again) == [1000]
        assert len(list(again.gateway.home.as2_partials.iterdir())) == 2
        assert go_on(again, sent, ETAG, 1000).mic(sent).outcome == "match"
    finally:
        again.close()
