"""ACME as it exchanges certificates with us by message, and our gateway's messages to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from as2 import cem
from as2.building import Built, Payload
from as2.certificates import Certificate, KeyPair
from as2.headers import Headers, parse_block, write_block
from as2.heading import read_heading
from as2.mic import Packaging
from as2.receiving import Received, Receiving, receive
from as2.signed import Signing
from as2.source import BytesSource, MemoryScratch
from gateway.channels.as2.key_files import Named, make_pair
from gateway.channels.as2.keys import As2Keys
from gateway.channels.as2.posting import CannedPoster, Posting, Reply
from gateway.channels.as2.sending import As2Sender
from gateway.channels.business import published_with
from gateway.channels.workplace import SpoolFolder
from gateway.delivering import deliver_over
from gateway.instance import Gateway
from gateway.ledger import certificate_exchanges
from gateway.ledger.certificate_exchanges import CertificateExchange
from gateway.publishing import DELIVER
from gateway.working import Workers
from queues import Letter
from tests.as2.keys import certificate_of, entropy, pair_of
from tests.as2.samples import AT
from tests.as2.samples import signing as signs
from tests.gateway.channels.as2.endpoint import SEALED, Endpoint, message
from tests.gateway.channels.as2.partner import mdn_for, reply_with

ON = "certificate_exchange: yes"
NEW = "rsa-4096"
"""The test key that ACME changes to."""
DUE = AT + timedelta(days=14)


def offered(*certificates: Certificate, usages: Sequence[cem.Usage] = ("digitalSignature",)) -> list[cem.Offer]:
    """Offers of these certificates, or of :data:`NEW`."""
    return [cem.Offer(certificate=each, usages=frozenset(usages)) for each in certificates or (certificate_of(NEW),)]


def documents_of(request_id: str, offers: Sequence[cem.Offer], sender: str = "ACME") -> list[Payload]:
    """The documents of a request of ACME's."""
    request = cem.Request(request_id=request_id, sender=sender, originated=AT, offers=tuple(offers))
    return cem.build_request(request, respond_by=DUE, response_url="http://192.0.2.1/never", originated=AT)


def asks(
    request_id: str = "r-1",
    offers: Sequence[cem.Offer] = (),
    *,
    sender: str = "ACME",
    how: Signing | None = None,
    stack: Packaging = SEALED,
    id: str | None = None,
) -> Built:
    """A request of ACME's as a message, signed as ACME does or ``how``."""
    payloads = documents_of(request_id, offers or offered(), sender)
    return message(stack=stack, payloads=payloads, how=how or signs(), id=id)


def answers(request_id: str, *decisions: cem.Decision, sender: str = "ACME", how: Signing | None = None) -> Built:
    """An answer of ACME's to an offer of ours."""
    answer = cem.Response(request_id=request_id, sender=sender, originated=AT, decisions=decisions)
    return message(payloads=cem.build_response(answer, originated=AT), how=how or signs())


def accepts(certificate: Certificate) -> cem.Decision:
    """That ACME will use the certificate."""
    return cem.Decision(status="accepted", issuer=certificate.issuer, serial=certificate.serial)


def pair_until(end: datetime, name: str = "acme") -> KeyPair:
    """A new key, whose certificate ends then."""
    return make_pair(Named(common_name=name), "p256", datetime(2026, 1, 1, tzinfo=UTC), end)


def by(both: KeyPair) -> Signing:
    """Signing with a new key."""
    return Signing(signer=both, digest_name="sha256", micalg="sha-256", scheme="ecdsa")


class Acme:
    """What our gateway sends to ACME, which takes all of it; its keys and those of ours that it trusts may change."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.keys = [pair_of("rsa")]
        self.trusts = [certificate_of("rsa-other")]
        self.received: list[tuple[Headers, bytes, Received]] = []
        self.script: list[Reply] = []
        """Answers before the right ones."""
        self._spool = SpoolFolder(gateway.home.as2_outgoing, reserve=0)
        sender = As2Sender(As2Keys(gateway.home.keys), CannedPoster(self._take), self._spool)
        letters: list[Letter] = []
        self._workers = Workers(gateway, {DELIVER: deliver_over(published_with(letters.append), sender.carries)}, 1)

    def close(self) -> None:
        """The gateway sends nothing more."""
        self._spool.close()

    def collect(self) -> list[cem.Request | cem.Response]:
        """What arrives when all that is ready is sent: the exchanges in it."""
        before = len(self.received)
        while self._workers.run_one():
            pass
        exchanges = []
        for headers, _, outcome in self.received[before:]:
            assert outcome.fault is None, outcome.fault
            exchanges.append(cem.read_exchange(outcome.documents, sender=read_heading(headers).sender))
        return exchanges

    def _take(self, posting: Posting, body: bytes) -> Reply:
        headers = parse_block(write_block(posting.headers))
        terms = Receiving(keys=self.keys, pinned=self.trusts)
        outcome = receive(
            headers, read_heading(headers), BytesSource(body), terms, scratch=MemoryScratch(), entropy=entropy
        )
        self.received.append((headers, body, outcome))
        return self.script.pop(0) if self.script else reply_with(mdn_for(posting, outcome))


def exchanges(endpoint: Endpoint) -> list[CertificateExchange]:
    """Every exchange in the ledger."""
    return endpoint.gateway.database.read(certificate_exchanges.all_of)
