"""From the canonical form to a message: the same rules, run the other way.

What is written is what the map's order says; the map's order is the guide's. The document remembers what of it was used
(:mod:`translators.map_document_use`), and at the end whatever is left is reported: a message that says less than its
order did must not go out unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from translators.canonical import Canonical
from translators.finding import Finding, Layer
from translators.map_codecs import TextCodec, plain_number, wrap
from translators.map_context import Context, Lineage, Problem, Report, Value
from translators.map_coverage import text_at
from translators.map_document_use import DocumentInUse, Object, below, joined
from translators.map_extensions import extension_faults
from translators.map_paths import CanonicalPath, Place, Step, read_canonical_path
from translators.map_raw import read_raw
from translators.map_rules import Field, Map, Part, Piece, Repeated, Setting, Total, When
from translators.map_values import computed_text, converted_amount
from translators.syntax import Elements
from translators.tree import Node

_INDEX = re.compile(r"\[[0-9]+\]")


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
            if part.only == "in" or (part.when is not None and not self._holds(part.when, obj)):
                continue
            if part.tree is not None:
                made: list[Node] = []
                self._levels(part, part.levels, obj, at, "", made, above)
            else:
                made = self._raw(part, obj, above) if part.raw else self._part(part, obj, at, number, above)
            if not made and part.required in ("both", "out"):
                what = part.path.text if part.path is not None else part.node.name
                self._missing(what, part.node.name, None, self.document.trail(part.path, obj, at) if part.path else at)
            if made and part.bounded:
                # X12 LS and LE stand around the loop and name it.
                made = [_bound("LS", part.bounded), *made, _bound("LE", part.bounded)]
            nodes += made
        return nodes

    def _part(self, part: Part, obj: Object, at: str, number: int, above: str) -> list[Node]:
        nodes: list[Node] = []
        for inner, trail in self._objects(part, obj, at):
            for piece in self._pieces(part, inner):
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

    def _raw(self, part: Part, obj: Object, above: str) -> list[Node]:
        """The segments that were carried through and belong here."""
        kept = obj.get("raw")
        path = f"{above}/{part.node.name}" if above else part.node.name
        nodes = []
        for each in kept if isinstance(kept, list | tuple) else ():
            if not isinstance(each, dict) or each.get("guide") != self.rules.guide or each.get("path") != path:
                continue
            tag, elements = read_raw(str(each.get("text")))
            if tag == part.node.name and _fits(part, elements) and (id(each), "text") not in self.document.used:
                self.document.used.update((id(each), key) for key in each)
                nodes.append(Node(name=tag, elements=elements))
        return nodes

    def _levels(
        self, whole: Part, parts: Sequence[Part], obj: Object, at: str, parent: str, nodes: list[Node], above: str
    ) -> None:
        """The tree below ``obj``, each group before what hangs on it, as a flat list with ids and those of parents."""
        tree = whole.tree
        if tree is None:
            return
        for part in parts:
            if part.only == "in" or (part.when is not None and not self._holds(part.when, obj)):
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
                first.elements = _with_texts(first.elements, stated)

    def _group(self, part: Part, obj: Object, at: str, number: int, above: str) -> Node | None:
        here = f"{above}/{part.node.name}" if above else part.node.name
        children = self._parts(part.parts, obj, at, number, here)
        trigger = part.parts[0] if part.parts else None
        if (not children and not part.always) or trigger is None:
            return None
        # A group without its trigger segment would be read as something else: it is written even when it is empty.
        if not trigger.group and (not children or children[0].name != trigger.node.name):
            forced = self._segment(trigger, obj, at, number, force=True)
            children = _present(forced) + children
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
                texts[field.places[0]] = _pieced(texts.get(field.places[0], ""), written[0], field.piece)
            else:
                _put(texts, field, written)
        for repeated in part.repeated:
            self._repeated(repeated, part, obj, at, texts, skip)
        totals = {total.place: self._total(total, obj) for total in part.totals} if part.totals else {}
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
            self._derived(field, texts, obj)
        for constant in part.constants:
            texts[constant.place] = constant.text
        for place in part.counters:
            texts[place] = str(number)
        texts |= totals
        node = Node(name=part.node.name, elements=_elements(texts))
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

    def _total(self, total: Total, obj: Object) -> str:
        found = list(below(self.document.root if total.absolute else obj, total.names))
        if not total.sum:
            return str(len(found))
        return plain_number(sum((Decimal(each) for each in found if isinstance(each, int | Decimal)), Decimal(0)))

    def _pieces(self, part: Part, item: Object) -> list[Object]:
        """The item, or if its text is too long for one segment, one a piece of the text."""
        if not part.wrap:
            return [item]
        for field in part.fields:
            key = field.path.steps[-1].name
            text = item.get(key)
            if isinstance(field.codec, TextCodec) and field.table is None and isinstance(text, str):
                lines = wrap(text, part.wrap)
                if len(lines) > 1:
                    self.document.used.update((id(item), name) for name in item)
                    return [{**item, key: line} for line in lines]
        return [item]

    # Fields

    def _texts(self, field: Field, part: Part, obj: Object, at: str) -> Sequence[str] | None:
        def report(problem: Problem) -> None:
            layer: Layer = "code" if problem.code == "map-unmapped" else "rule"
            self._add(problem, part.node.name, field.places[0], self.document.trail(field.path, obj, at), layer)

        texts: Sequence[str] | None
        if field.inverse is not None:
            texts = self._computed(field, obj, report)
            self._trace(field, part, obj, at, texts, None)
            return texts
        holder: Object | None = obj
        if field.plain:
            value = obj.get(field.plain)
            self.document.used.add((id(obj), field.plain))
        else:
            holder, value = self.document.value(field.path, obj)
        if holder is None or (value is None and field.instead is not None and field.table is None):
            other = self.document.value(field.instead, obj) if field.instead is not None else (None, None)
            holder, value = other if other[1] is not None else (holder, value)
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
            texts = None if code is None else _divided(code, len(field.places))
        elif value is not None:
            if field.unit:
                self.document.used.add((id(holder), "unit"))
                value = converted_amount(field, value, holder, report)
            if value is not None:
                texts = field.codec.write(value, len(field.places), self.context, report)
        self._trace(field, part, obj, at, texts, code)
        return texts

    def _computed(self, field: Field, obj: Object, report: Report) -> Sequence[str] | None:
        """The text that an expression makes; every field it reads is used."""
        if field.inverse is None:
            return None
        value = self.document.value(field.path, obj)[1] if not field.computed else None
        if value is None and not field.computed:
            return None
        text = computed_text(field.inverse, value, obj, self.rules, self.context, report)
        if text is not None:
            for name in field.inverse.fields:
                self.document.value(read_canonical_path(name), obj)
        return None if text is None else (text,)

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

    def _derived(self, field: Field, texts: dict[Place, str], obj: Object) -> None:
        """A value that reading derives from what is written is not left behind."""
        holder, value = self.document.value(field.path, obj, use=False)
        if holder is None or value is None or field.table is not None:
            return
        sent = [texts.get(place, "") for place in field.places]
        if any(sent) and field.codec.read(sent, self.context, lambda problem: None) == value:
            self.document.used.add((id(holder), field.path.steps[-1].name))

    def _holds(self, when: When, obj: Object) -> bool:
        holder, value = self.document.value(when.path, obj, use=False)
        if when.table is None:
            return (value == when.word) != when.negated
        kept = holder.get("native") if holder is not None else None
        native = kept.get(when.path.steps[-1].name) if isinstance(kept, dict) else None
        carried = when.table.carries(
            str(value) if value is not None else None, native if isinstance(native, str) else None, self.context
        )
        return carried != when.negated

    def _imply(self, settings: Sequence[Setting], obj: Object, at: str) -> None:
        """What the node's presence says needs no place; anything else cannot be said."""
        for setting in settings:
            holder, value = self.document.value(setting.path, obj)
            if holder is not None and value is not None and value != setting.value:
                text = f"{self.rules.type} can only say `{setting.value}` here: `{value}` is lost"
                path = self.document.trail(setting.path, obj, at)
                problem = Problem("map-not-carried", text, "error" if self._complete(path) else "warning", str(value))
                self._add(problem, None, None, path, "rule")

    # Findings

    def _too_many(self, name: str, number: int) -> None:
        text = f"there are {number} {name}, and a {self.rules.type} carries one: send one document each"
        self._add(Problem("map-not-carried", text), None, None, name, "rule")

    def _left(self, value: Value, at: str) -> None:
        pattern = _INDEX.sub("", at)
        if any(_within(pattern, path) for path in self.rules.leaves):
            return
        text = f"{self.rules.type} has no place for {at}: it is not sent"
        single = None if isinstance(value, dict | list | tuple) else str(value)
        problem = Problem("map-not-carried", text, "error" if self._complete(at) else "warning", single)
        self._add(problem, None, None, at, "rule")

    def _complete(self, at: str) -> bool:
        """Whether the map promises that nothing at a path stays behind."""
        pattern = _INDEX.sub("", at)
        return any(_within(pattern, path) or _within(path, pattern) for path in self.rules.complete)

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


