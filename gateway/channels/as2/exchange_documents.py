"""The documents of a certificate exchange of ours (CEM), made from its row in the ledger, the same at any time.

So nothing but the row has to be kept for a message that waits to be sent; the XML is in the archive besides, as the
transmission's content, for whoever asks what was said.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from archive import Locator
from as2 import cem
from as2.building import Payload
from as2.certificates import load_certificates
from gateway.arrival import printable
from gateway.channels.as2.evidence import PROTOCOL
from gateway.instance import Gateway
from gateway.ledger import certificate_exchanges
from gateway.ledger.certificate_exchanges import CertificateExchange, OfferedCertificate
from gateway.ledger.transmissions import Transmission
from gateway.wiring import ACK_LANE

FACT: Final = "exchange"
"""The fact of a transmission that names the exchange whose request or answer it is."""


def offer_of(stated: OfferedCertificate) -> cem.Offer:
    """The offer as :mod:`as2.cem` has it."""
    (certificate,) = load_certificates(stated.pem.encode())
    return cem.Offer(certificate=certificate, usages=frozenset(stated.usages), status=stated.status)


def documents(exchange: CertificateExchange, sender: str, url: str | None, at: datetime) -> list[Payload]:
    """What we send of an exchange: the request of one that we began, the answer to one that the partner began.

    ``sender`` is our AS2 name, ``url`` our endpoint's, ``at`` when it was written. :class:`as2.fault.Unwritable` when a
    text of it cannot stand in XML, or when the answer is not decided yet.
    """
    if exchange.direction == "out":
        offers = tuple(map(offer_of, exchange.offers))
        request = cem.Request(request_id=exchange.request_id, sender=sender, originated=at, offers=offers)
        return cem.build_request(request, respond_by=exchange.respond_by or at, response_url=url or "", originated=at)
    decisions = tuple(each for stated in exchange.offers for each in _decision(stated))
    answer = cem.Response(request_id=exchange.request_id, sender=sender, originated=at, decisions=decisions)
    return cem.build_response(answer, originated=at)


def payloads(gateway: Gateway, transmission: Transmission, sender: str) -> list[Payload]:
    """The documents of a transmission that has :data:`FACT`."""
    exchange = gateway.database.read(lambda c: certificate_exchanges.get(c, transmission.facts[FACT]))
    return documents(exchange, sender, gateway.home.config.as2.url, transmission.at)


def outgoing(
    exchange: CertificateExchange, transmission_id: str, place: Locator, at: datetime, *, answers: str | None = None
) -> Transmission:
    """The transmission that carries our request or answer, whose XML lies in the archive at ``place``."""
    kind = "answer" if answers is not None else "offer"
    return Transmission(
        id=transmission_id,
        direction="out",
        side="partner",
        party=exchange.party,
        channel=exchange.channel,
        protocol=PROTOCOL,
        name=f"certificates-{kind}-{exchange.id}.xml",
        size=place.size,
        sha256=place.sha256,
        at=at,
        facts={"us": exchange.us, FACT: exchange.id},
        lane=ACK_LANE,
        answers=answers,
    )


def _decision(stated: OfferedCertificate) -> list[cem.Decision]:
    if stated.status == "pending":
        return []
    (certificate,) = load_certificates(stated.pem.encode())
    # The serial number is what it is known by; a name that cannot be written is written as well as it can be.
    issuer = printable(certificate.issuer, 900) or "unnamed"
    return [cem.Decision(status=stated.status, issuer=issuer, serial=certificate.serial, reason=stated.reason or None)]
