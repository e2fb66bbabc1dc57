"""Messages of ours over AS2: built once, sent again unchanged, and settled by what the partner proves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from as2.headers import parse_block, write_block
from as2.mdn import MdnMessage
from as2.source import BytesSource
from gateway.channels.as2.keys import As2Keys
from gateway.channels.as2.posting import CannedPoster, Posting, Reply
from gateway.channels.as2.receipts import take_mdn
from gateway.channels.as2.sending import As2Sender
from gateway.channels.as2.spool import SpoolFolder
from gateway.config import open_home
from gateway.delivering import deliver_with
from gateway.inbound import read_transmission
from gateway.instance import Gateway
from gateway.ledger import as2_sent, attempts, cases, messages, receipts, search, transmissions
from gateway.ledger.cases import Case
from gateway.ledger.messages import MessageRow
from gateway.ledger.receipts import Receipt
from gateway.ledger.transmissions import Transmission
from gateway.operations import resend
from gateway.outbound import build_message
from gateway.publishing import DELIVER
from gateway.receiving import BUILD, READ, receive_from_business
from gateway.sweeping import sweep
from gateway.working import Workers
from partners import As2Channel
from queues import Letter
from tests.as2.samples import AT
from tests.gateway.channels.as2.conftest import ON_POSTGRESQL
from tests.gateway.channels.as2.endpoint import store_key, write_home
from tests.gateway.channels.as2.partner import Partner, mdn_for, right, says, status

ORDER = (files("profiles") / "examples" / "demo" / "order.json").read_bytes()
EXPECTS = """every_flow: {channel: acme-as2}
    flows: [{id: order-out, expect: [{receipt: mdn, due: PT1H}]}]"""


class Sending:
    """Our gateway, which sends to ACME."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = AT
        self.partner = Partner()
        self.letters: list[Letter] = []
        self.open()

    def open(self) -> None:
        """Begin, or begin again after a crash."""
        self.gateway = Gateway.open(open_home(self.folder, {}), clock=lambda: self.now)
        home = self.gateway.home
        self.poster = CannedPoster(self.partner.answer)
        self.spool = SpoolFolder(home.as2_outgoing, reserve=0)
        sender = As2Sender(As2Keys(home.keys), self.poster, self.spool)
        stages = {READ: read_transmission, BUILD: build_message, DELIVER: deliver_with(self.letters.append, sender)}
        self.workers = Workers(self.gateway, stages, 1)

    def close(self) -> None:
        self.spool.close()
        self.gateway.close()

    def order(self) -> Transmission:
        """The company orders; the transmission to ACME, after everything that was ready was done."""
        receive_from_business(
            self.gateway, message_id="order-1", flow="acme/order-out", content=ORDER, protocol="amqp", facts={}
        )
        self.work()
        return self.sent()

    def work(self) -> None:
        for _ in range(50):
            if not self.workers.run_one():
                return
        raise AssertionError("work never ends")

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)
        sweep(self.gateway)
        self.work()

    def message(self) -> MessageRow:
        (hit,) = self.gateway.database.read(lambda c: search.messages(c, ""))
        return self.gateway.database.read(lambda c: messages.get(c, hit.message.id))

    def sent(self) -> Transmission:
        message = self.message()
        (found,) = self.gateway.database.read(lambda c: transmissions.carrying(c, message.id))
        return found

    def receipts(self) -> list[Receipt]:
        message = self.message()
        return self.gateway.database.read(lambda c: receipts.answering_message(c, message.id, message.interchange))

    def cases(self) -> list[Case]:
        return list(self.gateway.database.read(cases.list))

    def attempts(self) -> list[str]:
        sent = self.sent().id
        return [each.outcome for each in self.gateway.database.read(lambda c: attempts.of(c, [sent]))]

    @property
    def channel(self) -> As2Channel:
        found = self.gateway.profiles.current.channels["acme-as2"]
        assert isinstance(found, As2Channel)
        return found

    def posted_mdn(self, message: MdnMessage) -> None:
        """An MDN comes to our endpoint."""
        us = self.gateway.profiles.current.parties["meridian"]
        headers = parse_block(write_block(message.headers))
        take_mdn(self.gateway, self.channel, us, headers, BytesSource(message.body), "192.0.2.9")


