"""The model: dictionaries that say what must have come of everything, in a hundred lines and without a database.

It knows the terms that the example partners agreed on and nothing of how the gateway keeps them. It is told what
happened (a file was read, a document was built, an answer came, a person decided) and says what each message must be
and how many effects each business key must have had.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Literal

import msgspec

from tests.gateway.pipeline.test_reprocess import OTHER
from tests.stateful.partners import KNOWN, SCAC, Kind, Says

Key = tuple[str, str, int]
"""Of what has an effect: the direction, the file or document as its sender knows it, and which of its messages."""
Content = Literal["accepted", "rejected", "unassigned", "dismissed", "reprocessed"]
Owed = Literal["waiting", "partially-met", "met", "met-with-errors", "rejected", "overdue", "withdrawn"]

SCALE: tuple[Owed, ...] = ("waiting", "partially-met", "met", "met-with-errors", "rejected")
"""An answer moves up this scale and never down."""
MEANS: dict[Says, Owed] = {
    "accepts": "met",
    "notes-errors": "met-with-errors",
    "in-part": "partially-met",
    "rejects": "rejected",
}


class Terms(msgspec.Struct):
    """What the partner's profile says at the moment."""

    introduced: bool = False
    """Its other identity is the one that is known."""
    tolerant: bool = False
    """Elements that are too many pass."""
    wide: bool = False
    """Any character may be sent to it."""

    def knows(self, sender: bytes) -> bool:
        """Whether what bears this identity is the partner's."""
        return sender in (SCAC, OTHER if self.introduced else KNOWN)


class Report(msgspec.Struct, frozen=True):
    """A file of reports."""

    kind: Kind
    number: int

    @property
    def name(self) -> str:
        """By which its sender knows it."""
        return f"{self.kind}-{self.number}"

    @property
    def sender(self) -> bytes:
        """The identity that it bears."""
        return OTHER if self.kind == "strange" else KNOWN


class Message(msgspec.Struct):
    """What a message must be."""

    key: Key
    content: Content
    owed: Owed | None = None
    """What its receiver owes for it."""


class Model:
    """What must be, by message id and by business key."""

    def __init__(self) -> None:
        self.terms = Terms()
        self.messages: dict[str, Message] = {}
        self.effects: Counter[Key] = Counter()
        """How many effects are expected of what was taken so far."""
        self.unsure: Counter[Key] = Counter()
        """Effects that may have been had besides: the gateway was killed before it noted them, and then kept back."""
        self._taken: dict[tuple[bytes, int], list[str]] = {}
        """The files that were accepted under a sender's number."""

    # What comes in

    def read(self, report: Report) -> list[Content] | None:
        """What the messages of a file that is read now must be; ``None`` for one that came before and has no effect."""
        if not self.terms.knows(report.sender):
            return ["unassigned"] * 3
        taken = self._taken.get((report.sender, report.number), [])
        if report.name in taken:
            return None
        if taken or report.kind == "miscounted":
            return ["rejected"] * 3
        self._taken.setdefault((report.sender, report.number), []).append(report.name)
        return [self.judged(report, position) for position in (1, 2, 3)]

    def judged(self, report: Report, position: int) -> Content:
        """What one message of a file must be, judged by itself."""
        if position == 3 or (position == 2 and report.kind == "odd" and not self.terms.tolerant):
            return "rejected"
        return "accepted"

    def made(self, message_id: str, key: Key, content: Content, *, owed: bool = False) -> None:
        """There is a message."""
        self.messages[message_id] = Message(key, content, "waiting" if owed and content == "accepted" else None)
        if content == "accepted":
            self.effects[key] += 1

    # Answers

    def answered(self, message_id: str, says: Says) -> None:
        """The receiver of a message said this about it."""
        message = self.messages[message_id]
        heard = MEANS[says]
        if message.owed in ("overdue", "withdrawn"):
            message.owed = message.owed if heard == "partially-met" else heard
        elif message.owed is not None:
            message.owed = max(message.owed, heard, key=SCALE.index)

    def ran_out(self, due: dict[str, datetime], now: datetime) -> None:
        """Somebody looked at the clock; ``due`` says by when the answer to a message has to be there."""
        for message_id, moment in due.items():
            message = self.messages[message_id]
            if message.owed in ("waiting", "partially-met") and moment <= now:
                message.owed = "overdue"

    # People

    def dismissed(self, message_id: str) -> None:
        """Nobody waits for anything about this message any more."""
        message = self.messages[message_id]
        if message.content == "unassigned":
            message.content = "dismissed"
        self._withdrawn(message)

    def sent_again(self, message_id: str) -> None:
        """The same bytes go once more: what was refused, or not answered, is awaited anew."""
        message = self.messages[message_id]
        if message.owed not in (None, "met", "met-with-errors"):
            message.owed = "waiting"

    def superseded(self, message_id: str) -> None:
        """It was made again as another; what had no effect never has one now."""
        message = self.messages[message_id]
        if message.content != "accepted":
            message.content = "reprocessed"

    def kept_back(self, message_id: str, *, seen: bool) -> None:
        """Its delivery was cancelled; ``seen`` if it had arrived all the same, and nobody could know."""
        message = self.messages[message_id]
        self.effects[message.key] -= 1
        self.unsure[message.key] += seen
        self._withdrawn(message)

    def _withdrawn(self, message: Message) -> None:
        if message.owed in ("waiting", "partially-met", "overdue"):
            message.owed = "withdrawn"
