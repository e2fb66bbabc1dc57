"""What an interchange that goes out is made of, and what comes of writing it.

An :class:`Envelope` says who writes to whom under which number; its :class:`Layout` says how the bytes look, and what
happens to text that they cannot carry. Inside stand messages (:class:`Outgoing`), groups of them, and packages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal, overload

import msgspec

from translators.finding import Finding
from translators.syntax import Address, MessageKind
from translators.tree import Node

_DELIMITER = re.compile(r"[\t\x1c-\x1f!-/:-@\[-`{-~]")
_TERMINATOR = re.compile(r"[\n\r\x1c-\x1f!-/:-@\[-`{-~]")
NARROWEST, WIDEST = 20, 200
"""Columns of a wrapped file; readers recognise widths from about 20 to about 200 (80 and 128 are met)."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How the bytes of an interchange look, and what becomes of what they cannot carry.

    ``ValueError`` for a value that has no meaning; these are faults of the caller.
    """

    newline: Literal["", "\n", "\r\n"] = ""
    """What stands behind each segment's terminator, for people who look at files; or, with ``wrap``, at each column."""
    final_newline: Literal["", "\n", "\r\n"] | None = None
    """What stands behind the interchange; ``None``: what stands behind each segment."""
    wrap: int = 0
    """Columns after which a line break is put, wherever it falls; 0 for none."""
    keep_trailing: bool = False
    """Write trailing empty elements and components as the message has them, for partners who count separators."""
    unencodable: Literal["error", "substitute", "upper"] = "error"
    """What becomes of characters outside the character set: an error; the table's substitute, else a transliteration,
    else ``substitute``; or their capitals, as far as these can be sent (UNOA has no small letters)."""
    delimiter_in_data: Literal["error", "substitute"] = "error"
    """What becomes of a delimiter inside data where nothing can release it (X12), if no other can be chosen."""
    alternatives: str = ""
    """Characters the partner takes for delimiters: one that the data leaves free stands in for one that it holds."""
    substitutes: dict[str, str] = {}
    """The partner's own table: character to text."""
    substitute: str = "?"
    """Stands for what has neither a substitute in the table nor a transliteration."""

    def __post_init__(self) -> None:
        for each in (self.newline, self.final_newline or ""):
            if each not in ("", "\n", "\r\n"):
                raise ValueError(f"{each!r} is no line break; LF and CRLF are")
        if self.wrap and not NARROWEST <= self.wrap <= WIDEST:
            raise ValueError(f"lines of {self.wrap} columns: {NARROWEST} to {WIDEST} can be written, or 0 for no lines")
        if not all(_DELIMITER.fullmatch(each) for each in self.alternatives):
            raise ValueError(f"the alternatives {self.alternatives!r} hold something that cannot be a delimiter")
        if not all(len(each) == 1 for each in (*self.substitutes, self.substitute)):
            raise ValueError("a substitute stands for one character, and the last resort is one")

    @property
    def line_break(self) -> str:
        """The line break of a wrapped file."""
        return self.newline or "\n"


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The outside of an interchange. What is ``None`` or empty is the standard's default.

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
    test_indicator: str = ""
    """EDIFACT 0035 and X12 ISA15 as they go out, where ``test`` does not say it: 2 to 4 in syntax 4, or ``I``."""
    request_acknowledgment: bool = False
    charset: str = "UNOC"
    """EDIFACT 0001. X12 names no character set; its text is encoded in this one all the same."""
    encoding: str = ""
    """A Python codec by agreement with the partner, whatever the envelope names."""
    layout: Layout = Layout()

    # UNA and UNB.
    syntax_version: int = 3
    """EDIFACT 0002."""
    advice: Literal["needed", "always", "never"] = "needed"
    """When a UNA is written: where it says something other than the usual, or else; ``never`` is an error if needed."""
    decimal: Literal[".", ","] = "."
    """The decimal mark. A body has points; a guide tells which values are numbers, and those get this mark."""
    code_list_version: str = ""
    """0080; syntax 4 only, left out below."""
    character_encoding: str = ""
    """0133, which decides over ``charset``; syntax 4 only, left out below."""
    password: str = ""
    """0022."""
    password_qualifier: str = ""
    """0025: AA for a reference, BB for a password."""
    application_reference: str = ""
    """0026."""
    priority: str = ""
    """0029: a letter, A the highest."""
    receipt_only: bool = False
    """0031 is 2 instead of 1: the acknowledgment that is requested says no more than that the interchange came."""
    agreement: str = ""
    """0032."""

    # ISA and GS.
    control_version: str = "00401"
    """X12 ISA12."""
    authorization: tuple[str, str] = ("00", "")
    """X12 ISA01 and ISA02."""
    security: tuple[str, str] = ("00", "")
    """X12 ISA03 and ISA04."""
    implementation_reference: bool | None = None
    """Whether ST03 repeats a guide that GS08 names; ``None``: from 005010 on. 004020 is the first that has it."""

    group_sender: str = ""
    """X12 GS02, EDIFACT 0040; empty: the interchange's."""
    group_receiver: str = ""
    """X12 GS03, EDIFACT 0044; empty: the interchange's."""
    group_number: str = "1"
    """X12 GS06 of the messages that are given without a group."""
    element: str | None = None
    component: str | None = None
    repetition: str | None = None
    release: str | None = None
    """In X12 only from control version 00704 on, where an ISX announces it; none unless it is given."""
    terminator: str | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("the envelope's time has no zone; give an aware datetime")
        for name in ("element", "component", "repetition", "release", "terminator"):
            value = getattr(self, name)
            if value is not None and not (_TERMINATOR if name == "terminator" else _DELIMITER).fullmatch(value):
                raise ValueError(
                    f"the {name} delimiter {value!r} must be one ASCII character, no letter, digit or blank"
                )

    @property
    def utc(self) -> datetime:
        """The time of preparation in UTC."""
        return self.at.astimezone(UTC)


