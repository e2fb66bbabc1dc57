"""A message that came: what is durable, what its sender is told, and what a second one of the same name comes to."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import Connection

from as2.building import Built, Encrypting, Payload
from as2.mic import Packaging
from as2.source import BytesSource
from gateway.channels.as2.reception import REFUSALS
from gateway.exchange import DeliveryEvent
from gateway.ledger import deliveries
from tests.as2.keys import certificate_of, key_pem, openssl_cms, pem
from tests.as2.samples import DOCUMENT, STACKS, signing, stack_name
from tests.gateway.channels.as2.conftest import MakeEndpoint
from tests.gateway.channels.as2.endpoint import MINUTE, Endpoint, asking, message

OTHER = b"UNA:+.? '\r\nUNB+UNOC:3+ACME+US+261201:1031+43'\r\nUNZ+0+43'\r\n"
PLAIN = Packaging(signed=False, encrypted=False)
ANYTHING = "receive: {signed: no, encrypted: no}"


def by_a_stranger(content: bytes = DOCUMENT, *, id: str | None = None) -> Built:
    """A message that is signed with a key that nobody named."""
    return message(content, id=id, how=signing(key="rsa-4096"))


def test_a_message_is_durable_before_it_is_answered(endpoint: Endpoint) -> None:
    sent = message(id="<a@acme.example>")
    reply = endpoint.post(sent)
    assert reply.status == 200
    assert reply.mdn.signature.state == "verified"
    assert reply.mdn.disposition.verdict == "processed"
    assert reply.mdn.original_message_id == "<a@acme.example>"
    assert (reply.mdn.as2_from, reply.mdn.as2_to) == ("Us & Co", "ACME")
    assert reply.mic(sent).outcome == "match"
    row = endpoint.accepted("a@acme.example")
    assert row is not None and row.transmission is not None and row.body_sha256 and row.mdn_sha256
    assert endpoint.gateway.content(row.body_sha256) == b"".join(sent.body.chunks())
    assert endpoint.gateway.content(row.mdn_sha256) == reply.body
    assert endpoint.gateway.content(hashlib.sha256(DOCUMENT).hexdigest()) == DOCUMENT
    assert endpoint.events(row.transmission) == ["transmission-received", "receipt-issued"]
    assert endpoint.orders() == 1
    assert row.facts["signed_by"] == certificate_of("rsa").sha256
    assert row.facts["encryption"] == "aes256-cbc rsa-pkcs1 enveloped"
    assert ("as2-from", "ACME") in [tuple(each) for each in row.headers]
    assert endpoint.rows("SELECT kind, direction, verdict, party FROM receipt") == [("mdn", "out", "accepted", "acme")]
    mdn = endpoint.rows("SELECT answers, delivery, protocol FROM transmission WHERE id = :id", id=row.mdn_transmission)
    assert mdn == [(row.transmission, None, "as2-mdn")]


@pytest.mark.parametrize("stack", STACKS, ids=stack_name)
def test_every_packaging(make_endpoint: MakeEndpoint, stack: Packaging) -> None:
    endpoint = make_endpoint(channel=ANYTHING)
    sent = message(stack=stack)
    reply = endpoint.post(sent)
    assert reply.mdn.disposition.verdict == "processed"
    assert reply.mic(sent).outcome == "match"
    assert endpoint.gateway.content(hashlib.sha256(DOCUMENT).hexdigest()) == DOCUMENT


def test_a_message_that_openssl_made(endpoint: Endpoint) -> None:
    """Nothing of ours made it: S/MIME of openssl, in an envelope of openssl."""
    entity = b"Content-Type: application/EDIFACT\r\n\r\n" + DOCUMENT
    signed = openssl_cms(
        "-sign", "-binary", "-md", "sha256", "-signer", pem("rsa"), "-inkey", key_pem("rsa"), stdin=entity
    )
    # openssl puts a sentence for people before the first part, as nobody does over HTTP.
    signed = signed.replace(b"This is an S/MIME signed message\n", b"")
    sealed = openssl_cms("-encrypt", "-binary", "-aes-128-cbc", "-outform", "DER", pem("rsa-other"), stdin=signed)
    headers = [
        ("AS2-From", "ACME"),
        ("AS2-To", '"Us & Co"'),
        ("Message-ID", "<openssl@acme.example>"),
        ("Content-Type", "application/pkcs7-mime; smime-type=enveloped-data"),
        *asking(),
    ]
    reply = endpoint.post_raw(headers, sealed)
    assert reply.mdn.disposition.verdict == "processed"
    assert reply.mdn.mic is not None
    digests = {hashlib.sha256(each).digest() for each in (entity, entity.rstrip(b"\r\n"))}
    assert reply.mdn.mic.digest in digests
    assert endpoint.orders() == 1


def test_openssl_verifies_our_receipt(endpoint: Endpoint) -> None:
    reply = endpoint.post(message())
    media = (reply.headers.get("Content-Type") or "").encode()
    whole = b"MIME-Version: 1.0\r\nContent-Type: " + media + b"\r\n\r\n" + reply.body
    report = openssl_cms("-verify", "-CAfile", pem("rsa-other"), "-purpose", "any", stdin=whole)
    assert b"Disposition: automatic-action/MDN-sent-automatically; processed\r\n" in report


def test_several_attachments_are_taken_together(endpoint: Endpoint) -> None:
    parts = [
        Payload(content=BytesSource(DOCUMENT), media_type="application/EDIFACT", filename="order.edi"),
        Payload(content=BytesSource(OTHER), media_type="application/EDIFACT", filename="other.edi"),
        Payload(content=BytesSource(b"%PDF-1.7"), media_type="application/pdf", filename="drawing.pdf"),
    ]
    reply = endpoint.post(message(payloads=parts))
    assert reply.mdn.disposition.verdict == "processed"
    names = endpoint.rows("SELECT name FROM transmission WHERE direction = 'in' ORDER BY id")
    assert names == [("order.edi",), ("other.edi",), ("drawing.pdf",)]
    # What is for people is kept, and waits for no reader.
    assert endpoint.orders() == 2
    (row,) = endpoint.rows("SELECT count(*) FROM as2_received")
    assert row == (1,)


def test_a_file_name_is_data(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=ANYTHING)
    stated = "..\\..\\etc/passwd"
    headers = [
        each for each in message(stack=PLAIN, id="<path@acme.example>").headers if each[0] != "Content-Disposition"
    ]
    reply = endpoint.post_raw([*headers, ("Content-Disposition", f'attachment; filename="{stated}"')], DOCUMENT)
    assert reply.mdn.disposition.verdict == "processed"
    ((name, facts),) = endpoint.rows("SELECT name, facts FROM transmission WHERE direction = 'in'")
    assert name == "passwd"
    assert "etc/passwd" in str(facts)


# The receipt


def test_an_unsigned_receipt(endpoint: Endpoint) -> None:
    sent = message(receipt=asking(signed=False))
    reply = endpoint.post(sent)
    assert reply.mdn.signature.state == "unsigned"
    assert reply.mic(sent).outcome == "match"


def test_no_receipt(endpoint: Endpoint) -> None:
    reply = endpoint.post(message(id="<quiet@acme.example>", receipt=()))
    assert (reply.status, reply.body) == (200, b"")
    row = endpoint.accepted("quiet@acme.example")
    assert row is not None and (row.receipt, row.mdn_sha256, row.mdn_transmission) == ("none", None, None)
    assert endpoint.rows("SELECT count(*) FROM receipt") == [(0,)]


def test_an_asynchronous_receipt_is_ordered_with_the_message(endpoint: Endpoint) -> None:
    sent = message(id="<later@acme.example>", receipt=asking(url="http://evil.example/mdn"))
    reply = endpoint.post(sent)
    assert (reply.status, reply.body) == (204, b"")
    row = endpoint.accepted("later@acme.example")
    assert row is not None and row.mdn_headers is not None
    ((delivery, lane, facts),) = endpoint.rows(
        "SELECT delivery, lane, facts FROM transmission WHERE id = :id", id=row.mdn_transmission
    )
    assert (delivery, lane) == ("queued", 0)
    assert row.id in str(facts)
    assert dict((name, value) for name, value in row.mdn_headers)["AS2-To"] == "ACME"
    ((payload,),) = endpoint.rows("SELECT payload FROM job WHERE kind = 'deliver'")
    assert str(row.mdn_transmission) in str(payload)
    # Where it goes to is not for the message to say; what it said is evidence.
    assert row.facts["receipt_url"] == "http://evil.example/mdn"


def test_to_a_partner_of_version_1_3(make_endpoint: MakeEndpoint) -> None:
    """It hears of a Message-ID what RFC 4130 bis has a text for, and which product speaks."""
    endpoint = make_endpoint(channel='as2_version: "1.3"')
    sent = message()
    headers = [
        (name, "1.3" if name == "AS2-Version" else value) for name, value in sent.headers if name != "Message-ID"
    ]
    reply = endpoint.post_raw(headers, b"".join(sent.body.chunks()))
    assert reply.mdn.disposition.meaning == "invalid-message-id"
    assert (reply.headers.get("AS2-Version"), (reply.headers.get("AS2-Product") or "")[:10]) == ("1.3", "sallyport:")


@pytest.mark.parametrize(
    ("channel", "announced"),
    [
        ("", "multiple-attachments, AS2-Reliability"),
        ('as2_version: "1.3"', "multiple-attachments, AS2-Reliability"),
        ("retry_id: new-when-undelivered", "multiple-attachments"),
        ('as2_version: "1.1"', None),
        ("announce_features: no", None),
    ],
)
def test_a_receipt_announces_what_we_do_with_this_partner(
    make_endpoint: MakeEndpoint, channel: str, announced: str | None
) -> None:
    assert make_endpoint(channel=channel).post(message()).headers.get("EDIINT-Features") == announced


def test_what_a_partner_announces_is_kept_and_enables_nothing(endpoint: Endpoint) -> None:
    sent = message(id="<a@acme.example>")
    headers = [*sent.headers, ("EDIINT-Features", "cem, Multiple-Attachments, CMS, ?")]
    reply = endpoint.post_raw(headers, b"".join(sent.body.chunks()))
    row = endpoint.accepted("a@acme.example")
    assert row is not None and row.facts["features"] == "CEM, cms, multiple-attachments"
    assert reply.headers.get("EDIINT-Features") == "multiple-attachments, AS2-Reliability"


def test_a_receipt_that_cannot_be_given_is_a_negative_one(endpoint: Endpoint) -> None:
    reply = endpoint.post(message(receipt=asking(algorithms=["whirlpool"])))
    assert reply.mdn.disposition.verdict == "failed"
    assert reply.mdn.disposition.meaning == "unsupported-mic-algorithms"
    assert endpoint.orders() == 0


def test_the_first_algorithm_that_is_known(endpoint: Endpoint) -> None:
    sent = message(receipt=asking(algorithms=["whirlpool", "sha-512", "sha-256"]))
    reply = endpoint.post(sent)
    assert reply.mdn.mic is not None and reply.mdn.mic.algorithm == "sha512"
    assert reply.mic(sent).outcome == "match"


# A second time


def test_a_repetition_gets_the_same_receipt_and_has_no_effect(endpoint: Endpoint) -> None:
    sent = message(id="<twice@acme.example>")
    first, second = endpoint.post(sent), endpoint.post(sent)
    assert (second.status, second.body) == (200, first.body)
    assert second.headers.get("Message-ID") == first.headers.get("Message-ID")
    assert endpoint.orders() == 1
    row = endpoint.accepted("twice@acme.example")
    assert row is not None and row.transmission is not None
    assert endpoint.events(row.transmission)[-1] == "transmission-repeated"
    assert endpoint.rows("SELECT count(*) FROM as2_received") == [(1,)]
    assert dict(endpoint.server.outcomes) == {"accepted": 1, "repeated": 1}


def test_a_repetition_that_was_encrypted_anew(endpoint: Endpoint) -> None:
    """Some products pack a message again for every attempt: the same content under the same id is the same message."""
    first = endpoint.post(message(id="<anew@acme.example>"))
    second = endpoint.post(message(id="<anew@acme.example>"))
    assert second.body == first.body
    assert endpoint.orders() == 1


def test_a_large_repetition(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    sent = message(DOCUMENT * 40_000, id="<large@acme.example>")
    first, second = endpoint.post(sent), endpoint.post(sent)
    assert first.mic(sent).outcome == "match"
    assert second.body == first.body
    assert endpoint.orders() == 1


def test_a_repetition_whose_certificate_is_over_meanwhile(endpoint: Endpoint) -> None:
    sent = message()
    first = endpoint.post(sent)
    endpoint.now += timedelta(days=40 * 365)
    assert endpoint.post(sent).body == first.body
    assert endpoint.post(message()).mdn.disposition.meaning == "authentication-failed"


def test_an_asynchronous_repetition_is_sent_again_when_it_was_delivered(endpoint: Endpoint) -> None:
    sent = message(id="<again@acme.example>", receipt=asking(url="http://acme.example/mdn"))
    endpoint.post(sent)
    endpoint.post(sent)
    # It is still on its way.
    assert endpoint.rows("SELECT count(*) FROM job WHERE kind = 'deliver'") == [(1,)]
    row = endpoint.accepted("again@acme.example")
    assert row is not None and row.mdn_transmission is not None
    delivered(endpoint, row.mdn_transmission)
    assert endpoint.post(sent).status == 204
    assert endpoint.rows("SELECT count(*) FROM job WHERE kind = 'deliver'") == [(2,)]
    assert endpoint.rows("SELECT delivery FROM transmission WHERE id = :id", id=row.mdn_transmission) == [("queued",)]


def delivered(endpoint: Endpoint, transmission: str) -> None:
    """It was sent, and arrived."""
    events: tuple[DeliveryEvent, ...] = ("start", "confirm")

    def steps(connection: Connection) -> None:
        for event in events:
            deliveries.step(connection, transmission, event, at=endpoint.now, actor="test")

    endpoint.gateway.database.write(steps)


def test_many_at_the_same_moment_are_one(endpoint: Endpoint) -> None:
    sent = message(id="<race@acme.example>")
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(endpoint.post, [sent] * 8))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1
    assert endpoint.orders() == 1
    assert endpoint.rows("SELECT count(*) FROM as2_received") == [(1,)]
    assert endpoint.server.outcomes["accepted"] == 1


def test_brackets_and_blanks_do_not_make_another_id(endpoint: Endpoint) -> None:
    first = endpoint.post(message(id="<same@acme.example>"))
    bare = [(name, "same@acme.example" if name == "Message-ID" else value) for name, value in message().headers]
    sent = msgspec.structs.replace(message(id="<same@acme.example>"), headers=tuple(bare))
    assert endpoint.post(sent).body == first.body


# Refused


def test_a_failed_attempt_is_no_predecessor(endpoint: Endpoint) -> None:
    bad, good = by_a_stranger(id="<mended@acme.example>"), message(id="<mended@acme.example>")
    refused = endpoint.post(bad)
    assert refused.mdn.disposition.meaning == "authentication-failed"
    assert refused.mdn.signature.state == "verified"
    assert endpoint.orders() == 0
    assert endpoint.post(good).mdn.disposition.verdict == "processed"
    assert endpoint.orders() == 1
    (row,) = endpoint.refused()
    assert (row.cause, row.code, row.transmission) == ("signer-unknown", "authentication-failed", None)
    assert row.body_sha256 is not None
    assert endpoint.gateway.content(row.body_sha256) == b"".join(bad.body.chunks())


def test_one_case_for_a_cause_with_what_a_closer_look_finds(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    for _ in range(3):
        endpoint.post(by_a_stranger())
    endpoint.close_requests()
    (case,) = endpoint.cases("as2-refused")
    assert case.party == "acme"
    # The signer's certificate was in the message: whoever looks at the case reads whose it is.
    assert "CN=rsa-4096" in case.text and "To the partner:" in case.text
    endpoint.post(message(stack=Packaging(signed=False, encrypted=True)))
    endpoint.close_requests()
    assert len(endpoint.cases("as2-refused")) == 2


def test_a_flood_of_refusals_is_not_kept(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    sent = by_a_stranger()
    replies = [endpoint.post(sent) for _ in range(REFUSALS + 3)]
    assert [reply.status for reply in replies] == [200] * REFUSALS + [503] * 3
    assert replies[-1].headers.get("Retry-After") == "60"
    assert len(endpoint.refused()) == REFUSALS
    # Who sends what is good is served meanwhile, and the next minute is a new one.
    assert endpoint.post(message()).mdn.disposition.verdict == "processed"
    endpoint.now += MINUTE
    assert endpoint.post(sent).status == 200


def test_an_id_that_was_used_for_something_else(endpoint: Endpoint) -> None:
    first = endpoint.post(message(id="<reused@acme.example>"))
    second = endpoint.post(message(OTHER, id="<reused@acme.example>"))
    assert second.mdn.disposition.meaning == "unexpected-processing-error"
    assert endpoint.orders() == 1
    (case,) = endpoint.cases("message-id-reused")
    row = endpoint.accepted("reused@acme.example")
    assert row is not None and case.subject == row.transmission
    (refused,) = endpoint.refused()
    assert refused.cause == "message-id-reused"
    # The first one is answered as ever.
    assert endpoint.post(message(id="<reused@acme.example>")).body == first.body


def changed(sent: Built) -> bytes:
    """Its body with one bit turned in the middle."""
    body = bytearray(b"".join(sent.body.chunks()))
    body[len(body) // 2] ^= 1
    return bytes(body)


CHANGED = message()
REFUSED: dict[str, tuple[Built, bytes | None, set[str]]] = {
    # In CBC anything can be made to look unsigned, so its sender is told no more than of any other damage.
    "unsigned-in-cbc": (message(stack=Packaging(signed=False, encrypted=True)), None, {"decryption-failed"}),
    "unsigned-in-gcm": (
        message(
            stack=Packaging(signed=False, encrypted=True),
            encrypting=Encrypting(recipients=[certificate_of("rsa-other")], cipher="aes128-gcm"),
        ),
        None,
        {"insufficient-message-security"},
    ),
    "unencrypted": (
        message(stack=Packaging(signed=True, encrypted=False)),
        None,
        {"insufficient-message-security"},
    ),
    "for-another": (
        message(encrypting=Encrypting(recipients=[certificate_of("rsa-4096")])),
        None,
        {"decryption-failed"},
    ),
    "by-another": (by_a_stranger(), None, {"authentication-failed"}),
    "empty": (message(), b"", {"decryption-failed", "unexpected-processing-error"}),
    "cut-short": (message(), b"\x30\x82", {"decryption-failed", "unexpected-processing-error"}),
    "changed": (CHANGED, changed(CHANGED), {"decryption-failed", "integrity-check-failed"}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(make_endpoint: MakeEndpoint, case: str) -> None:
    endpoint = make_endpoint()
    sent, body, meanings = REFUSED[case]
    reply = endpoint.post(sent, body=body)
    assert reply.status == 200
    assert reply.mdn.disposition.verdict == "error"
    assert reply.mdn.disposition.meaning in meanings
    assert reply.mdn.signature.state == "verified"
    assert endpoint.orders() == 0
    (row,) = endpoint.refused()
    assert row.body_sha256 is not None
    assert endpoint.gateway.content(row.body_sha256) == (b"".join(sent.body.chunks()) if body is None else body)
    assert endpoint.rows("SELECT verdict, codes FROM receipt") == [("rejected", f'["{row.code}"]')]


@pytest.mark.parametrize("value", [None, "<>", "<" + "a" * 999 + ">"], ids=["missing", "empty", "too-long"])
def test_a_message_without_an_id_that_can_be_kept(make_endpoint: MakeEndpoint, value: str | None) -> None:
    endpoint = make_endpoint()
    sent = message()
    headers = [each for each in sent.headers if each[0] != "Message-ID"]
    if value is not None:
        headers.append(("Message-ID", value))
    reply = endpoint.post_raw([*headers, ("AS2-Version", "1.3")], b"".join(sent.body.chunks()))
    assert reply.mdn.disposition.verdict == "error"
    assert reply.mdn.original_message_id is None
    assert endpoint.orders() == 0
    (row,) = endpoint.refused()
    assert row.message_id == ""


def test_a_refusal_that_nobody_asked_a_receipt_for(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    sent = message(receipt=(), how=signing(key="rsa-4096"))
    reply = endpoint.post(sent)
    assert (reply.status, reply.body) == (200, b"")
    (row,) = endpoint.refused()
    assert row.mdn_transmission is None


# Our own side


def test_without_our_key_nothing_is_refused_but_put_off(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=ANYTHING, key=False)
    reply = endpoint.post(message(stack=Packaging(signed=True, encrypted=False)))
    assert reply.status == 503
    (case,) = endpoint.cases("as2-key-missing")
    assert "sallyport keys" in case.text
    assert endpoint.rows("SELECT count(*) FROM as2_received") == [(0,)]
    # What is refused is refused, even if nobody can sign that it was.
    refused = endpoint.post(message())
    assert refused.mdn.signature.state == "unsigned"
    assert refused.mdn.disposition.meaning == "decryption-failed"


def test_an_mdn_is_handed_on_and_not_answered_with_another(endpoint: Endpoint) -> None:
    receipt = endpoint.post(message())
    fields = dict(receipt.headers.fields)
    names = [("AS2-From", "ACME"), ("AS2-To", '"Us & Co"'), ("Content-Type", fields[b"content-type"].decode().strip())]
    reply = endpoint.post_raw([*names, ("Message-ID", "<mdn@acme.example>"), *asking()], receipt.body)
    assert (reply.status, reply.body) == (200, b"")
    ((channel, _, body, remote),) = endpoint.mdns
    assert (channel.id, body, remote) == ("acme-as2", receipt.body, "127.0.0.1")
