"""A gateway that a test drives step by step: what arrives, what work that makes, what comes of it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from gateway.arrival import Arrival
from gateway.channels.business import published_with
from gateway.channels.sftp.placing import MAILBOXES
from gateway.config import Home
from gateway.delivering import deliver_over
from gateway.exchange import Event
from gateway.inbound import read_transmission
from gateway.instance import Gateway
from gateway.ledger import cases, journal, mailboxes, search, story
from gateway.ledger.cases import Case
from gateway.ledger.messages import MessageRow
from gateway.ledger.story import MessageStory
from gateway.outbound import build_message
from gateway.outbox import EVENTS
from gateway.publishing import DELIVER
from gateway.receiving import BUILD, READ, Accepted, receive_from_business, receive_from_partner
from gateway.sweeping import sweep
from gateway.telling import tell_with
from gateway.working import Stage, Workers
from queues import Letter

START = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)


class Play:
    """One gateway, its time, and what its exchange with the company's systems saw."""

    def __init__(self, home: Home) -> None:
        self.now = START
        self.letters: list[Letter] = []
        self.events_told: list[Letter] = []
        self.exchange_fault: Exception | None = None
        self.event_fault: Exception | None = None
        self.folder = home.folder
        self.gateway = Gateway.open(home, clock=lambda: self.now)
        self.business = published_with(self._publish)
        self.stages: dict[str, Stage] = {
            READ: read_transmission,
            BUILD: build_message,
            DELIVER: deliver_over(self.business, MAILBOXES),
            EVENTS: tell_with(self._tell, home.config.events),
        }
        self.workers = Workers(self.gateway, self.stages, 1)

    def _publish(self, letter: Letter) -> None:
        if self.exchange_fault is not None:
            raise self.exchange_fault
        self.letters.append(letter)

    def _tell(self, letter: Letter) -> None:
        if self.event_fault is not None:
            raise self.event_fault
        self.events_told.append(letter)

    def upload(self, content: bytes, name: str = "file.edi", party: str = "blue-anchor") -> str:
        """A partner's upload is complete; the transmission's id."""
        path = self.folder / "upload"
        path.write_bytes(content)
        arrival = Arrival(
            party=party,
            channel=f"{party}-mailbox",
            protocol="sftp",
            name=name,
            path=path,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            at=self.now,
            facts={"remote": "192.0.2.7"},
        )
        return receive_from_partner(self.gateway, arrival)

    def submit(self, content: bytes, flow: str, message_id: str = "order-1") -> Accepted:
        """The company's system hands in a document."""
        return receive_from_business(
            self.gateway, message_id=message_id, flow=flow, content=content, protocol="amqp", facts={}
        )

    def work(self) -> None:
        """Run every job that is ready now."""
        for _ in range(200):
            if not self.workers.run_one():
                return
        raise AssertionError("work never ends")

    def later(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> None:
        """Time passes, and the sweeper looks."""
        self.now += timedelta(days=days, hours=hours, minutes=minutes)
        sweep(self.gateway)

    def out(self, party: str = "blue-anchor") -> dict[str, bytes]:
        """What waits in a partner's mailbox, by name."""
        entries = self.gateway.database.read(lambda c: mailboxes.list(c, party, "out"))
        return {entry.name: self.gateway.content(entry.sha256) for entry in entries}

    def messages(self, query: str = "") -> list[MessageRow]:
        """The messages that a query finds, the oldest first."""
        found = self.gateway.database.read(lambda c: search.messages(c, query))
        return [hit.message for hit in reversed(found)]

    def cases(self) -> list[Case]:
        """What is left to people."""
        return list(self.gateway.database.read(cases.list))

    def story(self, message_id: str) -> MessageStory:
        """Everything about a message."""
        return self.gateway.database.read(lambda c: story.of(c, message_id))

    def events(self, subject: str) -> list[Event]:
        """The journal of one subject."""
        return self.gateway.database.read(lambda c: journal.of(c, subject))
