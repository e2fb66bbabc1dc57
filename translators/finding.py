"""What is wrong inside a message, as a value.

A ``Finding`` is the one error model of the engine. Reading, validating and mapping produce findings; a report, a
CONTRL, a 997 or a JSON document are renderings of them, so they can never disagree. Codes are ours, stable and listed
in :mod:`translators.codes`; the codes of the standards are derived from them there and nowhere else.

Nothing in a readable interchange raises: one bad message never hides the next, and the first fault of a message never
hides its second.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "note"]
Layer = Literal["syntax", "envelope", "guide", "code", "schema", "rule"]


class Where(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The place of a finding, as exact as it is known; what is not known is ``None``.

    ``segment_position`` counts the message's segments with the header (UNH, ST) as 1. ``element`` counts the first
    element after the tag as 1 and ``component`` the first component as 1: these are X12's counts; CONTRL counts the tag
    as 1 and :mod:`translators.contrl` adds the one. ``line`` and ``column`` start at 1, ``offset`` at 0, and all three
    are places in the file as it was received, also when the file was wrapped or began with a byte order mark.
    """

    interchange: str | None = None
    group: str | None = None
    message: str | None = None
    package: str | None = None
    """The reference (0800) of the EDIFACT package it is in."""
    segment: str | None = None
    segment_position: int | None = None
    element: int | None = None
    component: int | None = None
    repetition: int | None = None
    path: str | None = None
    line: int | None = None
    column: int | None = None
    offset: int | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that is wrong, or worth knowing, and where; ``code`` is a key of :data:`translators.codes.CODES`."""

    code: str
    severity: Severity
    text: str
    where: Where
    layer: Layer
    value: str | None = None
    guide: str | None = None
    """The guide layer whose rule was broken (``standard``, or a partner layer's name); ``None`` outside guides."""

    @property
    def fatal(self) -> bool:
        """Whether the level this finding stands at is rejected because of it."""
        return self.severity == "error"
