"""The work queue: what is still to be done, in the database that also holds why.

A job is enqueued in the transaction that makes it necessary and completed in the transaction that makes it unnecessary;
so there is never an effect without its follow-up work, nor work whose effect is already there. Every method takes the
caller's connection and leaves the transaction to the caller.

*Leases and fencing.* A claim leases jobs for a minute and raises their ``attempt``. What a worker later says about a
job counts only while that attempt is the newest; else it hears :class:`LostLease`, must roll back, and thereby throws
its result away. A worker that lives longer than a lease extends it by ``heartbeat``; ``reap`` gives the jobs of dead
workers back. All moments are the database's: the clocks of several nodes never agree.

*Lanes and fairness.* Lane numbers are priorities (0 acknowledgments, 1 urgent, 5 normal, 9 bulk); each worker has its
own order of lanes. Within a lane, partners are served by start-time fair queueing: each has a virtual time, work done
divided by weight, and the smallest goes first. A burst of a hundred thousand jobs of one partner so delays another
partner by one claim.

*Gates.* A job may name a gate: the channel that has to be open for it (:mod:`queues.gates`). A partner has a row of its
own in a lane for each gate, so what waits before one that is shut is left out by the row and never looked at, and what
goes by another way goes on. It is not claimed, so it uses up no attempt; and :meth:`WorkQueue.held` says how long it
was kept waiting, which is to be taken off whatever time it has.

*The claim is three statements*, in READ COMMITTED: lock the lane, lease its jobs, charge it or put it to sleep. Folded
into one they would share one snapshot, and a job that was committed after the snapshot but before the lock would be
overlooked while its lane is put to sleep: stranded. ``enqueue`` locks the lane's row first, so every order of the two
ends with the lane awake. ``stranded`` finds what must not exist.

*Deadlocks.* Whoever changes a job and its lane locks the job first; the claim does it the other way round, but never
waits for a job. A gate comes last, after jobs and lanes, and the claim does not wait for it either. Two transactions
that enqueue for the same two partners in opposite order can still wait for each other; PostgreSQL ends one of them, and
the caller's database runs it again.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Delete, Row, Update

from queues import statements
from queues.gates import Clock, Draw, Gates

LEASE = timedelta(seconds=60)
"""How long a worker may be silent; it should send a heartbeat every quarter of that."""

REAPED_AT_ONCE = 500


class LostLease(Exception):
    """Another worker has the job, or it is gone: roll back and throw the result away."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work as a worker holds it."""

    id: int
    kind: str
    key: str
    partner: str
    lane: int
    payload: dict[str, str]
    attempt: int
    """How often it was claimed, this time included: the fencing number, to be passed on to what can check it."""
    expiries: int
    """How often a lease on it ran out; a job that kills its workers shows here."""
    enqueued_at: datetime
    gate: str = ""
    """What it needs open; empty when nothing."""
    held_before: float = 0.0
    """Seconds for which its gate had been shut in all when it was queued."""
    reason: str | None = None
    """Why the last try failed."""


class LaneDepth(msgspec.Struct, frozen=True, kw_only=True):
    """How much waits in a lane."""

    lane: int
    ready: int
    delayed: int
    """Waiting for their time to come, most of them for another try."""
    leased: int
    buried: int
    oldest: datetime | None
    """Since when the job that waits longest could have run; what waits at a shut gate cannot."""


class GateDepth(msgspec.Struct, frozen=True, kw_only=True):
    """How much waits before a gate."""

    gate: str
    waiting: int
    leased: int
    oldest: datetime | None
    """Since when the job that waits longest could have run."""


