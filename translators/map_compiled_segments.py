"""What is read of a segment, as Python text: its fields, the lists in it, and the ways through the document to both.

:mod:`translators.map_compiled_reading` writes the groups and trees around it, into the same text. Names are those of
its functions: ``S`` the segments as lists of texts, ``C`` the component separator, ``marked`` whether released
characters are marks, ``T`` the tables, ``moments`` the times that were met before, ``D`` the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from itertools import groupby

from translators.map_codecs import (
    Codec,
    DecimalCodec,
    EquipmentNumberCodec,
    LinesCodec,
    LocodeCountryCodec,
    ParagraphCodec,
    TextCodec,
    WholeCodec,
)
from translators.map_moments import EdifactMoment, X12Moment
from translators.map_paths import CanonicalPath, Place, Step
from translators.map_rules import Field, Map, Part, Repeated, Setting
from translators.map_source import PythonText, Unwritable
from translators.map_tables import Table

MARKED = frozenset("+:*?'")
"""What a released character may be: a map that compares with one of these is interpreted."""


class SegmentEmitter:
    """Writes into ``text``, for the rules of one map."""

    def __init__(self, rules: Map) -> None:
        self.rules = rules
        self.text = PythonText()
        self.fresh: dict[str, set[str]] = {}
        """By variable of an object that was just made, the fields that some line has set: others need no look first."""
        self.tables = {name: index for index, name in enumerate(rules.tables)}

    def begin(self, name: str) -> None:
        """Emits an object that nothing is in yet."""
        self.text.line(f"{name} = {{}}")
        self.fresh[name] = set()

    def imply(self, settings: Sequence[Setting], obj: str) -> None:
        """Emits the values that a node's presence says; of an object inside, where that object is."""
        for setting in settings:
            holder, last = self.peek(setting.path, obj), setting.path.steps[-1].name
            with self.text.block(f"if {holder} is not None") if len(setting.path.steps) > 1 else nullcontext():
                self.text.line(f"{holder}.setdefault({last!r}, {setting.value!r})")

    def append(self, before: Sequence[Step], last: Step, start: str, obj: str, item: str) -> None:
        """Emits that an item is the next of a list, which is made where it is not there."""
        holder, items = self._reach(before, start, obj), self.text.name("items")
        self.text.line(f"{items} = {holder}.get({last.name!r})")
        with self.text.block(f"if {items} is None"):
            self.text.line(f"{holder}[{last.name!r}] = [{item}]")
        with self.text.block("else"):
            self.text.line(f"{items}.append({item})")

    # Segments

    def segment(self, part: Part, node: str, obj: str) -> None:
        """Emits what is read of the segment whose number is in ``node``."""
        fields = [field for field in part.fields if field.only != "out"]
        listed = [field for each in part.repeated for slot in each.slots for field in slot if field.only != "out"]
        used = Counter(place.element for field in (*fields, *listed) for place in field.places)
        if not used:
            return
        elements, count = self.text.name("e"), self.text.name("n")
        whole = {id(field): text for field in fields if (text := _of_whole(field, used, elements, count))}
        places = [place for field in (*fields, *listed) if id(field) not in whole for place in field.places]
        self.text.line(f"{elements} = S[{node}]")
        self.text.line(f"{count} = len({elements})")
        texts = self._texts(elements, count, places)
        for least, group in groupby(fields, key=_needed_element):
            # Most segments end early: what lies behind the last element need not even be asked for.
            with self.text.block(f"if {count} > {least}") if least else nullcontext():
                for field in group:
                    plain = whole.get(id(field), "")
                    self._field(field, [] if plain else [texts[place] for place in field.places], obj, plain)
        for repeated in part.repeated:
            self._repeated(repeated, texts, obj)

    def _texts(self, elements: str, count: str, places: Sequence[Place]) -> dict[Place, str]:
        """Emits the components that are used; an expression for the text at each place."""
        texts = {}
        for element in sorted({place.element for place in places}):
            own = sorted({place.component for place in places if place.element == element})
            if own == [1]:
                name = self.text.name("t")
                self.text.line(f"{name} = {elements}[{element}] if {count} > {element} else ''")
                self.text.line(f"if C in {name}: {name} = {name}[: {name}.index(C)]")
                texts[Place(element, 1)] = name
                continue
            name = self.text.name("c")
            with self.text.block(f"if {count} > {element}"):
                self.text.line(f"{name} = {elements}[{element}].split(C)")
                self.text.line(f"if len({name}) < {own[-1]}: {name} += EMPTY[:{own[-1]}]")
            self.text.line(f"else: {name} = EMPTY")
            texts |= {Place(element, component): f"{name}[{component - 1}]" for component in own}
        return texts

    def _repeated(self, repeated: Repeated, texts: dict[Place, str], obj: str) -> None:
        start = "D" if repeated.path.absolute else obj
        *before, last = repeated.path.steps
        for slot in repeated.slots:
            fields = [field for field in slot if field.only != "out"]
            own = [texts[place] for field in fields for place in field.places]
            with self.text.block(f"if {' or '.join(f'{text}.strip()' for text in own)}"):
                item = self.text.name("item")
                self.begin(item)
                for field in fields:
                    self._field(field, [texts[place] for place in field.places], item)
                with self.text.block(f"if {item}"):
                    self.append(before, last, start, obj, item)

    def _field(self, field: Field, texts: Sequence[str], obj: str, plain: str = "") -> None:
        """Emits what becomes of a field whose texts are in ``texts``, or whose value is what ``plain`` says."""
        if field.absent is not None and (len(texts) > 1 or MARKED & set(field.absent)):
            raise Unwritable
        if field.piece is not None:
            text = self.text.name("s")
            by, number, of = field.piece.by, field.piece.number, field.piece.of
            self.text.line(f"{text} = piece({texts[0]}, {by!r}, {number}, {of})")
            self._unmark(text)
            texts = [text]
        plain = plain or self._plain(field, texts)
        if plain:
            value = self.text.name("v")
            self.text.line(f"{value} = {plain}")
            with self.text.block(f"if {value}" + self._unless_absent(field, value)):
                if isinstance(field.codec, LinesCodec):
                    self.text.line(f"if marked: {value} = list(map(unmarked, {value}))")
                elif field.piece is None:
                    self._unmark(value)
                self._found(field, value, "", obj, sure=True)
        else:
            with self.text.block(f"if {self._test(field, texts)}"):
                self._read(field, texts, obj)
        if field.piece is not None:
            return
        if field.required in ("both", "in"):
            with self.text.block("else" if field.absent is None else f"elif not {texts[0]}.strip()"):
                self.text.line("raise Declined")
            if field.absent is not None and field.default is not None:
                with self.text.block("else"):
                    self._default(field, obj)
        elif field.default is not None:
            with self.text.block("else"):
                self._default(field, obj)

    def _unmark(self, text: str) -> None:
        """Emits that released characters in a text are themselves again; a text in ASCII has none."""
        self.text.line(f"if marked and not {text}.isascii(): {text} = unmarked({text})")

    @staticmethod
    def _plain(field: Field, texts: Sequence[str]) -> str:
        """An expression for the value of a field that has one unless its texts are blank; nothing for other fields."""
        if field.expression is not None or field.table is not None:
            return ""
        match field.codec:
            case TextCodec():
                return f"{texts[0]}.rstrip()"
            case LinesCodec() if field.absent is None:
                return f"lines_of([{', '.join(texts)}])"
            case ParagraphCodec():
                return f"paragraph_of([{', '.join(texts)}])"
        return ""

    def _test(self, field: Field, texts: Sequence[str]) -> str:
        """Whether there is a value. Texts of blanks are none; where these would be declined anyway, any text is one."""
        declines = field.expression is None and (
            (field.table is not None and field.table.unmapped != "pass")
            or isinstance(field.codec, WholeCodec | DecimalCodec | EdifactMoment | X12Moment)
        )
        test = " or ".join(texts if declines else [f"{text}.strip()" for text in texts])
        return f"({test}){self._unless_absent(field, texts[0])}" if field.absent is not None else test

    @staticmethod
    def _unless_absent(field: Field, text: str) -> str:
        return f" and {text}.strip() != {field.absent!r}" if field.absent is not None else ""

    def _default(self, field: Field, obj: str) -> None:
        *before, last = field.path.steps
        start = "D" if field.path.absolute else obj
        self.text.line(f"{self._reach(before, start, obj)}.setdefault({last.name!r}, {field.default!r})")

    def _read(self, field: Field, texts: Sequence[str], obj: str) -> None:
        value, native = self.text.name("v"), ""
        sure = True
        if field.expression is not None:
            whole = self.text.value(field, "FIELD")
            rules = self.text.value(self.rules, "RULES")
            self.text.line(f"{value} = computed({whole}, {self._clear(texts)}, {obj}, {rules}, context, decline)")
            sure = False
        elif field.table is not None:
            native = self.text.name("native")
            # A code with blanks around it is in no table, so the reader gets it.
            code = " + ':' + ".join(texts if field.table.unmapped != "pass" else [f"{text}.strip()" for text in texts])
            self.text.line(f"{value}, {native} = {self._table(field.table)}[{code}]")
            sure = field.table.unmapped != "keep" or field.table.other is not None
            if not field.keeps_native:
                native = ""
        else:
            sure = self._decode(field.codec, value, texts)
        self._found(field, value, native, obj, sure=sure)

    def _found(self, field: Field, value: str, native: str, obj: str, *, sure: bool) -> None:
        """Emits what becomes of a value; ``sure`` when there is one."""
        conditions = [] if sure else [f"{value} is not None"]
        if field.instead is not None:
            holder = self.peek(field.instead, obj)
            last = field.instead.steps[-1].name
            conditions.append(f"not ({holder} is not None and {holder}.get({last!r}) == {value})")
        if conditions:
            with self.text.block(f"if {' and '.join(conditions)}"):
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
        with self.text.block("if True" if first else f"if {last.name!r} not in {holder}"):
            self.text.line(f"{holder}[{last.name!r}] = {value}")
            if native:
                with self.text.block(f"if {native} is not None"):
                    self.text.line(f"{holder}.setdefault('native', {{}})[{last.name!r}] = {native}")
            if field.unit:
                self.text.line(f"{holder}.setdefault('unit', {field.unit!r})")

    def _decode(self, codec: Codec, value: str, texts: Sequence[str]) -> bool:
        """Emits the codec's work; whether there is a value for sure."""
        if isinstance(codec, WholeCodec):
            (text,) = texts
            with self.text.block(f"if not ({text}.isdecimal() and {text}.isascii() and len({text}) <= 18)"):
                self.text.line("raise Declined")
            self.text.line(f"{value} = int({text})")
            return True
        if isinstance(codec, DecimalCodec):
            self.text.line(f"{value} = decimal_of({texts[0]})")
            return True
        if isinstance(codec, LocodeCountryCodec):
            self.text.line(f"{value} = country_in({texts[0]}) if {texts[1]} == '6' else None")
            with self.text.block(f"if {texts[1]} != '6' and {texts[1]}.strip() == '6'"):
                self.text.line("raise Declined")
            return False
        if isinstance(codec, EdifactMoment | X12Moment):
            key, name = self.text.name("key"), self.text.value(codec, "CODEC")
            self.text.line(f"{key} = ({name}, {', '.join(texts)})")
            self.text.line(f"{value} = moments.get({key})")
            with self.text.block(f"if {value} is None"):
                self.text.line(f"{value} = moments[{key}] = moment_of({key}, context)")
            return True
        name = self.text.value(codec.read, "CODEC")
        if isinstance(codec, EquipmentNumberCodec) and len(texts) == 1:
            # What nearly every number is needs no more looking at.
            self.text.line(f"{value} = {texts[0]}.strip()")
            with self.text.block(f"if not is_container_number({value})"):
                self.text.line(f"{value} = {name}({self._clear(texts)}, context, decline)")
            return False
        self.text.line(f"{value} = {name}({self._clear(texts)}, context, decline)")
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
                rest = self.text.value(tuple(steps[number:]), "STEPS")
                found = self.text.name("h")
                self.text.line(f"{found} = reach({rest}, {holder}, {obj})")
                return found
            found = self.text.name("h")
            self.text.line(f"{found} = {holder}.get({step.name!r})")
            self.text.line(f"if {found} is None: {found} = {holder}[{step.name!r}] = {{}}")
            holder = found
        return holder

    def peek(self, path: CanonicalPath, obj: str) -> str:
        """Emits the way to the object around a value, if it is there; the variable it is in."""
        before = path.steps[:-1]
        start = "D" if path.absolute else obj
        if not before:
            return start
        found = self.text.name("p")
        self.text.line(f"{found} = peek({self.text.value(tuple(before), 'STEPS')}, {start}, {obj})")
        return found


def _of_whole(field: Field, used: Mapping[int, int], elements: str, count: str) -> str:
    """An expression for the value of a text that lies in the first components of an element which nothing else uses.

    Nothing for other fields. Such an element need not be taken apart first.
    """
    element = field.places[0].element if field.places else 0
    most = len(field.places)
    if (
        not isinstance(field.codec, LinesCodec | ParagraphCodec)
        or field.expression is not None
        or field.table is not None
        or field.piece is not None
        or field.absent is not None
        or most < 2
        or used[element] != most
        or field.places != tuple(Place(element, component) for component in range(1, most + 1))
    ):
        return ""
    function = "lines_in" if isinstance(field.codec, LinesCodec) else "paragraph_in"
    return f"{function}({elements}[{element}], C, {most}) if {count} > {element} else ''"


def _needed_element(field: Field) -> int:
    """The first element without which there is nothing to read; 0 where that would be something to say or to do."""
    if field.required in ("both", "in") or field.default is not None:
        return 0
    return min(place.element for place in field.places)
