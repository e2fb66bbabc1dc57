"""The seam between the gateway and everything that carries bytes: what a running gateway asks of a channel.

A channel brings what came, and takes what is to go. *In*: it hands complete bytes to :mod:`gateway.receiving` and tells
its counterpart so only when that returns; how, is its own matter. *Out*: a worker hands it a transmission, and it makes
one attempt, as :data:`Carry` says. It begins and ends with the gateway, and holds nothing that has to outlive it: what
must, is in the ledger and the archive. ``tests/gateway/channels/test_channel_contract.py`` holds every channel to this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol

from gateway.instance import Gateway
from gateway.ledger.transmissions import Transmission
from queues import Job

COLLECTED_WITHIN = timedelta(minutes=5)
"""The longest pause before it is looked again whether a file that stands in the way of another was collected."""

Carry = Callable[[Gateway, Job, Transmission], None]
"""One attempt to bring a transmission to where it goes, always with the same bytes, in a worker's thread.

It returns when the counterpart has the bytes, or said a last word on them, and that is recorded, with the completion of
the job in the same transaction. It raises :class:`gateway.working.TryAgain` when nothing is known to have arrived, with
the failed attempt recorded, and :class:`gateway.working.GiveUp` when trying again cannot help. Where the counterpart is
somewhere else, each try also tells the channel's gate whether somebody was there (:func:`gateway.gates.reached`,
:func:`gateway.gates.unreached`)."""


class Channel(Protocol):
    """What a running gateway needs of a channel."""

    @property
    def carries(self) -> Mapping[str, Carry]:
        """How transmissions go out, by their ``protocol``."""

    async def start(self) -> None:
        """Begin to take what comes, once whatever works on it is running; raises ``OSError`` for a port in use."""

    async def stop(self) -> None:
        """Take nothing new, finish what is under way, and return; also when nothing was begun."""
