"""A gateway that takes one AS2 message and may be killed at any durable act.

``python -m tests.gateway.channels.as2.killed`` reads tasks, a line each, and forks a process for each. The gateway in
such a process is the real one; only HTTP is left out, since a message that was cut off on the wire is nothing that the
gateway knows of. What its sender is told is remembered outside, in a file that no fault of the gateway reaches.
"""

from __future__ import annotations

import base64
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec

from as2.headers import parse_block, write_block
from gateway import instance
from gateway.catalogue import Catalogue
from gateway.channels.as2.keys import As2Keys
from gateway.channels.as2.posted import Posted
from gateway.channels.as2.receipts import take_mdn
from gateway.channels.as2.reception import Reception
from gateway.channels.workplace import SpoolFolder, Workplace
from gateway.config import open_home
from gateway.instance import Gateway
from tests.as2.samples import AT
from tests.gateway.channels.as2.endpoint import asking, message
from tests.gateway.crash.plants import patch
from tests.gateway.crash.points import Kill, Points

KINDS = {
    "sync": message(id="<killed@acme.example>"),
    "async": message(id="<killed@acme.example>", receipt=asking(url="http://acme.example/mdn")),
}
"""Made once, so that its sender repeats it byte for byte."""
_write, _sync = os.write, os.fsync


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One start of the gateway in ``home``, to which the message of a kind comes once."""

    home: str
    told: str
    kind: str
    kill: Kill | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How it ended, and after which of its acts the gateway was open."""

    code: int
    labels: list[str]
    opened: int
    output: str


Play = Callable[[Task, Points], int]
"""What a start does; how many acts opening the gateway took."""


def play(task: Task, points: Points) -> int:
    """Open the gateway, give it the message, and remember what its sender is told."""
    message = KINDS[task.kind]
    gateway = Gateway.open(open_home(Path(task.home), {}), clock=lambda: AT)
    opened = len(points.labels)
    spool = SpoolFolder(gateway.home.as2_spool, reserve=0)
    reception = Reception(gateway, As2Keys(gateway.home.keys), take_mdn)
    headers = parse_block(write_block(message.headers))
    with Workplace(spool) as place:
        growing = place.growing()
        growing.write(b"".join(message.body.chunks()))
        admission = reception.admit(headers)
        assert admission is not None
        body, sha256 = growing.finish(), growing.sha256
        posted = Posted(headers=headers, admission=admission, body=body, sha256=sha256, remote="192.0.2.7", at=AT)
        answer = reception.receive(posted, place)
    line = f"{answer.status} {base64.b64encode(answer.body).decode()}"
    points.act("answer", lambda: remember(task, line))
    spool.close()
    gateway.close()
    return opened


def remember(task: Task, line: str) -> None:
    """Write a line into the memory of the world outside, durably."""
    file = os.open(task.told, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    _write(file, line.encode() + b"\n")
    _sync(file)
    os.close(file)


def main(play: Play) -> None:
    """Answer each task on standard input with how it ended, until there is no more."""
    catalogue = Catalogue()
    patch.setattr(instance, "Catalogue", lambda own: catalogue)
    for line in sys.stdin.buffer:
        task = msgspec.json.decode(line, type=Task)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            os.dup2(writer, 1)
            os.dup2(writer, 2)
            os._exit(_run(task, writer, play))
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            output, _, rest = stream.read().partition(b"\0")
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        opened, *labels = rest.decode().split() or ["0"]
        ended = Ended(code=code, labels=labels, opened=int(opened), output=output.decode("utf-8", "replace"))
        sys.stdout.buffer.write(msgspec.json.encode(ended) + b"\n")
        sys.stdout.buffer.flush()


def _run(task: Task, writer: int, play: Play) -> int:
    points = Points(task.kill)
    try:
        points.watch()
        opened = play(task, points)
    except BaseException:  # noqa: BLE001 (the parent has to hear of everything, and this process ends here)
        traceback.print_exc()
        return 1
    _write(writer, f"\0{opened} {' '.join(points.labels)}".encode())
    return 0


if __name__ == "__main__":
    main(play)