def _within(pattern: str, path: str) -> bool:
    return pattern == path or pattern.startswith(f"{path}.")


_EMPTY: tuple[tuple[str, ...], ...] = (("",),)


def _elements(texts: dict[Place, str]) -> Elements:
    """The texts at their places; what lies between is empty, what lies behind the last is not there."""
    made: list[tuple[tuple[str, ...], ...]] = []
    for (element, component), text in texts.items():
        if not text:
            continue
        if element > len(made):
            made += [_EMPTY] * (element - len(made))
        if component == 1 and made[element - 1] is _EMPTY:
            made[element - 1] = ((text,),)
        else:
            components = list(made[element - 1][0])
            components += [""] * (component - len(components))
            components[component - 1] = text
            made[element - 1] = (tuple(components),)
    return tuple(made)


def _put(texts: dict[Place, str], field: Field, written: Sequence[str]) -> None:
    if len(field.places) == 1:
        texts[field.places[0]] = written[0]
    else:
        texts.update(zip(field.places, written, strict=False))
    for constant in field.beside:
        texts[constant.place] = constant.text


def _with_texts(elements: Elements, texts: dict[Place, str]) -> Elements:
    """The elements, with texts put where nothing is yet."""
    found = {
        Place(number, component): text
        for number, element in enumerate(elements, 1)
        for component, text in enumerate(element[0], 1)
    }
    return _elements(texts | {place: text for place, text in found.items() if text})


def _bound(tag: str, code: str) -> Node:
    return Node(name=tag, elements=(((code,),),))


def _fits(part: Part, elements: Elements) -> bool:
    """Whether a segment that was carried through is of the kind that the part's conditions pick."""
    for condition in part.node.conditions:
        text = text_at(elements, condition.place)
        if not text or (condition.values and text not in condition.values):
            return False
    return True


def _pieced(there: str, text: str, piece: Piece) -> str:
    """``there`` with its next piece behind it."""
    parts = there.split(piece.by, piece.of - 1) if there else []
    parts += [""] * (piece.number - len(parts))
    return piece.by.join([*parts[: piece.number], text])


def _divided(code: str, places: int) -> Sequence[str]:
    return (code,) if places == 1 else code.split(":")[:places]


def _present(node: Node | None) -> list[Node]:
    return [node] if node is not None else []
