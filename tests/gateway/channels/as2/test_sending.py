"""Messages of ours over AS2: built once, sent again unchanged, and settled by what the partner proves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

import pytest

from as2.mdn import MdnMessage
from gateway.channels.as2 import sending as gateway_sending
from gateway.channels.as2.addressing import posting_to
from gateway.channels.as2.posting import Posting, Reply
from gateway.ledger import as2_sent, transmissions
from gateway.operations import resend
from queues.gates import FAILURES
from tests.gateway.channels.as2.conftest import MakeSending
from tests.gateway.channels.as2.endpoint import store_key
from tests.gateway.channels.as2.partner import Partner, mdn_for, right, says, status
from tests.gateway.channels.as2.sender import Sending


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
    assert len({each for each in sending.partner.taken}) == 2


def test_chunks_that_are_not_taken_are_left_out_at_once(make_sending: MakeSending) -> None:
    sending = make_sending(channel="http: {chunked: always}")
    sending.partner.script = [status(411)]
    assert sending.order().delivery == "delivered"
    assert [posting.chunked for posting, _ in sending.canned.posted] == [True, False]
    assert sending.attempts() == ["failed", "delivered"]


def test_a_busy_partner_is_given_the_time_it_asks_for(sending: Sending) -> None:
    sending.partner.script = [status(503, retry_after="7200")]
    sending.order()
    sending.later(minutes=119)
    assert len(sending.partner.requests) == 1
    sending.later(minutes=2)
    assert sending.sent().delivery == "delivered"


def test_no_room_to_build_is_waited_for(make_sending: MakeSending, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full for a while is no fault of ours, and no message's end."""
    sending = make_sending(channel="compress: before-signing")
    monkeypatch.setattr("gateway.channels.workplace.IN_MEMORY", 10)
    monkeypatch.setattr(sending.spool, "reserve", 1 << 62)
    assert sending.order().delivery == "queued"
    for _ in range(5):
        sending.later(hours=2)
    assert sending.cases() == []
    monkeypatch.setattr(sending.spool, "reserve", 0)
    sending.later(hours=2)
    assert sending.sent().delivery == "delivered"


def test_each_of_our_parties_shows_its_own_certificate(make_sending: MakeSending) -> None:
    """Two parties of ours may trade with one partner; HTTPS shows who sends."""
    sending = make_sending()
    profiles = sending.folder / "profiles"
    (profiles / "another.yaml").write_text(
        "party:\n  id: a-first\n  name: Another\n"
        "  identities: [{scheme: as2, value: OTHER}, {scheme: unb, qualifier: ZZ, value: OTHER}]\n"
        "  certificates: [{file: keys/rsa.pem, use: [tls-client]}]\n"
        "agreements:\n  - {id: a-first, extends: [edifact-d96a-3pl], us: a-first, party: acme, status: live,"
        " every_flow: {channel: acme-as2}}\n"
    )
    store_key(sending.folder, "rsa")
    sending.gateway.profiles.refresh()
    assert sending.order().delivery == "delivered"
    assert sending.canned.posted[0][0].identity is None, "the certificate of the other party is not ours to show"


# Receipts on their own way


class Settings(TypedDict):
    """What ``make_sending`` takes."""

    channel: str
    as2: str


