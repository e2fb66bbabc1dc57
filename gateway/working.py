"""The workers: threads that claim jobs from the queue and run the stage each names.

A stage does its work, commits its effects and the completion of its job in one transaction, and returns. When it
raises, what it raised decides:

- :class:`GiveUp`: trying again cannot help. The job is buried and a case opened with the text.
- :class:`TryAgain`, a database that is away, a disk error: the job runs again later, after a growing random pause,
  until its budget is used up; then it is buried and becomes a case.
- :class:`archive.ArchiveDamaged`: what was stored is not there as it was. That is a case at once.
- :class:`queues.LostLease`: another worker has the job; what was done is thrown away.
- anything else is a fault of ours: it is logged with its traceback, tried twice more in case the moment was to blame,
  and then buried as a case. This is the one place in the gateway that catches everything, so that one bad message
  never takes the others with it.

A job whose workers ended without a word may be what ends them. After the second time it is rehearsed first, in a
process with limits (:mod:`gateway.rehearsing`), and becomes a case when it ends that too. A rehearsal cannot show
everything, so after the fifth time it becomes a case before its next run.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from archive import ArchiveDamaged, ArchiveFault
from gateway.database import NOT_NOW
from gateway.exchange import DELIVERY
from gateway.instance import Gateway
from gateway.ledger import cases, deliveries, transmissions
from gateway.rehearsing import Interrupted, rehearse
from queues import Job, LostLease, backoff

log = structlog.get_logger()

Stage = Callable[[Gateway, Job], None]

LANES = (0, 1, 5, 9)
ABOUT = "about"
"""The key of a job's payload under which work that is about no transmission says what a case of it is about."""
IDLE = 0.2
"""Seconds an idle worker waits before it looks again; a wake-up in this process shortens it."""
HEARTBEAT = 15.0
FAULTS_BEFORE_BURIAL = 3
ENDINGS_BEFORE_REHEARSAL, ENDINGS_BEFORE_BURIAL = 2, 5
"""How often a job's lease may end without a word from its worker before it is tried out, and before it is given up."""
BASE, CAP, BUDGET = timedelta(seconds=30), timedelta(hours=1), timedelta(hours=72)


class GiveUp(Exception):
    """A stage cannot do its work and never will: ``cause`` is the case's kind, the text says what a person can do."""

    def __init__(self, cause: str, text: str) -> None:
        super().__init__(text)
        self.cause = cause


class TryAgain(Exception):
    """A stage could not do its work now; the text says what was in the way. The pauses follow the flow's terms."""

    def __init__(
        self,
        text: str,
        base: timedelta = BASE,
        cap: timedelta = CAP,
        budget: timedelta = BUDGET,
        *,
        at_least: timedelta = timedelta(0),
    ) -> None:
        """``at_least`` is the shortest pause: the counterpart asked for it, or an answer is due meanwhile."""
        super().__init__(text)
        self.base, self.cap, self.budget, self.at_least = base, cap, budget, at_least


