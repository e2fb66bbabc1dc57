"""What a partner agreed on about the acknowledgments it gets: how much they say, and how.

The standards leave room. A CONTRL may name the messages it accepts or pass them over, a 997 may have a loop for each
set or only for the faulty ones, and of something missing one partner wants the segment before the gap, the next the one
behind it. None of it changes a verdict: two acknowledgments on different terms never contradict each other.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from translators.elements import STANDARD
from translators.finding import Finding
from translators.syntax import MessageKind

Detail = Literal["full", "faults", "rejects"]
"""Which messages are named: all; those with faults that are told; those that are rejected."""

_NEVER_ANSWERED = frozenset({"CONTRL", "997", "999", "TA1"})
_BY_AGREEMENT = frozenset({"APERAK", "824"})
_MISSING = frozenset({"segment-missing", "group-missing"})


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms on which an acknowledgment is written; what nobody agreed on is as the standards suggest."""

    detail: Detail | None = None
    """``None``: a CONTRL names what it rejects, a 997 and a 999 name every set."""
    note_warnings: bool = False
    """Whether warnings are told: "accepted, with errors noted" (E). CONTRL has no such verdict and stays silent."""
    receipt_only: bool = False
    """CONTRL: "received" (UCI 8) and nothing about the content, unless the interchange itself falls."""
    missing_at_next: bool = False
    """Of something missing, the position where that was noticed, instead of the last one before the gap."""
    most_copied: int = 99
    """How many characters of a faulty value are repeated; 0 repeats none (X12 724 has 99 at most)."""
    withheld: frozenset[str] = frozenset()
    """Elements of which nothing is repeated, for what must not be in an acknowledgment: ``NM1/9``."""
    answered: frozenset[str] = frozenset()
    """Acknowledgments of the application that are acknowledged all the same: APERAK, 824. No others can be."""
    version: str = ""
    """The version in which the answer is written, where it is not that of what it answers."""
    delimiters: str = ""
    """X12: the delimiters of the envelope the answer will travel in, when they are others than the usual ones."""
    document_group: bool = False
    """APERAK: name the document in a DOC group, which the message has from D.99A on."""


USUAL = Terms()
"""The terms where nothing was agreed on."""


def is_answered(kind: MessageKind, terms: Terms) -> bool:
    """Whether a message of this kind is acknowledged: none that is itself one, except by agreement."""
    if kind.type in _BY_AGREEMENT:
        return kind.type in terms.answered
    return kind.type not in _NEVER_ANSWERED


def position(finding: Finding, terms: Terms) -> int:
    """The position that is told of a finding inside a message, header 1; 0 where it has none."""
    at = finding.where.segment_position or 0
    return at + 1 if terms.missing_at_next and at and finding.code in _MISSING else at


def of_guide(finding: Finding) -> bool:
    """Whether the broken rule is a guide's (an industry's, a partner's) and not the standard's own."""
    return finding.guide not in (None, STANDARD)


def of_withheld(finding: Finding, terms: Terms) -> bool:
    """Whether a finding stands at an element of which nothing may be repeated, not even within its text."""
    where = finding.where
    names = {f"{where.segment}/{where.element}", f"{where.segment}/{where.element}.{where.component or 1}"}
    return not names.isdisjoint(terms.withheld)


def copied(finding: Finding, terms: Terms) -> str:
    """The faulty value as far as it may be repeated."""
    return "" if of_withheld(finding, terms) else (finding.value or "")[: terms.most_copied]
