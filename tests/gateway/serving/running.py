"""A gateway in a process of its own, as an operator runs it, and partners who reach it over the wire with paramiko."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
import paramiko
from sqlalchemy import text

from gateway.cli.running import make_home
from gateway.config import FILE, open_home
from gateway.control import NotRunning, Status, Take, ask, take_letters
from gateway.database import Database
from gateway.serving import Serving
from queues import Letter

T = TypeVar("T")

PATIENCE = 120.0
"""Seconds that anything may take on a machine that is busy with other tests."""
BLUE_ANCHOR, PRAIRIE_FREIGHT = "blue-anchor", "prairie-freight"

_LEASES_RUN_OUT = "UPDATE job SET lease_until = '2000-01-01 00:00:00.000000' WHERE state = 'leased'"


def example(name: str) -> bytes:
    """A file of the demonstration."""
    return (files("profiles") / "examples" / "demo" / name).read_bytes()


def until(what: str, look: Callable[[], T | None]) -> T:
    """What ``look`` finds, as soon as it finds it."""
    end = time.monotonic() + PATIENCE
    while (found := look()) is None:
        assert time.monotonic() < end, f"waited {PATIENCE:.0f} seconds for {what}"
        time.sleep(0.05)
    return found


class House:
    """The folder of a gateway, its process, and its partners' keys."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """``settings`` are lines of the configuration: ``database``, ``business`` and so on."""
        make_home(folder)
        self.folder = folder
        lines = {"sftp": "{port: 0}", "metrics": "{port: 0}", "overdue_check": "PT1S", **settings}
        (folder / FILE).write_text("".join(f"{name}: {value}\n" for name, value in lines.items()))
        self.keys = {name: paramiko.ECDSAKey.generate() for name in (BLUE_ANCHOR, PRAIRIE_FREIGHT)}
        for name, key in self.keys.items():
            line = f"{key.get_name()} {key.get_base64()} {name}\n"
            (folder / "profiles" / "keys" / f"{name}.pub").write_text(line)
        self._log = folder.with_name(folder.name + ".log")
        self._process: subprocess.Popen[bytes] | None = None
        self.serving: Serving

    # The process

    @property
    def control(self) -> Path:
        """Where the gateway takes orders."""
        return self.folder / "var" / "control.sock"

    def start(self) -> None:
        """Start the gateway, and return when it serves."""
        process = self._launch()

        def look() -> Serving | None:
            assert process.poll() is None, self._log.read_text()[-3000:]
            try:
                return msgspec.convert(ask(self.control, Status()), Serving)
            except NotRunning:
                return None

        self.serving = until("the gateway", look)

    def _launch(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "serve", "--home", str(self.folder)], stdout=log, stderr=log
            )
        return self._process

    def ended(self) -> int:
        """The exit code of a gateway that ends by itself; it is started where it does not run."""
        process = self._process or self._launch()
        code = process.wait(PATIENCE)
        self._process = None
        return code

    def kill(self) -> None:
        """As the kernel would when memory runs out."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE)
        self._process = None

    def minute(self) -> None:
        """A minute passes for a gateway that was killed: the leases that it held on its work run out."""
        database = Database.open(open_home(self.folder, os.environ).database_url)
        try:
            database.write(lambda connection: connection.execute(text(_LEASES_RUN_OUT)))
        finally:
            database.close()

    def stop(self) -> int:
        """Ask the gateway to stop; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(PATIENCE)
        self._process = None
        return code

    def discard(self) -> None:
        """Whatever still runs is gone."""
        if self._process is not None:
            self.kill()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What ``sallyport`` answers."""
        return subprocess.run(
            [sys.executable, "-m", "gateway", *arguments, "--home", str(self.folder)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, "COLUMNS": "200"},
        )

    def log(self, event: str) -> list[dict[str, object]]:
        """The log's lines about this event, of every start; one that is being written is none yet."""
        lines = (line for line in self._log.read_bytes().splitlines(keepends=True) if line.startswith(b"{"))
        lines = (line for line in lines if line.endswith(b"\n"))
        found = (msgspec.json.decode(line, type=dict[str, object]) for line in lines)
        return [each for each in found if each["event"] == event]

    # The world outside

    @contextmanager
    def partner(self, name: str = BLUE_ANCHOR) -> Iterator[paramiko.SFTPClient]:
        """A partner's SFTP session."""
        with paramiko.SSHClient() as client:
            client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
            client.connect(
                "127.0.0.1",
                self.serving.sftp_port,
                name,
                pkey=self.keys[name],
                allow_agent=False,
                look_for_keys=False,
                timeout=PATIENCE,
            )
            sftp = client.open_sftp()
            try:
                yield sftp
            finally:
                # A test may have cut the connection over which the client would say goodbye.
                with suppress(EOFError):
                    sftp.close()

    def upload(self, content: bytes, name: str, partner: str = BLUE_ANCHOR) -> None:
        """A partner puts a file into its mailbox; it was told that it is safe when this returns."""
        with self.partner(partner) as sftp:
            sftp.putfo(io.BytesIO(content), f"/in/{name}")

    def collect(self, count: int, partner: str = BLUE_ANCHOR) -> dict[str, bytes]:
        """The files in a partner's mailbox, as soon as there are that many."""
        with self.partner(partner) as sftp:
            names = until(f"{count} files", lambda: found if len(found := sftp.listdir("/out")) >= count else None)
            return {name: _read(sftp, f"/out/{name}") for name in names}

    def answer_to(self, number: str, partner: str = BLUE_ANCHOR) -> bytes:
        """The CONTRL or 997 that answers the interchange with this control number, as soon as it is there."""

        def look() -> bytes | None:
            with self.partner(partner) as sftp:
                files = [_read(sftp, f"/out/{name}") for name in sftp.listdir("/out")]
            return next((file for file in files if f"UCI+{number}+".encode() in file), None)

        return until(f"the answer to {number}", look)

    def letters(self, count: int) -> list[Letter]:
        """So many letters of the embedded exchange, taken as the company's system takes them.

        That system knows a repeat by its message id: a gateway that is killed between a publication and its own note
        of it publishes once more. A repeat says the same, or it is none.
        """
        taken: dict[str, Letter] = {}

        def keep(letter: Letter) -> None:
            first = taken.setdefault(letter.message_id, letter)
            assert (letter.type, letter.body) == (first.type, first.body), "one id, two letters"

        def look() -> list[Letter] | None:
            take_letters(self.control, Take(limit=count), keep)
            return list(taken.values()) if len(taken) >= count else None

        return until(f"{count} letters", look)

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """What the ledger says, read beside the gateway that writes it."""
        database = Database.open(open_home(self.folder, os.environ).database_url, mode="read")
        try:
            return database.read(lambda connection: [tuple(row) for row in connection.execute(text(statement))])
        finally:
            database.close()

    def idle(self) -> None:
        """Return when no work is left."""
        until("the work to be done", lambda: True if not self.rows("SELECT id FROM job") else None)


def _read(sftp: paramiko.SFTPClient, path: str) -> bytes:
    stream = io.BytesIO()
    sftp.getfo(path, stream)
    return stream.getvalue()


class MakeHouse(Protocol):
    """Makes a gateway's folder, with settings, and starts the gateway."""

    def __call__(self, *, start: bool = True, **settings: str) -> House:
        """The house."""
