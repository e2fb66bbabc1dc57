"""The state of every channel, as people are shown it: whether anything goes through, who said so, and what waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Connection

from gateway.ledger import underway
from gateway.wiring import BUSINESS
from partners import Register
from queues import Direction, Gate, WorkQueue

State = Literal["open", "broken", "paused", "draining", "drained"]


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody holds a channel."""

    direction: Direction
    actor: str
    reason: str
    since: datetime


class ChannelState(msgspec.Struct, frozen=True, kw_only=True):
    """A channel, whether anything goes through it, and what waits."""

    channel: str
    party: str | None
    """``None`` for the company's own side."""
    kind: str
    """As in the profile; ``business``, or ``gone`` where no profile has the channel any more."""
    state: State
    """What a person did says more than what befell it, for only a person ends that; the other fields say all."""
    pause: Pause | None
    broken_since: datetime | None
    tried_again_at: datetime | None
    """Nothing is tried before; ``None`` while it is whole."""
    failures: int
    """How often in a row nobody was reached."""
    last_failure: str | None
    last_failure_at: datetime | None
    waiting: int
    """Deliveries that wait, for whatever reason."""
    under_way: int
    unread: int
    """Files and documents that came in and are not worked off yet."""

    @property
    def left(self) -> int:
        """What a channel that takes nothing in has still to do."""
        return self.waiting + self.under_way + self.unread


def channel_states(connection: Connection, queue: WorkQueue, register: Register | None) -> list[ChannelState]:
    """The state of each channel of the profiles and of the company's own side, and of those gone where anything waits.

    Without profiles, of those that are known to the queue.
    """
    gates = {gate.name: gate for gate in queue.gates.all(connection)}
    depths = {depth.gate: depth for depth in queue.at_gates(connection)}
    unread = underway.taken_in(connection)
    listed: dict[str, tuple[str | None, str]] = {BUSINESS: (None, BUSINESS)}
    for channel in register.channels.values() if register is not None else ():
        listed[channel.id] = (channel.party, channel.kind)
    held = {name for name, gate in gates.items() if gate.paused is not None or gate.open_until is not None}
    for name in sorted({*depths, *unread, *held} - {*listed}):
        listed[name] = (None, "gone" if register is not None else "")
    found = []
    for name, (party, kind) in listed.items():
        gate, depth = gates.get(name, Gate(name=name)), depths.get(name)
        waiting, leased = (depth.waiting, depth.leased) if depth is not None else (0, 0)
        found.append(_state(gate, party, kind, waiting, leased, unread))
    return found


def _state(
    gate: Gate, party: str | None, kind: str, waiting: int, leased: int, unread: Mapping[str, int]
) -> ChannelState:
    left = unread.get(gate.name, 0)
    state: State = "broken" if gate.open_until is not None else "open"
    # What goes out may be held besides, and then nothing becomes empty.
    if gate.draining and not gate.holds_out:
        state = "draining" if waiting or leased or left else "drained"
    elif gate.paused is not None:
        state = "paused"
    pause = None
    if gate.paused is not None and gate.paused_at is not None:
        pause = Pause(
            direction=gate.paused,
            actor=gate.paused_by or "",
            reason=gate.paused_why or "",
            since=gate.paused_at,
        )
    return ChannelState(
        channel=gate.name,
        party=party,
        kind=kind,
        state=state,
        pause=pause,
        broken_since=gate.broken_since,
        tried_again_at=gate.open_until,
        failures=gate.failures,
        last_failure=gate.reason,
        last_failure_at=gate.failed_at,
        waiting=waiting,
        under_way=leased,
        unread=left,
    )
