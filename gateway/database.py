"""The one place that opens the database: a single SQLite writer, or PostgreSQL's own concurrency, behind two verbs.

``write`` runs a function in one transaction and returns when it is durable; ``read`` runs one on a consistent view.
Everything that changes the ledger or the work queue goes through ``write``, so a stage of the pipeline is one
transaction whatever the engine.

*SQLite.* One thread owns the only connection that writes or checkpoints. Callers hand it functions; it runs those that
wait in one ``BEGIN IMMEDIATE``, each in a savepoint of its own, commits once and then answers them all: a group commit,
which multiplies the throughput of ``synchronous=FULL`` without weakening it. A function that raises is rolled back
alone. When the group as a whole cannot be committed, each member is told so (:class:`CommitFailed`): some faults, such
as a full disk, make SQLite end the transaction in the middle of one member's statement, and then what earlier members
did is gone too. After an I/O error the writer takes no more work: the kernel may have dropped pages that it then
reports as written, and only a new process that reads the files again knows what is there.

One writer also keeps SQLite versions before 3.51.3 away from their WAL-reset fault, which takes two connections writing
or checkpointing at the same moment; across processes a lock file beside the database keeps the rule
(:class:`WriterBusy` tells a second process so, and the command line then asks the running gateway instead).

*PostgreSQL.* Transactions run on the caller's thread in READ COMMITTED; row locks order them, and a transaction that
the server ended for a deadlock or a serialisation failure is run again. A connection that broke while committing leaves
the outcome unknown, so nothing is run again then: the caller hears of it, and what it does next must bear a repeat.
"""

from __future__ import annotations

import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar, cast
from urllib.parse import quote

import msgspec
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.pool import NullPool, QueuePool

T = TypeVar("T")
Work = Callable[[Connection], T]

GROUP_LIMIT = 64
"""Functions committed together at most: past some dozens a larger group only delays its first member."""

DEADLOCK_TRIES = 5
RETRIED_SQLSTATES = frozenset({"40001", "40P01"})


class DatabaseFault(SQLAlchemyError):
    """The database cannot be used; the text says what to do.

    One of SQLAlchemy's errors, so that whoever is handed a database without knowing this module (the embedded exchange)
    hears of it as of the others.
    """


class WriterBusy(DatabaseFault):
    """Another process writes this SQLite ledger."""


class CommitFailed(DatabaseFault):
    """The transaction that held this work was not committed; its cause says why. Nothing of the work was kept."""


NOT_NOW = (DatabaseFault, OperationalError, InterfaceError, NoConnection)
"""What is raised when the database cannot do now what it may do later. Other errors say that a statement is wrong, or
that what it would write may not stand there: trying again does not help."""


