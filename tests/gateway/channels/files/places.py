"""Every place, with its other side: who gives files, takes them, and goes away."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import asyncssh

from gateway.channels.files.folder import FolderPlace
from gateway.channels.files.memory import MemoryPlace
from gateway.channels.files.place import Place
from gateway.channels.files.server import Loop, Server, ServerPlace
from tests.services.openssh import SshServer


class Bench(Protocol):
    """A place to be tested, and its other side."""

    def open(self) -> AbstractContextManager[Place]:
        """The gateway's side."""

    def give(self, name: str, content: bytes, at: int = 0) -> None:
        """The other side writes a file to be collected; ``at`` makes a time that differs."""

    def left(self) -> list[str]:
        """What is there to be collected, whatever it is called."""

    def taken(self) -> dict[str, bytes]:
        """What was put there, temporary files too."""

    def leave(self, name: str, content: bytes) -> None:
        """Something else stands where files are put."""

    def away(self) -> None:
        """Nothing answers any more."""

    def back(self) -> None:
        """It answers again."""


class MemoryBench:
    """The twin."""

    def __init__(self) -> None:
        self.place = MemoryPlace()

    def open(self) -> AbstractContextManager[Place]:
        return self.place

    def give(self, name: str, content: bytes, at: int = 0) -> None:
        self.place.inbound[name] = content, at

    def left(self) -> list[str]:
        return sorted(self.place.inbound)

    def taken(self) -> dict[str, bytes]:
        return self.place.outbound

    def leave(self, name: str, content: bytes) -> None:
        self.place.outbound[name] = content

    def away(self) -> None:
        self.place.away = True

    def back(self) -> None:
        self.place.away = False


class _OnDisk:
    """What is the same for places whose files lie on this disk."""

    def __init__(self, folder: Path) -> None:
        self.inbound, self.outbound = folder / "in", folder / "out"
        self.inbound.mkdir()
        self.outbound.mkdir()

    def give(self, name: str, content: bytes, at: int = 0) -> None:
        file = self.inbound / name
        file.write_bytes(content)
        os.utime(file, (1_790_000_000 + at, 1_790_000_000 + at))

    def left(self) -> list[str]:
        return sorted(each.name for each in self.inbound.iterdir())

    def taken(self) -> dict[str, bytes]:
        return {each.name: each.read_bytes() for each in self.outbound.iterdir()}

    def leave(self, name: str, content: bytes) -> None:
        (self.outbound / name).write_bytes(content)


class FolderBench(_OnDisk):
    """Two folders of this machine."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._folder = folder

    def open(self) -> AbstractContextManager[Place]:
        return FolderPlace(self.inbound, self.outbound)

    def away(self) -> None:
        self._folder.rename(self._folder.with_name("elsewhere"))

    def back(self) -> None:
        self._folder.with_name("elsewhere").rename(self._folder)


class ServerBench(_OnDisk):
    """OpenSSH's server."""

    def __init__(self, server: SshServer, loop: Loop, *, rename: bool = True) -> None:
        super().__init__(server.home)
        self.server = server
        self._loop = loop
        self._rename = rename

    def open(
        self,
        *,
        host_keys: Sequence[str] | None = None,
        keys: Sequence[asyncssh.SSHKey] = (),
        timeout: timedelta = timedelta(seconds=60),
    ) -> AbstractContextManager[Place]:
        settings = Server(
            host="127.0.0.1",
            port=self.server.port,
            user=self.server.user,
            host_keys=[self.server.host_key] if host_keys is None else host_keys,
            keys=keys or [self.server.key],
            collected_from=str(self.inbound),
            delivered_to=str(self.outbound),
            rename=self._rename,
            timeout=timeout,
        )
        return ServerPlace(settings, self._loop)

    def away(self) -> None:
        self.server.stop()

    def back(self) -> None:
        self.server.start()


@contextmanager
def running_loop() -> Iterator[Loop]:
    """An event loop in a thread of its own, as the gateway has one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield Loop(loop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
