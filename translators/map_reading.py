"""From a message to the canonical form: the rules of a map, run over a tree of nodes.

The result is built as plain dictionaries and turned into typed objects once, at the end. An object comes into being
when the first value in it does, so that an empty segment leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from translators.finding import Finding, Layer, Where
from translators.hierarchy import Hierarchy, Level, build
from translators.map_context import Context, Lineage, Problem, Value
from translators.map_coverage import Uses
from translators.map_paths import CanonicalPath, Match, Place, Step
from translators.map_raw import raw_text
from translators.map_rules import Field, Map, Part, Piece, Repeated, Setting, Tree, When
from translators.map_values import computed_value
from translators.syntax import Elements
from translators.tree import Node

Object = dict[str, Value]


class Reader:
    """One run of a map over one message. ``lineage`` and ``coverage`` are filled only when they were asked for."""

    def __init__(self, rules: Map, context: Context, *, lineage: bool = False, coverage: Uses | None = None) -> None:
        self.rules = rules
        self.context = context
        self.document: Object = {}
        self.findings: list[Finding] = []
        self.lineage: list[Lineage] | None = [] if lineage else None
        self.coverage = coverage
        self._below: dict[int, list[Level]] = {}
        """In a tree, what hangs on a group, by ``id()`` of the group."""
        self._tree: Sequence[Node] = ()

    def read(self, tree: Node) -> Object:
        """The document as dictionaries; what was wrong is in ``findings``."""
        self._set(self.rules.settings, self.document)
        self._parts(self.rules.parts, tree, self.document, "", "")
        return self.document

    # Parts

    def _parts(self, parts: Sequence[Part], node: Node, obj: Object, at: str, path: str) -> None:
        by_name: dict[tuple[str, bool], list[Node]] = {}
        for child in node.children:
            if not child.stray:
                by_name.setdefault((child.name, child.group), []).append(child)
        taken: set[int] = set()
        for part in parts:
            if part.only == "out" or (part.when is not None and not self._holds(part.when, obj)):
                continue
            nodes = by_name.get((part.node.name, part.group))
            chosen = _choose(part, nodes, taken) if nodes else ()
            if not chosen:
                if part.required in ("both", "in"):
                    what = f"{'group' if part.group else 'segment'} {part.node.name} is missing"
                    self._missing(what, node, None, self._trail(part.path, obj, at))
                continue
            if part.tree is not None:
                self._hierarchy(part, part.tree, chosen, obj, at, path)
                continue
            if part.binding != "each" and not part.again and not part.raw:
                chosen = chosen[:1]
            if part.shared:
                taken.update(id(one) for one in chosen)
            for one in chosen:
                if part.raw:
                    self._keep(one, path, obj)
                else:
                    self._part(part, one, obj, at, path)

    def _part(self, part: Part, node: Node, obj: Object, at: str, above: str) -> None:
        path, here = part.path, part.below(above)
        if path is None:
            self._content(part, node, obj, at, here)
            return
        start, at = (self.document, "") if path.absolute else (obj, at)
        if part.binding == "with":
            fresh: Object = {}
            self._content(part, node, fresh, _joined(at, self._described(path.steps, start, obj)), here)
            if fresh:
                merge(reach(path.steps, start, obj), fresh)
            return
        *before, last = path.steps
        for variant in _split(part, node):
            length = len(_items(peek(before, start, obj), last.name))
            item: Object = {}
            holder = self._described(before, start, obj)
            self._content(part, variant, item, _joined(at, _joined(holder, f"{last.name}[{length}]")), here)
            if item:
                for match in last.matches:
                    item.setdefault(match.field, _wanted(match, obj))
                _items(reach(before, start, obj), last.name, make=True).append(item)

    def _holds(self, when: When, obj: Object) -> bool:
        if when.word is None:
            return True
        start = self.document if when.path.absolute else obj
        *before, last = when.path.steps
        holder = peek(before, start, obj)
        return (holder is not None and holder.get(last.name) == when.word) != when.negated

    def _content(self, part: Part, node: Node, obj: Object, at: str, here: str) -> None:
        if part.group:
            self._parts(part.parts, node, obj, at, here)
            if part.level:
                self._levels(part.levels, self._below.get(id(node), ()), obj, at, here.rpartition("/")[0])
        else:
            elements = _elements(node)
            if self.coverage is not None:
                self.coverage.implied(node, part)
            for field in part.fields:
                if field.only != "out":
                    self._field(field, [_text(elements, place) for place in field.places], node, obj, at)
            for repeated in part.repeated:
                self._repeated(repeated, elements, node, obj, at)
        if part.settings and obj:
            self._set(part.settings, obj)

    def _repeated(self, repeated: Repeated, elements: Elements, node: Node, obj: Object, at: str) -> None:
        """The items of a list that lie behind each other in a segment."""
        start, at = (self.document, "") if repeated.path.absolute else (obj, at)
        *before, last = repeated.path.steps
        for fields in repeated.slots:
            texts = [[_text(elements, place) for place in field.places] for field in fields]
            if not any(text.strip() for own in texts for text in own):
                continue
            length = len(_items(peek(before, start, obj), last.name))
            trail = _joined(at, _joined(self._described(before, start, obj), f"{last.name}[{length}]"))
            item: Object = {}
            for field, own in zip(fields, texts, strict=True):
                if field.only != "out":
                    self._field(field, own, node, item, trail)
            if item:
                there = _items(reach(before, start, obj), last.name, make=True)
                # What is known of an object elsewhere, a container's seals, is told again wherever it is named.
                if not (item in there and any(match.reference for step in before for match in step.matches)):
                    there.append(item)

    def _keep(self, node: Node, above: str, obj: Object) -> None:
        """The segment as text, at the object in hand."""
        path = f"{above}/{node.name}" if above else node.name
        kept: Object = {"guide": self.rules.guide, "path": path, "text": raw_text(node.name, _elements(node))}
        _items(obj, "raw", make=True).append(kept)
        if self.coverage is not None:
            self.coverage.carried(node)

    # Trees

    def _hierarchy(self, part: Part, tree: Tree, nodes: Sequence[Node], obj: Object, at: str, above: str) -> None:
        """The groups as the tree that they state; what is wrong with it, validation has said."""
        levels = []
        for number, node in enumerate(nodes):
            first = next((child for child in node.children if child.name == tree.segment), None)
            elements = _elements(first) if first is not None else ()
            code = _text(elements, tree.level).strip() if tree.level is not None else ""
            own, parent = (_text(elements, place).strip() for place in (tree.id, tree.parent))
            levels.append(Level(at=number, id=own, parent=parent, code=code, children_stated=""))
            if self.coverage is not None and first is not None:
                self.coverage.stated(first, tree)
        roots = build(levels, Hierarchy(segment=tree.segment)).roots
        self._tree = nodes
        self._below = {id(nodes[level.at]): level.children for level in levels}
        self._levels(part.levels, roots, obj, at, above)

    def _levels(self, parts: Sequence[Part], levels: Sequence[Level], obj: Object, at: str, above: str) -> None:
        for level in levels:
            node = self._tree[level.at]
            part = next((each for each in parts if each.level in (level.code, "*")), None)
            if part is None:
                known = ", ".join(each.level for each in parts) or "none"
                what = f"level `{level.code}`" if level.code else "what hangs here"
                text = f"{what} is not read (there are: {known}), nor is what hangs on it"
                problem = Problem("hierarchy-level", text, "warning", level.code)
                tree = parts[0].tree if parts else None
                self._add(problem, node, tree.level if tree is not None else None, at, "rule")
            elif part.only != "out" and (part.when is None or self._holds(part.when, obj)):
                self._part(part, node, obj, at, above)

    def _set(self, settings: Sequence[Setting], obj: Object) -> None:
        for setting in settings:
            start = self.document if setting.path.absolute else obj
            *before, last = setting.path.steps
            # What is implied of an object inside is so where that object is; it alone does not make one.
            holder = peek(before, start, obj)
            if holder is not None:
                holder.setdefault(last.name, setting.value)

    # Fields

    def _field(self, field: Field, texts: list[str], node: Node, obj: Object, at: str) -> None:
        sent = texts[0].strip() if len(texts) == 1 else " ".join([text.strip() for text in texts]).strip()
        if not sent or sent == field.absent:
            if self.coverage is not None and sent:
                self.coverage.mapped(node, field.places)
            if field.required in ("both", "in") and not sent:
                self._missing(f"{field.path.text} is missing", node, field.places[0], self._trail(field.path, obj, at))
            elif field.default is not None:
                *before, last = field.path.steps
                reach(before, self.document if field.path.absolute else obj, obj).setdefault(last.name, field.default)
            return
        start = self.document if field.path.absolute else obj
        *before, last = field.path.steps

        def report(problem: Problem) -> None:
            self._report(problem, node, field.places[0], self._trail(field.path, obj, at))

        if field.piece is not None:
            texts = [_piece(texts[0], field.piece)]
            sent = texts[0].strip()
            if not sent:
                return
        native = None
        value: Value | None
        if field.expression is not None:
            value = computed_value(field, texts, obj, self.rules, self.context, report)
        elif field.table is not None:
            value, native = field.table.read(_code(texts), self.context, report)
        else:
            value = field.codec.read(texts, self.context, report)
        if value is None and native is None:
            return
        if field.instead is not None and self._stands_in(field, value, obj):
            if self.coverage is not None:
                self.coverage.mapped(node, field.places)
            return
        trail = self._trail(field.path, obj, at) if self.lineage is not None else ""
        holder = reach(before, start, obj)
        if last.name in holder:
            return
        if value is not None:
            holder[last.name] = value
            if field.unit:
                holder.setdefault("unit", field.unit)
        if native is not None and field.keeps_native:
            kept = holder.setdefault("native", {})
            if isinstance(kept, dict):
                kept[last.name] = native
        if self.lineage is not None:
            table, row = None, None
            if field.table is not None:
                table, row = field.table.name, field.table.row(_code(texts), self.context)
            where = self._where(node, field.places[0], None)
            self.lineage.append(
                Lineage(path=trail, text=sent, map=field.map, rule=field.line, table=table, row=row, where=where)
            )
        if self.coverage is not None:
            self.coverage.mapped(node, field.places)

    def _stands_in(self, field: Field, value: Value | None, obj: Object) -> bool:
        """Whether the value only repeats the other field that it would be written from: then it says nothing itself."""
        path = field.instead
        if path is None or value is None:
            return False
        *before, last = path.steps
        holder = peek(before, self.document if path.absolute else obj, obj)
        return holder is not None and holder.get(last.name) == value

    # Ways through the document

    def _trail(self, path: CanonicalPath | None, obj: Object, at: str) -> str:
        """The canonical path of what ``path`` leads to from the object at ``at``."""
        if path is None:
            return at
        start = self.document if path.absolute else obj
        *before, last = path.steps
        named = _joined(self._described(before, start, obj), last.name)
        return named if path.absolute else _joined(at, named)

    def _described(self, steps: Sequence[Step], start: Object, obj: Object) -> str:
        """``steps`` with the numbers that their items have or will have."""
        names = []
        holder: Object | None = start
        for step in steps:
            found: Value | None = None
            if step.pick:
                items = _items(holder, step.name)
                number = _index(items, step, obj)
                names.append(f"{step.name}[{number}]")
                found = items[number] if number < len(items) else None
            else:
                names.append(step.name)
                found = holder.get(step.name) if holder is not None else None
            holder = found if isinstance(found, dict) else None
        return ".".join(names)

    # Findings

    def _missing(self, text: str, node: Node, place: Place | None, path: str) -> None:
        advice = f"{text}: the canonical form needs it; ask the partner to send it, or relax the map"
        self._add(Problem("map-required", advice), node, place, path, "rule")

    def _report(self, problem: Problem, node: Node, place: Place, path: str) -> None:
        self._add(problem, node, place, path, "code" if problem.code == "map-unmapped" else "rule")

    def _add(self, problem: Problem, node: Node, place: Place | None, path: str, layer: Layer) -> None:
        where = self._where(node, place, path)
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

    def _where(self, node: Node, place: Place | None, path: str | None) -> Where:
        return place_in_message(node, place, path, self.context)


def place_in_message(node: Node, place: Place | None, path: str | None, context: Context) -> Where:
    """The place of a node, of its first segment when it is a group, as exact as it is known."""
    first = next(node.segments(), node)
    segment = first.segment
    where = msgspec.structs.replace(context.where, segment=first.name, path=path)
    if place is not None:
        where = msgspec.structs.replace(where, element=place.element, component=place.component)
    if segment is None:
        return where
    where = msgspec.structs.replace(where, segment_position=segment.position)
    if context.source is None:
        return where
    offset, line, column = context.source.place(
        segment.offset_of(place.element, place.component) if place is not None else segment.offset
    )
    return msgspec.structs.replace(where, offset=offset, line=line, column=column)


def _elements(node: Node) -> Elements:
    return node.segment.elements if node.segment is not None else node.elements


def _text(elements: Elements, place: Place) -> str:
    element, component = place
    if element > len(elements):
        return ""
    components = elements[element - 1][0]
    return components[component - 1] if component <= len(components) else ""


def _code(texts: Sequence[str]) -> str:
    """A code that may lie in several places, as tables have it."""
    return texts[0].strip() if len(texts) == 1 else ":".join(text.strip() for text in texts)


def _piece(text: str, piece: Piece) -> str:
    parts = text.split(piece.by, piece.of - 1)
    return parts[piece.number] if piece.number < len(parts) else ""


def _choose(part: Part, nodes: Sequence[Node], taken: set[int]) -> Sequence[Node]:
    """The nodes that are the part's, in message order; for a single one, the first listed qualifier comes first."""
    conditions = part.node.conditions
    free = [node for node in nodes if id(node) not in taken] if taken else nodes
    if not conditions:
        return free
    ranked = [(rank, node) for node in free if (rank := _rank(part, node)) is not None]
    if part.binding != "each":
        ranked.sort(key=lambda pair: pair[0])
    return [node for _, node in ranked]


