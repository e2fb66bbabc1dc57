"""An MDN whose AS2 names tell nobody: missing, empty, not swapped, or quoted twice.

Some products send their asynchronous receipts so, and say a true thing in them. So a request that names no partner of
ours, but may be an MDN by its Content-Type, is read into memory, within limits, and asked one question: did the key of
one of our partners sign it? That is answered with all pinned certificates at once, before anything is looked up, so
neither the answer nor its time tells a stranger whether we ever sent what he names. What nobody signed is a stranger's,
and he hears what every stranger hears.

What a partner signed is matched by the Message-ID, and counts when the partner is the one that the message went to
(:mod:`~.receipts`). A receipt that nobody signed, for a message that we did send, is shown to a person once the answer
is gone: somebody has seen that id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec
import structlog

from as2.certificates import Certificate
from as2.cms.algorithms import Permits
from as2.fault import As2Fault, Unreadable
from as2.headers import Headers
from as2.identifiers import bare_message_id
from as2.mdn_reading import ReadMdn, read_mdn
from gateway.channels.as2 import matching, settling, terms
from gateway.channels.as2.agreed import verifying
from gateway.channels.as2.matching import TooMany
from gateway.channels.as2.receipts import take_answer
from gateway.channels.as2.waiting import keep_waiting
from gateway.instance import Gateway
from partners import As2Channel

log = structlog.get_logger()

LARGEST: Final = 256 << 10
"""Bytes of a body that is looked at so: an MDN has a few thousand, and these are in memory."""
WITHIN: Final = 10.0
"""Seconds in which it has to be there."""
HELD, PROVING = 64, 2
"""How many of them are in memory, and how many are verified, at a time: they must not crowd partners out."""
_MEDIA: Final = frozenset({"multipart/report", "multipart/signed", "message/disposition-notification"})


class Unnamed(msgspec.Struct, frozen=True):
    """What became of it."""

    outcome: Literal["taken", "stranger", "not-now"]
    afterwards: Callable[[], None] | None = None
    """What is left to do when the answer is gone."""


def may_be_mdn(headers: Headers) -> bool:
    """Whether a request may be an MDN, by its header fields."""
    try:
        content_type = headers.content_type()
        length = int(headers.get("Content-Length") or 0)
    except (Unreadable, ValueError):
        return False
    return content_type is not None and content_type.media in _MEDIA and length <= LARGEST


def take_unnamed(gateway: Gateway, headers: Headers, body: bytes, remote: str) -> Unnamed:
    """What became of a body that may be an MDN; what is ``taken`` is durable, with all that follows from it.

    Raises what the archive and the database raise, for what a partner signed only.
    """
    now = gateway.clock()
    known = [each for each in gateway.profiles.current.channels.values() if isinstance(each, As2Channel)]
    channels = gateway.database.read(lambda c: [verifying(c, each) for each in known])
    pinned = {each.id: terms.pinned(each, now) for each in channels}
    try:
        read = read_mdn(headers, body, pinned=_each_once(pinned), permits=_widest(channels, now))
    except As2Fault:
        return Unnamed("stranger")
    verified = read.signature.verified
    if verified is None:
        return Unnamed("stranger", lambda: _tell_of_a_forger(gateway, headers, body, read, remote))
    owners = [each for each in channels if verified.certificate in pinned[each.id]]
    original = bare_message_id(read.original_message_id or "")
    found = gateway.database.read(lambda c: matching.answered(gateway, c, original))
    try:
        if found is None:
            understood = settling.understand(headers, body, owners[0], now)
            keep_waiting(gateway, owners[0], headers, body, understood, remote)
        else:
            understood = settling.understand(headers, body, found.channel, now)
            take_answer(gateway, found, headers, body, understood, remote, now, named=False)
    except TooMany as fault:
        log.warning("an MDN was not taken", why=str(fault), party=owners[0].party, remote=remote)
        return Unnamed("not-now")
    log.info("an MDN without usable names was taken", party=owners[0].party, message_id=original, remote=remote)
    return Unnamed("taken")


def _tell_of_a_forger(gateway: Gateway, headers: Headers, body: bytes, read: ReadMdn, remote: str) -> None:
    """Keep what nobody signed, with a case, if it is about something that we sent."""
    now = gateway.clock()
    original = bare_message_id(read.original_message_id or "")
    found = gateway.database.read(lambda c: matching.answered(gateway, c, original))
    if found is None:
        return
    understood = settling.understand(headers, body, found.channel, now)
    try:
        take_answer(gateway, found, headers, body, understood, remote, now, named=False)
    except TooMany as fault:
        log.warning("a receipt that nobody signed was not kept", why=str(fault), remote=remote)


def _each_once(pinned: Mapping[str, list[Certificate]]) -> list[Certificate]:
    return list({each.sha256: each for some in pinned.values() for each in some}.values())


def _widest(channels: list[As2Channel], now: datetime) -> Permits:
    """What any of them may use below today's measure; how the receipt counts is judged by the terms of its own."""
    return terms.permitted({name for each in channels for name in each.permits(now.date())})
