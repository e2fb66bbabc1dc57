"""What goes between the endpoint and the reception: a request that is complete, and what it is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from as2.cem import Request, Response
from as2.digests import DigestName
from as2.fault import As2Fault, DispositionCode
from as2.headers import Headers
from as2.heading import Heading
from as2.identifiers import bare_message_id
from as2.receiving import Received
from as2.source import Source
from gateway.ledger.as2_received import ReceiptMode
from partners import As2Channel, Party

Outcome = Literal["accepted", "repeated", "refused", "mdn", "not-now"]


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """A heading that names a partner of ours and us."""

    heading: Heading
    fault: As2Fault | None
    """What is wrong with its Message-ID, which then is not in the heading."""
    channel: As2Channel
    us: Party


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """A request from a partner that is known, whose body is complete."""

    headers: Headers
    admission: Admission
    body: Source
    sha256: str
    """Of the body, in hexadecimal."""
    remote: str
    """The address it came from."""
    at: datetime

    @property
    def heading(self) -> Heading:
        """Its AS2 header fields."""
        return self.admission.heading

    @property
    def channel(self) -> As2Channel:
        """The partner's."""
        return self.admission.channel

    @property
    def message_id(self) -> str:
        """What is compared; empty when there is none."""
        return bare_message_id(self.heading.message_id or "")

    @property
    def mode(self) -> ReceiptMode:
        """How an MDN is asked for."""
        if not self.heading.receipt.wanted:
            return "none"
        return "async" if self.heading.receipt.asynchronous else "sync"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a message when its answer is made."""

    code: DispositionCode
    """What the partner is told."""
    fault: As2Fault | None
    """Why it is refused; ``None`` when it is not."""
    received: Received | None
    """``None`` when its body was not looked at."""

    exchange: Request | Response | None = None
    """The exchange of certificates that it carries."""

    @property
    def mic(self) -> tuple[DigestName, bytes] | None:
        """The digest that the receipt states."""
        return self.received.mic if self.received is not None else None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the partner is told, and what is left to do after that."""

    status: int
    headers: Sequence[Sequence[str]] = ()
    body: bytes = b""
    outcome: Outcome
    afterwards: Callable[[], None] | None = None
    """Works with the body still; whatever it does, the partner has its answer."""
