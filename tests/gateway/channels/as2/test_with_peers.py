"""AS2 products that others wrote, and a gateway that runs: over the wire, both ways, into the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec
import pytest

from as2.identifiers import quote_name
from as2.mic import Packaging
from tests.as2.peers.exchange import STRANGE_KEY, CannotDo, Peer, ReceiptKind, Took
from tests.as2.peers.listening import post
from tests.as2.peers.products import EACH, started
from tests.as2.samples import STACKS, stack_name
from tests.gateway.channels.as2.peers_house import PARTNERS, QUOTED, SENDER, US, Partner, house_of
from tests.gateway.serving.running import House, until

SIGNED = Packaging(signed=True, encrypted=False)
BOTH = Packaging(signed=True, encrypted=True)
_LAST = """
SELECT r.accepted, r.code, r.cause, t.sha256 FROM as2_received r LEFT JOIN transmission t
ON t.id = r.transmission ORDER BY r.id DESC LIMIT 1
"""
_ENDS = frozenset({"delivered", "doubtful", "refused", "parked"})
_SENT = "SELECT delivery FROM transmission WHERE direction = 'out' AND protocol = 'as2' AND party = '{}'"


class Line(msgspec.Struct, frozen=True):
    """A peer and a gateway that runs."""

    peer: Peer
    house: House

    @property
    def url(self) -> str:
        """Where the partners post to."""
        return f"http://127.0.0.1:{self.house.serving.as2_port}/as2"

    def last(self) -> tuple[bool, str, str, str]:
        """Of the message that came last: whether it was accepted, its disposition, the cause, its document."""
        ((accepted, code, cause, sha256),) = self.house.rows(_LAST)
        return bool(accepted), str(code), str(cause), str(sha256)

    def answered(self, partner: Partner) -> tuple[str, Took]:
        """A report is sent, and answered with a CONTRL over AS2: the control number, and what the peer took."""
        number, content = partner.report()
        self.peer.listen(partner.expects())
        fields = [
            ("AS2-From", quote_name(partner.name)),
            ("AS2-To", US),
            ("Message-ID", f"<{number}@partner.example>"),
            ("Content-Type", "application/EDIFACT"),
        ]
        assert post(self.url, fields, content).target == "200"

        def look() -> Took | None:
            took = self.peer.took()
            return None if took.error == "no message came" else took

        return number, until(f"the answer to {partner.label}", look)

    def deliveries(self, partner: Partner, count: int) -> list[str]:
        """The states of what was sent to it, as soon as so many are at an end."""

        def look() -> list[str] | None:
            states = [str(state) for (state,) in self.house.rows(_SENT.format(partner.id))]
            ended = [state for state in states if state in _ENDS]
            return ended if len(ended) >= count else None

        return until(f"the receipt of {partner.label}", look)


@pytest.fixture(scope="module", params=EACH)
def line(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp(request.param)
    peer = started(request.param, folder)
    house = house_of(peer, folder / "home")
    try:
        house.start()
        yield Line(peer, house)
    finally:
        house.discard()
        peer.close()


@pytest.mark.parametrize(
    ("receipt", "asynchronous"),
    [("none", False), ("unsigned", False), ("signed", False), ("unsigned", True), ("signed", True)],
)
def test_what_they_send_is_received_and_acknowledged(line: Line, receipt: ReceiptKind, asynchronous: bool) -> None:
    """In every stack of layers: the document is in the ledger when they read that it was processed."""
    for stack in STACKS:
        content = SENDER.report()[1]
        order = msgspec.structs.replace(SENDER.sends(content, stack), receipt=receipt, asynchronous=asynchronous)
        try:
            told = line.peer.send(order, line.url)
        except CannotDo:
            assert (line.peer.name, stack.compression) == ("pyas2lib", "after-signing")
            continue
        assert line.last() == (True, "processed", "", hashlib.sha256(content).hexdigest()), stack_name(stack)
        assert not told.error
        if receipt != "none":
            assert (told.disposition, told.signed) == ("processed", receipt == "signed")


@pytest.mark.parametrize("asynchronous", [False, True])
def test_what_we_send_is_delivered(line: Line, asynchronous: bool) -> None:
    """In every stack of layers: they read the document, and their receipt settles our delivery."""
    for partner in PARTNERS:
        if partner.asynchronous != asynchronous:
            continue
        number, took = line.answered(partner)
        states = line.deliveries(partner, 1)
        if line.peer.name == "camel" and (took.content is None or states == ["refused"]):
            # It drops a carriage return at the end of a body: one encrypted message in 256.
            number, took = line.answered(partner)
            states = line.deliveries(partner, 2)
        assert took.content is not None, (partner.label, took.error)
        assert f"UCI+{number}+".encode() in took.content
        # A peer that states no MIC leaves doubt.
        unproven = line.peer.name == "pyas2lib" and not partner.stack.signed
        assert states[-1] == ("doubtful" if unproven else "delivered"), partner.label
    # Camel names neither party in its asynchronous receipts (RFC 4130, section 6.2): the key that signed them does.
    unnamed = line.house.log("an MDN without usable names was taken")
    assert bool(unnamed) == (line.peer.name == "camel" and asynchronous)
    assert not line.house.log("a stranger was turned away")


def test_a_receipt_whose_names_are_quoted_otherwise_is_met(line: Line) -> None:
    """pyas2lib quotes quoted names once more, in the receipt that comes later too: they name nobody then."""
    line.answered(QUOTED)
    states = line.deliveries(QUOTED, 1)
    if line.peer.name == "camel" and states == ["refused"]:
        line.answered(QUOTED)
        states = line.deliveries(QUOTED, 2)
    assert states[-1] == "delivered"


@pytest.mark.parametrize(
    ("stack", "wrong", "code"),
    [
        (SIGNED, "signing_key", "authentication-failed"),
        (BOTH, "signing_key", "authentication-failed"),
        (BOTH, "encrypting_key", "decryption-failed"),
    ],
)
def test_what_is_wrong_is_refused_in_words_that_they_understand(
    line: Line, stack: Packaging, wrong: str, code: str
) -> None:
    order = msgspec.structs.replace(SENDER.sends(SENDER.report()[1], stack), **{wrong: STRANGE_KEY})
    told = line.peer.send(order, line.url)
    assert told.disposition == f"processed/error: {code}"
    accepted, disposition, _, sha256 = line.last()
    assert (accepted, disposition, sha256) == (False, code, "None")


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_small_and_large(line: Line, size: int) -> None:
    content = (b"FTX+AAI+++" + b"x" * 60 + b"'\r\n") * (size // 70 + 1)
    order = SENDER.sends(content[:size], BOTH)
    assert line.peer.send(order, line.url).disposition == "processed"
    assert line.last()[3] == hashlib.sha256(order.content).hexdigest()
