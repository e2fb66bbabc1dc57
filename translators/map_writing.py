"""From the canonical form to a message: the same rules, run the other way.

What is written is what the map's order says; the map's order is the guide's. The document remembers what of it was used
(:mod:`translators.map_document_use`), and at the end whatever is left is reported: a message that says less than its
order did must not go out unnoticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from translators.canonical import Canonical
from translators.finding import Finding, Layer, Severity
from translators.map_context import Context, Lineage, Problem, Value
from translators.map_coverage import text_at
from translators.map_document_use import DocumentInUse, Object, joined
from translators.map_extensions import extension_faults
from translators.map_paths import CanonicalPath, Place, Step
from translators.map_rules import Field, Map, Part, Repeated, Setting
from translators.map_segments import bound, divided, elements_at, pieced, total_text, with_texts
from translators.map_values import converted_amount
from translators.tree import Node


class Writer:
    """One run of a map over one document. ``lineage`` is filled only when it was asked for."""

    def __init__(self, rules: Map, document: Canonical, context: Context, *, lineage: bool = False) -> None:
        self.rules = rules
        self.context = context
        self.document = DocumentInUse(msgspec.to_builtins(document, builtin_types=(datetime, Decimal)), self._too_many)
        self.findings: list[Finding] = []
        self.lineage: list[Lineage] | None = [] if lineage else None
        self._entries: list[Lineage] = []
        """The lineage of the segment that is being written."""
        self._written: list[tuple[Node, list[Lineage]]] = []

    def write(self) -> tuple[Node, ...]:
        """The message's body; what was wrong is in ``findings``."""
        self._imply(self.rules.settings, self.document.root, "")
        if self.rules.extensions:
            for path, fault in extension_faults(self.document.root, self.rules.extensions):
                self._add(Problem("map-invalid", f"{path} {fault}: the map declares it so"), None, None, path, "rule")
        nodes = self._parts(self.rules.parts, self.document.root, "", 0, "")
        for value, at in self.document.left():
            self._left(value, at)
        if self.lineage is not None:
            self._number(nodes)
        return tuple(nodes)

    def _number(self, nodes: Sequence[Node]) -> None:
        """Gives each entry of the lineage the position that its segment has now that all are known."""
        positions: dict[int, int] = {}
        for root in nodes:
            for node in root.segments():
                positions[id(node)] = len(positions) + 2
        self.lineage = [
            msgspec.structs.replace(
                entry, where=msgspec.structs.replace(entry.where, segment_position=positions.get(id(node)))
            )
            for node, entries in self._written
            for entry in entries
        ]

    # Parts

    def _parts(self, parts: Sequence[Part], obj: Object, at: str, number: int, above: str) -> list[Node]:
        nodes: list[Node] = []
        for part in parts:
            if part.only == "in" or (part.when is not None and not self.document.holds(part.when, obj, self.context)):
                continue
            if part.tree is not None:
                made: list[Node] = []
                self._levels(part, part.levels, obj, at, "", made, above)
            else:
                made = (
                    self.document.carried(part, part.below(above), self.rules.guide, obj)
                    if part.raw
                    else self._part(part, obj, at, number, above)
                )
            if not made and part.required in ("both", "out"):
                what = part.path.text if part.path is not None else part.node.name
                self._missing(what, part.node.name, None, self.document.trail(part.path, obj, at) if part.path else at)
            if made and part.bounded:
                # X12 LS and LE stand around the loop and name it.
                made = [bound("LS", part.bounded), *made, bound("LE", part.bounded)]
            nodes += made
        return nodes

    def _part(self, part: Part, obj: Object, at: str, number: int, above: str) -> list[Node]:
        nodes: list[Node] = []
        for inner, trail in self._objects(part, obj, at):
            for piece in self.document.pieces(part, inner):
                place = len(nodes) + 1 if part.binding == "each" else number
                self._imply(part.settings, piece, trail)
                if part.group:
                    nodes += _present(self._group(part, piece, trail, place, above))
                else:
                    nodes += self._segments(part, piece, trail, place)
        return nodes

    def _objects(self, part: Part, obj: Object, at: str) -> Sequence[tuple[Object, str]]:
        """The objects that the part is written for, each with its canonical path."""
        path = part.path
        if path is None:
            return ((obj, at),)
        if not path.absolute and path.steps[0].name not in obj:
            return ()
        if part.binding == "with":
            found = self.document.find(path.steps, path, obj)
            if not isinstance(found, dict):
                return ()
            plain = len(path.steps) == 1 and not path.steps[0].pick and not path.absolute
            return [(found, joined(at, path.steps[0].name) if plain else self.document.trail(path, obj, at))]
        items = self.document.each(path, obj)
        if not items:
            return ()
        *before, last = path.steps
        if before or path.absolute:
            trail = self.document.trail(path._replace(steps=(*before, Step(last.name))), obj, at)
        else:
            trail = joined(at, last.name)
        return [(item, f"{trail}[{index}]") for index, item in items]

    def _levels(
        self, whole: Part, parts: Sequence[Part], obj: Object, at: str, parent: str, nodes: list[Node], above: str
    ) -> None:
        """The tree below ``obj``, each group before what hangs on it, as a flat list with ids and those of parents."""
        tree = whole.tree
        if tree is None:
            return
        for part in parts:
            if part.only == "in" or (part.when is not None and not self.document.holds(part.when, obj, self.context)):
                continue
            for number, (inner, trail) in enumerate(self._objects(part, obj, at), 1):
                self._imply(part.settings, inner, trail)
                place = len(nodes)
                made = self._group(part, inner, trail, number, above)
                node = made or Node(name=part.node.name, group=True, children=[Node(name=tree.segment)])
                nodes.append(node)
                first = node.children[0]
                own = text_at(first.elements, tree.id) or str(place + 1)
                self._levels(whole, part.levels, inner, trail, own, nodes, above)
                if made is None and len(nodes) == place + 1:
                    nodes.pop()
                    continue
                children = "1" if len(nodes) > place + 1 else "0"
                stated = {tree.id: own, tree.parent: parent}
                stated |= {tree.level: part.level} if tree.level is not None and part.level != "*" else {}
                stated |= {tree.children: children} if tree.children is not None else {}
                first.elements = with_texts(first.elements, stated)

    def _group(self, part: Part, obj: Object, at: str, number: int, above: str) -> Node | None:
        here = part.below(above)
        children = self._parts(part.parts, obj, at, number, here)
        trigger = part.parts[0] if part.parts else None
        if (not children and not part.always) or trigger is None:
            return None
        # A group without its trigger segment would be read as something else: it is written even when it is empty.
        if not trigger.group and (not children or children[0].name != trigger.node.name):
            forced = self._segment(trigger, obj, at, number, force=True)
            children = _present(forced) + children
        # So is the LE that closes what an LS has opened.
        if part.parts[-1].node.name == "LE" and children[-1].name != "LE":
            children += _present(self._segment(part.parts[-1], obj, at, number, force=True))
        return Node(name=part.node.name, group=True, children=children)

    def _segments(self, part: Part, obj: Object, at: str, number: int) -> list[Node]:
        """The segment; several when lists in it have more items than one has room for."""
        first = self._segment(part, obj, at, number, force=False)
        if first is None or not part.again:
            return _present(first)
        nodes, skip = [first], len(part.repeated[0].slots)
        while any(len(self._items(each.path, obj)) > skip for each in part.repeated):
            nodes += _present(self._segment(part, obj, at, number, force=False, skip=skip))
            skip += len(part.repeated[0].slots)
        return nodes

    def _items(self, path: CanonicalPath, obj: Object) -> list[Object]:
        """Those items of a list that no path has picked."""
        return [item for _, item in self.document.each(path, obj)]

    def _segment(self, part: Part, obj: Object, at: str, number: int, *, force: bool, skip: int = 0) -> Node | None:
        texts: dict[Place, str] = {}
        without: list[Field] = []
        derived: list[Field] = []
        self._entries = []
        for field in part.fields:
            if field.only == "in":
                derived.append(field)
                continue
            name = field.plain
            if name and obj.get(name) is None and (field.table is None or "native" not in obj):
                # Most objects have few of the fields that they could have.
                without.append(field)
                continue
            written = self._texts(field, part, obj, at)
            if written is None or not any(written):
                without.append(field)
            elif field.piece is not None:
                texts[field.places[0]] = pieced(texts.get(field.places[0], ""), written[0], field.piece)
            else:
                _put(texts, field, written)
        for repeated in part.repeated:
            self._repeated(repeated, part, obj, at, texts, skip)
        totals = (
            {total.place: total_text(total, self.document.root, obj) for total in part.totals} if part.totals else {}
        )
        if not texts and not (force or part.always or any(text != "0" for text in totals.values())):
            return None
        for field in without:
            if field.absent is not None:
                texts[field.places[0]] = field.absent
            elif field.required in ("both", "out"):
                self._missing(
                    field.path.text, part.node.name, field.places[0], self.document.trail(field.path, obj, at)
                )
        for field in derived:
            self.document.derives(field, texts, obj, self.context)
        for constant in part.constants:
            texts[constant.place] = constant.text
        for place in part.counters:
            texts[place] = str(number)
        texts |= totals
        node = Node(name=part.node.name, elements=elements_at(texts))
        if self.lineage is not None:
            self._written.append((node, self._entries))
        return node

    def _repeated(
        self, repeated: Repeated, part: Part, obj: Object, at: str, texts: dict[Place, str], skip: int
    ) -> None:
        """Puts items of a list behind each other; those without room are left, and reported like all that is."""
        items = self.document.each(repeated.path, obj)
        if not items:
            return
        *before, last = repeated.path.steps
        trail = self.document.trail(repeated.path._replace(steps=(*before, Step(last.name))), obj, at)
        for fields, (index, item) in zip(repeated.slots, items[skip:], strict=False):
            for field in fields:
                written = self._texts(field, part, item, f"{trail}[{index}]") if field.only != "in" else None
                if written is not None and any(written):
                    _put(texts, field, written)
                elif field.required in ("both", "out"):
                    path = self.document.trail(field.path, item, f"{trail}[{index}]")
                    self._missing(field.path.text, part.node.name, field.places[0], path)

    # Fields

    def _texts(self, field: Field, part: Part, obj: Object, at: str) -> Sequence[str] | None:
        def report(problem: Problem) -> None:
            layer: Layer = "code" if problem.code == "map-unmapped" else "rule"
            self._add(problem, part.node.name, field.places[0], self.document.trail(field.path, obj, at), layer)

        texts: Sequence[str] | None
        if field.inverse is not None:
            texts = self.document.computed(field, obj, self.rules, self.context, report)
            self._trace(field, part, obj, at, texts, None)
            return texts
        holder: Object | None = obj
        if field.plain:
            value = obj.get(field.plain)
            self.document.used.add((id(obj), field.plain))
        else:
            holder, value = self.document.sought(field, obj)
        if holder is None:
            return None
        code: str | None = None
        texts = None
        if field.table is not None:
            key = field.path.steps[-1].name
            kept = holder.get("native")
            native = kept.get(key) if isinstance(kept, dict) else None
            code = field.table.write(
                None if value is None else str(value), native if isinstance(native, str) else None, self.context, report
            )
            texts = None if code is None else divided(code, len(field.places))
        elif value is not None:
            if field.unit:
                self.document.used.add((id(holder), "unit"))
                value = converted_amount(field, value, holder, report)
            if value is not None:
                texts = field.codec.write(value, len(field.places), self.context, report)
        self._trace(field, part, obj, at, texts, code)
        return texts

    def _trace(
        self, field: Field, part: Part, obj: Object, at: str, texts: Sequence[str] | None, code: str | None
    ) -> None:
        """Notes what was written, and from where, when that was asked for."""
        if texts is None or self.lineage is None:
            return
        where = msgspec.structs.replace(
            self.context.where,
            segment=part.node.name,
            element=field.places[0].element,
            component=field.places[0].component,
        )
        self._entries.append(
            Lineage(
                path=self.document.trail(field.path, obj, at),
                text=" ".join(filter(None, texts)),
                map=field.map,
                rule=field.line,
                table=field.table.name if field.table is not None else None,
                row=field.table.row(code, self.context) if field.table is not None and code is not None else None,
                where=where,
            )
        )

    def _imply(self, settings: Sequence[Setting], obj: Object, at: str) -> None:
        """What the node's presence says needs no place; anything else cannot be said."""
        for setting in settings:
            holder, value = self.document.value(setting.path, obj)
            if holder is not None and value is not None and value != setting.value:
                text = f"{self.rules.type} can only say `{setting.value}` here: `{value}` is lost"
                path = self.document.trail(setting.path, obj, at)
                severity: Severity = "error" if self.rules.promises(path) else "warning"
                self._add(Problem("map-not-carried", text, severity, str(value)), None, None, path, "rule")

    # Findings

    def _too_many(self, name: str, number: int) -> None:
        text = f"there are {number} {name}, and a {self.rules.type} carries one: send one document each"
        self._add(Problem("map-not-carried", text), None, None, name, "rule")

    def _left(self, value: Value, at: str) -> None:
        if self.rules.leaves_behind(at):
            return
        text = f"{self.rules.type} has no place for {at}: it is not sent"
        single = None if isinstance(value, dict | list | tuple) else str(value)
        severity: Severity = "error" if self.rules.promises(at) else "warning"
        self._add(Problem("map-not-carried", text, severity, single), None, None, at, "rule")

    def _missing(self, what: str, segment: str, place: Place | None, path: str) -> None:
        text = f"{what} is missing, and {segment} needs it: add it to the document"
        self._add(Problem("map-required", text), segment, place, path, "rule")

    def _add(self, problem: Problem, segment: str | None, place: Place | None, path: str, layer: Layer) -> None:
        where = msgspec.structs.replace(
            self.context.where,
            segment=segment,
            element=place.element if place is not None else None,
            component=place.component if place is not None else None,
            path=path,
        )
        self.findings.append(
            Finding(
                code=problem.code,
                severity=problem.severity,
                text=problem.text,
                value=problem.value,
                where=where,
                layer=layer,
            )
        )


def _put(texts: dict[Place, str], field: Field, written: Sequence[str]) -> None:
    if len(field.places) == 1:
        texts[field.places[0]] = written[0]
    else:
        texts.update(zip(field.places, written, strict=False))
    for constant in field.beside:
        texts[constant.place] = constant.text


def _present(node: Node | None) -> list[Node]:
    return [node] if node is not None else []
