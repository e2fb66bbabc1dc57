"""The how-to on events, followed: its configuration, its bindings, its reader and its commands, as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.config import read_config
from gateway.event_exchange import NAME, topology
from gateway.events import EVENT_TYPES, chosen, routing_key
from queues.exchange import matches
from tests.gateway.pipeline import customs
from tests.gateway.serving.running import House, until
from tests.gateway.serving.test_events import customs_joins
from tests.services.rabbitmq import RabbitServer

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "react-to-events.md").read_text()


def block(language: str, number: int = 0) -> str:
    """A code block of the page; of commands, those that are ours and not the broker's."""
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)
    return [each for each in found if language != "sh" or each.startswith("sallyport ")][number]


def test_its_configuration() -> None:
    config, faults = read_config(block("yaml").encode(), {})
    assert config is not None and not faults
    assert config.events.enabled
    assert {"customs.hold", "receipt.overdue", "message.rejected"} <= chosen(config.events.types)


def test_its_bindings_take_something() -> None:
    bindings = re.findall(r"^\| `(sallyport\.[^`]+)` \|", PAGE, re.M)
    assert len(bindings) == 5
    keys = [routing_key(name, "blue-anchor") for name in EVENT_TYPES]
    assert [each for each in bindings if not any(matches(each, key) for key in keys)] == []


def test_its_names() -> None:
    names = topology(queue=True)
    assert f"`{NAME}`" in PAGE and f"`{names.out}`" in PAGE
    assert f"{names.length_limit:,} events" in PAGE


def test_its_reader_hears_of_a_hold(tmp_path: Path, rabbitmq_server: RabbitServer) -> None:
    url = rabbitmq_server.fresh_url()
    settings = " ".join(line.strip() for line in block("yaml").splitlines()[1:])
    house = House(tmp_path / "home", business=f'{{amqp: "{url}"}}', events=f"{{{settings.replace('yes ', 'yes, ')}}}")
    customs_joins(house)
    script, heard = tmp_path / "reader.py", tmp_path / "heard.txt"
    script.write_text(block("python"))
    try:
        house.start()
        with (
            heard.open("w") as output,
            subprocess.Popen(
                [sys.executable, str(script)], env={**os.environ, "AMQP_URL": url}, stdout=output
            ) as reader,
        ):
            try:
                until("the reader", lambda: "listening" in heard.read_text() or None)
                house.upload(customs.hold(), "answer.edi", customs.PARTY)
                until("the hold", lambda: "customs.hold" in heard.read_text() or None)
            finally:
                reader.terminate()
    finally:
        house.discard()
    assert "sallyport.customs.hold/1 26BE000201443210R4 HLXU8765430" in heard.read_text().splitlines()


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A gateway without a broker, to which a hold has come."""
    house = House(tmp_path_factory.mktemp("events") / "home", events="{enabled: yes}")
    customs_joins(house)
    return house


def test_its_commands(held: House) -> None:
    listing, as_json = block("sh").splitlines()
    try:
        held.start()
        held.upload(customs.hold(), "answer.edi", customs.PARTY)
        told = until("the hold", lambda: out if "customs.hold" in (out := _said(held, listing)) else None)
        assert "be-customs" in told
        (event,) = json.loads(_said(held, as_json))
        held.idle()
        folder = held.folder / "events"
        taking = block("sh", 1).replace(" events ", f" {folder} ", 1)
        assert "events taken" in _said(held, taking)
        assert json.loads((folder / f"{event['id']}.json").read_bytes()) == event
        assert "no event waits" in _said(held, listing)
    finally:
        held.discard()


def _said(house: House, command: str) -> str:
    ended = house.command(*command.split()[1:])
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
