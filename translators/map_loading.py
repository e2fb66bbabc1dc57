"""The parts of a map, read from its file: segments and groups in the message's order, and trees that groups form."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from translators.map_document import Entries, Items, Text, Yaml
from translators.map_field_loading import Content, FieldLoader
from translators.map_paths import CanonicalPath, NodePath, Place, read_node_path
from translators.map_rules import Constant, Part, Setting, Tree, When
from translators.map_scalars import near
from translators.map_types import Scope

_PART_KEYS = ("each", "with", "when", "set", "required", "always", "only", "why")
_SEGMENT_KEYS = (*_PART_KEYS, "wrap", "again")
_GROUP_KEYS = (*_PART_KEYS, "parts", "split", "bounded")
_LEVEL_KEYS = (*_PART_KEYS, "parts", "levels")
_TREE_KEYS = ("levels", "tree", "required", "only", "why")
_TREE_PLACES = ("id", "parent", "level", "children")

# X12 HL: id, parent's id, level, whether there are children. EDIFACT CPS 7164, 7166, 7075 likewise.
_KNOWN_TREES = {
    "HL": Tree(
        segment="HL", id=Place(1, 1), parent=Place(2, 1), level=Place(3, 1), children=Place(4, 1)
    ),
    "CPS": Tree(segment="CPS", id=Place(1, 1), parent=Place(2, 1), level=Place(3, 1)),
}  # fmt: skip

_WHEN = re.compile(r"(?P<path>\S+) (?:(?P<not_in>not )?in (?P<table>\S+)|is (?P<is_not>not )?(?P<word>\S+))")


class PartLoader(FieldLoader):
    """Reads parts; what is faulty is left out."""

    def parts(self, value: Yaml, scope: Scope) -> tuple[Part, ...]:
        """The parts of a message or group."""
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
            parts = msgspec.structs.replace(key, value="parts", line=body.line, column=body.column)
            body = Entries([(parts, body)], body.line, body.column, body.name)
        if not isinstance(body, Entries):
            self.fault(body, "fields or parts are expected here")
            return None
        if body.get("levels") is not None:
            return self._tree(key, node, body, scope)
        if body.get("raw") is not None:
            return self._raw(key, node, body)
        group = body.get("parts") is not None
        self.check_keys(body, _GROUP_KEYS if group else _SEGMENT_KEYS, places=not group)
        return self._content(key, node, body, scope, group=group)

    def _content(self, key: Text, node: NodePath, body: Entries, scope: Scope, *, group: bool) -> Part | None:
        bound = self._binding(body, scope)
        if bound is None:
            return None
        binding, path, inner = bound
        only, why = self.one_way(key, body)
        content = Content()
        for name, value in body.pairs:
            if not group and name.value[:1].isdecimal():
                self.place_rule(name, value, inner, content)
        if not group:
            # Of several qualifiers a field may say which it is; a single one leaves it nothing to say.
            said = {place for field in content.fields if field.goes("out") for place in field.places}
            content.constants += [
                Constant(c.place, c.values[0])
                for c in node.conditions
                if c.values and not (len(c.values) > 1 and c.place in said)
            ]
        self.check_places(key, content)
        nested = body.get("parts")
        parts = self.parts(nested, inner) if nested is not None else ()
        if nested is not None and (not parts or parts[0].group or parts[0].binding):
            self.fault(nested, "a group begins with its first segment, and that segment with no `each` or `with`")
        return Part(
            node=node,
            group=group,
            binding=binding,
            path=path,
            fields=tuple(content.fields),
            constants=tuple(content.constants),
            counters=tuple(content.counters),
            settings=self.settings(body.get("set"), inner),
            when=self._when(body.get("when"), scope),
            required=self.extent(body.get("required")),
            only=only,
            why=why,
            always=self.choice(body.get("always"), ("yes",)) == "yes",
            wrap=self.number(body.get("wrap")),
            split=self.text_or_nothing(body.get("split")),
            parts=_with_conditions(node, parts),
            repeated=tuple(content.repeated),
            again=self._again(body.get("again"), content),
            totals=tuple(content.totals),
            bounded=self.text_or_nothing(body.get("bounded")),
            map=key.name or self.name,
            line=key.line,
            column=key.column,
        )

    def _again(self, at: Yaml | None, content: Content) -> bool:
        again = self.choice(at, ("yes",)) == "yes"
        if at is not None and again and not content.repeated:
            self.fault(at, "`again` is for a segment with a list inside: it is written until all items are")
        return again

    def _raw(self, key: Text, node: NodePath, body: Entries) -> Part:
        """A segment that is carried through as it came."""
        self.check_keys(body, ("raw",), places=False)
        self.choice(body.get("raw"), ("yes",))
        if any(condition.tag is not None for condition in node.conditions):
            self.fault(key, "segments are carried as they came, not groups")
        return Part(node=node, group=False, raw=True, map=key.name or self.name, line=key.line, column=key.column)

    # Trees

    def _tree(self, key: Text, node: NodePath, body: Entries, scope: Scope) -> Part | None:
        self.check_keys(body, _TREE_KEYS, places=False)
        tree = self._tree_places(key, node, body.get("tree"))
        only, why = self.one_way(key, body)
        if tree is None:
            return None
        return Part(
            node=node,
            group=True,
            required=self.extent(body.get("required")),
            only=only,
            why=why,
            tree=tree,
            levels=self._levels(body.get("levels"), node, tree, scope),
            map=key.name or self.name,
            line=key.line,
            column=key.column,
        )

    def _tree_places(self, key: Text, node: NodePath, value: Yaml | None) -> Tree | None:
        if value is None:
            known = _KNOWN_TREES.get(node.name)
            if known is None:
                self.fault(key, "say how its tree is stated: `tree: {segment: CPS, id: 1, parent: 2, level: 3}`")
            return known
        entries = self.entries(value, ("segment", *_TREE_PLACES), ("id", "parent"))
        if entries is None:
            return None
        segment = self.text(entries.get("segment")) if entries.get("segment") is not None else node.name
        places = {name: self._one_place(entries.get(name)) for name in _TREE_PLACES}
        own, parent = places["id"], places["parent"]
        if segment is None or own is None or parent is None:
            return None
        return Tree(segment=segment, id=own, parent=parent, level=places["level"], children=places["children"])

    def _one_place(self, at: Yaml | None) -> Place | None:
        places = self._places(at) if isinstance(at, Text) else None
        if at is not None and (places is None or len(places) != 1):
            self.fault(at, "one place is expected here")
            return None
        return places[0] if places else None

    def _levels(self, value: Yaml | None, node: NodePath, tree: Tree, scope: Scope) -> tuple[Part, ...]:
        found = []
        for key, body in self.pairs(value):
            if not isinstance(body, Entries):
                self.fault(body, "the parts of the level are expected here: `parts: [...]`")
                continue
            self.check_keys(body, _LEVEL_KEYS, places=False)
            if key.value != "*" and tree.level is None:
                self.fault(key, "the tree has no place for a level's code: the level is `*`")
            part = self._level(key, node, tree, body, scope)
            found += [part] if part is not None else []
        if value is not None and not found:
            self.fault(value, "levels are expected here: `S: {parts: [...], levels: {...}}`")
        return tuple(found)

    def _level(self, key: Text, node: NodePath, tree: Tree, body: Entries, scope: Scope) -> Part | None:
        """One level: a group whose first segment, which states the tree, need not be written down."""
        first = Entries([(Text(tree.segment, key.line, key.column, key.name), _nothing(key))], key.line, key.column)
        parts = body.get("parts")
        listed = list(parts.values) if isinstance(parts, Items) else []
        if not (listed and isinstance(listed[0], Entries) and _starts_with(listed[0], tree.segment)):
            listed.insert(0, first)
        whole = Items(listed, body.line, body.column, body.name)
        rest = [pair for pair in body.pairs if pair[0].value not in ("parts", "levels")]
        grouped = Entries([*rest, (Text("parts", key.line, key.column, key.name), whole)], body.line, body.column)
        part = self._content(key, NodePath(node.name, ()), grouped, scope, group=True)
        bound = self._binding(body, scope)
        if part is None or bound is None:
            return None
        nested = body.get("levels")
        levels = self._levels(nested, node, tree, bound[2]) if nested is not None else ()
        return msgspec.structs.replace(part, levels=levels, level=key.value, tree=tree)

    # What parts say

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

    def _when(self, value: Yaml | None, scope: Scope) -> When | None:
        text = self.text(value) if value is not None else None
        if value is None or text is None:
            return None
        match = _WHEN.fullmatch(text)
        if match is None:
            self.fault(value, f"`{text}` is no condition: write `status [not] in TABLE` or `purpose is [not] WORD`")
            return None
        path = self._path(Text(match["path"], value.line, value.column, value.name), scope)
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

    def settings(self, value: Yaml | None, scope: Scope) -> tuple[Setting, ...]:
        """What the presence of a node implies."""
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
            elif leaf.kind == "flag" and text in ("true", "false"):
                settings.append(Setting(path, text == "true"))
            elif leaf.kind == "text":
                settings.append(Setting(path, text))
            else:
                self.fault(found, "only texts, words and whole numbers can be set")
        return tuple(settings)


def _nothing(at: Text) -> Entries:
    return Entries([], at.line, at.column, at.name)


def _starts_with(item: Entries, tag: str) -> bool:
    return bool(item.pairs) and item.pairs[0][0].value.partition("[")[0] == tag


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
