"""A customs hold comes in, and a system of the company knows it within seconds, whatever else waits."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import aio_pika
import paramiko
import pytest

from gateway.control import Refused, Take, take_letters
from queues import Letter
from tests.gateway.pipeline import customs
from tests.gateway.serving.running import BLUE_ANCHOR, PATIENCE, House, MakeHouse, example, until
from tests.services.rabbitmq import RabbitServer

WITHIN = 30.0
"""Seconds for a machine that is busy with other tests; alone it takes two."""
BULK = 30
"""Files that are ahead of the hold, each with three messages, and every one of these with its events."""


def customs_joins(house: House) -> None:
    """The customs office becomes a partner."""
    (house.folder / "profiles" / "be-customs.yaml").write_text(customs.PROFILE)
    house.keys[customs.PARTY] = key = paramiko.ECDSAKey.generate()
    line = f"{key.get_name()} {key.get_base64()} {customs.PARTY}\n"
    (house.folder / "profiles" / "keys" / "be-customs.pub").write_text(line)


def bulk(house: House) -> None:
    """Much of ordinary work from another partner."""
    with house.partner(BLUE_ANCHOR) as sftp:
        for number in range(5000, 5000 + BULK):
            content = example("iftsta.edi").replace(b"4711", str(number).encode())
            with sftp.open(f"/in/{number}.edi", "wb") as file:
                file.write(content)


def hold_comes(house: House, read: Callable[[], dict[str, Any] | None]) -> tuple[dict[str, Any], float, int]:
    """The event of a hold that comes behind bulk work, after how many seconds, and how many messages were behind it."""
    bulk(house)
    began = time.monotonic()
    house.upload(customs.hold(), "answer.edi", customs.PARTY)
    event = until("the hold", read)
    seconds = time.monotonic() - began
    waiting = house.rows("SELECT count(*) FROM job WHERE lane = 5")
    return event, seconds, int(str(waiting[0][0]))


def check(event: dict[str, Any], seconds: float, waiting: int) -> None:
    """What the system needs is in the event, and it was there before the bulk was done."""
    assert event["type"] == "sallyport.customs.hold/1" and event["data"]["party"] == customs.PARTY
    assert {"MTIMP20260877", "HLXU8765430"} <= {each["value"] for each in event["data"]["references"]}
    assert seconds < WITHIN
    assert waiting > 0, "the bulk was done before: nothing was shown"


def test_hold_is_read_within_seconds_without_a_broker(make_house: MakeHouse) -> None:
    house = make_house(start=False, events="{enabled: yes}")
    customs_joins(house)
    house.start()

    def read() -> dict[str, Any] | None:
        listed = json.loads(house.command("events", "list", "--type", "customs.hold", "--json").stdout)
        return listed[0] if listed else None

    event, seconds, waiting = hold_comes(house, read)
    check(event, seconds, waiting)

    # A script takes what is of interest to it, and what it took is gone; a document is another matter.
    house.idle()
    taken: list[Letter] = []
    while take_letters(house.control, Take(limit=1000, what="events"), taken.append):
        pass
    assert event["id"] in {letter.message_id for letter in taken}
    assert len({letter.message_id for letter in taken}) == len(taken)
    assert json.loads(house.command("events", "list", "--json").stdout) == []
    documents = house.letters(1)
    assert documents[0].type.partition("/")[0] in ("customs_response", "transport_status")


def test_hold_is_read_within_seconds_over_rabbitmq(make_house: MakeHouse, rabbitmq_server: RabbitServer) -> None:
    url = rabbitmq_server.fresh_url()
    house = make_house(start=False, business=f'{{amqp: "{url}"}}', events="{enabled: yes}")
    customs_joins(house)
    house.start()
    listener = Listener(url, "sallyport.customs.#")
    event, seconds, waiting = hold_comes(
        house, lambda: next((each for each in listener.events if "hold" in each["type"]), None)
    )
    check(event, seconds, waiting)
    house.idle()
    assert {each["type"] for each in listener.events} == {"sallyport.customs.accepted/1", "sallyport.customs.hold/1"}
    listener.stop()
    told = house.command("events", "list")
    assert told.returncode == 2 and "bind a queue of your own" in told.stderr
    with pytest.raises(Refused, match="RabbitMQ"):
        take_letters(house.control, Take(what="events"), lambda letter: None)
    assert house.command("doctor").returncode in (0, 2)


def test_events_wait_for_a_broker_that_died(make_house: MakeHouse, rabbitmq_server: RabbitServer) -> None:
    url = rabbitmq_server.fresh_url()
    events = "{enabled: yes, types: [message.rejected], queue: yes}"
    house = make_house(start=False, business=f'{{amqp: "{url}"}}', events=events)
    house.start()
    assert house.stop() == 0
    rabbitmq_server.settle()
    house.start()
    rabbitmq_server.kill()
    house.upload(example("iftsta.edi"), "status.edi")
    house.answer_to("4711")
    tried = "SELECT id FROM job WHERE kind = 'events' AND attempt > 1"
    until("the event to be tried", lambda: house.rows(tried) or None)
    rabbitmq_server.start()
    waiting = "SELECT id FROM job WHERE kind = 'events'"
    end = time.monotonic() + 4 * PATIENCE
    # A broker that has just come back may take a minute to answer, and the next try as long again.
    while house.rows(waiting):
        assert time.monotonic() < end, "the event was not published"
        time.sleep(0.2)
    event = asyncio.run(_kept(url))
    assert event["type"] == "sallyport.message.rejected/1" and event["data"]["party"] == BLUE_ANCHOR
    assert not house.rows('SELECT id FROM "case"')
    assert house.stop() == 0


async def _kept(url: str) -> dict[str, Any]:
    """The first event in the queue that the gateway declares."""
    async with await aio_pika.connect(url) as connection:
        queue = await (await connection.channel()).get_queue("sallyport.events.out", ensure=False)
        async with asyncio.timeout(60), queue.iterator() as events:
            async for event in events:
                await event.ack()
                found: dict[str, Any] = json.loads(event.body)
                return found
    raise AssertionError("the connection ended")


class Listener:
    """A system with a queue of its own, in a thread of its own."""

    def __init__(self, url: str, binding: str) -> None:
        self.events: list[dict[str, Any]] = []
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen(url, binding)), daemon=True)
        self._thread.start()
        assert self._ready.wait(WITHIN)

    def stop(self) -> None:
        """Listen no more."""
        self._stop.set()
        self._thread.join()

    async def _listen(self, url: str, binding: str) -> None:
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue("", exclusive=True)
            await queue.bind("sallyport.events", binding)
            self._ready.set()
            while not self._stop.is_set():
                message = await queue.get(fail=False)
                if message is None:
                    await asyncio.sleep(0.05)
                    continue
                self.events.append(json.loads(message.body))
                await message.ack()
