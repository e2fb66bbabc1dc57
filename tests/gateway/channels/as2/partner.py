"""ACME as a receiver: reads what we send with keys of its own, and answers as it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from as2.digests import spelled
from as2.disposition import CATALOGUE
from as2.fault import DispositionCode
from as2.headers import Headers, parse_block, write_block
from as2.heading import read_heading
from as2.mdn import MdnMessage, Receipt, build_mdn
from as2.mic import write_mic
from as2.receiving import Received, Receiving, receive
from as2.signed import Signing
from as2.source import BytesSource, MemoryScratch
from gateway.channels.as2.posting import Posting, Reply
from tests.as2.keys import certificate_of, entropy, pair_of
from tests.as2.samples import AT

Change = Callable[[Reply], Reply]
TERMS: Final = Receiving(keys=[pair_of("rsa")], pinned=[certificate_of("rsa-other")])


class Partner:
    """What it takes is remembered once for each Message-ID; what it answers follows ``script``, then is right."""

    def __init__(self) -> None:
        self.script: list[Callable[[Partner, Posting, bytes], Reply]] = []
        self.requests: list[tuple[Headers, bytes]] = []
        self.taken: dict[str, bytes] = {}
        """The documents, by Message-ID."""

    def answer(self, posting: Posting, body: bytes) -> Reply:
        """The reply to one request."""
        self.requests.append((parse_block(write_block(posting.headers)), body))
        return self.script.pop(0)(self, posting, body) if self.script else right(self, posting, body)

    def read(self, posting: Posting, body: bytes) -> Received:
        """The message as ACME reads it; it has to be acceptable."""
        headers = parse_block(write_block(posting.headers))
        heading = read_heading(headers)
        outcome = receive(headers, heading, BytesSource(body), TERMS, scratch=MemoryScratch(), entropy=entropy)
        assert outcome.fault is None, outcome.fault
        (document,) = outcome.documents
        self.taken[heading.message_id or ""] = b"".join(document.content.chunks())
        return outcome


def mdn_for(
    posting: Posting,
    outcome: Received,
    *,
    code: DispositionCode = "processed",
    key: str | None = "rsa",
    mic: bytes | None = None,
    text: str = "",
    of: str | None = None,
    at: datetime = AT,
    states_mic: bool = True,
    certificate: bool = True,
) -> MdnMessage:
    """ACME's MDN: signed with ``key``, or unsigned; ``mic`` stands for the right one, ``of`` names another message."""
    heading = read_heading(parse_block(write_block(posting.headers)))
    assert outcome.mic is not None
    name, digest = outcome.mic
    receipt = Receipt(
        received_from=heading.sender_wire,
        received_to=heading.receiver_wire,
        original_message_id=of or heading.message_id,
        disposition=CATALOGUE[code],
        mic=write_mic(mic or digest, spelled(name)) if states_mic else None,
        text=text or "as agreed",
        message_id="<mdn@acme.example>",
        at=at,
        user_agent="ACME",
    )
    signing = None
    if key:
        pair = pair_of(key)
        signing = Signing(signer=pair, digest_name=name, micalg=spelled(name), include_certificate=certificate)
    return build_mdn(receipt, signing=signing, entropy=entropy)


def reply_with(message: MdnMessage, status: int = 200) -> Reply:
    """An HTTP answer with this MDN."""
    return Reply(status=status, headers=parse_block(write_block(message.headers)), body=message.body)


def right(partner: Partner, posting: Posting, body: bytes) -> Reply:
    """What a good receiver answers."""
    return reply_with(mdn_for(posting, partner.read(posting, body)))


def says(**settings: object) -> Callable[[Partner, Posting, bytes], Reply]:
    """An answer with an MDN that is changed so."""

    def answer(partner: Partner, posting: Posting, body: bytes) -> Reply:
        return reply_with(mdn_for(posting, partner.read(posting, body), **settings))  # type: ignore[arg-type]

    return answer


def status(number: int | None, *, takes: bool = False, body: bytes = b"", **fields: str) -> Callable[..., Reply]:
    """An answer without an MDN; ``takes``: the message was read all the same."""

    def answer(partner: Partner, posting: Posting, content: bytes) -> Reply:
        if takes:
            partner.read(posting, content)
        headers = parse_block(write_block([(name.replace("_", "-"), value) for name, value in fields.items()]))
        reply = Reply(status=number, headers=headers, body=body)
        return reply if number is not None else msgspec.structs.replace(reply, trouble="connection reset")

    return answer
