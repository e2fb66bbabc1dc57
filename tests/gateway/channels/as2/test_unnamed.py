"""MDNs over the wire whose AS2 names tell nobody: the Message-ID matches them, and the key that signed vouches."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import httpx2
import pytest

from as2.headers import parse_block, write_block
from as2.mdn import MdnMessage
from gateway import gates
from gateway.channels.as2 import matching, unnamed
from gateway.channels.as2.keys import As2Keys
from gateway.channels.as2.partials import Partials
from gateway.channels.as2.posting import Posting
from gateway.channels.as2.receipts import take_mdn
from gateway.channels.as2.reception import Reception
from gateway.channels.as2.server import As2Server
from gateway.channels.workplace import SpoolFolder
from gateway.ledger import transmissions
from tests.gateway.channels.as2.conftest import MakeSending
from tests.gateway.channels.as2.endpoint import Listener
from tests.gateway.channels.as2.partner import mdn_for, status
from tests.gateway.channels.as2.sender import Sending

AS2 = "{enabled: yes, port: 0, url: http://us.example/as2}"
ASYNC, UNSIGNED = "mdn: {mode: async}", "mdn: {mode: async, signed: no}"
NAMES = [
    [],
    [("AS2-From", ""), ("AS2-To", "")],
    [("AS2-From", '"Us & Co"'), ("AS2-To", "ACME")],
    [("AS2-From", "ACME"), ("AS2-To", '"\\"Us & Co\\""')],
    [("AS2-From", "ACME")],
    [("AS2-From", "N" * 200), ("AS2-To", '"Us & Co"')],
]
CALLED = ["missing", "empty", "not-swapped", "quoted-twice", "one-missing", "too-long"]


class Waiting:
    """We sent something to ACME, whose receipt is to come to our endpoint."""

    def __init__(self, sending: Sending) -> None:
        self.sending = sending
        gateway = sending.gateway
        self._spool = SpoolFolder(gateway.home.as2_spool, reserve=0)
        reception = Reception(gateway, As2Keys(gateway.home.keys), take_mdn)
        self._kept = SpoolFolder(gateway.home.as2_partials, reserve=0, empty=False)
        partials = Partials(self._kept, gateway.home.config.as2, gateway.opened, gateway.clock)
        self.server = As2Server(gateway, reception, self._spool, partials)
        self._listener = Listener(self.server)
        self._client = httpx2.Client(trust_env=False, timeout=30.0, base_url=f"http://127.0.0.1:{self.server.port}")
        sending.partner.script = [status(204, takes=True)]
        assert sending.order().delivery == "sent"
        self.posting: Posting = sending.canned.posted[0][0]

    def close(self) -> None:
        self._client.close()
        self._listener.close()
        self._spool.close()
        self._kept.close()

    def mdn(self, **settings: object) -> MdnMessage:
        """ACME's receipt, changed so."""
        read = self.sending.partner.read(self.posting, self.sending.partner.requests[0][1])
        return mdn_for(self.posting, read, **settings)  # type: ignore[arg-type]

    def post(self, mdn: MdnMessage, names: Sequence[tuple[str, str]] = ()) -> tuple[int, str]:
        """What is answered to it under other names."""
        fields = [each for each in mdn.headers if each[0] not in ("AS2-From", "AS2-To", "Content-Length")]
        answer = self._client.post("/as2", headers=[*fields, *names], content=mdn.body)
        self.settle()
        return answer.status_code, answer.text

    def settle(self) -> None:
        """What is done after an answer is done."""
        while self.server.in_flight:
            time.sleep(0.002)

    @property
    def stands(self) -> tuple[str | None, str]:
        """The delivery, and what is expected for it."""
        return self.sending.sent().delivery, self.sending.message().receipt


@pytest.fixture
def waiting(make_sending: MakeSending) -> Iterator[Waiting]:
    made = Waiting(make_sending(channel=ASYNC, as2=AS2))
    yield made
    made.close()


@pytest.mark.parametrize("names", NAMES, ids=CALLED)
def test_its_id_matches_it_and_its_signature_vouches(waiting: Waiting, names: Sequence[tuple[str, str]]) -> None:
    assert waiting.post(waiting.mdn(), names) == (200, "")
    assert waiting.stands == ("delivered", "met")
    (receipt,) = waiting.sending.receipts()
    carrier = waiting.sending.gateway.database.read(lambda c: transmissions.get(c, receipt.transmission))
    assert "mdn-names-differ" in carrier.facts["tolerated"].split()
    assert waiting.sending.cases() == []
    assert waiting.server.outcomes["mdn"] == 1


def test_a_channel_that_takes_nothing_in_takes_receipts(waiting: Waiting) -> None:
    """What is on its way comes to its end by them, or such a channel could never be drained."""
    gates.pause(waiting.sending.gateway, "acme-as2", "in", actor="kim", reason="an upgrade", draining=True)
    assert waiting.post(waiting.mdn(), [("AS2-From", "ACME"), ("AS2-To", '"Us & Co"')]) == (200, "")
    assert waiting.stands == ("delivered", "met")


def test_names_as_they_should_be_are_no_oddity(waiting: Waiting) -> None:
    assert waiting.post(waiting.mdn(), [("AS2-From", "ACME"), ("AS2-To", '"Us & Co"')]) == (200, "")
    (receipt,) = waiting.sending.receipts()
    carrier = waiting.sending.gateway.database.read(lambda c: transmissions.get(c, receipt.transmission))
    assert "tolerated" not in carrier.facts


def test_a_refusal_without_names_counts_too(waiting: Waiting) -> None:
    assert waiting.post(waiting.mdn(code="decryption-failed"))[0] == 200
    assert waiting.stands == ("refused", "rejected")


