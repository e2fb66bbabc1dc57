"""What ``messages show`` tells of a message that went out over AS2, and that its bytes are sent again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from as2.headers import Headers, parse_block, write_block
from gateway.channels.as2.posting import Posting, Reply
from tests.gateway.channels.as2.partner import Partner, right, says
from tests.gateway.channels.as2.sender import Sending, write_sender
from tests.gateway.cli.calling import Call


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Sending]:
    write_sender(tmp_path / "home")
    made = Sending(tmp_path / "home")
    yield made
    made.close()


def test_a_message_shows_its_id_and_how_its_receipt_was_judged(sending: Sending, sallyport: Call) -> None:
    sending.partner.script = [says(mic=bytes(32))]
    sending.order()
    message = sending.message().id
    headers, _ = sending.partner.requests[0]
    shown = sallyport("messages", "show", message, "--home", sending.folder, columns=200).text
    assert f"AS2         Message-ID {headers.get('Message-ID')}" in shown
    (mdn,) = [each for each in shown.splitlines() if "MIC mismatch" in each]
    assert "processed, signature verified with certificate " in mdn
    story = sallyport("messages", "show", message, "--home", sending.folder, "--json").json()
    assert story["sent_as"][0]["message_id"] == (headers.get("Message-ID") or "").strip("<>")
    assert story["mdns"][0]["facts"]["mic_verdict"] == "mismatch"


def test_what_the_partner_announces_is_shown(sending: Sending, sallyport: Call) -> None:
    def announces(partner: Partner, posting: Posting, body: bytes) -> Reply:
        reply = right(partner, posting, body)
        more = parse_block(write_block([("EDIINT-Features", "cem, AS2-RELIABILITY, what is this?")]))
        return msgspec.structs.replace(reply, headers=Headers((*reply.headers.fields, *more.fields)))

    sending.partner.script = [announces]
    sending.order()
    message = sending.message().id
    shown = sallyport("messages", "show", message, "--home", sending.folder, columns=200).text
    assert ", announces AS2-Reliability, CEM\n" in shown


def test_the_same_bytes_go_out_again(sending: Sending, sallyport: Call) -> None:
    sending.partner.script = [says(mic=bytes(32))]
    sent = sending.order()
    sending.close()
    answer = sallyport("messages", "resend", sent.id, "--reason", "they see", "--home", sending.folder, "--json").json()
    assert [each["sha256"] for each in answer] == [sent.sha256]
    sending.now = datetime.now(UTC)
    sending.open()
    sending.work()
    first, second = sending.partner.requests
    assert first == second
    assert sending.sent().delivery == "delivered"
