"""Running a map: a message's tree to a canonical document, and a canonical document to a message's body.

Both are pure: the same tree or document, map and context give the same result. What is wrong is a finding at its
place, in the message when reading, by canonical path when writing. With an error there is no document, or the body
must not be sent; a warning says what was kept, assumed or left behind.
"""

from __future__ import annotations

import re
from functools import cached_property
from weakref import WeakKeyDictionary

import msgspec

from translators.canonical import (
    CANONICAL,
    Canonical,
    Reference,
    canonical_error,
    search_references,
)
from translators.finding import Finding
from translators.map_compiled_reading import compile_reading
from translators.map_compiled_writing import compile_writing
from translators.map_context import CodeLookup, Context, Lineage, no_codes
from translators.map_coverage import Uses
from translators.map_extensions import extension_faults
from translators.map_moments import ZONE_NAMES
from translators.map_quick_reading import QuickReader
from translators.map_quick_writing import QuickWriter
from translators.map_reading import Reader, place_in_message
from translators.map_rules import Map
from translators.map_writing import Writer
from translators.tree import Node
from translators.validation import Validated

__all__ = [
    "ZONE_NAMES",
    "Built",
    "CodeLookup",
    "Context",
    "Lineage",
    "Mapped",
    "from_canonical",
    "map_validated",
    "no_codes",
    "to_canonical",
]


class Mapped(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What a message became."""

    document: Canonical | None
    """``None`` when a finding is an error."""
    findings: list[Finding]
    lineage: list[Lineage]
    """Empty unless asked for."""

    @cached_property
    def references(self) -> list[Reference]:
        """Under which the message is found again; looked for when first asked."""
        return search_references(self.document) if self.document is not None else []


class Built(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What a document became."""

    document: Canonical
    body: tuple[Node, ...]
    """The message without header and trailer, in the guide's order. Not to be sent when a finding is an error."""
    findings: list[Finding]
    lineage: list[Lineage]
    """Empty unless asked for."""

    @cached_property
    def references(self) -> list[Reference]:
        """Under which the message is found again; looked for when first asked."""
        return search_references(self.document)


def to_canonical(
    tree: Node, rules: Map, context: Context, *, lineage: bool = False, coverage: Uses | None = None
) -> Mapped:
    """The canonical document of a message.

    ``tree`` is the root that validation returns: a group named by the message type, with header and trailer. With
    ``coverage``, what became of its values is noted there.
    """
    reader = Reader(rules, context, lineage=lineage, coverage=coverage)
    read = reader.read(tree)
    findings = reader.findings
    document: Canonical | None = None
    if not any(finding.fatal for finding in findings):
        faults = list(extension_faults(read, rules.extensions)) if rules.extensions else []
        findings += [
            _misfit(path, f"{path} {text}: the map declares it so", tree, rules, context) for path, text in faults
        ]
        try:
            if not faults:
                document = msgspec.convert({"type": rules.canonical, **read}, CANONICAL[rules.canonical])
        except msgspec.ValidationError as error:
            findings = [*findings, _not_canonical(error, tree, rules, context)]
    return Mapped(
        document=document,
        findings=findings,
        lineage=reader.lineage or [],
    )


def map_validated(validated: Validated, rules: Map, context: Context) -> Mapped:
    """The canonical document of a message that was validated, as :func:`to_canonical` makes it of its tree.

    A message in which nothing was found, and in which the map finds nothing, is not even arranged.
    """
    if not validated.findings and not validated.message.findings:
        quick = _quick_reader(rules)
        read = quick.read(validated.message, validated.guide, context) if quick is not None else None
        if read is not None and not (rules.extensions and any(extension_faults(read, rules.extensions))):
            read["type"] = rules.canonical
            try:
                document = msgspec.convert(read, CANONICAL[rules.canonical])
            except msgspec.ValidationError:
                return to_canonical(validated.tree, rules, context)
            return Mapped(document=document, findings=[], lineage=[])
    return to_canonical(validated.tree, rules, context)


_quick_readers: WeakKeyDictionary[Map, QuickReader | None] = WeakKeyDictionary()


def _quick_reader(rules: Map) -> QuickReader | None:
    """The map written out as Python, made when it is first needed."""
    try:
        return _quick_readers[rules]
    except KeyError:
        read = compile_reading(rules)
        found = _quick_readers[rules] = QuickReader(rules, read) if read is not None else None
        return found


_quick_writers: WeakKeyDictionary[Map, QuickWriter] = WeakKeyDictionary()


def _quick_writer(rules: Map) -> QuickWriter:
    """The same for the way out."""
    found = _quick_writers.get(rules)
    if found is None:
        found = _quick_writers[rules] = QuickWriter(rules, compile_writing(rules))
    return found


def from_canonical(document: Canonical, rules: Map, context: Context, *, lineage: bool = False) -> Built:
    """The body of the message that says what the document says; raises ``ValueError`` for a map of another type."""
    if not isinstance(document, CANONICAL[rules.canonical]):
        raise ValueError(f"map {rules.name} writes {rules.canonical}, not a {type(document).__name__}")
    if not lineage:
        quick = _quick_writer(rules).write(document, context)
        if quick is not None:
            return Built(document=document, body=quick, findings=[], lineage=[])
    writer = Writer(rules, document, context, lineage=lineage)
    body = writer.write()
    return Built(
        document=document,
        body=body,
        findings=writer.findings,
        lineage=writer.lineage or [],
    )


def _not_canonical(error: msgspec.ValidationError, tree: Node, rules: Map, context: Context) -> Finding:
    """What the canonical types refuse."""
    fault = canonical_error(error)
    missing = re.match("Object missing required field `(.+)`", fault.text)
    text = f"{fault.path}.{missing[1]} is missing" if missing else f"{fault.path}: {fault.text}".removeprefix(": ")
    text = f"{text}: the canonical form {rules.canonical} needs it otherwise"
    found = _misfit(fault.path, text, tree, rules, context)
    return msgspec.structs.replace(found, code="map-required") if missing else found


def _misfit(path: str, text: str, tree: Node, rules: Map, context: Context) -> Finding:
    """A value that the canonical form cannot have, at the place in the message that it came from.

    The map is run once more, with lineage: this is rare, and keeps lineage off the way of messages that are well.
    """
    again = Reader(rules, context, lineage=True)
    again.read(tree)
    where = place_in_message(tree, None, path, context)
    for entry in again.lineage or ():
        if _starts(path, entry.path) or _starts(entry.path, path):
            where = msgspec.structs.replace(entry.where, path=path)
            break
    return Finding(code="map-invalid", severity="error", text=text, where=where, layer="rule")


def _starts(longer: str, shorter: str) -> bool:
    return longer == shorter or longer.startswith((f"{shorter}.", f"{shorter}["))
