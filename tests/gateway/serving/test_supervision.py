"""What goes wrong inside a running gateway ends nothing but itself: no thread dies unseen, no work waits unseen."""

from __future__ import annotations

import asyncio
import errno
import io
import logging
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from archive import Archive
from gateway import logs, serving
from gateway.cli.running import make_home
from gateway.config import Home, LogSettings, open_home
from gateway.database import CommitFailed, Database
from gateway.inbound import read_transmission
from gateway.instance import Gateway
from gateway.ledger import mailboxes
from gateway.profiles_folder import ProfilesFolder
from gateway.receiving import READ
from gateway.serving import GatewayBroken, Serving, serve
from gateway.working import ENDINGS_BEFORE_BURIAL, FAULTS_BEFORE_BURIAL, Workers
from queues import EmbeddedExchange, Job, Letter, Mismatch, Patience, WorkQueue
from tests.gateway.pipeline.play import Play
from tests.gateway.serving.running import example, until


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A gateway's folder."""
    make_home(tmp_path)
    (tmp_path / "sallyport.yaml").write_text("sftp: {port: 0}\nmetrics: {enabled: no}\n")
    return open_home(tmp_path, {})


@pytest.fixture
def play(home: Home) -> Iterator[Play]:
    """The gateway, open and driven by hand."""
    made = Play(home)
    yield made
    made.gateway.close()


