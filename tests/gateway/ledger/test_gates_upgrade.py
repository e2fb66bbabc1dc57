"""The upgrade to gates, of a ledger in which deliveries wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, text

from gateway.database import Database
from gateway.ledger import migrating
from gateway.ledger.migrating import migrate
from queues import WorkQueue

POSTGRESQL = pytest.param("postgresql", marks=[pytest.mark.services, pytest.mark.xdist_group("postgresql_server")])
OLD = "v0005"
DELIVERY, ARRIVAL = "t-06gffa2qr0zghvh6nh5n", "t-06gffa2qr0zghvh6nh5p"

_OBJECT = """INSERT INTO object (sha256, size, pack, "offset", length, stored_at)
VALUES ('x', 3, 'p', 0, 3, '2026-03-01 12:00:00')"""
_TRANSMISSION = """INSERT INTO transmission
(id, direction, side, party, channel, protocol, name, size, sha256, at, facts, lane)
VALUES (:id, :direction, 'partner', 'acme', 'acme-as2', 'as2', 'a.edi', 3, 'x', '2026-03-01 12:00:00', '{}', 5)"""
_JOB = """INSERT INTO job
(kind, key, partner, lane, payload, state, attempt, expiries, run_at, enqueued_at, lease_until)
VALUES (:kind, :key, 'acme', 5, '{}', :state, 0, 0, '2026-03-01 12:00:00', '2026-03-01 12:00:00',
'2026-03-01 12:01:00')"""
_LANE = """INSERT INTO partner_lane (lane, partner, weight, vtime, ready_at)
VALUES (5, 'acme', 2, 40, '2026-03-01 12:00:00')"""


@pytest.fixture(params=["sqlite", POSTGRESQL])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A ledger as it was before, empty."""
    url = f"sqlite:///{tmp_path}/ledger.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    database = Database.open(url)

    def upgrade(connection: Connection) -> None:
        config = migrating._config()
        config.attributes["connection"] = connection
        command.upgrade(config, OLD)

    database.write(upgrade)
    yield database
    database.close()


def test_what_waits_goes_on_and_deliveries_through_their_gate(old: Database) -> None:
    def fill(connection: Connection) -> None:
        connection.execute(text(_OBJECT))
        for identifier, direction in ((DELIVERY, "out"), (ARRIVAL, "in")):
            connection.execute(text(_TRANSMISSION), {"id": identifier, "direction": direction})
        for kind, key, state in (
            ("deliver", f"deliver:{DELIVERY}", "ready"),
            ("deliver", f"deliver:{DELIVERY}:a-06gffa2qr0zghvh6nh5q", "leased"),
            ("deliver", "deliver:of-nothing-known", "ready"),
            ("read", f"read:{ARRIVAL}", "ready"),
        ):
            connection.execute(text(_JOB), {"kind": kind, "key": key, "state": state})
        connection.execute(text(_LANE))

    old.write(fill)
    migrate(old)
    queue = WorkQueue(lease=timedelta(hours=1))
    assert old.write(queue.stranded) == []
    pause = partial(queue.gates.pause, actor="kim", reason="an upgrade", draining=False)
    old.write(lambda c: pause(c, "acme-as2", "out"))
    assert len(old.write(queue.abandon)) == 1

    def take() -> list[str]:
        return sorted(job.key for job in old.write(lambda c: queue.claim(c, worker="w", lanes=(5,), limit=10)))

    assert take() == ["deliver:of-nothing-known", f"read:{ARRIVAL}"]
    old.write(lambda c: queue.gates.resume(c, "acme-as2", "out"))
    assert take() == [f"deliver:{DELIVERY}", f"deliver:{DELIVERY}:a-06gffa2qr0zghvh6nh5q"]
    weights = old.read(
        lambda c: list(c.execute(text("SELECT gate, weight, vtime >= 40 FROM partner_lane ORDER BY gate")))
    )
    assert [tuple(row) for row in weights] == [("", 2.0, True), ("acme-as2", 2.0, True)]
