"""A document while a message is written from it: the ways through it, and what of it was used.

Paths of a map lead to values and pick items out of lists. Whatever they lead to counts as used, and so does what an
item was picked by, because the place it is written at implies it. What is left in the end was not sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from translators.map_context import Value
from translators.map_paths import CanonicalPath, Match, Step

Object = dict[str, Value]


class DocumentInUse:
    """``root`` is the document as plain values; ``too_many`` hears of a list with more items than can be carried."""

    def __init__(self, root: Object, too_many: Callable[[str, int], None]) -> None:
        self.root = root
        self.used: set[tuple[int, str]] = {(id(root), "type")}
        """Objects, by their identity, and the names of what was used of them."""
        self._picked: set[int] = set()
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
                    self._picked.add(id(item))
                    return self._use(item, step.matches)
            return None
        if step.pick == "only" and len(items) > 1 and step.name not in self._crowded:
            self._crowded.add(step.name)
            self._too_many(step.name, len(items))
        if step.pick == "first" and isinstance(items[0], dict):
            self._picked.add(id(items[0]))
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
            and (self._is_picked(item, last, obj) if last.pick else id(item) not in self._picked)
        ]

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
        return isinstance(item, dict) and all(
            item.get(match.field) == (obj.get(str(match.value)) if match.reference else match.value)
            for match in step.matches
        )

    def _use(self, item: Object, matches: Sequence[Match]) -> Object:
        """``item``; what it was picked by is implied by the place it is written at."""
        self.used.update((id(item), match.field) for match in matches)
        return item

    def _all_used(self, value: Value) -> bool:
        """Whether nothing is left: the usual case, for which no names are needed."""
        if isinstance(value, dict):
            used, own = self.used, id(value)
            return bool(value) and all(
                (own, key) in used or key == "native" or self._all_used(inner) for key, inner in value.items()
            )
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


def below(value: Value | None, names: Sequence[str]) -> Iterator[Value]:
    """What is at the end of the names, in every item of every list on the way."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from below(item, names)
    elif not names:
        if value is not None:
            yield value
    elif isinstance(value, dict):
        yield from below(value.get(names[0]), names[1:])


def joined(at: str, name: str) -> str:
    """The path of what is called ``name`` at a path."""
    return f"{at}.{name}" if at else name
