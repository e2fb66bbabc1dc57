"""Collecting from ``/out``."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import asyncssh
import paramiko
import pytest

from gateway.channels.sftp import Limits
from gateway.clock import system_clock

if TYPE_CHECKING:
    from tests.gateway.channels.sftp.conftest import Connect, House, Open, Place, Raw, Speak, SpeakRaw

CONTENT = b"ISA*00*          *00*          *ZZ*US             *ZZ*ACME           *"


def _collected(house: House, name: str) -> bool:
    entry = house.mailboxes.find("acme", "out", name)
    assert entry is not None
    return entry.collected


def test_file_is_read_and_then_collected(house: House, client: paramiko.SFTPClient, put_out: Place) -> None:
    put_out(house, "997-1.edi", CONTENT)
    assert client.listdir("/out") == ["997-1.edi"]
    attributes = client.stat("/out/997-1.edi")
    assert (attributes.st_size, attributes.st_mode) == (len(CONTENT), 0o100440)
    with client.open("/out/997-1.edi", "rb") as file:
        assert file.read() == CONTENT
        assert not _collected(house, "997-1.edi")
    assert _collected(house, "997-1.edi")
    assert client.listdir("/out") == ["997-1.edi"]
    client.remove("/out/997-1.edi")
    assert client.listdir("/out") == []


def test_file_that_is_read_in_part_is_not_collected(house: House, client: paramiko.SFTPClient, put_out: Place) -> None:
    put_out(house, "a.edi", CONTENT)
    with client.open("/out/a.edi", "rb") as file:
        file.read(len(CONTENT) - 1)
    assert not _collected(house, "a.edi")
    with client.open("/out/a.edi", "rb") as file:
        file.seek(1)
        assert file.read() == CONTENT[1:]
    assert not _collected(house, "a.edi")


def test_file_that_is_read_but_not_closed_is_not_collected(house: House, speak_raw: SpeakRaw, put_out: Place) -> None:
    put_out(house, "a.edi", CONTENT)

    async def read(raw: Raw) -> None:
        handle = await raw.open("/out/a.edi", 0x01)
        length = len(handle).to_bytes(4, "big")
        raw.writer.write(b"\0\0\0\x19\x05\0\0\0\x07" + length + handle + bytes(8) + b"\0\1\0\0")
        assert await raw.answer() == (103, b"\0\0\0\x07" + len(CONTENT).to_bytes(4, "big") + CONTENT)
        raw.writer.write_eof()
        await raw.writer.channel.wait_closed()

    speak_raw(house, read)
    assert not _collected(house, "a.edi")


def test_pieces_in_any_order_are_a_whole(house: House, speak: Speak, put_out: Place) -> None:
    put_out(house, "a.edi", CONTENT)

    async def read(client: asyncssh.SFTPClient) -> None:
        async with client.open("/out/a.edi", "rb", encoding=None) as file:
            offsets = list(range(0, len(CONTENT), 7))
            random.Random(3).shuffle(offsets)  # noqa: S311 (an order, not a secret)
            for offset in offsets:
                piece: bytes | str = await file.read(7, offset)
                assert piece == CONTENT[offset : offset + 7]

    speak(house, read)
    assert _collected(house, "a.edi")


def test_big_file_with_many_requests_in_flight(house: House, client: paramiko.SFTPClient, put_out: Place) -> None:
    content = random.Random(2).randbytes(3 << 20)  # noqa: S311 (bytes, not a secret)
    put_out(house, "big.edi", content)
    with client.open("/out/big.edi", "rb") as file:
        file.prefetch()
        assert file.read() == content
    assert _collected(house, "big.edi")


def test_asyncssh_gets_and_globs(house: House, speak: Speak, put_out: Place, tmp_path: object) -> None:
    for number in range(3):
        put_out(house, f"{number}.edi", CONTENT)

    async def get(client: asyncssh.SFTPClient) -> None:
        await client.mget("/out/*.edi", str(tmp_path))

    speak(house, get)
    assert all(_collected(house, f"{number}.edi") for number in range(3))


def test_long_listing_comes_whole(house: House, client: paramiko.SFTPClient, put_out: Place) -> None:
    names = [f"{number:03}-{'x' * 240}.edi" for number in range(321)]
    for name in names:
        put_out(house, name, b"")
    assert sorted(client.listdir("/out")) == names


def test_listing_reads_like_ls(house: House, client: paramiko.SFTPClient, put_out: Place) -> None:
    before = system_clock()
    put_out(house, "997 1.edi", CONTENT)
    after = system_clock()
    [line] = client.listdir_attr("/out")
    long = getattr(line, "longname")  # noqa: B009 (the stubs call it bytes; it is text)
    assert long.startswith(f"-r--r-----    1 gateway  gateway  {len(CONTENT):>12} ")
    assert long.endswith(" 997 1.edi")
    assert f" {before:%b} " in long or f" {after:%b} " in long, "midnight, when a month ends, may be in between"
    assert [str(each)[:10] for each in client.listdir_attr("/")] == ["drwxr-x---"] * 2


def test_partners_see_only_their_own(house: House, client: paramiko.SFTPClient) -> None:
    house.mailboxes.put("rival", "secret.edi", CONTENT, system_clock())
    assert client.listdir("/out") == []
    with pytest.raises(FileNotFoundError):
        client.open("/out/secret.edi", "rb")
    with pytest.raises(FileNotFoundError):
        client.remove("/out/secret.edi")


def test_so_many_downloads_and_handles(open_house: Open, connect: Connect, put_out: Place) -> None:
    house = open_house(Limits(disk_reserve=0, downloads_per_session=2, handles=3))
    client = connect(house)
    put_out(house, "a.edi", CONTENT)
    held = [client.open("/out/a.edi", "rb") for _ in range(2)]
    with pytest.raises(OSError, match="2 downloads are open"):
        client.open("/out/a.edi", "rb")
    held.append(client.open("/in/b.edi", "wb"))
    with pytest.raises(OSError, match="3 files and listings are open"):
        client.listdir("/out")
    held.pop().close()
    assert client.listdir("/out") == ["a.edi"]


def test_out_is_not_for_writing(house: House, client: paramiko.SFTPClient, put_out: Place) -> None:
    put_out(house, "a.edi", CONTENT)
    for mode in ("wb", "ab", "r+b", "wbx"):
        with pytest.raises(PermissionError, match="for collecting"):
            client.open("/out/a.edi", mode)
    with pytest.raises(PermissionError, match="renamed"):
        client.rename("/out/a.edi", "/out/b.edi")
    with pytest.raises(PermissionError, match="renamed"):
        client.rename("/out/a.edi", "/in/a.edi")
    assert client.listdir("/out") == ["a.edi"]


def test_in_is_not_for_reading(house: House, client: paramiko.SFTPClient) -> None:
    client.open("/in/a.edi", "wb").close()
    with pytest.raises(PermissionError, match="cannot be read back"):
        client.open("/in/a.edi", "rb")
