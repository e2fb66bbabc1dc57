"""Maps: one file that says what a message means in the canonical form, and by that also how to write it.

Most tools of the trade map with two scripts per message, one each way, which drift apart. Here the correspondence is
stated once, as data; :mod:`translators.mapping` runs it in either direction. The file is shaped like the message::

    map: edifact/D.96A/IFTSTA
    canonical: transport_status/1
    tables:
      status:
        system: edifact.9011        # what a kept code is marked with
        unmapped: keep              # keep, refuse or pass: see translators.map_tables
        other: other
        codes: {"1": arrived, "21": delivered}
        only_in: {"22": delivered}  # a second code for a word: read, never written
        only_out: {}                # word: code, a word that borrows another's code
    message:                        # segments and groups in the order of the guide
      - BGM:
          1.1: {is: "23"}           # always written; not compared when read
          2.1: number               # a place, and the canonical field it is
          3: {to: purpose, table: function}
      - SG4:
          each: consignments        # one group an item
          parts:
            - CNI:
                1: {count: item}    # the item's number in its list
                2.1: {to: number, required: yes}
            - DTM[1.1=334]:         # picked by its qualifier, which is also written
                1.2, 1.3: {to: occurred, as: edifact_moment}

Of a segment or group: ``each`` list or ``with`` object (else the object in hand), ``when: FIELD [not] in TABLE``
(writes only such) or ``when: FIELD is [not] WORD``, ``set: {FIELD: value}`` (what its presence implies), ``required:
yes|in|out``, ``always: yes`` (written without values), of a segment ``wrap: N`` (a long text becomes several), of a
group ``parts`` and ``split: CHILD`` (read as several).

Of a field: ``to``, ``as`` (a codec; the field's type decides when it is left out), ``table``, ``required``, ``absent``
(a text that stands for no value), ``default`` (what is read from nothing), ``beside: {PLACE: text}`` (written with the
value, such as the code list it is from), ``or`` (another field to write from; what only repeats that field, if it was
read before, is not read). Both: ``only: in|out`` with ``why``.

Of the map: ``complete`` lists canonical paths of which nothing may stay behind when a message is written (an error
instead of a warning), ``leaves`` those that the message has no place for, with the reason (no finding).

Rules beside each other take nodes in map order, and none takes what another has; the same holds for canonical items
that a path picks. Loading checks everything that can be known without a message: paths against the canonical types,
words against vocabularies, tables for being functions. It reports all faults with line and column.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

import msgspec

from translators.map_check import check_map
from translators.map_codecs import Codec, read_codec
from translators.map_document import Entries, Items, MapError, MapFault, Text, Yaml, read_yaml
from translators.map_paths import CanonicalPath, NodePath, Place, read_canonical_path, read_node_path, read_places
from translators.map_rules import Constant, Extent, Field, Map, Part, Setting, When
from translators.map_scalars import Faulty, near
from translators.map_tables import Table, Unmapped
from translators.map_types import Leaf, Scope, scope_of

__all__ = ["Map", "MapError", "MapFault", "check_map", "read_map"]

_PART_KEYS = ("each", "with", "when", "set", "required", "always", "only", "why")
_TOP_KEYS = ("map", "canonical", "tables", "set", "complete", "leaves", "message")
_SEGMENT_KEYS = (*_PART_KEYS, "wrap")
_GROUP_KEYS = (*_PART_KEYS, "parts", "split")
_FIELD_KEYS = ("to", "as", "table", "required", "absent", "default", "beside", "or", "only", "why", "is", "count")
_TABLE_KEYS = ("system", "unmapped", "other", "else", "codes", "only_in", "only_out")
_EXTENTS: dict[str, Extent] = {"yes": "both", "in": "in", "out": "out"}
_DIRECTIONS: dict[str, Literal["", "in", "out"]] = {"": "", "in": "in", "out": "out"}
_DEFAULT_CODEC = {"text": "text", "whole": "whole", "decimal": "decimal", "lines": "lines"}

_WHEN = re.compile(r"(?P<path>\S+) (?:(?P<not_in>not )?in (?P<table>\S+)|is (?P<is_not>not )?(?P<word>\S+))")


def read_map(name: str, data: bytes) -> Map:
    """The map in ``data``, checked and ready to run; raises :class:`MapError` with every fault and its place.

    ``name`` is the resource's name, such as ``x12/004010/214``; the file states it too, so that a copy that was not
    adapted is noticed.
    """
    loader = _Loader(name)
    tree = read_yaml(name, data)
    compiled = loader.map(tree)
    if loader.faults or compiled is None:
        raise MapError(loader.faults)
    return compiled


class _Loader(Faulty):
    """Compiles the tree, collecting faults; what is faulty is left out."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.tables: dict[str, Table] = {}

    def map(self, tree: Yaml) -> Map | None:
        top = self.entries(tree, _TOP_KEYS, ("map", "canonical", "message"))
        if top is None:
            return None
        stated, canonical = top.get("map"), top.get("canonical")
        if stated is not None and (text := self.text(stated)) not in (None, self.name):
            self.fault(stated, f"this is the map `{text}`, but it was read as `{self.name}`: put it where it belongs")
        typed = self.text(canonical) if canonical is not None else None
        if typed is None or canonical is None:
            return None
        scope = self.attempt(lambda: scope_of(typed), canonical)
        if scope is None:
            return None
        tables = top.get("tables")
        for key, value in self.pairs(tables):
            if (table := self._table(key, value)) is not None:
                self.tables[key.value] = table
        settings = self._settings(top.get("set"), scope)
        complete, leaves = self._complete(top.get("complete"), scope), self._leaves(top.get("leaves"), scope)
        message = top.get("message")
        parts = self._parts(message, scope) if message is not None else ()
        if self.faults:
            return None
        return Map(
            name=self.name,
            canonical=typed,
            settings=settings,
            tables=self.tables,
            parts=parts,
            complete=complete,
            leaves=leaves,
        )

    # Tables

    def _table(self, key: Text, value: Yaml) -> Table | None:
        entries = self.entries(value, _TABLE_KEYS, ("system", "unmapped"))
        if entries is None:
            return None
        texts = {
            name: self.text(found) for name in ("system", "unmapped", "other", "else") if (found := entries.get(name))
        }
        unmapped = self.choice(entries.get("unmapped"), get_args(Unmapped))
        to_word: dict[str, str] = {}
        to_code: dict[str, str] = {}
        for code, word in self.pairs(entries.get("codes")):
            self._row(to_word, code, word)
            if isinstance(word, Text):
                self._row(to_code, Text(word.value, word.line, word.column), code)
        for code, word in self.pairs(entries.get("only_in")):
            self._row(to_word, code, word)
        for word_key, code_value in self.pairs(entries.get("only_out")):
            self._row(to_code, word_key, code_value)
        if unmapped is None or not texts.get("system"):
            return None
        return Table(
            name=key.value,
            system=texts["system"] or "",
            to_word=to_word,
            to_code=to_code,
            unmapped=unmapped,
            other=texts.get("other"),
            fallback=texts.get("else"),
        )

    def _row(self, rows: dict[str, str], key: Text, value: Yaml) -> None:
        if (text := self.text(value)) is None:
            return
        if rows.setdefault(key.value, text) != text:
            self.fault(
                key, f"`{key.value}` is `{rows[key.value]}` already: put the second meaning into only_in or only_out"
            )

    # Parts

    def _parts(self, value: Yaml, scope: Scope) -> tuple[Part, ...]:
        if not isinstance(value, Items):
            self.fault(value, "a list of segments and groups is expected here: `- BGM: {...}`")
            return ()
        parts = [part for item in value.values if (part := self._part(item, scope)) is not None]
        names = [(part.node.name, part.group) for part in parts]
        return tuple(
            part if names.count((part.node.name, part.group)) == 1 else msgspec.structs.replace(part, shared=True)
            for part in parts
        )

    def _part(self, item: Yaml, scope: Scope) -> Part | None:
        if not isinstance(item, Entries) or len(item.pairs) != 1:
            self.fault(item, "one segment or group is expected here: `BGM: {...}`")
            return None
        key, body = item.pairs[0]
        node = self.attempt(lambda: read_node_path(key.value), key)
        if node is None:
            return None
        if isinstance(body, Items):
            body = Entries([(Text("parts", body.line, body.column), body)], body.line, body.column)
        if not isinstance(body, Entries):
            self.fault(body, "fields or parts are expected here")
            return None
        group = body.get("parts") is not None
        self.check_keys(body, _GROUP_KEYS if group else _SEGMENT_KEYS, places=not group)
        bound = self._binding(body, scope)
        if bound is None:
            return None
        binding, path, inner = bound
        only, why = self._one_way(key, body)
        fields: list[Field] = []
        constants = [] if group else [Constant(c.place, c.values[0]) for c in node.conditions if c.values]
        counters: list[Place] = []
        for name, value in body.pairs:
            if group or not name.value[:1].isdecimal():
                continue
            self._place_rule(name, value, inner, fields, constants, counters)
        self._check_places(key, fields, constants, counters)
        nested = body.get("parts")
        parts = self._parts(nested, inner) if nested is not None else ()
        if nested is not None and (not parts or parts[0].group or parts[0].binding):
            self.fault(nested, "a group begins with its first segment, and that segment with no `each` or `with`")
        return Part(
            node=node,
            group=group,
            binding=binding,
            path=path,
            fields=tuple(fields),
            constants=tuple(constants),
            counters=tuple(counters),
            settings=self._settings(body.get("set"), inner),
            when=self._when(body.get("when"), scope),
            required=self._extent(body.get("required")),
            only=only,
            why=why,
            always=self.choice(body.get("always"), ("yes",)) == "yes",
            wrap=self.number(body.get("wrap")),
            split=self.text_or_nothing(body.get("split")),
            parts=_with_conditions(node, parts),
            line=key.line,
            column=key.column,
        )

    def _binding(
        self, body: Entries, scope: Scope
    ) -> tuple[Literal["", "with", "each"], CanonicalPath | None, Scope] | None:
        each, with_ = body.get("each"), body.get("with")
        if each is not None and with_ is not None:
            self.fault(with_, "`each` or `with`, not both")
            return None
        bound = each or with_
        if bound is None:
            return "", None, scope
        path = self._path(bound, scope)
        if path is None:
            return None
        inner = self.attempt(lambda: scope.inside(path, each=each is not None), bound)
        return None if inner is None else ("each" if each is not None else "with", path, inner)

    def _place_rule(
        self,
        name: Text,
        value: Yaml,
        scope: Scope,
        fields: list[Field],
        constants: list[Constant],
        counters: list[Place],
    ) -> None:
        places = self._places(name)
        if places is None:
            return
        if isinstance(value, Text):
            value = Entries([(Text("to", value.line, value.column), value)], value.line, value.column)
        entries = self.entries(value, _FIELD_KEYS, ())
        if entries is None:
            return
        fixed, count = entries.get("is"), entries.get("count")
        if fixed is not None:
            if (text := self.text(fixed)) and len(entries.pairs) == 1 and len(places) == 1:
                constants.append(Constant(places[0], text))
            elif text:
                self.fault(value, "`is` stands alone, at one place")
        elif count is not None:
            if self.choice(count, ("item",)) and len(entries.pairs) == 1 and len(places) == 1:
                counters.append(places[0])
        elif (field := self._field(name, places, entries, scope)) is not None:
            fields.append(field)

    def _field(self, name: Text, places: tuple[Place, ...], entries: Entries, scope: Scope) -> Field | None:
        to = entries.get("to")
        if to is None:
            self.fault(name, "say which canonical field this is (`to`), or what always stands here (`is`)")
            return None
        path = self._path(to, scope)
        leaf = self._leaf(path, scope, to) if path is not None else None
        if path is None or leaf is None:
            return None
        table = self._table_of(entries.get("table"), leaf)
        codec = self._codec(name, entries, places, leaf, in_table=entries.get("table") is not None)
        instead_at = entries.get("or")
        instead = self._path(instead_at, scope) if instead_at is not None else None
        if instead is not None and instead_at is not None:
            other = self.attempt(lambda: scope.leaf(instead), instead_at)
            if other is not None and other.kind != leaf.kind:
                self.fault(instead_at, f"`{instead.text}` is not the same kind of value as `{path.text}`")
        only, why = self._one_way(name, entries)
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
            required=self._extent(entries.get("required")),
            only=only,
            why=why,
            absent=absent_text,
            default=default_text,
            beside=self._beside(entries.get("beside")),
            keeps_native=leaf.keeps_native,
            instead=instead,
            line=name.line,
            column=name.column,
        )

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

    def _one_way(self, at: Text, entries: Entries) -> tuple[Literal["", "in", "out"], str]:
        only = _DIRECTIONS[self.choice(entries.get("only"), tuple(_DIRECTIONS)[1:]) or ""]
        why = self.text_or_nothing(entries.get("why"))
        if bool(only) != bool(why):
            self.fault(at, "a rule that goes one way says so (`only: in` or `out`) and says why (`why: ...`)")
        return only, why

    def _complete(self, value: Yaml | None, scope: Scope) -> tuple[str, ...]:
        if value is not None and not isinstance(value, Items):
            self.fault(value, "a list of canonical paths is expected here")
        found = value.values if isinstance(value, Items) else []
        return tuple(path for item in found if (path := self._pattern(item, scope)) is not None)

    def _leaves(self, value: Yaml | None, scope: Scope) -> dict[str, str]:
        found = {}
        for key, reason in self.pairs(value):
            path, why = self._pattern(key, scope), self.text(reason)
            if path is not None and why is not None:
                found[path] = why
        return found

    def _pattern(self, at: Yaml, scope: Scope) -> str | None:
        """A path through all items of the lists on its way."""
        text = self.text(at)
        if text is None or self.attempt(lambda: scope.check_pattern(text), at) is None:
            return None
        return text

    def _check_places(self, key: Text, fields: list[Field], constants: list[Constant], counters: list[Place]) -> None:
        """Two rules may read one place, but only one may write it."""
        written = [place for field in fields if field.goes("out") for place in field.places]
        written += [*(constant.place for constant in constants), *counters]
        written += [constant.place for field in fields for constant in field.beside]
        for place in sorted({place for place in written if written.count(place) > 1}):
            self.fault(key, f"place {place.element}.{place.component} is written by two rules")

    def _when(self, value: Yaml | None, scope: Scope) -> When | None:
        text = self.text(value) if value is not None else None
        if value is None or text is None:
            return None
        match = _WHEN.fullmatch(text)
        if match is None:
            self.fault(value, f"`{text}` is no condition: write `status [not] in TABLE` or `purpose is [not] WORD`")
            return None
        path = self._path(Text(match["path"], value.line, value.column), scope)
        leaf = self._leaf(path, scope, value) if path is not None else None
        if path is None or leaf is None:
            return None
        if (word := match["word"]) is not None:
            if leaf.words is None or word not in leaf.words:
                self.fault(value, f"`{word}` is no word of `{path.text}`{near(word, leaf.words)}")
            return When(path, None, word, match["is_not"] is not None)
        table = self.tables.get(match["table"])
        if table is None:
            self.fault(value, f"there is no table `{match['table']}`{near(match['table'], self.tables)}")
            return None
        return When(path, table, None, match["not_in"] is not None)

    def _settings(self, value: Yaml | None, scope: Scope) -> tuple[Setting, ...]:
        settings = []
        for key, found in self.pairs(value):
            path = self._path(key, scope)
            text = self.text(found)
            leaf = self._leaf(path, scope, key) if path is not None else None
            if path is None or text is None or leaf is None:
                continue
            if leaf.words is not None and text not in leaf.words:
                self.fault(found, f"`{text}` is no word of this field{near(text, leaf.words)}")
            elif leaf.kind == "whole" and text.isdecimal():
                settings.append(Setting(path, int(text)))
            elif leaf.kind == "text":
                settings.append(Setting(path, text))
            else:
                self.fault(found, "only texts, words and whole numbers can be set")
        return tuple(settings)

    # Scalars

    def _path(self, at: Yaml, scope: Scope) -> CanonicalPath | None:
        text = self.text(at)
        return self.attempt(lambda: scope.typed(read_canonical_path(text)), at) if text is not None else None

    def _places(self, at: Text) -> tuple[Place, ...] | None:
        return self.attempt(lambda: read_places(at.value), at)

    def _leaf(self, path: CanonicalPath, scope: Scope, at: Yaml) -> Leaf | None:
        return self.attempt(lambda: scope.leaf(path), at)

    def _extent(self, at: Yaml | None) -> Extent:
        chosen = self.choice(at, tuple(_EXTENTS))
        return _EXTENTS[chosen] if chosen else ""


def _with_conditions(node: NodePath, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The group's parts, with what its conditions say of a segment written into that segment."""
    made = []
    for part in parts:
        implied = [
            Constant(condition.place, condition.values[0])
            for condition in node.conditions
            if condition.tag == part.node.name and condition.values and not _writes(part, condition.place)
        ]
        made.append(msgspec.structs.replace(part, constants=(*part.constants, *implied)) if implied else part)
    return tuple(made)


def _writes(part: Part, place: Place) -> bool:
    return any(place in field.places for field in part.fields if field.goes("out")) or any(
        constant.place == place for constant in part.constants
    )
