"""Profile YAML read as a tree of texts, each with its place.

YAML guesses types: the country ``NO`` becomes false, the time ``12:30`` a number of seconds, the version ``004010`` an
octal integer. Here every scalar stays the text that was written, and the model decides what it means. The reader works
on the parser's event stream with a stack of its own, for three reasons: every event carries its mark; nesting cannot
exhaust the interpreter's stack; and reading goes on after a fault, so that one pass finds them all.

Of YAML only mappings, lists and texts are accepted. Anchors and aliases can expand a few bytes into gigabytes or
contain themselves, merge keys hide where a value came from, and tags ask for types; templates do their useful part
with a place for each fault. A key without a value is a fault too: it could mean "none" or "empty text" or "forgotten".
"""

from __future__ import annotations

import codecs
import re

import msgspec
import yaml

from partners.fault import Fault, Place, fault

MAX_BYTES = 1 << 20
"""A profile of a partner with 50 flows is about 30 KB; past a megabyte something else was put into the folder."""
MAX_DEPTH = 24
"""The model is eight levels deep; the rest is room for mistakes, which should be reported as what they are."""

# libyaml is ten times faster; PyYAML wheels carry it, source builds may not. Both give the same marks.
_Loader: type[yaml.BaseLoader] | type[yaml.CBaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

# YAML 1.2 §5.1: the characters outside c-printable.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
# What an escape such as "\0" or "\ud800" can bring into a text: nothing that a name or a code may hold, and some of it
# cannot be encoded, stored or shown without harm.
_UNUSABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


class Scalar(msgspec.Struct, frozen=True):
    """A text as written."""

    text: str
    place: Place


class Sequence(msgspec.Struct, frozen=True):
    """A list."""

    items: list[Node]
    place: Place


class Mapping(msgspec.Struct, frozen=True):
    """Keys and values in the order written; ``keys`` holds the place of each key itself.

    A key whose value was not usable, and was reported, is in ``keys`` and not in ``items``.
    """

    items: dict[str, Node]
    keys: dict[str, Place]
    place: Place


Node = Scalar | Sequence | Mapping
Plain = str | list["Plain"] | dict[str, "Plain"]


def plain(node: Node) -> Plain:
    """The tree as bare dictionaries, lists and texts."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.items.items()}


def read_document(file: str, content: bytes) -> tuple[Node | None, list[Fault]]:
    """The tree of one file and every fault of its YAML; the tree is ``None`` when there is nothing to go on with."""
    start = Place(file, 1, 1)
    if len(content) > MAX_BYTES:
        return None, [fault(start, f"the file has {len(content)} bytes; a profile has at most {MAX_BYTES}")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec takes a byte order mark off before it counts.
        line, column = _position(content.removeprefix(codecs.BOM_UTF8)[: error.start].decode("utf-8", "ignore"))
        return None, [fault(Place(file, line, column), "the file is not UTF-8 text", "save it as UTF-8")]
    if unprintable := _UNPRINTABLE.search(text):
        line, column = _position(text[: unprintable.start()])
        return None, [fault(Place(file, line, column), f"control character U+{ord(unprintable[0]):04X}", "remove it")]
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
            if builder.gave_up:
                break
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else start
        builder.faults.append(fault(place, f"not readable as YAML: {error.problem}", _yaml_hint(error)))
        return None, builder.faults
    except (ValueError, OverflowError):
        # PyYAML's own scanner, without libyaml, hands such numbers to chr() unchecked.
        builder.faults.append(fault(start, "not readable as YAML: an escape names no character"))
        return None, builder.faults
    if builder.root is None and not builder.faults:
        builder.faults.append(fault(start, "the file holds nothing", "write a profile, or remove the file"))
    return None if builder.gave_up else builder.root, builder.faults


def _position(before: str) -> tuple[int, int]:
    lines = _LINE_BREAK.split(before)
    return len(lines), len(lines[-1]) + 1


def _yaml_hint(error: yaml.MarkedYAMLError) -> str | None:
    problem, context = error.problem or "", error.context or ""
    if "quoted scalar" in context and error.context_mark:
        return f"close the quote that is opened in line {error.context_mark.line + 1}"
    if "cannot start any token" in problem:
        return "indent with blanks, not tabs, and put text that begins with @, `, % or a tab in quotes"
    if "mapping values are not allowed" in problem:
        return "put text that contains a colon and a blank in quotes, or check the indentation"
    if "did not find expected" in problem or problem.startswith("expected"):
        return "check the indentation, and for a quote or bracket that is not closed"
    return None


class _Open(msgspec.Struct):
    """A mapping or list whose end has not come yet."""

    node: Mapping | Sequence
    key: Scalar | None = None
    awaits_value: bool = False
    count: int = 0
    """Items of a list so far, also those that were not usable: paths count what the reader of the file counts."""


class _Builder:
    """Builds the tree event by event."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self.gave_up = False
        self._documents = 0
        self._open: list[_Open] = []
        self._ignored_depth = 0
        """Inside a list or mapping that stands as a key: its content has no place in the tree."""

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents == 2:
                self._fault(
                    event, "a second document in the file", "one file holds one document: split it at the `---`"
                )
                self.gave_up = True
        elif isinstance(event, yaml.AliasEvent):
            self._fault(event, f"alias `*{event.anchor}`", "write the value out, or use a template")
            self._add(Scalar("", self._place(event)), usable=False)
        elif isinstance(event, yaml.ScalarEvent):
            self._check_properties(event, event.anchor, event.tag)
            self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._check_properties(event, event.anchor, event.tag)
            self._begin(event)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._end()

    def _begin(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent) -> None:
        if self._ignored_depth or self._at_key():
            if not self._ignored_depth:
                self._fault(event, "a list or mapping cannot be a key", "put text with { or [ in quotes")
            self._ignored_depth += 1
            return
        if len(self._open) == MAX_DEPTH:
            self._fault(event, f"nested more than {MAX_DEPTH} levels deep")
            self.gave_up = True
            return
        place = self._place(event)
        node = Sequence([], place) if isinstance(event, yaml.SequenceStartEvent) else Mapping({}, {}, place)
        self._add(node)
        self._open.append(_Open(node))

    def _end(self) -> None:
        if self._ignored_depth:
            self._ignored_depth -= 1
            if not self._ignored_depth:
                self._open[-1].awaits_value = True
                self._open[-1].key = None
            return
        self._open.pop()

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if self._ignored_depth:
            return
        place, written = self._place(event), not event.style
        if unusable := _UNUSABLE.search(event.value):
            self._fault(event, f"character U+{ord(unusable[0]):04X} in a text", "remove it")
            self._add(Scalar("", place), usable=False)
        elif self._at_key():
            if event.value == "<<" and written:
                self._fault(event, "merge key `<<`", "use a template: `extends: [name]`")
            self._add(Scalar(event.value, place))
        elif event.value == "":
            self._fault(event, "no value here", "leave the key out, or give it a value")
            self._add(Scalar("", place), usable=False)
        elif written and event.value in ("~", "null", "Null", "NULL"):
            self._fault(event, f"`{event.value}` is no value here", "leave the key out, or put the text in quotes")
            self._add(Scalar("", place), usable=False)
        else:
            self._add(Scalar(event.value, place))

    def _add(self, node: Node, *, usable: bool = True) -> None:
        """Puts ``node`` where it stands. What is not usable was reported, and is left out of the tree."""
        if self._ignored_depth:
            return
        if not self._open:
            if self._documents == 1 and usable:
                self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent.node, Sequence):
            parent.count += 1
            if usable:
                parent.node.items.append(node)
        elif not parent.awaits_value:
            parent.key = node if isinstance(node, Scalar) and usable else None
            parent.awaits_value = True
        else:
            key, parent.key, parent.awaits_value = parent.key, None, False
            if key is None or key.text == "<<":
                return
            if first := parent.node.keys.get(key.text):
                self.faults.append(fault(key.place, f"`{key.text}` appears twice; first in line {first.line}"))
                return
            parent.node.keys[key.text] = key.place
            if usable:
                parent.node.items[key.text] = node

    def _at_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].node, Mapping) and not self._open[-1].awaits_value

    def _check_properties(self, event: yaml.Event, anchor: str | None, tag: str | None) -> None:
        if anchor is not None:
            self._fault(event, f"anchor `&{anchor}`", "write the value out, or use a template")
        if tag is not None:
            self._fault(event, f"tag `{tag}`", "remove it: every value is read as text")

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        if mark is None:
            raise TypeError("the parser gave an event without a mark")
        return Place(self.file, mark.line + 1, mark.column + 1, self._path(event))

    def _path(self, event: yaml.Event) -> str:
        """The path of what is about to be added, or of the key when a key is about to be added."""
        if not self._open:
            return ""
        parent = self._open[-1]
        above = parent.node.place.path
        if isinstance(parent.node, Sequence):
            return f"{above}[{parent.count}]"
        key = parent.key.text if parent.awaits_value and parent.key else str(getattr(event, "value", "?"))
        key = _UNUSABLE.sub("\ufffd", key)
        return f"{above}.{key}" if above else key

    def _fault(self, event: yaml.Event, message: str, suggestion: str | None = None) -> None:
        self.faults.append(fault(self._place(event), message, suggestion))
