"""A map's tree as text again: one form for one meaning, so that maps can be shown, compared and hashed.

Layers are resolved before; so the text of an overlay is the whole map that a partner's messages are translated by. It
reads as a map that does the same. Comments are not in it, and where the order of keys means nothing they are sorted.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from translators.map_document import Entries, Items, Text, Yaml

_PLAIN = re.compile(r"[A-Za-z0-9_./+=-][A-Za-z0-9_./+=|@ -]*(?<! )")
_ORDER = (
    "map", "guide", "canonical", "set", "complete", "leaves", "extensions", "tables", "message",
)  # fmt: skip
_SORTED = frozenset({"tables", "codes", "only_in", "only_out", "leaves", "extensions"})
_WIDTH = 110


def map_text(tree: Yaml) -> str:
    """The canonical text of a map's resolved tree; equal trees give equal texts, and it reads as the same map."""
    if isinstance(tree, Entries):
        known = {name: number for number, name in enumerate(_ORDER)}
        pairs = sorted(tree.pairs, key=lambda pair: known.get(pair[0].value, len(_ORDER)))
        tree = Entries(pairs, tree.line, tree.column, tree.name)
    return "\n".join(_lines(tree, "")) + "\n"


def map_digest(text: str) -> str:
    """The SHA-256 of a map's canonical text, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _lines(value: Yaml, key: str) -> Iterator[str]:
    """The lines of a value that does not stand on its key's line."""
    if isinstance(value, Items):
        for item in value.values:
            if (flow := _flow(item)) is not None:
                yield f"- {flow}"
                continue
            for number, line in enumerate(_lines(item, "")):
                yield f"{'  ' if number else '- '}{line}"
    elif isinstance(value, Entries):
        pairs = sorted(value.pairs, key=lambda pair: pair[0].value) if key in _SORTED else value.pairs
        for name, inner in pairs:
            flow = _flow(inner)
            spread = isinstance(inner, Entries) and (key == "tables" or name.value in _SORTED)
            if flow is not None and not (isinstance(inner, Entries) and (spread or len(flow) >= _WIDTH)):
                yield f"{_scalar(name)}: {flow}"
            elif isinstance(inner, Entries) and not inner.pairs:
                yield f"{_scalar(name)}: {{}}"
            else:
                yield f"{_scalar(name)}:"
                yield from (f"  {line}" for line in _lines(inner, name.value))
    else:
        yield _scalar(value)


def _flow(value: Yaml) -> str | None:
    """The value on one line, when it holds nothing that deserves more."""
    if isinstance(value, Text):
        return _scalar(value)
    if isinstance(value, Items):
        inner = [_scalar(item) for item in value.values if isinstance(item, Text)]
        return f"[{', '.join(inner)}]" if len(inner) == len(value.values) else None
    found = []
    for key, each in value.pairs:
        text = _flow(each)
        if text is None:
            return None
        found.append(f"{_scalar(key)}: {text}")
    return f"{{{', '.join(found)}}}"


def _scalar(text: Text) -> str:
    plain = _PLAIN.fullmatch(text.value) and not text.value.startswith(("- ", "-")) and text.value != "="
    return text.value if plain else json.dumps(text.value, ensure_ascii=False)
