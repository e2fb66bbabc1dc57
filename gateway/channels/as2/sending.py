"""AS2 messages on their way out: built once, posted as often as it takes, always the same bytes.

*Built once.* Before the first attempt the message is packed, and its bytes, Message-ID, Date and the digests to judge
its receipt by are durable. Whatever is killed after that, the next attempt sends what lies there: a receiver that
notices Message-IDs can tell that it is a repetition (RFC 4130, 5.5).

*An attempt is noted before it begins*, and its outcome afterwards; between the two nobody knows what the partner has,
so a crash there leads to the same bytes again.

*A message that broke off is gone on with*, where the profile says that the partner knows Restart: it is asked how much
it holds, and gets the rest of the same bytes under the same header fields. Whatever it answers to a part that is not a
success leads to everything being sent (:mod:`as2.response`).

*Taken is not delivered.* Where the receipt comes later on a connection of its own, the job waits as long as the profile
says and then sends again; the receipt ends the waiting whenever it comes, also before our own note of the sending.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

import msgspec
from sqlalchemy import Connection

from as2.building import Address, Payload, build_message
from as2.certificates import Unusable
from as2.fault import As2Fault
from as2.identifiers import bare_message_id, written_message_id
from as2.response import Outcome, Result, judge_answer, retry_after
from as2.restart import Ask, Send, after_unsatisfied
from gateway import gates
from gateway.arrival import printable
from gateway.channels.as2 import exchange_documents, terms
from gateway.channels.as2.addressing import posting_to
from gateway.channels.as2.agreed import agreed
from gateway.channels.as2.continuing import (
    ASKED_IN_VAIN,
    EVERYTHING,
    Asked,
    ask,
    asking_of,
    rest_of,
    with_etag,
)
from gateway.channels.as2.evidence import PROTOCOL
from gateway.channels.as2.keys import As2Keys, KeyMissing
from gateway.channels.as2.posting import Poster, Posting, Reply
from gateway.channels.as2.receipts import settle_other
from gateway.channels.as2.returning import return_mdn
from gateway.channels.as2.settling import (
    Mdn,
    as_it_came,
    attempt_of,
    begun,
    compared,
    kept,
    looks_like_mdn,
    settle,
    understand,
    was_refused,
)
from gateway.channels.channel import Carry
from gateway.channels.workplace import NoRoom, SpoolFolder, Workplace
from gateway.exchange import ImpossibleStep
from gateway.instance import Gateway
from gateway.ledger import as2_sent, attempts, cases, deliveries, journal, objects
from gateway.ledger.as2_sent import SentRow
from gateway.ledger.transmissions import MDN_PROTOCOL, Transmission
from gateway.publishing import DELIVER, retry_terms
from gateway.working import GiveUp, TryAgain
from partners import As2Channel, Party
from queues import Job

REQUESTS = 4
"""What one attempt may need: without chunks, from where the partner really is, from the beginning."""
LARGE = 10 << 20
"""Bytes from which a body goes in chunks, or is asked for first, where the profile says ``large``."""
_ENDED: Mapping[Result, attempts.Outcome] = {
    "delivered": "delivered",
    "awaiting-mdn": "delivered",
    "refused": "refused",
}
"""How an attempt ended, by what its answer means; any other one failed."""


class As2Sender:
    """Posts to partners; safe to use from several threads."""

    def __init__(self, keys: As2Keys, poster: Poster, spool: SpoolFolder) -> None:
        self._keys = keys
        self._poster = poster
        self._spool = spool
        self.carries: Mapping[str, Carry] = {PROTOCOL: self.deliver, MDN_PROTOCOL: self.deliver}

    def deliver(self, gateway: Gateway, job: Job, transmission: Transmission) -> None:
        """One attempt, or more where the partner only minds its form; the job is at its end unless this raises.

        Raises :class:`GiveUp` and :class:`TryAgain`, what the archive and the database raise, and ``OSError``.
        """
        if gateway.database.read(partial(_superseded, job=job)):
            gateway.database.write(lambda c: gateway.queue.complete(c, job))
            return
        channel = gateway.profiles.current.channels.get(transmission.channel)
        if not isinstance(channel, As2Channel):
            text = f"there is no AS2 channel `{transmission.channel}` any more; name it again, or send it otherwise"
            raise GiveUp("channel-gone", text)
        if transmission.protocol == MDN_PROTOCOL:
            return_mdn(gateway, job, transmission, channel, self._keys, self._poster)
            return
        us = gateway.profiles.current.parties.get(transmission.facts["us"])
        try:
            if us is not None:
                channel, us = agreed(gateway.database, channel, us)
            row = self._built(gateway, transmission, channel, us)
            posting = posting_to(
                gateway,
                channel,
                us,
                self._keys,
                url=channel.url,
                headers=row.headers,
                body_sha256=row.body_sha256,
                receipt=row.receipt,
            )
            if channel.http.restart:
                posting = with_etag(posting, row)
        except (KeyMissing, Unusable, As2Fault) as fault:
            raise GiveUp("as2-not-sendable", f"{fault}. Then resend") from None
        except NoRoom as fault:
            raise TryAgain(f"{fault}: the disk of the data folder has to have more room") from None
        large = channel.http.chunked == "large" and posting.body.size >= LARGE
        asks = channel.http.expect == "always" or (channel.http.expect == "large" and posting.body.size >= LARGE)
        posting = msgspec.structs.replace(
            posting,
            chunked=large or channel.http.chunked == "always",
            expect=channel.http.expect_patience.total_seconds() if asks else None,
        )
        retry = retry_terms(gateway, transmission)
        step, held = EVERYTHING, None
        asked = self._asked(gateway, channel, row, posting)
        if asked is not None:
            _note(gateway, job, asked.reply)
            if isinstance(asked.step, Ask):
                if (wait := self._told_to_wait(gateway, job, transmission, row, asked)) is None:
                    return
                raise TryAgain(wait[0], retry.base, retry.cap, retry.budget, at_least=wait[1])
            step, held = asked.step, asked.held
        for _ in range(REQUESTS):
            ended = self._attempt(gateway, job, transmission, channel, row, posting, step, held)
            if ended is None:
                return
            outcome, detail, content_range = ended
            total, held = posting.body.size, None
            if posting.chunked and not outcome.chunking:
                posting = msgspec.structs.replace(posting, chunked=False)
            elif outcome.reason == "range-not-held":
                fits = after_unsatisfied(content_range, total)
                step = fits if fits != step else EVERYTHING
            elif outcome.reason == "part-not-joined":
                step = EVERYTHING
            else:
                break
        if outcome.result == "retry":
            at_least = outcome.not_before or timedelta(0)
            raise TryAgain(detail, retry.base, retry.cap, retry.budget, at_least=at_least)
        if outcome.result == "awaiting-mdn":
            # The receipt ends this; without one the same bytes go out again.
            patience = channel.mdn.patience
            raise TryAgain(detail, patience, patience, retry.budget, at_least=patience)

    # Building

    def _built(self, gateway: Gateway, transmission: Transmission, channel: As2Channel, us: Party | None) -> SentRow:
        """What every attempt sends; made and durable now if it was not before."""
        row = gateway.database.read(lambda c: as2_sent.latest(c, transmission.id))
        if row is not None and channel.retry_id == "same":
            return row
        if row is not None and not gateway.database.read(partial(was_refused, row=row)):
            return row
        ours, theirs = us.identity("as2") if us is not None else None, gateway.profiles.current.as2_name(channel)
        if us is None or ours is None or theirs is None:
            raise KeyMissing(
                f"party `{transmission.facts['us']}` or `{channel.party}` has no AS2 name: add it to its identities,"
                " scheme as2"
            )
        generation = row.generation + 1 if row is not None else 1
        return self._build(gateway, transmission, channel, us, (ours.value, theirs), generation)

    def _build(
        self,
        gateway: Gateway,
        transmission: Transmission,
        channel: As2Channel,
        us: Party,
        names: tuple[str, str],
        generation: int,
    ) -> SentRow:
        now = gateway.clock()
        settings = gateway.home.config.as2
        if channel.mdn.mode == "async" and settings.url is None:
            raise KeyMissing(
                f"channel `{channel.id}` asks for asynchronous receipts, and the configuration has no `as2: url` where"
                " they could come to"
            )
        message_id = written_message_id(secrets.token_hex(16), settings.domain)
        requested = terms.requested_digests(channel)
        address = Address(
            sender=names[0],
            receiver=names[1],
            message_id=message_id,
            at=now,
            subject=transmission.name if transmission.name.isascii() else "EDI",
            version=channel.as2_version,
            product=terms.product(channel),
            features=terms.features(channel),
            receipt=terms.receipt_request(channel, f"as2@{settings.domain}", settings.url),
        )
        packing = terms.sending(channel, us, self._keys, now)
        if exchange_documents.FACT in transmission.facts and packing.transfer_encoding in ("7bit", "8bit"):
            # Certificates are no text in lines, whatever the partner's other documents are.
            packing = msgspec.structs.replace(packing, transfer_encoding="base64")
        with Workplace(self._spool) as place:
            built = build_message(
                _payloads(gateway, transmission, channel, names[0]),
                address,
                packing,
                digests=requested,
                entropy=secrets.token_bytes,
                scratch=place,
            )
            (locator,) = gateway.keep(built.body)
        row = SentRow(
            transmission=transmission.id,
            generation=generation,
            sender=names[0],
            receiver=names[1],
            message_id=bare_message_id(message_id),
            headers=built.headers,
            body_sha256=locator.sha256,
            receipt=channel.mdn.mode,
            signed=channel.mdn.mode != "none" and channel.mdn.signed,
            requested=terms.weakest(requested),
            candidates=built.candidates,
            at=now,
        )

        def commit(connection: Connection) -> None:
            objects.record(connection, locator, now)
            as2_sent.record(connection, row)

        gateway.database.write(commit)
        return row

    # Attempts

    def _asked(self, gateway: Gateway, channel: As2Channel, row: SentRow, posting: Posting) -> Asked | None:
        """What the partner says it holds; ``None`` where it is not asked."""
        if not channel.http.restart:
            return None
        asking = gateway.database.read(partial(asking_of, row=row, total=posting.body.size))
        return ask(self._poster, posting, row, asking, version=channel.as2_version) if asking is not None else None

    def _told_to_wait(
        self, gateway: Gateway, job: Job, transmission: Transmission, row: SentRow, asked: Asked
    ) -> tuple[str, timedelta] | None:
        """Why the partner is asked again and not before when; ``None`` when a receipt has come meanwhile."""
        now, reply = gateway.clock(), asked.reply
        said = f"Answered {reply.status}" if reply.status is not None else "No answer"
        detail = f"{said} to the question how much of the message the partner holds. {reply.trouble}".strip()
        stated = reply.headers.get("Retry-After")

        def commit(connection: Connection) -> bool:
            told: dict[str, object] = {"message_id": row.message_id}
            try:
                deliveries.step(connection, transmission.id, "start", at=now, actor="gateway", data=told)
            except ImpossibleStep:
                gateway.queue.complete(connection, job)
                return False
            attempts.record(connection, transmission.id, now, "failed", detail)
            told |= {"reason": ASKED_IN_VAIN, "text": printable(detail, 500)}
            deliveries.step(connection, transmission.id, "fail", at=now, actor="gateway", data=told)
            return True

        if not gateway.database.write(commit):
            return None
        wait = retry_after(stated, now) if stated is not None else None
        return detail, wait or timedelta(0)

    def _attempt(
        self,
        gateway: Gateway,
        job: Job,
        transmission: Transmission,
        channel: As2Channel,
        row: SentRow,
        posting: Posting,
        step: Send,
        held: int | None,
    ) -> tuple[Outcome, str, str | None] | None:
        """What the answer means, what it was, for a person, and its Content-Range.

        ``held`` is what the partner said it holds. ``None`` comes back when a receipt has come meanwhile.
        """

        def start(connection: Connection) -> int | None:
            told: dict[str, object] = {"message_id": row.message_id}
            if step.range is not None:
                told["first"] = step.first
            if held is not None:
                told["held"] = held
            try:
                deliveries.step(connection, transmission.id, "start", at=gateway.clock(), actor="gateway", data=told)
            except ImpossibleStep:
                gateway.queue.complete(connection, job)
                return None
            return begun(connection, row)

        number = gateway.database.write(start)
        if number is None:
            return None
        reply = self._poster.post(rest_of(posting, step))
        _note(gateway, job, reply)
        now = gateway.clock()
        mdn: Mdn | None = None
        if looks_like_mdn(reply.headers, reply.body):
            place = gateway.archive.append(as_it_came(reply.headers, reply.body))
            mdn = compared(kept(understand(reply.headers, reply.body, channel, now), place), row, channel, now)
        outcome = judge_answer(
            attempt_of(row, number, chunked=posting.chunked, part=step.range is not None),
            reply.status,
            reply.headers,
            mdn=mdn.read if mdn is not None else None,
            mic=mdn.mic if mdn is not None else None,
            now=now,
        )
        detail = f"{outcome.text} {reply.trouble}".strip()
        if step.range is not None:
            detail = f"From byte {step.first} of {step.range.total} on: {detail}"

        def commit(connection: Connection) -> None:
            ended = _ENDED.get(outcome.result, "failed")
            attempts.record(connection, transmission.id, now, ended, detail)
            others = (
                mdn is not None
                and outcome.reason == "mdn-of-another-message"
                and settle_other(gateway, connection, channel, mdn, now, remote=channel.url)
            )
            settle(connection, row, transmission, outcome, None if others else mdn, now, remote=channel.url)
            if outcome.result == "parked":
                text = f"{outcome.text} Then resend"
                gateway.queue.bury(connection, job, text)
                cases.open(connection, "as2-parked", text, transmission.id, transmission.party, now)
            elif outcome.step in ("done", "person"):
                gateway.queue.complete(connection, job)

        gateway.database.write(commit)
        return outcome, detail, reply.headers.get("Content-Range")


def _note(gateway: Gateway, job: Job, reply: Reply) -> None:
    """Tell the channel's gate whether somebody was there."""
    if reply.status is None:
        gates.unreached(gateway, job, reply.trouble)
    else:
        gates.reached(gateway, job)


def _payloads(gateway: Gateway, transmission: Transmission, channel: As2Channel, sender: str) -> list[Payload]:
    """The documents of a message: its content, or those of an exchange of certificates."""
    if exchange_documents.FACT in transmission.facts:
        return exchange_documents.payloads(gateway, transmission, sender)
    media_type = channel.content_type or terms.MEDIA_TYPES.get(
        transmission.facts.get("standard", ""), "application/octet-stream"
    )
    content = gateway.opened(transmission.sha256)
    return [Payload(content=content, media_type=media_type, filename=transmission.name)]


def _superseded(connection: Connection, job: Job) -> bool:
    """Whether somebody had it sent again while this job waited for a receipt: a job of its own does that."""
    subject = job.payload["transmission"]
    orders = [event.data.get("order") for event in journal.of(connection, subject) if event.kind == "delivery-resent"]
    return bool(orders) and orders[-1] is not None and job.key != f"{DELIVER}:{subject}:{orders[-1]}"
