"""Killed at any durable act, a message is neither lost nor taken twice, and nobody is told what is not so."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from archive import Archive
from gateway.config import open_home
from gateway.database import Database
from gateway.instance import Gateway
from gateway.ledger import as2_received, objects
from tests.gateway.channels.as2.endpoint import store_key, write_home
from tests.gateway.channels.as2.killed import Ended, Task
from tests.gateway.crash.points import KILLED, How, Kill, part_of

ROOT = Path(__file__).parents[4]
WAYS: tuple[How, ...] = ("before", "torn", "after")


def kills_at(labels: Sequence[str], acts: Iterable[int]) -> list[Kill]:
    """Every kill at these acts: a write can be torn too."""
    return [Kill(number, how) for number in acts for how in (WAYS if labels[number - 1] == "write" else WAYS[::2])]


Judge = Callable[[Path, list[str], str], None]
"""Looks at the folder of a gateway, what the world outside remembers, and the kind of the message."""


class Stage:
    """A driver, and the folder that each day begins from."""

    def __init__(self, folder: Path, template: Path, module: str, judge: Judge) -> None:
        self._folder, self._template, self._judge = folder, template, judge
        self._days = count(1)
        self._driver = subprocess.Popen(
            [sys.executable, "-m", f"tests.gateway.channels.as2.{module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )

    def close(self) -> None:
        """The driver is gone."""
        self._driver.communicate(timeout=60)

    def run(self, task: Task) -> Ended:
        """How one start ended."""
        stdin, stdout = self._driver.stdin, self._driver.stdout
        assert stdin is not None and stdout is not None
        stdin.write(msgspec.json.encode(task) + b"\n")
        stdin.flush()
        line = stdout.readline()
        assert line, "the driver ended"
        return msgspec.json.decode(line, type=Ended)

    def day(self, kind: str, kill: Kill | None) -> Ended:
        """The start before the last; whatever was done to the first one, all is well after the message came again."""
        number = next(self._days)
        home, told = self._folder / f"{number}", self._folder / f"{number}.told"
        shutil.copytree(self._template, home)
        task = Task(home=str(home), told=str(told), kind=kind)
        first = self.run(msgspec.structs.replace(task, kill=kill))
        assert first.code == (0 if kill is None else KILLED), first.output
        second = self.run(task)
        assert second.code == 0, second.output
        self._judge(home, told.read_text().splitlines(), kind)
        shutil.rmtree(home)
        return first


def _judge(home: Path, told: list[str], kind: str) -> None:
    place = open_home(home, {})
    database = Database.open(place.database_url, mode="read")
    archive = Archive.open(place.archive, mode="read")
    try:
        row = database.read(lambda c: as2_received.accepted(c, "ACME", "Us & Co", "killed@acme.example"))
        assert row is not None and row.mdn_sha256 is not None
        # Whatever its sender was told, however often, is what stands there.
        place_of = database.read(lambda c: objects.find(c, row.mdn_sha256 or ""))
        assert place_of is not None
        status, body = ("200", archive.read(place_of)) if kind == "sync" else ("204", b"")
        assert set(told) == {f"{status} {base64.b64encode(body).decode()}"}

        def number(statement: str) -> object:
            return database.read(lambda c: c.execute(text(statement)).scalar_one())

        assert number("SELECT count(*) FROM as2_received") == 1
        assert number("SELECT count(*) FROM job WHERE kind = 'read'") == 1
        assert number("SELECT count(*) FROM job WHERE kind = 'deliver'") == (0 if kind == "sync" else 1)
        assert number("SELECT count(*) FROM transmission WHERE direction = 'in'") == 1
        assert number("SELECT count(*) FROM receipt") == 1
        assert not list(archive.verify(database.read(objects.all_locators)))
    finally:
        archive.close()
        database.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A gateway that was opened once and has its key."""
    folder = tmp_path_factory.mktemp("killed")
    template = folder / "template"
    template.mkdir()
    write_home(template)
    store_key(template)
    Gateway.open(open_home(template, {})).close()
    made = Stage(folder, template, "killed", _judge)
    yield made
    made.close()


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_killed_at_every_act(stage: Stage, kind: str) -> None:
    whole = stage.day(kind, None)
    acts = range(whole.opened + 1, len(whole.labels) + 1)
    names = whole.labels[whole.opened :]
    # The bytes, the row, the answer, in this order.
    assert names.index("fdatasync") < names.index("commit") < names.index("answer")
    for kill in part_of(kills_at(whole.labels, acts[: names.index("answer") + 1])):
        stage.day(kind, kill)
