"""The changes that a layer makes to single rules of the map below it, each found by an address.

A name stands for the one rule of that name; ``DTM[1.1=137]`` is a rule's whole key, and ``LOC#2`` the second of those.
What an address finds nowhere, or more than once, is a fault: a patch that no longer fits must not pass in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from translators.map_document import Entries, Items, Text, Yaml
from translators.map_paths import read_places
from translators.map_scalars import Faulty, near

_OPERATIONS = ("change", "drop", "rename", "replace", "remove", "before", "after", "first", "last")
_SELECTORS = ("at", "to")
_STEP = re.compile(r"(?P<key>[^\[\]#]+(?:\[[^\[\]]*\])?)(?:#(?P<number>[1-9][0-9]?))?")
_PICK = re.compile(r"\[[^\[\]]*\]")


class _Found(NamedTuple):
    """A rule in the tree: the pairs or items it is one of, and its number there."""

    around: Items | Entries
    number: int


class Patcher(Faulty):
    """Reads patches and applies them."""

    def patch(self, message: Items, value: Yaml | None) -> None:
        """Applies the list of patches to the message's parts."""
        if value is None:
            return
        if not isinstance(value, Items):
            self.fault(value, "a list of patches is expected here: `- at: SG4/DTM ...`")
            return
        for item in value.values:
            if not isinstance(item, Entries):
                self.fault(item, "a patch is expected here: which rule (`at` or `to`), and what becomes of it")
                continue
            self.check_keys(item, (*_SELECTORS, *_OPERATIONS), places=False)
            operations = [(key, found) for key, found in item.pairs if key.value in _OPERATIONS]
            if not operations:
                self.fault(item, f"say what becomes of the rule: {', '.join(_OPERATIONS)}")
                continue
            for found in self._found(message, item):
                self._apply(found, [(key, copied(value)) for key, value in operations])

    def _found(self, message: Items, patch: Entries) -> list[_Found]:
        at, to = patch.get("at"), patch.get("to")
        if (at is None) == (to is None):
            self.fault(patch, "a patch says which rule it is about with `at` or with `to`")
            return []
        if at is not None:
            text = self.text(at)
            found = self._address(message, at, text) if text is not None else None
            return [found] if found is not None else []
        text = self.text(to)
        if text is None or to is None:
            return []
        targets = list(_targets(message, ""))
        matching = [found for target, found in targets if target == text]
        if not matching:
            known = {target for target, _ in targets}
            self.fault(to, f"no rule of the map below is for `{text}`{near(text, known)}")
        # From behind, so that removing one does not move the others.
        return matching[::-1]

    def _address(self, message: Items, at: Yaml, text: str) -> _Found | None:
        here: Items | Entries = message
        found: _Found | None = None
        for step in _steps(text):
            inside = here if found is None else _inside(found, step)
            number = self._step(inside, step, at) if inside is not None else None
            if inside is None or number is None:
                if inside is None:
                    self.fault(at, f"`{text}` goes on behind a value")
                return None
            found = _Found(inside, number)
        return found

    def _step(self, inside: Items | Entries, step: str, at: Yaml) -> int | None:
        match = _STEP.fullmatch(step)
        if match is None:
            self.fault(at, f"`{step}` is no step of an address: write SG4, DTM[1.1=137], LOC#2, or a place such as 2.1")
            return None
        wanted, keys = match["key"].strip(), [key.value for key in _keys(inside)]
        matching = [number for number, key in enumerate(keys) if _same(key, wanted)]
        if not matching:
            matching = [number for number, key in enumerate(keys) if key.partition("[")[0] == wanted]
        if match["number"] is not None:
            nth = int(match["number"]) - 1
            matching = matching[nth : nth + 1]
        if len(matching) == 1:
            return matching[0]
        if matching:
            several = ", ".join(f"{keys[number]} (#{nth})" for nth, number in enumerate(matching, 1))
            self.fault(at, f"`{step}` could be {several}: say which")
        else:
            self.fault(at, f"the map below has no `{step}` here{near(step, keys) or ': ' + ', '.join(keys)}")
        return None

    def _apply(self, found: _Found, operations: list[tuple[Text, Yaml]]) -> None:
        around, number = found
        for key, value in operations:
            match key.value:
                case "remove":
                    if self.choice(value, ("yes",)) is not None:
                        (around.values if isinstance(around, Items) else around.pairs).pop(number)
                    if len(operations) > 1:
                        self.fault(key, "`remove` stands alone: what is removed cannot be changed")
                    return
                case "rename":
                    self._rename(found, value)
                case "replace":
                    _set_body(found, value)
                    _stand_at(found, value)
                case "change":
                    self._change(found, value)
                case "drop":
                    self._drop(found, value)
        # What puts other rules beside this one comes last: it moves the number.
        for key, value in operations:
            if key.value in ("first", "last"):
                self._add_inside(found, key, value)
        for key, value in operations:
            if key.value in ("before", "after"):
                self._add_beside(found, key, value)

    def _rename(self, found: _Found, value: Yaml) -> None:
        if self.text(value) is not None and isinstance(value, Text):
            around, number = found
            if isinstance(around, Entries):
                around.pairs[number] = (value, around.pairs[number][1])
            elif isinstance(item := around.values[number], Entries):
                item.pairs[0] = (value, item.pairs[0][1])

    def _change(self, found: _Found, value: Yaml) -> None:
        if not isinstance(value, Entries):
            self.fault(value, "the keys to change are expected here: `change: {required: yes}`")
            return
        body = _body(found)
        if isinstance(body, Text):
            # A field in short: `2: number` is `2: {to: number}`.
            body = Entries([(msgspec.structs.replace(body, value="to"), body)], body.line, body.column, body.name)
            _set_body(found, body)
        if isinstance(body, Items):
            body = Entries(
                [(Text("parts", body.line, body.column, body.name), body)], body.line, body.column, body.name
            )
            _set_body(found, body)
        _merge(body, value)

    def _drop(self, found: _Found, value: Yaml) -> None:
        body = _body(found)
        for item in value.values if isinstance(value, Items) else [value]:
            gone = self.text(item)
            if gone is not None and not (isinstance(body, Entries) and take(body, gone)):
                self.fault(item, f"there is no `{gone}` to drop")

    def _add_inside(self, found: _Found, key: Text, value: Yaml) -> None:
        inside = _inside(found)
        if not isinstance(inside, Items) or not isinstance(value, Items):
            self.fault(value, f"`{key.value}` puts a list of parts into a group, and this is none")
            return
        at = 0 if key.value == "first" else len(inside.values)
        inside.values[at:at] = value.values

    def _add_beside(self, found: _Found, key: Text, value: Yaml) -> None:
        around, number = found
        if not isinstance(around, Items) or not isinstance(value, Items):
            self.fault(value, f"`{key.value}` puts a list of parts beside a part: fields are added with `change`")
            return
        at = number + (key.value == "after")
        around.values[at:at] = value.values


