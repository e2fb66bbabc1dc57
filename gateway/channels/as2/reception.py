"""A message that came: judged, archived, committed, answered, in this order and no other.

Nothing is told to a partner before it is durable. So the MDN is made and signed first, then the body as it came, the
documents and the MDN go into the archive, and then *one* transaction records all of it with the work that follows.
Killed at any moment before that, the partner has no answer and sends again; killed after it, the repetition finds the
MDN and gets it again, byte for byte.

*Who was first* is decided by a unique key inside the transaction, never by a look beforehand. Whoever comes second is
rolled back and finds what the first one left: with the same content it is a repetition and gets the same answer; with
another, somebody used a Message-ID twice, and it is refused and becomes a case. A message that was refused is no
predecessor: its sender may mend it and send it again. And what was accepted is not refused when the very same bytes
come once more, even if the certificate that verified them is not in use any longer.

*What a partner learns* of a fault is the code of its disposition. Why it was so is found out after the answer is gone,
for that takes a time which would tell. A few refusals in a minute are kept and answered; beyond that nothing is kept
and the partner is told to come again later, which also keeps a guesser from guessing quickly.
"""

from __future__ import annotations

import errno
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import msgspec
import structlog
from sqlalchemy import Connection

from as2.certificates import Unusable
from as2.digests import spelled
from as2.disposition import answer
from as2.fault import As2Fault, Unreadable
from as2.headers import Headers
from as2.heading import read_heading
from as2.identifiers import written_message_id
from as2.mdn import TEXTS, MdnMessage, Receipt, build_mdn
from as2.mdn_reading import is_mdn
from as2.mic import write_mic
from as2.receiving import receive
from as2.source import BytesSource, Source
from gateway.arrival import printable
from gateway.channels.as2 import evidence, terms
from gateway.channels.as2.agreed import agreed
from gateway.channels.as2.exchanging import RequestIdReused, read_exchange, record_exchange
from gateway.channels.as2.keys import As2Keys, KeyMissing
from gateway.channels.as2.matching import TooMany
from gateway.channels.as2.posted import Admission, Answer, Judged, Outcome, Posted
from gateway.channels.as2.refusals import Allowance, explained, open_case
from gateway.channels.workplace import IN_MEMORY, NoRoom, Workplace
from gateway.database import NOT_NOW
from gateway.instance import Gateway
from gateway.ledger import as2_received, cases, journal, objects, receipts, transmissions
from gateway.ledger.as2_received import ReceivedRow
from gateway.ledger.transmissions import Transmission
from gateway.publishing import send, send_again
from gateway.receiving import record_arrival
from partners import As2Channel

log = structlog.get_logger()

AGENT = "Sallyport"
LOOKED_AT = 4096
"""Bytes of a body that tell whether it is an MDN."""
REFUSALS, WITHIN = 10, timedelta(minutes=1)
"""How many refused messages of one partner, from one address, are kept in which time."""
REFUSED_KEPT = 16 << 20
"""Bytes of a refused body that are kept; of a larger one only the row is."""

TakeMdn = Callable[[Gateway, As2Channel, Headers, Source, str], None]
"""Takes an MDN that came: it is durable, with all that follows from it, when this returns.

Raises :class:`gateway.channels.as2.matching.TooMany` when there are too many already: then nothing was kept."""


class _AcceptedBefore(Exception):
    """A message with these names and this id was accepted before; nothing of this transaction is kept."""


