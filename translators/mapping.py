"""Running a map: a message's tree to a canonical document, and a canonical document to a message's body.

Both are pure: the same tree or document, map and context give the same result. What is wrong is a finding at its
place, in the message when reading, by canonical path when writing. With an error there is no document, or the body
must not be sent; a warning says what was kept, assumed or left behind.
"""

from __future__ import annotations

import re

import msgspec

from translators.canonical import (
    CANONICAL,
    Canonical,
    Reference,
    canonical_error,
    search_references,
)
from translators.finding import Finding
from translators.map_context import CodeLookup, Context, Lineage, no_codes
from translators.map_moments import ZONE_NAMES
from translators.map_reading import Object, Reader, place_in_message
from translators.map_rules import Map
from translators.map_writing import Writer
from translators.tree import Node

__all__ = [
    "ZONE_NAMES",
    "Built",
    "CodeLookup",
    "Context",
    "Lineage",
    "Mapped",
    "from_canonical",
    "no_codes",
    "to_canonical",
]


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """What a message became."""

    document: Canonical | None
    """``None`` when a finding is an error."""
    findings: list[Finding]
    references: list[Reference]
    """Under which the message is found again."""
    lineage: list[Lineage]
    """Empty unless asked for."""


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """What a document became."""

    body: tuple[Node, ...]
    """The message without header and trailer, in the guide's order. Not to be sent when a finding is an error."""
    findings: list[Finding]
    references: list[Reference]
    lineage: list[Lineage]


def to_canonical(tree: Node, rules: Map, context: Context, *, lineage: bool = False) -> Mapped:
    """The canonical document of a message.

    ``tree`` is the root that validation returns: a group named by the message type, with header and trailer.
    """
    reader = Reader(rules, context, lineage=lineage)
    read = reader.read(tree)
    findings = reader.findings
    document: Canonical | None = None
    if not any(finding.fatal for finding in findings):
        try:
            document = msgspec.convert({"type": rules.canonical, **read}, CANONICAL[rules.canonical])
        except msgspec.ValidationError as error:
            findings = [*findings, _not_canonical(error, tree, rules, context, read)]
    return Mapped(
        document=document,
        findings=findings,
        references=search_references(document) if document is not None else [],
        lineage=reader.lineage or [],
    )


def from_canonical(document: Canonical, rules: Map, context: Context, *, lineage: bool = False) -> Built:
    """The body of the message that says what the document says; raises ``ValueError`` for a map of another type."""
    if not isinstance(document, CANONICAL[rules.canonical]):
        raise ValueError(f"map {rules.name} writes {rules.canonical}, not a {type(document).__name__}")
    writer = Writer(rules, document, context, lineage=lineage)
    body = writer.write()
    return Built(
        body=body,
        findings=writer.findings,
        references=search_references(document),
        lineage=writer.lineage or [],
    )


def _not_canonical(error: msgspec.ValidationError, tree: Node, rules: Map, context: Context, read: Object) -> Finding:
    """What the canonical types refuse, at the place in the message that the value came from.

    The map is run once more, with lineage: this is rare, and keeps lineage off the way of messages that are well.
    """
    fault = canonical_error(error)
    again = Reader(rules, context, lineage=True)
    again.read(tree)
    where = place_in_message(tree, None, fault.path, context)
    for entry in again.lineage or ():
        if _starts(fault.path, entry.path) or _starts(entry.path, fault.path):
            where = msgspec.structs.replace(entry.where, path=fault.path)
            break
    missing = re.match("Object missing required field `(.+)`", fault.text)
    text = f"{fault.path}.{missing[1]} is missing" if missing else f"{fault.path}: {fault.text}"
    return Finding(
        code="map-required" if missing else "map-invalid",
        severity="error",
        text=f"{text}: the canonical form {rules.canonical} needs it otherwise",
        where=where,
        layer="rule",
    )


def _starts(longer: str, shorter: str) -> bool:
    return longer == shorter or longer.startswith((f"{shorter}.", f"{shorter}["))
