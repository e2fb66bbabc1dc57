"""Envelopes and segments that the tests of writing begin with."""

from __future__ import annotations

from datetime import UTC, datetime

from translators.envelope import Envelope
from translators.syntax import Address, Elements, MessageKind
from translators.tree import Node

AT = datetime(2024, 1, 2, 3, 4, tzinfo=UTC)
EDIFACT = Envelope(
    syntax="edifact",
    sender=Address(id="SENDER", qualifier="14"),
    receiver=Address(id="RECEIVER", qualifier="14"),
    control_number="77",
    at=AT,
)
X12 = Envelope(
    syntax="x12",
    sender=Address(id="SENDER", qualifier="02"),
    receiver=Address(id="RECEIVER", qualifier="ZZ"),
    control_number="000000077",
    at=AT,
)
IFTSTA = MessageKind(type="IFTSTA", version="D.96A", agency="UN")
STATUS_214 = MessageKind(type="214", version="004010", agency="X")


def segment(name: str, *values: str | tuple[str, ...]) -> Node:
    """A segment of simple elements and composites."""
    elements: Elements = tuple(((value,),) if isinstance(value, str) else (value,) for value in values)
    return Node(name=name, elements=elements)
