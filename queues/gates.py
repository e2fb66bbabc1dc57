"""Gates: what has to be open for a job, shut by trouble or by a person.

A gate is a channel of a partner, or the company's own side. It is whole and open until something befalls it, and only
then has a row.

*Broken.* After :data:`FAILURES` tries in a row in which nobody was reached it is shut for a while: who is away gets
time, and nobody's attempts are spent on him. Then *one* job is let through, however many nodes ask: the claim locks the
gate's row, and the one job is known by its fencing number, so it counts for as long as somebody holds its lease and not
a moment longer. If it reaches nobody either the gate is shut for longer, up to :data:`LONGEST`; any answer, even a bad
one, mends it. The times are drawn between the half and the whole, or many gates would be tried at the same moment.

*Paused.* A person holds what goes out, refuses what comes in, or both, and says why. That is told apart from the other:
a pause ends only when somebody ends it, and a gate can be broken and paused at once.

*Held.* A gate counts the seconds for which nothing could go out through it, trials included. A job remembers the count
at which it was queued, so the difference is what it was kept waiting for through no fault of its own.

A gate is locked after jobs and lanes, and never while waiting for one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from sqlalchemy import Connection, Select

from queues import statements
from queues.backoff import backoff

FAILURES = 5
"""Tries in a row that reach nobody before a gate is shut."""
SHORTEST, LONGEST = timedelta(seconds=30), timedelta(minutes=15)
"""How long a gate is shut the first time, and at most."""

Clock = Callable[[Connection], datetime]
Draw = Callable[[], float]
Direction = Literal["in", "out", "both"]
Passage = Literal["none", "one", "all"]


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """A gate as it is."""

    name: str
    failures: int = 0
    """How often in a row nobody was reached."""
    failed_at: datetime | None = None
    reason: str | None = None
    """Why, the last time."""
    broken_since: datetime | None = None
    openings: int = 0
    """How often in a row it was shut for a while."""
    open_until: datetime | None = None
    """Nothing goes through before; one job at a time after that, until one reaches somebody."""
    probe: int | None = None
    probe_attempt: int | None = None
    paused: Direction | None = None
    paused_by: str | None = None
    paused_why: str | None = None
    paused_at: datetime | None = None
    draining: bool = False
    """Whether it takes in nothing so that it becomes empty."""
    held: float = 0.0
    """Seconds for which nothing could go out, up to ``held_since``."""
    held_since: datetime | None = None

    @property
    def holds_out(self) -> bool:
        """Whether a person holds what goes out."""
        return self.paused in ("out", "both")

    @property
    def refuses_in(self) -> bool:
        """Whether a person has what comes in refused."""
        return self.paused in ("in", "both")


class Gates:
    """The gates of a queue. It keeps no state of its own."""

    def __init__(self, clock: Clock, draw: Draw) -> None:
        self._now = clock
        self._draw = draw

    def get(self, connection: Connection, name: str) -> Gate:
        """The gate as it is, without locking it; one that nothing ever befell is whole."""
        return _found(connection, statements.FIND_GATE, name) or Gate(name=name)

    def all(self, connection: Connection) -> list[Gate]:
        """The gates that something ever befell, by name."""
        return [Gate(**row) for row in connection.execute(statements.ALL_GATES).mappings()]

    def held(self, connection: Connection, name: str) -> timedelta:
        """For how long in all nothing could go out through it."""
        gate = self.get(connection, name)
        current = self._now(connection) - gate.held_since if gate.held_since is not None else timedelta(0)
        return timedelta(seconds=gate.held) + max(current, timedelta(0))

    # What happens behind a gate

    def unreached(self, connection: Connection, name: str, job_id: int, attempt: int, reason: str) -> Gate | None:
        """The gate when it has broken with this try of a job, in which nobody was reached; else ``None``."""
        gate, now = self._locked(connection, name), self._now(connection)
        values: dict[str, object] = {"failures": gate.failures + 1, "failed_at": now, "reason": reason}
        breaks = gate.open_until is None and gate.failures + 1 >= FAILURES
        # What was under way when it broke says nothing new.
        tried_in_vain = gate.open_until is not None and (gate.probe, gate.probe_attempt) == (job_id, attempt)
        if breaks or tried_in_vain:
            openings = gate.openings + 1
            pause = backoff(openings, SHORTEST, LONGEST, 0.5 + self._draw() / 2)
            values |= {"openings": openings, "open_until": now + pause, "probe": None, "probe_attempt": None}
        if breaks:
            values |= {"broken_since": now, "held_since": gate.held_since or now}
        changed = self._changed(connection, gate, values)
        return changed if breaks else None

    def reached(self, connection: Connection, name: str) -> Gate | None:
        """The gate as it was when it was broken until this answer; ``None`` when it was whole.

        Of one without trouble a row is read, and nothing is locked or written.
        """
        if not self.get(connection, name).failures:
            return None
        gate = self._locked(connection, name)
        values: dict[str, object] = {
            "failures": 0,
            "openings": 0,
            "open_until": None,
            "broken_since": None,
            "probe": None,
            "probe_attempt": None,
        }
        self._changed(connection, gate, values if gate.holds_out else values | self._no_longer_held(connection, gate))
        return gate if gate.open_until is not None else None

    # What a person does

    def pause(
        self, connection: Connection, name: str, direction: Direction, *, actor: str, reason: str, draining: bool
    ) -> Gate:
        """The gate, paused in this direction besides those in which it was paused before."""
        gate, now = self._locked(connection, name), self._now(connection)
        paused: Direction = direction if gate.paused in (None, direction) else "both"
        values: dict[str, object] = {
            "paused": paused,
            "paused_by": actor,
            "paused_why": reason,
            "paused_at": now,
            "draining": draining,
        }
        if paused != "in":
            values["held_since"] = gate.held_since or now
        return self._changed(connection, gate, values)

    def resume(self, connection: Connection, name: str, direction: Direction) -> Gate | None:
        """The gate, no longer paused in this direction; ``None`` when it was not."""
        gate = self._locked(connection, name)
        if gate.paused is None or {gate.paused, direction} == {"in", "out"}:
            return None
        left: Direction | None = None
        if gate.paused == "both" and direction != "both":
            left = "out" if direction == "in" else "in"
        values: dict[str, object] = {"paused": left, "draining": gate.draining and left == "in"}
        if left is None:
            values |= {"paused_by": None, "paused_why": None, "paused_at": None}
        if gate.holds_out and left != "out" and gate.open_until is None:
            values |= self._no_longer_held(connection, gate)
        return self._changed(connection, gate, values)

    # What the claim asks

    def admit(self, connection: Connection, name: str) -> Passage:
        """How many jobs may go through a gate that is broken; its row is locked unless the answer is none.

        Asked anew under the lock: since the claim chose its row, another one may have let its job through.
        """
        gate = _found(connection, statements.TRY_GATE, name)
        if gate is None or gate.holds_out:
            return "none"
        if gate.open_until is None:
            return "all"
        if gate.open_until > self._now(connection):
            return "none"
        return "none" if connection.execute(statements.GATE_PROBED, {"p_name": name}).first() else "one"

    def probe(self, connection: Connection, name: str, job_id: int, attempt: int) -> None:
        """This job, as just claimed, is the one that tries whether somebody is there again."""
        connection.execute(statements.SET_PROBE, {"p_name": name, "p_probe": job_id, "p_probe_attempt": attempt})

    def _locked(self, connection: Connection, name: str) -> Gate:
        connection.execute(statements.INSERT_GATE[connection.dialect.name], {"name": name})
        return _found(connection, statements.LOCK_GATE, name) or Gate(name=name)

    def _no_longer_held(self, connection: Connection, gate: Gate) -> dict[str, object]:
        held = self.held(connection, gate.name)
        return {"held": held.total_seconds(), "held_since": None}

    @staticmethod
    def _changed(connection: Connection, gate: Gate, values: dict[str, object]) -> Gate:
        connection.execute(statements.set_gate(gate.name, values))
        return msgspec.structs.replace(gate, **values)


def _found(connection: Connection, statement: Select[*tuple[object, ...]], name: str) -> Gate | None:
    row = connection.execute(statement, {"p_name": name}).mappings().one_or_none()
    return Gate(**row) if row is not None else None
