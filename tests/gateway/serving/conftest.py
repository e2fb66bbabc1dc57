"""Gateways in processes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.serving.running import House, MakeHouse


@pytest.fixture
def make_house(tmp_path: Path) -> Iterator[MakeHouse]:
    """Makes a gateway's folder, with settings, and starts the gateway."""
    made: list[House] = []

    def make(*, start: bool = True, **settings: str) -> House:
        made.append(House(tmp_path / f"home{len(made)}", **settings))
        if start:
            made[-1].start()
        return made[-1]

    yield make
    for house in made:
        house.discard()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A gateway that runs as long as the module's tests, which do not end it."""
    made = House(tmp_path_factory.mktemp("house") / "home")
    try:
        made.start()
        yield made
    finally:
        made.discard()
