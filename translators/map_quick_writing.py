"""What a written-out map writes from: a document in plain values, what of it is used, and the words of its language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from translators.canonical import Canonical
from translators.map_codecs import plain_number
from translators.map_context import Context, Value, no_codes
from translators.map_coverage import text_at
from translators.map_document_use import DocumentInUse
from translators.map_extensions import extension_faults
from translators.map_quick_reading import Declined, decline
from translators.map_rules import Field, Map
from translators.map_segments import bound, divided, pieced, total_text, with_texts
from translators.map_tables import Table
from translators.map_values import converted_amount
from translators.syntax import Elements
from translators.tree import Node

Object = dict[str, Value]
_EMPTY = (("",),)


class Writing(msgspec.Struct, gc=False):
    """A document on its way into a message, and what the map needs beside it."""

    document: DocumentInUse
    root: Object
    used: set[tuple[int, str]]
    """The document's own notes of what was used and picked."""
    picked: set[int]
    codes: Sequence[Mapping[str, str]]
    """By table, the code of each word that can be written without a look at anything else."""
    rules: Map
    context: Context


class QuickWriter:
    """A map's quick way out; one for each map, threads may share it."""

    def __init__(self, rules: Map, write: Callable[[Writing], list[Node]]) -> None:
        self._rules = rules
        self._write = write
        self._codes = [table.to_code if not table.periods else {} for table in rules.tables.values()]
        self._none: list[dict[str, str]] = [{} for _ in rules.tables]

    def write(self, document: Canonical, context: Context) -> tuple[Node, ...] | None:
        """The message's body; ``None`` when there is something to say, which the writer has to."""
        root = msgspec.to_builtins(document, builtin_types=(datetime, Decimal))
        if self._rules.extensions and any(extension_faults(root, self._rules.extensions)):
            return None
        use = DocumentInUse(root, _too_many)
        writing = Writing(
            document=use,
            root=root,
            used=use.used,
            picked=use.picked,
            codes=self._codes if context.codes is no_codes else self._none,
            rules=self._rules,
            context=context,
        )
        try:
            body = self._write(writing)
        except Declined:
            return None
        if all(self._rules.leaves_behind(at) for _, at in use.left()):
            return tuple(body)
        return None


def _too_many(name: str, number: int) -> None:
    raise Declined


# The words


def code_of(table: Table, value: Value | None, holder: Object, key: str, context: Context) -> str | None:
    """The code for a word, or the one that was kept beside it."""
    kept = holder.get("native")
    native = kept.get(key) if isinstance(kept, dict) else None
    return table.write(
        None if value is None else str(value), native if isinstance(native, str) else None, context, decline
    )


def number_of(value: Value) -> str:
    """A decimal number as a message has it; nothing for what is none."""
    return plain_number(value) if isinstance(value, Decimal) else ""


def amount_of(field: Field, value: Value, holder: Object) -> Value:
    """The amount in the unit that the field's place is in."""
    found = converted_amount(field, value, holder, decline)
    if found is None:
        raise Declined
    return found


def texts_of(field: Field, value: Value, context: Context) -> Sequence[str]:
    """The texts that a codec makes; none when they are all empty."""
    texts = field.codec.write(value, len(field.places), context, decline)
    return texts if texts is not None and any(texts) else ()


def computed_text(writing: Writing, field: Field, obj: Object) -> str:
    """The text that an expression makes, or nothing."""
    found = writing.document.computed(field, obj, writing.rules, writing.context, decline)
    return found[0] if found else ""


def derives(writing: Writing, field: Field, obj: Object, texts: Iterable[str]) -> None:
    """Notes that a value comes by itself when what is written is read."""
    writing.document.derives(field, dict(zip(field.places, texts, strict=True)), obj, writing.context)


def simple(texts: list[str]) -> Elements:
    """Elements of one component each; what is empty behind the last is not there."""
    while texts and not texts[-1]:
        texts.pop()
    return tuple([((text,),) for text in texts])


def made(elements: list[tuple[tuple[str, ...], ...]]) -> Elements:
    """Elements, without the empty ones behind the last."""
    while elements and elements[-1] == _EMPTY:
        elements.pop()
    return tuple(elements)


def composite(*texts: str) -> tuple[tuple[str, ...], ...]:
    """An element of several components, without the empty ones behind the last."""
    length = len(texts)
    while length > 1 and not texts[length - 1]:
        length -= 1
    return (texts[:length],)


GIVEN: dict[str, object] = {
    "Declined": Declined,
    "Node": Node,
    "amount_of": amount_of,
    "bound": bound,
    "code_of": code_of,
    "composite": composite,
    "computed_text": computed_text,
    "derives": derives,
    "divided": divided,
    "made": made,
    "number_of": number_of,
    "pieced": pieced,
    "simple": simple,
    "text_at": text_at,
    "texts_of": texts_of,
    "total_text": total_text,
    "with_texts": with_texts,
}
"""By the names that :mod:`translators.map_compiled_writing` writes."""
