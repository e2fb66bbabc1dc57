"""Short ways to do with a queue what tests do all the time, each in a transaction of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from gateway.database import Database
from queues import Job, WorkQueue

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LANES = (0, 1, 5, 9)


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self, connection: Connection) -> datetime:
        return self.now


def put(
    database: Database,
    queue: WorkQueue,
    key: str,
    partner: str = "acme",
    lane: int = 5,
    run_at: datetime | None = None,
    gate: str = "",
) -> bool:
    return database.write(
        lambda c: queue.enqueue(
            c,
            kind="read",
            key=key,
            payload={"transmission": key},
            partner=partner,
            lane=lane,
            run_at=run_at,
            gate=gate,
        )
    )


def put_many(database: Database, queue: WorkQueue, partner: str, count: int, lane: int = 5) -> None:
    def put_all(connection: Connection) -> None:
        for number in range(count):
            queue.enqueue(
                connection, kind="read", key=f"{partner}-{number:05d}", payload={}, partner=partner, lane=lane
            )

    database.write(put_all)


def take(database: Database, queue: WorkQueue, limit: int = 1, worker: str = "w1") -> list[Job]:
    return database.write(lambda c: queue.claim(c, worker=worker, lanes=LANES, limit=limit))


def finish(database: Database, queue: WorkQueue, *jobs: Job) -> None:
    def complete(connection: Connection) -> None:
        for job in jobs:
            queue.complete(connection, job)

    database.write(complete)


def keys(jobs: list[Job]) -> list[str]:
    return [job.key for job in jobs]
