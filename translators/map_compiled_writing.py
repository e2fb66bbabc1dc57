"""A map as Python, the way out: the rules of writing as functions, one for each segment, group and level.

It is to :class:`translators.map_writing.Writer` what :mod:`translators.map_compiled_reading` is to the reader, and the
same law holds: where the functions return, they return the body that the writer would, and the writer would have had no
finding. At anything else they raise :class:`Declined`, and the writer does it all again.

A segment's texts are variables with the names of their places. The notes of what was used of the document are the
writer's own (:mod:`translators.map_document_use`), because what is left in the end decides whether the answer counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from typing import cast

from translators.map_codecs import Codec, DecimalCodec, TextCodec, WholeCodec
from translators.map_paths import Place
from translators.map_quick_writing import GIVEN, Writing
from translators.map_rules import Field, Map, Part, Repeated, Setting, Tree
from translators.map_source import PythonText
from translators.tree import Node

QuickBody = Callable[[Writing], list[Node]]
"""Writes a document; raises :class:`translators.map_quick_reading.Declined`."""


def compile_writing(rules: Map) -> QuickBody:
    """The map's writing as a function."""
    emitter = _Emitter(rules)
    emitter.emit()
    return cast("QuickBody", emitter.text.compiled(f"<map {rules.name}, writing>", "write", GIVEN))


