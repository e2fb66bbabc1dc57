"""A gateway that plays a small day and may be killed at any durable act: ``python -m tests.gateway.crash.driver``.

It reads tasks, a line each, and forks a process for each, so that what takes long (imports, compiling guides and maps)
is done once. The gateway in such a process is the real one: real files, a real database, the real stages, run one after
the other in one thread. Only the exchange with the company's systems is played, since what was published has to be
remembered outside (:mod:`tests.gateway.crash.world`).
"""

from __future__ import annotations

import gc
import hashlib
import os
import sys
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import structlog

from gateway import instance
from gateway.arrival import Arrival
from gateway.catalogue import Catalogue
from gateway.channels.business import published_with
from gateway.channels.sftp.placing import MAILBOXES
from gateway.cli.running import make_home
from gateway.config import open_home
from gateway.delivering import deliver_over
from gateway.inbound import read_transmission
from gateway.instance import Gateway
from gateway.ledger import mailboxes
from gateway.outbound import build_message
from gateway.outbox import EVENTS
from gateway.publishing import DELIVER
from gateway.receiving import BUILD, READ, receive_from_business, receive_from_partner
from gateway.sweeping import sweep
from gateway.telling import tell_with
from gateway.working import Stage, Workers
from queues import Letter
from tests.gateway.crash.plants import PLANTS, Plant, patch
from tests.gateway.crash.points import Kill, Points
from tests.gateway.crash.world import ANSWERS, ORDERS, UPLOADS, Memory, Seen

START = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
BETWEEN_STARTS = timedelta(minutes=10)
"""Long enough for every lease of the process before to have run out."""
TICK = timedelta(milliseconds=1)


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One start of the gateway in ``home``: plays the day, or what is left of it."""

    home: str
    memory: str
    start: int
    """Which start of this gateway it is, the first being 0: later ones find a later clock."""
    kill: Kill | None = None
    plant: str | None = None
    """A bug to be planted, by its name in :data:`tests.gateway.crash.plants.PLANTS`."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How the process of a task ended."""

    code: int
    labels: list[str]
    """The acts, when it came to its end."""
    output: str
    """What it had to say, its log included."""


class Day:
    """One gateway, open, and the world around it."""

    def __init__(self, task: Task, points: Points, plant: Plant) -> None:
        self._now = START + task.start * BETWEEN_STARTS
        self._spool = Path(task.home) / "spool"
        self.memory = Memory(Path(task.memory))
        self.points = points
        self.plant = plant
        home = open_home(Path(task.home), {})
        self.gateway = Gateway.open(home, clock=self._clock)
        stages: dict[str, Stage] = {
            READ: read_transmission,
            BUILD: build_message,
            DELIVER: deliver_over(published_with(self.publish), MAILBOXES),
            EVENTS: tell_with(self.tell, home.config.events),
        }
        self._workers = Workers(self.gateway, plant.stages(self, stages), 1)
        plant.opened(self)

    def _clock(self) -> datetime:
        self._now += TICK
        return self._now

    def publish(self, letter: Letter) -> None:
        """The exchange, which remembers every letter and confirms it."""
        letter = self.plant.letter(letter)
        body = hashlib.sha256(letter.body).hexdigest()
        seen = Seen(kind="published", name=letter.message_id, type=letter.type, sha256=body)
        self.points.act("publish", lambda: self.memory.note(seen))

    def tell(self, letter: Letter) -> None:
        """The exchange of events, which does the same."""
        letter = self.plant.letter(letter)
        body = hashlib.sha256(letter.body).hexdigest()
        seen = Seen(kind="told", name=letter.message_id, type=letter.type, sha256=body)
        self.points.act("tell", lambda: self.memory.note(seen))

    def told(self, seen: Seen) -> None:
        """Somebody outside is told that something is safe."""
        self.points.act("answer", lambda: self.memory.note(seen))

    def play(self) -> None:
        """The day, without what has happened already."""
        sweep(self.gateway)
        for name, party, content in UPLOADS:
            self._upload(name, party, content)
        for message_id, flow, document in ORDERS:
            if not self.memory.knows("accepted", message_id):
                receive_from_business(
                    self.gateway, message_id=message_id, flow=flow, content=document, protocol="amqp", facts={}
                )
                self.told(Seen(kind="accepted", name=message_id))
        self._work()
        for name, party, type, answer in ANSWERS:
            for file in self._collect(party, type):
                self._upload(name, party, answer(file))
        self._work()

    def _upload(self, name: str, party: str, content: bytes) -> None:
        if self.memory.knows("acknowledged", name):
            return
        self._spool.write_bytes(content)
        arrival = Arrival(
            party=party,
            channel=f"{party}-mailbox",
            protocol="sftp",
            name=name,
            path=self._spool,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            at=self._clock(),
            facts={},
        )
        seen = Seen(kind="acknowledged", name=name)
        self.plant.upload(lambda: receive_from_partner(self.gateway, arrival), lambda: self.told(seen))

    def _collect(self, party: str, type: str) -> list[bytes]:
        entries = self.gateway.database.read(lambda connection: mailboxes.list(connection, party, "out"))
        return [self.gateway.content(entry.sha256) for entry in entries if entry.name.startswith(type)]

    def _work(self) -> None:
        for _ in range(200):
            if not self._workers.run_one():
                return
        raise AssertionError("the work never ends")


def main() -> None:
    """Answer each task on standard input with how it ended, until there is no more."""
    _warm()
    for line in sys.stdin.buffer:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            os.dup2(writer, 2)
            os._exit(_run(msgspec.json.decode(line, type=Task), writer))
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            output, _, labels = stream.read().partition(b"\0")
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        ended = Ended(code=code, labels=labels.decode().split(), output=output.decode("utf-8", "replace"))
        sys.stdout.buffer.write(msgspec.json.encode(ended) + b"\n")
        sys.stdout.buffer.flush()


def _run(task: Task, writer: int) -> int:
    points = Points(task.kill)
    try:
        points.watch()
        day = Day(task, points, PLANTS[task.plant]() if task.plant else Plant())
        day.play()
        day.gateway.close()
    except BaseException:  # noqa: BLE001 (the parent has to hear of everything, and this process ends here)
        traceback.print_exc()
        return 1
    os.write(writer, b"\0" + " ".join(points.labels).encode())
    return 0


def _warm() -> None:
    """Play a day before the first fork, so that the processes find compiled what is compiled once."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    catalogue = Catalogue()
    patch.setattr(instance, "Catalogue", lambda own: catalogue)
    with TemporaryDirectory() as folder:
        make_home(Path(folder))
        day = Day(Task(home=folder, memory=f"{folder}/memory", start=0), Points(None), Plant())
        day.play()
        day.gateway.close()
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    main()