class Reception:
    """Takes what partners post; safe to use from several threads."""

    def __init__(self, gateway: Gateway, keys: As2Keys, take_mdn: TakeMdn) -> None:
        self._gateway = gateway
        self._keys = keys
        self._take_mdn = take_mdn
        self._refusals = Allowance(REFUSALS, WITHIN)

    def admit(self, headers: Headers) -> Admission | None:
        """Whom a request is from, before a byte of its body is read; ``None`` for a stranger.

        Raises :class:`as2.fault.Unreadable` when the header fields do not name two AS2 parties.
        """
        fault: As2Fault | None = None
        try:
            heading = read_heading(headers)
        except Unreadable as unreadable:
            if unreadable.disposition != "invalid-message-id":
                raise
            fault = unreadable
            heading = read_heading(Headers(tuple(each for each in headers.fields if each[0].lower() != b"message-id")))
        found = self._gateway.profiles.current.channel_of_as2(heading.sender, heading.receiver)
        return None if found is None else Admission(heading=heading, fault=fault, channel=found[0], us=found[1])

    def receive(self, posted: Posted, place: Workplace) -> Answer:
        """What to answer; whatever it promises is durable.

        Raises what the archive and the database raise, ``OSError``, and :class:`gateway.channels.workplace.NoRoom`:
        then nothing was kept, and the partner has to come again.
        """
        try:
            posted = self._with_what_was_accepted(posted)
        except (KeyMissing, Unusable) as fault:
            return self._unable(posted, str(fault))
        if is_mdn(posted.headers, _start(posted.body)):
            return self._mdn_came(posted)
        if posted.channel.id in self._gateway.refusing:
            # It looked as if it might be a receipt.
            return not_now()
        # A large message takes long to take apart; for a small one, the key that decides in the end is enough.
        if posted.body.size > IN_MEMORY and (earlier := self._same_bytes(posted)):
            return self._repeat(posted, earlier)
        try:
            judged = self._judge(posted, place)
            if judged.fault is not None:
                return self._refuse(posted, judged, place)
            try:
                return self._accept(posted, judged)
            except _AcceptedBefore:
                return self._second(posted, judged, place)
            except RequestIdReused as fault:
                refused = msgspec.structs.replace(judged, code=fault.disposition, fault=fault, exchange=None)
                return self._refuse(posted, refused, place)
        except (KeyMissing, Unusable) as fault:
            return self._unable(posted, str(fault))

    def _mdn_came(self, posted: Posted) -> Answer:
        try:
            self._take_mdn(self._gateway, posted.channel, posted.headers, posted.body, posted.remote)
        except TooMany as fault:
            log.warning("an MDN was not taken", why=str(fault), **_named(posted))
            return not_now()
        return Answer(status=200, outcome="mdn")

    def _with_what_was_accepted(self, posted: Posted) -> Posted:
        """The same with the certificates in it that count because they were accepted by message."""
        admission = posted.admission
        channel, us = agreed(self._gateway.database, admission.channel, admission.us)
        return msgspec.structs.replace(posted, admission=msgspec.structs.replace(admission, channel=channel, us=us))

    def _judge(self, posted: Posted, place: Workplace) -> Judged:
        fault = posted.admission.fault
        if fault is None and posted.heading.message_id is None:
            text = "It has no Message-ID, so that it cannot be told from another, nor be named by a receipt."
            fault = Unreadable("message-id-missing", text, disposition="invalid-message-id")
        if fault is not None:
            return Judged(code=fault.disposition, fault=fault, received=None)
        demanded = terms.receiving(posted.channel, posted.admission.us, self._keys, posted.at)
        received = receive(
            posted.headers, posted.heading, posted.body, demanded, scratch=place, entropy=secrets.token_bytes
        )
        if received.fault is not None:
            return Judged(code=received.code, fault=received.fault, received=received)
        try:
            exchange = read_exchange(posted, received)
        except As2Fault as unfit:
            return Judged(code=unfit.disposition, fault=unfit, received=received)
        return Judged(code=received.code, fault=None, received=received, exchange=exchange)

    def _mdn(self, posted: Posted, judged: Judged) -> MdnMessage | None:
        """The MDN that is asked for; a refusal is told without a signature rather than not at all.

        Raises :class:`KeyMissing` and :class:`Unusable` when a positive one cannot be signed.
        """
        if posted.mode == "none":
            return None
        channel, heading, mic = posted.channel, posted.heading, judged.mic
        name = mic[0] if mic is not None else "sha256"
        receipt = Receipt(
            received_from=heading.sender_wire,
            received_to=heading.receiver_wire,
            original_message_id=heading.message_id,
            disposition=answer(judged.code, heading.version),
            mic=write_mic(mic[1], spelled(name, terms.micalg_style(channel))) if mic is not None else None,
            text=TEXTS[judged.code],
            message_id=written_message_id(secrets.token_hex(16), self._gateway.home.config.as2.domain),
            at=self._gateway.clock(),
            user_agent=AGENT,
            version=channel.as2_version,
            product=terms.product(channel),
            features=terms.features(channel),
        )
        if heading.receipt.signed:
            try:
                signing = terms.signing(channel, posted.admission.us, self._keys, name, posted.at.date())
                return build_mdn(receipt, signing=signing, entropy=secrets.token_bytes)
            except (KeyMissing, Unusable):
                if judged.fault is None:
                    raise
        return build_mdn(receipt, signing=None, entropy=secrets.token_bytes)

    # The ends

    def _accept(self, posted: Posted, judged: Judged) -> Answer:
        received = judged.received
        if received is None:
            raise ValueError("what was not read cannot be accepted")
        message = self._mdn(posted, judged)
        contents = [each.content for each in received.documents]
        answers = [BytesSource(message.body)] if message is not None else []
        body, *places = self._gateway.keep(posted.body, *contents, *answers)
        _check(posted, body.sha256)
        now = self._gateway.clock()
        mdn = (message, places[-1]) if message is not None else None
        arrived = evidence.documents(posted, judged, received, places[: len(contents)], now)
        exchange = judged.exchange
        first = arrived[0][0].id
        row = evidence.row(posted, judged, body=body, mdn=mdn, document=first, now=now)
        given = evidence.given(posted, row, mdn) if mdn is not None else None

        def commit(connection: Connection) -> None:
            objects.record_all(connection, (body, *places), now)
            for transmission, stage in arrived:
                record_arrival(self._gateway, connection, transmission, stage)
            self._record(connection, row, given)
            if exchange is not None:
                record_exchange(self._gateway, connection, posted, exchange, first, now)

        self._gateway.database.write(commit)
        self._gateway.wake.set()
        log.info("received", transmission=first, documents=len(arrived), size=posted.body.size, **_named(posted))
        return _answer(row, message.body if message is not None else b"")

    def _refuse(self, posted: Posted, judged: Judged, place: Workplace, *, of: str | None = None) -> Answer:
        """``of`` is the document that came before under the Message-ID of this one."""
        fault = judged.fault
        if fault is None:
            raise ValueError("what has no fault cannot be refused")
        if of is None and (earlier := self._same_bytes(posted)):
            return self._repeat(posted, earlier)
        if beyond := self._refusals.beyond((posted.channel.id, posted.remote), posted.at):
            log.warning("refused and not kept", cause=fault.cause, beyond=beyond, **_named(posted))
            return not_now()
        message = self._mdn(posted, judged)
        bodies = [posted.body] if posted.body.size <= REFUSED_KEPT else []
        places = self._gateway.keep(*bodies, *([BytesSource(message.body)] if message is not None else []))
        now = self._gateway.clock()
        mdn = (message, places[-1]) if message is not None else None
        row = evidence.row(posted, judged, body=places[0] if bodies else None, mdn=mdn, document=None, now=now)
        given = evidence.given(posted, row, mdn) if mdn is not None else None

        def commit(connection: Connection) -> str:
            objects.record_all(connection, places, now)
            self._record(connection, row, given)
            return open_case(connection, posted, fault, now, of=of)

        case = self._gateway.database.write(commit)
        self._gateway.wake.set()
        log.warning("refused", cause=fault.cause, code=judged.code, **_named(posted))
        told = _answer(row, message.body if message is not None else b"")
        if of is not None:
            return told
        return msgspec.structs.replace(told, afterwards=partial(self._explain, posted, fault, case, place))

    def _second(self, posted: Posted, judged: Judged, place: Workplace) -> Answer:
        """Another one with these names and this id was accepted, perhaps this very moment."""
        earlier = self._accepted(posted)
        if earlier is None:
            raise LookupError(f"the ledger has no message {posted.message_id} although its key is taken")
        mic = judged.mic
        same_mic = mic is not None and (earlier.mic_algorithm, earlier.mic) == (mic[0], mic[1].hex())
        if earlier.body_sha256 == posted.sha256 or same_mic:
            return self._repeat(posted, earlier)
        text = (
            f"Its Message-ID was that of another message, which was accepted on {earlier.at:%Y-%m-%d %H:%M} UTC as"
            f" {earlier.transmission}. Nothing of the second one was processed: it has to be sent under its own id."
        )
        fault = Unreadable("message-id-reused", text, disposition="invalid-message-id")
        refused = msgspec.structs.replace(judged, code=fault.disposition, fault=fault)
        return self._refuse(posted, refused, place, of=earlier.transmission)

    def _repeat(self, posted: Posted, earlier: ReceivedRow) -> Answer:
        """The stored answer, and no effect but a line in the journal."""
        body = self._gateway.content(earlier.mdn_sha256) if earlier.mdn_sha256 is not None else b""

        def commit(connection: Connection) -> None:
            now = self._gateway.clock()
            if earlier.transmission is not None:
                journal.append(
                    connection,
                    at=now,
                    subject=earlier.transmission,
                    kind="transmission-repeated",
                    actor=posted.channel.party,
                    data={"name": posted.message_id, "remote": posted.remote},
                )
            if posted.mode == "async" and earlier.mdn_transmission is not None:
                send_again(self._gateway, connection, earlier.mdn_transmission, "message repeated", now)

        self._gateway.database.write(commit)
        self._gateway.wake.set()
        log.info("repeated", transmission=earlier.transmission, **_named(posted))
        row = msgspec.structs.replace(earlier, receipt=posted.mode)
        return msgspec.structs.replace(_answer(row, body), outcome="repeated")

    def _unable(self, posted: Posted, trouble: str) -> Answer:
        """A key or certificate of the house's is missing: the partner has done nothing wrong and comes again."""
        channel = posted.channel
        text = f"Messages from `{channel.party}` over channel `{channel.id}` cannot be taken: {trouble}"
        log.error("a message cannot be taken", trouble=trouble, **_named(posted))
        now = self._gateway.clock()
        self._gateway.database.write(lambda c: cases.open(c, "as2-key-missing", text, channel.id, channel.party, now))
        return not_now()

    # What they share

    def _record(
        self, connection: Connection, row: ReceivedRow, given: tuple[Transmission, receipts.Receipt] | None
    ) -> None:
        if given is not None:
            transmissions.record(connection, given[0])
        if not as2_received.record(connection, row):
            raise _AcceptedBefore
        if given is None:
            return
        transmission, receipt = given
        receipts.record(connection, receipt)
        if row.transmission is not None:
            data = {"kind": receipt.kind, "verdict": receipt.verdict, "transmission": transmission.id}
            journal.append(
                connection, at=row.at, subject=row.transmission, kind="receipt-issued", actor="gateway", data=data
            )
        if row.receipt == "async":
            send(self._gateway, connection, transmission, [], row.at)

    def _accepted(self, posted: Posted) -> ReceivedRow | None:
        heading = posted.heading
        return self._gateway.database.read(
            lambda c: as2_received.accepted(c, heading.sender, heading.receiver, posted.message_id)
        )

    def _same_bytes(self, posted: Posted) -> ReceivedRow | None:
        """The accepted message that this one is a copy of, byte for byte."""
        found = self._accepted(posted)
        return found if found is not None and found.body_sha256 == posted.sha256 else None

    def _explain(self, posted: Posted, fault: As2Fault, case: str, place: Workplace) -> None:
        """Put into the case what a closer look finds; the case stands without it."""
        try:
            demanded = terms.receiving(posted.channel, posted.admission.us, self._keys, posted.at)
            text = explained(posted, fault, self._gateway.profiles.current, demanded, place)
            now = self._gateway.clock()
            self._gateway.database.write(lambda c: cases.explain(c, case, text, actor="gateway", at=now))
        except (KeyMissing, NoRoom, OSError, *NOT_NOW) as trouble:
            log.warning("no closer look was taken at a refused message", case=case, error=str(trouble))


def not_now() -> Answer:
    """Told to whoever cannot be served at the moment, whatever the reason."""
    return Answer(status=503, headers=[("Retry-After", "60")], outcome="not-now")


def _answer(row: ReceivedRow, mdn: bytes) -> Answer:
    outcome: Outcome = "accepted" if row.accepted else "refused"
    if row.receipt == "async":
        return Answer(status=204, outcome=outcome)
    if row.receipt == "none" or row.mdn_headers is None:
        return Answer(status=200, outcome=outcome)
    return Answer(status=200, headers=row.mdn_headers, body=mdn, outcome=outcome)


def _check(posted: Posted, sha256: str) -> None:
    if sha256 != posted.sha256:
        raise OSError(errno.EIO, "what was read is not what was written: look at the disk of the AS2 spool")


def _start(body: Source) -> bytes:
    held = b""
    for chunk in body.chunks():
        held += chunk[:LOOKED_AT]
        if len(held) >= LOOKED_AT:
            break
    return held


def _named(posted: Posted) -> dict[str, str]:
    """What every line of the log says of a message."""
    return {"party": posted.channel.party, "message_id": printable(posted.message_id), "remote": posted.remote}
