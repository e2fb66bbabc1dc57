"""MDNs that answer nothing we know yet: kept, matched by themselves later, a case meanwhile, and no flood of them."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import Connection, text
from typer.testing import CliRunner

from as2.headers import parse_block, write_block
from as2.mdn import MdnMessage
from gateway.channels.as2 import settling, waiting
from gateway.channels.as2.matching import TooMany
from gateway.cli.receipts import app
from gateway.ledger import as2_sent, as2_waiting, cases, journal, receipts, transmissions
from gateway.ledger.as2_sent import SentRow
from gateway.ledger.as2_waiting import WaitingMdn
from tests.gateway.channels.as2.conftest import MakeSending
from tests.gateway.channels.as2.partner import mdn_for, status
from tests.gateway.channels.as2.sender import Sending

ASYNC = "mdn: {mode: async, patience: PT6H}"
AS2 = "{enabled: yes, port: 0, url: http://us.example/as2}"


def sent(sending: Sending) -> None:
    sending.partner.script = [status(204, takes=True)]
    assert sending.order().delivery == "sent"


def mdn(sending: Sending, **settings: object) -> MdnMessage:
    posting, body = sending.canned.posted[0]
    return mdn_for(posting, sending.partner.read(posting, body), **settings)  # type: ignore[arg-type]


def lost(sending: Sending) -> SentRow:
    """The ledger was restored to a moment before the sending."""

    def take(connection: Connection) -> SentRow:
        row = as2_sent.latest(connection, sending.sent().id)
        assert row is not None
        connection.execute(text("DELETE FROM as2_sent"))
        return row

    return sending.gateway.database.write(take)


def waits(sending: Sending) -> list[WaitingMdn]:
    return list(sending.gateway.database.read(as2_waiting.list))


@pytest.fixture
def other(make_sending: MakeSending) -> Sending:
    made = make_sending(channel=ASYNC, as2=AS2)
    sent(made)
    return made


def test_it_is_matched_when_its_message_is_there(other: Sending) -> None:
    row = lost(other)
    other.posted_mdn(mdn(other))
    (one,) = waits(other)
    assert (one.message_id, one.proven, one.said, one.party) == (row.message_id, True, "processed", "acme")
    carrier = other.gateway.database.read(lambda c: transmissions.get(c, one.transmission))
    assert other.gateway.content(carrier.sha256).endswith(b"--\r\n"), "the bytes are durable"
    other.later(minutes=5)
    assert (other.sent().delivery, other.cases()) == ("sent", [])
    other.gateway.database.write(lambda c: as2_sent.record(c, row))
    other.later(minutes=5)
    assert other.sent().delivery == "delivered"
    assert other.message().receipt == "met"
    assert waits(other) == []
    (receipt,) = other.receipts()
    assert receipt.transmission == one.transmission, "it came once"
    facts = other.gateway.database.read(lambda c: transmissions.get(c, one.transmission)).facts
    assert (facts["signature"], facts["mic_verdict"], facts["remote"]) == ("verified", "match", "192.0.2.9")
    other.later(hours=7)
    assert len(other.partner.requests) == 1
    assert other.cases() == []


def test_after_an_hour_it_is_a_case_which_closes_itself(other: Sending) -> None:
    row = lost(other)
    other.posted_mdn(mdn(other))
    (one,) = waits(other)
    other.later(minutes=59)
    assert other.cases() == []
    other.later(minutes=2)
    (case,) = other.cases()
    assert (case.cause, case.subject) == ("receipt-unmatched", one.transmission)
    assert row.message_id in case.text and "The partner signed it." in case.text
    other.later(minutes=30)
    assert len(other.cases()) == 1
    other.gateway.database.write(lambda c: as2_sent.record(c, row))
    other.later(minutes=1)
    assert other.sent().delivery == "delivered"
    assert other.cases() == []
    closed = other.gateway.database.read(lambda c: cases.get(c, case.id))
    assert (closed.state, closed.reason) == (
        "closed",
        f"its message {row.message_id} is in the ledger now: transmission {other.sent().id}",
    )


def test_what_a_person_closed_is_matched_still(other: Sending) -> None:
    row = lost(other)
    other.posted_mdn(mdn(other))
    other.later(hours=2)
    (case,) = other.cases()
    other.gateway.database.write(lambda c: cases.close(c, case.id, "seen", "ann", other.now))
    other.later(hours=1)
    assert other.cases() == [], "nobody is told twice"
    other.gateway.database.write(lambda c: as2_sent.record(c, row))
    other.later(minutes=1)
    assert other.sent().delivery == "delivered"


def test_what_nobody_signed_waits_and_changes_nothing_then_either(other: Sending) -> None:
    row = lost(other)
    other.posted_mdn(mdn(other, key=None))
    assert [each.proven for each in waits(other)] == [False]
    other.gateway.database.write(lambda c: as2_sent.record(c, row))
    other.later(minutes=1)
    assert waits(other) == []
    assert other.sent().delivery == "sent"
    (case,) = other.cases()
    assert case.subject == other.sent().id and "changed nothing" in case.text


def test_an_operator_sees_it(other: Sending) -> None:
    other.posted_mdn(mdn(other, of="<unheard-of@us.example>"))
    (one,) = waits(other)
    shown = CliRunner().invoke(app, ["unmatched", "--home", str(other.folder)], env={"COLUMNS": "100"})
    assert shown.exit_code == 0, shown.output
    for part in ("acme", "processed", "by the partner", "unheard-of@us.example", one.transmission):
        assert part in shown.output
    told = msgspec.json.decode(CliRunner().invoke(app, ["unmatched", "--json", "--home", str(other.folder)]).output)
    assert [(each["message_id"], each["proven"]) for each in told] == [("unheard-of@us.example", True)]


def test_after_a_month_it_is_a_receipt_that_answers_nothing(other: Sending) -> None:
    other.posted_mdn(mdn(other, of="<unheard-of@us.example>"))
    (one,) = waits(other)
    other.later(days=29)
    assert len(waits(other)) == 1
    other.later(days=2)
    assert waits(other) == []
    (receipt,) = other.gateway.database.read(receipts.unmatched)
    assert (receipt.transmission, receipt.text) == (one.transmission, "processed")
    kinds = [each.kind for each in other.gateway.database.read(lambda c: journal.of(c, one.transmission))]
    assert kinds == ["receipt-unmatched"]
    assert "receipt-unmatched" in [each.cause for each in other.cases()], "the case is a person's still"


def test_one_that_names_nothing_waits_for_a_person(other: Sending) -> None:
    broken = mdn(other)
    other.posted_mdn(MdnMessage(headers=broken.headers, body=broken.body.replace(b"Disposition:", b"Position:")))
    (one,) = waits(other)
    assert one.message_id == "" and one.said.startswith("cannot be read")
    other.later(hours=1)
    assert "unnamed" in other.cases()[0].text


def test_a_channel_that_comes_back_gets_its_receipts(other: Sending) -> None:
    profile = other.folder / "profiles" / "acme.yaml"
    text_of = profile.read_text()
    channel, receipt = other.channel, mdn(other)
    as_stranger = text_of.replace("acme", "else").replace("value: ACME", "value: ELSE").replace("name: ACME", "name: E")
    profile.write_text(as_stranger)
    other.gateway.profiles.refresh()
    assert "acme-as2" not in other.gateway.profiles.current.channels
    headers = parse_block(write_block(receipt.headers))
    understood = settling.understand(headers, receipt.body, channel, other.now)
    waiting.keep_waiting(other.gateway, channel, headers, receipt.body, understood, "192.0.2.9")
    other.later(minutes=1)
    assert len(waits(other)) == 1
    profile.write_text(text_of)
    other.gateway.profiles.refresh()
    other.later(minutes=1)
    assert (other.sent().delivery, waits(other)) == ("delivered", [])


def test_a_flood_has_an_end_and_forgers_do_not_use_up_the_partners_room(
    other: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "PROVEN_WAIT", 3)
    monkeypatch.setattr(waiting, "UNPROVEN_WAIT", 2)

    def many(key: str | None) -> int:
        taken = 0
        for number in range(5):
            try:
                other.posted_mdn(mdn(other, key=key, of=f"<{number}@us.example>"))
                taken += 1
            except TooMany:
                continue
        return taken

    before = other.gateway.database.read(lambda c: c.execute(text("SELECT count(*) FROM object")).scalar_one())
    assert many(None) == 2
    assert many("rsa-renewed") == 0
    assert many("rsa") == 3
    after = other.gateway.database.read(lambda c: c.execute(text("SELECT count(*) FROM object")).scalar_one())
    assert after - before == 5, "nothing is kept of the others"
    # There is room again when those that wait have ended.
    other.now += timedelta(days=31)
    waiting.look_again(other.gateway)
    assert many("rsa") == 3


def test_a_large_one_does_not_wait(other: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LARGEST", 1000)
    with pytest.raises(TooMany, match="bytes answers nothing"):
        other.posted_mdn(mdn(other, of="<unheard-of@us.example>"))
    assert waits(other) == []


def test_on_either_database(sending: Sending) -> None:
    assert sending.order().delivery == "delivered"
    row = lost(sending)
    sending.posted_mdn(mdn(sending))
    sending.later(hours=2)
    assert len(sending.cases()) == 1
    sending.gateway.database.write(lambda c: as2_sent.record(c, row))
    sending.later(minutes=1)
    assert (waits(sending), sending.cases()) == ([], [])
    assert len(sending.receipts()) == 2
