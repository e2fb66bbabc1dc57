"""A running SFTP server in a thread of its own, and partners' keys: the tests are its clients."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import asyncssh
import paramiko
import pytest

from gateway.arrival import Arrival, BrokenUpload
from gateway.channels.sftp import Limits, Login, MemoryMailboxes, SftpServer, host_keys
from gateway.clock import system_clock

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds that anything may take on a machine that is busy with other tests."""


@dataclass
class Taken:
    """An arrival, and its bytes as they were when it was received."""

    arrival: Arrival
    content: bytes


@dataclass
class House:
    """The server with what is around it, and what came of the uploads."""

    folder: Path
    limits: Limits
    mailboxes: MemoryMailboxes = field(default_factory=MemoryMailboxes)
    logins: dict[str, Login] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    broken: list[BrokenUpload] = field(default_factory=list)
    before: Callable[[Arrival], None] = lambda arrival: None
    """What ``receive`` does first, in a thread; raises to refuse."""
    paused: set[str] = field(default_factory=set)
    """Channels over which no uploads are taken."""
    port: int = 0
    server: SftpServer = field(init=False)
    loop: asyncio.AbstractEventLoop = field(init=False)

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    async def receive(self, arrival: Arrival) -> None:
        await asyncio.to_thread(self.before, arrival)
        self.taken.append(Taken(arrival, arrival.path.read_bytes()))
        self.mailboxes.arrived(arrival)

    async def report(self, broken: BrokenUpload) -> None:
        self.broken.append(broken)

    async def start(self) -> None:
        self.server = SftpServer(
            look_up=lambda login: self.logins.get(login),
            mailboxes=self.mailboxes,
            receive=self.receive,
            report_broken=self.report,
            spool=self.spool,
            host_keys=host_keys(self.folder / "keys"),
            limits=self.limits,
            paused=lambda channel: channel in self.paused,
        )
        await self.server.listen("127.0.0.1", 0)
        self.port = self.server.port
        self.loop = asyncio.get_running_loop()

    def run_in_loop(self, work: Callable[[], None]) -> None:
        """Run something on the server's own loop and wait for it."""
        done = threading.Event()

        def run() -> None:
            work()
            done.set()

        self.loop.call_soon_threadsafe(run)
        assert done.wait(PATIENCE)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something the server does by itself."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for: {what}"
            time.sleep(0.01)

    def nothing_left(self) -> None:
        """No upload is open and the spool is empty."""
        self.until(lambda: self.server.open_uploads == 0, "no open uploads")
        self.until(lambda: list(self.spool.iterdir()) == [], "an empty spool")

    @property
    def names(self) -> list[str]:
        return [each.arrival.name for each in self.taken]


class Open(Protocol):
    def __call__(self, limits: Limits = ..., folder: Path | None = None) -> House: ...


@contextmanager
def running(house: House) -> Iterator[House]:
    """The server, until the end of the block."""
    ready, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        await house.start()
        ready.set()
        await stop.wait()
        await house.server.stop(grace=PATIENCE)

    failure: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failure.append(error)
            ready.set()
            raise

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(PATIENCE)
    assert not failure, failure
    try:
        yield house
    finally:
        house.loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def partner_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ACME's private key, as OpenSSH keeps it; the public one beside it."""
    path = tmp_path_factory.mktemp("partner") / "id_ed25519"
    key = asyncssh.generate_private_key("ssh-ed25519", comment="acme")
    key.write_private_key(str(path))
    key.write_public_key(str(path) + ".pub")
    path.chmod(0o600)
    return path


@pytest.fixture
def open_house(tmp_path: Path, partner_key: Path) -> Iterator[Open]:
    """Starts servers that know the login ``acme`` with the partner's key."""
    stack: list[object] = []
    contexts = []

    def start(limits: Limits = Limits(disk_reserve=0), folder: Path | None = None) -> House:  # noqa: B008 (frozen)
        house = House(folder or tmp_path / f"house{len(stack)}", limits)
        line = Path(f"{partner_key}.pub").read_text().strip()
        house.logins["acme"] = Login("acme", "acme-sftp", (line,))
        context = running(house)
        context.__enter__()
        contexts.append(context)
        stack.append(house)
        return house

    yield start
    for context in reversed(contexts):
        context.__exit__(None, None, None)


