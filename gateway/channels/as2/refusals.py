"""Messages that are refused: how many are kept, and what somebody is told about them.

A refused message is kept with its bytes, because whoever asks why wants to look at them. Whoever sends a thousand must
not be able to fill the disk, so a few of one partner and address are kept in a minute; the rest is counted in the log.
One cause of one partner is one case, however often it happens. Its text is the fault's at first, so that it is there
when the partner has its answer; what made it so is found out after that (see :mod:`as2.diagnosis`).
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Hashable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from as2.diagnosis import Diagnosis, diagnose
from as2.fault import As2Fault
from as2.receiving import Receiving
from gateway.arrival import printable
from gateway.channels.as2.inventory import certificates_of
from gateway.channels.as2.posted import Posted
from gateway.channels.workplace import Workplace
from gateway.ledger import cases
from partners import As2Channel, Register

NAMES = 1000
"""How many names an allowance remembers at a time: they are what others call themselves."""
SUBJECT = 64
"""Characters of a case's subject."""


class Allowance:
    """So many within a stretch of time, for each name; thread-safe."""

    def __init__(self, many: int, within: timedelta) -> None:
        self._many = many
        self._within = within
        self._used: dict[Hashable, tuple[datetime, int]] = {}
        self._guard = threading.Lock()

    def beyond(self, name: Hashable, now: datetime) -> int:
        """How many more than allowed it is with this one, in the stretch of ``now``; 0 while it is allowed."""
        with self._guard:
            began, used = self._used.pop(name, (now, 0))
            if now - began >= self._within:
                began, used = now, 0
            # What is put back goes to the end, so the names that were not used for longest come first.
            self._used[name] = began, used + 1
            if len(self._used) > NAMES:
                del self._used[next(iter(self._used))]
            return max(0, used + 1 - self._many)


def open_case(connection: Connection, posted: Posted, fault: As2Fault, now: datetime, *, of: str | None) -> str:
    """The id of the case of this cause and partner, however often it comes up.

    ``of`` is the document that came before under the same Message-ID: then it is a case of its own.
    """
    return cases.open(
        connection,
        cause="as2-refused" if of is None else "message-id-reused",
        text=f"{_told(posted)} {fault}",
        subject=f"{posted.channel.id}:{fault.cause}"[:SUBJECT] if of is None else of,
        party=posted.channel.party,
        at=now,
    )


def explained(posted: Posted, fault: As2Fault, register: Register, terms: Receiving, place: Workplace) -> str:
    """The text of the case after a closer look; raises ``OSError`` and :class:`~.spool.NoRoom`."""
    found = diagnose(
        fault,
        posted.headers,
        posted.heading,
        posted.body,
        terms,
        known=certificates_of(register),
        entropy=secrets.token_bytes,
        scratch=place,
    )
    return f"{_told(posted)} {found.text} {_advice(found, posted.channel)}"


def _told(posted: Posted) -> str:
    name = f" {printable(posted.message_id)}" if posted.message_id else ""
    return f"A message{name} from `{posted.channel.party}` over channel `{posted.channel.id}` was refused."


def _advice(found: Diagnosis, channel: As2Channel) -> str:
    told = f"To the partner: {found.change}"
    if found.quirk is not None:
        told += f" Or accept such messages: add {found.quirk} to `receive.quirks` of channel `{channel.id}`."
    return told
