"""A map as Python: the rules of reading written out once as functions, which then run as if somebody had typed them.

:class:`translators.map_reading.Reader` interprets rules, because it must be able to say what was wrong, where a value
came from, and what was left. For a message with which nothing is wrong that is wasted: which places a segment's fields
are at, which object they go to and whether they are required is the same for every message. So the rules become source
text in which all of that is spelled out, and Python compiles it.

**The law**: where the function returns, it returns what the reader would, and the reader would have had no finding. At
anything else (an unknown code, a date that is none, something missing) it raises :class:`Declined`, and the reader does
it all again. So no finding is ever made here and none is lost; tests hold both ways against each other.

What the language has and this does not write out makes the whole map ``None`` here, and it is interpreted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from translators.map_compiled_segments import MARKED, SegmentEmitter
from translators.map_paths import Condition
from translators.map_quick_reading import GIVEN, Object, Run
from translators.map_rules import Map, Part, Tree
from translators.map_source import Unwritable

QuickMap = Callable[[Run], Object]
"""Reads a message that was taken apart; raises :class:`translators.map_quick_reading.Declined`."""


def compile_reading(rules: Map) -> QuickMap | None:
    """The map's reading as a function; ``None`` when it has to be interpreted."""
    emitter = _Emitter(rules)
    try:
        emitter.emit()
    except Unwritable:
        return None
    return cast("QuickMap", emitter.text.compiled(f"<map {rules.name}, reading>", "read", GIVEN))


def _key(part: Part) -> str:
    """Under which a node has what the part is about, as :data:`translators.shapes.Shape` says."""
    return f"{part.node.name}/" if part.group else part.node.name


class _Rivals:
    """The parts beside each other that want nodes of one name, and how these are told apart.

    Mostly one code says whose a segment is, and no two parts want the same one: then the nodes are looked up by it.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.index = ""
        """The variable of the nodes by code; empty where they are not looked up."""
        self.taken = ""
        """The variable of those that a part has; empty where no two parts want the same."""
        self._parts = parts
        coded = [part for part in parts if self._is_coded(part)]
        places = {part.node.conditions[0].place for part in coded}
        self.place = places.pop() if len(places) == 1 and len(coded) > 1 else None
        """Where the code stands that tells them apart; ``None`` when they have to be gone through."""
        values = [value for part in coded for value in part.node.conditions[0].values]
        disjoint = len(coded) == len(parts) and len(values) == len(set(values))
        self.compete = len(parts) > 1 and not (self.place is not None and disjoint)
        """Whether one part may want what another has taken."""

    @staticmethod
    def _is_coded(part: Part) -> bool:
        conditions = part.node.conditions
        if part.group or len(conditions) != 1 or conditions[0].tag is not None:
            return False
        values = conditions[0].values
        return bool(values) and not any(MARKED & set(value) for value in values)

    def finds(self, part: Part) -> bool:
        """Whether the part's nodes can be looked up: no part before it could have taken them."""
        if self.place is None or not self._is_coded(part):
            return False
        wanted = set(part.node.conditions[0].values)
        before = self._parts[: next(number for number, each in enumerate(self._parts) if each is part)]
        return all(self._is_coded(each) and wanted.isdisjoint(each.node.conditions[0].values) for each in before)


