"""Uploads that a partner completes, with paramiko as the client."""

from __future__ import annotations

import hashlib
import random
import threading
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

import asyncssh
import paramiko
import pytest

from gateway.arrival import Arrival, ArrivalRefused
from tests.gateway.channels.sftp.conftest import PATIENCE

if TYPE_CHECKING:
    from tests.gateway.channels.sftp.conftest import Connect, House, Speak

CONTENT = b"UNB+UNOC:3+ACME+US+260101:1200+1'UNZ+0+1'"


def test_closed_file_arrives_with_its_facts(house: House, client: paramiko.SFTPClient) -> None:
    with client.open("/in/orders.edi", "wb") as file:
        file.write(CONTENT)
    [taken] = house.taken
    arrival = taken.arrival
    assert taken.content == CONTENT
    assert (arrival.party, arrival.channel, arrival.protocol) == ("acme", "acme-sftp", "sftp")
    assert (arrival.name, arrival.size, arrival.sha256) == (
        "orders.edi",
        len(CONTENT),
        hashlib.sha256(CONTENT).hexdigest(),
    )
    assert arrival.at.tzinfo is UTC
    assert arrival.staged is None
    assert arrival.facts["login"] == "acme"
    assert arrival.facts["remote"].startswith("127.0.0.1:")
    assert arrival.facts["key"].startswith("SHA256:")
    assert "paramiko" in arrival.facts["client"]
    house.nothing_left()


def test_ok_comes_only_after_receive(house: House, client: paramiko.SFTPClient) -> None:
    begun, may_end, closed = threading.Event(), threading.Event(), threading.Event()

    def receive(arrival: Arrival) -> None:
        begun.set()
        assert may_end.wait(PATIENCE)

    house.before = receive

    def put() -> None:
        with client.open("/in/orders.edi", "wb") as file:
            file.write(CONTENT)
        closed.set()

    thread = threading.Thread(target=put)
    thread.start()
    assert begun.wait(PATIENCE)
    assert not closed.wait(0.2)
    may_end.set()
    thread.join(PATIENCE)
    assert closed.is_set()


def test_uploaded_file_stays_visible_with_its_size(house: House, client: paramiko.SFTPClient, tmp_path: Path) -> None:
    local = tmp_path / "orders.edi"
    local.write_bytes(CONTENT)
    # paramiko compares the size after the put and raises when it differs.
    assert client.put(str(local), "/in/orders.edi").st_size == len(CONTENT)
    assert client.listdir("/in") == ["orders.edi"]
    client.remove("/in/orders.edi")
    assert client.listdir("/in") == []
    assert house.names == ["orders.edi"]


def test_open_upload_is_seen_growing_by_its_own_session_only(
    house: House, client: paramiko.SFTPClient, connect: Connect
) -> None:
    other = connect(house)
    with client.open("/in/orders.edi", "wb") as file:
        file.write(CONTENT)
        assert client.stat("/in/orders.edi").st_size == len(CONTENT)
        assert file.stat().st_size == len(CONTENT)
        assert client.listdir("/in") == ["orders.edi"]
        assert other.listdir("/in") == []
        with pytest.raises(FileNotFoundError):
            other.stat("/in/orders.edi")
    assert other.stat("/in/orders.edi").st_size == len(CONTENT)


def test_same_name_again_is_a_new_arrival(house: House, client: paramiko.SFTPClient) -> None:
    for content in (b"first", b"second, longer"):
        with client.open("/in/orders.edi", "wb") as file:
            file.write(content)
    assert [each.content for each in house.taken] == [b"first", b"second, longer"]
    assert client.stat("/in/orders.edi").st_size == 14


def test_exclusive_open_is_not_hindered_by_what_was_taken(house: House, client: paramiko.SFTPClient) -> None:
    for _ in range(2):
        with client.open("/in/orders.edi", "wbx") as file:
            file.write(CONTENT)
    assert len(house.taken) == 2


def test_empty_file_arrives(house: House, client: paramiko.SFTPClient) -> None:
    client.open("/in/empty.edi", "wb").close()
    assert [(each.arrival.name, each.arrival.size) for each in house.taken] == [("empty.edi", 0)]


@pytest.mark.parametrize("temporary", ["orders.edi.part", "orders.TMP", "orders.edi.filepart", ".orders.edi"])
@pytest.mark.parametrize("rename", ["rename", "posix_rename"])
def test_rename_from_temporary_name_completes(
    house: House, client: paramiko.SFTPClient, temporary: str, rename: str
) -> None:
    with client.open(f"/in/{temporary}", "wb") as file:
        file.write(CONTENT)
    assert house.taken == []
    assert client.listdir("/in") == [temporary]
    getattr(client, rename)(f"/in/{temporary}", "/in/orders.edi")
    [taken] = house.taken
    assert taken.content == CONTENT
    assert taken.arrival.name == "orders.edi"
    assert taken.arrival.facts["staged_as"] == temporary
    assert client.listdir("/in") == ["orders.edi"]
    house.nothing_left()


