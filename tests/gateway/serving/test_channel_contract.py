"""What a running gateway promises over every channel on which a partner exchanges files, killed or not."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from gateway.channels.temporary_names import temporary
from tests.gateway.channels.files.conftest import with_channel
from tests.gateway.serving.running import BLUE_ANCHOR, House, MakeHouse, example, until
from tests.services.openssh import SshServer

CHANNEL = "blue-anchor-mailbox"
COLLECT = "{folder: %s, files: '*.edi', settled: PT1S, every: PT1S}"


class Partner(Protocol):
    """The other side of a channel."""

    def settings(self, house: House) -> None:
        """The gateway learns of the channel, before it starts."""

    def give(self, house: House, name: str, content: bytes) -> None:
        """The partner hands in a file."""

    def taken(self, house: House) -> dict[str, bytes]:
        """What the partner finds for itself, finished or not."""


class Mailbox:
    """A mailbox on our server, reached with paramiko."""

    def settings(self, house: House) -> None:
        """Nothing: it is the example's channel."""

    def give(self, house: House, name: str, content: bytes) -> None:
        house.upload(content, name)

    def taken(self, house: House) -> dict[str, bytes]:
        with house.partner() as sftp:
            found = {}
            for name in sftp.listdir("/out"):
                stream = io.BytesIO()
                sftp.getfo(f"/out/{name}", stream)
                found[name] = stream.getvalue()
            return found


class _OnDisk:
    """A partner whose files lie on this disk."""

    inbound: Path
    outbound: Path

    def give(self, house: House, name: str, content: bytes) -> None:
        beside = self.inbound / f".{name}.part"
        beside.write_bytes(content)
        beside.rename(self.inbound / name)

    def taken(self, house: House) -> dict[str, bytes]:
        return {each.name: each.read_bytes() for each in self.outbound.iterdir()}


class Directory(_OnDisk):
    """Folders of this machine."""

    def settings(self, house: House) -> None:
        folder = house.folder / "directories" / "blue-anchor"
        self.inbound, self.outbound = folder / "in", folder / "out"
        self.inbound.mkdir(parents=True)
        self.outbound.mkdir()
        collect = COLLECT % "in"
        states(house, f"  - id: {CHANNEL}\n    kind: directory\n    folder: blue-anchor\n    collect: {collect}\n")


class Server(_OnDisk):
    """The partner's own SFTP server, which is OpenSSH's; our key was made as an operator makes it."""

    def __init__(self, server: SshServer) -> None:
        self.server = server

    def settings(self, house: House) -> None:
        self.inbound, self.outbound = self.server.home / "outgoing", self.server.home / "incoming"
        self.inbound.mkdir()
        self.outbound.mkdir()
        made = house.command("keys", "ssh", "blue-anchor")
        assert made.returncode == 0, made.stderr
        self.server.authorize_line(made.stdout)
        states(
            house,
            f"  - id: {CHANNEL}\n    kind: sftp-client\n    host: 127.0.0.1\n    port: {self.server.port}\n"
            f"    user: {self.server.user}\n    host_keys: [{self.server.host_key}]\n    keys: [blue-anchor]\n"
            f"    collect: {COLLECT % self.inbound}\n    deliver_to: {self.outbound}\n",
        )


def states(house: House, channel: str) -> None:
    """The example partner gets this channel instead of its mailbox."""
    profile = house.folder / "profiles" / f"{BLUE_ANCHOR}.yaml"
    text = with_channel(profile.read_text(), channel)
    every = f"      channel: {CHANNEL}\n"
    assert every in text
    profile.write_text(text.replace(every, f"{every}      retry: {{base: PT1S, cap: PT2S}}\n"))


@pytest.fixture(params=["mailbox", "directory", "server"])
def partner(request: pytest.FixtureRequest) -> Iterator[Partner]:
    """The example partner on a channel."""
    if request.param == "mailbox":
        yield Mailbox()
    elif request.param == "directory":
        yield Directory()
    else:
        yield Server(request.getfixturevalue("ssh_server"))


def status(number: int) -> bytes:
    """A partner's file with two good messages and a bad one."""
    return example("iftsta.edi").replace(b"4711", str(number).encode())


def order(house: House, folder: Path, number: int) -> None:
    """The company's system sends a document."""
    document = folder / "order.json"
    document.write_bytes(example("order.json"))
    sent = house.command("send", str(document), "--flow", "blue-anchor/order-out", "--id", f"order-{number}")
    assert sent.returncode == 0, sent.stderr


