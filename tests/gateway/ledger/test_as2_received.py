"""What came over AS2: one accepted message for each pair and id, however many try at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from sqlalchemy import Connection

from gateway.database import Database
from gateway.ids import new_id
from gateway.ledger import NotRecorded, as2_received
from gateway.ledger.as2_received import ReceivedRow
from tests.gateway.ledger.conftest import AT


def row(*, accepted: bool = True, **more: object) -> ReceivedRow:
    """A message from ACME."""
    made = ReceivedRow(
        id=new_id("p", AT),
        sender="ACME",
        receiver="Us & Co",
        message_id="1@acme.example",
        party="acme",
        channel="acme-as2",
        at=AT,
        accepted=accepted,
        code="processed" if accepted else "decryption-failed",
        headers=[("as2-from", "ACME")],
        body_sha256=None,
        facts={"remote": "192.0.2.7"},
        receipt="sync",
    )
    return msgspec.structs.replace(made, **more)


def record(database: Database, each: ReceivedRow) -> bool:
    """Whether it was recorded."""
    return database.write(lambda connection: as2_received.record(connection, each))


def test_it_comes_back_as_it_was(database: Database) -> None:
    first = row(mic="00ff", mic_algorithm="sha256", mdn_headers=[("Date", "now")])
    assert record(database, first)
    found = database.read(lambda c: as2_received.accepted(c, "ACME", "Us & Co", "1@acme.example"))
    assert found is not None
    assert found == database.read(lambda c: as2_received.get(c, first.id))
    lists = {"headers": [list(each) for each in first.headers], "mdn_headers": [["Date", "now"]]}
    assert found == msgspec.structs.replace(first, **lists)


def test_only_one_is_accepted(database: Database) -> None:
    assert record(database, row())
    assert not record(database, row())
    assert record(database, row(message_id="2@acme.example"))
    assert record(database, row(sender="acme"))
    assert record(database, row(receiver="Them"))
    assert record(database, row(message_id="1@ACME.example"))


def test_what_was_refused_is_no_predecessor(database: Database) -> None:
    assert record(database, row(accepted=False))
    assert record(database, row(accepted=False))
    assert database.read(lambda c: as2_received.accepted(c, "ACME", "Us & Co", "1@acme.example")) is None
    assert record(database, row())
    assert record(database, row(accepted=False))


def test_what_is_not_there(database: Database) -> None:
    with pytest.raises(NotRecorded):
        database.read(lambda c: as2_received.get(c, "p-0"))
    assert database.read(lambda c: as2_received.accepted(c, "ACME", "Us & Co", "1@acme.example")) is None


def test_whoever_comes_second_waits_for_the_first(database: Database) -> None:
    together = threading.Barrier(2, timeout=60)

    def compete(connection: Connection) -> bool:
        if database.dialect == "postgresql":
            together.wait()
        return as2_received.record(connection, row())

    with ThreadPoolExecutor(2) as pool:
        found = [each.result(60) for each in [pool.submit(database.write, compete) for _ in range(2)]]
    assert sorted(found) == [False, True]
