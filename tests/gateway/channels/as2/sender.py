"""Our gateway as it sends to ACME, over any poster."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files
from pathlib import Path

from sqlalchemy import text

from as2.headers import parse_block, write_block
from as2.mdn import MdnMessage
from as2.source import BytesSource
from gateway.channels.as2.keys import As2Keys
from gateway.channels.as2.posting import CannedPoster, Poster
from gateway.channels.as2.receipts import take_mdn
from gateway.channels.as2.sending import As2Sender
from gateway.channels.business import published_with
from gateway.channels.workplace import SpoolFolder
from gateway.config import open_home
from gateway.delivering import deliver_over
from gateway.inbound import read_transmission
from gateway.instance import Gateway
from gateway.ledger import attempts, cases, messages, receipts, search, transmissions
from gateway.ledger.cases import Case
from gateway.ledger.messages import MessageRow
from gateway.ledger.receipts import Receipt
from gateway.ledger.transmissions import Transmission
from gateway.outbound import build_message
from gateway.publishing import DELIVER
from gateway.receiving import BUILD, READ, receive_from_business
from gateway.sweeping import sweep
from gateway.working import Workers
from partners import As2Channel
from queues import Letter
from tests.as2.samples import AT
from tests.gateway.channels.as2.endpoint import store_key, write_home
from tests.gateway.channels.as2.partner import Partner

ORDER = (files("profiles") / "examples" / "demo" / "order.json").read_bytes()
EXPECTS = """every_flow: {channel: acme-as2}
    flows: [{id: order-out, expect: [{receipt: mdn, due: PT1H}]}]"""
NOWHERE = "http://127.0.0.1:9/as2"


def write_sender(folder: Path, *, channel: str = "", url: str = NOWHERE, **settings: str) -> None:
    """The folder of a gateway that sends to ACME at ``url`` and expects MDNs, with its key."""
    write_home(folder, channel=channel, settings=settings or None)
    profile = folder / "profiles" / "acme.yaml"
    text = profile.read_text().replace("every_flow: {channel: acme-as2}", EXPECTS)
    profile.write_text(text.replace(NOWHERE, url))
    store_key(folder)


class Sending:
    """Our gateway, which sends to ACME."""

    def __init__(self, folder: Path, poster: Poster | None = None) -> None:
        self.folder = folder
        self.now = AT
        self.partner = Partner()
        self.canned = CannedPoster(self.partner.answer)
        self.letters: list[Letter] = []
        self._poster = poster or self.canned
        self.open()

    def open(self) -> None:
        """Begin, or begin again after a crash."""
        self.gateway = Gateway.open(open_home(self.folder, {}), clock=lambda: self.now)
        home = self.gateway.home
        self.spool = SpoolFolder(home.as2_outgoing, reserve=0)
        sender = As2Sender(As2Keys(home.keys), self._poster, self.spool)
        stages = {
            READ: read_transmission,
            BUILD: build_message,
            DELIVER: deliver_over(published_with(self.letters.append), sender.carries),
        }
        self.workers = Workers(self.gateway, stages, 1)

    def close(self) -> None:
        """End."""
        self.spool.close()
        self.gateway.close()

    def order(self, number: int = 1) -> Transmission:
        """The company orders; the transmission to ACME, after everything that was ready was done."""
        self.place(number)
        return self.sent(number)

    def place(self, number: int) -> None:
        """The company orders, and everything that was ready is done."""
        receive_from_business(
            self.gateway, message_id=f"order-{number}", flow="acme/order-out", content=ORDER, protocol="amqp", facts={}
        )
        self.work()

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """What the ledger says."""
        return self.gateway.database.read(lambda c: [tuple(row) for row in c.execute(text(statement))])

    def work(self) -> None:
        """Do what is ready."""
        for _ in range(50):
            if not self.workers.run_one():
                return
        raise AssertionError("work never ends")

    def later(self, **passed: float) -> None:
        """Do what is ready after some time."""
        self.now += timedelta(**passed)
        sweep(self.gateway)
        self.work()

    def message(self, number: int = 1) -> MessageRow:
        """The message of an order; they were made one after the other."""
        hits = self.gateway.database.read(lambda c: search.messages(c, "", limit=1000))
        name = sorted(hit.message.id for hit in hits)[number - 1]
        return self.gateway.database.read(lambda c: messages.get(c, name))

    def sent(self, number: int = 1) -> Transmission:
        """The transmission of an order to ACME."""
        message = self.message(number)
        (found,) = self.gateway.database.read(lambda c: transmissions.carrying(c, message.id))
        return found

    def receipts(self) -> list[Receipt]:
        """What answers the first order."""
        message = self.message()
        return self.gateway.database.read(lambda c: receipts.answering_message(c, message.id, message.interchange))

    def cases(self) -> list[Case]:
        """What a person has to decide."""
        return list(self.gateway.database.read(cases.list))

    def attempts(self, number: int = 1) -> list[str]:
        """How the attempts to send an order ended."""
        sent = self.sent(number).id
        return [each.outcome for each in self.gateway.database.read(lambda c: attempts.of(c, [sent]))]

    @property
    def channel(self) -> As2Channel:
        """ACME's."""
        (found,) = self.gateway.profiles.current.channels.values()
        assert isinstance(found, As2Channel)
        return found

    def posted_mdn(self, message: MdnMessage) -> None:
        """An MDN comes to our endpoint."""
        headers = parse_block(write_block(message.headers))
        take_mdn(self.gateway, self.channel, headers, BytesSource(message.body), "192.0.2.9")
