"""Our side of an exchange: the pure core behind an HTTP server of the tests, as a gateway would use it.

Nothing is stored and nobody is asked for a profile: the order says what is expected. What may be ruined on its way is
ruined here, between the socket and the core, so that every peer can be led to send a damaged message.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from http.client import HTTPException
from typing import Final

import msgspec

from as2.building import Address, Built, Encrypting, Payload, Sending, build_message
from as2.cms.algorithms import Permits
from as2.digests import DigestName, normalise, spelled
from as2.disposition import answer
from as2.fault import As2Fault
from as2.headers import Headers
from as2.heading import Heading, read_heading
from as2.identifiers import same_message_id
from as2.mdn import TEXTS, MdnMessage, Receipt, build_mdn
from as2.mdn_reading import ReadMdn, is_mdn, read_mdn
from as2.mic import compare, write_mic
from as2.options import chosen_digest, write_request
from as2.receiving import Received, Receiving, receive
from as2.response import Attempt, Outcome, judge_answer, judge_mdn
from as2.signed import Signing
from as2.source import BytesSource, MemoryScratch
from as2.tolerance import ToleranceId, Tolerated
from tests.as2.keys import certificate_of, entropy, pair_of, read_all
from tests.as2.peers.exchange import OUR_KEY, PATIENCE, PEER_KEY, Order, Took
from tests.as2.peers.listening import Answer, Listener, Posted, post
from tests.as2.samples import AT

Damage = Callable[[bytes], bytes]

PERMITS = Permits(digests=frozenset({"sha1"}), ciphers=frozenset({"3des-cbc"}))
"""What old partners are permitted until a date."""
DIGESTS: Final[tuple[DigestName, ...]] = ("sha1", "sha256", "sha384", "sha512")
"""The weakest first."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What we made of the answer to a message of ours."""

    outcome: Outcome
    mdn: ReadMdn | None
    tolerated: frozenset[ToleranceId] = frozenset()
    """Oddities of its MIC."""


