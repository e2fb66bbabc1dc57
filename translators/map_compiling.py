"""A map as Python: the rules of reading written out once as a function, which then runs as if somebody had typed it.

:class:`translators.map_reading.Reader` interprets rules, because it must be able to say what was wrong, where a value
came from, and what was left. For a message with which nothing is wrong that is wasted: which places a segment's fields
are at, which object they go to and whether they are required is the same for every message. So the rules become source
text in which all of that is spelled out, and Python compiles it.

**The law**: where the function returns, it returns what the reader would, and the reader would have had no finding. At
anything else (an unknown code, a date that is none, something missing) it raises :class:`Declined`, and the reader does
it all again. So no finding is ever made here and none is lost; tests hold both ways against each other.

The text is made from a map that is loaded and checked, every name and literal in it goes through ``repr``, and nothing
of a message is ever in it. What the language has and this does not write out makes the whole map ``None`` here, and it
is interpreted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from translators.map_codecs import (
    Codec,
    DecimalCodec,
    LinesCodec,
    LocodeCountryCodec,
    ParagraphCodec,
    TextCodec,
    WholeCodec,
)
from translators.map_moments import EdifactMoment, X12Moment
from translators.map_paths import CanonicalPath, Condition, Place, Step
from translators.map_quick import HELPERS, Object, Run
from translators.map_rules import Field, Map, Part, Repeated, Setting
from translators.map_tables import Table

QuickMap = Callable[[Run], Object]
"""Reads a message that was taken apart; raises :class:`translators.map_quick.Declined`."""

_MARKED = frozenset("+:*?'")
"""What a released character may be: a map that compares with one of these is interpreted."""


class _Unwritable(Exception):
    """The map says something that is not written out here."""


def compile_reading(rules: Map) -> QuickMap | None:
    """The map's reading as a function; ``None`` when it has to be interpreted."""
    try:
        source, values = _Emitter(rules).emit()
    except _Unwritable:
        return None
    namespace: dict[str, object] = {**HELPERS, **values}
    # The text is this module's own work, from a checked map: see the module's docstring.
    exec(compile(source, f"<map {rules.name}>", "exec"), namespace)  # noqa: S102
    found = namespace["read"]
    if not callable(found):
        raise TypeError("the written map has no function")
    return found


