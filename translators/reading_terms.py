"""What two parties settled about reading: where a standard leaves something open, or a partner departs from it.

The parties are known as soon as an interchange's header is, which is ASCII whatever follows, and nothing behind the
header has been read by then. So terms are asked for once for each interchange, by its :class:`Heading`, and hold for
all of it; a file with interchanges of several partners is read in one pass, each as its own partner writes.

Two terms concern the file and not an interchange: whether a fixed line width is taken for a wrap, and whether EBCDIC
is converted. For those the first interchange's header is looked at beforehand, as it would be read then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from translators import charset as charsets
from translators.charset import Charset
from translators.syntax import Address, Syntax

Release = Literal["drop", "strict", "literal"]
LineBreakSeverity = Literal["error", "warning", "off"]
LineBreakValue = Literal["keep", "strip", "space"]
CodePage = Literal["", "cp037", "cp500"]

_NEW_LINE = 0x15
"""NEL, which ends lines on the systems that write EBCDIC."""


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """What an interchange's header says of it."""

    syntax: Syntax
    sender: Address
    receiver: Address
    control_number: str
    version: str
    """``UNOC:3``, or ISA12."""
    date: str
    test: bool


class ReadingTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How the files of a partner are read. ``ValueError`` for a character set or a separator that cannot be one."""

    charset: str = ""
    """Instead of what the interchange names: an identifier such as ``UNOY``, or a Python codec that keeps ASCII."""
    release: Release = "drop"
    """EDIFACT, a release before an ordinary character: it is dropped, with a note; that is an error; or both are data,
    and nothing is said."""
    repetition: str = ""
    """EDIFACT below syntax version 4, which has none: the character that separates repetitions all the same."""
    syntax_version: int | None = None
    """EDIFACT: the version (0002) of an interchange that states none; the default is 3."""
    lenient_header: bool = False
    """X12: an ISA whose elements have other lengths is read with a warning; it is an error otherwise."""
    line_breaks: LineBreakSeverity = "error"
    """How bad a line break inside data is."""
    line_break_value: LineBreakValue = "keep"
    """What becomes of it in the value; the raw bytes keep it."""
    unwrap: bool = True
    """Whether line breaks at a fixed width are taken out when they are found."""

    ebcdic: CodePage = ""
    """The code page of a file in EBCDIC, which is then read as if it had come in ISO 8859-1; it is refused otherwise.
    Offsets stay those of the file, since each character is one byte in both."""

    def __post_init__(self) -> None:
        if self.charset:
            charsets.named(self.charset)
        repetition = self.repetition
        if repetition and (len(repetition) != 1 or not "!" <= repetition <= "~" or repetition.isalnum()):
            raise ValueError(f"`{repetition}` cannot separate repetitions; one character can, no letter or digit")
        if self.syntax_version is not None and not 1 <= self.syntax_version <= 4:
            raise ValueError(f"there is no syntax version {self.syntax_version}; there are 1 to 4")

    @property
    def forced(self) -> Charset | None:
        """The character set that stands instead of the interchange's own, if there is one."""
        return charsets.named(self.charset) if self.charset else None


USUAL = ReadingTerms()
"""As the standards have it."""

TermsFor = Callable[[Heading], ReadingTerms]
"""The terms of an interchange, by its header."""


def always(terms: ReadingTerms | TermsFor | None) -> TermsFor:
    """Terms that hold for whatever is read, as a function of the heading; a function is returned as it is."""
    if terms is None:
        return lambda _: USUAL
    if isinstance(terms, ReadingTerms):
        return lambda _: terms
    return terms


def to_latin(page: CodePage) -> bytes:
    """The table by which bytes of an EBCDIC code page become ISO 8859-1; these pages have the same 256 characters."""
    table = bytearray(bytes(range(256)).decode(page).encode("iso8859_1"))
    table[_NEW_LINE] = 0x0A
    return bytes(table)
