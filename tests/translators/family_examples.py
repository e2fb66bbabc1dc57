"""What the tests of the canonical families share: an example, its golden document, and a map's way there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.translators.maps_at_hand import shipped_map
from tests.translators.shipped import SHELF
from translators.canonical import Canonical, read_canonical
from translators.finding import Where
from translators.grammar import Guide
from translators.mapping import Context, Mapped, from_canonical, to_canonical
from translators.reading import read
from translators.syntax import MessageKind, Segment
from translators.tree import Node
from translators.validation import validate, validate_tree

EXAMPLES = Path(__file__).parents[2] / "profiles" / "examples"


def the_guide(name: str) -> Guide:
    """A shipped guide."""
    guide = SHELF.guide(name)
    assert guide is not None
    return guide


def context(zone: str = "Europe/Brussels") -> Context:
    """A day in the autumn of 2026, in a zone."""
    return Context(zone=ZoneInfo(zone), on=date(2026, 10, 1))


def golden(file: str) -> Canonical:
    """The document beside an example: ``invoice/preserves.json`` for ``invoice/preserves.invoic.edi``."""
    return read_canonical((EXAMPLES / f"{file.split('.')[0]}.json").read_bytes())


def segments_of(data: bytes) -> list[Segment]:
    """The body of the one message in ``data``, in which nothing may be wrong."""
    reading = read(data)
    (message,) = reading.interchanges[0].messages
    assert [*reading.findings, *reading.interchanges[0].findings, *message.findings] == []
    return list(message.segments[1:-1])


def mapped(data: bytes, name: str, zone: str = "Europe/Brussels") -> Mapped:
    """What a map makes of the one message in ``data``, which must be faultless for its guide."""
    reading = read(data)
    (message,) = reading.interchanges[0].messages
    validated = validate(message, the_guide(name), reading.source, Where(message="1"))
    assert validated.findings == []
    at = Context(zone=ZoneInfo(zone), on=date(2026, 10, 1), source=reading.source)
    return to_canonical(validated.tree, shipped_map(name), at)


def again(body: Sequence[Node], name: str, zone: str = "Europe/Brussels") -> Canonical:
    """The document that a receiver makes of a message."""
    tree = Node(name=name.rpartition("/")[2], group=True, children=list(body))
    found = to_canonical(tree, shipped_map(name), context(zone))
    assert [finding for finding in found.findings if finding.fatal] == []
    assert found.document is not None
    return found.document


def written(document: Canonical, name: str, zone: str = "Europe/Brussels") -> tuple[tuple[Node, ...], list[str]]:
    """The message that a map makes of a document, which is faultless, and the paths of what was left behind."""
    rules = shipped_map(name)
    built = from_canonical(document, rules, context(zone))
    assert [finding for finding in built.findings if finding.fatal] == []
    kind = MessageKind(type=rules.type, version=rules.guide.split("/")[1])
    assert validate_tree(kind, "1", built.body, the_guide(rules.guide)) == []
    return built.body, [finding.where.path or "" for finding in built.findings]
