"""Which guide a message is judged by: the one its flow names, or the bare standard's where there is no flow.

The answer is a guide, or the finding that says why there is none; the finding becomes part of the message's judgement
and so of the acknowledgment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from gateway.catalogue import Catalogue
from gateway.wiring import error, message_place
from translators.answers import is_acknowledgment
from translators.finding import Finding, Where
from translators.guide import Guide
from translators.syntax import Group, Interchange, Message, MessageKind, Source

if TYPE_CHECKING:
    from partners import Agreement, Flow, Recognition

GuideFor = Callable[[Interchange, Group, Message], Guide | Finding]


def guide_name(syntax: str, kind: MessageKind) -> str:
    """The name that the standard's own guide for such a message has."""
    return f"{syntax}/{kind.version}/{kind.type}"


def guide_of_standard(catalogue: Catalogue, source: Source) -> GuideFor:
    """Judges every message by the standard that it names."""

    def guide_for(interchange: Interchange, group: Group, message: Message) -> Guide | Finding:
        found = catalogue.guide(guide_name(interchange.syntax, message.kind))
        return found or _unknown(catalogue, interchange, group, message, source)

    return guide_for


class FlowGuides:
    """Judges every message by its flow, and remembers which flow that was.

    Acknowledgments need no flow: that they may be sent follows from what they answer.
    """

    def __init__(self, catalogue: Catalogue, recognition: Recognition, source: Source) -> None:
        self._catalogue = catalogue
        self._recognition = recognition
        self._source = source
        self.flows: dict[int, tuple[Agreement, Flow]] = {}
        """Agreement and flow by ``id()`` of the message; the caller holds the messages as long as this."""

    def __call__(self, interchange: Interchange, group: Group, message: Message) -> Guide | Finding:
        """The guide with the flow's layers, or why there is none."""
        kind = message.kind
        pair = self._recognition.flow_for("in", interchange.syntax, kind.type, kind.version)
        if pair is None and is_acknowledgment(kind):
            found = self._catalogue.guide(guide_name(interchange.syntax, kind))
            return found or _unknown(self._catalogue, interchange, group, message, self._source)
        if pair is None:
            return self._not_agreed(interchange, group, message)
        agreement, flow = pair
        self.flows[id(message)] = pair
        guide = self._catalogue.guide(flow.guide, flow.guide_layers)
        if guide is None:
            raise LookupError(f"agreement `{agreement.id}`, flow `{flow.id}`: there is no guide `{flow.guide}`")
        return guide

    def _not_agreed(self, interchange: Interchange, group: Group, message: Message) -> Finding:
        agreement, kind = self._recognition.agreement, message.kind
        if agreement is None:
            text = self._recognition.text
        elif guide_name(interchange.syntax, kind) not in self._catalogue.guide_names:
            return _unknown(self._catalogue, interchange, group, message, self._source)
        else:
            text = agreement.why_no_flow("in", interchange.syntax, kind.type, kind.version)
        where = message_place(interchange, group, message, self._source)
        return error("message-not-agreed", text, _at_type(interchange, where, 1), kind.type)


def _unknown(catalogue: Catalogue, interchange: Interchange, group: Group, message: Message, source: Source) -> Finding:
    kind = message.kind
    versions = sorted(
        name.split("/")[1]
        for name in catalogue.guide_names
        if name.startswith(f"{interchange.syntax}/") and name.endswith(f"/{kind.type}")
    )
    where = message_place(interchange, group, message, source)
    if versions:
        text = f"there is a guide for {kind.type} in {', '.join(versions)}, not in {kind.version}"
        return error("message-type-unknown", text, _at_type(interchange, where, 3), kind.version)
    text = f"there is no guide for {kind.type} {kind.version}"
    return error("message-type-unknown", text, _at_type(interchange, where, 1), kind.type)


def _at_type(interchange: Interchange, where: Where, component: int) -> Where:
    """The place in the header that names the type: UNH S009 (0065 is its first component, 0054 its third), or ST01."""
    if interchange.syntax == "edifact":
        return msgspec.structs.replace(where, element=2, component=component)
    return msgspec.structs.replace(where, element=1)
