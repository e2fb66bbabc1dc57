"""Metrics: true at once, also after a restart; and something to read while the database is away."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy.exc import OperationalError

from gateway.cli.running import make_home
from gateway.config import open_home
from gateway.metrics import LedgerCollector, serve_metrics
from tests.gateway.pipeline.play import Play

EXAMPLES = files("profiles") / "examples" / "demo"


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """A gateway that nothing has come to."""
    make_home(tmp_path)
    made = Play(open_home(tmp_path, {}))
    yield made
    made.gateway.close()


def figures(play: Play, connections: int = 0) -> dict[str, float]:
    """What Prometheus would read, by name and labels."""
    registry = CollectorRegistry()
    registry.register(LedgerCollector(play.gateway, lambda: connections))
    lines = generate_latest(registry).decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def test_an_empty_gateway(play: Play) -> None:
    found = figures(play, connections=3)
    assert found["sallyport_database_up"] == 1
    assert found["sallyport_sftp_connections"] == 3
    assert found["sallyport_oldest_case_seconds"] == found["sallyport_oldest_undelivered_seconds"] == 0


def test_the_figures_follow_what_happens(play: Play) -> None:
    play.upload((EXAMPLES / "iftsta.edi").read_bytes())
    waiting = figures(play)
    assert sum(value for name, value in waiting.items() if 'state="ready"' in name) == 1
    play.work()
    found = figures(play)
    assert found['sallyport_messages_content{direction="in",status="accepted"}'] == 2
    assert found['sallyport_messages_content{direction="in",status="rejected"}'] == 1
    assert sum(value for name, value in found.items() if 'state="ready"' in name) == 0
    play.submit((EXAMPLES / "order.json").read_bytes(), "prairie-freight/tender-out")
    play.work()
    assert figures(play)['sallyport_expectations{state="waiting"}'] == 1
    play.later(hours=5)
    late = figures(play)
    assert late['sallyport_expectations{state="overdue"}'] == 1
    assert late['sallyport_cases{cause="receipt-overdue",state="open"}'] == 1
    play.later(hours=1)
    assert figures(play)["sallyport_oldest_case_seconds"] == 3600


def test_a_database_that_is_away(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(work: object) -> None:
        raise OperationalError("SELECT", {}, Exception("the server is away"))

    monkeypatch.setattr(play.gateway.database, "read", away)
    assert figures(play) == {"sallyport_database_up": 0, "sallyport_sftp_connections": 0}


def test_the_endpoint(play: Play) -> None:
    server, thread = serve_metrics(play.gateway, "127.0.0.1", 0, lambda: 0)
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        with urllib.request.urlopen(f"{address}/metrics", timeout=60) as answer:  # noqa: S310
            assert answer.headers["Content-Type"].startswith("text/plain")
            assert b"sallyport_database_up 1.0" in answer.read()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address, timeout=1)


def test_a_port_that_is_taken_is_named(play: Play) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"no metrics on 127.0.0.1, port {port}: Address already in use"):
            serve_metrics(play.gateway, "127.0.0.1", port, lambda: 0)
