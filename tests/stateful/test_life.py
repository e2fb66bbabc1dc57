"""Lives of messages at random, on both databases; and bugs that are planted, which no life may survive."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from gateway import instance
from gateway.catalogue import Catalogue
from queues import Unroutable
from tests.services.postgresql import PostgresServer
from tests.stateful.life import Life
from tests.stateful.partners import BLUE
from tests.stateful.plants import PLANTS, planted


@pytest.fixture(autouse=True)
def one_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guides and maps are compiled once for all lives."""
    catalogue = Catalogue()
    monkeypatch.setattr(instance, "Catalogue", lambda _: catalogue)


def live(lives: int, steps: int) -> None:
    """So many lives, of the same draws each time; or as many as the profile `nightly` says, and others each time.

    Shrinking would live a life that fails hundreds of times: the steps that are printed have to do.
    """
    if settings.get_current_profile_name() == "nightly":
        terms = settings(phases=(Phase.generate,))
    else:
        terms = settings(
            max_examples=lives, stateful_step_count=steps, deadline=None, derandomize=True, phases=(Phase.generate,)
        )
    run_state_machine_as_test(Life, settings=settings(terms, suppress_health_check=list(HealthCheck)))


def test_every_life_comes_out_as_the_model_says() -> None:
    live(lives=6, steps=25)


def test_on_postgresql_too(monkeypatch: pytest.MonkeyPatch, postgresql_server: PostgresServer) -> None:
    monkeypatch.setattr(Life, "database", staticmethod(postgresql_server.fresh_database))
    live(lives=3, steps=20)


@pytest.fixture
def life() -> Iterator[Life]:
    """One that is lived step by step."""
    made = Life()
    yield made
    made.hand.discard()


def _a_copy(life: Life) -> None:
    life.sends("good", 1, None, True)
    life.agrees_with_the_model()
    life.sends_again(0, True, None)
    life.works(None)


def _late(life: Life) -> None:
    life.submits(BLUE, False, None, True)
    life.agrees_with_the_model()
    life.answers_late(0, "accepts")


def _no_and_yes(life: Life) -> None:
    life.submits(BLUE, False, None, True)
    life.agrees_with_the_model()
    life.answers_twice(0, ["rejects", "accepts"])


def _many_orders(life: Life) -> None:
    for _ in range(5):
        life.submits(BLUE, False, None, True)


def _made_again(life: Life) -> None:
    life.exchange(Unroutable("no queue takes it"))
    life.sends("good", 1, None, True)
    life.agrees_with_the_model()
    life.reprocesses([0], False, True)


def _death(life: Life) -> None:
    life.sends("good", 1, None, False)
    life.dies(1)


def _used_id(life: Life) -> None:
    life.submits(BLUE, False, None, True)
    life.agrees_with_the_model()
    life.submits_again(0, True)


SHORT: dict[str, Callable[[Life], None]] = {
    "a copy takes effect": _a_copy,
    "an answer that is late does not count": _late,
    "a later yes washes out a no": _no_and_yes,
    "a number is given twice": _many_orders,
    "what is made again goes out in both forms": _made_again,
    "the work of the dead is forgotten": _death,
    "an id is enough to know a document by": _used_id,
}
"""The shortest life that each bug harms. That lives at random come upon them too is in docs/reference/faults.md."""


@pytest.mark.parametrize("plant", PLANTS)
def test_no_life_survives_the_bug(life: Life, plant: str) -> None:
    with planted(plant), pytest.raises(AssertionError):
        SHORT[plant](life)
        life.agrees_with_the_model()
        life.settle()


@pytest.mark.parametrize("plant", PLANTS)
def test_without_it_the_same_life_is_a_good_one(life: Life, plant: str) -> None:
    SHORT[plant](life)
    life.agrees_with_the_model()
    life.settle()
