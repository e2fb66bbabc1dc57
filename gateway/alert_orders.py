"""What alerts follow: what a transaction writes into the journal, it orders to be judged by the rules as well.

As with the outbox of events (:mod:`gateway.outbox`) the order is part of the transaction: what was committed is judged,
however soon the gateway is killed, and what was rolled back is not. Nothing else is done here, so that no stage waits
for an alert.

*Telling about telling ends by itself.* What keeps alerts from being judged or sent becomes a case like any other
(:mod:`gateway.working`), so that one destination can tell of another that is broken. Of each cause there is one case
for the judging and one for each destination (:func:`destination_subject`); while it is open nothing more comes of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from gateway.alerts import AlertRule, Matcher
from gateway.events import possible_names
from gateway.ids import noun_of
from gateway.ledger.journal import Line
from gateway.ledger.schema import alert
from gateway.ledger.statements import chunks
from gateway.outbox import LINES
from gateway.wiring import LANES
from queues import WorkQueue

ALERTS = "alerts"
"""The stage that judges what happened by the rules; also whose turn it is in a lane."""
SEND = "alert-send"
"""The stage that sends notices."""
AT_ONCE = 200
"""Lines in one job."""


def destination_subject(destination: str) -> str:
    """What a case is about whose cause is that notices do not get to this destination."""
    return f"{SEND}/{destination}"


class AlertOrders:
    """Orders the judgement of what transactions wrote, where any rule can be about it."""

    def __init__(self, queue: WorkQueue, rules: Sequence[AlertRule]) -> None:
        self._queue = queue
        self._matcher = Matcher(rules)

    def order(self, connection: Connection, lines: Sequence[Line]) -> None:
        """Put the judgement of these lines into the queue, where a rule can be about them."""
        closed = _told(connection, [line.subject for line in lines if line.kind == "case-closed"])
        of_cases = [line.seq for line in lines if line.subject in closed or self._opens(line)]
        # What an event says may be in a document that cannot be read any more. No case waits for that.
        of_events = [line.seq for line in lines if self._tells(line)]
        for numbers in (of_cases, of_events):
            for some in chunks(numbers, AT_ONCE):
                self._queue.enqueue(
                    connection,
                    kind=ALERTS,
                    key=f"{ALERTS}:{some[0]}",
                    payload={LINES: " ".join(map(str, some))},
                    partner=ALERTS,
                    lane=LANES["urgent"],
                )

    def _opens(self, line: Line) -> bool:
        return line.kind in ("case-opened", "case-reopened") and line.data["cause"] in self._matcher.topics

    def _tells(self, line: Line) -> bool:
        names = possible_names(line.kind, line.data, noun=noun_of(line.subject))
        return not self._matcher.events.isdisjoint(names)


def _told(connection: Connection, cases: Collection[str]) -> frozenset[str]:
    """Those of these cases that a rule knows. Whoever lets a rule know of a case holds the case, so none is missed."""
    found: set[str] = set()
    for some in chunks(cases):
        found.update(connection.execute(select(alert.c.subject).where(alert.c.subject.in_(some))).scalars())
    return frozenset(found)
