"""How a partner's interchanges are read, where a standard leaves it open or the partner departs from it.

It stands in the agreement and not in a flow: it is needed as soon as an interchange's header says whose it is, before
any message in it, and so any flow, is known. What a partner does inside messages is weighed by a flow's policies.

What is not given has the standard's default, and is not part of the resolved profile.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from partners.model import Model
from partners.scalars import Form, Switch, Whole

_Encoding = Literal[
    "ascii",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-5",
    "iso-8859-7",
    "iso-8859-9",
    "iso-8859-15",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "cp850",
    "utf-8",
]


class LineBreaks(Model):
    """How line breaks inside data are taken."""

    severity: Literal["error", "warning", "off"] | None = None
    """How bad one is; the default is error."""
    value: Literal["keep", "strip", "space"] | None = None
    """What becomes of it in the value that maps and checks see; the default is keep. The archive keeps what came."""


class EdifactReading(Model):
    """How EDIFACT interchanges are read."""

    encoding: _Encoding | None = None
    """The encoding by agreement, whatever the envelope names."""
    release: Literal["drop", "strict", "literal"] | None = None
    """A release before a character that needs none: it is dropped, with a note (the default); that is an error; or both
    characters are data."""
    repetition_separator: (
        Annotated[str, Form(r"[!-/:-@\[-`{-~]", "one delimiter character, no letter or digit")] | None
    ) = None
    """The repetition separator below syntax version 4, which has none."""
    syntax_version: Annotated[Whole, Field(ge=1, le=4)] | None = None
    """The version of interchanges that state none (0002); the default is 3."""
    line_breaks: LineBreaks | None = None
    unwrap: Literal["auto", "never"] | None = None
    """Whether line breaks at a fixed width are taken out; the default is auto: where they are certain to be a wrap."""
    ebcdic: Literal["cp037", "cp500"] | None = None
    """The code page of files in EBCDIC, which are converted then; without it they are refused."""


class X12Reading(Model):
    """How X12 interchanges are read."""

    encoding: _Encoding | None = None
    """The encoding by agreement; the default is iso-8859-1."""
    lenient_header: Switch | None = None
    """Whether an ISA of other than 106 bytes is read with a warning; it is an error otherwise."""
    line_breaks: LineBreaks | None = None
    unwrap: Literal["auto", "never"] | None = None
    """Whether line breaks at a fixed width are taken out; the default is auto: where they are certain to be a wrap."""
    ebcdic: Literal["cp037", "cp500"] | None = None
    """The code page of files in EBCDIC, which are converted then; without it they are refused."""


class ReadingSettings(Model):
    """How the partner's interchanges are read, by standard."""

    edifact: EdifactReading | None = None
    x12: X12Reading | None = None

    def of(self, standard: str) -> EdifactReading | X12Reading | None:
        """What is said of a standard."""
        return {"edifact": self.edifact, "x12": self.x12}.get(standard)
