"""A customs hold comes in, and a system of the company knows it within seconds, whatever else waits."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

import aio_pika
import paramiko
import pytest

from gateway.control import Refused, Take, take_letters
from queues import Letter
from tests.gateway.pipeline import customs
from tests.gateway.serving.running import BLUE_ANCHOR, PATIENCE, House, MakeHouse, example, until
from tests.services.rabbitmq import RabbitServer

BULK = 40
"""Jobs that have to be ahead of the hold: files, each with three messages, and every one of these with its events."""
MOST = 400
"""Files that are sent at most until so many are."""


def customs_joins(house: House) -> None:
    """The customs office becomes a partner."""
    (house.folder / "profiles" / "be-customs.yaml").write_text(customs.PROFILE)
    house.keys[customs.PARTY] = key = paramiko.ECDSAKey.generate()
    line = f"{key.get_name()} {key.get_base64()} {customs.PARTY}\n"
    (house.folder / "profiles" / "keys" / "be-customs.pub").write_text(line)


def bulk(house: House) -> None:
    """More ordinary work from another partner than the gateway has done when the hold comes, however fast it is."""
    with house.partner(BLUE_ANCHOR) as sftp:
        for number in range(5000, 5000 + MOST):
            content = example("iftsta.edi").replace(b"4711", str(number).encode())
            with sftp.open(f"/in/{number}.edi", "wb") as file:
                file.write(content)
            if number % 10 == 0 and waiting(house) >= BULK:
                return
    raise AssertionError("the gateway works as fast as the partner sends: nothing can be ahead of a hold")


def waiting(house: House) -> int:
    """How many ordinary jobs there are to do."""
    return int(str(house.rows("SELECT count(*) FROM job WHERE lane = 5")[0][0]))


def hold_comes(house: House) -> None:
    """A hold comes behind bulk work."""
    bulk(house)
    house.upload(customs.hold(), "answer.edi", customs.PARTY)


def check(event: dict[str, Any], told: list[str]) -> None:
    """What the system needs is in the event, and it was told before much that was to be done when the hold came.

    ``told`` are the ids of all events, in the order in which they were told. How many seconds it takes is for the
    benchmarks; what comes before what does not depend on the machine.
    """
    assert event["type"] == "sallyport.customs.hold/1" and event["data"]["party"] == customs.PARTY
    assert {"MTIMP20260877", "HLXU8765430"} <= {each["value"] for each in event["data"]["references"]}
    assert len(told) - told.index(event["id"]) > BULK // 2, "the hold waited for what was ahead of it"


def test_hold_is_read_within_seconds_without_a_broker(make_house: MakeHouse) -> None:
    house = make_house(start=False, events="{enabled: yes}")
    customs_joins(house)
    house.start()

    def read() -> dict[str, Any] | None:
        listed = json.loads(house.command("events", "list", "--type", "customs.hold", "--json").stdout)
        return listed[0] if listed else None

    hold_comes(house)
    event = until("the hold", read)

    # A script takes what is of interest to it, and what it took is gone; a document is another matter.
    house.idle()
    taken: list[Letter] = []
    while take_letters(house.control, Take(limit=1000, what="events"), taken.append):
        pass
    check(event, [letter.message_id for letter in taken])
    assert len({letter.message_id for letter in taken}) == len(taken)
    assert json.loads(house.command("events", "list", "--json").stdout) == []
    documents = house.letters(1)
    assert documents[0].type.partition("/")[0] in ("customs_response", "transport_status")


def test_hold_is_read_within_seconds_over_rabbitmq(make_house: MakeHouse, rabbitmq_server: RabbitServer) -> None:
    url = rabbitmq_server.fresh_url()
    house = make_house(start=False, business=f'{{amqp: "{url}"}}', events="{enabled: yes}")
    customs_joins(house)
    house.start()
    customs_only, all_of_them = Listener(url, "sallyport.customs.#"), Listener(url, "sallyport.#")
    try:
        hold_comes(house)
        event = until("the hold", lambda: next((each for each in customs_only.events if "hold" in each["type"]), None))
        house.idle()
        # The broker has them all now; a listener may still have to fetch them.
        types = {"sallyport.customs.accepted/1", "sallyport.customs.hold/1"}
        until("both events", lambda: types <= {each["type"] for each in customs_only.events} or None)
        until("the rest", lambda: True if _behind(all_of_them, event) > BULK // 2 else None)
        check(event, [each["id"] for each in all_of_them.events])
        assert {each["type"] for each in customs_only.events} == types
    finally:
        customs_only.stop()
        all_of_them.stop()
    told = house.command("events", "list")
    assert told.returncode == 2 and "bind a queue of your own" in told.stderr
    with pytest.raises(Refused, match="RabbitMQ"):
        take_letters(house.control, Take(what="events"), lambda letter: None)
    assert house.command("doctor").returncode in (0, 2)


def _behind(listener: Listener, event: dict[str, Any]) -> int:
    """How many events a listener has from this one on; none while it has not heard of it."""
    ids = [each["id"] for each in listener.events]
    return len(ids) - ids.index(event["id"]) if event["id"] in ids else 0


@pytest.mark.timeout(900)
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
    # Only the deliveries that wait for the same broker may have had one.
    assert not house.rows("SELECT id FROM \"case\" WHERE cause <> 'channel-unreachable'")
    assert house.stop() == 0


async def _kept(url: str) -> dict[str, Any]:
    """The first event in the queue that the gateway declares."""
    async with await aio_pika.connect(url) as connection:
        queue = await (await connection.channel()).get_queue("sallyport.events.out", ensure=False)
        async with asyncio.timeout(PATIENCE), queue.iterator() as events:
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
        assert self._ready.wait(PATIENCE)

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
