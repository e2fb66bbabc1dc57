"""The one place that opens the database: a single SQLite writer, or PostgreSQL's own concurrency, behind two verbs.

``write`` runs a function in one transaction and returns when it is durable; ``read`` runs one on a consistent view.
Everything that changes the ledger or the work queue goes through ``write``, so a stage of the pipeline is one
transaction whatever the engine.

*SQLite.* One thread owns the only connection that writes or checkpoints. Callers hand it functions; it runs those that
wait in one ``BEGIN IMMEDIATE``, each in a savepoint of its own, commits once and then answers them all: a group commit,
which multiplies the throughput of ``synchronous=FULL`` without weakening it. A function that raises is rolled back
alone.
One writer also keeps SQLite versions before 3.51.3 away from their WAL-reset fault, which takes two connections writing
or checkpointing at the same moment; across processes a lock file beside the database keeps the rule
(:class:`WriterBusy` tells a second process so, and the command line then asks the running gateway instead).

*PostgreSQL.* Transactions run on the caller's thread in READ COMMITTED; row locks order them, and a transaction that
the server ended for a deadlock or a serialisation failure is run again.
"""

from __future__ import annotations

import fcntl
import os
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

T = TypeVar("T")
Work = Callable[[Connection], T]

GROUP_LIMIT = 64
"""Functions committed together at most: past some dozens a larger group only delays its first member."""

DEADLOCK_TRIES = 5
RETRIED_SQLSTATES = frozenset({"40001", "40P01"})


class DatabaseFault(Exception):
    """The database cannot be used; the text says what to do."""


class WriterBusy(DatabaseFault):
    """Another process writes this SQLite ledger."""


class Database:
    """The ledger's database: ``write`` and ``read``; thread-safe; close it when done."""

    def __init__(self, engine: Engine, writer: _SqliteWriter | None) -> None:
        self.engine = engine
        self._writer = writer

    @classmethod
    def open(cls, url: str, *, mode: Literal["write", "read"] = "write") -> Database:
        """A database at an SQLAlchemy URL (``sqlite:///…`` or ``postgresql+psycopg://…``).

        Raises :class:`WriterBusy` when ``mode`` is ``write`` and another process writes the same SQLite file, and
        :class:`DatabaseFault` for an engine that Sallyport does not support.
        """
        parsed = make_url(url)
        match parsed.get_backend_name():
            case "sqlite":
                if not parsed.database:
                    raise DatabaseFault("An SQLite ledger needs a file: give sqlite:////absolute/path/ledger.db")
                path = Path(parsed.database)
                writer = _SqliteWriter(path) if mode == "write" else None
                return cls(_sqlite_engine(path, reader=True), writer)
            case "postgresql":
                return cls(create_engine(parsed, poolclass=QueuePool, pool_size=8, max_overflow=8), None)
            case other:
                raise DatabaseFault(f"Database {other!r} is not supported: use sqlite or postgresql+psycopg")

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    def write(self, work: Work[T]) -> T:
        """The result of ``work``, run in one transaction that is durable when this returns.

        ``work`` may be run more than once and must have no effect outside the connection that would not bear it.
        """
        if self._writer:
            return self._writer.submit(work)
        if self.dialect == "sqlite":
            raise DatabaseFault("This process opened the ledger for reading only")
        for left in range(DEADLOCK_TRIES - 1, -1, -1):
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except DBAPIError as error:
                if not left or getattr(error.orig, "sqlstate", None) not in RETRIED_SQLSTATES:
                    raise
        raise AssertionError("unreachable: the last try returns or raises")

    def read(self, work: Work[T]) -> T:
        """The result of ``work`` on a read-only, consistent view."""
        with self.engine.connect() as connection:
            if self.dialect == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            return work(connection)

    def close(self) -> None:
        """Finish what was submitted, close every connection; the writer's last, so that it is the one to checkpoint."""
        self.engine.dispose()
        if self._writer:
            self._writer.close()


def _sqlite_engine(path: Path, *, reader: bool) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool if reader else NullPool,
        connect_args={"check_same_thread": False, "timeout": 30},
    )

    @event.listens_for(engine, "connect")
    def configure(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401 (the driver's own type)
        # The driver's implicit transactions begin too late and DEFERRED; ours begin in the listener below.
        dbapi_connection.isolation_level = None
        pragmas = ["foreign_keys=ON"]
        if reader:
            pragmas += ["query_only=ON", "wal_autocheckpoint=0"]
        else:
            pragmas += ["journal_mode=WAL", "synchronous=FULL"]
        for pragma in pragmas:
            dbapi_connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if reader else "BEGIN IMMEDIATE")

    return engine


class _Submission:
    """A function on its way to the writer, and where its answer goes."""

    __slots__ = ("future", "work")

    def __init__(self, work: Work[Any]) -> None:
        self.work = work
        self.future: Future[Any] = Future()


class _SqliteWriter:
    """The thread that writes. ``submit`` blocks until the group that holds the function is committed."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(path.with_name(path.name + ".writer"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise WriterBusy(f"Another process writes {path}: ask it (sallyport serve), or stop it first") from None
        self._engine = _sqlite_engine(path, reader=False)
        self._inbox: queue.SimpleQueue[_Submission | None] = queue.SimpleQueue()
        self._closed = False
        with self._engine.begin():
            pass  # Creates the file and switches it to WAL.
        _sync_directory(path.parent)
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T]) -> T:
        if threading.current_thread() is self._thread:
            raise DatabaseFault("write() inside write() would wait for itself: pass the connection on instead")
        if self._closed:
            raise DatabaseFault("The ledger is closed")
        submission = _Submission(work)
        self._inbox.put(submission)
        return cast(T, submission.future.result())

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._inbox.put(None)
            self._thread.join()
            self._engine.dispose()
            os.close(self._lock)

    def _run(self) -> None:
        with self._engine.connect() as connection:
            while (group := self._next_group()) is not None:
                self._commit(connection, group)

    def _next_group(self) -> list[_Submission] | None:
        first = self._inbox.get()
        if first is None:
            return None
        group = [first]
        while len(group) < GROUP_LIMIT:
            try:
                following = self._inbox.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._inbox.put(None)
                break
            group.append(following)
        return group

    def _commit(self, connection: Connection, group: list[_Submission]) -> None:
        """Run and commit the group, then answer; if the commit fails nobody is told that it worked."""
        outcomes: list[tuple[_Submission, Any, BaseException | None]] = []
        try:
            with connection.begin():
                for submission in group:
                    try:
                        with connection.begin_nested():
                            outcomes.append((submission, submission.work(connection), None))
                    # The supervisor's one broad except: whatever the function raised belongs to its caller.
                    except BaseException as error:  # noqa: BLE001
                        outcomes.append((submission, None, error))
        except BaseException as error:  # noqa: BLE001 (the commit itself failed: every member must hear of it)
            outcomes = [(submission, None, error) for submission in group]
        for submission, result, failure in outcomes:
            if failure is None:
                submission.future.set_result(result)
            else:
                submission.future.set_exception(failure)


def _sync_directory(folder: Path) -> None:
    """Make the directory entries of new database files durable; WAL needs it once."""
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
