"""Who gets in, and what they can open."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import asyncssh
import paramiko
import pytest
from structlog.testing import capture_logs

from gateway.channels.sftp import Limits, Login, host_keys
from gateway.channels.sftp.door import FailedLogins, admits
from tests.gateway.channels.sftp.conftest import PATIENCE

if TYPE_CHECKING:
    from tests.gateway.channels.sftp.conftest import House, Open

Step = Callable[[asyncssh.SSHClientConnection], Awaitable[None]]


def _connect(house: House, key: object, user: str = "acme", step: Step | None = None, **options: object) -> None:
    async def run() -> None:
        async with asyncssh.connect(
            "127.0.0.1",
            house.port,
            username=user,
            client_keys=[key],
            known_hosts=None,
            config=None,
            **options,
        ) as connection:
            if step is not None:
                await step(connection)

    asyncio.run(run())


def _line(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode().strip()


def test_right_key_gets_in(house: House, partner_key: Path) -> None:
    with capture_logs() as logs:
        _connect(house, str(partner_key))
        house.until(lambda: any(each["event"] == "sftp.login" for each in logs), "the log line")
    [line] = [each for each in logs if each["event"] == "sftp.login"]
    assert (line["party"], line["channel"], line["login"]) == ("acme", "acme-sftp", "acme")
    assert line["key"].startswith("SHA256:")
    assert line["client"].startswith("SSH-2.0-AsyncSSH")


def test_wrong_key_does_not(house: House) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        _connect(house, asyncssh.generate_private_key("ssh-ed25519"))


@pytest.mark.parametrize("user", ["nobody", "..", "%u", "ACME", "acme;id", "a" * 1000, "root"])
def test_unknown_login_does_not(house: House, partner_key: Path, user: str) -> None:
    asked: list[str] = []
    logins = house.logins

    class Watched(dict[str, Login]):
        def get(self, login: str, default: object = None) -> Login | None:  # type: ignore[override]
            asked.append(login)
            return logins.get(login)

    house.logins = Watched()
    with pytest.raises(asyncssh.PermissionDenied):
        _connect(house, str(partner_key), user)
    assert set(asked) <= {"nobody", "root"}


@pytest.mark.parametrize("method", ["password", "none", "keyboard-interactive"])
def test_no_other_way_in(house: House, method: str) -> None:
    with paramiko.Transport(("127.0.0.1", house.port)) as transport:
        transport.start_client()
        with pytest.raises(paramiko.BadAuthenticationType) as raised:
            if method == "password":
                transport.auth_password("acme", "acme", fallback=False)
            elif method == "none":
                transport.auth_none("acme")
            else:
                transport.auth_interactive("acme", lambda title, text, prompts: ["acme"] * len(prompts))
        assert raised.value.allowed_types == ["publickey"]


def test_keys_are_looked_up_at_each_login_and_each_file(house: House, partner_key: Path) -> None:
    line = house.logins["acme"].keys[0]

    async def lose(connection: asyncssh.SSHClientConnection) -> None:
        async with connection.start_sftp_client() as client:
            async with client.open("/in/a.edi", "wb") as file:
                await file.write(b"a")
            house.logins["acme"] = Login(
                "acme", "acme-sftp", (_line(asyncssh.generate_private_key("ssh-ed25519")), line)
            )
            async with client.open("/in/b.part", "wb") as file:
                await file.write(b"b")
            house.logins["acme"] = Login("acme", "acme-sftp", ())
            for work in (
                client.open("/in/c.edi", "wb"),
                client.rename("/in/b.part", "/in/b.edi"),
                client.remove("/in/a.edi"),
            ):
                with pytest.raises(asyncssh.SFTPPermissionDenied, match="no longer valid"):
                    await work
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.start_sftp_client()

    _connect(house, str(partner_key), step=lose)
    with pytest.raises(asyncssh.PermissionDenied):
        _connect(house, str(partner_key))
    house.logins["acme"] = Login("acme", "acme-sftp", (line,))
    _connect(house, str(partner_key))
    assert house.names == ["a.edi"]


@pytest.mark.parametrize("kind", ["ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp521", "ssh-ed25519"])
def test_kinds_of_keys(house: House, kind: str) -> None:
    key = asyncssh.generate_private_key(kind)
    house.logins["acme"] = Login("acme", "acme-sftp", (_line(key),))
    _connect(house, key)


def test_rsa_with_sha1_is_refused(house: House) -> None:
    key = asyncssh.generate_private_key("ssh-rsa")
    house.logins["acme"] = Login("acme", "acme-sftp", (_line(key),))
    with pytest.raises(asyncssh.PermissionDenied):
        _connect(house, asyncssh.load_keypairs([key])[0], signature_algs=["ssh-rsa"])
    _connect(house, key, signature_algs=["rsa-sha2-256"])


@pytest.mark.parametrize(
    "options",
    [
        {"kex_algs": ["diffie-hellman-group14-sha1"]},
        {"kex_algs": ["diffie-hellman-group14-sha256"]},
        {"encryption_algs": ["aes128-cbc"]},
        {"encryption_algs": ["aes256-ctr"], "mac_algs": ["hmac-sha1"]},
        {"compression_algs": ["zlib@openssh.com"]},
    ],
    ids=str,
)
def test_weak_algorithms_are_refused(house: House, partner_key: Path, options: dict[str, object]) -> None:
    with pytest.raises((asyncssh.KeyExchangeFailed, asyncssh.ConnectionLost)):
        _connect(house, str(partner_key), "acme", None, **options)


def test_nothing_but_sftp_opens(house: House, partner_key: Path) -> None:
    async def try_all(connection: asyncssh.SSHClientConnection) -> None:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.create_process()
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.run("id")
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.run("scp -t /in")
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_session(subsystem="netconf")
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.create_process(subsystem="sftp", term_type="xterm", request_pty="force")
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", 22)
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_unix_connection("/var/run/docker.sock")
        with pytest.raises(asyncssh.ChannelListenError):
            await connection.forward_remote_port("", 0, "127.0.0.1", 22)

    _connect(house, str(partner_key), step=try_all)


def test_sessions_of_one_connection_are_limited(open_house: Open, partner_key: Path) -> None:
    house = open_house(Limits(disk_reserve=0, sessions_per_connection=3))

    async def open_three(connection: asyncssh.SSHClientConnection) -> None:
        held = [await connection.start_sftp_client() for _ in range(3)]
        with pytest.raises(asyncssh.ChannelOpenError, match="Too many sessions"):
            await connection.start_sftp_client()
        # Those that have ended do not count. One may still be ending on the server's side while the next one begins.
        for ended in (held.pop(), held.pop()):
            ended.exit()
            await ended.wait_closed()
        for _ in range(5):
            held[0].exit()
            await held[0].wait_closed()
            held[0] = await connection.start_sftp_client()

    _connect(house, str(partner_key), step=open_three)


def test_connections_of_one_partner_are_limited(open_house: Open, partner_key: Path) -> None:
    house = open_house(Limits(disk_reserve=0, connections_per_partner=1))

    async def again(connection: asyncssh.SSHClientConnection) -> None:
        with pytest.raises((asyncssh.DisconnectError, asyncssh.ChannelOpenError)):
            async with (
                asyncssh.connect(
                    "127.0.0.1",
                    house.port,
                    username="acme",
                    client_keys=[str(partner_key)],
                    known_hosts=None,
                    config=None,
                ) as second,
                second.start_sftp_client(),
            ):
                pass

    _connect(house, str(partner_key), step=again)
    house.until(lambda: house.server.connections == 0, "the end of the first")
    _connect(house, str(partner_key))


def test_strangers_cannot_fill_the_house(open_house: Open, partner_key: Path) -> None:
    house = open_house(Limits(disk_reserve=0, connections_unknown=2))
    strangers = [socket.create_connection(("127.0.0.1", house.port)) for _ in range(2)]
    for stranger in strangers:
        assert stranger.recv(4) == b"SSH-"
    with pytest.raises((OSError, asyncssh.Error)):
        _connect(house, str(partner_key))
    for stranger in strangers:
        stranger.close()

    def gets_in() -> bool:
        with contextlib.suppress(OSError, asyncssh.Error):
            _connect(house, str(partner_key))
            return True
        return False

    house.until(gets_in, "room for the partner")


def test_stranger_who_waits_is_sent_away(open_house: Open) -> None:
    house = open_house(Limits(disk_reserve=0, login_timeout=0.3))
    with socket.create_connection(("127.0.0.1", house.port), timeout=PATIENCE) as stranger:
        while stranger.recv(4096):
            pass


def test_address_that_fails_too_often_is_barred(open_house: Open, partner_key: Path) -> None:
    house = open_house(Limits(disk_reserve=0, failed_logins=2))
    wrong = asyncssh.generate_private_key("ssh-ed25519")
    with pytest.raises(asyncssh.PermissionDenied):
        _connect(house, wrong)
    _connect(house, str(partner_key))
    for _ in range(2):
        with pytest.raises(asyncssh.PermissionDenied):
            _connect(house, wrong)
    with pytest.raises((OSError, asyncssh.Error)) as raised:
        _connect(house, str(partner_key))
    assert not isinstance(raised.value, asyncssh.PermissionDenied)


def test_connection_may_try_so_many_keys(open_house: Open) -> None:
    house = open_house(Limits(disk_reserve=0, key_offers=3))
    keys = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(5)]
    with capture_logs() as logs:

        async def run() -> None:
            await asyncssh.connect(
                "127.0.0.1", house.port, username="acme", client_keys=keys, known_hosts=None, config=None
            )

        with pytest.raises(asyncssh.DisconnectError):
            asyncio.run(run())

        def refused() -> int:
            return sum(each["event"] == "sftp.login.refused" for each in logs)

        house.until(lambda: refused() >= 3, "the log lines")
    assert refused() == 3


def test_host_key_rotation_is_live(house: House, partner_key: Path) -> None:
    [old] = host_keys(house.folder / "keys")
    new = asyncssh.generate_private_key("ssh-ed25519")
    announced: list[str] = []

    async def seen() -> str:
        told = asyncio.Event()

        def learn(added: object, removed: object, retained: object, revoked: object) -> None:
            for keys in (added, retained):
                assert isinstance(keys, list)
                announced.extend(each.get_fingerprint() for each in keys)
            told.set()

        connection = await asyncssh.connect(
            "127.0.0.1",
            house.port,
            username="acme",
            client_keys=[str(partner_key)],
            known_hosts=([old.convert_to_public(), new.convert_to_public()], [], []),
            server_host_keys_handler=learn,
            config=None,
        )
        await asyncio.wait_for(told.wait(), PATIENCE)
        key = connection.get_server_host_key()
        connection.abort()
        assert key is not None
        return key.get_fingerprint()

    assert asyncio.run(seen()) == old.get_fingerprint()
    house.run_in_loop(lambda: house.server.rotate([old, new]))
    announced.clear()
    assert asyncio.run(seen()) == old.get_fingerprint()
    assert sorted(announced) == sorted([old.get_fingerprint(), new.get_fingerprint()])
    house.run_in_loop(lambda: house.server.rotate([new]))
    assert asyncio.run(seen()) == new.get_fingerprint()


def test_admits_compares_whole_keys() -> None:
    key, other = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    login = Login("acme", "acme-sftp", (_line(other), _line(key)))
    table = {"acme": login, "closed": Login("x", "y", ())}
    assert admits(table.get, "acme", key.public_data) is login
    assert admits(table.get, "acme", key.public_data[:-1]) is None
    assert admits(table.get, "acme", b"") is None
    assert admits(table.get, "closed", key.public_data) is None
    assert admits(table.get, "nobody", key.public_data) is None


def test_failed_logins_are_counted_in_a_window() -> None:
    now = [0.0]
    failed = FailedLogins(2, 60, lambda: now[0])
    failed.failed("192.0.2.1")
    assert not failed.barred("192.0.2.1")
    now[0] = 30
    failed.failed("192.0.2.1")
    assert failed.barred("192.0.2.1")
    assert not failed.barred("192.0.2.2")
    now[0] = 61
    assert not failed.barred("192.0.2.1")
    failed.failed("192.0.2.1")
    assert failed.barred("192.0.2.1")
    failed.succeeded("192.0.2.1")
    assert not failed.barred("192.0.2.1")


def test_an_ipv6_network_counts_as_one() -> None:
    failed = FailedLogins(2, 60, lambda: 0.0)
    failed.failed("2001:db8::1")
    failed.failed("2001:db8::ffff:1%eth0")
    assert failed.barred("2001:db8::2")
    assert not failed.barred("2001:db8:0:1::1")


def test_barring_can_be_off_and_forgets_the_oldest() -> None:
    off = FailedLogins(0, 60, lambda: 0.0)
    off.failed("192.0.2.1")
    assert not off.barred("192.0.2.1")
    many = FailedLogins(1, 60, lambda: 0.0)
    for number in range(10_001):
        many.failed(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert not many.barred("10.0.0.0")
    assert many.barred("10.0.0.1")
