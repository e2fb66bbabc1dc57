"""The command line called in this process, and a gateway's folder in which the main job has been done."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from gateway.cli import command_line
from gateway.cli.running import make_home
from gateway.config import open_home
from tests.gateway.cli.calling import IFTSTA, ORDER, X214, Answer, Call
from tests.gateway.pipeline.play import Play

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJPMPnCFtOWXu1aVtvKCDLv0ahRLvQ/pUGyq5b0PrxAZ partner@example\n"


@pytest.fixture
def sallyport(monkeypatch: pytest.MonkeyPatch) -> Iterator[Call]:
    """Calls a command; ``columns`` is the width of its terminal, ``None`` when there is none."""
    for name in ("SALLYPORT_HOME", "SALLYPORT_ACTOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def call(
        *arguments: str | Path, stdin: bytes = b"", columns: int | None = None, env: Mapping[str, str] | None = None
    ) -> Answer:
        environment = {**(env or {}), **({"COLUMNS": str(columns)} if columns is not None else {})}
        words = [str(each) for each in arguments]
        app = command_line(only=words[0] if words else "")
        result = CliRunner().invoke(app, words, input=stdin, env=environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout_bytes, result.stderr)

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield call
    # A command that opens the gateway itself sets the process's logs up, on a standard error that is closed by now.
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files came in, of which one had a faulty message; two orders went out, and nobody answered them in time."""
    folder = tmp_path_factory.mktemp("played") / "home"
    make_home(folder)
    for partner in ("blue-anchor", "prairie-freight"):
        (folder / "profiles" / "keys" / f"{partner}.pub").write_text(KEY)
    (folder / "sallyport.yaml").write_text("sftp: {port: 0}\nmetrics: {port: 0}\n")
    play = Play(open_home(folder, {}))
    play.upload(IFTSTA.read_bytes(), "iftsta.edi")
    play.upload(X214.read_bytes(), "214.x12", "prairie-freight")
    for flow in ("blue-anchor/order-out", "prairie-freight/tender-out"):
        play.submit(ORDER.read_bytes(), flow, flow)
    play.work()
    play.later(hours=5)
    play.gateway.close()
    return folder


@pytest.fixture
def home(played: Path, tmp_path: Path) -> Path:
    """A copy of that gateway's folder, for one test."""
    return Path(shutil.copytree(played, tmp_path / "home"))


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A gateway's folder as ``init`` makes it."""
    folder = tmp_path / "fresh"
    make_home(folder)
    return folder