class Body(Sequence[Node]):
    """Segments that are made each time they are gone through, for an answer as long as what it answers.

    ``make`` has to give the same ones each time.
    """

    def __init__(self, make: Callable[[], Iterator[Node]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[Node]:
        return self._make()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @overload
    def __getitem__(self, index: int) -> Node: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Node]: ...

    def __getitem__(self, index: int | slice) -> Node | Sequence[Node]:
        return tuple(self)[index]


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One message to be written: its body without header and trailer, as segments or as a tree of them."""

    kind: MessageKind
    reference: str
    """0062, or ST02; digits are padded to the four that ST02 has at least."""
    body: Sequence[Node]
    functional: str = ""
    """X12 GS01 of a transaction set that :data:`translators.functional_groups.FUNCTIONAL_GROUPS` does not know."""


class OutgoingGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Messages that travel in one UNG..UNE or GS..GE; what the header says of their type is taken from them."""

    number: str
    """UNG 0048, or GS06."""
    messages: tuple[Outgoing, ...]
    sender: Address | None = None
    """The application that sends; ``None``: the envelope's."""
    receiver: Address | None = None
    password: str = ""
    """UNG 0058."""
    version: str = ""
    """X12 GS08; empty: the messages' own. They may name a guide in ST03 that the group does not."""


class OutgoingPackage(msgspec.Struct, frozen=True, kw_only=True):
    """An object of any bytes beside the messages: EDIFACT UNO..UNP (ISO 9735-8), syntax 4."""

    reference: str
    """0800."""
    identification: tuple[str, ...]
    """S020: 0813 (what the identification is) and 0802."""
    object_type: tuple[str, ...]
    """S021: 0805 (what the type is stated as), 0809, 0808, 0051."""
    data: bytes


Content = Outgoing | OutgoingGroup | OutgoingPackage


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message stands in what was written, header to trailer, and the reference it got."""

    reference: str
    offset: int
    length: int
    group: str = ""
    """The number of the group it stands in."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """The bytes of an interchange, where its messages are, and what is wrong. With an error: do not send it."""

    data: bytes
    messages: list[Span]
    findings: list[Finding]

    @property
    def sendable(self) -> bool:
        """Whether no finding is an error."""
        return not any(finding.fatal for finding in self.findings)
