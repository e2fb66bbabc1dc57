"""Wherever the gateway is killed, nothing is lost, nothing takes effect twice, and no number is left out.

One small day, killed at each of its durable acts in turn. Those who tested file systems and databases so (CrashMonkey,
SQLite) found that a small workload and every point show more than much work and random kills; and the planted bugs show
that this sweep sees.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.gateway.crash.judge import Outcome, faults
from tests.gateway.crash.plants import PLANTS
from tests.gateway.crash.points import FULL, SEED, Kill, part_of
from tests.gateway.crash.stage import Stage
from tests.services.postgresql import PostgresServer

SHARDS = 2

Undisturbed = tuple[Outcome, list[str]]


def test_day_that_nobody_disturbs_is_as_it_should_be(undisturbed: Undisturbed) -> None:
    outcome, acts = undisturbed
    assert not outcome.broken
    assert sum(outcome.story["letters"].values()) == 3
    assert sum(outcome.story["answers"].values()) == 6
    assert set(outcome.story["expectations"]) == {("contrl", "met"), ("997", "met")}
    assert not outcome.story["cases"]
    # Were an act not seen any more, because the code has come to another way of doing it, the sweep would be blind.
    seen = Counter(acts)
    assert (seen["publish"], seen["answer"]) == (3, 6)
    assert seen["commit"] > 40 and seen["write"] == seen["fdatasync"] > 10


@pytest.mark.parametrize("shard", range(SHARDS))
def test_kill_at_every_act(stage: Stage, undisturbed: Undisturbed, shard: int) -> None:
    outcome, acts = undisturbed
    kills = [Kill(number, "before") for number in range(1, len(acts) + 1)]
    kills += [Kill(number, "torn") for number, act in enumerate(acts, 1) if act == "write"]
    if FULL:
        kills += [Kill(number, "after") for number in range(1, len(acts) + 1)]
    wrong = {kill: found for kill in part_of(kills)[shard::SHARDS] if (found := stage.verdict(kill, outcome))}
    assert not wrong, f"seed {SEED}"


def test_kill_again_while_it_recovers(stage: Stage, undisturbed: Undisturbed) -> None:
    outcome, acts = undisturbed
    draw = _draw()
    wrong = {}
    for _ in range(200 if FULL else 6):
        first = Kill(draw.randrange(1, len(acts) + 1), "before")
        # Opening repeats some acts, so there are at least as many again as were left.
        second = Kill(draw.randrange(1, max(8, len(acts) - first.number)), "before")
        if found := faults(stage.day([first, second])[0], outcome):
            wrong[first, second] = found
    assert not wrong, f"seed {SEED}"


@pytest.mark.parametrize("plant", PLANTS)
def test_sweep_finds_the_bug(stage: Stage, undisturbed: Undisturbed, plant: str) -> None:
    outcome = undisturbed[0]
    planted, acts = stage.day(plant=plant)
    assert not faults(planted, outcome), "without a kill nobody would notice"
    near = [number for number, act in enumerate(acts, 1) if act == PLANTS[plant].near]
    _draw().shuffle(near)
    assert any(stage.verdict(Kill(number, "before"), outcome, plant=plant) for number in near)


@pytest.mark.usefixtures("postgresql_server")
def test_kill_on_postgresql(stage: Stage, postgresql_server: PostgresServer) -> None:
    def day(*kills: Kill) -> tuple[Outcome, list[str]]:
        return stage.day(kills, database=postgresql_server.fresh_database())

    outcome, acts = day()
    assert not outcome.broken
    numbers = range(1, len(acts) + 1) if FULL else _draw().sample(range(1, len(acts) + 1), 6)
    wrong = {number: found for number in numbers if (found := faults(day(Kill(number, "before"))[0], outcome))}
    assert not wrong, f"seed {SEED}"


def _draw() -> random.Random:
    """Chooses the same samples for the same seed."""
    return random.Random(SEED)  # noqa: S311 (nothing secret hangs on it)
