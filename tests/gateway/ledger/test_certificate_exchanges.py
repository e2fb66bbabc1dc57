"""Exchanges of certificates: one for each request, decided once, and only what was accepted counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import msgspec
import pytest
from sqlalchemy import Connection

from gateway.database import Database
from gateway.ids import new_id
from gateway.ledger import NotRecorded, certificate_exchanges, journal
from gateway.ledger.certificate_exchanges import CertificateExchange, OfferedCertificate, Verdict
from gateway.ledger.transmissions import Direction
from tests.gateway.ledger.conftest import AT

DUE = AT + timedelta(days=14)


def offered(position: int = 1, sha256: str = "ab" * 32) -> OfferedCertificate:
    return OfferedCertificate(position=position, sha256=sha256, pem="PEM", usages=["digitalSignature"])


@pytest.fixture
def exchange(database: Database, new_transmission: Callable[..., str]) -> CertificateExchange:
    """One of ACME's, which is not recorded; its transmission is."""
    return CertificateExchange(
        id=new_id("k", AT),
        direction="in",
        party="acme",
        us="meridian",
        channel="acme-as2",
        request_id="r-1",
        at=AT,
        respond_by=DUE,
        transmission=database.write(new_transmission),
        offers=[offered(), offered(2, "cd" * 32)],
    )


def record(database: Database, each: CertificateExchange) -> bool:
    """Whether it was recorded."""
    return database.write(lambda c: certificate_exchanges.record(c, each, actor="acme"))


def get(database: Database, each: CertificateExchange) -> CertificateExchange:
    return database.read(lambda c: certificate_exchanges.get(c, each.id))


def kinds(database: Database, each: CertificateExchange) -> list[str]:
    return [event.kind for event in database.read(lambda c: journal.of(c, each.id))]


def test_it_comes_back_as_it_was(database: Database, exchange: CertificateExchange) -> None:
    assert record(database, exchange)
    assert get(database, exchange) == exchange
    assert exchange.pending
    assert kinds(database, exchange) == ["certificates-offered"]
    assert database.write(lambda c: certificate_exchanges.find(c, "acme-as2", "in", "r-1")) == exchange
    others: list[tuple[str, Direction, str]] = [
        ("acme-as2", "out", "r-1"),
        ("acme-as2", "in", "R-1"),
        ("b", "in", "r-1"),
    ]
    for channel, direction, name in others:
        look = partial(certificate_exchanges.find, channel=channel, direction=direction, request_id=name)
        assert database.write(look) is None
    with pytest.raises(NotRecorded):
        database.read(lambda c: certificate_exchanges.get(c, "k-0"))


def test_a_request_is_one_for_its_channel_and_direction(database: Database, exchange: CertificateExchange) -> None:
    assert record(database, exchange)
    again = msgspec.structs.replace(exchange, id=new_id("k", AT))
    assert not record(database, again)
    assert record(database, msgspec.structs.replace(again, direction="out"))
    assert record(database, msgspec.structs.replace(again, id=new_id("k", AT), channel="other"))
    # As long as a partner likes, and beyond ASCII.
    long = msgspec.structs.replace(again, id=new_id("k", AT), request_id="料" * 1000)
    assert record(database, long)
    assert not record(database, msgspec.structs.replace(long, id=new_id("k", AT)))
    assert len(database.read(certificate_exchanges.all_of)) == 4


def test_whoever_comes_second_waits_for_the_first(database: Database, exchange: CertificateExchange) -> None:
    together = threading.Barrier(2, timeout=60)

    def compete(connection: Connection) -> bool:
        if database.dialect == "postgresql":
            together.wait()
        mine = msgspec.structs.replace(exchange, id=new_id("k", AT))
        return certificate_exchanges.record(connection, mine, actor="acme")

    with ThreadPoolExecutor(2) as pool:
        found = [each.result(30) for each in [pool.submit(database.write, compete) for _ in range(2)]]
    assert sorted(found) == [False, True]


def test_nothing_counts_before_it_is_accepted(database: Database, exchange: CertificateExchange) -> None:
    record(database, exchange)
    assert database.read(lambda c: certificate_exchanges.accepted(c, "acme-as2")) == []
    verdicts = {1: Verdict("accepted", "rung up"), 2: Verdict("rejected", "unknown")}
    later = AT + timedelta(hours=1)

    def decide(connection: Connection) -> None:
        certificate_exchanges.decide(
            connection, exchange.id, verdicts, response=exchange.transmission, actor="eva", at=later
        )

    database.write(decide)
    (counts,) = database.read(lambda c: certificate_exchanges.accepted(c, "acme-as2"))
    assert (counts.sha256, counts.since, list(counts.usages)) == ("ab" * 32, later, ["digitalSignature"])
    assert database.read(lambda c: certificate_exchanges.accepted(c, "other")) == []
    found = get(database, exchange)
    assert [(each.status, each.actor, each.reason) for each in found.offers] == [
        ("accepted", "eva", "rung up"),
        ("rejected", "eva", "unknown"),
    ]
    assert not found.pending and found.response == exchange.transmission
    assert kinds(database, exchange)[1:] == ["certificates-accepted", "certificates-rejected"]
    with pytest.raises(ValueError, match="decided already"):
        database.write(decide)
    assert kinds(database, exchange)[1:] == ["certificates-accepted", "certificates-rejected"]


def test_the_last_accepted_comes_first(database: Database, exchange: CertificateExchange) -> None:
    ids = []
    for number, name in enumerate(("first", "second")):
        each = msgspec.structs.replace(exchange, id=new_id("k", AT), request_id=name, offers=[offered()])
        record(database, each)
        database.write(
            partial(
                certificate_exchanges.decide,
                exchange_id=each.id,
                verdicts={1: Verdict("accepted", None)},
                response=exchange.transmission,
                actor="eva",
                at=AT + timedelta(days=number),
            )
        )
        ids.append(each.id)
    found = database.read(lambda c: certificate_exchanges.accepted(c, "acme-as2"))
    assert [each.exchange for each in found] == ids[::-1]


def test_what_is_late(database: Database, exchange: CertificateExchange) -> None:
    ours = msgspec.structs.replace(exchange, direction="out")
    record(database, ours)
    record(database, msgspec.structs.replace(exchange, id=new_id("k", AT)))

    def late(at: datetime) -> list[str]:
        return [each.id for each in database.write(partial(certificate_exchanges.late, now=at))]

    assert late(DUE) == []
    after = DUE + timedelta(seconds=1)
    assert late(after) == [ours.id]
    database.write(lambda c: certificate_exchanges.mark_overdue(c, ours.id, after))
    assert late(after) == []
    assert kinds(database, ours)[-1] == "certificates-overdue"


def test_the_same_certificates() -> None:
    one, other = offered(), offered(2, "cd" * 32)
    same = certificate_exchanges.same_certificates
    assert same([one, other], [other, one])
    assert not same([one], [one, other])
    assert not same([one], [msgspec.structs.replace(one, usages=["keyEncipherment"])])
