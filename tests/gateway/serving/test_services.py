"""The gateway in its own process, with a real RabbitMQ as the company's side and a real PostgreSQL under the ledger."""

from __future__ import annotations

import asyncio

import aio_pika
import msgspec
import pytest

from tests.gateway.serving.running import BLUE_ANCHOR, PATIENCE, House, MakeHouse, example, until
from tests.services.rabbitmq import RabbitServer

EXCHANGE, OUT = "sallyport.canonical", "sallyport.canonical.out"
"""What an ERP has to know, and finds in the documentation."""


async def _submit(url: str, message_id: str, document: bytes) -> None:
    """An ERP publishes an order: mandatory and confirmed."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(on_return_raises=True)
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        message = aio_pika.Message(document, message_id=message_id, type="transport_order/1")
        await exchange.publish(message, f"submit.{BLUE_ANCHOR}.order-out", mandatory=True)


async def _take(url: str, count: int) -> list[tuple[str | None, str | None, bytes]]:
    """An ERP reads so many letters, knowing repeats by their ids, and says that it has them."""
    taken: dict[str | None, tuple[str | None, str | None, bytes]] = {}
    async with await aio_pika.connect(url) as connection:
        queue = await (await connection.channel()).get_queue(OUT, ensure=False)
        # A broker that has just come back may take a minute to answer the gateway, and the next try as long again.
        async with asyncio.timeout(4 * PATIENCE), queue.iterator() as letters:
            async for letter in letters:
                taken[letter.message_id] = (letter.message_id, letter.type, letter.body)
                await letter.ack()
                if len(taken) == count:
                    break
    return list(taken.values())


def _order(house: House) -> bytes:
    """The IFTMIN in the partner's mailbox, as soon as it is there."""
    files = until("the IFTMIN", lambda: {n: f for n, f in house.collect(1).items() if n.startswith("IFTMIN")} or None)
    (iftmin,) = files.values()
    return iftmin


@pytest.mark.timeout(900)
def test_company_is_reached_over_rabbitmq_even_when_the_broker_dies(
    make_house: MakeHouse, rabbitmq_server: RabbitServer
) -> None:
    url = rabbitmq_server.fresh_url()
    house = make_house(start=False, business=f'{{amqp: "{url}"}}')
    profile = house.folder / "profiles" / "blue-anchor.yaml"
    profile.write_text(profile.read_text().replace("every_flow:", "every_flow:\n      retry: {base: PT1S, cap: PT2S}"))
    house.start()
    assert house.serving.business == "amqp"
    asyncio.run(_submit(url, "order-1", example("order.json")))
    assert b"SHP-260812" in _order(house)

    # A queue that was declared just before the kill would be lost to it: see `settle`.
    assert house.stop() == 0
    rabbitmq_server.settle()
    house.start()
    rabbitmq_server.kill()
    house.upload(example("iftsta.edi"), "status.edi")
    house.answer_to("4711")
    tried = "SELECT outcome FROM attempt WHERE outcome = 'failed'"
    until("an attempt to fail", lambda: house.rows(tried) or None)
    rabbitmq_server.start()
    letters = asyncio.run(_take(url, 2))
    house.idle()
    accepted = house.rows("SELECT id FROM message WHERE content = 'accepted' AND direction = 'in'")
    assert {(letter[0],) for letter in letters} == set(accepted)
    assert {letter[1] for letter in letters} == {"transport_status/1"}
    assert any(b"MSKU7081329" in letter[2] for letter in letters)
    assert house.stop() == 0


def test_ledger_in_postgresql_survives_a_kill(make_house: MakeHouse, postgresql_url: str) -> None:
    house = make_house(database=postgresql_url)
    house.upload(example("iftsta.edi"), "status.edi")
    house.kill()
    house.minute()
    house.start()
    house.upload(example("iftsta.edi"), "status.edi")
    house.answer_to("4711")
    letters = house.letters(2)
    house.idle()
    assert len(letters) == 2
    assert len(house.rows("SELECT id FROM message")) == 3
    shown = house.command("messages", "search", "MSKU7081329", "--json")
    (hit,) = msgspec.json.decode(shown.stdout)
    assert hit["message"]["delivery"] == "delivered"
    refused = house.command("serve")
    assert refused.returncode == 2 and "Another process writes" in refused.stderr
    assert house.stop() == 0