class Database:
    """The ledger's database: ``write`` and ``read``; thread-safe; close it when done."""

    def __init__(self, engine: Engine, writer: _SqliteWriter | None, *, readonly: bool) -> None:
        self.engine = engine
        """For reading and for tools; what changes the ledger goes through :meth:`write`."""
        self._writer = writer
        self._readonly = readonly
        self._closed = False
        self.accompanied: Callable[[Work[Any]], Work[Any]] | None = None
        """What every transaction that writes gets around it: its effects are part of the transaction."""

    @classmethod
    def open(cls, url: str, *, mode: Literal["write", "read"] = "write") -> Database:
        """A database at an SQLAlchemy URL (``sqlite:///…`` or ``postgresql+psycopg://…``).

        Raises :class:`WriterBusy` when ``mode`` is ``write`` and another process writes the same SQLite file, and
        :class:`DatabaseFault` for a database that Sallyport cannot use. A PostgreSQL server is not asked before the
        first transaction.
        """
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise DatabaseFault(
                f"{url!r} is no database URL: write sqlite:////absolute/path/ledger.db or postgresql+psycopg://…"
            ) from None
        readonly = mode == "read"
        match parsed.get_backend_name():
            case "sqlite":
                path = _sqlite_path(parsed)
                if readonly and not path.exists():
                    raise DatabaseFault(f"There is no ledger at {path}: start the gateway once (sallyport serve)")
                writer = None if readonly else _SqliteWriter(path)
                return cls(_sqlite_engine(path, reader=True), writer, readonly=readonly)
            case "postgresql":
                return cls(_postgresql_engine(parsed), None, readonly=readonly)
            case other:
                raise DatabaseFault(f"Database {other!r} is not supported: use sqlite or postgresql+psycopg")

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    def write(self, work: Work[T]) -> T:
        """The result of ``work``, run in one transaction that is durable when this returns.

        ``work`` may be run more than once and must have no effect outside the connection that would not bear it. What
        it raises is raised here, and nothing of it is kept.
        """
        self._must_be_open()
        if self._readonly:
            raise DatabaseFault("This process opened the ledger for reading only")
        if self.accompanied is not None:
            work = self.accompanied(work)
        if self._writer:
            return self._writer.submit(work)
        for left in range(DEADLOCK_TRIES - 1, -1, -1):
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except DBAPIError as error:
                if not left or getattr(error.orig, "sqlstate", None) not in RETRIED_SQLSTATES:
                    raise
        raise AssertionError("unreachable: the last try returns or raises")

    def read(self, work: Work[T]) -> T:
        """The result of ``work`` on a read-only, consistent view: what commits meanwhile is not seen by it."""
        self._must_be_open()
        with self.engine.connect() as connection:
            if self.dialect == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            return work(connection)

    @property
    def failure(self) -> str | None:
        """Why this process can write no more, whatever is tried; ``None`` while all is well."""
        return self._writer.broken if self._writer else None

    def close(self) -> None:
        """Finish what was submitted, close every connection; the writer's last, so that it is the one to checkpoint."""
        self._closed = True
        self.engine.dispose()
        if self._writer:
            self._writer.close()

    def _must_be_open(self) -> None:
        if self._closed:
            raise DatabaseFault("The ledger is closed")


def _write_json(value: object) -> str:
    # Findings and other Structs go into JSON columns as they are.
    return msgspec.json.encode(value).decode()


def _postgresql_engine(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=8,
        # A server that was restarted leaves dead connections in the pool; one round trip finds them before work does.
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        json_serializer=_write_json,
        json_deserializer=msgspec.json.decode,
    )

    @event.listens_for(engine, "connect")
    def configure(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401 (the driver's own type)
        # `off` would answer before the commit is on disk, which is what `write` promises. Stricter settings stay.
        with dbapi_connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'on', false) "
                "WHERE current_setting('synchronous_commit') = 'off'"
            )
        dbapi_connection.commit()

    return engine


