"""Uploads that end without the client's own CLOSE: never processed, always reported."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import asyncssh
import paramiko
import pytest

from gateway.arrival import Arrival
from gateway.channels.sftp import Limits
from gateway.channels.sftp.spool import SpoolFile
from tests.gateway.channels.sftp.conftest import PATIENCE

if TYPE_CHECKING:
    from tests.gateway.channels.sftp.conftest import Connect, House, Open, Place, Raw, Speak, SpeakRaw

HALF = b"UNB+UNOC:3+ACME+US+260101:1200+1'UNH+1+IFT"

WAYS: dict[str, Callable[[Raw], None]] = {
    "the connection is cut": lambda raw: raw.connection.abort(),
    "the client disconnects": lambda raw: raw.connection.close(),
    "the channel is aborted": lambda raw: raw.writer.channel.abort(),
    "the channel is closed": lambda raw: raw.writer.close(),
    "the subsystem is ended": lambda raw: raw.writer.write_eof(),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["orders.edi", "orders.edi.part"])
def test_upload_that_is_not_closed_is_never_taken(house: House, speak_raw: SpeakRaw, way: str, name: str) -> None:
    async def begin(raw: Raw) -> None:
        handle = await raw.open(f"/in/{name}")
        raw.writer.write(raw.write(handle, 0, HALF))
        assert (await raw.status())[0] == 0
        WAYS[way](raw)
        await asyncio.wait_for(raw.writer.channel.wait_closed(), PATIENCE)

    speak_raw(house, begin)
    house.until(lambda: bool(house.broken), "the report of a broken upload")
    [broken] = house.broken
    assert (broken.party, broken.channel, broken.name, broken.size) == ("acme", "acme-sftp", name, len(HALF))
    assert broken.facts["login"] == "acme"
    assert "without closing" in broken.cause if way == "the subsystem is ended" else "lost" in broken.cause
    assert house.taken == []
    assert house.mailboxes.list("acme", "in") == []
    house.nothing_left()


@pytest.mark.parametrize("way", WAYS)
def test_close_in_one_breath_with_the_end(house: House, speak_raw: SpeakRaw, way: str) -> None:
    """A CLOSE before the end of input counts; before a lost channel either end is right, but never half a file."""

    async def begin(raw: Raw) -> None:
        handle = await raw.open("/in/orders.edi")
        raw.writer.write(raw.write(handle, 0, HALF) + raw.close(handle))
        WAYS[way](raw)
        await asyncio.wait_for(raw.writer.channel.wait_closed(), PATIENCE)

    speak_raw(house, begin)
    house.until(lambda: bool(house.broken or house.taken), "either end of the upload")
    house.nothing_left()
    assert len(house.broken) + len(house.taken) == 1
    assert all(each.content == HALF for each in house.taken)
    if way == "the subsystem is ended":
        assert house.names == ["orders.edi"]


def test_connection_that_is_cut_between_close_and_receive(
    house: House, speak_raw: SpeakRaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The CLOSE is being worked on and ``receive`` has not begun: nobody would hear the OK, so it does not begin."""
    begun, may_end = threading.Event(), threading.Event()
    real = SpoolFile.seal

    def seal(file: SpoolFile) -> str:
        begun.set()
        assert may_end.wait(PATIENCE)
        return real(file)

    monkeypatch.setattr(SpoolFile, "seal", seal)

    async def begin(raw: Raw) -> None:
        handle = await raw.open("/in/orders.edi")
        raw.writer.write(raw.write(handle, 0, HALF) + raw.close(handle))
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        raw.connection.abort()

    speak_raw(house, begin)
    house.until(lambda: house.server.connections == 0, "the loss of the connection")
    may_end.set()
    house.until(lambda: bool(house.broken), "the report")
    house.nothing_left()
    assert house.taken == []


def test_what_waits_when_the_connection_is_cut_is_not_acted_on(
    house: House, speak_raw: SpeakRaw, monkeypatch: pytest.MonkeyPatch, put_out: Place
) -> None:
    put_out(house, "997.edi", HALF)
    begun, may_end = threading.Event(), threading.Event()
    real = SpoolFile.write

    def write(file: SpoolFile, offset: int, data: bytes) -> None:
        begun.set()
        assert may_end.wait(PATIENCE)
        real(file, offset, data)

    monkeypatch.setattr(SpoolFile, "write", write)

    async def begin(raw: Raw) -> None:
        handle = await raw.open("/in/orders.edi")
        remove = b"\x0d\0\0\0\7" + b"\0\0\0\x0c" + b"/out/997.edi"
        raw.writer.write(raw.write(handle, 0, HALF) + len(remove).to_bytes(4, "big") + remove + raw.close(handle))
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        raw.connection.abort()

    speak_raw(house, begin)
    house.until(lambda: house.server.connections == 0, "the loss of the connection")
    may_end.set()
    house.until(lambda: bool(house.broken), "the report")
    house.nothing_left()
    assert house.taken == []
    assert [each.name for each in house.mailboxes.list("acme", "out")] == ["997.edi"]


