"""What a partner may not do: paths that lead elsewhere, links, folders, and everything that is not SFTP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncssh
import paramiko
import pytest

from gateway.channels.sftp import Limits, wire
from gateway.channels.sftp.conversation import Conversation
from gateway.channels.sftp.wire import MAX_DATA, MAX_PACKET
from tests.gateway.channels.sftp.conftest import PATIENCE

if TYPE_CHECKING:
    from tests.gateway.channels.sftp.conftest import House, Open, Place, Raw, Speak, SpeakRaw

PATHS = [
    "../../etc/passwd",
    "/../etc/passwd",
    "/in/../../etc/passwd",
    "/in/../../../../../etc/passwd",
    "/etc/passwd",
    "//etc//passwd",
    "/in/folder/orders.edi",
    "/in//./../out/../../x",
    "/IN/orders.edi",
    "/out/../in/sub/orders.edi",
    "/in/..\\..\\windows\\win.ini",
    "/in/C:\\boot.ini",
    "/in/nul\0byte",
    "/in/line\r\nbreak",
    "/in/esc\x1b[2Jape",
    "/in/re\u202etxt.exe",
    "/in/zero\u200bwidth",
    "/in/\u2028line",
    "/in/ ",
    "/in/" + "n" * 256,
    "/in/" + "\u00e4" * 128,
    "/" + "a/../" * 1000,
    "orders.edi",
    "/orders.edi",
    "/in",
    "/in/",
    "/",
    "",
]


@pytest.mark.parametrize("path", PATHS, ids=[ascii(path)[:30] for path in PATHS])
def test_no_upload_under(house: House, speak_raw: SpeakRaw, path: str) -> None:
    async def put(raw: Raw) -> tuple[int, str]:
        encoded = path.encode()
        body = b"\0\0\0\1" + len(encoded).to_bytes(4, "big") + encoded + b"\0\0\0\x1a" + b"\0\0\0\0"
        raw.writer.write((len(body) + 1).to_bytes(4, "big") + b"\x03" + body)
        return await raw.status()

    code, reason = speak_raw(house, put)
    assert code in (2, 3, 4)
    assert len(reason) > 20
    assert reason.isprintable()
    assert house.taken == []
    house.nothing_left()


def test_path_that_is_not_utf8(house: House, speak_raw: SpeakRaw) -> None:
    async def put(raw: Raw) -> tuple[int, str]:
        body = b"\0\0\0\1" + b"\0\0\0\x05/in/\xff" + b"\0\0\0\x1a" + b"\0\0\0\0"
        raw.writer.write((len(body) + 1).to_bytes(4, "big") + b"\x03" + body)
        return await raw.status()

    assert "not UTF-8" in speak_raw(house, put)[1]


def test_rename_to_elsewhere(house: House, client: paramiko.SFTPClient) -> None:
    client.open("/in/orders.edi.part", "wb").close()
    for path in ("../../etc/passwd", "/etc/passwd", "/out/orders.edi", "/in/a/b", "/in", "/"):
        for rename in (client.rename, client.posix_rename):
            with pytest.raises(
                OSError, match=r"There are|There is|no folders|leads out|Nothing is renamed|is a folder"
            ):
                rename("/in/orders.edi.part", path)
    assert client.listdir("/in") == ["orders.edi.part"]
    assert house.taken == []


def test_what_is_read_elsewhere(client: paramiko.SFTPClient) -> None:
    for path in ("/etc/passwd", "../../../etc/passwd", "/out/../../etc/passwd"):
        with pytest.raises(OSError, match=r"There are two folders|leads out"):
            client.open(path, "rb")
        with pytest.raises(OSError, match=r"There are two folders|leads out"):
            client.stat(path)
        with pytest.raises(OSError, match=r"There are two folders|leads out"):
            client.listdir(path)


def test_going_about_in_the_tree(client: paramiko.SFTPClient) -> None:
    assert client.normalize(".") == "/"
    assert client.normalize("/in/..") == "/"
    assert client.normalize("/in/../out/./") == "/out"
    client.chdir("in")
    assert client.getcwd() == "/in"
    client.open("orders.edi", "wb").close()
    client.chdir("..")
    assert client.listdir() == ["in", "out"]
    assert client.listdir("in") == ["orders.edi"]


def test_links_and_folders(house: House, client: paramiko.SFTPClient, speak: Speak) -> None:
    client.open("/in/orders.edi", "wb").close()
    with pytest.raises(OSError, match="Not offered here: links"):
        client.symlink("/etc/passwd", "/in/link")
    with pytest.raises(OSError, match="Not offered here: links"):
        client.readlink("/in/orders.edi")
    with pytest.raises(PermissionError, match="two folders"):
        client.mkdir("/in/folder")
    with pytest.raises(PermissionError, match="two folders"):
        client.rmdir("/out")

    async def more(session: asyncssh.SFTPClient) -> None:
        with pytest.raises(asyncssh.SFTPOpUnsupported):
            await session.link("/in/orders.edi", "/in/other.edi")
        with pytest.raises(asyncssh.SFTPOpUnsupported):
            await session.statvfs("/in")

    speak(house, more)
    assert client.listdir("/in") == ["orders.edi"]


def test_handles_are_what_they_are(house: House, speak_raw: SpeakRaw) -> None:
    async def use(raw: Raw) -> list[tuple[int, str]]:
        handle = await raw.open("/in/orders.edi")
        read = b"\x05\0\0\0\7" + b"\0\0\0\4" + handle + bytes(8) + b"\0\0\1\0"
        raw.writer.write(len(read).to_bytes(4, "big") + read)
        raw.writer.write(raw.write(b"\0\0\0\x63", 0, b"x"))
        raw.writer.write(raw.close(b"none"))
        raw.writer.write(raw.close(handle) * 2)
        return [await raw.status() for _ in range(5)]

    answers = speak_raw(house, use)
    assert [code for code, _ in answers] == [3, 4, 4, 0, 4]
    assert len(house.taken) == 1


@pytest.mark.parametrize(
    "bytes_",
    [
        b"\0\0\0\0",
        (MAX_PACKET + 1).to_bytes(4, "big") + b"\x04",
        b"\xff\xff\xff\xff\x04",
        b"\0\0\0\2\4\0",
        b"\0\0\0\5\1\0\0\0\3",
        b"SSH-2.0-confused\r\n",
    ],
)
def test_bytes_that_are_no_packets_end_the_session(house: House, speak_raw: SpeakRaw, bytes_: bytes) -> None:
    async def confuse(raw: Raw) -> None:
        handle = await raw.open("/in/orders.edi")
        raw.writer.write(raw.write(handle, 0, b"half") + bytes_)
        assert (await raw.status())[0] == 0
        assert await asyncio.wait_for(raw.reader.read(), PATIENCE) == b""

    speak_raw(house, confuse)
    house.until(lambda: bool(house.broken), "the report")
    assert [each.cause[:30] for each in house.broken] == ["the client broke the protocol:"]
    house.nothing_left()


def test_garbled_request_is_answered_and_the_session_goes_on(house: House, speak_raw: SpeakRaw) -> None:
    async def garble(raw: Raw) -> list[tuple[int, str]]:
        for body in (b"\x04\0\0\0\7\0\0\0\x09short", b"\xc8\0\0\0\7\0\0\0\x0bcopy-\x1b[data", b"\x63\0\0\0\7"):
            raw.writer.write(len(body).to_bytes(4, "big") + body)
        return [await raw.status() for _ in range(3)]

    answers = speak_raw(house, garble)
    assert [code for code, _ in answers] == [5, 8, 8]
    assert "\x1b" not in answers[1][1]


def test_reader_that_does_not_read_is_waited_for(
    house: House, speak_raw: SpeakRaw, put_out: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server does not heap up answers for a client that asks and asks and reads nothing."""
    put_out(house, "big.edi", bytes(MAX_DATA))
    served = [0]
    real = Conversation._read

    def read(conversation: Conversation, request: wire.Read) -> bytes:
        served[0] += 1
        return real(conversation, request)

    monkeypatch.setattr(Conversation, "_read", read)

    async def ask(raw: Raw) -> None:
        handle = await raw.open("/out/big.edi", 0x01)
        body = b"\5\0\0\0\7" + b"\0\0\0\4" + handle + bytes(8) + MAX_DATA.to_bytes(4, "big")
        raw.writer.write((len(body).to_bytes(4, "big") + body) * 100)
        await asyncio.sleep(0.5)
        waiting = served[0]
        assert waiting < 50
        for _ in range(100):
            assert (await raw.answer())[0] == 103
        assert served[0] == 100

    speak_raw(house, ask)


def test_backlog_of_requests_is_bounded(open_house: Open, speak_raw: SpeakRaw) -> None:
    """A client that sends faster than we write is stopped by its SSH window, and nothing is lost."""
    house = open_house(Limits(disk_reserve=0, backlog=10_000))
    count, size = 400, 20_000

    async def put(raw: Raw) -> None:
        handle = await raw.open("/in/orders.edi")
        for number in range(count):
            raw.writer.write(raw.write(handle, number * size, bytes([number & 255]) * size))
        raw.writer.write(raw.close(handle))
        assert {(await raw.status())[0] for _ in range(count + 1)} == {0}

    speak_raw(house, put)
    [taken] = house.taken
    assert taken.content == b"".join(bytes([number & 255]) * size for number in range(count))


def test_fault_of_ours_is_answered_and_not_shown(
    house: House, client: paramiko.SFTPClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(party: str, folder: str) -> list[object]:
        raise RuntimeError("connection to database at 10.0.0.5 failed")

    monkeypatch.setattr(house.mailboxes, "list", fail)
    with pytest.raises(OSError, match="try again later") as raised:
        client.listdir("/in")
    assert "10.0.0.5" not in str(raised.value)
    monkeypatch.undo()
    assert client.listdir("/in") == []