def _rank(part: Part, node: Node) -> tuple[int, ...] | None:
    """Which of the listed values each condition found, or ``None`` when one found none."""
    ranks = []
    for condition in part.node.conditions:
        looked_at = (
            [node] if condition.tag is None else [child for child in node.children if child.name == condition.tag]
        )
        texts = [text for one in looked_at if (text := _text(_elements(one), condition.place).strip())]
        found = [condition.values.index(text) for text in texts if text in condition.values]
        if (condition.values and not found) or not texts:
            return None
        ranks.append(min(found, default=0))
    return tuple(ranks)


def _split(part: Part, node: Node) -> list[Node]:
    """A group as the several that it stands for: each has one of the children called ``split`` and all others."""
    repeated = node.named(part.split) if part.split else []
    if len(repeated) < 2:
        return [node]
    return [
        msgspec.structs.replace(
            node, children=[child for child in node.children if child.name != part.split or child is one]
        )
        for one in repeated
    ]


def reach(steps: Sequence[Step], start: Object, obj: Object) -> Object:
    """The object at the end of ``steps``, made where it is not there; ``obj`` is the object in hand."""
    holder = start
    for step in steps:
        if not step.pick:
            found = holder.setdefault(step.name, {})
        else:
            items = _items(holder, step.name, make=True)
            number = _index(items, step, obj)
            if number == len(items):
                items.append({match.field: _wanted(match, obj) for match in step.matches})
            found = items[number]
        if not isinstance(found, dict):
            raise TypeError(f"{step.name} holds {found!r} where an object belongs")
        holder = found
    return holder