class _Emitter(SegmentEmitter):
    def emit(self) -> None:
        """Writes the function ``read`` and those that it needs."""
        with self.text.function("read(run)"):
            self._prologue()
            self.text.line("node = run.root")
            self.text.line("D = {}")
            self.imply(self.rules.settings, "D")
            self._parts(self.rules.parts, "node", "D", "")
            self.text.line("return D")

    def _prologue(self) -> None:
        self.text.line("S, C, marked = run.segments, run.component, run.marked")
        self.text.line("T, moments, context = run.tables, run.moments, run.context")

    # Parts

    def _parts(self, parts: Sequence[Part], node: str, obj: str, above: str) -> None:
        read = [part for part in parts if part.only != "out"]
        rivals = {key: _Rivals([part for part in read if _key(part) == key]) for key in map(_key, read)}
        for key, each in rivals.items():
            if each.place is not None:
                nodes, each.index = self.text.name("nodes"), self.text.name("index")
                element, component = each.place
                self.text.line(f"{nodes} = {node}.get({key!r})")
                self.text.line(f"{each.index} = by_code(S, {nodes}, {element}, {component}, C) if {nodes} else NONE")
            if each.compete:
                each.taken = self.text.name("taken")
                self.text.line(f"{each.taken} = set()")
        for part in read:
            if part.when is not None and part.when.word is not None:
                holder = self.peek(part.when.path, obj)
                last = part.when.path.steps[-1].name
                found = self.text.name("held")
                self.text.line(f"{found} = {holder}.get({last!r}) if {holder} is not None else None")
                with self.text.block(f"if {found} {'!=' if part.when.negated else '=='} {part.when.word!r}"):
                    self._part(part, node, obj, above, rivals[_key(part)])
            else:
                self._part(part, node, obj, above, rivals[_key(part)])

    def _part(self, part: Part, node: str, obj: str, above: str, rivals: _Rivals) -> None:
        if part.again and part.path is None:
            self.fresh.pop(obj, None)  # Its fields are set once for each of the nodes.
        single = part.binding != "each" and not (part.again or part.raw or part.tree)
        needed = part.required in ("both", "in")
        if rivals.finds(part):
            found = self._looked_up(part, rivals.index, single)
        else:
            found = self.text.name("nodes")
            self.text.line(f"{found} = {node}.get({_key(part)!r})")
            if part.node.conditions or rivals.compete:
                found = self._chosen(part, found, rivals.taken)
            elif single:
                nodes, found = found, self.text.name("chosen")
                self.text.line(f"{found} = {nodes}[0] if {nodes} else None")
        if rivals.compete and part.tree is None:
            with self.text.block(f"if {found} is not None"):
                self._take(part, found, single, rivals.taken)
        if needed:
            with self.text.block(f"if {found} is None" if single else f"if not {found}"):
                self.text.line("raise Declined")
        if part.tree is not None:
            self._tree(part, part.tree, found, obj, above)
        elif single:
            with self.text.block(f"if {found} is not None"):
                self._bound(part, found, obj, above)
        else:
            one = self.text.name("one")
            with self.text.block(f"if {found}"), self.text.block(f"for {one} in {found}"):
                if part.raw:
                    where = f"'guide': {self.rules.guide!r}, 'path': {part.below(above)!r}"
                    kept = f"{{{where}, 'text': text_of(S[{one}], C)}}"
                    self.text.line(f"{obj}.setdefault('raw', []).append({kept})")
                else:
                    self._bound(part, one, obj, above)

    def _looked_up(self, part: Part, index: str, single: bool) -> str:
        """Emits the choice among nodes by the one code that tells them apart."""
        values, chosen = part.node.conditions[0].values, self.text.name("chosen")
        if single:
            first, *others = values
            wanted = " or ".join(f"{index}.get({value!r})" for value in (first, *others))
            self.text.line(f"{chosen} = {wanted}")
            with self.text.block(f"if {chosen} is not None"):
                self.text.line(f"{chosen} = {chosen}[0]")
        elif len(values) == 1:
            self.text.line(f"{chosen} = {index}.get({values[0]!r})")
        else:
            self.text.line(f"{chosen} = in_order({index}, {values!r})")
        return chosen

    def _take(self, part: Part, chosen: str, single: bool, taken: str) -> None:
        """Emits that no part behind this one gets what it chose."""
        if single:
            self.text.line(f"{taken}.add({f'id({chosen})' if part.group else chosen})")
        else:
            self.text.line(f"{taken}.update({f'map(id, {chosen})' if part.group else chosen})")

    def _chosen(self, part: Part, nodes: str, taken: str) -> str:
        """Emits the choice among nodes; what is chosen is in the variable of the name returned."""
        single = part.binding != "each" and not (part.again or part.raw or part.tree)
        chosen, best, one = self.text.name("chosen"), self.text.name("best"), self.text.name("one")
        self.text.line(f"{chosen} = None" if single else f"{chosen} = []")
        if single:
            self.text.line(f"{best} = None")
        with self.text.block(f"if {nodes}"), self.text.block(f"for {one} in {nodes}"):
            if taken:
                with self.text.block(f"if {f'id({one})' if part.group else one} in {taken}"):
                    self.text.line("continue")
            ranks = [self._rank(part, condition, one) for condition in part.node.conditions]
            rank = f"({', '.join(ranks)},)" if ranks else "()"
            if single and all(len(condition.values) < 2 for condition in part.node.conditions):
                self.text.line(f"{chosen} = {one}")
                self.text.line("break")
            elif single:
                with self.text.block(f"if {best} is None or {rank} < {best}"):
                    self.text.line(f"{best}, {chosen} = {rank}, {one}")
            else:
                self.text.line(f"{chosen}.append({one})")
        return chosen

    def _rank(self, part: Part, condition: Condition, one: str) -> str:
        """Emits which of a condition's values a node has, and goes on with the next node when it has none."""
        if any(MARKED & set(value) for value in condition.values):
            raise Unwritable
        values = {value: number for number, value in reversed(list(enumerate(condition.values)))}
        rank = self.text.name("rank")
        if condition.tag is None:
            if part.group:
                raise Unwritable
            text = self.text.name("text")
            element, component = condition.place
            if component == 1:
                self.text.line(f"{text} = S[{one}][{element}] if len(S[{one}]) > {element} else ''")
                self.text.line(f"{text} = ({text}[: {text}.index(C)] if C in {text} else {text}).strip()")
            else:
                self.text.line(f"{text} = text_at(S[{one}], {element}, {component}, C).strip()")
            if not values:
                self.text.line(f"{rank} = 0 if {text} else None")
            else:
                self.text.line(f"{rank} = {self.text.value(values, 'VALUES')}.get({text})")
        else:
            wanted = self.text.value(values, "VALUES")
            place = f"{condition.place.element}, {condition.place.component}"
            self.text.line(f"{rank} = rank_below(S, {one}.get({condition.tag!r}), {place}, C, {wanted})")
        with self.text.block(f"if {rank} is None"):
            self.text.line("continue")
        return rank

    def _bound(self, part: Part, node: str, obj: str, above: str) -> None:
        path = part.path
        if path is None:
            self._content(part, node, obj, above)
            return
        start = "D" if path.absolute else obj
        *before, last = path.steps
        if part.binding == "with":
            fresh = self.text.name("fresh")
            self.begin(fresh)
            self._content(part, node, fresh, above)
            with self.text.block(f"if {fresh}"):
                if last.pick:
                    self.text.line(f"merge({self._reach(path.steps, start, obj)}, {fresh})")
                else:
                    holder = self._reach(before, start, obj)
                    there = self.text.name("there")
                    self.text.line(f"{there} = {holder}.get({last.name!r})")
                    with self.text.block(f"if {there} is None"):
                        self.text.line(f"{holder}[{last.name!r}] = {fresh}")
                    with self.text.block("else"):
                        self.text.line(f"merge({there}, {fresh})")
            return
        variant = node
        if part.split:
            if part.level:
                raise Unwritable
            variant = self.text.name("variant")
            with self.text.block(f"for {variant} in divided({node}, {part.split!r})"):
                self._item(part, variant, obj, above)
        else:
            self._item(part, node, obj, above)

    def _item(self, part: Part, node: str, obj: str, above: str) -> None:
        """Emits an item of the list that the part is bound to."""
        if part.path is None:
            return
        *before, last = part.path.steps
        start, item = "D" if part.path.absolute else obj, self.text.name("item")
        self.begin(item)
        self._content(part, node, item, above)
        with self.text.block(f"if {item}"):
            for match in last.matches:
                value = f"{obj}.get({str(match.value)!r}, '')" if match.reference else repr(match.value)
                self.text.line(f"{item}.setdefault({match.field!r}, {value})")
            self.append(before, last, start, obj, item)

    def _content(self, part: Part, node: str, obj: str, above: str) -> None:
        if part.group:
            inner = self.text.name("node")
            self.text.line(f"{inner} = {node}")
            self._parts(part.parts, inner, obj, part.below(above))
            if part.level:
                # Only inside a function for the levels of a tree: see there for its names.
                self.text.line(f"{self._levels(part.levels, above)}(run, D, {obj}, nodes, level.children)")
                self.fresh.pop(obj, None)
        else:
            self.segment(part, node, obj)
        if part.settings:
            with self.text.block(f"if {obj}"):
                self.imply(part.settings, obj)

    # Trees

    def _tree(self, part: Part, tree: Tree, nodes: str, obj: str, above: str) -> None:
        with self.text.block(f"if {nodes}"):
            roots = f"roots_of(S, {nodes}, C, {self.text.value(tree, 'TREE')})"
            self.text.line(f"{self._levels(part.levels, above)}(run, D, {obj}, {nodes}, {roots})")
        self.fresh.pop(obj, None)

    def _levels(self, parts: Sequence[Part], above: str) -> str:
        """The name of a function, emitted here, that reads ``levels`` of a tree into an object.

        A level that nothing is said of is something to report.
        """
        name = self.text.name("levels")
        with self.text.function(f"{name}(run, D, obj, nodes, levels)"):
            self._prologue()
            with self.text.block("for level in levels"):
                self.text.line("node, code = nodes[level.at], level.code")
                for part in parts:
                    with self.text.block("if True" if part.level == "*" else f"if code == {part.level!r}"):
                        self._level(part, above)
                        self.text.line("continue")
                self.text.line("raise Declined")
        return name

    def _level(self, part: Part, above: str) -> None:
        if part.only == "out":
            return
        if part.when is None or part.when.word is None:
            self._bound(part, "node", "obj", above)
            return
        holder = self.peek(part.when.path, "obj")
        last = part.when.path.steps[-1].name
        found = f"{holder}.get({last!r}) if {holder} is not None else None"
        with self.text.block(f"if ({found}) {'!=' if part.when.negated else '=='} {part.when.word!r}"):
            self._bound(part, "node", "obj", above)
