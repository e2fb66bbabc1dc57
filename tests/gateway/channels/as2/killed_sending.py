"""A gateway that sends one AS2 message and may be killed at any durable act.

As :mod:`tests.gateway.channels.as2.killed`; here the world outside is the partner, which remembers every request that
reached it, and what it was told of its own MDN.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

from as2.headers import parse_block, write_block
from as2.source import BytesSource
from gateway.channels.as2.keys import As2Keys
from gateway.channels.as2.posting import CannedPoster, Posting, Reply
from gateway.channels.as2.receipts import take_mdn
from gateway.channels.as2.sending import As2Sender
from gateway.channels.workplace import SpoolFolder
from gateway.config import open_home
from gateway.delivering import deliver_over
from gateway.instance import Gateway
from gateway.publishing import DELIVER
from gateway.sweeping import sweep
from gateway.working import Workers
from partners import As2Channel
from tests.as2.samples import AT
from tests.gateway.channels.as2.killed import Task, main, remember
from tests.gateway.channels.as2.partner import Partner, mdn_for, right
from tests.gateway.crash.points import Points


def play(task: Task, points: Points) -> int:
    """Open the gateway, let it send what waits, and let the partner answer; after a kill two hours have passed."""
    now = AT if task.kill is not None else AT + timedelta(hours=2)
    gateway = Gateway.open(open_home(Path(task.home), {}), clock=lambda: now)
    opened = len(points.labels)
    partner = Partner()
    unanswered: list[tuple[Posting, bytes]] = []

    def answer(posting: Posting, body: bytes) -> Reply:
        seen = hashlib.sha256(write_block(posting.headers) + body).hexdigest()
        points.act("post", lambda: remember(task, f"{dict(posting.headers)['Message-ID']} {seen}"))
        if task.kind == "sync":
            return right(partner, posting, body)
        unanswered.append((posting, body))
        return Reply(status=204)

    spool = SpoolFolder(gateway.home.as2_outgoing, reserve=0)
    sender = As2Sender(As2Keys(gateway.home.keys), CannedPoster(answer), spool)
    workers = Workers(gateway, {DELIVER: deliver_over(sender.carries)}, 1)
    sweep(gateway)
    while workers.run_one():
        pass
    channel = gateway.profiles.current.channels["acme-as2"]
    assert isinstance(channel, As2Channel)
    for posting, body in unanswered:
        mdn = mdn_for(posting, partner.read(posting, body))
        take_mdn(gateway, channel, parse_block(write_block(mdn.headers)), BytesSource(mdn.body), "192.0.2.9")
        points.act("answer", lambda: remember(task, "mdn taken"))
    spool.close()
    gateway.close()
    return opened


if __name__ == "__main__":
    main(play)