class _Emitter:
    def __init__(self, rules: Map) -> None:
        self.rules = rules
        self.text = PythonText()
        self.tables = {name: index for index, name in enumerate(rules.tables)}
        self._segments: dict[int, str] = {}
        """By ``id`` of a part, the function that makes its segment."""

    def emit(self) -> None:
        """Writes the function ``write`` and those that it needs."""
        with self.text.function("write(W)"):
            self.text.line("o, number, out = W.root, 0, []")
            self.text.line("P = W.picked")
            self._imply(self.rules.settings, "o")
            self._parts(self.rules.parts, "")
            self.text.line("return out")

    # Parts: in a function with the names W, P, o (the object in hand), number and out

    def _parts(self, parts: Sequence[Part], above: str) -> None:
        for part in parts:
            if part.only == "in":
                continue
            with self.text.block(f"if {self._holds(part, 'o')}") if part.when else nullcontext():
                self._part(part, above)

    def _holds(self, part: Part, obj: str) -> str:
        return f"W.document.holds({self.text.value(part.when, 'WHEN')}, {obj}, W.context)"

    def _part(self, part: Part, above: str) -> None:
        out, needed = "out", part.required in ("both", "out")
        fresh = needed or part.tree is not None or bool(part.bounded)
        if fresh:
            out = self.text.name("made")
            self.text.line(f"{out} = []")
        if part.tree is not None:
            self.text.line(f"{self._levels(part, part.tree, part.levels, above)}(W, o, '', {out})")
        elif part.raw:
            whole, path = self.text.value(part, "PART"), part.below(above)
            self.text.line(f"{out} += W.document.carried({whole}, {path!r}, {self.rules.guide!r}, o)")
        else:
            self._objects(part, "o", lambda inner, number: self._nodes(part, inner, number, out, above), out)
        if needed:
            with self.text.block(f"if not {out}"):
                self.text.line("raise Declined")
        if part.bounded:
            with self.text.block(f"if {out}"):
                edges = (f"bound({tag!r}, {part.bounded!r})" for tag in ("LS", "LE"))
                self.text.line(f"out += [{next(edges)}, *{out}, {next(edges)}]")
        elif fresh:
            self.text.line(f"out += {out}")

    def _objects(self, part: Part, obj: str, body: Callable[[str, str], None], out: str) -> None:
        """Emits ``body`` for each object that the part is written for, with its number in its list."""
        path = part.path
        if path is None:
            body(obj, "number")
            return
        inner, plain = self.text.name("o"), len(path.steps) == 1 and not path.steps[0].pick and not path.absolute
        steps, whole = self.text.value(path.steps, "STEPS"), self.text.value(path, "PATH")
        if part.binding == "with":
            found = f"{obj}.get({path.steps[0].name!r})" if plain else f"W.document.find({steps}, {whole}, {obj})"
            self.text.line(f"{inner} = {found}")
            with self.text.block(f"if {inner}.__class__ is dict"):
                body(inner, "number")
            return
        start, items = self.text.name("start"), self.text.name("items")
        if plain:
            self.text.line(f"{items} = {obj}.get({path.steps[0].name!r})")
            self.text.line(f"if {items} and P: {items} = [each for each in {items} if id(each) not in P]")
        else:
            self.text.line(f"{items} = [each for _, each in W.document.each({whole}, {obj})]")
        with self.text.block(f"if {items}"):
            self.text.line(f"{start} = len({out}) - 1")
            with self.text.block(f"for {inner} in {items}"):
                body(inner, f"len({out}) - {start}")

    def _nodes(self, part: Part, obj: str, number: str, out: str, above: str) -> None:
        """Emits the nodes of one object."""
        if part.wrap:
            piece = self.text.name("piece")
            with self.text.block(f"for {piece} in W.document.pieces({self.text.value(part, 'PART')}, {obj})"):
                self._node(part, piece, number, out, above)
        else:
            self._node(part, obj, number, out, above)

    def _node(self, part: Part, obj: str, number: str, out: str, above: str) -> None:
        self._imply(part.settings, obj)
        node = self.text.name("node")
        function = self._group(part, above) if part.group else self._segment(part)
        self.text.line(f"{node} = {function}(W, {obj}, {number})")
        with self.text.block(f"if {node} is not None"):
            self.text.line(f"{out}.append({node})")
            if part.again and not part.group:
                skip, step = self.text.name("skip"), len(part.repeated[0].slots)
                paths = [self.text.value(each.path, "PATH") for each in part.repeated]
                more = " or ".join(f"len(W.document.each({path}, {obj})) > {skip}" for path in paths)
                self.text.line(f"{skip} = {step}")
                with self.text.block(f"while {more}"):
                    self.text.line(f"{node} = {function}(W, {obj}, {number}, False, {skip})")
                    self.text.line(f"if {node} is not None: {out}.append({node})")
                    self.text.line(f"{skip} += {step}")

    def _imply(self, settings: Sequence[Setting], obj: str) -> None:
        """Emits that a value which the node's presence says is used, and cannot be another."""
        for setting in settings:
            value = self.text.name("v")
            self.text.line(f"_, {value} = W.document.value({self.text.value(setting.path, 'PATH')}, {obj})")
            with self.text.block(f"if {value} is not None and {value} != {setting.value!r}"):
                self.text.line("raise Declined")

    # Groups and levels

    def _group(self, part: Part, above: str) -> str:
        """The name of a function that makes the group, or ``None``."""
        name = self.text.name("group")
        with self.text.function(f"{name}(W, o, number)"):
            if not part.parts:
                self.text.line("return None")
                return name
            self.text.line("out, P = [], W.picked")
            self._parts(part.parts, part.below(above))
            if not part.always:
                self.text.line("if not out: return None")
            trigger = part.parts[0]
            if not trigger.group:
                # A group without its trigger segment would be read as something else.
                with self.text.block(f"if not out or out[0].name != {trigger.node.name!r}"):
                    self.text.line(f"first = {self._segment(trigger)}(W, o, number, True)")
                    self.text.line("if first is not None: out.insert(0, first)")
            if part.parts[-1].node.name == "LE":
                # So is the LE that closes what an LS has opened.
                with self.text.block("if out[-1].name != 'LE'"):
                    self.text.line(f"out.append({self._segment(part.parts[-1])}(W, o, number, True))")
            self.text.line(f"return Node(name={part.node.name!r}, group=True, children=out)")
        return name

    def _levels(self, whole: Part, tree: Tree, parts: Sequence[Part], above: str) -> str:
        """The name of a function that writes what hangs on an object into ``out``, each group before what is under it.

        ``parent`` is the id of the level above.
        """
        name = self.text.name("levels")
        with self.text.function(f"{name}(W, o, parent, out)"):
            self.text.line("P, number = W.picked, 1")
            for part in parts:
                if part.only == "in":
                    continue
                with self.text.block(f"if {self._holds(part, 'o')}") if part.when else nullcontext():
                    self._level(whole, tree, part, above)
        return name

    def _level(self, whole: Part, tree: Tree, part: Part, above: str) -> None:
        group = self._group(part, above)
        below = self._levels(whole, tree, part.levels, above) if part.levels else ""
        tree_id, count = self.text.value(tree.id, "PLACE"), self.text.name("count")
        self.text.line(f"{count} = 0")

        def body(inner: str, _: str) -> None:
            self._imply(part.settings, inner)
            self.text.line(f"{count} += 1")
            self.text.line("place = len(out)")
            self.text.line(f"node = {group}(W, {inner}, {count})")
            empty = f"Node(name={whole.node.name!r}, group=True, children=[Node(name={tree.segment!r})])"
            self.text.line(f"out.append({empty} if node is None else node)")
            self.text.line("first = out[place].children[0]")
            self.text.line(f"own = text_at(first.elements, {tree_id}) or str(place + 1)")
            if below:
                self.text.line(f"{below}(W, {inner}, own, out)")
            stated = [f"{tree_id}: own", f"{self.text.value(tree.parent, 'PLACE')}: parent"]
            if tree.level is not None and part.level != "*":
                stated.append(f"{self.text.value(tree.level, 'PLACE')}: {part.level!r}")
            if tree.children is not None:
                stated.append(f"{self.text.value(tree.children, 'PLACE')}: '1' if len(out) > place + 1 else '0'")
            with self.text.block("if node is None and len(out) == place + 1"):
                self.text.line("out.pop()")
            with self.text.block("else"):
                self.text.line(f"first.elements = with_texts(first.elements, {{{', '.join(stated)}}})")

        self._objects(part, "o", body, "out")

    # Segments

    def _segment(self, part: Part) -> str:
        """The name of the function that makes the part's segment of an object, or ``None``."""
        known = self._segments.get(id(part))
        if known is not None:
            return known
        name = self._segments[id(part)] = self.text.name("segment")
        with self.text.function(f"{name}(W, o, number, force=False, skip=0)"):
            self._content(part)
        return name

    def _content(self, part: Part) -> None:
        fields = [field for field in part.fields if field.only != "in"]
        listed = [field for each in part.repeated for slot in each.slots for field in slot if field.only != "in"]
        valued = list(dict.fromkeys(place for field in (*fields, *listed) for place in _places(field)))
        if valued:
            self.text.line(f"{' = '.join(map(_at, valued))} = ''")
        self.text.line("U, i = W.used, id(o)")
        written = {}
        for number, field in enumerate(fields):
            if field.absent is not None or field.required in ("both", "out"):
                written[number] = self.text.name("written")
                self.text.line(f"{written[number]} = False")
        for number, field in enumerate(fields):
            self._field(field, "o", "i", written.get(number, ""))
        for repeated in part.repeated:
            self._repeated(repeated)
        totals = []
        for total in part.totals:
            totals.append(self.text.name("total"))
            self.text.line(f"{totals[-1]} = total_text({self.text.value(total, 'TOTAL')}, W.root, o)")
        if not part.always:
            reasons = [*map(_at, valued), "force", *(f"{total} != '0'" for total in totals)]
            self.text.line(f"if not ({' or '.join(reasons)}): return None")
        for number, flag in written.items():
            with self.text.block(f"if not {flag}"):
                absent, place = fields[number].absent, fields[number].places[0]
                self.text.line("raise Declined" if absent is None else f"{_at(place)} = {absent!r}")
        for field in part.fields:
            if field.only == "in":
                sent = ", ".join(_at(place) if place in valued else "''" for place in field.places)
                self.text.line(f"derives(W, {self.text.value(field, 'FIELD')}, o, ({sent},))")
        texts = {place: _at(place) for place in valued}
        texts |= {constant.place: repr(constant.text) for constant in part.constants}
        texts |= dict.fromkeys(part.counters, "str(number)")
        texts |= {total.place: found for total, found in zip(part.totals, totals, strict=True)}
        self.text.line(f"return Node(name={part.node.name!r}, elements={_elements(texts)})")

    def _repeated(self, repeated: Repeated) -> None:
        items, length = self.text.name("items"), self.text.name("length")
        self.text.line(f"{items} = W.document.each({self.text.value(repeated.path, 'PATH')}, o)")
        self.text.line(f"{length} = len({items}) - skip")
        for number, fields in enumerate(repeated.slots):
            item, own = self.text.name("item"), self.text.name("i")
            with self.text.block(f"if {length} > {number}"):
                self.text.line(f"{item} = {items}[skip + {number}][1]")
                self.text.line(f"{own} = id({item})")
                for field in fields:
                    needed = field.required in ("both", "out")
                    flag = self.text.name("written") if needed else ""
                    if needed:
                        self.text.line(f"{flag} = False")
                    if field.only != "in":
                        self._field(field, item, own, flag)
                    if needed:
                        self.text.line(f"if not {flag}: raise Declined")

    # Fields

    def _field(self, field: Field, obj: str, own: str, flag: str) -> None:
        """Emits a value's way into the texts at its places; ``own`` is the variable of the object's identity."""
        name = self.text.value(field, "FIELD")
        if field.inverse is not None:
            text = self.text.name("t")
            with self.text.block(f"if {obj}.get({field.plain!r}) is not None") if field.plain else nullcontext():
                self.text.line(f"{text} = computed_text(W, {name}, {obj})")
                with self.text.block(f"if {text}"):
                    self._put(field, text if len(field.places) == 1 else f"({text},)", flag)
            return
        steps, key = field.path.steps, field.path.steps[-1].name
        if field.instead is not None or any(step.pick for step in steps) or (field.path.absolute and len(steps) > 1):
            holder, value = self.text.name("h"), self.text.name("v")
            self.text.line(f"{holder}, {value} = W.document.sought({name}, {obj})")
            with self.text.block(f"if {holder if field.table is not None else value} is not None"):
                self._write(field, holder, value, flag)
            return
        holder, identity = ("W.root", "id(W.root)") if field.path.absolute else (obj, own)
        with ExitStack() as blocks:
            for step in steps[:-1]:
                outer, holder = holder, self.text.name("h")
                self.text.line(f"{holder} = {outer}.get({step.name!r})")
                blocks.enter_context(self.text.block(f"if {holder}.__class__ is dict"))
                identity = f"id({holder})"
            value = self.text.name("v")
            self.text.line(f"{value} = {holder}.get({key!r})")
            kept = f" or 'native' in {holder}" if field.table is not None else ""
            with self.text.block(f"if {value} is not None{kept}"):
                self.text.line(f"U.add(({identity}, {key!r}))")
                self._write(field, holder, value, flag)

    def _write(self, field: Field, holder: str, value: str, flag: str) -> None:
        """Emits the texts for a value and puts them where they belong."""
        name = self.text.value(field, "FIELD")
        if field.table is not None:
            code, key = self.text.name("code"), field.path.steps[-1].name
            table = self.text.value(field.table, "TABLE")
            quick = f"W.codes[{self.tables[field.table.name]}].get({value})"
            self.text.line(f"{code} = {quick} if 'native' not in {holder} else None")
            self.text.line(f"if not {code}: {code} = code_of({table}, {value}, {holder}, {key!r}, W.context)")
            with self.text.block(f"if {code}"):
                self._put(field, code if len(field.places) == 1 else f"divided({code}, {len(field.places)})", flag)
            return
        if field.unit:
            self.text.line(f"U.add((id({holder}), 'unit'))")
            self.text.line(f"{value} = amount_of({name}, {value}, {holder})")
        text, simple = self.text.name("t"), _as_text(field.codec, value)
        self.text.line(f"{text} = {simple or f'texts_of({name}, {value}, W.context)'}")
        with self.text.block(f"if {text}"):
            self._put(field, text if simple or len(field.places) > 1 else f"{text}[0]", flag)

    def _put(self, field: Field, text: str, flag: str) -> None:
        """Emits where a text goes, or those of a sequence when there are several places."""
        first, *others = map(_at, field.places)
        if field.piece is not None:
            text = f"{text}[0]" if others else text
            self.text.line(f"{first} = pieced({first}, {text}, {self.text.value(field.piece, 'PIECE')})")
        elif others:
            texts = self.text.name("texts")
            self.text.line(f"{texts} = {text}")
            self.text.line(f"{first} = {texts}[0]")
            for number, place in enumerate(others, 1):
                self.text.line(f"if len({texts}) > {number}: {place} = {texts}[{number}]")
        else:
            self.text.line(f"{first} = {text}")
        if field.piece is None:
            for constant in field.beside:
                self.text.line(f"{_at(constant.place)} = {constant.text!r}")
        if flag:
            self.text.line(f"{flag} = True")


