"""Gates: what is broken or paused holds its own jobs and nobody else's, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from gateway.database import Database
from queues import Direction, Gate, Job, WorkQueue, metadata, statements
from queues.gates import FAILURES, LONGEST, SHORTEST
from queues.schema import partner_lane
from tests.queues.jobs import LANES, SECOND, START, Clock, finish, keys, put, put_many, take

LONG = timedelta(hours=1)
"""Longer than a gate is shut at a time."""


@pytest.fixture
def queue(clock: Clock) -> WorkQueue:
    """Its gates are shut for as long as they may be."""
    return WorkQueue(clock=clock, draw=lambda: 0.9999999)


def gate(database: Database, queue: WorkQueue, name: str = "as2") -> Gate:
    return database.read(lambda c: queue.gates.get(c, name))


def fail(database: Database, queue: WorkQueue, job: Job) -> Gate | None:
    """A try that reached nobody; the job is to be tried again at once."""
    broken = database.write(lambda c: queue.gates.unreached(c, job.gate, job.id, job.attempt, "connection refused"))
    database.write(lambda c: queue.retry(c, job, None, "connection refused"))
    return broken


def answer(database: Database, queue: WorkQueue, name: str = "as2") -> Gate | None:
    return database.write(lambda c: queue.gates.reached(c, name))


def pause(database: Database, queue: WorkQueue, direction: Direction = "both", *, draining: bool = False) -> Gate:
    return database.write(
        lambda c: queue.gates.pause(
            c,
            "as2",
            direction,
            actor="kim",
            reason="their weekend",
            draining=draining,
        )
    )


def resume(database: Database, queue: WorkQueue, direction: Direction = "both") -> Gate | None:
    return database.write(lambda c: queue.gates.resume(c, "as2", direction))


Step = Callable[[Database, WorkQueue, Direction], Gate | None]


def break_it(database: Database, queue: WorkQueue) -> None:
    """A job fails until its gate breaks; it waits before it."""
    put(database, queue, "breaks it", gate="as2")
    broken = [fail(database, queue, take(database, queue)[0]) for _ in range(FAILURES)]
    assert broken[:-1] == [None] * (FAILURES - 1)
    assert broken[-1] is not None and broken[-1].failures == FAILURES


def test_a_gate_breaks_after_failures_in_a_row_and_holds_its_jobs(
    database: Database, queue: WorkQueue, clock: Clock
) -> None:
    break_it(database, queue)
    put(database, queue, "waits", gate="as2")
    put(database, queue, "other channel", gate="sftp")
    put(database, queue, "no channel")
    put(database, queue, "other partner", partner="other", gate="sftp")
    assert sorted(keys(take(database, queue, 10))) == ["no channel", "other channel", "other partner"]
    assert not database.read(queue.has_ready), "nobody looks for what waits before a gate"
    found = gate(database, queue)
    assert (found.broken_since, found.reason, found.openings) == (START, "connection refused", 1)
    clock.now += SHORTEST - SECOND
    assert take(database, queue, 10) == []
    clock.now += SECOND
    assert database.read(queue.has_ready)
    assert keys(take(database, queue, 10)) == ["breaks it"], "one job, however many may be taken"


def test_an_answer_between_begins_the_count_anew(database: Database, queue: WorkQueue) -> None:
    put(database, queue, "a", gate="as2")
    for _ in range(3):
        for _ in range(FAILURES - 1):
            assert fail(database, queue, take(database, queue)[0]) is None
        assert answer(database, queue) is None, "it was whole"
    assert gate(database, queue).failures == 0


def test_one_trial_at_a_time_until_one_is_answered(database: Database, queue: WorkQueue, clock: Clock) -> None:
    break_it(database, queue)
    for number, lane in enumerate((0, 1, 5, 9)):
        put(database, queue, f"lane {lane}", partner=f"p{number}", lane=lane, gate="as2")
    clock.now += SHORTEST
    (trial,) = take(database, queue, 10)
    assert trial.key == "lane 0"
    assert take(database, queue, 10) == [] and not database.read(queue.has_ready), "while the trial is under way"
    shut = []
    for _ in range(8):
        assert fail(database, queue, trial) is None, "it was broken before"
        until = gate(database, queue).open_until
        assert until is not None and take(database, queue, 10) == []
        shut.append(until - clock.now)
        clock.now = until
        (trial,) = take(database, queue, 10)
    assert shut == sorted(shut) and shut[0] > SHORTEST and LONGEST - SECOND < shut[-1] <= LONGEST
    was = answer(database, queue)
    assert was is not None and was.broken_since == START
    assert gate(database, queue).failures == 0 and gate(database, queue).open_until is None
    finish(database, queue, trial)
    assert len(take(database, queue, 10)) == 4, "all that waited"


def test_a_trial_whose_worker_died_gives_way(database: Database, queue: WorkQueue, clock: Clock) -> None:
    break_it(database, queue)
    put(database, queue, "second", gate="as2")
    clock.now += SHORTEST
    (trial,) = take(database, queue, 1)
    clock.now += 50 * SECOND
    database.write(lambda c: queue.heartbeat(c, [trial], "w1"))
    clock.now += 50 * SECOND
    assert database.write(queue.reap) == [] and take(database, queue, 10) == [], "it lives, however long it takes"
    clock.now += 61 * SECOND
    assert keys(database.write(queue.reap)) == [trial.key]
    (another,) = take(database, queue, 10)
    fail(database, queue, another)
    until = gate(database, queue).open_until
    database.write(lambda c: queue.gates.unreached(c, "as2", trial.id, trial.attempt, "late"))
    assert gate(database, queue).open_until == until, "the dead one's word shuts nothing"


def test_a_trial_that_ended_without_reaching_anybody_gives_way(
    database: Database, queue: WorkQueue, clock: Clock
) -> None:
    """Such as one whose transmission was cancelled: it says nothing about the gate."""
    break_it(database, queue)
    put(database, queue, "second", gate="as2")
    clock.now += SHORTEST
    finish(database, queue, *take(database, queue, 1))
    assert keys(take(database, queue, 10)) == ["second"]


def test_what_was_under_way_when_a_gate_broke_shuts_it_no_longer(database: Database, queue: WorkQueue) -> None:
    put(database, queue, "slow", gate="as2")
    (slow,) = take(database, queue)
    break_it(database, queue)
    until = gate(database, queue).open_until
    fail(database, queue, slow)
    assert gate(database, queue).open_until == until


def test_two_nodes_try_a_gate_with_one_job(shared_database: Database, queue: WorkQueue, clock: Clock) -> None:
    database = shared_database
    break_it(database, queue)
    for partner in ("a", "b", "c"):
        put(database, queue, f"of {partner}", partner=partner, gate="as2")
    clock.now += SHORTEST
    with database.engine.begin() as one, database.engine.begin() as two:
        first = queue.claim(one, worker="one", lanes=LANES, limit=10)
        second = queue.claim(two, worker="two", lanes=LANES, limit=10)
    third = take(database, queue, 10)
    assert [len(first), len(second), len(third)] == [1, 0, 0]


def test_a_node_that_chose_before_another_took_the_trial_takes_none(
    shared_database: Database, queue: WorkQueue, clock: Clock
) -> None:
    """What a claim saw when it chose its row is asked again under the gate's lock."""
    database = shared_database
    break_it(database, queue)
    put(database, queue, "second", partner="b", gate="as2")
    clock.now += SHORTEST
    claimed: list[Job] = []
    seen: list[str] = []

    def between(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM gate" in statement and "SKIP LOCKED" in statement and not seen and "partner_lane" not in statement:
            claimed.append(
                Job(id=0, kind="", key="", partner="", lane=0, payload={}, attempt=0, expiries=0, enqueued_at=START)
            )
            claimed[:] = take(database, queue, 10, worker="quick")

    event.listen(database.engine, "before_cursor_execute", between)
    late = take(database, queue, 10, worker="slow")
    event.remove(database.engine, "before_cursor_execute", between)
    assert len(claimed) == 1 and late == []


def test_a_pause_holds_what_goes_out_until_somebody_ends_it(database: Database, queue: WorkQueue, clock: Clock) -> None:
    put(database, queue, "a", gate="as2")
    paused = pause(database, queue, "out")
    assert (paused.paused, paused.paused_by, paused.paused_why, paused.paused_at) == (
        "out",
        "kim",
        "their weekend",
        START,
    )
    assert paused == gate(database, queue) and paused.holds_out and not paused.refuses_in
    clock.now += timedelta(days=30)
    assert take(database, queue, 10) == [] and not database.read(queue.has_ready)
    answer(database, queue)
    assert take(database, queue, 10) == [], "an answer ends no pause"
    assert resume(database, queue) is not None and resume(database, queue) is None
    (job,) = take(database, queue, 10)
    assert (job.attempt, job.expiries) == (1, 0)


def test_a_pause_of_what_comes_in_holds_nothing_back(database: Database, queue: WorkQueue) -> None:
    put(database, queue, "a", gate="as2")
    paused = pause(database, queue, "in", draining=True)
    assert paused.refuses_in and not paused.holds_out and paused.draining
    assert keys(take(database, queue, 10)) == ["a"]
    assert gate(database, queue).held_since is None


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ([(pause, "in"), (pause, "out")], "both"),
        ([(pause, "in"), (pause, "in")], "in"),
        ([(pause, "both"), (resume, "in")], "out"),
        ([(pause, "both"), (resume, "out")], "in"),
        ([(pause, "in"), (resume, "both")], None),
        ([(pause, "in"), (resume, "out")], "in"),
        ([(pause, "both"), (pause, "out")], "both"),
    ],
)
def test_directions_are_paused_each_by_itself(
    database: Database, queue: WorkQueue, steps: list[tuple[Step, Direction]], left: str | None
) -> None:
    for step, direction in steps:
        step(database, queue, direction)
    found = gate(database, queue)
    assert found.paused == left
    assert (found.paused_by is None) == (left is None)
    assert (found.held_since is not None) == (left in ("out", "both"))


