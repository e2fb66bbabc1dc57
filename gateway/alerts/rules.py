"""Which rules apply to what happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from gateway.alerts.causes import ends
from gateway.alerts.settings import AlertRule


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """Something that rules may be about."""

    topic: str
    """The cause of a case, or the type of an event."""
    subject: str
    """The case, or what the event is about: ``c-…``, ``m-…``, ``t-…``."""
    about: str
    """What the case is about; of an event the same as ``subject``."""
    party: str | None
    flow: str | None
    """Its full name, ``agreement/flow``."""
    at: datetime


class Matcher:
    """The rules, ready to be asked often."""

    def __init__(self, rules: Iterable[AlertRule]) -> None:
        self._rules = [(rule, rule.topics) for rule in rules]
        self.topics = frozenset().union(*(topics for _, topics in self._rules))
        """Every cause and event that any rule is about."""
        self.events = frozenset(topic for topic in self.topics if not ends(topic))
        """The events among them."""
        self.by_flow = any(rule.flows for rule, _ in self._rules)
        """Whether it matters to any rule which flow something belongs to."""

    def matching(self, happened: Happened) -> list[AlertRule]:
        """The rules that what happened is told by."""
        return [
            rule
            for rule, topics in self._rules
            if happened.topic in topics
            and (not rule.parties or happened.party in rule.parties)
            and (not rule.flows or happened.flow in rule.flows)
        ]
