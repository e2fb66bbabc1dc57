"""The harness itself: what is missing is said loudly, and servers are private and gone afterwards."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.services import install
from tests.services.postgresql import PostgresServer
from tests.services.rabbitmq import PROTOCOL, RabbitServer
from tests.services.running import Missing, Server, find, listens, skip_or_fail


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_service_fails_under_ci_and_is_skipped_elsewhere(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match=r"rabbitmq-server is not installed.*install"):
        skip_or_fail(Missing("rabbitmq-server is not installed"))


def test_find_takes_the_newest(tmp_path: Path) -> None:
    for version in ("9", "16", "14"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    assert find("initdb", f"{tmp_path}/*/bin") == tmp_path / "16" / "bin" / "initdb"
    with pytest.raises(Missing, match="no-such-program is not installed"):
        find("no-such-program", f"{tmp_path}/*/bin")


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_installing_without_permission_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, code: int
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(
        install, "WANTED", {"Thing": ("no-such-program", (), "thing-package"), "sh": ("sh", (), "dash")}
    )
    assert install.main() == code
    captured = capsys.readouterr()
    assert captured.out.splitlines() == ["sh: there", "Installing thing-package …", "Thing: missing"]
    assert "needs root" in captured.err and "thing-package" in captured.err


def test_what_is_there_is_left_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(install, "WANTED", {"sh": ("sh", (), "dash")})
    monkeypatch.setattr(install, "install", lambda packages: pytest.fail("nothing is missing"))
    assert install.main() == 0
    assert capsys.readouterr().out == "sh: there\n"


def test_a_server_ends_with_its_folder_and_a_broken_one_says_why() -> None:
    server = Server("sleeper")
    process = server.start([sys.executable, "-c", "import time; time.sleep(99)"], stop=signal.SIGTERM)
    assert process.poll() is None
    server.discard()
    assert process.poll() == -signal.SIGTERM and not server.folder.exists()
    broken = Server("broken")
    broken.start([sys.executable, "-c", "raise SystemExit('no good configuration')"], stop=signal.SIGTERM)
    with pytest.raises(RuntimeError, match="broken ended:\nno good configuration"):
        broken.wait_until(lambda: False)
    with pytest.raises(RuntimeError, match="failed with 3"):
        broken.run([sys.executable, "-c", "raise SystemExit(3)"])
    broken.discard()


def test_each_test_has_a_database_of_its_own(postgresql_server: PostgresServer) -> None:
    one, two = (make_url(postgresql_server.fresh_database()) for _ in range(2))
    assert one.database != two.database
    with psycopg.connect(one.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=one.port, user="sallyport", dbname=one.database, password="guess")


def test_the_servers_listen_on_the_loopback_address_only(
    postgresql_server: PostgresServer, rabbitmq_server: RabbitServer
) -> None:
    assert listens(postgresql_server.port) and listens(rabbitmq_server.port, PROTOCOL)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # No packet is sent: this asks which of our addresses leads out.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no other address")
        outside = probe.getsockname()[0]
    for port in (postgresql_server.port, rabbitmq_server.port):
        with pytest.raises(OSError), socket.create_connection((outside, port), timeout=2):
            pass
