"""What is kept of an AS2 message that was sent by hand, and what a receipt means for it.

A message that is encrypted for the partner can never be opened again by its sender. So what its receipt will be judged
by, the digests of every byte range, goes into a file of its own beside the message.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from as2.cms.algorithms import Permits
from as2.digests import DigestName
from as2.mdn_reading import ReadMdn, oddities
from as2.mic import Candidate, compare
from as2.response import Attempt, Outcome, judge_mdn
from as2.tolerance import ToleranceId, Tolerated
from gateway.cli.as2_view import mic_words

KEPT: Final[tuple[DigestName, ...]] = ("sha256", "sha1", "sha384", "sha512")
"""The algorithms of the table of MICs."""


class Sent(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="as2-sent"):
    """A message that was sent, without its bytes."""

    message_id: str
    sender: str
    receiver: str
    requested: DigestName
    """The digest that the receipt was asked for in."""
    signed_receipt: bool
    candidates: tuple[Candidate, ...]


class JudgedReceipt(NamedTuple):
    """What a receipt means for a message."""

    outcome: Outcome
    mic: str
    """What its MIC says, in a sentence."""
    oddities: frozenset[ToleranceId]
    """What is odd about it beside the message."""


def sent_of(data: bytes) -> Sent | None:
    """What the file holds, if it is one of ours."""
    try:
        return msgspec.json.decode(data, type=Sent)
    except msgspec.DecodeError:
        return None


def judged_receipt(mdn: ReadMdn, sent: Sent, permits: Permits) -> JudgedReceipt:
    """What the receipt means."""
    tolerated: Tolerated = set()
    verdict = compare(
        mdn.mic, sent.candidates, requested=sent.requested, weaker_allowed=permits.digests, tolerated=tolerated
    )
    attempt = Attempt(number=1, message_id=sent.message_id, receipt="sync", signed_receipt=sent.signed_receipt)
    beside = oddities(mdn, message_id=sent.message_id, as2_to=sent.receiver, signed_receipt=sent.signed_receipt)
    return JudgedReceipt(judge_mdn(attempt, mdn, verdict), mic_words(verdict), frozenset(tolerated) | beside)
