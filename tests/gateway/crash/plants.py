"""The classical bugs, to be planted: a sweep that does not find them finds nothing.

Each is put in from outside, here in the test, by calling the real pieces in another order. The base class changes
nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import pytest
from sqlalchemy import Connection

from archive.disk import LocalDisk
from gateway import outbound
from gateway.channels.business import published_with
from gateway.channels.sftp.placing import MAILBOXES
from gateway.database import Database
from gateway.delivering import deliver_over
from gateway.instance import Gateway
from gateway.ledger import idempotency, interchanges, transmissions
from gateway.publishing import DELIVER, take_number
from gateway.receiving import BUILD
from gateway.working import Stage
from partners import Flow
from queues import Job, Letter, WorkQueue

if TYPE_CHECKING:
    from tests.gateway.crash.driver import Day

patch = pytest.MonkeyPatch()
"""Never undone: the process that a bug is planted in ends with its day."""


class Plant:
    """Nothing is planted: the gateway as it is."""

    near: ClassVar[str]
    """The kind of act that a kill has to come before for the bug to do its harm, now and then at least."""

    def opened(self, day: Day) -> None:
        """The gateway was opened."""

    def stages(self, day: Day, stages: Mapping[str, Stage]) -> Mapping[str, Stage]:
        """The stages that are to run."""
        return stages

    def upload(self, receive: Callable[[], object], answer: Callable[[], None]) -> None:
        """A channel takes an upload, and then tells the partner so."""
        receive()
        answer()

    def letter(self, letter: Letter) -> Letter:
        """The letter as it is published."""
        return letter


class AnswerBeforeCommit(Plant):
    """The partner is told that its file is safe, and then it is made safe."""

    near = "write"

    def upload(self, receive: Callable[[], object], answer: Callable[[], None]) -> None:
        """In the wrong order."""
        answer()
        receive()


class JobInItsOwnTransaction(Plant):
    """What is to be done is queued when that which makes it necessary was committed."""

    near = "commit"

    def opened(self, day: Day) -> None:
        """Jobs wait until the transaction is over, and get one of their own."""
        enqueue, waiting = WorkQueue.enqueue, list[Callable[[Connection], object]]()

        def later(queue: WorkQueue, _: Connection, **job: Any) -> bool:  # noqa: ANN401 (as `enqueue` takes them)
            waiting.append(lambda fresh: enqueue(queue, fresh, **job))
            return True

        def then(write: Callable[[Callable[[Connection], object]], object]) -> None:
            while waiting:
                write(waiting.pop(0))

        patch.setattr(WorkQueue, "enqueue", later)
        _after_each_write(then)


class NumberInItsOwnTransaction(Plant):
    """A control number is taken, and then the interchange that bears it is committed."""

    near = "write"

    def stages(self, day: Day, stages: Mapping[str, Stage]) -> Mapping[str, Stage]:
        """The number is taken before the stage begins."""
        build, taken = stages[BUILD], list[int]()

        def from_stock(_connection: Connection, _flow: Flow) -> int:
            return taken.pop()

        def build_with(gateway: Gateway, job: Job) -> None:
            source = gateway.database.read(
                lambda connection: transmissions.get(connection, job.payload["transmission"])
            )
            pair = gateway.profiles.current.flow(source.facts["flow"])
            assert pair is not None
            taken.append(gateway.database.write(lambda connection: take_number(connection, pair[1])))
            build(gateway, job)

        patch.setattr(outbound, "take_number", from_stock)
        return {**stages, BUILD: build_with}


class MarkedBeforePublished(Plant):
    """A letter counts as published, and then it is published."""

    near = "publish"

    def stages(self, day: Day, stages: Mapping[str, Stage]) -> Mapping[str, Stage]:
        """Letters wait until the stage has committed."""
        waiting: list[Letter] = []
        deliver = deliver_over(published_with(waiting.append), MAILBOXES)

        def deliver_first(gateway: Gateway, job: Job) -> None:
            deliver(gateway, job)
            while waiting:
                day.publish(waiting.pop())

        return {**stages, DELIVER: deliver_first}


class RowBeforeBytes(Plant):
    """The ledger says where bytes lie, and then they are written there."""

    near = "write"

    def opened(self, day: Day) -> None:
        """What the archive writes waits for the next commit."""
        waiting: list[tuple[int, list[bytes], int]] = []

        def write(_disk: LocalDisk, file: int, offset: int, buffers: Sequence[memoryview]) -> int:
            waiting.append((file, [bytes(buffer) for buffer in buffers], offset))
            return sum(len(buffer) for buffer in buffers)

        def then(_write: object) -> None:
            while waiting:
                os.pwritev(*waiting.pop(0))

        patch.setattr(LocalDisk, "write", write)
        _after_each_write(then)


class FreshIdOfEachAttempt(Plant):
    """Each attempt to publish has a message id of its own, so that no receiver can tell a repeat."""

    near = "commit"

    def letter(self, letter: Letter) -> Letter:
        """The same letter under another id."""
        return msgspec.structs.replace(letter, message_id=f"{letter.message_id}/{os.getpid()}")


class NothingIsARepeat(Plant):
    """Whatever comes counts as new, also what a partner sends again because it got no answer."""

    near = "answer"

    def opened(self, day: Day) -> None:
        """No history, and no claim."""
        patch.setattr(interchanges, "earlier", lambda *_, **__: [])
        patch.setattr(idempotency, "claim", lambda *_, **__: None)


class EffectWithoutCompletion(Plant):
    """What a stage did is committed, and then that it is done."""

    near = "commit"

    def opened(self, day: Day) -> None:
        """Completions wait until the transaction is over, and get one of their own."""
        complete, waiting = WorkQueue.complete, list[Callable[[Connection], object]]()

        def later(queue: WorkQueue, _: Connection, job: Job) -> None:
            waiting.append(lambda fresh: complete(queue, fresh, job))

        def then(write: Callable[[Callable[[Connection], object]], object]) -> None:
            while waiting:
                write(waiting.pop(0))

        patch.setattr(WorkQueue, "complete", later)
        _after_each_write(then)


def _after_each_write(then: Callable[[Callable[[Callable[[Connection], object]], object]], None]) -> None:
    """Have ``then`` run after each transaction; it gets what runs another one."""
    write = Database.write

    def write_and_more(database: Database, work: Callable[[Connection], object]) -> object:
        result = write(database, work)
        then(lambda more: write(database, more))
        return result

    patch.setattr(Database, "write", write_and_more)


PLANTS: Mapping[str, type[Plant]] = {
    "answer before the commit": AnswerBeforeCommit,
    "job in its own transaction": JobInItsOwnTransaction,
    "number in its own transaction": NumberInItsOwnTransaction,
    "marked before it is published": MarkedBeforePublished,
    "row before the bytes": RowBeforeBytes,
    "fresh id of each attempt": FreshIdOfEachAttempt,
    "nothing is a repeat": NothingIsARepeat,
    "effect committed before its completion": EffectWithoutCompletion,
}
