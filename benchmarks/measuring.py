"""How a figure is taken: ours and the other in turn, several times, and the medians compared.

A speed by itself says more about the machine and its other work than about the code. So every measurement here has a
second one beside it, taken in the same minutes on the same input, and only their ratio is meant to be read. The two
take turns, so that a slow minute hits both. What only computes is measured in processor time, which other processes
disturb least; what waits for the disk is measured by the clock.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

ROUNDS = 5

Clock = Literal["processor", "wall"]
_CLOCKS: dict[Clock, Callable[[], float]] = {"processor": time.process_time, "wall": time.perf_counter}


class Row(NamedTuple):
    """One line of the table."""

    what: str
    ours: str
    beside: str
    """What the other is, and its figure."""
    ratio: str
    """Ours through the other: above 1 we are faster."""
    spread: str
    """The smallest and the largest ratio of a round."""
    goal: str


class Paired(NamedTuple):
    """Seconds of each round, ours and the other's."""

    ours: list[float]
    other: list[float]

    @property
    def seconds(self) -> float:
        """The median of ours."""
        return statistics.median(self.ours)

    @property
    def other_seconds(self) -> float:
        """The median of the other's."""
        return statistics.median(self.other)

    @property
    def ratio(self) -> str:
        """How many times as fast as the other we are, by the medians."""
        return f"{_readable(self.other_seconds / self.seconds)} x"

    @property
    def spread(self) -> str:
        """The ratios of the rounds, from the smallest to the largest."""
        ratios = sorted(other / own for own, other in zip(self.ours, self.other, strict=True))
        return f"{_readable(ratios[0])} to {_readable(ratios[-1])}"


def _readable(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.3f}"


def in_turn(
    ours: Callable[[], object], other: Callable[[], object], clock: Clock = "processor", rounds: int = ROUNDS
) -> Paired:
    """Seconds of both, after one round that does not count."""
    found = Paired([], [])
    for round_ in range(rounds + 1):
        mine, theirs = _seconds(ours, clock), _seconds(other, clock)
        if round_:
            found.ours.append(mine)
            found.other.append(theirs)
    return found


def rounds_of(work: Callable[[], object], rounds: int, clock: Clock = "processor") -> list[float]:
    """Seconds of each round, after one that does not count: for work whose other side measures itself."""
    return [_seconds(work, clock) for _ in range(rounds + 1)][1:]


def _seconds(work: Callable[[], object], clock: Clock) -> float:
    gc.collect()
    now = _CLOCKS[clock]
    start = now()
    work()
    return now() - start
