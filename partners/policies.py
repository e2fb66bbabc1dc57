"""Policies: how a partner's habits are taken, in one flow.

A guide says what is right. How bad it is when a partner does otherwise is for the two parties to settle, and differs
from partner to partner: one sends a segment of its own that nobody minds, another one shall be told. What is not said
here is as the guide has it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from partners.model import Model
from partners.scalars import Form

Treatment = Literal["reject", "warn", "keep"]
"""``reject``: the message is refused; ``warn``: accepted, with a warning; ``keep``: accepted, with a note."""

FindingCode = Annotated[str, Form("[a-z][a-z0-9-]*", "a finding code such as code-unknown")]


class Policies(Model):
    """How what a partner does against its guide is taken."""

    unknown_segments: Treatment | None = None
    """Segments that the standard does not have."""
    unexpected_segments: Treatment | None = None
    """Segments that the standard has, and this message does not."""
    unused: Treatment | None = None
    """Segments and elements that the guide excludes."""
    extra_elements: Treatment | None = None
    """Elements behind the last one that a segment has."""
    extra_components: Treatment | None = None
    """Components behind the last one that a composite has, and components in a simple element."""
    trailing_separators: Treatment | None = None
    """Separators with nothing behind them."""
    empty_repetitions: Treatment | None = None
    """Repetition separators with nothing between them."""
    needless_release: Treatment | None = None
    """EDIFACT release characters before a character that needs none."""
    findings: dict[FindingCode, Literal["error", "warning", "note", "off"]] = Field(default_factory=dict)
    """How bad any other finding is, by its code; ``off`` leaves it out. It has the last word."""
