"""A message against its guide: the tree of its groups, and everything that is wrong with it.

Two questions, each answered for the whole message and neither hiding the other's answer: does every segment stand in
its place (:mod:`translators.placing`), and is every value in every segment right (:mod:`translators.contents`). The
answers become findings with their positions here.

Nearly all messages have no faults, and a guide that is much used says so in a fraction of the time
(:mod:`translators.recogniser`). The exact checks here are for the others, and for their tree.

Positions are those the acknowledgments need: a missing segment is reported at the last segment processed before the
gap, under its own tag (UCS 0096, AK302); a missing group as its first segment; one too many where it is too many.
``path`` is the way through the guide (``SG4/SG5/STS``), from which a loop's name for AK303 is its last but one step.

What the reader has already reported for a message it read (line breaks and foreign characters in data, separators with
nothing behind them) is not reported again. A tree that is about to be written had no reader, so there it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from translators.contents import Fault, check_segment
from translators.cross_rules import cross_faults
from translators.elements import Notation
from translators.finding import Finding, Severity, Where
from translators.grammar import Guide, Place, unvaried
from translators.placing import Arrangement, Misfit, arrange
from translators.plain_message import plain_dialect, plain_message
from translators.recogniser import LONGEST, Recogniser, recognisers_of
from translators.shapes import paths_of
from translators.syntax import Message, MessageKind, Source
from translators.tree import Node, elements_of

MILD: dict[str, Severity] = {
    "trailing-separator": "warning",
    "repetition-empty": "warning",
    "decimal-mark": "warning",
    "hierarchy-children": "warning",
    "hierarchy-count": "note",
}
"""Findings that reject nothing unless a layer says so; all others are errors."""

_READERS = frozenset({"character-invalid", "trailing-separator", "repetition-empty"})
"""What the reader finds, because it concerns bytes and not a guide."""


class Validated(msgspec.Struct, gc=False):
    """A message and its findings, and on demand the message in the groups of its guide."""

    message: Message
    guide: Guide
    findings: list[Finding]
    _tree: Node | None = None

    @property
    def tree(self) -> Node:
        """A group called by the message type; arranged when first asked for, and kept."""
        if self._tree is None:
            nodes = [Node(name=each.tag, elements=each.elements, segment=each) for each in self.message.segments]
            self._tree = arrange(nodes, self.guide).tree
        return self._tree

    @property
    def accepted(self) -> bool:
        """Whether nothing found rejects the message."""
        return not any(finding.fatal for finding in self.findings)


def validate(
    message: Message, guide: Guide, source: Source, where: Where, *, syntax_version: int | None = None
) -> Validated:
    """The message arranged by ``guide``, with every finding in the order of the message. Never raises for content.

    ``where`` names the interchange, group and message; findings fill in the rest. ``syntax_version`` is UNB 0002; when
    it is not given, an active repetition separator means 4, and its absence 3.
    """
    dialect = message.dialect
    version = syntax_version or (4 if dialect.repetition else 3)
    recognisers = guide.recognisers or recognisers_of(guide)
    recogniser = recognisers.get(dialect, version, message.raw)
    if recogniser is not None and not message.findings and recogniser.accepts(message.raw):
        return Validated(message, guide, [])
    segments = message.segments
    if not segments:
        return Validated(message, guide, [])
    # Not split yet: most of them are looked at by their tags only.
    nodes = [Node(name=segment.tag, segment=segment) for segment in segments]
    notation = Notation(guide.standard, version, dialect.decimal.decode("ascii", "replace"))
    found = _Findings(guide, nodes, where, source, recogniser)
    arrangement = arrange(nodes, guide)
    found.of_structure(arrangement)
    found.between(arrangement)
    for index in range(len(nodes)) if recogniser is None else recogniser.doubtful(segments):
        found.of_content(index, arrangement.places[index], notation, _READERS)
    return Validated(message, guide, found.in_order())


def validate_tree(
    kind: MessageKind,
    reference: str,
    body: Sequence[Node],
    guide: Guide,
    *,
    syntax_version: int = 3,
    decimal: str = ".",
) -> list[Finding]:
    """The findings a receiver would make in a message with this ``body``, given without header and trailer.

    The segments are arranged anew, as a receiver must; where that puts a segment into another group than ``body`` has
    it in, the receiver would understand something else, and that is a finding too. Positions count the header as 1.
    """
    leaves = [(leaf, path) for node in body for leaf, path in _leaves(node, "")]
    grouped = any(node.group for node in body)
    dialect = plain_dialect(guide.standard, decimal)
    # What is too long for the fast yes is not put into bytes for it.
    raw = plain_message(kind, [leaf for leaf, _ in leaves], dialect) if len(leaves) < LONGEST // 8 else None
    if raw is not None:
        recogniser = recognisers_of(guide).get(dialect, syntax_version, raw)
        if recogniser is not None and recogniser.accepts(raw):
            tags = (guide.header.name, *(leaf.name for leaf, _ in leaves))
            if not grouped or paths_of(tags, guide) == [path for _, path in leaves]:
                return []
    nodes = [Node(name=guide.header.name), *(msgspec.structs.replace(leaf, stray=False) for leaf, _ in leaves)]
    found = _Findings(guide, nodes, Where(message=reference), None)
    arrangement = arrange(nodes, guide)
    found.of_structure(arrangement)
    found.between(arrangement)
    notation = Notation(guide.standard, syntax_version, decimal)
    for index, place in enumerate(arrangement.places[1:], 1):
        found.of_content(index, place, notation, frozenset())
        meant = leaves[index - 1][1]
        if grouped and place is not None and unvaried(place.path) != meant:
            found.misread(index, place, meant)
    return found.in_order()


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _leaves(node: Node, path: str) -> list[tuple[Node, str]]:
    here = f"{path}/{node.name}" if path else node.name
    if not node.group:
        return [(node, here)]
    return [leaf for child in node.children for leaf in _leaves(child, here)]


class _Findings:
    """Turns faults into findings: adds place, path, severity and layer."""

    def __init__(
        self,
        guide: Guide,
        nodes: Sequence[Node],
        where: Where,
        source: Source | None,
        recogniser: Recogniser | None = None,
    ) -> None:
        self._guide = guide
        self._recogniser = recogniser
        self._nodes = nodes
        self._where = where
        self._source = source
        self._found: list[tuple[tuple[int, int, int, int], Finding]] = []

    def in_order(self) -> list[Finding]:
        """All findings in the order of the message; at one position, in the order they were made."""
        return [finding for _, finding in sorted(self._found, key=lambda item: item[0])]

    def of_structure(self, arrangement: Arrangement) -> None:
        for misfit in arrangement.misfits:
            place, node = misfit.place, self._nodes[misfit.at]
            missing = misfit.code in ("segment-missing", "group-missing")
            rule = "usage" if (missing and misfit.times == 0) or misfit.code == "segment-not-used" else "repeat"
            layer = place.layer(rule) if place is not None else "standard"
            path = place.path if place is not None else None
            tag = place.tag if place is not None and missing else node.name
            text = self._sentence(misfit, node)
            self._add(misfit.code, misfit.at, tag, path, text, None if missing else node.name, layer, first=missing)

    def _sentence(self, misfit: Misfit, node: Node) -> str:
        place, here = misfit.place, f"{node.name} (segment {misfit.at + 1})"
        if place is None:
            return {
                "segment-unknown": f"{here}: {self._guide.version} has no segment {node.name}",
                "segment-unexpected": f"{here} is not used in {self._guide.type}",
            }.get(misfit.code, f"{here} does not fit here; {self._guide.type} has it elsewhere")
        kind = f"{place.name} variant {place.variant}" if place.variant else place.name
        name = f"Group {kind} ({place.tag} {place.title})" if place.group else f"{kind} {place.title}".rstrip()
        match misfit.code:
            case "segment-missing" | "group-missing" if misfit.times:
                least = f"at least {_times(place.minimum)}"
                return f"{name} stands {_times(misfit.times)} and should stand {least}, up to {here}"
            case "segment-missing" | "group-missing":
                return f"{name} is missing; it should stand behind {here}"
            case "segment-not-used":
                return f"{here} may not be used"
            case _:
                return f"{name} may stand {_times(place.maximum)}; {here} is number {misfit.times}"

    def of_content(self, index: int, place: Place | None, notation: Notation, known: frozenset[str]) -> None:
        node = self._nodes[index]
        if place is None:
            # A segment in the wrong place still has its content looked at, by the table's first of its kind.
            place = self._guide.first.get(node.name)
        spec = place.spec(notation.version) if place is not None else None
        if spec is None or place is None or (self._source is None and index == 0):
            return
        if self._recogniser is not None and node.segment is not None and self._recogniser.fits(spec, node.segment.raw):
            return
        for fault in check_segment(spec, elements_of(node), notation):
            if fault.code not in known:
                self._add_fault(fault, index, place.path)

    def between(self, arrangement: Arrangement) -> None:
        """Adds what is wrong between segments."""
        for fault in cross_faults(self._nodes, arrangement, self._guide):
            path = fault.place.path if fault.place is not None else None
            node = self._nodes[fault.at]
            missing = fault.code == "segment-conditional-missing"
            tag = fault.place.tag if missing and fault.place is not None else node.name
            self._add(fault.code, fault.at, tag, path, fault.text, fault.value, fault.layer, missing, fault.element)

    def misread(self, index: int, place: Place, meant: str) -> None:
        text = f"{self._nodes[index].name} (segment {index + 1}) is meant as {meant} and would be read as {place.path}"
        self._add("segment-out-of-order", index, self._nodes[index].name, place.path, text, None, "standard")

    def _add_fault(self, fault: Fault, index: int, path: str) -> None:
        severity, layer = self._guide.severity(fault.code, path, MILD.get(fault.code, "error"))
        if severity == "off":
            return
        position = (fault.element, fault.component, fault.repetition)
        finding = Finding(
            code=fault.code,
            severity=severity,
            text=fault.text,
            where=self._place(index, self._nodes[index].name, path, *position),
            layer=fault.layer,
            value=fault.value,
            guide=layer or fault.guide,
        )
        self._found.append(((index, 1, fault.element, fault.component or 0), finding))

    def _add(
        self,
        code: str,
        index: int,
        tag: str,
        path: str | None,
        text: str,
        value: str | None,
        layer: str,
        first: bool = False,
        element: int | None = None,
    ) -> None:
        severity, deciding = self._guide.severity(code, path, MILD.get(code, "error"))
        if severity == "off":
            return
        where = self._place(index, tag, path, element, None, None)
        guide = deciding or layer
        finding = Finding(code=code, severity=severity, text=text, where=where, layer="guide", value=value, guide=guide)
        # What is missing behind a segment comes after what is wrong in it.
        self._found.append(((index, 2 if first else 1 if element else 0, element or 0, 0), finding))

    def _place(
        self, index: int, tag: str, path: str | None, element: int | None, component: int | None, repetition: int | None
    ) -> Where:
        segment = self._nodes[index].segment
        position = segment.position if segment is not None else index + 1
        offset = line = column = None
        if self._source is not None and segment is not None:
            at = segment.offset_of(element, component or 1, repetition or 1) if element else segment.offset
            offset, line, column = self._source.place(at)
        return msgspec.structs.replace(
            self._where,
            segment=tag,
            segment_position=position,
            element=element,
            component=component,
            repetition=repetition,
            path=path,
            line=line,
            column=column,
            offset=offset,
        )
