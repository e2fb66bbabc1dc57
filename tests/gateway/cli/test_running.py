"""``init``, ``check``, ``serve`` and ``doctor``: setting up, and what keeps a gateway from starting."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli import doctor as module
from gateway.control import address_of
from tests.gateway.cli.calling import Call, process

WARNINGS = 2
"""The example partners' keys are not there after ``init``."""


def test_init_makes_a_gateway_that_is_in_order(sallyport: Call, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "er"
    answer = sallyport("init", folder)
    assert answer.code == 0
    assert f"sallyport serve --home {folder}" in answer.text
    checked = sallyport("check", "--home", folder)
    assert (checked.code, checked.text) == (0, "good: 2 agreements, 2 warnings\n")
    by_variable = sallyport("check", env={"SALLYPORT_HOME": str(folder)})
    assert by_variable.text == checked.text
    good = sallyport("check", "--home", folder, "--json").json()
    assert good["good"] is True and len(good["faults"]) == WARNINGS


def test_init_leaves_what_is_there(sallyport: Call, fresh: Path) -> None:
    before = {file: file.read_bytes() for file in fresh.rglob("*") if file.is_file()}
    answer = sallyport("init", fresh)
    assert (answer.code, answer.out) == (2, b"")
    assert "holds a gateway already" in answer.err
    assert {file: file.read_bytes() for file in fresh.rglob("*") if file.is_file()} == before


def test_init_that_was_cut_short_can_be_made_again(sallyport: Call, fresh: Path) -> None:
    (fresh / "sallyport.yaml").unlink()
    own = fresh / "profiles" / "blue-anchor.yaml"
    own.write_text(own.read_text() + "# mine\n")
    assert sallyport("init", fresh).code == 0
    assert own.read_text().endswith("# mine\n")


def test_init_where_nothing_can_be_made(sallyport: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = sallyport("init", tmp_path / "file" / "below")
    assert (answer.code, answer.out) == (2, b"")
    assert "cannot be made: Not a directory" in answer.err


def test_check_says_every_fault_of_the_configuration_at_once(sallyport: Call, fresh: Path) -> None:
    (fresh / "sallyport.yaml").write_text("sftp:\n  port: 99999\n  listne: x\nlog: {level: loud}\nworkers: 0\n")
    answer = sallyport("check", "--home", fresh)
    assert (answer.code, answer.out) == (1, b"")
    lines = answer.err.splitlines()
    assert [line.split(": ")[0] for line in lines[:4]] == [
        *("sallyport.yaml:2:9", "sallyport.yaml:3:3", "sallyport.yaml:4:14", "sallyport.yaml:5:10")
    ]
    assert "did you mean `listen`?" in lines[1]
    told = sallyport("check", "--home", fresh, "--json")
    assert told.code == 1
    assert [(each["line"], each["column"]) for each in told.json()["faults"]] == [(2, 9), (3, 3), (4, 14), (5, 10)]
    for command in (("serve",), ("messages", "search"), ("profiles", "list")):
        other = sallyport(*command, "--home", fresh)
        assert (other.code, other.out) == (2, b""), "what was asked for is not the configuration"
        assert lines[0] in other.err and "sallyport check --home" in other.err


@pytest.mark.parametrize("content", [b"a: [\n", b"\xff\xfe\x00", b"- a list\n", b"sftp:\n\tport: 1\n", b"a\x00b: 1\n"])
def test_check_of_a_file_that_is_no_configuration(content: bytes, sallyport: Call, fresh: Path) -> None:
    (fresh / "sallyport.yaml").write_bytes(content)
    answer = sallyport("check", "--home", fresh)
    assert (answer.code, answer.out) == (1, b"")
    assert re.match(r"sallyport\.yaml:\d+:\d+: error: ", answer.err)


@pytest.mark.parametrize("command", ["check", "serve", "doctor"])
def test_no_folder_no_gateway(command: str, sallyport: Call, tmp_path: Path) -> None:
    answer = sallyport(command, "--home", tmp_path / "none")
    assert answer.code == 2
    assert "there is no gateway in" in answer.err + answer.text and "sallyport init" in answer.err + answer.text


def test_a_configuration_that_cannot_be_read(sallyport: Call, fresh: Path) -> None:
    (fresh / "sallyport.yaml").unlink()
    (fresh / "sallyport.yaml").mkdir()
    for command, code in (("check", 1), ("serve", 2), ("doctor", 2)):
        answer = sallyport(command, "--home", fresh)
        assert answer.code == code
        assert "cannot be read: Is a directory" in " ".join((answer.err + answer.text).split())


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


_UNMEASURED = "metrics: {enabled: no}\n"
"""The usual port of the metrics may be another test's."""


@pytest.mark.parametrize(
    ("configuration", "told", "step"),
    [
        (f"sftp: {{port: TAKEN}}\n{_UNMEASURED}", "address already in use", "check the ports in"),
        ("sftp: {port: 0}\nmetrics: {port: TAKEN}\n", "no metrics on 127.0.0.1, port TAKEN", "check the ports in"),
        (
            f"sftp: {{listen: 203.0.113.9, port: 0}}\n{_UNMEASURED}",
            "cannot assign requested address",
            "check the ports in",
        ),
        (
            f"sftp: {{listen: nowhere.invalid, port: 0}}\n{_UNMEASURED}",
            "an address to listen on is not known",
            "check `listen` in",
        ),
        ("profiles: nope\n", "nope:1:1: error: cannot be read: No such file", "sallyport check --home"),
        ("data: /dev/null\n", "/dev/null: File exists", "gateway's user"),
        ("data: /dev/null/below\n", "/dev/null/below: Not a directory", "gateway's user"),
        ("database: postgresql+psycopg://127.0.0.1:1/x\n", "Connection refused", "check `database` in"),
        ("database: postgresql+psycopg://%%/x:y:z\n", "error", "sallyport"),
    ],
)
def test_what_keeps_a_gateway_from_starting(configuration: str, told: str, step: str, taken: int, fresh: Path) -> None:
    """Each in a process of its own: a start sets up logs and signals."""
    (fresh / "sallyport.yaml").write_text(configuration.replace("TAKEN", str(taken)))
    started = process("serve", "--home", fresh)
    out, err = started.communicate(timeout=120)
    assert started.returncode == 2, err.decode()
    assert out == b""
    assert told.replace("TAKEN", str(taken)) in err.decode() and step in err.decode()
    assert b"Traceback" not in err


@pytest.mark.parametrize("folder", ["spool", "as2-spool", "as2-outgoing", "as2-partials"])
def test_a_folder_that_another_gateway_uses(folder: str, home: Path) -> None:
    """What lies in it is the other one's, and stays."""
    place = home / "var" / folder
    place.mkdir(parents=True, exist_ok=True)
    (place / "growing").write_bytes(b"half an upload")
    held = os.open(place, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    started = process("serve", "--home", home)
    _, err = started.communicate(timeout=120)
    os.close(held)
    assert started.returncode == 2, err.decode()
    assert f"{folder} is in use by another gateway: stop it, or give this one its own" in err.decode()
    assert b"the ports" not in err and b"Traceback" not in err
    assert (place / "growing").read_bytes() == b"half an upload"


def test_serve_ends_well_when_it_is_told_to(home: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with process("serve", "--home", home) as started:
            assert started.stderr is not None
            for line in started.stderr:
                if line.startswith(b"serving: SFTP on port "):
                    break
            started.send_signal(number)
            rest = started.stderr.read()
            assert started.wait(120) == 0
        assert b"gateway stopped" in rest and b"Traceback" not in rest
        assert not (home / "var" / "control.sock").exists()


ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"


def looks(sallyport: Call, folder: Path) -> dict[str, tuple[str, str]]:
    """State and text of each row of the doctor's."""
    return {row["what"]: (row["state"], row["text"]) for row in sallyport("doctor", "--home", folder, "--json").json()}


def test_doctor_where_all_is_well(sallyport: Call, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", module.SAFE_SQLITE)
    (home / "var").chmod(0o700)
    answer = sallyport("doctor", "--home", home, columns=80)
    assert answer.code == 0
    assert max(map(len, answer.text.splitlines())) <= max(80, len(str(home)) + 40)
    found = looks(sallyport, home)
    assert {what for what, (state, _) in found.items() if state != "good"} <= {"disk"}
    assert list(found) == [
        *("Sallyport", "SQLite", "data folder", "disk", "ledger", "profiles", "gateway", "SFTP port", "metrics port"),
        "business side",
    ]
    assert found["gateway"] == ("good", "does not run")


def test_doctor_before_the_first_start(sallyport: Call, fresh: Path) -> None:
    (fresh / "sallyport.yaml").write_text("sftp: {port: 0}\nmetrics: {enabled: no}\n")
    found = looks(sallyport, fresh)
    assert found["data folder"][0] == found["ledger"][0] == "good"
    assert found["profiles"][0] == "warning"
    assert not (fresh / "var").exists()


def test_doctor_where_much_is_wrong(sallyport: Call, home: Path, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    (home / "var").chmod(0o755)
    (home / "profiles" / "broken.yaml").write_text("party: [")
    (home / "var" / "ledger.db").write_bytes(b"nothing that SQLite knows " * 20)
    (home / "sallyport.yaml").write_text(
        f"sftp: {{port: {taken}, disk_reserve: 9999999999999999}}\nmetrics: {{listen: 203.0.113.9}}\n"
        "business: {amqp: 'amqp://127.0.0.1:1/'}\n"
    )
    answer = sallyport("doctor", "--home", home)
    assert answer.code == 2
    found = looks(sallyport, home)
    assert {what: state for what, (state, _) in found.items()} == {
        "Sallyport": "good",
        "SQLite": "warning",
        "data folder": "warning",
        "disk": "bad",
        "ledger": "bad",
        "profiles": "bad",
        "gateway": "good",
        "SFTP port": "bad",
        "metrics port": "bad",
        "business side": "bad",
    }
    assert "chmod 700" in found["data folder"][1]
    assert "broken.yaml" in found["profiles"][1]
    assert "another under `sftp`" in found["SFTP port"][1]


def test_doctor_of_places_elsewhere(sallyport: Call, home: Path) -> None:
    (home / "profiles" / "elsewhere.yaml").write_text(
        "channels:\n"
        "  - {id: files, party: blue-anchor, kind: directory, folder: blue}\n"
        "  - {id: server, party: blue-anchor, kind: sftp-client, host: sftp.example, user: us, keys: [next, present],\n"
        f"     host_keys: [{ED25519}], deliver_to: in}}\n"
    )
    answer = sallyport("doctor", "--home", home, "--json")
    found = [(row["what"], row["text"]) for row in answer.json() if row["state"] == "bad"]
    assert [what for what, _ in found] == ["folder", "folder", "SFTP key"]
    assert str(home / "directories" / "blue" / "out") in found[0][1] and "keys ssh next" in found[2][1]
    for name in ("in", "out"):
        (home / "directories" / "blue" / name).mkdir(parents=True)
    made = sallyport("keys", "ssh", "present", "--home", home, "--json").json()
    assert made["made"] and made["public_key"].startswith("ssh-ed25519 ")
    assert sallyport("keys", "ssh", "present", "--home", home, "--json").json() == {**made, "made": False}
    assert (home / "var" / "keys" / "sftp_user_present").stat().st_mode & 0o777 == 0o600
    assert sallyport("doctor", "--home", home).code == 0
    assert sallyport("keys", "ssh", "../x", "--home", home).code == 2


def test_doctor_of_an_old_ledger(sallyport: Call, home: Path) -> None:
    with sqlite3.connect(home / "var" / "ledger.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'v0000'")
    connection.close()
    assert looks(sallyport, home)["ledger"][0] == "warning"


def test_doctor_of_a_gateway_that_hangs(sallyport: Call, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    with socket.socket(socket.AF_UNIX) as listening, address_of(home / "var" / "control.sock") as address:
        listening.bind(address)
        listening.listen()
        state, text = looks(sallyport, home)["gateway"]
    assert state == "bad"
    assert "runs and cannot be talked to" in text