class OurSide:
    """A server with the core behind it, and a sender."""

    def __init__(self) -> None:
        self._listener = Listener(self._answer)
        self._terms: Receiving | None = None
        self._damage: Damage | None = None
        self._receipts: queue.Queue[Posted] = queue.Queue()
        self._numbers = iter(range(1, 1_000_000))
        self.last: Received | None = None
        """What became of the message that came last."""
        self.oddities: Tolerated = set()
        """What was odd about it."""
        self.url = f"{self._listener.url}/as2"
        self.receipts_url = f"{self._listener.url}/mdn"

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    # As the receiver

    def expect(self, order: Order, *, damage: Damage | None = None, permits: Permits = PERMITS) -> str:
        """Be ready for this message; the URL to post it to. ``damage`` is what happens to its body on the way."""
        self._damage, self.last, self.oddities = damage, None, set()
        self._terms = Receiving(
            keys=[pair_of(OUR_KEY)],
            pinned=[certificate_of(PEER_KEY)],
            signed=order.stack.signed,
            encrypted=order.stack.encrypted,
            permits=permits,
            digests=DIGESTS,
        )
        return self.url

    def took(self) -> Took:
        """What became of the message that came last."""
        last = self.last
        if last is None:
            return Took(error="no message came")
        return Took(
            content=read_all(last.documents[0].content) if last.accepted else None,
            stack=last.packaging,
            error=f"{last.fault.cause}: {last.fault}" if last.fault else "",
        )

    def _answer(self, posted: Posted) -> Answer:
        if is_mdn(posted.headers, posted.body):
            self._receipts.put(posted)
            return Answer(204)
        assert self._terms is not None
        self.oddities = oddities = set[ToleranceId]()
        heading = read_heading(posted.headers, oddities)
        body = self._damage(posted.body) if self._damage is not None else posted.body
        self.last = received = receive(
            posted.headers, heading, BytesSource(body), self._terms, scratch=MemoryScratch(), entropy=entropy
        )
        oddities |= received.tolerated
        if not heading.receipt.wanted:
            return Answer(200)
        mdn = self._mdn(heading, received)
        url = heading.receipt.url
        if url is None:
            return Answer(200, mdn.headers, mdn.body)
        return Answer(204, afterwards=lambda: self._return(url, mdn))

    def _return(self, url: str, mdn: MdnMessage) -> None:
        """On a connection of its own, after the answer is out."""
        threading.Thread(target=post, args=(url, mdn.headers, mdn.body), daemon=True).start()

    def _mdn(self, heading: Heading, received: Received) -> MdnMessage:
        code = received.code
        try:
            own = received.verified.digest_name if received.verified else None
            name = chosen_digest(heading.receipt, supported=DIGESTS, signature_digest=own)
        except As2Fault as fault:
            code, name = fault.disposition, "sha256"
        receipt = Receipt(
            received_from=heading.sender_wire,
            received_to=heading.receiver_wire,
            original_message_id=heading.message_id,
            disposition=answer(code, heading.version),
            mic=write_mic(received.mic[1], spelled(received.mic[0])) if received.mic else None,
            text=TEXTS[code],
            message_id=f"<mdn.{next(self._numbers)}@us.example>",
            at=AT,
            user_agent="Sallyport",
        )
        return build_mdn(receipt, signing=_signing(name, OUR_KEY) if heading.receipt.signed else None, entropy=entropy)

    # As the sender

    def send(self, order: Order, url: str, *, damage: Damage | None = None) -> Judged:
        """What came of a message to the peer at ``url``."""
        built, body = self._built(order), b""
        while not _ends(body := read_all(built.body), order):
            built = self._built(order)
        status: int | None = None
        answered = Posted("", Headers(), b"")
        try:
            answered = post(url, built.headers, damage(body) if damage is not None else body)
            status = int(answered.target)
        except (HTTPException, OSError):
            # The outcome says that there was no answer, as it would in the gateway.
            pass
        attempt = Attempt(
            number=1,
            message_id=dict(built.headers)["Message-ID"],
            receipt="none" if order.receipt == "none" else "async" if order.asynchronous else "sync",
            signed_receipt=order.receipt == "signed",
        )
        tolerated: Tolerated = set()
        mdn = _read(answered)
        mic = compare(mdn.mic, built.candidates, requested=_requested(order), tolerated=tolerated) if mdn else None
        outcome = judge_answer(attempt, status, answered.headers, mdn=mdn, mic=mic, now=AT)
        if outcome.result == "awaiting-mdn":
            mdn = self._receipt_for(attempt.message_id)
            mic = compare(mdn.mic, built.candidates, requested=_requested(order), tolerated=tolerated)
            outcome = judge_mdn(attempt, mdn, mic)
        return Judged(outcome=outcome, mdn=mdn, tolerated=frozenset(tolerated))

    def _receipt_for(self, message_id: str) -> ReadMdn:
        """The first one that came for it; peers send them twice, and late."""
        while True:
            mdn = _read(self._receipts.get(timeout=PATIENCE))
            if mdn is not None and same_message_id(mdn.original_message_id or "", message_id):
                return mdn

    def _built(self, order: Order) -> Built:
        stack = order.stack
        to = order.encrypting_key or PEER_KEY
        sending = Sending(
            signing=_signing(order.digest, order.signing_key or OUR_KEY, order) if stack.signed else None,
            encrypting=Encrypting(
                recipients=[certificate_of(name) for name in (*order.other_recipients, to)],
                cipher=order.cipher,
                key_transport=order.key_transport,
                form=order.form,
                permits=PERMITS,
            )
            if stack.encrypted
            else None,
            compression=stack.compression,
        )
        address = Address(
            sender=order.sender,
            receiver=order.receiver,
            message_id=f"<{next(self._numbers)}@us.example>",
            at=AT,
            subject="An order",
            receipt=write_request(
                to="as2@us.example",
                signed=order.receipt == "signed",
                algorithms=order.micalgs,
                url=self.receipts_url if order.asynchronous else None,
            )
            if order.receipt != "none"
            else (),
        )
        payload = Payload(content=BytesSource(order.content), media_type=order.media_type, filename=order.filename)
        return build_message(
            [payload], address, sending, digests=[_requested(order)], entropy=entropy, scratch=MemoryScratch()
        )


def _signing(name: DigestName, key: str, order: Order | None = None) -> Signing:
    scheme = order.scheme if order is not None else "rsa-pkcs1"
    return Signing(signer=pair_of(key), digest_name=name, micalg=spelled(name), scheme=scheme, permits=PERMITS)


def _ends(body: bytes, order: Order) -> bool:
    """Whether the body ends as the order has it: ciphertext ends with any byte, and peers differ about some."""
    if not order.stack.encrypted:
        return True
    return body.endswith(order.ending) if order.ending else body[-1:] not in (b"\r", b"\n")


def _requested(order: Order) -> DigestName:
    """The weakest algorithm that is asked for."""
    known = [name for name in map(normalise, order.micalgs) if name is not None]
    return min(known, key=DIGESTS.index)


def _read(answered: Posted) -> ReadMdn | None:
    if not is_mdn(answered.headers, answered.body):
        return None
    return read_mdn(answered.headers, answered.body, pinned=[certificate_of(PEER_KEY)], permits=PERMITS)


def headers_block(headers: Headers) -> bytes:
    """The fields as they came."""
    return b"".join(name + b": " + value + b"\r\n" for name, value in headers.fields)