MakeSending = Callable[..., Sending]


@pytest.fixture
def make_sending(tmp_path: Path) -> Iterator[MakeSending]:
    made: list[Sending] = []

    def make(channel: str = "", expects: bool = True, **settings: str) -> Sending:
        folder = tmp_path / f"home{len(made)}"
        write_home(folder, channel=channel, settings=settings or None)
        profile = folder / "profiles" / "acme.yaml"
        if expects:
            profile.write_text(profile.read_text().replace("every_flow: {channel: acme-as2}", EXPECTS))
        store_key(folder)
        made.append(Sending(folder))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRESQL)])
def sending(request: pytest.FixtureRequest, make_sending: MakeSending) -> Sending:
    if request.param == "postgresql":
        return make_sending(database=request.getfixturevalue("postgresql_url"))
    return make_sending()


def test_an_order_arrives_and_its_receipt_is_met(sending: Sending) -> None:
    sent = sending.order()
    assert sent.delivery == "delivered"
    assert list(sending.partner.taken.values()) == [sending.gateway.content(sent.sha256)]
    (receipt,) = sending.receipts()
    assert (receipt.kind, receipt.direction, receipt.verdict) == ("mdn", "in", "accepted")
    assert (sending.message().delivery, sending.message().receipt) == ("delivered", "met")
    carrier = sending.gateway.database.read(lambda c: transmissions.get(c, receipt.transmission))
    assert carrier.facts["signature"] == "verified"
    assert carrier.facts["disposition"] == "processed"
    kept = sending.gateway.content(carrier.sha256)
    assert b"Content-Type: multipart/signed" in kept and kept.endswith(b"--\r\n")
    assert sending.cases() == []


def test_every_attempt_sends_the_same_bytes(sending: Sending) -> None:
    """RFC 4130, 5.5: the same content, Message-ID and Date; the partner takes the message once in effect."""
    sending.partner.script = [
        status(None, takes=True),
        status(503),
        status(200, body=b"<html>", content_type="text/html"),
    ]
    assert sending.order().delivery == "retry-wait"
    for _ in range(3):
        sending.later(hours=2)
    assert sending.sent().delivery == "delivered"
    assert len(sending.partner.requests) == 4
    assert len({(headers.raw_block, body) for headers, body in sending.partner.requests}) == 1
    assert len(sending.partner.taken) == 1
    assert sending.attempts() == ["failed", "failed", "failed", "delivered"]


def test_a_crash_after_building_sends_what_was_built(sending: Sending) -> None:
    def dies(partner: Partner, posting: Posting, body: bytes) -> Reply:
        partner.read(posting, body)
        raise KeyboardInterrupt

    sending.partner.script = [dies]
    with pytest.raises(KeyboardInterrupt):
        sending.order()
    assert sending.sent().delivery == "sending"
    sending.close()
    sending.open()
    sending.later(minutes=5)
    assert sending.sent().delivery == "delivered"
    assert len({(headers.raw_block, body) for headers, body in sending.partner.requests}) == 1
    assert len(sending.partner.taken) == 1


@pytest.mark.parametrize(
    ("answer", "delivery", "case"),
    [
        (says(mic=bytes(32)), "doubtful", "as2-mic-mismatch"),
        (says(states_mic=False), "doubtful", "as2-mic-missing"),
        (says(key="rsa-renewed"), "doubtful", "as2-mdn-unverifiable"),
        (says(code="decryption-failed"), "refused", "as2-mdn-negative"),
        (says(code="decryption-failed", key=None), "doubtful", "as2-mdn-negative"),
        (status(302, location="https://elsewhere.example/"), "parked", "as2-parked"),
        (status(404), "parked", "as2-parked"),
    ],
)
def test_what_is_no_proof_is_no_success(
    make_sending: MakeSending, answer: Callable[[Partner, Posting, bytes], Reply], delivery: str, case: str
) -> None:
    sending = make_sending()
    sending.partner.script = [answer]
    assert sending.order().delivery == delivery
    assert [each.cause for each in sending.cases()] == [case]
    assert len(sending.partner.requests) == 1
    assert sending.message().receipt != "met"
    sending.later(hours=5)
    assert len(sending.partner.requests) == 1, "nobody decided that it is sent again"


