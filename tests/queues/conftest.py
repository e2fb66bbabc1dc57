"""The work queue on SQLite and on PostgreSQL, with a clock that a test turns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.database import Database
from queues import WorkQueue, metadata
from tests.queues.jobs import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> WorkQueue:
    return WorkQueue(clock=clock)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database.open(url)
    database.write(metadata.create_all)
    yield database
    database.close()


# The server's fixture is asked for by name, so its marks have to be said here.
POSTGRESQL = pytest.param("postgresql", marks=[pytest.mark.services, pytest.mark.xdist_group("postgresql_server")])


@pytest.fixture(params=["sqlite", POSTGRESQL])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path}/queue.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    with opened(url) as database:
        yield database


@pytest.fixture
def shared_database(postgresql_url: str) -> Iterator[Database]:
    """A database in which several transactions can be open for writing at once."""
    with opened(postgresql_url) as database:
        yield database
