"""MDNs that answer nothing we know yet: kept, tried again by themselves, a case after an hour, expired after a month.

Why one may come before what it answers: the database was restored, or a standby took over that lacked the last seconds;
what was sent then comes back into the ledger when it is brought up to date. Or the partner's channel was taken out of
the profiles, and is put back. An MDN is often said once only, so it is not thrown away: its bytes are durable before
its sender is told that they are taken, and every sweep looks whether its message is there now. Then it counts as if it
had just come, and its case closes itself.

*How many wait* has an end, for each channel: of those that the partner signed, and of all others, which anybody can
post who knows two AS2 names. Beyond it nothing is kept, and the answer is "come again later".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from archive import ArchiveFault
from as2.headers import Headers, parse_block
from gateway.arrival import printable
from gateway.channels.as2 import matching, settling
from gateway.channels.as2.matching import TooMany
from gateway.channels.as2.settling import Understood
from gateway.ids import new_id
from gateway.instance import Gateway
from gateway.ledger import as2_waiting, cases, journal, objects, receipts, transmissions
from gateway.ledger.as2_waiting import WaitingMdn
from gateway.ledger.receipts import Receipt
from partners import As2Channel

log = structlog.get_logger()

CASE_AFTER: Final = timedelta(hours=1)
"""How long one waits before a person is told."""
KEPT_FOR: Final = timedelta(days=30)
"""How long one is tried again."""
PROVEN_WAIT, UNPROVEN_WAIT = 1000, 50
"""How many of one channel wait at a time: of those that the partner signed, and of all others."""
LARGEST: Final = 256 << 10
"""Bytes of an MDN that may wait; they have a few thousand."""
AT_ONCE: Final = 100
"""How many are looked at in one step of a sweep."""


def keep_waiting(
    gateway: Gateway, channel: As2Channel, headers: Headers, content: bytes, understood: Understood, remote: str
) -> None:
    """Keep an MDN of this channel that answers nothing we know; it is durable when this returns.

    Raises :class:`~.matching.TooMany` when as many wait already or when it is too large, and what the archive and the
    database raise.
    """
    now, proven = gateway.clock(), understood.proven
    waiting = gateway.database.read(lambda c: as2_waiting.count(c, channel.id, proven=proven))
    if waiting >= (PROVEN_WAIT if proven else UNPROVEN_WAIT):
        raise TooMany(f"{waiting} MDNs of channel `{channel.id}` wait for a message of ours already")
    if len(content) > LARGEST:
        raise TooMany(f"an MDN of {len(content)} bytes answers nothing we know")
    mdn = settling.kept(understood, gateway.archive.append(settling.as_it_came(headers, content)))
    carrier = settling.came(channel.party, channel.id, mdn.original, mdn, now, remote)
    row = WaitingMdn(
        transmission=carrier.id,
        message_id=mdn.original,
        party=channel.party,
        channel=channel.id,
        proven=proven,
        said=printable(carrier.facts.get("disposition") or f"cannot be read: {mdn.trouble}", 500),
        at=now,
    )

    def commit(connection: Connection) -> None:
        objects.record(connection, mdn.place, now)
        transmissions.record(connection, carrier)
        as2_waiting.record(connection, row)
        data = {"kind": "mdn", "number": row.message_id or "none"}
        journal.append(connection, at=now, subject=carrier.id, kind="receipt-unmatched", actor=row.party, data=data)

    gateway.database.write(commit)
    log.warning(
        "an MDN answers nothing we know yet", party=row.party, message_id=printable(mdn.original), remote=remote
    )


def look_again(gateway: Gateway) -> int:
    """How many of those that wait were matched; and somebody is told of those that do so for long.

    Raises what the database raises.
    """
    found = 0
    for row in gateway.database.read(lambda c: as2_waiting.matching(c, AT_ONCE)):
        try:
            found += _matched(gateway, row)
        except (ArchiveFault, LookupError) as fault:
            log.error("an MDN that waits cannot be read", transmission=row.transmission, error=str(fault))
    now = gateway.clock()
    gateway.database.write(partial(_tell, now))
    gateway.database.write(partial(_expire, now))
    if found:
        gateway.wake.set()
    return found


def _matched(gateway: Gateway, row: WaitingMdn) -> bool:
    """Whether it was: its message is there, and so is the partner that it went to."""
    found = gateway.database.read(lambda c: matching.answered(gateway, c, row.message_id))
    if found is None:
        return False
    carrier = gateway.database.read(lambda c: transmissions.get(c, row.transmission))
    place = gateway.database.read(lambda c: objects.find(c, carrier.sha256))
    if place is None:
        raise LookupError(f"the ledger knows no place of {carrier.sha256}")
    block, empty_line, body = gateway.content(carrier.sha256).partition(b"\r\n\r\n")
    now = gateway.clock()
    understood = settling.understand(parse_block(block + empty_line), body, found.channel, now)
    mdn = settling.Mdn(read=understood.read, trouble=understood.trouble, place=place, carrier=row.transmission)
    mdn = settling.compared(mdn, found.row, found.channel, now)
    named = found.channel.id == row.channel

    def commit(connection: Connection) -> bool:
        if not as2_waiting.end(connection, row.transmission, "matched", now):
            return False
        transmission = transmissions.get(connection, found.transmission.id)
        remote = carrier.facts.get("remote", "")
        settling.settle_late(connection, found.row, transmission, mdn, now, remote=remote, named=named)
        reason = f"its message {_named(row)} is in the ledger now: transmission {transmission.id}"
        cases.close_about(connection, [row.transmission], reason, "gateway", now)
        return True

    matched = gateway.database.write(commit)
    if matched:
        log.info("an MDN that waited was matched", party=row.party, message_id=_named(row), waited=str(now - row.at))
    return matched


def _tell(now: datetime, connection: Connection) -> None:
    for row in as2_waiting.untold(connection, now - CASE_AFTER, AT_ONCE):
        if not as2_waiting.tell(connection, row.transmission, now):
            continue
        text = (
            f"an MDN of `{row.party}` over channel `{row.channel}` came on {row.at:%Y-%m-%d %H:%M} UTC, answers message"
            f" {_named(row)}, which we do not know, and says: {printable(row.said, 300)}. {_whose(row)} It is tried"
            f" again until {row.at + KEPT_FOR:%Y-%m-%d}, and this case closes itself when the message is there. Was"
            " the database restored? Else ask the partner what it received"
        )
        cases.open(connection, "receipt-unmatched", text, row.transmission, row.party, now)


def _expire(now: datetime, connection: Connection) -> None:
    """What waited long enough is a receipt that answers nothing; its case is a person's still."""
    for row in as2_waiting.outdated(connection, now - KEPT_FOR, AT_ONCE):
        if not as2_waiting.end(connection, row.transmission, "expired", now):
            continue
        receipt = Receipt(
            id=new_id("r", now),
            kind="mdn",
            direction="in",
            party=row.party,
            transmission=row.transmission,
            verdict="received",
            text=row.said,
            at=now,
        )
        receipts.record(connection, receipt)


def _named(row: WaitingMdn) -> str:
    return printable(row.message_id) or "unnamed"


def _whose(row: WaitingMdn) -> str:
    return "The partner signed it." if row.proven else "Nothing proves that it is the partner's."
