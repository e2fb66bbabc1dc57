"""A notice: what one rule tells at one moment, about one thing or many alike.

Its content is settled when it is decided and kept with it, so that every attempt, and every destination, says the same
under the same id.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

NoticeKind = Literal["alert", "reminder", "resolved", "test"]
AlertSeverity = Literal["critical", "warning", "info"]
"""How urgent the rule says that it is: somebody gets up at night; today; when there is time."""

MOST_ITEMS = 20
"""Things that a notice names one by one; of the others it says how many there are."""
MOST_PARENTS = 10
"""Earlier notices that one names, so that a reader's program puts them into one thread."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is told."""

    topic: str
    """The cause of a case, or the type of an event."""
    subject: str
    """The case, ``c-…``; of an event the message or transmission, ``m-…`` or ``t-…``."""
    about: str
    """The transmission, interchange, message, channel, flow or certificate that a case is about."""
    since: datetime


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is told."""

    id: str
    """``n-…``; the same in every attempt."""
    kind: NoticeKind
    rule: str
    severity: AlertSeverity = "warning"
    party: str | None
    """The partner that all of it is about."""
    at: datetime
    """When it was decided."""
    count: int
    topics: Mapping[str, int]
    """How many there are of each cause or event."""
    items: tuple[Item, ...]
    """The oldest of them, at most :data:`MOST_ITEMS`."""
    parents: tuple[str, ...] = ()
    """The notices in which these things were told first."""


_WORDS: Mapping[NoticeKind, str] = {"reminder": "still ", "resolved": "over: "}


def headline(notice: Notice) -> str:
    """A line for a subject: party and cause, and how many."""
    if notice.kind == "test":
        return "a test"
    shown = sorted(notice.topics, key=lambda topic: (-notice.topics[topic], topic))
    what = ", ".join(topic if notice.topics[topic] == 1 else f"{notice.topics[topic]} {topic}" for topic in shown[:3])
    word = _WORDS.get(notice.kind, "")
    more = f" and {len(shown) - 3} more causes" if len(shown) > 3 else ""
    return f"{notice.party or 'gateway'}: {word}{what}{more}"
