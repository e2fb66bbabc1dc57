"""Exchanges of certificates by message (CEM): what was offered, by a partner or by us, and what was decided about it.

An exchange is one request with the certificates in it, and their answer once there is one. It is known by its channel,
its direction and the id that whoever asked gave it; a unique key decides who was first. A decision is made once: a
certificate is pending, then accepted or rejected, and stays so. What is accepted here is trusted beside what the
profiles name, for as long as they leave the exchange on (:mod:`gateway.channels.as2.agreed`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update
from sqlalchemy.sql import ColumnElement

from as2.cem import Status, Usage
from gateway.exchange import EventKind
from gateway.ledger import journal
from gateway.ledger.faults import NotRecorded
from gateway.ledger.schema import certificate_exchange, certificate_offer
from gateway.ledger.statements import insert_new
from gateway.ledger.transmissions import Direction


class OfferedCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate of an exchange."""

    position: int
    """1 for the first in its request."""
    sha256: str
    """Its fingerprint."""
    pem: str
    usages: Sequence[Usage]
    status: Status = "pending"
    decided_at: datetime | None = None
    actor: str | None = None
    """Who decided: a person, or the partner."""
    reason: str | None = None


class CertificateExchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request, and what became of it."""

    id: str
    direction: Direction
    """``in``: the partner offers; ``out``: we do."""
    party: str
    """The partner."""
    us: str
    """The party of ours."""
    channel: str
    request_id: str
    at: datetime
    respond_by: datetime | None
    transmission: str
    """The request."""
    response: str | None = None
    """The transmission of the answer."""
    overdue_at: datetime | None = None
    offers: Sequence[OfferedCertificate]

    @property
    def pending(self) -> bool:
        """Whether something of it is not decided yet."""
        return any(each.status == "pending" for each in self.offers)


class Verdict(msgspec.Struct, frozen=True):
    """What was decided about one certificate."""

    status: Literal["accepted", "rejected"]
    reason: str | None


class AcceptedCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that counts because it was accepted."""

    exchange: str
    direction: Direction
    sha256: str
    pem: str
    usages: Sequence[Usage]
    since: datetime


def record(connection: Connection, exchange: CertificateExchange, *, actor: str, reason: str | None = None) -> bool:
    """Whether it was recorded: not when its channel has one with this request id already, which is waited for.

    The transmission of the request comes first.
    """
    values = msgspec.structs.asdict(exchange)
    del values["offers"]
    if not insert_new(connection, certificate_exchange, **values, request_sha256=_key(exchange.request_id)):
        return False
    rows = [
        {**msgspec.structs.asdict(each), "usages": list(each.usages), "exchange": exchange.id}
        for each in exchange.offers
    ]
    connection.execute(insert(certificate_offer), rows)
    data = {"certificates": [each.sha256 for each in exchange.offers], "reason": reason}
    _tell(connection, exchange.id, "certificates-offered", actor, exchange.at, data)
    return True


def get(connection: Connection, exchange_id: str, *, lock: bool = False) -> CertificateExchange:
    """The exchange with this id, locked if asked for; raises :class:`NotRecorded`."""
    found = _where(connection, certificate_exchange.c.id == exchange_id, lock=lock)
    if not found:
        raise NotRecorded("exchange of certificates", exchange_id)
    return found[0]


def find(connection: Connection, channel: str, direction: Direction, request_id: str) -> CertificateExchange | None:
    """The exchange of a channel with this request id, locked; ``None`` when there is none."""
    wanted = (
        (certificate_exchange.c.channel == channel)
        & (certificate_exchange.c.direction == direction)
        & (certificate_exchange.c.request_sha256 == _key(request_id))
    )
    found = _where(connection, wanted, lock=True)
    return found[0] if found else None


def all_of(connection: Connection, *, channel: str | None = None) -> list[CertificateExchange]:
    """Every exchange, or every one of a channel, the oldest first."""
    return _where(connection, certificate_exchange.c.channel == channel if channel is not None else None)


def late(connection: Connection, now: datetime) -> list[CertificateExchange]:
    """Offers of ours that have not been answered in time, which nobody has noted yet; locked."""
    wanted = (
        (certificate_exchange.c.direction == "out")
        & (certificate_exchange.c.respond_by < now)
        & certificate_exchange.c.overdue_at.is_(None)
    )
    return [each for each in _where(connection, wanted, lock=True) if each.pending]


def mark_overdue(connection: Connection, exchange_id: str, at: datetime) -> None:
    """Note that the answer did not come in time."""
    _change(connection, exchange_id, overdue_at=at)
    _tell(connection, exchange_id, "certificates-overdue", "gateway", at, {})