def test_what_was_refused_can_be_sent_again(sending: Sending) -> None:
    sending.partner.script = [says(code="authentication-failed")]
    assert sending.order().delivery == "refused"
    assert sending.message().receipt == "rejected"
    resend(sending.gateway, sending.message().id, actor="eva", reason="they have our new certificate now")
    sending.work()
    assert sending.sent().delivery == "delivered"
    first, second = sending.partner.requests
    assert first == second, "the same bytes under the same id"
    assert sending.message().receipt == "met"


def test_a_product_that_never_forgets_an_id_gets_a_new_one(make_sending: MakeSending) -> None:
    """mendelson: after its own word that it did not take the message, and never otherwise."""
    sending = make_sending(channel="product: mendelson")
    sending.partner.script = [status(None), says(code="decryption-failed")]
    sending.order()
    sending.later(hours=2)
    assert sending.sent().delivery == "refused"
    resend(sending.gateway, sending.message().id, actor="eva", reason="their key is there now")
    sending.work()
    assert sending.sent().delivery == "delivered"
    ids = [headers.get("Message-ID") for headers, _ in sending.partner.requests]
    assert ids[0] == ids[1] != ids[2]
    assert len({id(each) for each in sending.partner.taken.values()}) == 2


def test_chunks_that_are_not_taken_are_left_out_at_once(make_sending: MakeSending) -> None:
    sending = make_sending(channel="http: {chunked: always}")
    sending.partner.script = [status(411)]
    assert sending.order().delivery == "delivered"
    assert [posting.chunked for posting, _ in sending.poster.posted] == [True, False]
    assert sending.attempts() == ["failed", "delivered"]


def test_a_busy_partner_is_given_the_time_it_asks_for(sending: Sending) -> None:
    sending.partner.script = [status(503, retry_after="7200")]
    sending.order()
    sending.later(minutes=119)
    assert len(sending.partner.requests) == 1
    sending.later(minutes=2)
    assert sending.sent().delivery == "delivered"


# Receipts on their own way

ASYNC = {
    "channel": "mdn: {mode: async, patience: PT30M}",
    "as2": "{enabled: yes, port: 0, url: 'http://us.example/as2'}",
}


def test_a_receipt_that_comes_later_ends_the_waiting(make_sending: MakeSending) -> None:
    sending = make_sending(**ASYNC)
    sending.partner.script = [status(204, takes=True)]
    assert sending.order().delivery == "sent"
    assert sending.message().receipt == "waiting"
    headers, body = sending.partner.requests[0]
    assert headers.get("Receipt-Delivery-Option") == "http://us.example/as2"
    posting = sending.poster.posted[0][0]
    mdn = mdn_for(posting, sending.partner.read(posting, body))
    sending.posted_mdn(mdn)
    sending.posted_mdn(mdn)
    assert sending.sent().delivery == "delivered"
    assert sending.message().receipt == "met"
    assert len(sending.receipts()) == 2, "every receipt is kept, and the second changes nothing"
    sending.later(hours=1)
    assert len(sending.partner.requests) == 1, "the job that waited finds it done"
    assert sending.cases() == []


def test_without_a_receipt_the_same_bytes_go_out_again(make_sending: MakeSending) -> None:
    sending = make_sending(**ASYNC)
    sending.partner.script = [status(202, takes=True), status(202, takes=True)]
    sending.order()
    sending.later(minutes=29)
    assert len(sending.partner.requests) == 1
    sending.later(minutes=2)
    assert len(sending.partner.requests) == 2
    assert sending.partner.requests[0] == sending.partner.requests[1]
    assert sending.sent().delivery == "sent"