def test_the_time_that_a_gate_was_shut_is_known_of_each_job(database: Database, queue: WorkQueue, clock: Clock) -> None:
    put(database, queue, "before", gate="as2")
    clock.now += LONG
    pause(database, queue)
    clock.now += 10 * LONG
    put(database, queue, "meanwhile", gate="as2")
    clock.now += 5 * LONG
    assert database.read(lambda c: queue.gates.held(c, "as2")) == 15 * LONG
    resume(database, queue)
    clock.now += LONG
    put(database, queue, "after", gate="as2")
    put(database, queue, "elsewhere")
    held = {job.key: database.read(lambda c, job=job: queue.held(c, job)) for job in take(database, queue, 10)}  # type: ignore[misc]
    assert held == {
        "before": 15 * LONG,
        "meanwhile": 5 * LONG,
        "after": timedelta(0),
        "elsewhere": timedelta(0),
    }


def test_broken_and_paused_at_once_is_held_once_and_until_both_are_over(
    database: Database, queue: WorkQueue, clock: Clock
) -> None:
    break_it(database, queue)
    clock.now += LONG
    pause(database, queue)
    clock.now += LONG
    resume(database, queue)
    assert gate(database, queue).held_since == START, "it is broken still"
    pause(database, queue)
    answer(database, queue)
    clock.now += LONG
    assert database.read(lambda c: queue.gates.held(c, "as2")) == 3 * LONG
    assert take(database, queue, 10) == []
    resume(database, queue)
    clock.now += LONG
    assert database.read(lambda c: queue.gates.held(c, "as2")) == 3 * LONG
    assert len(take(database, queue, 10)) == 1