class _Emitter:
    def __init__(self, rules: Map) -> None:
        self.rules = rules
        self.lines: list[str] = []
        self.values: dict[str, object] = {}
        self.depth = 1
        self.number = 0
        self.fresh: dict[str, set[str]] = {}
        """By variable of an object that was just made, the fields that some line has set: others need no look first."""
        self.tables = {name: index for index, name in enumerate(rules.tables)}

    def emit(self) -> tuple[str, dict[str, object]]:
        self.lines = [
            "def read(run):",
            "    S, node, C, marked = run.segments, run.root, run.component, run.marked",
            "    T, moments, context = run.tables, run.moments, run.context",
            "    D = {}",
        ]
        self._set(self.rules.settings, "D", unconditional=True)
        self._parts(self.rules.parts, "node", "D")
        self._line("return D")
        return "\n".join(self.lines) + "\n", self.values

    # Text

    def _line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def _block(self, head: str) -> Iterator[None]:
        self._line(f"{head}:")
        self.depth += 1
        length = len(self.lines)
        yield
        if len(self.lines) == length:
            self._line("pass")
        self.depth -= 1

    def _name(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def _value(self, value: object, prefix: str = "V") -> str:
        name = self._name(prefix)
        self.values[name] = value
        return name

    def _fresh(self, name: str) -> None:
        """Emits an object that nothing is in yet."""
        self._line(f"{name} = {{}}")
        self.fresh[name] = set()

    # Parts

    def _parts(self, parts: Sequence[Part], node: str, obj: str) -> None:
        taken: dict[str, str] = {}
        for part in parts:
            if part.shared and part.node.name not in taken and part.only != "out":
                taken[part.node.name] = name = self._name("taken")
                self._line(f"{name} = set()")
        for part in parts:
            if part.only == "out":
                continue
            if part.raw or part.tree is not None:
                raise _Unwritable
            if part.when is not None and part.when.word is not None:
                holder = self._peek(part.when.path, obj)
                last = part.when.path.steps[-1].name
                found = self._name("held")
                self._line(f"{found} = {holder}.get({last!r}) if {holder} is not None else None")
                with self._block(f"if {found} {'!=' if part.when.negated else '=='} {part.when.word!r}"):
                    self._part(part, node, obj, taken.get(part.node.name))
            else:
                self._part(part, node, obj, taken.get(part.node.name))

    def _part(self, part: Part, node: str, obj: str, taken: str | None) -> None:
        nodes = self._name("nodes")
        key = f"{part.node.name}/" if part.group else part.node.name
        self._line(f"{nodes} = {node}.get({key!r})")
        single = part.binding != "each" and not part.again
        if part.again and part.path is None:
            self.fresh.pop(obj, None)  # Its fields are set once for each of the nodes.
        needed = part.required in ("both", "in")
        if not part.node.conditions and not (part.shared and taken):
            if needed:
                with self._block(f"if not {nodes}"):
                    self._line("raise Declined")
            with self._block(f"if {nodes}"):
                if single:
                    self._bound(part, f"{nodes}[0]", obj)
                else:
                    one = self._name("one")
                    with self._block(f"for {one} in {nodes}"):
                        self._bound(part, one, obj)
            return
        chosen = self._chosen(part, nodes, single, taken)
        if needed:
            with self._block(f"if {chosen} is None" if single else f"if not {chosen}"):
                self._line("raise Declined")
        if single:
            with self._block(f"if {chosen} is not None"):
                self._bound(part, chosen, obj)
        else:
            one = self._name("one")
            with self._block(f"for {one} in {chosen}"):
                self._bound(part, one, obj)

    def _chosen(self, part: Part, nodes: str, single: bool, taken: str | None) -> str:
        """Emits the choice among nodes; what is chosen is in the variable of the name returned."""
        chosen, best, one = self._name("chosen"), self._name("best"), self._name("one")
        self._line(f"{chosen} = None" if single else f"{chosen} = []")
        if single:
            self._line(f"{best} = None")
        identity = f"id({one})" if part.group else one
        with self._block(f"if {nodes}"), self._block(f"for {one} in {nodes}"):
            if taken is not None and part.shared:
                with self._block(f"if {identity} in {taken}"):
                    self._line("continue")
            ranks = [self._rank(part, condition, one) for condition in part.node.conditions]
            rank = f"({', '.join(ranks)},)" if ranks else "()"
            if single:
                with self._block(f"if {best} is None or {rank} < {best}"):
                    self._line(f"{best}, {chosen} = {rank}, {one}")
            else:
                self._line(f"{chosen}.append({one})")
        if taken is not None and part.shared:
            if single:
                with self._block(f"if {chosen} is not None"):
                    self._line(f"{taken}.add({f'id({chosen})' if part.group else chosen})")
            elif part.group:
                self._line(f"{taken}.update(map(id, {chosen}))")
            else:
                self._line(f"{taken}.update({chosen})")
        return chosen

    def _rank(self, part: Part, condition: Condition, one: str) -> str:
        """Emits which of a condition's values a node has, and goes on with the next node when it has none."""
        if any(_MARKED & set(value) for value in condition.values):
            raise _Unwritable
        values = {value: number for number, value in reversed(list(enumerate(condition.values)))}
        rank = self._name("rank")
        if condition.tag is None:
            if part.group:
                raise _Unwritable
            text = self._name("text")
            element, component = condition.place
            if component == 1:
                self._line(f"{text} = S[{one}][{element}] if len(S[{one}]) > {element} else ''")
                self._line(f"{text} = ({text}[: {text}.index(C)] if C in {text} else {text}).strip()")
            else:
                self._line(f"{text} = text_at(S[{one}], {element}, {component}, C).strip()")
            if not values:
                self._line(f"{rank} = 0 if {text} else None")
            else:
                self._line(f"{rank} = {self._value(values, 'VALUES')}.get({text})")
        else:
            wanted = self._value(values, "VALUES")
            place = f"{condition.place.element}, {condition.place.component}"
            self._line(f"{rank} = rank_below(S, {one}.get({condition.tag!r}), {place}, C, {wanted})")
        with self._block(f"if {rank} is None"):
            self._line("continue")
        return rank

    def _bound(self, part: Part, node: str, obj: str) -> None:
        path = part.path
        if path is None:
            self._content(part, node, obj)
            return
        start = "D" if path.absolute else obj
        *before, last = path.steps
        if part.binding == "with":
            fresh = self._name("fresh")
            self._fresh(fresh)
            self._content(part, node, fresh)
            with self._block(f"if {fresh}"):
                if last.pick:
                    self._line(f"merge({self._reach(path.steps, start, obj)}, {fresh})")
                else:
                    holder = self._reach(before, start, obj)
                    there = self._name("there")
                    self._line(f"{there} = {holder}.get({last.name!r})")
                    with self._block(f"if {there} is None"):
                        self._line(f"{holder}[{last.name!r}] = {fresh}")
                    with self._block("else"):
                        self._line(f"merge({there}, {fresh})")
            return
        variant = node
        if part.split:
            variant = self._name("variant")
            self._line(f"for {variant} in divided({node}, {part.split!r}):")
            self.depth += 1
        item = self._name("item")
        self._fresh(item)
        self._content(part, variant, item)
        with self._block(f"if {item}"):
            for match in last.matches:
                value = f"{obj}.get({str(match.value)!r}, '')" if match.reference else repr(match.value)
                self._line(f"{item}.setdefault({match.field!r}, {value})")
            self._append(before, last, start, obj, item)
        if part.split:
            self.depth -= 1

    def _append(self, before: Sequence[Step], last: Step, start: str, obj: str, item: str) -> None:
        holder, items = self._reach(before, start, obj), self._name("items")
        self._line(f"{items} = {holder}.get({last.name!r})")
        with self._block(f"if {items} is None"):
            self._line(f"{holder}[{last.name!r}] = [{item}]")
        with self._block("else"):
            self._line(f"{items}.append({item})")

    def _content(self, part: Part, node: str, obj: str) -> None:
        if part.group:
            inner = self._name("node")
            self._line(f"{inner} = {node}")
            self._parts(part.parts, inner, obj)
        else:
            self._segment(part, node, obj)
        if part.settings:
            with self._block(f"if {obj}"):
                self._set(part.settings, obj)

    def _set(self, settings: Sequence[Setting], obj: str, *, unconditional: bool = False) -> None:
        for setting in settings:
            start = "D" if setting.path.absolute else obj
            *before, last = setting.path.steps
            self._line(f"{self._reach(before, start, obj)}.setdefault({last.name!r}, {setting.value!r})")

    # Segments

    def _segment(self, part: Part, node: str, obj: str) -> None:
        fields = [field for field in part.fields if field.only != "out"]
        listed = [field for each in part.repeated for slot in each.slots for field in slot if field.only != "out"]
        places = [place for field in (*fields, *listed) for place in field.places]
        if not places:
            return
        elements, count = self._name("e"), self._name("n")
        self._line(f"{elements} = S[{node}]")
        self._line(f"{count} = len({elements})")
        texts = self._texts(elements, count, places)
        for field in fields:
            own = [texts[place] for place in field.places]
            if field.required in ("both", "in") or field.default is not None:
                self._field(field, own, obj)
                continue
            # Most segments end early: what lies behind the last element need not even be asked for.
            with self._block(f"if {count} > {min(place.element for place in field.places)}"):
                self._field(field, own, obj)
        for repeated in part.repeated:
            self._repeated(repeated, texts, obj)

    def _texts(self, elements: str, count: str, places: Sequence[Place]) -> dict[Place, str]:
        """Emits the components that are used; an expression for the text at each place."""
        texts = {}
        for element in sorted({place.element for place in places}):
            own = sorted({place.component for place in places if place.element == element})
            if own == [1]:
                name = self._name("t")
                self._line(f"{name} = {elements}[{element}] if {count} > {element} else ''")
                self._line(f"if C in {name}: {name} = {name}[: {name}.index(C)]")
                texts[Place(element, 1)] = name
                continue
            name = self._name("c")
            with self._block(f"if {count} > {element}"):
                self._line(f"{name} = {elements}[{element}].split(C)")
                self._line(f"if len({name}) < {own[-1]}: {name} += EMPTY[:{own[-1]}]")
            self._line(f"else: {name} = EMPTY")
            texts |= {Place(element, component): f"{name}[{component - 1}]" for component in own}
        return texts

    def _repeated(self, repeated: Repeated, texts: dict[Place, str], obj: str) -> None:
        start = "D" if repeated.path.absolute else obj
        *before, last = repeated.path.steps
        for slot in repeated.slots:
            fields = [field for field in slot if field.only != "out"]
            own = [texts[place] for field in fields for place in field.places]
            with self._block(f"if {' or '.join(f'{text}.strip()' for text in own)}"):
                item = self._name("item")
                self._fresh(item)
                for field in fields:
                    self._field(field, [texts[place] for place in field.places], item)
                with self._block(f"if {item}"):
                    self._append(before, last, start, obj, item)

    def _field(self, field: Field, texts: Sequence[str], obj: str) -> None:
        if field.absent is not None and (len(texts) > 1 or _MARKED & set(field.absent)):
            raise _Unwritable
        if field.piece is not None:
            text = self._name("s")
            by, number, of = field.piece.by, field.piece.number, field.piece.of
            self._line(f"{text} = piece({texts[0]}, {by!r}, {number}, {of})")
            self._line(f"if marked: {text} = unmarked({text})")
            texts = [text]
        with self._block(f"if {self._test(field, texts)}"):
            self._read(field, texts, obj)
        if field.piece is not None:
            return
        if field.required in ("both", "in"):
            with self._block("else" if field.absent is None else f"elif not {texts[0]}.strip()"):
                self._line("raise Declined")
            if field.absent is not None and field.default is not None:
                with self._block("else"):
                    self._default(field, obj)
        elif field.default is not None:
            with self._block("else"):
                self._default(field, obj)

    def _test(self, field: Field, texts: Sequence[str]) -> str:
        """Whether there is a value. Texts of blanks are none; where these would be declined anyway, any text is one."""
        declines = field.expression is None and (
            (field.table is not None and field.table.unmapped != "pass")
            or isinstance(field.codec, WholeCodec | DecimalCodec | EdifactMoment | X12Moment)
        )
        test = " or ".join(texts if declines else [f"{text}.strip()" for text in texts])
        return test if field.absent is None else f"{test} and {texts[0]}.strip() != {field.absent!r}"

    def _default(self, field: Field, obj: str) -> None:
        *before, last = field.path.steps
        start = "D" if field.path.absolute else obj
        self._line(f"{self._reach(before, start, obj)}.setdefault({last.name!r}, {field.default!r})")

    def _read(self, field: Field, texts: Sequence[str], obj: str) -> None:
        value, native = self._name("v"), ""
        sure = True
        if field.expression is not None:
            whole = self._value(field, "FIELD")
            rules = self._value(self.rules, "RULES")
            self._line(f"{value} = computed({whole}, {self._clear(texts)}, {obj}, {rules}, context, decline)")
            sure = False
        elif field.table is not None:
            native = self._name("native")
            # A code with blanks around it is in no table, so the reader gets it.
            code = " + ':' + ".join(texts if field.table.unmapped != "pass" else [f"{text}.strip()" for text in texts])
            found = self._name("found")
            self._line(f"{found} = {self._table(field.table)}({code})")
            with self._block(f"if {found} is None"):
                self._line("raise Declined")
            self._line(f"{value}, {native} = {found}")
            sure = field.table.unmapped != "keep" or field.table.other is not None
            if not field.keeps_native:
                native = ""
        else:
            sure = self._decode(field.codec, value, texts)
        conditions = [] if sure else [f"{value} is not None"]
        if field.instead is not None:
            holder = self._peek(field.instead, obj)
            last = field.instead.steps[-1].name
            conditions.append(f"not ({holder} is not None and {holder}.get({last!r}) == {value})")
        if conditions:
            with self._block(f"if {' and '.join(conditions)}"):
                self._store(field, value, native, obj)
        else:
            self._store(field, value, native, obj)

    def _store(self, field: Field, value: str, native: str, obj: str) -> None:
        *before, last = field.path.steps
        holder = self._reach(before, "D" if field.path.absolute else obj, obj)
        known = self.fresh.get(holder)
        first = known is not None and last.name not in known
        if known is not None:
            known.add(last.name)
        with self._block("if True" if first else f"if {last.name!r} not in {holder}"):
            self._line(f"{holder}[{last.name!r}] = {value}")
            if native:
                with self._block(f"if {native} is not None"):
                    self._line(f"{holder}.setdefault('native', {{}})[{last.name!r}] = {native}")
            if field.unit:
                self._line(f"{holder}.setdefault('unit', {field.unit!r})")

    def _decode(self, codec: Codec, value: str, texts: Sequence[str]) -> bool:
        """Emits the codec's work; whether there is a value for sure."""
        if isinstance(codec, TextCodec):
            self._line(f"{value} = {texts[0]}.rstrip()")
            self._line(f"if marked: {value} = unmarked({value})")
            return True
        if isinstance(codec, WholeCodec):
            (text,) = texts
            with self._block(f"if not ({text}.isdecimal() and {text}.isascii() and len({text}) <= 18)"):
                self._line("raise Declined")
            self._line(f"{value} = int({text})")
            return True
        if isinstance(codec, DecimalCodec):
            self._line(f"{value} = decimal_of({texts[0]})")
            return True
        if isinstance(codec, LinesCodec | ParagraphCodec):
            helper = "lines_of" if isinstance(codec, LinesCodec) else "paragraph_of"
            self._line(f"{value} = {helper}({self._clear(texts)})")
            return True
        if isinstance(codec, LocodeCountryCodec):
            self._line(f"{value} = country_of({texts[0]}) if {texts[1]} == '6' else None")
            with self._block(f"if {texts[1]} != '6' and {texts[1]}.strip() == '6'"):
                self._line("raise Declined")
            return False
        if isinstance(codec, EdifactMoment | X12Moment):
            key, name = self._name("key"), self._value(codec, "CODEC")
            self._line(f"{key} = ({name}, {', '.join(texts)})")
            self._line(f"{value} = moments.get({key})")
            with self._block(f"if {value} is None"):
                self._line(f"{value} = moments[{key}] = moment_of({key}, context)")
            return True
        name = self._value(codec.read, "CODEC")
        self._line(f"{value} = {name}({self._clear(texts)}, context, decline)")
        return False

    @staticmethod
    def _clear(texts: Sequence[str]) -> str:
        """An expression for the texts with released characters as themselves."""
        plain = f"[{', '.join(texts)}]"
        return f"(list(map(unmarked, {plain})) if marked else {plain})"

    def _table(self, table: Table) -> str:
        # A code with a released delimiter in it is in no table as it is marked here, so the reader gets it.
        return f"T[{self.tables[table.name]}]"

    # Ways through the document

    def _reach(self, steps: Sequence[Step], start: str, obj: str) -> str:
        """Emits the way to an object that is made where it is not there; the variable it is in."""
        holder = start
        for number, step in enumerate(steps):
            if step.pick:
                rest = self._value(tuple(steps[number:]), "STEPS")
                found = self._name("h")
                self._line(f"{found} = reach({rest}, {holder}, {obj})")
                return found
            found = self._name("h")
            self._line(f"{found} = {holder}.get({step.name!r})")
            self._line(f"if {found} is None: {found} = {holder}[{step.name!r}] = {{}}")
            holder = found
        return holder

    def _peek(self, path: CanonicalPath, obj: str) -> str:
        """Emits the way to the object around a value, if it is there; the variable it is in."""
        before = path.steps[:-1]
        start = "D" if path.absolute else obj
        if not before:
            return start
        found = self._name("p")
        self._line(f"{found} = peek({self._value(tuple(before), 'STEPS')}, {start}, {obj})")
        return found