def _as_text(codec: Codec, value: str) -> str:
    """An expression for the one text of a codec that is simple enough; nothing for the others."""
    match codec:
        case TextCodec():
            return f"{value} if {value}.__class__ is str else str({value})"
        case WholeCodec():
            return f"str({value})"
        case DecimalCodec():
            return f"number_of({value})"
    return ""


def _at(place: Place) -> str:
    """The variable of the text at a place."""
    return f"at{place.element}_{place.component}"


def _places(field: Field) -> Sequence[Place]:
    return [*field.places, *(constant.place for constant in field.beside)]


def _elements(texts: Mapping[Place, str]) -> str:
    """An expression for a segment's elements, of expressions for the texts at its places."""
    most: dict[int, int] = {}
    for element, component in texts:
        most[element] = max(component, most.get(element, 0))
    every = range(1, max(most, default=0) + 1)
    found = {
        element: [texts.get(Place(element, component), "''") for component in range(1, most.get(element, 1) + 1)]
        for element in every
    }
    if all(len(components) == 1 for components in found.values()):
        return f"simple([{', '.join(components[0] for components in found.values())}])"
    written = (
        f"(({components[0]},),)" if len(components) == 1 else f"composite({', '.join(components)})"
        for components in found.values()
    )
    return f"made([{', '.join(written)}])"
