"""A ledger on each engine, and short ways to make the rows that a test needs but is not about."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, delete, make_url

from archive import Locator
from gateway.database import Database
from gateway.ids import new_id
from gateway.ledger import interchanges, messages, objects, transmissions
from gateway.ledger.interchanges import InterchangeRow
from gateway.ledger.messages import MessageRow
from gateway.ledger.migrating import migrate
from gateway.ledger.schema import metadata
from gateway.ledger.transmissions import Transmission
from tests.services.postgresql import PostgresServer

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated ledger to copy: migrating anew for every test would cost more than most tests."""
    path = tmp_path_factory.mktemp("ledger") / "empty.db"
    database = Database.open(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql_ledger(postgresql_server: PostgresServer) -> Iterator[Database]:
    """A migrated ledger that the tests of this process share; each finds it empty."""
    address = make_url(postgresql_server.fresh_database()).update_query_dict({"options": "-cdeadlock_timeout=100ms"})
    database = Database.open(address.render_as_string(hide_password=False))
    migrate(database)
    yield database
    database.close()


ON_POSTGRESQL = (pytest.mark.services, pytest.mark.xdist_group("postgresql_server"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRESQL)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated ledger."""
    if request.param == "sqlite":
        path = tmp_path / "ledger.db"
        shutil.copy(request.getfixturevalue("empty_sqlite"), path)
        database = Database.open(f"sqlite:///{path}")
        yield database
        database.close()
    else:
        shared: Database = request.getfixturevalue("postgresql_ledger")
        shared.write(_empty)
        yield shared


def _empty(connection: Connection) -> None:
    # The journal's guard is a trigger; a superuser's session may leave triggers out.
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    # Deleting few rows is much quicker than truncating some sixty files.
    for table in metadata.sorted_tables:
        connection.execute(delete(table))


@pytest.fixture
def stored() -> Callable[[Connection, str], str]:
    """Records bytes as archived; their SHA-256."""

    def record(connection: Connection, content: str) -> str:
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        locator = Locator(sha256=sha256, size=len(content), pack="p-1", offset=0, length=len(content))
        objects.record(connection, locator, AT)
        return sha256

    return record


@pytest.fixture
def new_transmission(stored: Callable[[Connection, str], str]) -> Callable[..., str]:
    """Records a transmission; its id. What is not given is of an SFTP upload by ``acme``."""

    def record(connection: Connection, content: str = "bytes", **given: object) -> str:
        at = given.get("at", AT)
        assert isinstance(at, datetime)
        values: dict[str, object] = {
            "id": new_id("t", at),
            "direction": "in",
            "side": "partner",
            "party": "acme",
            "channel": "acme-sftp",
            "protocol": "sftp",
            "name": "upload.edi",
            "size": len(content),
            "sha256": stored(connection, content),
            "at": at,
            "facts": {"address": "192.0.2.7"},
        } | given
        transmissions.record(connection, msgspec.convert(values, Transmission))
        return str(values["id"])

    return record


@pytest.fixture
def new_interchange() -> Callable[..., str]:
    """Records an interchange of a transmission; its id."""

    def record(connection: Connection, transmission: str, **given: object) -> str:
        of = transmissions.get(connection, transmission)
        values: dict[str, object] = {
            "id": new_id("i", of.at),
            "transmission": transmission,
            "position": 1,
            "direction": of.direction,
            "syntax": "edifact",
            "sender_qualifier": "14",
            "sender": "8712345000004",
            "receiver_qualifier": "ZZ",
            "receiver": "US",
            "control_number": "42",
            "version": "3",
            "test": False,
            "offset": 0,
            "length": of.size,
            "sha256": of.sha256,
            "accepted": True,
            "party": of.party,
        } | given
        interchanges.record(connection, msgspec.convert(values, InterchangeRow))
        return str(values["id"])

    return record


@pytest.fixture
def new_message() -> Callable[..., str]:
    """Records a message; its id."""
    numbers = count(1)

    def record(connection: Connection, **given: object) -> str:
        at = given.get("at", AT)
        assert isinstance(at, datetime)
        values: dict[str, object] = {
            "id": new_id("m", at),
            "direction": "in",
            "standard": "edifact",
            "type": "IFTSTA",
            "version": "D.96A",
            "reference": str(next(numbers)),
            "at": at,
            "party": "acme",
        } | given
        messages.record(connection, msgspec.convert(values, MessageRow))
        return str(values["id"])

    return record