def note_repeated(connection: Connection, exchange_id: str, transmission: str, *, actor: str, at: datetime) -> None:
    """Note that the same request came again, in another transmission."""
    _tell(connection, exchange_id, "certificates-offered-again", actor, at, {"transmission": transmission})


def decide(
    connection: Connection,
    exchange_id: str,
    verdicts: Mapping[int, Verdict],
    *,
    response: str,
    actor: str,
    at: datetime,
) -> None:
    """Write down decisions about certificates, by their positions; the exchange is locked by the caller.

    ``response`` is the transmission of the answer. Raises ``ValueError`` for one that is decided already.
    """
    for position, verdict in verdicts.items():
        changed = connection.execute(
            update(certificate_offer)
            .where(
                certificate_offer.c.exchange == exchange_id,
                certificate_offer.c.position == position,
                certificate_offer.c.status == "pending",
            )
            .values(status=verdict.status, reason=verdict.reason, decided_at=at, actor=actor)
        )
        if changed.rowcount != 1:
            raise ValueError(f"certificate {position} of {exchange_id} is decided already")
    _change(connection, exchange_id, response=response)
    for status, kind in _KINDS.items():
        some = {position: each for position, each in verdicts.items() if each.status == status}
        if some:
            reasons = sorted({each.reason for each in some.values() if each.reason})
            data = {"certificates": sorted(some), "reason": "; ".join(reasons), "transmission": response}
            _tell(connection, exchange_id, kind, actor, at, data)


def accepted(connection: Connection, channel: str) -> list[AcceptedCertificate]:
    """The certificates that were accepted over a channel, either way, the last accepted first."""
    rows = connection.execute(_ACCEPTED, {"channel": channel}).mappings()
    return [AcceptedCertificate(**row) for row in rows]


_ACCEPTED = (
    select(
        certificate_offer.c.exchange,
        certificate_exchange.c.direction,
        certificate_offer.c.sha256,
        certificate_offer.c.pem,
        certificate_offer.c.usages,
        certificate_offer.c.decided_at.label("since"),
    )
    .join(certificate_exchange, certificate_exchange.c.id == certificate_offer.c.exchange)
    .where(certificate_exchange.c.channel == bindparam("channel"), certificate_offer.c.status == "accepted")
    .order_by(certificate_offer.c.decided_at.desc(), certificate_offer.c.exchange.desc(), certificate_offer.c.position)
)


_KINDS: Mapping[str, EventKind] = {"accepted": "certificates-accepted", "rejected": "certificates-rejected"}


def _tell(
    connection: Connection, exchange_id: str, kind: EventKind, actor: str, at: datetime, data: Mapping[str, object]
) -> None:
    told = {name: value for name, value in data.items() if value}
    journal.append(connection, at=at, subject=exchange_id, kind=kind, actor=actor, data=told)


def _change(connection: Connection, exchange_id: str, **values: object) -> None:
    connection.execute(update(certificate_exchange).where(certificate_exchange.c.id == exchange_id).values(**values))


def _where(
    connection: Connection, condition: ColumnElement[bool] | None, *, lock: bool = False
) -> list[CertificateExchange]:
    statement = select(certificate_exchange).order_by(certificate_exchange.c.at, certificate_exchange.c.id)
    if condition is not None:
        statement = statement.where(condition)
    if lock:
        statement = statement.with_for_update()
    return [_exchange(connection, row) for row in connection.execute(statement).mappings().all()]


def _exchange(connection: Connection, row: RowMapping) -> CertificateExchange:
    offers = connection.execute(
        select(certificate_offer)
        .where(certificate_offer.c.exchange == row["id"])
        .order_by(certificate_offer.c.position)
    ).mappings()
    return CertificateExchange(
        **{name: value for name, value in row.items() if name != "request_sha256"},
        offers=[_offer(each) for each in offers],
    )


def _offer(row: RowMapping) -> OfferedCertificate:
    return OfferedCertificate(**{name: value for name, value in row.items() if name != "exchange"})


def same_certificates(one: Iterable[OfferedCertificate], other: Iterable[OfferedCertificate]) -> bool:
    """Whether both offer the same certificates for the same uses, in whatever order."""
    return _content(one) == _content(other)


def _content(offers: Iterable[OfferedCertificate]) -> list[tuple[str, list[Usage]]]:
    return sorted((each.sha256, sorted(each.usages)) for each in offers)


def _key(request_id: str) -> str:
    return hashlib.sha256(request_id.encode("utf-8", "replace")).hexdigest()