def test_what_waits_before_a_gate_is_left_out_by_the_row(database: Database, queue: WorkQueue) -> None:
    """However many jobs wait, a claim reads none of them: it locks no lane of theirs and runs one statement."""
    pause(database, queue)
    put(database, queue, "wakes the lane", partner="burst", gate="as2")
    row = {"kind": "read", "partner": "burst", "lane": 5, "payload": {}, "run_at": START, "enqueued_at": START}
    burst = [{**row, "gate": "as2", "held_before": 0.0, "key": f"burst-{number}"} for number in range(5_000)]
    database.write(lambda c: c.execute(statements.INSERT_JOB, burst) and None)
    ran: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    with database.engine.connect() as connection:
        assert queue.claim(connection, worker="w", lanes=LANES, limit=10) == []
        connection.rollback()
    event.remove(database.engine, "before_cursor_execute", note)
    assert len([each for each in ran if "partner_lane" in each]) == 1
    assert not [each for each in ran if "taken" in each]
    waiting = {each.gate: each.waiting for each in database.read(queue.at_gates)}
    assert waiting == {"as2": 5_001}


def test_who_comes_anew_begins_with_those_who_are_served(database: Database, queue: WorkQueue) -> None:
    """And not with who stands still before a gate."""
    put(database, queue, "held", partner="held", gate="as2")
    pause(database, queue)
    put_many(database, queue, "busy", 200)
    for _ in range(5):
        take(database, queue, 20)
    put(database, queue, "first of new", partner="new")
    rows = select(partner_lane.c.partner, partner_lane.c.vtime)
    vtimes = database.read(lambda c: {row.partner: row.vtime for row in c.execute(rows)})
    assert vtimes == {"held": 0, "busy": 100, "new": 100}


