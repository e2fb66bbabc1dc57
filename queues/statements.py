"""Every SQL statement of the work queue, by name; the same for SQLite and PostgreSQL where their languages allow.

The statements of the hot path are built once, with named parameters: putting one together costs more than running it.
Parameter names begin with ``p_`` where a column of the same name could be meant.

Row locks (``FOR UPDATE SKIP LOCKED``) are written for PostgreSQL and left out for SQLite, whose only writer holds the
whole database while it claims. Moments and names are parameters and never join conditions, so that the partial index
on ready jobs gives their order: a join makes PostgreSQL sort the whole backlog for every claim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    FromClause,
    Insert,
    Select,
    Update,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from queues.schema import Instant, gate, job, job_key, partner_lane

JOB_COLUMNS = (
    job.c.id,
    job.c.kind,
    job.c.key,
    job.c.partner,
    job.c.lane,
    job.c.gate,
    job.c.payload,
    job.c.attempt,
    job.c.expiries,
    job.c.run_at,
    job.c.enqueued_at,
    job.c.held_before,
    job.c.reason,
)

_NOW = bindparam("p_now", type_=Instant)
_PARTNER = bindparam("p_partner", type_=partner_lane.c.partner.type)
_LANE = bindparam("p_lane", type_=partner_lane.c.lane.type)
_GATE = bindparam("p_gate", type_=partner_lane.c.gate.type)

DATABASE_NOW = select(func.clock_timestamp(type_=Instant))


def database_now(connection: Connection) -> datetime:
    """The moment on the database's own clock, the only one that several nodes have in common.

    SQLite runs in this process, so its clock is this machine's.
    """
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    return connection.execute(DATABASE_NOW).scalar_one()


# Enqueue -------------------------------------------------------------------------------------------------------------


def _insert_key(statement: postgresql.Insert | sqlite.Insert) -> Insert:
    return statement.on_conflict_do_nothing().returning(job_key.c.key)


INSERT_KEY = {"postgresql": _insert_key(postgresql.insert(job_key)), "sqlite": _insert_key(sqlite.insert(job_key))}
"""Remember ``key``, ``enqueued_at``; returns the key if it was new. A concurrent insert of it is waited for."""

LOCK_KEY = select(job_key.c.key).where(job_key.c.key == bindparam("p_key")).with_for_update()
"""Lock a key where there is one; whoever else does is waited for."""
FORGET_KEY = delete(job_key).where(job_key.c.key == bindparam("p_key"))

INSERT_JOB = insert(job).values(state="ready", attempt=0, expiries=0)
"""A job of ``kind``, ``key``, ``partner``, ``lane``, ``gate``, ``payload``, ``run_at``, ``enqueued_at``, and
``held_before``."""


# Gates ---------------------------------------------------------------------------------------------------------------

_HELD_UP = or_(gate.c.paused.in_(("out", "both")), gate.c.open_until > _NOW)
"""Nothing may go through a gate: somebody paused it, or whoever is behind it is given time."""

_PROBING = (
    select(job.c.state)
    .where(job.c.id == gate.c.probe, job.c.attempt == gate.c.probe_attempt)
    .correlate(gate)
    .scalar_subquery()
) == "leased"
"""A job tries already whether somebody is there again. Its lease says so, so that no dead worker can block a gate.

