"""An MDN that came on a connection of its own: early, late, twice, or for nothing that we know.

Whatever it is, its bytes are durable before its sender is told so, and an MDN is never answered with another. It is
matched by the Message-ID that it names (:mod:`~.matching`), and judged with the certificates of the partner that the
message went to, whoever posted it. One that answers nothing we know waits (:mod:`~.waiting`).
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from as2.headers import Headers
from as2.source import Source
from gateway.channels.as2 import matching, settling
from gateway.channels.as2.matching import Answered
from gateway.channels.as2.settling import Mdn, Understood
from gateway.channels.as2.waiting import keep_waiting
from gateway.instance import Gateway
from gateway.ledger import transmissions
from partners import As2Channel


def take_mdn(gateway: Gateway, channel: As2Channel, headers: Headers, body: Source, remote: str) -> None:
    """Keep the MDN and do what it says: all of it is durable when this returns.

    ``channel`` is the one that its AS2 names belong to. Raises :class:`~.matching.TooMany`, and what the archive and
    the database raise.
    """
    content = b"".join(body.chunks())
    now = gateway.clock()
    understood = settling.understand(headers, content, channel, now)
    found = gateway.database.read(lambda c: matching.answered(gateway, c, understood.original))
    if found is None:
        keep_waiting(gateway, channel, headers, content, understood, remote)
        return
    named = found.channel.id == channel.id
    if not named:
        understood = settling.understand(headers, content, found.channel, now)
    take_answer(gateway, found, headers, content, understood, remote, now, named=named)


def take_answer(
    gateway: Gateway,
    found: Answered,
    headers: Headers,
    content: bytes,
    understood: Understood,
    remote: str,
    now: datetime,
    *,
    named: bool,
) -> None:
    """Keep an MDN for a message of ours, read with the certificates of its receiver, and do what it says.

    ``named``: its AS2 names are those of that partner. Without that only a signature counts, whatever the profile asks
    for. Raises :class:`~.matching.TooMany`, and what the archive and the database raise.
    """
    gateway.database.read(lambda c: matching.check_room(c, found.row, proven=understood.proven))
    mdn = settling.kept(understood, gateway.archive.append(settling.as_it_came(headers, content)))
    mdn = settling.compared(mdn, found.row, found.channel, now)
    gateway.database.write(partial(_settle, found, mdn, remote, now, named=named))
    gateway.wake.set()


def settle_other(
    gateway: Gateway, connection: Connection, channel: As2Channel, mdn: Mdn, now: datetime, *, remote: str
) -> bool:
    """Whether an MDN in the answer to one message names another one for this channel: what it says of that is done."""
    found = matching.answered(gateway, connection, mdn.original)
    if mdn.read is None or found is None or found.channel.id != channel.id:
        return False
    _settle(found, settling.compared(mdn, found.row, channel, now), remote, now, connection, named=True)
    return True


def _settle(found: Answered, mdn: Mdn, remote: str, now: datetime, connection: Connection, *, named: bool) -> None:
    transmission = transmissions.get(connection, found.transmission.id)
    settling.settle_late(connection, found.row, transmission, mdn, now, remote=remote, named=named)