ASYNC: Settings = {
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
    posting = sending.canned.posted[0][0]
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
    posting, body = sending.canned.posted[0]
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
    posting, body = sending.canned.posted[0]
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
    posting, body = sending.canned.posted[0]
    read = sending.partner.read(posting, body)
    sending.posted_mdn(mdn_for(posting, read, of="<other@us.example>"))
    assert sending.cases() == [], "it may be early"
    sending.later(hours=2)
    assert [each.cause for each in sending.cases()] == ["receipt-unmatched"]


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
    assert (sending.canned.posted[-1][0].user, sending.canned.posted[-1][0].password) == ("us", "s3cret")


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


# What a repetition is answered

KNOWN = says(code="unexpected-processing-error", text="The Message-ID was already processed, use a new one")
"""What mendelson answers to an id that it has seen."""


def test_a_repetition_that_is_said_to_be_known_is_no_refusal(sending: Sending) -> None:
    sending.partner.script = [status(None, takes=True), KNOWN]
    sending.order()
    sending.later(hours=2)
    assert sending.sent().delivery == "doubtful"
    assert [each.cause for each in sending.cases()] == ["as2-mdn-already-processed"]


def test_at_the_first_attempt_it_is_one(make_sending: MakeSending) -> None:
    sending = make_sending()
    sending.partner.script = [KNOWN]
    assert sending.order().delivery == "refused"


def test_an_attempt_that_a_crash_ended_counts(sending: Sending) -> None:
    """Nothing was noted of it but that it began, and the partner may well have the message."""

    def dies(partner: Partner, posting: Posting, body: bytes) -> Reply:
        partner.read(posting, body)
        raise KeyboardInterrupt

    sending.partner.script = [dies, KNOWN]
    with pytest.raises(KeyboardInterrupt):
        sending.order()
    sending.close()
    sending.open()
    sending.later(minutes=5)
    assert sending.sent().delivery == "doubtful"


def test_a_receipt_that_comes_later_may_say_so_too(make_sending: MakeSending) -> None:
    sending = make_sending(**ASYNC)
    sending.partner.script = [status(204, takes=True), status(204, takes=True)]
    sending.order()
    sending.later(minutes=31)
    sending.posted_mdn(answer_to(sending, code="unexpected-processing-error", text="duplicate message"))
    assert sending.sent().delivery == "doubtful"


def answer_to(sending: Sending, **settings: object) -> MdnMessage:
    """ACME's MDN for the first message that went out."""
    posting, body = sending.canned.posted[0]
    return mdn_for(posting, sending.partner.read(posting, body), **settings)  # type: ignore[arg-type]


# Receipts that say one thing and another


def test_a_refusal_after_a_receipt_is_shown(make_sending: MakeSending) -> None:
    sending = make_sending(**ASYNC)
    sending.partner.script = [status(204, takes=True)]
    sending.order()
    sending.posted_mdn(answer_to(sending))
    sending.posted_mdn(answer_to(sending, code="decryption-failed"))
    assert sending.sent().delivery == "delivered"
    assert [each.cause for each in sending.cases()] == ["as2-mdn-contradicts"]
    assert [each.verdict for each in sending.receipts()] == ["accepted", "rejected"]


def test_a_receipt_after_a_refusal_is_shown(make_sending: MakeSending) -> None:
    sending = make_sending()
    sending.partner.script = [says(code="decryption-failed")]
    sending.order()
    sending.posted_mdn(answer_to(sending))
    assert sending.sent().delivery == "refused", "a person has to ask"
    assert {each.cause for each in sending.cases()} == {"as2-mdn-negative", "as2-mdn-contradicts"}


def test_who_has_it_sent_again_ends_the_older_waiting(make_sending: MakeSending) -> None:
    """Else both jobs would send it, each in its time."""
    sending = make_sending(**ASYNC)
    sending.partner.script = [status(204, takes=True), status(204), status(204)]
    sending.order()
    sending.later(minutes=20)
    sending.posted_mdn(answer_to(sending, states_mic=False))
    assert sending.sent().delivery == "doubtful"
    resend(sending.gateway, sending.message().id, actor="eva", reason="they cannot find it")
    sending.work()
    assert (sending.sent().delivery, len(sending.partner.requests)) == ("sent", 2)
    sending.later(minutes=15)
    assert len(sending.partner.requests) == 2
    sending.later(minutes=16)
    assert len(sending.partner.requests) == 3


def test_a_refusal_that_comes_later_leads_to_a_new_id_as_well(make_sending: MakeSending) -> None:
    sending = make_sending(channel=f"{ASYNC['channel']}\nretry_id: new-when-undelivered", as2=ASYNC["as2"])
    sending.partner.script = [status(204, takes=True), status(204)]
    sending.order()
    sending.posted_mdn(answer_to(sending, code="decryption-failed"))
    assert sending.sent().delivery == "refused"
    resend(sending.gateway, sending.message().id, actor="eva", reason="their key is there now")
    sending.work()
    sending.later(hours=1)
    first, second, third = [headers.get("Message-ID") for headers, _ in sending.partner.requests]
    assert first != second == third
    told = sending.gateway.database.read(lambda c: as2_sent.ids(c, [sending.sent().id]))
    assert [f"<{each.message_id}>" for each in told] == [first, second]


def test_a_receipt_in_the_answer_to_another_message_counts_for_its_own(sending: Sending) -> None:
    """It proves what it says about the first one, and nothing about the second."""
    sending.partner.script = [status(None, takes=True)]
    assert sending.order(1).delivery == "retry-wait"

    def confuses(partner: Partner, posting: Posting, body: bytes) -> Reply:
        first, content = sending.canned.posted[0]
        return right(partner, first, content)

    sending.partner.script = [confuses]
    assert sending.order(2).delivery == "retry-wait"
    assert sending.sent(1).delivery == "delivered"
    (receipt,) = sending.receipts()
    assert receipt.answers_message == sending.message(1).id
    sending.later(hours=2)
    assert sending.sent(2).delivery == "delivered"
    assert len(sending.partner.requests) == 3, "the first is not sent again"


def test_a_receipt_for_nothing_in_an_answer_is_kept_with_the_message(make_sending: MakeSending) -> None:
    sending = make_sending()
    sending.partner.script = [says(of="<unheard-of@us.example>")]
    assert sending.order().delivery == "retry-wait"
    (receipt,) = sending.receipts()
    assert (receipt.verdict, receipt.codes) == ("received", ["mdn-of-another-message"])
    assert sending.message().receipt == "waiting"


def test_a_receipt_that_is_faster_than_the_next_attempt(sending: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job was claimed, and then the receipt came: nothing is sent any more."""
    sending.partner.script = [status(None, takes=True)]
    sending.order()

    def slowly(*args: object, **kwargs: object) -> Posting:
        sending.posted_mdn(answer_to(sending))
        return posting_to(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(gateway_sending, "posting_to", slowly)
    sending.later(hours=2)
    assert sending.sent().delivery == "delivered"
    assert len(sending.partner.requests) == 1
    assert sending.cases() == []


def test_a_channel_may_get_another_name_meanwhile(make_sending: MakeSending) -> None:
    """A receipt is matched by who sent what to whom."""
    sending = make_sending(**ASYNC)
    sending.partner.script = [status(204, takes=True)]
    sending.order()
    profile = sending.folder / "profiles" / "acme.yaml"
    profile.write_text(profile.read_text().replace("acme-as2", "acme-new"))
    sending.close()
    sending.open()
    assert sending.channel.id == "acme-new"
    sending.posted_mdn(answer_to(sending))
    assert sending.sent().delivery == "delivered"
    assert sending.cases() == []


def test_what_showed_how_a_receipt_was_judged_is_kept(make_sending: MakeSending) -> None:
    sending = make_sending()
    sending.partner.script = [says(mic=bytes(32))]
    sending.order()
    (receipt,) = sending.receipts()
    facts = sending.gateway.database.read(lambda c: transmissions.get(c, receipt.transmission)).facts
    assert facts["mic_verdict"] == "mismatch"
    assert facts["mic"].startswith("AAAA")
    assert len(facts["signed_by"]) == 64


def test_what_we_can_do_is_announced_with_every_message(make_sending: MakeSending) -> None:
    for channel, announced in (("", "multiple-attachments, AS2-Reliability"), ("announce_features: no", None)):
        sending = make_sending(channel=channel)
        sending.order()
        headers, _ = sending.partner.requests[0]
        assert headers.get("EDIINT-Features") == announced


def test_an_answer_is_waited_for_as_long_as_a_receipt_takes(make_sending: MakeSending) -> None:
    for mode, seconds in (("sync", 600.0), ("async", 30.0)):
        sending = make_sending(
            channel=f"mdn: {{mode: {mode}, patience: PT10M}}\nhttp: {{timeout: PT30S}}", as2=ASYNC["as2"]
        )
        sending.order()
        assert sending.canned.posted[0][0].answer_within == seconds


def test_a_partner_that_is_away_breaks_its_gate_and_any_answer_mends_it(sending: Sending) -> None:
    sending.partner.script = [status(None)] * FAILURES + [status(500)]
    sending.order()
    while len(sending.partner.script) > 1:
        sending.later(hours=2)
    (case,) = sending.cases()
    assert (case.cause, case.subject, case.party) == ("channel-unreachable", "acme-as2", "acme")
    assert "connection reset" in case.text
    sending.later(hours=2)
    assert not sending.partner.script and sending.cases() == [], "a bad answer is one: somebody is there"
    sending.later(hours=2)
    assert sending.sent().delivery == "delivered"
