"""Which message of ours an MDN answers: the one whose Message-ID it names, whatever else it says.

An id of ours has 128 random bits and is in the ledger before the first attempt, so it finds at most one message, and no
MDN can come too early for it. The AS2 names in an MDN are no part of the key: products leave them out, do not swap
them, or quote them twice. Whose word it is, the certificates of the partner decide that the message went to.

How many MDNs for one message are kept has an end, for anybody who has seen an id may post any number. What proves
itself has an allowance of its own, so that nobody can use it up for the partner.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from gateway.channels.as2.agreed import verifying
from gateway.instance import Gateway
from gateway.ledger import as2_sent, transmissions
from gateway.ledger.as2_sent import SentRow
from gateway.ledger.transmissions import MDN_PROTOCOL, Transmission
from partners import As2Channel, Register

PROVEN_KEPT, UNPROVEN_KEPT = 20, 10
"""How many MDNs are kept for one message: of those that its receiver signed, and of all others."""


class TooMany(Exception):
    """So many MDNs of this kind were kept that this one is not; whoever posts it may come again later."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A message of ours that an MDN names, and the channel of the partner that it went to."""

    row: SentRow
    transmission: Transmission
    channel: As2Channel


def answered(gateway: Gateway, connection: Connection, original: str) -> Answered | None:
    """What an MDN answers that names this id; ``None`` when we sent nothing so named, or know the partner no more."""
    row = as2_sent.by_message_id(connection, original) if original else None
    if row is None:
        return None
    transmission = transmissions.get(connection, row.transmission)
    channel = _channel_of(gateway.profiles.current, transmission, row)
    if channel is None:
        return None
    return Answered(row=row, transmission=transmission, channel=verifying(connection, channel))


def check_room(connection: Connection, row: SentRow, *, proven: bool) -> None:
    """Return when one more MDN for this message may be kept; otherwise :class:`TooMany`."""
    there = transmissions.named(connection, row.message_id, MDN_PROTOCOL)
    alike = sum((each.facts.get("signature") == "verified") == proven for each in there)
    if alike >= (PROVEN_KEPT if proven else UNPROVEN_KEPT):
        raise TooMany(f"{alike} MDNs for message {row.message_id} are kept already")


def _channel_of(register: Register, transmission: Transmission, row: SentRow) -> As2Channel | None:
    """Where it went; a channel that got another name meanwhile is found by the AS2 names."""
    channel = register.channels.get(transmission.channel)
    if isinstance(channel, As2Channel) and channel.party == transmission.party:
        return channel
    named = register.channel_of_as2(row.receiver, row.sender)
    return named[0] if named is not None else None
