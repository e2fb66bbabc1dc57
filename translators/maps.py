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

**Segments and groups.** ``each`` list or ``with`` object (else the object in hand), ``when: FIELD [not] in TABLE``
(writes only such) or ``when: FIELD is [not] WORD``, ``set: {FIELD: value}`` (what its presence implies), ``required:
yes|in|out``, ``always: yes`` (written without values). Of a segment: ``wrap: N`` (a long text becomes several),
``again: yes`` (written once more while a list inside it has items left; all are read), ``raw: yes`` and nothing else
(carried as text in ``raw`` of the object in hand, and written back; see :mod:`translators.map_raw`). Of a group:
``parts``, ``split: CHILD`` (read as several), ``bounded: "0100"`` (X12 LS and LE of this identifier around all of it;
they are not parts of their own; where the guide has a group LS, they are its first and its last part, and written when
something stands between them).

**Fields.** ``to``, ``as`` (a codec; the field's type decides when it is left out), ``table``, ``required``, ``absent``
(a text that stands for no value), ``default`` (what is read from nothing), ``beside: {PLACE: text}`` (written with the
value, such as the code list it is from), ``or`` (another field to write from; what only repeats that field, if it was
read before, is not read), ``unit: KGM`` (the place is always in this unit: read with it, converted to it when written,
see :mod:`translators.map_units`; ``decimals: N`` if a conversion does not come out even). Fields, segments and groups:
``only: in|out`` with ``why``.

Instead of a field, a place can be ``{is: TEXT}``, ``{count: item}``, ``{count: lines}`` (the number of items of a list)
or ``{sum: lines.quantity.value}``: totals are written and not read. Several values in one text are ``{split: "/", into:
[number, {to: revision}]}``; one text in several places is the codec ``joined``.

**Codecs** (``as``): ``text``, ``whole``, ``decimal``, ``implied 2`` (X12 N2: 12550 is 125.50), ``lines`` (a list of
texts, one a place), ``paragraph 70`` (one text, a line a place), ``joined -`` (``joined blank`` for a blank), ``flag Y
N`` (``flag Y`` writes nothing for no), ``edifact_moment`` (2 places: 2380, 2379), ``x12_moment`` (date, time, code;
``x12_moment Q`` with a time qualifier as in G62; ``x12_minutes`` where there is no room for seconds, ``x12_timed``
where there must be a time), ``equipment_number``, ``locode_country``.

A condition writes its first value; of several qualifiers (``N9[1=BM|BN|SI]``) a field at that place may say which it
is. What ``set`` says of an object inside (``equipment[only].kind``) holds where that object is.

**Lists in a segment**: items that lie behind each other, as in PIA and PO1. The places are divided into items, and the
fields count their places within one (``of: N`` when an item has more places than are mapped)::

      - PIA[1=5]:
          again: yes
          2.1-2.2, 3.1-3.2, 4.1-4.2, 5.1-5.2, 6.1-6.2:
            {each: item_ids, 1: {to: value, required: yes}, 2: {to: type, table: item_id}}

**Trees** (X12 HL, EDIFACT CPS and sub-lines of LIN): a flat list of groups, each with the id of its parent. Levels
stand under each other as they may; ``"*"`` is a level of any code. The segment that states the tree need not be written
down: ids are counted, parents and HL04 filled in. A level without a binding belongs to the object in hand::

      - HL:
          levels:
            S:
              parts: [TD5: {...}, ...]
              levels:
                O:
                  each: orders
                  parts: [PRF: {1: number}, ...]
                  levels:
                    P: {each: packages, parts: [...], levels: {I: {each: lines, parts: [...]}}}
                    I: {each: lines, parts: [...]}

``tree: {segment: LIN, id: 1, parent: 4.2}`` says how a tree is stated where it is not HL or CPS: ``id`` and ``parent``,
and where there are such places ``level`` and ``children``.

**Shared tables**: ``status: {from: edifact/D.96A/IFTSTA}`` is the table of that name in another map, with all that it
has there; ``table: NAME`` asks for one of another name, and what stands beside is laid over as a layer does it (below).

**Dated rows** of a table: ``"21": {is: delivered, from: 2026-01-01, to: 2026-12-31}``, or a list of such; both days
included, and either may be left out.

**Expressions** for what none of these says (:mod:`translators.map_expressions`): ``{to: weight, expr: "number($1) *
10", inverse: "text(value / 10)"}``. Without an inverse the rule is one-way; only out, with no ``to``, the text may be
made of several fields: ``{expr: "number & '-' & purpose", only: out, why: ...}``.

**Extensions**: fields of a partner's or a country's own, declared at the top, ``extensions: {acme_lane: {type: text,
words: [a, b], meaning: ...}}``, and used as ``extensions.acme_lane`` of any object that has codes. Types are text
(``most: N`` characters), whole, decimal and flag.

Of the map: ``complete`` lists canonical paths of which nothing may stay behind when a message is written (an error
instead of a warning), ``leaves`` those that the message has no place for, with the reason (no finding). ``guide`` names
the guide that it is for where that is not the map's own name.

**Layers**: ``extends: edifact/D.96A/IFTSTA`` makes a map of the differences alone: a later version of the standard,
which is checked against its own guide, or a partner's overlay, which is for the guide of the map below. It has no
``message``; its keys are laid over those below (rows of ``tables`` one by one; ``drop: [CODE]`` takes rows away), then

- ``rename: {SG4: SG5, SG5: SG6}`` gives segments and groups other names, all at once;
- ``patch`` is a list of changes in order, each with ``at`` (the way through the message, with the new names:
  ``SG5/SG6/STS/3.1``, ``SG5/DTM[1.1=334]``, ``LOC#2``, ``HL/levels/S/levels/O/PRF``) or ``to`` (all rules for a
  canonical path: ``consignments.events.reason``) and what becomes of the rule: ``change: {KEY: value}`` (merged in; on
  a segment, a place is a key), ``drop: [KEY]``, ``rename: KEY`` (other places, another qualifier), ``replace: BODY``,
  ``remove: yes``, ``before`` or ``after: [PART]`` (beside it), ``first`` or ``last: [PART]`` (inside it).

:func:`resolve_map` gives the whole that results.

Rules beside each other take nodes in map order, and none takes what another has; the same holds for canonical items
that a path picks (:mod:`translators.map_paths` has the paths). Loading checks everything that can be known without a
message: paths against the canonical types, words against vocabularies, tables for being functions, expressions for
their types. It reports all faults with line and column. :func:`check_map` holds a map against its guide.
"""

from __future__ import annotations

from translators.map_check import check_map
from translators.map_document import Entries, Items, MapError, MapFault, Yaml
from translators.map_extensions import Extension
from translators.map_layers import FindMap, no_other_maps, resolve_layers
from translators.map_loading import PartLoader
from translators.map_rules import Map
from translators.map_text import map_digest, map_text
from translators.map_types import Scope, scope_of

__all__ = ["FindMap", "Map", "MapError", "MapFault", "check_map", "read_map", "resolve_map"]

_TOP_KEYS = ("map", "guide", "canonical", "tables", "set", "complete", "leaves", "extensions", "message")


def read_map(name: str, data: bytes, find: FindMap = no_other_maps) -> Map:
    """The map in ``data``, checked and ready to run; raises :class:`MapError` with every fault and its place.

    ``name`` is the resource's name, such as ``x12/004010/214``; the file states it too, so that a copy that was not
    adapted is noticed. ``find`` gives the files of maps that it extends.
    """
    tree = resolve_layers(name, data, find)
    loader = _Loader(name)
    compiled = loader.map(tree)
    if loader.faults or compiled is None:
        raise MapError(loader.faults)
    return compiled


def resolve_map(name: str, data: bytes, find: FindMap = no_other_maps) -> str:
    """The map with all that it extends, in canonical form: to be shown, and compared with another.

    Raises :class:`MapError` when it cannot be resolved; whether it can be used is for :func:`read_map` to say.
    """
    return map_text(resolve_layers(name, data, find))


class _Loader(PartLoader):
    """Compiles the tree, collecting faults; what is faulty is left out."""

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
        extensions = self._extensions(top.get("extensions"))
        scope = self.attempt(lambda: scope_of(typed, extensions), canonical)
        if scope is None:
            return None
        for key, value in self.pairs(top.get("tables")):
            if (table := self.table(key, value)) is not None:
                self.tables[key.value] = table
        settings = self.settings(top.get("set"), scope)
        complete, leaves = self._complete(top.get("complete"), scope), self._leaves(top.get("leaves"), scope)
        message = top.get("message")
        parts = self.parts(message, scope) if message is not None else ()
        if self.faults:
            return None
        text = map_text(tree)
        return Map(
            name=self.name,
            canonical=typed,
            settings=settings,
            tables=self.tables,
            parts=parts,
            complete=complete,
            leaves=leaves,
            guide=self._guide(top),
            extensions=extensions,
            text=text,
            digest=map_digest(text),
        )

    def _guide(self, top: Entries) -> str:
        """A map of a standard is for the guide of its own name; an overlay states the guide, or inherits it."""
        stated = top.get("guide")
        return (self.text(stated) if stated is not None else None) or self.name

    def _extensions(self, value: Yaml | None) -> dict[str, Extension]:
        return {
            key.value: extension
            for key, stated in self.pairs(value)
            if (extension := self.extension(key, stated)) is not None
        }

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
