"""Our next certificate is offered to the partners that exchange certificates by message (CEM).

What a certificate is offered for is what our own profile uses it for, on whatever days. It has to be ready: its private
key is here, it decrypts already, for a partner may encrypt for it as soon as it has it, and it is not what signs for
that partner today, for the request has to be signed with one that the partner knows. From the partner's acceptance on
it signs for that partner (:mod:`gateway.channels.as2.agreed`); for those who did not accept, from its day in the
profile. Who has not answered by the day that the request names becomes a case, so that somebody can ask before then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from functools import partial

from sqlalchemy import Connection

from as2.certificates import Certificate as X509
from as2.fault import Unwritable
from gateway.channels.as2.agreed import OUR_USES, agreed, fingerprint
from gateway.channels.as2.exchange_documents import documents, outgoing
from gateway.channels.as2.key_files import certificate_bytes
from gateway.channels.as2.keys import As2Keys, KeyMissing, certificates_in
from gateway.channels.as2.terms import decrypting, signer
from gateway.ids import new_id
from gateway.instance import Gateway
from gateway.ledger import cases, certificate_exchanges, idempotency, objects, transmissions
from gateway.ledger.certificate_exchanges import CertificateExchange, OfferedCertificate
from gateway.operations import NotPossible, Treated, demand_reason, each_by_itself
from gateway.publishing import send
from partners import As2Channel, Party
from partners.certificate import OwnUse

LAST_MOMENT = time(23, 59, 59, tzinfo=UTC)
"""Of the day by which an answer is asked for."""


def offer(
    gateway: Gateway, certificate: str, *, respond_by: date, channels: Sequence[str] = (), actor: str, reason: str
) -> list[Treated]:
    """What came of each channel that the certificate is offered over: ``made`` is the id of the exchange.

    ``certificate`` is the name of its file or the beginning of its fingerprint; ``channels`` are all that exchange
    certificates where none is named. Raises :class:`NotPossible` when it cannot be offered to anybody.
    """
    demand_reason("to offer a certificate", reason)
    now = gateway.clock()
    if respond_by <= now.date():
        raise NotPossible("the day by which partners are asked to answer has to come: name a later one")
    # Who has just changed a profile and gives an order means the profile as it is now.
    gateway.profiles.refresh()
    if gateway.home.config.as2.url is None:
        raise NotPossible("a request names our endpoint: set `as2: url` in the configuration")
    try:
        found = list(_named(gateway, certificate))
    except KeyMissing as fault:
        raise NotPossible(str(fault)) from None
    if not found:
        raise NotPossible(
            f"no party of ours names a certificate {certificate!r} in its profile: name it there first, to decrypt from"
            " today on and to sign from a later day on"
        )
    pairs = {channel.id: (channel, us, x509) for us, x509 in found for channel in _partners(gateway, us)}
    wanted = list(channels) or sorted(pairs)
    if not wanted:
        raise NotPossible("no partner of that party has `certificate_exchange: yes` in its channel")

    def treat(channel_id: str) -> Treated:
        if channel_id not in pairs:
            raise NotPossible(
                f"no channel `{channel_id}` exchanges certificates with a party that has this one:"
                " `certificate_exchange: yes` in its profile says that it does"
            )
        return _offer(gateway, *pairs[channel_id], respond_by, actor, reason)

    treated = each_by_itself(wanted, treat)
    gateway.wake.set()
    return treated


def watch_offers(gateway: Gateway) -> int:
    """Open a case for each offer of ours that was not answered in time; how many were found."""
    return gateway.database.write(partial(_unanswered, gateway))


def _named(gateway: Gateway, name: str) -> Iterator[tuple[Party, X509]]:
    """The parties of ours that name the certificate; raises :class:`KeyMissing` for a file that holds none."""
    for party in gateway.profiles.current.parties.values():
        for stated in party.certificates:
            known = fingerprint(stated)
            by_name = name in (stated.file, stated.file.rpartition("/")[2].removesuffix(".pem"))
            by_print = known is not None and len(name) >= 8 and known.startswith(name.lower())
            if stated.pem is not None and (by_name or by_print):
                yield party, certificates_in(stated.pem)[0]
                break


def _partners(gateway: Gateway, us: Party) -> Iterator[As2Channel]:
    register = gateway.profiles.current
    joined = {each.party.id for each in register.agreements.values() if each.us.id == us.id}
    for channel in register.channels.values():
        if isinstance(channel, As2Channel) and channel.certificate_exchange and channel.party in joined:
            yield channel


def _offer(
    gateway: Gateway, channel: As2Channel, us: Party, x509: X509, respond_by: date, actor: str, reason: str
) -> Treated:
    now = gateway.clock()
    name = us.identity("as2")
    if name is None:
        raise NotPossible(f"party `{us.id}` has no AS2 name: add it to its identities, scheme as2")
    uses = {use for each in us.certificates if fingerprint(each) == x509.sha256 for use in each.use}
    _, standing = gateway.database.read(lambda c: _offered(c, channel.id, x509.sha256))
    if standing is not None:
        return _before(channel, standing)
    _demand_ready(gateway, channel, us, x509, uses, now)
    exchange_id = new_id("k", now)
    exchange = CertificateExchange(
        id=exchange_id,
        direction="out",
        party=channel.party,
        us=us.id,
        channel=channel.id,
        request_id=f"{exchange_id}@{gateway.home.config.as2.domain}",
        at=now,
        respond_by=datetime.combine(respond_by, LAST_MOMENT),
        transmission=new_id("t", now),
        offers=[
            OfferedCertificate(
                position=1,
                sha256=x509.sha256,
                pem=certificate_bytes(x509, "pem").decode("ascii"),
                usages=sorted(OUR_USES[use] for use in uses),
            )
        ],
    )
    try:
        request = documents(exchange, name.value, gateway.home.config.as2.url, now)
    except Unwritable as fault:
        raise NotPossible(f"the request cannot be written: {fault}") from None
    (place,) = gateway.keep(request[0].content)

    def commit(connection: Connection) -> Treated:
        if (earlier := _claim(connection, exchange)) is not None:
            return _before(channel, earlier)
        objects.record(connection, place, now)
        sent = outgoing(exchange, exchange.transmission, place, now)
        transmissions.record(connection, sent)
        certificate_exchanges.record(connection, exchange, actor=actor, reason=reason)
        send(gateway, connection, sent, [], now)
        text = f"offered to `{channel.party}` as {exchange.id}; an answer is asked for by {respond_by}"
        return Treated(subject=channel.id, outcome="done", text=text, made=[exchange.id])

    return gateway.database.write(commit)


def _demand_ready(
    gateway: Gateway, channel: As2Channel, us: Party, x509: X509, uses: set[OwnUse], now: datetime
) -> None:
    keys = As2Keys(gateway.home.keys)
    with_accepted = agreed(gateway.database, channel, us)
    if now > x509.not_after:
        raise NotPossible(f"the certificate expired on {x509.not_after:%Y-%m-%d}: make another one")
    try:
        keys.pair_of(x509)
        if signer(*with_accepted, keys, now.date()).certificate.sha256 == x509.sha256:
            raise NotPossible(
                f"it signs for `{channel.party}` already, who does not know it: the request has to be signed with the"
                " one before. Give it a later `valid_from` for `sign`, or name the one before in `sign_with`"
            )
    except KeyMissing as fault:
        raise NotPossible(str(fault)) from None
    ready = {each.certificate.sha256 for each in decrypting(us, keys, now.date())}
    if "decrypt" in uses and x509.sha256 not in ready:
        raise NotPossible(
            "it does not decrypt yet, and a partner may encrypt for it as soon as it has it: let it `decrypt` from"
            " today on, in the profile"
        )


def _offered(connection: Connection, channel: str, sha256: str) -> tuple[int, str | None]:
    """How often a certificate was offered over a channel, and the last of these that was not rejected."""
    same = [
        each
        for each in certificate_exchanges.all_of(connection, channel=channel)
        if each.direction == "out" and sha256 in {offered.sha256 for offered in each.offers}
    ]
    standing = [each.id for each in same if any(offered.status != "rejected" for offered in each.offers)]
    return len(same), standing[-1] if standing else None


def _claim(connection: Connection, exchange: CertificateExchange) -> str | None:
    """The exchange in which the same is offered already; ``None`` when this one is the first, which it then stays."""
    (offered,) = exchange.offers
    many, standing = _offered(connection, exchange.channel, offered.sha256)
    if standing is not None:
        return standing
    # Two who offer it at the same moment see neither's row: the key decides, and whoever is second waits for the first.
    claimed = idempotency.claim(
        connection,
        scope="certificate-offer",
        key=f"{exchange.channel}:{offered.sha256}:{many}",
        sha256=hashlib.sha256(exchange.id.encode()).hexdigest(),
        subject=exchange.id,
        at=exchange.at,
    )
    return claimed.subject if claimed is not None else None


def _before(channel: As2Channel, earlier: str) -> Treated:
    text = f"offered to `{channel.party}` before, as {earlier}: `sallyport keys requests` shows where it stands"
    return Treated(subject=channel.id, outcome="repeated", text=text, made=[earlier])


def _unanswered(gateway: Gateway, connection: Connection) -> int:
    now = gateway.clock()
    found = certificate_exchanges.late(connection, now)
    for each in found:
        certificate_exchanges.mark_overdue(connection, each.id, now)
        text = (
            f"`{each.party}` has not answered our offer of a certificate ({each.id}), due {each.respond_by:%Y-%m-%d}."
            " It is used from its day in our profile on all the same: ask whether it was imported, have it sent again"
            f" (`sallyport messages resend {each.transmission}`), or stay with the old one by `sign_with` of channel"
            f" `{each.channel}`"
        )
        cases.open(connection, "certificates-unanswered", text, each.id, each.party, now)
    return len(found)
