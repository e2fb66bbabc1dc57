"""Where days are played: a driver process, the folder that each begins from, and the verdict at the end."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import msgspec

from gateway.config import FILE
from tests.gateway.crash.driver import Ended, Task
from tests.gateway.crash.judge import Outcome, faults, look
from tests.gateway.crash.points import KILLED, Kill

DOING = frozenset({"write", "publish", "answer", "tell"})
"""What a gateway does only while there is something left to do."""

ROOT = Path(__file__).parents[3]


class Stage:
    """Plays days in ``folder``, each in a fresh copy of ``template``, the folder of a gateway that was never used."""

    def __init__(self, folder: Path, template: Path) -> None:
        self._folder = folder
        self._template = template
        self._days = count(1)
        self._driver = subprocess.Popen(
            [sys.executable, "-m", "tests.gateway.crash.driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )

    def close(self) -> None:
        """The driver is gone."""
        self._driver.communicate(timeout=60)

    def run(self, task: Task) -> Ended:
        """How one start of a gateway ended."""
        stdin, stdout = self._driver.stdin, self._driver.stdout
        assert stdin is not None and stdout is not None
        stdin.write(msgspec.json.encode(task) + b"\n")
        stdin.flush()
        line = stdout.readline()
        assert line, "the driver ended"
        return msgspec.json.decode(line, type=Ended)

    def day(
        self,
        kills: Sequence[Kill] = (),
        *,
        plant: str | None = None,
        database: str | None = None,
        events: str | None = None,
    ) -> tuple[Outcome, list[str]]:
        """The outcome of a day whose first starts end in these kills, and the acts of the last start but one.

        After the kills the gateway starts and comes to its end, and then once more, when nothing may be left to do.
        ``database`` and ``events`` are what the configuration says of these.
        """
        number = next(self._days)
        home, memory = self._folder / f"{number}", self._folder / f"{number}.log"
        shutil.copytree(self._template, home)
        settings = {"database": database, "events": events}
        if lines := [f"{name}: {value}\n" for name, value in settings.items() if value is not None]:
            (home / FILE).write_text("".join(lines))
        acts: list[str] = []
        for start, kill in enumerate([*kills, None, None]):
            ended = self.run(Task(home=str(home), memory=str(memory), start=start, kill=kill, plant=plant))
            expected = 0 if kill is None else KILLED
            assert ended.code == expected, f"start {start}, {kill}: ended with {ended.code}\n{ended.output}"
            if start == len(kills):
                acts = ended.labels
        outcome = look(home, memory)
        # The labels are those of the last start.
        outcome.broken.extend(f"the last start still had to {act}" for act in ended.labels if act in DOING)
        shutil.rmtree(home)
        return outcome, acts

    def verdict(
        self,
        kill: Kill,
        reference: Outcome,
        *,
        plant: str | None = None,
        database: str | None = None,
        events: str | None = None,
    ) -> list[str]:
        """What is wrong after a day with this kill."""
        return faults(self.day([kill], plant=plant, database=database, events=events)[0], reference)
