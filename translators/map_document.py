"""The YAML of a map as a tree of texts, each with its line and column, and faults that point at them.

A map is small and trusted less than code: a partner's overlay is written by hand. So it is read as texts only (a code
``01`` stays ``01``, the country ``NO`` stays ``NO``), anchors, aliases and tags are refused because they hide where a
value came from, and a key that stands twice is a fault, not the last one's victory.
"""

from __future__ import annotations

import msgspec
import yaml

MAX_BYTES = 1 << 20
MAX_DEPTH = 32

# libyaml is much faster; wheels of PyYAML carry it, builds from source may not. Both give the same marks.
_Loader: type[yaml.BaseLoader] | type[yaml.CBaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class MapFault(msgspec.Struct, frozen=True):
    """One thing wrong in a map; ``line`` and ``column`` count from 1."""

    name: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.name}:{self.line}:{self.column}: {self.text}"


class MapError(ValueError):
    """A map that cannot be used: ``faults`` are all that is wrong with it, in the order of its files."""

    def __init__(self, faults: list[MapFault]) -> None:
        self.faults = sorted(faults, key=lambda fault: (fault.name, fault.line, fault.column))
        super().__init__("\n".join(map(str, self.faults)))


class Text(msgspec.Struct, frozen=True):
    """A scalar as written; ``name`` is the file it stands in, since a map may be made of several."""

    value: str
    line: int
    column: int
    name: str = ""


class Items(msgspec.Struct, frozen=True):
    """A list."""

    values: list[Yaml]
    line: int
    column: int
    name: str = ""


class Entries(msgspec.Struct, frozen=True):
    """A mapping, in the order written; the keys have places too."""

    pairs: list[tuple[Text, Yaml]]
    line: int
    column: int
    name: str = ""

    def get(self, key: str) -> Yaml | None:
        """The value under ``key``."""
        return next((value for name, value in self.pairs if name.value == key), None)


Yaml = Text | Items | Entries


def read_yaml(name: str, data: bytes) -> Yaml:
    """The tree of ``data``; raises :class:`MapError` where there is none."""
    if len(data) > MAX_BYTES:
        raise MapError([MapFault(name, 1, 1, f"the map has {len(data)} bytes; at most {MAX_BYTES} are read")])
    try:
        text = data.decode("utf-8-sig")
        _refuse_what_hides(name, text)
        root = yaml.compose(text, Loader=_Loader)
    except UnicodeDecodeError:
        raise MapError([MapFault(name, 1, 1, "the map is not UTF-8 text: save it as UTF-8")]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise MapError([MapFault(name, line, column, f"not readable as YAML: {error.problem}")]) from None
    except yaml.YAMLError as error:
        raise MapError([MapFault(name, 1, 1, f"not readable as YAML: {error}")]) from None
    if root is None:
        raise MapError([MapFault(name, 1, 1, "the map is empty")])
    faults: list[MapFault] = []
    tree = _tree(name, root, faults)
    if faults:
        raise MapError(faults)
    return tree


def _refuse_what_hides(name: str, text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise MapError([MapFault(name, line, column, "anchors and aliases are not read: write the value out")])
        if getattr(event, "tag", None):
            raise MapError([MapFault(name, line, column, "tags are not read: every value is text")])
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise MapError([MapFault(name, line, column, f"nested more than {MAX_DEPTH} levels deep")])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _tree(name: str, node: yaml.Node, faults: list[MapFault]) -> Yaml:
    mark = node.start_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if isinstance(node, yaml.SequenceNode):
        return Items([_tree(name, item, faults) for item in node.value], line, column, name)
    if isinstance(node, yaml.MappingNode):
        pairs: list[tuple[Text, Yaml]] = []
        seen: set[str] = set()
        for key, value in node.value:
            read = _tree(name, key, faults)
            if not isinstance(read, Text):
                faults.append(MapFault(name, read.line, read.column, "a key is text: put it in quotes"))
                continue
            if read.value in seen:
                faults.append(MapFault(name, read.line, read.column, f"`{read.value}` stands twice"))
            seen.add(read.value)
            pairs.append((read, _tree(name, value, faults)))
        return Entries(pairs, line, column, name)
    return Text(str(node.value), line, column, name)
