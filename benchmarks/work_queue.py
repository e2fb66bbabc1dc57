"""The work queue on SQLite: a job is put in, claimed and completed, each in a durable transaction of its own.

Beside it, what SQLite itself needs for three durable transactions that insert, change and delete one row. With one
thread ours pays for its bookkeeping; with sixteen the single writer commits for many at once.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path

from sqlalchemy import Connection

from benchmarks.measuring import Row, in_turn
from gateway.database import Database
from gateway.ledger.migrating import migrate
from queues import Job, WorkQueue

JOBS = {1: 60, 16: 480}
"""How many jobs for each number of threads."""
LANE = 5


class _Queue:
    """A queue in a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.open(f"sqlite:///{folder / 'ledger.db'}")
        migrate(self.database)
        self._queue = WorkQueue()
        self._keys = count()

    def put(self, jobs: int, threads: int) -> None:
        """Put that many jobs in, claim as many, and complete each."""
        share = jobs // threads
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda worker: self._some(share, f"worker-{worker}"), range(threads)))

    def _some(self, jobs: int, worker: str) -> None:
        queue = self._queue
        for _ in range(jobs):
            key = f"bench:{next(self._keys)}"

            def enqueue(connection: Connection, key: str = key) -> bool:
                payload = {"transmission": key}
                return queue.enqueue(connection, kind="bench", key=key, payload=payload, partner=worker, lane=LANE)

            self.database.write(enqueue)
            claimed = self.database.write(lambda c: queue.claim(c, worker=worker, lanes=[LANE], limit=1))
            for job in claimed:
                self.database.write(partial(_complete, queue, job))
            if not claimed:
                raise RuntimeError("a job that was put in was not there to be claimed")


def _complete(queue: WorkQueue, job: Job, connection: Connection) -> None:
    queue.complete(connection, job)


def _three_commits(connection: sqlite3.Connection, jobs: int) -> None:
    for number in range(jobs):
        for statement in ("INSERT INTO t VALUES (?, 0)", "UPDATE t SET b = 1 WHERE a = ?", "DELETE FROM t WHERE a = ?"):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(statement, (number,))
            connection.execute("COMMIT")


def rows() -> Iterator[Row]:
    """The lines of the table."""
    for threads, jobs in JOBS.items():
        with tempfile.TemporaryDirectory(prefix="sallyport-bench-") as folder:
            queue = _Queue(Path(folder))
            plain = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
            plain.execute("PRAGMA journal_mode=WAL")
            plain.execute("PRAGMA synchronous=FULL")
            plain.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER)")
            try:
                found = in_turn(partial(queue.put, jobs, threads), partial(_three_commits, plain, jobs), clock="wall")
            finally:
                plain.close()
                queue.database.close()
        yield Row(
            f"work queue, put, claim, complete; {threads} thread{'s' if threads > 1 else ''}",
            f"{jobs / found.seconds:,.0f} jobs/s",
            f"3 bare commits, 1 thread: {jobs / found.other_seconds:,.0f} jobs/s",
            found.ratio,
            found.spread,
            "",
        )
