"""The gateway is killed between two parts of a message, and within one; what it held durably need not come again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from as2.building import Built
from tests.gateway.channels.as2.endpoint import PATIENCE, Endpoint, message, store_key, write_home
from tests.gateway.channels.as2.parts import RESTART, break_off, bytes_of, fields, files, go_on, held

ROOT = Path(__file__).parents[4]
ETAG = "transfer-1"


@pytest.fixture
def home(tmp_path: Path, empty_ledger: Path) -> Path:
    """The folder of a gateway."""
    folder = tmp_path / "home"
    write_home(folder, channel=RESTART)
    shutil.copytree(empty_ledger, folder / "var")
    store_key(folder)
    return folder


class Victim:
    """A gateway that gets killed."""

    def __init__(self, home: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.gateway.channels.as2.serving_killed", str(home)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        self.port = int(self._line())

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "it ended"
        return line

    def holds(self, many: int) -> int:
        """Return as soon as it holds that much durably; how much that is."""
        while True:
            if (held := int(self._line())) >= many:
                return held

    def kill(self) -> None:
        """As ``kill -9`` does; a second time does nothing."""
        if self._process.returncode is None:
            self._process.kill()
            self._process.communicate(timeout=PATIENCE)


@pytest.fixture
def make_victim() -> Iterator[Callable[[Path], Victim]]:
    """Starts gateways, and leaves none of them."""
    made: list[Victim] = []

    def make(home: Path) -> Victim:
        made.append(Victim(home))
        return made[-1]

    yield make
    for each in made:
        each.kill()


@contextmanager
def standing_at(port: int, sent: Built, upto: int) -> Iterator[None]:
    """A request whose body stands at ``upto``."""
    body = bytes_of(sent)
    lines = [f"{name}: {value}" for name, value in fields(sent, ETAG)]
    head = "\r\n".join(["POST /as2 HTTP/1.1", "Host: x", *lines, f"Content-Length: {len(body)}", "", ""]).encode()
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as link:
        link.sendall(head + body[:upto])
        yield


@contextmanager
def again(home: Path) -> Iterator[Endpoint]:
    """The gateway, begun anew."""
    endpoint = Endpoint(home)
    try:
        yield endpoint
    finally:
        endpoint.close()


def test_killed_between_two_parts(home: Path, make_victim: Callable[[Path], Victim]) -> None:
    sent = message()
    victim = make_victim(home)
    with standing_at(victim.port, sent, 1000):
        pass
    assert victim.holds(1) == 1000
    victim.kill()
    with again(home) as endpoint:
        assert held(endpoint, sent, ETAG) == 1000
        assert go_on(endpoint, sent, ETAG, 1000).mic(sent).outcome == "match"
        assert endpoint.orders() == 1


def test_killed_within_a_part(home: Path, make_victim: Callable[[Path], Victim]) -> None:
    """What was marked by then is there, and what came after it is not taken for more."""
    sent = message(os.urandom(4 << 20))
    victim = make_victim(home)
    with standing_at(victim.port, sent, 3_000_000):
        victim.holds(2_000_000)
        victim.kill()
    with again(home) as endpoint:
        there = held(endpoint, sent, ETAG)
        assert 2_000_000 <= there <= 3_000_000
        assert files(endpoint)[0] >= there
        break_off(endpoint, sent, ETAG, 3_500_000, first=there)
        assert files(endpoint) == [3_500_000]
        assert go_on(endpoint, sent, ETAG, 3_500_000).mic(sent).outcome == "match"
        assert endpoint.orders() == 1
        assert files(endpoint) == []


def test_killed_after_all_was_taken(home: Path, make_victim: Callable[[Path], Victim]) -> None:
    """The answer went out, and was lost; the message came in two parts."""
    sent = message(os.urandom(2 << 20))
    total = len(bytes_of(sent))
    with again(home) as endpoint:
        break_off(endpoint, sent, ETAG, 1_500_000)
        first = go_on(endpoint, sent, ETAG, 1_500_000)
    victim = make_victim(home)
    victim.kill()
    with again(home) as endpoint:
        assert held(endpoint, sent, ETAG) == total
        assert go_on(endpoint, sent, ETAG, total - 1).body == first.body
        assert endpoint.orders() == 1