class WorkQueue:
    """The queue's verbs. It keeps no state of its own: any number of these, anywhere, are one queue."""

    def __init__(
        self,
        *,
        lease: timedelta = LEASE,
        clock: Clock = statements.database_now,
        draw: Draw = random.random,
    ) -> None:
        """``draw`` gives random numbers in [0, 1), by which the times that gates stay shut differ."""
        self._lease = lease
        self._now = clock
        self.gates = Gates(clock, draw)

    def enqueue(
        self,
        connection: Connection,
        *,
        kind: str,
        key: str,
        payload: Mapping[str, str],
        partner: str,
        lane: int,
        run_at: datetime | None = None,
        weight: float | None = None,
        gate: str = "",
    ) -> bool:
        """Whether a job was queued: ``False`` when one with this key ever was, until :meth:`forget`.

        ``run_at`` is the earliest moment to run it; now by default. ``weight`` sets the partner's share in the lane and
        keeps what was set before by default, at first 1. ``gate`` is what has to be open for it.
        """
        now = self._now(connection)
        insert_key = statements.INSERT_KEY[connection.dialect.name]
        if connection.execute(insert_key, {"key": key, "enqueued_at": now}).first() is None:
            return False
        due = max(run_at, now) if run_at else now
        statements.wake_lane(connection, partner=partner, lane=lane, gate=gate, run_at=due, now=now, weight=weight)
        connection.execute(
            statements.INSERT_JOB,
            {
                "kind": kind,
                "key": key,
                "partner": partner,
                "lane": lane,
                "payload": dict(payload),
                "run_at": due,
                "enqueued_at": now,
                "gate": gate,
                "held_before": self.gates.held(connection, gate).total_seconds() if gate else 0.0,
            },
        )
        return True

    def ensure(
        self, connection: Connection, *, kind: str, key: str, payload: Mapping[str, str], partner: str, lane: int
    ) -> bool:
        """Whether a job had to be queued so that there is one of this key which runs, or will.

        For work that never ends (:meth:`repeat`): what became of an earlier job of the key does not count, and one that
        was given up makes room. However many ask at the same moment, there is one.
        """
        queued = partial(self.enqueue, connection, kind=kind, key=key, payload=payload, partner=partner, lane=lane)
        if queued():
            return True
        # Only who has the key's row may remove it: whoever else asks waits for that, and then finds the job.
        if connection.execute(statements.LOCK_KEY, {"p_key": key}).first() is not None:
            if self.expects(connection, key):
                return False
            self.drop_buried(connection, key)
            connection.execute(statements.FORGET_KEY, {"p_key": key})
        return queued()

    def claim(
        self,
        connection: Connection,
        *,
        worker: str,
        lanes: Sequence[int],
        limit: int,
        kinds: Collection[str] | None = None,
    ) -> list[Job]:
        """At most ``limit`` jobs, now leased to ``worker``: lanes in the given order, partners in turn.

        ``kinds`` leaves the others to other workers. The transaction should hold nothing but the claim, for it keeps
        lanes locked until it ends; the lease counts from its commit on.
        """
        now = self._now(connection)
        given = {"p_now": now, "p_worker": worker, "p_lease_until": now + self._lease}
        if kinds is not None:
            given["p_kinds"] = list(kinds)
        of_kinds = kinds is not None
        claimed: list[Job] = []
        passed: list[tuple[int, str, str]] = []
        while len(claimed) < limit:
            choose = statements.choose_lane(tuple(lanes), of_kinds=of_kinds, passing=bool(passed))
            chosen = connection.execute(choose, {**given, "p_passed": passed} if passed else given).one_or_none()
            if chosen is None:
                break
            lane, partner, gate, broken = chosen
            passed.append((lane, partner, gate))
            passage = self.gates.admit(connection, gate) if broken else "all"
            if passage == "none":
                continue
            wanted = 1 if passage == "one" else limit - len(claimed)
            given |= {"p_lane": lane, "p_partner": partner, "p_gate": gate, "p_limit": wanted}
            rows = connection.execute(statements.lease_jobs(of_kinds=of_kinds), given).all()
            if passage == "one" and rows:
                self.gates.probe(connection, gate, rows[0].id, rows[0].attempt)
            connection.execute(statements.charge_lane(dry=len(rows) < wanted), {**given, "p_taken": len(rows)})
            claimed += [_job(row) for row in sorted(rows, key=lambda row: (row.run_at, row.id))]
        return claimed

    def has_ready(self, connection: Connection) -> bool:
        """Whether a claim would find a job, as far as can be told without locking; cheap enough to ask all day."""
        return connection.execute(statements.AWAKE_LANE, {"p_now": self._now(connection)}).first() is not None

    def held(self, connection: Connection, job: Job) -> timedelta:
        """How much of the time since the job was queued its gate was shut."""
        if not job.gate:
            return timedelta(0)
        return self.gates.held(connection, job.gate) - timedelta(seconds=job.held_before)

    def heartbeat(self, connection: Connection, jobs: Iterable[Job], worker: str) -> list[Job]:
        """The jobs that ``worker`` no longer holds, to stop working on; the leases of the others are extended."""
        held = {job.id: job for job in jobs}
        if not held:
            return []
        pairs = [(job.id, job.attempt) for job in held.values()]
        until = self._now(connection) + self._lease
        kept = set(connection.execute(statements.extend_leases(pairs, worker, until)).scalars())
        return [job for job in held.values() if job.id not in kept]

    def complete(self, connection: Connection, job: Job) -> None:
        """The job is done and gone; its key stays taken. Raises :class:`LostLease`."""
        self._settle(connection, statements.DELETE_HELD, job, {})

    def retry(self, connection: Connection, job: Job, run_at: datetime | None, reason: str) -> None:
        """The job waits for another try, from ``run_at`` on (now when ``None``). Raises :class:`LostLease`."""
        now = self._now(connection)
        due = max(run_at, now) if run_at else now
        # The job first, then its lane, as everybody does who waits for both: see the deadlocks above.
        self._settle(connection, statements.RELEASE_HELD, job, {"p_run_at": due, "p_reason": reason})
        statements.wake_lane(connection, partner=job.partner, lane=job.lane, gate=job.gate, run_at=due, now=now)

    def repeat(self, connection: Connection, job: Job, run_at: datetime, reason: str | None = None) -> None:
        """The job is done for this time and runs again at ``run_at``, as if it had just been queued.

        For what never ends, such as looking into a partner's folder; ``reason`` is what a person may want to know of
        this time. Its ``attempt`` goes on counting. Raises :class:`LostLease`.
        """
        now = self._now(connection)
        due = max(run_at, now)
        self._settle(connection, statements.REPEAT_HELD, job, {"p_run_at": due, "p_now": now, "p_reason": reason})
        statements.wake_lane(connection, partner=job.partner, lane=job.lane, gate=job.gate, run_at=due, now=now)

    def bury(self, connection: Connection, job: Job, reason: str) -> None:
        """The job is given up: kept, counted and shown, never claimed. Raises :class:`LostLease`."""
        self._settle(connection, statements.BURY_HELD, job, {"p_reason": reason})

    @staticmethod
    def _settle(connection: Connection, statement: Delete | Update, job: Job, values: dict[str, object]) -> None:
        parameters = {"p_id": job.id, "p_attempt": job.attempt, **values}
        if connection.execute(statement, parameters).rowcount != 1:
            raise LostLease(
                f"Job {job.id} ({job.kind} {job.key}) is no longer held by its attempt {job.attempt}: another worker "
                "has it or it is done. Roll back; nothing of this attempt may take effect"
            )

    def abandon(self, connection: Connection) -> list[Job]:
        """The jobs that anybody held; they are ready again, with their fencing numbers spent.

        For a database that one process has to itself and has just opened: whoever held leases is gone, and waiting for
        them to run out would only delay the work.
        """
        return self._release(connection, datetime.max.replace(tzinfo=UTC), sys.maxsize)

    def reap(self, connection: Connection, limit: int = REAPED_AT_ONCE) -> list[Job]:
        """The jobs whose lease had run out; they are ready again. To be called about every quarter of a lease."""
        return self._release(connection, self._now(connection), limit)

    def _release(self, connection: Connection, until: datetime, limit: int) -> list[Job]:
        """Make the jobs ready whose lease lasts no longer than ``until``."""
        now = self._now(connection)
        expired = [_job(row) for row in connection.execute(statements.expire_leases(until, now, limit))]
        # In the same order everywhere, so that two reapers cannot wait for each other.
        for lane, partner, gate in sorted({(job.lane, job.partner, job.gate) for job in expired}):
            statements.wake_lane(connection, partner=partner, lane=lane, gate=gate, run_at=now, now=now)
        return expired

    def buried(self, connection: Connection, limit: int = 100) -> list[Job]:
        """The jobs that were given up, oldest first, with their reasons."""
        return [_job(row) for row in connection.execute(statements.buried_jobs(limit))]

    def revive(self, connection: Connection, job_id: int, run_at: datetime | None = None) -> bool:
        """Whether a buried job of this id was there; it waits for its turn again."""
        now = self._now(connection)
        due = max(run_at, now) if run_at else now
        row = connection.execute(statements.revive_buried(job_id, due)).one_or_none()
        if row is None:
            return False
        statements.wake_lane(connection, partner=row.partner, lane=row.lane, gate=row.gate, run_at=due, now=now)
        return True

    def drop(self, connection: Connection, job_id: int) -> bool:
        """Whether a buried job of this id was there; it is gone, and its key stays taken."""
        return connection.execute(statements.delete_buried(job_id)).rowcount == 1

    def drop_buried(self, connection: Connection, key: str) -> int:
        """How many jobs that were given up are gone now: those of this key, and of keys that add ``:`` and more."""
        return connection.execute(statements.delete_buried_of(key)).rowcount

    def expects(self, connection: Connection, key: str, *, longer: bool = False) -> bool:
        """Whether a job of this key will still run, or is running; ``longer``: or of one that adds ``:`` and more."""
        return connection.execute(statements.living_jobs(key, longer=longer)).first() is not None

    def depth(self, connection: Connection) -> list[LaneDepth]:
        """What waits in each lane that has any job."""
        return [
            LaneDepth(lane=lane, ready=ready, delayed=delayed, leased=leased, buried=buried, oldest=oldest)
            for lane, ready, delayed, leased, buried, oldest in connection.execute(
                statements.lane_depths(), {"p_now": self._now(connection)}
            )
        ]

    def at_gates(self, connection: Connection) -> list[GateDepth]:
        """What waits before each gate that has any job; open ones too."""
        return [
            GateDepth(gate=gate, waiting=waiting, leased=leased, oldest=oldest)
            for gate, waiting, leased, oldest in connection.execute(statements.waiting_at_gates(self._now(connection)))
        ]

    def stranded(self, connection: Connection) -> list[tuple[str, int, str]]:
        """Partners, lanes and gates that slept although a job was ready; awake now. Any of them deserves an alarm."""
        now = self._now(connection)
        found = connection.execute(statements.stranded_lanes(now)).all()
        for partner, lane, gate in found:
            statements.wake_lane(connection, partner=partner, lane=lane, gate=gate, run_at=now, now=now)
        return [(partner, lane, gate) for partner, lane, gate in found]

    def forget(self, connection: Connection, before: datetime) -> int:
        """How many keys of jobs queued before a moment and gone by now were forgotten: they may be queued again."""
        return connection.execute(statements.forget_keys(before)).rowcount


def _job(row: Row[*tuple[Any, ...]]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        key=row.key,
        partner=row.partner,
        lane=row.lane,
        payload=row.payload,
        attempt=row.attempt,
        expiries=row.expiries,
        gate=row.gate,
        held_before=row.held_before,
        enqueued_at=row.enqueued_at,
        reason=row.reason,
    )