Asked for a value and not for existence: that, PostgreSQL would answer with a table of all leased jobs, for which it
reads the whole backlog.
"""


def _shut(lanes: FromClause, *, probing: bool) -> ColumnElement[bool]:
    """Whether the gate of a row of ``partner_lane`` lets nothing through; ``probing``: or nothing more for now."""
    condition = or_(_HELD_UP, _PROBING) if probing else _HELD_UP
    return and_(
        lanes.c.gate != "", select(gate.c.name).where(gate.c.name == lanes.c.gate, condition).correlate(lanes).exists()
    )


def _insert_gate(statement: postgresql.Insert | sqlite.Insert) -> Insert:
    return statement.values(failures=0, openings=0, draining=False, held=0.0).on_conflict_do_nothing()


INSERT_GATE = {"postgresql": _insert_gate(postgresql.insert(gate)), "sqlite": _insert_gate(sqlite.insert(gate))}
"""A gate ``name``, whole and open, where there is none yet."""

FIND_GATE = select(gate).where(gate.c.name == bindparam("p_name"))
LOCK_GATE = FIND_GATE.with_for_update()
TRY_GATE = FIND_GATE.with_for_update(skip_locked=True)
"""The row of a gate, locked; none when somebody else has it locked."""

GATE_PROBED = select(gate.c.name).where(gate.c.name == bindparam("p_name"), _PROBING)
ALL_GATES = select(gate).order_by(gate.c.name)
SET_PROBE = (
    update(gate)
    .where(gate.c.name == bindparam("p_name"))
    .values(probe=bindparam("p_probe", type_=gate.c.probe.type), probe_attempt=bindparam("p_probe_attempt"))
)


def set_gate(name: str, values: Mapping[str, object]) -> Update:
    """Change columns of a gate."""
    return update(gate).where(gate.c.name == name).values(**values)


def waiting_at_gates(now: datetime) -> Select[str, int, int, datetime | None]:
    """Per gate with jobs that are not given up: waiting, in hand, and since when the one that waits longest is due."""
    due = and_(job.c.state == "ready", job.c.run_at <= now)
    return (
        select(
            job.c.gate,
            func.sum(case((job.c.state == "ready", 1), else_=0)),
            func.sum(case((job.c.state == "leased", 1), else_=0)),
            func.min(case((due, job.c.run_at)), type_=Instant),
        )
        .where(job.c.gate != "", job.c.state != "buried")
        .group_by(job.c.gate)
    )


# Waking --------------------------------------------------------------------------------------------------------------


def _wake_lane(statement: postgresql.Insert | sqlite.Insert, *, weighted: bool) -> Insert:
    others = partner_lane.alias("other")
    # Who is held at a gate stands still, and nobody may begin as far behind as that.
    awake = (
        select(func.min(others.c.vtime))
        .where(others.c.lane == _LANE, others.c.ready_at <= _NOW, ~_shut(others, probing=False))
        .scalar_subquery()
    )
    latest = select(func.max(others.c.vtime)).where(others.c.lane == _LANE).scalar_subquery()
    new, old = statement.excluded, partner_lane.c
    was_waiting = and_(old.ready_at.is_not(None), old.ready_at <= _NOW)
    changes: dict[str, object] = {
        "ready_at": case((or_(old.ready_at.is_(None), old.ready_at > new.ready_at), new.ready_at), else_=old.ready_at),
        "vtime": case((or_(was_waiting, old.vtime > new.vtime), old.vtime), else_=new.vtime),
    }
    if weighted:
        changes["weight"] = new.weight
    return statement.values(
        partner=_PARTNER,
        lane=_LANE,
        gate=_GATE,
        weight=bindparam("p_weight"),
        ready_at=bindparam("p_run_at", type_=Instant),
        vtime=func.coalesce(awake, latest, 0.0),
    ).on_conflict_do_update(index_elements=["lane", "partner", "gate"], set_=changes)


_WAKE_LANE = {
    (dialect, weighted): _wake_lane(make(partner_lane), weighted=weighted)
    for dialect, make in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
    for weighted in (False, True)
}


def wake_lane(
    connection: Connection,
    *,
    partner: str,
    lane: int,
    gate: str,
    run_at: datetime,
    now: datetime,
    weight: float | None = None,
) -> None:
    """Make the lane ready at ``run_at`` or earlier, and lock its row until the transaction ends.

    Who was not waiting starts at the virtual time of those who are, or it would hold credit for its absence; where
    nobody is waiting, at the largest there is, or the first comer would hold credit against the next.
    """
    connection.execute(
        _WAKE_LANE[connection.dialect.name, weight is not None],
        {
            "p_partner": partner,
            "p_lane": lane,
            "p_gate": gate,
            "p_weight": 1.0 if weight is None else weight,
            "p_run_at": run_at,
            "p_now": now,
        },
    )


# Claim: three statements, never one ----------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def choose_lane(lanes: tuple[int, ...], *, of_kinds: bool, passing: bool) -> Select[int, str, str, bool]:
    """1: the row that is due next, locked: lanes in the given order, then the smallest virtual time.

    Its lane, partner and gate, and whether that gate is one that was given time and has to be tried. Rows whose gate is
    shut are left out whole, however many jobs wait there. With ``of_kinds`` only where a job of ``p_kinds`` is due;
    with ``passing`` none of the rows in ``p_passed``.
    """
    broken = select(gate.c.name).where(gate.c.name == partner_lane.c.gate, gate.c.open_until.is_not(None)).exists()
    statement = select(partner_lane.c.lane, partner_lane.c.partner, partner_lane.c.gate, broken).where(
        partner_lane.c.ready_at <= _NOW, partner_lane.c.lane.in_(lanes), ~_shut(partner_lane, probing=True)
    )
    if passing:
        row = tuple_(partner_lane.c.lane, partner_lane.c.partner, partner_lane.c.gate)
        statement = statement.where(row.not_in(bindparam("p_passed", type_=row.type, expanding=True)))
    if of_kinds:
        due = select(job.c.id).where(
            job.c.partner == partner_lane.c.partner,
            job.c.lane == partner_lane.c.lane,
            job.c.gate == partner_lane.c.gate,
            job.c.state == "ready",
            job.c.run_at <= _NOW,
            job.c.kind.in_(bindparam("p_kinds", expanding=True)),
        )
        statement = statement.where(due.exists())
    preference = case({lane: place for place, lane in enumerate(lanes)}, value=partner_lane.c.lane)
    return (
        statement.order_by(preference, partner_lane.c.vtime, partner_lane.c.partner)
        .limit(1)
        .with_for_update(of=partner_lane, skip_locked=True)
    )


@lru_cache(maxsize=2)
def lease_jobs(*, of_kinds: bool) -> Update:
    """2: lease the oldest ready jobs of a partner in a lane; returns them in no particular order."""
    due = select(job.c.id).where(
        job.c.partner == _PARTNER,
        job.c.lane == _LANE,
        job.c.gate == _GATE,
        job.c.state == "ready",
        job.c.run_at <= _NOW,
    )
    if of_kinds:
        due = due.where(job.c.kind.in_(bindparam("p_kinds", expanding=True)))
    taken = (
        due.order_by(job.c.run_at, job.c.id).limit(bindparam("p_limit")).with_for_update(skip_locked=True).cte("taken")
    )
    return (
        update(job)
        .where(job.c.id == taken.c.id)
        .values(
            state="leased",
            worker=bindparam("p_worker"),
            lease_until=bindparam("p_lease_until", type_=Instant),
            attempt=job.c.attempt + 1,
        )
        .returning(*JOB_COLUMNS)
    )


@lru_cache(maxsize=2)
def charge_lane(*, dry: bool) -> Update:
    """3: charge the partner for the ``p_taken`` jobs it got; put its lane to sleep until its next job if it ran dry.

    Partners that wait all the time lag behind each other by a claim at most. Two claims of ``p_limit`` jobs are allowed
    here and no more: a lane that becomes due by itself, as a retry does, would otherwise have the others wait for all
    the time it was away.
    """
    others = partner_lane.alias("other")
    own, weight = partner_lane.c.vtime, partner_lane.c.weight
    behind = (
        select(func.min(others.c.vtime - 2 * bindparam("p_limit", type_=weight.type) / others.c.weight))
        .where(
            others.c.lane == _LANE,
            others.c.ready_at <= _NOW,
            or_(others.c.partner != _PARTNER, others.c.gate != _GATE),
            ~_shut(others, probing=False),
        )
        .scalar_subquery()
    )
    floor = func.coalesce(behind, own)
    values: dict[str, object] = {
        "vtime": case((own > floor, own), else_=floor) + bindparam("p_taken", type_=weight.type) / weight
    }
    if dry:
        values["ready_at"] = (
            select(func.min(job.c.run_at))
            .where(job.c.partner == _PARTNER, job.c.lane == _LANE, job.c.gate == _GATE, job.c.state == "ready")
            .scalar_subquery()
        )
    return (
        update(partner_lane)
        .where(partner_lane.c.partner == _PARTNER, partner_lane.c.lane == _LANE, partner_lane.c.gate == _GATE)
        .values(values)
    )


# What a worker says about its jobs -----------------------------------------------------------------------------------

_HELD = and_(job.c.id == bindparam("p_id"), job.c.attempt == bindparam("p_attempt"), job.c.state == "leased")

DELETE_HELD = delete(job).where(_HELD)
"""The job is done."""

RELEASE_HELD = (
    update(job)
    .where(_HELD)
    .values(
        state="ready",
        run_at=bindparam("p_run_at", type_=Instant),
        reason=bindparam("p_reason"),
        worker=null(),
        lease_until=null(),
    )
)
"""The job waits for another try."""

REPEAT_HELD = (
    update(job)
    .where(_HELD)
    .values(
        state="ready",
        run_at=bindparam("p_run_at", type_=Instant),
        enqueued_at=bindparam("p_now", type_=Instant),
        expiries=0,
        reason=bindparam("p_reason"),
        worker=null(),
        lease_until=null(),
    )
)
"""The job is done for this time and waits for the next."""

BURY_HELD = (
    update(job).where(_HELD).values(state="buried", reason=bindparam("p_reason"), worker=null(), lease_until=null())
)
"""The job is given up and kept."""


def extend_leases(held: Sequence[tuple[int, int]], worker: str, lease_until: datetime) -> Update:
    """Extend the leases of (id, attempt); returns the ids that are still held."""
    return (
        update(job)
        .where(tuple_(job.c.id, job.c.attempt).in_(list(held)), job.c.state == "leased", job.c.worker == worker)
        .values(lease_until=lease_until)
        .returning(job.c.id)
    )


# What keeps the queue moving -----------------------------------------------------------------------------------------


def expire_leases(until: datetime, now: datetime, limit: int) -> Update:
    """Make jobs ready whose lease lasts no longer than ``until``; returns them with the number of the lost attempt."""
    expired = (
        select(job.c.id)
        .where(job.c.state == "leased", job.c.lease_until < until)
        .order_by(job.c.lease_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("expired")
    )
    return (
        update(job)
        .where(job.c.id == expired.c.id)
        .values(state="ready", run_at=now, expiries=job.c.expiries + 1, worker=null(), lease_until=null())
        .returning(*JOB_COLUMNS)
    )


def revive_buried(job_id: int, run_at: datetime) -> Update:
    """A buried job waits again; returns its partner, lane and gate."""
    return (
        update(job)
        .where(job.c.id == job_id, job.c.state == "buried")
        .values(state="ready", run_at=run_at)
        .returning(job.c.partner, job.c.lane, job.c.gate)
    )


def delete_buried(job_id: int) -> Delete:
    """A buried job is dropped."""
    return delete(job).where(job.c.id == job_id, job.c.state == "buried")


def delete_buried_of(key: str) -> Delete:
    """The buried jobs of a key, and of the keys that begin with it and a colon, are dropped."""
    longer = job.c.key.startswith(f"{key}:", autoescape=True)
    return delete(job).where(job.c.state == "buried", or_(job.c.key == key, longer))


def living_jobs(key: str, *, longer: bool) -> Select[int]:
    """The jobs of this key, with ``longer`` also of keys that begin with it and a colon, that are not buried."""
    wanted = job.c.key == key
    if longer:
        wanted = or_(wanted, job.c.key.startswith(f"{key}:", autoescape=True))
    return select(job.c.id).where(wanted, job.c.state != "buried")


def buried_jobs(limit: int) -> Select[*tuple[object, ...]]:
    """Jobs that were given up, oldest first."""
    return select(*JOB_COLUMNS).where(job.c.state == "buried").order_by(job.c.id).limit(limit)


def lane_depths() -> Select[int, int, int, int, int, datetime | None]:
    """Per lane at ``p_now``: ready, waiting for their time, leased, buried, and since when the oldest one could run."""
    due = and_(job.c.state == "ready", job.c.run_at <= _NOW)
    later = and_(job.c.state == "ready", job.c.run_at > _NOW)
    # Only gates that are shut are joined.
    through = and_(due, gate.c.name.is_(None))

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    return (
        select(
            job.c.lane,
            count(due),
            count(later),
            count(job.c.state == "leased"),
            count(job.c.state == "buried"),
            func.min(case((through, job.c.run_at)), type_=Instant),
        )
        .select_from(job.outerjoin(gate, and_(gate.c.name == job.c.gate, _HELD_UP)))
        .group_by(job.c.lane)
        .order_by(job.c.lane)
    )


AWAKE_LANE = (
    select(partner_lane.c.lane).where(partner_lane.c.ready_at <= _NOW, ~_shut(partner_lane, probing=True)).limit(1)
)
"""One lane that may have a job to claim at ``p_now``, without locking any."""


def stranded_lanes(now: datetime) -> Select[str, int, str]:
    """Partners, lanes and gates that sleep beyond a ready job; there must be none."""
    theirs = and_(
        partner_lane.c.partner == job.c.partner, partner_lane.c.lane == job.c.lane, partner_lane.c.gate == job.c.gate
    )
    return (
        select(job.c.partner, job.c.lane, job.c.gate)
        .distinct()
        .join(partner_lane, theirs, isouter=True)
        .where(
            job.c.state == "ready",
            job.c.run_at <= now,
            or_(partner_lane.c.ready_at.is_(None), partner_lane.c.ready_at > job.c.run_at),
        )
        .order_by(job.c.lane, job.c.partner, job.c.gate)
    )


def forget_keys(before: datetime) -> Delete:
    """Keys of jobs that were queued before a moment and are gone."""
    alive = select(job.c.id).where(job.c.key == job_key.c.key).exists()
    return delete(job_key).where(job_key.c.enqueued_at < before, ~alive)
