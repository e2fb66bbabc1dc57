"""What a state machine is here: a table, and one function that looks into it.

A machine knows its states, the events that move it and who causes each of them. There is no code in a transition: what
else has to happen is the caller's business and stands in the ledger, in the same transaction. So a table can be read,
tested and drawn, and the diagrams of the documentation are drawn from it (:func:`mermaid`).

Two ways to move. :meth:`Machine.step` is for the gateway's own acts: an event that cannot happen in a state raises
:class:`ImpossibleStep`, because the caller believed something that is not so. :meth:`Machine.after` is for reading what
was written down long ago: it is total, and what cannot happen changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, Literal, TypeVar

import msgspec

S = TypeVar("S", bound=str)
E = TypeVar("E", bound=str)

Mover = Literal["gateway", "partner", "person", "time"]
"""Who causes an event. ``partner`` is the counterpart on the wire, also when it is one of the company's own systems."""


class ImpossibleStep(ValueError):
    """An event that the machine does not know in this state; nothing was changed.

    The caller's picture is out of date: read the state again. Sending the same event again will not help.
    """

    def __init__(self, machine: str, state: str | None, event: str, possible: tuple[str, ...]) -> None:
        self.machine, self.state, self.event, self.possible = machine, state, event, possible
        what = ", ".join(possible) if possible else "nothing"
        super().__init__(f"{machine}: `{event}` cannot happen while {state or 'not begun'}; possible now: {what}")


class Cause(msgspec.Struct, frozen=True):
    """Who causes an event, and what it means in one line."""

    mover: Mover
    meaning: str


class Machine(msgspec.Struct, Generic[S, E], frozen=True, kw_only=True):
    """A transition table: ``table[state][event]`` is the state that follows. Every state and event has its meaning."""

    name: str
    initial: S
    states: Mapping[S, str]
    events: Mapping[E, Cause]
    table: Mapping[S, Mapping[E, S]]

    def step(self, state: S, event: E) -> S:
        """The state that follows; raises :class:`ImpossibleStep` when ``event`` cannot happen in ``state``."""
        following = self.table.get(state, {}).get(event)
        if following is None:
            raise ImpossibleStep(self.name, state, event, tuple(self.table.get(state, {})))
        return following

    def after(self, state: S, event: E) -> S:
        """The state that follows, or ``state`` itself when ``event`` cannot happen in it. Never raises."""
        return self.table.get(state, {}).get(event, state)

    @property
    def terminal(self) -> frozenset[S]:
        """The states that nothing leaves."""
        return frozenset(s for s in self.states if all(to == s for to in self.table.get(s, {}).values()))

    @property
    def resting(self) -> frozenset[S]:
        """The states that neither the gateway nor time leaves: only a person or news from the counterpart does."""
        return frozenset(
            s
            for s in self.states
            if all(
                to == s or self.events[event].mover in ("person", "partner")
                for event, to in self.table.get(s, {}).items()
            )
        )


def mermaid(machine: Machine[S, E]) -> str:
    """The machine as a Mermaid ``stateDiagram-v2``, the same text for the same table. Events of one arrow share it."""

    def node(state: str) -> str:
        # A hyphen ends an identifier in Mermaid; the name that is shown keeps it.
        return state.replace("-", "_")

    lines = ["stateDiagram-v2"]
    lines += [f'    state "{state}" as {node(state)}' for state in machine.states if node(state) != state]
    lines.append(f"    [*] --> {node(machine.initial)}")
    for state, row in machine.table.items():
        arrows: dict[S, list[str]] = {}
        for event, to in row.items():
            arrows.setdefault(to, []).append(event)
        lines += [f"    {node(state)} --> {node(to)}: {', '.join(events)}" for to, events in arrows.items()]
    lines += [f"    {node(state)} --> [*]" for state in machine.states if state in machine.terminal]
    return "\n".join(lines) + "\n"
