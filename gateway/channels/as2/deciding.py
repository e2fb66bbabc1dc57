"""A person decides about certificates that a partner offers (CEM), and the partner is answered.

The decision, what follows from it and the answer are one transaction: whoever has the answer in hand may sign with the
new certificate that second, and it is accepted. The answer is a message like any other, built once, sent until a
receipt proves it. One request is decided once, as a whole: some of its certificates may be accepted and the others
rejected, and the partner hears of all of them in one answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec
from sqlalchemy import Connection

from archive import Locator
from as2.fault import Unwritable
from gateway.channels.as2.exchange_documents import documents, outgoing
from gateway.channels.as2.exchanging import unfit
from gateway.channels.as2.terms import permits
from gateway.ids import new_id
from gateway.instance import Gateway
from gateway.ledger import cases, certificate_exchanges, objects, transmissions
from gateway.ledger.certificate_exchanges import CertificateExchange, OfferedCertificate, Verdict
from gateway.operations import NotPossible, demand_reason
from gateway.publishing import send
from partners import As2Channel


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided, and the answer that goes out."""

    exchange: str
    party: str
    channel: str
    accepted: Sequence[OfferedCertificate]
    rejected: Sequence[OfferedCertificate]
    response: str
    """The transmission of the answer."""


def approve(gateway: Gateway, exchange_id: str, *, only: Sequence[str] = (), actor: str, reason: str) -> Decided:
    """Accept the certificates of a request, or only those whose fingerprints begin like one of ``only``.

    The others are then rejected for the same reason, which the partner is told of them. Raises :class:`NotPossible`,
    and :class:`gateway.ledger.NotRecorded` for an unknown id.
    """
    demand_reason("to approve certificates", reason)
    exchange = _open(gateway, exchange_id)
    wanted = [each.lower() for each in only]
    chosen = {each.position for each in exchange.offers if not wanted or each.sha256.startswith(tuple(wanted))}
    for name in wanted:
        if len(name) < 8 or not any(each.sha256.startswith(name) for each in exchange.offers):
            offered = ", ".join(each.sha256 for each in exchange.offers)
            raise NotPossible(f"{exchange_id} offers no certificate {name!r}, but: {offered}")
    now = gateway.clock()
    channel = _channel(gateway, exchange)
    for each in exchange.offers:
        why = unfit(each, permits(channel, now.date()).smallest_rsa, now) if each.position in chosen else None
        if why is not None:
            raise NotPossible(
                f"certificate {each.sha256} cannot be accepted: {why}. Reject the request, or accept others `--only`"
            )
    return _decide(gateway, exchange, chosen, actor, reason)


def reject(gateway: Gateway, exchange_id: str, *, actor: str, reason: str) -> Decided:
    """Reject the certificates of a request; the partner is told the reason. Raises as :func:`approve`."""
    demand_reason("to reject certificates", reason)
    exchange = _open(gateway, exchange_id)
    _channel(gateway, exchange)
    return _decide(gateway, exchange, frozenset(), actor, reason)


def _open(gateway: Gateway, exchange_id: str) -> CertificateExchange:
    # Who has just changed a profile and gives an order means the profile as it is now.
    gateway.profiles.refresh()
    exchange = gateway.database.read(lambda c: certificate_exchanges.get(c, exchange_id))
    if exchange.direction == "out":
        raise NotPossible(f"{exchange_id} is an offer of ours: `{exchange.party}` decides about it")
    _demand_pending(exchange)
    return exchange


def _demand_pending(exchange: CertificateExchange) -> None:
    if not exchange.pending:
        said = ", ".join(f"{each.sha256[:16]}… {each.status} by {each.actor}" for each in exchange.offers)
        raise NotPossible(
            f"{exchange.id} is decided already: {said}. The answer is {exchange.response}; to have it sent again:"
            f" `sallyport messages resend {exchange.response}`"
        )


def _channel(gateway: Gateway, exchange: CertificateExchange) -> As2Channel:
    channel = gateway.profiles.current.channels.get(exchange.channel)
    if not isinstance(channel, As2Channel) or not channel.certificate_exchange:
        raise NotPossible(
            f"no AS2 channel `{exchange.channel}` exchanges certificates today: `certificate_exchange: yes` in the"
            " profile says that it does. Or name the certificate in the profile"
        )
    return channel


def _decide(
    gateway: Gateway, exchange: CertificateExchange, chosen: frozenset[int] | set[int], actor: str, reason: str
) -> Decided:
    now = gateway.clock()
    told = " ".join(reason.split())
    verdicts = {
        each.position: Verdict("accepted" if each.position in chosen else "rejected", told) for each in exchange.offers
    }
    decided = msgspec.structs.replace(
        exchange,
        offers=[
            msgspec.structs.replace(
                each, status=verdicts[each.position].status, reason=told, decided_at=now, actor=actor
            )
            for each in exchange.offers
        ],
    )
    us = gateway.profiles.current.parties.get(exchange.us)
    name = us.identity("as2") if us is not None else None
    if name is None:
        raise NotPossible(f"party `{exchange.us}` has no AS2 name any more: add it to its identities, scheme as2")
    try:
        answer = documents(decided, name.value, None, now)
    except Unwritable as fault:
        raise NotPossible(f"the partner cannot be told that reason: {fault}") from None
    (place,) = gateway.keep(answer[0].content)
    commit = partial(_commit, gateway, decided, verdicts, place, actor, told)
    response = gateway.database.write(commit)
    gateway.wake.set()
    return Decided(
        exchange=exchange.id,
        party=exchange.party,
        channel=exchange.channel,
        accepted=[each for each in decided.offers if each.status == "accepted"],
        rejected=[each for each in decided.offers if each.status == "rejected"],
        response=response,
    )


def _commit(
    gateway: Gateway,
    decided: CertificateExchange,
    verdicts: dict[int, Verdict],
    place: Locator,
    actor: str,
    reason: str,
    connection: Connection,
) -> str:
    """The id of the answer's transmission."""
    now = decided.offers[0].decided_at or gateway.clock()
    _demand_pending(certificate_exchanges.get(connection, decided.id, lock=True))
    objects.record(connection, place, now)
    answer = outgoing(decided, new_id("t", now), place, now, answers=decided.transmission)
    transmissions.record(connection, answer)
    certificate_exchanges.decide(connection, decided.id, verdicts, response=answer.id, actor=actor, at=now)
    send(gateway, connection, answer, [], now)
    cases.close_about(connection, [decided.id], f"decided: {reason}", actor, now)
    return answer.id
