"""A gateway that a machine drives, on either database; it can be killed at any transaction and any publication."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, text

from gateway.config import Home, open_home
from gateway.database import Database
from gateway.instance import Gateway
from gateway.ledger import cases, search
from gateway.ledger.cases import Case
from gateway.ledger.messages import MessageRow
from queues import Job, Letter
from tests.gateway.pipeline.play import Play
from tests.stateful.partners import BLUE

T = TypeVar("T")
Row = tuple[object, ...]
ALL = 100_000


class Killed(BaseException):
    """The process is gone: what was committed is there, what was published is out, and nothing else is known."""


class Kill:
    """When to end: before or after the ``number``-th thing from now on that is seen from outside the process."""

    def __init__(self, number: int, *, after: bool) -> None:
        self._left = number
        self._after = after

    def around(self, act: Callable[[], T]) -> T:
        """The result of a commit or a publication, unless the end comes before or after it."""
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        result = act()
        if self._left == 0:
            raise Killed
        return result


class Player(Play):
    """A :class:`Play` that may be killed, and shows everything, however much there is."""

    kill: Kill | None = None

    def _publish(self, letter: Letter) -> None:
        if self.kill is None:
            super()._publish(letter)
        else:
            self.kill.around(lambda: Play._publish(self, letter))

    def messages(self, query: str = "") -> list[MessageRow]:
        """As :meth:`Play.messages`, all of them."""
        found = self.gateway.database.read(lambda c: search.messages(c, query, limit=ALL))
        return [hit.message for hit in reversed(found)]

    def cases(self) -> list[Case]:
        """As :meth:`Play.cases`, all of them."""
        return list(self.gateway.database.read(lambda c: cases.list(c, limit=ALL)))

    def buried(self) -> list[Job]:
        """What was given up."""
        return self.gateway.database.read(lambda c: self.gateway.queue.buried(c, ALL))


@cache
def _template() -> Path:
    """The folder of a gateway whose ledger has its schema, made once in a process."""
    folder = Path(tempfile.mkdtemp(prefix="sallyport-life-template-"))
    atexit.register(shutil.rmtree, folder)
    profiles = folder / "profiles"
    profiles.mkdir()
    for entry in (files("profiles") / "partners-example").iterdir():
        if entry.name.endswith(".yaml"):
            (profiles / entry.name).write_bytes(entry.read_bytes())
    (folder / "sallyport.yaml").write_text("")
    Gateway.open(open_home(folder, {})).close()
    return folder


class AtHand:
    """The folder, the gateway in it, and what the world outside remembers whatever happens to the gateway."""

    def __init__(self, database: str | None) -> None:
        """``database`` is the URL of an empty PostgreSQL database; without one the ledger is in the folder."""
        self.folder = Path(tempfile.mkdtemp(prefix="sallyport-life-"))
        shutil.copytree(_template(), self.folder, dirs_exist_ok=True)
        if database is not None:
            shutil.rmtree(self.folder / "var")
            (self.folder / "sallyport.yaml").write_text(f"database: {database}\n")
        self.profile = (self.folder / "profiles" / f"{BLUE}.yaml").read_text()
        self.play = Player(self._home())

    def _home(self) -> Home:
        return open_home(self.folder, {})

    def discard(self) -> None:
        """Close and forget."""
        self.play.gateway.close()
        shutil.rmtree(self.folder)

    def open_again(self) -> None:
        """The process ended, in good order or not; another one begins, and the world has not forgotten."""
        old = self.play
        old.gateway.close()
        self.play = Player(self._home())
        self.play.now, self.play.letters, self.play.exchange_fault = old.now, old.letters, old.exchange_fault

    @contextmanager
    def may_be_killed(self, kill: Kill | None) -> Iterator[list[bool]]:
        """What is done within may be cut short, and the gateway is open again then; the list says whether it was."""
        killed: list[bool] = []
        if kill is None:
            yield killed
            return
        database, write = self.play.gateway.database, self.play.gateway.database.write
        self.play.kill = kill
        setattr(database, "write", lambda work: kill.around(lambda: write(work)))  # noqa: B010 (the type forbids it)
        try:
            yield killed
        except Killed:
            killed.append(True)
        finally:
            setattr(database, "write", write)  # noqa: B010
            self.play.kill = None
        if killed:
            self.open_again()

    def read(self, work: Callable[[Connection], T]) -> T:
        """What the ledger says."""
        return self.database.read(work)

    @property
    def database(self) -> Database:
        """The ledger."""
        return self.play.gateway.database

    def rows(self, statement: str, **values: object) -> list[Row]:
        """What the ledger says, in SQL."""
        return self.read(lambda c: [tuple(row) for row in c.execute(text(statement), values)])
