"""An MDN that came on a connection of its own: early, late, twice, or for nothing that we know.

Whatever it is, its bytes are durable before its sender is told so, and an MDN is never answered with another. It is
matched by the Message-ID that it names, among what went out between the two names it is from and to; what we send is in
the ledger before the first attempt, so none can come too early. One that answers nothing we know is kept as a receipt
that was not matched, with a case: its sender thinks that it has something of ours.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from as2.headers import Headers
from as2.source import Source
from gateway.arrival import printable
from gateway.channels.as2 import settling
from gateway.channels.as2.settling import Mdn
from gateway.ids import new_id
from gateway.instance import Gateway
from gateway.ledger import as2_sent, cases, journal, objects, receipts, transmissions
from gateway.ledger.receipts import Receipt
from partners import As2Channel, Party


def take_mdn(gateway: Gateway, channel: As2Channel, us: Party, headers: Headers, body: Source, remote: str) -> None:
    """Keep the MDN and do what it says: all of it is durable when this returns.

    ``us`` is the party of ours that it is for. Raises what the archive and the database raise.
    """
    content = b"".join(body.chunks())
    place = gateway.archive.append(settling.as_it_came(headers, content))
    now = gateway.clock()
    mdn = settling.understand(headers, content, place, channel, now)
    gateway.database.write(partial(_commit, gateway, channel, us, mdn, remote, now))
    gateway.wake.set()


def _commit(
    gateway: Gateway, channel: As2Channel, us: Party, mdn: Mdn, remote: str, now: datetime, connection: Connection
) -> None:
    names = {each.value for each in us.identities if each.scheme == "as2"}
    if not settle_named(gateway, connection, channel, names, mdn, now, remote=remote):
        _unmatched(connection, channel, mdn, remote, now)


def settle_named(
    gateway: Gateway,
    connection: Connection,
    channel: As2Channel,
    names: Collection[str],
    mdn: Mdn,
    now: datetime,
    *,
    remote: str,
) -> bool:
    """Whether the MDN names a message that went out under one of our ``names``: what it says of that is done then."""
    receiver = gateway.profiles.current.as2_name(channel)
    if mdn.read is None or not mdn.original or receiver is None:
        return False
    row = as2_sent.by_message_id(connection, mdn.original, senders=names, receiver=receiver)
    if row is None:
        return False
    transmission = transmissions.get(connection, row.transmission)
    compared = settling.compared(mdn, row, channel, now)
    settling.settle_late(connection, row, transmission, compared, now, remote=remote)
    return True


def _unmatched(connection: Connection, channel: As2Channel, mdn: Mdn, remote: str, now: datetime) -> None:
    carrier = settling.came(channel.party, channel.id, mdn.original, mdn, now, remote)
    objects.record(connection, mdn.place, now)
    transmissions.record(connection, carrier)
    said = carrier.facts.get("disposition") or f"cannot be read: {mdn.trouble}"
    receipt = Receipt(
        id=new_id("r", now),
        kind="mdn",
        direction="in",
        party=channel.party,
        transmission=carrier.id,
        verdict="received",
        text=printable(said, 500),
        at=now,
    )
    receipts.record(connection, receipt)
    data = {"receipt": receipt.id, "kind": "mdn", "number": mdn.original or "none"}
    journal.append(connection, at=now, subject=carrier.id, kind="receipt-unmatched", actor=channel.party, data=data)
    named = printable(mdn.original) or "unnamed"
    text = (
        f"an MDN of `{channel.party}` over channel `{channel.id}` answers message {named}, which is none of ours, and"
        f" says: {printable(said, 300)}. Ask the partner what it received; then close this case"
    )
    cases.open(connection, "receipt-unmatched", text, carrier.id, channel.party, now)
