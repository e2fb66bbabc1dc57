"""A gateway with the example partners, on either database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.config import Home, open_home
from queues import PublishFault
from tests.gateway.pipeline.play import Play

EXAMPLES = files("profiles") / "examples" / "demo"

ON_POSTGRESQL = (pytest.mark.services, pytest.mark.xdist_group("postgresql_server"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRESQL)])
def make_home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A gateway's folder with the example partners, on either database."""
    return _home(request, tmp_path)


def _home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    for entry in (files("profiles") / "partners-example").iterdir():
        if entry.name.endswith(".yaml"):
            (profiles / entry.name).write_bytes(entry.read_bytes())
    config = ""
    if request.param == "postgresql":
        config = f"database: {request.getfixturevalue('postgresql_url')}\n"
    (tmp_path / "sallyport.yaml").write_text(config)
    return open_home(tmp_path, {})


@pytest.fixture
def play(make_home: Home) -> Iterator[Play]:
    """The gateway, open."""
    made = Play(make_home)
    yield made
    made.gateway.close()


@pytest.fixture
def example() -> Callable[[str], bytes]:
    """The files that the demonstration plays."""
    return lambda name: (EXAMPLES / name).read_bytes()


@pytest.fixture
def broker_away() -> Exception:
    """What publishing raises while the exchange does not answer."""
    return PublishFault("the broker is away: publish again")
