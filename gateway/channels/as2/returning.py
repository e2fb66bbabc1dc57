"""Asynchronous MDNs of ours on their way (RFC 4130, 7.3): the stored bytes, until they are taken.

They go to the URL of the profile and never to one that a message named, for whoever sends a message must not choose
where we connect to. An MDN is never answered with another, so any 2xx ends it.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import Connection

from as2.response import comes_again, retry_after
from gateway import gates
from gateway.channels.as2.addressing import posting_to
from gateway.channels.as2.agreed import agreed
from gateway.channels.as2.keys import As2Keys, KeyMissing
from gateway.channels.as2.posting import Poster, Reply
from gateway.instance import Gateway
from gateway.ledger import as2_received, attempts, deliveries
from gateway.ledger.transmissions import Transmission
from gateway.working import GiveUp, TryAgain
from partners import As2Channel, WireIdentity
from queues import Job


def return_mdn(
    gateway: Gateway, job: Job, transmission: Transmission, channel: As2Channel, keys: As2Keys, poster: Poster
) -> None:
    """One attempt; the job is completed unless this raises :class:`GiveUp` or :class:`TryAgain`."""
    row = gateway.database.read(lambda c: as2_received.get(c, transmission.facts["received"]))
    headers = [each for each in row.mdn_headers or () if each[0].lower() != "content-length"]
    url = channel.receive.async_url or channel.url
    try:
        us = gateway.profiles.current.party_of(WireIdentity("as2", row.receiver))
        if us is not None:
            channel, us = agreed(gateway.database, channel, us)
        posting = posting_to(gateway, channel, us, keys, url=url, headers=headers, body_sha256=transmission.sha256)
    except KeyMissing as fault:
        raise GiveUp("as2-not-sendable", f"{fault}. Then resend") from None
    gateway.database.write(lambda c: deliveries.step(c, transmission.id, "start", at=gateway.clock(), actor="gateway"))
    reply = poster.post(posting)
    # Receipts may go to another server, which says nothing about the one of the channel.
    if url == channel.url:
        if reply.status is None:
            gates.unreached(gateway, job, reply.trouble)
        else:
            gates.reached(gateway, job)
    gateway.database.write(partial(_returned, gateway, job, transmission, reply))
    if comes_again(reply.status):
        stated = reply.headers.get("Retry-After")
        wait = retry_after(stated, gateway.clock()) if stated is not None else None
        raise TryAgain(_said(reply), at_least=wait or timedelta(0))
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
    elif comes_again(reply.status):
        deliveries.step(connection, transmission.id, "fail", at=now, actor="gateway", data={"reason": _said(reply)})


def _taken(reply: Reply) -> bool:
    return reply.status is not None and 200 <= reply.status < 300


def _said(reply: Reply) -> str:
    return f"The MDN was answered {reply.status}." if reply.status is not None else f"No answer: {reply.trouble}."
