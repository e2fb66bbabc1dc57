"""The database's two verbs: what is durable, what is grouped, what is told when something breaks."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import cast
from urllib.parse import quote

import pytest
from sqlalchemy import JSON, Column, Connection, Integer, MetaData, Table, create_engine, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from gateway import database as module
from gateway.database import CommitFailed, Database, DatabaseFault, WriterBusy
from translators.finding import Finding, Where

WAIT = 20
"""Seconds after which a test that waits for another thread fails."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "folders" / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{path}")
    database.write(lambda c: c.exec_driver_sql("CREATE TABLE note (n INTEGER PRIMARY KEY, word TEXT) STRICT"))
    yield database
    database.close()


ON_POSTGRESQL = (pytest.mark.services, pytest.mark.xdist_group("postgresql_server"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRESQL)])
def either(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database with a table ``note``, on each of the engines."""
    if request.param == "sqlite":
        yield request.getfixturevalue("ledger")
        return
    address = make_url(request.getfixturevalue("postgresql_url"))
    quick = address.update_query_dict({"options": "-cdeadlock_timeout=100ms"})
    database = Database.open(quick.render_as_string(hide_password=False))
    database.write(lambda c: c.exec_driver_sql("CREATE TABLE note (n INTEGER PRIMARY KEY, word TEXT)"))
    yield database
    database.close()


def add(number: int, word: str = "") -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        connection.execute(text("INSERT INTO note VALUES (:number, :word)"), {"number": number, "word": word})
        return number

    return work


def numbers(connection: Connection) -> list[int]:
    return [row[0] for row in connection.exec_driver_sql("SELECT n FROM note ORDER BY n")]


class Held:
    """Holds the writer inside one function, so that what is submitted meanwhile becomes one group."""

    def __init__(self, ledger: Database, work: Callable[[Connection], object] = id) -> None:
        self.ledger = ledger
        self.entered, self.go = threading.Event(), threading.Event()
        self.pool = ThreadPoolExecutor(32)
        self.submitted: list[Future[object]] = []
        self.result = self.pool.submit(ledger.write, self._hold(work))
        assert self.entered.wait(WAIT)

    def _hold(self, work: Callable[[Connection], object]) -> Callable[[Connection], object]:
        def hold(connection: Connection) -> object:
            self.entered.set()
            assert self.go.wait(WAIT)
            return work(connection)

        return hold

    def submit(self, *works: Callable[[Connection], object]) -> None:
        """Queue functions behind the one that is held, in this order."""
        writer = self.ledger._writer
        assert writer is not None
        inbox = writer._inbox
        for work in works:
            before = inbox.qsize()
            self.submitted.append(self.pool.submit(self.ledger.write, work))
            deadline = time.monotonic() + WAIT
            while inbox.qsize() == before:
                assert time.monotonic() < deadline
                time.sleep(0.001)

    def release(self) -> list[BaseException | None]:
        """Let go; the exceptions of what was submitted, ``None`` where it went well."""
        self.go.set()
        outcomes = [each.exception(WAIT) for each in self.submitted]
        self.result.exception(WAIT)
        self.pool.shutdown()
        return outcomes


class Transactions:
    """Counts what the writer's connection does, through SQLite's own trace."""

    def __init__(self, ledger: Database) -> None:
        self.statements: list[str] = []
        ledger.write(self._attach)
        self.statements.clear()

    def _attach(self, connection: Connection) -> None:
        driver = cast(sqlite3.Connection, connection.connection.dbapi_connection)
        driver.set_trace_callback(self.statements.append)

    def count(self, start: str) -> int:
        return sum(statement.startswith(start) for statement in self.statements)


def test_what_is_written_can_be_read_and_is_answered(either: Database) -> None:
    assert either.write(add(1, "one")) == 1
    assert either.read(numbers) == [1]
    assert either.dialect in ("sqlite", "postgresql")


def test_what_raises_leaves_nothing_and_is_raised_to_its_caller(either: Database) -> None:
    def fails(connection: Connection) -> None:
        add(1)(connection)
        raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        either.write(fails)
    with pytest.raises(IntegrityError):
        either.write(lambda c: (add(2)(c), add(2)(c)))
    assert either.read(numbers) == []
    either.write(add(3))
    assert either.read(numbers) == [3]


def test_a_reader_sees_one_moment(either: Database) -> None:
    either.write(add(1))

    def look_twice(connection: Connection) -> tuple[list[int], list[int]]:
        first = numbers(connection)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(either.write, add(2)).result(WAIT)
        return first, numbers(connection)

    assert either.read(look_twice) == ([1], [1])
    assert either.read(numbers) == [1, 2]


def test_a_reader_cannot_write_and_the_connection_it_used_can_again(either: Database) -> None:
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        either.read(add(1))
    for number in range(12):
        either.write(add(number))
    assert len(either.read(numbers)) == 12


def test_many_threads_write_and_nothing_is_lost(either: Database) -> None:
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(lambda n: either.write(add(n)), range(120))) == list(range(120))
    assert either.read(numbers) == list(range(120))


def test_a_closed_ledger_says_so(either: Database) -> None:
    either.close()
    with pytest.raises(DatabaseFault, match="closed"):
        either.write(add(1))
    with pytest.raises(DatabaseFault, match="closed"):
        either.read(numbers)
    either.close()


def test_json_columns_take_structs_and_moments(either: Database) -> None:
    kept = Table("kept", MetaData(), Column("id", Integer, primary_key=True), Column("what", JSON))
    finding = Finding(code="x", severity="error", text="Größe", where=Where(segment="UNT"), layer="syntax")
    either.write(lambda c: c.exec_driver_sql("CREATE TABLE kept (id INTEGER PRIMARY KEY, what JSON)"))
    either.write(lambda c: c.execute(insert(kept).values(id=1, what=[finding])))
    (read,) = either.read(lambda c: c.execute(select(kept.c.what)).scalar_one())
    assert read["text"] == "Größe"
    assert read["where"]["segment"] == "UNT"


# One SQLite writer


def test_what_waits_is_committed_together(ledger: Database) -> None:
    trace = Transactions(ledger)
    held = Held(ledger, add(0))
    held.submit(*[add(number) for number in range(1, 21)])
    assert held.release() == [None] * 20
    assert ledger.read(numbers) == list(range(21))
    assert trace.count("BEGIN IMMEDIATE") == trace.count("COMMIT") == 2


def test_a_group_has_a_limit(ledger: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUP_LIMIT", 4)
    trace = Transactions(ledger)
    held = Held(ledger, add(0))
    held.submit(*[add(number) for number in range(1, 9)])
    assert held.release() == [None] * 8
    assert trace.count("COMMIT") == 3


def test_one_that_fails_is_taken_out_of_its_group(ledger: Database) -> None:
    def fails(connection: Connection) -> None:
        add(2)(connection)
        raise ValueError("mine alone")

    trace = Transactions(ledger)
    held = Held(ledger, add(0))
    held.submit(add(1), fails, add(3), add(1))
    first, second, third, fourth = held.release()
    assert (first, third) == (None, None)
    assert isinstance(second, ValueError)
    assert isinstance(fourth, IntegrityError)
    assert ledger.read(numbers) == [0, 1, 3]
    assert trace.count("COMMIT") == 2


def test_a_commit_that_fails_is_told_to_every_member(ledger: Database) -> None:
    """A deferred foreign key fails at the commit, when each function has long returned."""

    def later_wrong(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT INTO child VALUES (1, 999)")

    ledger.write(
        lambda c: c.exec_driver_sql(
            "CREATE TABLE child (n INTEGER PRIMARY KEY, of INTEGER REFERENCES note DEFERRABLE INITIALLY DEFERRED)"
        )
    )
    held = Held(ledger)
    held.submit(add(1), later_wrong, add(2))
    outcomes = held.release()
    assert all(isinstance(each, CommitFailed) for each in outcomes)
    assert len({id(each) for each in outcomes}) == 3, "an exception is raised in one thread only"
    assert "FOREIGN KEY" in str(outcomes[0])
    assert isinstance(outcomes[0].__cause__ if outcomes[0] else None, IntegrityError)
    assert ledger.read(numbers) == []
    ledger.write(add(7))
    assert ledger.read(numbers) == [7]


@pytest.mark.parametrize("ending", ["ROLLBACK", "COMMIT"])
def test_a_transaction_that_ended_in_the_middle_is_told_to_every_member(ledger: Database, ending: str) -> None:
    """As SQLite does by itself for a full disk. Without care, what came before would be gone and called committed."""

    def ends(connection: Connection) -> None:
        add(2)(connection)
        connection.exec_driver_sql(ending)

    held = Held(ledger, add(0))
    held.submit(add(1), ends, add(3))
    assert all(isinstance(each, CommitFailed) for each in held.release())
    assert 3 not in ledger.read(numbers)
    if ending == "ROLLBACK":
        assert ledger.read(numbers) == [0]
    ledger.write(add(9))
    assert 9 in ledger.read(numbers)


def test_a_full_disk_is_told_to_every_member_and_the_writer_goes_on(ledger: Database) -> None:
    """``max_page_count`` makes SQLite report SQLITE_FULL as it would for a full disk."""

    def limit(pages: int) -> Callable[[Connection], object]:
        return lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    ledger.write(limit(4))
    kept: list[int] = []
    with pytest.raises((OperationalError, CommitFailed), match="full"):
        for number in range(1, 200):
            ledger.write(add(number, "x" * 500))
            kept.append(number)
    assert ledger.read(numbers) == kept, "what was answered is there, what was refused is not"
    ledger.write(limit(1_000_000))
    ledger.write(add(1000))
    assert ledger.read(numbers) == [*kept, 1000]


def test_after_an_input_output_error_nothing_more_is_written(ledger: Database) -> None:
    """The kernel may call lost pages written afterwards; only a new process that reads the files knows."""

    def breaks(connection: Connection) -> None:
        fault = sqlite3.OperationalError("disk I/O error")
        fault.sqlite_errorname = "SQLITE_IOERR_FSYNC"
        connection.exec_driver_sql("ROLLBACK")
        raise OperationalError("COMMIT", None, fault)

    with pytest.raises(CommitFailed, match="disk I/O error"):
        ledger.write(breaks)
    with pytest.raises(CommitFailed, match="look at the disk, then start the gateway again"):
        ledger.write(add(1))
    assert ledger.read(numbers) == []


def test_write_inside_write_is_refused_and_not_waited_for(ledger: Database) -> None:
    with pytest.raises(DatabaseFault, match="pass the connection on"):
        ledger.write(lambda connection: ledger.write(add(1)))
    with pytest.raises(DatabaseFault, match="cannot be closed from inside"):
        ledger.write(lambda connection: ledger._writer.close() if ledger._writer else None)
    ledger.write(add(2))
    assert ledger.read(numbers) == [2]


def test_closing_finishes_what_was_submitted(ledger: Database, path: Path) -> None:
    held = Held(ledger, add(0))
    held.submit(*[add(number) for number in range(1, 11)])
    closing = held.pool.submit(ledger.close)
    time.sleep(0.05)
    assert held.release() == [None] * 10
    closing.result(WAIT)
    assert not path.with_name("ledger.db-wal").exists(), "the writer was the last to close, and checkpointed"
    again = Database.open(f"sqlite:///{path}", mode="read")
    assert again.read(numbers) == list(range(11))
    again.close()


def test_whoever_submits_while_it_closes_gets_an_answer(path: Path) -> None:
    """Each round closes under fire: every call must end, and what was answered well must be there."""
    for _ in range(5):
        database = Database.open(f"sqlite:///{path}")
        database.write(lambda c: c.exec_driver_sql("DROP TABLE IF EXISTS note"))
        database.write(lambda c: c.exec_driver_sql("CREATE TABLE note (n INTEGER PRIMARY KEY, word TEXT)"))
        answered: list[int] = []
        start = threading.Barrier(9)

        def fire(first: int, database: Database = database, start: threading.Barrier = start) -> list[int]:
            written = []
            start.wait(WAIT)
            for number in range(first, first + 200):
                try:
                    written.append(database.write(add(number)))
                except DatabaseFault:
                    return written
            return written

        with ThreadPoolExecutor(8) as pool:
            running = [pool.submit(fire, first) for first in range(0, 1600, 200)]
            start.wait(WAIT)
            time.sleep(0.01)
            database.close()
            for each in running:
                answered += each.result(WAIT)
        reader = Database.open(f"sqlite:///{path}", mode="read")
        assert reader.read(numbers) == sorted(answered)
        reader.close()


def test_the_settings_that_make_a_commit_durable(ledger: Database, path: Path) -> None:
    def setting(name: str) -> Callable[[Connection], object]:
        return lambda connection: connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    assert ledger.write(setting("journal_mode")) == "wal"
    assert ledger.write(setting("synchronous")) == 2, "FULL"
    assert ledger.write(setting("foreign_keys")) == 1
    assert ledger.read(setting("wal_autocheckpoint")) == 0, "only the writer checkpoints"
    assert ledger.read(setting("query_only")) == 1
    for file in (path, path.with_name("ledger.db-wal"), path.with_name("ledger.db.writer")):
        assert file.stat().st_mode & 0o077 == 0, f"{file.name} is nobody else's to read"


ASK = """
import sys
from gateway.database import Database, WriterBusy
try:
    Database.open(sys.argv[1])
except WriterBusy as busy:
    sys.exit(f"busy: {busy}")
reader = Database.open(sys.argv[1], mode="read")
"""


def test_a_second_process_may_read_but_not_write(ledger: Database, path: Path) -> None:
    ledger.write(add(1))
    url = f"sqlite:///{path}"
    second = subprocess.run([sys.executable, "-c", ASK, url], capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert "busy: Another process writes" in second.stderr
    assert "stop it first" in second.stderr
    with pytest.raises(WriterBusy):
        Database.open(url)
    reader = Database.open(url, mode="read")
    assert reader.read(numbers) == [1]
    with pytest.raises(DatabaseFault, match="for reading only"):
        reader.write(add(2))
    reader.close()
    ledger.close()
    Database.open(url).close()


def test_a_writer_that_was_killed_leaves_the_ledger_free_and_whole(path: Path) -> None:
    script = """
import os, signal, sys
from gateway.database import Database
database = Database.open(sys.argv[1])
database.write(lambda c: c.exec_driver_sql("CREATE TABLE note (n INTEGER PRIMARY KEY, word TEXT)"))
for number in range(1000):
    database.write(lambda c: c.exec_driver_sql(f"INSERT INTO note VALUES ({number}, '')"))
    print(number, flush=True)
"""
    url = f"sqlite:///{path}"
    process = subprocess.Popen([sys.executable, "-c", script, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    last = -1
    while last < 20:
        last = int(process.stdout.readline())
    process.kill()
    last = int((process.stdout.read().split() or [str(last)])[-1])
    process.wait(WAIT)
    process.stdout.close()
    database = Database.open(url)
    kept = database.read(numbers)
    assert kept == list(range(len(kept)))
    assert len(kept) in (last + 1, last + 2), "everything that was answered, and at most the one in hand"
    assert database.read(lambda c: c.exec_driver_sql("PRAGMA integrity_check").scalar()) == "ok"
    database.close()


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:///file:x?mode=memory&uri=true", "needs a file"),
        ("sqlite:///{folder}/ledger.db?timeout=5", "takes no options: leave out \\?timeout"),
        ("mysql://somewhere/ledger", "'mysql' is not supported: use sqlite or postgresql"),
        ("not a url", "is no database URL: write sqlite:////absolute"),
        ("sqlite:////proc/sallyport/ledger.db", "cannot be used as a ledger|No such file"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused_with_what_to_do(url: str, text: str, tmp_path: Path) -> None:
    with pytest.raises((DatabaseFault, OSError), match=text):
        Database.open(url.format(folder=tmp_path))


def test_reading_a_ledger_that_is_not_there_does_not_create_one(path: Path) -> None:
    with pytest.raises(DatabaseFault, match="There is no ledger"):
        Database.open(f"sqlite:///{path}", mode="read")
    assert not path.exists()


def test_a_file_that_is_no_database_is_refused_and_its_lock_let_go(tmp_path: Path) -> None:
    wrong = tmp_path / "ledger.db"
    wrong.write_bytes(b"not a database, but long enough to look at " * 30)
    for _ in range(2):
        with pytest.raises(DatabaseFault, match="cannot be used as a ledger: file is not a database"):
            Database.open(f"sqlite:///{wrong}")
    wrong.unlink()
    Database.open(f"sqlite:///{wrong}").close()


def test_a_path_may_hold_characters_that_mean_something_in_urls(tmp_path: Path) -> None:
    odd = tmp_path / "Größe a?b#c%20d&e=f" / "ledger.db"
    database = Database.open(f"sqlite:///{quote(str(odd))}")
    database.write(lambda c: c.exec_driver_sql("CREATE TABLE note (n INTEGER PRIMARY KEY)"))
    assert database.read(numbers) == []
    database.close()
    assert sorted(each.name for each in odd.parent.iterdir()) == ["ledger.db", "ledger.db.writer"]


# PostgreSQL


@pytest.mark.parametrize("either", [pytest.param("postgresql", marks=ON_POSTGRESQL)], indirect=True)
def test_a_deadlock_is_run_again(either: Database) -> None:
    """Two transactions lock two rows in opposite order; the server ends one, and both succeed in the end."""
    either.write(lambda c: (add(1)(c), add(2)(c)))
    meeting = threading.Barrier(2)
    runs: list[int] = []

    def cross(first: int, second: int) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            runs.append(first)
            note = text("UPDATE note SET word = word || :mark WHERE n = :n")
            connection.execute(note, {"mark": str(first), "n": first})
            if len(runs) <= 2:
                meeting.wait(WAIT)
            connection.execute(note, {"mark": str(first), "n": second})

        return work

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(either.write, [cross(1, 2), cross(2, 1)], timeout=WAIT))
    assert len(runs) == 3
    words = either.read(lambda c: [row[0] for row in c.exec_driver_sql("SELECT word FROM note ORDER BY n")])
    assert [sorted(word) for word in words] == [["1", "2"], ["1", "2"]]


@pytest.mark.parametrize("either", [pytest.param("postgresql", marks=ON_POSTGRESQL)], indirect=True)
def test_a_work_that_always_conflicts_is_given_up(either: Database) -> None:
    tries: list[int] = []

    def conflicts(connection: Connection) -> None:
        tries.append(1)
        connection.exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION 'never' USING ERRCODE = '40001'; END $$")

    with pytest.raises(OperationalError, match="never"):
        either.write(conflicts)
    assert len(tries) == module.DEADLOCK_TRIES


@pytest.mark.parametrize("either", [pytest.param("postgresql", marks=ON_POSTGRESQL)], indirect=True)
def test_connections_that_the_server_cut_are_replaced_before_work_meets_them(either: Database) -> None:
    either.write(add(1))
    with pytest.raises(OperationalError):
        either.write(lambda c: c.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())"))
    either.write(add(2))
    mine = either.read(lambda c: c.exec_driver_sql("SELECT pg_backend_pid()").scalar())
    killer = create_engine(either.engine.url)
    with killer.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({mine})")
    killer.dispose()
    either.write(add(3))
    assert either.read(numbers) == [1, 2, 3]


@pytest.mark.parametrize("either", [pytest.param("postgresql", marks=ON_POSTGRESQL)], indirect=True)
def test_a_server_that_does_not_wait_for_its_disk_is_told_to(either: Database) -> None:
    def setting(url: str) -> object:
        database = Database.open(url)
        try:
            return database.write(lambda c: c.exec_driver_sql("SHOW synchronous_commit").scalar())
        finally:
            database.close()

    for configured, in_force in (("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")):
        url = either.engine.url.update_query_dict({"options": f"-csynchronous_commit={configured}"})
        assert setting(url.render_as_string(hide_password=False)) == in_force
