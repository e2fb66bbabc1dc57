"""Guides from data: a message's table and its version's directory, compiled into a grammar and changed by layers.

A message file says which segments and groups follow each other (:mod:`translators.dictionary` has the notation)::

    {"name": "International multimodal status report",
     "content": ["UNH!", "BGM!", "DTM*9", ["SG1*9", "NAD!", ["SG2*9", "CTA!", "COM*9"]], "UNT!"]}

and a directory says what is in them (:mod:`translators.compiling`). Layers of typed changes (:mod:`translators.changes`
says which, :mod:`translators.layers` applies them) follow in order: standard, industry, partner, message. Every rule
remembers the layer that set it, so a finding can name it.

Groups in EDIFACT are called as the directories call them (``SG1``); loops in X12 have the tag of their first segment
(``N1``, ``LX``), which is unique among its siblings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Literal

import msgspec

from translators.changes import LayerFile, read_layer
from translators.codes import CODES
from translators.compiling import Compiler, compile_segment
from translators.dictionary import Directory, GuideError
from translators.finding import Severity
from translators.grammar import Guide, Place
from translators.hierarchy import Hierarchy
from translators.layers import apply_layer

__all__ = ["Guide", "GuideError", "compile_segment", "read_guide"]


class _Levels(msgspec.Struct, forbid_unknown_fields=True):
    segment: str
    levels: dict[str, list[str]] | None = None


class _MessageFile(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    content: list[object]
    hierarchy: _Levels | None = None
    """For a message whose HL segments form a tree; ``levels`` as in :class:`translators.hierarchy.Hierarchy`."""


def read_guide(
    name: str,
    data: bytes,
    layers: Sequence[tuple[str, bytes]] = (),
    *,
    directory: Directory,
    services: Sequence[Directory] = (),
    on: date | None = None,
    severities: Mapping[str, Severity | Literal["off"]] | None = None,
) -> Guide:
    """The guide called ``name`` (``edifact/D.96A/IFTSTA``) from its message file and its version's ``directory``.

    ``services`` are the directories of :data:`translators.shelf.SERVICES`, in that order, for a guide that is not
    itself one of theirs. ``layers`` are (name, bytes) of layer files, the most general first. ``on`` is the day that
    dated layers and codes are looked at for; without it all of them hold. ``severities`` is how bad a partner finds
    each finding code, and has the last word. :class:`GuideError` says what is wrong, and in which file.
    """
    try:
        message = msgspec.json.decode(data, type=_MessageFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GuideError(f"{name}: {error}") from error
    files = [(layer, read_layer(layer, layer_data)) for layer, layer_data in layers]
    _check_order(files)
    in_force = [(layer, file) for layer, file in files if file.in_force(on)]
    for layer, file in in_force:
        directory = file.extended(layer, directory)
    root = Place(name.rpartition("/")[2], 1, 1, None, 0, True)
    root.title = message.name
    compiler = Compiler(name, directory, services)
    compiler.fill(root, message.content)
    if len(root.children) < 2 or any(root.children[at].group for at in (0, -1)):
        raise GuideError(f"{name}: content: a message starts with its header segment and ends with its trailer")
    guide = Guide(name, message.name, root, directory, tuple(layer for layer, _ in in_force))
    if message.hierarchy is not None:
        guide.hierarchy = _hierarchy(name, message.hierarchy, guide)
    for layer, file in in_force:
        apply_layer(guide, layer, file, compiler, on)
    for code, severity in (severities or {}).items():
        if code not in CODES:
            raise GuideError(f"{name}: severities: {code} is no finding code")
        guide.severities.setdefault(code, []).append(("", severity, ""))
    guide.settle()
    return guide


def _check_order(files: Sequence[tuple[str, LayerFile]]) -> None:
    """Layers go from the general to the particular, so that what one partner says never yields to an industry."""
    ranks = {"industry": 0, "partner": 1, "message": 2}
    for (before, general), (behind, particular) in pairwise(files):
        if ranks[general.level] > ranks[particular.level]:
            raise GuideError(
                f"Layer {behind} is of level {particular.level} and follows {before}, of level {general.level}; "
                "name layers in the order industry, partner, message"
            )


def _hierarchy(name: str, given: _Levels, guide: Guide) -> Hierarchy:
    if given.segment not in guide.tags:
        raise GuideError(f"{name}: hierarchy: the message has no segment {given.segment}")
    levels = {level: frozenset(under) for level, under in given.levels.items()} if given.levels is not None else None
    return Hierarchy(segment=given.segment, levels=levels)