@pytest.mark.parametrize(
    ("names", "key"),
    [*((each, "rsa-renewed") for each in NAMES), (NAMES[0], None)],
    ids=[*CALLED, "unsigned"],
)
def test_a_stranger_hears_the_same_whatever_he_names(
    waiting: Waiting, names: Sequence[tuple[str, str]], key: str | None
) -> None:
    """Whether we sent the message, whether it is an MDN at all: one answer. A forgery is kept and does nothing."""
    known = waiting.post(waiting.mdn(key=key), names)
    assert known == waiting.post(waiting.mdn(key=key, of="<unheard-of@us.example>"), names)
    nonsense = MdnMessage(headers=[("Content-Type", "text/plain")], body=b"hello")
    assert known == waiting.post(nonsense, names)
    assert known[0] in (400, 403)
    assert waiting.stands == ("sent", "waiting")
    forged = [each for each in waiting.sending.cases() if each.cause != "as2-unknown-sender"]
    assert [each.subject for each in forged] == [waiting.sending.sent().id]
    assert "changed nothing" in forged[0].text
    # Another forgery is no other case, and the true one counts still.
    waiting.post(waiting.mdn(key=key), names)
    assert waiting.post(waiting.mdn(), names)[0] == 200
    assert waiting.stands == ("delivered", "met")


def test_without_a_signature_names_are_needed(make_sending: MakeSending) -> None:
    """Where the profile asks for no signature, the names are all that there is."""
    waiting = Waiting(make_sending(channel=UNSIGNED, as2=AS2))
    try:
        assert waiting.post(waiting.mdn(key=None))[0] == 400
        assert waiting.stands == ("sent", "waiting")
        assert waiting.post(waiting.mdn(key=None), [("AS2-From", "ACME"), ("AS2-To", '"Us & Co"')])[0] == 200
        assert waiting.stands == ("delivered", "met")
    finally:
        waiting.close()


def beside_bolt(sending: Sending) -> Waiting:
    """ACME owes a receipt, and there is another partner with names and a key of its own."""
    profile = (sending.folder / "profiles" / "acme.yaml").read_text()
    bolt = profile.replace("ACME", "BOLT").replace("acme", "bolt").replace("5412345000013", "5412345000020")
    (sending.folder / "profiles" / "bolt.yaml").write_text(bolt.replace("keys/rsa.pem", "keys/rsa-renewed.pem"))
    sending.close()
    sending.open()
    return Waiting(sending)


def test_another_partners_key_changes_nothing(make_sending: MakeSending) -> None:
    """Whatever names it comes under: BOLT may vouch for BOLT only."""
    sending = make_sending(channel=ASYNC, as2=AS2)
    waiting = beside_bolt(sending)
    try:
        for names in (
            [],
            [("AS2-From", "BOLT"), ("AS2-To", '"Us & Co"')],
            [("AS2-From", "ACME"), ("AS2-To", '"Us & Co"')],
        ):
            assert waiting.post(waiting.mdn(key="rsa-renewed"), names)[0] == 200
            assert waiting.stands == ("sent", "waiting")
        (case,) = sending.cases()
        assert (case.cause, case.subject) == ("as2-mdn-unverifiable", sending.sent().id)
        # And ACME's own receipt counts under BOLT's names.
        assert waiting.post(waiting.mdn(), [("AS2-From", "BOLT"), ("AS2-To", '"Us & Co"')])[0] == 200
        assert waiting.stands == ("delivered", "met")
    finally:
        waiting.close()


def test_without_a_signature_another_partners_names_are_no_proof(make_sending: MakeSending) -> None:
    sending = make_sending(channel=UNSIGNED, as2=AS2)
    waiting = beside_bolt(sending)
    try:
        assert waiting.post(waiting.mdn(key=None), [("AS2-From", "BOLT"), ("AS2-To", '"Us & Co"')])[0] == 200
        assert waiting.stands == ("sent", "waiting")
    finally:
        waiting.close()


def test_a_flood_of_one_receipt_has_an_end(waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "PROVEN_KEPT", 3)
    monkeypatch.setattr(matching, "UNPROVEN_KEPT", 2)
    for _ in range(5):
        waiting.post(waiting.mdn(key=None))
    assert len(waiting.sending.receipts()) == 2
    told = [waiting.post(waiting.mdn())[0] for _ in range(5)]
    assert told == [200, 200, 200, 503, 503], "what forgers used up is not the partner's"
    assert waiting.stands == ("delivered", "met")
    assert len(waiting.sending.receipts()) == 5


def test_what_is_too_large_is_not_read(waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unnamed, "LARGEST", 1000)
    mdn = waiting.mdn()
    assert len(mdn.body) > 1000
    assert waiting.post(mdn)[0] == 400
    assert waiting.stands == ("sent", "waiting")


def test_when_many_are_held_no_more_are(waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unnamed, "HELD", 0)
    assert waiting.post(waiting.mdn())[0] == 400


@pytest.mark.parametrize(
    ("content_type", "length", "may"),
    [
        ("multipart/report; report-type=disposition-notification; boundary=x", "100", True),
        ("multipart/signed; boundary=x", None, True),
        ("message/disposition-notification", "262144", True),
        ("multipart/signed; boundary=x", "262145", False),
        ("multipart/signed; boundary=x", "many", False),
        ("application/pkcs7-mime; smime-type=enveloped-data", "100", False),
        ("application/EDIFACT", "100", False),
        ("nonsense", "100", False),
        (None, "100", False),
    ],
)
def test_what_may_be_a_receipt(content_type: str | None, length: str | None, may: bool) -> None:
    fields = [("Content-Type", content_type), ("Content-Length", length)]
    headers = parse_block(write_block([(name, value) for name, value in fields if value is not None]))
    assert unnamed.may_be_mdn(headers) == may
