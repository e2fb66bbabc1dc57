"""AS2 messages on their way out: built once, posted as often as it takes, always the same bytes.

*Built once.* Before the first attempt the message is packed, and its bytes, Message-ID, Date and the digests to judge
its receipt by are durable. Whatever is killed after that, the next attempt sends what lies there: a receiver that
notices Message-IDs can tell that it is a repetition (RFC 4130, 5.5).

*An attempt is noted before it begins*, and its outcome afterwards; between the two nobody knows what the partner has,
so a crash there leads to the same bytes again.

*Taken is not delivered.* Where the receipt comes later on a connection of its own, the job waits as long as the profile
says and then sends again; the receipt ends the waiting whenever it comes, also before our own note of the sending.

MDNs of ours that go their own way (RFC 4130, 7.3) are posted here too: the stored bytes, to the URL of the profile,
and never to one that a message named.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import msgspec
from sqlalchemy import Connection

from as2.building import Address, Payload, build_message
from as2.certificates import Unusable
from as2.fault import As2Fault
from as2.identifiers import bare_message_id, written_message_id
from as2.response import Outcome, Result, judge_answer
from gateway.channels.as2 import terms
from gateway.channels.as2.evidence import MDN_PROTOCOL
from gateway.channels.as2.keys import As2Keys, KeyMissing
from gateway.channels.as2.posting import Poster, Posting, Reply
from gateway.channels.as2.settling import Mdn, as_it_came, attempt_of, compared, looks_like_mdn, settle, understand
from gateway.channels.as2.spool import SpoolFolder, Workplace
from gateway.instance import Gateway
from gateway.ledger import as2_received, as2_sent, attempts, deliveries, objects
from gateway.ledger.as2_sent import SentRow
from gateway.ledger.transmissions import Transmission
from gateway.working import GiveUp, TryAgain
from partners import As2Channel, Party, Retry
from queues import Job

LARGE = 10 << 20
"""Bytes from which a body goes in chunks, where the profile says ``large``."""
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

    def deliver(self, gateway: Gateway, job: Job, transmission: Transmission) -> None:
        """One attempt, or two where the partner only minds the chunks; done when the job is completed or this raises.

        Raises :class:`GiveUp` and :class:`TryAgain`, what the archive and the database raise, and ``OSError``.
        """
        channel = gateway.profiles.current.channels.get(transmission.channel)
        if not isinstance(channel, As2Channel):
            text = f"there is no AS2 channel `{transmission.channel}` any more; name it again, or send it otherwise"
            raise GiveUp("channel-gone", text)
        if transmission.protocol == MDN_PROTOCOL:
            self._return(gateway, job, transmission, channel)
            return
        try:
            row = self._built(gateway, transmission, channel)
            posting = self._posting(gateway, channel, channel.url, row.headers, row.body_sha256)
        except (KeyMissing, Unusable, As2Fault) as fault:
            raise GiveUp("as2-not-sendable", f"{fault}. Then resend") from None
        large = channel.http.chunked == "large" and posting.body.size >= LARGE
        posting = msgspec.structs.replace(posting, chunked=large or channel.http.chunked == "always")
        outcome, detail = self._attempt(gateway, job, transmission, channel, row, posting)
        if not outcome.chunking and posting.chunked:
            whole = msgspec.structs.replace(posting, chunked=False)
            outcome, detail = self._attempt(gateway, job, transmission, channel, row, whole)
        retry = _retry_terms(gateway, transmission)
        if outcome.result == "parked":
            raise GiveUp("as2-parked", f"{outcome.text} Then resend")
        if outcome.result == "retry":
            at_least = outcome.not_before or retry.base * 0
            raise TryAgain(detail, retry.base, retry.cap, retry.budget, at_least=at_least)
        if outcome.result == "awaiting-mdn":
            # The receipt ends this; without one the same bytes go out again.
            patience = channel.mdn.patience
            raise TryAgain(detail, patience, patience, retry.budget, at_least=patience)

    # Building

    def _built(self, gateway: Gateway, transmission: Transmission, channel: As2Channel) -> SentRow:
        """What every attempt sends; made and durable now if it was not before."""
        row = gateway.database.read(lambda c: as2_sent.latest(c, transmission.id))
        if row is not None and not (channel.retry_id == "new-when-undelivered" and _undelivered(gateway, transmission)):
            return row
        register = gateway.profiles.current
        us = register.parties.get(transmission.facts.get("us", ""))
        ours, theirs = us.identity("as2") if us is not None else None, register.as2_name(channel)
        if us is None or ours is None or theirs is None:
            raise KeyMissing(
                f"party `{transmission.facts.get('us', 'ours')}` or `{channel.party}` has no AS2 name: add it to its"
                " identities, scheme as2"
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
            receipt=terms.receipt_request(channel, f"as2@{settings.domain}", settings.url),
        )
        media_type = channel.content_type or terms.MEDIA_TYPES.get(
            transmission.facts.get("standard", ""), "application/octet-stream"
        )
        payload = Payload(
            content=gateway.opened(transmission.sha256), media_type=media_type, filename=transmission.name
        )
        with Workplace(self._spool) as place:
            built = build_message(
                [payload],
                address,
                terms.sending(channel, us, self._keys, now),
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

    def _attempt(
        self,
        gateway: Gateway,
        job: Job,
        transmission: Transmission,
        channel: As2Channel,
        row: SentRow,
        posting: Posting,
    ) -> tuple[Outcome, str]:
        """What the answer means, and what it was, for a person."""

        def start(connection: Connection) -> int:
            deliveries.step(connection, transmission.id, "start", at=gateway.clock(), actor="gateway")
            return len(attempts.of(connection, [transmission.id])) + 1

        number = gateway.database.write(start)
        reply = self._poster.post(posting)
        now = gateway.clock()
        mdn: Mdn | None = None
        if looks_like_mdn(reply.headers, reply.body):
            place = gateway.archive.append(as_it_came(reply.headers, reply.body))
            mdn = compared(understand(reply.headers, reply.body, place, channel, now), row, channel, now)
        outcome = judge_answer(
            attempt_of(row, number, chunked=posting.chunked),
            reply.status,
            reply.headers,
            mdn=mdn.read if mdn is not None else None,
            mic=mdn.mic if mdn is not None else None,
            now=now,
        )
        detail = f"{outcome.text} {reply.trouble}".strip()

        def commit(connection: Connection) -> None:
            ended = _ENDED.get(outcome.result, "failed")
            attempts.record(connection, transmission.id, now, ended, detail)
            settle(connection, row, transmission, outcome, mdn, now, remote=channel.url)
            if outcome.step in ("done", "person") and outcome.result != "parked":
                gateway.queue.complete(connection, job)

        gateway.database.write(commit)
        return outcome, detail

    def _posting(
        self,
        gateway: Gateway,
        channel: As2Channel,
        url: str,
        headers: Iterable[Sequence[str]],
        body_sha256: str,
    ) -> Posting:
        http, on = channel.http, gateway.clock().date()
        fields = [(name, value) for name, value in headers]
        return Posting(
            url=url,
            headers=fields,
            body=gateway.opened(body_sha256),
            user=http.user,
            password=_secret(gateway, http.secret) if http.secret is not None else None,
            proxy=http.proxy,
            timeout=http.timeout.total_seconds(),
            answer_within=channel.mdn.patience.total_seconds(),
            trusted=[each.pem for each in channel.certificates if "tls" in each.use and each.in_use(on) and each.pem],
            identity=terms.tls_identity(gateway.profiles.current, channel, self._keys, on),
        )

    # Receipts of ours that go their own way

    def _return(self, gateway: Gateway, job: Job, transmission: Transmission, channel: As2Channel) -> None:
        row = gateway.database.read(lambda c: as2_received.get(c, transmission.facts["received"]))
        headers = [each for each in row.mdn_headers or () if each[0].lower() != "content-length"]
        url = channel.receive.async_url or channel.url
        try:
            posting = self._posting(gateway, channel, url, headers, transmission.sha256)
        except KeyMissing as fault:
            raise GiveUp("as2-not-sendable", f"{fault}. Then resend") from None
        gateway.database.write(
            lambda c: deliveries.step(c, transmission.id, "start", at=gateway.clock(), actor="gateway")
        )
        reply = self._poster.post(posting)
        gateway.database.write(partial(_returned, gateway, job, transmission, reply))
        if _later(reply):
            retry = Retry()
            raise TryAgain(_said(reply), retry.base, retry.cap, retry.budget)
        if not _taken(reply):
            raise GiveUp("as2-mdn-not-taken", f"{_said(reply)} Ask the partner for the URL its receipts go to")


def _returned(gateway: Gateway, job: Job, transmission: Transmission, reply: Reply, connection: Connection) -> None:
    now = gateway.clock()
    taken = _taken(reply)
    attempts.record(connection, transmission.id, now, "delivered" if taken else "failed", _said(reply))
    if taken:
        actor = transmission.party or "gateway"
        deliveries.step(connection, transmission.id, "confirm", at=now, actor=actor)
        gateway.queue.complete(connection, job)
    elif _later(reply):
        deliveries.step(connection, transmission.id, "fail", at=now, actor="gateway", data={"reason": _said(reply)})


def _taken(reply: Reply) -> bool:
    return reply.status is not None and 200 <= reply.status < 300


def _later(reply: Reply) -> bool:
    """Whether trying again may help."""
    return reply.status is None or reply.status >= 500 or reply.status in (408, 425, 429)


def _said(reply: Reply) -> str:
    return f"The MDN was answered {reply.status}." if reply.status is not None else f"No answer: {reply.trouble}."


def _undelivered(gateway: Gateway, transmission: Transmission) -> bool:
    """Whether the partner said, in the last attempt, that it did not take the message."""
    made = gateway.database.read(lambda c: attempts.of(c, [transmission.id]))
    return bool(made) and made[-1].outcome == "refused"


def _retry_terms(gateway: Gateway, transmission: Transmission) -> Retry:
    agreement = gateway.profiles.current.agreements.get(transmission.facts.get("agreement", ""))
    flow = agreement.flow(transmission.facts.get("flow", "")) if agreement else None
    return flow.retry if flow else Retry()


def _secret(gateway: Gateway, name: str) -> str:
    """The password of this name; raises :class:`KeyMissing`."""
    file = gateway.home.secrets / name
    try:
        status = file.stat()
        content = file.read_text().strip()
    except FileNotFoundError:
        raise KeyMissing(
            f"the secret `{name}` is not there: put the password into {file}, readable by you only"
        ) from None
    if status.st_mode & 0o077:
        raise KeyMissing(f"others can read {file}: run `chmod 600` on it, and change the password if they may have")
    return content