def test_thread_that_sweeps_goes_on_after_any_fault(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [ZeroDivisionError("a bug"), OperationalError("", {}, Exception("away")), OSError("no disk")]
    looks: list[ProfilesFolder] = []

    def refresh(folder: ProfilesFolder, *, settled: bool) -> bool:
        looks.append(folder)
        raise faults[len(looks) % len(faults)]

    async def run() -> None:
        started: asyncio.Future[Serving] = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(serve(home, started.set_result))
        await started
        await asyncio.to_thread(until, "further looks", lambda: len(looks) > len(faults) or None)
        os.kill(os.getpid(), signal.SIGTERM)
        await running

    monkeypatch.setattr(ProfilesFolder, "refresh", refresh)
    monkeypatch.setattr(serving, "SWEEP_EVERY", 0.02)
    asyncio.run(run())


def test_worker_goes_on_when_there_was_no_connection_for_it(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, refused = WorkQueue.claim, [NoConnection("all connections are in use")]

    def claim_later(queue: WorkQueue, *given: object, **more: object) -> list[Job]:
        if refused:
            raise refused.pop()
        return claim(queue, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(WorkQueue, "claim", claim_later)
    workers = Workers(play.gateway, {READ: read_transmission}, 1)
    play.upload(example("iftsta.edi"))
    workers.start()
    until("the file to be read", lambda: play.messages() or None)
    workers.stop()


def test_statement_that_can_never_succeed_is_a_case_soon(play: Play) -> None:
    def never(_gateway: Gateway, _job: Job) -> None:
        raise IntegrityError("INSERT …", {}, Exception("UNIQUE constraint failed"))

    workers = Workers(play.gateway, {READ: never}, 1)
    play.upload(example("iftsta.edi"))
    for _ in range(FAULTS_BEFORE_BURIAL):
        assert not play.cases()
        assert workers.run_one()
        play.later(minutes=1)
    (case,) = play.cases()
    assert case.cause == "stage-failed" and "UNIQUE" in case.text


def test_upload_that_the_spool_does_not_give_back_is_not_taken(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    content = example("iftsta.edi")
    monkeypatch.setattr(Path, "read_bytes", lambda _: content[:-1] + b"?")
    with pytest.raises(OSError, match="look at the disk of the spool"):
        play.upload(content)
    monkeypatch.undo()
    play.work()
    assert not play.messages() and not play.cases()


def test_damaged_content_is_a_case_at_once(play: Play) -> None:
    play.upload(example("iftsta.edi"))
    (pack,) = play.gateway.home.archive.rglob("*.pack")
    content = bytearray(pack.read_bytes())
    content[-20] ^= 1
    pack.write_bytes(content)
    play.work()
    (case,) = play.cases()
    assert case.cause == "archive-damaged" and "Restore the pack from a copy" in case.text


def test_letters_wait_while_the_exchange_is_set_up_otherwise(play: Play) -> None:
    play.exchange_fault = Mismatch("the queue was declared otherwise")
    play.upload(example("214.x12"), "214.x12", "prairie-freight")
    for _ in range(2 * FAULTS_BEFORE_BURIAL):
        play.work()
        play.later(hours=1)
    assert [message.delivery for message in play.messages()] == ["retry-wait"]
    assert [case.cause for case in play.cases()] == ["channel-unreachable"], "one that closes itself"
    play.exchange_fault = None
    play.later(hours=1)
    play.work()
    assert [message.delivery for message in play.messages()] == ["delivered"]
    assert not play.cases()


def test_file_that_was_not_collected_is_not_replaced_by_another(play: Play) -> None:
    play.upload(example("iftsta.edi"))
    play.work()
    # Numbers begin anew when a profile changes their range, or when they come to its end.
    profile = play.folder / "profiles" / "blue-anchor.yaml"
    anew = "every_flow:\n      numbers: {interchange: {range: anew}}"
    profile.write_text(profile.read_text().replace("every_flow:", anew))
    assert play.gateway.profiles.refresh()
    play.upload(example("iftsta.edi").replace(b"4711", b"4712"))
    play.work()
    assert b"UCI+4711+" in play.out()["CONTRL-1.edi"]
    play.later(hours=1)
    play.work()
    assert b"UCI+4711+" in play.out()["CONTRL-1.edi"], "however often it is tried"
    database = play.gateway.database
    (waiting,) = database.read(lambda connection: mailboxes.list(connection, "blue-anchor", "out"))
    database.write(lambda connection: mailboxes.collected(connection, waiting.id, play.now))
    play.later(hours=1)
    play.work()
    assert b"UCI+4712+" in play.out()["CONTRL-1.edi"]


def test_profile_that_is_being_written_is_not_read_yet(play: Play) -> None:
    profiles, file = play.gateway.profiles, play.folder / "profiles" / "blue-anchor.yaml"
    whole = file.read_text()
    file.write_text(whole[: whole.index("agreements:")])
    assert not profiles.refresh(settled=True)
    file.write_text(whole.replace("PT4H", "PT8H"))
    assert not profiles.refresh(settled=True)
    assert "blue-anchor" in profiles.current.agreements
    assert profiles.refresh(settled=True)
    assert b"PT8H" in profiles.current.agreements["blue-anchor"].resolved


def test_embedded_exchange_is_read_on_after_a_failed_commit(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    write, failed = Database.write, [CommitFailed("the disk is full")]
    taken: list[str] = []

    def write_later(database: Database, work: Callable[[Connection], object]) -> object:
        if failed:
            raise failed.pop()
        return write(database, work)

    async def take(letter: Letter) -> None:
        taken.append(letter.message_id)

    async def run() -> None:
        business = EmbeddedExchange(play.gateway.database, end="business")
        await business.publish(Letter(message_id="order-1", type="t", routing_key="submit.a.b", body=b"", headers={}))
        monkeypatch.setattr(Database, "write", write_later)
        reader = await EmbeddedExchange(play.gateway.database, patience=Patience(pause=0.05)).consume(take)
        await asyncio.to_thread(until, "the letter", lambda: taken or None)
        await reader.stop()

    asyncio.run(run())
    assert not failed and taken == ["order-1"]


def test_log_that_cannot_be_written_stops_nothing() -> None:
    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            lost.append(_text)
            raise OSError(errno.ENOSPC, "No space left on device")

    lost: list[str] = []
    before, handlers, level = structlog.get_config(), logging.root.handlers[:], logging.root.level
    try:
        logs.configure(LogSettings(), Full())
        log = structlog.get_logger()
        log.info("a line")
        try:
            raise ZeroDivisionError("a bug")
        except ZeroDivisionError:
            log.exception("a fault")
    finally:
        structlog.configure(**before)
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
    assert len(lost) == 2


def test_gateway_ends_when_it_can_keep_nothing_any_more(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        started: asyncio.Future[Serving] = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(serve(home, started.set_result))
        await started
        monkeypatch.setattr(Archive, "failure", "a sync failed: look at the disk, then start again")
        await running

    monkeypatch.setattr(serving, "SWEEP_EVERY", 0.02)
    with pytest.raises(GatewayBroken, match="look at the disk"):
        asyncio.run(run())


def test_work_in_hand_when_a_gateway_died_is_done_at_once(home: Home) -> None:
    first = Play(home)
    transmission = first.upload(example("iftsta.edi"))
    (job,) = first.gateway.database.write(
        lambda c: first.gateway.queue.claim(c, worker="one that dies", lanes=(1,), limit=1)
    )
    assert job.payload == {"transmission": transmission}
    first.gateway.close()
    second = Play(home)
    second.work()
    assert len(second.messages()) == 3
    second.gateway.close()


def test_work_that_ends_the_process_again_and_again_becomes_a_case(home: Home) -> None:
    for _ in range(ENDINGS_BEFORE_BURIAL):
        dying = Play(home)
        if not dying.messages() and not dying.gateway.database.read(dying.gateway.queue.depth):
            dying.upload(example("iftsta.edi"))
        claim = partial(dying.gateway.queue.claim, worker="one that dies", lanes=(1,), limit=1)
        assert len(dying.gateway.database.write(claim)) == 1
        dying.gateway.close()
    last = Play(home)
    last.work()
    (case,) = last.cases()
    assert case.cause == "workers-ended" and "read" in case.text
    assert not last.messages()
    last.gateway.close()