def test_a_receipt_may_overtake_our_own_note_of_the_sending(make_sending: MakeSending) -> None:
    sending = make_sending(**ASYNC)

    def hasty(partner: Partner, posting: Posting, body: bytes) -> Reply:
        sending.posted_mdn(mdn_for(posting, partner.read(posting, body)))
        return Reply(status=204)

    sending.partner.script = [hasty]
    assert sending.order().delivery == "delivered"
    assert sending.message().receipt == "met"


def test_a_late_receipt_revives_what_was_parked(make_sending: MakeSending) -> None:
    sending = make_sending(**ASYNC)
    sending.partner.script = [status(404)]
    assert sending.order().delivery == "parked"
    posting, body = sending.poster.posted[0]
    sending.posted_mdn(mdn_for(posting, sending.partner.read(posting, body)))
    assert sending.sent().delivery == "delivered"


@pytest.mark.parametrize(
    "settings", [{"key": None}, {"key": "rsa-renewed"}, {"key": "rsa-renewed", "code": "decryption-failed"}]
)
def test_what_anybody_could_have_posted_stops_nothing(
    make_sending: MakeSending, settings: dict[str, str | None]
) -> None:
    """Whoever knows a Message-ID may post an MDN for it: kept, shown to a person, and of no effect."""
    sending = make_sending(**ASYNC)
    sending.partner.script = [status(204, takes=True)]
    sending.order()
    posting, body = sending.poster.posted[0]
    sending.posted_mdn(mdn_for(posting, sending.partner.read(posting, body), **settings))  # type: ignore[arg-type]
    assert sending.sent().delivery == "sent"
    assert len(sending.cases()) == 1
    assert sending.message().receipt == "waiting"
    sending.later(minutes=31)
    assert sending.sent().delivery == "delivered"


def test_a_receipt_for_nothing_of_ours_is_a_case(make_sending: MakeSending) -> None:
    sending = make_sending(**ASYNC)
    sending.partner.script = [status(204, takes=True)]
    sending.order()
    posting, body = sending.poster.posted[0]
    read = sending.partner.read(posting, body)
    sending.posted_mdn(mdn_for(posting, read, of="<other@us.example>"))
    assert [each.cause for each in sending.cases()] == ["receipt-unmatched"]
    assert sending.sent().delivery == "sent"


# What keeps us from sending


def test_a_missing_key_is_a_case_that_says_so(make_sending: MakeSending) -> None:
    sending = make_sending()
    for file in (sending.gateway.home.keys / "as2").iterdir():
        file.unlink()
    assert sending.order().delivery == "parked"
    (case,) = sending.cases()
    assert case.cause == "as2-not-sendable"
    assert "sallyport keys" in case.text
    store_key(sending.folder)
    resend(sending.gateway, sending.message().id, actor="eva", reason="the key is there")
    sending.work()
    assert sending.sent().delivery == "delivered"


def test_a_password_is_read_from_its_file(make_sending: MakeSending) -> None:
    sending = make_sending(channel="http: {user: us, secret: acme}")
    assert sending.order().delivery == "parked"
    assert "secret `acme`" in sending.cases()[0].text
    secret = sending.gateway.home.secrets / "acme"
    secret.parent.mkdir(parents=True)
    secret.write_text("s3cret\n")
    secret.chmod(0o600)
    resend(sending.gateway, sending.message().id, actor="eva", reason="the password is there")
    sending.work()
    assert sending.sent().delivery == "delivered"
    assert (sending.poster.posted[-1][0].user, sending.poster.posted[-1][0].password) == ("us", "s3cret")


def test_what_was_sent_is_in_the_ledger_before_it_is_sent(sending: Sending) -> None:
    seen: list[str] = []

    def looks(partner: Partner, posting: Posting, body: bytes) -> Reply:
        row = sending.gateway.database.read(lambda c: as2_sent.latest(c, sending.sent().id))
        assert row is not None
        seen.append(row.message_id)
        assert sending.gateway.content(row.body_sha256) == body
        return right(partner, posting, body)

    sending.partner.script = [looks]
    sending.order()
    assert seen
