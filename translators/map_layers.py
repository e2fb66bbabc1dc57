"""Maps that extend another: a later version of the standard, or what one partner does differently.

A map that ``extends`` another states only the differences. They are applied to the tree of the file, before anything is
compiled; so every value still knows the file and line it was written in, a fault in an overlay points into the overlay,
and the result is a map like any other, that can be shown, compared and hashed (:mod:`translators.map_text`).

Of the file's keys, ``set``, ``complete``, ``leaves`` and ``tables`` are laid over those of the map below, ``rename``
gives groups and segments other names throughout, and ``patch`` is a list of changes, applied in order. Each says which
rule it is about, in one of two ways, and what becomes of it::

    patch:
      - at: SG4/SG5/STS/3.1            # the way through the message tree, last a place
        change: {required: yes}
      - to: consignments.events.reason # all rules for this canonical field
        remove: yes

:mod:`translators.map_patches` has the addresses. A table of any map may be that of another (``from``): it is put in
place before anything else, as if its rows stood in the file, but they know where they do.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from translators.map_document import Entries, Items, MapError, MapFault, Text, Yaml, read_yaml
from translators.map_patches import Patcher, copied, put, take
from translators.map_scalars import near

FindMap = Callable[[str], bytes | None]
"""The file of the map of a name; ``None`` when there is none."""

MAX_LAYERS = 8

_LAYER_KEYS = (
    "map", "extends", "guide", "canonical", "set", "complete", "leaves", "tables", "rename", "patch", "extensions",
)  # fmt: skip
_TABLE_SECTIONS = ("codes", "only_in", "only_out")
_STANDARDS = ("edifact/", "x12/")


def no_other_maps(name: str) -> bytes | None:
    """No other maps: nothing can be extended."""
    return None


def resolve_layers(name: str, data: bytes, find: FindMap = no_other_maps) -> Yaml:
    """The tree of a map with everything that it extends below it; raises :class:`MapError` with all faults.

    The tree has no ``extends`` and no ``patch`` any more. ``guide`` names the guide that it is for.
    """
    return _resolved(name, data, find, ())


def _resolved(name: str, data: bytes, find: FindMap, above: tuple[str, ...]) -> Yaml:
    tree = read_yaml(name, data)
    if not isinstance(tree, Entries):
        return tree
    layer, above = _Layer(name), (*above, name)
    if isinstance(tables := tree.get("tables"), Entries):
        for number, (key, stated) in enumerate(tables.pairs):
            source = stated.get("from") if isinstance(stated, Entries) else None
            if source is not None and isinstance(stated, Entries) and layer.text(source) is not None:
                theirs = _other(name, source, "take a table from", find, above)
                tables.pairs[number] = (key, layer.table_of(key, stated, theirs))
    merged: Yaml = tree
    if (extends := tree.get("extends")) is not None and layer.text(extends) is not None:
        below = _other(name, extends, "extend", find, above)
        merged = layer.over(tree, below) if isinstance(below, Entries) else below
    if layer.faults:
        raise MapError(layer.faults)
    return merged


def _other(name: str, at: Yaml, purpose: str, find: FindMap, above: tuple[str, ...]) -> Yaml:
    """The resolved tree of the map that ``at`` names, in the map called ``name``."""
    other = at.value if isinstance(at, Text) else ""
    data = find(other)
    if other in above:
        text = f"`{other}` extends this map in turn, or takes a table from it"
    elif len(above) > MAX_LAYERS:
        text = f"more than {MAX_LAYERS} maps on each other"
    elif data is None:
        text = f"there is no map `{other}` to {purpose}"
    else:
        return _resolved(other, data, find, above)
    raise MapError([MapFault(name, at.line, at.column, text)])


class _Layer(Patcher):
    """Lays one file over the resolved tree of the map that it extends."""

    def over(self, tree: Entries, below: Entries) -> Entries:
        self.check_keys(tree, _LAYER_KEYS, places=False)
        if (canonical := tree.get("canonical")) is not None:
            stated = below.get("canonical")
            if isinstance(stated, Text) and self.text(canonical) != stated.value:
                self.fault(canonical, f"the map below is for `{stated.value}`, and a layer cannot change that")
        result = below
        self._guide(tree, result)
        for key, value in tree.pairs:
            match key.value:
                case "map" | "guide":
                    put(result, key, value)
                case "set" | "leaves" | "extensions":
                    self._merge_entries(result, key, value)
                case "complete":
                    self._extend_list(result, key, value)
                case "tables":
                    self._tables(result, key, value)
        message = result.get("message")
        if isinstance(message, Items):
            names = {old.value: new for old, new in self.pairs(tree.get("rename"))}
            self._rename_all(message, names)
            self.patch(message, tree.get("patch"))
        return result

    def _guide(self, tree: Entries, result: Entries) -> None:
        """A version variant is for its own guide; anything else, unless it says so, for that of the map below."""
        name, below = tree.get("map"), result.get("map")
        if isinstance(name, Text) and name.value.startswith(_STANDARDS):
            result.pairs[:] = [pair for pair in result.pairs if pair[0].value != "guide"]
        elif isinstance(below, Text) and result.get("guide") is None:
            put(result, msgspec.structs.replace(below, value="guide"), below)

    # Top-level keys

    def _merge_entries(self, result: Entries, key: Text, value: Yaml) -> None:
        there = result.get(key.value)
        if not isinstance(there, Entries):
            put(result, key, value)
            return
        for inner, found in self.pairs(value):
            put(there, inner, found)

    def _extend_list(self, result: Entries, key: Text, value: Yaml) -> None:
        there = result.get(key.value)
        if isinstance(there, Items) and isinstance(value, Items):
            known = {item.value for item in there.values if isinstance(item, Text)}
            there.values.extend(item for item in value.values if not isinstance(item, Text) or item.value not in known)
        else:
            put(result, key, value)

    def _tables(self, result: Entries, key: Text, value: Yaml) -> None:
        tables = result.get("tables")
        if not isinstance(tables, Entries):
            put(result, key, value)
            return
        for name, stated in self.pairs(value):
            there = tables.get(name.value)
            if isinstance(there, Entries) and isinstance(stated, Entries):
                self._table(there, stated)
            else:
                put(tables, name, stated)

    def table_of(self, key: Text, stated: Entries, theirs: Yaml) -> Yaml:
        """The table of another map that ``stated`` asks for, with what it says beside that laid over."""
        tables = theirs.get("tables") if isinstance(theirs, Entries) else None
        known = {name.value: table for name, table in tables.pairs} if isinstance(tables, Entries) else {}
        named = stated.get("table") or stated.get("from") or key
        wanted = self.text(stated.get("table")) if stated.get("table") is not None else key.value
        found = known.get(wanted or "")
        if not isinstance(found, Entries):
            self.fault(named, f"that map has no table `{wanted}`{near(wanted or '', known)}")
            return stated
        table = copied(found)
        if isinstance(table, Entries):
            own = [pair for pair in stated.pairs if pair[0].value not in ("from", "table")]
            self._table(table, Entries(own, stated.line, stated.column, stated.name))
        return table

    def _table(self, there: Entries, stated: Entries) -> None:
        """Rows of the layer stand before those of the map below; ``drop`` takes codes, or words of only_out, away."""
        dropped = stated.get("drop")
        for item in dropped.values if isinstance(dropped, Items) else [dropped] if dropped is not None else []:
            gone = self.text(item)
            if gone is not None and not any([take(each, gone) for each in _sections(there)]):
                self.fault(item, f"the table below has no row `{gone}`")
        for name, value in stated.pairs:
            if name.value == "drop":
                continue
            if name.value not in _TABLE_SECTIONS or not isinstance(value, Entries):
                put(there, name, value)
                continue
            over = ("only_out",) if name.value == "only_out" else ("codes", "only_in")
            for code, _ in value.pairs:
                for section in _sections(there, over):
                    take(section, code.value)
            rows = there.get(name.value)
            if isinstance(rows, Entries):
                rows.pairs.extend(value.pairs)
            else:
                put(there, name, value)

    # Names

    def _rename_all(self, parts: Items, names: dict[str, Yaml]) -> None:
        """Other names for segments and groups, all at once: ``{SG4: SG5, SG5: SG6}`` moves both."""
        for old, new in names.items():
            self.text(new)
            if not _uses(parts, old):
                self.fault(new, f"the map below has no segment or group {old}")
        texts = {old: new.value for old, new in names.items() if isinstance(new, Text)}
        if texts:
            _rename(parts, texts)


def _rename(parts: Items, names: dict[str, str]) -> None:
    for number, item in enumerate(parts.values):
        if not isinstance(item, Entries) or not item.pairs:
            continue
        key, body = item.pairs[0]
        name, bracket, rest = key.value.partition("[")
        parts.values[number] = Entries(
            [(msgspec.structs.replace(key, value=names.get(name, name) + bracket + rest), body)],
            item.line,
            item.column,
            item.name,
        )
        _rename_below(body, names)


def _rename_below(body: Yaml, names: dict[str, str]) -> None:
    if isinstance(body, Items):
        _rename(body, names)
    elif isinstance(body, Entries):
        for key, value in body.pairs:
            if key.value == "levels" and isinstance(value, Entries):
                for _, level in value.pairs:
                    _rename_below(level, names)
            elif key.value == "parts" and isinstance(value, Items):
                _rename(value, names)


def _uses(parts: Yaml, name: str) -> bool:
    if isinstance(parts, Items):
        return any(
            _bare(key) == name or _uses(body, name)
            for item in parts.values
            if isinstance(item, Entries)
            for key, body in item.pairs
        )
    if isinstance(parts, Entries):
        return any(_uses(value, name) for _, value in parts.pairs)
    return False


def _bare(key: Text) -> str:
    return key.value.partition("[")[0]


def _sections(table: Entries, names: tuple[str, ...] = _TABLE_SECTIONS) -> list[Entries]:
    return [section for name in names if isinstance(section := table.get(name), Entries)]