def test_who_stands_still_before_a_gate_gives_nobody_credit_for_absence(
    database: Database, queue: WorkQueue, clock: Clock
) -> None:
    put(database, queue, "held", partner="held", gate="as2")
    pause(database, queue)
    put(database, queue, "first of absent", partner="absent")
    put_many(database, queue, "busy", 600)
    (early,) = [job for job in take(database, queue, 2) if job.partner == "absent"]
    database.write(lambda c: queue.retry(c, early, clock.now + 60 * SECOND, "no answer"))
    for _ in range(25):
        take(database, queue, 20)
    clock.now += 60 * SECOND
    put_many(database, queue, "absent", 50)
    served = Counter(job.partner for _ in range(10) for job in take(database, queue, 4))
    assert 16 <= served["absent"] <= 28, served


def test_stranded_lanes_are_found_with_their_gate(database: Database, queue: WorkQueue) -> None:
    put(database, queue, "a", gate="as2")
    pause(database, queue)
    assert database.write(queue.stranded) == [], "what is held is not forgotten"
    resume(database, queue)
    put(database, queue, "b")
    database.write(lambda c: c.execute(partner_lane.update().values(ready_at=None)) and None)
    assert database.write(queue.stranded) == [("acme", 5, ""), ("acme", 5, "as2")]
    assert sorted(keys(take(database, queue, 10))) == ["a", "b"]


STEPS = st.lists(
    st.sampled_from(["put", "claim", "fail", "answer", "finish", "pause", "resume", "wait", "die"]), max_size=40
)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_befalls_a_gate_nothing_is_lost_and_only_one_job_tries(database: Database, steps: list[str]) -> None:
    clock = Clock()
    queue = WorkQueue(clock=clock, draw=lambda: 0.5)
    database.write(lambda c: [c.execute(table.delete()) for table in metadata.sorted_tables] and None)
    queued = finished = 0
    held: list[Job] = []
    for step in [*steps, "resume"]:
        if step == "put":
            put(database, queue, f"job {queued}", partner=f"p{queued % 2}", lane=queued % 2, gate="as2")
            queued += 1
        elif step == "claim":
            before = gate(database, queue)
            claimed = take(database, queue, 3)
            if before.holds_out or (before.open_until is not None and before.open_until > clock.now):
                assert claimed == []
            elif before.open_until is not None:
                trying = [job for job in held if (job.id, job.attempt) == (before.probe, before.probe_attempt)]
                assert len(claimed) + len(trying) <= 1
            held += claimed
        elif step == "fail" and held:
            fail(database, queue, held.pop(0))
        elif step == "answer":
            answer(database, queue)
        elif step == "finish" and held:
            finish(database, queue, held.pop())
            finished += 1
        elif step == "pause":
            pause(database, queue)
        elif step == "resume":
            resume(database, queue)
        elif step == "wait":
            clock.now += timedelta(seconds=20)
            database.write(partial(queue.heartbeat, jobs=list(held), worker="w1"))
        elif step == "die":
            database.write(queue.abandon)
            held.clear()
        found = gate(database, queue)
        assert (found.held_since is not None) == (found.holds_out or found.open_until is not None)
        assert timedelta(0) <= database.read(lambda c: queue.gates.held(c, "as2")) <= clock.now - START
        assert database.write(queue.stranded) == []
    answer(database, queue)
    clock.now += LONG
    database.write(queue.abandon)
    assert len(take(database, queue, 100)) == queued - finished


def test_what_waits_at_a_shut_gate_does_not_make_the_queue_look_slow(
    database: Database, queue: WorkQueue, clock: Clock
) -> None:
    put(database, queue, "held", gate="as2")
    pause(database, queue)
    clock.now += LONG
    put(database, queue, "free", gate="sftp")
    clock.now += SECOND
    (depth,) = database.read(queue.depth)
    assert (depth.ready, depth.oldest) == (2, START + LONG)
    resume(database, queue)
    (depth,) = database.read(queue.depth)
    assert depth.oldest == START
    pause(database, queue, "in")
    (depth,) = database.read(queue.depth)
    assert depth.oldest == START