def _steps(address: str) -> list[str]:
    """The address at its slashes, those inside brackets left alone."""
    return re.split(r"/(?![^\[\]]*\])", address)


def _same(key: str, wanted: str) -> bool:
    if key.replace(" ", "") == wanted.replace(" ", ""):
        return True
    if not (key[:1].isdecimal() and wanted[:1].isdecimal()):
        return False
    try:
        return read_places(key) == read_places(wanted)
    except ValueError:
        return False


def _keys(inside: Items | Entries) -> list[Text]:
    if isinstance(inside, Entries):
        return [key for key, _ in inside.pairs]
    return [item.pairs[0][0] for item in inside.values if isinstance(item, Entries) and item.pairs]


def _body(found: _Found) -> Yaml:
    around, number = found
    if isinstance(around, Entries):
        return around.pairs[number][1]
    item = around.values[number]
    return item.pairs[0][1] if isinstance(item, Entries) and item.pairs else item


def _set_body(found: _Found, body: Yaml) -> None:
    around, number = found
    if isinstance(around, Entries):
        around.pairs[number] = (around.pairs[number][0], body)
    elif isinstance(item := around.values[number], Entries):
        item.pairs[0] = (item.pairs[0][0], body)


def _stand_at(found: _Found, place: Yaml) -> None:
    """The rule stands where its new body does."""
    around, number = found
    pairs, at = (around.pairs, number) if isinstance(around, Entries) else (_item_pairs(around.values[number]), 0)
    key = msgspec.structs.replace(pairs[at][0], line=place.line, column=place.column, name=place.name)
    pairs[at] = (key, pairs[at][1])


