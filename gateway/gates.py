"""What becomes of a channel's gate: it breaks and is mended by what a delivery meets, and people pause and resume it.

The queue holds the jobs (:mod:`queues.gates`). Here is what people see of it: lines in the journal, and one case for a
channel behind which nobody is reached, however many deliveries wait there. The case closes itself with the first
answer, for then there is nothing left to do.

Whoever carries a transmission says so when it has been in touch, or has failed to be, with whoever is behind the gate;
one that ended without either says nothing. This is written in a transaction of its own, before the job is settled:
killed between the two, a gate counts one failure more or less, and nothing else depends on it.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection

from gateway.ids import gate_id
from gateway.instance import Gateway
from gateway.ledger import cases, journal
from gateway.operations import NotPossible, demand_reason
from gateway.wiring import BUSINESS
from queues import Direction, Gate, Job
from queues.gates import FAILURES

CAUSE = "channel-unreachable"
_SHORT = 64


def unreached(gateway: Gateway, job: Job, reason: str) -> None:
    """A try of this job reached nobody behind its gate; several in a row break it."""
    if not job.gate:
        return
    now, party = gateway.clock(), _party(gateway, job.gate)

    def commit(connection: Connection) -> None:
        broken = gateway.queue.gates.unreached(connection, job.gate, job.id, job.attempt, reason)
        if broken is None:
            return
        data = {"channel": job.gate, "failures": broken.failures, "reason": reason}
        subject = gate_id(job.gate)
        journal.append(connection, at=now, subject=subject, kind="channel-unreachable", actor="gateway", data=data)
        whose = f"of `{party}`" if party is not None else "to your own systems"
        text = (
            f"nobody is reached over channel `{job.gate}` {whose}: {FAILURES} tries in a row failed, the last with:"
            f" {reason}. What is to go there waits, and the time it waits is not taken off its time to be delivered;"
            " one delivery at a time tries whether somebody answers again, and any answer closes this case. Ask those"
            " who run the other side; `sallyport channels list` shows what waits"
        )
        cases.open(connection, CAUSE, text, case_subject(job.gate), party, now)

    gateway.database.write(commit)


def reached(gateway: Gateway, job: Job) -> None:
    """A try of this job got an answer from behind its gate, whatever it said."""
    if not job.gate or not gateway.database.read(lambda c: gateway.queue.gates.get(c, job.gate)).failures:
        # Nearly always: a row is read, and nothing is locked or written.
        return
    now = gateway.clock()

    def commit(connection: Connection) -> None:
        was = gateway.queue.gates.reached(connection, job.gate)
        if was is None or was.broken_since is None:
            return
        since = f"{was.broken_since:%Y-%m-%d %H:%M} UTC"
        data = {"channel": job.gate, "since": was.broken_since.isoformat()}
        subject = gate_id(job.gate)
        journal.append(connection, at=now, subject=subject, kind="channel-reached", actor="gateway", data=data)
        reason = f"there was an answer again; there had been none since {since}"
        cases.close_of(connection, CAUSE, case_subject(job.gate), reason, "gateway", now)

    gateway.database.write(commit)
    # What waited may go on at once.
    gateway.wake.set()


def pause(
    gateway: Gateway, channel: str, direction: Direction, *, actor: str, reason: str, draining: bool = False
) -> Gate:
    """The gate of a channel, paused: what goes out over it waits, what comes in is refused, or both.

    Raises :class:`NotPossible` for a channel that there is not, and where no reason is given.
    """
    demand_reason("a pause", reason)
    _must_be_known(gateway, channel)
    now = gateway.clock()

    def commit(connection: Connection) -> Gate:
        gate = gateway.queue.gates.pause(connection, channel, direction, actor=actor, reason=reason, draining=draining)
        data = {"channel": channel, "direction": direction, "reason": reason, "draining": draining}
        journal.append(connection, at=now, subject=gate_id(channel), kind="channel-paused", actor=actor, data=data)
        return gate

    paused = gateway.database.write(commit)
    gateway.look_at_gates()
    return paused


def resume(gateway: Gateway, channel: str, direction: Direction, *, actor: str, reason: str) -> Gate:
    """The gate of a channel that is no longer paused in this direction.

    Raises :class:`NotPossible` where it was not, and as :func:`pause` does.
    """
    demand_reason("a resumption", reason)
    now = gateway.clock()

    def commit(connection: Connection) -> Gate:
        gate = gateway.queue.gates.resume(connection, channel, direction)
        if gate is None:
            what = "paused" if direction == "both" else f"paused in the direction `{direction}`"
            raise NotPossible(f"channel `{channel}` is not {what}: `sallyport channels list` shows which are")
        data = {"channel": channel, "direction": direction, "reason": reason}
        journal.append(connection, at=now, subject=gate_id(channel), kind="channel-resumed", actor=actor, data=data)
        return gate

    resumed = gateway.database.write(commit)
    gateway.look_at_gates()
    # What was held may go on at once.
    gateway.wake.set()
    return resumed


def case_subject(channel: str) -> str:
    """What the case of a channel is about: its name, or the hash of one that is too long."""
    return channel if len(channel) <= _SHORT else hashlib.sha256(channel.encode()).hexdigest()


def _must_be_known(gateway: Gateway, channel: str) -> None:
    channels = gateway.profiles.current.channels
    if channel != BUSINESS and channel not in channels:
        known = ", ".join([*sorted(channels), BUSINESS])
        raise NotPossible(f"there is no channel `{channel}`; there are: {known}")


def _party(gateway: Gateway, channel: str) -> str | None:
    found = gateway.profiles.current.channels.get(channel)
    return found.party if found is not None else None
