"""Receiving AS2 messages: over HTTP, decrypted, verified, archived, committed and answered with a signed MDN.

Two things stand beside it. *The floor* is what no design passes: for each message one RSA decryption, one verification
and one signature, and a part in a durable SQLite transaction, shared by as many messages as requests may be worked on
at a time. *pyas2lib* parses the same message and makes its MDN in memory: no HTTP, no archive, no ledger.

What the gateway's process used is counted in processor time; the client that posts is another process's thread, so
that its work is not in it.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from as2.building import Built
from benchmarks.measuring import ROUNDS, Paired, Row, rounds_of
from benchmarks.peers import pyas2lib
from gateway.channels.workplace import SpoolFolder, Workplace
from tests.as2.keys import KEYS
from tests.gateway.channels.as2.endpoint import OURS, SEALED, THEIRS, message, store_key, write_home
from tests.gateway.channels.as2.test_large_messages import Repeated, sent
from tests.services.running import Missing

CONNECTIONS = 16
"""How many messages are on their way at a time."""
SIZES = {10_000: 400, 1_000_000: 60}
"""How many messages of each size are one round."""
PYAS2LIB = {10_000: 40, 1_000_000: 4}
"""As many of them as make a round of pyas2lib."""
LARGE = 2 << 30
GOAL_MEMORY = "150 MB"
GOAL_FLOOR, GOAL_PYAS2LIB = "0.6", "10"
_SEGMENT = b"LOC+5+BEANR:139:6:Terminal %07d'\r\n"


def document(size: int, number: int) -> bytes:
    """Text of that size, another for each number."""
    lines = (_SEGMENT % (number * 100_000 + line) for line in range(size // 30))
    return b"".join(lines)[:size]


def request(built: Built, port: int) -> bytes:
    """The message as it goes over the wire."""
    return head(built, port) + b"".join(built.body.chunks())


def head(built: Built, port: int) -> bytes:
    """What goes before its body."""
    fields = [*built.headers, ("Content-Length", str(built.body.size)), ("Host", f"127.0.0.1:{port}")]
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"POST /as2 HTTP/1.1\r\n{lines}\r\n".encode("latin-1")


class _House:
    """A gateway in a process of its own."""

    def __init__(self, folder: Path, processors: int) -> None:
        write_home(
            folder,
            settings={"as2": f"{{enabled: yes, port: 0, at_once: {CONNECTIONS}, at_once_per_partner: {CONNECTIONS}}}"},
        )
        store_key(folder)
        command = [sys.executable, "-m", "benchmarks.as2_endpoint", str(folder), str(processors)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self._line())
        self._links = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(CONNECTIONS)]

    def _line(self) -> str:
        if self._process.stdout is None or not (line := self._process.stdout.readline()):
            raise RuntimeError("the gateway of the benchmark has ended")
        return line

    def seconds(self) -> float:
        """Of the processor, since it began."""
        if self._process.stdin is None:
            raise RuntimeError("the gateway of the benchmark has no input")
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._line())

    def take(self, requests: Sequence[bytes]) -> tuple[float, float]:
        """(processor seconds, seconds by the clock) in which the gateway takes them all."""
        processor, clock = self.seconds(), time.perf_counter()
        shares = [requests[number::CONNECTIONS] for number in range(CONNECTIONS)]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(_post, self._links, shares))
        return self.seconds() - processor, time.perf_counter() - clock

    def take_large(self, built: Built) -> float:
        """Seconds by the clock in which the gateway takes one message, which is never held whole here either."""
        link, start = self._links[0], time.perf_counter()
        link.sendall(head(built, self.port))
        for piece in built.body.chunks():
            link.sendall(piece)
        _processed(link)
        return time.perf_counter() - start

    def kilobytes(self) -> int:
        """The most memory that its process ever had."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))

    def close(self) -> None:
        """End it."""
        for link in self._links:
            link.close()
        self._process.communicate()


def _post(link: socket.socket, requests: Sequence[bytes]) -> None:
    """Post one after the other over one connection; each has to be processed."""
    for each in requests:
        link.sendall(each)
        _processed(link)


