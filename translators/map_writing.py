"""From the canonical form to a message: the same rules, run the other way.

What is written is what the map's order says; the map's order is the guide's. Everything that was used is remembered,
and at the end whatever is left of the document is reported: a message that says less than its order did must not go
out unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from translators.canonical import Canonical
from translators.finding import Finding, Layer
from translators.map_codecs import TextCodec, wrap
from translators.map_context import Context, Lineage, Problem, Value
from translators.map_paths import CanonicalPath, Match, Place, Step
from translators.map_rules import Field, Map, Part, Setting, When
from translators.syntax import Elements
from translators.tree import Node

Object = dict[str, Value]

_INDEX = re.compile(r"\[[0-9]+\]")


class Writer:
    """One run of a map over one document. ``lineage`` is filled only when it was asked for."""

    def __init__(self, rules: Map, document: Canonical, context: Context, *, lineage: bool = False) -> None:
        self.rules = rules
        self.context = context
        self.document: Object = msgspec.to_builtins(document, builtin_types=(datetime, Decimal))
        self.findings: list[Finding] = []
        self.lineage: list[Lineage] | None = [] if lineage else None
        self._used: set[tuple[int, str]] = {(id(self.document), "type")}
        self._picked: set[int] = set()
        """Items that a path picked out of their list: a later ``each`` leaves them out."""
        self._crowded: set[str] = set()
        """Lists that have more items than the message can carry, and that this was said of."""

    def write(self) -> tuple[Node, ...]:
        """The message's body; what was wrong is in ``findings``."""
        self._imply(self.rules.settings, self.document, "")
        nodes = self._parts(self.rules.parts, self.document, "", 0)
        self._report_left(self.document, "")
        return tuple(nodes)

    # Parts

    def _parts(self, parts: Sequence[Part], obj: Object, at: str, number: int) -> list[Node]:
        nodes: list[Node] = []
        for part in parts:
            if part.only == "in" or (part.when is not None and not self._holds(part.when, obj)):
                continue
            made = self._part(part, obj, at, number)
            if not made and part.required in ("both", "out"):
                what = part.path.text if part.path is not None else part.node.name
                self._missing(what, part.node.name, None, self._trail(part.path, obj, at) if part.path else at)
            nodes += made
        return nodes

    def _part(self, part: Part, obj: Object, at: str, number: int) -> list[Node]:
        path = part.path
        if path is None:
            return _present(self._node(part, obj, at, number))
        if part.binding == "with":
            found = self._find(path.steps, path, obj)
            if not isinstance(found, dict):
                return []
            return _present(self._node(part, found, self._trail(path, obj, at), number))
        nodes: list[Node] = []
        items = self._each(path, obj)
        *before, last = path.steps
        trail = self._trail(path._replace(steps=(*before, Step(last.name))), obj, at) if items else ""
        for index, item in items:
            for piece in self._pieces(part, item):
                nodes += _present(self._node(part, piece, f"{trail}[{index}]", len(nodes) + 1))
        return nodes

    def _node(self, part: Part, obj: Object, at: str, number: int) -> Node | None:
        self._imply(part.settings, obj, at)
        return self._group(part, obj, at, number) if part.group else self._segment(part, obj, at, number, force=False)

    def _group(self, part: Part, obj: Object, at: str, number: int) -> Node | None:
        children = self._parts(part.parts, obj, at, number)
        trigger = part.parts[0] if part.parts else None
        if (not children and not part.always) or trigger is None:
            return None
        # A group without its trigger segment would be read as something else: it is written even when it is empty.
        if not trigger.group and (not children or children[0].name != trigger.node.name):
            forced = self._segment(trigger, obj, at, number, force=True)
            children = _present(forced) + children
        return Node(name=part.node.name, group=True, children=children)

    def _segment(self, part: Part, obj: Object, at: str, number: int, *, force: bool) -> Node | None:
        texts: dict[Place, str] = {}
        without: list[Field] = []
        for field in part.fields:
            if field.only == "in":
                continue
            written = self._texts(field, part, obj, at)
            if written is None or not any(written):
                without.append(field)
            else:
                texts.update(zip(field.places, written, strict=False))
                texts.update((constant.place, constant.text) for constant in field.beside)
        if not texts and not (force or part.always):
            return None
        for field in without:
            if field.absent is not None:
                texts[field.places[0]] = field.absent
            elif field.required in ("both", "out"):
                self._missing(field.path.text, part.node.name, field.places[0], self._trail(field.path, obj, at))
        for field in part.fields:
            if field.only == "in":
                self._derived(field, texts, obj)
        texts.update((constant.place, constant.text) for constant in part.constants)
        texts.update((place, str(number)) for place in part.counters)
        return Node(name=part.node.name, elements=_elements(texts))

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
                    self._used.update((id(item), name) for name in item)
                    return [{**item, key: line} for line in lines]
        return [item]

    # Fields

    def _texts(self, field: Field, part: Part, obj: Object, at: str) -> Sequence[str] | None:
        def report(problem: Problem) -> None:
            layer: Layer = "code" if problem.code == "map-unmapped" else "rule"
            self._add(problem, part.node.name, field.places[0], self._trail(field.path, obj, at), layer)

        holder, value = self._value(field.path, obj)
        if holder is None or (value is None and field.instead is not None and field.table is None):
            other = self._value(field.instead, obj) if field.instead is not None else (None, None)
            holder, value = other if other[1] is not None else (holder, value)
        if holder is None:
            return None
        if field.table is not None:
            key = field.path.steps[-1].name
            kept = holder.get("native")
            native = kept.get(key) if isinstance(kept, dict) else None
            code = field.table.write(
                None if value is None else str(value), native if isinstance(native, str) else None, self.context, report
            )
            texts: Sequence[str] | None = None if code is None else _divided(code, len(field.places))
        else:
            texts = None if value is None else field.codec.write(value, len(field.places), self.context, report)
        if texts is not None and self.lineage is not None:
            self.lineage.append(
                Lineage(
                    path=self._trail(field.path, obj, at),
                    text=" ".join(filter(None, texts)),
                    rule=field.line,
                    table=field.table.name if field.table is not None else None,
                    where=msgspec.structs.replace(
                        self.context.where,
                        segment=part.node.name,
                        element=field.places[0].element,
                        component=field.places[0].component,
                    ),
                )
            )
        return texts

    def _derived(self, field: Field, texts: dict[Place, str], obj: Object) -> None:
        """A value that reading derives from what is written is not left behind."""
        holder, value = self._value(field.path, obj, use=False)
        if holder is None or value is None or field.table is not None:
            return
        sent = [texts.get(place, "") for place in field.places]
        if any(sent) and field.codec.read(sent, self.context, lambda problem: None) == value:
            self._used.add((id(holder), field.path.steps[-1].name))

    def _holds(self, when: When, obj: Object) -> bool:
        holder, value = self._value(when.path, obj, use=False)
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
            holder, value = self._value(setting.path, obj)
            if holder is not None and value is not None and value != setting.value:
                text = f"{self.rules.type} can only say `{setting.value}` here: `{value}` is lost"
                problem = Problem("map-not-carried", text, "warning", str(value))
                self._add(problem, None, None, self._trail(setting.path, obj, at), "rule")

    # Ways through the document

    def _value(self, path: CanonicalPath, obj: Object, *, use: bool = True) -> tuple[Object | None, Value | None]:
        """The object that has, or could have, the value; and the value."""
        *before, last = path.steps
        holder = self._find(before, path, obj) if before else (self.document if path.absolute else obj)
        if not isinstance(holder, dict):
            return None, None
        if use:
            self._used.add((id(holder), last.name))
        return holder, holder.get(last.name)

    def _find(self, steps: Sequence[Step], path: CanonicalPath, obj: Object) -> Value | None:
        holder: Value | None = self.document if path.absolute else obj
        for step in steps:
            if not isinstance(holder, dict):
                return None
            found = holder.get(step.name)
            holder = self._pick(step, found, obj) if step.pick else found
        return holder

    def _pick(self, step: Step, items: Value | None, obj: Object) -> Value | None:
        if not isinstance(items, list | tuple) or not items:
            return None
        if step.pick == "match":
            for item in items:
                if isinstance(item, dict) and self._is_picked(item, step, obj):
                    self._picked.add(id(item))
                    return self._use(item, step.matches)
            return None
        if step.pick == "only" and len(items) > 1 and step.name not in self._crowded:
            self._crowded.add(step.name)
            text = f"there are {len(items)} {step.name}, and a {self.rules.type} carries one: send one document each"
            self._add(Problem("map-not-carried", text), None, None, step.name, "rule")
        return None if step.pick == "single" and len(items) > 1 else items[0]

    def _each(self, path: CanonicalPath, obj: Object) -> list[tuple[int, Object]]:
        *before, last = path.steps
        holder = self._find(before, path, obj) if before else (self.document if path.absolute else obj)
        items = holder.get(last.name) if isinstance(holder, dict) else None
        if not isinstance(items, list | tuple):
            return []
        return [
            (number, self._use(item, last.matches))
            for number, item in enumerate(items)
            if isinstance(item, dict)
            and (self._is_picked(item, last, obj) if last.pick else id(item) not in self._picked)
        ]

    def _trail(self, path: CanonicalPath, obj: Object, at: str) -> str:
        """The canonical path of what ``path`` leads to from the object at ``at``; what is missing, as it was asked."""
        names = [] if path.absolute or not at else [at]
        holder: Value | None = self.document if path.absolute else obj
        for step in path.steps:
            found = holder.get(step.name) if isinstance(holder, dict) else None
            if not step.pick:
                names.append(step.name)
                holder = found
                continue
            items = found if isinstance(found, list | tuple) else ()
            number = next((n for n, item in enumerate(items) if self._is_picked(item, step, obj)), None)
            holder = items[number] if number is not None else None
            asked = ",".join(f"{match.field}={match.value}" for match in step.matches) or "0"
            names.append(f"{step.name}[{asked if number is None else number}]")
        return ".".join(names)

    def _is_picked(self, item: Value, step: Step, obj: Object) -> bool:
        return isinstance(item, dict) and all(
            item.get(match.field) == (obj.get(str(match.value)) if match.reference else match.value)
            for match in step.matches
        )

    def _use(self, item: Object, matches: Sequence[Match]) -> Object:
        """``item``; what it was picked by is implied by the place it is written at."""
        self._used.update((id(item), match.field) for match in matches)
        return item

    # Findings

    def _report_left(self, value: Value, at: str) -> None:
        """Reports what no rule has used: the whole of an object or list where nothing in it was."""
        if at and not self._touched(value):
            self._left(value, at)
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key != "native" and (id(value), key) not in self._used:
                    self._report_left(inner, _joined(at, key))
        elif isinstance(value, list | tuple):
            for number, inner in enumerate(value):
                self._report_left(inner, f"{at}[{number}]")

    def _touched(self, value: Value) -> bool:
        if isinstance(value, dict):
            return any((id(value), key) in self._used or self._touched(inner) for key, inner in value.items())
        return isinstance(value, list | tuple) and any(self._touched(inner) for inner in value)

    def _left(self, value: Value, at: str) -> None:
        pattern = _INDEX.sub("", at)
        if any(_within(pattern, path) for path in self.rules.leaves):
            return
        complete = any(_within(pattern, path) or _within(path, pattern) for path in self.rules.complete)
        text = f"{self.rules.type} has no place for {at}: it is not sent"
        single = None if isinstance(value, dict | list | tuple) else str(value)
        self._add(Problem("map-not-carried", text, "error" if complete else "warning", single), None, None, at, "rule")

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


def _elements(texts: dict[Place, str]) -> Elements:
    """The texts at their places; what lies between is empty, what lies behind the last is not there."""
    elements: list[list[str]] = []
    for (element, component), text in texts.items():
        if not text:
            continue
        while len(elements) < element:
            elements.append([""])
        components = elements[element - 1]
        components += [""] * (component - len(components))
        components[component - 1] = text
    return tuple([(tuple(components),) for components in elements])


def _divided(code: str, places: int) -> Sequence[str]:
    return (code,) if places == 1 else code.split(":")[:places]


def _present(node: Node | None) -> list[Node]:
    return [node] if node is not None else []


def _joined(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