def _sqlite_path(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise DatabaseFault("An SQLite ledger needs a file: give sqlite:////absolute/path/ledger.db")
    if url.query:
        raise DatabaseFault(f"An SQLite ledger takes no options: leave out ?{'&'.join(url.query)}")
    return Path(url.database)


def _sqlite_engine(path: Path, *, reader: bool) -> Engine:
    def connect() -> sqlite3.Connection:
        # mode=rw: a reader never creates an empty ledger where there is none.
        name = f"file:{quote(str(path.absolute()))}?mode=rw"
        # The driver's implicit transactions begin too late and DEFERRED; ours begin in the listener below.
        return sqlite3.connect(name, uri=True, check_same_thread=False, timeout=30, isolation_level=None)

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool if reader else NullPool,
        json_serializer=_write_json,
        json_deserializer=msgspec.json.decode,
    )

    @event.listens_for(engine, "connect")
    def configure(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401 (the driver's own type)
        pragmas = ["foreign_keys=ON"]
        if reader:
            pragmas += ["query_only=ON", "wal_autocheckpoint=0"]
        else:
            pragmas += ["synchronous=FULL"]
        for pragma in pragmas:
            dbapi_connection.execute(f"PRAGMA {pragma}")
        if not reader:
            (mode,) = dbapi_connection.execute("PRAGMA journal_mode=WAL").fetchone()
            if mode != "wal":
                raise DatabaseFault(
                    f"{path} cannot use a write-ahead log (journal mode {mode}): use a local file system"
                )

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
        _make_folder(path.parent)
        self._path = path
        self._lock = _lock(path)
        self._gate = threading.Lock()
        self._closed = False
        self.broken: str | None = None
        self._inbox: queue.SimpleQueue[_Submission | None] = queue.SimpleQueue()
        self._engine = _sqlite_engine(path, reader=False)
        try:
            # Nobody else may read what partners exchange; the log and its index inherit the mode of the file.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            with self._engine.begin():
                pass  # Switches the file to WAL.
            _sync_directory(path.parent)
        except BaseException as error:
            os.close(self._lock)
            if isinstance(error, OSError | DBAPIError):
                raise DatabaseFault(f"{path} cannot be used as a ledger: {getattr(error, 'orig', error)}") from error
            raise
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T]) -> T:
        if threading.current_thread() is self._thread:
            raise DatabaseFault("write() inside write() would wait for itself: pass the connection on instead")
        submission = _Submission(work)
        with self._gate:  # Nothing gets in behind the end mark, where nobody would answer it.
            if self._closed:
                raise DatabaseFault("The ledger is closed")
            self._inbox.put(submission)
        return cast(T, submission.future.result())

    def close(self) -> None:
        if threading.current_thread() is self._thread:
            raise DatabaseFault("The ledger cannot be closed from inside write()")
        with self._gate:
            first, self._closed = not self._closed, True
            if first:
                self._inbox.put(None)
        self._thread.join()
        if first:
            self._engine.dispose()
            os.close(self._lock)

    def _run(self) -> None:
        group = self._next_group()
        while group is not None:
            # A connection whose commit failed may still be in its transaction: the next group gets a new one.
            with self._engine.connect() as connection:
                while group is not None and self._commit(connection, group):
                    group = self._next_group()
                if group is not None:
                    group = self._next_group()

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

    def _commit(self, connection: Connection, group: list[_Submission]) -> bool:
        """Run and commit the group, then answer; whether it was committed. If not, nobody is told that it worked."""
        outcomes: list[tuple[_Submission, Any, BaseException | None]] = []
        committed = False
        try:
            if self.broken:
                raise DatabaseFault(self.broken)
            with connection.begin():
                for submission in group:
                    try:
                        with connection.begin_nested():
                            outcomes.append((submission, submission.work(connection), None))
                    # The supervisor's one broad except: whatever the function raised belongs to its caller.
                    except BaseException as error:  # noqa: BLE001
                        outcomes.append((submission, None, error))
                    _must_be_in_transaction(connection, outcomes[-1][2])
            committed = True
        except BaseException as error:  # noqa: BLE001 (the commit itself failed: every member must hear of it)
            cause = _root(error)
            if str(getattr(cause, "sqlite_errorname", "")).startswith("SQLITE_IOERR"):
                self.broken = f"Writing {self._path} failed ({cause}): look at the disk, then start the gateway again"
            outcomes = [(submission, None, self._commit_failed(error)) for submission in group]
        for submission, result, failure in outcomes:
            if failure is None:
                submission.future.set_result(result)
            else:
                submission.future.set_exception(failure)
        return committed

    def _commit_failed(self, error: BaseException) -> CommitFailed:
        # One exception for each member: they are raised in different threads, which write their tracebacks into them.
        failed = CommitFailed(f"Nothing was written to {self._path}: {_root(error)}")
        failed.__cause__ = error
        return failed


def _must_be_in_transaction(connection: Connection, error: BaseException | None) -> None:
    """Stop the group when SQLite ended its transaction by itself, as it may for a full disk or an I/O error.

    Going on would be worse than failing: the next savepoint would open a transaction of its own, and the commit at the
    end would succeed and tell the earlier members that their work was kept.
    """
    driver = connection.connection.dbapi_connection
    if driver is None or not cast(sqlite3.Connection, driver).in_transaction:
        raise error or DatabaseFault("A function ended the transaction that it was given: leave that to write()")


def _root(error: BaseException) -> BaseException:
    """What came first: an error in taking back a savepoint hides the one for which it was to be taken back."""
    while (earlier := error.__cause__ or error.__context__) is not None:
        error = earlier
    origin = getattr(error, "orig", None)
    return origin if isinstance(origin, BaseException) else error


def _lock(path: Path) -> int:
    descriptor = os.open(path.with_name(path.name + ".writer"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise WriterBusy(f"Another process writes {path}: ask it (sallyport serve), or stop it first") from None
    return descriptor


def _make_folder(folder: Path) -> None:
    """Create the folder and those above it; each is durable before anything is written into it."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_directory(folder.parent)


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