def test_channel_that_is_closed_while_reading_is_paused(
    open_house: Open, speak_raw: SpeakRaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house(Limits(disk_reserve=0, backlog=10_000, sessions_per_connection=1))
    may_go_on = threading.Event()
    real = SpoolFile.write

    def write(file: SpoolFile, offset: int, data: bytes) -> None:
        assert may_go_on.wait(PATIENCE)
        real(file, offset, data)

    monkeypatch.setattr(SpoolFile, "write", write)

    async def begin(raw: Raw) -> None:
        handle = await raw.open("/in/orders.edi")
        for number in range(20):
            raw.writer.write(raw.write(handle, number * 20_000, bytes(20_000)))
        raw.writer.write(raw.close(handle))
        raw.writer.channel.close()
        await asyncio.sleep(0.1)
        may_go_on.set()
        await asyncio.wait_for(raw.writer.channel.wait_closed(), PATIENCE)
        # Soon the channel is given back on the server's side too: the one session of the connection is free again.
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(asyncssh.ChannelOpenError):
                    return await raw.begin()
                await asyncio.sleep(0.02)

    speak_raw(house, begin)
    house.until(lambda: bool(house.broken), "the report")
    assert house.taken == []
    assert len(house.broken) == 1


def test_client_that_leaves_while_its_file_is_taken(house: House, speak_raw: SpeakRaw) -> None:
    """``receive`` comes to its end: the file is taken once, whole, and nothing is left behind."""
    begun, may_end = threading.Event(), threading.Event()

    def receive(arrival: Arrival) -> None:
        begun.set()
        assert may_end.wait(PATIENCE)

    house.before = receive

    async def begin(raw: Raw) -> None:
        handle = await raw.open("/in/orders.edi")
        raw.writer.write(raw.write(handle, 0, HALF) + raw.close(handle))
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        raw.connection.abort()

    speak_raw(house, begin)
    may_end.set()
    house.until(lambda: bool(house.taken), "the arrival")
    assert [each.content for each in house.taken] == [HALF]
    assert house.broken == []
    house.nothing_left()


def test_server_that_stops_finishes_what_is_being_taken(open_house: Open, speak_raw: SpeakRaw) -> None:
    house = open_house()
    begun, may_end = threading.Event(), threading.Event()

    def receive(arrival: Arrival) -> None:
        begun.set()
        assert may_end.wait(PATIENCE)

    house.before = receive

    async def begin(raw: Raw) -> tuple[int, str]:
        closing, open_still = await raw.open("/in/a.edi"), await raw.open("/in/b.edi")
        raw.writer.write(raw.write(closing, 0, HALF) + raw.write(open_still, 0, HALF) + raw.close(closing))
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        stopping = asyncio.run_coroutine_threadsafe(house.server.stop(grace=PATIENCE), house.loop)
        may_end.set()
        for _ in range(2):
            assert (await raw.status())[0] == 0
        closed = await raw.status()
        await asyncio.wrap_future(stopping)
        return closed

    assert speak_raw(house, begin) == (0, "")
    assert house.names == ["a.edi"]
    assert [(each.name, each.cause) for each in house.broken] == [("b.edi", "the server was stopped")]


def test_session_that_says_nothing_is_ended(open_house: Open, speak_raw: SpeakRaw) -> None:
    house = open_house(Limits(disk_reserve=0, idle=1.5))

    async def begin(raw: Raw) -> None:
        handle = await raw.open("/in/orders.edi")
        raw.writer.write(raw.write(handle, 0, HALF))
        assert (await raw.status())[0] == 0
        assert await asyncio.wait_for(raw.reader.read(), PATIENCE) == b""

    speak_raw(house, begin)
    house.until(lambda: bool(house.broken), "the report")
    assert [each.cause for each in house.broken] == [
        "the client asked for nothing, or read no answers, for 1.5 seconds"
    ]
    house.nothing_left()


def test_session_that_reads_no_answers_is_ended(open_house: Open, speak_raw: SpeakRaw, put_out: Place) -> None:
    house = open_house(Limits(disk_reserve=0, idle=1.5))
    put_out(house, "big.edi", bytes(250_000))

    async def begin(raw: Raw) -> None:
        await raw.open("/in/orders.edi")
        handle = await raw.open("/out/big.edi", 0x01)
        read = b"\5\0\0\0\7" + b"\0\0\0\4" + handle + bytes(8) + (250_000).to_bytes(4, "big")
        raw.writer.write((len(read).to_bytes(4, "big") + read) * 100)
        await asyncio.to_thread(house.until, lambda: bool(house.broken), "the end of the session")

    speak_raw(house, begin)
    house.nothing_left()


def test_too_large_is_told_at_write_and_again_at_close(open_house: Open, speak_raw: SpeakRaw) -> None:
    house = open_house(Limits(disk_reserve=0, upload=1000))

    async def begin(raw: Raw) -> list[tuple[int, str]]:
        handle = await raw.open("/in/orders.edi")
        pieces = [raw.write(handle, 0, bytes(1000)), raw.write(handle, 1000, b"x"), raw.write(handle, 0, b"x")]
        raw.writer.write(b"".join(pieces) + raw.close(handle))
        return [await raw.status() for _ in range(4)]

    told = "The file is larger than 1000 bytes, which is the most one may have"
    assert speak_raw(house, begin) == [(0, ""), (4, told), (4, told), (4, told)]
    assert house.taken == []
    assert [each.cause for each in house.broken] == [told]
    house.nothing_left()


def test_write_far_out_is_refused(house: House, speak_raw: SpeakRaw) -> None:
    async def begin(raw: Raw) -> tuple[int, str]:
        handle = await raw.open("/in/orders.edi")
        raw.writer.write(raw.write(handle, 1 << 60, b"x"))
        return await raw.status()

    assert "larger than" in speak_raw(house, begin)[1]
    house.nothing_left()


def test_full_disk_refuses_new_uploads(open_house: Open, connect: Connect) -> None:
    house = open_house(Limits(disk_reserve=1 << 60))
    with pytest.raises(OSError, match="no room for uploads at the moment"):
        connect(house).open("/in/orders.edi", "wb")
    house.nothing_left()


def test_paused_channel_refuses_new_uploads_and_finishes_open_ones(house: House, client: paramiko.SFTPClient) -> None:
    begun = client.open("/in/begun.edi", "wb")
    house.paused.add("acme-sftp")
    with pytest.raises(OSError, match="No files are taken here for the time being: keep the file"):
        client.open("/in/late.edi", "wb")
    begun.write(b"UNB")
    begun.close()
    assert [each.arrival.name for each in house.taken] == ["begun.edi"]
    assert client.listdir("/out") == []
    house.paused.clear()
    client.open("/in/late.edi", "wb").close()
    assert len(house.taken) == 2


def test_partner_may_have_so_many_uploads_and_others_theirs(
    open_house: Open, speak: Speak, connect: Connect, partner_key: object
) -> None:
    house = open_house(Limits(disk_reserve=0, uploads_per_partner=2, uploads=3))
    house.logins["other"] = type(house.logins["acme"])("other", "other-sftp", house.logins["acme"].keys)
    client = connect(house)
    held = [client.open(f"/in/{number}.edi", "wb") for number in range(2)]
    with pytest.raises(OSError, match="2 of your uploads are open"):
        connect(house).open("/in/3.edi", "wb")
    transport = paramiko.Transport(("127.0.0.1", house.port))
    transport.connect(username="other", pkey=paramiko.Ed25519Key.from_private_key_file(str(partner_key)))
    other = paramiko.SFTPClient.from_transport(transport)
    assert other is not None
    other_held = other.open("/in/1.edi", "wb")
    with pytest.raises(OSError, match="Too many uploads are under way"):
        other.open("/in/2.edi", "wb")
    for each in [*held, other_held]:
        each.close()
    client.open("/in/3.edi", "wb").close()
    transport.close()
    assert len(house.taken) == 4


def test_spool_forgets_what_a_crash_left(open_house: Open, connect: Connect) -> None:
    house = open_house()
    folder = house.folder.with_name("crashed")
    spool = folder / "spool"
    spool.mkdir(parents=True)
    (spool / ("a" * 32)).write_bytes(HALF)
    again = open_house(folder=folder)
    assert list(spool.iterdir()) == []
    assert not again.taken
    assert not again.broken


def test_upload_is_private_while_it_grows(house: House, client: paramiko.SFTPClient) -> None:
    file = client.open("/in/orders.edi", "wb")
    file.write(HALF)
    file.flush()
    [growing] = house.spool.iterdir()
    assert growing.stat().st_mode & 0o777 == 0o600
    assert house.spool.stat().st_mode & 0o777 == 0o700
    assert "orders" not in growing.name
    file.close()
    house.nothing_left()
