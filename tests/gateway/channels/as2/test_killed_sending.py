"""Killed at any durable act, a message of ours arrives as the same bytes under one id, and its receipt is not lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from archive import Archive
from gateway.config import open_home
from gateway.database import Database
from gateway.ledger import objects
from gateway.receiving import receive_from_business
from tests.gateway.channels.as2.sender import ORDER, Sending, write_sender
from tests.gateway.channels.as2.test_killed import Stage, kills_at
from tests.gateway.crash.points import part_of

KINDS = {
    "sync": "",
    "async": "mdn: {mode: async, patience: PT30M}",
}


def _judge(home: Path, told: list[str], kind: str) -> None:
    place = open_home(home, {})
    database = Database.open(place.database_url, mode="read")
    archive = Archive.open(place.archive, mode="read")
    try:

        def rows(statement: str) -> list[tuple[object, ...]]:
            return database.read(lambda c: [tuple(row) for row in c.execute(text(statement))])

        seen = {line for line in told if line != "mdn taken"}
        ((message_id,),) = rows("SELECT message_id FROM as2_sent")
        # However often it came, it was one message to whoever notices Message-IDs.
        assert [line.split()[0] for line in seen] == [f"<{message_id}>"]
        assert rows("SELECT delivery FROM transmission WHERE direction = 'out' AND side = 'partner'") == [
            ("delivered",)
        ]
        assert rows("SELECT delivery, receipt FROM message") == [("delivered", "met")]
        ((receipts,),) = rows("SELECT count(*) FROM receipt WHERE verdict = 'accepted'")
        assert isinstance(receipts, int) and receipts >= max(1, told.count("mdn taken"))
        assert rows('SELECT cause FROM "case"') == []
        assert not list(archive.verify(database.read(objects.all_locators)))
    finally:
        archive.close()
        database.close()


@pytest.fixture(scope="module", params=list(KINDS))
def kind_and_stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Stage]]:
    """A gateway with an order that is ready to be sent."""
    folder = tmp_path_factory.mktemp("killed-sending")
    template = folder / "template"
    write_sender(template, channel=KINDS[request.param], as2="{enabled: yes, port: 0, url: 'http://us.example/as2'}")
    sending = Sending(template)
    receive_from_business(
        sending.gateway, message_id="order-1", flow="acme/order-out", content=ORDER, protocol="amqp", facts={}
    )
    assert sending.workers.run_one()
    assert sending.sent().delivery == "queued"
    sending.close()
    stage = Stage(folder, template, "killed_sending", _judge)
    yield request.param, stage
    stage.close()


def test_killed_at_every_act(kind_and_stage: tuple[str, Stage]) -> None:
    kind, stage = kind_and_stage
    whole = stage.day(kind, None)
    names = whole.labels[whole.opened :]
    # The bytes and the row, then the request, then the receipt's bytes and what it says.
    before, after = names[: names.index("post")], names[names.index("post") :]
    assert "fdatasync" in before and before[-2:] == ["commit", "commit"]
    assert after.index("fdatasync") < len(after) - 1 - after[::-1].index("commit")
    for kill in part_of(kills_at(whole.labels, range(whole.opened + 1, len(whole.labels) + 1))):
        stage.day(kind, kill)