class Workers:
    """The threads that run stages; ``start`` and ``stop``."""

    def __init__(
        self,
        gateway: Gateway,
        stages: Mapping[str, Stage],
        count: int,
        *,
        name: str = "worker",
        pause: float | None = None,
    ) -> None:
        """``name`` tells these threads from those of other workers of the gateway.

        ``pause`` is how many seconds they wait when there was nothing for them; without it, :data:`IDLE` or until new
        work wakes them. Those whose work comes seldom should not ask for it whenever others have some.
        """
        self._gateway = gateway
        self._stages = stages
        self._pause = pause
        self._stopping = threading.Event()
        self._running: dict[str, list[Job]] = {}
        """What each worker holds, by its name."""
        self._guard = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(f"{name}-{number}",), name=f"{name}-{number}", daemon=True)
            for number in range(1, count + 1)
        ]
        self._threads.append(threading.Thread(target=self._keep_alive, name=f"{name}-heartbeat", daemon=True))

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is under way, claim nothing more, and return when all is still; also when nothing was begun."""
        self._stopping.set()
        self._gateway.wake.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _work(self, name: str) -> None:
        while not self._stopping.is_set():
            if self.run_one(name):
                continue
            if self._pause is not None:
                self._stopping.wait(self._pause)
                continue
            self._gateway.wake.wait(IDLE)
            self._gateway.wake.clear()

    def run_one(self, name: str = "worker") -> bool:
        """Claim and run one job; whether there was one."""
        gateway = self._gateway
        try:
            if not gateway.database.read(gateway.queue.has_ready):
                return False
            jobs = gateway.database.write(
                lambda connection: gateway.queue.claim(
                    connection, worker=name, lanes=LANES, limit=1, kinds=tuple(self._stages)
                )
            )
        except SQLAlchemyError as error:
            log.warning("the database does not answer; looking again", error=str(error))
            self._stopping.wait(1.0)
            return False
        for job in jobs:
            with self._guard:
                self._running[name] = [job]
            try:
                with structlog.contextvars.bound_contextvars(
                    job=job.id, stage=job.kind, partner=job.partner, **job.payload
                ):
                    self._run(job)
            finally:
                with self._guard:
                    self._running.pop(name, None)
        return bool(jobs)

    def _run(self, job: Job) -> None:
        try:
            self._beware(job)
            self._stages[job.kind](self._gateway, job)
        except LostLease:
            log.warning("another worker has the job; its result counts")
        except GiveUp as error:
            self._settle(partial(self._bury, job, error.cause, str(error)))
        except TryAgain as error:
            self._again(job, str(error), error.base, error.cap, error.budget, error.at_least)
        except Interrupted:
            told = "the gateway was stopped while this was tried out"
            self._settle(lambda connection: self._gateway.queue.retry(connection, job, None, told))
        except ArchiveDamaged as error:
            self._settle(partial(self._bury, job, "archive-damaged", f"{error}. Then resend or reprocess it"))
        except (*NOT_NOW, ArchiveFault, OSError) as error:
            log.warning("not possible now; trying again later", error=str(error))
            self._again(job, str(error), BASE, CAP, BUDGET)
        # The supervisor's broad except: see the module's text.
        except Exception as error:
            log.exception("a stage failed unexpectedly")
            text = f"{type(error).__name__}: {error}"
            if job.attempt >= FAULTS_BEFORE_BURIAL:
                advice = "this is a fault of the gateway: report it with the log, then resend or reprocess it"
                self._settle(partial(self._bury, job, "stage-failed", f"{text} ({advice})"))
            else:
                self._again(job, text, timedelta(seconds=1), timedelta(seconds=10), BUDGET)

    def _beware(self, job: Job) -> None:
        """Return when a job may be run; raises :class:`GiveUp` for one that ends its workers, or may do so."""
        if job.expiries < ENDINGS_BEFORE_REHEARSAL:
            return
        told = f"{job.expiries} workers ended without a word while they ran the stage `{job.kind}`"
        if job.expiries >= ENDINGS_BEFORE_BURIAL:
            raise GiveUp(
                "workers-ended",
                f"{told}, which may be what ended them. Look into the log of those moments and at the memory; then"
                " resend or reprocess it",
            )
        log.warning("workers ended over this job; it is tried out in a process of its own", expiries=job.expiries)
        ended = rehearse(self._gateway.home, job, self._stopping)
        if ended is not None:
            raise GiveUp(
                "workers-ended",
                f"{told}. Tried out in a process of its own, with limits, it {ended}. It is not run again by itself:"
                " keep the file and report it, and ask its sender for another one; reprocess it once that is mended",
            )

    def _again(
        self,
        job: Job,
        reason: str,
        base: timedelta,
        cap: timedelta,
        budget: timedelta,
        at_least: timedelta = timedelta(0),
    ) -> None:
        # Randomness spreads retries out; nothing secret hangs on it.
        pause = max(at_least, backoff(job.attempt, base, cap, random.random()))  # noqa: S311
        self._settle(partial(self._put_off, job, reason, pause, budget))

    def _put_off(self, job: Job, reason: str, pause: timedelta, budget: timedelta, connection: Connection) -> None:
        now = self._gateway.clock()
        # The time in which its channel was shut is no time that it had.
        if now - job.enqueued_at - self._gateway.queue.held(connection, job) >= budget:
            text = f"given up after {budget}: {reason}. Put the cause right, then resend"
            self._bury(job, "retries-used-up", text, connection)
            return
        log.info("trying again later", reason=reason, seconds=round(pause.total_seconds(), 1))
        self._gateway.queue.retry(connection, job, now + pause, reason)

    def _bury(self, job: Job, cause: str, text: str, connection: Connection) -> None:
        now, subject = self._gateway.clock(), job.payload.get("transmission")
        self._gateway.queue.bury(connection, job, text)
        if subject is None:
            # Work that is about no transmission, such as publishing events: one case for it, however much there is.
            about = job.payload.get(ABOUT, job.kind)
            cases.open(connection, cause=cause, text=text, subject=about, party=None, at=now)
            return
        transmission = transmissions.get(connection, subject)
        if transmission.delivery is not None and "give-up" in DELIVERY.table[transmission.delivery]:
            deliveries.step(connection, subject, "give-up", at=now, actor="gateway", data={"reason": text})
        cases.open(connection, cause=cause, text=text, subject=subject, party=transmission.party, at=now)

    def _settle(self, work: Callable[[Connection], object]) -> None:
        """Write a failed job's fate; if even that fails the lease runs out and the job comes again."""
        try:
            self._gateway.database.write(work)
        except (LostLease, SQLAlchemyError) as error:
            log.warning("the job's fate could not be written; it will be claimed again", error=str(error))

    def _keep_alive(self) -> None:
        while not self._stopping.wait(HEARTBEAT):
            with self._guard:
                running = {name: list(jobs) for name, jobs in self._running.items()}
            for name, jobs in running.items():
                try:
                    self._gateway.database.write(partial(self._extend, name, jobs))
                except SQLAlchemyError as error:
                    log.warning("heartbeat not written", worker=name, error=str(error))

    def _extend(self, name: str, jobs: list[Job], connection: Connection) -> None:
        self._gateway.queue.heartbeat(connection, jobs, name)
