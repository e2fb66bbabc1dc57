"""Which messages are meant: filters that ``messages search`` shares with the commands that work on what it finds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
import typer
from sqlalchemy import Connection

from gateway.arrival import printable
from gateway.cli.output import fail, table
from gateway.exchange import ContentStatus, DeliveryStatus, ReceiptStatus
from gateway.ledger import search
from gateway.ledger.search import Hit

PartyOption = Annotated[str | None, typer.Option("--party", help="Only of this party.")]
DirectionOption = Annotated[
    Literal["in", "out"] | None, typer.Option("--direction", help="Only what came in, or went out.")
]
TypeOption = Annotated[str | None, typer.Option("--type", help="Only of this type, such as IFTSTA.")]
ContentOption = Annotated[ContentStatus | None, typer.Option("--content", help="Only where the content was so judged.")]
DeliveryOption = Annotated[DeliveryStatus | None, typer.Option("--delivery", help="Only where it stands so.")]
ReceiptOption = Annotated[ReceiptStatus | None, typer.Option("--receipt", help="Only where it stands so.")]
SinceOption = Annotated[
    str | None,
    typer.Option("--since", help="Only from then on: 2026-10-01 or 2026-10-01T09:30, in UTC.", metavar="TIME"),
]
UntilOption = Annotated[str | None, typer.Option("--until", help="Only before then.", metavar="TIME")]


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody looks for; what is not given is not asked for."""

    query: str = ""
    party: str | None = None
    direction: Literal["in", "out"] | None = None
    type: str | None = None
    content: ContentStatus | None = None
    delivery: DeliveryStatus | None = None
    receipt: ReceiptStatus | None = None
    since: str | None = None
    until: str | None = None

    def find(self, connection: Connection, *, limit: int, before: str | None = None) -> list[Hit]:
        """The newest messages that fit; the page after the message ``before``."""
        return search.messages(
            connection,
            self.query,
            party=self.party,
            direction=self.direction,
            type=self.type,
            content=[self.content] if self.content else (),
            delivery=[self.delivery] if self.delivery else (),
            receipt=[self.receipt] if self.receipt else (),
            since=_moment("--since", self.since),
            until=_moment("--until", self.until),
            limit=limit,
            before=before,
        )

    def check(self) -> None:
        """End the command where a moment is none."""
        _moment("--since", self.since)
        _moment("--until", self.until)


def _moment(option: str, text: str | None) -> datetime | None:
    """A day or a moment in ISO 8601; UTC where it says nothing else."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{option} {printable(text)!r} is no day and no moment", "write it as 2026-10-01 or 2026-10-01T09:30")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def show_hits(hits: list[Hit]) -> None:
    """A line for each message that was found."""
    table(
        ("message", "at (UTC)", "", "type", "partner"),
        [_row(hit) for hit in hits],
        details=("control no.", "content", "delivery", "receipt", "file"),
    )


def _row(hit: Hit) -> tuple[str, ...]:
    m = hit.message
    return (
        m.id,
        f"{m.at:%Y-%m-%d %H:%M:%S}",
        m.direction,
        printable(m.type, 12),
        m.party or "?",
        printable(hit.control_number or "", 20),
        m.content,
        m.delivery,
        m.receipt,
        printable(hit.file or "", 60),
    )
