"""The fields of a segment, read from a map's file: places, codecs, tables, units, expressions, lists in segments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from translators.map_codecs import Codec, read_codec
from translators.map_document import Entries, Text, Yaml
from translators.map_expressions import Expression, ExpressionError, Names, Type, read_expression
from translators.map_paths import CanonicalPath, Place, Step, read_canonical_path, read_places
from translators.map_rules import Constant, Extent, Field, Piece, Repeated, Total
from translators.map_scalars import near
from translators.map_table_loading import TableLoader
from translators.map_tables import Table
from translators.map_types import Leaf, Scope
from translators.map_units import UNITS

FIELD_KEYS = (
    "to", "as", "table", "required", "absent", "default", "beside", "or", "unit", "decimals", "expr", "inverse", "only",
    "why",
)  # fmt: skip
_OTHER_FIELD_KEYS = ("is", "count", "sum", "split", "into", "each", "of")
EXTENTS: dict[str, Extent] = {"yes": "both", "in": "in", "out": "out"}
DIRECTIONS: dict[str, Literal["", "in", "out"]] = {"": "", "in": "in", "out": "out"}
_DEFAULT_CODEC = {"text": "text", "whole": "whole", "decimal": "decimal", "lines": "lines"}
_EXPRESSION_TYPES: dict[str, Type] = {"text": "text", "whole": "number", "decimal": "number", "flag": "truth"}


class Content(msgspec.Struct):
    """What a segment's rules say, while they are collected."""

    fields: list[Field] = []
    constants: list[Constant] = []
    counters: list[Place] = []
    totals: list[Total] = []
    repeated: list[Repeated] = []


