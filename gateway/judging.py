"""Which guide a message is judged by: the one its flow names, or the bare standard's where there is no flow.

The answer is a guide, or the finding that says why there is none; the finding becomes part of the message's judgement
and so of the acknowledgment. A message without a guide stays whole and can be looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import msgspec

from gateway.catalogue import Catalogue
from gateway.wiring import error, message_place, severities
from translators.answers import is_acknowledgment
from translators.dates import envelope_day
from translators.finding import Finding, Where
from translators.guide import Guide
from translators.lookup import Alias, guide_names, meant_version, nearest_version
from translators.syntax import Group, Interchange, Message, MessageKind, Source

if TYPE_CHECKING:
    from partners import Agreement, Flow, Recognition

GuideFor = Callable[[Interchange, Group, Message], Guide | Finding | Alias]


def guide_name(syntax: str, kind: MessageKind) -> str:
    """The name that the standard's own guide for such a message has."""
    return f"{syntax}/{kind.version}/{kind.type}"


def guide_of_standard(catalogue: Catalogue, source: Source) -> GuideFor:
    """Judges every message by the standard that it names."""
    # The messages of a file are of few kinds, and a look-up takes a lock and makes names.
    of_kind = lru_cache(maxsize=64)(partial(_plainly_named, catalogue))

    def guide_for(interchange: Interchange, group: Group, message: Message) -> Guide | Finding | Alias:
        guide = of_kind(interchange.syntax, message.kind)
        return guide if guide is not None else _of_standard(catalogue, interchange, group, message, source)

    return guide_for


class FlowGuides:
    """Judges every message by its flow, and remembers which flow that was.

    Dated layers and codes are those of the day that the interchange states, or of ``received`` where that is no day.
    Acknowledgments need no flow: that they may be sent follows from what they answer.
    """

    def __init__(
        self, catalogue: Catalogue, recognition: Recognition, source: Source, received: date | None = None
    ) -> None:
        self._catalogue = catalogue
        self._recognition = recognition
        self._source = source
        self._received = received
        self.flows: dict[int, tuple[Agreement, Flow]] = {}
        """Agreement and flow by ``id()`` of the message; the caller holds the messages as long as this."""

    def __call__(self, interchange: Interchange, group: Group, message: Message) -> Guide | Finding | Alias:
        """The guide with the flow's layers and policies, or why there is none."""
        kind = message.kind
        pair = self._recognition.flow_for("in", interchange.syntax, kind.type, kind.version)
        meant = meant_version(interchange.syntax, kind.version) if pair is None else None
        if meant is not None:
            pair = self._recognition.flow_for("in", interchange.syntax, kind.type, meant)
        if pair is None and is_acknowledgment(kind):
            return _of_standard(self._catalogue, interchange, group, message, self._source)
        if pair is None:
            return self._not_agreed(interchange, group, message)
        agreement, flow = pair
        self.flows[id(message)] = pair
        on = envelope_day(interchange.date) or self._received
        guide = self._catalogue.guide(flow.guide, flow.guide_layers, on=on, severities=severities(flow))
        if guide is None:
            raise LookupError(f"agreement `{agreement.id}`, flow `{flow.id}`: there is no guide `{flow.guide}`")
        return _alias(guide, interchange, group, message, self._source) if meant else guide

    def _not_agreed(self, interchange: Interchange, group: Group, message: Message) -> Finding:
        agreement, kind = self._recognition.agreement, message.kind
        if agreement is None:
            text = self._recognition.text
        elif isinstance(found := _of_standard(self._catalogue, interchange, group, message, self._source), Finding):
            return found
        else:
            text = agreement.why_no_flow("in", interchange.syntax, kind.type, kind.version)
        where = message_place(interchange, group, message, self._source)
        return error("message-not-agreed", text, _at_type(interchange, where, 1), kind.type)


def _plainly_named(catalogue: Catalogue, syntax: str, kind: MessageKind) -> Guide | None:
    """The guide under one of the names that a header gives it as it should."""
    return next((guide for name in guide_names(syntax, kind) if (guide := catalogue.guide(name)) is not None), None)


def _of_standard(
    catalogue: Catalogue, interchange: Interchange, group: Group, message: Message, source: Source
) -> Guide | Finding | Alias:
    kind = message.kind
    if (guide := _plainly_named(catalogue, interchange.syntax, kind)) is not None:
        return guide
    meant = meant_version(interchange.syntax, kind.version)
    if meant is not None:
        for name in guide_names(interchange.syntax, msgspec.structs.replace(kind, version=meant)):
            if (guide := catalogue.guide(name)) is not None:
                return _alias(guide, interchange, group, message, source)
    return _unknown(catalogue, interchange, group, message, source)


def _alias(guide: Guide, interchange: Interchange, group: Group, message: Message, source: Source) -> Alias:
    where = message_place(interchange, group, message, source)
    text = f"the header calls its version {message.kind.version!r}, which is none; it was read as {guide.version}"
    finding = error("message-version-form", text, _at_type(interchange, where, 2), message.kind.version)
    return Alias(guide, msgspec.structs.replace(finding, severity="warning"))


def _unknown(catalogue: Catalogue, interchange: Interchange, group: Group, message: Message, source: Source) -> Finding:
    kind = message.kind
    versions = catalogue.versions.get(interchange.syntax, {})
    where = message_place(interchange, group, message, source)
    nearest = nearest_version(kind.version, [version for version, kinds in versions.items() if kind.type in kinds])
    if nearest is not None:
        text = f"there is no guide for {kind.type} in {kind.version}; the nearest that there is, is {nearest}"
        return error("message-type-unknown", text, _at_type(interchange, where, 3), kind.version)
    text = f"there is no guide for {kind.type} {kind.version}; " + (
        f"{kind.version} has no message of that name"
        if kind.version in versions
        else "the message can be looked at, not judged"
    )
    return error("message-type-unknown", text, _at_type(interchange, where, 1), kind.type)


def _at_type(interchange: Interchange, where: Where, component: int) -> Where:
    """The place in the header that names the type: UNH S009 (0065 is its first component, 0054 its third), or ST01."""
    if interchange.syntax == "edifact":
        return msgspec.structs.replace(where, element=2, component=component)
    return msgspec.structs.replace(where, element=1)