@pytest.fixture
def house(open_house: Open) -> House:
    """A running server."""
    return open_house()


class Connect(Protocol):
    def __call__(self, house: House) -> paramiko.SFTPClient: ...


@pytest.fixture
def connect(partner_key: Path) -> Iterator[Connect]:
    """Connects paramiko, logged in as ``acme``."""
    transports: list[paramiko.Transport] = []

    def start(house: House) -> paramiko.SFTPClient:
        transport = paramiko.Transport(("127.0.0.1", house.port))
        transports.append(transport)
        transport.connect(username="acme", pkey=paramiko.Ed25519Key.from_private_key_file(str(partner_key)))
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        return client

    yield start
    for transport in transports:
        transport.close()


@pytest.fixture
def client(house: House, connect: Connect) -> paramiko.SFTPClient:
    """A partner that is connected to ``house``."""
    return connect(house)


class Speak(Protocol):
    def __call__(self, house: House, work: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T: ...


@pytest.fixture
def speak(partner_key: Path) -> Speak:
    """Runs a coroutine function with an asyncssh client that is logged in as ``acme``."""

    def run(house: House, work: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        async def session() -> T:
            async with (
                asyncssh.connect(
                    "127.0.0.1",
                    house.port,
                    username="acme",
                    client_keys=[str(partner_key)],
                    known_hosts=None,
                    config=None,
                ) as connection,
                connection.start_sftp_client() as client,
            ):
                return await work(client)

        return asyncio.run(session())

    return run


class Raw:
    """An SFTP session of which every packet is written by hand."""

    def __init__(self, connection: asyncssh.SSHClientConnection) -> None:
        self.connection = connection
        self.writer: asyncssh.SSHWriter[bytes]
        self.reader: asyncssh.SSHReader[bytes]

    async def begin(self) -> None:
        self.writer, self.reader, _ = await self.connection.open_session(subsystem="sftp", encoding=None)
        self.writer.write(packet(1, number(3)))
        assert (await self.answer())[0] == 2

    async def open(self, path: str, flags: int = 0x1A) -> bytes:
        """The handle of a file opened for writing."""
        self.writer.write(packet(3, number(1) + string(path.encode()) + number(flags) + number(0)))
        kind, content = await self.answer()
        assert kind == 102, content
        return content[8:]

    def write(self, handle: bytes, offset: int, data: bytes) -> bytes:
        return packet(6, number(2) + string(handle) + offset.to_bytes(8, "big") + string(data))

    def close(self, handle: bytes) -> bytes:
        return packet(4, number(3) + string(handle))

    async def answer(self) -> tuple[int, bytes]:
        length = int.from_bytes(await self.reader.readexactly(4), "big")
        content = await self.reader.readexactly(length)
        return content[0], content[1:]

    async def status(self) -> tuple[int, str]:
        kind, content = await self.answer()
        assert kind == 101
        length = int.from_bytes(content[8:12], "big")
        return int.from_bytes(content[4:8], "big"), content[12 : 12 + length].decode()


def packet(kind: int, content: bytes) -> bytes:
    return number(len(content) + 1) + bytes([kind]) + content


def number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def string(text: bytes) -> bytes:
    return number(len(text)) + text


class SpeakRaw(Protocol):
    def __call__(self, house: House, work: Callable[[Raw], Awaitable[T]]) -> T: ...


@pytest.fixture
def speak_raw(partner_key: Path) -> SpeakRaw:
    """Runs a coroutine function with a :class:`Raw` session that has been greeted."""

    def run(house: House, work: Callable[[Raw], Awaitable[T]]) -> T:
        async def session() -> T:
            connection = await asyncssh.connect(
                "127.0.0.1", house.port, username="acme", client_keys=[str(partner_key)], known_hosts=None, config=None
            )
            raw = Raw(connection)
            try:
                await raw.begin()
                return await work(raw)
            finally:
                connection.abort()

        return asyncio.run(session())

    return run


class Place(Protocol):
    def __call__(self, house: House, name: str, content: bytes) -> None: ...


@pytest.fixture
def put_out() -> Place:
    """Places a file for ``acme`` to collect."""

    def place(house: House, name: str, content: bytes) -> None:
        house.mailboxes.put("acme", name, content, system_clock())

    return place
