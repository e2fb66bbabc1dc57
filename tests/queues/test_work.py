"""The work queue's contract, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, func, select

from gateway.database import Database
from queues import LostLease, WorkQueue, backoff, statements
from queues.schema import job as job_table
from queues.schema import job_key, partner_lane
from tests.queues.jobs import LANES, SECOND, START, Clock, finish, keys, put, put_many, take


def count(database: Database) -> int:
    return database.read(lambda c: c.execute(select(func.count()).select_from(job_table)).scalar_one())


def test_enqueue_claim_complete(database: Database, queue: WorkQueue) -> None:
    assert put(database, queue, "a")
    (job,) = take(database, queue, 10)
    assert (job.kind, job.key, job.partner, job.lane, job.payload) == ("read", "a", "acme", 5, {"transmission": "a"})
    assert (job.attempt, job.expiries, job.enqueued_at, job.reason) == (1, 0, START, None)
    assert take(database, queue) == [], "a leased job is nobody else's"
    finish(database, queue, job)
    assert count(database) == 0
    assert take(database, queue) == []


def test_a_key_is_queued_once_also_after_the_work_is_done(database: Database, queue: WorkQueue, clock: Clock) -> None:
    assert put(database, queue, "a")
    assert not put(database, queue, "a"), "while it waits"
    finish(database, queue, *take(database, queue))
    assert not put(database, queue, "a"), "after it was done"
    assert take(database, queue) == []
    put(database, queue, "alive")
    clock.now += timedelta(days=400)
    assert database.write(lambda c: queue.forget(c, clock.now - timedelta(days=365))) == 1
    assert put(database, queue, "a"), "until it is forgotten"
    assert not put(database, queue, "alive"), "the key of a job that still waits is not forgotten"


def test_a_rolled_back_enqueue_leaves_nothing(database: Database, queue: WorkQueue) -> None:
    class Stop(Exception):
        pass

    def fail(connection: Connection) -> None:
        queue.enqueue(connection, kind="read", key="a", payload={}, partner="acme", lane=5)
        raise Stop

    with pytest.raises(Stop):
        database.write(fail)
    assert take(database, queue) == []
    assert put(database, queue, "a")


def test_order_within_a_partner(database: Database, queue: WorkQueue, clock: Clock) -> None:
    for key in "abcd":
        put(database, queue, key)
    clock.now += SECOND
    put(database, queue, "earlier", run_at=START - SECOND)
    assert keys(take(database, queue, 3)) == ["a", "b", "c"]
    assert keys(take(database, queue, 3)) == ["d", "earlier"], "a past moment means now: nobody overtakes by it"


def test_later_means_later(database: Database, queue: WorkQueue, clock: Clock) -> None:
    put(database, queue, "later", run_at=START + 60 * SECOND)
    put(database, queue, "now")
    assert keys(take(database, queue, 10)) == ["now"]
    clock.now += 59 * SECOND
    assert take(database, queue, 10) == []
    clock.now += SECOND
    assert keys(take(database, queue, 10)) == ["later"]


def test_looking_for_work_locks_nothing_and_is_told_the_truth(
    database: Database, queue: WorkQueue, clock: Clock
) -> None:
    assert not database.read(queue.has_ready)
    put(database, queue, "later", run_at=START + SECOND)
    assert not database.read(queue.has_ready)
    clock.now += SECOND
    assert database.read(queue.has_ready)
    take(database, queue, 10)
    assert not database.read(queue.has_ready)


def test_lanes_in_the_workers_order(database: Database, queue: WorkQueue) -> None:
    for lane in (9, 5, 1, 0):
        put(database, queue, f"lane {lane}", lane=lane)
    claimed = database.write(lambda c: queue.claim(c, worker="w", lanes=(0, 9, 1), limit=10))
    assert keys(claimed) == ["lane 0", "lane 9", "lane 1"], "and lane 5 is not this worker's"


def test_kinds_are_left_to_their_workers(database: Database, queue: WorkQueue) -> None:
    def enqueue(connection: Connection) -> None:
        for key, kind, partner in (("a", "read", "acme"), ("b", "deliver", "acme"), ("c", "deliver", "other")):
            queue.enqueue(connection, kind=kind, key=key, payload={}, partner=partner, lane=5)

    database.write(enqueue)
    delivering = database.write(lambda c: queue.claim(c, worker="w", lanes=LANES, limit=10, kinds=["deliver"]))
    assert sorted(keys(delivering)) == ["b", "c"]
    assert database.write(lambda c: queue.claim(c, worker="w", lanes=LANES, limit=10, kinds=["build"])) == []
    assert keys(take(database, queue, 10)) == ["a"], "looking for other kinds puts no lane to sleep"


def test_a_lost_lease_takes_no_effect(database: Database, queue: WorkQueue, clock: Clock) -> None:
    put(database, queue, "a")
    (stale,) = take(database, queue, 10, worker="slow")
    clock.now += 61 * SECOND
    assert keys(database.write(queue.reap)) == ["a"]
    for verb in (
        lambda c: queue.complete(c, stale),
        lambda c: queue.retry(c, stale, None, "late"),
        lambda c: queue.bury(c, stale, "late"),
    ):
        with pytest.raises(LostLease, match="Roll back"):
            database.write(verb)
    (fresh,) = take(database, queue, 10, worker="quick")
    assert (fresh.id, fresh.attempt, fresh.expiries) == (stale.id, 2, 1)
    with pytest.raises(LostLease):
        finish(database, queue, stale)
    finish(database, queue, fresh)
    with pytest.raises(LostLease):
        finish(database, queue, fresh)


def test_abandoned_work_is_ready_at_once_and_its_holder_has_lost_it(
    database: Database, queue: WorkQueue, clock: Clock
) -> None:
    for key in "abc":
        put(database, queue, key)
    (held,) = take(database, queue, 1)
    assert keys(database.write(queue.abandon)) == [held.key]
    assert database.write(queue.abandon) == []
    with pytest.raises(LostLease):
        finish(database, queue, held)
    assert sorted(keys(take(database, queue, 10))) == ["a", "b", "c"]


def test_an_id_never_comes_back(database: Database, queue: WorkQueue) -> None:
    """Else a worker that was away could complete a job that it never saw: same id, same attempt."""
    put(database, queue, "a")
    (first,) = take(database, queue)
    finish(database, queue, first)
    put(database, queue, "b")
    (second,) = take(database, queue)
    assert second.id != first.id and second.attempt == first.attempt
    with pytest.raises(LostLease):
        finish(database, queue, first)


def test_heartbeat_keeps_the_lease_and_names_what_is_lost(database: Database, queue: WorkQueue, clock: Clock) -> None:
    for key in "abc":
        put(database, queue, key)
    jobs = take(database, queue, 3)
    clock.now += 50 * SECOND
    assert database.write(lambda c: queue.heartbeat(c, jobs[:2], "w1")) == []
    assert database.write(lambda c: queue.heartbeat(c, [], "w1")) == []
    clock.now += 50 * SECOND
    assert keys(database.write(queue.reap)) == ["c"]
    assert keys(database.write(lambda c: queue.heartbeat(c, jobs, "w1"))) == ["c"]
    assert keys(database.write(lambda c: queue.heartbeat(c, jobs[:1], "another"))) == ["a"]
    clock.now += 61 * SECOND
    assert keys(database.write(lambda c: queue.reap(c, limit=1))) == ["a"]
    assert keys(database.write(queue.reap)) == ["b"]


def test_retry(database: Database, queue: WorkQueue, clock: Clock) -> None:
    put(database, queue, "a")
    (job,) = take(database, queue, 10)
    database.write(lambda c: queue.retry(c, job, clock.now + 30 * SECOND, "the partner does not answer"))
    assert take(database, queue) == []
    clock.now += 30 * SECOND
    (again,) = take(database, queue, 10)
    assert (again.attempt, again.reason) == (2, "the partner does not answer")
    database.write(lambda c: queue.retry(c, again, None, "at once"))
    assert take(database, queue)[0].attempt == 3


def test_bury_keeps_and_shows(database: Database, queue: WorkQueue) -> None:
    put(database, queue, "poison")
    put(database, queue, "hopeless")

    def bury(connection: Connection) -> None:
        for job in queue.claim(connection, worker="w", lanes=LANES, limit=10):
            queue.bury(connection, job, f"{job.key}: does not parse")

    database.write(bury)
    assert take(database, queue) == []
    buried = database.read(queue.buried)
    assert [job.reason for job in buried] == ["poison: does not parse", "hopeless: does not parse"]
    assert database.write(lambda c: queue.revive(c, buried[0].id))
    assert not database.write(lambda c: queue.revive(c, buried[0].id)), "it is alive"
    assert not database.write(lambda c: queue.drop(c, buried[0].id)), "it is alive"
    assert database.write(lambda c: queue.drop(c, buried[1].id))
    assert keys(take(database, queue, 10)) == ["poison"]
    assert database.read(queue.buried) == []
    assert not put(database, queue, "hopeless"), "its key stays taken"


def test_depth(database: Database, queue: WorkQueue, clock: Clock) -> None:
    assert database.read(queue.depth) == []
    for key in "abcde":
        put(database, queue, key)
    put(database, queue, "f", run_at=START + 99 * SECOND)
    put(database, queue, "g", lane=0)
    clock.now += 7 * SECOND
    database.write(lambda c: queue.claim(c, worker="w", lanes=(5,), limit=2))
    (poison,) = database.write(lambda c: queue.claim(c, worker="w", lanes=(5,), limit=1))
    database.write(lambda c: queue.bury(c, poison, "no"))
    acks, normal = database.read(queue.depth)
    assert (acks.lane, acks.ready, acks.delayed, acks.leased, acks.buried, acks.oldest) == (0, 1, 0, 0, 0, START)
    assert (normal.lane, normal.ready, normal.delayed, normal.leased, normal.buried) == (5, 2, 1, 2, 1)
    assert normal.oldest == START


def test_a_burst_holds_nobody_back(database: Database, queue: WorkQueue) -> None:
    put(database, queue, "wakes the lane", partner="burst")
    row = {"kind": "read", "partner": "burst", "lane": 5, "payload": {}, "run_at": START, "enqueued_at": START}
    burst = [{**row, "key": f"burst-{number}"} for number in range(2_000)]
    database.write(lambda c: c.execute(statements.INSERT_JOB, burst) and None)
    take(database, queue, 10)
    for partner in ("one", "two", "three"):
        put_many(database, queue, partner, 5)
    urgent = "hold"
    put(database, queue, urgent, partner="customs", lane=1)
    assert keys(take(database, queue)) == [urgent]
    order = [job.partner for _ in range(6) for job in take(database, queue, 10)]
    assert Counter(order[:40]) == {"burst": 25, "one": 5, "two": 5, "three": 5}
    assert all(order.index(partner) < 30 for partner in ("one", "two", "three"))


def test_partners_share_evenly_and_by_weight(database: Database, queue: WorkQueue) -> None:
    for partner in ("a", "b", "c"):
        put_many(database, queue, partner, 60)
    database.write(lambda c: queue.enqueue(c, kind="read", key="weighted", payload={}, partner="c", lane=5, weight=2.0))
    served = Counter(job.partner for _ in range(20) for job in take(database, queue, 4))
    assert served["c"] == 40 and served["a"] == served["b"] == 20


@pytest.mark.parametrize("absence", ["asleep", "waiting for a retry"])
def test_no_credit_for_absence(database: Database, queue: WorkQueue, clock: Clock, absence: str) -> None:
    """Who comes back after a thousand jobs of the others is served in turn, not a thousand times first."""
    put(database, queue, "first of absent", partner="absent")
    put_many(database, queue, "busy", 600)
    (early,) = [job for job in take(database, queue, 2) if job.partner == "absent"]
    if absence == "asleep":
        finish(database, queue, early)
    else:
        database.write(lambda c: queue.retry(c, early, clock.now + 60 * SECOND, "no answer"))
    for _ in range(25):
        take(database, queue, 20)
    clock.now += 60 * SECOND
    put_many(database, queue, "absent", 50)
    served = Counter(job.partner for _ in range(10) for job in take(database, queue, 4))
    assert 16 <= served["absent"] <= 28, served


def test_first_comer_gets_no_credit_against_the_next(database: Database, queue: WorkQueue) -> None:
    put_many(database, queue, "a", 100)
    while take(database, queue, 20):
        pass
    put(database, queue, "b0", partner="b")
    vtimes = database.read(lambda c: dict(map(tuple, c.execute(select(partner_lane.c.partner, partner_lane.c.vtime)))))
    assert vtimes["b"] == vtimes["a"] == 100


def test_lanes_sleep_when_empty_and_none_is_stranded(database: Database, queue: WorkQueue) -> None:
    put_many(database, queue, "a", 3)
    finish(database, queue, *take(database, queue, 5))
    assert database.read(lambda c: c.execute(select(partner_lane.c.ready_at)).scalars().all()) == [None]
    assert database.write(queue.stranded) == []
    put(database, queue, "b")
    # Plant what must never happen, to see that the alarm sees it and heals it.
    database.write(lambda c: c.execute(partner_lane.update().values(ready_at=None)) and None)
    assert take(database, queue) == []
    assert database.write(queue.stranded) == [("acme", 5, "")]
    assert keys(take(database, queue)) == ["b"]


def test_the_clock_is_the_databases(database: Database) -> None:
    queue = WorkQueue()
    before = datetime.now(UTC)
    put(database, queue, "a")
    (job,) = take(database, queue)
    assert before - SECOND <= job.enqueued_at <= datetime.now(UTC) + SECOND
    finish(database, queue, job)


def test_naive_moments_are_refused(database: Database, queue: WorkQueue) -> None:
    with pytest.raises(TypeError):
        put(database, queue, "a", run_at=datetime(2026, 3, 1))  # noqa: DTZ001


def test_a_job_committed_between_the_statements_of_a_claim_is_not_stranded(
    shared_database: Database, queue: WorkQueue
) -> None:
    """An enqueue that comes while a claim has chosen its lane waits for it, and wakes the lane afterwards."""
    database = shared_database
    put(database, queue, "first")
    reached: list[str] = []
    enqueuing = threading.Thread(target=put, args=(database, queue, "second"))

    def between(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().startswith("WITH taken") and not reached:
            reached.append(statement)
            enqueuing.start()
            # Long enough for the enqueue to reach the lane's lock; it cannot pass it.
            enqueuing.join(0.3)
            assert enqueuing.is_alive(), "the claim holds the lane"

    event.listen(database.engine, "before_cursor_execute", between)
    claimed = take(database, queue, 10)
    event.remove(database.engine, "before_cursor_execute", between)
    enqueuing.join(60)
    assert reached and keys(claimed) == ["first"]
    assert database.write(queue.stranded) == []
    assert keys(take(database, queue, 10)) == ["second"]


def test_many_enqueue_and_claim_at_once(database: Database) -> None:
    """Every job is claimed once, none is stranded, however enqueuers and claimers meet."""
    queue = WorkQueue()
    enqueuers, each = 4, 60
    claimed: list[str] = []
    enqueued = threading.Event()
    failures: list[BaseException] = []

    def enqueue(number: int) -> None:
        for index in range(each):
            put(database, queue, f"{number}-{index}", partner=f"p{(number + index) % 3}", lane=index % 2)

    def claim(number: int) -> None:
        while True:
            finished = enqueued.is_set()
            jobs = take(database, queue, 7, worker=f"w{number}")
            claimed.extend(keys(jobs))
            finish(database, queue, *jobs)
            if not jobs and finished:
                return

    def guarded(work: object, number: int) -> None:
        try:
            assert callable(work)
            work(number)
        except BaseException as error:  # noqa: BLE001 (shown below, in the test's own thread)
            failures.append(error)

    givers = [threading.Thread(target=guarded, args=(enqueue, number)) for number in range(enqueuers)]
    takers = [threading.Thread(target=guarded, args=(claim, number)) for number in range(3)]
    for thread in givers + takers:
        thread.start()
    for thread in givers:
        thread.join()
    enqueued.set()
    for thread in takers:
        thread.join()
    assert not failures
    # Claimers that met a locked lane may have left early; what is left is awake.
    while jobs := take(database, queue, 50):
        claimed.extend(keys(jobs))
        finish(database, queue, *jobs)
    assert sorted(claimed) == sorted(f"{number}-{index}" for number in range(enqueuers) for index in range(each))
    assert database.write(queue.stranded) == [] and count(database) == 0
    assert database.read(lambda c: c.execute(select(func.count()).select_from(job_key)).scalar_one()) == 240


def test_two_nodes_never_claim_the_same_job(shared_database: Database, queue: WorkQueue) -> None:
    database = shared_database
    for partner in ("a", "b"):
        put_many(database, queue, partner, 4)
    with database.engine.begin() as one, database.engine.begin() as two:
        first = queue.claim(one, worker="one", lanes=LANES, limit=3)
        second = queue.claim(two, worker="two", lanes=LANES, limit=3)
    assert {job.partner for job in first} == {"a"} and {job.partner for job in second} == {"b"}
    assert not set(keys(first)) & set(keys(second))


@settings(max_examples=100, deadline=None)
@given(
    attempt=st.integers(1, 10_000),
    base=st.floats(0.001, 1000),
    cap=st.floats(0.001, 100_000),
    draw=st.floats(0, 1, exclude_max=True),
)
def test_backoff_bounds(attempt: int, base: float, cap: float, draw: float) -> None:
    delay = backoff(attempt, timedelta(seconds=base), timedelta(seconds=cap), draw)
    assert timedelta(0) <= delay <= timedelta(seconds=cap)
    assert delay.total_seconds() <= base * 2.0 ** min(attempt - 1, 900) + 1e-6


@pytest.mark.parametrize(
    ("attempt", "draw", "seconds"),
    [(1, 0.0, 0), (1, 0.5, 15), (2, 0.5, 30), (5, 0.5, 240), (8, 0.5, 1800), (60, 0.999, 3596.4)],
)
def test_backoff_values(attempt: int, draw: float, seconds: float) -> None:
    delay = backoff(attempt, timedelta(seconds=30), timedelta(hours=1), draw)
    assert delay == timedelta(seconds=seconds)


@pytest.mark.parametrize(("attempt", "draw"), [(0, 0.5), (-1, 0.5), (1, 1.0), (1, -0.1)])
def test_backoff_refuses_nonsense(attempt: int, draw: float) -> None:
    with pytest.raises(ValueError, match="attempt from 1"):
        backoff(attempt, timedelta(seconds=30), timedelta(hours=1), draw)


def ensure(database: Database, queue: WorkQueue) -> bool:
    return database.write(
        lambda c: queue.ensure(c, kind="collect", key="collect:acme", payload={}, partner="acme", lane=5)
    )


def test_work_without_end_is_there_once_whatever_became_of_it(database: Database, queue: WorkQueue) -> None:
    assert ensure(database, queue) and not ensure(database, queue)
    (job,) = take(database, queue)
    assert not ensure(database, queue), "it is in hand"
    database.write(lambda c: queue.complete(c, job))
    assert ensure(database, queue), "it had ended"
    (job,) = take(database, queue)
    database.write(lambda c: queue.bury(c, job, "it fell"))
    assert ensure(database, queue), "it was given up"
    assert database.read(queue.buried) == [] and len(take(database, queue, limit=5)) == 1


@pytest.mark.parametrize("known", [False, True])
def test_nodes_that_ask_at_the_same_moment_queue_one(shared_database: Database, queue: WorkQueue, known: bool) -> None:
    if known:
        ensure(shared_database, queue)
        (job,) = take(shared_database, queue)
        shared_database.write(lambda c: queue.complete(c, job))
    together = threading.Barrier(4)

    def node(_: int) -> bool:
        together.wait(60)
        return ensure(shared_database, queue)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(node, range(4))) == 1
    assert len(take(shared_database, queue, limit=5)) == 1


def test_work_that_repeats_starts_anew_each_time(database: Database, queue: WorkQueue, clock: Clock) -> None:
    ensure(database, queue)
    (job,) = take(database, queue)
    clock.now += timedelta(minutes=2)
    database.write(queue.reap)
    (job,) = take(database, queue)
    assert job.expiries == 1
    due = clock.now + timedelta(minutes=5)
    database.write(lambda c: queue.repeat(c, job, due, "the server did not answer"))
    with pytest.raises(LostLease):
        database.write(lambda c: queue.repeat(c, job, due))
    assert take(database, queue) == []
    queued, clock.now = clock.now, due
    (again,) = take(database, queue)
    assert (again.id, again.attempt, again.expiries, again.enqueued_at) == (job.id, job.attempt + 1, 0, queued)
    assert again.reason == "the server did not answer"
