"""Killed between the commit and the publication of an event, nothing of what happened is lost, nor said twice.

A day like that of the sweep, with a few types of event, so that there are few acts; killed around each publication.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.gateway.crash.judge import Outcome, faults
from tests.gateway.crash.points import FULL, Kill
from tests.gateway.crash.stage import Stage
from tests.services.postgresql import PostgresServer

EVENTS = "{enabled: yes, types: [message.accepted, receipt.met]}"
EXPECTED = Counter({("sallyport.message.accepted/1",): 5, ("sallyport.receipt.met/1",): 2})

Day = tuple[Outcome, list[str]]


@pytest.fixture(scope="module")
def telling(stage: Stage) -> Day:
    """A day with events that nobody disturbs."""
    return stage.day(events=EVENTS)


def _around(acts: list[str], *, every: int = 1) -> list[Kill]:
    """Kills before the commit that comes before a publication, before it, after it, and before the commit behind."""
    kills: dict[Kill, None] = {}
    for number in [number for number, act in enumerate(acts, 1) if act == "tell"][::every]:
        ordered = max(at for at, act in enumerate(acts[: number - 1], 1) if act == "commit")
        kills |= dict.fromkeys([Kill(ordered, "before"), Kill(ordered, "after"), Kill(number, "before")])
        kills |= dict.fromkeys([Kill(number, "after"), Kill(number + 1, "before")])
    return list(kills)


def test_everything_is_told(telling: Day) -> None:
    outcome, acts = telling
    assert not outcome.broken
    assert outcome.story["events"] == EXPECTED
    assert acts.count("tell") == EXPECTED.total()


def test_the_days_of_others_have_no_events(undisturbed: Day) -> None:
    assert not undisturbed[0].story["events"] and "tell" not in undisturbed[1]


def test_killed_around_each_publication(stage: Stage, telling: Day) -> None:
    outcome, acts = telling
    kills = _around(acts, every=1 if FULL else 3)
    wrong = {kill: found for kill in kills if (found := stage.verdict(kill, outcome, events=EVENTS))}
    assert not wrong


def test_an_event_that_is_ordered_in_its_own_transaction_is_found(stage: Stage, telling: Day) -> None:
    outcome, acts = telling
    plant = "job in its own transaction"
    planted, _ = stage.day(plant=plant, events=EVENTS)
    assert not faults(planted, outcome), "without a kill nobody would notice"
    commits = [number for number, act in enumerate(acts, 1) if act == "commit"]
    random.Random(1).shuffle(commits)  # noqa: S311 (nothing secret hangs on it)
    found = (stage.verdict(Kill(number, "before"), outcome, plant=plant, events=EVENTS) for number in commits)
    assert any("events: lost" in fault for faults_ in found for fault in faults_)


def test_killed_on_postgresql(stage: Stage, postgresql_server: PostgresServer) -> None:
    def day(*kills: Kill) -> Day:
        return stage.day(kills, database=postgresql_server.fresh_database(), events=EVENTS)

    outcome, acts = day()
    assert outcome.story["events"] == EXPECTED
    wrong = {kill: found for kill in _around(acts, every=4) if (found := faults(day(kill)[0], outcome))}
    assert not wrong
