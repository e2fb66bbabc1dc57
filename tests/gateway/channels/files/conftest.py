"""A gateway whose partner exchanges files at a place of its own, on either database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.channels.files.collecting import COLLECT, Collector, order_collections
from gateway.channels.files.memory import MemoryPlace
from gateway.channels.files.sending import FileSender
from gateway.channels.workplace import SpoolFolder
from gateway.config import Home, open_home
from gateway.delivering import deliver_over
from gateway.publishing import DELIVER
from gateway.working import Workers
from tests.gateway.pipeline.play import Play

ON_POSTGRESQL = (pytest.mark.services, pytest.mark.xdist_group("postgresql_server"))
CHANNEL = """  - id: blue-anchor-mailbox
    kind: directory
    folder: blue-anchor
    collect: {files: "*.edi", settled: PT10S, every: PT5S, unfinished: PT15M}
"""


def with_channel(profile: str, channel: str) -> str:
    """The example partner's profile, with another channel than its mailbox."""
    before, rest = profile.split("  - id: blue-anchor-mailbox", 1)
    return before + channel + "\nagreements:" + rest.split("agreements:", 1)[1]


class Filed(Play):
    """The example partner with a place in memory instead of a mailbox."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self.place = MemoryPlace()
        self.spool = SpoolFolder(home.collecting, reserve=0)
        self.collector = Collector(lambda _: self.place, self.spool, limit=1 << 20)
        self.stages[DELIVER] = deliver_over({"directory": FileSender(lambda _: self.place).deliver}, self.business)
        self.stages[COLLECT] = lambda gateway, job: self.collector.collect(gateway, job)
        self.workers = Workers(self.gateway, self.stages, 1)
        order_collections(self.gateway)

    def look(self, seconds: float = 10) -> None:
        """Time passes, and whatever is due is done."""
        self.now += timedelta(seconds=seconds)
        self.work()

    def restart(self) -> None:
        """What the node had in its memory is gone."""
        self.collector = Collector(lambda _: self.place, self.spool, limit=1 << 20)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRESQL)])
def filed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Filed]:
    """The gateway, open."""
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    for entry in (files("profiles") / "partners-example").iterdir():
        if entry.name.endswith(".yaml"):
            text = entry.read_text()
            content = with_channel(text, CHANNEL) if entry.name == "blue-anchor.yaml" else text
            (profiles / entry.name).write_text(content)
    config = ""
    if request.param == "postgresql":
        config = f"database: {request.getfixturevalue('postgresql_url')}\n"
    (tmp_path / "sallyport.yaml").write_text(config)
    made = Filed(open_home(tmp_path, {}))
    yield made
    made.spool.close()
    made.gateway.close()


@pytest.fixture
def example() -> Callable[[str], bytes]:
    """The files that the demonstration plays."""
    folder = files("profiles") / "examples" / "demo"
    return lambda name: (folder / name).read_bytes()