def test_temporary_name_waits_for_another_session(house: House, connect: Connect) -> None:
    first = connect(house)
    with first.open("/in/orders.edi.part", "wb") as file:
        file.write(CONTENT)
    first.close()
    second = connect(house)
    second.rename("/in/orders.edi.part", "/in/orders.edi")
    assert house.names == ["orders.edi"]
    assert house.broken == []


def test_rename_onto_taken_name_is_a_new_arrival(house: House, client: paramiko.SFTPClient) -> None:
    for _ in range(2):
        with client.open("/in/orders.edi.part", "wb") as file:
            file.write(CONTENT)
        client.rename("/in/orders.edi.part", "/in/orders.edi")
    assert house.names == ["orders.edi", "orders.edi"]
    assert client.listdir("/in") == ["orders.edi"]


def test_rename_between_temporary_names_completes_nothing(house: House, client: paramiko.SFTPClient) -> None:
    client.open("/in/a.part", "wb").close()
    client.open("/in/b.part", "wb").close()
    with pytest.raises(OSError, match="exists already"):
        client.rename("/in/a.part", "/in/b.part")
    client.posix_rename("/in/a.part", "/in/b.part")
    client.rename("/in/b.part", "/in/c.part")
    assert client.listdir("/in") == ["c.part"]
    assert house.taken == []


def test_renaming_what_was_taken_is_no_second_arrival(house: House, client: paramiko.SFTPClient) -> None:
    client.open("/in/a.edi", "wb").close()
    client.rename("/in/a.edi", "/in/b.edi")
    assert client.listdir("/in") == ["b.edi"]
    assert house.names == ["a.edi"]
    with pytest.raises(OSError, match="taken already"):
        client.rename("/in/b.edi", "/in/b.edi.part")


def test_rename_of_unfinished_upload_is_refused(house: House, client: paramiko.SFTPClient) -> None:
    file = client.open("/in/orders.edi.part", "wb")
    file.write(CONTENT)
    with pytest.raises(OSError, match="still open"):
        client.rename("/in/orders.edi.part", "/in/orders.edi")
    with pytest.raises(OSError, match="still open"):
        client.remove("/in/orders.edi.part")
    assert house.taken == []
    file.close()
    client.rename("/in/orders.edi.part", "/in/orders.edi")
    assert [each.content for each in house.taken] == [CONTENT]


def test_staged_file_can_be_sent_again_but_not_resumed(house: House, client: paramiko.SFTPClient) -> None:
    for content in (b"first", b"second"):
        with client.open("/in/orders.edi.part", "wb") as file:
            file.write(content)
    with pytest.raises(OSError, match="send the file whole"):
        client.open("/in/orders.edi.part", "ab")
    with pytest.raises(OSError, match="send the file whole"):
        client.open("/in/orders.edi.part", "r+b")
    with pytest.raises(OSError, match="exists already"):
        client.open("/in/orders.edi.part", "wbx")
    client.rename("/in/orders.edi.part", "/in/orders.edi")
    assert [each.content for each in house.taken] == [b"second"]


def test_writes_in_any_order_give_the_right_hash(house: House, client: paramiko.SFTPClient) -> None:
    pieces = [(offset, bytes([offset % 251]) * 1000) for offset in range(0, 50_000, 1000)]
    random.Random(7).shuffle(pieces)  # noqa: S311 (an order, not a secret)
    with client.open("/in/orders.edi", "wb") as file:
        for offset, content in pieces:
            file.seek(offset)
            file.write(content)
    whole = b"".join(content for _, content in sorted(pieces))
    [taken] = house.taken
    assert taken.content == whole
    assert taken.arrival.sha256 == hashlib.sha256(whole).hexdigest()


def test_hole_in_the_file_is_refused(house: House, speak: Speak) -> None:
    async def put(client: asyncssh.SFTPClient) -> None:
        file = await client.open("/in/orders.edi", "wb")
        await file.write(CONTENT, 100)
        with pytest.raises(asyncssh.SFTPFailure, match="Bytes 0 to 99 of the file were not sent"):
            await file.close()

    speak(house, put)
    assert house.taken == []
    assert [each.name for each in house.broken] == ["orders.edi"]
    house.nothing_left()