class FieldLoader(TableLoader):
    """Reads the rules at places of a segment."""

    def place_rule(self, name: Text, value: Yaml, scope: Scope, content: Content) -> None:
        """Adds to ``content`` what stands at ``name``, a place or several."""
        places = self._places(name)
        if places is None:
            return
        value = _spelled_out(value)
        if not isinstance(value, Entries):
            self.fault(value, f"keys are expected here: {', '.join(FIELD_KEYS)}")
            return
        listed = value.get("each")
        self.check_keys(value, (*FIELD_KEYS, *_OTHER_FIELD_KEYS), places=listed is not None)
        fixed, count, total = value.get("is"), value.get("count"), value.get("sum")
        alone = len(value.pairs) == 1 and len(places) == 1
        if fixed is not None:
            if (text := self.text(fixed)) and alone:
                content.constants.append(Constant(places[0], text))
            elif text:
                self.fault(value, "`is` stands alone, at one place")
        elif count is not None or total is not None:
            self._total(places, value, scope, content, alone=alone)
        elif listed is not None:
            self._repeated(name, places, value, scope, content)
        elif value.get("split") is not None:
            self._pieces(name, places, value, scope, content)
        elif (field := self._field(name, places, value, scope)) is not None:
            content.fields.append(field)

    def _total(self, places: tuple[Place, ...], value: Entries, scope: Scope, content: Content, *, alone: bool) -> None:
        at = value.get("count") or value.get("sum")
        text = self.text(at)
        if at is None or text is None:
            return
        if not alone:
            self.fault(value, "`count` and `sum` stand alone, at one place")
        elif text == "item" and value.get("count") is not None:
            content.counters.append(places[0])
        else:
            names = self.attempt(lambda: scope.names(text), at)
            if names is not None:
                content.totals.append(
                    Total(
                        place=places[0],
                        names=names,
                        absolute=text.startswith("/"),
                        sum=value.get("sum") is not None,
                    )
                )

    def _pieces(self, name: Text, places: tuple[Place, ...], value: Entries, scope: Scope, content: Content) -> None:
        by, into = self.text(value.get("split")), value.get("into")
        fields = into.values if into is not None and not isinstance(into, Text | Entries) else []
        if by is None or len(fields) < 2 or len(places) != 1:
            self.fault(value, "a text is divided so: `split: /` and `into: [{to: ...}, {to: ...}]`, at one place")
            return
        for number, each in enumerate(fields):
            entries = _spelled_out(each)
            if not isinstance(entries, Entries):
                self.fault(each, "a field is expected here")
            elif (field := self._field(name, places, entries, scope)) is not None:
                content.fields.append(msgspec.structs.replace(field, piece=Piece(by, number, len(fields))))

    def _repeated(self, name: Text, places: tuple[Place, ...], value: Entries, scope: Scope, content: Content) -> None:
        """A list in the segment: the fields of an item count their places within the item's own."""
        at = value.get("each")
        path = self._path(at, scope) if at is not None else None
        if path is None or at is None:
            return
        inner = self.attempt(lambda: scope.list_of(path), at)
        if inner is None:
            return
        rules = [(key, rule) for key, rule in value.pairs if key.value[:1].isdecimal()]
        relative = [self._places(key) or () for key, _ in rules]
        numbers = [place.element for own in relative for place in own]
        size = self.number(value.get("of")) or max(numbers, default=0)
        if not rules or any(place.component != 1 for own in relative for place in own):
            self.fault(value, "say where in an item its fields are: `1: {to: type, table: ...}`, `2: value`")
            return
        if size < max(numbers) or len(places) % size:
            self.fault(name, f"{len(places)} places cannot be divided into items of {size}")
            return
        slots = []
        for start in range(0, len(places), size):
            fields = []
            faults = len(self.faults)
            for (key, rule), own in zip(rules, relative, strict=True):
                shifted = tuple(places[start + place.element - 1] for place in own)
                entries = _spelled_out(rule)
                if isinstance(entries, Entries) and (field := self._field(key, shifted, entries, inner)) is not None:
                    fields.append(field)
            slots.append(tuple(fields))
            if len(self.faults) > faults:
                break  # The others would say the same again.
        file = name.name or self.name
        content.repeated.append(Repeated(path=path, slots=tuple(slots), map=file, line=name.line, column=name.column))

    # Fields

    def _field(self, name: Text, places: tuple[Place, ...], entries: Entries, scope: Scope) -> Field | None:
        only, why = self.one_way(name, entries)
        to, formula = entries.get("to"), entries.get("expr")
        if to is None and formula is not None and only == "out":
            return self._computed(name, places, entries, scope, formula, why)
        if to is None:
            self.fault(name, "say which canonical field this is (`to`), or what always stands here (`is`)")
            return None
        path = self._path(to, scope)
        leaf = self._leaf(path, scope, to) if path is not None else None
        if path is None or leaf is None:
            return None
        table = self._table_of(entries.get("table"), leaf)
        expression, inverse = self._expressions(name, places, entries, scope, leaf, only)
        if expression is None and inverse is None:
            codec = self._codec(name, entries, places, leaf, in_table=entries.get("table") is not None)
        else:
            codec = read_codec(_DEFAULT_CODEC.get(leaf.kind, "text"))
            if entries.get("table") is not None or entries.get("as") is not None:
                self.fault(name, "an expression stands instead of a table or a codec")
        instead_at = entries.get("or")
        instead = self._path(instead_at, scope) if instead_at is not None else None
        if instead is not None and instead_at is not None:
            other = self.attempt(lambda: scope.leaf(instead), instead_at)
            if other is not None and other.kind != leaf.kind:
                self.fault(instead_at, f"`{instead.text}` is not the same kind of value as `{path.text}`")
        if codec is None:
            return None
        absent, default = entries.get("absent"), entries.get("default")
        default_text = self.text(default) if default is not None else None
        fits = leaf.kind == "text" and (leaf.words is None or default_text in leaf.words)
        if default is not None and default_text is not None and not fits:
            self.fault(default, f"`{default_text}` is no word of this field{near(default_text, leaf.words)}")
        absent_text = self.text(absent) if absent is not None else None
        if absent is not None and table is not None and absent_text in {*table.to_word, *table.to_code.values()}:
            self.fault(absent, f"`{absent_text}` cannot stand for no value: table `{table.name}` gives it a meaning")
        return Field(
            places=places,
            path=path,
            codec=codec,
            table=table,
            required=self.extent(entries.get("required")),
            only=only,
            why=why,
            absent=absent_text,
            default=default_text,
            beside=self._beside(entries.get("beside")),
            keeps_native=leaf.keeps_native,
            instead=instead,
            unit=self._unit(entries.get("unit"), path, leaf, scope),
            decimals=self.number(entries.get("decimals")) if entries.get("decimals") is not None else 6,
            expression=expression,
            inverse=inverse,
            map=name.name or self.name,
            line=name.line,
            column=name.column,
        )

    def _computed(
        self, name: Text, places: tuple[Place, ...], entries: Entries, scope: Scope, formula: Yaml, why: str
    ) -> Field | None:
        """A text that is only written, and made of other fields."""
        inverse = self._expression(formula, Names(field=_types(scope), tables=frozenset(self.tables)))
        if inverse is None:
            return None
        if inverse.type != "text" or len(places) != 1:
            self.fault(formula, f"what is written is one text, not a {inverse.type}: `text(...)` makes one of a number")
        about = inverse.fields[0] if inverse.fields else "type"
        return Field(
            places=places,
            path=read_canonical_path(about) if inverse.fields else CanonicalPath("type", (Step("type"),), False),
            codec=read_codec("text"),
            required=self.extent(entries.get("required")),
            only="out",
            why=why,
            beside=self._beside(entries.get("beside")),
            inverse=inverse,
            computed=True,
            map=name.name or self.name,
            line=name.line,
            column=name.column,
        )

    def _expressions(
        self,
        name: Text,
        places: tuple[Place, ...],
        entries: Entries,
        scope: Scope,
        leaf: Leaf,
        only: Literal["", "in", "out"],
    ) -> tuple[Expression | None, Expression | None]:
        read_at, written_at = entries.get("expr"), entries.get("inverse")
        if read_at is None and written_at is None:
            return None, None
        kind = _EXPRESSION_TYPES.get(leaf.kind)
        if kind is None or leaf.words is not None:
            self.fault(name, "an expression makes texts, numbers and truths; this field is something else")
            return None, None
        tables = frozenset(self.tables)
        read = written = None
        if read_at is not None:
            names = Names(places=len(places), field=_types(scope), tables=tables)
            read = self._expression(read_at, names)
            if read is not None and read.type != kind:
                self.fault(read_at, f"the expression makes a {read.type}, but the field is a {kind}")
        if written_at is not None:
            written = self._expression(written_at, Names(value=kind, field=_types(scope), tables=tables))
            if written is not None and (written.type != "text" or len(places) != 1):
                self.fault(written_at, f"what is written is one text, not a {written.type}: use `text(...)`")
        wanted = {"": (True, True), "in": (True, False), "out": (False, True)}[only]
        if (read_at is not None, written_at is not None) != wanted:
            self.fault(name, "an expression goes one way (`only: in` and `why`), unless its `inverse` is stated")
        return read, written

    def _expression(self, at: Yaml, names: Names) -> Expression | None:
        text = self.text(at)
        if text is None:
            return None
        try:
            return read_expression(text, names)
        except ExpressionError as error:
            self.fault(Text(text, at.line, at.column + error.offset, at.name), str(error))
            return None

    def _unit(self, at: Yaml | None, path: CanonicalPath, leaf: Leaf, scope: Scope) -> str:
        text = self.text(at) if at is not None else None
        if at is None or text is None:
            return ""
        if text not in UNITS:
            self.fault(at, f"`{text}` is no unit that can be converted: there are {', '.join(sorted(UNITS))}")
        if leaf.kind != "decimal" or not scope.has(path, "unit"):
            self.fault(at, "`unit` is for the value of a measure, which has a unit beside it")
        return text

    def _codec(
        self, name: Text, entries: Entries, places: tuple[Place, ...], leaf: Leaf, *, in_table: bool
    ) -> Codec | None:
        named = entries.get("as")
        if in_table:
            if named is not None:
                self.fault(named, "a field has a table or a codec, not both")
            if leaf.kind != "text":
                self.fault(name, "a table makes words, but the field is no text")
            return read_codec("text")
        text = self.text(named) if named is not None else _DEFAULT_CODEC.get(leaf.kind)
        if leaf.digits and named is None:
            text = "decimal_text"
        if text is None:
            if named is None:
                self.fault(name, "say how the value is written here (`as: edifact_moment`)")
            return None
        codec = self.attempt(lambda: read_codec(text), named or name)
        if codec is None:
            return None
        if codec.kind != leaf.kind:
            self.fault(named or name, f"codec `{text}` makes {codec.kind}, but the field is {leaf.kind}")
        if not codec.least <= len(places) <= codec.most:
            wanted = str(codec.least) if codec.least == codec.most else f"{codec.least} to {codec.most}"
            self.fault(name, f"codec `{text}` needs {wanted} places, and {len(places)} are named")
        return codec

    def _table_of(self, at: Yaml | None, leaf: Leaf) -> Table | None:
        name = self.text(at) if at is not None else None
        if at is None or name is None:
            return None
        table = self.tables.get(name)
        if table is None:
            self.fault(at, f"there is no table `{name}`{near(name, self.tables)}")
            return None
        words = leaf.words
        if words is not None:
            for word in sorted({*table.to_word.values(), *table.to_code, *filter(None, [table.other])} - words):
                self.fault(at, f"table `{name}` has the word `{word}`, which the field has not{near(word, words)}")
            if table.unmapped == "pass":
                self.fault(at, f"table `{name}` lets codes pass, but the field has a closed list of words")
            if table.unmapped == "keep" and table.other is None:
                self.fault(at, f"table `{name}` keeps unmapped codes: say with which word (`other: other`)")
        if table.unmapped == "keep" and not leaf.keeps_native:
            self.fault(
                at, "the object around this field cannot keep codes (`native`): use `unmapped: refuse` or `pass`"
            )
        return table

    def _beside(self, value: Yaml | None) -> tuple[Constant, ...]:
        constants = []
        for key, found in self.pairs(value):
            places = self._places(key)
            text = self.text(found)
            if places is not None and text is not None:
                constants.append(Constant(places[0], text))
        return tuple(constants)

    def one_way(self, at: Text, entries: Entries) -> tuple[Literal["", "in", "out"], str]:
        """The only direction of a rule, and why."""
        only = DIRECTIONS[self.choice(entries.get("only"), tuple(DIRECTIONS)[1:]) or ""]
        why = self.text_or_nothing(entries.get("why"))
        if bool(only) != bool(why):
            self.fault(at, "a rule that goes one way says so (`only: in` or `out`) and says why (`why: ...`)")
        return only, why

    def check_places(self, key: Text, content: Content) -> None:
        """Two rules may read one place, but only one may write it."""
        fields = [
            field for field in content.fields if field.goes("out") and (field.piece is None or not field.piece.number)
        ]
        fields += [field for each in content.repeated for slot in each.slots for field in slot if field.goes("out")]
        written = [place for field in fields for place in field.places]
        written += [*(constant.place for constant in content.constants), *content.counters]
        written += [total.place for total in content.totals]
        written += [constant.place for field in content.fields for constant in field.beside]
        for place in sorted({place for place in written if written.count(place) > 1}):
            self.fault(key, f"place {place.element}.{place.component} is written by two rules")

    # Scalars

    def _path(self, at: Yaml, scope: Scope) -> CanonicalPath | None:
        text = self.text(at)
        return self.attempt(lambda: scope.typed(read_canonical_path(text)), at) if text is not None else None

    def _places(self, at: Text) -> tuple[Place, ...] | None:
        return self.attempt(lambda: read_places(at.value), at)

    def _leaf(self, path: CanonicalPath, scope: Scope, at: Yaml) -> Leaf | None:
        return self.attempt(lambda: scope.leaf(path), at)

    def extent(self, at: Yaml | None) -> Extent:
        """The directions that ``yes``, ``in`` or ``out`` stand for."""
        chosen = self.choice(at, tuple(EXTENTS))
        return EXTENTS[chosen] if chosen else ""


def _types(scope: Scope) -> Callable[[str], Type]:
    """The type that an expression sees of a canonical field."""

    def of(name: str) -> Type:
        leaf = scope.leaf(scope.typed(read_canonical_path(name)))
        kind = _EXPRESSION_TYPES.get(leaf.kind)
        if kind is None:
            raise ValueError(f"`{name}` is no text, number or truth")
        return kind

    return of


def _spelled_out(rule: Yaml) -> Yaml:
    """A field in short, ``2: number``, as what it stands for: ``2: {to: number}``."""
    if not isinstance(rule, Text):
        return rule
    return Entries([(msgspec.structs.replace(rule, value="to"), rule)], rule.line, rule.column, rule.name)
