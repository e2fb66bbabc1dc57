"""A peer's process: a line in, a line out, for as long as the tests last.

A line is a form as browsers write it (``name=value&name=value``), which every language reads without a library; bytes
are base64 in it. What the program writes to its standard error goes to a file, for whoever looks for a fault.
"""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urlencode


class PeerFailed(Exception):
    """The program could not do what it was asked to do."""


class Reply(dict[str, str]):
    """What it said."""

    def data(self, name: str) -> bytes:
        """A field that is base64."""
        return base64.b64decode(self[name])


class PeerProgram:
    """The process; asked by one thread at a time."""

    def __init__(self, command: Sequence[str | Path], log: Path) -> None:
        self._log = log
        with log.open("wb") as stream:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stream)
        self._lock = threading.Lock()

    def ask(self, operation: str, **fields: str | bytes) -> Reply:
        """The reply; :class:`PeerFailed` with what the program says when it fails."""
        form = {
            name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for name, value in fields.items()
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(urlencode({"do": operation, **form}).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line:
            raise PeerFailed(f"The program ended: {self._log.read_text('utf-8', 'replace')[-2000:]}")
        reply = Reply(parse_qsl(line.decode().strip(), keep_blank_values=True))
        if "failed" in reply:
            raise PeerFailed(reply["failed"])
        return reply

    def close(self) -> None:
        """End it: it reads to the end of its input."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
