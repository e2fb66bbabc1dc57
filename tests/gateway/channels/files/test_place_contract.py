"""What every place promises: the twin, folders of this machine, and OpenSSH's server with and without renaming."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from as2.source import BytesSource
from gateway.channels.files.place import Changed, Denied, NameTaken, Place, Seen, Unreachable
from tests.gateway.channels.files.places import Bench, FolderBench, MemoryBench, ServerBench, running_loop
from tests.services.openssh import SshServer

CONTENT = b"UNB+UNOC:3+ACME+US+260101:1200+1'UNZ+0+1'"
LARGE = bytes(range(256)) * (5 << 12)
"""Five megabytes: more than is moved at a time."""


@pytest.fixture(params=["memory", "folder", "server", "server-without-renaming"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A place and its other side."""
    kind: str = request.param
    if kind == "memory":
        yield MemoryBench()
    elif kind == "folder":
        folder = tmp_path / "place"
        folder.mkdir()
        yield FolderBench(folder)
    else:
        server = request.getfixturevalue("ssh_server")
        with running_loop() as loop:
            yield ServerBench(server, loop, rename=kind == "server")


def put(place: Place, name: str, content: bytes, mark: str = "t1") -> bool:
    return place.put(name, BytesSource(content), hashlib.sha256(content).hexdigest(), mark)


def seen(place: Place, name: str) -> Seen:
    (found,) = [each for each in place.look() if each.name == name]
    return found


def fetched(place: Place, found: Seen) -> bytes:
    return b"".join(place.fetch(found))


class Torn(Exception):
    """The content cannot be read to its end."""