def peek(steps: Sequence[Step], start: Object, obj: Object) -> Object | None:
    """The object at the end of ``steps``, if it is there."""
    holder = start
    for step in steps:
        if step.pick:
            items = _items(holder, step.name)
            number = _index(items, step, obj)
            found = items[number] if number < len(items) else None
        else:
            found = holder.get(step.name)
        if not isinstance(found, dict):
            return None
        holder = found
    return holder


def _items(holder: Object | None, name: str, *, make: bool = False) -> list[Value]:
    found = holder.get(name) if holder is not None else None
    if isinstance(found, list):
        return found
    made: list[Value] = []
    if make and holder is not None:
        holder[name] = made
    return made


def _index(items: Sequence[Value], step: Step, obj: Object) -> int:
    """The number of the item that the step picks; that of a new one when there is none."""
    if step.pick != "match":
        return 0
    for number, item in enumerate(items):
        if isinstance(item, dict) and all(item.get(match.field) == _wanted(match, obj) for match in step.matches):
            return number
    return len(items)


def _wanted(match: Match, obj: Object) -> Value:
    return obj.get(str(match.value), "") if match.reference else match.value


def merge(target: Object, fresh: Object) -> None:
    """Puts into ``target`` what it has not yet; lists grow. A kept code comes with its value or not at all."""
    had = frozenset(target)
    for key, value in fresh.items():
        if key == "native" and isinstance(value, dict):
            value = {field: code for field, code in value.items() if field not in had}
            if not value:
                continue
        there = target.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            merge(there, value)
        elif isinstance(there, list) and isinstance(value, list):
            there += value
        else:
            target.setdefault(key, value)


def _joined(at: str, name: str) -> str:
    return f"{at}.{name}" if at and name else at or name