def _processed(link: socket.socket) -> None:
    """Read an answer; ``RuntimeError`` for any but the one that is hoped for."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _more(link)
    fields, _, body = answer.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in fields.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < length:
        body += _more(link)
    if not fields.startswith(b"HTTP/1.1 200") or b"automatic-action/MDN-sent-automatically; processed" not in body:
        raise RuntimeError(f"the gateway answered {fields[:200]!r}")


def _more(link: socket.socket) -> bytes:
    data = link.recv(65_536)
    if not data:
        raise RuntimeError("the gateway closed the connection")
    return data


class _Floor:
    """What each message costs whatever the design: three operations of RSA, a digest, and a part in a commit."""

    def __init__(self, folder: Path, size: int) -> None:
        self._key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        self._content = document(size, 0)
        self._sealed = self._key.public_key().encrypt(b"k" * 32, padding.PKCS1v15())
        self._signed = self._key.sign(self._content, padding.PKCS1v15(), SHA256())
        self._database = sqlite3.connect(folder / "floor.db", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE message(id INTEGER PRIMARY KEY, digest TEXT, mdn BLOB)")

    def work(self, messages: int) -> None:
        """Pay for as many messages."""
        public = self._key.public_key()
        rows = []
        for number in range(messages):
            self._key.decrypt(self._sealed, padding.PKCS1v15())
            public.verify(self._signed, self._content, padding.PKCS1v15(), SHA256())
            mdn = self._key.sign(b"an MDN", padding.PKCS1v15(), SHA256())
            rows.append((hashlib.sha256(self._content).hexdigest(), mdn))
            if len(rows) == CONNECTIONS or number + 1 == messages:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany("INSERT INTO message(digest, mdn) VALUES (?, ?)", rows)
                self._database.execute("COMMIT")
                rows = []

    def close(self) -> None:
        """Give up the database."""
        self._database.close()


def rows() -> Iterator[Row]:
    """The lines of the table."""
    for size, messages in SIZES.items():
        for processors in sorted({1, min(2, os.cpu_count() or 1)}):
            yield from _measured(size, messages, processors)
    yield _large()


def _measured(size: int, messages: int, processors: int) -> Iterator[Row]:
    what = f"receive {size // 1000} KB, signed and encrypted, {processors} processor{'s' if processors > 1 else ''}"
    with tempfile.TemporaryDirectory(prefix="sallyport-bench-") as folder:
        house, floor = _House(Path(folder) / "home", processors), _Floor(Path(folder), size)
        try:
            used, floors, clocks = [], [], []
            for round_ in range(ROUNDS + 1):
                requests = [
                    request(message(document(size, round_ * messages + number)), house.port)
                    for number in range(messages)
                ]
                (processor, clock), least = house.take(requests), rounds_of(lambda: floor.work(messages), 1)[0]
                if round_:
                    used.append(processor)
                    clocks.append(clock)
                    floors.append(least)
        finally:
            house.close()
            floor.close()
        found = Paired(used, floors)
        speed, spent = messages / statistics.median(clocks), found.seconds / messages * 1e3
        told = f"{speed:,.0f} messages/s, {spent:.2f} ms of processor each"
        yield Row(
            what,
            told,
            f"RSA and commit: {found.other_seconds / messages * 1e3:.2f} ms",
            found.ratio,
            found.spread,
            GOAL_FLOOR,
        )
        if processors > 1:
            return
        try:
            theirs = pyas2lib(_given(Path(folder), size), PYAS2LIB[size], ROUNDS)
        except Missing as reason:
            yield Row(what, "", f"pyas2lib: not measured, {reason}", "", "", GOAL_PYAS2LIB)
            return
        each = Paired([one / messages for one in used], [one / PYAS2LIB[size] for one in theirs.seconds])
        yield Row(
            what,
            told,
            f"pyas2lib, in memory: {each.other_seconds * 1e3:.2f} ms",
            each.ratio,
            each.spread,
            GOAL_PYAS2LIB,
        )


def _large() -> Row:
    """Memory over two gigabytes, beside that over a sixteenth."""
    peaks, speeds = [], []
    for size in (LARGE // 16, LARGE):
        with tempfile.TemporaryDirectory(prefix="sallyport-bench-") as folder:
            house, spool = _House(Path(folder) / "home", 1), SpoolFolder(Path(folder) / "sender", reserve=0)
            try:
                with Workplace(spool) as place:
                    seconds = house.take_large(sent(SEALED, Repeated(size), place))
                peaks.append(house.kilobytes() / 1024)
                speeds.append(size / 1e6 / seconds)
            finally:
                spool.close()
                house.close()
    return Row(
        f"receive {LARGE / 1e9:.1f} GB, signed and encrypted",
        f"{peaks[1]:.0f} MB of memory, {speeds[1]:.0f} MB/s",
        f"of {LARGE / 16e6:.0f} MB: {peaks[0]:.0f} MB of memory, {speeds[0]:.0f} MB/s",
        f"{peaks[0] / peaks[1]:.2f} x",
        "",
        GOAL_MEMORY,
    )


def _given(folder: Path, size: int) -> Path:
    """A folder with what pyas2lib needs."""
    given = folder / "pyas2lib"
    given.mkdir()
    built = message(document(size, 0))
    head = "".join(f"{name}: {value}\r\n" for name, value in built.headers).encode("latin-1")
    (given / "message").write_bytes(head + b"\r\n" + b"".join(built.body.chunks()))
    (given / "key.pem").write_bytes((KEYS / f"{OURS}.key.pem").read_bytes() + (KEYS / f"{OURS}.pem").read_bytes())
    (given / "sender.pem").write_bytes((KEYS / f"{THEIRS}.pem").read_bytes())
    return given