class TornSource:
    """Breaks off in the middle, as a process that is killed does."""

    def __init__(self, content: bytes) -> None:
        self.size = len(content)
        self._content = content

    def chunks(self) -> Iterator[bytes]:
        yield self._content[: self.size // 2]
        raise Torn


@pytest.mark.parametrize("content", [b"", CONTENT, LARGE], ids=["empty", "small", "large"])
def test_what_is_put_stands_there_whole(bench: Bench, content: bytes) -> None:
    with bench.open() as place:
        assert put(place, "a.edi", content) is False
    assert bench.taken() == {"a.edi": content}


def test_what_is_there_already_is_not_put_twice(bench: Bench) -> None:
    with bench.open() as place:
        put(place, "a.edi", CONTENT)
        assert put(place, "a.edi", CONTENT) is True
    assert bench.taken() == {"a.edi": CONTENT}


def test_nothing_is_replaced(bench: Bench) -> None:
    bench.leave("a.edi", b"of somebody else")
    bench.leave("b.edi", CONTENT.swapcase())
    with bench.open() as place:
        for name in ("a.edi", "b.edi"):
            with pytest.raises(NameTaken, match=name):
                put(place, name, CONTENT)
    assert bench.taken() == {"a.edi": b"of somebody else", "b.edi": CONTENT.swapcase()}


def test_a_try_that_broke_off_is_taken_up_and_leaves_nothing(bench: Bench) -> None:
    digest = hashlib.sha256(LARGE).hexdigest()
    with bench.open() as place, pytest.raises(Torn):
        place.put("a.edi", TornSource(LARGE), digest, "t1")
    with bench.open() as place:
        assert put(place, "a.edi", LARGE) is False
    assert bench.taken() == {"a.edi": LARGE}


def test_a_look_sees_finished_files_only(bench: Bench) -> None:
    for name in ("b.edi", "a.edi", ".hidden", "a.edi.part", "c.TMP", "d.filepart"):
        bench.give(name, CONTENT, at=1 if name == "a.edi" else 0)
    with bench.open() as place:
        assert [(each.name, each.size) for each in place.look()] == [("b.edi", len(CONTENT)), ("a.edi", len(CONTENT))]


def test_what_was_written_anew_looks_different(bench: Bench) -> None:
    bench.give("a.edi", CONTENT)
    with bench.open() as place:
        first = seen(place, "a.edi")
        assert seen(place, "a.edi") == first
        bench.give("a.edi", CONTENT, at=5)
        assert seen(place, "a.edi") != first
        bench.give("a.edi", CONTENT + b"\n")
        assert seen(place, "a.edi") != first


@pytest.mark.parametrize("content", [b"", CONTENT, LARGE], ids=["empty", "small", "large"])
def test_what_is_fetched_is_what_was_given(bench: Bench, content: bytes) -> None:
    bench.give("a b.edi", content)
    with bench.open() as place:
        assert fetched(place, seen(place, "a b.edi")) == content
    assert bench.left() == ["a b.edi"]


def test_what_is_no_longer_what_was_seen_is_neither_fetched_nor_removed(bench: Bench) -> None:
    bench.give("a.edi", CONTENT)
    with bench.open() as place:
        found = seen(place, "a.edi")
        bench.give("a.edi", CONTENT + b"more", at=9)
        with pytest.raises(Changed):
            fetched(place, found)
        with pytest.raises(Changed):
            place.remove(found)
    assert bench.left() == ["a.edi"]


def test_what_is_written_while_it_is_fetched_is_told(bench: Bench) -> None:
    bench.give("a.edi", LARGE)
    with bench.open() as place:
        found = seen(place, "a.edi")
        chunks = place.fetch(found)
        next(chunks)
        bench.give("a.edi", LARGE + b"more", at=9)
        with pytest.raises(Changed):
            list(chunks)


def test_a_removal_can_be_repeated(bench: Bench) -> None:
    bench.give("a.edi", CONTENT)
    bench.give("b.edi", CONTENT)
    with bench.open() as place:
        found = seen(place, "a.edi")
        place.remove(found)
        place.remove(found)
        with pytest.raises(Changed):
            fetched(place, found)
    assert bench.left() == ["b.edi"]


def test_what_does_not_answer_is_unreachable_and_can_be_reached_again(bench: Bench) -> None:
    bench.give("a.edi", CONTENT)
    bench.away()
    with pytest.raises(Unreachable), bench.open() as place:
        place.look()
    with pytest.raises(Unreachable), bench.open() as place:
        put(place, "b.edi", CONTENT)
    bench.back()
    with bench.open() as place:
        assert fetched(place, seen(place, "a.edi")) == CONTENT
        put(place, "b.edi", CONTENT)
    assert bench.taken() == {"b.edi": CONTENT}


def test_what_keeps_the_content_from_being_read_is_not_the_places_fault(bench: Bench) -> None:
    class Unreadable(TornSource):
        def chunks(self) -> Iterator[bytes]:
            yield self._content[:10]
            raise OSError(errno.EIO, "the disk of the archive")

    with bench.open() as place, pytest.raises(OSError, match="archive"):
        place.put("a.edi", Unreadable(CONTENT), "0" * 64, "t1")


def test_a_file_that_goes_away_during_the_look_takes_no_other_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "place"
    folder.mkdir()
    bench = FolderBench(folder)
    for name in ("a.edi", "b.edi"):
        bench.give(name, CONTENT)
    real = os.scandir

    @contextmanager
    def seen_once(at: int) -> Iterator[list[os.DirEntry[str]]]:
        with real(at) as entries:
            listed = list(entries)
        (bench.inbound / "a.edi").unlink()
        yield listed

    with bench.open() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", seen_once)
        assert [each.name for each in place.look()] == ["b.edi"]


@pytest.fixture
def server(ssh_server: SshServer) -> Iterator[ServerBench]:
    """OpenSSH's server alone."""
    with running_loop() as loop:
        yield ServerBench(ssh_server, loop)


def test_a_server_is_not_trusted_without_a_key_or_by_another(server: ServerBench) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode("ascii").strip()
    for known in ([], [other]):
        with pytest.raises(Denied, match="a key that the profile does not name"), server.open(host_keys=known):
            pass
    with server.open(host_keys=[other, server.server.host_key]) as place:
        assert place.look() == []


def test_the_first_key_that_the_server_takes_is_used(server: ServerBench) -> None:
    unknown = asyncssh.generate_private_key("ssh-ed25519")
    with server.open(keys=[unknown, server.server.key]) as place:
        assert place.look() == []
    with pytest.raises(Denied, match="takes none of our keys"), server.open(keys=[unknown]):
        pass


def test_a_server_that_says_no_goodbye_changes_nothing(server: ServerBench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: asyncssh.SSHClientConnection) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(asyncssh.SSHClientConnection, "wait_closed", never)
    with server.open(timeout=timedelta(seconds=3)) as place:
        put(place, "a.edi", CONTENT)
    assert server.taken() == {"a.edi": CONTENT}


def test_a_server_that_does_not_say_what_is_a_file_shows_its_files(
    server: ServerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.give("a.edi", CONTENT)
    real = asyncssh.SFTPClient.readdir

    async def bare(client: asyncssh.SFTPClient, path: str) -> list[asyncssh.SFTPName]:
        found = [each for each in await real(client, path) if str(each.filename) not in (".", "..")]
        for each in found:
            each.attrs.permissions = None
        return found

    monkeypatch.setattr(asyncssh.SFTPClient, "readdir", bare)
    with server.open() as place:
        assert fetched(place, seen(place, "a.edi")) == CONTENT