def test_twenty_megabytes(house: House, client: paramiko.SFTPClient) -> None:
    content = random.Random(1).randbytes(20 << 20)  # noqa: S311 (bytes, not a secret)
    with client.open("/in/big.edi", "wb") as file:
        file.set_pipelined(True)
        for begin in range(0, len(content), 32768):
            file.write(content[begin : begin + 32768])
    [taken] = house.taken
    assert taken.content == content
    assert taken.arrival.sha256 == hashlib.sha256(content).hexdigest()


def test_two_uploads_at_once(house: House, connect: Connect) -> None:
    def put(name: str, content: bytes) -> None:
        session = connect(house)
        with session.open(name, "wb") as file:
            for _ in range(50):
                file.write(content)

    jobs = [threading.Thread(target=put, args=(f"/in/{each}.edi", each.encode() * 3000)) for each in "ab"]
    jobs += [threading.Thread(target=put, args=("/in/same.edi", b"s" * 3000))] * 1
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(PATIENCE)
    assert {each.arrival.name: each.content for each in house.taken} == {
        "a.edi": b"a" * 150_000,
        "b.edi": b"b" * 150_000,
        "same.edi": b"s" * 150_000,
    }


def test_two_uploads_of_one_name_are_two_arrivals(house: House, client: paramiko.SFTPClient, connect: Connect) -> None:
    first, second = client.open("/in/a.edi", "wb"), connect(house).open("/in/a.edi", "wb")
    first.write(b"first")
    second.write(b"second")
    first.close()
    second.close()
    assert [each.content for each in house.taken] == [b"first", b"second"]


def test_times_and_modes_are_accepted_and_mean_nothing(house: House, client: paramiko.SFTPClient) -> None:
    file = client.open("/in/orders.edi", "wb")
    file.write(CONTENT)
    file.utime((1_700_000_000, 1_700_000_000))
    file.chmod(0o777)
    file.close()
    assert house.taken[0].arrival.facts["modified"] == "2023-11-14T22:13:20+00:00"
    client.chmod("/in/orders.edi", 0o777)
    client.utime("/in/orders.edi", None)
    assert client.stat("/in/orders.edi").st_mode == 0o100640
    with pytest.raises(OSError, match="size cannot be set"):
        client.truncate("/in/orders.edi", 3)


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (ArrivalRefused("Your agreement has ended: ask our onboarding team"), "Your agreement has ended"),
        (OSError(28, "No space left on device"), "send it again later"),
        (RuntimeError("a bug, with /secret/paths in its text"), "send it again later"),
    ],
)
def test_failing_receive_is_told_and_leaves_nothing(house: House, speak: Speak, failure: Exception, told: str) -> None:
    def fail(arrival: Arrival) -> None:
        raise failure

    async def put(client: asyncssh.SFTPClient) -> None:
        house.before = fail
        file = await client.open("/in/orders.edi", "wb")
        await file.write(CONTENT)
        with pytest.raises(asyncssh.SFTPFailure, match=told) as raised:
            await file.close()
        assert "/secret" not in str(raised.value)
        assert await client.listdir("/in") == [".", ".."]
        house.nothing_left()
        house.before = lambda arrival: None
        async with client.open("/in/orders.edi", "wb") as again:
            await again.write(CONTENT)

    speak(house, put)
    assert house.names == ["orders.edi"]
    assert house.broken == []


def test_failing_upload_leaves_no_older_file_to_be_mistaken_for_it(
    house: House, client: paramiko.SFTPClient, tmp_path: Path
) -> None:
    def fail(arrival: Arrival) -> None:
        raise ArrivalRefused("Not now")

    local = tmp_path / "orders.edi"
    local.write_bytes(CONTENT)
    client.put(str(local), "/in/orders.edi")
    house.before = fail
    # paramiko does not look at the answer to CLOSE: it asks for the size.
    with pytest.raises(FileNotFoundError):
        client.put(str(local), "/in/orders.edi")


def test_failing_receive_of_a_rename_keeps_the_staged_file(house: House, client: paramiko.SFTPClient) -> None:
    def fail(arrival: Arrival) -> None:
        raise ArrivalRefused("Not now")

    client.open("/in/orders.edi.part", "wb").close()
    house.before = fail
    with pytest.raises(OSError, match="Not now"):
        client.rename("/in/orders.edi.part", "/in/orders.edi")
    assert client.listdir("/in") == ["orders.edi.part"]
    house.before = lambda arrival: None
    client.rename("/in/orders.edi.part", "/in/orders.edi")
    assert house.names == ["orders.edi"]
    house.nothing_left()


def test_paramiko_sees_why(client: paramiko.SFTPClient) -> None:
    with pytest.raises(PermissionError, match="files are put into /in"):
        client.open("/out/orders.edi", "wb")
    with pytest.raises(PermissionError, match="change there first"):
        client.open("/", "wb")
