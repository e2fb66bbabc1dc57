"""A document while a message is written from it: the ways through it, and what of it was used.

Paths of a map lead to values and pick items out of lists. Whatever they lead to counts as used, and so does what an
item was picked by, because the place it is written at implies it. What is left in the end was not sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from translators.map_codecs import TextCodec, wrap
from translators.map_context import Context, Report, Value
from translators.map_paths import CanonicalPath, Match, Place, Step, read_canonical_path
from translators.map_raw import read_raw
from translators.map_rules import Field, Map, Part, When
from translators.map_segments import fits
from translators.map_values import computed_text
from translators.tree import Node

Object = dict[str, Value]


class DocumentInUse:
    """``root`` is the document as plain values; ``too_many`` hears of a list with more items than can be carried."""

    def __init__(self, root: Object, too_many: Callable[[str, int], None]) -> None:
        self.root = root
        self.used: set[tuple[int, str]] = {(id(root), "type")}
        """Objects, by their identity, and the names of what was used of them."""
        self.picked: set[int] = set()
        """Items that a path picked out of their list: a later ``each`` leaves them out."""
        self._too_many = too_many
        self._crowded: set[str] = set()
        """Lists that have more items than the message can carry, and that this was said of."""

    def left(self) -> Iterator[tuple[Value, str]]:
        """What nothing has used and its path: the whole of an object or list where nothing in it was."""
        if not self._all_used(self.root):
            yield from self._left(self.root, "")

    def value(self, path: CanonicalPath, obj: Object, *, use: bool = True) -> tuple[Object | None, Value | None]:
        """The object that has, or could have, the value; and the value."""
        *before, last = path.steps
        holder = self.find(before, path, obj) if before else (self.root if path.absolute else obj)
        if not isinstance(holder, dict):
            return None, None
        if use:
            self.used.add((id(holder), last.name))
        return holder, holder.get(last.name)

    def sought(self, field: Field, obj: Object) -> tuple[Object | None, Value | None]:
        """The same for a rule: that of the other field, where the rule's own has nothing and another may stand in."""
        holder, value = self.value(field.path, obj)
        if field.instead is not None and (holder is None or (value is None and field.table is None)):
            other = self.value(field.instead, obj)
            return other if other[1] is not None else (holder, value)
        return holder, value

    def find(self, steps: Sequence[Step], path: CanonicalPath, obj: Object) -> Value | None:
        """What ``steps`` of ``path`` lead to from ``obj``; ``None`` where there is nothing."""
        holder: Value | None = self.root if path.absolute else obj
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
                    self.picked.add(id(item))
                    return self._use(item, step.matches)
            return None
        if step.pick == "only" and len(items) > 1 and step.name not in self._crowded:
            self._crowded.add(step.name)
            self._too_many(step.name, len(items))
        if step.pick == "first" and isinstance(items[0], dict):
            self.picked.add(id(items[0]))
        return None if step.pick == "single" and len(items) > 1 else items[0]

    def each(self, path: CanonicalPath, obj: Object) -> list[tuple[int, Object]]:
        """The items of the list at ``path`` that are to be written, with their numbers from 0."""
        *before, last = path.steps
        holder = self.find(before, path, obj) if before else (self.root if path.absolute else obj)
        items = holder.get(last.name) if isinstance(holder, dict) else None
        if not isinstance(items, list | tuple):
            return []
        return [
            (number, self._use(item, last.matches))
            for number, item in enumerate(items)
            if isinstance(item, dict)
            and (self._is_picked(item, last, obj) if last.pick else id(item) not in self.picked)
        ]

    def holds(self, when: When, obj: Object, context: Context) -> bool:
        """Whether an object is one that a part is for."""
        holder, value = self.value(when.path, obj, use=False)
        if when.table is None:
            return (value == when.word) != when.negated
        kept = holder.get("native") if holder is not None else None
        native = kept.get(when.path.steps[-1].name) if isinstance(kept, dict) else None
        carried = when.table.carries(
            str(value) if value is not None else None, native if isinstance(native, str) else None, context
        )
        return carried != when.negated

    def pieces(self, part: Part, item: Object) -> list[Object]:
        """The item, or if its text is too long for one segment, one a piece of the text."""
        if not part.wrap:
            return [item]
        for field in part.fields:
            key = field.path.steps[-1].name
            text = item.get(key)
            if isinstance(field.codec, TextCodec) and field.table is None and isinstance(text, str):
                lines = wrap(text, part.wrap)
                if len(lines) > 1:
                    self.used.update((id(item), name) for name in item)
                    return [{**item, key: line} for line in lines]
        return [item]

    def carried(self, part: Part, path: str, guide: str, obj: Object) -> list[Node]:
        """The segments that were carried through and belong at ``path`` of a guide."""
        kept = obj.get("raw")
        nodes = []
        for each in kept if isinstance(kept, list | tuple) else ():
            if not isinstance(each, dict) or each.get("guide") != guide or each.get("path") != path:
                continue
            tag, elements = read_raw(str(each.get("text")))
            if tag == part.node.name and fits(part, elements) and (id(each), "text") not in self.used:
                self.used.update((id(each), key) for key in each)
                nodes.append(Node(name=tag, elements=elements))
        return nodes

    def computed(self, field: Field, obj: Object, rules: Map, context: Context, report: Report) -> Sequence[str] | None:
        """The text that an expression makes; every field it reads is used."""
        if field.inverse is None:
            return None
        value = self.value(field.path, obj)[1] if not field.computed else None
        if value is None and not field.computed:
            return None
        text = computed_text(field.inverse, value, obj, rules, context, report)
        if text is not None:
            for name in field.inverse.fields:
                self.value(read_canonical_path(name), obj)
        return None if text is None else (text,)

    def derives(self, field: Field, texts: Mapping[Place, str], obj: Object, context: Context) -> None:
        """A value that reading derives from what is written is not left behind."""
        holder, value = self.value(field.path, obj, use=False)
        if holder is None or value is None or field.table is not None:
            return
        sent = [texts.get(place, "") for place in field.places]
        if any(sent) and field.codec.read(sent, context, lambda problem: None) == value:
            self.used.add((id(holder), field.path.steps[-1].name))

    def trail(self, path: CanonicalPath, obj: Object, at: str) -> str:
        """The canonical path of what ``path`` leads to from the object at ``at``; what is missing, as it was asked."""
        names = [] if path.absolute or not at else [at]
        holder: Value | None = self.root if path.absolute else obj
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
        if not isinstance(item, dict):
            return False
        for field, value, reference in step.matches:
            if item.get(field) != (obj.get(str(value)) if reference else value):
                return False
        return True

    def _use(self, item: Object, matches: Sequence[Match]) -> Object:
        """``item``; what it was picked by is implied by the place it is written at."""
        self.used.update((id(item), match.field) for match in matches)
        return item

    def _all_used(self, value: Value) -> bool:
        """Whether nothing is left: the usual case, for which no names are needed."""
        if isinstance(value, dict):
            used, own = self.used, id(value)
            for key, inner in value.items():
                if (own, key) not in used and key != "native" and not self._all_used(inner):
                    return False
            return bool(value)
        return isinstance(value, list | tuple) and bool(value) and all(map(self._all_used, value))

    def _left(self, value: Value, at: str) -> Iterator[tuple[Value, str]]:
        if at and not self._touched(value):
            yield value, at
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key != "native" and (id(value), key) not in self.used:
                    yield from self._left(inner, joined(at, key))
        elif isinstance(value, list | tuple):
            for number, inner in enumerate(value):
                yield from self._left(inner, f"{at}[{number}]")

    def _touched(self, value: Value) -> bool:
        if isinstance(value, dict):
            return any((id(value), key) in self.used or self._touched(inner) for key, inner in value.items())
        return isinstance(value, list | tuple) and any(self._touched(inner) for inner in value)


def joined(at: str, name: str) -> str:
    """The path of what is called ``name`` at a path."""
    return f"{at}.{name}" if at else name
