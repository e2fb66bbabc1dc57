"""What an interchange that goes out is made of, and what comes of writing it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from translators.finding import Finding
from translators.syntax import Address, MessageKind
from translators.tree import Node


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The outside of an interchange. What is ``None`` is the standard's default.

    ``ValueError`` for a time without a zone and for a delimiter that is not one ASCII character: these are faults of
    the caller. What a partner's names and numbers do wrong are findings of the writer.
    """

    syntax: Literal["edifact", "x12"]
    sender: Address
    receiver: Address
    control_number: str
    """UNB 0020, or the nine digits of ISA13, as it goes out."""
    at: datetime
    """When the interchange was prepared; aware, and written in UTC."""
    test: bool = False
    request_acknowledgment: bool = False
    charset: str = "UNOC"
    """EDIFACT 0001. X12 names no character set; its text is encoded in this one all the same."""
    syntax_version: int = 3
    """EDIFACT 0002."""
    advice: bool = False
    """Write a UNA although all delimiters are the usual ones; with others one is always written."""
    control_version: str = "00401"
    """X12 ISA12."""
    group_sender: str = ""
    """X12 GS02; empty: the ISA's id."""
    group_receiver: str = ""
    """X12 GS03; empty: the ISA's id."""
    group_number: str = "1"
    """X12 GS06."""
    element: str | None = None
    component: str | None = None
    repetition: str | None = None
    release: str | None = None
    """EDIFACT only."""
    terminator: str | None = None
    newline: bool = False
    """A line feed behind each segment, for people who look at files."""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("the envelope's time has no zone; give an aware datetime")
        for name in ("element", "component", "repetition", "release", "terminator"):
            value = getattr(self, name)
            if value is not None and (len(value) != 1 or not value.isascii() or value.isalnum() or value in " \0"):
                raise ValueError(
                    f"the {name} delimiter {value!r} must be one ASCII character, no letter, digit or blank"
                )

    @property
    def utc(self) -> datetime:
        """The time of preparation in UTC."""
        return self.at.astimezone(UTC)


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One message to be written: its body without header and trailer, as segments or as a tree of them."""

    kind: MessageKind
    reference: str
    """0062, or ST02; digits are padded to the four that ST02 has at least."""
    body: tuple[Node, ...]


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message stands in what was written, header to trailer, and the reference it got."""

    reference: str
    offset: int
    length: int


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """The bytes of an interchange, where its messages are, and what is wrong. With an error: do not send it."""

    data: bytes
    messages: list[Span]
    findings: list[Finding]

    @property
    def sendable(self) -> bool:
        """Whether no finding is an error."""
        return not any(finding.fatal for finding in self.findings)
