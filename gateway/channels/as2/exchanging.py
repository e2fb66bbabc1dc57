"""Certificates that come by message (CEM): a partner's offers, and its answers to ours.

The message is judged like any other and then more strictly: it has to be signed, by a certificate that has not ended,
the exchange has to be agreed on in the profile, and its XML has to name its sender and the certificates that are there.
What fails is refused like any message, with a case; what holds is recorded in the transaction that records the message.

*An offer is not trust.* It becomes an exchange that is pending, and a case: a person compares fingerprints and decides
(:mod:`gateway.channels.as2.deciding`). The same request again has no effect but the earlier answer, on its way once
more. *An answer* to an offer of ours decides about our certificates with that partner, once: one that says otherwise
later is kept, and becomes a case.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from as2 import cem
from as2.cem import Usage
from as2.certificates import Certificate, Unusable, load_certificates
from as2.fault import Unreadable
from as2.receiving import Received
from gateway.arrival import printable
from gateway.channels.as2.agreed import THEIR_USES
from gateway.channels.as2.exchange_documents import offer_of
from gateway.channels.as2.inventory import key_words
from gateway.channels.as2.key_files import certificate_bytes
from gateway.channels.as2.posted import Posted
from gateway.ids import new_id
from gateway.instance import Gateway
from gateway.ledger import cases, certificate_exchanges
from gateway.ledger.certificate_exchanges import CertificateExchange, OfferedCertificate, Verdict
from gateway.publishing import send_again

_WORDS: dict[Usage, str] = {
    "digitalSignature": "its signatures",
    "keyEncipherment": "what we encrypt for it",
    "tlsServer": "its HTTPS server",
    "tlsClient": "its HTTPS client (for whatever stands before our endpoint: the gateway asks for none)",
}


class RequestIdReused(Unreadable):
    """A request with this id came before and offered other certificates; nothing of this one is kept."""


def read_exchange(posted: Posted, received: Received) -> cem.Request | cem.Response | None:
    """The exchange in an accepted message; ``None`` when it carries something else.

    :class:`as2.fault.As2Fault` when it carries one that is not to be taken.
    """
    if not cem.is_exchange(received.documents):
        return None
    channel = posted.channel
    if not channel.certificate_exchange:
        raise Unreadable(
            "cem-not-agreed",
            f"It exchanges certificates, and the profile of channel `{channel.id}` does not allow that: say"
            " `certificate_exchange: yes` there, or see to its new certificate on another way.",
        )
    cem.check_signed(received.verified, posted.at)
    return cem.read_exchange(received.documents, sender=posted.heading.sender)


def record_exchange(
    gateway: Gateway,
    connection: Connection,
    posted: Posted,
    exchange: cem.Request | cem.Response,
    transmission: str,
    now: datetime,
) -> None:
    """Record an exchange in the transaction of the message that carried it; ``transmission`` is its XML.

    Raises :class:`RequestIdReused`.
    """
    if isinstance(exchange, cem.Request):
        _offered(gateway, connection, posted, exchange, transmission, now)
    else:
        _answered(connection, posted, exchange, transmission, now)


# A partner offers


def _offered(
    gateway: Gateway, connection: Connection, posted: Posted, request: cem.Request, transmission: str, now: datetime
) -> None:
    channel = posted.channel
    times = [each.respond_by for each in request.offers if each.respond_by is not None]
    row = CertificateExchange(
        id=new_id("k", now),
        direction="in",
        party=channel.party,
        us=posted.admission.us.id,
        channel=channel.id,
        request_id=request.request_id,
        at=now,
        respond_by=min(times) if times else None,
        transmission=transmission,
        offers=[
            OfferedCertificate(
                position=number,
                sha256=each.certificate.sha256,
                pem=certificate_bytes(each.certificate, "pem").decode("ascii"),
                usages=sorted(each.usages),
            )
            for number, each in enumerate(request.offers, 1)
        ],
    )
    if not certificate_exchanges.record(connection, row, actor=channel.party):
        row = _repeated(gateway, connection, row, transmission, now)
    if row.pending:
        cases.open(connection, "certificates-offered", _case(row, now), row.id, channel.party, now)


def _repeated(
    gateway: Gateway, connection: Connection, row: CertificateExchange, transmission: str, now: datetime
) -> CertificateExchange:
    """The earlier exchange of the same request, whose answer goes out again if there is one."""
    earlier = certificate_exchanges.find(connection, row.channel, "in", row.request_id)
    if earlier is None:
        raise LookupError(f"the ledger has no request {row.request_id!r} although its key is taken")
    if not certificate_exchanges.same_certificates(earlier.offers, row.offers):
        raise RequestIdReused(
            "cem-request-id-reused",
            f"Its requestId was that of another request, which came on {earlier.at:%Y-%m-%d %H:%M} UTC as {earlier.id}"
            " and offers other certificates.",
        )
    certificate_exchanges.note_repeated(connection, earlier.id, transmission, actor=row.party, at=now)
    if earlier.response is not None:
        send_again(gateway, connection, earlier.response, "request repeated", now)
    return earlier


def _case(row: CertificateExchange, now: datetime) -> str:
    by = f" It asks for an answer by {row.respond_by:%Y-%m-%d %H:%M} UTC." if row.respond_by is not None else ""
    offered = " ".join(f"{each.position}: {described(each, now)}." for each in row.offers)
    return (
        f"`{row.party}` offers {len(row.offers)} certificate{'s' if len(row.offers) > 1 else ''} over channel"
        f" `{row.channel}`. {offered}{by} None is used before somebody accepts it, and an accepted one counts from that"
        " moment on, beside those of the profile. Compare the fingerprint with a person there, by a telephone number"
        f" that you knew before; then `sallyport keys approve {row.id} --reason ...`, or `keys reject`"
    )


def described(stated: OfferedCertificate, now: datetime) -> str:
    """One offered certificate, for a person who is to decide about it."""
    (certificate,) = load_certificates(stated.pem.encode())
    return (
        f"{printable(certificate.subject)}, {_key(certificate)}, valid {certificate.not_before:%Y-%m-%d} to"
        f" {certificate.not_after:%Y-%m-%d}{' (EXPIRED)' if now > certificate.not_after else ''}, for"
        f" {' and '.join(_WORDS[usage] for usage in stated.usages)}, fingerprint {stated.sha256}"
    )


def _key(certificate: Certificate) -> str:
    try:
        return key_words(certificate)
    except Unusable as fault:
        return f"a key that cannot be used ({fault})"


def unfit(stated: OfferedCertificate, smallest_rsa: int, now: datetime) -> str | None:
    """Why a certificate cannot be accepted for what it is offered for; ``None`` when it can."""
    (certificate,) = load_certificates(stated.pem.encode())
    if now > certificate.not_after:
        return f"it expired on {certificate.not_after:%Y-%m-%d}"
    try:
        kind, bits = certificate.key_kind, certificate.key_bits
    except Unusable as fault:
        return str(fault)
    if kind == "rsa" and bits < smallest_rsa:
        return f"its RSA key has {bits} bits; {smallest_rsa} are needed"
    uses = {THEIR_USES[usage] for usage in stated.usages if usage in THEIR_USES}
    if kind == "x25519" and "verify" in uses:
        return "its key cannot sign"
    if kind == "ed25519" and "encrypt" in uses:
        return "its key cannot be encrypted for"
    return None


# A partner answers


def _answered(connection: Connection, posted: Posted, response: cem.Response, transmission: str, now: datetime) -> None:
    channel = posted.channel
    row = certificate_exchanges.find(connection, channel.id, "out", response.request_id)
    verdicts = _verdicts(row, response) if row is not None else {}
    if row is None or not verdicts:
        text = (
            f"`{channel.party}` answers an offer of certificates over channel `{channel.id}` that is none of ours"
            f" ({printable(response.request_id)}, {len(response.decisions)} certificates). Nothing follows from it; ask"
            " the partner what it means to answer"
        )
        cases.open(connection, "certificate-answer-unmatched", text, transmission, channel.party, now)
        return
    states = {each.position: each.status for each in row.offers}
    if any(states[position] not in ("pending", verdict.status) for position, verdict in verdicts.items()):
        text = (
            f"`{channel.party}` answered our offer {row.id} before, and now says otherwise. The first answer stands;"
            " ask the partner which certificate of ours it uses, and name it in `sign_with` of the channel if need be"
        )
        cases.open(connection, "certificate-answer-differs", text, row.id, channel.party, now)
    fresh = {position: verdict for position, verdict in verdicts.items() if states[position] == "pending"}
    if not fresh:
        return
    certificate_exchanges.decide(connection, row.id, fresh, response=transmission, actor=channel.party, at=now)
    rejected = [verdict for verdict in fresh.values() if verdict.status == "rejected"]
    for each in cases.about(connection, [row.id]):
        if each.cause == "certificates-unanswered" and each.state != "closed":
            cases.close(connection, each.id, "the partner answered", channel.party, now)
    if rejected:
        reasons = "; ".join(sorted({printable(each.reason, 300) for each in rejected if each.reason}))
        text = (
            f"`{channel.party}` rejects {len(rejected)} of the certificates that we offered it ({row.id}):"
            f" {reasons or 'it gives no reason'}. Until their day in our profile they are not used with it; see with"
            " the partner what it can take, and set `sign_with` of the channel to the certificate that it has"
        )
        cases.open(connection, "certificates-rejected", text, row.id, channel.party, now)


def _verdicts(row: CertificateExchange, response: cem.Response) -> dict[int, Verdict]:
    """What the response decides about the certificates of an exchange, by their positions."""
    found: dict[int, Verdict] = {}
    for stated in row.offers:
        offer = offer_of(stated)
        status = cem.decided(cem.Offer(certificate=offer.certificate, usages=offer.usages), response).status
        if status == "pending":
            continue
        reasons = (each.reason for each in response.decisions if each.serial == offer.certificate.serial)
        found[stated.position] = Verdict(status, next((each for each in reasons if each), None))
    return found