def answers(found: dict[str, bytes], number: int) -> list[str]:
    """The names of the files that answer the interchange with this number."""
    return [name for name, content in found.items() if b"UCI+%d+" % number in content and not temporary(name)]


def orders(found: dict[str, bytes]) -> list[str]:
    """The names of the orders."""
    return sorted(name for name in found if name.startswith("IFTMIN-") and not temporary(name))


def until_taken(
    partner: Partner, house: House, what: str, check: Callable[[dict[str, bytes]], object]
) -> dict[str, bytes]:
    """What the partner finds, as soon as it is so."""

    def look() -> dict[str, bytes] | None:
        found = partner.taken(house)
        return found if check(found) else None

    return until(what, look)


def at_rest(house: House) -> None:
    """Return when no work is left but to look again."""
    until("the work to be done", lambda: not house.rows("SELECT id FROM job WHERE kind <> 'collect'") or None)


def test_files_come_in_and_go_out(make_house: MakeHouse, partner: Partner, tmp_path: Path) -> None:
    house = make_house(start=False)
    partner.settings(house)
    house.start()
    content = status(4711)
    partner.give(house, "status.edi", content)
    until_taken(partner, house, "the answer", lambda found: answers(found, 4711))
    assert len(house.letters(2)) == 2
    came = house.rows("SELECT name, sha256, size FROM transmission WHERE direction = 'in' AND side = 'partner'")
    assert came == [("status.edi", hashlib.sha256(content).hexdigest(), len(content))]
    order(house, tmp_path, 1)
    found = until_taken(partner, house, "the order", orders)
    (sent,) = orders(found)
    at_rest(house)
    went = house.rows("SELECT name, sha256, delivery FROM transmission WHERE direction = 'out' AND name LIKE 'IFTMIN%'")
    assert went == [(sent, hashlib.sha256(found[sent]).hexdigest(), "delivered")]
    assert house.stop() == 0


def test_killed_again_and_again_loses_nothing_and_doubles_nothing(
    make_house: MakeHouse, partner: Partner, tmp_path: Path
) -> None:
    house = make_house(start=False)
    partner.settings(house)
    numbers = range(5001, 5004)
    for number in numbers:
        house.start()
        partner.give(house, f"{number}.edi", status(number))
        order(house, tmp_path, number)
        house.kill()
    house.start()
    found = until_taken(
        partner,
        house,
        "everything",
        lambda found: all(answers(found, number) for number in numbers) and len(orders(found)) == len(numbers),
    )
    at_rest(house)
    found = partner.taken(house)
    assert [len(answers(found, number)) for number in numbers] == [1] * len(numbers)
    assert len({found[name] for name in orders(found)}) == len(orders(found)) == len(numbers)
    assert not [name for name in found if temporary(name)], "nothing half is left behind"
    letters = house.letters(2 * len(numbers))
    assert len({letter.message_id for letter in letters}) == 2 * len(numbers)
    assert house.command("reconcile").returncode == 0
    assert not house.rows(
        "SELECT id FROM \"case\" WHERE cause IN ('workers-ended', 'stage-failed', 'delivering-fails')"
    )


def test_a_server_that_changed_its_key_is_not_trusted(
    make_house: MakeHouse, ssh_server: SshServer, tmp_path: Path
) -> None:
    house = make_house(start=False)
    partner = Server(ssh_server)
    partner.settings(house)
    ssh_server.stop()
    known = ssh_server.host_key
    ssh_server.change_host_key()
    ssh_server.start()
    house.start()
    order(house, tmp_path, 1)
    until("the case", lambda: house.rows("SELECT id FROM \"case\" WHERE cause = 'delivering-fails'") or None)
    assert partner.taken(house) == {}
    # The partner confirms its new key by telephone, and both are named while it changes over.
    profile = house.folder / "profiles" / f"{BLUE_ANCHOR}.yaml"
    text = profile.read_text()
    profile.write_text(text.replace(known, f'"{known}", "{ssh_server.host_key}"'))
    until("the profile", lambda: house.log("profiles read again") or None)
    until_taken(partner, house, "the order", orders)


def test_a_folder_that_is_not_there_is_told_and_never_made(make_house: MakeHouse, tmp_path: Path) -> None:
    house = make_house(start=False)
    partner = Directory()
    partner.settings(house)
    hidden = house.folder / "unmounted"
    os.rename(house.folder / "directories", hidden)
    house.start()
    order(house, tmp_path, 1)
    waits = "SELECT id FROM transmission WHERE side = 'partner' AND delivery = 'retry-wait'"
    until("the first attempt", lambda: house.rows(waits) or None)
    assert not (house.folder / "directories").exists()
