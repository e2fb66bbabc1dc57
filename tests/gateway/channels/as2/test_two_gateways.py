"""Two gateways that run as operators run them, and renew a certificate of one of them by message over AS2."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.as2.keys import KEYS, certificate_of
from tests.gateway.channels.as2.endpoint import store_key
from tests.gateway.serving.running import House, example, until
from tests.services.running import free_port

OLD, NEW = "rsa", "rsa-4096"
"""The test keys of the seller, who changes."""
BUYER_KEY = "rsa-other"
_US = """
party:
  id: {us}
  name: {us}
  identities:
    - {{scheme: as2, value: {name}}}
    - {{scheme: unb, qualifier: "14", value: "{gln}"}}
  certificates:
{certificates}
"""
_PARTNER = """
party:
  id: {id}
  name: {id}
  identities:
    - {{scheme: as2, value: {name}}}
    - {{scheme: unb, qualifier: "14", value: "{gln}"}}
channels:
  - id: {id}-as2
    kind: as2
    url: {url}
    certificate_exchange: yes
    certificates: [{{file: keys/{key}.pem}}]
agreements:
  - id: {id}
    extends: [edifact-d96a-3pl]
    us: {us}
    status: live
    valid_from: 2026-01-01
    timezone: Europe/Brussels
    every_flow: {{channel: {id}-as2}}
"""
_SELLER = {"name": "SELLER", "gln": "5412345000013"}
_BUYER = {"name": "BUYER", "gln": "5498765000017"}


def house_of(folder: Path, port: int, us: str, partner: str, keys: tuple[str, ...], theirs: str) -> House:
    """A gateway, not started, with the keys that it holds and the partner's certificate."""
    house = House(folder, as2=f"{{enabled: yes, port: {port}, url: 'http://127.0.0.1:{port}/as2'}}")
    profiles = house.folder / "profiles"
    for file in profiles.glob("*.yaml"):
        file.unlink()
    (profiles / "us.yaml").write_text(us)
    (profiles / "partner.yaml").write_text(partner)
    for name in (*keys, theirs):
        (profiles / "keys" / f"{name}.pem").write_bytes((KEYS / f"{name}.pem").read_bytes())
    for name in keys:
        store_key(house.folder, name)
    return house


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[House, House]]:
    """The seller, whose next certificate is in its profile, and the buyer, who has never heard of that."""
    ports = free_port(), free_port()
    change = date.today() + timedelta(days=60)  # noqa: DTZ011 (two months away in any zone)
    certificates = (
        f"    - {{file: keys/{OLD}.pem}}\n"
        f"    - {{file: keys/{NEW}.pem, use: [decrypt]}}\n"
        f"    - {{file: keys/{NEW}.pem, use: [sign], valid_from: {change}}}"
    )
    urls = [f"http://127.0.0.1:{port}/as2" for port in ports]
    seller = house_of(
        tmp_path / "seller",
        ports[0],
        _US.format(us="seller", certificates=certificates, **_SELLER),
        _PARTNER.format(id="buyer", us="seller", url=urls[1], key=BUYER_KEY, **_BUYER),
        (OLD, NEW),
        BUYER_KEY,
    )
    buyer = house_of(
        tmp_path / "buyer",
        ports[1],
        _US.format(us="buyer", certificates=f"    - {{file: keys/{BUYER_KEY}.pem}}", **_BUYER),
        _PARTNER.format(id="seller", us="buyer", url=urls[0], key=OLD, **_SELLER),
        (BUYER_KEY,),
        OLD,
    )
    with ExitStack() as stack:
        for house in (seller, buyer):
            stack.callback(house.discard)
            house.start()
        yield seller, buyer


def signers(buyer: House) -> list[str]:
    """Whose certificates signed what the buyer took from the seller, one after the other."""
    names = {certificate_of(name).sha256: name for name in (OLD, NEW)}
    rows = buyer.rows("SELECT facts FROM as2_received WHERE accepted ORDER BY id")
    return [names[json.loads(str(facts))["signed_by"]] for (facts,) in rows]


def statuses(house: House) -> list[str]:
    """Where what was offered stands."""
    answer = json.loads(house.command("keys", "requests", "--json").stdout)
    return [offer["status"] for exchange in answer for offer in exchange["offers"]]


def cases(house: House) -> list[dict[str, str]]:
    """What a person has to do about certificates."""
    found = json.loads(house.command("cases", "list", "--json").stdout)
    return [each for each in found if "certificate" in each["cause"]]


def deliveries(house: House) -> list[str]:
    """How far its AS2 messages are."""
    sent = "SELECT DISTINCT delivery FROM transmission WHERE direction = 'out' AND protocol = 'as2'"
    return [str(delivery) for (delivery,) in house.rows(sent)]


def order(seller: House, folder: Path, number: int) -> None:
    """The seller's company sends a document."""
    document = folder / f"order-{number}.json"
    document.write_bytes(example("order.json"))
    sent = seller.command("send", str(document), "--flow", "buyer/order-out", "--id", f"order-{number}")
    assert sent.returncode == 0, sent.stderr


def test_a_certificate_is_renewed_by_message(both: tuple[House, House], tmp_path: Path) -> None:
    seller, buyer = both
    order(seller, tmp_path, 1)
    until("the first order", lambda: signers(buyer) == [OLD] or None)

    due = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    offered = seller.command("keys", "offer", NEW, "--respond-by", due, "--reason", "the old one ends", "--json")
    assert offered.returncode == 0, offered.stderr
    assert [each["outcome"] for each in json.loads(offered.stdout)] == ["done"]

    until("the offer", lambda: statuses(buyer) == ["pending"] or None)
    (case,) = cases(buyer)
    assert case["cause"] == "certificates-offered"
    assert certificate_of(NEW).sha256 in case["text"]
    order(seller, tmp_path, 2)
    until("the second order", lambda: signers(buyer) == [OLD, OLD, OLD] or None)

    approved = buyer.command("keys", "approve", case["subject"], "--reason", "fingerprint read out", "--actor", "eva")
    assert approved.returncode == 0, approved.stderr
    until("the answer", lambda: statuses(seller) == ["accepted"] or None)
    until("no case left", lambda: cases(buyer) == cases(seller) == [] or None)

    order(seller, tmp_path, 3)
    until("the third order", lambda: signers(buyer) == [OLD, OLD, OLD, NEW] or None)
    # The ledger remembers it, whatever becomes of the processes.
    for house in (seller, buyer):
        house.kill()
    for house in (seller, buyer):
        house.start()
    order(seller, tmp_path, 4)
    until("the fourth order", lambda: signers(buyer) == [OLD, OLD, OLD, NEW, NEW] or None)
    # The buyer has it a moment before the seller has read the receipt and written that down.
    until("every receipt", lambda: deliveries(seller) == ["delivered"] or None)
