"""OpenSSH's own programs as the partner: ``sftp``, ``scp`` and ``ssh``."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.gateway.channels.sftp.conftest import House, Place

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CONTENT = b"UNB+UNOC:3+ACME+US+260101:1200+1'UNZ+0+1'"


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        message = f"OpenSSH's `{name}` is not installed: install openssh-client"
        assert not os.environ.get("CI"), message
        pytest.skip(message)
    return found


def _options(house: House, key: Path) -> list[str]:
    settings = {
        "IdentityFile": str(key),
        "IdentitiesOnly": "yes",
        "StrictHostKeyChecking": "accept-new",
        "UserKnownHostsFile": str(house.folder / "known_hosts"),
        "UpdateHostKeys": "yes",
        "BatchMode": "yes",
        "User": "acme",
        "Port": str(house.port),
    }
    return ["-F", "none", *(part for name, value in settings.items() for part in ("-o", f"{name}={value}"))]


@pytest.fixture
def sftp(house: House, partner_key: Path) -> Run:
    """Runs the lines of a batch with ``sftp``."""

    def run(*lines: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = [_program("sftp"), *_options(house, partner_key), *options, "-b", "-", "127.0.0.1"]
        return subprocess.run(
            command, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=60, check=False
        )

    return run


def test_put_list_get_remove(house: House, sftp: Run, put_out: Place, tmp_path: Path) -> None:
    (tmp_path / "orders.edi").write_bytes(CONTENT)
    put_out(house, "997 1.edi", CONTENT)
    done = sftp(
        "cd in",
        f"put {tmp_path}/orders.edi",
        "ls -l",
        "cd ..",
        "ls",
        "cd /out",
        "pwd",
        f"get '997 1.edi' {tmp_path}/back.edi",
        "rm '997 1.edi'",
        "ls -la",
    )
    assert done.returncode == 0, done.stderr
    assert [each.content for each in house.taken] == [CONTENT]
    assert "OpenSSH" in house.taken[0].arrival.facts["client"]
    assert (tmp_path / "back.edi").read_bytes() == CONTENT
    assert house.mailboxes.list("acme", "out") == []
    assert f"{len(CONTENT)} " in done.stdout
    assert "/out" in done.stdout


def test_put_with_times_and_sync(house: House, sftp: Run, tmp_path: Path) -> None:
    local = tmp_path / "orders.edi"
    local.write_bytes(CONTENT)
    os.utime(local, (1_700_000_000, 1_700_000_000))
    done = sftp(f"put -pf {local} /in/orders.edi")
    assert done.returncode == 0, done.stderr
    assert [each.content for each in house.taken] == [CONTENT]
    assert house.taken[0].arrival.facts["modified"] == "2023-11-14T22:13:20+00:00"


@pytest.mark.parametrize("rename", ["rename", "rename -l"])
def test_put_and_rename(house: House, sftp: Run, tmp_path: Path, rename: str) -> None:
    (tmp_path / "orders.edi").write_bytes(CONTENT)
    done = sftp(f"put {tmp_path}/orders.edi /in/orders.edi.part", f"{rename} /in/orders.edi.part /in/orders.edi")
    assert done.returncode == 0, done.stderr
    assert house.names == ["orders.edi"]


def test_put_of_a_big_file(house: House, sftp: Run, tmp_path: Path) -> None:
    content = os.urandom(8 << 20)
    (tmp_path / "big.edi").write_bytes(content)
    done = sftp(f"put {tmp_path}/big.edi /in/big.edi")
    assert done.returncode == 0, done.stderr
    assert [each.content for each in house.taken] == [content]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("put {file} ../../etc/passwd", "Permission denied"),
        ("put {file} /etc/passwd", "No such file"),
        ("put {file} /orders.edi", "No such file"),
        ("put {file} /out/orders.edi", "Permission denied"),
        ("mkdir /in/folder", "Permission denied"),
        ("symlink /etc/passwd /in/link", "Operation unsupported"),
        ("reput {file} /in/staged.part", "Operation unsupported"),
    ],
)
def test_refusals_are_told(house: House, sftp: Run, tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "orders.edi"
    file.write_bytes(CONTENT)
    (tmp_path / "short").write_bytes(CONTENT[:5])
    done = sftp(f"put {tmp_path}/short /in/staged.part", line.format(file=file))
    assert done.returncode != 0
    # This client shows the meaning of the code only; our reason is in the log, for the operator the partner calls.
    assert told in done.stderr
    assert house.taken == []


def test_scp_over_sftp(house: House, partner_key: Path, put_out: Place, tmp_path: Path) -> None:
    (tmp_path / "orders.edi").write_bytes(CONTENT)
    put_out(house, "a.edi", CONTENT)
    scp = [_program("scp"), *_options(house, partner_key), "-s"]
    for source, target in [
        (f"{tmp_path}/orders.edi", "127.0.0.1:/in/orders.edi"),
        ("127.0.0.1:/out/a.edi", f"{tmp_path}/a.edi"),
    ]:
        done = subprocess.run([*scp, source, target], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
    assert [each.content for each in house.taken] == [CONTENT]
    assert (tmp_path / "a.edi").read_bytes() == CONTENT


def test_old_scp_and_shells_are_refused(house: House, partner_key: Path, tmp_path: Path) -> None:
    (tmp_path / "orders.edi").write_bytes(CONTENT)
    options = _options(house, partner_key)
    ssh = [_program("ssh"), *options]
    for command in (
        [_program("scp"), *options, "-O", f"{tmp_path}/orders.edi", "127.0.0.1:/in/orders.edi"],
        [*ssh, "127.0.0.1", "id"],
        [*ssh, "-T", "127.0.0.1"],
        [*ssh, "-s", "127.0.0.1", "netconf"],
    ):
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
        )
        assert done.returncode != 0
        assert "uid=" not in done.stdout
    assert house.taken == []


def test_client_that_is_killed_in_mid_upload(house: House, partner_key: Path, tmp_path: Path) -> None:
    (tmp_path / "big.edi").write_bytes(os.urandom(2 << 20))
    # -l slows the client down (Kbit/s), so that it is killed before it has finished.
    command = [_program("sftp"), *_options(house, partner_key), "-l", "1000", "-b", "-", "127.0.0.1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as client:
        assert client.stdin is not None
        client.stdin.write(f"put {tmp_path}/big.edi /in/big.edi\n")
        client.stdin.flush()
        house.until(lambda: house.server.open_uploads == 1, "the upload's begin")
        time.sleep(0.2)
        client.kill()
    house.until(lambda: bool(house.broken), "the report")
    assert house.taken == []
    assert house.broken[0].name == "big.edi"
    house.nothing_left()
