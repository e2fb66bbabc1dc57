"""What the harness needs to run a server of its own: free ports, a private folder, and a process that ends with us."""

from __future__ import annotations

import ctypes
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

PATIENCE = 180.0
"""Seconds a server may take to start on a machine that is busy with other things."""

_PR_SET_PDEATHSIG = 1


class Missing(Exception):
    """A program that is needed is not installed."""


def skip_or_fail(reason: Missing) -> NoReturn:
    """Under CI a missing service is a failure; elsewhere the test is skipped, with the command that installs it."""
    text = f"{reason}. `python -m tests.services.install` installs what is missing"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def find(program: str, *folders: str) -> Path:
    """The newest of the program in folders (patterns allowed) or on the path; else :class:`Missing`."""
    for pattern in folders:
        found = sorted(Path("/").glob(f"{pattern.lstrip('/')}/{program}"), key=_version)
        if found:
            return found[-1]
    on_path = shutil.which(program)
    if on_path is None:
        raise Missing(f"{program} is not installed")
    return Path(on_path)


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int("".join(filter(str.isdigit, part)) or 0) for part in path.parts)


_claims: list[socket.socket] = []
"""Names of the ports that this process gave away, held as long as it lives."""


def free_port() -> int:
    """A port on the loopback address that nobody listens on, and that nobody is given until a server does.

    A server that is told its port binds it some time after this was asked. A port of the system's own range could go
    meanwhile to any connection or server that lets the system choose; so this one is from below that range. What tests
    of other processes are given is told apart by a name of the kernel's, which is gone with whoever holds it.
    """
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(min(10_000, first // 2), first), 200):  # no secret
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0sallyport-tests-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
        else:
            _claims.append(claim)
            return port
    raise RuntimeError("no port is free")


class Server:
    """A server's processes and its folder, both gone after :meth:`discard`."""

    def __init__(self, name: str, user: str | None = None) -> None:
        """``user`` is the one to run as when we are root; its primary group goes with it."""
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix=f"sallyport-{name}-"))
        self.user = user if user and os.geteuid() == 0 else None
        self.group = pwd.getpwnam(self.user).pw_gid if self.user else None
        self._processes: list[tuple[subprocess.Popen[bytes], signal.Signals]] = []
        if self.user:
            shutil.chown(self.folder, self.user, self.group)

    def run(self, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> str:
        """The output of a command that must succeed, run as the server's user."""
        done = subprocess.run(
            command,
            env=self._environment(environment),
            cwd=self.folder,
            user=self.user,
            group=self.group,
            extra_groups=[] if self.user else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def start(
        self,
        command: Sequence[str | Path],
        environment: Mapping[str, str] | None = None,
        *,
        stop: signal.Signals,
    ) -> subprocess.Popen[bytes]:
        """A process that is ended by ``stop``, at the latest when we are gone; only from the main thread.

        The system ends it with the thread that started it, so a passing thread would take it along.
        """
        assert threading.current_thread() is threading.main_thread(), "start servers from the main thread"
        libc = ctypes.CDLL(None)

        def end_with_us() -> None:
            libc.prctl(_PR_SET_PDEATHSIG, int(stop))

        with (self.folder / "output.log").open("ab") as output:
            process = subprocess.Popen(
                command,
                env=self._environment(environment),
                cwd=self.folder,
                user=self.user,
                group=self.group,
                extra_groups=[] if self.user else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=end_with_us,
            )
        self._processes.append((process, stop))
        return process

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Return when the server answers; an error with what it wrote when it ends or takes too long."""
        until = time.monotonic() + PATIENCE
        while not ready():
            ended = any(process.poll() is not None for process, _ in self._processes)
            if ended or time.monotonic() > until:
                written = "\n".join(path.read_text("utf-8", "replace")[-3000:] for path in self.folder.glob("**/*.log"))
                raise RuntimeError(f"{self.name} {'ended' if ended else 'did not start in time'}:\n{written}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the processes, the last one first; only what was started here."""
        for process, stop in reversed(self._processes):
            if process.poll() is None:
                process.send_signal(stop)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self._processes.clear()

    def kill(self) -> None:
        """End the last process as a power cut would."""
        process, _ = self._processes.pop()
        process.kill()
        process.wait()

    def discard(self) -> None:
        """End everything and remove the folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _environment(self, more: Mapping[str, str] | None) -> dict[str, str]:
        """Nothing of ours but the path, so that no setting of the machine's own servers reaches this one."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            **(more or {}),
        }


def listens(port: int, greeting: bytes = b"") -> bool:
    """Whether something accepts connections on the port, and answers the greeting if one is given."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            if not greeting:
                return True
            connection.sendall(greeting)
            return bool(connection.recv(8))
    except OSError:
        return False
