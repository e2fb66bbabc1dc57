"""A stage for days that end badly, and what a day looks like that does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.cli.running import make_home
from gateway.config import open_home
from gateway.instance import Gateway
from tests.gateway.crash.judge import Outcome
from tests.gateway.crash.stage import Stage


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A driver, and gateways whose ledger has its schema."""
    folder = tmp_path_factory.mktemp("crash")
    template = folder / "template"
    make_home(template)
    Gateway.open(open_home(template, {})).close()
    made = Stage(folder, template)
    yield made
    made.close()


@pytest.fixture(scope="package")
def undisturbed(stage: Stage) -> tuple[Outcome, list[str]]:
    """The outcome of a day without a kill, and its acts."""
    return stage.day()