def _item_pairs(item: Yaml) -> list[tuple[Text, Yaml]]:
    return item.pairs if isinstance(item, Entries) else []


def _inside(found: _Found, step: str = "") -> Items | Entries | None:
    """What the next step of an address looks among: the parts of a group, its levels, the fields of a segment."""
    body = _body(found)
    if isinstance(body, Entries):
        parts = body.get("parts")
        return parts if isinstance(parts, Items) and step != "levels" else body
    return body if isinstance(body, Items) else None


def _targets(parts: Items, above: str) -> Iterator[tuple[str, _Found]]:
    """Every field and part that names a canonical path, with the whole path, picks left out."""
    for number, item in enumerate(parts.values):
        if not isinstance(item, Entries) or not item.pairs:
            continue
        body = item.pairs[0][1]
        if isinstance(body, Items):
            yield from _targets(body, above)
        elif isinstance(body, Entries):
            yield from _targets_of(body, above, _Found(parts, number))


def _targets_of(body: Entries, above: str, found: _Found) -> Iterator[tuple[str, _Found]]:
    bound = body.get("each") or body.get("with")
    inner = _joined(above, bound.value) if isinstance(bound, Text) else above
    if isinstance(bound, Text):
        yield inner, found
    for at, (key, value) in enumerate(body.pairs):
        if key.value == "parts" and isinstance(value, Items):
            yield from _targets(value, inner)
        elif key.value == "levels" and isinstance(value, Entries):
            for nth, (_, level) in enumerate(value.pairs):
                if isinstance(level, Entries):
                    yield from _targets_of(level, inner, _Found(value, nth))
        elif key.value[:1].isdecimal():
            to = value.get("to") if isinstance(value, Entries) else value
            if isinstance(to, Text):
                yield _joined(inner, to.value), _Found(body, at)


def _joined(above: str, path: str) -> str:
    plain = _PICK.sub("", path)
    return plain[1:] if plain.startswith("/") else f"{above}.{plain}" if above else plain


def take(entries: Entries, key: str) -> bool:
    """Removes ``key``; whether it was there."""
    kept = [(name, value) for name, value in entries.pairs if not _same(name.value, key)]
    gone = len(kept) < len(entries.pairs)
    entries.pairs[:] = kept
    return gone


def put(entries: Entries, key: Text, value: Yaml) -> None:
    """Sets the value of a key, which is known by what it means: ``1-2`` is ``1, 2``."""
    for number, (name, _) in enumerate(entries.pairs):
        if _same(name.value, key.value):
            entries.pairs[number] = (key, value)
            return
    entries.pairs.append((key, value))


def _merge(there: Yaml, change: Entries) -> None:
    """Entries into entries, key by key; everything else is replaced."""
    if not isinstance(there, Entries):
        return
    for key, value in change.pairs:
        old = next((found for name, found in there.pairs if _same(name.value, key.value)), None)
        if isinstance(old, Text) and isinstance(value, Entries) and key.value[:1].isdecimal():
            old = Entries([(msgspec.structs.replace(old, value="to"), old)], old.line, old.column, old.name)
            put(there, key, old)
        if isinstance(old, Entries) and isinstance(value, Entries):
            _merge(old, value)
        else:
            put(there, key, value)


def copied(value: Yaml) -> Yaml:
    """A tree of its own: one patch may change several rules, and later ones only one of them."""
    if isinstance(value, Entries):
        return Entries([(key, copied(inner)) for key, inner in value.pairs], value.line, value.column, value.name)
    if isinstance(value, Items):
        return Items([copied(inner) for inner in value.values], value.line, value.column, value.name)
    return value
